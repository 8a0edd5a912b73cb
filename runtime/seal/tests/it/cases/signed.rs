//! Bundles whose signatures are missing, bad, of the wrong people, or too few.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use airlock_seal::sshsig::PublicKey;
use airlock_seal::{Code, NAMESPACE_APPROVAL, NAMESPACE_RELEASE};
use p384::ecdsa::signature::Signer as _;

use super::{Case, case, exception};
use crate::bundle::{Bundle, signer};
use crate::keys::{self, armored, ed25519, line, p384, string, unarmored};

const SIGNATURE: &str = "signatures/release.sshsig";

/// Where the digits of r end and those of s, from the end of the signature.
const S_FROM_END: usize = 10;
const R_FROM_END: usize = 70;

pub(super) const CASES: &[Case] = &[
    case("no directory of signatures", Code::Unsigned, "no signature of a release", &["ssh-keygen"], || {
        let bundle = Bundle::released();
        fs::remove_dir_all(bundle.at("signatures")).expect("is there");
        bundle
    }),
    case("a signature of no bytes", Code::Unsigned, "no signature of a release", &["ssh-keygen"], || {
        changed(|_| String::new())
    }),
    case("reviewed, and not released", Code::Unsigned, "no signature of a release", &["ssh-keygen"], || {
        let mut bundle = Bundle::new();
        bundle.seal();
        bundle.review("alice", &p384("alice"));
        bundle
    }),
    case("a signature that is a link", Code::Unsigned, "no signature of a release", &["find"], || {
        let bundle = Bundle::released();
        fs::rename(bundle.at(SIGNATURE), bundle.directory.path().join("elsewhere")).expect("is there");
        symlink(bundle.directory.path().join("elsewhere"), bundle.at(SIGNATURE)).expect("a link");
        bundle
    }),
    case(
        "a bit of the sums",
        Code::Invalid,
        "`signatures/release.sshsig` is no signature",
        &["ssh-keygen", "sha512sum"],
        || {
            let bundle = Bundle::released();
            bundle.change("SHA512SUMS", |bytes| bytes[3] = if bytes[3] == b'0' { b'1' } else { b'0' });
            bundle.change("manifest.json", |bytes| {
                // The manifest tells the same, so that no contradiction is found first.
                let text = String::from_utf8(bytes.clone()).expect("ASCII");
                let sums = fs::read_to_string(bundle.at("SHA512SUMS")).expect("is there");
                let digest = &text[text.find("\"sha512\": \"").expect("is there") + 11..][..128];
                *bytes = text.replace(digest, &sums[..128]).into_bytes();
            });
            bundle
        },
    ),
    case("a bit of r", Code::Invalid, "is no signature", &["ssh-keygen"], || {
        blob(|blob| {
            let at = blob.len() - R_FROM_END;
            blob[at] ^= 4;
        })
    }),
    case("a bit of s", Code::Invalid, "is no signature", &["ssh-keygen"], || {
        blob(|blob| {
            let at = blob.len() - S_FROM_END;
            blob[at] ^= 4;
        })
    }),
    case("an armour that is cut", Code::Invalid, "is no signature", &["ssh-keygen"], || {
        changed(|armor| armor[..armor.len() / 2].to_owned())
    }),
    case("text before the armour", Code::Invalid, "is no signature", &["ssh-keygen"], || {
        changed(|armor| format!("signed:\n{armor}"))
    }),
    exception("text behind the armour", Code::Invalid, "is no signature", "what is not signed says nothing", || {
        changed(|armor| armor + "and approved by the ministry\n")
    }),
    exception("SSHSIG of version 0", Code::Invalid, "is no signature", "there is one version", || {
        blob(|blob| blob[9] = 0)
    }),
    case("a compressed point as key", Code::Invalid, "is no signature", &["ssh-keygen"], || {
        blob(|blob| {
            let PublicKey::P384(point) = p384("release").public() else { unreachable!("is of that kind") };
            let key = |compressed: bool| {
                [
                    string(b"ecdsa-sha2-nistp384"),
                    string(b"nistp384"),
                    string(point.to_sec1_point(compressed).as_bytes()),
                ]
                .concat()
            };
            let rest = blob[10 + string(&key(false)).len()..].to_vec();
            *blob = [&blob[..10], &string(&key(true)), &rest].concat();
        })
    }),
    case("a signature of another bundle", Code::Invalid, "is no signature", &["ssh-keygen"], || {
        let mut bundle = Bundle::released();
        bundle.file("review/tools.json", b"[{}]\n");
        bundle.seal();
        bundle
    }),
    case("the site's namespace as a release", Code::Invalid, "in airgap-mcp-bundle-v1", &["ssh-keygen"], || {
        in_namespace("release.sshsig", NAMESPACE_APPROVAL, "release")
    }),
    case("the audit's namespace as a release", Code::Invalid, "is no signature", &["ssh-keygen"], || {
        in_namespace("release.sshsig", "airlock-audit-v1", "release")
    }),
    case("a namespace that is a beginning", Code::Invalid, "is no signature", &["ssh-keygen"], || {
        in_namespace("release.sshsig", "airgap-mcp-bundle", "release")
    }),
    case("a release as the site's approval", Code::Invalid, "in airgap-mcp-approve-v1", &["site"], || {
        in_namespace("site-ward.sshsig", NAMESPACE_RELEASE, "ward")
    }),
    case(
        "a review that is broken, and not asked for",
        Code::Invalid,
        "`signatures/reviewer-alice.sshsig`",
        &["reviewer"],
        || {
            let bundle = Bundle::released();
            bundle.file("signatures/reviewer-alice.sshsig", b"Looks good to me\n");
            bundle
        },
    ),
    case("a bit of DER", Code::Invalid, "`signatures/release.der`", &["openssl-p384"], || {
        let bundle = Bundle::released();
        bundle.der();
        bundle.flip("signatures/release.der", 60);
        bundle
    }),
    case("a byte behind DER", Code::Invalid, "by release.pem", &["openssl-p384"], || {
        let bundle = Bundle::released();
        bundle.der();
        bundle.change("signatures/release.der", |bytes| bytes.push(0));
        bundle
    }),
    exception(
        "a bit of ML-DSA",
        Code::Invalid,
        "by mldsa.pem",
        "the step takes a newer OpenSSL, and has a test",
        || {
            let mut bundle = Bundle::released();
            bundle.mldsa();
            bundle.flip("signatures/release.mldsa87", 2000);
            bundle.cnsa2();
            bundle
        },
    ),
    exception(
        "ML-DSA of another context",
        Code::Invalid,
        "by mldsa.pem",
        "the step takes a newer OpenSSL, and has a test",
        || {
            let bundle = Bundle::released();
            let signature = keys::mldsa_signature("release", "", bundle.sums().as_bytes());
            bundle.file("signatures/release.mldsa87", &signature);
            bundle
        },
    ),
    case("a key that nobody knows", Code::Untrusted, "does not let sign as `release`", &["ssh-keygen"], || {
        by("mallory")
    }),
    case("the key of another name", Code::Untrusted, "SHA256:", &["ssh-keygen"], || {
        let bundle = Bundle::released();
        let other = signer("releases", NAMESPACE_RELEASE, &p384("release"));
        bundle.anchor("allowed_signers", other + &signer("release", NAMESPACE_RELEASE, &p384("other")));
        bundle
    }),
    case("the key of another namespace", Code::Untrusted, "does not let sign", &["ssh-keygen"], || {
        let bundle = Bundle::released();
        let other = signer("release", "another-namespace", &p384("release"));
        bundle.anchor("allowed_signers", other + &signer("release", NAMESPACE_RELEASE, &p384("other")));
        bundle
    }),
    case("a reviewer as release", Code::Untrusted, "does not let sign as `release`", &["ssh-keygen"], || by("alice")),
    exception(
        "anchors from the bundle",
        Code::Untrusted,
        "within the bundle",
        "they cannot know where anchors come from",
        || {
            let mut bundle = Bundle::new();
            bundle.file("source/anchors/allowed_signers", bundle.anchor_text("allowed_signers").as_bytes());
            bundle.file("source/anchors/revoked", b"# nobody\n");
            bundle.seal();
            bundle.release(&p384("release"));
            bundle.anchors = bundle.at("source/anchors");
            bundle
        },
    ),
    exception("an anchor that is a link into the bundle", Code::Untrusted, "within the bundle", "as before", || {
        let mut bundle = Bundle::new();
        bundle.file("source/allowed", bundle.anchor_text("allowed_signers").as_bytes());
        bundle.seal();
        bundle.release(&p384("release"));
        fs::remove_file(bundle.anchors.join("allowed_signers")).expect("is there");
        symlink(bundle.at("source/allowed"), bundle.anchors.join("allowed_signers")).expect("a link");
        bundle
    }),
    case(
        "a reviewer who is not known, and asked for",
        Code::Untrusted,
        "`signatures/reviewer-dave.sshsig`",
        &["reviewer"],
        || {
            let mut bundle = Bundle::released();
            bundle.review("dave", &p384("dave"));
            bundle.policy.reviewers = 1;
            bundle
        },
    ),
    case("a reviewer by another's name", Code::Untrusted, "`signatures/reviewer-alice.sshsig`", &["reviewer"], || {
        let mut bundle = Bundle::released();
        bundle.review("alice", &p384("bob"));
        bundle.policy.reviewers = 1;
        bundle
    }),
    case("another site's approval", Code::Untrusted, "`signatures/site-lab.sshsig`", &["site"], || {
        let mut bundle = Bundle::released();
        bundle.sign("site-lab.sshsig", NAMESPACE_APPROVAL, &p384("lab"));
        bundle.policy.site = true;
        bundle
    }),
    case("revoked in a list of keys", Code::Revoked, "the anchors' `revoked` lists", &["ssh-keygen"], || {
        let bundle = Bundle::released();
        bundle.anchor("revoked", line(&p384("release").public()) + " stolen in May\n");
        bundle
    }),
    case("revoked in a key revocation list", Code::Revoked, "the anchors' `revoked` lists", &["ssh-keygen"], || {
        krl("key")
    }),
    case("revoked by SHA-256", Code::Revoked, "the anchors' `revoked` lists", &["ssh-keygen"], || krl("sha256")),
    case(
        "a reviewer is revoked, and not asked for",
        Code::Revoked,
        "`signatures/reviewer-bob.sshsig`",
        &["reviewer"],
        || {
            let bundle = Bundle::released();
            bundle.review("bob", &p384("bob"));
            bundle.anchor("revoked", line(&p384("bob").public()));
            bundle
        },
    ),
    exception(
        "the key of DER is revoked",
        Code::Revoked,
        "`signatures/release.der`",
        "openssl knows no revocation",
        || {
            let bundle = Bundle::released();
            bundle.der();
            bundle.anchor("revoked", line(&p384("openssl").public()));
            bundle
        },
    ),
    exception("cnsa2 without ML-DSA", Code::Policy, "`release.mldsa87` is lacking", POLICY, || {
        let mut bundle = Bundle::released();
        bundle.der();
        bundle.cnsa2();
        bundle
    }),
    exception("cnsa2 with ML-DSA alone", Code::Policy, "`release.der` is lacking", POLICY, || {
        let mut bundle = Bundle::released();
        bundle.mldsa();
        bundle.der();
        fs::remove_file(bundle.at(SIGNATURE)).expect("is there");
        fs::remove_file(bundle.anchors.join("release.pem")).expect("is there");
        bundle.cnsa2();
        bundle
    }),
    exception("cnsa2 with Ed25519", Code::Policy, "is of Ed25519", POLICY, || {
        let mut bundle = Bundle::new();
        bundle.seal();
        bundle.release(&ed25519("release"));
        bundle.mldsa();
        bundle.cnsa2();
        bundle
    }),
    exception("cnsa2 with a reviewer of Ed25519", Code::Policy, "is of Ed25519", POLICY, || {
        let mut bundle = Bundle::released();
        bundle.review("carol", &ed25519("carol"));
        bundle.mldsa();
        bundle.cnsa2();
        bundle.policy.reviewers = 1;
        bundle
    }),
    exception("over SHA-256", Code::Policy, "is over SHA-256", "SHA-512 alone is taken", || {
        let mut bundle = Bundle::new();
        bundle.seal();
        bundle.file(SIGNATURE, over_sha256(bundle.sums().as_bytes()).as_bytes());
        bundle
    }),
    exception("released in DER alone", Code::Policy, "`release.sshsig` is lacking", POLICY, || {
        let mut bundle = Bundle::new();
        bundle.seal();
        bundle.der();
        bundle
    }),
    exception("one key under two names", Code::Policy, "1 with keys of their own", POLICY, || {
        let mut bundle = Bundle::released();
        let again = signer("reviewer-twin", NAMESPACE_RELEASE, &p384("alice"));
        bundle.anchor("allowed_signers", bundle.anchor_text("allowed_signers") + &again);
        bundle.review("alice", &p384("alice"));
        bundle.review("twin", &p384("alice"));
        bundle.policy.reviewers = 2;
        bundle
    }),
    exception("a reviewer is missing", Code::Policy, "1 with keys of their own", POLICY, || {
        let mut bundle = Bundle::released();
        bundle.review("alice", &p384("alice"));
        bundle.policy.reviewers = 2;
        bundle
    }),
    exception("reviewed by the release key", Code::Policy, "0 with keys of their own", POLICY, || {
        let mut bundle = Bundle::released();
        let own = signer("reviewer-self", NAMESPACE_RELEASE, &p384("release"));
        bundle.anchor("allowed_signers", bundle.anchor_text("allowed_signers") + &own);
        bundle.review("self", &p384("release"));
        bundle.policy.reviewers = 1;
        bundle
    }),
    exception("reviewed by the key of DER", Code::Policy, "0 with keys of their own", POLICY, || {
        let mut bundle = Bundle::released();
        let own = signer("reviewer-self", NAMESPACE_RELEASE, &p384("openssl"));
        bundle.anchor("allowed_signers", bundle.anchor_text("allowed_signers") + &own);
        bundle.der();
        bundle.review("self", &p384("openssl"));
        bundle.policy.reviewers = 1;
        bundle
    }),
    exception("not countersigned", Code::Policy, "no site has countersigned", POLICY, || {
        let mut bundle = Bundle::released();
        bundle.policy.site = true;
        bundle
    }),
];

