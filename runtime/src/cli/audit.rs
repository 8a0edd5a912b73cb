//! `airlock-host audit`: what others do with a trail. No site file is needed, and nothing is written to the trail.

mod print;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::Value;

use super::{Context, ExitCode, Format, finish};
use crate::audit::export::{ExportFormat, exported};
use crate::audit::report::Sums;
use crate::audit::row::{Entry, Fault, Row};
use crate::audit::verify::{Found, verify};
use crate::audit::{Kind, NAMESPACE, checkpoint_text, time};
use airlock_seal::sshsig::PublicKey;
use airlock_seal::trust::Signers;

/// A file of keys longer than this is refused, in bytes.
const KEYS_BYTES_MAX: u64 = 1 << 20;

/// `airlock-host audit`.
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Check every record of a trail: exit code 0 if it is whole, 1 if not
    #[command(after_help = VERIFY_HELP)]
    Verify(VerifyArgs),
    /// Print records, or one checkpoint as files that `ssh-keygen -Y verify` takes
    #[command(after_help = SHOW_HELP)]
    Show(ShowArgs),
    /// Print records in the words of another system, one a line
    Export(ExportArgs),
    /// Sum a trail up as one HTML page
    #[command(after_help = "Example:\n  airlock-host audit report audit.jsonl > report.html")]
    Report(TrailArgs),
}

const VERIFY_HELP: &str = "\
Examples:
  airlock-host audit verify audit.jsonl --key audit.key.pub
  airlock-host audit verify audit.jsonl --allowed-signers allowed_signers --format json

Without keys a trail is whole if its chain is, which whoever can write it can make anew. With them each checkpoint has to be
signed by one, and no more than a thousand records may follow the last. What was cut off behind that shows in a copy alone.

Exit codes: 0 whole, 1 broken, with FILE:LINE, 2 bad usage or a file that cannot be read.";

const SHOW_HELP: &str = "\
Examples:
  airlock-host audit show audit.jsonl --tool find_patients --since 2026-07-28
  airlock-host audit show audit.jsonl --checkpoint 1001 --write out
  ssh-keygen -Y verify -f allowed_signers -I NAME -n airlock-audit-v1 -s out/checkpoint-1001.sig < out/checkpoint-1001";

