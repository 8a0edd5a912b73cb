//! What a line is, before the SDK sees it: of what the SDK cannot read it says nothing, or answers without the id, and
//! whoever asked waits for ever.
//!
//! What comes in: a line, or the parts of one that is too long to be kept. What goes out: what is wrong with it, and the id
//! that the answer has to have. What is no request, such as a batch or an answer, is left to the SDK.

use std::fmt;

use rmcp::ErrorData;
use rmcp::model::ErrorCode;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// Longest id that is repeated, in bytes of JSON.
const ID_BYTES_MAX: usize = 200;

const METHOD: &[u8] = b"method";

/// Why the SDK shall not see a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is longer than any line that is read.
    TooLong,
    /// It is no JSON text that can be read: half a pair of surrogates, a control character, too deep, a number too large.
    NoText,
    /// It has a method and an id, and is no request of JSON-RPC 2.0 (section 4), or has a member twice.
    NoRequest,
    /// Its parameters, or their `_meta`, are no object.
    NoParams,
}

impl Fault {
    const ALL: [Self; 4] = [Self::TooLong, Self::NoText, Self::NoRequest, Self::NoParams];

    /// The method of the request that stands for such a line.
    pub(super) const fn method(self) -> &'static str {
        match self {
            Self::TooLong => "airlock/line_too_long",
            Self::NoText => "airlock/no_text",
            Self::NoRequest => "airlock/no_request",
            Self::NoParams => "airlock/no_params",
        }
    }

    /// The fault that a method stands for; none for every other method.
    pub(super) fn of_method(method: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.method() == method)
    }

    /// The answer, where the longest line has so many bytes.
    pub(super) fn error(self, line_bytes_max: usize) -> ErrorData {
        let (code, text) = match self {
            Self::TooLong => {
                (ErrorCode::INVALID_REQUEST, format!("the message is longer than {line_bytes_max} bytes").into())
            }
            Self::NoText => (
                ErrorCode::INVALID_REQUEST,
                "the message is no JSON text that can be read: half of a pair of surrogates, a control character, a number \
                 out of range, or values nested too deep"
                    .into(),
            ),
            Self::NoRequest => (
                ErrorCode::INVALID_REQUEST,
                "the message is no request of JSON-RPC 2.0, or has a member twice".into(),
            ),
            Self::NoParams => (ErrorCode::INVALID_PARAMS, "Invalid params: they and their _meta are objects".into()),
        };
        ErrorData { code, message: text, data: None }
    }
}

/// What is wrong with a whole line that asks for an answer, and the id of that answer.
pub(super) fn fault(line: &[u8]) -> Option<(Value, Fault)> {
    // RFC 8259, section 8.1, lets readers pass over the mark.
    let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    match serde_json::from_slice::<Members>(text) {
        Ok(members) => members.fault(),
        // JSON of another kind, such as a batch.
        Err(fault) if fault.is_data() => None,
        Err(_) => {
            let mut scan = IdScan::default();
            scan.push(text);
            Some((scan.id()?, Fault::NoText))
        }
    }
}

/// A string or an integer; nothing else is an id (JSON-RPC 2.0, section 4).
fn is_id(value: &Value) -> bool {
    value.is_string() || value.is_i64()
}

/// The members of an object that a message is read by.
#[derive(Default)]
struct Members {
    jsonrpc: Option<Value>,
    id: Option<Value>,
    method: Option<Value>,
    params: Option<Value>,
    is_answer: bool,
    has_one_twice: bool,
}

impl Members {
    fn fault(self) -> Option<(Value, Fault)> {
        let id = self.id.filter(is_id)?;
        let method = self.method?;
        let is_version = self.jsonrpc.is_some_and(|version| version == "2.0");
        if !is_version || !method.is_string() || self.is_answer || self.has_one_twice {
            return Some((id, Fault::NoRequest));
        }
        let is_absent = |value: &Value| value.is_null() || value.is_object();
        let params = self.params.unwrap_or_default();
        let fits = is_absent(&params) && params.get("_meta").is_none_or(is_absent);
        (!fits).then_some((id, Fault::NoParams))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        while let Some(key) = map.next_key::<String>()? {
            // Read in full: what is passed over is not checked for its depth and numbers.
            let value: Value = map.next_value()?;
            let place = match key.as_str() {
                "jsonrpc" => &mut members.jsonrpc,
                "id" => &mut members.id,
                "method" => &mut members.method,
                "params" => &mut members.params,
                "result" | "error" => {
                    members.is_answer = true;
                    continue;
                }
                _ => continue,
            };
            members.has_one_twice |= place.replace(value).is_some();
        }
        Ok(members)
    }
}

/// Finds the value of the top-level key `id` in a request whose text is too long to be kept, or is no JSON.
#[derive(Default)]
pub(super) struct IdScan {
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// The string that is being read at depth 1, while it may be a key.
    key: Vec<u8>,
    /// The last string at depth 1 was `id` and a colon came behind it.
    at_id: bool,
    value: Vec<u8>,
    /// Without a method it is an answer to a request of ours, and its id would be taken for one of the client's own.
    has_method: bool,
}

