//! The list of tools, as the protocol sends it.

use std::iter::once;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use airlock_contract::{Body, Effect, Method, request, shape};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json::Json;
use crate::sent::{Piece, Sent};
use crate::{Viewed, input, output, search_entries};

/// Room that is made for an entry before it is written, in bytes: most need no more.
const ENTRY_BYTES: usize = 4096;

/// A list is made by no more threads than this.
const THREADS_MAX: usize = 4;

/// Shorter lists are made by one.
const TOOLS_PER_THREAD: usize = 100;

/// A tool, as far as anybody is told of it.
#[derive(Clone, Debug)]
pub struct Tool<'a, S> {
    /// Its name.
    pub name: &'a str,
    /// One line for people; may be empty.
    pub title: &'a str,
    /// What the model is told.
    pub description: &'a str,
    /// What a call does to the upstream's data.
    pub effect: Effect,
    /// The method of its request.
    pub method: Method,
    /// Whether the body is the bytes of one file: then there is no place for the file's name.
    pub takes_bytes: bool,
    /// The arguments that the model may send, in declared order. Fixed ones are not among them.
    pub arguments: Vec<Argument<'a, S>>,
    /// What answers are made of, when they are pruned.
    pub output: S,
}

/// An argument that the model may send.
#[derive(Clone, Copy, Debug)]
pub struct Argument<'a, S> {
    /// The model's name for it.
    pub name: &'a str,
    /// What the model is told of it; may be empty.
    pub description: &'a str,
    /// What it may be.
    pub shape: S,
    /// Who chooses it.
    pub source: Source<'a>,
}

/// Who chooses an argument that the model may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// The model must.
    Required,
    /// The model may.
    Optional,
    /// The model may; else this JSON text.
    Default(&'a str),
}

impl<'a> Tool<'a, &'a shape::Shape> {
    /// A tool that is a constant.
    pub fn of(tool: &'a airlock_contract::Tool) -> Self {
        Self {
            name: tool.name,
            title: tool.title,
            description: tool.description,
            effect: tool.effect,
            method: tool.request.method,
            takes_bytes: matches!(tool.request.body, Body::Bytes(_)),
            arguments: tool.request.arguments.iter().filter_map(Argument::of).collect(),
            output: tool.output,
        }
    }
}

impl<'a> Argument<'a, &'a shape::Shape> {
    /// An argument that is a constant; none if it is fixed.
    pub fn of(row: &'a request::Argument) -> Option<Self> {
        let source = match row.source {
            request::Source::Required => Source::Required,
            request::Source::Optional => Source::Optional,
            request::Source::Default(json) => Source::Default(json),
            request::Source::Fixed(_) | request::Source::Page(_) => return None,
        };
        Some(Argument { name: row.name, description: row.description, shape: &row.shape, source })
    }
}

/// One entry of the list (Model Context Protocol 2026-07-28, `Tool`), as it is sent. Programs have hundreds of them, and most
/// are never asked for their parts: those are read from the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<'a> {
    /// The tool's name.
    pub name: &'a str,
    /// What the model is told.
    pub description: &'a str,
    text: Piece,
}

/// Hints for clients. Left out, they default to the alarming side; they change nothing about what the gate allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Annotations {
    /// It changes nothing.
    pub read_only_hint: bool,
    /// It may remove or replace what is there; meaningless where it only reads.
    pub destructive_hint: Option<bool>,
    /// The same call again changes nothing more; meaningless where it only reads.
    pub idempotent_hint: Option<bool>,
    /// It reaches others than a closed list of systems: never.
    pub open_world_hint: bool,
}

impl Annotations {
    /// From what a tool does, and by which method.
    pub fn of(effect: Effect, method: Method) -> Self {
        let (destructive, idempotent) = match effect {
            Effect::Read => (None, None),
            Effect::Destroy => (Some(true), Some(true)),
            Effect::Write => {
                let replaces = matches!(method, Method::Put | Method::Patch | Method::Delete);
                (Some(replaces), Some(matches!(method, Method::Put | Method::Delete)))
            }
        };
        Self {
            read_only_hint: effect == Effect::Read,
            destructive_hint: destructive,
            idempotent_hint: idempotent,
            open_world_hint: false,
        }
    }

    /// As they are sent: what is meaningless is left out.
    fn write(self, json: &mut Json) {
        let Self { read_only_hint, destructive_hint, idempotent_hint, open_world_hint } = self;
        json.bracket('{');
        for (name, hint) in [
            ("readOnlyHint", Some(read_only_hint)),
            ("destructiveHint", destructive_hint),
            ("idempotentHint", idempotent_hint),
            ("openWorldHint", Some(open_world_hint)),
        ] {
            if let Some(hint) = hint {
                json.member(name, hint);
            }
        }
        json.bracket('}');
    }
}

