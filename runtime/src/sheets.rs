//! What clients can read about the tools: sheets at `catalog://` addresses.
//!
//! What comes in: the gate. What goes out: texts that are made of reviewed constants alone, so nothing of this place can stand
//! in them: no address, no file, no secret. Only of tools that are offered here is anything told. Nothing is made before
//! somebody asks for it.

use std::fmt::Write as _;

use airlock_contract::prune::Prune;
use airlock_contract::{Catalog, Declassified, Flow, Status};
use airlock_prune::Rule;
use serde_json::{Value, json};

use crate::gate::{Entry, Gate};

/// What every address begins with.
const SCHEME: &str = "catalog://";

/// A sheet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sheet<'g> {
    /// All catalogs and tools.
    Index(&'g Gate),
    /// Where a catalog comes from.
    Provenance(&'g Gate, &'static Catalog),
    /// All about one tool.
    Tool(&'g Entry),
    /// What the rule of one tool keeps.
    Rule(&'g Entry),
}

/// An address with places for names (RFC 6570, level 1), and what stands there.
pub(crate) struct Template {
    pub(crate) uri: &'static str,
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) media_type: &'static str,
}

const MARKDOWN: &str = "text/markdown";
const JSON: &str = "application/json";

/// The addresses of all sheets but the index.
pub(crate) const TEMPLATES: [Template; 3] = [
    Template { uri: "catalog://{catalog}/{tool}", name: "tool", title: "All about a tool", media_type: MARKDOWN },
    Template {
        uri: "catalog://{catalog}/{tool}/rule",
        name: "rule",
        title: "What the rule of a tool keeps of an answer",
        media_type: MARKDOWN,
    },
    Template {
        uri: "catalog://{catalog}/provenance",
        name: "provenance",
        title: "Where a catalog comes from",
        media_type: JSON,
    },
];

/// Every sheet, catalog by catalog.
pub(crate) fn all(gate: &Gate) -> Vec<Sheet<'_>> {
    let mut sheets = vec![Sheet::Index(gate)];
    for catalog in catalogs(gate) {
        sheets.push(Sheet::Provenance(gate, catalog));
        sheets.extend(tools(gate, catalog).flat_map(|entry| [Sheet::Tool(entry), Sheet::Rule(entry)]));
    }
    sheets
}

/// The sheet at an address.
pub(crate) fn find<'g>(gate: &'g Gate, uri: &str) -> Option<Sheet<'g>> {
    let path: Vec<&str> = uri.strip_prefix(SCHEME)?.split('/').collect();
    if path == ["index"] {
        return Some(Sheet::Index(gate));
    }
    let catalog = catalogs(gate).find(|catalog| catalog.name == path[0])?;
    if path[1..] == ["provenance"] {
        return Some(Sheet::Provenance(gate, catalog));
    }
    let entry = tools(gate, catalog).find(|entry| path.get(1) == Some(&entry.tool.name))?;
    match path[2..] {
        [] => Some(Sheet::Tool(entry)),
        ["rule"] => Some(Sheet::Rule(entry)),
        _ => None,
    }
}

/// The catalogs that have a tool here.
pub(crate) fn catalogs(gate: &Gate) -> impl Iterator<Item = &'static Catalog> {
    gate.catalogs().iter().copied().filter(|catalog| tools(gate, catalog).next().is_some())
}

/// The tools of a catalog that are offered.
pub(crate) fn tools<'g>(gate: &'g Gate, catalog: &Catalog) -> impl Iterator<Item = &'g Entry> {
    gate.tools().iter().filter(move |entry| entry.catalog.name == catalog.name)
}

impl Sheet<'_> {
    /// Where it is.
    pub(crate) fn uri(self) -> String {
        match self {
            Self::Index(_) => format!("{SCHEME}index"),
            Self::Provenance(_, catalog) => format!("{SCHEME}{}/provenance", catalog.name),
            Self::Tool(entry) => format!("{SCHEME}{}/{}", entry.catalog.name, entry.tool.name),
            Self::Rule(entry) => format!("{SCHEME}{}/{}/rule", entry.catalog.name, entry.tool.name),
        }
    }

    /// What it is called; unlike its title for programs.
    pub(crate) fn name(self) -> String {
        self.uri().split_off(SCHEME.len())
    }

    /// One line for people.
    pub(crate) fn title(self) -> String {
        match self {
            Self::Index(_) => "All catalogs and tools".to_owned(),
            Self::Provenance(_, catalog) => format!("Where the catalog {} comes from", catalog.name),
            Self::Tool(entry) if entry.tool.title.is_empty() => entry.tool.name.to_owned(),
            Self::Tool(entry) => entry.tool.title.to_owned(),
            Self::Rule(entry) => format!("What {} keeps of an answer", entry.tool.name),
        }
    }

    /// What its text is written in.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Provenance(..) => JSON,
            Self::Index(_) | Self::Tool(_) | Self::Rule(_) => MARKDOWN,
        }
    }

    /// What stands on it.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Index(gate) => index(gate),
            Self::Provenance(gate, catalog) => provenance(gate, catalog),
            Self::Tool(entry) => tool(entry),
            Self::Rule(entry) => rule(entry),
        }
    }
}

