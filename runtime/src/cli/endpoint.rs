//! A model server: its address, and how it is asked.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::chat::Interrupts;
use super::{Context, ExitCode};
use crate::model::endpoint::{Address, Endpoint, Settings};
use crate::model::{Flow, Sampling};
use crate::private::Access;
use crate::secret::Secret;

/// A model server inside the perimeter.
#[derive(Debug, Args)]
pub(super) struct EndpointArgs {
    /// A model server that speaks the OpenAI-compatible chat API with tools (llama-server, Ollama, vLLM), such as
    /// `http://127.0.0.1:8080/v1` or `unix:/run/llama.sock`
    #[arg(long, value_name = "URL|unix:PATH")]
    #[cfg_attr(not(feature = "llama"), arg(required = true))]
    #[cfg_attr(feature = "llama", arg(conflicts_with_all = ["allow_unlisted_model", "threads", "gpu_layers", "state"]))]
    endpoint: Option<Address>,
    /// The IP address and port of a server whose address is a name: no name is looked up. May be given several times
    #[arg(long, value_name = "IP:PORT", requires = "endpoint")]
    endpoint_pin: Vec<SocketAddr>,
    /// The certificates (PEM) that prove a server behind `https://`; those of the system are not used
    #[arg(long, value_name = "FILE", requires = "endpoint")]
    endpoint_ca: Option<PathBuf>,
    /// The model's name there [default: the first that the server lists]
    #[arg(long, value_name = "NAME", requires = "endpoint")]
    endpoint_model: Option<String>,
    /// The server's key, in a file that its owner alone can read
    #[arg(long, value_name = "FILE", requires = "endpoint")]
    endpoint_key_file: Option<PathBuf>,
}

impl EndpointArgs {
    /// Which server is asked, and how. A fault is written to `err`.
    pub(super) fn settings(
        &self,
        context_tokens: Option<usize>,
        sampling: Sampling,
        context: &mut Context<'_>,
    ) -> Result<Settings, ExitCode> {
        let Some(address) = self.endpoint.clone() else {
            return Err(context.fail(ExitCode::Usage, "no model is named; give `--endpoint`"));
        };
        let pins = address.pins(&self.endpoint_pin);
        let pins =
            pins.map_err(|fault| context.fail(ExitCode::Usage, &format!("the model server's address: {fault}")))?;
        let tls = address.tls(self.endpoint_ca.as_deref());
        let tls =
            tls.map_err(|fault| context.fail(ExitCode::Usage, &format!("the model server's address: {fault}")))?;
        let key = self.endpoint_key_file.as_deref().map(|file| {
            Secret::read(file, Access::Secret)
                .map_err(|fault| format!("the key of the model server: `{}` {fault}", file.display()))
        });
        let key = key.transpose().map_err(|fault| context.fail(ExitCode::Usage, &fault))?;
        let model = self.endpoint_model.clone();
        Ok(Settings { pins, tls, model, key, context_tokens, sampling, ..Settings::of(address) })
    }
}

/// Asks the server which models it has. A fault is written to `err`.
pub(super) fn open(
    settings: &Settings,
    interrupts: &Interrupts,
    context: &mut Context<'_>,
) -> Result<Endpoint, ExitCode> {
    let opened = Endpoint::open(settings, &mut |_| if interrupts.any() { Flow::Stop } else { Flow::Continue });
    opened.map_err(|fault| context.fail(ExitCode::Failed, &fault.to_string()))
}
