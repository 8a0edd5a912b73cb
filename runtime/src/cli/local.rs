//! The embedded model: its file, and how it is loaded.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;

use super::chat::{Interrupts, loading};
use super::{Context, ExitCode};
use crate::model::Sampling;
use crate::model::llama::{Llama, Settings, file_digest, quiet_crashes};

/// How the embedded model is loaded. Commands with these have `--model`, too.
#[derive(Debug, Args)]
pub(super) struct LocalArgs {
    /// Load a model that the catalogs do not list
    #[arg(long)]
    allow_unlisted_model: bool,
    /// Threads that evaluate; never more than there are free cores [default: the physical cores but one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Layers that a GPU evaluates, in a program that was built for one [default: all]
    #[arg(long, value_name = "N")]
    gpu_layers: Option<u32>,
    /// Where rules and tools are kept as the model has read them, or `none` [default: $AIRLOCK_STATE, else airlock/state in
    /// $XDG_CACHE_HOME or ~/.cache]
    #[arg(long, value_name = "DIRECTORY")]
    state: Option<OsString>,
}

impl LocalArgs {
    /// Checks the file's digest, then loads it. A fault is written to `err`.
    pub(super) fn load(
        &self,
        model: &Path,
        context_tokens: usize,
        sampling: Sampling,
        interrupts: &Interrupts,
        context: &mut Context<'_>,
    ) -> Result<Llama, ExitCode> {
        quiet_crashes();
        let file_sha256 = file_digest(model).map_err(|fault| context.fail(ExitCode::Failed, &fault.to_string()))?;
        let settings = Settings {
            file_sha256: Some(file_sha256),
            threads: self.threads.map(usize::from),
            context_tokens,
            gpu_layers: self.gpu_layers,
            sampling,
            prefixes: self.state(),
            ..Settings::of(model.to_owned())
        };
        loading(&settings, interrupts, context).map_err(|fault| context.fail(ExitCode::Failed, &fault.to_string()))
    }

    /// The directory where rules and tools are kept; none if nothing shall be kept, or if nobody says where.
    pub(super) fn state(&self) -> Option<PathBuf> {
        let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let wish = self.state.clone().or_else(|| named("AIRLOCK_STATE"));
        if let Some(directory) = wish {
            return (directory != "none").then(|| PathBuf::from(directory));
        }
        let cache = named("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| named("HOME").map(|home| PathBuf::from(home).join(".cache")));
        cache.map(|cache| cache.join("airlock/state"))
    }
}
