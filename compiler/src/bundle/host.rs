//! The program that was built, asked: it runs on this machine, it offers what the catalogs say, and it prints what is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use airlock_seal::{Code, Refusal};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::Linkage;
use super::models::Placed;
use super::progress::Progress;
use super::site::Site;
use super::tree::Tree;
use crate::report::visible;

/// Of what a failed command says, so much is told, in characters.
const TOLD_CHARS_MAX: usize = 600;

/// A program, and a directory in which it may work.
#[derive(Debug)]
pub struct Host<'b> {
    binary: &'b Path,
    directory: TempDir,
}

/// How prefixes are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Warm {
    /// The threads of the machines that they are for: another number looks for another file.
    pub threads: Option<u16>,
}

impl<'b> Host<'b> {
    pub fn new(binary: &'b Path) -> Result<Self, Refusal> {
        let directory = TempDir::new().map_err(|fault| {
            Refusal::internal("cannot make a temporary directory; set TMPDIR to one that can be", fault)
        })?;
        Ok(Self { binary, directory })
    }

    /// A directory that goes away with this value.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What the program prints. It gets no environment, so that nothing of this machine comes out.
    pub fn ask(&self, words: &[&str]) -> Result<Vec<u8>, Refusal> {
        let mut command = Command::new(self.binary);
        command.args(words).env_clear().current_dir(self.directory.path()).stdin(Stdio::null());
        let what = words.iter().find(|word| !word.starts_with('-') && !word.contains('/')).copied().unwrap_or_default();
        let output = command.output().map_err(|fault| {
            Refusal::new(Code::Usage, format!("the program that was built does not start here: {fault}"))
        })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let place = self.directory.path().to_string_lossy();
        let told = String::from_utf8_lossy(&output.stderr).replace(&*place, "TEMPLATE");
        let told: String = visible(told.trim().replace('\n', "; ").as_str()).chars().take(TOLD_CHARS_MAX).collect();
        Err(Refusal::new(Code::Usage, format!("`airlock-host {what}` of the program that was built failed: {told}")))
    }

    /// Refuses a program of other catalogs: what it offers is compared to the byte.
    pub fn check_tools(&self, wanted: &str) -> Result<(), Refusal> {
        if self.ask(&["tools", "--sent"])? == wanted.as_bytes() {
            return Ok(());
        }
        let text = "the program that was built offers other tools than the catalogs have; build it of this workspace, after \
                    `airlock compile`";
        Err(Refusal::new(Code::Usage, text))
    }

    /// Has each model read rules and tools once, and puts what is kept of that beside it. Gives what to say of the files.
    ///
    /// What the program keeps depends on the model, the tokens, the build of llama.cpp, what the processor is asked for, and the
    /// number of threads; the name of a file is a digest of all that. A machine that asks for another finds none, and reads anew.
    pub fn warm(
        &self,
        models: &[Placed],
        site: &Site,
        warm: Warm,
        tree: &mut Tree,
        progress: &mut Progress<'_>,
    ) -> Result<Vec<Vec<Value>>, Refusal> {
        let place = self.directory.path();
        let told = |fault| Refusal::internal("cannot write a temporary file", fault);
        fs::write(place.join("warm.json"), stand_in(site).to_string()).map_err(told)?;
        write_private(&place.join("stand-in.key"), b"0\n").map_err(told)?;
        let mut all = Vec::new();
        for placed in models {
            progress.stage("warm: the model reads rules and tools");
            let state = place.join(format!("state-{}", placed.model.name));
            let (model, kept) = (tree.place(&placed.model.path), state.to_string_lossy().into_owned());
            let (model, site) = (model.to_string_lossy(), place.join("warm.json"));
            let (site, threads) = (site.to_string_lossy(), warm.threads.map(|threads| threads.to_string()));
            let mut words = vec!["--site", &site, "warm", "--model", &model, "--state", &kept, "--format", "json"];
            words.extend(threads.iter().flat_map(|threads| ["--threads", threads.as_str()]));
            let said: Value = serde_json::from_slice(&self.ask(&words)?).unwrap_or(Value::Null);
            let mut records = Vec::new();
            for file in kept_files(&state).map_err(|fault| Refusal::internal("cannot read what was kept", fault))? {
                let name = format!("prefix-{}", file.file_name().unwrap_or_default().to_string_lossy());
                let path = format!("models/{name}");
                let digests = tree.copy(&path, &file, progress)?;
                let line = format!("{}  {name}\n", digests.sha256);
                tree.put(&format!("{path}.sha256"), line.as_bytes())?;
                records.push(json!({
                    "file": path, "bytes": digests.bytes, "sha256": digests.sha256, "tokens": said["tokens"],
                    "threads": warm.threads,
                    "remark": "taken by programs of this build, with as many threads, for all tools without a profile",
                }));
            }
            if records.is_empty() {
                let text = "the program kept nothing of what the model read, so there is no prefix to carry; leave `--warm` out";
                return Err(Refusal::new(Code::Usage, text));
            }
            all.push(records);
        }
        Ok(all)
    }
}

