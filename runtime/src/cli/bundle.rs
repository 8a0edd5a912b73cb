//! `airlock-host bundle`.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use airlock_contract::Program;
use airlock_seal::command::{self, approve, inspect, install, join, list, rollback, unpack, verify};
use airlock_seal::install::{Action, Event, Record};
use airlock_seal::{Code, Refusal};
use clap::Subcommand;

use super::host::Host;
use super::{Context, ExitCode};
use crate::audit::{Audit, Identity, ReleaseRecord, Stage};
use crate::site::Site;

/// Commands on bundles.
#[derive(Debug, Subcommand)]
pub(super) enum BundleCommand {
    /// Check that a bundle is signed, whole, and nothing else
    Verify(verify::VerifyArguments),
    /// Show what is in a bundle and who signed it, before trusting it
    Inspect(inspect::InspectArguments),
    /// Put the parts of an archive together again
    Join(join::JoinArguments),
    /// Unpack an archive into a bundle's directory
    Unpack(unpack::UnpackArguments),
    /// Countersign a bundle for this site
    #[command(after_help = approve::MORE)]
    Approve(approve::ApproveArguments),
    /// Install a bundle, and put it in force by one rename
    #[command(after_help = install::MORE)]
    Install(install::InstallArguments),
    /// Put a release in force again that is installed and approved
    #[command(after_help = rollback::MORE)]
    Rollback(rollback::RollbackArguments),
    /// List what is installed
    List(list::ListArguments),
}

/// `is_site_named` is whether somebody has named the site file, so that it has to be there.
pub(super) fn run(command: &BundleCommand, is_site_named: bool, context: &mut Context<'_>) -> ExitCode {
    let terminal = io::stderr().is_terminal();
    let mut trail = Trail {
        program: context.program,
        host: context.host,
        site_file: context.site_file.clone(),
        is_site_named,
        audit: None,
    };
    let mut streams = command::Streams { out: context.out, err: context.err, terminal };
    ExitCode::Bundle(match command {
        BundleCommand::Verify(arguments) => verify::run(arguments, &mut streams),
        BundleCommand::Inspect(arguments) => inspect::run(arguments, &mut streams),
        BundleCommand::Join(arguments) => join::run(arguments, &mut streams),
        BundleCommand::Unpack(arguments) => unpack::run(arguments, &mut streams),
        BundleCommand::Approve(arguments) => approve::run(arguments, &mut trail, &mut streams),
        BundleCommand::Install(arguments) => install::run(arguments, &mut trail, &mut streams),
        BundleCommand::Rollback(arguments) => rollback::run(arguments, &mut trail, &mut streams),
        BundleCommand::List(arguments) => list::run(arguments, &mut streams),
    })
}

/// The site's audit trail, opened when there is something to record. Without a site file, records go to standard error, as those
/// of calls do; a rollback needs a trail.
struct Trail {
    program: Program,
    host: Host,
    site_file: PathBuf,
    is_site_named: bool,
    audit: Option<Audit>,
}

impl Record for Trail {
    fn begin(&mut self, event: &Event) -> Result<(), Refusal> {
        self.audit = Some(self.open(event.action)?);
        self.put(event, Stage::Begun, None)
    }

    fn end(&mut self, event: &Event, fault: Option<&Refusal>) -> Result<(), Refusal> {
        let stage = if fault.is_some() { Stage::Failed } else { Stage::Done };
        self.put(event, stage, fault)
    }
}

impl Trail {
    fn open(&self, action: Action) -> Result<Audit, Refusal> {
        let file = &self.site_file;
        let policy = if self.is_site_named || file.exists() {
            Site::read_trail(file).map_err(|fault| Refusal::new(Code::Usage, fault.to_string()))?
        } else {
            None
        };
        if policy.is_none() && action == Action::Rollback {
            let text = format!(
                "a rollback is written into the site's audit trail, and `{}` names none (`\"audit\"`); name the site file by \
                 `--site`",
                file.display()
            );
            return Err(Refusal::new(Code::Usage, text));
        }
        let identity = Identity::of(&self.program, None);
        let opened = match policy {
            Some(policy) if self.host == Host::Program => Audit::kept(&policy, &identity),
            policy => Audit::here(policy, identity),
        };
        opened.map_err(|fault| cannot(&fault))
    }

    fn put(&self, event: &Event, stage: Stage, fault: Option<&Refusal>) -> Result<(), Refusal> {
        let fault = fault.map(ToString::to_string);
        let audit = self.audit.as_ref().ok_or_else(|| cannot(&io::Error::other("nothing was begun")))?;
        audit.release(&ReleaseRecord { stage, event, fault }).map_err(|fault| cannot(&fault))
    }
}

fn cannot(fault: &io::Error) -> Refusal {
    Refusal::internal("the audit record cannot be written, so nothing is done without one", fault)
}
