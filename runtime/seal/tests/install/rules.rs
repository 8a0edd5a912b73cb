//! What is refused, and what is left as it was then.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use airlock_seal::install::{self, Directory, Hands, Here, Unpacked, Wish};
use airlock_seal::manifest::Manifest;
use airlock_seal::{Code, MANIFEST, Refusal, SUMS};

use crate::tree::{
    Quick, Records, bundle, files, in_force, install, install_with, is_tidy, releases, rollback, sha512, short, whole,
};

fn approve(bundle: &Path) {
    fs::write(bundle.join("signatures/site-clinic.sshsig"), "as good as signed").expect("written");
}

/// Refused with this code, and the root is as it was.
fn refused(root: &Path, bundle: &Path, code: Code, part: &str) {
    let before = (files(root), in_force(root));
    let mut records = Records::default();
    let refusal = install_with(root, bundle, Wish::default(), &mut records, &mut Here).expect_err(part);
    assert!(refusal.code == code && refusal.text.contains(part), "{refusal}");
    assert!((files(root), in_force(root)) == before && records.all.is_empty(), "{refusal}");
}

#[test]
fn numbers_rise_and_the_highest_is_remembered_when_its_release_is_gone() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path().join("root");
    let one = bundle(directory.path(), 1, 2);
    let two = bundle(directory.path(), 2, 2);
    let three = bundle(directory.path(), 3, 2);
    let done = install(&root, &two).expect("installed");
    assert!(done.changed && done.current && is_tidy(&root));
    refused(&root, &one, Code::Sequence, "run `rollback`");
    // The same once more: nothing is done, and nothing is recorded.
    let (before, mut records) = (fs::read(root.join("state.json")).expect("there"), Records::default());
    let again = install_with(&root, &two, Wish::default(), &mut records, &mut Here).expect("is there");
    assert!(!again.changed && again.current && records.all.is_empty());
    assert_eq!(fs::read(root.join("state.json")).expect("there"), before);
    // Another one of the same number.
    let other = directory.path().join("other");
    fs::create_dir(&other).expect("made");
    refused(&root, &bundle(&other, 2, 1), Code::Sequence, "a number belongs to one release");
    install(&root, &three).expect("installed");
    fs::remove_dir_all(root.join("releases").join(short(&three))).expect("removed");
    let refusal = install(&root, &two).expect_err("is older");
    assert!(refusal.code == Code::Sequence && refusal.text.contains("rollback --to"), "{refusal}");
    // The newest may come again.
    assert!(install(&root, &three).expect("installed").changed);
    assert_eq!(in_force(&root), Some(short(&three)));
}

#[test]
fn a_release_is_installed_without_being_put_in_force_and_then_is() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path().join("root");
    let (one, two) = (bundle(directory.path(), 1, 2), bundle(directory.path(), 2, 2));
    install(&root, &one).expect("installed");
    let wish = Wish { switch: false, ..Wish::default() };
    let mut records = Records::default();
    let done = install_with(&root, &two, wish, &mut records, &mut Here).expect("installed");
    assert!(done.changed && !done.current && in_force(&root) == Some(short(&one)));
    assert_eq!(records.all[0].0.switches, Some(false));
    assert!(!install_with(&root, &two, wish, &mut records, &mut Here).expect("is there").changed);
    let done = install(&root, &two).expect("is put in force");
    assert!(done.changed && done.current && in_force(&root) == Some(short(&two)));
    let listing = install::list(&root).expect("a listing");
    assert_eq!((listing.releases.len(), listing.history.len()), (2, 2));
    assert_eq!(listing.current.as_deref().map(install::short), Some(short(&two).as_str()));
}

