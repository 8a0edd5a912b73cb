//! The one way to call a tool.
//!
//! What comes in: a [`Call`]. What goes out: an [`Outcome`], and exactly one audit record, also when the call is refused,
//! fails, runs out of time or is dropped half way. Nothing else in this crate opens a connection or prunes an answer.
//!
//! The steps: arguments, approval, request, upstream, byte cap, prune rule, size cap, audit record.

mod call;
mod open;
mod record;
mod retry;

use std::sync::Arc;
use std::time::Duration;

use std::borrow::Cow;

use airlock_contract::{Answer, Catalog, Content, Effect, Tool, Upstream as Declared};
use airlock_offer::Listed;
use airlock_prune::{Fault, Plan as Prune, rows};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;

pub use call::{Approval, Call, Caller, Outcome, Pruned};
pub use open::StartError;

use crate::answer;
use crate::arguments::{Table, suggestion};
use crate::audit::Audit;
use crate::misfit::misfit;
pub use crate::refusal::{Refusal, RefusalKind};
use crate::request::{Encoded, Plan};
use crate::site::{Limits, Secret};
use crate::untrusted::quoted;
use crate::upstream::{Credentials, Exchange, Upstream, UpstreamError};
use record::Open;
use retry::Setback;

/// The tools of one program, ready to be called. Share it behind an `Arc`; calls may run at once.
#[derive(Debug)]
pub struct Gate {
    catalogs: &'static [&'static Catalog],
    tools_sha256: &'static str,
    entries: Vec<Entry>,
    permits: Semaphore,
    limits: Limits,
    audit: Audit,
}

/// One tool, with everything that is prepared once.
#[derive(Debug)]
pub struct Entry {
    /// Where the tool comes from.
    pub catalog: &'static Catalog,
    /// What was reviewed.
    pub tool: &'static Tool,
    /// What clients and models are told of it.
    pub listed: Listed<'static>,
    /// The upstream as the catalog declares it.
    declared: &'static Declared,
    table: Table,
    plan: Plan,
    prune: Prune,
    upstream: Arc<Upstream>,
    credentials: Credentials,
    secrets: Vec<Secret>,
}

impl Gate {
    /// The catalogs of this program.
    pub fn catalogs(&self) -> &'static [&'static Catalog] {
        self.catalogs
    }

    /// The digest of the list of all tools that were compiled in, as it was reviewed.
    pub fn tools_sha256(&self) -> &'static str {
        self.tools_sha256
    }

    /// The tools, sorted by name.
    pub fn tools(&self) -> &[Entry] {
        &self.entries
    }

    /// The longest that a call can take.
    pub fn time_max(&self) -> Duration {
        self.limits.time_max
    }

    /// Whether any tool takes a file, so that its calls are long.
    pub(crate) fn takes_files(&self) -> bool {
        self.entries.iter().any(|entry| entry.plan.takes_files())
    }

    /// Calls a tool. Dropping the future cancels the call, closes its connection and leaves its audit record.
    pub async fn call(&self, call: Call) -> Outcome {
        let entry = self.entries.iter().find(|entry| entry.tool.name == call.tool);
        let mut open = Open::new(&self.audit, entry, &call);
        let answer = match entry {
            None => Err(self.unknown(&call.tool)),
            Some(entry) => {
                let deadline = Instant::now() + self.limits.time_max;
                match tokio::time::timeout_at(deadline, self.run(entry, call, deadline, &mut open)).await {
                    Ok(answer) => answer,
                    Err(_) => Err(self.too_slow(entry, open.progress.sent)),
                }
            }
        };
        open.close(answer)
    }

    async fn run(&self, entry: &Entry, call: Call, deadline: Instant, open: &mut Open<'_>) -> Result<Pruned, Refusal> {
        let tool = entry.tool;
        let values = entry.table.check(call.arguments).map_err(|faults| {
            let text = format!(
                "The arguments of `{}` were refused, and nothing was sent:\n{faults}\n\
                                Correct them and call again.",
                tool.name
            );
            Refusal::new(RefusalKind::Arguments, text)
        })?;
        let encoded = entry.plan.encode(&values).map_err(|fault| {
            Refusal::new(RefusalKind::Arguments, format!("`{}` was refused, and nothing was sent: {fault}.", tool.name))
        })?;
        open.progress.request = Some(encoded.line());
        if tool.effect != Effect::Read && !call.approval.is_granted() {
            return Err(unapproved(tool, call.approval));
        }
        // Waits for its turn; the time limit counts that too. The semaphore is never closed.
        let _permit = self.permits.acquire().await;
        let received = exchange(entry, &encoded, deadline, open).await?;
        let kept = received.as_text().and_then(|text| {
            entry.prune.run_text(&text, self.limits.answer_bytes_max).map_err(|fault| unpruned(tool, &text, fault))
        })?;
        drop(received);
        release(entry, kept, open)
    }

    fn unknown(&self, name: &str) -> Refusal {
        let hint = suggestion(name, self.entries.iter().map(|entry| entry.tool.name));
        Refusal::new(RefusalKind::UnknownTool, format!("Unknown tool: {}; {hint}", quoted(name)))
    }

    fn too_slow(&self, entry: &Entry, sent: bool) -> Refusal {
        let seconds = self.limits.time_max.as_secs();
        let name = entry.upstream.name();
        let text = match (sent, entry.tool.effect) {
            (false, _) => format!(
                "`{}` waited {seconds} s for other calls to end and was given up; nothing was sent. A retry later may \
                 help.",
                entry.tool.name
            ),
            (true, Effect::Read) => format!(
                "`{name}` did not answer within {seconds} s. A retry may help once; asking \
                                             for less may help too."
            ),
            (true, _) => format!(
                "`{name}` did not answer within {seconds} s. It is not known whether it acted: read the \
                                  current state before you call again."
            ),
        };
        Refusal::new(RefusalKind::Timeout, text)
    }
}

