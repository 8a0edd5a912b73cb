//! `airlock-host selftest`: makes the attempts that isolation refuses, and says what came of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::progress::Progress;
use super::{Context, ExitCode, finish};
use crate::digest;
use crate::isolation::Layer;
use crate::selftest::{ATTEMPTS, Attempt, Evidence, MATRIX, Outcome, Part, Settings, run as run_attempts};

/// Arguments of `airlock-host selftest`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each attempt is a process of its own, started from this program's file, and made twice: as it is (control), and confined as this
program confines itself (isolated). It is open if it was really done: a receiver got something, a secret was read, a file or
another process is not as it was. Then layers are left out to find the one that closes it.

What is touched: a directory among the temporary files, sockets on 127.0.0.1, 127.0.0.2, 127.0.0.9 and ::1, and processes of this
program. As root, the control also mounts a file system on that directory and takes it away, and gives the machine the name that
it has. With --egress, these leave the machine: TCP to 192.0.2.1:443, UDP to 192.0.2.1:53 and ICMP to 192.0.2.1 (an address that is
nobody's, RFC 5737), and a question for example.com to the name servers of /etc/resolv.conf.

JSON: {\"program\", \"machine\", \"layers\", \"without\", \"beyond_loopback\", \"part\", \"counts\", \"known\", \"attempts\": [{\"number\", \"name\",
\"what\", \"control\", \"isolated\", \"layer\", \"errno\", \"signal\", \"receipts\"}]}; \"control\" and \"isolated\" are open, closed or absent

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

fn print(evidence: &Evidence, context: &mut Context<'_>) -> io::Result<()> {
    let word = |outcome: Option<Outcome>| outcome.map_or("-", |outcome| outcome.verdict.word());
    writeln!(context.out, "     {:<26} {:<8} {:<9} closed by", "attempt", "control", "isolated")?;
    for row in &evidence.rows {
        let (control, isolated) = (word(row.control), word(row.isolated));
        let layer = if row.is_open() { row.known().unwrap_or("NOT CLOSED").to_owned() } else { row.layer_in_words() };
        let line = format!("{:>3}  {:<26} {control:<8} {isolated:<9} {layer}", row.attempt.number(), row.attempt.name);
        writeln!(context.out, "{}", line.trim_end())?;
    }
    let (control, isolated) = (evidence.control(usize::MAX), evidence.isolated(usize::MAX));
    let (all, unexpected) = (evidence.rows.len(), evidence.unexpected().count());
    writeln!(context.out, "\nlayers in force: {}", evidence.layers.join(", "))?;
    writeln!(
        context.out,
        "{all} attempts. Control: {} open, {} closed, {} absent. Isolated: {} open, {} closed, {} absent. Of those open, {} \
         are known and {unexpected} are not.",
        control.open,
        control.closed,
        control.absent,
        isolated.open,
        isolated.closed,
        isolated.absent,
        isolated.open - unexpected,
    )?;
    writeln!(
        context.out,
        "Of the first {MATRIX}, the matrix: {} open in the control, {} isolated.",
        evidence.control(MATRIX).open,
        evidence.isolated(MATRIX).open
    )
}
