//! One request to a model server and its answer, over a connection of its own.
//!
//! Redirects are not followed, proxies are not asked, and no encoding is offered. Whatever ends a request, its connection is
//! closed when [`Client::send`] returns: nothing runs on behind it.

use std::pin::pin;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;

use super::super::ModelError;
use super::address::Address;
use super::wait::{Ended, Waits, Watch};
use super::{Settings, faults};
use crate::site::{Pin, Secret};
use crate::untrusted::one_line;
use crate::upstream::{AGENT, Dialer, Limited, LinkFault, Tls};

/// Bytes of a refusal that are read, and of a list of models.
const REFUSAL_BYTES_MAX: usize = 64 << 10;

/// Where requests go, and with which key.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) address: Address,
    pins: Vec<Pin>,
    tls: Option<Tls>,
    dialer: Dialer,
    key: Option<(Secret, HeaderValue)>,
    pub(super) waits: Waits,
}

impl Client {
    pub(super) fn new(settings: &Settings) -> Result<Self, ModelError> {
        let refused = |text: &str| ModelError::Server(format!("the key of the model server {text}"));
        let key = match settings.key.clone() {
            None => None,
            Some(secret) if secret.expose().contains(' ') => {
                return Err(refused("must stand alone in its file; `Bearer` is put before it here"));
            }
            Some(secret) => {
                let bearer = Secret::of(&["Bearer ", secret.expose()]).and_then(|bearer| bearer.header_value());
                let value = bearer.map_err(|_| refused("fits into no header"))?;
                Some((secret, value))
            }
        };
        let Settings { address, pins, tls, dialer, waits, .. } = settings.clone();
        let client = Self { address, pins, tls, dialer, key, waits };
        if client.address.is_https() && client.tls.is_none() {
            return Err(client.fault("cannot be asked: nothing proves who is behind `https://`; give `--endpoint-ca`"));
        }
        Ok(client)
    }

    /// What went wrong, with the server's address. A server that says its key back is not quoted.
    pub(super) fn fault(&self, text: &str) -> ModelError {
        let says_key = self.key.as_ref().is_some_and(|(secret, _)| secret.occurs_in(text));
        let text = if says_key { "said its key back, so its words are not shown" } else { text };
        ModelError::Server(format!("the model server at {} {text}", one_line(&self.address.to_string(), 200)))
    }

    pub(super) fn ended(&self, text: &str) -> Ended {
        Ended::Fault(self.fault(text))
    }

    /// Sends a request and has its answer read, if it is one.
    pub(super) async fn send<T>(
        &self,
        path: &str,
        body: Option<&Value>,
        watch: &mut Watch<'_>,
        read: impl AsyncFnOnce(Response<Incoming>, &mut Watch<'_>) -> Result<T, Ended>,
    ) -> Result<T, Ended> {
        let request = self.request(path, body).map_err(|text| self.ended(&text))?;
        let connected =
            watch.wait(self.dialer.link(&self.pins, self.tls.as_ref(), self.waits.connect), self.waits.connect).await;
        let unreachable = |why: &str| {
            self.ended(&format!("cannot be reached: {why}; start it, or give its address with `--endpoint`"))
        };
        let stream = match connected {
            Ok(Ok(stream)) => stream,
            Ok(Err(LinkFault::Unreached(why))) => return Err(unreachable(&why)),
            Ok(Err(LinkFault::Untrusted(why))) => {
                return Err(self.ended(&format!("cannot be trusted: {why}; nothing was sent")));
            }
            Err(Ended::Late) => {
                return Err(unreachable(&format!("no connection within {:.0?}", self.waits.connect)));
            }
            Err(ended) => return Err(ended),
        };
        let (stream, head) = Limited::new(stream);
        let broken = |fault: hyper::Error| self.broken(&fault);
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let mut connection = pin!(connection);
        let mut exchange = pin!(async {
            head.begin();
            let response = watch.wait(sender.send_request(request), self.waits.begin).await;
            let response = match response {
                Err(Ended::Late) => {
                    return Err(self.ended(&format!("did not begin to answer within {:.0?}", self.waits.begin)));
                }
                response => response?.map_err(broken)?,
            };
            head.end();
            if response.status() != 200 {
                return Err(self.refusal(response, watch).await);
            }
            read(response, watch).await
        });
        let mut is_open = true;
        loop {
            tokio::select! {
                biased;
                done = &mut exchange => return done,
                _ = &mut connection, if is_open => is_open = false,
            }
        }
    }

    /// The error's own words and those of its cause, which hold no bytes of the exchange.
    pub(super) fn broken(&self, fault: &hyper::Error) -> Ended {
        let cause = std::error::Error::source(fault).map(|cause| format!(": {cause}")).unwrap_or_default();
        self.ended(&format!(
            "broke the connection: {fault}{cause}; ask again, and look at its log if that does not help"
        ))
    }

    fn request(&self, path: &str, body: Option<&Value>) -> Result<Request<Full<Bytes>>, String> {
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.address.base))
            .header(HOST, self.address.host())
            .header(USER_AGENT, AGENT)
            .header(ACCEPT, "text/event-stream, application/json");
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some((_, key)) = &self.key {
            request = request.header(AUTHORIZATION, key.clone());
        }
        request.body(Full::new(bytes)).map_err(|fault| format!("cannot be asked: {fault}"))
    }

    async fn refusal(&self, response: Response<Incoming>, watch: &mut Watch<'_>) -> Ended {
        let status = response.status().as_u16();
        let mut body = response.into_body();
        let mut bytes = Vec::new();
        // A refusal that breaks off is one, too.
        while bytes.len() < REFUSAL_BYTES_MAX {
            match watch.wait(body.frame(), self.waits.counts).await {
                Ok(Some(Ok(frame))) => bytes.extend_from_slice(&frame.into_data().unwrap_or_default()),
                Err(Ended::Stopped) => return Ended::Stopped,
                _ => break,
            }
        }
        bytes.truncate(REFUSAL_BYTES_MAX);
        self.ended(&faults::refusal(status, &bytes, self.key.is_some()))
    }
}

/// How a body is to be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Events,
    Json,
}

/// Says how, or what it is instead.
pub(super) fn kind(response: &Response<Incoming>) -> Result<Kind, String> {
    if response.headers().get(CONTENT_ENCODING).is_some_and(|value| value != "identity") {
        return Err("sent a compressed answer, which nobody asked for".to_owned());
    }
    let media_type = response.headers().get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let media_type = media_type.unwrap_or_default().to_ascii_lowercase();
    match media_type.split(';').next().unwrap_or_default().trim() {
        "text/event-stream" => Ok(Kind::Events),
        "application/json" => Ok(Kind::Json),
        other => Err(format!(
            "answers with `{}`, which is no chat API; give the path before `/chat/completions`, as in `http://HOST:PORT/v1`",
            one_line(other, 80)
        )),
    }
}
