//! What may happen with answers where a catalog says so: redirects are followed, bodies decompressed, files handed on.

use std::io::Write as _;

use airlock_runtime::gate::{Approval, RefusalKind};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::{Value, json as value_of};

use crate::catalog::CANARY;
use crate::client::{Client, modern};
use crate::shop::Place;
use crate::upstream::{answer, json};

#[tokio::test]
async fn redirects_lead_to_systems_that_the_catalog_names_and_no_secret_goes_along() {
    let place = Place::new(|target, port| match target {
        _ if target.starts_with("/v1/list") => answer(302, "location: /v1/moved\r\n", b""),
        _ => answer(307, &format!("location: http://127.0.0.1:{port}/files/a?b=c#d\r\n"), b""),
    })
    .await;
    assert_eq!(place.answer("led", value_of!({})).await.0, value_of!({"other": true}));
    assert_eq!(place.other.targets(), ["/files/a?b=c"]);
    assert!(!place.other.heads()[0].contains(CANARY));
    assert!(place.main.targets()[1].contains(CANARY), "the same system gets it again");
}

#[tokio::test]
async fn redirects_to_other_places_are_refused() {
    for location in [
        "http://127.0.0.1:1/files/a",
        "https://127.0.0.1/files/a",
        "/admin",
        "/v1/%2e%2e/admin",
        "http://127.0.0.1:OTHER/secret",
        "http://127.0.0.1:OTHER@evil.test/files/",
        "",
    ] {
        let place = Place::new(move |_, port| {
            let location = location.replace("OTHER", &port.to_string());
            answer(302, &format!("location: {location}\r\n"), b"")
        })
        .await;
        let (kind, text) = place.refusal("led").await;
        assert_eq!(kind, RefusalKind::Upstream, "{location}: {text}");
        assert!(text.contains("does not name"), "{location}: {text}");
        assert!(place.other.targets().is_empty(), "{location}");
        assert_eq!(place.main.targets().len(), 1, "{location}");
    }
    let place = Place::new(|_, _| answer(302, "location: /v1/list?again\r\n", b"")).await;
    assert!(place.refusal("led").await.1.contains("led on more than 3 times"));
    let place = Place::new(|_, _| answer(302, "location: /v1/list?again\r\n", b"")).await;
    assert!(place.refusal("compressed").await.1.contains("redirects are never followed"), "none is named");
}

fn packed(encoding: &str, plain: &[u8]) -> Vec<u8> {
    let body = if encoding == "deflate" {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).and_then(|()| encoder.finish())
    } else {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).and_then(|()| encoder.finish())
    };
    let headers = format!("content-type: application/json\r\ncontent-encoding: {encoding}\r\n");
    answer(200, &headers, &body.expect("can be written"))
}

#[tokio::test]
async fn what_is_declared_is_decompressed() {
    for encoding in ["gzip", "GZIP", "deflate"] {
        let place = Place::new(move |_, _| packed(encoding, b"{\"kept\":[1,2,3]}")).await;
        assert_eq!(place.answer("compressed", value_of!({})).await.0, value_of!({"kept": [1, 2, 3]}), "{encoding}");
        assert!(place.main.heads()[0].contains("accept-encoding: gzip, deflate\r\n"));
    }
    let place = Place::new(|_, _| json("", "{}")).await;
    assert_eq!(place.answer("compressed", value_of!({})).await.0, value_of!({}), "it need not be");
}

#[tokio::test]
async fn what_is_broken_bomb_or_not_declared_is_withheld() {
    let bomb = || packed("gzip", &vec![b' '; 30_000_000]);
    let place = Place::new(move |_, _| bomb()).await;
    assert_eq!(place.refusal("compressed").await.0, RefusalKind::TooLarge);
    for (tool, headers) in [
        ("compressed", "content-encoding: br\r\n"),
        ("compressed", "content-encoding: gzip, gzip\r\n"),
        ("compressed", "content-encoding: gzip\r\ncontent-encoding: gzip\r\n"),
        ("compressed", "content-encoding: gzip\r\n"),
        ("led", "content-encoding: gzip\r\n"),
    ] {
        let place = Place::new(move |_, _| json(headers, "{\"kept\":1}")).await;
        let (kind, text) = place.refusal(tool).await;
        assert_eq!(kind, RefusalKind::Answer, "{headers}");
        assert!(text.contains("withheld"), "{text}");
    }
}

#[tokio::test]
async fn a_failure_is_read_as_it_was_compressed() {
    let place = Place::new(|_, _| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let body = encoder.write_all(b"the shelf is empty").and_then(|()| encoder.finish()).expect("can be written");
        answer(404, "content-type: text/plain\r\ncontent-encoding: gzip\r\n", &body)
    })
    .await;
    assert!(place.refusal("compressed").await.1.contains("the shelf is empty"));
    assert!(!place.refusal("led").await.1.contains("said"), "what was not offered is not read");
}

#[tokio::test]
async fn a_file_goes_along_as_a_resource_up_to_its_cap() {
    let place = Place::new(|target, port| {
        let location = format!("location: http://127.0.0.1:{port}/files/picture\r\n");
        match target {
            _ if target.contains("limit=1") => answer(200, "content-type: image/png\r\n", &[7; 101]),
            _ if target.contains("limit=2") => answer(200, "content-type: image/png\r\n", CANARY.as_bytes()),
            _ => answer(302, &location, b""),
        }
    })
    .await;
    let pruned = place.call("fetched", value_of!({})).await.answer.expect("an answer");
    let file = pruned.file.expect("a file");
    assert_eq!((file.media_type.as_str(), &file.bytes[..]), ("image/png", &b"\x89PNG\0\xff"[..]));
    assert_eq!(pruned.value["bytes"], 6);

    let mut client = Client::connect_to(&place.gate, Approval::None);
    let call = |id, arguments| modern(id, "tools/call", value_of!({"name": "fetched", "arguments": arguments}));
    let result = client.ask(call(1, value_of!({}))).await["result"].take();
    let resource = &result["content"][1];
    assert_eq!(
        (&resource["type"], &resource["resource"]["mimeType"]),
        (&value_of!("resource"), &value_of!("image/png"))
    );
    assert_eq!(resource["resource"]["blob"], "iVBORwD/");
    let sha256 = result["structuredContent"]["sha256"].as_str().expect("a digest");
    assert_eq!(resource["resource"]["uri"], format!("catalog://shop/fetched/{sha256}"));

    let result = client.ask(call(2, value_of!({"limit": 1}))).await["result"].take();
    let note = "The file has 101 bytes, more than the 100 that are handed on, so it stays here.";
    assert_eq!(result["structuredContent"]["_note"], note, "{result}");
    assert_eq!(result["content"].as_array().map(Vec::len), Some(1));
    let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().expect("text")).expect("JSON");
    assert_eq!(text, result["structuredContent"]);

    let result = client.ask(call(3, value_of!({"limit": 2}))).await["result"].take();
    assert_eq!(result["isError"], true);
    assert!(!result.to_string().contains(CANARY) && !result.to_string().contains("blob"), "{result}");
    client.end().await;
    assert!(!std::fs::read_to_string(place.directory.path().join("audit.jsonl")).expect("a file").contains(CANARY));
}
