//! The command line: arguments in, exit code out. Everything is written through the writers that are handed in.

mod approve;
mod bundle;
mod compile;
mod diff;
mod evidence;
mod explain;
mod init;
mod inspect;
mod new;
mod prune;
mod review;
mod tools;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use airlock_seal::Code;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use crate::load::Sources;
use crate::report::{Report, Severity, human, json};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or up to date.
    Done,
    /// `--check` found a difference, or `diff --fail-on` a change of that risk.
    Stale,
    /// The input or the command line is wrong; nothing was written.
    Invalid,
    /// How a command on a bundle ended.
    Bundle(Code),
}

impl Exit {
    /// The exit code of the process.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Stale => 1,
            Self::Invalid => 2,
            Self::Bundle(code) => code as u8,
        }
    }
}

/// Where output goes, and whether colours may.
#[expect(missing_debug_implementations, reason = "writers have no debug form")]
pub struct Streams<'a> {
    /// Results.
    pub out: &'a mut dyn Write,
    /// Everything else.
    pub err: &'a mut dyn Write,
    /// Whether `err` is a terminal that takes colours.
    pub colour: bool,
}

/// Compiles API catalogs into Rust source that an auditor reads.
#[derive(Debug, Parser)]
#[command(name = "airlock", version, after_help = EXAMPLES, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
A first catalog, from a document to reviewed source:
  airlock inspect openapi.json                     what would become of every operation
  airlock init inventory --document openapi.json   write catalogs/inventory, ready to be edited
  airlock compile                                  write generated/, to be read and committed
  airlock compile --check                          in CI: is generated/ what the catalogs say?
  airlock diff git:main catalogs                   what a change of the catalogs means
  airlock review --out review                      write a page that says what the tools can do
  airlock approve --all                            record the tools as reviewed: `compile` refuses others

Exit codes: 0 done or up to date, 1 `--check` or `--fail-on` found a difference, 2 wrong input or usage.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the generated crate from the catalogs, or check that it is up to date.
    Compile(compile::CompileArguments),
    /// Record which tools were reviewed, so that `compile` refuses one that is different.
    Approve(approve::ApproveArguments),
    /// Say what would become of every operation of an OpenAPI document.
    Inspect(inspect::InspectArguments),
    /// Begin a catalog from an OpenAPI document.
    Init(init::InitArguments),
    /// Begin a workspace of one's own: catalogs, generated source, and a program, on Airlock's crates.
    New(new::NewArguments),
    /// Run a prune rule on an answer, or propose one for an operation.
    Prune(prune::PruneArguments),
    /// Say what a change of catalogs means: what newly leaves, comes back, or is told to a model.
    Diff(diff::DiffArguments),
    /// List the tools as clients will be sent them, with their digest or their sizes.
    Tools(tools::ToolsArguments),
    /// Write a page that shows auditors what the tools can do.
    Review(review::ReviewArguments),
    /// Say which controls are met by what, and which tests prove it: as OSCAL, or for people.
    Evidence(evidence::EvidenceArguments),
    /// Build, sign, check, compare and carry a release.
    #[command(subcommand)]
    Bundle(bundle::BundleCommand),
    /// Explain an error: what it means, why it is one, an example, the way out.
    Explain(explain::ExplainArguments),
    /// Print the JSON Schema of catalog.yaml, or of workspace.yaml, for editors.
    Schema {
        /// Of which file.
        #[arg(value_enum, default_value = "catalog")]
        file: SchemaOf,
    },
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// A file that people write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SchemaOf {
    /// A catalog's `catalog.yaml`.
    Catalog,
    /// `workspace.yaml` beside the catalogs.
    Workspace,
}

/// For whom output is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    /// People.
    Human,
    /// Programs.
    Json,
}

/// Options that several commands share.
#[derive(Debug, clap::Args)]
struct CatalogsArgument {
    /// The directory that holds the catalogs, one directory each.
    #[arg(long, value_name = "DIR", default_value = "catalogs")]
    catalogs: PathBuf,
}

