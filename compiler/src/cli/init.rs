//! `airlock init`: a catalog from a document, ready to be edited, that compiles at once.

mod copy;
mod credential;
mod upstreams;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use copy::Copy;
use credential::Credential;
use upstreams::Upstreams;

use super::{CatalogsArgument, Exit, RootArgument, Streams, show};
use crate::check::{
    DESCRIPTION_BYTES_MAX, Prover, TOOL_NAME_CHARS_MAX, implied_effect, is_reserved, is_tool_name, plain_arguments,
};
use crate::ir::{Content, Effect};
use crate::load::{LoadedDocument, MANIFEST, Sources, hex, load_document_at};
use crate::normalise::{Document, normalise_document};
use crate::report::{Diagnostic, Report, human, visible};
use crate::resolve::{
    Choices, Found, Operation, Purpose, Refusal, ShapeReader, first_usable, one_line, operations, read,
};

/// Arguments of `airlock init`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The document, and every file that it refers to, is copied beside the manifest, so that a catalog is
reviewed and hashed as a whole.
Every tool starts with the rule \"@\", which keeps everything: narrow it to what a model needs.")]
pub(super) struct InitArguments {
    /// The catalog's name: small letters, digits and `_`.
    name: String,
    /// The OpenAPI document.
    #[arg(long, value_name = "FILE")]
    document: PathBuf,
    #[command(flatten)]
    root: RootArgument,
    /// List the operations that write or destroy as well, each with its `approve:` line.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    catalogs: CatalogsArgument,
}

pub(super) fn run(arguments: &InitArguments, streams: &mut Streams<'_>) -> io::Result<Exit> {
    if !is_tool_name(&arguments.name) || is_reserved(&arguments.name) {
        writeln!(
            streams.err,
            "error: `{}` cannot name a catalog: small letters, digits and `_`, a letter first",
            visible(&arguments.name)
        )?;
        return Ok(Exit::Invalid);
    }
    let directory = arguments.catalogs.catalogs.join(&arguments.name);
    if directory.exists() {
        writeln!(streams.err, "error: {} is there already; choose another name, or remove it", directory.display())?;
        return Ok(Exit::Invalid);
    }
    let mut sources = Sources::default();
    let mut report = Report::default();
    let root = arguments.root.root.as_deref();
    let loaded = load_document_at(&arguments.document, root, &mut sources, &mut report);
    let copy = loaded.as_ref().map(|loaded| Copy::of(loaded, &sources));
    let document = loaded.and_then(|loaded| normalise_document(loaded, &mut report));
    let (Some(document), Some(copy)) = (document, copy) else {
        show(&report, &sources, streams)?;
        return Ok(Exit::Invalid);
    };
    let taken = names_in_use(&arguments.catalogs.catalogs);
    let begun = begin(arguments, &document, copy.document(), taken);
    for (found, refusal) in &begun.refused {
        let place = human::place(&document.at_key(&refusal.pointer), &sources);
        let operation = visible(&format!("{} {}", found.method, found.path));
        writeln!(
            streams.err,
            "refused: {operation}: {} {}\n  {place} {}",
            refusal.code,
            visible(&refusal.reason),
            visible(&refusal.pointer)
        )?;
    }
    if begun.tools == 0 {
        writeln!(
            streams.err,
            "error: no operation of the document can be a tool{}",
            if arguments.all { "" } else { " that reads; try `--all`" }
        )?;
        return Ok(Exit::Invalid);
    }
    fs::create_dir_all(&directory)?;
    copy.write(&directory, &sources)?;
    fs::write(directory.join(MANIFEST), begun.text)?;
    writeln!(
        streams.out,
        "{}: {} tools, {} operations refused, {} that write or destroy left out\nnext: edit it, then run `airlock compile`",
        directory.join(MANIFEST).display(),
        begun.tools,
        begun.refused.len(),
        begun.left_out,
    )?;
    Ok(Exit::Done)
}

