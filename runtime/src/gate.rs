//! The one way to call a tool.
//!
//! What comes in: a [`Call`]. What goes out: an [`Outcome`], and exactly one audit record of how it ended, also when the call is
//! refused, fails, runs out of time or is dropped half way. Before a request leaves, a record says that it will. Nothing else in
//! this crate opens a connection or prunes an answer.
//!
//! The steps: arguments, request, flow and approval, audit record, upstream, byte cap, prune rule, size cap, audit record.

mod call;
mod exchange;
mod flow;
mod open;
mod pages;
mod record;
mod retry;
mod search;
mod session;

use std::sync::Arc;
use std::time::Duration;

use airlock_contract::{Catalog, Effect, Profile, Program, Prompt, Tool, Upstream as Declared};
use airlock_offer::{Listed, Sent};
use airlock_prune::{Fault, Plan as Prune, rows};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;

pub use call::{Approval, ArgumentSource, Call, Caller, Origin, Outcome, Pruned, ReceivedFile, TokenCount, Writer};
pub use flow::Crossing;
pub use open::{StartError, find_profile};
pub use session::{Read, Session};

use crate::answer;
use crate::arguments::{Faults, Table, suggestion};
use crate::audit::Audit;
use crate::metrics::{Calls, Gauge, Page};
use crate::misfit::misfit;
pub use crate::refusal::{Refusal, RefusalKind};
use crate::request::Plan;
use crate::site::{Limits, Secret};
use crate::untrusted::quoted;
use crate::upstream::{Credentials, Upstream};
use exchange::{Received, exchange};
use flow::{Labels, Marks, keeps_words_back};
use pages::Pages;
use record::Open;
use search::Search;

/// Stands for whatever name a caller made up; no tool can have it.
const UNKNOWN_TOOL: &str = "(unknown)";

/// The tools of one program, ready to be called. Share it behind an `Arc`; calls may run at once.
#[derive(Debug)]
pub struct Gate {
    program: Program,
    /// The subset of the tools that is offered, if one was chosen.
    profile: Option<&'static Profile>,
    entries: Vec<Entry>,
    search: Option<Search>,
    permits: Semaphore,
    limits: Limits,
    audit: Audit,
    load: Load,
    labels: Labels,
}

/// What is counted of all tools together.
#[derive(Debug, Default)]
struct Load {
    /// Calls that have arrived and not ended.
    open: Gauge,
    /// Those of them that wait for others to end.
    waiting: Gauge,
    /// Calls of tools that no catalog has.
    unknown: Calls,
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
    calls: Calls,
    /// The place of its label in the chain.
    label: usize,
    upstream: Arc<Upstream>,
    credentials: Credentials,
    secrets: Vec<Secret>,
    /// Where redirects may lead to, with the base path there.
    redirects: Vec<(Arc<Upstream>, &'static str)>,
    pages: Option<Pages>,
}

impl Gate {
    /// The catalogs of this program.
    pub fn catalogs(&self) -> &'static [&'static Catalog] {
        self.program.catalogs
    }

