//! A release: the program of this workspace with everything that is to be reviewed, proven and installed beside it.
//!
//! ```text
//! catalogs ─ pipeline ─┐
//! workspace ─ program ─┼─ assemble ─> NAME-VERSION-TARGET/, unsigned, its sums written last
//! site, models ────────┘
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
//!
//! Nothing here asks a clock, a registry or the network, and the same inputs give the same bytes.

pub mod assemble;
pub mod deploy;
pub mod gguf;
pub mod host;
pub mod licences;
mod manifest;
mod mcpb;
pub mod models;
pub mod native;
pub mod packages;
pub mod pages;
pub mod prebuilt;
pub mod program;
pub mod progress;
pub mod provenance;
pub mod sbom;
pub mod site;
pub mod test_run;
pub mod tree;
mod verify_text;
mod zip;

pub use program::{Linkage, Package, Program, Role};
