//! Suites that cross the crates.

mod clients;
mod command;
mod compile_check;
mod conformance;
mod diff;
mod errors;
mod evidence;
mod files;
mod freshness;
mod golden;
mod help;
mod host;
mod init;
mod injected;
mod lock;
mod opencode;
mod prune;
mod purity;
mod review;
mod served;
mod servers;
mod soak;
mod storm;
mod trouble;
mod unit;
mod wire;
