//! A catalog: one document, its upstreams, and the tools and prompts that were chosen for it.

use crate::prompt::Prompt;
use crate::tool::Tool;

/// Everything that was compiled, and so everything that one program can call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Program {
    /// Every catalog, in the order of their names.
    pub catalogs: &'static [&'static Catalog],
    /// SHA-256 of the list of tools as clients are sent it, in lower-case hexadecimal. A program whose list is another one
    /// does not start.
    pub tools_sha256: &'static str,
    /// Named subsets of the tools, in the order of their names.
    pub profiles: &'static [Profile],
    /// The model files that it may load, in the order of their names, and no others.
    pub models: &'static [ModelFile],
    /// The labels of confidentiality, the lowest first; none where nothing is labelled.
    pub labels: &'static [&'static str],
    /// The version of the compiler that wrote this.
    pub compiler_version: &'static str,
}

/// A named subset of a program's tools: with it, nothing else is offered or callable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Matches `^[a-z][a-z0-9_]{0,39}$`.
    pub name: &'static str,
    /// For whom it is, one line.
    pub description: &'static str,
    /// Names of the tools, in order.
    pub tools: &'static [&'static str],
    /// Whether clients can search the tools: then two tools more are listed, which call no upstream.
    pub search: bool,
    /// SHA-256 of the list as clients are sent it under this profile, in lower-case hexadecimal. A program whose list is
    /// another one does not start.
    pub tools_sha256: &'static str,
}

/// A file with a model, known by its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelFile {
    /// Matches `^[a-z]([a-z0-9_.-]{0,38}[a-z0-9_])?$`.
    pub name: &'static str,
    /// SHA-256 of the file, in lower-case hexadecimal. No two of a program have the same.
    pub sha256: &'static str,
    /// Its licence, one line: an SPDX identifier, or words.
    pub licence: &'static str,
    /// Where its publisher offers it, one line for people. Nothing is fetched from there.
    pub source: &'static str,
}

/// Everything that was compiled from one directory below `catalogs/`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Catalog {
    /// The directory's name.
    pub name: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// The document's file name, relative to the catalog's directory.
    pub document: &'static str,
    /// SHA-256 of the document as it was compiled, in lower-case hexadecimal. Of a document in several files, that of
    /// the lines that `sha256sum` writes for them, in the order of their names.
    pub document_sha256: &'static str,
    /// The systems that the tools of this catalog may reach: the document's own first, then those of single operations.
    pub upstreams: &'static [Upstream],
    /// The tools, in the order of their names.
    pub tools: &'static [Tool],
    /// Texts that people start a conversation with, in the order of their names.
    pub prompts: &'static [Prompt],
}

/// A system inside the perimeter. Its address comes from the site file, never from generated source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Upstream {
    /// The name under which the site file gives the address and the credentials.
    pub name: &'static str,
    /// Put before every path; empty, or starts with `/` and does not end with one.
    pub base_path: &'static str,
    /// How requests are carried there, as far as the document says.
    pub transport: Transport,
    /// Credentials that tools of this catalog may name.
    pub credentials: &'static [Credential],
}

/// How requests are carried to a system, as far as its document says; what promises more comes last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// The document does not say, or leaves a choice: as the site file says.
    #[default]
    Any,
    /// Over TLS: every server that the document names for these requests is written with `https` (RFC 9110, section 4.2.2). A
    /// site file that says `http://` of a system beyond this machine is refused, unless it says why.
    Tls,
}

impl Transport {
    /// As it is written: `any`, `tls`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Tls => "tls",
        }
    }
}

/// A secret, by name. The site file says which file holds its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The name of the document's security scheme.
    pub name: &'static str,
    /// Where the value goes.
    pub place: CredentialPlace,
}

/// Where the value of a credential goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialPlace {
    /// The value of this header, as the file holds it.
    Header(&'static str),
    /// This query parameter, percent-encoded.
    Query(&'static str),
    /// This cookie.
    Cookie(&'static str),
    /// `Authorization: Bearer`, a space, and the file's content (RFC 6750, section 2.1).
    Bearer,
    /// `Authorization: Basic`, a space, and the file's `user:password` in base64 (RFC 7617, section 2).
    Basic,
}
