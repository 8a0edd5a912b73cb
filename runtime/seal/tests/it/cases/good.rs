//! Bundles that are accepted.

use std::fs;

use airlock_seal::manifest::CHUNK_BYTES;
use airlock_seal::verify::Installed;
use airlock_seal::{Code, NAMESPACE_APPROVAL, NAMESPACE_RELEASE};

use super::{Case, case};
use crate::bundle::{Bundle, mode, signer};
use crate::keys::{ed25519, line, p384};

pub(super) const CASES: &[Case] = &[
    good("minimal, of P-384", Bundle::released),
    good("of Ed25519", || {
        let mut bundle = Bundle::new();
        bundle.seal();
        bundle.release(&ed25519("release"));
        bundle
    }),
    good("of P-384 and ML-DSA, under cnsa2", || {
        let mut bundle = Bundle::released();
        bundle.mldsa();
        bundle.cnsa2();
        bundle
    }),
    good("of DER and ML-DSA alone, under cnsa2", || {
        let mut bundle = Bundle::new();
        bundle.seal();
        bundle.der();
        bundle.mldsa();
        bundle.cnsa2();
        bundle
    }),
    good("every kind of signature", || {
        let mut bundle = with_reviews(&["alice", "bob"]);
        bundle.der();
        bundle.mldsa();
        bundle.sign("site-ward.sshsig", NAMESPACE_APPROVAL, &p384("ward"));
        bundle.cnsa2();
        bundle.policy.reviewers = 2;
        bundle.policy.site = true;
        bundle
    }),
    good("one reviewer", || with_reviews(&["alice"])),
    good("two reviewers", || with_reviews(&["alice", "bob"])),
    good("countersigned by the site", || {
        let mut bundle = Bundle::released();
        bundle.sign("site-ward.sshsig", NAMESPACE_APPROVAL, &p384("ward"));
        bundle.policy.site = true;
        bundle
    }),
    good("an empty file", || with_file("review/notes.txt", b"")),
    good("a name of 200 bytes", || with_file(LONG, b"long")),
    good("names of every character that is allowed", || with_file("source/vendor/a+b@1.0-x_/.Cargo", b"x")),
    good("10,000 files", || {
        let mut bundle = Bundle::new();
        for at in 0..10_000 {
            bundle.file(&format!("source/{:02}/{at}.rs", at % 97), b"fn main() {}\n");
        }
        bundle.seal();
        bundle.release(&p384("release"));
        bundle
    }),
    good("a model of three chunks", || {
        let mut bundle = Bundle::new();
        let model = fs::OpenOptions::new().write(true).open(bundle.at("models/small.gguf")).expect("is there");
        model.set_len(2 * CHUNK_BYTES + 12_345).expect("sparse");
        bundle.seal();
        bundle.release(&p384("release"));
        bundle
    }),
    good("a model of no bytes, and none at all", || {
        let mut bundle = Bundle::new();
        bundle.manifest(|manifest| manifest.models.clear());
        bundle.file("models/small.gguf", b"");
        bundle.seal();
        bundle.release(&p384("release"));
        bundle
    }),
    good("a signature of a kind that is not known", || {
        let bundle = Bundle::released();
        bundle.file("signatures/release.minisig", b"untrusted comment: nobody looks at it\n");
        bundle
    }),
    good("a signature that the anchors have no key for", || {
        let bundle = Bundle::released();
        bundle.file("signatures/release.der", b"of a key that this site has never seen");
        fs::remove_file(bundle.anchors.join("release.pem")).expect("is there");
        bundle
    }),
    good("newer than what is installed", || {
        let mut bundle = Bundle::released();
        bundle.known = Some(Installed { sequence: 6, sums_sha512: "0".repeat(128) });
        bundle
    }),
    good("the one that is installed", || {
        let mut bundle = Bundle::released();
        let sums_sha512 = bundle.verify().expect("is good").sums_sha512;
        bundle.known = Some(Installed { sequence: 7, sums_sha512 });
        bundle
    }),
    good("unpacked under a umask of 077", || {
        let bundle = Bundle::released();
        private(&bundle.root());
        bundle
    }),
    good("a key that allowed_signers has twice, for something else first", || {
        let bundle = Bundle::released();
        let other = signer("release", "another-namespace", &p384("release"));
        bundle.anchor("allowed_signers", other + &signer("x,release,y", NAMESPACE_RELEASE, &p384("release")));
        bundle
    }),
    good("a key for every namespace", || {
        let bundle = Bundle::released();
        bundle.anchor("allowed_signers", format!("release {}\n", line(&p384("release").public())));
        bundle
    }),
    good("somebody else is revoked", || {
        let bundle = Bundle::released();
        bundle.anchor("revoked", line(&p384("mallory").public()));
        bundle
    }),
    good("more than the format has, under x", || {
        let mut bundle = Bundle::new();
        bundle.manifest(|manifest| drop(manifest.x.insert("site".to_owned(), serde_json::json!({"a": [1, null]}))));
        bundle.seal();
        bundle.release(&p384("release"));
        bundle
    }),
];

const fn good(name: &'static str, build: fn() -> Bundle) -> Case {
    case(name, Code::Good, "", &[], build)
}

const LONG: &str = "source/vendor/\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn with_file(path: &str, bytes: &[u8]) -> Bundle {
    let mut bundle = Bundle::new();
    bundle.file(path, bytes);
    bundle.seal();
    bundle.release(&p384("release"));
    bundle
}

fn with_reviews(names: &[&str]) -> Bundle {
    let mut bundle = Bundle::released();
    for name in names {
        bundle.review(name, &p384(name));
    }
    bundle.policy.reviewers = u32::try_from(names.len()).expect("few");
    bundle
}

/// Takes away what a umask of 077 takes.
fn private(directory: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    for entry in fs::read_dir(directory).expect("is there") {
        let path = entry.expect("is there").path();
        let about = fs::metadata(&path).expect("is there");
        if about.is_dir() {
            private(&path);
        } else {
            mode(&path, about.permissions().mode() & 0o700);
        }
    }
    mode(directory, 0o700);
}
