//! The runtime as a whole, against an upstream that misbehaves on request.

mod catalog;
mod command;
mod fake;
mod gate;
mod places;
mod program;
mod wire;
