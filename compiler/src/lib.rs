//! Compiles API catalogs into Rust source that an auditor reads.
//!
//! One straight line, one value type per step:
//! `load -> normalise -> resolve -> check -> lower -> lock -> emit -> print -> write`. See `ARCHITECTURE.md`.

#![forbid(unsafe_code)]

pub mod budget;
pub mod bundle;
pub mod cargo;
pub mod check;
pub mod cli;
pub mod diff;
pub mod emit;
pub mod evidence;
pub mod explain;
pub mod flow;
pub mod ir;
pub mod load;
pub mod lock;
pub mod lower;
pub mod manifest;
mod markup;
mod media;
pub mod model;
pub mod normalise;
pub mod offer;
pub mod outline;
pub mod pipeline;
pub mod print;
pub mod profile;
pub mod report;
pub mod resolve;
pub mod review;
pub mod suggest;
mod wording;
pub mod write;
