//! Bundles whose sums or manifest are not of the form that is read here, though they are signed as they are.

use std::fs;

use airlock_seal::Code;

use super::{Build, Case, case, exception};
use crate::bundle::Bundle;
use crate::keys::p384;

const LENIENT: &str = "sha512sum reads it another way than a person, or a file system, might";

const MANIFEST: &str = "no tool reads the manifest";

pub(super) const CASES: &[Case] = &[
    case("lines that end as on Windows", Code::Format, "line 1", &["diff"], || sums(|text| text.replace('\n', "\r\n"))),
    case("an absolute path", Code::Format, "is absolute", &["diff"], || {
        sums(|text| format!("{}  /etc/passwd\n{text}", digest("/etc/passwd")))
    }),
    case("a path that leads out", Code::Format, "`.` or `..`", &["diff"], || {
        sums(|text| format!("{}  ../anchors/revoked\n{text}", airlock_seal::digest::sha512(b"# nobody yet\n")))
    }),
    case("a path with a dot", Code::Format, "`.` or `..`", &["diff"], || {
        sums(|text| text.replace("  bin/", "  ./bin/"))
    }),
    case("a path with two slashes", Code::Format, "an empty part", &["diff"], || {
        sums(|text| text.replace("  bin/", "  bin//"))
    }),
    case("a line twice", Code::Format, "is not sorted", &["diff"], || {
        sums(|text| text.split_inclusive('\n').map(|line| [line, line].concat()).collect())
    }),
    exception("not sorted", Code::Format, "is not sorted", LENIENT, || {
        sums(|text| text.split_inclusive('\n').rev().collect())
    }),
    exception("a digest in upper case", Code::Format, "other characters than", LENIENT, || {
        lines(|line| format!("{}{}\n", line[..128].to_uppercase(), &line[128..]))
    }),
    exception("the last line is not ended", Code::Format, "is not ended", LENIENT, || {
        sums(|text| text.trim_end().to_owned())
    }),
    case("a comment", Code::Format, "line 1", &["diff"], || sums(|text| format!("# release\n{text}"))),
    case("an empty line", Code::Format, "line 1", &["diff"], || sums(|text| format!("\n{text}"))),
    case("a line of another digest", Code::Format, "is not `<128", &["sha512sum", "diff"], || {
        lines(|line| format!("{}{}\n", &line[..64], &line[128..]))
    }),
    exception("a line that says binary", Code::Format, "is not `<128", LENIENT, || {
        sums(|text| text.replacen("  ", " *", 1))
    }),
    case("no line", Code::Format, "lists no file", &["sha512sum", "diff"], || sums(|_| String::new())),
    case("no sums", Code::Format, "holds no file SHA512SUMS", &["ssh-keygen", "sha512sum", "diff"], || {
        let bundle = Bundle::released();
        fs::remove_file(bundle.at("SHA512SUMS")).expect("is there");
        bundle
    }),
    case("a signature is listed", Code::Format, "neither the sums nor signatures", &["diff"], || {
        let mut bundle = Bundle::new();
        bundle.file("signatures/release.minisig", b"old");
        bundle.seal();
        let line = format!("{}  signatures/release.minisig\n", airlock_seal::digest::sha512(b"old"));
        let text = bundle.sums().replace("review/tools.json\n", &format!("review/tools.json\n{line}"));
        bundle.seal_sums(&text);
        bundle.release(&p384("release"));
        bundle
    }),
    exception("files that differ in case", Code::Format, "upper and lower case", LENIENT, || file("review/Tools.json")),
    exception("directories that differ in case", Code::Format, "the directory `review`", LENIENT, || {
        file("Review/more.txt")
    }),
    exception("a space in a name", Code::Format, "has a character besides", LENIENT, || file("review/a b.txt")),
    exception("a name like an option", Code::Format, "begins with `-`", LENIENT, || file("review/-rf")),
    case("a line feed in a listed name", Code::Format, "is not `<128", &["diff"], || {
        let mut bundle = Bundle::new();
        bundle.file("review/a\nb", b"x");
        bundle.seal();
        let line = format!("\\{}  review/a\\nb\n", airlock_seal::digest::sha512(b"x"));
        let text: String =
            bundle.sums().replace(&format!("{}  review/a\nb\n", airlock_seal::digest::sha512(b"x")), &line);
        bundle.seal_sums(&text);
        bundle.release(&p384("release"));
        bundle
    }),
    exception("the manifest is not listed", Code::Format, "does not list manifest.json", MANIFEST, || {
        let mut bundle = Bundle::released();
        fs::remove_file(bundle.at("manifest.json")).expect("is there");
        let lines: String = bundle.sums().split_inclusive('\n').filter(|line| !line.contains("manifest")).collect();
        bundle.seal_sums(&lines);
        bundle.release(&p384("release"));
        bundle
    }),
    manifest("a key twice", "stands there twice", |text| text.replacen('{', "{\"sequence\": 99,", 1)),
    manifest("a key twice under x", "stands there twice", |text| {
        text.replacen('{', "{\"x\": {\"a\": 1, \"a\": 2},", 1)
    }),
    manifest("another format", "the format 2", |text| text.replace("\"format\": 1", "\"format\": 2")),
    manifest("no format", "no format", |text| text.replace("\"format\": 1,", "")),
    manifest("a key that is not known", "unknown field `approved`", |text| {
        text.replacen('{', "{\"approved\": true,", 1)
    }),
    manifest("a fraction", "manifest.json: ", |text| text.replace("\"sequence\": 7", "\"sequence\": 7.0")),
    manifest("a fraction under x", "manifest.json: ", |text| text.replacen('{', "{\"x\": {\"a\": [0.5]},", 1)),
    manifest("a number of more than 64 bits", "manifest.json: ", |text| {
        text.replace("\"sequence\": 7", "\"sequence\": 18446744073709551616")
    }),
    manifest("text behind it", "trailing characters", |text| text + "{}"),
    manifest("a list for an object", "a list stands where", |text| {
        let start = text.find("\"compiler\": {").expect("is there");
        let end = start + text[start..].find('}').expect("is there");
        [&text[..start], "\"compiler\": [\"rustc\", \"1\"]", &text[end + 1..]].concat()
    }),
    manifest("a key left out", "a key is left out", |text| text.replace("\"previous\": null,", "")),
    manifest("a name that leads elsewhere", "`name` is `../clinic`", |text| {
        text.replace("\"name\": \"clinic\",\n  \"previous", "\"name\": \"../clinic\",\n  \"previous")
    }),
    manifest("other chunks than it has", "has not 2 chunks", |text| {
        text.replace("\"bytes\": 32", "\"bytes\": 67108865")
    }),
    manifest("another digest than the sums", "another digest of `bin/airlock-host`", |text| {
        let at = text.find("\"sha512\": \"").expect("is there") + 11;
        [&text[..at], &"0".repeat(128), &text[at + 128..]].concat()
    }),
    manifest("a digest that is none", "is no digest", |text| text.replace("\"sha256\": \"0123", "\"sha256\": \"012G")),
    manifest("deeper than anybody writes", "recursion limit", |text| {
        text.replacen('{', &format!("{{\"x\": {{\"a\": {}{}}},", "[".repeat(1000), "]".repeat(1000)), 1)
    }),
];

/// A bundle whose sums were written in another way, and signed.
fn sums(change: fn(&str) -> String) -> Bundle {
    let mut bundle = Bundle::released();
    let text = change(&bundle.sums());
    bundle.seal_sums(&text);
    bundle.release(&p384("release"));
    bundle
}

/// The same, line by line.
fn lines(change: fn(&str) -> String) -> Bundle {
    let mut bundle = Bundle::released();
    let lines: Vec<String> = bundle.sums().lines().map(change).collect();
    bundle.seal_sums(&lines.concat());
    bundle.release(&p384("release"));
    bundle
}

fn file(path: &str) -> Bundle {
    let mut bundle = Bundle::new();
    bundle.file(path, b"x");
    bundle.seal();
    bundle.release(&p384("release"));
    bundle
}

fn digest(path: &str) -> String {
    airlock_seal::digest::sha512(&fs::read(path).expect("is on every system"))
}

const fn manifest(name: &'static str, part: &'static str, change: fn(String) -> String) -> Case {
    Case { name, code: Code::Format, part, stock: &[], because: MANIFEST, build: Build::Manifest(change) }
}