#[test]
fn old_releases_go_but_never_the_one_in_force_or_the_one_before() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path().join("root");
    let all: Vec<_> = (1..=6).map(|sequence| bundle(directory.path(), sequence, 1)).collect();
    for (at, bundle) in all.iter().enumerate() {
        let wish = Wish { keep: if at == 5 { 0 } else { 3 }, switch: true };
        let done = install_with(&root, bundle, wish, &mut Records::default(), &mut Here).expect("installed");
        let left: usize = if at == 5 { 2 } else { (at + 1).min(4) };
        assert_eq!(releases(&root).len(), left, "behind {}", at + 1);
        assert_eq!(
            done.removed.len(),
            match at {
                4 => 1,
                5 => 3,
                _ => 0,
            }
        );
    }
    assert_eq!(releases(&root), [&all[4], &all[5]].map(|bundle| short(bundle)).into());
}

#[test]
fn rolling_back_needs_a_reason_an_approval_a_whole_release_and_a_record() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path().join("root");
    let (one, two) = (bundle(directory.path(), 1, 2), bundle(directory.path(), 2, 2));
    install(&root, &one).expect("installed");
    install(&root, &two).expect("installed");
    let mut records = Records::default();
    let refusal = rollback(&root, "1.1.0", &mut records).expect_err("is not approved");
    assert!(refusal.code == Code::Policy && refusal.text.contains("run `approve`"), "{refusal}");
    let there = root.join("releases").join(short(&one));
    approve(&there);
    for (to, part) in
        [("1.7.0", "no release `1.7.0`"), ("", "no release"), ("abc", "no release"), ("\u{1b}[2J", "\\u{1b}")]
    {
        let refusal = rollback(&root, to, &mut records).expect_err(part);
        assert!(refusal.code == Code::Usage && refusal.text.contains(part), "{refusal}");
    }
    let (mut check, long) = (whole, "x".repeat(501));
    for reason in ["", " \t ", "two\nlines", &long] {
        let mut hands = Hands { check: &mut check, record: &mut records, disk: &mut Here };
        assert_eq!(install::rollback(&root, "1.1.0", reason, &mut hands).expect_err("no reason").code, Code::Usage);
    }
    records.broken = true;
    assert_eq!(rollback(&root, "1.1.0", &mut records).expect_err("no record").text, "the trail is broken");
    assert!(in_force(&root) == Some(short(&two)) && is_tidy(&root) && records.all.is_empty());
    records.broken = false;
    let program = there.join("bin/airlock-host");
    fs::write(&program, "program x").expect("written");
    assert_eq!(rollback(&root, "1.1.0", &mut records).expect_err("was changed").code, Code::Content);
    fs::write(&program, "program 1").expect("written");
    let done = rollback(&root, &short(&one)[..8], &mut records).expect("rolled back");
    assert!(done.changed && done.current && in_force(&root) == Some(short(&one)));
    let (event, stage) = &records.all[0];
    assert_eq!((event.reason.as_deref(), *stage), (Some("it was better"), "begun"));
    assert_eq!(event.before_sha512.as_deref().map(install::short), Some(short(&two).as_str()));
    assert_eq!(records.all[1].1, "done");
    assert!(!rollback(&root, "1.1.0", &mut records).expect("is in force").changed && records.all.len() == 2);
    // What is in force is older than what was seen: the newest may come back, and nothing older than it.
    assert_eq!(
        install::list(&root).expect("a listing").history.last().map(|last| last.action.as_str()),
        Some("rollback")
    );
    assert!(install(&root, &two).expect("is the newest").changed && in_force(&root) == Some(short(&two)));
}

