//! Malformed frames: valid messages of both eras, spoilt in the ways in which clients and attackers spoil them.

use airlock_tests::Dice;
use airlock_tests::host::{legacy, modern};
use serde_json::{Value, json};

/// The longest line that the server reads where no tool takes files, in bytes.
pub(super) const LINE_BYTES_MAX: usize = 1 << 20;

/// One frame with its end; now and then two. `number` is in its id, so that no two frames share one by design.
pub(super) fn frame(dice: &mut Dice, number: usize) -> Vec<u8> {
    let mut message = valid(dice, number);
    let line = |message: &Value| format!("{message}\n").into_bytes();
    match dice.below(24) {
        0 | 1 => with_flipped_bytes(dice, line(&message)),
        2 => {
            let mut bytes = line(&message);
            bytes.truncate(dice.below(bytes.len()));
            bytes.push(b'\n');
            bytes
        }
        3 => line(&message).repeat(2),
        4 => format!("{message}{message}\n").into_bytes(),
        5..=7 => {
            spoil(&mut message, dice);
            line(&message)
        }
        8 => {
            message["id"] = id_of_any_kind(dice, number);
            line(&message)
        }
        9 => raw_id(dice, &message),
        10 => nested(dice, &message),
        11 => message.to_string().replacen(":\"", HALF_PAIRS[dice.below(HALF_PAIRS.len())], 1).into_bytes().with_end(),
        12 => with_inserted(dice, line(&message), strange_bytes(number)),
        13 => [b"\xef\xbb\xbf".to_vec(), line(&message)].concat(),
        14 => format!("{message}\r\n").into_bytes(),
        15 => batch(dice, number),
        16 => doubled_key(dice, &message),
        17 if dice.hits(6) => near_the_cap(dice, &message),
        17 | 18 => notification(dice, number),
        19 => answer_that_nobody_asked_for(dice),
        20 => scalar(dice).into_bytes().with_end(),
        21 => {
            let text: Vec<u16> = message.to_string().encode_utf16().collect();
            text.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>().with_end()
        }
        22 => {
            let names = ["jsonrpc", "id", "method", "params"];
            rename(&mut message, dice.of(&names), dice.of(&["ID", "Method", "param", "", "jsonrpc "]));
            line(&message)
        }
        _ => line(&message),
    }
}

trait WithEnd {
    fn with_end(self) -> Self;
}

impl WithEnd for Vec<u8> {
    fn with_end(mut self) -> Self {
        self.push(b'\n');
        self
    }
}

/// What stands for the beginning of a text: half a pair of surrogates, the other half, both in the wrong order.
const HALF_PAIRS: [&str; 4] = [":\"\\ud83d", ":\"\\uDE00", ":\"\\ude00\\ud83d", ":\"\\ud83d\\u0041"];

/// A message as a client would send it.
fn valid(dice: &mut Dice, number: usize) -> Value {
    let id = format!("f{number}");
    let patient = format!("P{:04}", dice.below(40));
    let call = json!({"name": "list_allergies", "arguments": {"patient_id": patient}});
    let refused = json!({"name": "list_allergies", "arguments": {"patient": patient, "x": [1, {"y": null}]}});
    let unknown = json!({"name": format!("tool_{number}"), "arguments": {}});
    let write = json!({"name": "cancel_appointment", "arguments": {"appointment_id": "A0003", "body": {"reason": "patient_ill"}}});
    let told = json!({"name": "get_unit", "arguments": {"unit_id": "H1"}, "_meta": {"progressToken": number}});
    let request = if dice.hits(2) { modern } else { legacy };
    match dice.below(14) {
        0 => request(id, "server/discover", json!({})),
        1 => request(id, "tools/list", json!({})),
        2..=5 => request(id, "tools/call", call),
        6 => request(id, "tools/call", refused),
        7 => request(id, "tools/call", unknown),
        8 => request(id, "tools/call", write),
        9 => request(id, "tools/call", told),
        10 => request(id, "ping", json!({})),
        11 => {
            let elicitation = if dice.hits(2) { json!({"elicitation": {}}) } else { json!({}) };
            let version = dice.of(&["2025-06-18", "2025-11-25", "2026-07-28", "1999-01-01"]);
            let client = json!({"name": "storm", "version": "1"});
            let params = json!({"protocolVersion": version, "capabilities": elicitation, "clientInfo": client});
            legacy(id, "initialize", params)
        }
        12 => {
            let methods =
                ["resources/list", "prompts/list", "completion/complete", "subscriptions/listen", "logging/setLevel"];
            request(id, dice.of(&methods), json!({"level": "debug", "uri": "catalog://x"}))
        }
        _ => request(id, "no/such", json!({"cursor": "x"})),
    }
}

fn with_flipped_bytes(dice: &mut Dice, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() - 1);
        bytes[at] ^= 1 << dice.below(8);
    }
    bytes
}

/// NUL, controls, and what is no UTF-8.
fn strange_bytes(number: usize) -> &'static [u8] {
    [&b"\0"[..], b"\x1b[31m", b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\\u0000", b"\n", b"\xe2\x80\xae"][number % 8]
}

fn with_inserted(dice: &mut Dice, mut bytes: Vec<u8>, inserted: &[u8]) -> Vec<u8> {
    let at = dice.below(bytes.len());
    bytes.splice(at..at, inserted.iter().copied());
    bytes
}

/// Another value at some place of the message.
fn spoil(place: &mut Value, dice: &mut Dice) {
    let deeper = match place {
        Value::Object(members) if !members.is_empty() && !dice.hits(4) => {
            let at = dice.below(members.len());
            members.values_mut().nth(at)
        }
        Value::Array(items) => items.first_mut(),
        _ => None,
    };
    match deeper {
        Some(deeper) => spoil(deeper, dice),
        None => *place = serde_json::from_str(&scalar(dice)).unwrap_or(Value::Null),
    }
}

