//! Checkpoints: how far the chain has come, said by whoever holds the key.
//!
//! Without them, whoever can write the file can make the whole chain anew. The text that is signed is made of the number and the
//! digest of the last record, and nothing else, so it can be made from the file and handed to `ssh-keygen -Y verify`.

use airlock_seal::sshsig::{self, PrivateKey, PublicKey};

use super::chain::{Link, NAMESPACE};
use crate::untrusted::one_line;

/// What is signed of a chain that stands there.
pub(crate) fn text(at: &Link) -> String {
    format!("{NAMESPACE}\nrecords {}\nh {}\n", at.seq, at.h)
}

/// The members of a checkpoint.
pub(super) fn members(at: &Link, key: Option<&PrivateKey>) -> String {
    let records = at.seq;
    let Some(key) = key else { return format!("\"records\":{records},\"key\":null") };
    let signature = sshsig::sign(key, NAMESPACE, text(at).as_bytes());
    let texts = [key.public().fingerprint(), one_line(key.comment(), 100), signature].map(serde_json::Value::from);
    let [fingerprint, comment, signature] = texts;
    format!("\"records\":{records},\"key\":{fingerprint},\"key_comment\":{comment},\"signature\":{signature}")
}

/// Who signed a checkpoint of a chain that stands there; none if nobody did. `members` are those of the record.
pub(crate) fn signer(members: &serde_json::Value, at: &Link) -> Result<Option<PublicKey>, &'static str> {
    if members["records"].as_u64() != Some(at.seq) {
        return Err("counts other records than there are");
    }
    let Some(armor) = members["signature"].as_str() else { return Ok(None) };
    let signer = sshsig::signer(armor, NAMESPACE, text(at).as_bytes());
    signer.map(Some).ok_or("is signed, and the signature is not one of these records")
}
