//! One upstream: a small pool of HTTP/1.1 connections to the address of the site file.
//!
//! What comes in: an encoded request and a tool's credentials. What goes out: status, content type, and a body that is read up to a limit. The
//! credential is added here and nowhere else. Redirects are not followed here, proxies are not asked, and no encoding is
//! offered but those that the tool declares. Dropping a call closes its connection.

mod credential;
mod decode;
mod dial;
mod head;
mod pace;
mod reference;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "upstream/no_tls.rs"]
mod tls;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use airlock_contract::{Encoding, Method};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, DATE, HOST, HeaderMap, HeaderName,
    HeaderValue, LOCATION, RETRY_AFTER, USER_AGENT,
};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::sync::SemaphorePermit;
use tokio_util::task::AbortOnDropHandle;

use crate::request::Encoded;
use crate::site::{Address, Pin, Scheme, SiteUpstream};
pub(crate) use credential::{Credential, Credentials};
pub use dial::Dialer;
pub(crate) use dial::LinkFault;
use head::Awaited;
pub(crate) use head::Limited;
use pace::Pace;
pub(crate) use reference::Reference;
pub use tls::Tls;

/// A connection that is not there after this is given up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What servers are told of this program.
pub(crate) const AGENT: &str = concat!("airlock/", env!("CARGO_PKG_VERSION"));

/// A system that the site file gives an address for.
#[derive(Debug)]
pub struct Upstream {
    name: &'static str,
    address: Address,
    pins: Vec<Pin>,
    tls: Option<Tls>,
    dialer: Dialer,
    /// Connections that are kept for the next calls, as many as there may be calls at once.
    idle: Mutex<Vec<Connection>>,
    idle_max: usize,
    pace: Pace,
}

#[derive(Debug)]
struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    head: Awaited,
    /// Drives the connection; dropping it closes the socket.
    _driver: AbortOnDropHandle<()>,
}

/// Why there is no answer. Holds nothing that a credential could be in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpstreamError {
    /// No connection, so nothing was sent.
    Connect(String),
    /// Whoever is there is not proven to be the one, so nothing was sent.
    Untrusted(String),
    /// The connection broke; whether the upstream acted is not known.
    Broken(String),
    /// The body is longer than this many bytes.
    TooLarge(u64),
    /// The request cannot be put into HTTP.
    Request(String),
    /// The body is not compressed as it says, or in a way that was not offered.
    Encoding(String),
}

/// What kind of answer is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// The value of the `Accept` header; none if it is empty.
    pub(crate) accept: &'a str,
    /// What the body may be compressed with.
    pub(crate) encodings: &'a [Encoding],
}

impl Upstream {
    /// An upstream as a site has it, which is sent no more than `calls_at_once_max` requests at once, whatever its own limits.
    /// Nothing is connected yet.
    pub fn new(name: &'static str, here: &SiteUpstream, dialer: Dialer, calls_at_once_max: usize) -> Self {
        let idle_max = here.limits.calls_at_once_max.unwrap_or(calls_at_once_max);
        let SiteUpstream { address, pins, tls, .. } = here.clone();
        let pace = Pace::new(here.limits);
        Self { name, address, pins, tls, dialer, idle: Mutex::new(Vec::new()), idle_max, pace }
    }

    /// The name that catalogs and the site file use.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How HTTP is carried to it.
    pub(crate) fn scheme(&self) -> Scheme {
        self.address.scheme
    }

    /// Whether what `from` calls so is this one. All that listen at unix sockets have one name, which each has for itself.
    pub(crate) fn is_at(&self, address: &Address, from: &Self) -> bool {
        if self.is_at_socket() || (from.is_at_socket() && from.address.is_same(address)) {
            return std::ptr::eq(self, from) && self.address.is_same(address);
        }
        self.address.is_same(address)
    }

    fn is_at_socket(&self) -> bool {
        self.pins.iter().any(|pin| matches!(pin, Pin::Unix(_)))
    }