/// Where the files of a document may lie, outside of a catalog.
#[derive(Debug, clap::Args)]
struct RootArgument {
    /// The directory that holds the document and every file it refers to [default: the document's own].
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

/// Runs the command line. `arguments` begins with the program's name.
///
/// # Errors
/// A writer fails.
pub fn run(arguments: impl IntoIterator<Item = OsString>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let text = error.render().to_string();
            return if error.use_stderr() {
                streams.err.write_all(text.as_bytes()).map(|()| Exit::Invalid)
            } else {
                streams.out.write_all(text.as_bytes()).map(|()| Exit::Done)
            };
        }
    };
    match arguments.command {
        Command::Compile(arguments) => compile::run(&arguments, streams),
        Command::Approve(arguments) => approve::run(&arguments, streams),
        Command::Inspect(arguments) => inspect::run(&arguments, streams),
        Command::Init(arguments) => init::run(&arguments, streams),
        Command::New(arguments) => new::run(&arguments, streams),
        Command::Prune(arguments) => prune::run(&arguments, streams),
        Command::Diff(arguments) => diff::run(&arguments, streams),
        Command::Review(arguments) => review::run(&arguments, streams),
        Command::Evidence(arguments) => evidence::run(&arguments, streams),
        Command::Bundle(command) => Ok(bundle::run(&command, streams)),
        Command::Explain(arguments) => explain::run(&arguments, streams),
        Command::Tools(arguments) => tools::run(&arguments, streams),
        Command::Schema { file } => {
            let schema = match file {
                SchemaOf::Catalog => crate::manifest::schema(),
                SchemaOf::Workspace => crate::manifest::workspace_schema(),
            };
            writeln!(streams.out, "{schema:#}")?;
            Ok(Exit::Done)
        }
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "airlock", &mut streams.out);
            Ok(Exit::Done)
        }
    }
}

/// A number of things: `1 tool`, `2 tools`.
fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Shows what was reported, sorted by file and place. In JSON it is part of the result, which the caller writes.
fn show(report: &Report, sources: &Sources, streams: &mut Streams<'_>) -> io::Result<()> {
    let diagnostics = sorted(report, sources);
    for diagnostic in &diagnostics {
        writeln!(streams.err, "{}", human::render(diagnostic, sources, streams.colour))?;
    }
    let errors: Vec<_> = diagnostics.into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
    let Some(first) = errors.first() else { return Ok(()) };
    let count = if errors.len() == 1 { "1 error".to_owned() } else { format!("{} errors", errors.len()) };
    writeln!(streams.err, "{count}; nothing was written")?;
    writeln!(streams.err, "for more about an error: `airlock explain {}`", first.code)
}

/// Shows what is wrong, to people or to programs: the end of a command that cannot go on.
fn refused(report: &Report, sources: &Sources, format: OutputFormat, streams: &mut Streams<'_>) -> io::Result<Exit> {
    match format {
        OutputFormat::Human => show(report, sources, streams)?,
        OutputFormat::Json => {
            let diagnostics = diagnostics_json(report, sources);
            let exit = Exit::Invalid.code();
            writeln!(streams.out, "{:#}", serde_json::json!({"exit": exit, "diagnostics": diagnostics}))?;
        }
    }
    Ok(Exit::Invalid)
}

fn diagnostics_json(report: &Report, sources: &Sources) -> serde_json::Value {
    sorted(report, sources).into_iter().map(|diagnostic| json::render(diagnostic, sources)).collect()
}

fn sorted<'r>(report: &'r Report, sources: &Sources) -> Vec<&'r crate::report::Diagnostic> {
    let mut diagnostics: Vec<_> = report.diagnostics().iter().collect();
    diagnostics
        .sort_by_key(|diagnostic| diagnostic.marks.first().map(|mark| (mark.at.file, sources.range(&mark.at).start)));
    diagnostics
}
