//! What the commands print.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use airlock_contract::{Catalog, Flow, Profile, Tool, Transport};
use airlock_offer::Listed;
use serde_json::{Map, Value, json};

use super::{Context, ExitCode};
use crate::gate::{Outcome, RefusalKind};
use crate::hygiene::share;

/// The tools, sorted by name. Needs no site file.
pub(super) fn tools(
    catalogs: &[&'static Catalog],
    profile: Option<&Profile>,
    as_json: bool,
    with_schema: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut tools: Vec<(&Catalog, &'static Tool)> =
        catalogs.iter().flat_map(|catalog| catalog.tools.iter().map(|tool| (*catalog, tool))).collect();
    tools.retain(|(_, tool)| profile.is_none_or(|profile| profile.tools.contains(&tool.name)));
    tools.sort_by_key(|(_, tool)| tool.name);
    if as_json {
        let listed: Vec<Value> = tools.iter().map(|(catalog, tool)| in_json(catalog, tool, with_schema)).collect();
        return writeln!(out, "{:#}", Value::from(listed));
    }
    if tools.is_empty() {
        return writeln!(out, "This program has no tools: no catalog was compiled into it.");
    }
    let width = tools.iter().map(|(_, tool)| tool.name.len()).max().unwrap_or_default();
    for (catalog, tool) in tools {
        let (method, path) = (tool.request.method.word(), tool.request.path);
        let (effect, base) = (tool.effect.word(), base_path(catalog, tool));
        writeln!(out, "{:width$}  {effect:7}  {method} {base}{path}", tool.name)?;
        if !tool.title.is_empty() {
            writeln!(out, "{:width$}  {}", "", tool.title)?;
        }
        if let Some(flow) = tool.flow {
            writeln!(out, "{:width$}  {}", "", labels(tool, flow))?;
        }
        if with_schema {
            writeln!(out, "{:#}", listed(tool).input_schema())?;
        }
    }
    Ok(())
}

/// What a tool gives and may be told, in a few words.
fn labels(tool: &Tool, flow: Flow) -> String {
    let Flow { label, clearance, above, .. } = flow;
    if !tool.sends() {
        return format!("gives {label}, and is told nothing");
    }
    format!("gives {label}, cleared for {clearance}; above it: {}", above.word())
}

fn in_json(catalog: &Catalog, tool: &'static Tool, with_schema: bool) -> Value {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| drop(object.insert(key.to_owned(), value));
    put("name", tool.name.into());
    put("title", tool.title.into());
    put("description", tool.description.into());
    put("catalog", catalog.name.into());
    put("upstream", tool.upstream.into());
    put("effect", tool.effect.word().into());
    put("method", tool.request.method.word().into());
    put("path", format!("{}{}", base_path(catalog, tool), tool.request.path).into());
    put("credentials", tool.credentials.into());
    if let Some(Flow { label, clearance, above, .. }) = tool.flow {
        put("label", label.into());
        put("clearance", clearance.into());
        put("above_clearance", above.word().into());
    }
    if with_schema {
        let listed = listed(tool);
        put("input_schema", listed.input_schema());
        if let Some(schema) = listed.output_schema() {
            put("output_schema", schema);
        }
    }
    object.into()
}

fn listed(tool: &'static Tool) -> Listed<'static> {
    Listed::new(&airlock_offer::Tool::of(tool))
}

/// Where the paths of a tool's upstream begin.
fn base_path(catalog: &Catalog, tool: &Tool) -> &'static str {
    let upstream = catalog.upstreams.iter().find(|upstream| upstream.name == tool.upstream);
    upstream.map(|upstream| upstream.base_path).unwrap_or_default()
}

/// A site file with every upstream and credential of the catalogs.
pub(super) fn site(catalogs: &[&Catalog], out: &mut dyn Write) -> io::Result<()> {
    let mut declared: BTreeMap<&str, (Transport, BTreeSet<&str>)> = BTreeMap::new();
    for upstream in catalogs.iter().flat_map(|catalog| catalog.upstreams) {
        let (transport, credentials) = declared.entry(upstream.name).or_default();
        *transport = upstream.transport.max(*transport);
        credentials.extend(upstream.credentials.iter().map(|credential| credential.name));
    }
    let mut upstreams = Map::new();
    for (name, (transport, credentials)) in declared {
        let mut upstream = Map::new();
        match transport {
            Transport::Any => drop(upstream.insert("address".to_owned(), "http://127.0.0.1:8080".into())),
            Transport::Tls => {
                upstream.insert("address".to_owned(), "https://127.0.0.1:8443".into());
                upstream.insert("ca".to_owned(), json!({"file": format!("{name}-ca.pem")}));
            }
        }
        let mut files = Map::new();
        for credential in &credentials {
            let stem = if credentials.len() == 1 { name.to_owned() } else { format!("{name}-{credential}") };
            files.insert((*credential).to_owned(), json!({"file": format!("{stem}.key")}));
        }
        if !files.is_empty() {
            upstream.insert("credentials".to_owned(), files.into());
        }
        upstreams.insert(name.to_owned(), upstream.into());
    }
    let site = json!({
        "upstreams": upstreams,
        "audit": {"directory": "audit"},
        "limits": {"seconds_max": 30, "calls_at_once_max": 8, "answer_bytes_max": 60_000},
    });
    writeln!(out, "{site:#}")
}

/// Writes the file that an answer brings along. What is there already stays as it is.
pub(super) fn file(outcome: &Outcome, path: &Path, context: &mut Context<'_>) -> ExitCode {
    let Some(file) = outcome.answer.as_ref().ok().and_then(|pruned| pruned.file.as_ref()) else {
        return context.fail(ExitCode::Failed, "the answer brings no file along");
    };
    let written = File::create_new(path).and_then(|mut target| {
        share(&target)?;
        target.write_all(&file.bytes)
    });
    match written {
        Ok(()) => ExitCode::Done,
        Err(fault) => context.fail(ExitCode::Failed, &format!("cannot write `{}`: {fault}", path.display())),
    }
}

/// The pruned answer, and what it took to get it.
pub(super) fn outcome(outcome: &Outcome, context: &mut Context<'_>) -> ExitCode {
    let milliseconds = outcome.duration.as_millis();
    match &outcome.answer {
        Ok(pruned) => {
            let json = airlock_prune::indented(&pruned.json);
            if let Err(fault) = writeln!(context.out, "{json}").and_then(|()| context.out.flush()) {
                return context.fail(ExitCode::Failed, &format!("cannot write the answer: {fault}"));
            }
            // What only tells of tools makes no request.
            let request = outcome.request.as_deref().unwrap_or("nothing was sent");
            let (before, after) = (outcome.upstream_bytes, outcome.answer_bytes);
            // The answer is out; a summary that nobody can read is no failure.
            let _ = writeln!(context.err, "{request}: {before} -> {after} bytes, {milliseconds} ms");
            if let Some(misfit) = &pruned.misfit {
                let _ = writeln!(context.err, "note: the answer is not what its document declares: {misfit}");
            }
            if let Some(note) = &pruned.note {
                let _ = writeln!(context.err, "note: {note}");
            }
            ExitCode::Done
        }
        Err(refusal) => {
            let usage = matches!(refusal.kind, RefusalKind::UnknownTool | RefusalKind::Arguments);
            context.fail(if usage { ExitCode::Usage } else { ExitCode::Failed }, &refusal.text)
        }
    }
}