/// Why a tool that changes data was not called.
fn unapproved(tool: &Tool, approval: Approval) -> Refusal {
    let text = if approval == Approval::Declined {
        format!(
            "A person declined this call of `{}`, so nothing was sent. Do not call it again unless asked to.",
            tool.name
        )
    } else {
        format!(
            "`{}` would {} data and was not approved, so nothing was sent. A retry will not help; a person has to \
             allow it (`--allow-writes` of `serve` and `ask`, `call --approve`).",
            tool.name,
            if tool.effect == Effect::Destroy { "destroy" } else { "change" },
        )
    };
    Refusal::new(RefusalKind::Approval, text)
}

/// Why a rule gave nothing.
fn unpruned(tool: &Tool, received: &str, fault: Fault) -> Refusal {
    match fault {
        Fault::Body(at, what) => answer::broken(received.as_bytes(), at, what),
        Fault::TooLong(bytes, bytes_max) => Refusal::new(
            RefusalKind::TooLarge,
            format!(
                "The answer of `{}` is {bytes} bytes long after pruning, {} more than the {bytes_max} that are passed on. Ask \
                 for less: a smaller limit or page, or a narrower search. Its author can have the prune rule keep less.",
                tool.name,
                bytes - bytes_max
            ),
        ),
        fault => Refusal::new(
            RefusalKind::Prune,
            format!(
                "The prune rule of `{}` failed on this answer: {fault}. Nothing of it was passed on, and a retry will not \
                 help.",
                tool.name
            ),
        ),
    }
}

/// Last checks on what is about to leave.
fn release(entry: &Entry, json: String, open: &mut Open<'_>) -> Result<Pruned, Refusal> {
    let tool = entry.tool;
    let withheld = |why: &str| {
        let text = format!(
            "The answer of `{}` {why}, so it was withheld. A retry will not help; tell the operator.",
            tool.name
        );
        Refusal::new(RefusalKind::Answer, text)
    };
    let value: Value = serde_json::from_str(&json).map_err(|_| withheld("cannot be read again after pruning"))?;
    if entry.secrets.iter().any(|secret| holds(&value, secret)) {
        return Err(withheld("held the credential that was sent"));
    }
    open.progress.answer_bytes = json.len() as u64;
    let misfit = misfit(tool.output, &value);
    let rows = rows(&json, tool.form).map_err(|_| withheld("cannot be read again after pruning"))?;
    Ok(Pruned { value, json, rows, misfit })
}

/// What came back.
enum Received {
    Body(&'static Answer, Option<String>, Bytes),
    Text(Cow<'static, str>),
}

impl Received {
    /// As JSON text.
    fn as_text(&self) -> Result<Cow<'_, str>, Refusal> {
        match self {
            Self::Body(declared, content_type, body) => answer::text(declared, content_type.as_deref(), body),
            Self::Text(text) => Ok(Cow::Borrowed(text)),
        }
    }
}

/// Sends a request, more than once where that may help, until it is answered with something that stands.
async fn sent<'e>(
    entry: &'e Entry,
    encoded: &Encoded,
    deadline: Instant,
    open: &mut Open<'_>,
) -> Result<Exchange<'e>, Refusal> {
    let (tool, upstream) = (entry.tool, &entry.upstream);
    loop {
        open.progress.sent = true;
        open.progress.attempts += 1;
        let wait = match upstream.send(encoded, tool.request.accept, &entry.credentials).await {
            Ok(exchange) => {
                let status = exchange.status();
                open.progress.status = Some(status);
                let setback = Setback::Status(status, retry::asked(exchange.retry_after().as_deref()));
                match retry::wait(tool, open.progress.attempts, setback, deadline) {
                    None => return Ok(exchange),
                    Some(wait) => {
                        exchange.discard();
                        wait
                    }
                }
            }
            Err(fault) => {
                let may_help = matches!(fault, UpstreamError::Connect(_));
                let wait = retry::wait(tool, open.progress.attempts, Setback::Unreached, deadline);
                wait.filter(|_| may_help).ok_or_else(|| unreached(entry, &fault))?
            }
        };
        tokio::time::sleep(wait).await;
    }
}

