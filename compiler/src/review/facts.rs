//! What catalogs and tools can do, as lists and sentences.

use std::collections::BTreeMap;

use super::bounds;
use super::tree::{self, Node};
use crate::ir::{
    self, Above, Catalog, Declassified, Effect, Excluded, Fields, Flow, Form, Grounding, LabelledField, Place,
    PromptArgument, Role, Source, Tool, Upstream,
};
use crate::report::visible;
use crate::{offer, outline, wording};

/// Whether the tools of a profile can be searched.
pub(super) fn searched(search: bool) -> &'static str {
    if search { "yes: two tools more are listed, which tell of the others and call nobody" } else { "no" }
}

/// What a person fills in, in a sentence.
pub(super) fn prompt_argument(argument: &PromptArgument) -> String {
    let needed = if argument.required { "required" } else { "optional" };
    if argument.values.is_empty() {
        return format!("{needed}; any text");
    }
    let values: Vec<String> = argument.values.iter().map(|value| format!("`{value}`")).collect();
    format!("{needed}; one of {}", values.join(", "))
}

/// Who says a message of a prompt.
pub(super) fn speaker(role: Role) -> &'static str {
    match role {
        Role::User => "person",
        Role::Assistant => "model",
    }
}

/// A request that tools can make.
pub(super) struct Request<'c> {
    pub(super) method: &'static str,
    /// The whole path, behind the system's address.
    pub(super) path: String,
    /// The tools that make it.
    pub(super) tools: Vec<&'c str>,
}

/// Every request that a system can be sent, by path.
pub(super) fn requests<'c>(catalog: &'c Catalog, upstream: &Upstream) -> Vec<Request<'c>> {
    let mut by_path: BTreeMap<(String, &'static str), Vec<&str>> = BTreeMap::new();
    for tool in catalog.tools.iter().filter(|tool| tool.upstream == upstream.name) {
        by_path.entry((path(catalog, tool), tool.method.word())).or_default().push(&tool.name);
    }
    by_path.into_iter().map(|((path, method), tools)| Request { method, path, tools }).collect()
}

/// How many requests there are of each method: `3 GET, 1 POST`.
pub(super) fn methods(requests: &[Request<'_>]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for request in requests {
        *counts.entry(request.method).or_default() += 1;
    }
    let counts: Vec<String> = counts.into_iter().map(|(method, count)| format!("{count} {method}")).collect();
    counts.join(", ")
}

/// The path of a tool's requests, behind the system's address.
pub(super) fn path(catalog: &Catalog, tool: &Tool) -> String {
    let upstream = catalog.upstreams.iter().find(|upstream| upstream.name == tool.upstream);
    format!("{}{}", upstream.map_or("", |upstream| &upstream.base_path), tool.path)
}

/// A secret, where it goes, and the tools whose requests carry it.
pub(super) struct Secret<'c> {
    pub(super) name: &'c str,
    pub(super) upstream: &'c str,
    pub(super) place: String,
    pub(super) tools: Vec<&'c str>,
}

/// Every secret of a catalog, by system and name.
pub(super) fn secrets(catalog: &Catalog) -> Vec<Secret<'_>> {
    let mut secrets = Vec::new();
    for upstream in &catalog.upstreams {
        for credential in &upstream.credentials {
            let carries = |tool: &&Tool| tool.upstream == upstream.name && tool.credentials.contains(&credential.name);
            let tools = catalog.tools.iter().filter(carries).map(|tool| tool.name.as_str()).collect();
            let place = wording::credential(credential);
            secrets.push(Secret { name: &credential.name, upstream: &upstream.name, place, tools });
        }
    }
    secrets.sort_by_key(|secret| (secret.upstream, secret.name));
    secrets
}

/// The operations that are no tool, by path.
pub(super) fn excluded(catalog: &Catalog) -> Vec<&Excluded> {
    let mut excluded: Vec<&Excluded> = catalog.excluded.iter().collect();
    excluded.sort_by_key(|one| (&one.path, &one.method, &one.operation));
    excluded
}

/// Why an operation is no tool.
pub(super) fn reason(excluded: &Excluded) -> (&'static str, String) {
    match &excluded.refusal {
        Some(refused) => (refused.code, visible(&refused.reason)),
        None => ("not chosen", "it could be a tool, and the catalog does not list it".to_owned()),
    }
}

