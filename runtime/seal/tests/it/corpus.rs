//! The corpus: every bundle to our verifier and to the stock tools.
//!
//! What we accept, they accept. What they accept and we refuse is said case by case (`stock` is empty and `code` not good), and
//! why stands beside it (`because`).

use airlock_seal::Code;
use airlock_seal::verify::Installed;

use crate::bundle::Bundle;
use crate::cases::{self, Case};
use crate::stock;

#[test]
fn every_bundle_gets_the_verdict_that_it_states() {
    let cases = cases::all();
    let bad = cases.iter().filter(|case| case.code != Code::Good).count();
    assert!(cases.len() >= 62 && bad >= 40, "{} bundles, {bad} of them bad", cases.len());
    let faults: Vec<String> = cases.iter().filter_map(judged).collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), cases.len(), faults.join("\n"));
}

/// What is wrong with the verdicts on a case.
fn judged(case: &Case) -> Option<String> {
    let bundle = case.built();
    let ours = bundle.verify();
    let code = ours.as_ref().err().map_or(Code::Good, |refusal| refusal.code);
    let stock = stock::failing(&bundle, &stock::shell(&bundle));
    let told = ours.err().map_or_else(String::new, |refusal| refusal.to_string());
    let mut faults = Vec::new();
    if code != case.code || told.contains('\n') {
        faults.push(format!("ours is {code:?}, not {:?} ({told})", case.code));
    }
    if stock != case.stock {
        faults.push(format!("stock fails at {stock:?}, not {:?} ({told})", case.stock));
    }
    if code == Code::Good && !stock.is_empty() {
        faults.push("a FALSE ACCEPT".to_owned());
    }
    let is_exception = code != Code::Good && stock.is_empty();
    if is_exception == case.because.is_empty() {
        faults.push("what stock accepts and we refuse has a reason, and nothing else".to_owned());
    }
    if !told.contains(case.part) {
        faults.push(format!("`{told}` does not say `{}`", case.part));
    }
    (!faults.is_empty()).then(|| format!("{}: {}", case.name, faults.join("; ")))
}

#[test]
fn names_are_told_once() {
    let mut names: Vec<&str> = cases::all().iter().map(|case| case.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

type Change = fn(&mut Bundle);

/// One fault for each code, each of which can be there beside each other one.
const FAULTS: [(Code, Change); 9] = [
    (Code::Format, |bundle| bundle.change("manifest.json", |bytes| bytes.push(b'}'))),
    (Code::Unsigned, |bundle| std::fs::remove_file(bundle.at("signatures/release.sshsig")).expect("is there")),
    (Code::Invalid, |bundle| bundle.file("signatures/reviewer-dave.sshsig", b"no signature")),
    (Code::Untrusted, |bundle| {
        bundle.policy.reviewers = 1;
        bundle.review("erin", &crate::keys::p384("erin"));
    }),
    (Code::Revoked, |bundle| {
        bundle.anchor("revoked", crate::keys::line(&crate::keys::p384("bob").public()));
        bundle.review("bob", &crate::keys::p384("bob"));
    }),
    (Code::Policy, |bundle| bundle.policy.site = true),
    (Code::Tree, |bundle| bundle.file("review/more.txt", b"")),
    (Code::Content, |bundle| bundle.flip("bin/airlock-host", 9)),
    (Code::Sequence, |bundle| bundle.known = Some(Installed { sequence: 8, sums_sha512: "0".repeat(128) })),
];

#[test]
fn of_two_failures_the_first_in_the_order_is_told() {
    assert_eq!(FAULTS.map(|(code, _)| code), Code::ORDER);
    for (at, (first, make_first)) in FAULTS.iter().enumerate() {
        for (other, make_other) in &FAULTS[at..] {
            let mut bundle = Bundle::released();
            make_first(&mut bundle);
            if other != first {
                make_other(&mut bundle);
            }
            let refusal = bundle.verify().expect_err("has faults");
            assert_eq!(refusal.code, *first, "{first:?} and {other:?}: {refusal}");
        }
    }
}
