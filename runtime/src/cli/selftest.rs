//! `airlock-host selftest`: makes the attempts that isolation refuses, and says what came of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::host::Host;
use super::progress::Progress;
use super::{Context, ExitCode, finish};
use crate::digest;
use crate::isolation::Layer;
use crate::selftest::{ATTEMPTS, Attempt, Evidence, MATRIX, Outcome, Part, Row, Settings, run as run_attempts};

/// Arguments of `airlock-host selftest`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each attempt is a process of its own, started from this program's file, and made with nothing in force (control) and confined as
this program confines itself: with some files to read (isolated), with no file, and with more left to it than to any command. It is
open if it was really done: a receiver got something, a secret was read, a file or another process is not as it was. Then layers
are left out to find the one that closes it.

What is touched: a directory among the temporary files, sockets on 127.0.0.1, 127.0.0.2, 127.0.0.9 and ::1, and processes of this
program. As root, the control also mounts a file system on that directory and takes it away, and gives the machine the name that
it has. With --egress, these leave the machine: TCP to 192.0.2.1:443, UDP to 192.0.2.1:53 and ICMP to 192.0.2.1 (an address that is
nobody's, RFC 5737), and a question for example.com to the name servers of /etc/resolv.conf.

JSON: {\"program\", \"machine\", \"layers\", \"without\", \"beyond_loopback\", \"part\", \"counts\", \"known\", \"given\", \"attempts\":
[{\"number\", \"name\", \"what\", \"control\", \"isolated\", \"isolated_reading_nothing\", \"isolated_with_most\", \"layer\", \"errno\",
\"signal\", \"receipts\"}]}; what came of an attempt is open, closed or absent

Examples:
  airlock-host selftest                          try everything that stays on this machine
  airlock-host selftest --egress --out isolation.json
                                                 keep the evidence beside the bundle
  airlock-host selftest udp-sendto-53 --quick    one attempt, such as under strace -f

Exit codes: 0 nothing is open but what is known and named, 1 something is, or the control shows that the run proves nothing,
2 bad usage.")]
pub(super) struct SelftestArgs {
    /// Make these attempts alone; `airlock-host selftest --list` has the names
    #[arg(value_name = "NAME", value_parser = find)]
    attempts: Vec<&'static Attempt>,
    /// List the attempts, and make none
    #[arg(long, conflicts_with_all = ["egress", "quick", "only", "without", "json", "out"])]
    list: bool,
    /// Let some attempts leave the machine
    #[arg(long)]
    egress: bool,
    /// Do not find out which layer closes what
    #[arg(long)]
    quick: bool,
    /// Make one part alone
    #[arg(long, value_enum, value_name = "PART")]
    only: Option<PartArg>,
    /// Leave a layer out, to see that it is noticed
    #[arg(long, value_name = "LAYER", value_parser = layer)]
    without: Vec<Layer>,
    /// Print the evidence as JSON
    #[arg(long)]
    json: bool,
    /// Write the evidence as JSON into a file as well
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A part of a run.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum PartArg {
    /// With nothing in force
    Control,
    /// Confined
    Isolated,
}

fn find(name: &str) -> Result<&'static Attempt, String> {
    Attempt::find(name).ok_or_else(|| "no attempt has this name; `airlock-host selftest --list` has them".to_owned())
}

fn layer(word: &str) -> Result<Layer, String> {
    let found = Layer::ALL.into_iter().find(|layer| layer.word() == word);
    found.ok_or_else(|| format!("the layers are {}", Layer::ALL.map(Layer::word).join(", ")))
}

pub(super) fn run(arguments: &SelftestArgs, context: &mut Context<'_>) -> ExitCode {
    if arguments.list {
        let printed = list(context);
        return finish(context, printed);
    }
    if context.host == Host::Library {
        return context.fail(ExitCode::Failed, "attempts are made by the program itself, and this is another one");
    }
    let settings = Settings {
        beyond: arguments.egress,
        quick: arguments.quick,
        only: arguments.only.map(|part| match part {
            PartArg::Control => Part::Control,
            PartArg::Isolated => Part::Isolated,
        }),
        without: arguments.without.clone(),
        attempts: arguments.attempts.clone(),
    };
    let mut progress = Progress::new();
    let made = run_attempts(&settings, &mut |done, all| {
        progress.line(context, &format!("making attempts: {done} of {all}"));
    });
    progress.clear(context);
    let evidence = match made {
        Ok(evidence) => evidence,
        Err(fault) => return context.fail(ExitCode::Failed, &fault.to_string()),
    };
    let program = match program(context) {
        Ok(program) => program,
        Err(fault) => return context.fail(ExitCode::Failed, &format!("this program's file cannot be read: {fault}")),
    };
    let json = evidence.to_json(&program);
    if let Some(path) = &arguments.out
        && let Err(fault) = fs::write(path, format!("{json:#}\n"))
    {
        return context.fail(ExitCode::Failed, &format!("{}: {fault}", path.display()));
    }
    let printed = if arguments.json { writeln!(context.out, "{json:#}") } else { print(&evidence, context) };
    let code = finish(context, printed);
    if code == ExitCode::Done { judge(&evidence, context) } else { code }
}

/// Whether everything is as it must be, and what is not.
fn judge(evidence: &Evidence, context: &mut Context<'_>) -> ExitCode {
    if let Some(why) = evidence.proves_nothing() {
        return context.fail(ExitCode::Failed, &why);
    }
    let open: Vec<&str> = evidence.unexpected().map(|row| row.attempt.name).collect();
    if open.is_empty() {
        return ExitCode::Done;
    }
    context.fail(ExitCode::Failed, &format!("open in spite of the layers: {}", open.join(", ")))
}

/// What is tried: the very bytes of this program.
fn program(context: &Context<'_>) -> io::Result<Value> {
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "sha256": digest::of_file(Path::new("/proc/self/exe"))?,
        "tools_sha256": context.program.tools_sha256,
    }))
}

fn list(context: &mut Context<'_>) -> io::Result<()> {
    for (number, attempt) in ATTEMPTS.iter().enumerate() {
        writeln!(context.out, "{number:>3}  {:<26} {}", attempt.name, attempt.what)?;
    }
    Ok(())
}

/// One of a row's outcomes.
type OutcomeOf = fn(&Row) -> Option<Outcome>;

fn print(evidence: &Evidence, context: &mut Context<'_>) -> io::Result<()> {
    let word = |outcome: Option<Outcome>| outcome.map_or("-", |outcome| outcome.verdict.word());
    writeln!(context.out, "     {:<26} {:<8} {:<9} closed by", "attempt", "control", "isolated")?;
    for row in &evidence.rows {
        let (control, isolated) = (word(row.control), word(row.isolated));
        let layer = match row.known() {
            _ if row.is_unexpected() => "NOT CLOSED".to_owned(),
            Some(reason) if row.is_open() => reason.to_owned(),
            _ => row.layer_in_words(),
        };
        let line = format!("{:>3}  {:<26} {control:<8} {isolated:<9} {layer}", row.attempt.number(), row.attempt.name);
        writeln!(context.out, "{}", line.trim_end())?;
    }
    writeln!(context.out, "\nlayers in force: {}", evidence.layers.join(", "))?;
    let parts: [(&str, OutcomeOf); 4] = [
        ("nothing in force (control)", |row| row.control),
        ("isolated, reading some files", |row| row.isolated),
        ("isolated, reading no file", |row| row.nothing),
        ("isolated, with most left to it", |row| row.most),
    ];
    let all = evidence.rows.len();
    writeln!(context.out, "{:<32} open of {all:<4} closed  absent  open of the matrix's {MATRIX}", "")?;
    for (name, part) in parts {
        let (counts, matrix) = (evidence.count(usize::MAX, part), evidence.count(MATRIX, part));
        let numbers = format!("{:<12} {:<7} {:<7} {}", counts.open, counts.closed, counts.absent, matrix.open);
        writeln!(context.out, "{name:<32} {numbers}")?;
    }
    writeln!(context.out, "open without a known reason: {}", evidence.unexpected().count())
}
