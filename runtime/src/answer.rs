//! Reads an upstream's answer as the document declares it.
//!
//! What comes in: a status, a content type, a body that was read whole. What goes out: the JSON text that the prune rule
//! is run on, or a refusal. An answer that is not declared is an error, and of an undeclared body only a short message gets
//! on.

use std::borrow::Cow;

use airlock_contract::{Answer, Content, Response, Status};
use serde_json::{Value, json};

use crate::refusal::{Refusal, RefusalKind};
use crate::untrusted::{CHARS_MAX, one_line};
use airlock_offer::sha256;

/// Of a failure's body no more is read, in bytes.
pub(crate) const FAILURE_BYTES_MAX: u64 = 16 * 1024;

/// The declared answer for a status: an exact code, else a range, else any success.
pub(crate) fn declared(response: &Response, status: u16) -> Option<&'static Answer> {
    let find = |wanted: &dyn Fn(Status) -> bool| response.answers.iter().find(|answer| wanted(answer.status));
    find(&|declared| declared == Status::Code(status))
        .or_else(|| find(&|declared| matches!(declared, Status::Range(digit) if u16::from(digit) == status / 100)))
        .or_else(|| find(&|declared| declared == Status::AnySuccess && (200..300).contains(&status)))
}

/// A declared answer as JSON text. A JSON body is handed on as it came: the prune rule's engine checks every byte of it.
pub(crate) fn text<'b>(answer: &Answer, content_type: Option<&str>, body: &'b [u8]) -> Result<Cow<'b, str>, Refusal> {
    let essence = content_type.map(essence);
    match answer.content {
        Content::Empty | Content::Location => return Ok(NULL.into()),
        Content::Json => check_type(answer, essence.as_deref(), is_json)?,
        Content::Lines => check_type(answer, essence.as_deref(), is_lines)?,
        Content::Text | Content::Binary => check_type(answer, essence.as_deref(), |_| false)?,
    }
    match answer.content {
        Content::Empty | Content::Location => Ok(NULL.into()),
        Content::Lines => lines(body).map(Cow::Owned),
        Content::Json => match std::str::from_utf8(body) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(fault) => Err(broken(body, fault.valid_up_to(), "this is not UTF-8")),
        },
        Content::Text => match std::str::from_utf8(body) {
            Ok(text) => Ok(Value::from(text).to_string().into()),
            Err(_) => Err(refused("its text is not UTF-8")),
        },
        Content::Binary => {
            let value = json!({
                "media_type": essence.unwrap_or_default(),
                "bytes": body.len(),
                "sha256": sha256(body),
            });
            Ok(value.to_string().into())
        }
    }
}

/// The JSON text of an answer without a body.
const NULL: &str = "null";

/// The refusal of a body whose JSON is broken at this byte.
pub(crate) fn broken(body: &[u8], at: usize, what: &str) -> Refusal {
    let (line, byte) = airlock_prune::line_and_byte(body, at);
    refused(&format!("its JSON is broken at line {line}, byte {byte} ({what}), so nothing of it is passed on"))
}

/// The value of a redirect that is an answer: where it leads to. It is told, not followed.
pub(crate) fn location(header: Option<&str>) -> Result<String, Refusal> {
    match header {
        Some(location) => Ok(json!({"location": location}).to_string()),
        None => Err(refused("it redirects and does not say where to, in one readable `Location` header")),
    }
}

/// One JSON text a line; empty lines are passed over (<https://jsonlines.org>).
fn lines(body: &[u8]) -> Result<String, Refusal> {
    let mut array = String::with_capacity(body.len() + 2);
    array.push('[');
    for (position, line) in body.split(|byte| *byte == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        // Each by itself: two halves of a value on two lines are not one.
        let line =
            std::str::from_utf8(line).ok().filter(|line| airlock_prune::check(line).is_ok()).ok_or_else(|| {
                refused(&format!("line {} of it is not JSON, so nothing of it is passed on", position + 1))
            })?;
        if array.len() > 1 {
            array.push(',');
        }
        array.push_str(line);
    }
    array.push(']');
    Ok(array)
}

