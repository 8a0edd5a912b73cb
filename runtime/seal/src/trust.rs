//! Trust anchors: what a site knows before a bundle comes, kept outside of every bundle.
//!
//! A directory with `allowed_signers` (who may sign what, by OpenSSH), `release.pem` (P-384) and `mldsa.pem` (ML-DSA-87) for the
//! other two signatures of a release, `revoked` (who was trusted once), and `policy.json`. Each may be missing, and what a policy
//! asks for has to be there ([`Anchors::suffice`]). A file that is not fully understood is a usage error: nothing is left out.

mod krl;
mod revoked;
mod signers;

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

pub use revoked::Revoked;
pub use signers::Signers;

use crate::policy::{Policy, Suite};
use crate::{Code, NAMESPACE_APPROVAL, NAMESPACE_RELEASE, Refusal, der, mldsa};

/// A file of anchors longer than this is refused, in bytes; a revocation list of 300,000 keys has less.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Who signs a release, by the name in `allowed_signers`.
pub const RELEASE: &str = "release";

/// What the names of reviewers begin with.
pub const REVIEWER: &str = "reviewer-";

/// What the names of sites begin with.
pub const SITE: &str = "site-";

/// What a site trusts.
#[derive(Clone, Debug, Default)]
pub struct Anchors {
    pub signers: Signers,
    pub revoked: Revoked,
    /// P-384, for the signature in DER.
    pub release: Option<der::PublicKey>,
    pub mldsa: Option<mldsa::PublicKey>,
    /// What the site asks for at least.
    pub policy: Policy,
    /// Where all of it really lies.
    places: Vec<PathBuf>,
}

impl Anchors {
    /// Reads a directory of anchors.
    pub fn open(directory: &Path) -> Result<Self, Refusal> {
        let shown = directory.display();
        let place = directory.canonicalize().map_err(|fault| usage(format!("the anchors `{shown}`: {fault}")))?;
        let mut anchors = Self { places: vec![place], ..Self::default() };
        safe(directory)?;
        if let Some(text) = anchors.text(directory, "allowed_signers")? {
            anchors.signers =
                Signers::read(&text).map_err(|fault| of(directory, "allowed_signers", &format!(", {fault}")))?;
        }
        if let Some(bytes) = anchors.bytes(directory, "revoked")? {
            anchors.revoked = Revoked::read(&bytes).map_err(|fault| of(directory, "revoked", &behind(&fault)))?;
        }
        if let Some(text) = anchors.text(directory, "release.pem")? {
            let key = der::PublicKey::read_pem(&text).map_err(|fault| of(directory, "release.pem", &behind(&fault)))?;
            anchors.release = Some(key);
        }
        if let Some(text) = anchors.text(directory, "mldsa.pem")? {
            let key = mldsa::PublicKey::read_pem(&text).map_err(|fault| of(directory, "mldsa.pem", &behind(&fault)))?;
            anchors.mldsa = Some(key);
        }
        if let Some(text) = anchors.text(directory, "policy.json")? {
            anchors.policy = Policy::read(&text).map_err(|fault| of(directory, "policy.json", &behind(&fault)))?;
        }
        Ok(anchors)
    }

    /// Whether any of it lies below a directory, whose path is the real one: what a bundle brings along says nothing about it.
    pub fn lie_in(&self, directory: &Path) -> bool {
        self.places.iter().any(|place| place.starts_with(directory))
    }

    /// Whether what a policy asks for can be found out with these anchors: a usage error, since no bundle could ever pass.
    pub fn suffice(&self, policy: Policy) -> Result<(), Refusal> {
        let named = |prefix: &str, namespace: &str| {
            self.signers.principals(namespace).iter().filter(|name| name.starts_with(prefix)).count()
        };
        let release = self.signers.principals(NAMESPACE_RELEASE).contains(&RELEASE);
        let lacking = match policy.suite {
            Suite::Default if !release => Some("`release` in allowed_signers".to_owned()),
            Suite::Cnsa2 if !release && self.release.is_none() => {
                Some("`release` in allowed_signers, or release.pem".to_owned())
            }
            Suite::Cnsa2 if self.mldsa.is_none() => Some("mldsa.pem".to_owned()),
            _ if named(REVIEWER, NAMESPACE_RELEASE) < policy.reviewers as usize => {
                Some(format!("{} reviewers (`reviewer-NAME`) in allowed_signers", policy.reviewers))
            }
            _ if policy.site && named(SITE, NAMESPACE_APPROVAL) == 0 => {
                Some("`site-NAME` in allowed_signers".to_owned())
            }
            _ => None,
        };
        lacking.map_or(Ok(()), |lacking| {
            Err(usage(format!("the policy asks for {policy}, and the anchors lack {lacking}")))
        })
    }

    fn text(&mut self, directory: &Path, name: &str) -> Result<Option<String>, Refusal> {
        let Some(bytes) = self.bytes(directory, name)? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|_| of(directory, name, " is not UTF-8"))
    }

    fn bytes(&mut self, directory: &Path, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let path = directory.join(name);
        let unreadable = |fault: io::Error| of(directory, name, &format!(" cannot be read: {fault}"));
        match fs::symlink_metadata(&path) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(fault) => return Err(unreadable(fault)),
            Ok(_) => {}
        }
        // Both before it is opened: a FIFO would wait for somebody to write.
        let about = safe(&path)?;
        if !about.is_file() || about.len() > FILE_BYTES_MAX {
            return Err(of(directory, name, &format!(" is no file of at most {FILE_BYTES_MAX} bytes")));
        }
        self.places.push(path.canonicalize().map_err(unreadable)?);
        let mut bytes = Vec::new();
        File::open(&path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut bytes)).map_err(unreadable)?;
        Ok(Some(bytes))
    }
}

/// What is known of a file, if not everybody may write to it.
fn safe(path: &Path) -> Result<fs::Metadata, Refusal> {
    let shown = path.display();
    let about = fs::metadata(path).map_err(|fault| usage(format!("`{shown}`: {fault}")))?;
    if about.permissions().mode() & 0o002 != 0 {
        return Err(usage(format!("everybody may write to `{shown}`, so it says nothing; run `chmod o-w {shown}`")));
    }
    Ok(about)
}

fn usage(text: String) -> Refusal {
    Refusal::new(Code::Usage, text)
}

fn of(directory: &Path, name: &str, fault: &str) -> Refusal {
    usage(format!("`{}`{fault}", directory.join(name).display()))
}

/// Some faults name a line first, others begin with a verb.
fn behind(fault: &str) -> String {
    if fault.starts_with("line ") { format!(", {fault}") } else { format!(" {fault}") }
}
