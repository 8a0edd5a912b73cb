use serde_json::{Value, json};

use super::{ExportFormat, exported};
use crate::audit::Kind;

fn record() -> Value {
    json!({
        "v": 1, "seq": 9, "time": "2026-07-28T10:00:00.250000Z", "kind": "outcome", "call": 8, "caller": "mcp",
        "principal": "uid:7", "catalog": "clinic", "tool": "a]b\"c\\d|e=f", "effect": "read", "upstream": "clinic",
        "method": "GET", "path": "/v1/x", "approval": "none", "status": 503, "bytes_before": 10, "bytes_after": 0,
        "duration_ms": 4, "verdict": "upstream", "reason": "line\nbreak\u{202e}", "nothing": null, "h": "ab",
    })
}

#[test]
fn structured_data_is_escaped_as_rfc_5424_says() {
    let line = exported(ExportFormat::Rfc5424, Kind::Outcome, &record()).expect("has words");
    assert!(
        line.starts_with(
            "<109>1 2026-07-28T10:00:00.250000Z - airlock-host - outcome [airlock@32473 v=\"1\" seq=\"9\" "
        )
    );
    assert!(line.contains(r#" tool="a\]b\"c\\d|e=f" "#), "{line}");
    assert!(
        line.contains(" reason=\"line break \"") && line.ends_with(" h=\"ab\"]") && !line.contains("nothing"),
        "{line}"
    );
}

#[test]
fn heads_and_extensions_are_escaped_as_cef_says() {
    let line = exported(ExportFormat::Cef, Kind::Outcome, &record()).expect("has words");
    let head = format!(
        "CEF:0|Airlock|airlock-host|{}|outcome:upstream|call ended|4|rt=1785232800250 ",
        env!("CARGO_PKG_VERSION")
    );
    assert!(line.starts_with(&head), "{line}");
    assert!(line.contains(r#" act=a]b"c\\d|e\=f "#), "{line}");
    assert!(
        line.contains(" externalId=9 ")
            && line.contains(" cs1=ab cs1Label=h ")
            && line.contains(" cn1=503 cn1Label=status")
    );
    assert!(!line.contains('\n'));
    let mut hostile = record();
    hostile["verdict"] = "a|b\\c".into();
    let line = exported(ExportFormat::Cef, Kind::Outcome, &hostile).expect("has words");
    assert!(line.contains(r"|outcome:a\|b\\c|"), "{line}");
}

#[test]
fn releases_are_told_by_what_was_done_with_them() {
    let mut record = json!({
        "v": 1, "seq": 9, "time": "2026-07-28T10:00:00.250000Z", "kind": "release", "stage": "begun", "action": "rollback",
        "name": "clinic", "version": "1.3.0", "sequence": 3, "sums_sha512": "ab", "reason": "a|b", "h": "ab",
    });
    let line = exported(ExportFormat::Cef, Kind::Release, &record).expect("has words");
    assert!(line.contains("|release:begun|release rolled back|7|") && line.contains(" reason=a|b "), "{line}");
    for (action, activity) in [("install", 600_201), ("rollback", 600_299), ("approve", 600_299)] {
        record["action"] = action.into();
        let line = exported(ExportFormat::Ocsf, Kind::Release, &record).expect("has words");
        let event: Value = serde_json::from_str(&line).expect("is JSON");
        assert_eq!((&event["type_uid"], &event["unmapped"]["version"]), (&json!(activity), &json!("1.3.0")));
    }
    let line = exported(ExportFormat::Rfc5424, Kind::Release, &record).expect("has words");
    assert!(
        line.starts_with("<110>1 ") && line.contains(" release [") && line.contains(" action=\"approve\""),
        "{line}"
    );
}

#[test]
fn calls_are_api_activity_and_starts_are_lifecycle() {
    let line = exported(ExportFormat::Ocsf, Kind::Outcome, &record()).expect("has words");
    let event: Value = serde_json::from_str(&line).expect("is JSON");
    for (pointer, value) in [
        ("/class_uid", json!(6003)),
        ("/type_uid", json!(600_302)),
        ("/activity_id", json!(2)),
        ("/status_id", json!(2)),
        ("/time", json!(1_785_232_800_250_u64)),
        ("/metadata/sequence", json!(9)),
        ("/metadata/uid", json!("ab")),
        ("/actor/user/name", json!("uid:7")),
        ("/api/operation", json!("a]b\"c\\d|e=f")),
        ("/api/response/code", json!(503)),
        ("/api/request/uid", json!("8")),
        ("/unmapped/reason", json!("line break ")),
    ] {
        assert_eq!(event.pointer(pointer), Some(&value), "{pointer} of {line}");
    }
    let line = exported(ExportFormat::Ocsf, Kind::Stop, &record()).expect("has words");
    let event: Value = serde_json::from_str(&line).expect("is JSON");
    assert_eq!((&event["class_uid"], &event["type_uid"]), (&json!(6002), &json!(600_204)));
    assert_eq!(exported(ExportFormat::Ocsf, Kind::Checkpoint, &record()), None);
}
