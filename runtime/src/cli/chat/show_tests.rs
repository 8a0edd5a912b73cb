//! What is printed, with writers that are looked into.

use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::cli::host::Host;
use crate::gate::{Approval, Outcome};
use crate::model::agent::{Agent, FirstMove, Limits, Tools};
use crate::model::{Model, ModelIdentity, Piece, Prompt, Turn, Want};
use airlock_contract::{Effect, Program};

/// Calls once, then answers.
struct Scripted(ModelIdentity, bool);

impl Model for Scripted {
    fn identity(&self) -> &ModelIdentity {
        &self.0
    }

    fn count(&mut self, _: &Prompt) -> Result<usize, ModelError> {
        Ok(1)
    }

    fn turn(
        &mut self,
        prompt: &Prompt,
        _: Want,
        _: usize,
        out: &mut dyn FnMut(Piece<'_>) -> Flow,
    ) -> Result<Turn, ModelError> {
        let outcome = if self.1 {
            out(Piece::Text("Closed."));
            crate::model::Outcome::Text("Closed.".to_owned())
        } else {
            self.1 = true;
            let tool = prompt.offer.as_ref().map(|offer| offer.tools()[0].name.clone()).unwrap_or_default();
            let mut arguments = Map::new();
            arguments.insert("ward".to_owned(), Value::from("W\u{1b}[2J3"));
            arguments.insert("name".to_owned(), Value::from("W3"));
            crate::model::Outcome::Calls(vec![ToolCall { tool, arguments }])
        };
        Ok(Turn { outcome, usage: Usage { written_tokens: 7, ..Usage::default() } })
    }
}

/// Grants what is approved.
struct Counting;

impl Tools for Counting {
    fn call(&mut self, _: &ToolCall, _: Vec<ArgumentSource>, approval: Approval) -> Outcome {
        let refused = gate::Refusal::new(gate::RefusalKind::Approval, "not approved");
        let granted = approval.is_granted();
        Outcome {
            answer: if granted { Ok(json!({ "closed": true }).into()) } else { Err(refused) },
            request: granted.then(|| "POST /v1/wards/W3/close".to_owned()),
            upstream_bytes: 900,
            answer_bytes: 15,
            duration: Duration::from_millis(12),
        }
    }
}

fn run(display: Display, mut consent: Consent<'_>, interrupts: &Interrupts) -> (String, String, ExitCode) {
    let schema = json!({ "type": "object", "properties": { "ward": { "type": "string" } }, "required": ["ward"],
        "additionalProperties": false });
    let (name, description) = ("close_ward".to_owned(), "Closes a ward.".to_owned());
    let tool = OfferedTool {
        name,
        description,
        schema,
        effect: Effect::Destroy,
        ungrounded: std::collections::BTreeSet::default(),
    };
    let offer = std::sync::Arc::new(Offer::new(vec![tool]).expect("it can be constrained"));
    let mut agent = Agent::new(offer, Limits::default(), FirstMove::Routed);
    let identity = ModelIdentity {
        name: String::new(),
        address: None,
        template_sha256: String::new(),
        context_tokens: 1000,
        slice_tokens: 64,
        threads: 1,
        file_sha256: None,
        is_constrained: true,
        answers_apart: false,
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let program =
        Program { catalogs: &[], tools_sha256: "", profiles: &[], models: &[], labels: &[], compiler_version: "" };
    let mut context = Context::new(program, Host::Library, PathBuf::new(), &mut out, &mut err);
    let mut show = Show::new(display, &mut consent, interrupts, &mut context);
    // As in a pipe, wherever the tests run.
    show.progress.wanted = false;
    show.question("Close ward W3.");
    let end = agent.ask("Close ward W3.", &mut Scripted(identity, false), &mut Counting, &mut show);
    let code = show.end(&end);
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (text(out), text(err), code)
}

#[test]
fn people_see_question_call_request_bytes_and_answer() {
    let (out, err, code) = run(Display::Human, Consent::Operator, &Interrupts::default());
    let expected = "? Close ward W3.\n-> close_ward {\"ward\": \"W\\u001b[2J3\", \"name\": \"W3\"}\n   \
                    name from question 1, byte 11\n   POST /v1/wards/W3/close\n   \
                    900 bytes -> 15 bytes after pruning, 12 ms\n   = {\"closed\":true}\nClosed.\n";
    assert_eq!((out.as_str(), err.as_str(), code), (expected, "", ExitCode::Done));
}

#[test]
fn programs_get_one_object_a_line() {
    let (out, _, code) = run(Display::Json, Consent::Operator, &Interrupts::default());
    let events: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let names: Vec<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(names, ["question", "offer", "call", "result", "answer", "end"]);
    assert_eq!(events[2]["from"], json!({ "name": "question 1, byte 11" }));
    assert_eq!(events[3]["answer"], json!({ "closed": true }));
    assert_eq!(events[4]["text"], "Closed.");
    assert_eq!((&events[5]["answered"], &events[5]["written_tokens"]), (&json!(true), &json!(14)));
    assert_eq!(code, ExitCode::Done);
}

#[test]
fn without_consent_a_change_is_refused_and_said_so() {
    let (out, _, code) = run(Display::Human, Consent::Nobody, &Interrupts::default());
    assert_eq!(code, ExitCode::Failed);
    assert!(out.contains("refused: not approved"), "{out}");
    assert!(!out.contains("POST"), "{out}");
}

#[test]
fn an_interrupt_stops_the_run() {
    let interrupts = Interrupts::default();
    interrupts.press();
    let (_, err, code) = run(Display::Human, Consent::Operator, &interrupts);
    assert_eq!((err.as_str(), code), ("error: stopped\n", ExitCode::Failed));
}
