//! `bundle approve`.

use std::path::PathBuf;

use clap::Args;

use super::{Format, Streams, refuse};
use crate::install::{self, Approval, Here, Record};
use crate::signing::{Key, Role};
use crate::verify::whole;
use crate::{Code, Refusal};

/// What stands below the help.
pub const MORE: &str = "\
Example:
  airlock-host bundle approve clinic-1.4.0-x86_64-unknown-linux-gnu --key site.key --as pharmacy

Writes `signatures/site-pharmacy.sshsig`: the site's signature over the same SHA512SUMS, in the namespace airgap-mcp-approve-v1, so
that it never counts as a release. Verify the bundle and read its review first: that its files are those of
the sums is all that is checked here.";

/// Arguments of `bundle approve`.
#[derive(Debug, Args)]
pub struct ApproveArguments {
    /// The bundle: a directory; an installed release is one as well
    bundle: PathBuf,
    /// The site's private key, as `ssh-keygen` writes it; or its public half, where an agent or a token signs
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
    let approved = Key::read(&arguments.key, false).and_then(|key| {
        whole(&arguments.bundle, &mut |_, _| {})?;
        let role = Role::Site(arguments.name.clone());
        let mut sign = |sums: &[u8]| {
            let made = key.sign(&role, false, sums)?;
            let one =
                made.into_iter().next().ok_or_else(|| Refusal::internal("the approval", "no signature came of it"))?;
            Ok((String::from_utf8_lossy(&one.bytes).into_owned(), one.signer))
        };
        install::approve(&arguments.bundle, &arguments.name, &mut sign, record, &mut Here)
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