    /// The digest of the list of tools as it was reviewed: of all that were compiled in, or of those of the profile.
    pub fn tools_sha256(&self) -> &'static str {
        self.profile.map_or(self.program.tools_sha256, |profile| profile.tools_sha256)
    }

    /// The version of the compiler that wrote the catalogs.
    pub fn compiler_version(&self) -> &'static str {
        self.program.compiler_version
    }

    /// The subset of the tools that is offered, if one was chosen.
    pub fn profile(&self) -> Option<&'static Profile> {
        self.profile
    }

    /// What clients are told of the tools, in the order in which they are sent it.
    pub fn listed(&self) -> impl Iterator<Item = &Listed<'static>> + Clone {
        let of_search = self.search.iter().flat_map(|search| &search.listed);
        of_search.chain(self.entries.iter().map(|entry| &entry.listed))
    }

    /// The list of tools as it is sent.
    pub fn sent(&self) -> Sent {
        Sent::of(self.listed())
    }

    /// The prompts of every catalog that has a tool here, sorted by name.
    pub fn prompts(&self) -> Vec<&'static Prompt> {
        let has_tool = |catalog: &Catalog| self.entries.iter().any(|entry| entry.catalog.name == catalog.name);
        let catalogs = self.catalogs().iter().filter(|catalog| has_tool(catalog));
        let mut prompts: Vec<&Prompt> = catalogs.flat_map(|catalog| catalog.prompts).collect();
        prompts.sort_by_key(|prompt| prompt.name);
        prompts
    }

    /// The tools, sorted by name; without those that search the others.
    pub fn tools(&self) -> &[Entry] {
        &self.entries
    }

    /// The tool of this name.
    pub fn tool(&self, name: &str) -> Option<&Entry> {
        let place = self.entries.binary_search_by_key(&name, |entry| entry.tool.name);
        place.ok().and_then(|place| self.entries.get(place))
    }

    /// The request that a call would make, for people: method and target. None if it would be refused before one is made.
    #[cfg(feature = "model")]
    pub(crate) fn preview(&self, tool: &str, arguments: &serde_json::Map<String, Value>) -> Option<String> {
        let entry = self.tool(tool)?;
        let values = entry.table.check(arguments.clone()).ok()?;
        entry.plan.encode(&values).ok().map(|encoded| encoded.line())
    }

    /// Ends when no call can be made any more, since whoever writes the audit trail has ended. Only who asks first is told.
    pub async fn audit_gone(&self) {
        self.audit.gone().await;
    }

    /// The longest that a call can take.
    pub fn time_max(&self) -> Duration {
        self.limits.time_max
    }

    /// Whether any tool takes a file, so that its calls are long.
    pub(crate) fn takes_files(&self) -> bool {
        self.entries.iter().any(|entry| entry.plan.takes_files())
    }

    /// Every tool that can be called, with what is counted of its calls.
    fn counted(&self) -> impl Iterator<Item = (&str, &Calls)> {
        let of_search = self.search.iter().flat_map(Search::counted);
        of_search.chain(self.entries.iter().map(|entry| (entry.tool.name, &entry.calls)))
    }

    /// What was counted of calls so far, for operators: as Prometheus reads it (text format 0.0.4).
    pub fn measurements(&self) -> String {
        let mut page = Page::default();
        page.family("airlock_info", "gauge", "Always 1; the labels say which program this is.");
        let labels: [(&str, &dyn std::fmt::Display); 2] =
            [("version", &env!("CARGO_PKG_VERSION")), ("tools_sha256", &self.tools_sha256())];
        page.sample("airlock_info", &labels, 1);
        page.calls(self.counted().chain([(UNKNOWN_TOOL, &self.load.unknown)]));
        page.single("airlock_calls_open", "gauge", "Calls that have arrived and not ended.", self.load.open.get());
        let help = "Open calls that wait for others to end (limits.calls_at_once_max).";
        page.single("airlock_calls_waiting", "gauge", help, self.load.waiting.get());
        page.into_text()
    }

    /// Calls a tool. Dropping the future cancels the call, closes its connection and leaves its audit record.
    pub async fn call(&self, call: Call) -> Outcome {
        let entry = self.tool(&call.tool);
        let _present = self.load.open.enter();
        let of_search = || self.search.as_ref().and_then(|search| search.calls(&call.tool));
        let calls = entry.map(|entry| &entry.calls).or_else(of_search).unwrap_or(&self.load.unknown);
        let mark = self.mark(call.session.as_deref());
        let mut open = Open::new(&self.audit, calls, entry, &call, Marks { before: mark, after: mark });
        let answer = match entry {
            None => self.tell(call, &mut open),
            Some(entry) => {
                let deadline = Instant::now() + self.limits.time_max;
                match tokio::time::timeout_at(deadline, self.run(entry, call, deadline, &mut open)).await {
                    Ok(answer) => answer.map_err(|refusal| without_words(entry.tool, refusal)),
                    Err(_) => Err(self.too_slow(entry, open.progress.sent)),
                }
            }
        };
        open.close(answer)
    }

    async fn run(&self, entry: &Entry, call: Call, deadline: Instant, open: &mut Open<'_>) -> Result<Pruned, Refusal> {
        let tool = entry.tool;
        let tokens = call.model.and_then(|model| model.tokens);
        let values = entry.table.check(call.arguments).map_err(|faults| refused_arguments(tool.name, &faults))?;
        let encoded = entry.plan.encode(&values).map_err(|fault| {
            Refusal::new(RefusalKind::Arguments, format!("`{}` was refused, and nothing was sent: {fault}.", tool.name))
        })?;
        open.progress.request = Some(encoded.line());
        self.admit(entry, call.session.as_deref(), call.approval, &mut open.progress.marks)?;
        // Waits for its turn; the time limit counts that too. The semaphore is never closed.
        let waiting = self.load.waiting.enter();
        let _permit = self.permits.acquire().await;
        drop(waiting);
        open.let_out(tool.effect)?;
        let received = exchange(entry, &encoded, deadline, open).await?;
        let (received, note) = match &entry.pages {
            Some(pages) => pages.gather(entry, values, encoded, received, deadline, open).await?,
            None => (received, None),
        };
        let kept = received.as_text().and_then(|text| {
            entry.prune.run_text(&text, self.limits.answer_bytes_max).map_err(|fault| unpruned(tool, &text, fault))
        })?;
        let (file, too_long) = file(entry, received)?;
        let pruned = release(entry, kept, open)?;
        let read = pruned.rows.as_deref().unwrap_or(&pruned.json);
        open.progress.answer_tokens = tokens.and_then(|TokenCount(count)| count(read));
        Ok(Pruned { file, note: note.or(too_long), ..pruned })
    }

    /// Answers a call of a tool that no catalog has: one of those that tell of the others, or none at all.
    fn tell(&self, call: Call, open: &mut Open<'_>) -> Result<Pruned, Refusal> {
        let search = self.search.as_ref();
        let Some((search, table)) = search.and_then(|search| Some((search, search.table(&call.tool)?))) else {
            return Err(self.unknown(&call.tool));
        };
        open.tells(table.names(), &call);
        let pruned = Pruned::from(search.answer(&call.tool, table, call.arguments, &self.entries)?);
        if pruned.json.len() as u64 > self.limits.answer_bytes_max {
            let text = format!("What is known of it takes {} bytes, more than are passed on.", pruned.json.len());
            return Err(Refusal::new(RefusalKind::TooLarge, text));
        }
        open.progress.answer_bytes = pruned.json.len() as u64;
        Ok(pruned)
    }

    fn unknown(&self, name: &str) -> Refusal {
        let hint = suggestion(name, self.listed().map(|listed| listed.name));
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

/// A refusal without the words of an answer that no rule has looked at, where its label is above that of the rule.
fn without_words(tool: &Tool, refusal: Refusal) -> Refusal {
    if refusal.kind != RefusalKind::Answer || !keeps_words_back(tool) {
        return refusal;
    }
    let text = format!(
        "The answer of `{}` is not what its document declares, and what is wrong with it is not told: only what its rule keeps \
         may be read here. A retry will hardly help; tell the operator.",
        tool.name
    );
    Refusal::new(RefusalKind::Answer, text)
}

/// Why arguments were not taken.
fn refused_arguments(tool: &str, faults: &Faults) -> Refusal {
    let text = format!(
        "The arguments of `{tool}` were refused, and nothing was sent:\n{faults}\nCorrect them and call again."
    );
    Refusal::new(RefusalKind::Arguments, text)
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

/// The file that goes along with an answer, or why it stays here; neither where none was meant to.
fn file(entry: &Entry, received: Received) -> Result<(Option<ReceivedFile>, Option<String>), Refusal> {
    let bytes_max = entry.tool.response.file_bytes_max;
    let Some(file) = received.into_file().filter(|_| bytes_max > 0) else { return Ok((None, None)) };
    let bytes = file.bytes.len() as u64;
    if bytes > bytes_max {
        let why =
            format!("The file has {bytes} bytes, more than the {bytes_max} that are handed on, so it stays here.");
        return Ok((None, Some(why)));
    }
    if entry.secrets.iter().any(|secret| body_holds(&file.bytes, secret)) {
        return Err(withheld(entry.tool, LEAKS));
    }
    Ok((Some(file), None))
}

/// Why an answer that holds a credential stays here.
const LEAKS: &str = "held the credential that was sent";

fn withheld(tool: &Tool, why: &str) -> Refusal {
    let text =
        format!("The answer of `{}` {why}, so it was withheld. A retry will not help; tell the operator.", tool.name);
    Refusal::new(RefusalKind::Answer, text)
}

/// Last checks on what is about to leave.
fn release(entry: &Entry, json: String, open: &mut Open<'_>) -> Result<Pruned, Refusal> {
    let tool = entry.tool;
    let unreadable = || withheld(tool, "cannot be read again after pruning");
    let value: Value = serde_json::from_str(&json).map_err(|_| unreadable())?;
    if entry.secrets.iter().any(|secret| holds(&value, secret)) {
        return Err(withheld(tool, LEAKS));
    }
    open.progress.answer_bytes = json.len() as u64;
    let misfit = misfit(tool.output, &value);
    let rows = rows(&json, tool.form).map_err(|_| unreadable())?;
    Ok(Pruned { value, json, rows, misfit, note: None, file: None })
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
