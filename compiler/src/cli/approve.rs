//! `airlock approve`: catalogs -> the `catalog.lock` of each.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{CatalogsArgument, Exit, OutputFormat, Streams, count, diagnostics_json, refused, show};
use crate::ir::{Catalog, Tool};
use crate::load::{LOCK, Sources};
use crate::lock::{self, Affected, Change, Lock, Subject};
use crate::pipeline::{self, Placed};
use crate::report::{Diagnostic, Report, did_you_mean, visible};
use crate::wording::tool as tool_in_words;
use crate::write;

/// Arguments of `airlock approve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A catalog with a catalog.lock is under review: `compile` refuses a tool of it whose description,
arguments, request, rule or result is not what was approved, and so it does a prompt. The file holds
names and digests, one line an operation or prompt, and nothing of who or when: git knows that. Read
first, then approve, then commit:

  airlock diff git:HEAD catalogs           what is different, and what it means
  airlock approve find_free_beds get_unit  these may be as they are now
  airlock approve --all                    so may all; begins the file where there is none
  airlock approve                          no tool: only the lines of operations that are none

JSON: {\"exit\", \"catalogs\", \"tools\", \"approved\": [{\"catalog\", \"tool\" or \"prompt\",
\"change\": \"new|changed|moved|gone\", \"what\"}], \"unapproved\": [names], \"differences\": [{\"path\", \"kind\": \"changed|missing\"}], \"diagnostics\"}")]
pub(super) struct ApproveArguments {
    /// The tools and prompts that may be as they are now, or may be gone. Without any, nothing is approved.
    #[arg(value_name = "TOOL")]
    tools: Vec<String>,
    /// Approve every tool and prompt of every catalog.
    #[arg(long, conflicts_with = "tools")]
    all: bool,
    #[command(flatten)]
    catalogs: CatalogsArgument,
    /// Write nothing; exit 1 if a file would be written.
    #[arg(long)]
    check: bool,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: OutputFormat,
}

impl ApproveArguments {
    fn names(&self, tool: &str) -> bool {
        self.all || self.tools.iter().any(|name| name == tool)
    }
}

/// A catalog whose lock is written.
struct Approved<'c> {
    catalog: &'c Catalog,
    path: PathBuf,
    /// What the file holds, if there is one.
    text: Option<String>,
    /// What it says; of no file, nothing.
    before: Lock,
    /// What it will say.
    after: Lock,
    /// What it would say if everything were approved.
    now: Lock,
}

impl Approved<'_> {
    /// What is newly approved.
    fn changes(&self) -> Vec<Affected> {
        lock::affected(&self.before, &self.after)
    }

    /// In which way the file differs from what should stand there.
    fn difference(&self) -> Option<&'static str> {
        match &self.text {
            None => Some("missing"),
            Some(text) => (*text != self.after.text()).then_some("changed"),
        }
    }

    fn tool(&self, name: &str) -> Option<&Tool> {
        self.catalog.tools.iter().find(|tool| tool.name == name)
    }

    /// What is approved, in a sentence.
    fn what(&self, one: &Affected) -> String {
        let tool = match &one.subject {
            Subject::Tool(name) => self.tool(name),
            Subject::Prompt(_) if one.change == Change::Gone => return "is no prompt any more".to_owned(),
            Subject::Prompt(name) => {
                let prompt = self.catalog.prompts.iter().find(|prompt| prompt.name == *name);
                let title = prompt.map(|prompt| prompt.title.as_str()).unwrap_or_default();
                return visible(&format!("the prompt \"{title}\""));
            }
        };
        match (tool, &one.change) {
            (Some(tool), Change::Moved(before)) => visible(&format!("{}; was {}", tool_in_words(tool), before.shown())),
            (Some(tool), _) => visible(&tool_in_words(tool)),
            (None, _) => "is no tool any more".to_owned(),
        }
    }
}

pub(super) fn run(arguments: &ApproveArguments, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let placed = pipeline::place(&arguments.catalogs.catalogs, &mut sources, &mut report);
    let approved = placed.as_ref().and_then(|placed| approve(arguments, placed, &sources, &mut report));
    let Some(approved) = approved else {
        return refused(&report, &sources, arguments.format, streams);
    };
    let differing: Vec<&Approved<'_>> = approved.iter().filter(|one| one.difference().is_some()).collect();
    if !arguments.check {
        for one in &differing {
            if let Err(error) = write::replace(&one.path, &one.after.text()) {
                writeln!(streams.err, "error: cannot write {}: {error}", one.path.display())?;
                return Ok(Exit::Invalid);
            }
        }
    }
    let exit = if arguments.check && !differing.is_empty() { Exit::Stale } else { Exit::Done };
    match arguments.format {
        OutputFormat::Human => {
            show(&report, &sources, streams)?;
            tell(&approved, exit, arguments, streams)?;
        }
        OutputFormat::Json => {
            let diagnostics = diagnostics_json(&report, &sources);
            writeln!(streams.out, "{:#}", as_json(&approved, exit, &diagnostics))?;
        }
    }
    Ok(exit)
}

