//! `manifest.json`: what a release is, for programs.
//!
//! Keys are sorted, and each value has a line of its own, so that a text diff reads well. Everything in it is signed by way of
//! the sums, and nothing of it is trusted before that. Who judges a release looks at its files, not at what is claimed here.

mod read;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The only format there is.
pub const FORMAT: u32 = 1;

/// The length of a chunk of a model, in bytes.
pub const CHUNK_BYTES: u64 = 64 << 20;

/// What a release is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The program.
    pub binary: Binary,
    pub catalogs: Vec<Catalog>,
    pub compiler: Compiler,
    /// `SOURCE_DATE_EPOCH` of the sources, in seconds since 1970; never the clock.
    pub created: i64,
    /// The systems that the site template lets it reach.
    pub egress: Vec<Egress>,
    /// [`FORMAT`].
    pub format: u32,
    pub isolation: Isolation,
    /// The workspace's labels, the lowest first.
    pub labels: Vec<String>,
    /// None, for a program that serves MCP alone.
    pub models: Vec<Model>,
    /// Of `[a-z0-9.-]`.
    pub name: String,
    /// What it follows on, for people: the highest sequence decides.
    pub previous: Option<Previous>,
    pub profiles: Vec<Profile>,
    /// Names of credentials, never values.
    pub secrets: Vec<String>,
    /// Rises with each release of this name.
    pub sequence: u64,
    /// The target triple.
    pub target: String,
    pub tools: Tools,
    /// Of `[a-z0-9.+-]`.
    pub version: String,
    /// What others add; nothing here looks at it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub x: BTreeMap<String, serde_json::Value>,
}

impl Manifest {
    /// The name of the release's directory, and of its archive before `.tar.zst`.
    pub fn directory_name(&self) -> String {
        format!("{}-{}-{}", self.name, self.version, self.target)
    }
}

/// The program of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binary {
    /// What the processor has to offer: `x86-64-v3`, checked at start.
    pub cpu: String,
    /// The features that it was built with, sorted.
    pub features: Vec<String>,
    /// `static-pie`, or `dynamic`.
    pub linkage: String,
    /// The Cargo package that it is of.
    pub package: String,
    pub path: String,
    pub sha512: String,
}

/// A catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    pub name: String,
    /// Its `catalog.yaml`.
    pub path: String,
    pub sha512: String,
}

/// What generated the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compiler {
    /// `rustc --version`.
    pub rustc: String,
    /// Airlock's own version.
    pub version: String,
}

/// A system that the site template names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Egress {
    /// As the template has it: `https://…`, `http://…`, `unix:…`.
    pub address: String,
    /// `IP:PORT` each.
    pub pins: Vec<String>,
    /// The upstream's name in the site file.
    pub upstream: String,
}

/// The least isolation that the site template puts up with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Isolation {
    pub minimum: Vec<String>,
}

/// A model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub bytes: u64,
    /// [`CHUNK_BYTES`].
    pub chunk_bytes: u64,
    /// SHA-512 of each chunk, so that cores share the work and a loader checks what it maps.
    pub chunks: Vec<String>,
    pub licence: String,
    /// Its name in `workspace.yaml`.
    pub name: String,
    pub path: String,
    /// As `workspace.yaml` has it.
    pub sha256: String,
    pub sha512: String,
}

/// The release before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// SHA-512 of its sums.
    pub sums_sha512: String,
    pub version: String,
}

/// A profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    /// Of the list that clients are sent under it.
    pub tools_sha256: String,
}

/// The tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tools {
    pub count: u64,
    /// Of the list that clients are sent, as it stands in `generated/src/lib.rs`.
    pub sha256: String,
}
