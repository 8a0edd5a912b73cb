//! Who allows a call that changes data. Nothing that a model reads or writes can.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::sync::Arc;

use airlock_contract::{Above, Effect};

use super::super::Context;
use super::input::Input;
use super::lines::Line;
use crate::gate::{Approval, Crossing, Gate, Session};
use crate::model::ToolCall;
use crate::model::offer::{Offer, OfferedTool};
use crate::untrusted::{one_line, quoted};

/// Characters of one argument that are shown.
const SHOWN_CHARS_MAX: usize = 500;

/// Who can allow it.
pub(super) enum Consent<'p> {
    /// Nobody.
    Nobody,
    /// The operator has, on the command line.
    Operator,
    /// The person at the terminal, call by call or for the session.
    Person { input: &'p mut Input, approved: &'p mut Approved, gate: Arc<Gate>, session: Arc<Session> },
}

/// Tools that may change data for the rest of a session.
#[derive(Debug, Default)]
pub(super) struct Approved(BTreeSet<String>);

impl Approved {
    /// Lets a tool change data from now on. Gives what to tell of it.
    pub(super) fn add(&mut self, name: &str, offer: &Offer) -> Result<String, String> {
        match offer.tool(name) {
            None => Err(format!("no tool on offer is named {}; /tools lists them", quoted(name))),
            Some(tool) if tool.effect == Effect::Read => {
                Err(format!("{} only reads, and needs no approval", quoted(name)))
            }
            Some(tool) => {
                self.0.insert(tool.name.clone());
                Ok(format!(
                    "{} may {} data in this session; /approve none takes it back\n",
                    tool.name,
                    tool.effect.word()
                ))
            }
        }
    }

    /// What to tell of all of them.
    pub(super) fn list(&self) -> String {
        if self.0.is_empty() {
            return "each call that changes data is asked for\n".to_owned();
        }
        self.0.iter().flat_map(|tool| [tool.as_str(), "\n"]).collect()
    }
}

impl Consent<'_> {
    /// Whether this call may run, and who says so.
    pub(super) fn ask(&mut self, tool: &OfferedTool, call: &ToolCall, context: &mut Context<'_>) -> Approval {
        let (input, approved, gate, session) = match self {
            Self::Nobody => return Approval::None,
            Self::Operator => return Approval::Operator,
            Self::Person { input, approved, gate, session } => (input, approved, gate, session),
        };
        let crossing = gate.crossing(&call.tool, Some(session));
        let crossing = match crossing {
            // No yes could allow it, and the gate says so.
            Some(Crossing { above: Above::Refused, .. }) => return Approval::None,
            // A standing approval was given before this was read.
            None if approved.0.contains(&tool.name) => return Approval::Person,
            crossing => crossing,
        };
        let paint =
            std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let shown =
            proposal(tool, call, gate.preview(&call.tool, &call.arguments).as_deref(), crossing.as_ref(), paint);
        let _ = context.err.write_all(shown.as_bytes());
        let question = match crossing {
            Some(_) => "   allow it? [o]nce, [d]eny: ",
            None => "   allow it? [o]nce, [a]lways in this session, [d]eny: ",
        };
        match input.answer(question, context) {
            Line::Text(line) => match line.trim().to_ascii_lowercase().as_str() {
                "o" | "once" | "y" | "yes" => {
                    crossing.map_or(Approval::Person, |crossing| Approval::PersonTold(crossing.label))
                }
                "a" | "always" if crossing.is_none() => {
                    approved.0.insert(tool.name.clone());
                    Approval::Person
                }
                _ => Approval::Declined,
            },
            _ => Approval::Declined,
        }
    }
}

/// What a call would do, line by line like a difference: what goes is red, what comes is green.
fn proposal(
    tool: &OfferedTool,
    call: &ToolCall,
    request: Option<&str>,
    crossing: Option<&Crossing>,
    paint: bool,
) -> String {
    const RED: &str = "\u{1b}[31m";
    const GREEN: &str = "\u{1b}[32m";
    const PLAIN: &str = "\u{1b}[0m";
    let line = |sign: char, text: &str| {
        let text = one_line(text, SHOWN_CHARS_MAX);
        match (paint, sign) {
            (false, _) => format!("   {sign} {text}\n"),
            (true, '-') => format!("   {RED}{sign} {text}{PLAIN}\n"),
            (true, _) => format!("   {GREEN}{sign} {text}{PLAIN}\n"),
        }
    };
    let mut text = format!("   {} would {} data:\n", tool.name, tool.effect.word());
    if let Some(crossing) = crossing {
        text.push_str("   what was read may go there: ");
        text.push_str(&crossing.to_string());
        text.push('\n');
    }
    let sign = if tool.effect == Effect::Destroy { '-' } else { '+' };
    if let Some(request) = request {
        text.push_str(&line(sign, request));
    }
    for (name, value) in &call.arguments {
        text.push_str(&line(sign, &format!("{name}: {value}")));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn tool(effect: Effect) -> OfferedTool {
        let schema = json!({ "type": "object", "properties": { "id": { "type": "string" } } });
        OfferedTool {
            name: "cancel".to_owned(),
            description: String::new(),
            schema,
            effect,
            ungrounded: BTreeSet::default(),
        }
    }

    fn call() -> ToolCall {
        let arguments: Value = json!({ "id": "A1\u{1b}[2J", "sure": true });
        ToolCall { tool: "cancel".to_owned(), arguments: arguments.as_object().expect("an object").clone() }
    }

    #[test]
    fn a_proposal_shows_the_request_and_each_argument_and_no_control_character() {
        let shown = proposal(&tool(Effect::Destroy), &call(), Some("DELETE /v1/appointments/A1"), None, false);
        let expected = "   cancel would destroy data:\n   - DELETE /v1/appointments/A1\n   - id: \"A1\\u001b[2J\"\n   - sure: true\n";
        assert_eq!(shown, expected);
        let painted = proposal(&tool(Effect::Write), &call(), None, None, true);
        assert!(painted.contains("\u{1b}[32m+ sure: true\u{1b}[0m\n"), "{painted}");
    }

    #[test]
    fn a_proposal_says_what_was_read() {
        let from = vec!["get_patient".to_owned()];
        let (label, clearance, above, is_assumed) = ("patient", "public", Above::Asked, false);
        let crossing = Crossing { label, clearance, above, from, is_assumed };
        let shown = proposal(&tool(Effect::Read), &call(), None, Some(&crossing), false);
        let expected = "   what was read may go there: it is cleared for `public`, and this conversation has read what is \
                        `patient` of `get_patient`\n";
        assert!(shown.contains(expected), "{shown}");
    }

    #[test]
    fn standing_approvals_are_of_tools_that_change_data() {
        let offer = |effect| Offer::new(vec![tool(effect)]).expect("it can be constrained");
        let mut approved = Approved::default();
        assert!(approved.add("other", &offer(Effect::Write)).is_err_and(|fault| fault.contains("/tools")));
        assert!(approved.add("cancel", &offer(Effect::Read)).is_err_and(|fault| fault.contains("only reads")));
        assert!(approved.list().contains("asked for"));
        approved.add("cancel", &offer(Effect::Destroy)).expect("it changes data");
        assert_eq!(approved.list(), "cancel\n");
    }
}
