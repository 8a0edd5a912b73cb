//! The socket: accepts connections, reads requests within bounds, commits the faults that were asked for.

use super::faults::{Fault, GARBAGE, HUGE_HEAD};
use super::options::Options;
use super::problem::Answer;
use super::routes::{Clinic, Request};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// A longer request body is refused.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Older requests are forgotten.
const RECEIVED_MAX: usize = 1000;

/// A request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The method.
    pub method: String,
    /// Path and query as they stood on the request line.
    pub target: String,
    /// Names in lower case, in the order in which they arrived, with text values.
    pub headers: Vec<(String, String)>,
    /// The body; empty where it was too long.
    pub body: Vec<u8>,
}

/// A server that runs on a thread of its own. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    received: Arc<Mutex<VecDeque<Received>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Starts a server. It listens when this returns.
pub fn serve(options: Options) -> io::Result<Running> {
    let listener = TcpListener::bind(options.listen)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let received = Arc::new(Mutex::new(VecDeque::new()));
    let clinic = Clinic::new(options.api_key.clone());
    let server = Arc::new(Server { options, clinic, received: Arc::clone(&received) });
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::Builder::new().name("clinic".to_owned()).spawn(move || {
        // The runtime's end drops every connection, those that hang included.
        runtime.block_on(accept(listener, server, stopped));
    })?;
    Ok(Running { address, received, stop: Some(stop), thread: Some(thread) })
}

impl Running {
    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as the beginning of a URL, without a path.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The last requests, the oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Closes every connection and waits until the thread has ended.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // Either may be gone: then the thread has ended already.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

struct Server {
    options: Options,
    clinic: Clinic,
    received: Arc<Mutex<VecDeque<Received>>>,
}

async fn accept(listener: TcpListener, server: Arc<Server>, mut stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        let accepted = tokio::select! {
            _ = &mut stopped => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            // The caller is gone already, or descriptors ran out: others may still be served.
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let server = Arc::clone(&server);
                async move { server.respond(request).await }
            });
            // An error here is the caller's end of the connection, or a fault that was asked for.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

impl Server {
    async fn respond(&self, request: hyper::Request<Incoming>) -> io::Result<hyper::Response<Payload>> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, BODY_BYTES_MAX).collect().await.map(|body| body.to_bytes().to_vec());
        self.remember(&head, body.as_deref().unwrap_or_default());
        tokio::time::sleep(self.options.delay).await;
        if let Some(&fault) = self.options.faults.get(head.uri.path()) {
            return commit(fault).await;
        }
        let Ok(body) = body else {
            return respond_with(Answer::problem(413, "Too long", "The body may have 65536 bytes."));
        };
        let answer = self.clinic.answer(&Request {
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query(),
            key: header(&head.headers, "x-api-key"),
            reason: header(&head.headers, "x-request-reason"),
            media_type: header(&head.headers, "content-type"),
            body: &body,
        });
        respond_with(answer)
    }

    fn remember(&self, head: &hyper::http::request::Parts, body: &[u8]) {
        let headers = head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let one = Received {
            method: head.method.to_string(),
            target: head.uri.to_string(),
            headers: headers.collect(),
            body: body.to_vec(),
        };
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        if received.len() == RECEIVED_MAX {
            received.pop_front();
        }
        received.push_back(one);
    }
}

/// The value of a header that was sent once.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn respond_with(answer: Answer) -> io::Result<hyper::Response<Payload>> {
    whole(answer.status, answer.media_type, Payload::whole(answer.body))
}

fn whole(status: u16, media_type: &str, payload: Payload) -> io::Result<hyper::Response<Payload>> {
    let response = hyper::Response::builder().status(status).header(CONTENT_TYPE, media_type);
    let response = if (300..400).contains(&status) { response.header(LOCATION, "/v1/elsewhere") } else { response };
    response.body(payload).map_err(io::Error::other)
}

async fn commit(fault: Fault) -> io::Result<hyper::Response<Payload>> {
    match fault {
        Fault::Hang => std::future::pending().await,
        Fault::Close => Err(io::Error::other("closed as asked")),
        Fault::Cut => whole(200, "application/json", Payload::parts(HUGE_HEAD, 1, true)),
        Fault::Garbage => whole(200, "application/json", Payload::whole(GARBAGE.to_vec())),
        Fault::Body(text) => whole(200, "application/json", Payload::whole(text.as_bytes().to_vec())),
        Fault::Huge => whole(200, "application/json", Payload::parts(HUGE_HEAD, 1024, false)),
        Fault::Status(status) => respond_with(Answer::problem(status, "Fault", "This answer was asked for.")),
    }
}

/// A body: a head, then the same 64 KiB a number of times, then an end or a broken connection.
#[derive(Debug)]
struct Payload {
    head: Option<Bytes>,
    chunk: Bytes,
    times: usize,
    broken: bool,
    flushed: bool,
}

impl Payload {
    fn whole(bytes: Vec<u8>) -> Self {
        Self { head: Some(Bytes::from(bytes)), chunk: Bytes::new(), times: 0, broken: false, flushed: false }
    }

    fn parts(head: &'static [u8], times: usize, broken: bool) -> Self {
        Self {
            head: Some(Bytes::from_static(head)),
            chunk: Bytes::from(vec![b'a'; 64 * 1024]),
            times,
            broken,
            flushed: false,
        }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(head) = self.head.take() {
            return Poll::Ready(Some(Ok(Frame::data(head))));
        }
        if self.times > 0 {
            self.times -= 1;
            return Poll::Ready(Some(Ok(Frame::data(self.chunk.clone()))));
        }
        if self.broken && !self.flushed {
            // One pause: what was written goes out before the connection breaks.
            self.flushed = true;
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.broken.then(|| Err(io::Error::other("cut as asked"))))
    }

    fn is_end_stream(&self) -> bool {
        self.head.is_none() && self.times == 0 && !self.broken
    }

    fn size_hint(&self) -> SizeHint {
        // Without a length the answer is chunked: the reader cannot refuse it before it reads.
        if self.times > 0 || self.broken {
            return SizeHint::default();
        }
        SizeHint::with_exact(self.head.as_ref().map_or(0, |head| head.len() as u64))
    }
}
