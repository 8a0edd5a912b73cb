//! `--check` names what is changed, missing or too much, and `compile` mends just that.

use std::path::{Path, PathBuf};

use airlock_compiler::cli::Exit;

use crate::command::{Ran, airlock};

const CATALOGS: &str = "cases/golden/depots/catalogs";

struct Crate {
    root: tempfile::TempDir,
}

impl Crate {
    fn fresh() -> Self {
        let root = tempfile::tempdir().expect("a directory");
        let fresh = Self { root };
        assert_eq!(fresh.compile(&[]).exit, Exit::Done);
        fresh
    }

    fn out(&self) -> PathBuf {
        self.root.path().join("generated")
    }

    fn compile(&self, more: &[&str]) -> Ran {
        let out = self.out().to_string_lossy().into_owned();
        airlock(["compile", "--catalogs", CATALOGS, "--out", &out].into_iter().chain(more.iter().copied()))
    }

    fn tool(&self) -> PathBuf {
        self.out().join("src/depots/list_parts.rs")
    }
}

fn modified(path: &Path) -> std::time::SystemTime {
    path.metadata().and_then(|data| data.modified()).expect("is there")
}

#[test]
fn a_fresh_crate_is_up_to_date_and_is_not_written_again() {
    let fresh = Crate::fresh();
    let before = modified(&fresh.tool());
    assert_eq!(fresh.compile(&["--check"]).exit, Exit::Done);
    let again = fresh.compile(&[]);
    assert!(again.out.contains("0 files changed"), "{}", again.out);
    assert_eq!(modified(&fresh.tool()), before);
}

#[test]
fn an_edited_file_is_shown_as_a_diff_and_mended() {
    let fresh = Crate::fresh();
    let text = std::fs::read_to_string(fresh.tool()).expect("is there");
    std::fs::write(fresh.tool(), text.replace("maximum", "x").replace("/parts", "/secrets")).expect("can be written");
    let ran = fresh.compile(&["--check"]);
    assert_eq!(ran.exit, Exit::Stale);
    assert!(ran.out.contains("changed   ") && ran.out.contains("src/depots/list_parts.rs"), "{}", ran.out);
    assert!(
        ran.out.contains("-    path: \"/depots/{depot}/secrets\",\n+    path: \"/depots/{depot}/parts\","),
        "{}",
        ran.out
    );
    assert!(ran.err.contains("run `airlock compile"), "{}", ran.err);
    assert!(std::fs::read_to_string(fresh.tool()).expect("is there").contains("/secrets"), "--check writes nothing");
    assert_eq!(fresh.compile(&[]).exit, Exit::Done);
    assert_eq!(std::fs::read_to_string(fresh.tool()).expect("is there"), text);
}

#[test]
fn a_deleted_file_is_named_and_written_again() {
    let fresh = Crate::fresh();
    std::fs::remove_file(fresh.tool()).expect("is there");
    let ran = fresh.compile(&["--check"]);
    assert_eq!(ran.exit, Exit::Stale);
    assert!(ran.out.contains("missing   ") && ran.out.contains("list_parts.rs"), "{}", ran.out);
    assert!(!fresh.tool().exists());
    assert_eq!(fresh.compile(&[]).exit, Exit::Done);
    assert!(fresh.tool().exists());
}

#[test]
fn an_orphan_is_named_and_removed() {
    let fresh = Crate::fresh();
    let orphan = fresh.out().join("src/gone/drop_table.rs");
    std::fs::create_dir_all(orphan.parent().expect("has one")).expect("can be made");
    std::fs::copy(fresh.tool(), &orphan).expect("can be copied");
    let ran = fresh.compile(&["--check"]);
    assert_eq!(ran.exit, Exit::Stale);
    assert!(ran.out.contains("orphan    ") && ran.out.contains("src/gone/drop_table.rs"), "{}", ran.out);
    assert_eq!(fresh.compile(&[]).exit, Exit::Done);
    assert!(!orphan.exists() && !orphan.parent().expect("has one").exists());
}

#[test]
fn a_file_of_somebody_else_stops_everything() {
    let fresh = Crate::fresh();
    let foreign = fresh.out().join("src/notes.txt");
    std::fs::write(&foreign, "mine\n").expect("can be written");
    std::fs::remove_file(fresh.tool()).expect("is there");
    assert_eq!(fresh.compile(&["--check"]).exit, Exit::Stale);
    let ran = fresh.compile(&[]);
    assert_eq!(ran.exit, Exit::Invalid);
    assert!(ran.out.contains("foreign   ") && ran.out.contains("src/notes.txt"), "{}", ran.out);
    assert!(foreign.exists() && !fresh.tool().exists(), "nothing is written or removed");
}

#[test]
fn only_line_ends_are_called_what_they_are() {
    let fresh = Crate::fresh();
    let text = std::fs::read_to_string(fresh.tool()).expect("is there");
    std::fs::write(fresh.tool(), text.replace('\n', "\r\n")).expect("can be written");
    let ran = fresh.compile(&["--check"]);
    assert_eq!(ran.exit, Exit::Stale);
    assert!(ran.out.starts_with("line ends "), "{}", ran.out);
}

#[test]
fn programs_get_the_differences_as_json() {
    let fresh = Crate::fresh();
    std::fs::remove_file(fresh.tool()).expect("is there");
    let ran = fresh.compile(&["--check", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&ran.out).expect("is JSON");
    assert_eq!(ran.exit, Exit::Stale);
    assert_eq!(value["differences"], serde_json::json!([{"path": "src/depots/list_parts.rs", "kind": "missing"}]));
}
