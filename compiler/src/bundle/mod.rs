//! The program of a release, built so that anybody can build it again to the byte.
//!
//! ```text
//! workspace ─ source ─> source/ ─ vendor ─> source/vendor.tar ─ recipe ─> the program
//!                          bundle ─ rebuild ─> work/source ─ recipe ─> the same program, or what differs
//! ```
//!
//! | module | takes -> gives | owns |
//! |---|---|---|
//! | `source` | a workspace -> `source/` | which files the program and the compiler are made of |
//! | `vendor` | the lock -> `vendor.tar` | that third-party crates are the ones that the lock names |
//! | `recipe` | `source/` -> the program | the one environment in which a release is built |
//! | `rebuild` | a bundle -> what differs | that nothing but what was signed is built, and what is told of a difference |
//! | `toolchain` | `PATH` -> programs | which tools a build needs, and which are missing |
//! | `scan` | a program -> paths in it | that nothing of the machine stands in it |
//!
//! A release is built from the very tree that stands in it, by the function that `rebuild` calls, so that there is one recipe
//! and no document of it. No step asks a registry or a clock.

mod cargo;
mod elf;
mod lock;
mod program;
pub mod rebuild;
pub mod recipe;
pub mod scan;
pub mod source;
mod tar;
pub mod toolchain;
pub mod vendor;

pub use program::{Linkage, Package, Program, Role};
