//! MCP over HTTP (specification, 2026-07-28, "Streamable HTTP"), with what operators watch: `/healthz` and `/metrics`.
//!
//! What comes in: connections on loopback, at a unix socket, or at an address that the site file names. What goes out:
//! answers, each on the connection of its request. Nothing is kept from one request to the next, so that any process of
//! several behind a balancer can answer it.

mod listener;
mod route;
mod stream;
mod visitor;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use http_body_util::combinators::BoxBody;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{SessionManager, StreamableHttpServerConfig, StreamableHttpService};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Adapter, GRACE, Listing, Server, lines};
use crate::gate::Gate;
pub use listener::{At, Listener};
use stream::{Traffic, Watched};
pub use visitor::Visitors;

/// Connections at once; more wait until one ends. Each has one request at a time.
const CONNECTIONS_MAX: usize = 256;

/// For a request's head to arrive whole, and for a connection to wait for the next one.
const HEAD_TIME_MAX: Duration = Duration::from_secs(30);

/// Longest head of a request, in bytes; clients send a few hundred.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// After a connection could not be accepted; most often descriptors are used up, and some come back.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// The body of an answer.
pub type Body = BoxBody<Bytes, Infallible>;

/// An answer that is being made.
pub type Answering = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// What answers requests to `/mcp` whose sender was admitted and whose body is here.
pub type Endpoint = Arc<dyn Fn(Request<Full<Bytes>>) -> Answering + Send + Sync>;

/// A server of MCP over HTTP.
pub struct Http {
    endpoint: Endpoint,
    visitors: Visitors,
    body_bytes_max: usize,
    /// The longest that a call can take.
    time_max: Duration,
    /// What `/metrics` tells of calls.
    gate: Option<Arc<Gate>>,
    traffic: Arc<Traffic>,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Http").field("visitors", &self.visitors).finish_non_exhaustive()
    }
}

impl Http {
    /// Serves the tools of a server to those whom `visitors` admits.
    pub fn new(server: &Server, visitors: Visitors) -> Self {
        let body_bytes_max = lines::bytes_max(server.gate.takes_files());
        let principal = if visitors.have_token() { "token" } else { "none" };
        let shared = Server { asks_while_waiting: false, principal: principal.into(), ..server.clone() };
        let service = StreamableHttpService::new(
            move || Ok(Adapter(shared.clone(), Listing::Values, None)),
            Arc::new(NeverSessionManager::default()),
            config(body_bytes_max),
        );
        let gate = Arc::clone(&server.gate);
        Self { body_bytes_max, time_max: gate.time_max(), gate: Some(gate), ..Self::of(endpoint(service), visitors) }
    }

    /// Serves another service of the SDK with the same care, as the conformance suite's fixture: bodies up to a mebibyte, ten
    /// seconds at the end, no measurements of calls.
    pub fn of(endpoint: Endpoint, visitors: Visitors) -> Self {
        let (body_bytes_max, time_max) = (lines::bytes_max(false), Duration::from_secs(10));
        Self { endpoint, visitors, body_bytes_max, time_max, gate: None, traffic: Arc::default() }
    }

    /// Serves clients until `stopped` is there; then finishes the requests that have arrived, within the time that a call has.
    /// What went wrong with a client is told to `tell`, in words.
    pub async fn serve(
        self,
        listener: Listener,
        stopped: impl Future<Output = io::Result<()>>,
        mut tell: impl FnMut(String),
    ) -> io::Result<()> {
        let http = Arc::new(self);
        let ending = CancellationToken::new();
        let mut connections = JoinSet::new();
        let mut stopped = pin!(stopped);
        loop {
            tokio::select! {
                stopped = &mut stopped => break stopped?,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => match accepted {
                    Ok(Ok(stream)) => {
                        let stream = Watched::new(stream, Arc::clone(&http.traffic));
                        connections.spawn(connection(Arc::clone(&http), stream, ending.clone()));
                    }
                    Ok(Err(uid)) => tell(format!("a client of user {uid} was turned away")),
                    Err(fault) => {
                        tell(format!("a client could not be accepted: {fault}"));
                        tokio::time::sleep(ACCEPT_AGAIN).await;
                    }
                },
            }
        }
        drop(listener);
        ending.cancel();
        let rest = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(http.time_max + GRACE, rest).await.is_err() {
            tell("a client was cut off at the end: it did not take its answer in time".to_owned());
        }
        Ok(())
    }
}

/// Serves one connection to its end. What is wrong with it concerns its client alone.
async fn connection(http: Arc<Http>, stream: Watched, ending: CancellationToken) {
    let _present = http.traffic.connections.enter();
    let answers = service_fn(|request| {
        let http = Arc::clone(&http);
        async move { Ok::<_, Infallible>(http.answer(request).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME_MAX).max_header_size(HEAD_BYTES_MAX);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), answers));
    tokio::select! {
        _ = serving.as_mut() => return,
        () = ending.cancelled() => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}

/// How the SDK is set up. Who may ask is decided before it is asked, so it does not look at that once more.
pub fn config(body_bytes_max: usize) -> StreamableHttpServerConfig {
    StreamableHttpServerConfig::default()
        .with_json_response(true)
        .with_legacy_session_mode(false)
        .disable_allowed_hosts()
        .with_max_request_body_bytes(body_bytes_max)
}

/// The SDK's service as an endpoint.
pub fn endpoint<H, M>(service: StreamableHttpService<H, M>) -> Endpoint
where
    H: ServerHandler + Send + 'static,
    M: SessionManager,
{
    Arc::new(move |request| {
        let service = service.clone();
        Box::pin(async move { service.handle(request).await })
    })
}
