//! ML-DSA-87, with OpenSSL on the other side.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use airlock_seal::{NAMESPACE_RELEASE, mldsa};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::bundle::Bundle;
use crate::keys;

/// The seed of the examples in RFC 9881, appendix C: 00, 01, 02 and so on.
fn seed() -> [u8; 32] {
    std::array::from_fn(|at| u8::try_from(at).expect("is small"))
}

/// Of that key in DER: `openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64`.
const FINGERPRINT: &str = "SHA256:B+V8TxTbrRJn9iHsN3e04ubE+8TCL7uHUQ/44LPGpkI";

/// What OpenSSL 4.0.0 made of "a list of files\n" by that key, in the namespace of releases.
const SIGNATURE: &str = include_str!("openssl.mldsa87.base64");

const MESSAGE: &[u8] = b"a list of files\n";

fn signature() -> Vec<u8> {
    STANDARD.decode(SIGNATURE.split_ascii_whitespace().collect::<String>()).expect("is base64")
}

#[test]
fn the_key_of_the_rfc_and_the_signature_of_openssl_are_taken() {
    let key = mldsa::PublicKey::of_seed(&seed());
    assert_eq!(key.fingerprint(), FINGERPRINT);
    assert_eq!(mldsa::PublicKey::read_pem(&key.pem()), Ok(key.clone()));
    let signature = signature();
    assert_eq!(signature.len(), mldsa::SIGNATURE_BYTES);
    assert!(mldsa::verify(&key, NAMESPACE_RELEASE, MESSAGE, &signature));
    assert!(!mldsa::verify(&key, "", MESSAGE, &signature));
    assert!(!mldsa::verify(&key, NAMESPACE_RELEASE, b"", &signature));
    assert!(!mldsa::verify(&key, NAMESPACE_RELEASE, MESSAGE, &signature[1..]));
    assert!(!mldsa::verify(&key, NAMESPACE_RELEASE, MESSAGE, &[signature.as_slice(), &[0]].concat()));
    let other = mldsa::PublicKey::of_seed(&[1; 32]);
    assert!(!mldsa::verify(&other, NAMESPACE_RELEASE, MESSAGE, &signature));
}

#[test]
fn a_key_is_taken_in_one_form() {
    let pem = mldsa::PublicKey::of_seed(&seed()).pem();
    for bad in [
        "",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        &pem[..pem.len() / 2],
        &pem.replace("PUBLIC", "PRIVATE"),
    ] {
        mldsa::PublicKey::read_pem(bad).expect_err(bad);
    }
    mldsa::PublicKey::read_pem(&format!("{pem}{pem}")).expect_err("are two");
    mldsa::PublicKey::read_pem(&keys::der_pem("openssl")).expect_err("is of another kind");
}

/// Reads one object a line, and answers with what OpenSSL (in the package `cryptography`) says to it.
const PYTHON: &str = r#"
import base64, json, sys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA87PrivateKey

for line in sys.stdin:
    asked = json.loads(line)
    message, context = base64.b64decode(asked["message"]), asked["context"].encode()
    key = MLDSA87PrivateKey.from_seed_bytes(base64.b64decode(asked["seed"]))
    public = serialization.load_pem_public_key(asked["pem"].encode())
    same = public == key.public_key()
    try:
        public.verify(base64.b64decode(asked["signature"]), message, context)
        good = True
    except InvalidSignature:
        good = False
    made = base64.b64encode(key.sign(message, context)).decode()
    print(json.dumps({"good": good, "same": same, "signature": made}))
"#;

#[test]
#[ignore = "needs Python packages; run tests/all.sh"]
fn with_python_openssl_and_we_take_the_same_signatures() {
    let packages = std::env::var("AIRLOCK_CRYPTOGRAPHY")
        .unwrap_or_else(|_| panic!("AIRLOCK_CRYPTOGRAPHY is not set; run tests/all.sh"));
    let bundle = Bundle::released();
    let sums = bundle.sums().into_bytes();
    let mut asked = String::new();
    let mut expected = Vec::new();
    for at in 0..40_u8 {
        let seed = [at; 32];
        let key = mldsa::PublicKey::of_seed(&seed);
        let mut signature = mldsa::sign(&seed, NAMESPACE_RELEASE, &sums).expect("a short namespace");
        let context = if at % 4 == 1 { "" } else { NAMESPACE_RELEASE };
        if at % 4 == 2 {
            signature[usize::from(at) * 113] ^= 1;
        }
        let ours = mldsa::verify(&key, context, &sums, &signature);
        let one = json!({
            "seed": STANDARD.encode(seed), "pem": key.pem(), "context": context,
            "message": STANDARD.encode(&sums), "signature": STANDARD.encode(&signature),
        });
        writeln!(asked, "{one}").expect("memory");
        expected.push((key, context, ours));
    }
    let input = bundle.directory.path().join("asked");
    fs::write(&input, asked).expect("written");
    let mut command = Command::new("python3");
    command.args(["-c", PYTHON]).env("PYTHONPATH", packages).stdin(fs::File::open(input).expect("is there"));
    let output = command.output().expect("python3 is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<Value> =
        String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), expected.len());
    for ((key, context, ours), answer) in expected.iter().zip(&answers) {
        assert_eq!((answer["good"].as_bool(), answer["same"].as_bool()), (Some(*ours), Some(true)));
        let theirs = STANDARD.decode(answer["signature"].as_str().expect("text")).expect("is base64");
        assert!(mldsa::verify(key, context, &sums, &theirs));
    }
    assert_eq!(expected.iter().filter(|(_, _, ours)| *ours).count(), 20);
}
