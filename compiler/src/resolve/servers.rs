//! Server Objects (OpenAPI 3.0.4, section 4.7.5): which system an operation reaches.

use serde_json::Value;

use crate::ir::Transport;
use crate::normalise::{Document, TRANSPORT};

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

/// How requests of the operation that stands at `pointer` are carried: over TLS where every server that it may be sent to is
/// written with `https`.
pub(super) fn transport(document: &Document, pointer: &str, item_pointer: &str) -> Transport {
    let said = |pointer: &str| document.value.pointer(pointer)?.get(TRANSPORT)?.as_str();
    // Servers of an operation or of a path item are of OpenAPI 3.0, and what the root says in another place is of Swagger 2.0.
    if let Some(word) = said(pointer).or_else(|| said("")) {
        return if word == Transport::Tls.word() { Transport::Tls } else { Transport::Any };
    }
    let lists = [format!("{pointer}/servers"), format!("{item_pointer}/servers"), "/servers".to_owned()];
    let list = lists.iter().find(|list| first(document, list).is_some());
    let servers = list.and_then(|list| document.value.pointer(list)?.as_array());
    let of_server = |server: &Value| server["url"].as_str().map_or(Transport::Any, transport_of);
    servers.into_iter().flatten().map(of_server).min().unwrap_or_default()
}

/// How requests are carried to a server, as its URL is written; the scheme is compared without case (RFC 3986, section 3.1).
///
/// A relative URL has the scheme by which the document was fetched (OpenAPI 3.0.4, section 4.7.5), and whoever calls chooses
/// the value of a variable: neither says anything.
pub(super) fn transport_of(url: &str) -> Transport {
    match url.split_once("://") {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => Transport::Tls,
        _ => Transport::Any,
    }
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

    use super::{document_server, own, transport};
    use crate::ir::Transport;
    use crate::normalise::{Document, TRANSPORT};

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

    /// What the document says of the operation `get /a`, whose servers and those around it are these.
    fn carried(document: &Value, item: &Value, operation: &Value) -> Transport {
        let get = json!({"servers": operation});
        let value = json!({"servers": document, "paths": {"/a": {"servers": item, "get": get}}});
        transport(&Document::plain(value), "/paths/~1a/get", "/paths/~1a")
    }

    #[test]
    fn requests_go_over_tls_where_every_server_is_written_with_https() {
        let (a, plain, none) = (json!({"url": "https://a/v1"}), json!({"url": "http://a"}), json!(null));
        let host = json!({"url": "https://{host}/v1", "variables": {"host": {"default": "a"}}});
        let scheme = json!({"url": "{s}://a", "variables": {"s": {"default": "https", "enum": ["https"]}}});
        let whole = json!({"url": "{u}", "variables": {"u": {"default": "https://a"}}});
        for (servers, expected) in [
            (json!([a]), Transport::Tls),
            (json!([a, {"url": "HTTPS://b"}, host]), Transport::Tls),
            (json!([a, plain]), Transport::Any),
            (json!([plain, a]), Transport::Any),
            (json!([a, {"url": "/v1"}]), Transport::Any),
            (json!([{"url": "/v1"}]), Transport::Any),
            (json!([{"url": "//a/v1"}]), Transport::Any),
            (json!([scheme]), Transport::Any),
            (json!([whole]), Transport::Any),
            (json!([{"url": "httpsx://a"}]), Transport::Any),
            (json!([a, {"description": "https"}]), Transport::Any),
            (json!([]), Transport::Any),
            (none.clone(), Transport::Any),
        ] {
            assert_eq!(carried(&servers, &none, &none), expected, "{servers}");
            // The list that is nearest to the operation counts alone.
            let is_list = servers.as_array().is_some_and(|list| !list.is_empty());
            for (around, of_it) in [(json!([a]), Transport::Tls), (json!([plain]), Transport::Any)] {
                let expected = if is_list { expected } else { of_it };
                assert_eq!(carried(&around, &servers, &none), expected, "{around} {servers}");
                assert_eq!(carried(&around, &none, &servers), expected, "{around} {servers}");
            }
        }
    }

    #[test]
    fn what_a_conversion_says_of_an_operation_counts_before_the_root_and_both_before_servers() {
        let of = |operation: &str, root: &str, url: &str| {
            let mut value = json!({"servers": [{"url": url}], "paths": {"/a": {"get": {}}}});
            for (pointer, word) in [("", root), ("/paths/~1a/get", operation)] {
                let place = value.pointer_mut(pointer).and_then(Value::as_object_mut).expect("an object");
                if !word.is_empty() {
                    place.insert(TRANSPORT.to_owned(), word.into());
                }
            }
            transport(&Document::plain(value), "/paths/~1a/get", "/paths/~1a")
        };
        assert_eq!(of("tls", "any", "http://a"), Transport::Tls);
        assert_eq!(of("any", "tls", "https://a"), Transport::Any);
        assert_eq!(of("", "tls", "/v1"), Transport::Tls);
        assert_eq!(of("", "any", "https://a"), Transport::Any);
        assert_eq!(of("", "", "https://a"), Transport::Tls);
    }
}
