//! The bundles of the corpus, each built from the one seed, with the verdicts that it should get.

mod good;
mod payload;
mod signed;
mod written;

use std::fs;

use airlock_seal::Code;

use crate::bundle::Bundle;
use crate::keys;

/// A bundle.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Our verdict.
    pub(crate) code: Code,
    /// What our line says, among other things.
    pub(crate) part: &'static str,
    /// The steps of `VERIFY.txt` that fail.
    pub(crate) stock: &'static [&'static str],
    /// Why we refuse what the stock tools accept; empty where both agree.
    pub(crate) because: &'static str,
    build: Build,
}

#[derive(Clone, Copy)]
enum Build {
    Whole(fn() -> Bundle),
    /// A good bundle with its manifest written in another way, and signed.
    Manifest(fn(String) -> String),
}

impl Case {
    pub(crate) fn built(&self) -> Bundle {
        match self.build {
            Build::Whole(build) => build(),
            Build::Manifest(change) => {
                let mut bundle = Bundle::released();
                let text = fs::read_to_string(bundle.at("manifest.json")).expect("is there");
                let changed = change(text.clone());
                assert_ne!(changed, text, "{}", self.name);
                bundle.seal_manifest(&changed);
                bundle.release(&keys::p384("release"));
                bundle
            }
        }
    }
}

/// A bundle that both refuse, or both accept.
const fn case(
    name: &'static str,
    code: Code,
    part: &'static str,
    stock: &'static [&'static str],
    build: fn() -> Bundle,
) -> Case {
    Case { name, code, part, stock, because: "", build: Build::Whole(build) }
}

/// One that we alone refuse.
const fn exception(
    name: &'static str,
    code: Code,
    part: &'static str,
    because: &'static str,
    build: fn() -> Bundle,
) -> Case {
    Case { name, code, part, stock: &[], because, build: Build::Whole(build) }
}

pub(crate) fn all() -> Vec<Case> {
    [good::CASES, signed::CASES, payload::CASES, written::CASES].into_iter().flatten().copied().collect()
}