/// What an undeclared status means, with the upstream's own words cut short.
pub(crate) fn failure(upstream: &str, status: u16, content_type: Option<&str>, body: &[u8]) -> Refusal {
    let text = match status {
        300..400 => format!(
            "`{upstream}` answered with a redirect ({status}), and redirects are never followed. \
             A retry will not help; the catalog or the site file names the wrong address or path."
        ),
        200..300 => format!(
            "`{upstream}` answered with status {status}, which its document does not declare. \
             The answer was withheld; a retry will not help."
        ),
        _ => {
            let said = match message(content_type, body) {
                text if text.is_empty() => String::new(),
                text => format!(" and said: {text}"),
            };
            format!("`{upstream}` answered with status {status} ({}){said}. {}", reason(status), advice(status))
        }
    };
    Refusal::new(RefusalKind::Upstream, text)
}

fn refused(what: &str) -> Refusal {
    Refusal::new(
        RefusalKind::Answer,
        format!("The upstream's answer is not what its document declares: {what}. A retry will hardly help."),
    )
}

/// Judges by the received type, not by what a body looks like.
fn check_type(answer: &Answer, received: Option<&str>, also: fn(&str) -> bool) -> Result<(), Refusal> {
    let declared = essence(answer.media_type);
    match received {
        Some(received) if received == declared || also(received) || accepts(&declared, received) => Ok(()),
        Some(received) => {
            let received = one_line(received, 80);
            Err(refused(&format!("it came as `{received}`, declared is `{declared}`")))
        }
        None => Err(refused(&format!("it came without a content type, declared is `{declared}`"))),
    }
}

/// A declared range such as `image/*` takes its types.
fn accepts(declared: &str, received: &str) -> bool {
    declared == "*/*"
        || declared.strip_suffix('*').is_some_and(|kind| kind.ends_with('/') && received.starts_with(kind))
}

/// `application/json`, or a type that is written in JSON (RFC 6839, section 3.1).
fn is_json(essence: &str) -> bool {
    essence == "application/json" || essence.ends_with("+json")
}

/// The names under which lines of JSON are known; none is registered.
fn is_lines(essence: &str) -> bool {
    matches!(
        essence,
        "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonlines"
            | "application/json-lines"
    )
}

/// A media type without its parameters, in lower case (RFC 9110, section 8.3.1).
pub(crate) fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The human part of a failure: `detail`, `title`, `message` or `error` of a JSON object (RFC 9457), or plain text.
fn message(content_type: Option<&str>, body: &[u8]) -> String {
    let essence = content_type.map(essence).unwrap_or_default();
    if is_json(&essence) {
        let Ok(Value::Object(problem)) = serde_json::from_slice(body) else { return String::new() };
        let words = ["detail", "title", "message", "error"].iter().find_map(|key| problem.get(*key)?.as_str());
        return words.map(|words| one_line(words, CHARS_MAX)).unwrap_or_default();
    }
    if essence == "text/plain" { one_line(&String::from_utf8_lossy(body), CHARS_MAX) } else { String::new() }
}

fn reason(status: u16) -> &'static str {
    hyper::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("no known meaning")
}

/// What a caller can do.
fn advice(status: u16) -> &'static str {
    match status {
        400 | 422 => "Correct the arguments and call again.",
        401 | 403 => "A retry will not help; the operator has to check the credential in the site file.",
        404 | 410 => "Check the identifiers in the arguments; there is nothing at that place.",
        409 | 412 => "Read the current state first, then decide whether to call again.",
        408 | 425 | 429 | 502..=504 => "A retry after a while may help.",
        500.. => "The fault lies with the upstream; a retry may help once.",
        _ => "A retry with the same arguments will not help.",
    }
}

#[cfg(test)]
mod tests {
    use airlock_contract::response::{self, binary, empty, json, lines};
    use airlock_contract::{Answer, Response, Status};
    use airlock_prune::{Plan, Rule};
    use serde_json::{Value, json as value_of};

    use super::{declared, failure, location, text};
    use crate::refusal::Refusal;

    const RESPONSE: Response = Response {
        answers: &[
            json(Status::AnySuccess, "application/json"),
            empty(Status::Range(2)),
            json(Status::Code(200), "application/vnd.shop.v3.object"),
        ],
        bytes_max: 1000,
        ..Response::PLAIN
    };

    const ANY: Response = Response { answers: &[json(Status::AnySuccess, "application/json")], ..Response::PLAIN };

    /// What the rule `@` gives for a body.
    fn value(answer: &Answer, content_type: Option<&str>, body: &[u8]) -> Result<Value, Refusal> {
        let text = text(answer, content_type, body)?;
        let plan = Plan::new(&Rule::Current).expect("a rule");
        let json = plan.run_text(&text, 1 << 20).map_err(|fault| super::refused(&fault.to_string()))?;
        Ok(serde_json::from_str(&json).expect("JSON"))
    }

