//! What is built, and of what.

use serde::{Deserialize, Serialize};

/// What is to be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The Cargo package.
    pub package: String,
    /// Its binary.
    pub bin: String,
    /// Its features, beside the defaults where those are taken.
    pub features: Vec<String>,
    /// Whether its default features are taken.
    pub default_features: bool,
    pub linkage: Linkage,
    /// `SOURCE_DATE_EPOCH`: the time of the sources, in seconds since 1970.
    pub epoch: i64,
}

impl Program {
    /// The program of this workspace, with the features of a release.
    pub fn of_this_workspace(epoch: i64) -> Self {
        Self {
            package: "airlock-runtime".to_owned(),
            bin: "airlock-host".to_owned(),
            features: ["http", "llama", "tls"].map(str::to_owned).to_vec(),
            default_features: false,
            linkage: Linkage::StaticPie,
            epoch,
        }
    }
}

/// How a program comes by its C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Linkage {
    /// It brings its own, and is loaded to a random address all the same.
    StaticPie,
    /// It takes the machine's.
    Dynamic,
}

impl Linkage {
    pub fn word(self) -> &'static str {
        match self {
            Self::StaticPie => "static-pie",
            Self::Dynamic => "dynamic",
        }
    }
}

/// A crate that the lock names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    pub name: String,
    pub version: String,
    /// As the lock has it; none for a crate of the workspace.
    pub source: Option<String>,
    /// SHA-256 of the crate's archive, as the lock has it.
    pub checksum: Option<String>,
    /// The SPDX expression of its manifest.
    pub license: Option<String>,
    /// Texts of licences and notices, by name: those of the workspace's root for its own crates, those in its archive for
    /// others, which have none before [`super::vendor::write`].
    pub license_files: Vec<(String, Vec<u8>)>,
    pub role: Role,
    /// What it is built with, `NAME VERSION` each, sorted; without what is for tests or other platforms.
    pub dependencies: Vec<String>,
}

/// What a crate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// It is linked into the program.
    Program,
    /// It runs while the program is built.
    Build,
    /// It is of the compiler alone.
    Compiler,
    /// Nothing of this target needs it: other platforms, other features. Its manifest alone is vendored, since Cargo wants to
    /// read it.
    Unused,
}

impl Role {
    /// Whether a build of the program takes it.
    pub fn is_built(self) -> bool {
        matches!(self, Self::Program | Self::Build)
    }
}