/// The locks of all catalogs that have one, or of which something is approved now. `None` after an error.
fn approve<'c>(
    arguments: &ApproveArguments,
    placed: &'c Placed,
    sources: &Sources,
    report: &mut Report,
) -> Option<Vec<Approved<'c>>> {
    let mut approved = Vec::new();
    for (catalog, places) in placed.catalogs.iter().zip(&placed.places) {
        let is_meant = arguments.all
            || catalog.tools.iter().any(|tool| arguments.names(&tool.name))
            || catalog.prompts.iter().any(|prompt| arguments.names(&prompt.name));
        let (text, before) = match places.lock {
            Some(file) => match lock::read(file, sources, report) {
                Some((lock, _)) => (Some(sources.text(file).to_owned()), lock),
                None => continue,
            },
            None if is_meant => (None, Lock::default()),
            None => continue,
        };
        let path = arguments.catalogs.catalogs.join(&catalog.name).join(LOCK);
        let now = lock::of(catalog);
        let after = lock::approve(&before, &now, |tool| arguments.names(tool));
        approved.push(Approved { catalog, path, text, before, after, now });
    }
    if !report.has_errors() {
        check_names(arguments, &placed.catalogs, &approved, report);
    }
    (!report.has_errors()).then_some(approved)
}

/// Names that are neither a tool or prompt nor were one.
fn check_names(arguments: &ApproveArguments, catalogs: &[Catalog], approved: &[Approved<'_>], report: &mut Report) {
    let tools = catalogs.iter().flat_map(|catalog| &catalog.tools).map(|tool| tool.name.as_str());
    let locked = approved.iter().flat_map(|one| one.before.included.keys().chain(one.before.prompts.keys()));
    let prompts = catalogs.iter().flat_map(|catalog| &catalog.prompts).map(|prompt| prompt.name.as_str());
    let known: BTreeSet<&str> = tools.chain(prompts).chain(locked.map(String::as_str)).collect();
    for name in arguments.tools.iter().filter(|name| !known.contains(name.as_str())) {
        let wrong =
            Diagnostic::error("E0704", format!("no catalog has a tool or prompt `{name}`, and none was approved"));
        report.push(wrong.help(match did_you_mean(name, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "name tools as catalog.yaml does, or approve all with `--all`".to_owned(),
        }));
    }
}

/// What of these catalogs is not approved all the same.
fn unapproved(approved: &[Approved<'_>]) -> Vec<String> {
    approved
        .iter()
        .flat_map(|one| lock::affected(&one.after, &one.now))
        .map(|one| one.subject.name().to_owned())
        .collect()
}

/// One line for each tool and prompt that is newly approved, then the sum.
fn tell(
    approved: &[Approved<'_>],
    exit: Exit,
    arguments: &ApproveArguments,
    streams: &mut Streams<'_>,
) -> io::Result<()> {
    let mut newly = 0;
    for one in approved {
        for change in one.changes() {
            let (word, name) = (change.change.word(), visible(change.subject.name()));
            writeln!(streams.out, "{word:8} {name}: {}", one.what(&change))?;
            newly += 1;
        }
    }
    let tools = approved.iter().map(|one| one.catalog.tools.len()).sum();
    let mut parts = vec![count(approved.len(), "catalog"), count(tools, "tool"), format!("{newly} newly approved")];
    match unapproved(approved).len() {
        0 => {}
        some => parts.push(format!("{some} not approved")),
    }
    let files = approved.iter().filter(|one| one.difference().is_some()).count();
    parts.push(match (arguments.check, files) {
        (true, 0) => "up to date".to_owned(),
        (true, files) => count(files, "file") + " to be written",
        (false, files) => count(files, "file") + " changed",
    });
    writeln!(streams.out, "{}", parts.join(", "))?;
    if approved.is_empty() {
        writeln!(streams.err, "no catalog has a {LOCK}; `airlock approve --all` begins it")?;
    }
    if exit == Exit::Stale {
        writeln!(streams.err, "run the same without `--check`, read the diff and commit it")?;
    }
    Ok(())
}

fn as_json(approved: &[Approved<'_>], exit: Exit, diagnostics: &Value) -> Value {
    let changes = approved.iter().flat_map(|one| one.changes().into_iter().map(move |change| (one, change)));
    let changes: Vec<Value> = changes
        .map(|(one, change)| {
            let what = one.what(&change);
            let (catalog, word) = (&one.catalog.name, change.change.word());
            match &change.subject {
                Subject::Tool(name) => json!({"catalog": catalog, "tool": name, "change": word, "what": what}),
                Subject::Prompt(name) => json!({"catalog": catalog, "prompt": name, "change": word, "what": what}),
            }
        })
        .collect();
    let differences = approved.iter().filter_map(|one| {
        let path = one.path.to_string_lossy().replace('\\', "/");
        one.difference().map(|kind| json!({"path": path, "kind": kind}))
    });
    json!({
        "exit": exit.code(),
        "catalogs": approved.len(),
        "tools": approved.iter().map(|one| one.catalog.tools.len()).sum::<usize>(),
        "approved": changes,
        "unapproved": unapproved(approved),
        "differences": differences.collect::<Vec<_>>(),
        "diagnostics": diagnostics,
    })
}
