//! Anchors that cannot be used are the site's error, whatever the bundle.

use std::fs;

use airlock_seal::Code;
use airlock_seal::policy::{Policy, Suite};
use airlock_seal::trust::Anchors;

use crate::bundle::{Bundle, mode};

/// The fault of a bundle's anchors, which has to be one of usage.
fn fault(bundle: &Bundle) -> String {
    let refusal = bundle.verify().expect_err("cannot be used");
    assert_eq!(refusal.code, Code::Usage, "{refusal}");
    refusal.text
}

#[test]
fn a_file_that_is_not_understood_is_named() {
    for (name, text, part) in [
        ("allowed_signers", "\n* ssh-ed25519 AAAA\n", "allowed_signers`, line 2: "),
        ("revoked", "# ours\nSHA256:abc\n", "revoked`, line 2: "),
        ("revoked", "SSHKRL\n\0", "revoked` is broken"),
        (
            "release.pem",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            "release.pem` is no public key P-384",
        ),
        ("mldsa.pem", "", "mldsa.pem` is no public key ML-DSA-87"),
        ("policy.json", "{\"policy\": \"none\"}", "policy.json` is no `{"),
        ("policy.json", "[]", "policy.json` is no `{"),
    ] {
        let bundle = Bundle::released();
        bundle.anchor(name, text);
        let fault = fault(&bundle);
        assert!(fault.contains(part) && !fault.contains('\n'), "{fault}");
    }
    let bundle = Bundle::released();
    let pem = fs::read_to_string(bundle.anchors.join("release.pem")).expect("is there");
    bundle.anchor("mldsa.pem", &pem);
    assert!(fault(&bundle).contains("is no public key ML-DSA-87"));
    bundle.anchor("mldsa.pem", [0xff]);
    assert!(fault(&bundle).contains("is not UTF-8"));
}

#[test]
fn what_everybody_may_write_to_says_nothing() {
    let bundle = Bundle::released();
    mode(&bundle.anchors.join("allowed_signers"), 0o666);
    assert!(fault(&bundle).contains("chmod o-w"));
    mode(&bundle.anchors.join("allowed_signers"), 0o644);
    mode(&bundle.anchors, 0o777);
    assert!(fault(&bundle).contains("chmod o-w"));
    fs::remove_dir_all(&bundle.anchors).expect("is there");
    assert!(fault(&bundle).contains("No such file"));
}

#[test]
fn a_policy_that_no_bundle_could_meet_is_told_before_one_is_looked_at() {
    let ask = |suite, reviewers, site| Policy { suite, reviewers, site };
    for (policy, gone, part) in [
        (ask(Suite::Default, 0, false), "allowed_signers", "lack `release` in allowed_signers"),
        (ask(Suite::Cnsa2, 0, false), "mldsa.pem", "lack mldsa.pem"),
        (ask(Suite::Default, 4, false), "revoked", "lack 4 reviewers"),
        (ask(Suite::Default, 0, true), "", "lack `site-NAME`"),
    ] {
        let mut bundle = Bundle::released();
        bundle.policy = policy;
        match gone {
            "" => {
                let text = bundle.anchor_text("allowed_signers");
                bundle.anchor("allowed_signers", text.replace("site-ward", "ward"));
            }
            gone => fs::remove_file(bundle.anchors.join(gone)).expect("is there"),
        }
        let fault = fault(&bundle);
        assert!(fault.contains(part), "{fault}");
    }
}

#[test]
fn a_site_says_its_policy_in_a_file() {
    let bundle = Bundle::released();
    bundle.anchor("policy.json", r#"{"policy": "cnsa2", "reviewers": 2, "site": true}"#);
    let anchors = Anchors::open(&bundle.anchors).expect("are well formed");
    assert_eq!(anchors.policy, Policy { suite: Suite::Cnsa2, reviewers: 2, site: true });
}

#[test]
fn a_bundle_that_is_no_directory_is_an_error_of_the_command() {
    let bundle = Bundle::released();
    fs::remove_dir_all(bundle.root()).expect("is there");
    assert!(fault(&bundle).contains("cannot be opened"));
    fs::write(bundle.root(), "").expect("written");
    assert!(fault(&bundle).contains("is no directory"));
}
