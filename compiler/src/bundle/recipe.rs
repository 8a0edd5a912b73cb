//! The one environment in which a release is built, and the one command.
//!
//! `source/` is copied below a work directory, `vendor.tar` unpacked into it, and Cargo called with an environment that is
//! cleared but for what stands in [`environment`]. Paths of the work directory become `/source`, `/target` and `/cargo` in
//! whatever a compiler writes down.

use std::path::{Path, PathBuf};

use airlock_seal::{Code, Refusal};
use serde::{Deserialize, Serialize};

use super::toolchain::{Tool, Toolchain};
use super::{Linkage, Program};

/// Its name below `source/`.
pub const FILE: &str = "recipe.json";

/// What any processor of the target has.
pub const CPU_BASE: &str = "baseline";

/// What llama.cpp is compiled for on x86-64: AVX2, FMA, F16C, BMI2 and what belongs to them. The rest of the program keeps to the
/// baseline, so that the check at start runs anywhere.
pub const CPU_V3: &str = "x86-64-v3";

/// How the program of a release is built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    pub bin: String,
    /// [`CPU_BASE`] or [`CPU_V3`].
    pub cpu: String,
    pub default_features: bool,
    /// `SOURCE_DATE_EPOCH`.
    pub epoch: i64,
    /// Sorted.
    pub features: Vec<String>,
    pub format: u32,
    pub linkage: Linkage,
    pub package: String,
    /// `rustc --version`, to the commit.
    pub rustc: String,
    /// The target triple.
    pub target: String,
}

/// How far a build is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Crates built, or found built.
    pub done: usize,
    pub all: usize,
}

/// A program that was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Where it lies, below the work directory.
    pub binary: PathBuf,
    /// Lower-case hexadecimal digits.
    pub sha512: String,
    pub linkage: Linkage,
    /// What the processor has to offer.
    pub cpu: String,
    /// Sorted.
    pub features: Vec<String>,
    /// `rustc --version`.
    pub rustc_version: String,
    /// The tools of the machine that took part.
    pub tools: Vec<Tool>,
}

/// Builds the program of `source` (a directory that [`super::source::gather`] and [`super::vendor::write`] made) below `work`. What is
/// there of an earlier build is taken up.
pub fn build(source: &Path, work: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Built, Refusal> { let _ = (source, work, progress); Err(Refusal::new(Code::Internal, "")) }
impl Recipe {
    pub(super) fn of(program: &Program, toolchain: &Toolchain, cpu: &str) -> Self { let _ = (program, toolchain, cpu); unreachable!() }
    pub(super) fn text(&self) -> String { String::new() }
}
