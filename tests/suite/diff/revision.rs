//! Sides that are revisions of a repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use airlock_compiler::cli::Exit;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{BASE, DOCUMENT, MANIFEST, copy, edit, text};
use crate::command::airlock;

/// A repository with the base catalog in its first revision.
fn repository() -> (TempDir, PathBuf) {
    let root = tempfile::tempdir().expect("a directory");
    let catalogs = root.path().join("catalogs");
    std::fs::create_dir(&catalogs).expect("a directory");
    std::fs::rename(copy().path().join("depots"), catalogs.join("depots")).expect("is moved");
    git(root.path(), &["init", "-q"]);
    commit(root.path());
    (root, catalogs)
}

pub(super) fn commit(root: &Path) {
    git(root, &["add", "."]);
    git(root, &["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false", "commit", "-q", "-m", "m"]);
}

pub(super) fn git(root: &Path, arguments: &[&str]) {
    let status = Command::new("git").arg("-C").arg(root).args(arguments).status().expect("git runs");
    assert!(status.success(), "{arguments:?}");
}

#[test]
fn a_revision_is_compared_with_what_lies_there_now() {
    let (root, catalogs) = repository();
    edit(&catalogs, MANIFEST, "bytes_max: 4096", "bytes_max: 8192");
    commit(root.path());
    edit(&catalogs, DOCUMENT, "  /raw:\n", "  /rawer:\n");
    let repository = text(root.path());
    let compared = |old: &str, new: &str| {
        let ran = airlock(["diff", old, new, "--repository", &repository, "--format", "json"]);
        assert_eq!((ran.exit, ran.err.as_str()), (Exit::Done, ""), "{old} {new}: {}", ran.out);
        let told: Value = serde_json::from_str(&ran.out).expect("JSON");
        let found = told["changes"].as_array().expect("a list").iter();
        found.map(|change| change["kind"].as_str().expect("a word").to_owned()).collect::<Vec<_>>()
    };
    let now = text(&catalogs);
    assert_eq!(compared("git:HEAD~1", "git:HEAD"), ["cap_raised"]);
    assert_eq!(compared("HEAD~1:catalogs/depots", "HEAD:catalogs/depots/"), ["cap_raised"]);
    assert_eq!(compared("git:HEAD", "HEAD:catalogs"), [] as [&str; 0]);
    let moved = ["path_changed", "document_changed", "operation_moved"];
    assert_eq!(compared("git:HEAD", &now), moved);
    assert_eq!(compared("HEAD:catalogs/depots/openapi.yaml", &format!("{now}/depots/openapi.yaml")), moved);
}

#[test]
fn a_side_that_cannot_be_had_is_an_error_with_a_way_out() {
    let (root, catalogs) = repository();
    std::fs::write(catalogs.join("depots/broken.bundle"), "x").expect("is written");
    let repository = text(root.path());
    let (base, now) = (format!("{BASE}/depots"), text(&catalogs));
    for (side, part) in [
        ("git:nothing", "invalid object name"),
        ("git:--output=x", "that is no revision"),
        ("HEAD:nothing", "does not exist"),
        ("HEAD:catalogs/depots/catalog.yaml", "is a manifest"),
        ("cases/diff/bse", "did you mean `cases/diff/base`?"),
        ("main.rs/x", "name a directory of catalogs"),
        (&format!("{now}/depots/broken.bundle"), "unpack the archive"),
        (&format!("{now}/depots/openapi.yaml"), "they cannot be compared"),
    ] {
        let ran = airlock(["diff", side, &base, "--repository", &repository]);
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Invalid, ""), "{side}");
        assert!(ran.err.contains("error[E0118]") && ran.err.contains(part) && ran.err.contains("help"), "{}", ran.err);
        let ran = airlock(["diff", side, &base, "--repository", &repository, "--format", "json"]);
        let told: Value = serde_json::from_str(&ran.out).expect("JSON");
        assert_eq!((ran.exit, ran.err.as_str()), (Exit::Invalid, ""), "{side}");
        assert_eq!((&told["exit"], &told["diagnostics"][0]["code"]), (&json!(2), &json!("E0118")));
    }
    edit(&catalogs, MANIFEST, "prune: \"state\"", "prune: \"state[\"");
    commit(root.path());
    for format in ["human", "json"] {
        let ran = airlock(["diff", "git:HEAD", &now, "--repository", &repository, "--format", format]);
        assert_eq!(ran.exit, Exit::Invalid);
        let told = ran.out + &ran.err;
        assert!(told.contains("git:HEAD/depots/catalog.yaml"), "{told}");
    }
}

/// A link could lead anywhere, and so could a path of a tree that was made by hand.
#[cfg(unix)]
#[test]
fn a_revision_with_a_link_is_refused() {
    let (root, catalogs) = repository();
    std::os::unix::fs::symlink("/etc/hostname", catalogs.join("depots/link.yaml")).expect("is linked");
    commit(root.path());
    let ran = airlock(["diff", "git:HEAD", BASE, "--repository", &text(root.path())]);
    assert!(ran.exit == Exit::Invalid && ran.err.contains("depots/link.yaml is a link"), "{}", ran.err);
}
