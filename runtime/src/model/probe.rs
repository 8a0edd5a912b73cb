//! Whether a model calls tools well: questions whose right call is known, and what the model makes of them.
//!
//! Nothing is called. Each question is asked by itself, of the same loop that answers people, and ended with the first call
//! or the first word: what is judged is the decision, the tool, and the arguments.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::agent::{Agent, Event, Listener, Tools};
use super::offer::OfferedTool;
use super::{Flow, Model, ModelError, ToolCall};
use crate::gate::{self, Approval, ArgumentSource};

/// The probes that come along: a list of tools, and ten questions.
const BUILT_IN: (&str, &str) = (include_str!("probe/tools.json"), include_str!("probe/questions.jsonl"));

/// A question whose right answer is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// What is asked.
    pub ask: String,
    /// The calls any of which is right; none if words are.
    pub calls: Vec<ToolCall>,
}

/// What a model made of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The call that it wrote, if it did not begin with words.
    pub call: Option<ToolCall>,
    /// What is right of it.
    pub grade: Grade,
    /// How likely a call was before anything was written; none if there was no choice.
    pub call_log_odds: Option<f32>,
}

/// How right it is. Each one but the last two says what was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// Words, where a call was right.
    NoCall,
    /// A call, where words were right.
    NeedlessCall,
    /// A call of another tool.
    WrongTool,
    /// The tool, with other arguments.
    WrongArguments,
    /// The whole call.
    RightCall,
    /// Words, rightly.
    RightWords,
}

impl Grade {
    /// Whether nothing was wrong.
    pub const fn is_right(self) -> bool {
        matches!(self, Self::RightCall | Self::RightWords)
    }

    /// As programs read it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoCall => "no_call",
            Self::NeedlessCall => "needless_call",
            Self::WrongTool => "wrong_tool",
            Self::WrongArguments => "wrong_arguments",
            Self::RightCall => "right_call",
            Self::RightWords => "right_words",
        }
    }
}

/// Grades of many questions, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Questions that want a call.
    pub calls_wanted: usize,
    /// Of them, those with a call of the right tool.
    pub tools_right: usize,
    /// Of them, those with the right arguments, too.
    pub arguments_right: usize,
    /// Questions that want words.
    pub words_wanted: usize,
    /// Of them, those that had no call.
    pub words_kept: usize,
}

impl Score {
    /// Counts one more.
    pub fn add(&mut self, grade: Grade) {
        let wants_words = matches!(grade, Grade::NeedlessCall | Grade::RightWords);
        self.calls_wanted += usize::from(!wants_words);
        self.tools_right += usize::from(matches!(grade, Grade::WrongArguments | Grade::RightCall));
        self.arguments_right += usize::from(grade == Grade::RightCall);
        self.words_wanted += usize::from(wants_words);
        self.words_kept += usize::from(grade == Grade::RightWords);
    }
}

/// Why questions cannot be read, with the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeFault(String);

impl fmt::Display for ProbeFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Reads questions, one JSON object a line: `{"ask": "…", "call": {"TOOL": {ARGUMENTS}}}`. A list of calls admits each of them,
/// null none.
pub fn read(text: &str) -> Result<Vec<Probe>, ProbeFault> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        ask: String,
        call: Option<Calls>,
    }
    type Named = Map<String, Value>;
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Calls {
        One(Named),
        Any(Vec<Named>),
    }
    let call = |named: Named| {
        let mut named = named.into_iter();
        match (named.next(), named.next()) {
            (Some((tool, Value::Object(arguments))), None) => Ok(ToolCall { tool, arguments }),
            _ => Err("a call is one tool with an object of arguments".to_owned()),
        }
    };
    let probe = |line: &str| {
        let line: Line = serde_json::from_str(line).map_err(|fault| fault.to_string())?;
        let calls = match line.call {
            None => Vec::new(),
            Some(Calls::One(named)) => vec![call(named)?],
            Some(Calls::Any(all)) => all.into_iter().map(call).collect::<Result<_, _>>()?,
        };
        Ok(Probe { ask: line.ask, calls })
    };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = lines
        .map(|(number, line)| probe(line).map_err(|fault: String| ProbeFault(format!("line {}: {fault}", number + 1))));
    read.collect()
}

/// The tools and the questions that come along.
pub fn built_in() -> Result<(Vec<OfferedTool>, Vec<Probe>), ProbeFault> {
    let tools = OfferedTool::of_sent(BUILT_IN.0).map_err(|fault| ProbeFault(fault.to_string()))?;
    Ok((tools, read(BUILT_IN.1)?))
}