impl IdScan {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.step(*byte);
        }
    }

    fn step(&mut self, byte: u8) {
        if self.at_id
            && self.depth == 1
            && self.value.len() <= ID_BYTES_MAX
            && (self.in_string || byte != b',' && byte != b'}')
        {
            self.value.push(byte);
        }
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            if self.in_string && self.depth == 1 && !self.at_id && self.key.len() <= METHOD.len() {
                self.key.push(byte);
            }
            return;
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.key.clear();
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.at_id &= self.depth > 0;
            }
            b':' if self.depth == 1 && self.key == b"id" && self.value.is_empty() => self.at_id = true,
            b':' if self.depth == 1 && self.key == METHOD => self.has_method = true,
            b',' if self.depth == 1 => {
                self.at_id = false;
                self.key.clear();
            }
            _ => {}
        }
    }

    pub(super) fn id(&self) -> Option<Value> {
        let value: Value = serde_json::from_slice(&self.value).ok()?;
        (self.has_method && is_id(&value)).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Fault, IdScan, fault};

    #[test]
    fn what_the_sdk_cannot_read_is_told_with_its_id() {
        let deep = format!(r#"{{"jsonrpc":"2.0","id":"a","method":"m","x":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
        for (line, wrong) in [
            (r#"{"jsonrpc":"2.0","id":"a","method":"m","params":{}}"#, None),
            (r#"{"jsonrpc":"2.0","id":"a","method":"m","params":null}"#, None),
            (r#"{"jsonrpc":"2.0","id":"a","method":"m"}"#, None),
            ("\u{feff}{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"m\"}", None),
            (r#"{"jsonrpc":"2.0","id":"a","method":"m","params":[]}"#, Some(Fault::NoParams)),
            (r#"{"jsonrpc":"2.0","id":"a","method":"m","params":{"_meta":1}}"#, Some(Fault::NoParams)),
            (r#"{"jsonrpc":"1.0","id":"a","method":"m"}"#, Some(Fault::NoRequest)),
            (r#"{"id":"a","method":"m"}"#, Some(Fault::NoRequest)),
            (r#"{"jsonrpc":"2.0","id":"a","method":7}"#, Some(Fault::NoRequest)),
            (r#"{"jsonrpc":"2.0","id":"a","method":"m","result":{}}"#, Some(Fault::NoRequest)),
            (r#"{"jsonrpc":"2.0","id":"b","method":"m","id":"a"}"#, Some(Fault::NoRequest)),
            (r#"{"jsonrpc":"2.0","id":"a","method":"m","method":"m"}"#, Some(Fault::NoRequest)),
            (r#"{"jsonrpc":"2.0","id":"a","method":"m","params":{"x":1e999}}"#, Some(Fault::NoText)),
            (&deep, Some(Fault::NoText)),
            ("{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"m\0\"}", Some(Fault::NoText)),
            (r#"{"jsonrpc":"2.0","id":"a","method":"tools/"#, Some(Fault::NoText)),
        ] {
            assert_eq!(fault(line.as_bytes()), wrong.map(|wrong| (json!("a"), wrong)), "{line}");
        }
    }

    /// A fault of an answer is nobody's to be told: its id is one of ours.
    #[test]
    fn what_asks_for_no_answer_gets_none() {
        for line in [
            r#"{"jsonrpc":"2.0","id":1,"result":{"x":1e999}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":[]}"#,
            r#"{"jsonrpc":"2.0","method":"m","params":[]}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"m","params":[]}"#,
            r#"{"jsonrpc":"2.0","id":1.5,"method":7}"#,
            r#"[{"jsonrpc":"2.0","id":1,"method":7}]"#,
            "not json",
            "",
        ] {
            assert_eq!(fault(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn every_fault_is_told_by_its_method() {
        for fault in Fault::ALL {
            assert_eq!(Fault::of_method(fault.method()), Some(fault));
        }
        assert_eq!(Fault::of_method("tools/call"), None);
    }

    #[test]
    fn only_the_top_level_id_counts() {
        for (text, id) in [
            (r#"{"id": 12 , "method":1}"#, Some(json!(12))),
            (r#"{"method":"id","id":"q"}"#, Some(json!("q"))),
            (r#"{"method":{"id":1},"y":["id",{"id":2}]}"#, None),
            (r#"{"idx":1,"method":"id"}"#, None),
            (r#"{"id":1,"methods":{"method":"m"}}"#, None),
            (r#"{"method":"m","id":{"a":1}}"#, None),
            (r#"{"method":"m","id":null}"#, None),
            (r#"{"method":"\"id\":5"}"#, None),
        ] {
            let mut scan = IdScan::default();
            scan.push(text.as_bytes());
            assert_eq!(scan.id(), id, "{text}");
        }
    }
}
