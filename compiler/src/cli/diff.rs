//! `airlock diff`.

mod meaning;
mod revision;
mod side;

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Exit, RootArgument, Streams, diagnostics_json, show};
use crate::diff::{
    Change, Kind, Risk, compare, compare_models, compare_profiles, compare_servers, html, human, json as as_json,
    markdown, name_alike, order,
};
use crate::report::{Diagnostic, Severity, visible};
use side::{Failed, Form, Side};

pub(super) use side::Read;

/// Arguments of `airlock diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = teaching())]
pub(super) struct DiffArguments {
    /// What was reviewed: a directory of catalogs, one catalog's directory, an OpenAPI document, an unpacked bundle, or a git
    /// revision.
    old: String,
    /// What is to be reviewed, in the same forms.
    new: String,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: Output,
    /// Exit 1 if a change has this risk or a higher one.
    #[arg(long, value_enum, value_name = "LEVEL")]
    fail_on: Option<Risk>,
    #[command(flatten)]
    root: RootArgument,
    /// The git repository of revisions.
    #[arg(long, value_name = "DIR", default_value = ".")]
    repository: PathBuf,
}

/// For whom changes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// People.
    Human,
    /// Programs.
    Json,
    /// A comment on a pull request.
    Markdown,
    /// A page for a browser.
    Html,
}

/// The help text: forms, examples, and the table of kinds, which is the compiler's own.
fn teaching() -> String {
    let mut text = "\
Compares what two sides mean, not how they are written: a document or a manifest that was only laid out
anew gives no change. The riskiest change comes first.

  airlock diff git:main catalogs                     what a branch changes
  airlock diff git:v1.0 git:v1.1 --fail-on high      in CI: exit 1 if something else leaves or comes back
  airlock diff v1.0:catalogs/clinic catalogs/clinic  one catalog
  airlock diff old.yaml new.yaml                     two documents, with every operation as a tool
  airlock diff v1.0:api/main.yaml v1.1:api/main.yaml --root api   documents of many files
  airlock diff git:main catalogs --format markdown   a table for a pull request

`git:REV` is `catalogs` in the current directory as of that revision, `REV:PATH` any path as git writes it.

JSON: {\"changes\": [{\"risk\": \"high|medium|low|none\", \"kind\", \"catalog\", \"tool\": name or null, \"detail\"}]};
of what is wrong {\"exit\": 2, \"diagnostics\": [...]}.

Exit codes: 0 compared, 1 `--fail-on` found a change of that risk, 2 wrong input or usage.

Kinds of changes:
"
    .to_owned();
    let width = Kind::ALL.iter().map(|kind| kind.word().len()).max().unwrap_or_default();
    for kind in Kind::ALL {
        let _ = writeln!(text, "  {:width$}  {:6}  {}", kind.word(), kind.risk().word(), kind.meaning());
    }
    text.truncate(text.trim_end().len());
    text
}

pub(super) fn run(arguments: &DiffArguments, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let sides = [&arguments.old, &arguments.new]
        .map(|text| side::open(text, arguments.root.root.as_deref(), &arguments.repository));
    let [old, new] = sides;
    let (old, new) = match (old, new) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) => {
            let wrong = [old.err(), new.err()].into_iter().flatten().map(Failed::of).collect();
            return failed(wrong, arguments, streams);
        }
    };
    if old.is_document() != new.is_document() {
        let (document, other) = if old.is_document() { (&old, &new) } else { (&new, &old) };
        let wrong = Diagnostic::error(
            "E0118",
            format!("{} is a document and {} holds catalogs; they cannot be compared", document.shown, other.shown),
        )
        .help("compare two documents, or two states of the catalogs, whose documents lie in them");
        return failed(vec![Failed::of(wrong)], arguments, streams);
    }
    let (mut before, after) = match (old.read(), new.read()) {
        (Ok(before), Ok(after)) => (before, after),
        (before, after) => {
            let wrong = [before.err(), after.err()].into_iter().flatten().collect();
            return failed(wrong, arguments, streams);
        }
    };
    let is_one = old.form == Form::Catalog && new.form == Form::Catalog;
    let renamed = if is_one { name_alike(&mut before.catalogs, &after.catalogs) } else { None };
    if let Some(renamed) = &renamed {
        before.servers =
            before.servers.into_iter().map(|((_, name), url)| ((renamed.catalog.clone(), name), url)).collect();
    }
    let mut changes = changes(&before, &after);
    changes.extend(renamed);
    changes.sort_by(|a, b| order(a).cmp(&order(b)));
    match arguments.format {
        Output::Human => streams.out.write_all(human(&changes).as_bytes())?,
        Output::Json => writeln!(streams.out, "{:#}", as_json(&changes))?,
        Output::Markdown => streams.out.write_all(markdown(&changes).as_bytes())?,
        Output::Html => streams.out.write_all(html(&changes).as_bytes())?,
    }
    let highest = changes.iter().map(|change| change.kind.risk()).max();
    let is_refused = arguments.fail_on.is_some_and(|level| highest.is_some_and(|highest| highest >= level));
    Ok(if is_refused { Exit::Stale } else { Exit::Done })
}

/// Everything that is different between two sides.
pub(super) fn changes(before: &Read, after: &Read) -> Vec<Change> {
    let mut changes = compare(&before.catalogs, &after.catalogs);
    changes.extend(compare_servers(&before.servers, &after.servers));
    changes.extend(compare_profiles(&before.profiles, &after.profiles));
    changes.extend(compare_models(&before.models, &after.models));
    changes
}

/// Compiles a directory of catalogs, as far as there is no source yet. What is wrong first, in one line.
pub(super) fn read_catalogs(directory: &Path) -> Result<Read, String> {
    Side::of_catalogs(directory).read().map_err(|failed| {
        let first = failed.report.diagnostics().iter().find(|diagnostic| diagnostic.severity == Severity::Error);
        first.map_or_else(String::new, |first| format!("{} {}", first.code, visible(&first.title)))
    })
}

/// Shows what is wrong with the sides.
fn failed(wrong: Vec<Failed>, arguments: &DiffArguments, streams: &mut Streams<'_>) -> io::Result<Exit> {
    if arguments.format == Output::Json {
        let mut diagnostics = Vec::new();
        for one in wrong {
            if let serde_json::Value::Array(values) = diagnostics_json(&one.report, &one.sources) {
                diagnostics.extend(values.into_iter().map(|value| one.renamed_in(value)));
            }
        }
        writeln!(streams.out, "{:#}", json!({"exit": Exit::Invalid.code(), "diagnostics": diagnostics}))?;
        return Ok(Exit::Invalid);
    }
    for one in wrong {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let colour = streams.colour;
        show(&one.report, &one.sources, &mut Streams { out: &mut out, err: &mut err, colour })?;
        streams.err.write_all(one.renamed(&String::from_utf8_lossy(&err)).as_bytes())?;
    }
    Ok(Exit::Invalid)
}

/// The path as messages show it.
fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// What a change from one directory of catalogs, or bundle, to another means, in Markdown. The text of a fault is for people.
pub(super) fn markdown_between(old: &Path, new: &Path) -> io::Result<Result<String, String>> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let arguments = DiffArguments {
        old: text(old),
        new: text(new),
        format: Output::Markdown,
        fail_on: None,
        root: RootArgument { root: None },
        repository: PathBuf::from("."),
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run(&arguments, &mut Streams { out: &mut out, err: &mut err, colour: false })?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(if exit == Exit::Done { Ok(text(out)) } else { Err(text(err)) })
}
