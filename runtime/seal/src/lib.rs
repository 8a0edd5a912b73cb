//! What seals a release.
//!
//! A bundle is a directory, or the archive of one. `SHA512SUMS` lists the digest of every file in it, and is what is signed; the
//! signatures lie in `signatures/`, and what they are checked with lies outside of the bundle. What comes in: a bundle that
//! anybody may have written, and the anchors of a site. What goes out: that it is whole and signed, or a refusal with a code.
//! This crate opens no socket, and knows neither catalogs nor tools.

#![forbid(unsafe_code)]

pub mod archive;
mod asn1;
pub mod calendar;
pub mod command;
pub mod der;
pub mod digest;
pub mod files;
pub mod install;
pub mod manifest;
pub mod mldsa;
pub mod parts;
pub mod path;
mod pem;
pub mod policy;
pub mod private;
mod reading;
pub mod refusal;
pub mod release;
pub mod signatures;
pub mod signing;
mod spki;
pub mod sshsig;
pub mod stock;
pub mod sums;
pub mod tree;
pub mod trust;
pub mod unique;
pub mod verify;

pub use refusal::{Code, Refusal};

/// Told while long work is done: bytes so far, and bytes in all.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// The file that is signed.
pub const SUMS: &str = "SHA512SUMS";

/// The directory of signatures, which the sums do not cover.
pub const SIGNATURES: &str = "signatures";

/// What the release is, for programs.
pub const MANIFEST: &str = "manifest.json";

/// What a release, and a reviewer's signature on it, is signed in.
pub const NAMESPACE_RELEASE: &str = "airgap-mcp-bundle-v1";

/// What a site's approval is signed in: another one, so that an approval never counts as a release.
pub const NAMESPACE_APPROVAL: &str = "airgap-mcp-approve-v1";
