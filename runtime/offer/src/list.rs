//! The list of tools, as the protocol sends it.

use std::iter::once;
use std::num::NonZero;

use airlock_contract::{Body, Effect, Method, request, shape};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json::Json;
use crate::{Viewed, hex, input, output, search_entries};
use sha2::{Digest as _, Sha256};

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
    text: String,
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
        let Tool { name, title, description, effect, method, takes_bytes, ref arguments, output } = *tool;
        let mut json = Json::with_capacity(ENTRY_BYTES);
        json.bracket('{');
        json.text_member("name", name);
        if !title.is_empty() {
            json.text_member("title", title);
        }
        json.text_member("description", description);
        json.key("inputSchema");
        input::write(arguments, takes_bytes, &mut json);
        if output::is_known(output) {
            json.key("outputSchema");
            output::write(output, &mut json);
        }
        json.key("annotations");
        Annotations::of(effect, method).write(&mut json);
        json.bracket('}');
        Self { name, description, text: json.into_text() }
    }

    /// The entry as it is sent: compact JSON.
    pub fn text(&self) -> &str {
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
        let mut entry: Map<String, Value> = serde_json::from_str(&self.text).ok()?;
        entry.remove(name)
    }

    /// What hosts hand to a model of it, as compact JSON: name, description and the schema of the arguments. This is what
    /// is counted where tokens or bytes of a tool are counted.
    pub fn told(&self) -> String {
        told(self.name, self.description, &self.input_schema())
    }
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

/// Entries as they are sent: a compact JSON array.
pub fn sent<'l, 't: 'l>(entries: impl Iterator<Item = &'l Listed<'t>> + Clone) -> String {
    let bytes: usize = entries.clone().map(|entry| entry.text().len() + 1).sum();
    let mut text = String::with_capacity(bytes + 2);
    pieces(entries).for_each(|piece| text.push_str(piece));
    text
}

/// SHA-256 of entries as they are sent, in lower-case hexadecimal.
pub fn sent_sha256<'l, 't: 'l>(entries: impl Iterator<Item = &'l Listed<'t>>) -> String {
    let mut digest = Sha256::new();
    pieces(entries).for_each(|piece| digest.update(piece));
    hex(&digest.finalize())
}

/// The pieces of a compact JSON array of entries.
fn pieces<'l, 't: 'l>(entries: impl Iterator<Item = &'l Listed<'t>>) -> impl Iterator<Item = &'l str> {
    let of_entry = |(position, entry): (usize, &'l Listed<'t>)| [if position == 0 { "" } else { "," }, entry.text()];
    once("[").chain(entries.enumerate().flat_map(of_entry)).chain(once("]"))
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
        let tools: Vec<&'a airlock_contract::Tool> = catalogs.iter().flat_map(|catalog| catalog.tools).collect();
        let listed = |tools: &[&'a airlock_contract::Tool]| -> Vec<Listed<'a>> {
            tools.iter().map(|tool| Listed::new(&Tool::of(tool))).collect()
        };
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(THREADS_MAX);
        if tools.len() < TOOLS_PER_THREAD || threads == 1 {
            return Self::new(listed(&tools));
        }
        // A client waits for the list when a program starts.
        let (first, others) = tools.split_at(tools.len().div_ceil(threads));
        std::thread::scope(|scope| {
            let chunks = others.chunks(first.len());
            let others: Vec<_> = chunks.map(|tools| (tools, scope.spawn(move || listed(tools)))).collect();
            let mut entries = listed(first);
            for (tools, thread) in others {
                // One that panicked is told of here, by doing its work again.
                entries.extend(thread.join().unwrap_or_else(|_| listed(tools)));
            }
            Self::new(entries)
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

    /// The array `tools` of the answer, as it is sent: compact JSON.
    pub fn text(&self) -> String {
        sent(self.0.iter())
    }

    /// SHA-256 of [`ToolList::text`], in lower-case hexadecimal.
    pub fn sha256(&self) -> String {
        sent_sha256(self.0.iter())
    }
}