    /// Sends one request and waits for the head of the answer.
    pub(crate) async fn send(
        &self,
        encoded: &Encoded,
        wanted: Wanted<'_>,
        credentials: &Credentials,
    ) -> Result<Exchange<'_>, UpstreamError> {
        let request = self.request(encoded, wanted, credentials)?;
        let turn = self.pace.turn().await;
        // A kept connection may have been closed by the other side meanwhile. What only reads is sent again on a new one.
        let may_repeat = matches!(encoded.method, Method::Get | Method::Head | Method::Options);
        if let Some(mut connection) = self.take_idle().await {
            connection.head.begin();
            match connection.sender.try_send_request(request.clone()).await {
                Ok(response) => {
                    connection.head.end();
                    return Ok(Exchange { upstream: self, response, connection, _turn: turn });
                }
                Err(mut fault) => {
                    let unsent = fault.take_message().is_some();
                    if !unsent && !may_repeat {
                        return Err(broken(&fault.into_error()));
                    }
                }
            }
        }
        let mut connection = self.connect().await?;
        connection.head.begin();
        let response = connection.sender.send_request(request).await.map_err(|fault| broken(&fault))?;
        connection.head.end();
        Ok(Exchange { upstream: self, response, connection, _turn: turn })
    }

    fn request(
        &self,
        encoded: &Encoded,
        wanted: Wanted<'_>,
        credentials: &Credentials,
    ) -> Result<Request<Full<Bytes>>, UpstreamError> {
        let refused = |fault: &dyn std::fmt::Display| UpstreamError::Request(fault.to_string());
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(&self.address.authority).map_err(|fault| refused(&fault))?);
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        if !wanted.accept.is_empty() {
            headers.insert(ACCEPT, HeaderValue::from_str(wanted.accept).map_err(|fault| refused(&fault))?);
        }
        if !wanted.encodings.is_empty() {
            let words: Vec<&str> = wanted.encodings.iter().map(|encoding| encoding.word()).collect();
            let value = HeaderValue::from_str(&words.join(", ")).map_err(|fault| refused(&fault))?;
            headers.insert(ACCEPT_ENCODING, value);
        }
        for (name, value) in encoded.headers.iter().chain(credentials.headers()) {
            headers.insert(name.clone(), value.clone());
        }
        if let Some(cookie) = credentials.cookie_header(&encoded.cookie) {
            headers.insert(COOKIE, cookie.map_err(UpstreamError::Request)?);
        }
        let mut body = Bytes::new();
        if let Some((media_type, bytes)) = &encoded.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(media_type).map_err(|fault| refused(&fault))?);
            body = Bytes::from(bytes.clone());
        }
        // Said also where it is 0: servers refuse methods that send content without it (RFC 9110, section 8.6).
        if encoded.body.is_some() || matches!(encoded.method, Method::Post | Method::Put | Method::Patch) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        let target = credentials.target(&encoded.target);
        // Shares the bytes. Its errors hold none of them.
        let uri = Uri::from_maybe_shared(target.clone()).map_err(|fault| refused(&fault))?;
        // The parser of this type drops what it takes for a fragment. Encoded targets have none; better safe than silent.
        if uri.path_and_query().map(|target| target.as_str().as_bytes()) != Some(&target[..]) {
            return Err(UpstreamError::Request("the target would be altered".to_owned()));
        }
        let request = Request::builder().method(encoded.method.word()).uri(uri).body(Full::new(body));
        let mut request = request.map_err(|fault| refused(&fault))?;
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// A kept connection that is still open.
    async fn take_idle(&self) -> Option<Connection> {
        loop {
            let mut connection = self.lock_idle().pop()?;
            if connection.sender.ready().await.is_ok() {
                return Some(connection);
            }
        }
    }

    fn keep(&self, connection: Connection) {
        let mut idle = self.lock_idle();
        if idle.len() < self.idle_max && !connection.sender.is_closed() {
            idle.push(connection);
        }
    }

    fn lock_idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self) -> Result<Connection, UpstreamError> {
        let linked = self.dialer.link(&self.pins, self.tls.as_ref(), CONNECT_TIMEOUT).await;
        let stream = linked.map_err(|fault| match fault {
            LinkFault::Unreached(text) => UpstreamError::Connect(text),
            LinkFault::Untrusted(text) => UpstreamError::Untrusted(text),
        })?;
        let (stream, head) = Limited::new(stream);
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|fault| broken(&fault))?;
        let driver = tokio::spawn(async move {
            // The fault reaches the call through its sender.
            let _ = connection.await;
        });
        Ok(Connection { sender, head, _driver: AbortOnDropHandle::new(driver) })
    }
}

/// An answer whose head is here and whose body is not yet.
#[derive(Debug)]
pub(crate) struct Exchange<'a> {
    upstream: &'a Upstream,
    response: Response<Incoming>,
    connection: Connection,
    /// Ends when the answer has been read, or is given up.
    _turn: Option<SemaphorePermit<'a>>,
}

