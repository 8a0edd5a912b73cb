//! One request and its answer: sent more than once where that may help, led elsewhere where the catalog names the place.

use std::borrow::Cow;
use std::time::Duration;

use airlock_contract::{Answer, Content, Effect, Method};
use bytes::Bytes;
use tokio::time::Instant;

use super::call::ReceivedFile;
use super::flow::keeps_words_back;
use super::record::Open;
use super::retry::{self, Setback};
use super::{Entry, Refusal, RefusalKind, body_holds};
use crate::answer;
use crate::request::Encoded;
use crate::upstream::{Credentials, Exchange, Reference, Upstream, UpstreamError, Wanted};

/// A request is led on so often, and no more.
const REDIRECTS_MAX: usize = 3;

/// What came back.
pub(super) struct Received {
    body: Body,
    /// Where the next page is, as the upstream writes it.
    pub(super) next_link: Option<String>,
}

enum Body {
    Bytes(&'static Answer, Option<String>, Bytes),
    Text(Cow<'static, str>),
}

impl Received {
    /// An answer that was put together here, as JSON text.
    pub(super) fn of_text(text: String) -> Self {
        Self { body: Body::Text(text.into()), next_link: None }
    }

    /// As JSON text.
    pub(super) fn as_text(&self) -> Result<Cow<'_, str>, Refusal> {
        match &self.body {
            Body::Bytes(declared, content_type, body) => answer::text(declared, content_type.as_deref(), body),
            Body::Text(text) => Ok(Cow::Borrowed(text)),
        }
    }

    /// The file that it is, if it is one.
    pub(super) fn into_file(self) -> Option<ReceivedFile> {
        match self.body {
            Body::Bytes(declared, content_type, bytes) if declared.content == Content::Binary => {
                Some(ReceivedFile { media_type: answer::essence(&content_type.unwrap_or_default()), bytes })
            }
            _ => None,
        }
    }
}

/// Sends a request and reads the declared answer.
pub(super) async fn exchange(
    entry: &Entry,
    encoded: &Encoded,
    deadline: Instant,
    open: &mut Open<'_>,
) -> Result<Received, Refusal> {
    let response = &entry.tool.response;
    let exchange = led(entry, encoded, deadline, open).await?;
    let name = exchange.upstream_name();
    let content_type = exchange.content_type();
    let Some(declared) = answer::declared(response, exchange.status()) else {
        return Err(failure(entry, exchange, open).await);
    };
    let next_link = exchange.next_link();
    let text = |text| Ok(Received { body: Body::Text(text), next_link: None });
    match declared.content {
        Content::Empty => {
            exchange.discard();
            text(Cow::Borrowed("null"))
        }
        Content::Location => {
            let location = exchange.location();
            exchange.discard();
            text(answer::location(location.as_deref())?.into())
        }
        _ => {
            let body = exchange.body(response.encodings, response.bytes_max, &mut open.progress.upstream_bytes).await;
            let body = body.map_err(|fault| unreached(entry, name, &fault))?;
            Ok(Received { body: Body::Bytes(declared, content_type, body), next_link })
        }
    }
}

/// What a status that is not declared comes to.
async fn failure(entry: &Entry, exchange: Exchange<'_>, open: &mut Open<'_>) -> Refusal {
    let (name, status, content_type) = (exchange.upstream_name(), exchange.status(), exchange.content_type());
    let asked = retry::asked(&exchange);
    let (encodings, read) = (entry.tool.response.encodings, &mut open.progress.upstream_bytes);
    let body = exchange.beginning(encodings, answer::FAILURE_BYTES_MAX, read).await;
    // Judged before the message is cut: half a credential is one too much. Nor has a rule looked at these words.
    let leaks = keeps_words_back(entry.tool) || entry.secrets.iter().any(|secret| body_holds(&body, secret));
    let (content_type, body) = if leaks { (None, &b""[..]) } else { (content_type.as_deref(), &body[..]) };
    let mut refusal = answer::failure(name, status, content_type, body);
    if let Some(asked) = asked {
        refusal.text = format!("{} It asks to wait {} s.", refusal.text, asked.as_secs());
    }
    refusal
}

/// Sends a request, and follows where it is led to, if the catalog names that system.
async fn led<'e>(
    entry: &'e Entry,
    encoded: &Encoded,
    deadline: Instant,
    open: &mut Open<'_>,
) -> Result<Exchange<'e>, Refusal> {
    let none = Credentials::default();
    let mut to: &Upstream = &entry.upstream;
    let mut request = Cow::Borrowed(encoded);
    for _ in 0..REDIRECTS_MAX {
        let is_home = std::ptr::eq(to, &raw const *entry.upstream);
        let credentials = if is_home { &entry.credentials } else { &none };
        let exchange = sent(entry, to, &request, credentials, deadline, open).await?;
        if entry.redirects.is_empty() || !leads_on(&exchange, request.method) {
            return Ok(exchange);
        }
        let location = exchange.location().unwrap_or_default();
        let Some((next, target)) = place(entry, to, &location, &request.target) else {
            exchange.discard();
            return Err(astray(to.name()));
        };
        exchange.discard();
        let mut on = request.into_owned();
        on.target = entry.credentials.removed_from(&target);
        if !std::ptr::eq(next, to) {
            // What arguments say to one system is not said to another.
            on.headers.clear();
            on.cookie.clear();
        }
        (to, request) = (next, Cow::Owned(on));
    }
    let text = format!(
        "`{}` was led on more than {REDIRECTS_MAX} times, and the call was given up. A retry will not help.",
        entry.upstream.name()
    );
    Err(Refusal::new(RefusalKind::Upstream, text))
}

