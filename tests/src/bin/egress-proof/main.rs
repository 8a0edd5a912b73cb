//! `egress-proof`: that no packet leaves a confined program but to its declared upstream, seen from outside of it. Never shipped.
//!
//! ```text
//! egress-proof receive LOG tcp:IP:PORT udp:IP:PORT…     listens, and writes a line into LOG for whatever comes
//! egress-proof prove HOST WORK UPSTREAM ROLE…           tries HOST, a copy of airlock-host, as each role: root, nobody
//! ```
//!
//! `tests/egress.sh` makes the network namespaces that both run in, and the counters that `prove` reads.

mod prove;
mod receive;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "egress-proof receive LOG tcp:IP:PORT udp:IP:PORT… | egress-proof prove HOST WORK UPSTREAM ROLE…";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["receive", log, ref places @ ..] if !places.is_empty() => receive::run(Path::new(log), places),
        ["prove", host, work, upstream, ref roles @ ..] if !roles.is_empty() => {
            prove::run(Path::new(host), Path::new(work), upstream, roles, &mut io::stdout())
        }
        _ => Err(format!("usage: {USAGE}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            // Nobody is left to be told if this fails.
            let _ = writeln!(io::stderr(), "egress-proof: {fault}");
            ExitCode::FAILURE
        }
    }
}
