//! What is not an operation: addresses and security definitions (Swagger 2.0) -> Server Objects and Security Scheme
//! Objects (OpenAPI 3.0.4, sections 4.8.5 and 4.8.27).

use serde_json::{Map, Value};

use super::ledger::Ledger;
use crate::ir::Transport;
use crate::normalise::{TRANSPORT, escape};

/// Converts the root's own members. What OpenAPI 3.0 does not know and that does not move stays.
pub(super) fn convert(root: &mut Map<String, Value>, ledger: &mut Ledger<'_>) {
    if root.get("paths").is_none_or(Value::is_null) {
        root.insert("paths".to_owned(), Map::new().into());
    }
    // Not a key of Swagger 2.0: it has no meaning here, and would have one afterwards.
    root.shift_remove("servers");
    let servers = servers(root);
    if !servers.is_empty() {
        let from = if root.contains_key("host") { "/host" } else { "/basePath" };
        ledger.came(&ledger.spot(from), "/servers".to_owned());
        root.insert("servers".to_owned(), servers.into());
    }
    if !root.get("host").and_then(Value::as_str).is_some_and(|host| host.contains("://")) {
        let transport = transport(root).unwrap_or_default();
        root.insert(TRANSPORT.to_owned(), transport.word().into());
    }
    convert_security(root, ledger);
    root.insert("openapi".to_owned(), "3.0.4".into());
}

/// One server per scheme, in their order. Text such as `{{.Base}}` stays as it is: it is no address until somebody says
/// what it stands for. Empty where neither host nor path is given.
fn servers(root: &Map<String, Value>) -> Vec<Value> {
    let text = |key: &str| root.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let path = text("basePath");
    let mut urls: Vec<String> = Vec::new();
    match text("host") {
        None => urls
            .extend(path.map(|path| if path.starts_with(['/', '{']) { path.to_owned() } else { format!("/{path}") })),
        Some(host) => {
            let path = path.unwrap_or_default().trim_start_matches('/');
            let tail = if path.is_empty() { String::new() } else { format!("/{path}") };
            let host = host.trim_end_matches('/');
            if host.contains("://") {
                urls.push(format!("{host}{tail}"));
            } else {
                let listed = schemes(root);
                // Nobody knows here by which one the document was fetched: the safe one.
                let schemes = if listed.is_empty() { vec!["https"] } else { listed };
                urls.extend(schemes.into_iter().map(|scheme| format!("{scheme}://{host}{tail}")));
            }
        }
    }
    urls.into_iter().map(|url| Value::Object(Map::from_iter([("url".to_owned(), url.into())]))).collect()
}

/// How requests are carried, by the `schemes` of the root or of an operation; `None` where these say nothing. The root then
/// means the scheme by which the document was fetched, and an operation what the root says (Swagger 2.0, sections "Swagger
/// Object" and "Operation Object").
pub(super) fn transport(members: &Map<String, Value>) -> Option<Transport> {
    let schemes = schemes(members);
    let is_tls = schemes.iter().all(|scheme| *scheme == "https");
    (!schemes.is_empty()).then_some(if is_tls { Transport::Tls } else { Transport::Any })
}

/// The schemes that are listed, each once, without those that carry no HTTP requests.
fn schemes(members: &Map<String, Value>) -> Vec<&str> {
    let listed = members.get("schemes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut schemes: Vec<&str> = Vec::new();
    for scheme in listed.filter(|scheme| matches!(*scheme, "http" | "https")) {
        if !schemes.contains(&scheme) {
            schemes.push(scheme);
        }
    }
    schemes
}

/// `securityDefinitions` -> `components.securitySchemes`.
fn convert_security(root: &mut Map<String, Value>, ledger: &mut Ledger<'_>) {
    if !root.get("securityDefinitions").is_some_and(Value::is_object) {
        return;
    }
    let Some(Value::Object(definitions)) = root.shift_remove("securityDefinitions") else { return };
    let mut schemes = Map::new();
    for (name, mut definition) in definitions {
        let pointer = |key: &str| format!("/{key}/{}", escape(&name));
        ledger.came(&ledger.spot(&pointer("securityDefinitions")), pointer("components/securitySchemes"));
        if let Value::Object(definition) = &mut definition {
            convert_scheme(definition);
        }
        schemes.insert(name, definition);
    }
    let components = root.entry("components").or_insert_with(|| Map::new().into());
    if !components.is_object() {
        *components = Map::new().into();
    }
    if let Value::Object(components) = components {
        components.insert("securitySchemes".to_owned(), schemes.into());
    }
}

fn convert_scheme(scheme: &mut Map<String, Value>) {
    match scheme.get("type").and_then(Value::as_str) {
        Some("basic") => {
            scheme.insert("type".to_owned(), "http".into());
            scheme.insert("scheme".to_owned(), "basic".into());
        }
        Some("oauth2") if !scheme.contains_key("flows") => {
            let mut take = |key: &str| scheme.shift_remove(key);
            let (flow, authorization, token, scopes) =
                (take("flow"), take("authorizationUrl"), take("tokenUrl"), take("scopes"));
            let flow = flow.as_ref().and_then(Value::as_str).and_then(flow_named);
            let mut flows = Map::new();
            if let Some((name, has_authorization, has_token)) = flow {
                let url = |value: Option<Value>| value.filter(Value::is_string).unwrap_or_else(|| "".into());
                let mut members = Map::new();
                if has_authorization {
                    members.insert("authorizationUrl".to_owned(), url(authorization));
                }
                if has_token {
                    members.insert("tokenUrl".to_owned(), url(token));
                }
                members.insert("scopes".to_owned(), scopes_of(scopes).into());
                flows.insert(name.to_owned(), members.into());
            }
            scheme.insert("flows".to_owned(), flows.into());
        }
        _ => {}
    }
}

/// The name of a flow in OpenAPI 3.0, and whether it has an authorization and a token address.
fn flow_named(flow: &str) -> Option<(&'static str, bool, bool)> {
    Some(match flow {
        "implicit" => ("implicit", true, false),
        "password" => ("password", false, true),
        "application" => ("clientCredentials", false, true),
        "accessCode" => ("authorizationCode", true, true),
        _ => return None,
    })
}

/// Scopes and what each is for.
fn scopes_of(scopes: Option<Value>) -> Map<String, Value> {
    let Some(Value::Object(mut scopes)) = scopes else { return Map::new() };
    for (_, description) in scopes.iter_mut().filter(|(_, description)| !description.is_string()) {
        *description = "".into();
    }
    scopes
}
