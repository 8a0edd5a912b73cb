//! A small bundle, the commands as they are called, and tools of the machine.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use airlock_seal::command::{Streams, inspect, join, key, pack, sign, split, unpack};
use airlock_seal::sums::Sums;
use airlock_seal::{Code, digest};
use clap::Parser;
use serde_json::json;

pub(crate) const NAME: &str = "clinic-1.2.0-x86_64-unknown-linux-musl";

/// A name of a part that is longer than a header takes.
pub(crate) const LONG: &str = "source/vendor/a-crate-with-a-long-name-1.2.3/tests/fixtures/another/directory/below/that/one/and-a-file-name-in-it.snapshot.txt";

#[derive(Parser)]
enum Bundle {
    Sign(sign::SignArguments),
    Key(key::KeyArguments),
    Inspect(inspect::InspectArguments),
    Pack(pack::PackArguments),
    Split(split::SplitArguments),
    Join(join::JoinArguments),
    Unpack(unpack::UnpackArguments),
}

/// What a command has done.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Code,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn good(self) -> String {
        assert_eq!(self.code, Code::Good, "{}{}", self.out, self.err);
        self.out
    }

    /// The line of a refusal, which must be of this class.
    pub(crate) fn refused(self, code: Code) -> String {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        assert_eq!(self.err.lines().count(), 1, "{}", self.err);
        assert!(self.err.starts_with(&format!("{}: ", code.word())), "{}", self.err);
        self.err
    }
}

/// `airlock bundle …`.
pub(crate) fn bundle(arguments: &[&str]) -> Ran {
    let parsed = Bundle::try_parse_from([&["bundle"], arguments].concat()).expect("is a command line");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams { out: &mut out, err: &mut err, terminal: false };
    let code = match &parsed {
        Bundle::Sign(arguments) => sign::run(arguments, &mut streams),
        Bundle::Key(arguments) => key::run(arguments, &mut streams),
        Bundle::Inspect(arguments) => inspect::run(arguments, &mut streams),
        Bundle::Pack(arguments) => pack::run(arguments, &mut streams),
        Bundle::Split(arguments) => split::run(arguments, &mut streams),
        Bundle::Join(arguments) => join::run(arguments, &mut streams),
        Bundle::Unpack(arguments) => unpack::run(arguments, &mut streams),
    };
    Ran { code, out: String::from_utf8(out).expect("UTF-8"), err: String::from_utf8(err).expect("UTF-8") }
}

/// Runs a tool of the machine, with a file as its standard input.
pub(crate) fn tool(directory: &Path, name: &str, arguments: &[&str], input: Option<&Path>) -> (bool, String) {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(directory).env("LC_ALL", "C");
    command.stdin(input.map_or_else(Stdio::null, |path| fs::File::open(path).expect("is there").into()));
    let ran = command.output().unwrap_or_else(|fault| panic!("{name} is installed: {fault}"));
    (ran.status.success(), String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned())
}

pub(crate) fn shown(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Bytes that do not shrink, the same ones each time (xorshift).
pub(crate) fn noise(count: usize, seed: u64) -> Vec<u8> {
    let mut state = 2 * seed + 1;
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(count);
    bytes
}

pub(crate) fn manifest() -> serde_json::Value {
    // Shorter than a chunk.
    let model = digest::sha512(&noise(600_000, 2));
    json!({
        "binary": {
            "cpu": "x86-64-v3", "features": ["http", "tls"], "linkage": "static-pie", "package": "airlock-host",
            "path": "bin/airlock-host", "sha512": digest::sha512(&noise(100_000, 1)),
        },
        "catalogs": [],
        "compiler": { "rustc": "rustc 1.95.0", "version": "0.1.0" },
        "created": 1_785_196_800,
        "egress": [{ "address": "https://ehr.example", "pins": ["10.0.0.7:443"], "upstream": "ehr" }],
        "format": 1,
        "isolation": { "minimum": ["landlock", "seccomp"] },
        "labels": ["public", "ward"],
        "models": [{
            "bytes": 600_000, "chunk_bytes": 67_108_864, "chunks": [model], "licence": "Apache-2.0", "name": "tiny",
            "path": "models/tiny.gguf", "sha256": "1".repeat(64), "sha512": model,
        }],
        "name": "clinic",
        "previous": { "sums_sha512": "a".repeat(128), "version": "1.1.0" },
        "profiles": [{ "name": "nurse", "tools_sha256": "2".repeat(64) }],
        "secrets": ["ehr"],
        "sequence": 7,
        "target": "x86_64-unknown-linux-musl",
        "tools": { "count": 2, "sha256": "3".repeat(64) },
        "version": "1.2.0",
    })
}

/// The files of a bundle, but for its sums.
pub(crate) fn payload() -> BTreeMap<String, Vec<u8>> {
    let tools =
        json!([{ "name": "clinic_list", "effect": "read" }, { "name": "clinic_move", "effect": "write", "x": 1 }]);
    let licensed = |licence: serde_json::Value| json!({ "licenses": [licence] });
    let sbom = json!({ "components": [
        licensed(json!({ "license": { "id": "MIT" } })), licensed(json!({ "license": { "id": "MIT" } })),
        licensed(json!({ "expression": "MIT OR Apache-2.0" })), {},
    ] });
    let text = "Everything that is compressed well stands here more than once. ".repeat(90_000);
    [
        ("VERIFY.txt", b"ssh-keygen -Y verify\n".to_vec()),
        ("bin/airlock-host", noise(100_000, 1)),
        ("evidence/empty", Vec::new()),
        ("evidence/sbom.cdx.json", sbom.to_string().into_bytes()),
        ("manifest.json", format!("{:#}\n", manifest()).into_bytes()),
        ("models/tiny.gguf", noise(600_000, 2)),
        ("review/tools.json", tools.to_string().into_bytes()),
        (LONG, b"long\n".to_vec()),
        ("source/text", text.into_bytes()),
    ]
    .into_iter()
    .map(|(path, bytes)| (path.to_owned(), bytes))
    .collect()
}

/// The sums of a payload.
pub(crate) fn sums(payload: &BTreeMap<String, Vec<u8>>) -> String {
    let mut sums = Sums::default();
    for (path, bytes) in payload {
        sums.insert(path.clone(), digest::of_reader(bytes.as_slice(), &mut |_| {}).expect("is read").0);
    }
    sums.text()
}

/// Writes a bundle below a directory.
pub(crate) fn write(directory: &Path, payload: &BTreeMap<String, Vec<u8>>) -> PathBuf {
    let root = directory.join(NAME);
    let mut all = payload.clone();
    all.insert("SHA512SUMS".to_owned(), sums(payload).into_bytes());
    for (path, bytes) in &all {
        let file = root.join(path);
        fs::create_dir_all(file.parent().expect("a parent")).expect("made");
        fs::write(&file, bytes).expect("written");
        fs::set_permissions(&file, Permissions::from_mode(airlock_seal::path::mode(path))).expect("changed");
    }
    root
}

pub(crate) fn written(directory: &Path) -> PathBuf {
    write(directory, &payload())
}

/// Every file with its mode and bytes, and every directory.
pub(crate) fn tree(root: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(&directory).expect("is read") {
            let path = entry.expect("is read").path();
            let about = path.symlink_metadata().expect("is there");
            let name = shown(path.strip_prefix(root).expect("is below")).to_owned();
            let mut bytes = Vec::new();
            if about.is_dir() {
                left.push(path);
            } else {
                fs::File::open(&path).expect("is there").read_to_end(&mut bytes).expect("is read");
            }
            found.insert(name, (about.mode() & 0o7777, bytes));
        }
    }
    found
}
