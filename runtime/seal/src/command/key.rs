//! `bundle key`.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{Format, Streams, refuse, tell};
use crate::private::{self, Access};
use crate::signing::Role;
use crate::signing::generate::{Kind, generate};
use crate::sshsig::PublicKey;
use crate::{Code, Refusal};

/// A public key is on one line, and longer ones are not read, in bytes.
const LINE_BYTES_MAX: usize = 8 << 10;

/// Arguments of `bundle key`.
#[derive(Debug, Args)]
pub struct KeyArguments {
    /// What kind of key to make.
    #[arg(long, value_enum, requires = "out", required_unless_present = "public")]
    kind: Option<Kind>,
    /// Where to: FILE is the key, FILE.pub and FILE.pem its public halves.
    #[arg(long, value_name = "FILE", requires = "kind")]
    out: Option<PathBuf>,
    /// Who will sign with it: `release`, `reviewer:NAME`, or `site:NAME`.
    #[arg(long = "as", value_name = "ROLE", default_value = "release")]
    role: Role,
    /// Make no key: print this public key of OpenSSH (P-384) as OpenSSL reads it.
    #[arg(long, value_name = "KEY.pub", conflicts_with_all = ["kind", "out"])]
    public: Option<PathBuf>,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

pub fn run(arguments: &KeyArguments, streams: &mut Streams<'_>) -> Code {
    let done = match (&arguments.public, arguments.kind, &arguments.out) {
        (Some(public), ..) => convert(public, arguments.format, streams),
        (None, Some(kind), Some(out)) => make(kind, out, arguments, streams),
        (None, ..) => Err(Refusal::new(Code::Usage, "give `--kind` and `--out`, or `--public`")),
    };
    match done {
        Ok(()) => Code::Good,
        Err(refusal) => refuse(&refusal, arguments.format, streams),
    }
}

fn convert(path: &Path, format: Format, streams: &mut Streams<'_>) -> Result<(), Refusal> {
    let usage = |fault: String| Refusal::new(Code::Usage, format!("{} {fault}", path.display()));
    let bytes = private::read(path, Access::Trusted, LINE_BYTES_MAX).map_err(usage)?;
    let key = PublicKey::read_line(&String::from_utf8_lossy(&bytes)).map_err(usage)?;
    let pem = crate::signing::ec::public_pem(&key);
    let pem = pem.ok_or_else(|| usage("is a key of Ed25519, and only P-384 signs for OpenSSL here".to_owned()))?;
    let object = json!({ "exit": 0, "code": "good", "fingerprint": key.fingerprint(), "pem": pem });
    tell(&pem, &object, format, streams)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn make(kind: Kind, out: &Path, arguments: &KeyArguments, streams: &mut Streams<'_>) -> Result<(), Refusal> {
    let role = &arguments.role;
    if kind == Kind::Mldsa87 && *role != Role::Release {
        let text = format!("`{}` signs with a key of OpenSSH; give `--kind p384` or `ed25519`", role.principal());
        return Err(Refusal::new(Code::Usage, text));
    }
    let (line_path, pem_path) = (beside(out, ".pub"), beside(out, ".pem"));
    for path in [out, &line_path, &pem_path] {
        if path.symlink_metadata().is_ok() {
            let text = format!("{} is there already, and no key is written over", path.display());
            return Err(Refusal::new(Code::Usage, text));
        }
    }
    let key = generate(kind, &role.principal())?;
    write(out, 0o600, key.private.as_bytes())?;
    let mut text = format!("made {} ({})\n", out.display(), key.fingerprint);
    if let Some(line) = &key.line {
        let line = format!("{line} {}\n", role.principal());
        write(&line_path, 0o644, line.as_bytes())?;
        let _ = writeln!(text, "made {}", line_path.display());
    }
    if let Some(pem) = &key.pem {
        write(&pem_path, 0o644, pem.as_bytes())?;
        let anchor = if kind == Kind::Mldsa87 { "mldsa.pem" } else { "release.pem" };
        let _ = writeln!(text, "made {}: `{anchor}` among the anchors", pem_path.display());
    }
    let allowed = key.line.as_ref().map(|line| allowed_signers(role, line));
    if let Some(allowed) = &allowed {
        let _ = writeln!(text, "for `allowed_signers` among the anchors:\n{allowed}");
    }
    let object = json!({
        "exit": 0, "code": "good", "key": out.display().to_string(), "fingerprint": key.fingerprint,
        "public": key.line, "pem": key.pem, "allowed_signers": allowed,
    });
    tell(&text, &object, arguments.format, streams)
}

/// The line that lets a key sign in its role, and in no other.
fn allowed_signers(role: &Role, line: &str) -> String {
    format!("{} namespaces=\"{}\" {line}", role.principal(), role.namespace())
}

fn write(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), Refusal> {
    let made = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    made.and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    })
    .map_err(|fault| Refusal::internal(format!("{} cannot be written", path.display()), fault))
}
