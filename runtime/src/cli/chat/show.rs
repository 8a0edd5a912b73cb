//! What a person, or a program, sees of a run.

use serde_json::{Map, Value, json};

use super::super::progress::Progress;
use super::super::{Context, ExitCode};
use super::consent::Consent;
use super::interrupt::Interrupts;
use crate::gate::{self, Approval, ArgumentSource};
use crate::model::agent::{End, Event, Listener};
use crate::model::offer::{Offer, OfferedTool};
use crate::model::template::spaced;
use crate::model::text::visible;
use crate::model::{Flow, ModelError, PrefixNews, ToolCall, Usage};
use crate::untrusted::one_line;

/// How a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Display {
    Human,
    Json,
}

/// Characters of a call or a refusal that are shown.
const SHOWN_CHARS_MAX: usize = 2000;
/// Characters of a pruned answer that are shown.
const RESULT_CHARS_MAX: usize = 400;

/// The listener of a run.
pub(super) struct Show<'a, 'p, 'c> {
    display: Display,
    consent: &'a mut Consent<'p>,
    interrupts: &'a Interrupts,
    context: &'a mut Context<'c>,
    pub(super) progress: Progress,
    answer: String,
    usage: Usage,
    /// Whether the last call brought no answer.
    refused: bool,
    broken: bool,
}

impl<'a, 'p, 'c> Show<'a, 'p, 'c> {
    pub(super) fn new(
        display: Display,
        consent: &'a mut Consent<'p>,
        interrupts: &'a Interrupts,
        context: &'a mut Context<'c>,
    ) -> Self {
        let progress = Progress::new();
        let (answer, usage) = (String::new(), Usage::default());
        Self { display, consent, interrupts, context, progress, answer, usage, refused: false, broken: false }
    }

    pub(super) fn question(&mut self, question: &str) {
        match self.display {
            Display::Human => self.say(&format!("? {}\n", one_line(question, SHOWN_CHARS_MAX))),
            Display::Json => self.object(&json!({ "event": "question", "text": question })),
        }
    }

    /// The end of the run, and the exit code it means.
    pub(super) fn end(&mut self, end: &Result<End, ModelError>) -> ExitCode {
        self.progress.clear(self.context);
        let reason = match end {
            Ok(end) => end.reason().map(str::to_owned),
            Err(fault) => Some(fault.to_string()),
        };
        match self.display {
            Display::Human => {
                if !self.answer.is_empty() && !self.answer.ends_with('\n') {
                    self.say("\n");
                }
            }
            Display::Json => {
                let answer = std::mem::take(&mut self.answer);
                if reason.is_none() {
                    self.object(&json!({ "event": "answer", "text": answer }));
                }
                let usage = self.usage;
                self.object(&json!({
                    "event": "end",
                    "answered": reason.is_none(),
                    "reason": reason,
                    "prompt_tokens": usage.prompt_tokens,
                    "reused_tokens": usage.reused_tokens,
                    "written_tokens": usage.written_tokens,
                    "prefill_ms": usage.prefill_ms,
                    "write_ms": usage.write_ms,
                }));
            }
        }
        if let Some(reason) = reason {
            return self.context.fail(super::code(end), &reason);
        }
        if self.broken {
            return self.context.fail(ExitCode::Failed, "cannot write the answer");
        }
        // Words about a call that failed are no success for a script.
        if self.refused { ExitCode::Failed } else { super::code(end) }
    }

    fn say(&mut self, text: &str) {
        self.progress.clear(self.context);
        let written = self.context.out.write_all(text.as_bytes()).and_then(|()| self.context.out.flush());
        self.broken |= written.is_err();
    }

    fn object(&mut self, object: &Value) {
        self.say(&format!("{object}\n"));
    }

    fn call(&mut self, call: &ToolCall, sources: &[ArgumentSource]) {
        // Words before a call are no part of the answer.
        let words = std::mem::take(&mut self.answer);
        if self.display == Display::Human && !words.is_empty() && !words.ends_with('\n') {
            self.say("\n");
        }
        let arguments = Value::Object(call.arguments.clone());
        match self.display {
            Display::Human => {
                let text = one_line(&spaced(&arguments), SHOWN_CHARS_MAX);
                self.say(&format!("-> {} {text}\n", call.tool));
                let said: Vec<String> = sources.iter().map(|from| format!("{} from {from}", from.argument)).collect();
                if !said.is_empty() {
                    self.say(&format!("   {}\n", one_line(&said.join("; "), SHOWN_CHARS_MAX)));
                }
            }
            Display::Json => {
                let from: Map<String, Value> =
                    sources.iter().map(|from| (from.argument.clone(), from.to_string().into())).collect();
                self.object(&json!({ "event": "call", "tool": call.tool, "arguments": arguments, "from": from }));
            }
        }
    }

