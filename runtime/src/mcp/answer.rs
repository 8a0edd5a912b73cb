//! A pruned answer as clients take it.

use airlock_offer::sha256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::{Value, json};

use crate::gate::{Entry, Pruned, ReceivedFile};
use crate::misfit::misfit;

/// The member that a note stands in. Schemas of answers leave objects open.
const NOTE: &str = "_note";

/// Structured content has to be what the tool's schema says, and clients that check it throw the whole answer away: one that
/// is not goes as text, marked as an error, since documents say less than the truth. Text and structured content say the
/// same, a note included: some hosts hand their model the one, some the other. What only tells of other tools has no entry, and
/// neither notes nor files.
pub(super) fn answered(entry: Option<&Entry>, pruned: Pruned) -> CallToolResult {
    let Pruned { value, json, rows, misfit, note, file } = pruned;
    if let Some(misfit) = misfit {
        let note = note.map(|note| format!("\n{note}")).unwrap_or_default();
        let text = format!(
            "The answer is not what its document declares ({misfit}). This is what came, pruned:\n{json}{note}"
        );
        return CallToolResult::error(vec![ContentBlock::text(text)]);
    }
    // Clients want an object there, in every revision but the newest.
    let is_wrapped = !value.is_object();
    let (mut structured, mut json) =
        if is_wrapped { (json!({"result": value}), format!("{{\"result\":{json}}}")) } else { (value, json) };
    let mut beside = note.as_deref();
    if let (Some(note), Some(entry)) = (&note, entry)
        && let Some(noted) = noted(entry, &structured, note, is_wrapped)
    {
        structured = noted;
        let comma = if json.len() > 2 { "," } else { "" };
        json.pop();
        json = format!("{json}{comma}\"{NOTE}\":{}}}", Value::from(note.as_str()));
        beside = None;
    }
    let text = match (rows, &note) {
        (Some(rows), Some(note)) => format!("{rows}\n{note}"),
        (Some(rows), None) => rows,
        (None, _) => beside.map_or_else(|| json.clone(), |note| format!("{json}\n{note}")),
    };
    let mut result = CallToolResult::structured(structured);
    result.content = vec![ContentBlock::text(text)];
    result.content.extend(entry.zip(file).map(|(entry, file)| embedded(entry, &file)));
    result
}

/// The same with a note in it; none if the tool's schema does not admit that.
fn noted(entry: &Entry, structured: &Value, note: &str, is_wrapped: bool) -> Option<Value> {
    let mut noted = structured.clone();
    let members = noted.as_object_mut()?;
    if members.contains_key(NOTE) {
        return None;
    }
    members.insert(NOTE.to_owned(), note.into());
    (is_wrapped || misfit(entry.tool.output, &noted).is_none()).then_some(noted)
}

/// A file as a resource that comes along; its name says what it is made of, and is nothing that could be read again.
fn embedded(entry: &Entry, file: &ReceivedFile) -> ContentBlock {
    let uri = format!("catalog://{}/{}/{}", entry.catalog.name, entry.tool.name, sha256(&file.bytes));
    let contents = ResourceContents::blob(STANDARD.encode(&file.bytes), uri);
    let is_typed = !file.media_type.is_empty();
    ContentBlock::resource(if is_typed { contents.with_mime_type(file.media_type.as_str()) } else { contents })
}
