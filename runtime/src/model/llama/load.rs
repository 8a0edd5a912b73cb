//! What must be true before llama.cpp is asked to do anything.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use rustix::fs::{FileType, fstat};

use super::super::ModelError;
use super::{GPU_BACKENDS, Settings};

/// The least context that llama.cpp makes; a smaller wish would be rounded up in silence.
const CONTEXT_TOKENS_MIN: usize = 256;
/// A wish above this is a slip of the keyboard.
const CONTEXT_TOKENS_MAX: usize = 1 << 20;

/// Whether the context's size makes sense, and whether there is what shall evaluate.
pub(super) fn check_settings(settings: &Settings) -> Result<(), ModelError> {
    let tokens = settings.context_tokens;
    if !(CONTEXT_TOKENS_MIN..=CONTEXT_TOKENS_MAX).contains(&tokens) {
        return Err(ModelError::Load(format!(
            "a context of {tokens} tokens is out of range; choose {CONTEXT_TOKENS_MIN} to {CONTEXT_TOKENS_MAX}"
        )));
    }
    if settings.gpu_layers.is_some_and(|layers| layers > 0) && !GPU_BACKENDS.iter().any(|(_, there)| *there) {
        return Err(ModelError::Load(
            "this program was built for the processor alone; leave `--gpu-layers` out, or build it with `--features cuda`, \
             `vulkan` or `metal`"
                .to_owned(),
        ));
    }
    check_file(&settings.file)
}

/// Whether the file is there and begins like a GGUF.
pub(crate) fn check_file(file: &Path) -> Result<(), ModelError> {
    let named = file.display();
    if file.to_str().is_none() {
        return Err(ModelError::Load(format!("{named} is not a name in UTF-8; rename the file")));
    }
    let mut file = File::open(file).map_err(|error| ModelError::Load(format!("{named}: {error}")))?;
    let is_file = fstat(&file).is_ok_and(|about| FileType::from_raw_mode(about.st_mode).is_file());
    let mut magic = [0; 4];
    if !is_file || file.read_exact(&mut magic).is_err() || &magic != b"GGUF" {
        return Err(ModelError::Load(format!("{named} is not a GGUF file; give the model's `.gguf` with `--model`")));
    }
    Ok(())
}

/// SHA-256 of a model's file, in lower-case hexadecimal. It reads the whole file, which loading does anyway; `progress` is told
/// how much, from 0 to 1.
///
/// # Errors
/// The file is not there, or is no GGUF.
pub fn file_digest(file: &Path, progress: &mut dyn FnMut(f32)) -> Result<String, ModelError> {
    check_file(file)?;
    crate::digest::of_file_with(file, progress)
        .map_err(|error| ModelError::Load(format!("{}: {error}", file.display())))
}

/// Threads without a wish: one for each physical core that this process may use, but for one. llama.cpp's threads spin
/// while they wait for each other, so with more of them than free cores they are several times slower than one alone; the
/// core that is left out is for whatever else runs.
pub fn threads_default() -> usize {
    if cfg!(test) {
        return 1;
    }
    let available = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    physical_cores().map_or(available, |cores| cores.min(available)).saturating_sub(1).max(1)
}

/// Distinct pairs of package and core in `/proc/cpuinfo`; none where the kernel does not say.
fn physical_cores() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let value = |block: &str, key: &str| {
        let line = block.lines().find(|line| line.split(':').next().is_some_and(|name| name.trim() == key))?;
        line.split(':').nth(1).map(|value| value.trim().to_owned())
    };
    let mut cores: Vec<(String, String)> =
        text.split("\n\n").filter_map(|block| Some((value(block, "physical id")?, value(block, "core id")?))).collect();
    cores.sort();
    cores.dedup();
    (!cores.is_empty()).then_some(cores.len())
}

/// Bytes of memory that can be had without swapping; none where the kernel does not say.
pub(super) fn memory_available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// Keeps ggml from starting a debugger when it aborts. Call it before the first thread is started.
pub fn quiet_crashes() {
    #[expect(unsafe_code, reason = "the only way to hand ggml this wish; the caller has started no thread yet")]
    // SAFETY: no other thread reads or writes the environment, since there is none.
    unsafe {
        std::env::set_var("GGML_NO_BACKTRACE", "1");
    }
}
