//! Golden trees: a catalog, and every byte that comes of it.

use std::path::Path;

use airlock_compiler::cli::Exit;

use crate::command::{airlock, blesses, directories};
use crate::freshness::tree;

#[test]
fn catalogs_become_the_expected_crates() {
    for case in directories(Path::new("cases/golden")) {
        let (catalogs, expected) = (case.join("catalogs"), case.join("expected"));
        let check = if blesses() { Vec::new() } else { vec!["--check"] };
        let paths = [catalogs.to_string_lossy().into_owned(), expected.to_string_lossy().into_owned()];
        let ran = airlock(["compile", "--catalogs", &paths[0], "--out", &paths[1]].into_iter().chain(check));
        assert_eq!(ran.exit, Exit::Done, "{}{}", ran.out, ran.err);
        assert!(!tree(&expected).is_empty());
    }
}

/// The golden crates are Rust: the compiler says so, with nothing but the contract beside them.
#[test]
fn the_expected_crates_compile() {
    for case in directories(Path::new("cases/golden")) {
        crate::init::assert_compiles(&case.join("expected"));
    }
}
