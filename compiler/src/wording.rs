//! Parts of catalogs in words, for all that people read: changes and reviews.

use crate::ir::{
    Answer, Body, Content, Credential, CredentialPlace, Effect, Fields, Next, Pages, Place, Source, Status, Style,
    Tool, Transport,
};

/// Texts up to this many characters are shown whole.
const WHOLE_CHARS_MAX: usize = 160;

/// So many characters of what two long texts share stand beside what differs.
const CONTEXT_CHARS: usize = 40;

/// Two texts beside each other. Of long ones, what they share is cut; what differs is always shown whole.
pub(crate) fn contrast(old: &str, new: &str) -> String {
    let (before, after): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
    if before.len().max(after.len()) <= WHOLE_CHARS_MAX {
        return format!("\"{old}\" -> \"{new}\"");
    }
    let shared = |a: &mut dyn Iterator<Item = &char>, b: &mut dyn Iterator<Item = &char>| {
        a.zip(b).take_while(|(a, b)| a == b).count()
    };
    let front = shared(&mut before.iter(), &mut after.iter());
    let back = shared(&mut before[front..].iter().rev(), &mut after[front..].iter().rev());
    let part = |text: &[char]| {
        let start = front.saturating_sub(CONTEXT_CHARS);
        let end = (text.len() - back + CONTEXT_CHARS).min(text.len());
        let middle: String = text[start..end].iter().collect();
        let (left, right) = (if start > 0 { "…" } else { "" }, if end < text.len() { "…" } else { "" });
        format!("\"{left}{middle}{right}\"")
    };
    format!("{} -> {}", part(&before), part(&after))
}

/// How requests are carried to a system.
pub(crate) fn transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Any => "by https or http, as the site file says",
        Transport::Tls => "by https, as the document says",
    }
}

/// A number with a mark between groups of three digits.
pub(crate) fn grouped(value: u64, mark: char) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(mark);
        }
        text.push(digit);
    }
    text
}

/// A text, or that there is none.
pub(crate) fn or_nothing(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") }
}

/// A list of names, the first fifty of them.
pub(crate) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    const SHOWN: usize = 50;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// What a tool is, in one sentence.
pub(crate) fn tool(tool: &Tool) -> String {
    let declared = if tool.effect_declared { ", as the catalog declares" } else { "" };
    let effect = match tool.effect {
        Effect::Read => "reads",
        Effect::Write => "writes",
        Effect::Destroy => "destroys",
    };
    let secrets = match tool.credentials.as_slice() {
        [] => "no secret".to_owned(),
        names => format!("the secret {}", names.join(" + ")),
    };
    let keeps = if matches!(tool.fields, Fields::Known { .. }) { "keeps" } else { "fields" };
    let (method, path, upstream) = (tool.method.word(), &tool.path, &tool.upstream);
    format!("{method} {path} at `{upstream}` with {secrets}: {effect}{declared}; {keeps} {}", tool.fields.in_words())
}

/// Where a secret goes.
pub(crate) fn credential(credential: &Credential) -> String {
    match &credential.place {
        CredentialPlace::Header(name) => format!("the header `{name}`"),
        CredentialPlace::Query(name) => format!("the query parameter `{name}`"),
        CredentialPlace::Cookie(name) => format!("the cookie `{name}`"),
        CredentialPlace::Bearer => "the header `Authorization`, as a bearer token".to_owned(),
        CredentialPlace::Basic => "the header `Authorization`, as user and password".to_owned(),
    }
}

/// Where an argument goes, without its style.
pub(crate) fn place(place: Place) -> &'static str {
    match place {
        Place::Path(_) => "the path",
        Place::Query(_) => "the query",
        Place::Header(_) => "a header",
        Place::Cookie(_) => "a cookie",
        Place::Body => "the body",
        Place::BodyProperty => "a property of the body",
    }
}

/// How an argument is written.
pub(crate) fn style(place: Place) -> Option<Style> {
    match place {
        Place::Path(style) | Place::Query(style) | Place::Header(style) | Place::Cookie(style) => Some(style),
        Place::Body | Place::BodyProperty => None,
    }
}

/// Who chooses an argument.
pub(crate) fn source(source: &Source) -> String {
    match source {
        Source::Required => "required".to_owned(),
        Source::Optional => "optional".to_owned(),
        Source::Default(json) => format!("optional, else {json}"),
        Source::Fixed(json) => format!("always {json}"),
        Source::Page(json) if json.is_empty() => "the host, to ask for pages behind the first".to_owned(),
        Source::Page(json) => format!("the host, to ask for pages; for the first, {json}"),
    }
}

/// An answer that is taken.
pub(crate) fn answer(answer: &Answer) -> String {
    let status = match answer.status {
        Status::Code(code) => code.to_string(),
        Status::Range(digit) => format!("{digit}xx"),
        Status::AnySuccess => "any success".to_owned(),
    };
    let content = match answer.content {
        Content::Empty => "nothing",
        Content::Json => "JSON",
        Content::Text => "text",
        Content::Lines => "lines of JSON",
        Content::Location => "where it leads to",
        Content::Binary => "bytes",
    };
    let media_type = if answer.media_type.is_empty() { String::new() } else { format!(" as `{}`", answer.media_type) };
    format!("{status}: {content}{media_type}")
}

/// What an answer may be compressed with.
pub(crate) fn encodings(tool: &Tool) -> String {
    listed(&tool.encodings.iter().map(|encoding| encoding.word()).collect::<Vec<_>>())
}

/// How pages are gathered.
pub(crate) fn pages(pages: &Pages) -> String {
    let Pages { next, items, items_max } = pages;
    let sized = |size: &Option<String>| {
        size.as_ref().map_or(String::new(), |size| format!(", pages being as long as `{size}`"))
    };
    let next = match next {
        Next::Link => "by the link to the next one".to_owned(),
        Next::Cursor(argument, at) => format!("by sending `{argument}` what `{}` finds in the page before", at.rule),
        Next::Offset(argument, size) => format!("by sending `{argument}` how many items came before{}", sized(size)),
        Next::Number(argument, size) => format!("by sending `{argument}` the number of the page{}", sized(size)),
    };
    let place = if items.is_empty() { "the whole page".to_owned() } else { format!("`{}`", items.join(".")) };
    format!("one call gathers pages {next}, up to {items_max} items, which are {place}")
}

/// How a body is written.
pub(crate) fn body(body: &Body) -> String {
    match body {
        Body::None => "no body".to_owned(),
        Body::Json(media_type) => format!("JSON as `{media_type}`"),
        Body::Form(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|field| {
                    let reserved = if field.reserved { ", reserved" } else { "" };
                    format!("{} ({:?}{reserved})", field.name, field.style)
                })
                .collect();
            format!("a form [{}]", fields.join(", "))
        }
        Body::Multipart(parts) => {
            let parts: Vec<String> = parts
                .iter()
                .map(|part| {
                    let repeated = if part.repeated { ", repeated" } else { "" };
                    format!("{} ({:?} as `{}`{repeated})", part.name, part.content, part.media_type)
                })
                .collect();
            format!("parts [{}]", parts.join(", "))
        }
        Body::Bytes(media_type) => format!("a file as `{media_type}`"),
        Body::Text(media_type) => format!("text as `{media_type}`"),
    }
}
