//! `bundle verify`, as people and programs run it.

use airlock_seal::Code;
use airlock_seal::command::Streams;
use airlock_seal::command::verify::{EXIT_CODES, VerifyArguments, run};
use clap::Parser;
use serde_json::{Value, json};

use crate::bundle::Bundle;
use crate::keys::{self, p384};

#[derive(Debug, Parser)]
#[command(name = "bundle-verify")]
struct Arguments {
    #[command(flatten)]
    verify: VerifyArguments,
}

/// How it ends, and what it writes.
fn ran(bundle: &Bundle, more: &[&str]) -> (Code, String, String) {
    let (root, anchors) = (bundle.root(), bundle.anchors.clone());
    let given = ["bundle-verify", root.to_str().expect("UTF-8"), "--anchors", anchors.to_str().expect("UTF-8")];
    let arguments = Arguments::try_parse_from(given.iter().chain(more)).expect("is well formed");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(&arguments.verify, &mut Streams { out: &mut out, err: &mut err, terminal: false });
    (code, String::from_utf8(out).expect("UTF-8"), String::from_utf8(err).expect("UTF-8"))
}

#[test]
fn people_read_who_signed_and_which_release_it_is() {
    let bundle = Bundle::released();
    bundle.review("dave", &p384("dave"));
    bundle.file("signatures/release.mldsa87", b"of another site");
    std::fs::remove_file(bundle.anchors.join("mldsa.pem")).expect("is there");
    let (code, out, err) = ran(&bundle, &[]);
    let (release, dave) = (p384("release").public().fingerprint(), p384("dave").public().fingerprint());
    let sums = airlock_seal::digest::sha512(bundle.sums().as_bytes());
    let bytes: u64 = bundle.verify().expect("is good").bytes;
    let expected = format!(
        "\
good: clinic 1.4.0 for x86_64-unknown-linux-musl

  SEQUENCE  7
  DATE      2026-07-31

policy   default
signed   release  ML-DSA-87  -  (release.mldsa87)  does not count: your anchors have no key of this kind
signed   release  SSHSIG P-384  {release}  (release.sshsig)
signed   reviewer-dave  SSHSIG P-384  {dave}  (reviewer-dave.sshsig)  does not count: allowed_signers does not have it
files    6, {bytes} bytes
sums     {sums}
"
    );
    assert_eq!((code, out.as_str(), err.as_str()), (Code::Good, expected.as_str(), ""));
}

#[test]
fn programs_read_one_object_whatever_the_verdict() {
    let mut bundle = Bundle::released();
    bundle.mldsa();
    bundle.cnsa2();
    let (code, out, err) = ran(&bundle, &["--policy", "cnsa2", "--format", "json"]);
    let object: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, err.as_str(), &object["exit"], &object["code"]), (Code::Good, "", &json!(0), &json!("good")));
    assert_eq!(object["policy"], json!({"policy": "cnsa2", "reviewers": 0, "site": false}));
    assert_eq!((&object["sequence"], &object["files"]), (&json!(7), &json!(6)));
    let files: Vec<&Value> = object["signed"].as_array().expect("a list").iter().map(|one| &one["file"]).collect();
    assert_eq!(files, [&json!("release.mldsa87"), &json!("release.sshsig")]);
    bundle.flip("models/small.gguf", 0);
    let (code, out, err) = ran(&bundle, &["--format", "json"]);
    let object: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(
        (code, err.as_str(), &object["exit"], &object["code"]),
        (Code::Content, "", &json!(14), &json!("content"))
    );
    assert!(object["text"].as_str().expect("text").contains("models/small.gguf"));
}

#[test]
fn a_refusal_is_one_line_and_names_are_escaped() {
    let bundle = Bundle::released();
    bundle.file("review/\u{1b}[2Jgood: everything is fine", b"");
    let (code, out, err) = ran(&bundle, &[]);
    assert_eq!((code, out.as_str()), (Code::Tree, ""));
    assert!(err.starts_with("tree: `review/\\u{1b}[2J") && err.lines().count() == 1, "{err}");
}

#[test]
fn the_command_line_asks_for_more_and_not_for_less() {
    let bundle = Bundle::released();
    bundle.anchor("policy.json", r#"{"reviewers": 1}"#);
    assert_eq!(ran(&bundle, &[]).0, Code::Policy);
    bundle.review("alice", &p384("alice"));
    assert_eq!(ran(&bundle, &[]).0, Code::Good);
    assert_eq!(ran(&bundle, &["--reviewers", "2"]).0, Code::Policy);
    assert_eq!(ran(&bundle, &["--approved"]).0, Code::Policy);
    assert_eq!(ran(&bundle, &["--policy", "cnsa2"]).0, Code::Policy);
    let (code, _, err) = ran(&bundle, &["--reviewers", "0"]);
    assert!(
        code == Code::Usage && err.contains("asks for default + 1 reviewer, and the command line for less"),
        "{err}"
    );
    bundle.anchor("revoked", keys::line(&p384("alice").public()));
    assert_eq!(ran(&bundle, &[]).0, Code::Revoked);
    Arguments::try_parse_from(["bundle-verify", "x", "--anchors", "y", "--reviewers", "101"]).expect_err("too many");
    Arguments::try_parse_from(["bundle-verify", "x"]).expect_err("anchors are not guessed");
}

#[test]
fn the_help_tells_every_code() {
    for code in [Code::Good, Code::Usage, Code::Internal].into_iter().chain(Code::ORDER) {
        let line = format!("\n  {:>2}  {}", code as u8, code.word());
        assert!(EXIT_CODES.contains(&line), "{line}");
    }
}
