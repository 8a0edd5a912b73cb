//! The program that an operator runs: the generated catalogs, joined with the runtime.

use std::process::ExitCode;

fn main() -> ExitCode {
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    airlock_runtime::cli::run_apart(airlock_generated::PROGRAM, std::env::args_os(), &mut out, &mut err).leave()
}
