//! Common Event Format, version 0 (ArcSight, "Implementing ArcSight Common Event Format", 2017).

use std::fmt::Write as _;

use serde_json::Value;

use super::{Severity, Told, plain};

pub(super) fn line(told: &Told<'_>) -> String {
    let severity = match told.severity() {
        Severity::Informational => 1,
        Severity::Low => 4,
        Severity::Medium => 7,
    };
    let class = match told.verdict().or_else(|| told.text("stage")) {
        Some(verdict) => format!("{}:{verdict}", told.kind.word()),
        None => told.kind.word().to_owned(),
    };
    let version = env!("CARGO_PKG_VERSION");
    let mut line = format!("CEF:0|Airlock|airlock-host|{version}|{}|{}|{severity}|", header(&class), told.title());
    let mut put = |key: &str, value: String| {
        let blank = if line.ends_with('|') { "" } else { " " };
        let _ = write!(line, "{blank}{key}={}", extension(&value));
    };
    put("rt", told.milliseconds().to_string());
    for (key, member) in [
        ("externalId", "seq"),
        ("suser", "principal"),
        ("sproc", "caller"),
        ("act", "tool"),
        ("outcome", "verdict"),
        ("requestMethod", "method"),
        ("request", "path"),
        ("dvchost", "upstream"),
        ("in", "bytes_before"),
        ("out", "bytes_after"),
        ("reason", "reason"),
    ] {
        if let Some(value) = told.record.get(member).filter(|value| !value.is_null()) {
            put(key, plain(value));
        }
    }
    // Those that the format has no key for: six texts and three numbers, each with its name.
    let texts = ["h", "arguments_sha256", "arguments_hmac_sha384", "catalog_sha256", "effect", "approval"];
    for (at, member) in texts.into_iter().enumerate() {
        custom(&mut put, &format!("cs{}", at + 1), member, told.record);
    }
    for (at, member) in ["status", "duration_ms", "call"].into_iter().enumerate() {
        custom(&mut put, &format!("cn{}", at + 1), member, told.record);
    }
    line
}

fn custom(put: &mut dyn FnMut(&str, String), key: &str, member: &str, record: &Value) {
    if let Some(value) = record.get(member).filter(|value| !value.is_null()) {
        put(key, plain(value));
        put(&format!("{key}Label"), member.to_owned());
    }
}

/// In the head, backslashes and bars are escaped.
fn header(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|")
}

/// Behind it, backslashes and equals signs are; line feeds there are none.
fn extension(text: &str) -> String {
    text.replace('\\', "\\\\").replace('=', "\\=")
}
