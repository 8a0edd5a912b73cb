//! Archives that somebody wrote to do harm: each is refused with its code, and nothing is left of it.

use std::fs;
use std::io::Write as _;

use airlock_seal::Code;
use airlock_seal::archive::Compressor;
use tar::{EntryType, Header};

use super::made::{self, NAME, bundle, noise, shown, tool};

/// A member of an archive, as its blocks.
fn member(name: &str, kind: EntryType, link: &str, bytes: &[u8]) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_cksum();
    let mut blocks = header.as_bytes().to_vec();
    blocks.extend_from_slice(bytes);
    blocks.resize(blocks.len().next_multiple_of(512), 0);
    blocks
}

fn file(path: &str, bytes: &[u8]) -> Vec<u8> {
    member(&format!("{NAME}/{path}"), EntryType::Regular, "", bytes)
}

fn of_kind(path: &str, kind: EntryType) -> Vec<u8> {
    member(&format!("{NAME}/{path}"), kind, "/etc/passwd", b"")
}

const END: [u8; 1024] = [0; 1024];

/// The small files of a bundle, and its sums.
fn small() -> Vec<(String, Vec<u8>)> {
    let payload = [
        ("manifest.json", format!("{:#}\n", made::manifest()).into_bytes()),
        ("bin/airlock-host", noise(700, 1)),
        ("review/tools.json", b"[]".to_vec()),
    ];
    let payload = payload.map(|(path, bytes)| (path.to_owned(), bytes));
    let sums = made::sums(&payload.clone().into_iter().collect());
    [("SHA512SUMS".to_owned(), sums.into_bytes()), ("signatures/release.sshsig".to_owned(), b"s".to_vec())]
        .into_iter()
        .chain(payload)
        .collect()
}

/// The members of a good archive.
fn good() -> Vec<Vec<u8>> {
    small().iter().map(|(path, bytes)| file(path, bytes)).collect()
}

fn compressed(tar: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(Vec::new());
    compressor.write_all(tar).expect("written");
    compressor.finish().expect("finished")
}

/// Unpacks what is given into a fresh directory. Whatever comes of it, nothing lies outside of what it should make.
fn unpack(archive: &[u8], more: &[&str]) -> made::Ran {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.tar.zst");
    fs::write(&path, archive).expect("written");
    let out = directory.path().join("out");
    fs::create_dir(&out).expect("made");
    let ran = bundle(&[&["unpack", shown(&path), "--out", shown(&out)], more].concat());
    let left: Vec<_> = fs::read_dir(&out).expect("is read").map(|entry| entry.expect("is read").file_name()).collect();
    let expected: &[&str] = if ran.code == Code::Good { &[NAME] } else { &[] };
    assert_eq!(left, expected);
    assert_eq!(fs::read_dir(directory.path()).expect("is read").count(), 2);
    ran
}

fn refused(members: &[Vec<u8>], code: Code, part: &str) {
    let tar = [members.concat(), END.to_vec()].concat();
    let told = unpack(&compressed(&tar), &[]).refused(code);
    assert!(told.contains(part), "{part}: {told}");
    assert!(told.chars().all(|letter| letter == '\n' || !letter.is_control()), "{told:?}");
}

/// The good members with others at a place.
fn with(at: usize, more: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut members = good();
    members.splice(at..at, more.iter().cloned());
    members
}

#[test]
fn the_good_one_is_good() {
    let tar = [good().concat(), END.to_vec()].concat();
    unpack(&compressed(&tar), &[]).good();
    // As stock tools fill it up, and with the directories that they write.
    let filled = [tar.clone(), vec![0; 8192]].concat();
    unpack(&compressed(&filled), &[]).good();
    let directories = [of_directory(""), of_directory("signatures/"), of_directory("bin/")];
    let mut members = good();
    members.insert(3, directories[2].clone());
    members.splice(0..0, directories[..2].iter().cloned());
    unpack(&compressed(&[members.concat(), END.to_vec()].concat()), &[]).good();
}

fn of_directory(path: &str) -> Vec<u8> {
    member(&format!("{NAME}/{path}"), EntryType::Directory, "", b"")
}

