//! `airlock prune`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use airlock_prune::{Class, Fault, Plan, indented, line_and_byte, rows};
use serde_json::json;

use super::{Exit, OutputFormat, RootArgument, Streams, refused, show};
use crate::check::{Answer, CheckedRule, check_rule};
use crate::ir::{Fields, Form, Shape};
use crate::load::{Format, Sources, load_document_at};
use crate::lower::lower_rule;
use crate::normalise::{Document, normalise_document};
use crate::report::{At, Diagnostic, FileId, Report, did_you_mean};
use crate::resolve::{Choices, Purpose, ShapeReader, named, names_like, operations, output_with_notes, read};
use crate::suggest::suggest;

/// Arguments of `airlock prune`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Try a rule on an answer, and see what it costs:
  airlock prune --rule 'items[*].{id: id, name: name}' < answer.json
  airlock prune --rule 'items[*].nmae' --document openapi.yaml --operation listItems < answer.json
  airlock prune --suggest --document openapi.yaml --operation listItems

Plans: `stream` holds one item of the answer at a time, `buffer` as many as the rule counts off, `needset` the parts
that the rule looks at.

JSON: {\"result\": ..., \"class\": \"stream|buffer|needset\", \"bytes_in\": N, \"bytes_out\": N}, with `--result csv` or
`table` also \"rows\": text; of `--suggest` {\"rule\", \"class\", \"fields\"}; of what is wrong {\"exit\": 2, \"diagnostics\": [...]}")]
pub(super) struct PruneArguments {
    /// The answer, one JSON text [default: standard input].
    body: Option<PathBuf>,
    /// The JMESPath rule.
    #[arg(long, value_name = "EXPR", required_unless_present = "suggest", allow_hyphen_values = true)]
    rule: Option<String>,
    /// An OpenAPI document: the rule is checked against what it says of the operation's answer.
    #[arg(long, value_name = "FILE", requires = "operation")]
    document: Option<PathBuf>,
    /// The operation: its operationId, or method and path as in 'GET /items'.
    #[arg(long, value_name = "ID", requires = "document")]
    operation: Option<String>,
    #[command(flatten)]
    root: RootArgument,
    /// Propose a rule for the operation, to be edited.
    #[arg(long, requires = "document", conflicts_with_all = ["rule", "body"])]
    suggest: bool,
    /// How the result is written for a model: rows say every key once.
    #[arg(long, value_enum, value_name = "FORM", default_value = "json")]
    result: ResultForm,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: OutputFormat,
}

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ResultForm {
    /// JSON.
    Json,
    /// Comma-separated values.
    Csv,
    /// A Markdown table.
    Table,
}

/// What an operation answers.
struct Answered {
    document: Document,
    shape: Shape,
    names: BTreeMap<String, Shape>,
    pointers: BTreeMap<String, String>,
}

pub(super) fn run(arguments: &PruneArguments, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let done = if arguments.suggest {
        proposed(arguments, &mut sources, &mut report, streams)?
    } else {
        pruned(arguments, &mut sources, &mut report, streams)?
    };
    if !done {
        return refused(&report, &sources, arguments.format, streams);
    }
    if arguments.format == OutputFormat::Human {
        show(&report, &sources, streams)?;
    }
    Ok(Exit::Done)
}

/// Runs the rule; whether there is a result.
fn pruned(
    arguments: &PruneArguments,
    sources: &mut Sources,
    report: &mut Report,
    streams: &mut Streams<'_>,
) -> io::Result<bool> {
    let answered = answered(arguments, sources, report);
    let text = arguments.rule.clone().unwrap_or_default();
    let Some(CheckedRule { rule, .. }) = checked(&text, answered.as_ref(), sources, report) else { return Ok(false) };
    let plan = match Plan::new(&lower_rule(&rule)) {
        Ok(plan) if !report.has_errors() => plan,
        Ok(_) => return Ok(false),
        Err(fault) => {
            report.push(Diagnostic::error("E0307", fault.to_string()));
            return Ok(false);
        }
    };
    let body = match body(arguments.body.as_deref(), streams) {
        Ok(body) => body,
        Err(error) => {
            report.push(Diagnostic::error("E0105", format!("cannot read the answer: {error}")));
            return Ok(false);
        }
    };
    match plan.run(&body, u64::MAX) {
        Ok(result) => {
            write(arguments, plan.class(), body.len(), &result, streams)?;
            Ok(true)
        }
        Err(fault) => {
            report.push(unpruned(&fault, &body));
            Ok(false)
        }
    }
}

/// A rule that is no file's: its places are those of its own text.
fn checked(text: &str, answered: Option<&Answered>, sources: &mut Sources, report: &mut Report) -> Option<CheckedRule> {
    let file = sources.add("--rule".to_owned(), text.to_owned(), Format::Text);
    let at = |bytes: Option<Range<usize>>| At::bytes(file, bytes.unwrap_or(0..text.len()));
    let (no_names, no_pointers) = (BTreeMap::new(), BTreeMap::new());
    let on = match answered {
        Some(Answered { document, shape, names, pointers }) => {
            Answer { shape: Some(shape), names, pointers, document: Some(document), is_open: false }
        }
        None => Answer { shape: None, names: &no_names, pointers: &no_pointers, document: None, is_open: false },
    };
    check_rule(text, &on, &at, report)
}

