//! The `airlock` command.

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use airlock_compiler::cli::{Exit, Streams, run};

fn main() -> ExitCode {
    let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let exit = match run(std::env::args_os(), &mut Streams { out: &mut out, err: &mut err, colour }) {
        Ok(exit) => exit,
        // A reader that has gone away has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(_) => Exit::Invalid,
    };
    ExitCode::from(exit.code())
}
