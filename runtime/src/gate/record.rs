//! A call that is open: what is known of it so far, and the audit record that it leaves however it ends.

use std::time::Instant;

use airlock_contract::Effect;
use serde_json::Value;

use super::{Call, Entry, Marks, Outcome, Pruned, Refusal, RefusalKind};
use crate::arguments::canonical;
use crate::audit::{Audit, Record};
use crate::metrics::{Calls, Ended};
use crate::untrusted::one_line;
use airlock_offer::sha256;

/// What has happened so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Method and target, once they are known.
    pub(super) request: Option<String>,
    /// Whether the upstream may have seen the request.
    pub(super) sent: bool,
    /// Requests that were sent, or would have been on a connection.
    pub(super) attempts: u32,
    /// Those of them that were sent because the one before came to nothing.
    pub(super) retries: u32,
    pub(super) status: Option<u16>,
    pub(super) upstream_bytes: u64,
    pub(super) answer_bytes: u64,
    /// What the conversation had read, at arrival and when the call was judged.
    pub(super) marks: Marks,
}

/// Writes exactly one record, and counts the call: when it is closed, or else when it is dropped.
pub(super) struct Open<'a> {
    audit: &'a Audit,
    calls: &'a Calls,
    record: Record,
    started: Instant,
    written: bool,
    pub(super) progress: Progress,
}

impl<'a> Open<'a> {
    pub(super) fn new(audit: &'a Audit, calls: &'a Calls, entry: Option<&Entry>, call: &Call, marks: Marks) -> Self {
        let offered: Vec<&'static str> = entry.map(|entry| entry.table.names().collect()).unwrap_or_default();
        // Names that no catalog declares are the caller's words, so they are counted and not repeated.
        let arguments: Vec<_> = offered.into_iter().filter(|name| call.arguments.contains_key(*name)).collect();
        let whole = canonical(&Value::Object(call.arguments.clone()));
        let record = Record {
            caller: call.caller.word(),
            session: call.session.as_ref().map(|session| session.id().to_owned()),
            turn: call.turn,
            mark: None,
            mark_after: None,
            catalog: entry.map(|entry| entry.catalog.name),
            tool: entry.map_or_else(|| one_line(&call.tool, 64), |entry| entry.tool.name.to_owned()),
            effect: entry.map(|entry| entry.tool.effect.word()),
            arguments_unknown: call.arguments.len() - arguments.len(),
            arguments,
            arguments_sha256: sha256(whole.as_bytes()),
            arguments_from: call.sources.iter().map(|from| (from.argument.clone(), from.to_string())).collect(),
            upstream: entry.map(|entry| entry.upstream.name()),
            method: entry.map(|entry| entry.tool.request.method.word()),
            path: entry.map(|entry| format!("{}{}", entry.declared.base_path, entry.tool.request.path)),
            attempts: 0,
            status: None,
            bytes_before: 0,
            bytes_after: 0,
            duration_ms: 0,
            approval: call.approval.word(),
            verdict: "cancelled",
        };
        let progress = Progress { marks, ..Progress::default() };
        Self { audit, calls, record, started: Instant::now(), written: false, progress }
    }

    /// The call is of a tool that only tells of others. It takes arguments of these names.
    pub(super) fn tells(&mut self, names: impl Iterator<Item = &'static str>, call: &Call) {
        self.record.effect = Some(Effect::Read.word());
        self.record.arguments = names.filter(|name| call.arguments.contains_key(*name)).collect();
        self.record.arguments_unknown = call.arguments.len() - self.record.arguments.len();
    }

    /// Writes the record, then lets the answer go. An answer without a record does not go.
    pub(super) fn close(mut self, answer: Result<Pruned, Refusal>) -> Outcome {
        self.record.verdict = match &answer {
            Ok(_) => "answered",
            Err(refusal) => refusal.kind.word(),
        };
        let answer = match self.write() {
            Ok(()) => answer,
            Err(fault) => Err(Refusal::new(
                RefusalKind::Audit,
                format!(
                    "The audit record cannot be written ({fault}), so no answer is given. A retry will not help; the \
                         operator has to make room or repair the audit file."
                ),
            )),
        };
        let answer_bytes = if answer.is_ok() { self.progress.answer_bytes } else { 0 };
        Outcome {
            answer,
            request: self.progress.request.take(),
            upstream_bytes: self.progress.upstream_bytes,
            answer_bytes,
            duration: self.started.elapsed(),
        }
    }

    fn write(&mut self) -> std::io::Result<()> {
        self.written = true;
        self.record.attempts = self.progress.attempts;
        self.record.status = self.progress.status;
        self.record.mark = self.progress.marks.before;
        self.record.mark_after = self.progress.marks.after;
        self.record.bytes_before = self.progress.upstream_bytes;
        self.record.bytes_after = if self.record.verdict == "answered" { self.progress.answer_bytes } else { 0 };
        let duration = self.started.elapsed();
        self.record.duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let written = self.audit.write(&self.record);
        self.calls.count(Ended {
            verdict: if written.is_ok() { self.record.verdict } else { RefusalKind::Audit.word() },
            duration,
            attempts: self.progress.attempts,
            retries: self.progress.retries,
            upstream_bytes: self.record.bytes_before,
            answer_bytes: self.record.bytes_after,
        });
        written
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if !self.written {
            // The caller is gone: there is nobody left to refuse an answer to.
            let _ = self.write();
        }
    }
}
