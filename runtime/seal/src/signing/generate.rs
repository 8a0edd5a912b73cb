//! New keys, when somebody asks for one. Their randomness is the kernel's.

use std::io;

use ed25519_dalek as ed25519;
use p384::ecdsa;
use rustix::rand::{GetRandomFlags, getrandom};
use zeroize::Zeroizing;

use super::{ec, mldsa};
use crate::Refusal;
use crate::sshsig::PrivateKey;

/// What kind of key is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// For OpenSSH; not of CNSA
    Ed25519,
    /// For OpenSSH and OpenSSL; CNSA 1.0
    P384,
    /// For OpenSSL 3.5 and later; CNSA 2.0
    Mldsa87,
}

/// A new key, as its files hold it.
#[expect(missing_debug_implementations, reason = "it holds a secret")]
pub struct Generated {
    /// The key file, for its owner alone.
    pub private: Zeroizing<String>,
    /// The public half in OpenSSH's form, without a comment.
    pub line: Option<String>,
    /// The public half in OpenSSL's form.
    pub pem: Option<String>,
    pub fingerprint: String,
}

/// Random bytes.
pub fn random<const COUNT: usize>() -> io::Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    let mut done = 0;
    while done < COUNT {
        match getrandom(&mut bytes[done..], GetRandomFlags::empty()) {
            Ok(count) => done += count,
            Err(rustix::io::Errno::INTR) => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    Ok(bytes)
}

/// Makes a key.
///
/// # Errors
/// The kernel has no randomness.
pub fn generate(kind: Kind, comment: &str) -> Result<Generated, Refusal> {
    let failed = |fault: io::Error| Refusal::internal("the kernel gives no random bytes", fault);
    let key = match kind {
        Kind::Mldsa87 => {
            let seed = Zeroizing::new(random::<{ mldsa::SEED_BYTES }>().map_err(failed)?);
            let public = mldsa::PrivateKey::of_seed(&seed).public();
            return Ok(Generated {
                private: mldsa::private_pem(&seed),
                line: None,
                pem: Some(public.pem()),
                fingerprint: public.fingerprint(),
            });
        }
        Kind::Ed25519 => {
            let seed = Zeroizing::new(random::<32>().map_err(failed)?);
            PrivateKey::Ed25519(Box::new(ed25519::SigningKey::from_bytes(&seed)), comment.to_owned())
        }
        Kind::P384 => loop {
            let number = Zeroizing::new(random::<48>().map_err(failed)?);
            // All but one of 2^190 numbers are below the curve's order.
            if let Ok(key) = ecdsa::SigningKey::from_slice(number.as_slice()) {
                break PrivateKey::P384(Box::new(key), comment.to_owned());
            }
        },
    };
    let public = key.public();
    let check = u32::from_be_bytes(random::<4>().map_err(failed)?);
    Ok(Generated {
        private: key.text(check),
        line: Some(public.line()),
        pem: ec::public_pem(&public),
        fingerprint: public.fingerprint(),
    })
}
