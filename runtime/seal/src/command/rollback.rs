//! `bundle rollback`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::install::{checked, tell};
use super::progress::ProgressLine;
use super::verify::TrustArguments;
use super::{Format, Streams, refuse};
use crate::Code;
use crate::install::{self, Hands, Here, Record};

/// What stands below the help.
pub const MORE: &str = "\
Example:
  airlock-host --site /etc/airlock/site.json bundle rollback --root /opt/airlock --anchors /etc/airlock/anchors \\
      --to 1.3.0 --reason 'find_patients 1.4.0 leaves out discharged patients, ticket 4711'

The release has to be installed, and countersigned by the site (`airlock-host bundle approve`). It is checked anew, and the
rollback is written into the site's audit trail before anything is changed: if it cannot be, nothing is.

Exit codes: 0 it is in force, or was already; 2 it is not installed, there is no reason or no audit trail; 10 to 15 and 17 it is
not what was signed; 18 it is not countersigned; 20 the record cannot be written, or the machine failed.";

/// Arguments of `bundle rollback`.
#[derive(Debug, Args)]
pub struct RollbackArguments {
    /// Where releases are installed
    #[arg(long, value_name = "DIRECTORY")]
    root: PathBuf,
    #[command(flatten)]
    trust: TrustArguments,
    /// The release: its version, or the beginning of its digest as `bundle list` prints it
    #[arg(long, value_name = "DIGEST|VERSION")]
    to: String,
    /// Why, for whoever reads the audit trail
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// For whom output is written
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// Rolls back; `record` keeps what was done.
pub fn run(arguments: &RollbackArguments, record: &mut dyn Record, streams: &mut Streams<'_>) -> Code {
    let trust = match arguments.trust.read() {
        Ok(trust) => trust,
        Err(refusal) => return refuse(&refusal, arguments.format, streams),
    };
    let rolled_back = {
        let mut line = ProgressLine::new(streams.err, streams.terminal, "checking");
        let mut check = |bundle: &Path| checked(bundle, &trust, &mut |done, all| line.at(done, all));
        let mut hands = Hands { check: &mut check, record, disk: &mut Here };
        install::rollback(&arguments.root, &arguments.to, &arguments.reason, &mut hands)
    };
    match rolled_back {
        Ok(installed) => tell(&installed, "rolled back", arguments.format, streams),
        Err(refusal) => refuse(&refusal, arguments.format, streams),
    }
}