/// Sends a request and reads the declared answer.
async fn exchange(
    entry: &Entry,
    encoded: &Encoded,
    deadline: Instant,
    open: &mut Open<'_>,
) -> Result<Received, Refusal> {
    let (tool, upstream) = (entry.tool, &entry.upstream);
    let exchange = sent(entry, encoded, deadline, open).await?;
    let status = exchange.status();
    let asked = retry::asked(exchange.retry_after().as_deref());
    let content_type = exchange.content_type();
    let Some(declared) = answer::declared(&tool.response, status) else {
        let body = exchange.beginning(answer::FAILURE_BYTES_MAX, &mut open.progress.upstream_bytes).await;
        // Judged before the message is cut: half a credential is one too much.
        let leaks = entry.secrets.iter().any(|secret| body_holds(&body, secret));
        let (content_type, body) = if leaks { (None, &b""[..]) } else { (content_type.as_deref(), &body[..]) };
        let mut refusal = answer::failure(upstream.name(), status, content_type, body);
        if let Some(asked) = asked {
            refusal.text = format!("{} It asks to wait {} s.", refusal.text, asked.as_secs());
        }
        return Err(refusal);
    };
    if declared.content == Content::Empty {
        exchange.discard();
        return Ok(Received::Text(Cow::Borrowed("null")));
    }
    if declared.content == Content::Location {
        let location = exchange.location();
        exchange.discard();
        return answer::location(location.as_deref()).map(|text| Received::Text(text.into()));
    }
    if exchange.is_encoded() {
        let text = format!(
            "`{}` compressed its answer although that was not offered, so it was withheld. A retry will \
                            not help.",
            upstream.name()
        );
        return Err(Refusal::new(RefusalKind::Answer, text));
    }
    let body = exchange.body(tool.response.bytes_max, &mut open.progress.upstream_bytes).await;
    let body = body.map_err(|fault| unreached(entry, &fault))?;
    Ok(Received::Body(declared, content_type, body))
}

/// Why the upstream gave no whole answer.
fn unreached(entry: &Entry, fault: &UpstreamError) -> Refusal {
    let name = entry.upstream.name();
    let upstream = |text| Refusal::new(RefusalKind::Upstream, text);
    match fault {
        UpstreamError::Connect(why) => {
            upstream(format!("`{name}` cannot be reached ({why}); nothing was sent. A retry after a while may help."))
        }
        UpstreamError::Broken(why) if entry.tool.effect == Effect::Read => {
            upstream(format!("`{name}` broke the connection off ({why}). A retry may help once."))
        }
        UpstreamError::Broken(why) => upstream(format!(
            "`{name}` broke the connection off ({why}). It is not known whether it acted: read the current state before \
             you call again."
        )),
        UpstreamError::Request(why) => upstream(format!("The request cannot be sent ({why}). A retry will not help.")),
        UpstreamError::TooLarge(bytes_max) => Refusal::new(
            RefusalKind::TooLarge,
            format!(
                "The answer of `{name}` is longer than the {bytes_max} bytes that this tool may read, so nothing of \
                     it was passed on. Ask for less: a smaller limit or page, or a narrower search."
            ),
        ),
    }
}

/// Whether a secret stands in a body, as it is or in escaped JSON.
fn body_holds(body: &[u8], secret: &Secret) -> bool {
    secret.occurs_in(&String::from_utf8_lossy(body))
        || serde_json::from_slice(body).is_ok_and(|value: Value| holds(&value, secret))
}

/// Whether a secret stands in any text of a value.
fn holds(value: &Value, secret: &Secret) -> bool {
    match value {
        Value::String(text) => secret.occurs_in(text),
        Value::Array(items) => items.iter().any(|item| holds(item, secret)),
        Value::Object(map) => map.iter().any(|(key, value)| secret.occurs_in(key) || holds(value, secret)),
        _ => false,
    }
}
