//! What the fuzz targets do with their input. A finding is a panic, an abort, or a run that takes too long.
//!
//! Each target is a function of bytes, so that the committed seeds run as plain tests, too (`tests/seeds.rs`), and a
//! finding can be replayed without a fuzzer.

#![forbid(unsafe_code)]

pub mod encoder;
pub mod loader;
pub mod mutate;
pub mod normaliser;
pub mod prune;
mod reader;
pub mod seal;
mod show;
mod tools;
