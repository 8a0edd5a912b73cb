//! The program that an operator runs: the generated catalogs, joined with the runtime.

use std::process::ExitCode;

fn main() -> ExitCode {
    airlock_runtime::cli::main(airlock_generated::PROGRAM)
}