/// Whether an answer asks to send the same request elsewhere (RFC 9110, section 15.4).
fn leads_on(exchange: &Exchange<'_>, method: Method) -> bool {
    matches!(exchange.status(), 301 | 302 | 303 | 307 | 308) && matches!(method, Method::Get | Method::Head)
}

/// Where a redirect leads to, if the catalog names it: a system, and a target below its base path.
fn place<'e>(entry: &'e Entry, from: &'e Upstream, location: &str, target: &str) -> Option<(&'e Upstream, String)> {
    let reference = Reference::read(location, from.scheme(), target)?;
    let (to, _) = entry.redirects.iter().find(|(upstream, base_path)| {
        let is_there = match &reference.address {
            Some(address) => upstream.is_at(address, from),
            None => std::ptr::eq(&raw const **upstream, from),
        };
        is_there && reference.is_below(base_path)
    })?;
    Some((to, reference.target))
}

fn astray(name: &str) -> Refusal {
    let text = format!(
        "`{name}` answered with a redirect to a place that the catalog does not name, and it was not followed. A retry will \
         not help; tell the operator."
    );
    Refusal::new(RefusalKind::Upstream, text)
}

/// Sends a request, more than once where that may help, until it is answered with something that stands.
async fn sent<'e>(
    entry: &Entry,
    to: &'e Upstream,
    encoded: &Encoded,
    credentials: &Credentials,
    deadline: Instant,
    open: &mut Open<'_>,
) -> Result<Exchange<'e>, Refusal> {
    let tool = entry.tool;
    let wanted = Wanted { accept: tool.request.accept, encodings: tool.response.encodings };
    let mut attempts = 0;
    loop {
        attempts += 1;
        open.progress.sent = true;
        open.progress.attempts += 1;
        open.progress.retries += u32::from(attempts > 1);
        let wait = match to.send(encoded, wanted, credentials).await {
            Ok(exchange) => {
                let status = exchange.status();
                open.progress.status = Some(status);
                let setback = Setback::Status(status, retry::asked(&exchange));
                match retry::wait(tool, attempts, setback, deadline) {
                    None => return Ok(exchange),
                    Some(wait) => {
                        exchange.discard();
                        wait
                    }
                }
            }
            Err(fault) => {
                let may_help = matches!(fault, UpstreamError::Connect(_));
                let wait: Option<Duration> = retry::wait(tool, attempts, Setback::Unreached, deadline);
                wait.filter(|_| may_help).ok_or_else(|| unreached(entry, to.name(), &fault))?
            }
        };
        tokio::time::sleep(wait).await;
    }
}

/// Why the upstream gave no whole answer.
fn unreached(entry: &Entry, name: &str, fault: &UpstreamError) -> Refusal {
    let upstream = |text| Refusal::new(RefusalKind::Upstream, text);
    match fault {
        UpstreamError::Connect(why) => {
            upstream(format!("`{name}` cannot be reached ({why}); nothing was sent. A retry after a while may help."))
        }
        UpstreamError::Untrusted(why) => upstream(format!(
            "`{name}` cannot be trusted ({why}); nothing was sent. A retry will not help; tell the operator."
        )),
        UpstreamError::Broken(why) if entry.tool.effect == Effect::Read => {
            upstream(format!("`{name}` broke the connection off ({why}). A retry may help once."))
        }
        UpstreamError::Broken(why) => upstream(format!(
            "`{name}` broke the connection off ({why}). It is not known whether it acted: read the current state before \
             you call again."
        )),
        UpstreamError::Request(why) => upstream(format!("The request cannot be sent ({why}). A retry will not help.")),
        UpstreamError::Encoding(why) => Refusal::new(
            RefusalKind::Answer,
            format!("The answer of `{name}` was withheld: {why}. A retry will hardly help; tell the operator."),
        ),
        UpstreamError::TooLarge(bytes_max) => Refusal::new(
            RefusalKind::TooLarge,
            format!(
                "The answer of `{name}` is longer than the {bytes_max} bytes that this tool may read, so nothing of \
                     it was passed on. Ask for less: a smaller limit or page, or a narrower search."
            ),
        ),
    }
}