impl<'a> Listed<'a> {
    /// A tool's entry.
    pub fn new<S: Viewed<'a>>(tool: &Tool<'a, S>) -> Self {
        let mut json = Json::with_capacity(ENTRY_BYTES);
        write(tool, &mut json);
        Self { name: tool.name, description: tool.description, text: json.into_text().into() }
    }

    /// Entries of tools that are constants, as parts of one text.
    fn all(tools: &[&'a airlock_contract::Tool]) -> Vec<Self> {
        let mut json = Json::with_capacity(ENTRY_BYTES * tools.len());
        let ends = tools.iter().map(|tool| {
            json.item();
            write(&Tool::of(tool), &mut json);
            json.end()
        });
        let ends: Vec<usize> = ends.collect();
        let text = Arc::new(json.into_text());
        // Behind each but the last is a comma.
        let starts = once(0).chain(ends.iter().map(|end| end + 1));
        let part = |((tool, start), end): ((&&'a airlock_contract::Tool, usize), &usize)| Self {
            name: tool.name,
            description: tool.description,
            text: Piece::new(&text, start..*end),
        };
        tools.iter().zip(starts).zip(&ends).map(part).collect()
    }

    /// The entry as it is sent: compact JSON.
    pub fn text(&self) -> &str {
        self.text.text()
    }

    /// The same, as the part of a list that it is.
    pub(crate) fn piece(&self) -> &Piece {
        &self.text
    }

    /// JSON Schema of the arguments: a closed object without `$ref`, keys in declared order.
    pub fn input_schema(&self) -> Value {
        self.part("inputSchema").unwrap_or_default()
    }

    /// JSON Schema of the answer, an object; none where nothing is known of it.
    pub fn output_schema(&self) -> Option<Value> {
        self.part("outputSchema")
    }

    fn part(&self, name: &str) -> Option<Value> {
        let mut entry: Map<String, Value> = serde_json::from_str(self.text()).ok()?;
        entry.remove(name)
    }

    /// What hosts hand to a model of it, as compact JSON: name, description and the schema of the arguments. This is what
    /// is counted where tokens or bytes of a tool are counted.
    pub fn told(&self) -> String {
        told(self.name, self.description, &self.input_schema())
    }
}

fn write<'a, S: Viewed<'a>>(tool: &Tool<'a, S>, json: &mut Json) {
    let Tool { name, title, description, effect, method, takes_bytes, ref arguments, output } = *tool;
    json.bracket('{');
    json.text_member("name", name);
    if !title.is_empty() {
        json.text_member("title", title);
    }
    json.text_member("description", description);
    json.key("inputSchema");
    input::write(arguments, takes_bytes, json);
    if output::is_known(output) {
        json.key("outputSchema");
        output::write(output, json);
    }
    json.key("annotations");
    Annotations::of(effect, method).write(json);
    json.bracket('}');
}

/// Name and [`Listed::told`] of each tool of a list as [`ToolList::text`] writes it.
///
/// # Errors
/// The text is no such list.
pub fn told_of_sent(text: &str) -> serde_json::Result<Vec<(String, String)>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Read {
        name: String,
        description: String,
        input_schema: Value,
    }
    let sent: Vec<Read> = serde_json::from_str(text)?;
    let pair = |sent: Read| {
        let told = told(&sent.name, &sent.description, &sent.input_schema);
        (sent.name, told)
    };
    Ok(sent.into_iter().map(pair).collect())
}

/// [`Listed::told`] of a tool that is at hand in its parts.
pub fn told(name: &str, description: &str, input_schema: &Value) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Told<'t> {
        name: &'t str,
        description: &'t str,
        input_schema: &'t Value,
    }
    serde_json::to_string(&Told { name, description, input_schema }).unwrap_or_default()
}

/// Every tool of a program or of a profile, in the order of their names: the answer to `tools/list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolList<'a>(Vec<Listed<'a>>);

impl<'a> ToolList<'a> {
    /// Puts entries in order. Names are told apart before.
    pub fn new(entries: impl IntoIterator<Item = Listed<'a>>) -> Self {
        let mut entries: Vec<Listed<'_>> = entries.into_iter().collect();
        entries.sort_by_key(|entry| entry.name);
        Self(entries)
    }

    /// That of constants.
    pub fn of(catalogs: &[&'a airlock_contract::Catalog]) -> Self {
        let mut tools: Vec<&'a airlock_contract::Tool> = catalogs.iter().flat_map(|catalog| catalog.tools).collect();
        tools.sort_by_key(|tool| tool.name);
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS_MAX);
        if tools.len() < TOOLS_PER_THREAD || threads == 1 {
            return Self(Listed::all(&tools));
        }
        // A client waits for the list when a program starts.
        let (first, others) = tools.split_at(tools.len().div_ceil(threads));
        thread::scope(|scope| {
            let start = |tools| (tools, thread::Builder::new().spawn_scoped(scope, move || Listed::all(tools)));
            let others: Vec<_> = others.chunks(first.len()).map(start).collect();
            let mut entries = Listed::all(first);
            for (tools, thread) in others {
                // What no thread did is done here.
                let done = thread.ok().and_then(|thread| thread.join().ok());
                entries.extend(done.unwrap_or_else(|| Listed::all(tools)));
            }
            Self(entries)
        })
    }

    /// What is left of it under a profile. The tools that search the others stand first: a host that cuts a long list off
    /// keeps them.
    #[must_use]
    pub fn under(mut self, tools: &[impl AsRef<str>], search: bool) -> Self {
        self.0.retain(|entry| tools.iter().any(|name| name.as_ref() == entry.name));
        if search {
            self.0.splice(0..0, search_entries());
        }
        self
    }

    /// The entries.
    pub fn entries(&self) -> &[Listed<'a>] {
        &self.0
    }

    /// The entries, given away.
    pub fn into_entries(self) -> Vec<Listed<'a>> {
        self.0
    }

    /// The array `tools` of the answer, as it is sent.
    pub fn sent(&self) -> Sent {
        Sent::of(self.0.iter())
    }

    /// The text of [`ToolList::sent`]: compact JSON.
    pub fn text(&self) -> String {
        self.sent().text()
    }

    /// SHA-256 of [`ToolList::text`], in lower-case hexadecimal.
    pub fn sha256(&self) -> String {
        self.sent().sha256()
    }
}