    /// What became of the file with rules and tools. That it is in order is nobody's concern.
    fn prefix(&mut self, news: &PrefixNews) {
        if self.display == Display::Json {
            let told = match news {
                PrefixNews::Restored { tokens, milliseconds } => json!({ "restored": tokens, "ms": milliseconds }),
                PrefixNews::Kept { tokens, bytes, .. } => json!({ "kept": tokens, "bytes": bytes }),
                PrefixNews::Refused { reason } => json!({ "refused": reason }),
                PrefixNews::NotKept { reason } => json!({ "not_kept": reason }),
            };
            return self.object(&json!({ "event": "prefix", "state": told }));
        }
        let text = match news {
            PrefixNews::Restored { .. } | PrefixNews::Kept { .. } => return,
            PrefixNews::Refused { reason } => {
                format!("the kept reading of rules and tools is refused, and made anew: {reason}")
            }
            PrefixNews::NotKept { reason } => format!("the reading of rules and tools cannot be kept: {reason}"),
        };
        self.progress.clear(self.context);
        let _ = writeln!(self.context.err, "note: {text}");
    }

    fn result(&mut self, call: &ToolCall, outcome: &gate::Outcome) {
        self.refused = outcome.answer.is_err();
        let milliseconds = u64::try_from(outcome.duration.as_millis()).unwrap_or(u64::MAX);
        if self.display == Display::Json {
            let (answer, error) = match &outcome.answer {
                Ok(pruned) => (Some(&pruned.value), None),
                Err(refusal) => (None, Some(json!({ "kind": refusal.kind.word(), "text": refusal.text }))),
            };
            return self.object(&json!({
                "event": "result",
                "tool": call.tool,
                "request": outcome.request,
                "upstream_bytes": outcome.upstream_bytes,
                "answer_bytes": outcome.answer_bytes,
                "ms": milliseconds,
                "answer": answer,
                "error": error,
            }));
        }
        if let Some(request) = &outcome.request {
            let (before, after) = (outcome.upstream_bytes, outcome.answer_bytes);
            let request = one_line(request, SHOWN_CHARS_MAX);
            self.say(&format!("   {request}\n   {before} bytes -> {after} bytes after pruning, {milliseconds} ms\n"));
        }
        // A small model's words about it may be wrong; whoever reads them can look.
        match &outcome.answer {
            Ok(pruned) => self.say(&format!("   = {}\n", one_line(&pruned.json, RESULT_CHARS_MAX))),
            Err(refusal) => self.say(&format!("   refused: {}\n", one_line(&refusal.text, SHOWN_CHARS_MAX))),
        }
    }
}

impl Listener for Show<'_, '_, '_> {
    fn hear(&mut self, event: Event<'_>) -> Flow {
        match event {
            Event::Prefill { done, total } => {
                self.progress.line(self.context, &format!("reading {done} of {total} tokens"));
            }
            Event::Text(text) => {
                self.answer.push_str(text);
                if self.display == Display::Human {
                    self.say(text);
                }
            }
            Event::Call { call, sources } => self.call(call, sources),
            Event::Result { call, outcome } => self.result(call, outcome),
            Event::Prefix(news) => self.prefix(news),
            Event::Cut { shown, of } => {
                if self.display == Display::Json {
                    self.object(&json!({ "event": "cut", "shown": shown, "of": of }));
                } else {
                    self.say(&format!("   too long: the model sees the first {shown} of {of} records\n"));
                }
            }
            Event::Forgotten { questions } => {
                let text = format!("the conversation was too long: its {questions} oldest questions are forgotten");
                let _ = writeln!(self.context.err, "{text}");
            }
            Event::Offered { tools, of } => {
                if self.display == Display::Json {
                    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
                    self.object(&json!({ "event": "offer", "tools": names, "of": of }));
                } else if tools.len() < of {
                    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
                    self.say(&format!("   offered: {} (of {of} tools)\n", names.join(", ")));
                }
            }
            Event::Usage(usage) => add(&mut self.usage, usage),
            Event::Decided { log_odds } => {
                if self.display == Display::Json {
                    self.object(&json!({ "event": "decided", "call_log_odds": log_odds }));
                }
            }
            Event::Tick => {}
        }
        if self.interrupts.any() || self.broken { Flow::Stop } else { Flow::Continue }
    }

    fn approve(&mut self, tool: &OfferedTool, call: &ToolCall) -> Approval {
        self.progress.clear(self.context);
        self.consent.ask(tool, call, self.context)
    }
}

fn add(sum: &mut Usage, usage: Usage) {
    sum.prompt_tokens += usage.prompt_tokens;
    sum.reused_tokens += usage.reused_tokens;
    sum.written_tokens += usage.written_tokens;
    sum.prefill_ms += usage.prefill_ms;
    sum.write_ms += usage.write_ms;
}

/// The list that `/tools` prints.
pub(super) fn tools(offer: &Offer, context: &mut Context<'_>) {
    for tool in offer.tools() {
        let line = format!("{}  {}  {}", tool.name, tool.effect.word(), visible(&tool.description));
        let _ = writeln!(context.out, "{}", one_line(&line, SHOWN_CHARS_MAX));
    }
    let _ = context.out.flush();
}

#[cfg(test)]
#[path = "show_tests.rs"]
mod tests;
