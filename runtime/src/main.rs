//! The program that an operator runs: the generated catalogs, joined with the runtime.

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    if let Err(fault) = airlock_runtime::hygiene::begin() {
        let _ = writeln!(err, "error: this process cannot be kept private: {fault}");
        return airlock_runtime::cli::ExitCode::Failed.into();
    }
    airlock_runtime::cli::run(airlock_generated::PROGRAM, std::env::args_os(), &mut out, &mut err).leave()
}
