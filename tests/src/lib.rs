//! Shared pieces of the suites and the benches.

pub mod clinic;
mod dice;
pub mod host;

pub use dice::Dice;