    #[test]
    fn an_exact_code_goes_before_a_range_before_any_success() {
        assert_eq!(declared(&RESPONSE, 200), Some(&RESPONSE.answers[2]));
        assert_eq!(declared(&RESPONSE, 204), Some(&RESPONSE.answers[1]));
        assert_eq!(declared(&RESPONSE, 302), None);
        assert!(declared(&ANY, 206).is_some() && declared(&ANY, 300).is_none());
    }

    #[test]
    fn the_received_type_decides() {
        let vendor = json(Status::Code(200), "application/vnd.shop.v3.object");
        for good in ["application/json; charset=utf-8", "Application/Problem+JSON", "application/vnd.shop.v3.object"] {
            assert_eq!(value(&vendor, Some(good), b"[1]"), Ok(value_of!([1])), "{good}");
        }
        for bad in [Some("text/html"), Some("application/jsonp"), Some(""), None] {
            assert!(value(&vendor, bad, b"[1]").is_err(), "{bad:?}");
        }
        assert!(value(&response::text(Status::Code(200), "text/plain"), Some("application/json"), b"[1]").is_err());
        assert!(value(&binary(Status::Code(200), "image/*"), Some("image/png"), b"x").is_ok());
        assert!(value(&binary(Status::Code(200), "image/*"), Some("text/png"), b"x").is_err());
    }

    #[test]
    fn a_body_that_is_broken_anywhere_is_withheld() {
        let answer = json(Status::Code(200), "application/json");
        for bad in ["{\"a\":1}x", "{\"a\":1", "", "{\"a\":\"\u{1}\"}", &"[".repeat(200)] {
            assert!(value(&answer, Some("application/json"), bad.as_bytes()).is_err(), "{bad}");
        }
        let refusal = value(&answer, Some("application/json"), b"[\n\"\xff\"]").expect_err("is no UTF-8");
        assert!(refusal.text.contains("line 2, byte 2 (this is not UTF-8)"), "{refusal}");
        assert!(value(&response::text(Status::Code(200), "text/plain"), Some("text/plain"), b"\xff").is_err());
    }

    #[test]
    fn lines_of_json_are_a_list_of_values() {
        let answer = lines(Status::Code(200), "application/x-ndjson");
        let read = |body: &[u8]| value(&answer, Some("application/jsonl"), body);
        assert_eq!(read(b"{\"a\":1}\r\n\n[2]\n"), Ok(value_of!([{"a": 1}, [2]])));
        assert_eq!(read(b""), Ok(value_of!([])));
        assert!(read(b"1\n{\n}").is_err_and(|refusal| refusal.text.contains("line 2")));
        assert!(read(b"[1\n2]").is_err());
        assert!(value(&answer, Some("text/html"), b"1").is_err());
    }

    #[test]
    fn a_redirect_that_is_declared_says_where_to() {
        assert_eq!(location(Some("https://h/a")).as_deref(), Ok(r#"{"location":"https://h/a"}"#));
        assert!(location(None).is_err());
    }

    #[test]
    fn of_binary_bodies_only_size_and_digest_get_on() {
        let answer = binary(Status::Code(200), "application/pdf");
        let expected = value_of!({"media_type": "application/pdf", "bytes": 3,
            "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"});
        assert_eq!(value(&answer, Some("application/pdf"), b"abc"), Ok(expected));
        assert_eq!(value(&empty(Status::Code(204)), None, b"ignored"), Ok(Value::Null));
    }

    #[test]
    fn a_failure_tells_the_upstreams_words_and_no_more() {
        let problem = br#"{"title":"Bad","detail":"no such\r\nward \u001b[31m","secret":"s3cret"}"#;
        let text = failure("clinic", 404, Some("application/problem+json"), problem).text;
        assert!(text.contains("404 (Not Found) and said: no such ward [31m. "), "{text}");
        assert!(!text.contains("s3cret") && !text.contains('\u{1b}'), "{text}");
        let html = failure("clinic", 500, Some("text/html"), b"<html>stack trace</html>").text;
        assert!(!html.contains("stack trace"), "{html}");
        assert!(failure("clinic", 302, None, b"").text.contains("redirects are never followed"));
        assert!(failure("clinic", 500, Some("text/plain"), &[b'x'; 5000]).text.len() < 600);
    }
}
