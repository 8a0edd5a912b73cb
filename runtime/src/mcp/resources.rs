//! Sheets about the tools, in the SDK's words.

use rmcp::ErrorData;
use rmcp::model::{
    ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
};
use serde_json::json;

use crate::gate::Gate;
use crate::sheets::{self, Sheet, TEMPLATES};
use crate::untrusted::quoted;

/// Every sheet.
pub(super) fn list(gate: &Gate) -> ListResourcesResult {
    let resource = |sheet: Sheet<'_>| {
        Resource::new(sheet.uri(), sheet.name()).with_title(sheet.title()).with_mime_type(sheet.media_type())
    };
    ListResourcesResult::with_all_items(sheets::all(gate).into_iter().map(resource).collect())
}

/// The forms of the addresses.
pub(super) fn templates() -> ListResourceTemplatesResult {
    let template = |one: &sheets::Template| {
        ResourceTemplate::new(one.uri, one.name).with_title(one.title).with_mime_type(one.media_type)
    };
    ListResourceTemplatesResult::with_all_items(TEMPLATES.iter().map(template).collect())
}

/// The sheet at an address. The SDK gives the error the code of the client's revision.
pub(super) fn read(gate: &Gate, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let Some(sheet) = sheets::find(gate, uri) else {
        let text = format!("Unknown resource: {}; resources/list names all", quoted(uri));
        return Err(ErrorData::resource_not_found(text, Some(json!({"uri": uri}))));
    };
    let contents = ResourceContents::text(sheet.text(), sheet.uri()).with_mime_type(sheet.media_type());
    Ok(ReadResourceResult::new(vec![contents]))
}
