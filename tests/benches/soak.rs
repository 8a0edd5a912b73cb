//! A hundred thousand calls through one server, with an upstream in all kinds of trouble.
//!
//!     cargo build --release -p airlock-runtime --no-default-features && cargo bench -p airlock-tests --bench soak
//!
//! Another number of calls may be given behind `--`. What must hold is checked: it ends with a panic if a call is lost.

use std::io::{self, Write as _};

use airlock_tests::soak::{Report, run};

const CALLS: usize = 100_000;

fn main() -> io::Result<()> {
    let calls = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(CALLS);
    let Report { calls, answered, refused, cancelled, taken, memory_bytes, descriptors } = run(calls, 1);
    let [memory_early, memory_late] = memory_bytes.map(|bytes| bytes / 1024);
    let [open_early, open_late] = descriptors;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "| calls | answered | refused | cancelled | seconds | KiB after a tenth | KiB at the end | open after a tenth | open at the end |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|")?;
    let seconds = taken.as_secs_f64();
    writeln!(
        out,
        "| {calls} | {answered} | {refused} | {cancelled} | {seconds:.1} | {memory_early} | {memory_late} | {open_early} | {open_late} |"
    )
}
