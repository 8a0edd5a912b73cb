//! What is committed is what the catalogs say, on any machine and in any directory.

use std::collections::{BTreeMap, BTreeSet};
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

/// Copies the catalogs of this workspace to a directory.
fn copy_catalogs(root: &Path) {
    for (path, bytes) in tree(&workspace().join("catalogs")) {
        let path = root.join("catalogs").join(path);
        std::fs::create_dir_all(path.parent().expect("has one")).expect("can be made");
        std::fs::write(path, bytes).expect("can be written");
    }
}

/// Paths of files that are not the same.
fn different(one: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let paths: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    paths.into_iter().filter(|path| one.get(*path) != other.get(*path)).cloned().collect()
}

/// Not a test: what the next one starts, as somebody else.
#[test]
#[ignore = "started by another test"]
fn somebody_compiles_here() {
    let ran = airlock(["compile", "--catalogs", "../catalogs", "--out", "out"]);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
}

/// As somebody else on another machine would run it: in a process of its own. As root it runs as nobody, too.
#[test]
fn another_user_locale_time_zone_and_umask_give_the_same_bytes() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let place = tempfile::tempdir().expect("a directory");
    copy_catalogs(place.path());
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0);
    let users: &[&str] = if is_root { &["", "setpriv --reuid 65534 --regid 65534 --clear-groups "] } else { &[""] };
    for (at, user) in users.iter().enumerate() {
        let here = place.path().join(format!("as {at} 'ü"));
        std::fs::create_dir(&here).expect("can be made");
        for directory in [place.path(), &here] {
            std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o777)).expect("can be set");
        }
        // Somebody else may not enter the directory that this program was built in.
        let copied = here.join("suite");
        std::fs::copy(std::env::current_exe().expect("has a path"), &copied).expect("can be copied");
        let test = "freshness::somebody_compiles_here --exact --ignored --quiet";
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &format!("umask 077; exec {user}\"$0\" {test}")]).arg(&copied);
        command.current_dir(&here).env_clear();
        command.envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "tr_TR.UTF-8"), ("TZ", "Asia/Kathmandu"), ("HOME", "/")]);
        let output = command.output().expect("the shell starts");
        assert!(output.status.success(), "{user}{}", String::from_utf8_lossy(&output.stdout));
        let mut expected = tree(&workspace().join("generated"));
        // What cargo itself may have put there.
        expected.retain(|path, _| !path.starts_with("target") && path != "Cargo.lock");
        assert_eq!(different(&tree(&here.join("out")), &expected), [] as [String; 0]);
    }
}

#[test]
fn two_directories_give_the_same_bytes() {
    let (one, two) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let deep = two.path().join("some/where/deeper");
    std::fs::create_dir_all(&deep).expect("can be made");
    let mut trees = Vec::new();
    for root in [one.path(), deep.as_path()] {
        copy_catalogs(root);
        let (catalogs, out) = (root.join("catalogs"), root.join("generated"));
        let ran = airlock(["compile", "--catalogs", &catalogs.to_string_lossy(), "--out", &out.to_string_lossy()]);
        assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
        trees.push(tree(&out));
    }
    assert!(trees[0].len() > 10);
    assert_eq!(different(&trees[0], &trees[1]), [] as [String; 0]);
    // So another version of the compiler changes one line, unless it changes something else.
    let version = format!("\"{}\"", env!("CARGO_PKG_VERSION"));
    let texts: Vec<String> = trees[0].values().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
    assert_eq!(texts.iter().map(|text| text.matches(&version).count()).sum::<usize>(), 1);
    let root = one.path().to_string_lossy().into_owned();
    let names_no_directory = trees[0].values().all(|bytes| !String::from_utf8_lossy(bytes).contains(&root));
    assert!(names_no_directory);
}