/// Which trail.
#[derive(Debug, Args)]
pub(super) struct TrailArgs {
    /// The file that is written, as the site file names it; those that are full are found beside it
    file: PathBuf,
    /// Take what is here where the first files of the trail were moved away
    #[arg(long)]
    partial: bool,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    trail: TrailArgs,
    /// The public key that has to have signed, as `ssh-keygen` writes it to a `.pub` file
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Who may have signed: a file of `allowed_signers` (ssh-keygen(1))
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    allowed_signers: Option<PathBuf>,
    /// `human` for people, `json` for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    trail: TrailArgs,
    #[command(flatten)]
    wanted: WantedArgs,
    /// Write one checkpoint, by its number, and its signature
    #[arg(long, value_name = "SEQ", requires = "write", conflicts_with_all = ["tool", "verdict", "since", "session", "format"])]
    checkpoint: Option<u64>,
    /// To this directory, as new files
    #[arg(long, value_name = "DIRECTORY", requires = "checkpoint")]
    write: Option<PathBuf>,
    /// `human` for people, `json` for the lines as they stand there
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Which records.
#[derive(Debug, Args)]
struct WantedArgs {
    /// Calls of this tool
    #[arg(long, value_name = "NAME")]
    tool: Option<String>,
    /// Calls that came to this, such as `answered` or `approval`
    #[arg(long, value_name = "WORD")]
    verdict: Option<String>,
    /// Records from this time on, in UTC: the beginning of `2026-07-28T10:00:00.000000Z`
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<String>,
    /// Calls of this session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    trail: TrailArgs,
    /// Whose words
    #[arg(long, value_enum)]
    format: ExportFormat,
}

fn since(text: &str) -> Result<String, String> {
    if time::is_beginning(text) {
        return Ok(text.to_owned());
    }
    Err("not the beginning of a time such as `2026-07-28T10:00:00.000000Z`".to_owned())
}

pub(super) fn run(command: &AuditCommand, context: &mut Context<'_>) -> ExitCode {
    match command {
        AuditCommand::Verify(arguments) => verified(arguments, context),
        AuditCommand::Show(ShowArgs { trail, checkpoint: Some(seq), write: Some(directory), .. }) => {
            checkpoint(trail, *seq, directory, context)
        }
        AuditCommand::Show(arguments) => each(&arguments.trail, context, |entry, record, out| match arguments.format {
            _ if !arguments.wanted.admits(entry.head.kind, record) => Ok(()),
            Format::Json => writeln!(out, "{}", entry.text),
            Format::Human => writeln!(out, "{}", print::record(entry.head.kind, record)),
        }),
        AuditCommand::Export(arguments) => each(&arguments.trail, context, |entry, record, out| {
            match exported(arguments.format, entry.head.kind, record) {
                Some(line) => writeln!(out, "{line}"),
                None => Ok(()),
            }
        }),
        AuditCommand::Report(trail) => report(trail, context),
    }
}

impl WantedArgs {
    fn admits(&self, kind: Kind, record: &Value) -> bool {
        let is = |wanted: &Option<String>, member: &str| {
            wanted.as_deref().is_none_or(|wanted| record[member].as_str() == Some(wanted))
        };
        let since = self.since.as_deref().is_none_or(|since| record["time"].as_str().is_some_and(|time| time >= since));
        let is_of_calls = self.tool.is_some() || self.verdict.is_some() || self.session.is_some();
        let is_call = matches!(kind, Kind::Call | Kind::Outcome);
        since
            && (is_call || !is_of_calls)
            && is(&self.tool, "tool")
            && is(&self.verdict, "verdict")
            && is(&self.session, "session")
    }
}

fn verified(arguments: &VerifyArgs, context: &mut Context<'_>) -> ExitCode {
    let known = match keys(arguments) {
        Ok(known) => known,
        Err(fault) => return context.fail(ExitCode::Usage, &fault),
    };
    let (found, end) = verify(&arguments.trail.file, arguments.trail.partial, known.as_deref());
    if let Err(Fault::Unreadable(fault)) = &end {
        return context.fail(ExitCode::Usage, fault);
    }
    let printed = match arguments.format {
        Format::Human => print::found(&arguments.trail.file, &found, end.as_ref().err(), context.out),
        Format::Json => print::found_json(&found, end.as_ref().err(), context.out),
    };
    match (finish(context, printed), end) {
        (ExitCode::Done, Err(_)) => ExitCode::Failed,
        (code, _) => code,
    }
}

/// The keys that may sign; none where any may.
fn keys(arguments: &VerifyArgs) -> Result<Option<Vec<PublicKey>>, String> {
    let read = |path: &Path| {
        let bytes = fs::metadata(path).map(|about| about.len());
        let text = bytes.and_then(|bytes| match bytes {
            0..=KEYS_BYTES_MAX => fs::read_to_string(path),
            _ => Err(io::Error::other(format!("it is longer than {KEYS_BYTES_MAX} bytes"))),
        });
        text.map_err(|fault| format!("`{}` cannot be read: {fault}", path.display()))
    };
    if let Some(path) = &arguments.key {
        let key = PublicKey::read_line(read(path)?.trim()).map_err(|fault| format!("`{}` {fault}", path.display()))?;
        return Ok(Some(vec![key]));
    }
    let Some(path) = &arguments.allowed_signers else { return Ok(None) };
    let signers = Signers::read(&read(path)?).map_err(|fault| format!("`{}`, {fault}", path.display()))?;
    let allowed = signers.keys(NAMESPACE);
    if allowed.is_empty() {
        return Err(format!("`{}` lets nobody sign in the namespace {NAMESPACE}", path.display()));
    }
    Ok(Some(allowed))
}

/// Hands on every record of a trail, until one is not what was written.
fn each(
    trail: &TrailArgs,
    context: &mut Context<'_>,
    mut put: impl FnMut(&Entry<'_>, &Value, &mut dyn Write) -> io::Result<()>,
) -> ExitCode {
    let mut row = match Row::open(&trail.file, trail.partial) {
        Ok(row) => row,
        Err(fault) => return failed(&fault, context),
    };
    let end = {
        let mut out = BufWriter::new(&mut *context.out);
        let end = loop {
            match row.next() {
                Ok(None) => break Ok(Ok(())),
                Err(fault) => break Ok(Err(fault)),
                Ok(Some(entry)) => {
                    let record: Value = serde_json::from_str(entry.text).unwrap_or_default();
                    if let Err(fault) = put(&entry, &record, &mut out) {
                        break Err(fault);
                    }
                }
            }
        };
        end.and_then(|end| out.flush().map(|()| end))
    };
    match end {
        Ok(Err(fault)) => failed(&fault, context),
        Ok(Ok(())) => ExitCode::Done,
        Err(fault) => finish(context, Err(fault)),
    }
}

fn failed(fault: &Fault, context: &mut Context<'_>) -> ExitCode {
    let code = if matches!(fault, Fault::Unreadable(_)) { ExitCode::Usage } else { ExitCode::Failed };
    context.fail(code, &print::fault(fault))
}

fn report(trail: &TrailArgs, context: &mut Context<'_>) -> ExitCode {
    let (found, end) = verify(&trail.file, trail.partial, None);
    if let Err(fault @ Fault::Unreadable(_)) = &end {
        return failed(fault, context);
    }
    let mut sums = Sums::default();
    let (mut out, mut err) = (io::sink(), io::sink());
    let mut silent = context.silent(&mut out, &mut err);
    each(trail, &mut silent, |entry, record, _| {
        sums.add(entry.head.kind, record);
        Ok(())
    });
    let fault = end.err().map(|fault| print::fault(&fault));
    let printed = context.out.write_all(sums.page(&found, fault.as_deref()).as_bytes());
    match (finish(context, printed), fault) {
        (ExitCode::Done, Some(fault)) => context.fail(ExitCode::Failed, &fault),
        (code, _) => code,
    }
}

/// Writes what a checkpoint signs, and its signature.
fn checkpoint(trail: &TrailArgs, seq: u64, directory: &Path, context: &mut Context<'_>) -> ExitCode {
    let mut made = None;
    let code = each(trail, context, |entry, record, _| {
        if entry.head.kind == Kind::Checkpoint && entry.head.seq == seq {
            made = Some((checkpoint_text(&entry.before), record["signature"].as_str().map(str::to_owned)));
        }
        Ok(())
    });
    let (text, signature) = match (code, made) {
        (ExitCode::Done, Some((text, Some(signature)))) => (text, signature),
        (ExitCode::Done, Some((_, None))) => {
            return context
                .fail(ExitCode::Usage, &format!("checkpoint {seq} is not signed: the site file names no key"));
        }
        (ExitCode::Done, None) => return context.fail(ExitCode::Usage, &format!("record {seq} is no checkpoint")),
        (code, _) => return code,
    };
    for (name, text) in [(format!("checkpoint-{seq}"), text), (format!("checkpoint-{seq}.sig"), signature)] {
        let path = directory.join(name);
        let written = File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        if let Err(fault) = written {
            return context.fail(ExitCode::Failed, &format!("cannot write `{}`: {fault}", path.display()));
        }
        let printed = writeln!(context.out, "{}", path.display());
        if finish(context, printed) != ExitCode::Done {
            return ExitCode::Failed;
        }
    }
    ExitCode::Done
}

/// What is told of a trail, for those who read it as a value.
#[derive(serde::Serialize)]
struct Verdict<'a> {
    whole: bool,
    fault: Option<String>,
    #[serde(flatten)]
    found: &'a Found,
}