impl Exchange<'_> {
    /// The name of the upstream that answers.
    pub(crate) fn upstream_name(&self) -> &'static str {
        self.upstream.name
    }

    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// None if it is missing, repeated or not text: then there is no telling what the body is.
    pub(crate) fn content_type(&self) -> Option<String> {
        self.only(&CONTENT_TYPE)
    }

    /// Where a redirect leads to; none if it is missing, repeated or not text.
    pub(crate) fn location(&self) -> Option<String> {
        self.only(&LOCATION)
    }

    /// When the upstream wants to be asked again; none if it is missing, repeated or not text.
    pub(crate) fn retry_after(&self) -> Option<String> {
        self.only(&RETRY_AFTER)
    }

    /// Where the next page is, as the upstream writes it.
    pub(crate) fn next_link(&self) -> Option<String> {
        reference::next_link(self.response.headers())
    }

    /// What time it is there; none if it is missing, repeated or not text.
    pub(crate) fn date(&self) -> Option<String> {
        self.only(&DATE)
    }

    fn only(&self, name: &HeaderName) -> Option<String> {
        let mut values = self.response.headers().get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok().map(str::to_owned),
            _ => None,
        }
    }

    /// What the body is compressed with; none if it is not. Fails where that was not offered.
    fn encoding(&self, offered: &[Encoding]) -> Result<Option<Encoding>, UpstreamError> {
        let mut found = None;
        for value in self.response.headers().get_all(CONTENT_ENCODING) {
            if value.as_bytes().eq_ignore_ascii_case(b"identity") {
                continue;
            }
            let known = offered.iter().find(|one| value.as_bytes().eq_ignore_ascii_case(one.word().as_bytes()));
            match known {
                Some(known) if found.is_none() => found = Some(*known),
                _ => {
                    return Err(UpstreamError::Encoding("it came compressed in a way that was not offered".to_owned()));
                }
            }
        }
        Ok(found)
    }

    /// Leaves a body unread. The connection is kept if there is none.
    pub(crate) fn discard(self) {
        if hyper::body::Body::is_end_stream(self.response.body()) {
            self.upstream.keep(self.connection);
        }
    }

    /// Reads the whole body, or fails as soon as it is known to be longer than `bytes_max`. `read` counts what came, and
    /// what had come before it.
    pub(crate) async fn body(
        self,
        offered: &[Encoding],
        bytes_max: u64,
        read: &mut u64,
    ) -> Result<Bytes, UpstreamError> {
        let encoding = self.encoding(offered)?;
        let before = *read;
        let mut incoming = self.response.into_body();
        if hyper::body::Body::size_hint(&incoming).lower().saturating_add(before) > bytes_max {
            return Err(UpstreamError::TooLarge(bytes_max));
        }
        let mut body = BytesMut::new();
        while let Some(frame) = incoming.frame().await {
            let Ok(data) = frame.map_err(|fault| broken(&fault))?.into_data() else { continue };
            *read += data.len() as u64;
            if *read > bytes_max {
                return Err(UpstreamError::TooLarge(bytes_max));
            }
            body.extend_from_slice(&data);
        }
        self.upstream.keep(self.connection);
        let Some(encoding) = encoding else { return Ok(body.freeze()) };
        let plain = decode::decoded(encoding, &body, bytes_max.saturating_sub(before));
        let plain = plain.map_err(|fault| match fault {
            UpstreamError::TooLarge(_) => UpstreamError::TooLarge(bytes_max),
            fault => fault,
        })?;
        // The longer of both: what was read is what a caller would have waited for, and what a rule has to go through.
        *read = (*read).max(before.saturating_add(plain.len() as u64));
        Ok(plain)
    }

    /// Reads the beginning of a body; nothing of one that cannot be decompressed. The connection is closed if there is more.
    pub(crate) async fn beginning(self, offered: &[Encoding], bytes_max: u64, read: &mut u64) -> Bytes {
        let Ok(encoding) = self.encoding(offered) else { return Bytes::new() };
        let mut incoming = self.response.into_body();
        let mut body = BytesMut::new();
        while let Some(Ok(frame)) = incoming.frame().await {
            let Ok(data) = frame.into_data() else { continue };
            *read += data.len() as u64;
            body.extend_from_slice(&data);
            if *read >= bytes_max {
                body.truncate(usize::try_from(bytes_max).unwrap_or(usize::MAX));
                break;
            }
        }
        if hyper::body::Body::is_end_stream(&incoming) {
            self.upstream.keep(self.connection);
        }
        match encoding {
            Some(encoding) => decode::decoded(encoding, &body, bytes_max).unwrap_or_default(),
            None => body.freeze(),
        }
    }
}

/// The error's own words and those of its cause. They name what broke and hold no bytes of the exchange.
fn broken(fault: &hyper::Error) -> UpstreamError {
    let mut text = fault.to_string();
    if let Some(cause) = std::error::Error::source(fault) {
        text = format!("{text}: {cause}");
    }
    UpstreamError::Broken(text)
}
