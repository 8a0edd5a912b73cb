//! What is committed is what the catalogs say, on any machine and in any directory.

use std::collections::BTreeMap;
use std::path::Path;

use airlock_compiler::cli::Exit;

use crate::command::{airlock, assert_is_file, workspace};

/// Every file below `root` by its path.
pub(crate) fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory).expect("can be read") {
            let path = entry.expect("can be read").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).expect("is below").to_string_lossy().into_owned();
                files.insert(name, std::fs::read(&path).expect("can be read"));
            }
        }
    }
    files
}

#[test]
fn the_generated_crate_is_up_to_date() {
    let (catalogs, out) = (workspace().join("catalogs"), workspace().join("generated"));
    let ran =
        airlock(["compile", "--check", "--catalogs", &catalogs.to_string_lossy(), "--out", &out.to_string_lossy()]);
    assert_eq!(ran.exit, Exit::Done, "{}{}", ran.out, ran.err);
}

#[test]
fn the_schema_for_editors_is_up_to_date() {
    for (file, arguments) in [("catalog", &["schema"][..]), ("workspace", &["schema", "workspace"])] {
        let ran = airlock(arguments.iter().copied());
        assert_eq!(ran.exit, Exit::Done);
        assert_is_file(&ran.out, &workspace().join(format!("catalogs/{file}.schema.json")));
    }
}

#[test]
fn two_directories_give_the_same_bytes() {
    let (one, two) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let deep = two.path().join("some/where/deeper");
    std::fs::create_dir_all(&deep).expect("can be made");
    let mut trees = Vec::new();
    for root in [one.path(), deep.as_path()] {
        for (path, bytes) in tree(&workspace().join("catalogs")) {
            let path = root.join("catalogs").join(path);
            std::fs::create_dir_all(path.parent().expect("has one")).expect("can be made");
            std::fs::write(path, bytes).expect("can be written");
        }
        let (catalogs, out) = (root.join("catalogs"), root.join("generated"));
        let ran = airlock(["compile", "--catalogs", &catalogs.to_string_lossy(), "--out", &out.to_string_lossy()]);
        assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
        trees.push(tree(&out));
    }
    assert!(trees[0].len() > 10);
    assert_eq!(trees[0], trees[1]);
    let root = one.path().to_string_lossy().into_owned();
    let names_no_directory = trees[0].values().all(|bytes| !String::from_utf8_lossy(bytes).contains(&root));
    assert!(names_no_directory);
}