/// How many tools have which effect.
pub(super) fn effects<'c>(tools: impl Iterator<Item = &'c Tool>) -> [(Effect, usize); 3] {
    let mut counts = [(Effect::Read, 0), (Effect::Write, 0), (Effect::Destroy, 0)];
    for tool in tools {
        counts.iter_mut().filter(|(effect, _)| *effect == tool.effect).for_each(|(_, count)| *count += 1);
    }
    counts
}

/// Whether a person must allow a call.
pub(super) fn approval(effect: Effect) -> &'static str {
    if effect == Effect::Read { "not needed" } else { "a person must allow it" }
}

/// What a call means for labels, by name; nothing where there are none.
pub(super) fn labels(tool: &Tool) -> Vec<(&'static str, String)> {
    let Some(Flow { label, unpruned, clearance, above, fields, declassified }) = &tool.flow else { return Vec::new() };
    let mut labels = vec![("label of what it gives", format!("`{label}`"))];
    if unpruned != label {
        let of_failures = "what the upstream says of a failure is not passed on";
        labels.push(("label of an answer before the rule", format!("`{unpruned}`; {of_failures}")));
    }
    for LabelledField { path, label, is_read } in fields {
        let read = if *is_read { "the rule looks at it" } else { "the rule does not look at it" };
        labels.push(("labelled field", format!("`{path}` is `{label}`; {read}")));
    }
    let cleared = match (tool.sends(), above) {
        (false, _) => "nothing is sent that a model chooses".to_owned(),
        (true, Above::Refused) => format!("`{clearance}`; when more has been read, a call is refused"),
        (true, Above::Asked) => {
            format!("`{clearance}`; when more has been read, a person is asked about each call")
        }
    };
    labels.push(("cleared for", cleared));
    for Declassified { from, reason } in declassified {
        labels.push(("declassified", format!("what `{from}` gives may be sent on, because: {reason}")));
    }
    labels
}

/// The chain of labels in words; none where there is none.
pub(super) fn chain(catalogs: &[Catalog]) -> Option<String> {
    let labels = &catalogs.first()?.labels;
    let named: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
    (!named.is_empty()).then(|| named.join(" < "))
}

/// Every flow above a clearance that is not refused: which tools may send on what they are not cleared for, and how.
pub(super) fn exceptions(catalogs: &[Catalog]) -> Vec<(&str, String)> {
    let tools = || catalogs.iter().flat_map(|catalog| &catalog.tools);
    let mut exceptions = Vec::new();
    for tool in tools().filter(|tool| tool.sends()) {
        let Some(Flow { clearance, above, declassified, .. }) = &tool.flow else { continue };
        let is_top = catalogs.first().and_then(|catalog| catalog.labels.last()) == Some(clearance);
        if *above == Above::Asked && !is_top {
            let what = format!("above `{clearance}` a person is asked about each call");
            exceptions.push((tool.name.as_str(), what));
        }
        for Declassified { from, reason } in declassified {
            let what = format!("what `{from}` gives is declassified for it, because: {reason}");
            exceptions.push((tool.name.as_str(), what));
        }
    }
    exceptions
}

/// What a tool does to data, and who says so.
pub(super) fn effect(tool: &Tool) -> String {
    let declared = if tool.effect_declared { ", as the catalog declares against its method" } else { "" };
    format!("{}{declared}", tool.effect.word())
}

/// What a call is, in one sentence.
pub(super) fn sentence(catalog: &Catalog, tool: &Tool) -> String {
    let verb = match tool.effect {
        Effect::Read => "Reads",
        Effect::Write => "Writes with",
        Effect::Destroy => "Destroys with",
    };
    let (method, path) = (tool.method.word(), path(catalog, tool));
    let mut parts = vec![format!("{verb} `{method} {path}` of the system `{}`", tool.upstream)];
    let names = |wanted: fn(&Source) -> bool| -> Vec<String> {
        let chosen = tool.arguments.iter().filter(|argument| wanted(&argument.source));
        chosen.map(|argument| format!("`{}`", argument.name)).collect()
    };
    let must = names(|source| *source == Source::Required);
    let may = names(|source| matches!(source, Source::Optional | Source::Default(_)));
    match (must.is_empty(), may.is_empty()) {
        (true, true) => parts.push("the model chooses nothing".to_owned()),
        (false, true) => parts.push(format!("the model chooses {}", wording::listed(&must))),
        (true, false) => parts.push(format!("the model may choose {}", wording::listed(&may))),
        (false, false) => parts.push(format!(
            "the model chooses {}, and may choose {}",
            wording::listed(&must),
            wording::listed(&may)
        )),
    }
    for argument in &tool.arguments {
        if let Source::Fixed(json) = &argument.source {
            parts.push(format!("`{}` is always `{json}`", argument.name));
        }
    }
    parts.join("; ") + "."
}