const POLICY: &str = "what is asked for is the site's policy, which the tools do not read";

fn changed(change: impl FnOnce(String) -> String) -> Bundle {
    let bundle = Bundle::released();
    let armor = fs::read_to_string(bundle.at(SIGNATURE)).expect("is there");
    bundle.file(SIGNATURE, change(armor).as_bytes());
    bundle
}

fn blob(change: impl FnOnce(&mut Vec<u8>)) -> Bundle {
    changed(|armor| {
        let mut blob = unarmored(&armor);
        change(&mut blob);
        armored(&blob)
    })
}

fn by(name: &str) -> Bundle {
    let mut bundle = Bundle::new();
    bundle.seal();
    bundle.release(&p384(name));
    bundle
}

fn in_namespace(file: &str, namespace: &str, name: &str) -> Bundle {
    let bundle = Bundle::released();
    bundle.sign(file, namespace, &p384(name));
    bundle
}

/// The release key, revoked by a list of OpenSSH.
fn krl(kind: &str) -> Bundle {
    let bundle = Bundle::released();
    let specification = bundle.directory.path().join("specification");
    fs::write(&specification, format!("{kind}: {}\n", line(&p384("release").public()))).expect("written");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-k", "-f"])
        .arg(bundle.anchors.join("revoked"))
        .arg(specification)
        .output();
    assert!(made.expect("ssh-keygen is installed (Debian: openssh-client)").status.success());
    bundle
}

