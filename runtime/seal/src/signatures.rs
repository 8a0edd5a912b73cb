//! Who signed: the signatures of a release, beside what a site trusts and asks for.
//!
//! What comes in: the exact bytes of `SHA512SUMS`, the files of `signatures/`, anchors and a policy. What goes out: who signed with
//! what, or the first failure in the order of [`Code::ORDER`]. No file of the payload is looked at, so that an archive is refused
//! before gigabytes of it are read. A signature of a kind that is known has to be one of these sums, whether the policy asks for
//! it or not; files of other names decide nothing.

use std::collections::BTreeMap;

use crate::policy::{Policy, Suite};
use crate::sshsig::{self, Hash, PublicKey};
use crate::trust::{Anchors, RELEASE, REVIEWER, SITE};
use crate::{Code, NAMESPACE_APPROVAL, NAMESPACE_RELEASE, Refusal, SIGNATURES, der, mldsa};

/// A file of `signatures/` longer than this is refused, in bytes; the longest that is known has 4,627.
pub const FILE_BYTES_MAX: u64 = 64 << 10;

/// More files than this in `signatures/` are refused.
pub const FILES_MAX: usize = 1024;

/// What a signature was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// OpenSSH, Ed25519.
    Ed25519,
    /// OpenSSH, ECDSA P-384.
    P384,
    /// OpenSSL, ECDSA P-384 over SHA-384.
    Der,
    /// ML-DSA-87.
    MlDsa87,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "SSHSIG Ed25519",
            Self::P384 => "SSHSIG P-384",
            Self::Der => "DER P-384",
            Self::MlDsa87 => "ML-DSA-87",
        }
    }
}

/// What a good signature is worth here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Trusted,
    /// The site does not know that reviewer, or that other site: it counts for nothing.
    Unknown,
    /// The anchors hold no key of its kind: it was not looked at, and counts for nothing.
    Unchecked,
}

impl Standing {
    pub fn word(self) -> &'static str {
        match self {
            Self::Trusted => "trusted",
            Self::Unknown => "unknown",
            Self::Unchecked => "unchecked",
        }
    }
}

/// A signature, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Its name in `signatures/`.
    pub file: String,
    /// `release`, `reviewer-NAME` or `site-NAME`.
    pub principal: String,
    pub kind: Kind,
    /// Of the key; none where it was not checked.
    pub fingerprint: Option<String>,
    pub standing: Standing,
}

impl Signed {
    /// Whether this is the approval of a site that is trusted.
    pub fn is_approval(&self) -> bool {
        self.standing == Standing::Trusted && self.principal.starts_with(SITE)
    }
}

/// The name that a file of `signatures/` is signed by, and in which form; none for files that decide nothing.
pub fn principal(file: &str) -> Option<(&str, &str)> {
    let (principal, form) = file.rsplit_once('.')?;
    let is_named = |prefix: &str| principal.strip_prefix(prefix).is_some_and(|name| !name.is_empty());
    let is_known = match form {
        "sshsig" => principal == RELEASE || is_named(REVIEWER) || is_named(SITE),
        "der" | "mldsa87" => principal == RELEASE,
        _ => false,
    };
    is_known.then_some((principal, form))
}

/// The namespace that a principal signs in.
pub fn namespace(principal: &str) -> &'static str {
    if principal.starts_with(SITE) { NAMESPACE_APPROVAL } else { NAMESPACE_RELEASE }
}