/// A site of the same systems that can be reached nowhere, with a credential that is none: nothing is called, and no secret is
/// at hand where a release is built.
fn stand_in(site: &Site) -> Value {
    let upstream = |(name, upstream): (&String, &super::site::Upstream)| {
        let file = json!({"file": "stand-in.key"});
        let credentials: Map<String, Value> =
            upstream.credentials.iter().map(|credential| (credential.clone(), file.clone())).collect();
        (name.clone(), json!({"address": "unix:/nowhere/airlock.sock", "credentials": credentials}))
    };
    let upstreams: Map<String, Value> = site.upstreams.iter().map(upstream).collect();
    json!({"upstreams": upstreams})
}

/// Files of prefixes, sorted.
fn kept_files(state: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(state)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "kv") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The host takes a credential from a file of its owner's alone.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)?.write_all(bytes)
}

/// How a program comes by its C library: one that is loaded to a random address and asks for no loader brings its own (ELF,
/// `PT_INTERP`). What is no such program runs with what the machine has.
pub(super) fn linkage(program: &[u8]) -> Linkage {
    if is_static_pie(program) == Some(true) { Linkage::StaticPie } else { Linkage::Dynamic }
}

fn is_static_pie(program: &[u8]) -> Option<bool> {
    /// A program that may lie anywhere.
    const DYN: [u8; 2] = [3, 0];
    /// Names the loader.
    const INTERP: [u8; 4] = [3, 0, 0, 0];
    if program.get(..6)? != b"\x7fELF\x02\x01" || *program.get(16..18)? != DYN {
        return None;
    }
    let begin = usize::try_from(u64::from_le_bytes(program.get(32..40)?.try_into().ok()?)).ok()?;
    let size = usize::from(u16::from_le_bytes(program.get(54..56)?.try_into().ok()?)).max(1);
    let count = usize::from(u16::from_le_bytes(program.get(56..58)?.try_into().ok()?));
    let headers = program.get(begin..)?.chunks(size).take(count);
    Some(!headers.map(|header| header.get(..4)).any(|kind| kind == Some(&INTERP[..])))
}

#[cfg(test)]
mod tests {
    use super::linkage;
    use crate::bundle::Linkage;

    #[test]
    fn a_program_with_a_loader_takes_the_machines_library() {
        let mut program = std::fs::read(std::env::current_exe().expect("has a path")).expect("can be read");
        assert_eq!(linkage(&program), Linkage::Dynamic);
        // Without its loader, and loaded anywhere all the same.
        let begin = usize::try_from(u64::from_le_bytes(program[32..40].try_into().expect("8 bytes"))).expect("fits");
        for header in program[begin..].chunks_mut(56).take(32).filter(|header| header[..4] == [3, 0, 0, 0]) {
            header[0] = 0;
        }
        assert_eq!(linkage(&program), Linkage::StaticPie);
        assert_eq!(linkage(b"#!/bin/sh\n"), Linkage::Dynamic);
        assert_eq!(linkage(&program[..40]), Linkage::Dynamic);
    }
}
