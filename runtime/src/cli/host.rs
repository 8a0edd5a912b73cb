//! The program itself, as against its commands inside of another one: it closes what was left open, and confines itself.

use std::path::PathBuf;

use airlock_contract::Program;

use super::{Context, ExitCode, commands, runtime};
use crate::isolation::{Confinement, Minimum, confine};

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
    #[cfg(target_os = "linux")]
    crate::isolation::start();
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    commands(program, Host::Program, std::env::args_os(), &mut out, &mut err).leave()
}

impl Context<'_> {
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
        if self.tells_level {
            let _ = writeln!(self.err, "isolation: {level}");
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