/// Checks the signatures over `sums`. Refused as [`Code::Usage`] where the anchors cannot suffice, as [`Code::Unsigned`],
/// [`Code::Invalid`], [`Code::Untrusted`], [`Code::Revoked`] or [`Code::Policy`] otherwise.
pub fn check(
    sums: &[u8],
    files: &BTreeMap<String, Vec<u8>>,
    anchors: &Anchors,
    policy: Policy,
) -> Result<Vec<Signed>, Refusal> {
    anchors.suffice(policy)?;
    let mut found = Found { sums, anchors, policy, signed: Vec::new(), keys: Vec::new(), faults: Vec::new() };
    for (file, bytes) in files {
        // Whoever left a file empty has not signed.
        match principal(file).filter(|_| !bytes.is_empty()) {
            Some((principal, "sshsig")) => found.ssh(file, principal, bytes),
            Some((_, "der")) => found.der(file, bytes),
            Some((_, "mldsa87")) => found.mldsa(file, bytes),
            _ => {}
        }
    }
    if !files.iter().any(|(file, bytes)| !bytes.is_empty() && principal(file).is_some_and(|(name, _)| name == RELEASE))
    {
        let fault = format!("{SIGNATURES}/ holds no signature of a release; `bundle sign` makes one");
        found.faults.push(Refusal::new(Code::Unsigned, fault));
    }
    found.release();
    found.reviewers();
    found.site();
    let place = |code: Code| Code::ORDER.iter().position(|one| *one == code);
    match found.faults.into_iter().min_by_key(|fault| place(fault.code)) {
        Some(first) => Err(first),
        None => Ok(found.signed),
    }
}

/// What is found on the way.
struct Found<'a> {
    sums: &'a [u8],
    anchors: &'a Anchors,
    policy: Policy,
    signed: Vec<Signed>,
    /// The key of each of `signed`, where it has one of OpenSSH's kinds.
    keys: Vec<Option<PublicKey>>,
    faults: Vec<Refusal>,
}