#[test]
fn what_is_no_file_is_refused_by_its_kind() {
    for (kind, part) in [
        (EntryType::Symlink, "is a symbolic link"),
        (EntryType::Link, "is a hard link"),
        (EntryType::Char, "is a device"),
        (EntryType::Block, "is a device"),
        (EntryType::Fifo, "is a pipe"),
        (EntryType::GNUSparse, "is a sparse file"),
        (EntryType::XHeader, "is a header of pax"),
        (EntryType::XGlobalHeader, "is a header of pax"),
        (EntryType::GNULongLink, "is of an unknown kind"),
        (EntryType::Continuous, "is of an unknown kind"),
        (EntryType::new(b'V'), "is of an unknown kind"),
        (EntryType::Regular, "a file with the name of a link"),
    ] {
        for at in [0, 1, 2, 3, 5] {
            refused(&with(at, &[of_kind("review/tools.json", kind)]), Code::Format, part);
        }
    }
    // A link in the place of a directory, and a file through it.
    let through = [of_kind("bin", EntryType::Symlink), file("bin/airlock-host", b"x")];
    refused(&with(3, &through), Code::Format, "is a symbolic link");
    let long = [member(&format!("{NAME}/a"), EntryType::Directory, "", b"x")];
    refused(&with(3, &long), Code::Format, "a directory with a length");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for (name, part) in [
        ("/etc/cron.d/x", "is absolute"),
        ("../x", "has a part `.` or `..`"),
        ("clinic-1.2.0-x86_64-unknown-linux-musl/../../x", "has a part `.` or `..`"),
        ("./clinic-1.2.0-x86_64-unknown-linux-musl/x", "has a part `.` or `..`"),
        ("clinic-1.2.0-x86_64-unknown-linux-musl//x", "is absolute"),
        ("clinic-1.2.0-x86_64-unknown-linux-musl/a\\b", "has a character besides"),
        ("clinic-1.2.0-x86_64-unknown-linux-musl/a\u{1b}[2J", "has a character besides"),
        ("clinic-1.2.0-x86_64-unknown-linux-musl/\u{202e}", "has a character besides"),
        ("clinic-1.2.0-x86_64-unknown-linux-musl/-rf", "begins with `-`"),
        ("clinic-1.2.0-x86_64-unknown-linux-musl/bin/", "has an empty part"),
        ("other/x", "lies in a second directory"),
        ("x", "lies in a second directory"),
    ] {
        refused(&with(3, &[member(name, EntryType::Regular, "", b"x")]), Code::Format, part);
    }
    refused(&[member("", EntryType::Regular, "", b"x")], Code::Format, "is empty");
    let ill = {
        let mut block = file("aa", b"");
        block[NAME.len() + 1] = 0xff;
        sealed(block)
    };
    refused(&with(3, &[ill]), Code::Format, "is not ASCII");
    let renamed: Vec<_> =
        small().iter().map(|(path, bytes)| member(&format!("other/{path}"), EntryType::Regular, "", bytes)).collect();
    refused(&renamed, Code::Format, "its directory is not `clinic-1.2.0-x86_64-unknown-linux-musl`");
}

/// Sets the checksum of a header that was changed.
fn sealed(mut block: Vec<u8>) -> Vec<u8> {
    let mut header = Header::from_byte_slice(&block[..512]).clone();
    header.set_cksum();
    block[..512].copy_from_slice(header.as_bytes());
    block
}

#[test]
fn the_order_and_the_list_are_kept_to() {
    let files = good();
    refused(&with(0, &[file("manifest.json", b"{}")]), Code::Format, "`manifest.json` stands before SHA512SUMS");
    refused(&with(0, &[file("signatures/a.sshsig", b"")]), Code::Format, "stands before SHA512SUMS");
    refused(&with(1, &[file("review/tools.json", b"[]")]), Code::Format, "stands before manifest.json");
    refused(&with(0, &[of_directory("bin/")]), Code::Format, "`bin` stands before the sums");
    refused(&with(3, &[file("signatures/late.sshsig", b"")]), Code::Tree, "is in the archive, and not in SHA512SUMS");
    refused(&with(1, &[file("signatures/a/b", b"")]), Code::Format, "is no signature, or one too many");
    refused(&with(3, &[file("bin/extra", b"")]), Code::Tree, "`bin/extra` is in the archive, and not in SHA512SUMS");
    refused(&with(3, &[of_directory("empty/")]), Code::Tree, "in which no file of the sums lies");
    for at in [1, 2, 3, 4, 5] {
        for (number, again) in files.iter().take(at).enumerate() {
            let code = Code::Format;
            refused(&with(at, std::slice::from_ref(again)), code, "is there twice");
            assert!(number < at);
        }
    }
    refused(&with(5, &[file("BIN/airlock-host", b"")]), Code::Format, "upper and lower case alone");
    refused(&files[..4], Code::Tree, "`review/tools.json` is in SHA512SUMS, and not in the archive");
    refused(&files[..2], Code::Tree, "`bin/airlock-host` is in SHA512SUMS, and not in the archive");
    refused(&[], Code::Format, "holds no SHA512SUMS");
    refused(&[file("SHA512SUMS", b"x")], Code::Format, "SHA512SUMS");
    let mut changed = files.clone();
    changed[3][512 + 600] ^= 1;
    refused(&changed, Code::Content, "`bin/airlock-host` is not what SHA512SUMS says");
    let many: Vec<_> = (0..65).map(|at| file(&format!("signatures/{at}.sshsig"), b"")).collect();
    refused(&with(1, &many), Code::Format, "one too many");
    refused(&with(1, &[file("signatures/a.sshsig", &noise(70_000, 1))]), Code::Format, "is longer than 65536 bytes");
    let payload = [("a", ""), ("a/b", ""), ("manifest.json", "{}")];
    let payload = payload.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).into_iter().collect();
    let sums = file("SHA512SUMS", made::sums(&payload).as_bytes());
    refused(&[sums, file("manifest.json", b"{}")], Code::Format, "`a` is a file and a directory");
}

