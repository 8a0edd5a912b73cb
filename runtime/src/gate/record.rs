//! A call that is open: what is known of it so far, and the audit records that it leaves: one before its request is sent, and
//! one however it ends.

use std::time::Instant;

use airlock_contract::Effect;
use serde_json::Value;

use super::{Call, Entry, Marks, Outcome, Pruned, Refusal, RefusalKind};
use crate::arguments::canonical;
use crate::audit::{Audit, CallNumber, Ended as RecordEnd, Record};
use crate::metrics::{Calls, Ended};
use crate::untrusted::one_line;

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
    /// Tokens of the answer, where the model that called can be asked.
    pub(super) answer_tokens: Option<usize>,
    /// What the conversation had read, at arrival and when the call was judged.
    pub(super) marks: Marks,
}

/// Writes exactly one outcome, and counts the call: when it is closed, or else when it is dropped.
pub(super) struct Open<'a> {
    audit: &'a Audit,
    calls: &'a Calls,
    record: Record,
    verdict: &'static str,
    /// Its number, once it is let out.
    number: Option<CallNumber>,
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
            principal: call.principal.clone(),
            model: call.model.as_ref().map(|model| one_line(&model.name, 100)),
            model_sha256: call.model.as_ref().and_then(|model| model.file_sha256.clone()),
            catalog: entry.map(|entry| entry.catalog.name),
            catalog_sha256: entry.map(|entry| entry.catalog.document_sha256),
            tool: entry.map_or_else(|| one_line(&call.tool, 64), |entry| entry.tool.name.to_owned()),
            effect: entry.map(|entry| entry.tool.effect.word()),
            arguments_unknown: call.arguments.len() - arguments.len(),
            arguments,
            arguments_told: audit.arguments().told(whole),
            arguments_from: call.sources.iter().map(|from| (from.argument.clone(), from.to_string())).collect(),
            upstream: entry.map(|entry| entry.upstream.name()),
            method: entry.map(|entry| entry.tool.request.method.word()),
            path: entry.map(|entry| format!("{}{}", entry.declared.base_path, entry.tool.request.path)),
            approval: call.approval.word(),
            ended: None,
        };
        let (started, progress) = (Instant::now(), Progress { marks, ..Progress::default() });
        Self { audit, calls, record, verdict: "cancelled", number: None, started, written: false, progress }
    }

    /// Writes that the call is about to be made. Without that it is not. What changes data is on the disk by then.
    pub(super) fn let_out(&mut self, effect: Effect) -> Result<(), Refusal> {
        self.mark();
        let number = self.audit.call(&self.record, effect != Effect::Read).map_err(|fault| {
            let text = format!(
                "The audit record of this call cannot be written ({fault}), so it was not made. A retry will not help; the \
                 operator has to make room or repair the audit file."
            );
            Refusal::new(RefusalKind::Audit, text)
        })?;
        self.number = Some(number);
        // They stand in the trail now, and are not said twice.
        (self.record.arguments_told.values, self.record.arguments_told.values_bytes) = (None, None);
        Ok(())
    }

    /// What was read when the call was judged, and with it.
    fn mark(&mut self) {
        (self.record.mark, self.record.mark_after) = (self.progress.marks.before, self.progress.marks.after);
    }

    /// The call is of a tool that only tells of others. It takes arguments of these names.
    pub(super) fn tells(&mut self, names: impl Iterator<Item = &'static str>, call: &Call) {
        self.record.effect = Some(Effect::Read.word());
        self.record.arguments = names.filter(|name| call.arguments.contains_key(*name)).collect();
        self.record.arguments_unknown = call.arguments.len() - self.record.arguments.len();
    }

    /// Writes the record, then lets the answer go. An answer without a record does not go.
    pub(super) fn close(mut self, answer: Result<Pruned, Refusal>) -> Outcome {
        self.verdict = match &answer {
            Ok(_) => "answered",
            Err(refusal) => refusal.kind.word(),
        };
        let answer = match self.write() {
            Ok(()) => answer,
            // It says already that nothing was sent.
            Err(_) if matches!(&answer, Err(refusal) if refusal.kind == RefusalKind::Audit) => answer,
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
        self.mark();
        let duration = self.started.elapsed();
        let answer_bytes = if self.verdict == "answered" { self.progress.answer_bytes } else { 0 };
        self.record.ended = Some(RecordEnd {
            attempts: self.progress.attempts,
            status: self.progress.status,
            bytes_before: self.progress.upstream_bytes,
            bytes_after: answer_bytes,
            tokens_after: self.progress.answer_tokens.filter(|_| self.verdict == "answered"),
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            verdict: self.verdict,
        });
        let written = self.audit.outcome(self.number, &self.record);
        self.calls.count(Ended {
            verdict: if written.is_ok() { self.verdict } else { RefusalKind::Audit.word() },
            duration,
            attempts: self.progress.attempts,
            retries: self.progress.retries,
            upstream_bytes: self.progress.upstream_bytes,
            answer_bytes,
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
