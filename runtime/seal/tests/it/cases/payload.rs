//! Bundles whose files are not those that were signed.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Command;

use airlock_seal::Code;
use airlock_seal::verify::Installed;

use super::{Case, case, exception};
use crate::bundle::{Bundle, mode};
use crate::keys::p384;

const OURS_ALONE: &str = "the tools look at listed files and at modes of writing alone";

pub(super) const CASES: &[Case] = &[
    content("a bit of the program", || flipped("bin/airlock-host", 7)),
    content("a bit of the model's head", || flipped("models/small.gguf", 2)),
    content("a bit of the model's tail", || flipped("models/small.gguf", 31)),
    content("a bit of a prefix state", || flipped("models/prefix-1.kv", 5)),
    content("a byte more", || {
        let bundle = Bundle::released();
        bundle.change("review/tools.json", |bytes| bytes.push(b' '));
        bundle
    }),
    content("a byte less", || {
        let bundle = Bundle::released();
        bundle.change("models/small.gguf", |bytes| bytes.truncate(31));
        bundle
    }),
    content("a manifest that says the same with other bytes", || {
        let bundle = Bundle::released();
        bundle.change("manifest.json", |bytes| bytes.push(b'\n'));
        bundle
    }),
    content("a manifest with another sequence", || {
        let bundle = Bundle::released();
        bundle.change("manifest.json", |bytes| {
            let text = String::from_utf8(bytes.clone()).expect("ASCII");
            *bytes = text.replace("\"sequence\": 7", "\"sequence\": 9").into_bytes();
        });
        bundle
    }),
    exception("chunks that are not the model's", Code::Content, "of chunk 0", "no tool reads the manifest", || {
        let mut bundle = Bundle::released();
        let text = fs::read_to_string(bundle.at("manifest.json")).expect("is there");
        let start = text.find("\"chunks\"").expect("is there");
        let digit = start + text[start..].find(['1', '2', '3']).expect("is there");
        bundle.seal_manifest(&[&text[..digit], "0", &text[digit + 1..]].concat());
        bundle.release(&p384("release"));
        bundle
    }),
    exception("another length of the model", Code::Content, "another length", "no tool reads the manifest", || {
        let mut bundle = Bundle::released();
        let text = fs::read_to_string(bundle.at("manifest.json")).expect("is there");
        bundle.seal_manifest(&text.replace("\"bytes\": 32", "\"bytes\": 33"));
        bundle.release(&p384("release"));
        bundle
    }),
    tree("a file more", "`bin/more` is not listed", &["diff"], || with("bin/more", b"#!/bin/sh\n")),
    tree("a nested SHA512SUMS", "`models/SHA512SUMS` is not listed", &["diff"], || with("models/SHA512SUMS", b"")),
    tree("a nested directory of signatures", "`review/signatures`", &["diff"], || {
        with("review/signatures/a.sshsig", b"")
    }),
    tree("a twin in upper case", "`review/Tools.json` is not listed", &["diff"], || with("review/Tools.json", b"[]\n")),
    tree("a hidden file", "`.hidden` is not listed", &["diff"], || with(".hidden", b"")),
    tree("a file is missing", "`review/tools.json` is listed", &["sha512sum", "diff"], || without("review/tools.json")),
    tree("the manifest is missing", "`manifest.json` is listed", &["sha512sum", "diff"], || without("manifest.json")),
    tree("a link to the same bytes", "`review/tools.json` is a symbolic link", &["find"], || {
        linked("review/tools.json")
    }),
    tree("the manifest is a link", "`manifest.json` is a symbolic link", &["find"], || linked("manifest.json")),
    tree("a directory is a link", "`models` is", &["diff", "find"], || linked("models")),
    tree("a link beside", "`review/more` is not listed", &["diff", "find"], || {
        let bundle = Bundle::released();
        symlink("/etc/passwd", bundle.at("review/more")).expect("a link");
        bundle
    }),
    tree("a hard link", "`bin/airlock-host` is a hard link", &["find"], || hard_linked("bin/airlock-host")),
    tree("the sums are a hard link", "`SHA512SUMS` is a hard link", &["find"], || hard_linked("SHA512SUMS")),
    tree("a signature is a hard link", "`signatures/release.sshsig` is a hard link", &["find"], || {
        hard_linked("signatures/release.sshsig")
    }),
    tree("a FIFO for a file", "`review/tools.json` is a FIFO", &["sha512sum", "find"], || {
        let bundle = without("review/tools.json");
        assert!(Command::new("mkfifo").arg(bundle.at("review/tools.json")).status().expect("mkfifo").success());
        // For the stock tools, which would wait for somebody to write.
        let path = bundle.at("review/tools.json");
        std::thread::spawn(move || drop(fs::OpenOptions::new().write(true).open(path)));
        bundle
    }),
    tree("a FIFO beside", "`review/pipe` is not listed", &["diff", "find"], || {
        let bundle = Bundle::released();
        assert!(Command::new("mkfifo").arg(bundle.at("review/pipe")).status().expect("mkfifo").success());
        bundle
    }),
    tree("a socket beside", "`review/socket` is not listed", &["diff", "find"], || {
        let bundle = Bundle::released();
        drop(UnixListener::bind(bundle.at("review/socket")).expect("a socket"));
        bundle
    }),
    tree("a directory for a file", "`review/tools.json` is a directory", &["sha512sum", "diff"], || {
        let bundle = without("review/tools.json");
        fs::create_dir(bundle.at("review/tools.json")).expect("a directory");
        bundle
    }),
    tree("setuid", "the mode 4755", &["find"], || with_mode("bin/airlock-host", 0o4755)),
    tree("setgid", "the mode 2755", &["find"], || with_mode("bin/airlock-host", 0o2755)),
    tree("sticky", "the mode 1644", &["find"], || with_mode("review/tools.json", 0o1644)),
    tree("a group may write", "the mode 0664", &["find"], || with_mode("review/tools.json", 0o664)),
    tree("everybody may write", "the mode 0646", &["find"], || with_mode("models/small.gguf", 0o646)),
    exception("a program that is none", Code::Tree, "0644 where 0755 belongs", OURS_ALONE, || {
        with_mode("bin/airlock-host", 0o644)
    }),
    exception("a document as a program", Code::Tree, "0755 where 0644 belongs", OURS_ALONE, || {
        with_mode("review/tools.json", 0o755)
    }),
    exception("a directory that everybody may write to", Code::Tree, "`review` has the mode 0777", OURS_ALONE, || {
        with_mode("review", 0o777)
    }),
    exception("the bundle's own directory is open to a group", Code::Tree, "`.` has the mode 0775", OURS_ALONE, || {
        with_mode("", 0o775)
    }),
    exception("an empty directory", Code::Tree, "`review/empty`", OURS_ALONE, || {
        let bundle = Bundle::released();
        fs::create_dir(bundle.at("review/empty")).expect("a directory");
        bundle
    }),
    exception("a directory among the signatures", Code::Tree, "`signatures/more` is a directory", OURS_ALONE, || {
        let bundle = Bundle::released();
        fs::create_dir(bundle.at("signatures/more")).expect("a directory");
        bundle
    }),
    exception("a signature of 70 KB", Code::Tree, "is longer than 64 KiB", OURS_ALONE, || {
        with("signatures/notes.txt", &[b'a'; 70_000])
    }),
    exception("signatures that differ in case", Code::Tree, "upper and lower case", OURS_ALONE, || {
        with("signatures/RELEASE.sshsig", b"")
    }),
    tree("a link among the signatures", "`signatures/more` is a symbolic link", &["find"], || {
        let bundle = Bundle::released();
        symlink("release.sshsig", bundle.at("signatures/more")).expect("a link");
        bundle
    }),
    tree("a line feed in a name", "`review/a\\nb`", &["diff"], || with("review/a\nb", b"")),
    tree("a name that is not UTF-8", "is not ASCII", &["diff"], || {
        let bundle = Bundle::released();
        fs::write(bundle.at("review").join(OsStr::from_bytes(b"\xff")), "").expect("written");
        bundle
    }),
    exception("older than what is installed", Code::Sequence, "8 was here already", "the tools know no order", || {
        let mut bundle = Bundle::released();
        bundle.known = Some(Installed { sequence: 8, sums_sha512: "0".repeat(128) });
        bundle
    }),
    exception("another one of the same number", Code::Sequence, "another release", "the tools know no order", || {
        let mut bundle = Bundle::released();
        bundle.known = Some(Installed { sequence: 7, sums_sha512: "0".repeat(128) });
        bundle
    }),
];

