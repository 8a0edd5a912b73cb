//! `bundle approve`.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Format, Streams, refuse};
use crate::install::{self, Approval, Here, Record};
use crate::sshsig::PrivateKey;
use crate::{Code, Refusal};

/// A key file longer than this is refused, in bytes.
const KEY_BYTES_MAX: u64 = 16 * 1024;

/// What stands below the help.
pub const MORE: &str = "\
Example:
  airlock-host bundle approve clinic-1.4.0-x86_64-unknown-linux-gnu --key site.key --as pharmacy

Writes `signatures/site-pharmacy.sshsig`: the site's signature over the same SHA512SUMS, in the namespace airgap-mcp-approve-v1, so
that it never counts as a release. Verify the bundle and read its review first: nothing is verified here.";

/// Arguments of `bundle approve`.
#[derive(Debug, Args)]
pub struct ApproveArguments {
    /// The bundle: a directory; an installed release is one as well
    bundle: PathBuf,
    /// The site's private key, as `ssh-keygen` writes it, without a passphrase
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Whose approval it is: anchors know the key as `site-NAME`
    #[arg(long = "as", value_name = "NAME")]
    name: String,
    /// For whom output is written
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// Approves; `record` keeps what was done.
pub fn run(arguments: &ApproveArguments, record: &mut dyn Record, streams: &mut Streams<'_>) -> Code {
    let approved = key(&arguments.key).and_then(|key| {
        install::approve(&arguments.bundle, &arguments.name, &mut install::with_key(&key), record, &mut Here)
    });
    let Approval { file, signer, event } = match approved {
        Ok(approval) => approval,
        Err(refusal) => return refuse(&refusal, arguments.format, streams),
    };
    let written = match arguments.format {
        Format::Human => {
            let (name, version) = (event.name.escape_debug(), event.version.escape_debug());
            let (sequence, file) = (event.sequence, file.display());
            writeln!(streams.out, "approved: {name} {version}, release {sequence}, by {signer}: {file}")
        }
        Format::Json => {
            let object = serde_json::json!({ "file": file, "signer": signer, "release": event });
            writeln!(streams.out, "{object:#}")
        }
    };
    if written.is_err() { Code::Internal } else { Code::Good }
}

/// Reads a private key that nobody else can read.
fn key(path: &Path) -> Result<PrivateKey, Refusal> {
    let refused = |fault: String| Refusal::new(Code::Usage, format!("the key `{}` {fault}", path.display()));
    let about = path.metadata().map_err(|fault| refused(format!("cannot be read: {fault}")))?;
    if !about.is_file() || about.len() > KEY_BYTES_MAX {
        return Err(refused(format!("is no file of at most {KEY_BYTES_MAX} bytes")));
    }
    if about.mode() & 0o077 != 0 {
        return Err(refused(format!("can be read by other users; run `chmod 600 {}`", path.display())));
    }
    let text = std::fs::read_to_string(path).map_err(|fault| refused(format!("cannot be read: {fault}")))?;
    PrivateKey::read(&text).map_err(refused)
}
