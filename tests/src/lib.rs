//! Shared pieces of the suites and the benches.

pub mod clinic;
mod dice;
pub mod faulty;
pub mod host;
pub mod linked;
pub mod soak;

pub use dice::Dice;
