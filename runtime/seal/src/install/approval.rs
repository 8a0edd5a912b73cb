//! The site's countersignature: its key over the same sums, in a namespace of its own, beside the release's signatures.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::place::{digest_of, manifest_of, usage};
use super::{Action, Disk, Event, Record};
use crate::reading::{read, told};
use crate::sshsig;
use crate::sums::{self, Sums};
use crate::{Code, MANIFEST, NAMESPACE_APPROVAL, Refusal, SIGNATURES, SUMS};

/// Longest name of whoever approves, in characters.
const NAME_CHARS_MAX: usize = 64;

/// A signature longer than this is none, in bytes.
const SIGNATURE_BYTES_MAX: u64 = 64 * 1024;

/// A countersignature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The file.
    pub file: PathBuf,
    /// Fingerprint of the key.
    pub signer: String,
    /// What was recorded.
    pub event: Event,
}

/// Signs the exact bytes of sums in [`NAMESPACE_APPROVAL`]: gives an armored signature, and the fingerprint of its key.
pub type Sign<'a> = dyn FnMut(&[u8]) -> Result<(String, String), Refusal> + 'a;

/// Countersigns a bundle, a directory, as `site-NAME`. Whoever does that has verified it: nothing is verified here but that its
/// sums can be read.
///
/// # Errors
/// [`Code::Usage`]: the name, or another approval of this name is there. [`Code::Format`]: the sums or the manifest.
/// What `record` refuses.
pub fn approve(
    bundle: &Path,
    name: &str,
    sign: &mut Sign<'_>,
    record: &mut dyn Record,
    disk: &mut dyn Disk,
) -> Result<Approval, Refusal> {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.bytes().all(is_name) || name.starts_with('-') {
        return Err(usage(format!(
            "a name is 1 to {NAME_CHARS_MAX} of a-z, 0-9 and `-`: `site-NAME` is how anchors know it"
        )));
    }
    if !bundle.symlink_metadata().is_ok_and(|about| about.is_dir()) {
        return Err(usage(format!("`{}` is no directory; unpack an archive before it is approved", bundle.display())));
    }
    let text = read(&bundle.join(SUMS), sums::BYTES_MAX, Code::Format)?;
    let sums = Sums::read(&text)?;
    if sums.get(MANIFEST).is_none() {
        return Err(Refusal::new(Code::Format, format!("{SUMS} does not list {MANIFEST}")));
    }
    let manifest = manifest_of(bundle)?;
    let (armor, signer) = sign(&text)?;
    let event = Event {
        action: Action::Approve,
        name: manifest.name,
        version: manifest.version,
        sequence: manifest.sequence,
        sums_sha512: digest_of(bundle)?,
        before_sha512: None,
        switches: None,
        approved_by: Some(format!("site-{name} {signer}")),
        reason: None,
    };
    let signatures = bundle.join(SIGNATURES);
    let file = signatures.join(format!("site-{name}.sshsig"));
    if file.symlink_metadata().is_ok() {
        let there = read(&file, SIGNATURE_BYTES_MAX, Code::Format)?;
        let by = std::str::from_utf8(&there).ok().and_then(|armor| sshsig::signer(armor, NAMESPACE_APPROVAL, &text));
        if by.is_some_and(|by| by.fingerprint() == signer) {
            return Ok(Approval { file, signer, event });
        }
        let shown = file.display();
        return Err(usage(format!(
            "`{shown}` is there and is not an approval by this key; move it away or use another name"
        )));
    }
    record.begin(&event)?;
    let done = written(&signatures, &file, &armor, disk);
    let ended = record.end(&event, done.as_ref().err());
    done.and(ended).map(|()| Approval { file, signer, event })
}

/// Under another name first: half a signature is none.
fn written(signatures: &Path, file: &Path, armor: &str, disk: &mut dyn Disk) -> Result<(), Refusal> {
    let new = file.with_extension("new");
    if signatures.symlink_metadata().is_err_and(|fault| fault.kind() == io::ErrorKind::NotFound) {
        disk.make_directory(signatures).map_err(|fault| told(signatures, fault))?;
    }
    super::remove_if_there(&new, disk)?;
    let done = disk
        .write(&new, armor.as_bytes())
        .and_then(|()| fs::set_permissions(&new, fs::Permissions::from_mode(0o644)))
        .and_then(|()| disk.sync(&new))
        .and_then(|()| disk.rename(&new, file))
        .and_then(|()| disk.sync(signatures));
    done.map_err(|fault| told(file, fault))
}
