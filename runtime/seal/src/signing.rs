//! Signatures on a release.
//!
//! What comes in: the exact bytes of `SHA512SUMS`, a key file, and in what role it signs. What goes out: files for `signatures/`.
//! The kind of the key decides which: OpenSSH's `.sshsig`, for `ssh-keygen -Y verify`; `.der`, for `openssl dgst -sha384`;
//! `.mldsa87` (FIPS 204), for `openssl pkeyutl`. Every signature is checked here before it is handed on. Keys that are locked, in an
//! agent or on a token sign through the real `ssh-keygen`, which knows all of these.

pub mod ec;
pub mod generate;
pub mod mldsa;

mod through;

use std::fs::DirBuilder;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use p384::ecdsa::SigningKey;

use crate::private::{self, Access};
use crate::sshsig::{self, PrivateKey, PublicKey};
use crate::{Code, NAMESPACE_APPROVAL, NAMESPACE_RELEASE, Refusal, SIGNATURES, asn1, der, files, pem};

/// A key file longer than this is not read, in bytes; those of ML-DSA-87 have 6,800.
const KEY_BYTES_MAX: usize = 64 << 10;

/// A name longer than this is refused.
const NAME_BYTES_MAX: usize = 64;

/// In what role a key signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Who releases it.
    Release,
    /// Who has reviewed it, by name.
    Reviewer(String),
    /// The site that approves of it, by name.
    Site(String),
}

impl Role {
    /// The name in `allowed_signers`, and of the signature's file before the dot.
    pub fn principal(&self) -> String {
        match self {
            Self::Release => "release".to_owned(),
            Self::Reviewer(name) => format!("reviewer-{name}"),
            Self::Site(name) => format!("site-{name}"),
        }
    }

    pub fn namespace(&self) -> &'static str {
        match self {
            Self::Release | Self::Reviewer(_) => NAMESPACE_RELEASE,
            Self::Site(_) => NAMESPACE_APPROVAL,
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_name = |name: &&str| {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with('-')
        };
        let named = |name: &str| Some(name).filter(is_name).map(str::to_owned);
        match text.split_once(':') {
            None if text == "release" => Some(Self::Release),
            Some(("reviewer", name)) => named(name).map(Self::Reviewer),
            Some(("site", name)) => named(name).map(Self::Site),
            _ => None,
        }
        .ok_or_else(|| "is none of `release`, `reviewer:NAME`, `site:NAME`, with a NAME of a-z, 0-9 and -".to_owned())
    }
}

/// A key that signs, or the way to one.
#[derive(Debug)]
pub enum Key {
    /// Of OpenSSH.
    Ssh(PrivateKey),
    /// P-384 as OpenSSL keeps it.
    Ec(Box<SigningKey>),
    /// ML-DSA-87.
    MlDsa(Box<mldsa::PrivateKey>),
    /// Signs through `ssh-keygen`: its file, and whose signature is to come of it.
    Through(PathBuf, PublicKey),
}

/// A file for `signatures/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    pub file: String,
    pub bytes: Vec<u8>,
    /// Whose it is: the fingerprint of the key.
    pub signer: String,
}

