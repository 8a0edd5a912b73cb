//! Where the trail is, and when it is on the disk.

use std::collections::BTreeMap;
use std::path::PathBuf;

use airlock_contract::Program;
use serde::{Deserialize, Serialize};

/// A file is begun anew behind this, in bytes: some forty thousand calls.
pub const FILE_BYTES_MAX: u64 = 64 << 20;

/// Where records are appended, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The file that is written. Those that are full stand beside it, as `FILE.000001` and so on.
    pub file: PathBuf,
    /// Whether programs that run at the same time have trails beside it: `audit.jsonl`, `audit-2.jsonl` and so on, the first of them
    /// that is free. Without it the second program is refused.
    pub is_shared: bool,
    /// The key that checkpoints are signed with.
    pub key: Option<KeyFile>,
    /// When records are on the disk.
    pub sync: SyncPolicy,
    /// A file is begun anew behind this, in bytes.
    pub file_bytes_max: u64,
}

/// A private key of OpenSSH, without a passphrase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFile {
    /// Where it is.
    pub file: PathBuf,
    /// Whether systemd has put it there.
    pub is_credential: bool,
}

impl Policy {
    /// The usual one, without a key.
    pub fn of_file(file: PathBuf) -> Self {
        Self { file, is_shared: false, key: None, sync: SyncPolicy::default(), file_bytes_max: FILE_BYTES_MAX }
    }
}

/// When records are on the disk (`fdatasync`), and not in the kernel's memory alone. Whatever it says, no record is lost by the
/// end of a program, only by the end of a machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyncPolicy {
    /// That a call that writes or destroys is about to be made is on the disk before it is. What else there is follows within a
    /// quarter of a second, or 64 records.
    #[default]
    Writes,
    /// Each record, before anything else happens.
    Every,
    /// When a file or a program ends; else when the kernel likes.
    Never,
}

/// What a trail is of: the members of its first record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The program that writes, with its version.
    pub program: String,
    /// The compiler that wrote the catalogs.
    pub compiler: String,
    /// SHA-256 of the list of tools that was compiled in.
    pub tools_sha256: String,
    /// The profile that it runs under.
    pub profile: Option<String>,
    /// SHA-512 of the sums of the release that the program lies in, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_sums_sha512: Option<String>,
    /// SHA-256 of the document of each catalog.
    pub catalogs: BTreeMap<String, String>,
}

impl Identity {
    /// Of what was compiled into a program.
    pub fn of(program: &Program, profile: Option<&str>) -> Self {
        let document =
            |catalog: &&airlock_contract::Catalog| (catalog.name.to_owned(), catalog.document_sha256.to_owned());
        Self {
            program: concat!("airlock-host ", env!("CARGO_PKG_VERSION")).to_owned(),
            compiler: program.compiler_version.to_owned(),
            tools_sha256: program.tools_sha256.to_owned(),
            profile: profile.map(str::to_owned),
            release_sums_sha512: None,
            catalogs: program.catalogs.iter().map(document).collect(),
        }
    }

    /// As members of a record.
    pub(super) fn members(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        text.trim_start_matches('{').strip_suffix('}').unwrap_or_default().to_owned()
    }
}
