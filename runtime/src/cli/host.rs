//! The program itself, as against its commands inside of another one: it closes what was left open, and confines itself.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use airlock_contract::Program;

use super::{Context, ExitCode, commands, runtime};
#[cfg(target_os = "linux")]
use crate::isolation::connector::Connector;
use crate::isolation::{Confinement, Layer, Level, Minimum, confine, this_program};
use crate::site::{Pin, Site};
use crate::upstream::Dialer;

/// Whose process this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// Ours: it is confined before anything from outside is looked at.
    Program,
    /// That of whoever called [`super::run`]; it stays as it is.
    Library,
}

/// Runs the command that the arguments of this process name, confined. A program's `main` does nothing else, and nothing before.
pub fn main(program: Program) -> std::process::ExitCode {
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let arguments: Vec<OsString> = std::env::args_os().collect();
    #[cfg(target_os = "linux")]
    {
        // An attempt of the self-test is what it is told to be, and nothing of this.
        if let Some(code) = crate::selftest::run_role(&arguments, &mut out) {
            return code.into();
        }
        crate::isolation::start();
    }
    if let Err(fault) = crate::hygiene::begin() {
        let _ = writeln!(err, "error: this process cannot be kept private: {fault}");
        return ExitCode::Failed.into();
    }
    commands(program, Host::Program, arguments, &mut out, &mut err).leave()
}

impl Context<'_> {
    /// Starts the process that opens connections, to upstreams and to what else is named, if there are any.
    pub(super) fn connect(&mut self, site: &mut Site, more: &[Pin]) -> Result<(), String> {
        #[cfg(target_os = "linux")]
        if self.host == Host::Program {
            let of_upstreams = site.upstreams.values().flat_map(|upstream| &upstream.pins);
            let pins: BTreeSet<&Pin> = of_upstreams.chain(more).collect();
            if !pins.is_empty() {
                let program = this_program();
                let connector =
                    program.and_then(|program| Connector::start(&program, pins.into_iter().cloned().collect()));
                let connector = connector
                    .map_err(|fault| format!("the process that opens connections cannot be started: {fault}"))?;
                site.dialer = Dialer::through(Arc::clone(&connector));
                self.connector = Some(connector);
            }
        }
        Ok(())
    }

    /// Waits until the process that opens connections is confined. It has to be as this one is.
    #[cfg(target_os = "linux")]
    fn check_connector(&self, level: &Level) -> Result<(), String> {
        let Some(connector) = &self.connector else { return Ok(()) };
        let there = connector.ready().map_err(|fault| fault.to_string())?;
        let there: BTreeSet<&str> = there.split(", ").collect();
        let here = level.layers();
        // It is started with nothing open but its one end.
        let missing = here.iter().find(|layer| *layer != Layer::FdsClosed.word() && !there.contains(layer.as_str()));
        missing.map_or(Ok(()), |layer| Err(format!("the process that opens connections is without {layer}")))
    }

    /// Confines this process, for good. Everything that it needs beside `confinement` is open by now, and no thread is started.
    /// A fault is written to `err`.
    pub(super) fn confine(&mut self, confinement: &Confinement, minimum: &Minimum) -> Result<(), ExitCode> {
        if self.host == Host::Library {
            return Ok(());
        }
        // The first runtime makes a pair of sockets for signals, which every later one shares.
        drop(runtime().map_err(|fault| self.fail(ExitCode::Failed, &format!("cannot start: {fault}")))?);
        let level = confine(confinement, &[]).and_then(|level| minimum.check(&level).map(|()| level));
        let level = level.map_err(|fault| self.fail(ExitCode::Isolation, &fault.to_string()))?;
        #[cfg(target_os = "linux")]
        self.check_connector(&level).map_err(|fault| self.fail(ExitCode::Isolation, &fault))?;
        if self.tells_level {
            let _ = writeln!(self.err, "isolation: {level}");
            if let Some(release) = &self.release {
                let _ = writeln!(self.err, "release: {}", release.shown());
            }
        }
        Ok(())
    }
}

/// A path's directory, for a file that is to be made.
pub(super) fn directory_of(file: &std::path::Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