#[test]
fn a_root_that_others_could_write_is_not_used() {
    let directory = tempfile::tempdir().expect("a directory");
    let (root, one) = (directory.path().join("root"), bundle(directory.path(), 1, 2));
    let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).expect("changed");
    let told = |root: &Path, part: &str| {
        let refusal = install(root, &one).expect_err(part);
        assert!(refusal.code == Code::Usage && refusal.text.contains(part), "{refusal}");
    };
    fs::create_dir(&root).expect("made");
    for open in [0o777, 0o775, 0o757] {
        mode(&root, open);
        told(&root, "run `chmod go-w");
    }
    mode(&root, 0o755);
    let above = directory.path().join("above");
    fs::create_dir(&above).expect("made");
    mode(&above, 0o777);
    told(&above.join("root"), "who could exchange what is below it");
    let link = directory.path().join("link");
    symlink(&root, &link).expect("made");
    told(&link, "a link to one is not followed");
    fs::write(directory.path().join("file"), "").expect("written");
    told(&directory.path().join("file"), "is no directory");
    symlink(directory.path(), root.join("releases")).expect("made");
    told(&root, "is no directory");
    fs::remove_file(root.join("releases")).expect("removed");
    for target in ["/etc", "releases/../x", "releases/0123456789abcdef/bin", "releases/ABCDEF0123456789"] {
        symlink(target, root.join("current")).expect("made");
        told(&root, "is no release below this root");
        fs::remove_file(root.join("current")).expect("removed");
    }
    fs::create_dir(root.join("current")).expect("made");
    told(&root, "is no symbolic link");
    fs::remove_dir(root.join("current")).expect("removed");
    symlink("/etc/passwd", root.join(".lock.other")).expect("made");
    fs::remove_file(root.join(".lock")).expect("removed");
    symlink("/etc/passwd", root.join(".lock")).expect("made");
    assert_eq!(install(&root, &one).expect_err("a link").code, Code::Internal);
    fs::remove_file(root.join(".lock")).expect("removed");
    fs::remove_file(root.join(".lock.other")).expect("removed");
    install(&root, &one).expect("installed");
    // Without its state, a root would let an older release in.
    let state = fs::read_to_string(root.join("state.json")).expect("there");
    fs::remove_file(root.join("state.json")).expect("removed");
    told(&root, "holds releases and no state.json");
    for broken in ["", "{}", "[]", &state.replace("\"format\": 1", "\"format\": 2"), &state[1..]] {
        fs::write(root.join("state.json"), broken).expect("written");
        told(&root, "is not as `install` writes it");
    }
    fs::write(root.join("state.json"), state).expect("written");
    assert!(!install(&root, &one).expect("is there").changed);
}

#[test]
fn two_at_once_do_not_get_in_each_others_way() {
    let directory = tempfile::tempdir().expect("a directory");
    let (root, one) = (directory.path().join("root"), bundle(directory.path(), 1, 2));
    let mut other = None;
    let mut check = |bundle: &Path| {
        other = Some(install(&root, &one));
        whole(bundle)
    };
    let (mut records, mut progress) = (Records::default(), |_, _| ());
    let mut source = Directory::new(&one, &mut progress);
    let mut hands = Hands { check: &mut check, record: &mut records, disk: &mut Here };
    install::install(&root, &mut source, Wish::default(), &mut hands).expect("installed");
    let refusal = other.expect("was tried").expect_err("is locked");
    assert!(refusal.code == Code::Internal && refusal.text.contains("another program installs there"), "{refusal}");
    assert!(is_tidy(&root) && in_force(&root) == Some(short(&one)));
    // And as threads, of which each finds what the other has left.
    let bundles: Vec<_> = (2..=5).map(|sequence| bundle(directory.path(), sequence, 2)).collect();
    let ended: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = bundles.iter().map(|bundle| scope.spawn(|| install(&root, bundle))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(ended.iter().any(Result::is_ok), "{ended:?}");
    for refusal in ended.iter().filter_map(|ended| ended.as_ref().err()) {
        assert!(matches!(refusal.code, Code::Internal | Code::Sequence), "{refusal}");
    }
    assert!(in_force(&root).is_some() && is_tidy(&root));
}

#[test]
fn room_is_looked_for_before_anything_is_copied() {
    let directory = tempfile::tempdir().expect("a directory");
    let (root, one) = (directory.path().join("root"), bundle(directory.path(), 1, 2));
    let refusal = install_with(&root, &one, Wish::default(), &mut Records::default(), &mut Quick { free: 1 << 20 })
        .expect_err("there is none");
    assert!(refusal.code == Code::Internal && refusal.text.contains("there is no room"), "{refusal}");
    assert!(releases(&root).is_empty());
}

#[test]
fn what_is_no_plain_file_is_not_copied() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path().join("root");
    let one = bundle(directory.path(), 1, 2);
    install(&root, &one).expect("installed");
    let two = bundle(directory.path(), 2, 2);
    let odd = two.join("source/odd");
    symlink("/etc/passwd", &odd).expect("made");
    refused(&root, &two, Code::Tree, "`source/odd` is no plain file");
    fs::remove_file(&odd).expect("removed");
    fs::hard_link(two.join("bin/airlock-host"), &odd).expect("made");
    refused(&root, &two, Code::Tree, "second name");
    fs::remove_file(&odd).expect("removed");
    fs::write(two.join("source/\u{1b}[2J"), "").expect("written");
    refused(&root, &two, Code::Tree, "`source/\\u{1b}[2J` has a character");
    fs::remove_file(two.join("source/\u{1b}[2J")).expect("removed");
    fs::set_permissions(two.join("bin/airlock-host"), Permissions::from_mode(0o4755)).expect("changed");
    refused(&root, &two, Code::Tree, "setuid");
    fs::set_permissions(two.join("bin/airlock-host"), Permissions::from_mode(0o755)).expect("changed");
    fs::write(&odd, "").expect("written");
    refused(&root, &two, Code::Tree, "source/odd");
    fs::remove_file(&odd).expect("removed");
    fs::write(two.join(MANIFEST), "{}").expect("written");
    refused(&root, &two, Code::Format, MANIFEST);
    fs::remove_file(two.join(SUMS)).expect("removed");
    refused(&root, &two, Code::Format, SUMS);
    refused(&root, &directory.path().join("nothing"), Code::Usage, "nothing");
}

