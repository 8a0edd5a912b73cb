//! One log and its files: what is found of tampering, what is recovered, what is refused.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use tempfile::TempDir;

use super::Kind::{Call, Checkpoint, Genesis, Outcome, Recovered, Start, Stop};
use super::row::{Fault, numbered};
use super::verify::{Found, verify};
use super::{ArgumentsTold, Audit, Ended, Identity, KeyFile, Kind, Link, Policy, Record, chain, time};
use airlock_seal::sshsig::PublicKey;

/// A directory with a trail.
struct Place {
    directory: TempDir,
    policy: Policy,
}

impl Place {
    /// In memory, where there is such a place: what is tried here does not depend on how fast a disk is.
    fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let directory = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let directory = directory.expect("a directory");
        let policy = Policy::of_file(directory.path().join("audit.jsonl"));
        Self { directory, policy }
    }

    /// With a new key that signs.
    fn signed() -> (Self, PublicKey) {
        let mut place = Self::new();
        let path = place.directory.path().join("audit.key");
        let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&path).status();
        assert!(made.expect("ssh-keygen is installed (Debian: openssh-client)").success());
        let public = fs::read_to_string(path.with_extension("key.pub")).expect("is there");
        place.policy.key = Some(KeyFile { file: path, is_credential: false });
        (place, PublicKey::read_line(&public).expect("a key"))
    }

    fn path(&self) -> &Path {
        &self.policy.file
    }

    fn open(&self) -> std::io::Result<Audit> {
        Audit::here(Some(self.policy.clone()), Identity { program: "test".to_owned(), ..Identity::default() })
    }

    fn text(&self) -> Vec<u8> {
        fs::read(self.path()).expect("is there")
    }

    fn write(&self, text: &[u8]) {
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(self.path());
        file.expect("can be opened").write_all(text).expect("written");
    }

    fn whole(&self) -> Found {
        let (found, end) = verify(self.path(), false, None);
        assert_eq!(end, Ok(()));
        found
    }

    fn kinds(&self) -> Vec<Kind> {
        let text = self.text();
        let lines = text.strip_suffix(b"\n").expect("ends a line").split(|byte| *byte == b'\n');
        lines.map(|line| chain::read(line).expect("is whole").kind).collect()
    }
}

fn record(ended: bool) -> Record {
    Record {
        caller: "command",
        session: None,
        turn: None,
        mark: None,
        mark_after: None,
        principal: Some("uid:7".to_owned()),
        model: None,
        model_sha256: None,
        catalog: Some("clinic"),
        catalog_sha256: Some("0"),
        tool: "find_patients".to_owned(),
        effect: Some("read"),
        arguments: vec!["name"],
        arguments_unknown: 0,
        arguments_told: ArgumentsTold::default(),
        arguments_from: BTreeMap::new(),
        upstream: Some("clinic"),
        method: Some("GET"),
        path: Some("/v1/patients".to_owned()),
        approval: "none",
        ended: ended.then_some(Ended {
            attempts: 1,
            status: Some(200),
            bytes_before: 1000,
            bytes_after: 100,
            tokens_after: None,
            duration_ms: 4,
            verdict: "answered",
        }),
    }
}

/// Makes this many calls.
fn calls(audit: &Audit, count: usize) {
    let (before, after) = (record(false), record(true));
    for _ in 0..count {
        let number = audit.call(&before, false).expect("written");
        audit.outcome(Some(number), &after).expect("written");
    }
}

/// Numbers that look drawn, the same ones every time (Knuth's MMIX generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("fits") % bound
    }
}

#[test]
fn a_trail_begins_and_ends_in_order_and_goes_on() {
    let place = Place::new();
    calls(&place.open().expect("a new file"), 2);
    let mode = fs::metadata(place.path()).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let first = [Genesis, Call, Outcome, Call, Outcome, Stop, Checkpoint];
    assert_eq!(place.kinds(), first);
    let audit = place.open().expect("goes on");
    let open = audit.call(&record(false), true).expect("written");
    drop(audit);
    assert_eq!(place.kinds(), [&first[..], &[Start, Call, Outcome, Stop, Checkpoint]].concat());
    let found = place.whole();
    assert_eq!((found.records, found.calls, found.lost, found.unpaired), (12, 3, 1, 0));
    assert!(found.ends_with_stop && !found.is_live && found.starts_without_stop == 0);
    let text = String::from_utf8(place.text()).expect("UTF-8");
    assert!(text.contains(&format!("\"call\":{},\"caller\"", open.0)));
    assert!(text.contains("\"verdict\":\"lost\",\"reason\":\"the program ended while it was open\""), "{text}");
    let audit = place.open().expect("goes on");
    audit.outcome(Some(open), &record(true)).expect_err("it has ended");
    audit.outcome(None, &record(true)).expect("one that was refused");
    assert!(place.whole().is_live);
}

