//! `airlock-host budget`: what each tool costs in tokens, as one model's tokenizer counts them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use airlock_offer::{Count, Counts, ToolList, sha256, told_of_sent};
use serde_json::{Value, json};

use super::host::directory_of;
use super::local::confine_to_model;
use super::{Context, ExitCode, Format, finish};
use crate::hygiene::share;
use crate::model::llama::{TokenCounter, quiet_crashes};
use crate::untrusted::{CHARS_MAX, one_line};

/// Arguments of `airlock-host budget`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Counted is what hosts hand to a model of each tool: name, description and the schema of its arguments. `airlock compile`
reads the counts, and refuses tools beyond the budget of catalogs/workspace.yaml, or whose text is another one by now.

Examples:
  airlock-host budget --model model.gguf                                the tools of this program
  airlock tools --sent | airlock-host budget --model model.gguf --tools -    those of catalogs that are not compiled yet

JSON: {\"model\", \"model_sha256\", \"tools\": [{\"name\", \"tokens\", \"bytes\"}], \"tokens\", \"bytes\"}

Exit codes: 0 done, 1 `--check` found other counts or the model cannot be read, 2 bad usage.")]
pub(super) struct BudgetArgs {
    /// The model that counts: a GGUF file, of which the vocabulary alone is loaded
    #[arg(long, value_name = "FILE.gguf")]
    model: PathBuf,
    /// Count the tools of this list instead, as `airlock tools --sent` prints it; `-` reads standard input
    #[arg(long, value_name = "FILE|-")]
    tools: Option<PathBuf>,
    /// Where the counts are kept
    #[arg(long, value_name = "FILE", default_value = "catalogs/budget.lock")]
    lock: PathBuf,
    /// Write nothing: are the counts that are kept these?
    #[arg(long)]
    check: bool,
    /// `human` for people, `json` for programs
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(super) fn run(arguments: &BudgetArgs, context: &mut Context<'_>) -> ExitCode {
    quiet_crashes();
    let told = match told(arguments, context) {
        Ok(told) => told,
        Err(fault) => return context.fail(ExitCode::Usage, &fault),
    };
    let write = Some(directory_of(&arguments.lock)).filter(|directory| directory.is_dir());
    if let Err(code) = confine_to_model(&arguments.model, write, context) {
        return code;
    }
    let counts = match counted(&arguments.model, &told) {
        Ok(counts) => counts,
        Err(fault) => return context.fail(ExitCode::Failed, &fault),
    };
    let printed = match arguments.format {
        Format::Json => writeln!(context.out, "{:#}", in_json(&counts, &told)),
        Format::Human => print(&counts, &told, context),
    };
    let code = finish(context, printed);
    if code == ExitCode::Done { keep(counts, arguments, context) } else { code }
}

/// Name and text of each tool.
fn told(arguments: &BudgetArgs, context: &mut Context<'_>) -> Result<BTreeMap<String, String>, String> {
    let Some(file) = &arguments.tools else {
        let list = ToolList::of(context.program.catalogs);
        return Ok(list.entries().iter().map(|entry| (entry.name.to_owned(), entry.told())).collect());
    };
    let text = read_list(file, context).map_err(|fault| format!("the list of tools cannot be read: {fault}"))?;
    let pairs = told_of_sent(&text).map_err(|fault| {
        format!("{} is no list of tools ({fault}); `airlock tools --sent` prints one", file.display())
    })?;
    match pairs.iter().find(|(name, _)| !is_tool_name(name)) {
        Some((name, _)) => Err(format!("`{}` is no name of a tool", one_line(name, CHARS_MAX))),
        None => Ok(pairs.into_iter().collect()),
    }
}

/// A line of the file is made of it.
fn is_tool_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Reads a list of tools; `-` is standard input.
pub(super) fn read_list(file: &Path, context: &mut Context<'_>) -> io::Result<String> {
    if file != Path::new("-") {
        return fs::read_to_string(file);
    }
    let mut input = io::stdin().lock();
    if input.is_terminal() {
        writeln!(context.err, "reading the list of tools from the terminal; end it with Ctrl-D")?;
    }
    let mut text = String::new();
    input.read_to_string(&mut text)?;
    Ok(text)
}

fn counted(model: &Path, told: &BTreeMap<String, String>) -> Result<Counts, String> {
    let counter = TokenCounter::load(model).map_err(|fault| fault.to_string())?;
    let name = model.file_name().map(|name| one_line(&name.to_string_lossy(), CHARS_MAX)).unwrap_or_default();
    let model_sha256 = crate::digest::of_file(model).map_err(|fault| format!("{}: {fault}", model.display()))?;
    let count = |text: &String| Count { tokens: counter.count(text) as u64, told_sha256: sha256(text.as_bytes()) };
    let tools = told.iter().map(|(name, text)| (name.clone(), count(text))).collect();
    Ok(Counts { model: name, model_sha256, tools })
}

fn in_json(counts: &Counts, told: &BTreeMap<String, String>) -> Value {
    let bytes = |name: &str| told.get(name).map_or(0, String::len);
    let tools: Vec<Value> = counts
        .tools
        .iter()
        .map(|(name, count)| json!({"name": name, "tokens": count.tokens, "bytes": bytes(name)}))
        .collect();
    json!({
        "model": counts.model, "model_sha256": counts.model_sha256, "tools": tools,
        "tokens": counts.total(), "bytes": told.values().map(String::len).sum::<usize>(),
    })
}

/// The heaviest first: that is what somebody who is over a budget looks for.
fn print(counts: &Counts, told: &BTreeMap<String, String>, context: &mut Context<'_>) -> io::Result<()> {
    let mut tools: Vec<(&String, &Count)> = counts.tools.iter().collect();
    tools.sort_by_key(|(name, count)| (std::cmp::Reverse(count.tokens), *name));
    let width = tools.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max("in all".len());
    writeln!(context.out, "{:width$}  {:>7}  {:>8}", "tool", "tokens", "bytes")?;
    for (name, count) in tools {
        let bytes = told.get(name).map_or(0, String::len);
        writeln!(context.out, "{name:width$}  {:7}  {bytes:8}", count.tokens)?;
    }
    let bytes: usize = told.values().map(String::len).sum();
    writeln!(context.out, "{:width$}  {:7}  {bytes:8}", "in all", counts.total())
}

/// Writes the counts where they are kept, or compares them with those that are.
fn keep(counts: Counts, arguments: &BudgetArgs, context: &mut Context<'_>) -> ExitCode {
    let file = &arguments.lock;
    let before = fs::read_to_string(file).unwrap_or_default();
    // What the same file is called here changes nothing.
    let model =
        Counts::read(&before).ok().filter(|kept| kept.model_sha256 == counts.model_sha256).map(|kept| kept.model);
    let text = Counts { model: model.unwrap_or(counts.model), ..counts }.text();
    let shown = file.display();
    if before == text {
        return ExitCode::Done;
    }
    if arguments.check {
        return context.fail(ExitCode::Failed, &format!("{shown} holds other counts; run this without `--check`"));
    }
    let beside = file.with_extension("lock.new");
    if let Err(fault) = write_shared(&beside, &text).and_then(|()| fs::rename(&beside, file)) {
        let hint = "run this beside `catalogs`, or name a file with `--lock`";
        return context.fail(ExitCode::Failed, &format!("cannot write {shown}: {fault}; {hint}"));
    }
    // The counts are out; a remark that nobody can read is no failure.
    let _ = writeln!(context.err, "{shown} is written; read its diff and commit it");
    ExitCode::Done
}

/// Writes a file that others of a team may read, as this user's own umask says.
fn write_shared(file: &Path, text: &str) -> io::Result<()> {
    let mut written = fs::File::create(file)?;
    share(&written)?;
    written.write_all(text.as_bytes())
}