#[test]
fn what_the_check_refuses_is_not_installed_and_its_code_is_kept() {
    let directory = tempfile::tempdir().expect("a directory");
    let (root, one) = (directory.path().join("root"), bundle(directory.path(), 1, 2));
    let mut check = |_: &Path| Err(Refusal::new(Code::Policy, "the site has not countersigned it"));
    let (mut records, mut progress) = (Records::default(), |_, _| ());
    let mut source = Directory::new(&one, &mut progress);
    let mut hands = Hands { check: &mut check, record: &mut records, disk: &mut Here };
    let refusal = install::install(&root, &mut source, Wish::default(), &mut hands).expect_err("is refused");
    assert!(refusal.code == Code::Policy && records.all.is_empty() && releases(&root).is_empty());
    records.broken = true;
    assert!(install_with(&root, &one, Wish::default(), &mut records, &mut Here).is_err() && releases(&root).is_empty());
}

#[test]
fn an_archive_is_known_by_its_beginning_and_its_directory_by_its_digest() {
    let directory = tempfile::tempdir().expect("a directory");
    let (root, one) = (directory.path().join("root"), bundle(directory.path(), 1, 2));
    let mut times = 0;
    for changed in [true, false] {
        let mut unpack = |into: &Path, early: &mut install::Early<'_>| {
            early(&fs::read(one.join(SUMS)).expect("there"), None)?;
            fs::create_dir(into).expect("made");
            let copy = |name: &str| {
                let to = into.join(name);
                fs::create_dir_all(to.parent().expect("has one")).expect("made");
                fs::copy(one.join(name), to).expect("copied");
            };
            times += 1;
            for name in files(&one) {
                copy(&name);
            }
            Ok(())
        };
        let (mut check, mut records) = (whole, Records::default());
        let mut source = Unpacked { bytes: 1, unpack: &mut unpack };
        let mut hands = Hands { check: &mut check, record: &mut records, disk: &mut Here };
        let done = install::install(&root, &mut source, Wish::default(), &mut hands).expect("installed");
        assert_eq!(done.changed, changed);
        assert!(is_tidy(&root));
    }
    assert_eq!((times, in_force(&root)), (1, Some(short(&one))));
    let manifest = fs::read(one.join(MANIFEST)).expect("there");
    assert!(serde_json::from_slice::<Manifest>(&manifest).is_ok() && sha512(b"").len() == 128);
}
