//! What `/metrics` says, and that it is Prometheus' text format.

use std::time::Duration;

use airlock_runtime::site::Serve;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::catalog::{Bench, CANARY};
use crate::client::modern;
use crate::http_client::{Server, asking, post, raw_post};

#[tokio::test]
async fn measurements_are_what_was_recorded_and_hold_no_word_of_a_caller() {
    let bench = Bench::with(|limits, _| {
        limits.time_max = Duration::from_secs(10);
        limits.calls_at_once_max = 1;
    })
    .await;
    let server = Server::start(&bench.gate, &Serve::default()).await;
    let evil = "x\"} 1\nairlock_evil 1";
    for call in [
        json!({"name": "find_patients", "arguments": {"name": "Li"}}),
        json!({"name": "find_patients", "arguments": {"nmae": "Li"}}),
        json!({"name": "probe", "arguments": {"what": "busy"}}),
        json!({"name": "probe", "arguments": {"what": "cut"}}),
    ] {
        server.call(call).await;
    }
    for name in [evil, "never_heard_of"] {
        let call = modern(1, "tools/call", json!({"name": name})).to_string();
        let encoded = "Mcp-Name: =?base64?eCJ9IDEKYWlybG9ja19ldmlsIDE=?=\r\n";
        let header = if name == evil { encoded.to_owned() } else { format!("Mcp-Name: {name}\r\n") };
        let headers = format!("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n{header}");
        assert_eq!(server.send(&raw_post(&headers, &call)).await.json()["error"]["code"], -32602);
    }
    // One runs, one waits for it.
    let hang = post(&asking(json!({"name": "probe", "arguments": {"what": "hang"}})), "");
    let mut waiting = [server.connect().await, server.connect().await];
    for stream in &mut waiting {
        stream.write_all(hang.as_bytes()).await.expect("written");
    }
    let mut page = Measured::default();
    for _ in 0..500 {
        page = Measured::read(&server.get("/metrics").await.body);
        if page.value("airlock_calls_waiting") == Some(1.0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for (sample, value) in [
        ("airlock_calls_waiting", 1.0),
        ("airlock_calls_open", 2.0),
        ("airlock_calls_total{tool=\"find_patients\",verdict=\"answered\"}", 1.0),
        ("airlock_calls_total{tool=\"find_patients\",verdict=\"arguments\"}", 1.0),
        ("airlock_calls_total{tool=\"probe\",verdict=\"upstream\"}", 1.0),
        ("airlock_calls_total{tool=\"(unknown)\",verdict=\"unknown_tool\"}", 2.0),
        ("airlock_upstream_retries_total{tool=\"probe\"}", 2.0),
        ("airlock_call_duration_seconds_count{tool=\"probe\"}", 2.0),
        ("airlock_http_connections", 3.0),
    ] {
        assert_eq!(page.value(sample), Some(value), "{sample}\n{page:?}");
    }
    let records = bench.records();
    let sum = |name: &str| {
        records
            .iter()
            .filter(|record| record["verdict"] == "answered")
            .map(|record| record[name].as_f64().expect("a number"))
            .sum::<f64>()
    };
    let (before, after) = (sum("bytes_before"), sum("bytes_after"));
    assert!((page.sum("airlock_answer_bytes_before_total") - before).abs() < 0.5 && before > after);
    assert!((page.sum("airlock_answer_bytes_after_total") - after).abs() < 0.5);
    let ratio = page.value("airlock_pruned_ratio").expect("is there");
    assert!((ratio - (1.0 - after / before)).abs() < 1e-9, "{ratio}");
    assert!(page.value("airlock_http_bytes_total{direction=\"in\"}") > Some(1000.0));
    let text = format!("{page:?}");
    assert!(!text.contains("evil") && !text.contains("never_heard_of") && !text.contains(CANARY), "{text}");
}

/// A page of measurements, read as strictly as the text format says (Prometheus, "Exposition formats", 0.0.4).
#[derive(Debug, Default)]
struct Measured(Vec<(String, f64)>);

impl Measured {
    fn read(text: &str) -> Self {
        assert!(text.ends_with('\n'), "{text}");
        let (mut samples, mut families, mut family, mut kind) = (Vec::new(), Vec::new(), String::new(), String::new());
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("a name and a text");
                assert!(!help.is_empty() && !families.contains(&name.to_owned()), "{line}");
                name.clone_into(&mut family);
                families.push(family.clone());
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                rest.strip_prefix(&format!("{family} ")).expect("follows its help").clone_into(&mut kind);
                assert!(["counter", "gauge", "histogram"].contains(&kind.as_str()), "{line}");
            } else {
                let (sample, value) = line.rsplit_once(' ').expect("a sample and a value");
                let (name, labels) = sample.split_once('{').map_or((sample, ""), |(name, rest)| (name, rest));
                let suffixes: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
                assert!(suffixes.iter().any(|suffix| name == format!("{family}{suffix}")), "{line}");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
                if let Some(labels) = labels.strip_suffix("\"}") {
                    for pair in labels.split("\",") {
                        let (label, text) = pair.split_once("=\"").expect("a label and its text");
                        assert!(
                            label
                                .bytes()
                                .all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit())
                        );
                        assert!(!text.contains(['"', '\\']), "{line}");
                    }
                } else {
                    assert_eq!(labels, "", "{line}");
                }
                samples.push((sample.to_owned(), value.parse().expect("a number")));
            }
        }
        let mut names: Vec<_> = samples.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), samples.len(), "a sample stands twice");
        Self(samples)
    }

    fn value(&self, sample: &str) -> Option<f64> {
        self.0.iter().find(|(name, _)| name == sample).map(|(_, value)| *value)
    }

    /// Of all samples of a family.
    fn sum(&self, family: &str) -> f64 {
        self.0.iter().filter(|(name, _)| name.split('{').next() == Some(family)).map(|(_, value)| value).sum()
    }
}
