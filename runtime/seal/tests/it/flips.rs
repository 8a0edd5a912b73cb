//! Every byte of what is signed, and of every signature, changed once.

use std::collections::BTreeMap;
use std::fs;

use airlock_seal::signatures;
use airlock_seal::trust::Anchors;
use airlock_seal::verify::Head;
use airlock_seal::{Code, Refusal};

use crate::bundle::Bundle;
use crate::keys::ed25519;
use crate::stock;

/// What the verifier does before it looks at the tree.
fn judged(anchors: &Anchors, bundle: &Bundle, sums: &[u8], files: &BTreeMap<String, Vec<u8>>) -> Result<(), Refusal> {
    Head::read(sums, None)?;
    signatures::check(sums, files, anchors, bundle.policy).map(drop)
}

fn files(bundle: &Bundle) -> BTreeMap<String, Vec<u8>> {
    airlock_seal::tree::signatures(&bundle.root()).expect("readable")
}

#[test]
fn every_byte_of_the_sums_counts() {
    let mut bundle = Bundle::new();
    bundle.seal();
    bundle.release(&ed25519("release"));
    let (anchors, files) = (Anchors::open(&bundle.anchors).expect("are well formed"), files(&bundle));
    let sums = bundle.sums().into_bytes();
    judged(&anchors, &bundle, &sums, &files).expect("is good");
    let mut codes = BTreeMap::new();
    for at in 0..sums.len() {
        let mut changed = sums.clone();
        changed[at] ^= 1 << (at % 8);
        let refusal = judged(&anchors, &bundle, &changed, &files).expect_err("is changed");
        *codes.entry(refusal.code.word()).or_insert(0) += 1;
    }
    // A digit for another digit is well formed, and of nobody.
    assert_eq!(codes.keys().copied().collect::<Vec<_>>(), ["format", "invalid"], "{codes:?}");
}

#[test]
fn every_byte_of_each_signature_counts() {
    let mut bundle = Bundle::released();
    bundle.der();
    bundle.mldsa();
    bundle.cnsa2();
    let (anchors, good) = (Anchors::open(&bundle.anchors).expect("are well formed"), files(&bundle));
    let sums = bundle.sums().into_bytes();
    judged(&anchors, &bundle, &sums, &good).expect("is good");
    assert_eq!(good.len(), 3);
    for (name, bytes) in &good {
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            let files = BTreeMap::from([(name.clone(), changed)]);
            let refusal = judged(&anchors, &bundle, &sums, &files).expect_err(name);
            assert_eq!(refusal.code, Code::Invalid, "{name}, byte {at}: {refusal}");
        }
    }
}

/// A line feed of the armour more or less changes nothing that is signed. Whatever else is left out is refused; and where we take
/// it, ssh-keygen does.
#[test]
fn what_is_left_out_of_the_armour_is_refused_or_taken_by_both() {
    let bundle = Bundle::released();
    let anchors = Anchors::open(&bundle.anchors).expect("are well formed");
    let (sums, good) = (bundle.sums().into_bytes(), files(&bundle));
    let shell = stock::shell(&bundle);
    let mut taken = 0;
    for at in 0..good["release.sshsig"].len() {
        let mut files = good.clone();
        let armor = files.get_mut("release.sshsig").expect("is there");
        let byte = armor.remove(at);
        if let Err(refusal) = judged(&anchors, &bundle, &sums, &files) {
            assert_eq!(refusal.code, Code::Invalid);
            continue;
        }
        assert_eq!(byte, b'\n', "at {at}");
        fs::write(bundle.at("signatures/release.sshsig"), &files["release.sshsig"]).expect("written");
        assert!(stock::failing(&bundle, &shell).is_empty(), "a FALSE ACCEPT at {at}");
        taken += 1;
    }
    assert!(taken > 0, "lines can be joined");
}
