//! The runtime as a whole, against an upstream that misbehaves on request.

mod answers;
mod catalog;
mod client;
mod command;
mod confirm;
#[cfg(feature = "model")]
mod endpoint;
#[cfg(feature = "model")]
mod endpoint_program;
mod fake;
mod flows;
mod flows_asked;
mod gate;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "http")]
mod http_client;
#[cfg(feature = "http")]
mod http_metrics;
#[cfg(feature = "http")]
mod http_noise;
#[cfg(feature = "model")]
mod model_server;
mod pages;
mod places;
mod program;
mod shop;
#[cfg(feature = "http")]
mod spec_cases;
mod told;
mod upstream;
mod wire;
