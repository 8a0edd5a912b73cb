//! Key revocation lists of OpenSSH (PROTOCOL.krl), as `ssh-keygen -k` makes them.
//!
//! Keys here are plain ones, so sections on certificates are looked through and decide nothing. Everything that is not known is
//! an error: a list that is read by half would leave somebody trusted.

use super::revoked::Revoked;
use crate::sshsig::{number, string, take};

/// What every list begins with.
pub(super) const MAGIC: &[u8; 8] = b"SSHKRL\n\0";

/// The only version there is.
const VERSION: u32 = 1;

/// Kinds of sections.
const CERTIFICATES: u8 = 1;
const KEYS: u8 = 2;
const SHA1: u8 = 3;
const SIGNATURE: u8 = 4;
const SHA256: u8 = 5;
const EXTENSION: u8 = 255;

/// Kinds of sections within one on certificates: serial numbers (a list, a range, bits), key identifiers, an extension.
const SERIALS_AND_NAMES: std::ops::RangeInclusive<u8> = 0x20..=0x23;
const CERTIFICATE_EXTENSION: u8 = 0x39;

const BROKEN: &str = "is broken: it is no key revocation list as `ssh-keygen -k` writes it";

pub(super) fn read(bytes: &[u8]) -> Result<Revoked, String> {
    let mut rest = bytes;
    let mut revoked = Revoked::default();
    take(&mut rest, MAGIC.len()).filter(|magic| magic == MAGIC).ok_or(BROKEN)?;
    if number(&mut rest).ok_or(BROKEN)? != VERSION {
        return Err("is a key revocation list of a version that is not known here".to_owned());
    }
    // The list's number, the time of its making, and flags, eight bytes each; then a string reserved, and a comment.
    take(&mut rest, 24).ok_or(BROKEN)?;
    string(&mut rest).and_then(|_| string(&mut rest)).ok_or(BROKEN)?;
    while !rest.is_empty() {
        let kind = take(&mut rest, 1).ok_or(BROKEN)?[0];
        let section = string(&mut rest).ok_or(BROKEN)?;
        match kind {
            CERTIFICATES => certificates(section)?,
            KEYS => revoked.keys.extend(strings(section, None)?),
            SHA1 => revoked.sha1.extend(strings(section, Some(20))?),
            SHA256 => revoked.sha256.extend(strings(section, Some(32))?),
            SIGNATURE => {
                return Err("is signed, which is not understood here; write it with `ssh-keygen -k`".to_owned());
            }
            EXTENSION => extension(section)?,
            other => return Err(format!("has a section of kind {other}, which is not known here")),
        }
    }
    Ok(revoked)
}

/// All strings of a section, each of so many bytes.
fn strings(mut section: &[u8], bytes: Option<usize>) -> Result<Vec<Vec<u8>>, String> {
    let mut all = Vec::new();
    while !section.is_empty() {
        let one = string(&mut section).filter(|one| !one.is_empty()).ok_or(BROKEN)?;
        if bytes.is_some_and(|bytes| one.len() != bytes) {
            return Err(BROKEN.to_owned());
        }
        all.push(one.to_vec());
    }
    Ok(all)
}

fn certificates(mut section: &[u8]) -> Result<(), String> {
    // The authority's key, and a string reserved.
    string(&mut section).and_then(|_| string(&mut section)).ok_or(BROKEN)?;
    while !section.is_empty() {
        let kind = take(&mut section, 1).ok_or(BROKEN)?[0];
        let inner = string(&mut section).ok_or(BROKEN)?;
        match kind {
            CERTIFICATE_EXTENSION => extension(inner)?,
            kind if SERIALS_AND_NAMES.contains(&kind) => {}
            other => return Err(format!("has a section of kind {other} on certificates, which is not known here")),
        }
    }
    Ok(())
}

/// A name, whether it has to be understood, and what it says. None is known here.
fn extension(mut section: &[u8]) -> Result<(), String> {
    let name = string(&mut section).ok_or(BROKEN)?;
    let critical = take(&mut section, 1).ok_or(BROKEN)?[0];
    string(&mut section).filter(|_| section.is_empty()).ok_or(BROKEN)?;
    if critical == 0 {
        return Ok(());
    }
    let name: String = String::from_utf8_lossy(name).escape_debug().take(40).collect();
    Err(format!("has the extension `{name}`, which has to be understood and is not known here"))
}

#[cfg(test)]
mod tests;
