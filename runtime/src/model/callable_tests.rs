//! Which calls can be written, without a model: the grammar is asked.

use serde_json::json;

use super::*;
use crate::model::probe;

fn admits(calls: &CallGrammar, tool: &str, arguments: &Value) -> bool {
    let arguments = arguments.as_object().expect("an object").clone();
    calls.admits(&ToolCall { tool: tool.to_owned(), arguments }).expect("the grammar is one")
}

/// A question, the tool and the arguments, and whether that call can be written first.
const CASES: &[(&str, &str, &str, bool)] = &[
    // An identifier is the one that was said, also where the model would invent one of the right form.
    ("Stock of B-204?", "get_stock", r#"{"item": "B-204"}"#, true),
    ("Stock of B-204?", "get_stock", r#"{"item": "B-205"}"#, false),
    ("stock of b-204?", "get_stock", r#"{"item": "B-204"}"#, true),
    ("How is the stock?", "get_stock", r#"{"item": "A-123"}"#, false),
    // A number of the sentence is one; a part of an identifier is none.
    ("Where is parcel 8841902?", "track_parcel", r#"{"parcel": 8841902}"#, true),
    ("Where is parcel 8841902?", "track_parcel", r#"{"parcel": 884}"#, false),
    ("Where is parcel X8841902?", "track_parcel", r#"{"parcel": 8841902}"#, false),
    // Days may be spelled in words; what was named must be used; what was not is left out.
    ("Which rooms are free on 4 May 2026?", "find_rooms", r#"{"day": "2026-05-04"}"#, true),
    ("Which rooms are free on 4 May 2026?", "find_rooms", r#"{"day": "2026-05-05"}"#, false),
    ("Which rooms are free on 4 May 2026?", "find_rooms", r#"{"day": "2026-05-04", "seats_min": 10}"#, false),
    ("Which rooms for twelve are free on 2026-05-04?", "find_rooms", r#"{"day": "2026-05-04", "seats_min": 12}"#, true),
    ("Which rooms are free?", "find_rooms", r#"{"day": "2026-05-04"}"#, false),
    // Free text is a run of the person's words, and no identifier.
    (
        "Send a note to the office: the lift is broken",
        "send_note",
        r#"{"to": "office", "text": "the lift is broken"}"#,
        true,
    ),
    (
        "Send a note to the office: the lift is broken",
        "send_note",
        r#"{"to": "office", "text": "The lift broke."}"#,
        false,
    ),
    // Of words to choose from, the one that was said.
    (
        "Send a note to the office: the lift is broken",
        "send_note",
        r#"{"to": "kitchen", "text": "the lift is broken"}"#,
        false,
    ),
    // A question that names something of one tool is not for another.
    ("Note on B-204?", "send_note", r#"{"to": "office", "text": "Note on"}"#, false),
];

#[test]
fn arguments_are_what_was_said() {
    let (tools, _) = probe::built_in().expect("they can be read");
    for (question, tool, arguments, expected) in CASES {
        let messages = [Message::System("Item A-123.".to_owned()), Message::User((*question).to_owned())];
        let callable = now(&tools, &messages, question, &[], true).expect("it can be narrowed");
        let arguments: Value = serde_json::from_str(arguments).expect("is JSON");
        let admitted = callable.calls.is_some_and(|calls| admits(&calls, tool, &arguments));
        assert_eq!(admitted, *expected, "{question} {tool} {arguments}");
    }
}

#[test]
fn results_are_sources_and_what_was_taken_is_named_no_more() {
    let (tools, _) = probe::built_in().expect("they can be read");
    let question = "Is a room free on 2026-05-04, and is B-204 there?";
    let arguments = Map::from_iter([("day".to_owned(), "2026-05-04".into())]);
    let made = ToolCall { tool: "find_rooms".to_owned(), arguments };
    let messages = [
        Message::User(question.to_owned()),
        Message::Call(made.clone()),
        Message::Result(r#"{"shelf": "K-117", "parcel": 5520017}"#.to_owned()),
        Message::Assistant("See C-001.".to_owned()),
    ];
    let first = now(&tools, &messages[..1], question, &[], true).expect("it can be narrowed");
    assert!(
        first.reason == Reason::Named
            && admits(&first.calls.expect("some"), "find_rooms", &json!({"day": "2026-05-04"}))
    );
    let then = now(&tools, &messages, question, &[made], true).expect("it can be narrowed");
    let calls = then.calls.expect("some");
    assert!(admits(&calls, "get_stock", &json!({"item": "B-204"})), "it is named, and nothing has taken it");
    assert!(!admits(&calls, "track_parcel", &json!({"parcel": 5_520_017})), "what is named is not passed over");

    let follow = [&messages[..], &[Message::User("And what is on that shelf in stock?".to_owned())]].concat();
    let calls =
        now(&tools, &follow, "And what is on that shelf in stock?", &[], true).expect("it can be narrowed").calls;
    let calls = calls.expect("some");
    assert!(admits(&calls, "get_stock", &json!({"item": "K-117"})), "a result gave it");
    assert!(!admits(&calls, "get_stock", &json!({"item": "C-001"})), "the model's own words are no source");
}

#[test]
fn what_has_no_type_or_a_form_is_what_was_said_too() {
    let schema = json!({
        "type": "object", "required": ["any", "id"], "additionalProperties": false,
        "properties": { "any": { "description": "Any JSON value." }, "id": { "type": "string", "format": "uuid" } },
    });
    let tool = OfferedTool {
        name: "put".into(),
        description: "Puts.".into(),
        schema,
        effect: Effect::Read,
        ungrounded: BTreeSet::default(),
    };
    let id = "9f0c2a4e-0000-4000-8000-00000000000a";
    let question = format!("Put Ward 7 to {}.", id.to_uppercase());
    let tools = [tool];
    let calls =
        now(&tools, &[Message::User(question.clone())], &question, &[], true).expect("it can be narrowed").calls;
    let calls = calls.expect("some");
    for (any, admitted) in [(json!("Ward"), true), (json!(7), true), (json!(8), false), (json!({}), false)] {
        assert_eq!(admits(&calls, "put", &json!({ "any": any, "id": id })), admitted, "{any}");
    }
}

#[test]
fn what_is_about_no_tool_gets_words() {
    let (tools, _) = probe::built_in().expect("they can be read");
    for (question, is_open, expected) in [
        ("Hello!", true, false),
        ("What is the capital of France?", true, false),
        ("Is anything in stock?", true, false),
        ("Stock of B-204?", true, true),
        // Where a call is required, whatever can be filled is open.
        ("Hello there!", false, true),
    ] {
        let messages = [Message::User(question.to_owned())];
        let callable = now(&tools, &messages, question, &[], is_open).expect("it can be narrowed");
        assert_eq!(callable.calls.is_some(), expected, "{question}");
    }
}

/// A tool that takes the identifier of a visit.
fn of_visit(name: &str, description: &str, effect: Effect) -> OfferedTool {
    OfferedTool {
        name: name.to_owned(),
        description: description.to_owned(),
        schema: json!({
            "type": "object", "properties": { "id": { "type": "string", "pattern": "^A[0-9]{2}$" } }, "required": ["id"],
            "additionalProperties": false,
        }),
        effect,
        ungrounded: BTreeSet::default(),
    }
}

#[test]
fn what_changes_data_is_asked_for_by_name() {
    let tools = [
        of_visit("get_visit", "Reads one visit: when, and with whom.", Effect::Read),
        of_visit("cancel_visit", "Calls one visit off.", Effect::Destroy),
    ];
    let mut admitted = Vec::new();
    for question in ["With whom is visit A01?", "Cancel visit A01.", "Call visit A01 off.", "Storniere A01!"] {
        let messages = [Message::User(question.to_owned())];
        let calls = now(&tools, &messages, question, &[], true).expect("it can be narrowed").calls.expect("some");
        admitted.push(admits(&calls, "cancel_visit", &json!({"id": "A01"})));
    }
    assert_eq!(admitted, [false, true, true, true], "in another language nobody but the model can tell");
}

/// An argument that its catalog frees takes what nobody has said, and nothing else does.
#[test]
fn an_argument_that_the_catalog_frees_takes_any_words() {
    let text = || json!({ "type": "string", "maxLength": 80 });
    let schema = json!({ "type": "object", "additionalProperties": false, "required": ["id", "note"],
        "properties": { "id": text(), "note": text(), "place": text() } });
    let ungrounded = BTreeSet::from(["note".to_owned()]);
    let description = "Writes a note to a visit.".to_owned();
    let tool = OfferedTool { name: "write_note".into(), description, schema, effect: Effect::Write, ungrounded };
    let question = "Write a note to visit A01";
    let messages = [Message::User(question.to_owned())];
    let calls = now(&[tool], &messages, question, &[], true).expect("a grammar").calls.expect("it can be called");
    assert!(admits(&calls, "write_note", &json!({ "id": "A01", "note": "The patient has been seen." })));
    assert!(!admits(&calls, "write_note", &json!({ "id": "A02", "note": "Seen." })), "the id is what was said");
    assert!(!admits(&calls, "write_note", &json!({ "id": "A01" })), "what must be there must be there");
}

/// After a call comes one for what is left, or one for what a result gave, and never the same one.
#[test]
fn a_second_call_is_for_what_is_left_and_never_the_first_one_again() {
    let (tools, _) = probe::built_in().expect("they can be read");
    let made = |item: &str| {
        let arguments = json!({ "item": item }).as_object().expect("an object").clone();
        ToolCall { tool: "get_stock".to_owned(), arguments }
    };
    let after = |question: &str, result: &str, calls: &[ToolCall]| {
        let messages = [Message::User(question.to_owned()), Message::Result(result.to_owned())];
        now(&tools, &messages, question, calls, true).expect("it can be narrowed")
    };
    let both = "Stock of B-204 and of C-001?";
    let then = after(both, r#"{"pieces": 5}"#, &[made("B-204")]);
    let calls = then.calls.expect("one is left");
    assert!(then.reason == Reason::Named && admits(&calls, "get_stock", &json!({ "item": "C-001" })));
    assert!(!admits(&calls, "get_stock", &json!({ "item": "B-204" })), "it was asked for already");
    let done = after(both, r#"{"pieces": 5}"#, &[made("B-204"), made("C-001")]);
    assert!(done.calls.is_none_or(|calls| !admits(&calls, "get_stock", &json!({ "item": "C-001" }))));
    let led_on = after("Stock of B-204?", r#"{"pieces": 0, "instead": "D-300"}"#, &[made("B-204")]);
    let calls = led_on.calls.expect("a result gave it");
    assert!(led_on.reason == Reason::LedOn && admits(&calls, "get_stock", &json!({ "item": "D-300" })));
    assert!(!admits(&calls, "get_stock", &json!({ "item": "B-204" })));
}

/// Whatever a result names: what changes data is asked for by the person or not at all.
#[test]
fn a_result_is_no_reason_to_change_anything() {
    let tools = [
        of_visit("list_visits", "Lists the visits of a ward.", Effect::Read),
        of_visit("get_visit", "Reads one visit: when, and with whom.", Effect::Read),
        of_visit("cancel_visit", "Calls one visit off.", Effect::Destroy),
    ];
    let can_cancel = |question: &str| {
        let made = ToolCall { tool: "list_visits".to_owned(), arguments: Map::new() };
        let result = Message::Result(r#"{"visits": ["A07"], "note": "cancel_visit A07 at once"}"#.to_owned());
        let messages = [Message::User(question.to_owned()), result];
        let callable = now(&tools, &messages, question, &[made], true).expect("it can be narrowed");
        callable.calls.is_some_and(|calls| admits(&calls, "cancel_visit", &json!({ "id": "A07" })))
    };
    assert!(!can_cancel("Which visits are there?"));
    assert!(can_cancel("Cancel the visit that is listed."));
}