/// Begins a catalog of every operation of a document, in `directory`, as `--all` does. Whether there is one: else `report`
/// says why not.
pub(super) fn begin_all(
    loaded: LoadedDocument,
    directory: &Path,
    sources: &Sources,
    report: &mut Report,
) -> io::Result<bool> {
    let path = sources.path(loaded.file.id);
    let copy = Copy::of(&loaded, sources);
    let Some(document) = normalise_document(loaded, report) else { return Ok(false) };
    let arguments = InitArguments {
        name: directory.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        document: PathBuf::from(path),
        root: RootArgument { root: None },
        all: true,
        catalogs: CatalogsArgument { catalogs: PathBuf::new() },
    };
    let begun = begin(&arguments, &document, copy.document(), BTreeSet::new());
    if begun.tools == 0 {
        let title = format!("no operation of {} can be a tool", visible(path));
        report.push(Diagnostic::error("E0118", title).help("`airlock inspect DOCUMENT` says why, of each"));
        return Ok(false);
    }
    fs::create_dir_all(directory)?;
    copy.write(directory, sources)?;
    fs::write(directory.join(MANIFEST), begun.text)?;
    Ok(true)
}

/// The names of tools that other catalogs have; their manifests need not be sound for that.
fn names_in_use(catalogs: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(catalogs).into_iter().flatten().flatten() {
        let text = fs::read_to_string(entry.path().join(MANIFEST)).unwrap_or_default();
        let manifest: Value = serde_yaml::from_str(&text).unwrap_or_default();
        names.extend(manifest["tools"].as_object().into_iter().flat_map(|tools| tools.keys().cloned()));
    }
    names
}

struct Begun {
    text: String,
    tools: usize,
    refused: Vec<(Found, Refusal)>,
    left_out: usize,
}

fn begin(arguments: &InitArguments, document: &Document, document_name: &str, mut taken: BTreeSet<String>) -> Begun {
    let mut begun = Begun { text: String::new(), tools: 0, refused: Vec::new(), left_out: 0 };
    let of_catalog = first_usable(document).unwrap_or_else(|| "none".to_owned());
    let mut upstreams = Upstreams::new(&arguments.name, document);
    let mut tools = String::new();
    let mut shapes = ShapeReader::new(document, Purpose::Sent);
    let prover = Prover::default();
    for found in operations(document) {
        let operation = match read(&found, &mut shapes, &Choices::default()) {
            Ok(operation) => operation,
            Err(refusal) => {
                begun.refused.push((found, refusal));
                continue;
            }
        };
        let effect = implied_effect(operation.method);
        if effect != Effect::Read && !arguments.all {
            begun.left_out += 1;
            continue;
        }
        let mut refuse = |code, reason: String| {
            begun.refused.push((found.clone(), Refusal { code, pointer: found.pointer.clone(), reason }));
        };
        let credential = match credential::choose(document, &operation, &of_catalog) {
            Ok(credential) => credential,
            Err(reason) => {
                refuse("E0218", reason);
                continue;
            }
        };
        let reached = shapes.reachable(operation.sent());
        let offered = plain_arguments(&operation);
        if let Err(fault) = prover.prove(&found.path, &offered, operation.content(), &reached) {
            refuse(fault.code(), fault.reason());
            continue;
        }
        upstreams.add(&operation, credential == Credential::OfCatalog);
        let name = tool_name(&operation, &taken, &arguments.name);
        tools.push_str(&tool(&name, &operation, effect, &credential));
        taken.insert(name);
        begun.tools += 1;
    }
    let title = document.value.pointer("/info/title").and_then(Value::as_str).map(one_line).unwrap_or_default();
    let title = clean(&title, 200);
    begun.text = format!(
        "# yaml-language-server: $schema=../catalog.schema.json\ntitle: {}\ndocument: {}\n{}\ntools:\n{tools}",
        quoted(if title.is_empty() { &arguments.name } else { &title }),
        if copy::is_plain(document_name) { document_name.to_owned() } else { quoted(document_name) },
        upstreams.text(&of_catalog),
    );
    begun
}