/// A signature that `ssh-keygen -Y sign -O hashalg=sha256` would make.
fn over_sha256(message: &[u8]) -> String {
    use sha2::Digest as _;

    let PublicKey::P384(key) = p384("release").public() else { unreachable!("is of that kind") };
    let airlock_seal::sshsig::PrivateKey::P384(private, _) = p384("release") else { unreachable!("is of that kind") };
    let head = [string(NAMESPACE_RELEASE.as_bytes()), string(b""), string(b"sha256")].concat();
    let digest = sha2::Sha256::digest(message);
    let signed = [b"SSHSIG".as_slice(), &head, &string(&digest)].concat();
    let made: p384::ecdsa::Signature = private.sign(&signed);
    let (r, s) = made.split_bytes();
    // With a zero before it that keeps it from being negative.
    let number = |bytes: &[u8]| {
        let digits = &bytes[bytes.iter().position(|byte| *byte != 0).expect("is not zero")..];
        if digits[0] & 0x80 != 0 { [&[0], digits].concat() } else { digits.to_vec() }
    };
    let pair = [string(&number(&r)), string(&number(&s))].concat();
    let point = key.to_sec1_point(false);
    let public = [string(b"ecdsa-sha2-nistp384"), string(b"nistp384"), string(point.as_bytes())].concat();
    let signature = [string(b"ecdsa-sha2-nistp384"), string(&pair)].concat();
    let blob = [b"SSHSIG\0\0\0\x01".as_slice(), &string(&public), &head, &string(&signature)].concat();
    armored(&blob)
}
