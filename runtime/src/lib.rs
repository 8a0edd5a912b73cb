//! Runs reviewed tools behind one gate.
//!
//! What comes in: catalogs (constants of `airlock-contract`), a site file, and calls from an MCP client, from a command
//! line or from a model. What goes out: requests to the upstreams that the site file names, pruned answers, and one
//! audit record a call. This library names no catalog: a program hands its own to [`cli::run`].
//!
//! `ARCHITECTURE.md` beside this crate's `Cargo.toml` is the map.

pub mod answer;
pub mod arguments;
pub mod audit;
pub mod cli;
#[cfg(any(feature = "llama", target_os = "linux"))]
mod digest;
mod file;
pub mod gate;
pub mod hygiene;
pub mod isolation;
pub mod mcp;
mod metrics;
mod misfit;
#[cfg(feature = "model")]
pub mod model;
mod refusal;
pub mod request;
mod secret;
#[cfg(target_os = "linux")]
pub mod selftest;
mod sheets;
pub mod site;
mod untrusted;
pub mod upstream;

pub(crate) use airlock_seal::private;