#[test]
fn headers_that_lie_are_refused() {
    let changed = |at: usize, bytes: &[u8]| {
        let mut block = file("bin/airlock-host", &noise(700, 1));
        block[at..at + bytes.len()].copy_from_slice(bytes);
        block
    };
    let mut members = good();
    let mut replaced = |block: Vec<u8>, part: &str| {
        members[3] = block;
        refused(&members, Code::Format, part);
    };
    replaced(changed(0, b"d"), "its checksum is another");
    replaced(changed(148, b"zzzzzzz"), "has no checksum");
    replaced(sealed(changed(124, b"zzzzzzzzzzz")), "has no length");
    replaced(sealed(changed(257, b"nothing\0")), "neither of GNU nor of ustar");
    replaced(sealed(changed(124, &[0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])), "holds more than");
    replaced(changed(512 + 1000, b"x"), "something stands behind the end of a member");
    let long = |bytes: &[u8]| member("././@LongLink", EntryType::GNULongName, "", bytes);
    for (block, part) in [
        (long(b""), "a name that is too long"),
        (long(b"no end"), "a name that is too long"),
        (long(&[b'a'; 5000]), "a name that is too long"),
        (long(b"a\0b\0"), "has a character besides"),
        (long(format!("{NAME}/../x\0").as_bytes()), "has a part `.` or `..`"),
        ([long(b"a\0"), long(b"a\0")].concat(), "a name has no member"),
    ] {
        refused(&with(3, &[block]), Code::Format, part);
    }
    let mut unfinished = good();
    unfinished.push(long(b"a\0"));
    refused(&unfinished, Code::Format, "a name has no member");
}

#[test]
fn what_is_cut_or_goes_on_is_refused() {
    let tar = [good().concat(), END.to_vec()].concat();
    for cut in (0..tar.len()).step_by(512) {
        let told = unpack(&compressed(&tar[..cut]), &[]).refused(Code::Format);
        assert!(told.contains("cut short"), "{cut}: {told}");
    }
    let whole = compressed(&tar);
    for cut in (0..whole.len()).step_by(64) {
        unpack(&whole[..cut], &[]).refused(Code::Format);
    }
    for more in [&b"x"[..], &[0; 16], &[0x28, 0xb5, 0x2f, 0xfd], &[0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0]] {
        unpack(&[&whole, more].concat(), &[]).refused(Code::Format);
    }
    for more in [b"x".to_vec(), vec![0; 20_480]] {
        unpack(&compressed(&[tar.clone(), more].concat()), &[]).refused(Code::Format);
    }
    unpack(&compressed(&[good().concat(), vec![0; 512], vec![1; 512]].concat()), &[]).refused(Code::Format);
    unpack(&tar, &[]).refused(Code::Format);
}

/// No byte of a compressed archive, changed in one bit, makes the reader fail in another way than by refusing.
#[test]
fn a_bit_changed_is_refused_or_changes_nothing() {
    let tar = [good().concat(), END.to_vec()].concat();
    let whole = compressed(&tar);
    for at in (0..whole.len()).step_by(3) {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        let ran = unpack(&changed, &[]);
        let is_expected = matches!(ran.code, Code::Good | Code::Format | Code::Content | Code::Tree);
        assert!(is_expected, "{at}: {ran:?}");
    }
}

#[test]
fn a_bomb_is_refused_before_it_is_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut members = good();
    let mut header = Header::from_byte_slice(&members[3][..512]).clone();
    header.set_size(64 << 30);
    header.set_cksum();
    members[3] = header.as_bytes().to_vec();
    let head = compressed(&members[..4].concat());
    // Sixty-four gigabytes of zeros, in a few bytes each.
    let (made, said) = tool(directory.path(), "bash", &["-c", "head -c 64M /dev/zero | zstd -q > zeros.zst"], None);
    assert!(made, "{said}");
    let zeros = fs::read(directory.path().join("zeros.zst")).expect("is there");
    let archive = [head, zeros.repeat(4)].concat();
    let told = unpack(&archive, &["--bytes-max", "1MB"]).refused(Code::Format);
    assert!(told.contains("it holds more than 1000000 bytes; `--bytes-max` raises that"), "{told}");
    unpack(&archive, &["--bytes-max", "256GiB"]).refused(Code::Format);
}
