//! The clinic upstream: a small hospital department that answers as `catalogs/clinic/openapi.yaml` says.
//!
//! What comes in: HTTP requests below `/v1` with an API key. What goes out: JSON of fixed data, the same on every day and
//! machine; the department's clock stands still at 9 o'clock on 10 March 2026. Booking and cancelling change memory alone.
//! Never part of a shipped binary: it exists so that suites and the demonstration have something to talk to.

mod appointments;
#[cfg(test)]
mod conformance;
mod data;
mod faults;
mod moment;
mod options;
mod problem;
mod query;
mod routes;
#[cfg(test)]
mod schema_check;
mod server;
#[cfg(test)]
mod socket_test;

pub use faults::Fault;
pub use options::{Command, Options, USAGE};
pub use server::{Received, Running, serve};
