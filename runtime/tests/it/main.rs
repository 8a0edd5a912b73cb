//! The runtime as a whole, against an upstream that misbehaves on request.

mod answers;
mod audit;
#[cfg(feature = "tls")]
mod authority;
mod canary;
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
mod hygiene;
#[cfg(target_os = "linux")]
mod isolation;
#[cfg(feature = "model")]
mod model_server;
mod pages;
mod places;
mod program;
#[cfg(target_os = "linux")]
mod release;
#[cfg(target_os = "linux")]
mod selftest;
mod shop;
#[cfg(feature = "http")]
mod spec_cases;
#[cfg(feature = "tls")]
mod tls;
mod told;
mod upstream;
mod wire;
