//! A program that somebody has built already, and the workspace that it is said to be of.
//!
//! Nobody can say what such a program was made of, so what is told of it is what was asked for. A release takes the other way.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use airlock_seal::{Code, Refusal};

use super::host::linkage;
use super::{Linkage, Program};

/// What a program was built with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    pub binary: PathBuf,
    pub linkage: Linkage,
    /// What the processor has to offer.
    pub cpu: String,
    /// Sorted.
    pub features: Vec<String>,
    /// `rustc --version`.
    pub rustc_version: String,
    /// The triple of this machine.
    pub target: String,
}

/// Describes a program that is there.
pub fn describe(binary: &Path, program: &Program, workspace: &Path) -> Result<Built, Refusal> {
    let (rustc_version, target) = rustc(workspace)?;
    let mut features = program.features.clone();
    features.sort();
    let cpu = if target.starts_with("x86_64-") { "x86-64-v3" } else { "base" };
    let shown = binary.display();
    let bytes = fs::read(binary)
        .map_err(|fault| Refusal::new(Code::Usage, format!("cannot read the program {shown}: {fault}")))?;
    let (binary, linkage) = (binary.to_owned(), linkage(&bytes));
    Ok(Built { binary, linkage, cpu: cpu.to_owned(), features, rustc_version, target })
}

/// What `rustc --version` says, and the triple of this machine.
pub fn rustc(workspace: &Path) -> Result<(String, String), Refusal> {
    let refused = |fault: String| {
        Refusal::new(Code::Usage, format!("`rustc` does not answer ({fault}): install Rust, or put it onto PATH"))
    };
    let output = Command::new("rustc").arg("-vV").current_dir(workspace).output();
    let output = output.map_err(|fault| refused(fault.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned);
    match (text.lines().next(), host) {
        (Some(version), Some(host)) if output.status.success() => Ok((version.to_owned(), host)),
        _ => Err(refused("it says nothing".to_owned())),
    }
}

/// Copies what the program is of: catalogs, generated source and the lock.
pub fn source(workspace: &Path, out: &Path) -> Result<(), Refusal> {
    for name in ["catalogs", "generated", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml"] {
        copy(&workspace.join(name), &out.join(name))
            .map_err(|fault| Refusal::internal(format!("cannot copy {name} of the workspace"), fault))?;
    }
    Ok(())
}

/// Without what begins with a dot, and what Cargo makes. A link is copied as nothing, and refused by whoever misses it.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let Ok(about) = fs::symlink_metadata(from) else { return Ok(()) };
    if about.is_file() {
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        return fs::copy(from, to).map(|_| ());
    }
    if about.is_dir() {
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            let text = name.to_string_lossy();
            if !text.starts_with('.') && text != "target" {
                copy(&from.join(&name), &to.join(&name))?;
            }
        }
    }
    Ok(())
}