/// What the operation answers, if one is named.
fn answered(arguments: &PruneArguments, sources: &mut Sources, report: &mut Report) -> Option<Answered> {
    let (path, wanted) = (arguments.document.as_ref()?, arguments.operation.as_ref()?);
    let loaded = load_document_at(path, arguments.root.root.as_deref(), sources, report)?;
    let document = normalise_document(loaded, report)?;
    let found = operations(&document);
    let file: FileId = document.at_key("").file;
    let [operation] = named(&found, wanted)[..] else {
        let names = names_like(&found, wanted);
        let help = match did_you_mean(wanted, names.iter().map(String::as_str)) {
            Some(name) => format!("did you mean `{name}`?"),
            None => "`airlock inspect DOCUMENT` lists the operations; name one by operationId or as `GET /path`".into(),
        };
        let title = format!("{} has not one operation `{wanted}`", sources.path(file));
        report.push(Diagnostic::error("E0221", title).help(help));
        return None;
    };
    let mut sent = ShapeReader::new(&document, Purpose::Sent);
    let mut received = ShapeReader::new(&document, Purpose::Received);
    let answered = match read(operation, &mut sent, &Choices::default()) {
        Ok(operation) => {
            let (shape, _) = output_with_notes(&operation.answers, &mut received);
            let names = received.reachable([&shape]);
            let pointers = received.pointers(names.keys());
            Ok((shape, names, pointers))
        }
        Err(refusal) => Err(refusal),
    };
    match answered {
        Ok((shape, names, pointers)) => Some(Answered { document, shape, names, pointers }),
        Err(refusal) => {
            report.push(
                Diagnostic::error(refusal.code, format!("`{wanted}` cannot be compiled: {}", refusal.reason))
                    .at(document.at_key(&refusal.pointer), "because of this"),
            );
            None
        }
    }
}

fn body(path: Option<&Path>, streams: &mut Streams<'_>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if let Some(path) = path {
        File::open(path)?.read_to_end(&mut body)?;
        return Ok(body);
    }
    let mut input = io::stdin().lock();
    if input.is_terminal() {
        writeln!(streams.err, "reading the answer from the terminal; end it with Ctrl-D")?;
    }
    input.read_to_end(&mut body)?;
    Ok(body)
}

/// Why there is no result.
fn unpruned(fault: &Fault, body: &[u8]) -> Diagnostic {
    match fault {
        Fault::Body(at, what) => {
            let (line, byte) = line_and_byte(body, *at);
            Diagnostic::error("E0331", format!("the answer is broken at line {line}, byte {byte}: {what}"))
                .help("give one JSON text in UTF-8, such as the upstream sends it")
        }
        fault @ Fault::TooLong(..) => Diagnostic::error("E0332", fault.to_string()).help("have the rule keep less"),
        fault => Diagnostic::error("E0332", format!("the rule fails on this answer: {fault}"))
            .help("have it take what the answer has there: `not_null(x, …)`, `x || …`, or a filter"),
    }
}

fn write(
    arguments: &PruneArguments,
    class: Class,
    bytes_in: usize,
    result: &str,
    streams: &mut Streams<'_>,
) -> io::Result<()> {
    let form = match arguments.result {
        ResultForm::Json => Form::Json,
        ResultForm::Csv => Form::Csv,
        ResultForm::Table => Form::Table,
    };
    // What a plan gives is JSON.
    let rows = rows(result, form).ok().flatten();
    let (name, bytes_out) = (class.name(), rows.as_deref().unwrap_or(result).len());
    if arguments.format == OutputFormat::Json {
        let rows = rows.map(|rows| format!(",\"rows\":{}", json!(rows))).unwrap_or_default();
        // Numbers stay as they are written, so the result is put in as text.
        return writeln!(
            streams.out,
            "{{\"result\":{result},\"class\":\"{name}\",\"bytes_in\":{bytes_in},\"bytes_out\":{bytes_out}{rows}}}"
        );
    }
    match rows {
        Some(rows) => writeln!(streams.out, "{rows}")?,
        None => writeln!(streams.out, "{}", indented(result))?,
    }
    if form != Form::Json && bytes_out == result.len() && result.starts_with(['[', '{']) {
        writeln!(streams.err, "note: rows need an array of objects; this is JSON")?;
    }
    writeln!(streams.err, "{bytes_in} -> {bytes_out} bytes; plan {name}: holds {}", class.holds())
}

/// Proposes a rule; whether there is one.
fn proposed(
    arguments: &PruneArguments,
    sources: &mut Sources,
    report: &mut Report,
    streams: &mut Streams<'_>,
) -> io::Result<bool> {
    let Some(answered) = answered(arguments, sources, report) else { return Ok(false) };
    let text = suggest(&answered.shape, &answered.names);
    // What is wrong with a proposal is for nobody but us; `@` is never wrong.
    let sound = |text: &str| {
        let (mut sources, mut report) = (Sources::default(), Report::default());
        checked(text, Some(&answered), &mut sources, &mut report).filter(|_| !report.has_errors())
    };
    let (text, checked) = match sound(&text) {
        Some(checked) => (text, Some(checked)),
        None => ("@".to_owned(), sound("@")),
    };
    let plan = checked.as_ref().and_then(|checked| Plan::new(&lower_rule(&checked.rule)).ok());
    let class = plan.map_or(Class::NeedSet, |plan| plan.class());
    let fields = checked.map_or(Fields::Unknown, |checked| checked.fields);
    if arguments.format == OutputFormat::Json {
        let value = json!({"rule": text, "class": class.name(), "fields": fields.in_words()});
        writeln!(streams.out, "{value:#}")?;
    } else {
        writeln!(streams.out, "{text}")?;
        let keeps = match &fields {
            Fields::Known { .. } => format!("keeps {}", fields.in_words()),
            _ => format!("fields {}", fields.in_words()),
        };
        writeln!(streams.err, "a proposal, to be edited: {keeps}; plan {}: holds {}", class.name(), class.holds())?;
    }
    Ok(true)
}