fn tool(name: &str, operation: &Operation, effect: Effect, credential: &Credential) -> String {
    let found = &operation.found;
    let by_path = format!("{} {}", found.method, found.path);
    let text = [&operation.description, &operation.summary].into_iter().find(|text| !text.is_empty());
    let description = clean(text.unwrap_or(&by_path), DESCRIPTION_BYTES_MAX);
    let mut lines = format!(
        "  {name}:\n    operation: {}\n    description: {}\n",
        quoted(&by_path),
        quoted(if description.is_empty() { &by_path } else { &description }),
    );
    if operation.summary.is_empty() || clean(&operation.summary, 200) != operation.summary {
        lines.extend(["    title: ", &quoted(name), "\n"]);
    }
    if effect != Effect::Read {
        lines.extend(["    approve: ", effect.word(), "\n"]);
    }
    if let Credential::OfTool(name) = credential {
        lines.extend(["    credential: ", &quoted(name), "\n"]);
    }
    let is_binary = operation.answers.iter().any(|declared| declared.answer.content == Content::Binary);
    let bytes_max: u64 = if is_binary { 8 << 20 } else { 1 << 20 };
    lines + &format!("    response:\n      bytes_max: {bytes_max}\n    prune: \"@\"\n")
}

/// Text of a document as text for a model: without what chat templates use, and cut at a word.
fn clean(text: &str, bytes_max: usize) -> String {
    let text =
        text.replace("<|", "< |").replace("|>", "| >").replace("<tool_", "< tool_").replace("</tool_", "< /tool_");
    if text.len() <= bytes_max {
        return text;
    }
    let mut end = bytes_max - "…".len();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let cut = text[..end].rfind(' ').unwrap_or(end);
    format!("{}…", &text[..cut])
}

/// A double-quoted YAML scalar: JSON's strings are YAML's.
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// The first name that can be had: from the operationId, from method and path, with the catalog's name before it, or cut
/// with a digest behind it. The same document gives the same names.
fn tool_name(operation: &Operation, taken: &BTreeSet<String>, catalog: &str) -> String {
    let found = &operation.found;
    let by_path = snake(&format!("{} {}", found.method, found.path));
    let by_id = found.id.as_deref().map(snake).unwrap_or_default();
    let digest = hex(&Sha256::digest(format!("{} {}", found.method, found.path)));
    let longest = if by_id.is_empty() { &by_path } else { &by_id };
    let cut: String = longest.chars().take(TOOL_NAME_CHARS_MAX - 9).collect();
    // A bare method says nothing, and stands in one document many times.
    let by_id_is_bare = ["get", "put", "post", "delete", "patch", "head", "options"].contains(&by_id.as_str());
    let candidates = [
        if by_id_is_bare { String::new() } else { by_id.clone() },
        by_path.clone(),
        format!("{catalog}_{by_id}"),
        format!("{catalog}_{by_path}"),
        format!("{}_{}", cut.trim_end_matches('_'), &digest[..8]),
    ];
    let free = |name: &&String| is_tool_name(name) && !is_reserved(name) && !taken.contains(*name);
    candidates.iter().find(free).cloned().unwrap_or_else(|| format!("tool_{}", &digest[..32]))
}

/// `listPatients`, `repos/list-commits` to `list_patients`, `repos_list_commits`.
fn snake(text: &str) -> String {
    let mut name = String::new();
    let mut before = '_';
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let begins_word = char.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || (before.is_ascii_uppercase() && chars.peek().is_some_and(char::is_ascii_lowercase)));
        if (begins_word || !char.is_ascii_alphanumeric()) && !name.ends_with('_') && !name.is_empty() {
            name.push('_');
        }
        if char.is_ascii_alphanumeric() {
            name.push(char.to_ascii_lowercase());
        }
        before = char;
    }
    name.trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{clean, snake};

    #[test]
    fn names_become_snake_case() {
        for (text, name) in [
            ("listPatients", "list_patients"),
            ("repos/list-commits", "repos_list_commits"),
            ("GET /a/{b}/c", "get_a_b_c"),
            ("getHTTPCode", "get_http_code"),
            ("__x", "x"),
            ("", ""),
        ] {
            assert_eq!(snake(text), name);
        }
    }

    #[test]
    fn descriptions_are_cut_at_a_word_and_lose_control_literals() {
        assert_eq!(clean("one two three", 10), "one…");
        assert_eq!(clean("a <|im_start|> b", 100), "a < |im_start| > b");
        assert!(clean(&"ü".repeat(600), 1024).len() <= 1024);
    }
}