const fn content(name: &'static str, build: fn() -> Bundle) -> Case {
    case(name, Code::Content, "is not what SHA512SUMS says", &["sha512sum"], build)
}

const fn tree(name: &'static str, part: &'static str, stock: &'static [&'static str], build: fn() -> Bundle) -> Case {
    case(name, Code::Tree, part, stock, build)
}

fn flipped(path: &str, at: usize) -> Bundle {
    let bundle = Bundle::released();
    bundle.flip(path, at);
    bundle
}

fn with(path: &str, bytes: &[u8]) -> Bundle {
    let bundle = Bundle::released();
    bundle.file(path, bytes);
    bundle
}

fn without(path: &str) -> Bundle {
    let bundle = Bundle::released();
    fs::remove_file(bundle.at(path)).expect("is there");
    bundle
}

fn with_mode(path: &str, bits: u32) -> Bundle {
    let bundle = Bundle::released();
    mode(&bundle.at(path), bits);
    bundle
}

/// The same bytes, elsewhere.
fn linked(path: &str) -> Bundle {
    let bundle = Bundle::released();
    let elsewhere = bundle.directory.path().join("elsewhere");
    fs::rename(bundle.at(path), &elsewhere).expect("is there");
    symlink(elsewhere, bundle.at(path)).expect("a link");
    bundle
}

fn hard_linked(path: &str) -> Bundle {
    let bundle = Bundle::released();
    fs::hard_link(bundle.at(path), bundle.directory.path().join("elsewhere")).expect("a link");
    bundle
}
