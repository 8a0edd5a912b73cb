//! Whether a bundle may be installed: its sums are signed by the release key of the anchors, and its files are those of the sums.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha512};

use super::place::{manifest_of, usage};
use super::{Checked, stage};
use crate::reading::{hex, read, told};
use crate::sshsig::{self, PublicKey, allowed_signers};
use crate::sums::{self, Sums};
use crate::{Code, NAMESPACE_APPROVAL, NAMESPACE_RELEASE, Refusal, SIGNATURES, SUMS};

/// A file of anchors, or a signature, that is longer is not looked at, in bytes.
const BYTES_MAX: u64 = 1 << 20;

/// The file of keys in a directory of anchors.
const ALLOWED_SIGNERS: &str = "allowed_signers";

/// Checks a whole bundle.
pub fn checked(bundle: &Path, anchors: &Path) -> Result<Checked, Refusal> {
    let text = read(&bundle.join(SUMS), sums::BYTES_MAX, Code::Format)?;
    let sums = Sums::read(&text)?;
    let manifest = manifest_of(bundle)?;
    signed(bundle, &text, anchors)?;
    let approved = approved(bundle, &text, anchors)?;
    let refused = |code, path: &str, fault: &str| Err(Refusal::new(code, format!("`{}` {fault}", path.escape_debug())));
    let mut missing = sums.iter().map(|(path, _)| path.to_owned()).collect::<std::collections::BTreeSet<_>>();
    for path in stage::files(bundle)? {
        let is_ours = path == SUMS || path.strip_prefix(SIGNATURES).is_some_and(|rest| rest.starts_with('/'));
        if !missing.remove(&path) && !is_ours {
            return refused(Code::Tree, &path, "is not listed in the sums");
        }
    }
    if let Some(path) = missing.first() {
        return refused(Code::Tree, path, "is listed in the sums, and is not there");
    }
    for (path, digest) in sums.iter() {
        if of_file(&bundle.join(path))? != digest {
            return refused(Code::Content, path, "is not what was signed");
        }
    }
    Ok(Checked { manifest, approved })
}

/// Checks the release's signature over the sums, and nothing else.
pub fn signed(bundle: &Path, sums: &[u8], anchors: &Path) -> Result<(), Refusal> {
    let file = bundle.join(SIGNATURES).join("release.sshsig");
    let armor = read(&file, BYTES_MAX, Code::Unsigned)?;
    let signer = signer(&file, &armor, NAMESPACE_RELEASE, sums)?;
    if keys(anchors, "release", NAMESPACE_RELEASE)?.contains(&signer) {
        return Ok(());
    }
    let (fingerprint, anchors) = (signer.fingerprint(), anchors.display());
    Err(Refusal::new(
        Code::Untrusted,
        format!("the release is signed by {fingerprint}, which `{anchors}` does not trust to"),
    ))
}

/// Whether the site has countersigned the sums.
fn approved(bundle: &Path, sums: &[u8], anchors: &Path) -> Result<bool, Refusal> {
    let signatures = bundle.join(SIGNATURES);
    for entry in fs::read_dir(&signatures).map_err(|fault| told(&signatures, fault))? {
        let name = entry.map_err(|fault| told(&signatures, fault))?.file_name();
        let name = name.to_string_lossy();
        let Some(principal) = name.strip_suffix(".sshsig").filter(|name| name.starts_with("site-")) else { continue };
        let file = signatures.join(&*name);
        let signer = signer(&file, &read(&file, BYTES_MAX, Code::Tree)?, NAMESPACE_APPROVAL, sums)?;
        if keys(anchors, principal, NAMESPACE_APPROVAL)?.contains(&signer) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn signer(file: &Path, armor: &[u8], namespace: &str, sums: &[u8]) -> Result<PublicKey, Refusal> {
    let armor = std::str::from_utf8(armor).unwrap_or_default();
    sshsig::signer(armor, namespace, sums).ok_or_else(|| {
        let text = format!("`{}` is no signature of these sums in the namespace {namespace}", file.display());
        Refusal::new(Code::Invalid, text)
    })
}

/// The keys of one principal.
fn keys(anchors: &Path, principal: &str, namespace: &str) -> Result<Vec<PublicKey>, Refusal> {
    let file = anchors.join(ALLOWED_SIGNERS);
    let text = read(&file, BYTES_MAX, Code::Usage)?;
    let text = std::str::from_utf8(&text).map_err(|_| usage(format!("`{}` is not text", file.display())))?;
    let lines = text.lines().filter(|line| line.split_whitespace().next() == Some(principal));
    let lines: Vec<&str> = lines.collect();
    allowed_signers(&lines.join("\n"), namespace).map_err(|fault| usage(format!("`{}`: {fault}", file.display())))
}

/// SHA-512 of a file, in hexadecimal.
fn of_file(path: &Path) -> Result<String, Refusal> {
    let mut file = File::open(path).map_err(|fault| told(path, fault))?;
    let (mut digest, mut buffer) = (Sha512::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer).map_err(|fault| told(path, fault))? {
            0 => return Ok(hex(&digest.finalize())),
            count => digest.update(&buffer[..count]),
        }
    }
}
