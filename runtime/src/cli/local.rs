//! The embedded model: its file, and how it is loaded.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;

use super::chat::{Interrupts, loading};
use super::progress::Progress;
use super::{Context, ExitCode};
use crate::isolation::{Confinement, Minimum};
use crate::model::llama::{
    GPU_BACKENDS, Llama, Seeds, Settings, check_file, check_processor, create_private, file_digest, quiet_crashes,
    threads_default,
};
use crate::model::{ModelError, Sampling};

/// What loading a model reads: its file, which has to be one, and how much memory there is.
pub(super) fn reading_model(model: &Path) -> Result<Confinement, ModelError> {
    check_file(model)?;
    let memory = PathBuf::from("/proc/meminfo");
    let read = [model.to_owned()].into_iter().chain(memory.exists().then_some(memory)).collect();
    Ok(Confinement { read, ..Confinement::default() })
}

/// Confines a command that looks into a model's file and writes in at most one directory. A fault is written to `err`.
pub(super) fn confine_to_model(
    model: &Path,
    write: Option<PathBuf>,
    context: &mut Context<'_>,
) -> Result<(), ExitCode> {
    check_processor().map_err(|fault| context.fail(ExitCode::Usage, &fault.to_string()))?;
    let confinement = reading_model(model).map_err(|fault| context.fail(ExitCode::Failed, &fault.to_string()))?;
    let write = write.into_iter().collect();
    context.confine(&Confinement { write, ..confinement }, &Minimum::default())
}

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

/// What is found out, and made, before the process is confined.
#[derive(Debug)]
pub(super) struct Prepared {
    /// What loading reads and writes.
    pub(super) confinement: Confinement,
    threads: usize,
    /// What the model's release brings along.
    seeds: Option<Seeds>,
}

impl LocalArgs {
    /// Finds out how many threads there are to be, and makes the directory for what is kept.
    /// A fault is written to `err`.
    pub(super) fn prepare(&self, model: &Path, context: &mut Context<'_>) -> Result<Prepared, ExitCode> {
        quiet_crashes();
        check_processor().map_err(|fault| context.fail(ExitCode::Usage, &fault.to_string()))?;
        let threads = self.threads.map_or_else(threads_default, usize::from);
        // A directory that cannot be made is told when something shall be kept there.
        let state = self.state().filter(|directory| create_private(directory).is_ok());
        let drives_gpu = self.gpu_layers != Some(0) && GPU_BACKENDS.iter().any(|(_, there)| *there);
        let reading = reading_model(model).map_err(|fault| context.fail(ExitCode::Failed, &fault.to_string()))?;
        let seeds = Seeds::beside(model);
        let mut confinement = Confinement { write: state.into_iter().collect(), drives_gpu, ..reading };
        confinement.read.extend(seeds.iter().flat_map(Seeds::files));
        Ok(Prepared { confinement, threads, seeds })
    }

    /// Checks the file's digest, then loads it. A fault is written to `err`.
    pub(super) fn load(
        &self,
        model: &Path,
        prepared: &Prepared,
        context_tokens: usize,
        sampling: Sampling,
        interrupts: &Interrupts,
        context: &mut Context<'_>,
    ) -> Result<Llama, ExitCode> {
        let mut progress = Progress::new();
        let digest = file_digest(model, &mut |part| {
            progress.line(context, &format!("checking the model: {:.0} %", part * 100.0));
        });
        progress.clear(context);
        let file_sha256 = digest.map_err(|fault| context.fail(ExitCode::Failed, &fault.to_string()))?;
        self.check_listed(model, &file_sha256, context)?;
        let settings = Settings {
            file_sha256: Some(file_sha256),
            threads: Some(prepared.threads),
            context_tokens,
            gpu_layers: self.gpu_layers,
            sampling,
            prefixes: self.state(),
            seeds: prepared.seeds.clone(),
            ..Settings::of(model.to_owned())
        };
        loading(&settings, interrupts, context).map_err(|fault| context.fail(ExitCode::Failed, &fault.to_string()))
    }

    /// Before llama.cpp reads a byte of it: a file is trusted by its digest and by nothing else.
    fn check_listed(&self, file: &Path, file_sha256: &str, context: &mut Context<'_>) -> Result<(), ExitCode> {
        let models = context.program.models;
        if self.allow_unlisted_model || models.iter().any(|model| model.sha256 == file_sha256) {
            return Ok(());
        }
        let names: Vec<&str> = models.iter().map(|model| model.name).collect();
        let listed = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let text = format!(
            "the catalogs do not list {} (sha256 {file_sha256}); listed: {listed}. If it was meant to be one of these, compare \
             digests and fetch it again. Else have it reviewed and add it to `models` of workspace.yaml, or give \
             `--allow-unlisted-model`",
            file.display()
        );
        Err(context.fail(ExitCode::Failed, &text))
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