#[test]
fn a_file_that_others_can_read_or_that_another_program_has_is_refused() {
    let place = Place::new();
    let audit = place.open().expect("created");
    let fault = place.open().expect_err("there is one").to_string();
    assert!(fault.contains("another program writes to it"), "{fault}");
    drop(audit);
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o644)).expect("changed");
    let fault = place.open().expect_err("open to others").to_string();
    assert!(fault.contains("chmod 600"), "{fault}");
    let link = place.directory.path().join("link.jsonl");
    std::os::unix::fs::symlink(place.path(), &link).expect("made");
    let fault = Audit::open(Some(&link)).expect_err("a link").to_string();
    assert!(fault.contains("symbolic link"), "{fault}");
    let (signed, _) = Place::signed();
    fs::set_permissions(&signed.policy.key.as_ref().expect("has one").file, fs::Permissions::from_mode(0o640))
        .expect("changed");
    let fault = signed.open().expect_err("open to others").to_string();
    assert!(fault.contains("audit.key` can be read by other users; run `chmod 600"), "{fault}");
}

/// How many changes of each kind are tried; more by `AIRLOCK_AUDIT_SAMPLES`.
fn samples() -> usize {
    std::env::var("AIRLOCK_AUDIT_SAMPLES").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

/// A trail of ten thousand records: whatever is changed, dropped, doubled, moved or cut off, it is seen.
#[test]
fn every_change_of_ten_thousand_records_is_found() {
    let (place, key) = Place::signed();
    calls(&place.open().expect("a new file"), 5000);
    let text = place.text();
    let keys = [key];
    let (found, end) = verify(place.path(), false, Some(&keys));
    assert_eq!((end, found.calls, found.unpaired, found.behind_checkpoint), (Ok(()), 5000, 0, 0));
    assert!(found.records > 10_000 && found.checkpoints == found.signed && found.checkpoints > 9, "{found:?}");
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let mut dice = Dice(7);
    let tried = |what: &str, changed: Vec<u8>| {
        place.write(&changed);
        let (now, end) = verify(place.path(), false, Some(&keys));
        // What was cut off at the end of a line shows by what is left.
        let is_cut = now.records < found.records && !now.ends_with_stop;
        assert!(matches!(end, Err(Fault::Broken(_) | Fault::Torn(..))) || is_cut, "{what}: {end:?}");
    };
    for _ in 0..samples() {
        let (at, bit) = (dice.below(text.len()), dice.below(8));
        let mut changed = text.clone();
        changed[at] ^= 1 << bit;
        tried("a bit", changed);
        let at = dice.below(text.len());
        tried("a byte less", [&text[..at], &text[at + 1..]].concat());
        let (one, other) = (dice.below(lines.len() - 1), dice.below(lines.len() - 1));
        tried("a line less", [&lines[..one], &lines[one + 1..]].concat().concat());
        tried("a line twice", [&lines[..=one], &lines[one..]].concat().concat());
        if one != other {
            let mut moved = lines.clone();
            moved.swap(one, other);
            tried("two lines swapped", moved.concat());
        }
        tried("cut", text[..dice.below(text.len() - 1)].to_vec());
        tried("cut at a line", lines[..=one].concat());
    }
}

/// Whoever can write the file can make its chain anew; without the key that is found, with it given.
#[test]
fn a_chain_that_was_made_anew_is_found_by_its_signatures() {
    let (place, key) = Place::signed();
    calls(&place.open().expect("a new file"), 1200);
    let whole = place.text();
    let forged = |checkpoints: bool| {
        let (mut at, mut text) = (Link::start(), Vec::new());
        for line in whole.split_inclusive(|byte| *byte == b'\n') {
            let head = chain::read(line.strip_suffix(b"\n").expect("a line")).expect("is whole");
            if head.kind == Checkpoint && !checkpoints {
                continue;
            }
            let members = head.members.replace("find_patients", "list_patients");
            let (line, link) = chain::line(&at, &time::timestamp(SystemTime::now()), head.kind, &members);
            text.extend(line);
            at = link;
        }
        text
    };
    let keys = [key];
    for (checkpoints, part) in [(true, "the signature is not one of these records"), (false, "is not open")] {
        place.write(&forged(checkpoints));
        let (_, end) = verify(place.path(), false, Some(&keys));
        let Err(Fault::Broken(fault)) = end else { panic!("{end:?}") };
        assert!(fault.contains(part) || fault.contains("another number"), "{fault}");
    }
    let (other, stranger) = Place::signed();
    calls(&other.open().expect("a new file"), 1);
    let (_, end) = verify(other.path(), false, Some(&keys));
    let Err(Fault::Broken(fault)) = end else { panic!("{end:?}") };
    assert!(fault.contains(&format!("is signed by {}, which is none", stranger.fingerprint())), "{fault}");
    let unsigned = Place::new();
    calls(&unsigned.open().expect("a new file"), 1);
    let (_, end) = verify(unsigned.path(), false, Some(&keys));
    assert!(matches!(&end, Err(Fault::Broken(fault)) if fault.contains("nobody signed")), "{end:?}");
}

/// A program that dies in the middle of a line, at any byte of it.
#[test]
fn a_torn_end_is_set_aside_wherever_it_is_torn() {
    let place = Place::new();
    calls(&place.open().expect("a new file"), 1);
    let text = place.text();
    let last = text[..text.len() - 1].iter().rposition(|byte| *byte == b'\n').expect("there are lines") + 1;
    let torn_file = place.directory.path().join("audit.jsonl.torn");
    for cut in last + 1..text.len() {
        place.write(&text[..cut]);
        let _ = fs::remove_file(&torn_file);
        let (_, end) = verify(place.path(), false, None);
        assert!(matches!(end, Err(Fault::Torn(_, bytes)) if bytes == (cut - last) as u64), "{end:?}");
        calls(&place.open().expect("recovers"), 1);
        let found = place.whole();
        assert_eq!((found.recovered, found.recovered_bytes, found.calls), (1, (cut - last) as u64, 2), "cut at {cut}");
        assert_eq!(fs::read(&torn_file).expect("is kept"), [&text[last..cut], b"\n"].concat());
    }
    // The first line of all.
    place.write(&text[..40]);
    calls(&place.open().expect("recovers"), 1);
    assert_eq!(place.kinds()[..2], [Genesis, Recovered]);
    place.whole();
}

#[test]
fn what_was_not_torn_but_changed_is_never_gone_on_with() {
    let place = Place::new();
    calls(&place.open().expect("a new file"), 3);
    let text = String::from_utf8(place.text()).expect("UTF-8");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for (changed, part) in [
        (text.replacen("find_patients", "list_patients", 1), "audit.jsonl:2: the record was changed"),
        ([&lines[..3], &lines[4..]].concat().concat(), "audit.jsonl:4: the record does not follow"),
        (lines[1..].concat(), "audit.jsonl:1: the record does not belong there"),
        (format!("{text}\n"), "the record is no record"),
        (format!("{text}{}", lines[0]), "does not follow"),
    ] {
        place.write(changed.as_bytes());
        let fault = place.open().expect_err(part).to_string();
        assert!(fault.contains(part) && fault.contains("keep the file as evidence"), "{fault}");
        assert_eq!(place.text(), changed.as_bytes(), "it stays as it was found");
    }
}

#[test]
fn full_files_stand_in_a_row() {
    let (mut place, key) = Place::signed();
    place.policy.file_bytes_max = 20_000;
    let audit = place.open().expect("a new file");
    let open = audit.call(&record(false), false).expect("written");
    calls(&audit, 60);
    audit.outcome(Some(open), &record(true)).expect("it was let out in another file");
    drop(audit);
    calls(&place.open().expect("goes on"), 1);
    let keys = [key];
    let (found, end) = verify(place.path(), false, Some(&keys));
    assert_eq!((end, found.calls, found.unpaired, found.lost), (Ok(()), 62, 0, 0));
    assert!(found.files > 3, "{found:?}");
    let second = numbered(place.path(), 2);
    let kept = fs::read(&second).expect("is there");
    fs::remove_file(&second).expect("removed");
    let (_, end) = verify(place.path(), false, None);
    assert!(
        matches!(&end, Err(Fault::Broken(fault)) if fault.contains("audit.jsonl.000003:1: the record does not follow")),
        "{end:?}"
    );
    fs::remove_file(numbered(place.path(), 1)).expect("removed");
    let (_, end) = verify(place.path(), false, None);
    assert!(matches!(&end, Err(Fault::Broken(fault)) if fault.contains("begins with file 3")), "{end:?}");
    let (found, end) = verify(place.path(), true, Some(&keys));
    assert_eq!((end, found.unpaired), (Ok(()), 0));
    fs::write(&second, &kept[..kept.len() / 2]).expect("written");
    let (_, end) = verify(place.path(), true, None);
    assert!(matches!(end, Err(Fault::Torn(..) | Fault::Broken(_))), "{end:?}");
}

/// A program that dies between the end of one file and the beginning of the next.
#[test]
fn a_row_is_gone_on_with_wherever_it_was_left() {
    let mut place = Place::new();
    place.policy.file_bytes_max = 20_000;
    calls(&place.open().expect("a new file"), 20);
    let full: PathBuf = numbered(place.path(), 1);
    let first = fs::read(&full).expect("one is full");
    // It was ended and not moved away.
    fs::remove_file(&full).expect("removed");
    place.write(&first);
    calls(&place.open().expect("goes on"), 1);
    let found = place.whole();
    assert_eq!((found.files, found.unpaired), (2, 0));
    // It was moved away, and there is no other.
    fs::remove_file(place.path()).expect("removed");
    calls(&place.open().expect("goes on"), 1);
    assert_eq!(place.whole().files, 2);
    // A call was open while the file before became full, and both were left.
    fs::remove_file(place.path()).expect("removed");
    let mut before = place.open().expect("goes on");
    let open = before.call(&record(false), false).expect("written");
    calls(&before, 20);
    let left = fs::read(place.path()).expect("is there");
    drop(before);
    place.write(&left);
    before = place.open().expect("goes on");
    before.outcome(Some(open), &record(true)).expect_err("it was lost");
    drop(before);
    let found = place.whole();
    // Another one may be lost with the file that was removed above.
    assert!(found.unpaired == 0 && found.lost >= 1 && found.starts_without_stop == 1, "{found:?}");
    let last = String::from_utf8(place.text()).expect("UTF-8");
    assert!(
        last.contains(&format!("\"open\":[{},", open.0)) && last.contains(&format!("\"call\":{},\"caller\"", open.0)),
        "{last}"
    );
    for number in 2..found.files as u64 {
        fs::remove_file(numbered(place.path(), number)).expect("removed");
    }
    // There is another one, and its first line is torn.
    place.write(b"{\"v\":1,\"seq\":");
    calls(&place.open().expect("goes on"), 1);
    let found = place.whole();
    assert_eq!((found.files, found.recovered), (2, 1));
    // Something else has the name.
    fs::write(&full, "x").expect("written");
    let fault = place.open().expect_err("cannot go on").to_string();
    assert!(fault.contains("its last record"), "{fault}");
}

/// Two programs never write to one file, and where there may be several, each finds its own.
#[test]
fn programs_that_run_at_once_have_trails_beside_each_other() {
    let place = Place::new();
    let directory = place.directory.path().join("trails");
    let policy = Policy { is_shared: true, ..Policy::of_file(directory.join("audit.jsonl")) };
    let open = || Audit::here(Some(policy.clone()), Identity::default()).expect("one is free");
    let (first, second, third) = (open(), open(), open());
    for audit in [&first, &second, &third] {
        calls(audit, 1);
    }
    drop(second);
    // What is free is gone on with.
    calls(&open(), 1);
    drop((first, third));
    let mut names: Vec<_> =
        fs::read_dir(&directory).expect("is there").flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    assert_eq!(names, ["audit-2.jsonl", "audit-3.jsonl", "audit.jsonl"]);
    let records = names.iter().map(|name| {
        let (found, end) = verify(&directory.join(name), false, None);
        assert_eq!((end, found.unpaired), (Ok(()), 0), "{name:?}");
        fs::read_to_string(directory.join(name))
            .expect("text")
            .lines()
            .filter(|line| line.contains("\"outcome\""))
            .count()
    });
    assert_eq!(records.collect::<Vec<_>>(), [2, 1, 1]);
    assert_eq!(fs::metadata(&directory).expect("is there").permissions().mode() & 0o777, 0o700);
}

/// What cannot be written whole is not written at all, and the next record follows.
#[test]
fn a_device_that_is_full_refuses_each_record() {
    let audit = Audit::open(Some(Path::new("/dev/full"))).expect("a device");
    for _ in 0..2 {
        audit.call(&record(false), false).expect_err("it is full");
        audit.outcome(None, &record(true)).expect_err("it is full");
    }
}