impl Found<'_> {
    fn fault(&mut self, code: Code, text: String) {
        self.faults.push(Refusal::new(code, text));
    }

    fn invalid(&mut self, file: &str, namespace: &str) {
        self.fault(Code::Invalid, format!("`{SIGNATURES}/{file}` is no signature of these sums in {namespace}"));
    }

    fn add(&mut self, file: &str, kind: Kind, fingerprint: Option<String>, key: Option<PublicKey>, standing: Standing) {
        let principal = principal(file).map_or("", |(principal, _)| principal).to_owned();
        self.signed.push(Signed { file: file.to_owned(), principal, kind, fingerprint, standing });
        self.keys.push(key);
    }

    fn ssh(&mut self, file: &str, principal: &str, bytes: &[u8]) {
        let namespace = namespace(principal);
        let opened = std::str::from_utf8(bytes).ok().and_then(|text| sshsig::opened(text, namespace, self.sums));
        let Some((key, hash)) = opened else { return self.invalid(file, namespace) };
        let fingerprint = key.fingerprint();
        if self.anchors.revoked.contains(&key) {
            let text = format!("`{SIGNATURES}/{file}` is signed by {fingerprint}, which the anchors' `revoked` lists");
            return self.fault(Code::Revoked, text);
        }
        let trusted = self.anchors.signers.admits(principal, namespace, &key);
        if !trusted && principal == RELEASE {
            let text = format!(
                "`{SIGNATURES}/{file}` is signed by {fingerprint}, which allowed_signers does not let sign as `{principal}` in {namespace}"
            );
            return self.fault(Code::Untrusted, text);
        }
        let kind = if matches!(key, PublicKey::Ed25519(_)) { Kind::Ed25519 } else { Kind::P384 };
        if trusted && hash != Hash::Sha512 {
            return self.fault(Code::Policy, format!("`{SIGNATURES}/{file}` is over SHA-256; sign over SHA-512"));
        }
        if trusted && kind == Kind::Ed25519 && self.policy.suite == Suite::Cnsa2 {
            return self.fault(Code::Policy, format!("`{SIGNATURES}/{file}` is of Ed25519, which cnsa2 does not take"));
        }
        let standing = if trusted { Standing::Trusted } else { Standing::Unknown };
        self.add(file, kind, Some(fingerprint), Some(key), standing);
    }

    fn der(&mut self, file: &str, bytes: &[u8]) {
        let Some(key) = &self.anchors.release else {
            return self.add(file, Kind::Der, None, None, Standing::Unchecked);
        };
        if !der::verify(key, self.sums, bytes) {
            return self
                .fault(Code::Invalid, format!("`{SIGNATURES}/{file}` is no signature of these sums by release.pem"));
        }
        let key = key.ssh();
        let fingerprint = key.fingerprint();
        if self.anchors.revoked.contains(&key) {
            let text = format!("`{SIGNATURES}/{file}` is signed by {fingerprint}, which the anchors' `revoked` lists");
            return self.fault(Code::Revoked, text);
        }
        self.add(file, Kind::Der, Some(fingerprint), Some(key), Standing::Trusted);
    }

    fn mldsa(&mut self, file: &str, bytes: &[u8]) {
        let Some(key) = &self.anchors.mldsa else {
            return self.add(file, Kind::MlDsa87, None, None, Standing::Unchecked);
        };
        if !mldsa::verify(key, NAMESPACE_RELEASE, self.sums, bytes) {
            let text =
                format!("`{SIGNATURES}/{file}` is no signature of these sums by mldsa.pem in {NAMESPACE_RELEASE}");
            return self.fault(Code::Invalid, text);
        }
        let fingerprint = key.fingerprint();
        self.add(file, Kind::MlDsa87, Some(fingerprint), None, Standing::Trusted);
    }

    /// Whether one of the release's signatures counts that is of such a kind.
    fn has(&self, kinds: &[Kind]) -> bool {
        let counts = |one: &&Signed| one.principal == RELEASE && one.standing == Standing::Trusted;
        self.signed.iter().filter(counts).any(|one| kinds.contains(&one.kind))
    }

    fn release(&mut self) {
        let lacking = match self.policy.suite {
            Suite::Default if !self.has(&[Kind::Ed25519, Kind::P384]) => "`release.sshsig`",
            Suite::Cnsa2 if !self.has(&[Kind::P384, Kind::Der]) => "`release.sshsig` of P-384, or `release.der`",
            Suite::Cnsa2 if !self.has(&[Kind::MlDsa87]) => "`release.mldsa87`",
            _ => return,
        };
        self.fault(Code::Policy, format!("the policy asks for {}, and {lacking} is lacking", self.policy));
    }

    fn reviewers(&mut self) {
        let pairs = || self.signed.iter().zip(&self.keys);
        let mut keys: Vec<&PublicKey> = Vec::new();
        for (signed, key) in pairs() {
            let counts = signed.principal.starts_with(REVIEWER) && signed.standing == Standing::Trusted;
            let is_release = || pairs().any(|(other, one)| other.principal == RELEASE && one == key);
            if let Some(key) = key.as_ref().filter(|key| counts && !keys.contains(key) && !is_release()) {
                keys.push(key);
            }
        }
        let count = keys.len();
        if count < self.policy.reviewers as usize {
            let text = format!("the policy asks for {}, and {count} with keys of their own have signed", self.policy);
            self.lacking(REVIEWER, text);
        }
    }

    fn site(&mut self) {
        let counts = |one: &Signed| one.principal.starts_with(SITE) && one.standing == Standing::Trusted;
        if self.policy.site && !self.signed.iter().any(counts) {
            let text =
                format!("the policy asks for {}, and no site has countersigned; `bundle approve` does", self.policy);
            self.lacking(SITE, text);
        }
    }

    /// Too few have signed: because nobody did, or somebody who is not known here.
    fn lacking(&mut self, prefix: &str, text: String) {
        let is_unknown = |one: &&Signed| one.principal.starts_with(prefix) && one.standing == Standing::Unknown;
        let unknown = self.signed.iter().find(is_unknown).map(|one| {
            let fingerprint = one.fingerprint.as_deref().unwrap_or_default();
            format!(
                "; `{SIGNATURES}/{}` is signed by {fingerprint}, which allowed_signers does not let sign as that",
                one.file
            )
        });
        let code = if unknown.is_some() { Code::Untrusted } else { Code::Policy };
        self.fault(code, text + &unknown.unwrap_or_default());
    }
}