/// Asks one question, of a conversation without any before it.
pub fn ask(probe: &Probe, agent: &mut Agent, model: &mut dyn Model) -> Result<Verdict, ModelError> {
    let mut first = First::default();
    agent.clear();
    agent.ask(&probe.ask, model, &mut Nothing, &mut first)?;
    let grade = grade(probe, first.call.as_ref());
    Ok(Verdict { call: first.call, grade, call_log_odds: first.call_log_odds })
}

fn grade(probe: &Probe, call: Option<&ToolCall>) -> Grade {
    match call {
        None if probe.calls.is_empty() => Grade::RightWords,
        None => Grade::NoCall,
        Some(_) if probe.calls.is_empty() => Grade::NeedlessCall,
        Some(call) if probe.calls.contains(call) => Grade::RightCall,
        Some(call) if probe.calls.iter().any(|right| right.tool == call.tool) => Grade::WrongArguments,
        Some(_) => Grade::WrongTool,
    }
}

/// Hears the first call, or the first word, and ends the run.
#[derive(Default)]
struct First {
    call: Option<ToolCall>,
    call_log_odds: Option<f32>,
}

impl Listener for First {
    fn hear(&mut self, event: Event<'_>) -> Flow {
        match event {
            Event::Call { call, .. } => {
                self.call = Some(call.clone());
                Flow::Stop
            }
            Event::Text(_) => Flow::Stop,
            Event::Decided { log_odds } => {
                self.call_log_odds = Some(log_odds);
                Flow::Continue
            }
            _ => Flow::Continue,
        }
    }

    fn approve(&mut self, _: &OfferedTool, _: &ToolCall) -> Approval {
        Approval::None
    }
}

/// The way to no upstream: a run is ended before it calls anything.
struct Nothing;

impl Tools for Nothing {
    fn call(&mut self, _: &ToolCall, _: Vec<ArgumentSource>, _: Approval) -> gate::Outcome {
        gate::Outcome::stopped()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn questions_are_read_with_the_line_of_a_fault() {
        let text = "{\"ask\": \"a\", \"call\": {\"t\": {\"x\": 1}}}\n\n{\"ask\": \"b\", \"call\": [{\"t\": {}}, {\"u\": {}}]}\n{\"ask\": \"c\"}\n";
        let probes = read(text).expect("they are questions");
        assert_eq!(probes.iter().map(|probe| probe.calls.len()).collect::<Vec<_>>(), [1, 2, 0]);
        for (bad, line) in [
            ("{\"ask\": \"a\", \"cal\": null}", 1),
            ("{\"ask\": \"a\"}\n{\"ask\": \"b\", \"call\": {\"t\": 1}}", 2),
            ("{\"ask\": \"b\", \"call\": {\"t\": {}, \"u\": {}}}", 1),
        ] {
            let fault = read(bad).expect_err("is no question").to_string();
            assert!(fault.starts_with(&format!("line {line}: ")), "{fault}");
        }
    }

    #[test]
    fn a_call_is_graded_by_its_tool_and_its_arguments() {
        let call = |tool: &str, arguments: Value| ToolCall {
            tool: tool.to_owned(),
            arguments: arguments.as_object().expect("an object").clone(),
        };
        let wanted =
            Probe { ask: String::new(), calls: vec![call("t", json!({"a": 1, "b": 2})), call("u", json!({}))] };
        let words = Probe { ask: String::new(), calls: Vec::new() };
        for (probe, made, expected) in [
            (&wanted, Some(call("t", json!({"b": 2, "a": 1}))), Grade::RightCall),
            (&wanted, Some(call("u", json!({}))), Grade::RightCall),
            (&wanted, Some(call("t", json!({"a": 1}))), Grade::WrongArguments),
            (&wanted, Some(call("v", json!({}))), Grade::WrongTool),
            (&wanted, None, Grade::NoCall),
            (&words, None, Grade::RightWords),
            (&words, Some(call("t", json!({}))), Grade::NeedlessCall),
        ] {
            assert_eq!(grade(probe, made.as_ref()), expected);
        }
        let mut score = Score::default();
        for grade in [Grade::RightCall, Grade::WrongArguments, Grade::WrongTool, Grade::NoCall] {
            score.add(grade);
        }
        score.add(Grade::RightWords);
        score.add(Grade::NeedlessCall);
        let expected = Score { calls_wanted: 4, tools_right: 2, arguments_right: 1, words_wanted: 2, words_kept: 1 };
        assert_eq!(score, expected);
    }

    #[test]
    fn the_probes_that_come_along_are_ten_and_call_what_is_offered() {
        let (tools, probes) = built_in().expect("they can be read");
        assert_eq!(probes.len(), 10);
        let offered = |call: &ToolCall| tools.iter().any(|tool| tool.name == call.tool);
        assert!(probes.iter().all(|probe| probe.calls.iter().all(offered)));
        assert!(probes.iter().any(|probe| probe.calls.is_empty()));
    }
}
