//! One request: which page it is for, whether its sender may ask, and what the SDK must not see.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Method, Request, Response, StatusCode};
use rmcp::ErrorData;
use rmcp::model::{ErrorCode, RequestId, ServerJsonRpcMessage};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, Http};
use crate::mcp::VERSIONS;

/// For a body to arrive whole.
const BODY_TIME_MAX: Duration = Duration::from_secs(30);

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// As Prometheus asks for it.
const MEASUREMENTS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The revision that a request is of, and that its answer says.
const VERSION: &str = "mcp-protocol-version";

/// The same in the body, from 2026-07-28 on.
const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";

/// What is looked at of a message before the SDK reads it.
#[derive(Deserialize)]
struct Message {
    id: Option<RequestId>,
    method: Option<String>,
}

impl Http {
    /// Answers a request, and counts the answer.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let mut answer = self.find(request).await;
        // Answers hold what only their receivers may see.
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        self.traffic.answered(answer.status().as_u16());
        answer
    }

    async fn find(&self, request: Request<Incoming>) -> Response<Body> {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        // Whoever balances the load asks by whatever name it knows; the page says nothing.
        if request.uri().path() == "/healthz" && reads {
            return page(StatusCode::OK, TEXT, "ok\n");
        }
        // Such a target would come before Host (RFC 9112, section 3.2.2).
        if request.uri().authority().is_some() {
            return page(StatusCode::BAD_REQUEST, TEXT, "this is no proxy: the target is a path\n");
        }
        if let Err(refused) = self.visitors.admit(request.headers()) {
            let mut answer = page(refused.status, TEXT, format!("{}\n", refused.text));
            if refused.status == StatusCode::UNAUTHORIZED {
                answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            return answer;
        }
        match request.uri().path() {
            "/mcp" => self.mcp(request).await,
            "/metrics" if reads => {
                let calls = self.gate.as_ref().map(|gate| gate.measurements()).unwrap_or_default();
                page(StatusCode::OK, MEASUREMENTS, calls + &self.traffic.measurements())
            }
            "/healthz" | "/metrics" => {
                let mut answer = page(StatusCode::METHOD_NOT_ALLOWED, TEXT, "this page is only read\n");
                answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
                answer
            }
            _ => page(StatusCode::NOT_FOUND, TEXT, "there are /mcp, /metrics and /healthz\n"),
        }
    }

    /// Reads a body whole, or says why not. Its connection is at its end then, since the rest of it is not read.
    async fn read(&self, body: Incoming) -> Result<Bytes, Box<Response<Body>>> {
        let is_announced_too_long = body.size_hint().lower() > self.body_bytes_max as u64;
        let read = Limited::new(body, self.body_bytes_max).collect();
        let read = async { if is_announced_too_long { None } else { Some(read.await) } };
        let (status, text) = match tokio::time::timeout(BODY_TIME_MAX, read).await {
            Ok(Some(Ok(body))) => return Ok(body.to_bytes()),
            Ok(Some(Err(fault))) if !fault.is::<LengthLimitError>() => {
                (StatusCode::BAD_REQUEST, "the body broke off\n".to_owned())
            }
            Ok(_) => {
                let text = format!("a message is no longer than {} bytes\n", self.body_bytes_max);
                (StatusCode::PAYLOAD_TOO_LARGE, text)
            }
            Err(_) => (StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time\n".to_owned()),
        };
        let mut answer = page(status, TEXT, text);
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        Err(Box::new(answer))
    }

    /// Hands a request to the SDK once its body is here, and its answer back.
    async fn mcp(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let body = match self.read(body).await {
            Ok(body) => body,
            Err(refused) => return *refused,
        };
        let mut message = None;
        if head.method == Method::POST && is_json(&head.headers) {
            match read_message(&head.headers, &body) {
                Ok(read) => message = Some(read),
                Err(refused) => return *refused,
            }
        }
        let version =
            VERSIONS.iter().find(|version| head.headers.get(VERSION).is_some_and(|sent| sent == version.as_str()));
        let mut answer = (self.endpoint)(Request::from_parts(head, Full::new(body))).await;
        if let Some(message) = message.filter(|_| answer.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE) {
            // It says so of JSON that is no message.
            answer = fault(message.id, ErrorCode::INVALID_REQUEST, "the body is no JSON-RPC message", None);
        }
        if let Some(version) = version {
            answer.headers_mut().insert(VERSION, HeaderValue::from_static(version.as_str()));
        }
        answer
    }
}

/// Looks into a body, and refuses what the SDK would take for something else: text that is no JSON, several messages at
/// once, and a request that does not say its revision, or one that is not served. Older clients say theirs in a header.
fn read_message(headers: &HeaderMap, body: &Bytes) -> Result<Message, Box<Response<Body>>> {
    let message: Message = serde_json::from_slice(body).map_err(|wrong| {
        let (code, text) = if wrong.is_data() {
            (ErrorCode::INVALID_REQUEST, "the body is not one JSON-RPC message")
        } else {
            (ErrorCode::PARSE_ERROR, "the body is not JSON")
        };
        fault(None, code, text, None)
    })?;
    let sent = headers.get(VERSION).map(|version| String::from_utf8_lossy(version.as_bytes()));
    let served = sent.as_ref().is_some_and(|sent| VERSIONS.iter().any(|version| version.as_str() == sent));
    let is_request = message.id.is_some() && message.method.as_ref().is_some_and(|method| method != "initialize");
    if served || !is_request || says_its_revision(body) {
        return Ok(message);
    }
    Err(Box::new(match sent {
        None => {
            let text = format!("a request says its revision: {META_VERSION} in params._meta, or a header {VERSION}");
            fault(message.id, ErrorCode::INVALID_PARAMS, text, None)
        }
        Some(sent) => {
            let data = json!({"supported": VERSIONS, "requested": sent});
            fault(message.id, ErrorCode::UNSUPPORTED_PROTOCOL_VERSION, "Unsupported protocol version", Some(data))
        }
    }))
}

/// Whether the body says it, so that the SDK compares the two.
fn says_its_revision(body: &Bytes) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|message| message["params"]["_meta"][META_VERSION].is_string())
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(JSON))
}

/// A refusal in the protocol's words.
fn fault(
    id: Option<RequestId>,
    code: ErrorCode,
    text: impl Into<std::borrow::Cow<'static, str>>,
    data: Option<Value>,
) -> Response<Body> {
    let message = ServerJsonRpcMessage::error(ErrorData::new(code, text, data), id);
    // It is made of texts and numbers alone, which are always JSON.
    page(StatusCode::BAD_REQUEST, JSON, serde_json::to_string(&message).unwrap_or_default())
}

fn page(status: StatusCode, media_type: &'static str, text: impl Into<Bytes>) -> Response<Body> {
    let mut answer = Response::new(Full::new(text.into()).boxed());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}
