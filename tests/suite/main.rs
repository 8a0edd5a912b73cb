//! Suites that cross the crates.

mod command;
mod compile_check;
mod diff;
mod errors;
mod files;
mod freshness;
mod golden;
mod help;
mod host;
mod init;
mod lock;
mod prune;
mod purity;
mod review;
mod servers;
mod soak;
mod storm;
mod trouble;
mod wire;
