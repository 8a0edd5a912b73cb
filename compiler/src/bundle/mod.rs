//! A release: the program of this workspace with everything that is to be reviewed, proven and installed beside it.
//!
//! ```text
//! workspace ─ source ─> source/ ─ vendor ─> source/vendor.tar ─ recipe ─> the program ─┐
//! catalogs ─ pipeline ─────────────────────────────────────────────────────────────────┼─ assemble ─> NAME-VERSION-TARGET/
//! site, models ────────────────────────────────────────────────────────────────────────┘
//! a bundle ─ rebuild ─> work/source ─ recipe ─> the same program, or what differs
//! ```
//!
//! | module | takes -> gives | owns |
//! |---|---|---|
//! | `assemble` | what was asked for -> a bundle | the order of the steps; a bundle is there whole or not at all |
//! | `tree` | files -> files with digests | what goes where, and with which mode |
//! | `manifest` | everything -> `manifest.json` | the record for programs |
//! | `models` | a GGUF file -> `models/` | that it is one which the catalogs list, and what it says of itself |
//! | `gguf` | bytes -> a header | bounds for all that such a file announces |
//! | `site` | the template -> upstreams, names of secrets | that no secret stands in it, and that it is of these catalogs |
//! | `packages` | the lock -> crates of the program | which of them are linked in |
//! | `native` | llama.cpp's sources -> parts in C and C++ | their versions and licences |
//! | `sbom`, `provenance`, `licences`, `test_run` | -> `evidence/` | the forms of others: CycloneDX, in-toto, SLSA |
//! | `pages` | catalogs -> `review/` | what people read, and what programs compare |
//! | `deploy`, `mcpb`, `zip` | the program -> `deploy/` | what is installed where |
//! | `host` | the program -> its words | that it runs, and offers what the catalogs say |
//! | `source` | a workspace -> `source/` | which files the program and the compiler are made of |
//! | `vendor` | the lock -> `vendor.tar` | that third-party crates are the ones that the lock names |
//! | `recipe` | `source/` -> the program | the one environment in which a release is built |
//! | `rebuild` | a bundle -> what differs | that nothing but what was signed is built, and what is told of a difference |
//! | `toolchain` | `PATH` -> programs | which tools a build needs, and which are missing |
//! | `scan` | a program -> paths in it | that nothing of the machine stands in it |
//!
//! A release is built from the very tree that stands in it, by the function that `rebuild` calls, so that there is one recipe
//! and no document of it. It is there whole or not at all, unsigned, its sums written last. No step asks a registry, the network
//! or a clock, and the same inputs give the same bytes.

pub mod assemble;
mod cargo;
pub mod deploy;
mod elf;
pub mod gguf;
pub mod host;
pub mod licences;
mod lock;
mod manifest;
mod mcpb;
pub mod models;
pub mod native;
pub mod packages;
pub mod pages;
pub mod program;
pub mod progress;
pub mod provenance;
pub mod rebuild;
pub mod recipe;
pub mod sbom;
pub mod scan;
pub mod site;
pub mod source;
mod tar;
pub mod test_run;
pub mod toolchain;
pub mod tree;
pub mod vendor;
mod zip;

pub use program::{Linkage, Package, Program, Role};
