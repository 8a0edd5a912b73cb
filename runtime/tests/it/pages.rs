//! One call that gathers the pages of a list.

use airlock_runtime::gate::{Approval, RefusalKind};
use serde_json::{Value, json as value_of};

use crate::catalog::CANARY;
use crate::client::{Client, modern};
use crate::shop::{Place, queries};
use crate::upstream::json;

#[tokio::test]
async fn a_cursor_is_followed_until_there_is_none() {
    let place = Place::new(|target, _| {
        json(
            "",
            match target {
                _ if target.contains("at=a%26b") => r#"{"data":{"items":[3]},"next":42,"left":1}"#,
                _ if target.contains("at=42") => r#"{"data":{"items":[4.50]},"left":0,"next":""}"#,
                _ => r#"{"data":{"items":[1, 2]},"next":"a&b","left":2}"#,
            },
        )
    })
    .await;
    let pruned = place.call("by_cursor", value_of!({})).await.answer.expect("an answer");
    assert_eq!(pruned.json, r#"{"ids":[1,2,3,4.50],"left":0}"#, "the last page, with all items as they are written");
    assert_eq!(pruned.note, None);
    assert_eq!(queries(&place.main), ["offset=0", "at=a%26b&offset=0", "at=42&offset=0"]);
}

#[tokio::test]
async fn no_more_items_are_gathered_than_the_catalog_allows_and_that_is_told() {
    let place = Place::new(|target, _| {
        let items = if target.contains("at=") { "[4,5,6]" } else { "[1,2,3]" };
        json("", &format!(r#"{{"data":{{"items":{items}}},"next":"n","left":9}}"#))
    })
    .await;
    let (value, note) = place.answer("by_cursor", value_of!({})).await;
    assert_eq!(value["ids"], value_of!([1, 2, 3, 4, 5]));
    assert!(note.expect("a note").starts_with("These are the first 5 items, of 2 pages; there are more."));
    assert_eq!(place.main.targets().len(), 2);
}

#[tokio::test]
async fn exactly_as_many_items_as_allowed_are_all() {
    let place = Place::new(|_, _| json("", r#"{"data":{"items":[1,2,3,4,5]},"next":null,"left":0}"#)).await;
    assert_eq!(place.answer("by_cursor", value_of!({})).await.1, None);
    let place = Place::new(|_, _| json("", r#"{"data":{"items":[1,2,3,4,5]},"next":"x","left":1}"#)).await;
    assert!(place.answer("by_cursor", value_of!({})).await.1.is_some(), "there is a further page");
    assert_eq!(place.main.targets().len(), 1, "which is not asked for");
}

#[tokio::test]
async fn pages_that_do_not_fit_the_cap_are_left_out_and_that_is_told() {
    let place = Place::new(|target, _| {
        let long = if target.contains("at=") { "x".repeat(3500) } else { "x".repeat(900) };
        json("", &format!(r#"{{"data":{{"items":["{long}"]}},"next":"n","left":9}}"#))
    })
    .await;
    let (value, note) = place.answer("by_cursor", value_of!({})).await;
    assert_eq!(value["ids"].as_array().map(Vec::len), Some(1));
    assert!(note.expect("a note").starts_with("These are the first 1 items; there are more."));
}

#[tokio::test]
async fn offsets_count_items_and_an_empty_page_ends_the_list() {
    let place = Place::new(|target, _| {
        let items = if target.contains("offset=0") {
            "[1,2]"
        } else if target.contains("offset=2") {
            "[3]"
        } else {
            "[]"
        };
        json("", items)
    })
    .await;
    let (value, note) = place.answer("by_offset", value_of!({"limit": 2})).await;
    assert_eq!((value, note), (value_of!([1, 2, 3]), None));
    assert_eq!(queries(&place.main), ["offset=0&limit=2", "offset=2&limit=2", "offset=3&limit=2"]);
}

#[tokio::test]
async fn numbers_count_pages_and_a_short_page_ends_the_list() {
    let place = Place::new(|target, _| json("", if target.contains("offset=1") { "[3]" } else { "[1,2]" })).await;
    assert_eq!(place.answer("by_number", value_of!({"limit": 2})).await, (value_of!([1, 2, 3]), None));
    assert_eq!(queries(&place.main), ["offset=0&limit=2", "offset=1&limit=2"]);
}

#[tokio::test]
async fn links_are_followed_within_the_upstream() {
    let place = Place::new(|target, _| match target {
        _ if target.contains("page=2") => json("link: <next?page=3>; rel=next\r\n", "[2]"),
        _ if target.contains("page=3") => json("link: </v1/list?page=1>; rel=first\r\n", "[3]"),
        // As it was sent, the credential included.
        _ => json(&format!("link: </v1/list?page=2&api_key={CANARY}>; rel=\"next\"\r\n"), "[1]"),
    })
    .await;
    assert_eq!(place.answer("by_link", value_of!({})).await, (value_of!([1, 2, 3]), None));
    let key = format!("api_key={CANARY}");
    let targets = ["/v1/list?offset=0", "/v1/list?page=2", "/v1/next?page=3"].map(|target| format!("{target}&{key}"));
    assert_eq!(place.main.targets(), targets);
}

#[tokio::test]
async fn pages_that_lead_astray_or_in_circles_are_refused() {
    for (tool, headers, body) in [
        ("by_link", "link: <http://127.0.0.1:1/v1/list>; rel=next\r\n", "[1]"),
        ("by_link", "link: </admin?x>; rel=next\r\n", "[1]"),
        ("by_link", "link: </v1/../admin>; rel=next\r\n", "[1]"),
        ("by_link", "link: </v1/list?again>; rel=next\r\n", "[1]"),
        ("by_cursor", "", r#"{"data":{"items":[]},"next":"same"}"#),
        ("by_cursor", "", r#"{"data":{"items":[1]},"next":["x"]}"#),
        ("by_cursor", "", r#"{"data":{"items":{}},"next":null}"#),
        ("by_cursor", "", r#"{"items":[1]}"#),
        ("by_offset", "", "{}"),
    ] {
        let place = Place::new(move |_, _| json(headers, body)).await;
        let (kind, text) = place.refusal(tool).await;
        assert_eq!(kind, RefusalKind::Answer, "{headers}{body}: {text}");
        assert!(text.contains("cannot be gathered"), "{text}");
        assert!(place.main.targets().len() <= 2, "{:?}", place.main.targets());
    }
}

#[tokio::test]
async fn a_list_without_an_end_has_one() {
    let place = Place::new(|target, _| {
        let at: u64 = target.split("at=").nth(1).and_then(|rest| rest.split('&').next()?.parse().ok()).unwrap_or(0);
        json("", &format!(r#"{{"data":{{"items":[]}},"next":{}}}"#, at + 1))
    })
    .await;
    let (_, note) = place.answer("by_cursor", value_of!({})).await;
    assert!(note.expect("a note").contains("first 0 items, of 100 pages"));
}

#[tokio::test]
async fn that_there_is_more_stands_in_both_forms_of_an_answer() {
    let place = Place::new(|_, _| json("link: <?next>; rel=next\r\n", "[1,2,3,4,5,6]")).await;
    let mut client = Client::connect_to(&place.gate, Approval::None);
    let call = modern(1, "tools/call", value_of!({"name": "by_link", "arguments": {}}));
    let result = client.ask(call).await["result"].take();
    let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().expect("text")).expect("JSON");
    assert_eq!(text, result["structuredContent"]);
    assert_eq!(text["result"], value_of!([1, 2, 3, 4, 5]));
    assert!(text["_note"].as_str().is_some_and(|note| note.contains("there are more")));
    client.end().await;
}
