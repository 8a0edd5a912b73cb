//! What every conversation begins with, kept in a file as the model has read it.
//!
//! Rules and tools are the same for every question, and reading them takes longer than anything else. So their keys and
//! values are written to a file once, and taken from there. The file's name is a digest of everything that they depend on, so
//! that a file for something else is not found; a digest beside it tells a damaged one, which llama.cpp would take as it is.
//! `sha256sum -c` checks it as well. The file holds rules and tools in clear, and nothing of a conversation.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use airlock_offer::sha256;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::token::LlamaToken;
use rustix::fs::{Dir, fstat};

use super::super::ModelIdentity;
use super::GPU_BACKENDS;
use super::seed::Seeds;
use crate::private::{self, Access};

/// The build of llama.cpp: another one may lay keys and values out in another way.
const BUILD: &str = "llama-cpp-sys-2 0.1.161";
/// Files of one directory that are kept; of more, those that were written last.
const FILES_MAX: usize = 8;
/// The one sequence of a context.
const SEQUENCE: i32 = 0;

/// A directory of such files.
#[derive(Clone, Debug)]
pub(super) struct Store {
    directory: PathBuf,
    /// Everything that keys and values depend on but the tokens.
    made_by: String,
    /// What the release brings along.
    seeds: Option<Seeds>,
}

/// Why a file was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotRestored {
    /// There is none.
    Missing,
    /// It is not what it should be.
    Refused(String),
}

impl Store {
    pub(super) fn new(directory: &Path, identity: &ModelIdentity, context_size: u32, gpu_layers: u32) -> Self {
        let file = identity.file_sha256.as_deref().unwrap_or_default();
        let (slice, threads) = (identity.slice_tokens, identity.threads);
        let processor = processor();
        let made_by = format!(
            "{BUILD}\n{processor}\nmodel {file}\ncontext {context_size}\nslice {slice}\nkeys and values f16\n\
             threads {threads}\ngpu layers {gpu_layers}\n"
        );
        Self { directory: directory.to_owned(), made_by, seeds: None }
    }

    /// The same, which takes from a release what it does not have itself.
    pub(super) fn seeded(self, seeds: Option<Seeds>) -> Self {
        Self { seeds, ..self }
    }

    /// The file for these tokens.
    fn file(&self, tokens: &[LlamaToken]) -> PathBuf {
        let mut text = self.made_by.clone();
        for token in tokens {
            let _ = write!(text, "{} ", token.0);
        }
        self.directory.join(format!("{}.kv", sha256(text.as_bytes())))
    }

    /// Fills an empty context with what was read of these tokens: here, or else where the release was built.
    pub(super) fn restore(&self, context: &mut LlamaContext<'_>, tokens: &[LlamaToken]) -> Result<(), NotRestored> {
        let file = self.file(tokens);
        match (take(&file, context, tokens), &self.seeds) {
            (Err(NotRestored::Missing), Some(seeds)) => {
                let seed = seeds.find(&file).ok_or(NotRestored::Missing)?;
                let refused = |why| NotRestored::Refused(format!("{}: {why}", seed.display()));
                seeds.check(&seed).map_err(refused)?;
                take(&seed, context, tokens)
            }
            (taken, _) => taken,
        }
    }

    /// Writes what a context holds, which is what was read of these tokens and nothing else. Gives the file and its bytes.
    pub(super) fn keep(&self, context: &LlamaContext<'_>, tokens: &[LlamaToken]) -> Result<(PathBuf, u64), String> {
        let file = self.file(tokens);
        let named = |fault: io::Error| format!("{}: {fault}", self.directory.display());
        create_private(&self.directory).map_err(named)?;
        let part = file.with_extension(format!("part-{}", std::process::id()));
        let written = context
            .state_seq_save_file(&part, SEQUENCE, tokens)
            .map_err(|fault| format!("{}: {fault}", self.directory.display()))
            .and_then(|_| finish(&part, &file).map_err(named));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        let bytes = written?;
        self.forget_old();
        Ok((file, bytes))
    }

    /// Removes all but the last few files. What cannot be removed stays, and nobody is the worse for it.
    fn forget_old(&self) {
        // Not std's: a confined process may not ask about a file by its path.
        let Some(entries) = File::open(&self.directory).ok().and_then(|open| Dir::read_from(open).ok()) else { return };
        let names =
            entries.filter_map(Result::ok).map(|entry| OsStr::from_bytes(entry.file_name().to_bytes()).to_owned());
        let mut files: Vec<_> = names
            .map(|name| self.directory.join(name))
            .filter(|file| is_ours(file))
            .filter_map(|file| Some((written(&file)?, file)))
            .collect();
        files.sort();
        let surplus = files.len().saturating_sub(FILES_MAX);
        for (_, file) in files.drain(..surplus) {
            let _ = fs::remove_file(digest_file(&file));
            let _ = fs::remove_file(file);
        }
    }
}

/// Fills an empty context from a file, if it is one of these tokens and what its digest says.
fn take(file: &Path, context: &mut LlamaContext<'_>, tokens: &[LlamaToken]) -> Result<(), NotRestored> {
    let refused = |why: &str| NotRestored::Refused(format!("{}: {why}", file.display()));
    let digest = match fs::read_to_string(digest_file(file)) {
        Ok(digest) => digest,
        Err(_) if File::open(file).is_err_and(|fault| fault.kind() == io::ErrorKind::NotFound) => {
            return Err(NotRestored::Missing);
        }
        Err(fault) => return Err(refused(&format!("its digest cannot be read: {fault}"))),
    };
    // What others can write is not what was kept: llama.cpp reads it as if it were its own memory.
    private::open(file, Access::Trusted).map_err(|fault| refused(&format!("it {fault}")))?;
    let found = crate::digest::of_file(file).map_err(|fault| refused(&fault.to_string()))?;
    if digest.split_whitespace().next() != Some(&found) {
        return Err(refused("it is not what its digest says"));
    }
    let restored = context.state_seq_load_file(file, SEQUENCE, tokens.len());
    match restored {
        Ok((restored, _)) if restored == tokens => Ok(()),
        Ok(_) => Err(refused("it is of other rules or tools")),
        Err(fault) => Err(refused(&format!("llama.cpp does not take it: {fault}"))),
    }
}

