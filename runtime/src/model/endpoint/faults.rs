//! What a server says when it refuses, and what to do about it.

use serde_json::Value;

use crate::untrusted::one_line;

/// Characters of a server's own words that are shown.
const SAID_CHARS_MAX: usize = 300;

/// What a refusal means, with the server's own words and the way out.
pub(super) fn refusal(status: u16, body: &[u8], has_key: bool) -> String {
    let text = String::from_utf8_lossy(body);
    let said = match serde_json::from_str::<Value>(&text) {
        Ok(value) => said(&value),
        Err(_) => one_line(&text, SAID_CHARS_MAX),
    };
    let said = if said.is_empty() { "nothing more".to_owned() } else { format!("\"{said}\"") };
    let mut told = format!("refuses (HTTP {status}): {said}");
    if let Some(hint) = hint(status, &text, has_key) {
        told.extend(["; ", hint]);
    }
    told
}

/// The words in an error, wherever a server puts them.
pub(super) fn said(error: &Value) -> String {
    let places = ["/error/message", "/message", "/detail", "/error", ""];
    let words = places.iter().find_map(|place| error.pointer(place).and_then(Value::as_str));
    one_line(&words.map_or_else(|| error.to_string(), str::to_owned), SAID_CHARS_MAX)
}

fn hint(status: u16, text: &str, has_key: bool) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let hint = match status {
        300..=399 => "redirects are not followed: give the address that it leads to",
        401 | 403 if has_key => "it does not take the key of `--endpoint-key-file`",
        401 | 403 => "name the file of its key with `--endpoint-key-file`",
        _ if says(&["tool-call-parser", "enable-auto-tool-choice"]) => {
            "start vLLM with `--enable-auto-tool-choice --tool-call-parser NAME`"
        }
        _ if says(&["--jinja"]) => "start llama-server with `--jinja`",
        _ if says(&["does not support tools"]) => "serve a model that can call tools",
        _ if says(&["context size", "context length", "exceed_context"]) => {
            "start afresh, offer fewer tools with `--tools`, or raise the server's context"
        }
        404 if says(&["model"]) => "`--endpoint-model` names another; `GET /v1/models` lists them",
        404 | 405 => {
            "the chat API is elsewhere there: give the path before `/chat/completions`, as in `http://HOST:PORT/v1`"
        }
        429 | 503 => "it is busy or still loading: ask again later",
        _ => return None,
    };
    Some(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_in_one_line_with_the_way_out() {
        for (status, body, told) in [
            (401, r#"{"error":{"message":"Invalid API Key"}}"#, "\"Invalid API Key\"; name the file"),
            (404, r#"{"error":{"message":"model \"x\" not found, try pulling it first"}}"#, "`--endpoint-model`"),
            (404, "404 page not found", "\"404 page not found\"; the chat API is elsewhere"),
            (422, r#"{"detail":"no such role"}"#, "(HTTP 422): \"no such role\""),
            (400, r#"{"error":"registry.ollama.ai/library/x does not support tools"}"#, "can call tools"),
            (307, "", "(HTTP 307): nothing more; redirects are not followed"),
            (500, "\u{1b}[2J\r\nboom\u{202e}", "(HTTP 500): \"[2J boom\""),
        ] {
            let found = refusal(status, body.as_bytes(), false);
            assert!(found.contains(told), "{found}");
            assert!(!found.contains(char::is_control), "{found}");
        }
        assert!(refusal(403, b"", true).ends_with("does not take the key of `--endpoint-key-file`"));
    }
}
