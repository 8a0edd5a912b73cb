//! Fences around generated code: it declares, and does nothing else.

use std::path::Path;

use crate::command::workspace;
use crate::freshness::tree;

/// Macros that read files or the environment while they are compiled would still work without `std`; none may stand here.
#[test]
fn generated_code_calls_no_macro_and_has_no_body() {
    let mut seen = 0;
    for (path, bytes) in tree(&workspace().join("generated/src")) {
        let text = String::from_utf8(bytes).expect("is UTF-8");
        let file = syn::parse_file(&text).expect("is Rust");
        for item in &file.items {
            use syn::Item;
            assert!(
                matches!(item, Item::Use(_) | Item::Mod(_) | Item::Const(_) | Item::Static(_)),
                "{path} holds something else than declarations"
            );
            seen += 1;
        }
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for forbidden in ["!(", "![", "unsafe ", "extern ", "std::", "fn "] {
            let allowed = forbidden == "![" && code.contains("#![no_std]");
            assert!(allowed || !code.contains(forbidden), "{path} holds `{forbidden}`");
        }
    }
    assert!(seen > 50);
}

#[test]
fn generated_code_depends_on_the_contract_alone() {
    let manifest = std::fs::read_to_string(workspace().join("generated/Cargo.toml")).expect("is there");
    let dependencies =
        manifest.split("[dependencies]").nth(1).and_then(|rest| rest.split('[').next()).expect("is there");
    assert_eq!(dependencies.trim(), "airlock-contract.workspace = true");
}

#[test]
fn the_contract_has_no_dependency_and_no_std() {
    let manifest = std::fs::read_to_string(workspace().join("runtime/contract/Cargo.toml")).expect("is there");
    assert!(!manifest.contains("dependencies"));
    let root = std::fs::read_to_string(workspace().join("runtime/contract/src/lib.rs")).expect("is there");
    assert!(root.contains("#![no_std]") && root.contains("#![forbid(unsafe_code)]"));
}

/// The arrows of the house: `emit` knows neither documents nor places; the two sides do not know each other.
#[test]
fn imports_follow_the_arrows() {
    let uses = |directory: &str, forbidden: &[&str]| {
        // Tests may read what they compare with.
        let files = tree(&workspace().join(directory)).into_iter().filter(|(path, _)| !path.ends_with("tests.rs"));
        for (path, bytes) in files {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            for word in forbidden {
                assert!(!text.contains(word), "{directory}/{path} uses {word}");
            }
        }
    };
    uses(
        "compiler/src/emit",
        &["openapiv3", "std::fs", "crate::load", "crate::resolve", "crate::check", "crate::lock", "report::At"],
    );
    uses("compiler/src/print", &["std::fs", "crate::load", "crate::resolve"]);
    for side in ["compiler", "runtime"] {
        let manifest = std::fs::read_to_string(workspace().join(side).join("Cargo.toml")).expect("is there");
        let other = if side == "compiler" { "airlock-runtime" } else { "airlock-compiler" };
        assert!(!manifest.contains(&format!("{other}.workspace")), "{side} depends on {other}");
    }
    uses("compiler/src/diff", &["std::fs", "std::process", "crate::resolve", "crate::check", "report::At"]);
    uses("compiler/src/lock", &["std::fs", "crate::resolve", "crate::diff", "crate::emit"]);
    uses("compiler/src/review", &["std::fs", "crate::load", "crate::resolve", "crate::check", "report::At"]);
    uses(
        "compiler/src/evidence",
        &["std::fs", "std::env", "std::time", "crate::load", "crate::resolve", "crate::check", "report::At"],
    );
    uses("compiler/src/normalise", &["std::fs", "crate::resolve", "crate::check"]);
    uses("compiler/src/load", &["crate::normalise", "crate::resolve", "crate::check", "openapiv3"]);
    let lower = std::fs::read_to_string(workspace().join("compiler/src/lower.rs")).expect("is there");
    assert!(!lower.contains("std::fs"), "lower reads the disk");
    assert!(Path::new("../compiler/src/load").is_dir());
}