fn scalar(dice: &mut Dice) -> String {
    let texts = [
        "null",
        "true",
        "0",
        "-1",
        "1e308",
        "-0.0",
        "18446744073709551615",
        "9223372036854775808",
        "\"\"",
        "\"\\u0000\"",
        "\"f1\"",
        "[]",
        "[[]]",
        "{}",
        "{\"id\":1}",
        "\"2026-07-28\"",
        "\"\u{202e}\"",
        "12345678901234567890123456789",
    ];
    dice.of(&texts).to_owned()
}

fn id_of_any_kind(dice: &mut Dice, number: usize) -> Value {
    match dice.below(9) {
        0 => Value::Null,
        1 => json!(0.5 + f64::from(u32::try_from(number).unwrap_or(0))),
        2 => json!(u64::MAX - number as u64),
        3 => json!({"id": number}),
        4 => json!([number]),
        5 => json!(true),
        6 => json!(format!("f{number}{}", "x".repeat(dice.of(&[1, 199, 201, 5000])))),
        7 => json!(-1_000_000 - i64::try_from(number).unwrap_or(0)),
        _ => json!(i64::MAX - i64::try_from(number).unwrap_or(0)),
    }
}

/// Ids in forms that a value cannot be written in.
fn raw_id(dice: &mut Dice, message: &Value) -> Vec<u8> {
    let id = dice.of(&["-0", "1e3", "1E400", "01", "+1", "0x1", "NaN", "1.0", "99999999999999999999999999", "'a'", ""]);
    let text = message.to_string();
    let own = message["id"].to_string();
    text.replacen(&own, id, 1).into_bytes().with_end()
}

/// Values in values, also deeper than any reader goes.
fn nested(dice: &mut Dice, message: &Value) -> Vec<u8> {
    let depth = dice.of(&[8, 100, 127, 129, 1000, 20_000]);
    let (open, close) = if dice.hits(2) { ("[", "]") } else { ("{\"a\":", "}") };
    let inner = format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let text = message.to_string();
    let text = match dice.below(3) {
        0 => text.replacen("\"params\":{", &format!("\"params\":{{\"deep\":{inner},"), 1),
        1 => text.replacen("\"arguments\":{", &format!("\"arguments\":{{\"patient_id\":{inner},"), 1),
        _ => inner,
    };
    text.into_bytes().with_end()
}

fn batch(dice: &mut Dice, number: usize) -> Vec<u8> {
    let messages: Vec<Value> = (0..dice.below(4)).map(|_| valid(dice, number)).collect();
    Value::from(messages).to_string().into_bytes().with_end()
}

/// The same key twice: readers differ on which one counts.
fn doubled_key(dice: &mut Dice, message: &Value) -> Vec<u8> {
    let more = dice.of(&[
        "\"id\":\"twice\",",
        "\"method\":\"ping\",",
        "\"params\":{},",
        "\"jsonrpc\":\"1.0\",",
        "\"id\":null,",
        "\"params\":null,",
    ]);
    let mut text = message.to_string();
    if dice.hits(2) {
        text.insert_str(1, more);
    } else {
        text.pop();
        text = format!("{text},{}}}", more.trim_end_matches(','));
    }
    text.into_bytes().with_end()
}

/// A line of about the longest length, with the id in front or at the end.
fn near_the_cap(dice: &mut Dice, message: &Value) -> Vec<u8> {
    let length = LINE_BYTES_MAX - 600 + dice.below(1200) + if dice.hits(3) { LINE_BYTES_MAX } else { 0 };
    let mut text = message.to_string();
    let padding = format!("\"pad\":\"{}\"", "x".repeat(length));
    if dice.hits(2) {
        text.insert_str(1, &format!("{padding},"));
    } else {
        text.pop();
        text = format!("{text},{padding}}}");
    }
    text.into_bytes().with_end()
}

fn notification(dice: &mut Dice, number: usize) -> Vec<u8> {
    let target = json!(format!("f{}", number.saturating_sub(dice.below(4))));
    let params = match dice.below(4) {
        0 => json!({"requestId": target, "reason": "late"}),
        1 => json!({"requestId": id_of_any_kind(dice, number)}),
        2 => json!([target]),
        _ => json!({"progressToken": number, "progress": 1}),
    };
    let methods = [
        "notifications/cancelled",
        "notifications/cancelled",
        "notifications/initialized",
        "notifications/progress",
        "$/x",
    ];
    json!({"jsonrpc": "2.0", "method": dice.of(&methods), "params": params}).to_string().into_bytes().with_end()
}

fn answer_that_nobody_asked_for(dice: &mut Dice) -> Vec<u8> {
    let ids = [json!(0), json!(1), json!("1"), json!(null), json!(99)];
    let id = &ids[dice.below(ids.len())];
    let answer = match dice.below(4) {
        0 => json!({"jsonrpc": "2.0", "id": id, "result": {}}),
        1 => json!({"jsonrpc": "2.0", "id": id, "result": {"action": "accept", "content": {"confirm": true}}}),
        2 => json!({"jsonrpc": "2.0", "id": id, "error": {"code": -1, "message": "no"}}),
        _ => json!({"jsonrpc": "2.0", "id": id, "result": {}, "error": {"code": 1, "message": ""}}),
    };
    answer.to_string().into_bytes().with_end()
}

fn rename(message: &mut Value, from: &str, to: &str) {
    if let Value::Object(members) = message
        && let Some(value) = members.shift_remove(from)
    {
        members.insert(to.to_owned(), value);
    }
}
