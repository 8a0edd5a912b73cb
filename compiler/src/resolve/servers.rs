//! Server Objects (OpenAPI 3.0.4, section 4.7.5): which system an operation reaches.

use serde_json::Value;

use crate::normalise::Document;

/// A server of the document, its variables settled with their defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The URL as the document writes it.
    pub written: String,
    /// Its path, without a `/` at the end; empty where there is none.
    pub base_path: String,
}

/// The first server of a list that stands at `pointer`; `None` where there is none.
pub(super) fn first(document: &Document, pointer: &str) -> Option<Server> {
    let server = document.value.pointer(pointer)?.as_array()?.first()?;
    let written = server["url"].as_str()?.to_owned();
    let mut url = written.clone();
    for (name, variable) in server["variables"].as_object().into_iter().flatten() {
        let default = match &variable["default"] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        url = url.replace(&format!("{{{name}}}"), &default);
    }
    Some(Server { written, base_path: path_of(&url) })
}

/// The server of the operation that stands at `pointer` below the path item at `item_pointer`, where it has one of its own.
pub(super) fn own(document: &Document, pointer: &str, item_pointer: &str) -> Option<Server> {
    let own = first(document, &format!("{pointer}/servers"))
        .or_else(|| first(document, &format!("{item_pointer}/servers")))?;
    // Said again, it is the document's.
    (document_server(document).as_ref() != Some(&own)).then_some(own)
}

/// The document's own server.
pub fn document_server(document: &Document) -> Option<Server> {
    first(document, "/servers")
}

/// The path of a URL, without empty segments and without a `/` at the end.
pub(super) fn path_of(url: &str) -> String {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => url,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    segments.fold(String::new(), |path, segment| path + "/" + segment)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{document_server, own};
    use crate::normalise::Document;

    #[test]
    fn the_base_path_is_the_path_of_the_first_server() {
        let of = |server: Value| {
            document_server(&Document::plain(json!({"servers": [server]}))).map(|server| server.base_path)
        };
        for (server, path) in [
            (json!({"url": "https://clinic.internal/v1/"}), "/v1"),
            (json!({"url": "https://clinic.internal"}), ""),
            (json!({"url": "/api/v1"}), "/api/v1"),
            (
                json!({"url": "http://h:{p}/{base}/x", "variables": {"p": {"default": 80}, "base": {"default": ""}}}),
                "/x",
            ),
            (json!({"url": "https://{host}/ga4gh/{v}", "variables": {"v": {"default": "wes/v1"}}}), "/ga4gh/wes/v1"),
        ] {
            assert_eq!(of(server.clone()).as_deref(), Some(path), "{server}");
        }
        assert_eq!(of(json!({"url": 1})), None);
    }

    #[test]
    fn an_operation_may_have_a_server_of_its_own() {
        let document = Document::plain(json!({
            "servers": [{"url": "/v1"}],
            "paths": {"/a": {"servers": [{"url": "/v2"}], "get": {}, "put": {"servers": [{"url": "https://u/up"}]},
                             "post": {"servers": [{"url": "/v1"}]}}},
        }));
        let of =
            |method: &str| own(&document, &format!("/paths/~1a/{method}"), "/paths/~1a").map(|server| server.written);
        assert_eq!((of("get").as_deref(), of("put").as_deref(), of("post")), (Some("/v2"), Some("https://u/up"), None));
    }
}