/// An argument in words.
pub(super) struct Argument<'c> {
    pub(super) name: &'c str,
    /// Who chooses it.
    pub(super) source: String,
    /// What it may be, and what the embedded model may write besides what was said.
    pub(super) bounds: String,
    /// Where it goes.
    pub(super) place: String,
    /// What is said of it; the model is told this unless the argument is fixed.
    pub(super) about: &'c str,
    pub(super) is_told: bool,
    /// Its parts, if it has any.
    pub(super) parts: Vec<Node>,
}

/// The arguments of a tool in the order in which they are declared.
pub(super) fn arguments<'c>(catalog: &'c Catalog, tool: &'c Tool) -> Vec<Argument<'c>> {
    let in_words = |argument: &'c ir::Argument| {
        let ir::Argument { name, wire, place, shape, source, grounding, reserved, description } = argument;
        let renamed = if wire == name || *place == Place::Body { String::new() } else { format!(", as `{wire}`") };
        let unsaid = match grounding {
            Grounding::Conversation => "",
            Grounding::Any => "; the embedded model may write what nobody has said",
        };
        let reserved = if *reserved { ", with reserved characters as they are" } else { "" };
        Argument {
            name,
            source: match source {
                Source::Default(json) => format!("optional, else `{json}`"),
                Source::Fixed(json) => format!("always `{json}`"),
                Source::Required | Source::Optional | Source::Page(_) => wording::source(source),
            },
            bounds: bounds::of(shape) + unsaid,
            place: format!("{}{renamed}{reserved}", wording::place(*place)),
            about: description,
            is_told: source.is_offered(),
            parts: tree::of_shape(shape, &catalog.shapes),
        }
    };
    tool.arguments.iter().map(in_words).collect()
}

/// How the result is written for the model, and what it is, in few words.
pub(super) fn result(tool: &Tool) -> String {
    if tool.fields == Fields::None {
        return "nothing: the answer has no body".to_owned();
    }
    let form = match tool.form {
        Form::Json => "JSON",
        Form::Csv => "rows of CSV",
        Form::Table => "a table",
    };
    format!("{form}: {}", outline::in_few_words(&tool.output))
}

/// What else happens with answers, if anything does: they are decompressed, led elsewhere, handed on whole, gathered.
pub(super) fn handling(tool: &Tool) -> Vec<(&'static str, String)> {
    let mut handling = Vec::new();
    if let Some(pages) = &tool.pages {
        handling.push(("pages", wording::pages(pages)));
    }
    if !tool.redirects.is_empty() {
        let names: Vec<String> = tool.redirects.iter().map(|name| format!("`{name}`")).collect();
        handling.push(("redirects", format!("followed to {}, and to no other system", wording::listed(&names))));
    }
    if !tool.encodings.is_empty() {
        handling.push(("compressed with", wording::encodings(tool)));
    }
    if tool.file_bytes_max > 0 {
        handling.push(("files", format!("handed on whole, up to {} bytes", grouped(tool.file_bytes_max))));
    }
    handling
}

/// The answers that are taken.
pub(super) fn answers(tool: &Tool) -> Vec<String> {
    tool.answers.iter().map(wording::answer).collect()
}

/// Sizes of a tool by name.
pub(super) fn sizes(catalog: &Catalog, tool: &Tool) -> Vec<(&'static str, String)> {
    let told = offer::told(catalog, tool).len();
    let mut sizes = vec![
        ("told to the model in all", format!("{} bytes", grouped_size(told))),
        ("most that is read of an answer", format!("{} bytes", grouped(tool.bytes_max))),
    ];
    if let Some(sample) = &tool.sample {
        let given = sample.rows.as_deref().unwrap_or(&sample.json).len();
        sizes.push((
            "of the sample",
            format!("{} of {} bytes are given", grouped_size(given), grouped_size(sample.bytes_in)),
        ));
    }
    sizes
}

/// Whether all of an answer is given, none of it, or which part.
pub(super) fn fields(fields: &Fields) -> String {
    match fields {
        Fields::Known { .. } => format!("{} kept", fields.in_words()),
        Fields::Unknown | Fields::None => fields.in_words(),
    }
}

fn grouped_size(value: usize) -> String {
    grouped(u64::try_from(value).unwrap_or(u64::MAX))
}

/// A number with a comma between groups of three digits.
pub(super) fn grouped(value: u64) -> String {
    wording::grouped(value, ',')
}
