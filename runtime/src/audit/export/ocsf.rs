//! OCSF 1.3: calls as API Activity (6003), starts and stops as Application Lifecycle (6002).

use serde_json::{Map, Value, json};

use super::super::Kind;
use super::{Severity, Told, plain};

const SCHEMA_VERSION: &str = "1.3.0";

pub(super) fn line(told: &Told<'_>) -> Option<String> {
    let (class, activity) = match told.kind {
        Kind::Call | Kind::Outcome => (6003, activity(told)),
        Kind::Genesis | Kind::Start => (6002, 3),
        Kind::Stop => (6002, 4),
        // Install; and what is neither that nor a removal, a start or a stop.
        Kind::Release if told.text("action") == Some("install") => (6002, 1),
        Kind::Recovered | Kind::Release => (6002, 99),
        Kind::Checkpoint | Kind::Rotate => return None,
    };
    let severity = match told.severity() {
        Severity::Informational => 1,
        Severity::Low => 2,
        Severity::Medium => 3,
    };
    let mut event = Map::new();
    let mut put = |name: &str, value: Value| drop(event.insert(name.to_owned(), value));
    put("class_uid", class.into());
    put("category_uid", 6.into());
    put("activity_id", activity.into());
    put("type_uid", (class * 100 + activity).into());
    put("time", told.milliseconds().into());
    put("severity_id", severity.into());
    put("message", told.title().into());
    let product = json!({"name": "airlock-host", "vendor_name": "Airlock", "version": env!("CARGO_PKG_VERSION")});
    put(
        "metadata",
        json!({
            "version": SCHEMA_VERSION,
            "product": product,
            "log_name": super::super::NAMESPACE,
            "sequence": told.number("seq"),
            "uid": told.text("h"),
            "original_time": told.text("time"),
        }),
    );
    if class == 6003 {
        let status = match (told.kind, told.verdict()) {
            (Kind::Call, _) => 0,
            (_, Some("answered")) => 1,
            _ => 2,
        };
        put("status_id", status.into());
        put("status_code", told.record["verdict"].clone());
        put("duration", told.record["duration_ms"].clone());
        put("actor", json!({"user": {"name": told.text("principal").unwrap_or("unknown")}}));
        put("src_endpoint", json!({"svc_name": told.text("caller").unwrap_or("unknown")}));
        put("api", api(told));
    } else {
        put("app", product);
    }
    event.retain(|_, value| !value.is_null());
    event.insert("unmapped".to_owned(), rest(told));
    Some(Value::from(event).to_string())
}

/// Create 1, read 2, update 3, delete 4, another 99.
fn activity(told: &Told<'_>) -> u32 {
    match (told.text("effect"), told.text("method")) {
        (Some("read"), _) => 2,
        (Some("destroy"), _) => 4,
        (Some("write"), Some("POST")) => 1,
        (Some("write"), Some("PUT" | "PATCH")) => 3,
        _ => 99,
    }
}

fn api(told: &Told<'_>) -> Value {
    let mut api = json!({"operation": told.text("tool").unwrap_or("unknown")});
    if let Some(upstream) = told.text("upstream") {
        api["service"] = json!({"name": upstream});
    }
    if let Some(call) = told.number("call") {
        api["request"] = json!({"uid": call.to_string()});
    }
    if let Some(status) = told.number("status") {
        api["response"] = json!({"code": status});
    }
    api
}

/// What the schema has no place for, each as a text.
fn rest(told: &Told<'_>) -> Value {
    let placed =
        ["v", "seq", "time", "h", "tool", "upstream", "status", "principal", "caller", "duration_ms", "verdict"];
    let members = told.record.as_object().into_iter().flatten();
    let rest = members.filter(|(name, value)| !placed.contains(&name.as_str()) && !value.is_null());
    rest.map(|(name, value)| (name.clone(), Value::from(plain(value)))).collect::<Map<_, _>>().into()
}