impl Key {
    /// Reads a key file, which must be its owner's alone unless it is the public half. With `through`, a key of OpenSSH signs through
    /// `ssh-keygen` even where it could be read here.
    ///
    /// # Errors
    /// [`Code::Usage`], with the file's name and the way out.
    pub fn read(path: &Path, through: bool) -> Result<Self, Refusal> {
        let usage = |fault: String| Refusal::new(Code::Usage, format!("{} {fault}", path.display()));
        // Read as what is no secret first: the public half may be open to all.
        let bytes = private::read(path, Access::Trusted, KEY_BYTES_MAX).map_err(usage)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| usage("is no key: it is not text".to_owned()))?;
        if text.starts_with("ssh-") || text.starts_with("ecdsa-") || text.starts_with("sk-") {
            let public = PublicKey::read_line(text).map_err(usage)?;
            return Ok(Self::Through(path.to_owned(), public));
        }
        private::open(path, Access::Secret).map_err(usage)?;
        if let Some(public) = PrivateKey::locked(text) {
            return Ok(Self::Through(path.to_owned(), public));
        }
        if text.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----") {
            let key = PrivateKey::read(text).map_err(usage)?;
            let public = key.public();
            return Ok(if through { Self::Through(path.to_owned(), public) } else { Self::Ssh(key) });
        }
        if through {
            return Err(usage("is no key of OpenSSH: `ssh-keygen` cannot sign with it".to_owned()));
        }
        Self::of_pem(text).map_err(usage)
    }

    fn of_pem(text: &str) -> Result<Self, String> {
        if let Some(der) = pem::read(text, "EC PRIVATE KEY")? {
            return Ok(Self::Ec(Box::new(ec::of_sec1(&der)?)));
        }
        let Some(der) = pem::read(text, "PRIVATE KEY")? else {
            return Err("is no private key: neither of OpenSSH nor PEM (`PRIVATE KEY`, `EC PRIVATE KEY`)".to_owned());
        };
        match asn1::private_key(&der).ok_or("is broken: it is no key of PKCS #8")? {
            asn1::Secret::P384(inner) => Ok(Self::Ec(Box::new(ec::of_sec1(inner)?))),
            asn1::Secret::MlDsa87(inner) => Ok(Self::MlDsa(Box::new(mldsa::PrivateKey::read(inner)?))),
            asn1::Secret::Other => {
                Err("is a key of another kind: P-384 and ML-DSA-87 can sign here, and what OpenSSH signs with"
                    .to_owned())
            }
        }
    }

    /// Names of the files that this key makes in a role. `der` is whether a P-384 key of OpenSSH makes one for OpenSSL too.
    ///
    /// # Errors
    /// A key of OpenSSL signs releases alone: for other roles stock tools check what OpenSSH signs.
    pub fn files(&self, role: &Role, der: bool) -> Result<Vec<String>, Refusal> {
        let principal = role.principal();
        let ssh = format!("{principal}.sshsig");
        match (self, role) {
            (Self::Ssh(PrivateKey::P384(..)), Role::Release) if der => Ok(vec![ssh, "release.der".to_owned()]),
            (Self::Ssh(_) | Self::Through(..), _) => Ok(vec![ssh]),
            (Self::Ec(_), Role::Release) => Ok(vec!["release.der".to_owned()]),
            (Self::MlDsa(_), Role::Release) => Ok(vec!["release.mldsa87".to_owned()]),
            (Self::Ec(_) | Self::MlDsa(_), _) => {
                let text =
                    format!("`{principal}` signs with a key of OpenSSH; keys of OpenSSL sign as `release` alone");
                Err(Refusal::new(Code::Usage, text))
            }
        }
    }

    /// Signs, and checks what it has signed.
    ///
    /// # Errors
    /// As [`Key::files`]; `ssh-keygen` failed; or a signature does not hold, which is [`Code::Internal`].
    pub fn sign(&self, role: &Role, der: bool, sums: &[u8]) -> Result<Vec<Made>, Refusal> {
        let files = self.files(role, der)?;
        let namespace = role.namespace();
        files.into_iter().map(|file| self.one(file, namespace, sums)).collect()
    }

    fn one(&self, file: String, namespace: &str, sums: &[u8]) -> Result<Made, Refusal> {
        let (bytes, signer) = match self {
            Self::Ssh(PrivateKey::P384(key, _)) if file == "release.der" => signed_der(key, sums)?,
            Self::Ec(key) => signed_der(key, sums)?,
            Self::Ssh(key) => (sshsig::sign(key, namespace, sums).into_bytes(), key.public().fingerprint()),
            Self::Through(path, public) => (through::sign(path, namespace, sums)?, public.fingerprint()),
            Self::MlDsa(key) => (key.sign(namespace, sums)?, key.public().fingerprint()),
        };
        let expected = match self {
            Self::Ssh(key) if file != "release.der" => Some(key.public()),
            Self::Through(_, public) => Some(public.clone()),
            _ => None,
        };
        if let Some(expected) = expected {
            let armor = String::from_utf8_lossy(&bytes);
            if sshsig::signer(&armor, namespace, sums).as_ref() != Some(&expected) {
                let text = format!("`{file}` is no signature of {signer} over SHA-512; nothing was written");
                return Err(Refusal::new(Code::Internal, text));
            }
        }
        Ok(Made { file, bytes, signer })
    }
}

/// Puts signatures into a bundle's directory. With `replace`, those of the same names give way.
///
/// # Errors
/// [`Code::Usage`] where one is there already.
pub fn write(bundle: &Path, made: &[Made], replace: bool) -> Result<(), Refusal> {
    let directory = bundle.join(SIGNATURES);
    for signature in made {
        check_free(bundle, &signature.file, replace)?;
    }
    match DirBuilder::new().mode(0o755).create(&directory) {
        Err(fault) if fault.kind() != io::ErrorKind::AlreadyExists => {
            return Err(Refusal::internal(directory.display(), fault));
        }
        _ => {}
    }
    for signature in made {
        files::whole(&directory.join(&signature.file), |file| file.write_all(&signature.bytes))?;
    }
    Ok(())
}

/// Whether a signature may be written.
///
/// # Errors
/// [`Code::Usage`] where one is there already.
pub fn check_free(bundle: &Path, file: &str, replace: bool) -> Result<(), Refusal> {
    if !replace && bundle.join(SIGNATURES).join(file).symlink_metadata().is_ok() {
        let text = format!("`{SIGNATURES}/{file}` is there already; `--replace` takes its place");
        return Err(Refusal::new(Code::Usage, text));
    }
    Ok(())
}

/// ECDSA with SHA-384 over the message itself, as `openssl dgst -sha384 -sign` writes it.
fn signed_der(key: &SigningKey, sums: &[u8]) -> Result<(Vec<u8>, String), Refusal> {
    let (signature, public) = (der::sign(key, sums), *key.verifying_key());
    if !der::verify(&public.into(), sums, &signature) {
        return Err(Refusal::internal("release.der", "the signature does not hold"));
    }
    Ok((signature, PublicKey::P384(Box::new(public)).fingerprint()))
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn a_role_names_who_signs_in_what() {
        for (text, principal, namespace) in [
            ("release", "release", "airgap-mcp-bundle-v1"),
            ("reviewer:ada-2", "reviewer-ada-2", "airgap-mcp-bundle-v1"),
            ("site:ward3", "site-ward3", "airgap-mcp-approve-v1"),
        ] {
            let role: Role = text.parse().expect(text);
            assert_eq!((role.principal().as_str(), role.namespace()), (principal, namespace));
        }
        for text in
            ["", "Release", "reviewer", "reviewer:", "reviewer:A", "reviewer:a/b", "site:-x", "site:a.b", "release:a"]
        {
            text.parse::<Role>().expect_err(text);
        }
    }
}