/// Adds a line. Writing to a string does not fail.
macro_rules! line {
    ($text:expr, $($format:tt)*) => {{ let _ = writeln!($text, $($format)*); }};
}

fn index(gate: &Gate) -> String {
    let mut text = "# Tools\n\nWhat is not listed here cannot be called.\n".to_owned();
    if let Some(profile) = gate.profile() {
        line!(text, "\nProfile `{}`: {}", profile.name, profile.description);
    }
    for catalog in catalogs(gate) {
        line!(text, "\n## `{}`: {}\n", catalog.name, catalog.title);
        for entry in tools(gate, catalog) {
            let (name, effect) = (entry.tool.name, entry.tool.effect.word());
            line!(text, "- [`{name}`]({}) ({effect}): {}", Sheet::Tool(entry).uri(), Sheet::Tool(entry).title());
        }
        line!(text, "\nProvenance: {}", Sheet::Provenance(gate, catalog).uri());
    }
    text
}

fn provenance(gate: &Gate, catalog: &Catalog) -> String {
    let upstreams: Vec<&str> = catalog.upstreams.iter().map(|upstream| upstream.name).collect();
    let provenance = json!({
        "catalog": catalog.name,
        "title": catalog.title,
        "document": catalog.document,
        "document_sha256": catalog.document_sha256,
        "upstreams": upstreams,
        "tools": tools(gate, catalog).count(),
        "profile": gate.profile().map(|profile| profile.name),
        "tools_sha256": gate.tools_sha256(),
        "compiler_version": gate.compiler_version(),
        "host_version": env!("CARGO_PKG_VERSION"),
    });
    format!("{provenance:#}\n")
}

fn tool(entry: &Entry) -> String {
    let Entry { catalog, tool, listed, .. } = entry;
    let request = tool.request;
    let upstream = catalog.upstreams.iter().find(|upstream| upstream.name == tool.upstream);
    let base_path = upstream.map(|upstream| upstream.base_path).unwrap_or_default();
    let mut text = format!("# `{}`: {}\n\n{}\n\n", tool.name, Sheet::Tool(entry).title(), tool.description);
    line!(text, "- effect: {}", tool.effect.word());
    line!(text, "- catalog: `{}`, {}", catalog.name, catalog.title);
    line!(text, "- request: `{} {base_path}{}` of `{}`", request.method.word(), request.path, tool.upstream);
    line!(text, "- operation: {}", coded(tool.operation));
    for answer in tool.response.answers {
        let status = match answer.status {
            Status::Code(code) => code.to_string(),
            Status::Range(digit) => format!("{digit}xx"),
            Status::AnySuccess => "any success".to_owned(),
        };
        let media_type = if answer.media_type.is_empty() { "no body" } else { answer.media_type };
        line!(text, "- answer taken: {status}, {media_type}");
    }
    if let Some(Flow { label, clearance, above, declassified, .. }) = tool.flow {
        line!(text, "- label of what it gives: `{label}`");
        if tool.sends() {
            line!(text, "- cleared for: `{clearance}`; when more has been read: {}", above.word());
        }
        for Declassified { from, reason } in declassified {
            line!(text, "- what `{from}` gives may be sent on: {reason}");
        }
    }
    line!(text, "- bytes of an answer at most: {}", tool.response.bytes_max);
    line!(text, "- what is kept of it: {}", Sheet::Rule(entry).uri());
    line!(text, "\n## Arguments\n\n{}", fenced("json", &format!("{:#}", listed.input_schema())));
    match &listed.output_schema() {
        Some(schema) => line!(text, "\n## Result\n\n{}", fenced("json", &format!("{schema:#}"))),
        None => text.push_str("\n## Result\n\nThe document does not say what it is made of.\n"),
    }
    text
}

fn rule(entry: &Entry) -> String {
    let tool = entry.tool;
    let mut text = format!(
        "# The rule of `{}`\n\nWhat this rule (JMESPath 1.0) does not keep of an answer reaches nobody.\n\n{}\n\n## Kept\n\n",
        tool.name,
        fenced("jmespath", &Rule::from(&tool.prune).text())
    );
    match (tool.prune, tool.keeps) {
        (Prune::Current, _) => text.push_str("Everything.\n"),
        (_, []) => text.push_str("The document does not say which fields there are.\n"),
        (_, fields) => fields.iter().for_each(|field| line!(text, "- {}", coded(field))),
    }
    text
}

/// Text between two fences that are longer than any in it.
fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|char| char != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}")
}

/// A name of a document as a JSON string in code, where it is no plain word: nothing in it ends the line or the code.
fn coded(name: &str) -> String {
    let is_plain = name.chars().all(|char| !char.is_control() && char != '`');
    if is_plain { format!("`{name}`") } else { Value::from(name).to_string().replace('`', "\\u0060") }
}

#[cfg(test)]
mod tests {
    use super::{coded, fenced};

    #[test]
    fn no_name_leaves_its_place() {
        assert_eq!(fenced("json", "a ``` b"), "````json\na ``` b\n````");
        assert_eq!(fenced("json", "{}"), "```json\n{}\n```");
        assert_eq!(coded("items[].id"), "`items[].id`");
        assert_eq!(coded("a\n# b`"), "\"a\\n# b\\u0060\"");
    }
}
