//! What a site file says about the audit trail: where it is, what of arguments stands in it, when it is on the disk, and whose
//! key signs it.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::{Secret, SiteError, WrittenSecret};
use crate::audit::{FILE_BYTES_MAX, KeyFile, Policy, SyncPolicy};

/// Shortest key that digests of arguments are made with, in bytes: what is longer is not guessed.
const DIGEST_KEY_BYTES_MIN: usize = 32;

/// A file is begun anew behind this, in bytes, and neither so early that a file holds nothing nor so late that reading it at
/// every start takes seconds.
const FILE_BYTES: std::ops::RangeInclusive<u64> = 65_536..=1 << 30;

/// The audit trail of this place.
#[derive(Clone, Debug)]
pub struct SiteAudit {
    /// Where records are appended, and how.
    pub policy: Policy,
    /// Whether arguments stand in records with their values, not by their digest alone.
    pub values: bool,
    /// What digests of arguments are made with: without it anybody can try values that he guesses.
    pub digest_key: Option<Secret>,
}

/// The first trail in a directory.
const FIRST: &str = "audit.jsonl";

/// The trail, as it is written: its file is relative to the site file's directory, or absolute.
#[derive(Deserialize)]
#[serde(try_from = "UncheckedAudit")]
pub(super) struct WrittenAudit {
    file: PathBuf,
    is_shared: bool,
    key: Option<WrittenSecret>,
    sync: SyncPolicy,
    arguments: WrittenArguments,
    digest_key: Option<WrittenSecret>,
    file_bytes_max: FileBytes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedAudit {
    file: Option<PathBuf>,
    directory: Option<PathBuf>,
    key: Option<WrittenSecret>,
    #[serde(default)]
    sync: SyncPolicy,
    #[serde(default)]
    arguments: WrittenArguments,
    digest_key: Option<WrittenSecret>,
    #[serde(default)]
    file_bytes_max: FileBytes,
}

impl TryFrom<UncheckedAudit> for WrittenAudit {
    type Error = String;

    fn try_from(written: UncheckedAudit) -> Result<Self, String> {
        let (file, is_shared) = match (written.file, written.directory) {
            (None, Some(directory)) => (directory.join(FIRST), true),
            (Some(file), None) => (file, false),
            _ => {
                let text =
                    "\"audit\" has either \"directory\", in which each program has a trail of its own, or \"file\"";
                return Err(text.to_owned());
            }
        };
        let UncheckedAudit { key, sync, arguments, digest_key, file_bytes_max, .. } = written;
        Ok(Self { file, is_shared, key, sync, arguments, digest_key, file_bytes_max })
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenArguments {
    #[default]
    Digest,
    Values,
}

struct FileBytes(u64);

impl Default for FileBytes {
    fn default() -> Self {
        Self(FILE_BYTES_MAX)
    }
}

impl<'de> Deserialize<'de> for FileBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = u64::deserialize(deserializer)?;
        if FILE_BYTES.contains(&bytes) {
            return Ok(Self(bytes));
        }
        Err(D::Error::custom(format!("{bytes} is not from {} to {}", FILE_BYTES.start(), FILE_BYTES.end())))
    }
}

impl WrittenAudit {
    /// What it names, as it is written: the first file, and keys with whose they are.
    pub(super) fn places(self) -> (PathBuf, Vec<(&'static str, WrittenSecret)>) {
        let keys = [("\"key\" of \"audit\"", self.key), ("\"digest_key\" of \"audit\"", self.digest_key)];
        (self.file, keys.into_iter().filter_map(|(whose, key)| Some((whose, key?))).collect())
    }

    /// Reads the key of digests. The signing key is read by whoever signs, and by nobody else.
    pub(super) fn read(self, directory: &Path, shown: &dyn Display) -> Result<SiteAudit, SiteError> {
        let told = |fault: String| SiteError(format!("{shown}: \"digest_key\" of \"audit\": {fault}"));
        let read = |place: WrittenSecret| {
            let secret = place.read(directory).map_err(told)?;
            if secret.expose().len() < DIGEST_KEY_BYTES_MIN {
                let place = place.shown(directory);
                let least = DIGEST_KEY_BYTES_MIN;
                let fault = format!("{place} holds less than {least} characters; `openssl rand -hex 32` prints 64");
                return Err(told(fault));
            }
            Ok(secret)
        };
        let values = self.arguments == WrittenArguments::Values;
        let (digest_key, rest) = (self.digest_key, Self { digest_key: None, ..self });
        let policy = rest.policy(directory, shown)?;
        Ok(SiteAudit { policy, values, digest_key: digest_key.map(read).transpose()? })
    }

    /// Where the trail is, and how it is written. No secret is read.
    pub(super) fn policy(self, directory: &Path, shown: &dyn Display) -> Result<Policy, SiteError> {
        let key = |place: WrittenSecret| {
            let is_credential = matches!(place, WrittenSecret::Credential(_));
            let told = |fault| SiteError(format!("{shown}: \"key\" of \"audit\": {fault}"));
            let file = place.path(directory).map_err(told)?;
            Ok(KeyFile { file, is_credential })
        };
        Ok(Policy {
            file: directory.join(self.file),
            is_shared: self.is_shared,
            key: self.key.map(key).transpose()?,
            sync: self.sync,
            file_bytes_max: self.file_bytes_max.0,
        })
    }
}
