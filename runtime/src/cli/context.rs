//! What every command works with: the program, the site that is joined with it, and where it prints.

use std::io::{self, Write};
use std::path::PathBuf;
#[cfg(target_os = "linux")]
use std::sync::Arc;

use airlock_contract::{Profile, Program};
use airlock_seal::Refusal;
use airlock_seal::release::Release;
use tokio::signal::unix::{SignalKind, signal};

use super::ExitCode;
use super::host::Host;
use super::release;
use crate::audit::{ArgumentsPolicy, Audit, Identity};
use crate::gate::{Gate, find_profile};
#[cfg(target_os = "linux")]
use crate::isolation::connector::Connector;
use crate::site::{Pin, Site, SiteAudit};

/// Which of the tools there are for a command.
#[derive(Debug, clap::Args)]
pub(crate) struct ProfileArg {
    /// Offer the tools of this profile, and no others; REVIEW.md lists the profiles
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
}

impl ProfileArg {
    /// The profile, if one was named.
    pub(super) fn find(&self, context: &mut Context<'_>) -> Result<Option<&'static Profile>, ExitCode> {
        let found = self.profile.as_deref().map(|name| find_profile(&context.program, name)).transpose();
        found.map_err(|fault| context.fail(ExitCode::Usage, &fault.to_string()))
    }
}

/// What every command works with.
pub(crate) struct Context<'a> {
    /// What was compiled into this program.
    pub(crate) program: Program,
    /// The site file that was named, or the default one.
    pub(crate) site_file: PathBuf,
    /// Results.
    pub(crate) out: &'a mut dyn Write,
    /// Everything else that people read.
    pub(crate) err: &'a mut dyn Write,
    /// Whose process this is.
    pub(super) host: Host,
    /// The process that opens connections, if there is one.
    #[cfg(target_os = "linux")]
    pub(super) connector: Option<Arc<Connector>>,
    /// The release that this program lies in, checked, if it lies in one.
    pub(super) release: Option<Release>,
    /// Whether the layers that are in force are told.
    pub(super) tells_level: bool,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        program: Program,
        host: Host,
        site_file: PathBuf,
        out: &'a mut dyn Write,
        err: &'a mut dyn Write,
    ) -> Self {
        Self {
            program,
            site_file,
            out,
            err,
            host,
            #[cfg(target_os = "linux")]
            connector: None,
            release: None,
            tells_level: false,
        }
    }
}

impl Context<'_> {
    /// The same command, telling nobody.
    pub(super) fn silent<'w>(&self, out: &'w mut dyn Write, err: &'w mut dyn Write) -> Context<'w> {
        Context::new(self.program, self.host, PathBuf::new(), out, err)
    }

    /// Reads the site file and joins it with the catalogs. `reach` are places to connect to beside the upstreams; without it no
    /// call is made. A fault is written to `err`.
    pub(super) fn open(&mut self, profile: &ProfileArg, reach: Option<&[Pin]>) -> Result<(Gate, Site), ExitCode> {
        let profile = profile.find(self)?;
        let mut identity = Identity::of(&self.program, profile.map(|profile| profile.name));
        identity.release_sums_sha512 = self.release.as_ref().map(|release| release.sums_sha512.clone());
        let mut site = Site::read(&self.site_file).map_err(|fault| self.fail(ExitCode::Usage, &fault.to_string()))?;
        release::admitted(self.release.as_ref(), site.release.as_ref()).map_err(|refusal| self.refuse(&refusal))?;
        let opened = (|| {
            // First: it gets ready while the keeper reads the trail.
            if let Some(more) = reach {
                self.connect(&mut site, more)?;
            }
            // A command that makes no call leaves the audit trail as it is, which may be another process's.
            let trail = site.audit.as_ref().filter(|_| reach.is_some());
            let audit = self.audit(trail, identity).map_err(|fault| fault.to_string())?;
            let mut gate = Gate::new(self.program, &site, audit).map_err(|fault| fault.to_string())?;
            if let Some(profile) = profile {
                gate = gate.under(profile).map_err(|fault| fault.to_string())?;
            }
            Ok((gate, site))
        })();
        opened.map_err(|fault: String| self.fail(ExitCode::Usage, &fault))
    }

    /// Opens the trail of a site.
    fn audit(&self, site: Option<&SiteAudit>, identity: Identity) -> io::Result<Audit> {
        let Some(SiteAudit { policy, values, digest_key }) = site else { return Audit::here(None, identity) };
        let audit = if self.host == Host::Program {
            Audit::kept(policy, &identity)?
        } else {
            Audit::here(Some(policy.clone()), identity)?
        };
        Ok(audit.with_arguments(ArgumentsPolicy { values: *values, digest_key: digest_key.clone() }))
    }

    /// Writes why a release is refused to `err`, and gives its code back.
    pub(crate) fn refuse(&mut self, refusal: &Refusal) -> ExitCode {
        let _ = writeln!(self.err, "{refusal}");
        ExitCode::Bundle(refusal.code)
    }

    /// Writes a fault to `err` and gives the code back.
    pub(crate) fn fail(&mut self, code: ExitCode, text: &str) -> ExitCode {
        // Nobody is left to tell if standard error is gone too.
        let _ = writeln!(self.err, "error: {text}");
        code
    }
}

/// One thread suits a program that waits for one upstream after another.
pub(crate) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// Waits for a signal that ends the program, so that it ends in order: each open call leaves its audit record.
pub(super) async fn stopped() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    }
}