/// Whether a file has a name that is made here.
fn is_ours(file: &Path) -> bool {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    file.extension().is_some_and(|extension| extension == "kv")
        && stem.len() == 64
        && stem.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn digest_file(file: &Path) -> PathBuf {
    file.with_extension("kv.sha256")
}

/// Gives a written file its name, after its digest has got its own: half of the two is refused, and written anew.
fn finish(part: &Path, file: &Path) -> io::Result<u64> {
    let opened = File::open(part)?;
    opened.set_permissions(fs::Permissions::from_mode(0o600))?;
    let digest = crate::digest::of_file(part)?;
    let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    fs::write(digest_file(file), format!("{digest}  {name}\n"))?;
    let bytes = crate::digest::length(&opened)?;
    fs::rename(part, file)?;
    Ok(bytes)
}

/// When a file was written.
fn written(file: &Path) -> Option<(i64, u64)> {
    let about = fstat(File::open(file).ok()?).ok()?;
    Some((about.st_mtime, about.st_mtime_nsec))
}

/// Makes a directory that only this user can look into, unless there is one.
pub(crate) fn create_private(directory: &Path) -> io::Result<()> {
    let make = || fs::DirBuilder::new().mode(0o700).create(directory);
    match make() {
        Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
            directory.parent().map_or(Ok(()), fs::create_dir_all)?;
            make()
        }
        made => made,
    }
}

/// What this program was built to compute with: numbers of another unit differ in their last bits.
fn processor() -> String {
    // llama.cpp's build reads these, and has AVX2 and the like on where they say nothing.
    let switches = [
        ("GGML_AVX2", option_env!("GGML_AVX2")),
        ("GGML_AVX512", option_env!("GGML_AVX512")),
        ("GGML_FMA", option_env!("GGML_FMA")),
        ("GGML_F16C", option_env!("GGML_F16C")),
        ("GGML_NATIVE", option_env!("GGML_NATIVE")),
    ];
    let mut text = std::env::consts::ARCH.to_owned();
    for (name, value) in switches {
        let _ = write!(text, " {name}={}", value.unwrap_or("default"));
    }
    for (name, there) in GPU_BACKENDS {
        if there {
            let _ = write!(text, " {name}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn identity() -> ModelIdentity {
        ModelIdentity {
            name: String::new(),
            address: None,
            template_sha256: String::new(),
            context_tokens: 1024,
            slice_tokens: 64,
            threads: 1,
            file_sha256: Some("ab".to_owned()),
            is_constrained: true,
            answers_apart: true,
        }
    }

    #[test]
    fn the_build_is_the_one_that_is_locked() {
        let lock = include_str!("../../../../Cargo.lock");
        let (name, version) = BUILD.split_once(' ').expect("a name and a version");
        assert!(lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"\n")), "{BUILD}");
    }

    #[test]
    fn everything_that_matters_gives_another_name() {
        let tokens = |numbers: &[i32]| numbers.iter().map(|number| LlamaToken::new(*number)).collect::<Vec<_>>();
        let store = |identity: &ModelIdentity, context, gpu| Store::new(Path::new("d"), identity, context, gpu);
        let of = |store: &Store, numbers: &[i32]| store.file(&tokens(numbers));
        let base = of(&store(&identity(), 1024, 0), &[1, 23]);
        let others = [
            of(&store(&identity(), 1024, 0), &[12, 3]),
            of(&store(&identity(), 2048, 0), &[1, 23]),
            of(&store(&identity(), 1024, 9), &[1, 23]),
            of(&store(&ModelIdentity { threads: 2, ..identity() }, 1024, 0), &[1, 23]),
            of(&store(&ModelIdentity { file_sha256: Some("cd".to_owned()), ..identity() }, 1024, 0), &[1, 23]),
            of(&store(&ModelIdentity { slice_tokens: 32, ..identity() }, 1024, 0), &[1, 23]),
        ];
        assert!(others.iter().all(|other| *other != base), "{others:?}");
        assert_eq!(of(&store(&identity(), 1024, 0), &[1, 23]), base);
    }

    #[test]
    fn old_files_go_and_foreign_ones_stay() {
        let directory = tempfile::tempdir().expect("a directory");
        let store = Store::new(directory.path(), &identity(), 1024, 0);
        for number in 0..FILES_MAX + 3 {
            let file = directory.path().join(format!("{number:064x}.kv"));
            fs::write(&file, "x").expect("written");
            fs::write(digest_file(&file), "x").expect("written");
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(number as u64);
            File::options().append(true).open(&file).and_then(|file| file.set_modified(time)).expect("set");
        }
        fs::write(directory.path().join("notes.kv"), "x").expect("written");
        store.forget_old();
        let count = |extension: &str| {
            let entries = fs::read_dir(directory.path()).expect("there");
            entries
                .filter(|entry| {
                    entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some_and(|found| found == extension))
                })
                .count()
        };
        assert_eq!((count("kv"), count("sha256")), (FILES_MAX + 1, FILES_MAX));
        assert!(
            !directory.path().join(format!("{:064x}.kv", 2)).exists() && directory.path().join("notes.kv").exists()
        );
    }
}
