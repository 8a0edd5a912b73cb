//! A copy of this workspace, with a small model beside the ones that are listed, and a program that answers as the real one.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use airlock_compiler::cli::{Exit, Streams, run};
use sha2::{Digest as _, Sha256};

/// The time of the sources, in seconds since 1970.
const CREATED: &str = "1785196800";

/// A template of a site with the clinic, fit for a unit.
pub(crate) const SITE: &str = r#"{
  "upstreams": {
    "clinic": {
      "address": "https://clinic.internal:8443",
      "pins": ["10.1.2.3:8443"],
      "ca": {"file": "clinic-ca.pem"},
      "credentials": {"api_key": {"file": "clinic.key"}}
    }
  },
  "audit": {"directory": "/var/log/airlock"},
  "isolation": {"minimum": ["landlock>=1", "seccomp-tight"]}
}
"#;

/// What a run of the command line gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) exit: Exit,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `airlock` in this process.
pub(crate) fn airlock(arguments: &[&str]) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = std::iter::once("airlock").chain(arguments.iter().copied()).map(OsString::from);
    let mut streams = Streams { out: &mut out, err: &mut err, colour: false };
    let exit = run(arguments, &mut streams).expect("writing to memory");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    Ran { exit, out: text(out), err: text(err) }
}

/// The workspace, in a directory that goes away with the value.
pub(crate) struct Workspace {
    _directory: tempfile::TempDir,
    /// Where `catalogs/`, `generated/` and the crates are.
    pub(crate) root: PathBuf,
}

impl Workspace {
    /// Copies it `below` a temporary directory.
    pub(crate) fn new(below: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path().join(below);
        for name in ["catalogs", "generated", "compiler", "runtime", "tests", "Cargo.toml", "Cargo.lock", "LICENSE-MIT"]
        {
            copy(&Path::new("..").join(name), &root.join(name));
        }
        let workspace = Self { _directory: directory, root };
        fs::write(workspace.path("small.gguf"), model()).expect("written");
        let listed = format!(
            "\n  small-1:\n    sha256: {}\n    licence: Apache-2.0\n    source: made for a test\n",
            digest(&model())
        );
        let manifest = workspace.path("catalogs/workspace.yaml");
        let text = fs::read_to_string(&manifest).expect("there");
        fs::write(&manifest, text.trim_end().to_owned() + &listed).expect("written");
        workspace.compile();
        fs::write(workspace.path("site.template.json"), SITE).expect("written");
        workspace.write_program("");
        workspace
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    pub(crate) fn compile(&self) {
        let ran = airlock(&["compile", "--catalogs", &self.text("catalogs"), "--out", &self.text("generated")]);
        assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
    }

    /// A program that prints the list of tools, with `more` at its end, and says what it was asked for; its `warm` keeps a file.
    pub(crate) fn write_program(&self, more: &str) {
        let list = airlock(&["tools", "--sent", "--catalogs", &self.text("catalogs")]).out;
        let script = "#!/bin/sh\n\
            state=\n\
            for word in \"$@\"; do\n\
              [ \"$before\" = --state ] && state=$word\n\
              before=$word\n\
            done\n\
            case \" $* \" in\n\
              *' --sent '*) /usr/bin/sed '1,/^exit 0$/d' \"$0\";;\n\
              *' warm '*) /usr/bin/mkdir \"$state\" && echo kept > \"$state/0a.kv\" && echo '{\"tokens\": 7}';;\n\
              *' unit '*) echo \"unit --bin ${before%/site.json}\";;\n\
              *' config '*) echo \"config $3\";;\n\
              *) exit 2;;\n\
            esac\n\
            exit 0\n";
        let file = self.path("program");
        fs::write(&file, format!("{script}{list}{more}")).expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("set");
    }

    /// Builds a bundle below `dist`, with the model and `more` options. An option that is given twice is taken from `more`.
    pub(crate) fn build(&self, more: &[&str]) -> Ran {
        let defaults = [
            ("--workspace", self.root.to_string_lossy().into_owned()),
            ("--name", "clinic".to_owned()),
            ("--version", "1.4.0".to_owned()),
            ("--sequence", "7".to_owned()),
            ("--site-template", self.text("site.template.json")),
            ("--model", self.text("small.gguf")),
            ("--binary", self.text("program")),
            ("--created", CREATED.to_owned()),
            ("--out", self.text("dist")),
        ];
        let mut words = vec!["bundle", "build"];
        for (option, value) in &defaults {
            if !more.contains(option) {
                words.extend([*option, value]);
            }
        }
        words.extend(more);
        airlock(&words)
    }
}

/// A GGUF file with a chat template and three tokens, as the format has it.
fn model() -> Vec<u8> {
    let string = |text: &str| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
    let text = |name: &str, value: &str| [string(name), 8u32.to_le_bytes().to_vec(), string(value)].concat();
    let number = |name: &str, value: u32| [&string(name)[..], &4u32.to_le_bytes(), &value.to_le_bytes()].concat();
    let tokens = ["a", "b", "c"].map(string).concat();
    let list =
        [&string("tokenizer.ggml.tokens")[..], &9u32.to_le_bytes(), &8u32.to_le_bytes(), &3u64.to_le_bytes(), &tokens];
    let members = [
        text("general.architecture", "qwen2"),
        number("general.file_type", 15),
        number("qwen2.context_length", 4096),
        list.concat(),
        text("tokenizer.chat_template", "{{ messages }}"),
    ];
    let head = [b"GGUF", &3u32.to_le_bytes()[..], &0u64.to_le_bytes(), &(members.len() as u64).to_le_bytes()].concat();
    [head, members.concat(), vec![0; 4096]].concat()
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    airlock_offer::hex(&Sha256::digest(bytes))
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::create_dir_all(to.parent().expect("has one")).expect("made");
        fs::copy(from, to).unwrap_or_else(|fault| panic!("{}: {fault}", from.display()));
        return;
    }
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("can be read") {
        let name = entry.expect("can be read").file_name();
        // Wrong documents by the thousand, and what Cargo makes.
        if name != "errors" && name != "target" {
            copy(&from.join(&name), &to.join(&name));
        }
    }
}
