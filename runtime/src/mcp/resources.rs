//! Pages about the tools, in the SDK's words.

use rmcp::ErrorData;
use rmcp::model::{
    ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
};
use serde_json::json;

use crate::gate::Gate;
use crate::pages::{self, Page, TEMPLATES};
use crate::untrusted::quoted;

/// Every page.
pub(super) fn list(gate: &Gate) -> ListResourcesResult {
    let resource = |page: Page<'_>| {
        Resource::new(page.uri(), page.name()).with_title(page.title()).with_mime_type(page.media_type())
    };
    ListResourcesResult::with_all_items(pages::all(gate).into_iter().map(resource).collect())
}

/// The forms of the addresses.
pub(super) fn templates() -> ListResourceTemplatesResult {
    let template = |one: &pages::Template| {
        ResourceTemplate::new(one.uri, one.name).with_title(one.title).with_mime_type(one.media_type)
    };
    ListResourceTemplatesResult::with_all_items(TEMPLATES.iter().map(template).collect())
}

/// The page at an address. The SDK gives the error the code of the client's revision.
pub(super) fn read(gate: &Gate, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let Some(page) = pages::find(gate, uri) else {
        let text = format!("Unknown resource: {}; resources/list names all", quoted(uri));
        return Err(ErrorData::resource_not_found(text, Some(json!({"uri": uri}))));
    };
    let contents = ResourceContents::text(page.text(), page.uri()).with_mime_type(page.media_type());
    Ok(ReadResourceResult::new(vec![contents]))
}
