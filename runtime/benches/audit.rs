//! What a record costs: beside a bare write of the same bytes, in this process, and through the keeper.
//!
//!     cargo bench -p airlock-runtime --no-default-features --bench audit
//!
//! Another number of calls may be given behind `--`. Each call is two records.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use airlock_runtime::audit::{ArgumentsTold, Audit, Ended, Identity, Policy, Record, SyncPolicy};

const CALLS: usize = 20_000;

/// The best of so many runs.
const RUNS: usize = 5;

fn main() -> ExitCode {
    // The keeper is this program once more.
    if std::env::args_os().nth(1).is_some_and(|argument| argument == "keeper") {
        return airlock_runtime::cli::main(airlock_generated::PROGRAM);
    }
    match measured() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let _ = writeln!(io::stderr(), "error: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn measured() -> io::Result<()> {
    let calls = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(CALLS);
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("audit.jsonl");
    let policy = |sync| Policy { sync, ..Policy::of_file(path.clone()) };
    let identity = Identity::of(&airlock_generated::PROGRAM, None);
    let here = best(&path, || written(&Audit::here(Some(policy(SyncPolicy::Never)), identity.clone())?, calls, false))?;
    let text = fs::read(&path)?;
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let bare = best(&path, || bare(&path, &lines))? / u32::try_from(lines.len()).unwrap_or(u32::MAX);
    let records = u32::try_from(calls * 2).unwrap_or(u32::MAX);
    let mut out = io::stdout().lock();
    writeln!(out, "| way | us a record | times a bare write |\n|---|---|---|")?;
    let mut row = |what: &str, each: Duration| {
        let ratio = each.as_secs_f64() / bare.as_secs_f64();
        writeln!(out, "| {what} | {:.1} | {ratio:.1} |", each.as_secs_f64() * 1e6)
    };
    row("a bare write of the same bytes", bare)?;
    row("written here, not synced", here / records)?;
    for (what, sync, durable, calls) in [
        ("through the keeper, not synced", SyncPolicy::Never, false, calls),
        ("through the keeper, reads (`writes`)", SyncPolicy::Writes, false, calls),
        ("through the keeper, writes (`writes`)", SyncPolicy::Writes, true, calls / 20),
        ("through the keeper, `every`", SyncPolicy::Every, false, calls / 20),
    ] {
        let taken = best(&path, || written(&Audit::kept(&policy(sync), &identity)?, calls, durable))?;
        row(what, taken / u32::try_from(calls * 2).unwrap_or(u32::MAX))?;
    }
    Ok(())
}

/// The shortest of some runs, each with a new file.
fn best(path: &Path, mut run: impl FnMut() -> io::Result<Duration>) -> io::Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        let _ = fs::remove_file(path);
        best = best.min(run()?);
    }
    Ok(best)
}

fn bare(path: &Path, lines: &[&[u8]]) -> io::Result<Duration> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    let started = Instant::now();
    for line in lines {
        file.write_all(line)?;
    }
    Ok(started.elapsed())
}

fn written(audit: &Audit, calls: usize, durable: bool) -> io::Result<Duration> {
    let before = record();
    let ended = Ended {
        attempts: 1,
        status: Some(200),
        bytes_before: 1428,
        bytes_after: 187,
        tokens_after: None,
        duration_ms: 4,
        verdict: "answered",
    };
    let after = Record { ended: Some(ended), ..record() };
    let started = Instant::now();
    for _ in 0..calls {
        let number = audit.call(&before, durable)?;
        audit.outcome(Some(number), &after)?;
    }
    Ok(started.elapsed())
}

fn record() -> Record {
    Record {
        caller: "mcp",
        session: None,
        turn: None,
        mark: None,
        mark_after: None,
        principal: Some("uid:1000".to_owned()),
        model: None,
        model_sha256: None,
        catalog: Some("clinic"),
        catalog_sha256: Some("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        tool: "find_free_beds".to_owned(),
        effect: Some("read"),
        arguments: vec!["ward_id"],
        arguments_unknown: 0,
        arguments_told: ArgumentsTold { sha256: Some("0".repeat(64)), ..ArgumentsTold::default() },
        arguments_from: BTreeMap::new(),
        upstream: Some("clinic"),
        method: Some("GET"),
        path: Some("/v1/wards/{ward_id}/beds".to_owned()),
        approval: "none",
        ended: None,
    }
}
