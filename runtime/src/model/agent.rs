//! The loop: a question, the model's calls through the gate, an answer.
//!
//! Each round is one turn of the model. A call goes through [`Tools`], which is the gate; its result, already pruned,
//! becomes a message, and the model goes on. Rounds, tokens and seconds are bounded, a refused call may be corrected
//! once, a repeated one is not made again, and every end has a reason. Whether a call that changes data may run is asked
//! of a person before each such call; nothing that the model reads can grant it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use airlock_contract::Effect;
use serde_json::{Value, json};

use super::callable::{self, Callable};
use super::ground::Sources;
use super::offer::{Offer, OfferedTool};
use super::shortlist;
use super::template::spaced;
use super::{Flow, Message, Model, ModelError, Outcome, Piece, Prompt, ToolCall, Usage, Want};
use crate::gate::{self, Approval, ArgumentSource, RefusalKind};

/// The one way from here to an upstream.
pub trait Tools {
    /// Makes the call, or says why not.
    fn call(&mut self, call: &ToolCall, sources: Vec<ArgumentSource>, approval: Approval) -> gate::Outcome;
}

/// Who watches a run.
pub trait Listener {
    /// Told of everything; [`Flow::Stop`] ends the run. Called every few milliseconds while the model works.
    fn hear(&mut self, event: Event<'_>) -> Flow;

    /// Whether this call, which changes data, may run.
    fn approve(&mut self, tool: &OfferedTool, call: &ToolCall) -> bool;
}

/// What happens in a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// The tools that are offered for this question, of so many.
    Offered { tools: &'a [OfferedTool], of: usize },
    /// So many of so many tokens of the conversation are read.
    Prefill { done: usize, total: usize },
    /// The next words of the answer.
    Text(&'a str),
    /// How likely a call was, before anything was written: see [`Want::Either`].
    Decided { log_odds: f32 },
    /// The model wrote a call, with arguments that were said there.
    Call { call: &'a ToolCall, sources: &'a [ArgumentSource] },
    /// The call is over.
    Result { call: &'a ToolCall, outcome: &'a gate::Outcome },
    /// The oldest questions had to leave the conversation, with their answers.
    Forgotten { questions: usize },
    /// A turn of the model is over.
    Usage(Usage),
    /// Nothing new.
    Tick,
}

/// Bounds of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Tools that are offered for one question: those that fit its words best. 0 for all.
    pub tools_max: usize,
    /// Turns of the model.
    pub rounds_max: usize,
    /// Tokens that the model writes in all.
    pub tokens_max: usize,
    /// Time from the question to the end.
    pub time_max: Duration,
    /// What may stand in arguments.
    pub arguments: ArgumentsFrom,
    /// See [`Want::Either`].
    pub call_log_odds_min: f32,
}

/// What may stand in arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ArgumentsFrom {
    /// What the person has said, and what results have given.
    #[default]
    Conversation,
    /// Whatever the schema admits.
    Any,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tools_max: 0,
            rounds_max: 6,
            tokens_max: 1024,
            time_max: Duration::from_mins(10),
            arguments: ArgumentsFrom::Conversation,
            call_log_odds_min: 0.0,
        }
    }
}

/// What the model's first message may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FirstMove {
    /// A call or words, as the model begins.
    #[default]
    Routed,
    /// A call in any case.
    CallRequired,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With an answer.
    Answered,
    /// The model had nothing to say.
    Empty,
    /// The last call was refused, and the model had nothing to say to it.
    Refused,
    /// `rounds_max` turns without an answer.
    Rounds,
    /// `tokens_max` tokens were written.
    Tokens,
    /// `time_max` passed.
    Time,
    /// The listener stopped it.
    Stopped,
}

impl End {
    /// Why there is no answer, or not a whole one; none if there is.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Answered => None,
            Self::Empty => Some("the model gave no answer; ask in other words"),
            Self::Refused => Some("the call was refused; the reason stands above"),
            Self::Rounds => Some("the model kept calling tools without answering; ask for less at once"),
            Self::Tokens => Some("the answer was cut at the limit of tokens; raise `--tokens-max` or ask for less"),
            Self::Time => Some("the time for one question ran out; ask for less, or give more threads"),
            Self::Stopped => Some("stopped"),
        }
    }
}

/// The rules that the model is given.
pub const RULES: &str = "You answer questions from an organisation's own systems. You have no other knowledge of them: \
                         call a function to look things up. Use names, numbers and dates exactly as the question gives \
                         them. When a result is there, answer from it in one or two plain sentences, with its values.";

/// A conversation with tools.
#[derive(Debug)]
pub struct Agent {
    /// All tools.
    offer: Arc<Offer>,
    /// Those of the last question.
    offered: Arc<Offer>,
    limits: Limits,
    first_move: FirstMove,
    messages: Vec<Message>,
}

/// How much less likely a call may be than words where the question names what a tool has a place for, as a natural logarithm
/// of odds.
const CLAIMED_LOG_ODDS: f32 = 6.0;

/// Stands behind each result, before the question. Small models forget what they were asked while they read a result,
/// and call again.
const REMINDER: &str = "Answer my question from this result in one sentence: ";
/// Stands behind a refusal that ends the matter, before the question.
const REMINDER_OF_REFUSAL: &str = "It was not done. Say so and why, in one sentence. I had asked: ";

/// What one run keeps account of.
struct Run<'a> {
    question: &'a str,
    started: Instant,
    tokens_left: usize,
    /// Calls that were made, to know a repeated one.
    made: Vec<ToolCall>,
    corrected: bool,
    /// Whether the last call was refused.
    refused: bool,
    /// What the next turn may be.
    want: Want,
}

impl Agent {
    /// A new conversation.
    pub fn new(offer: Arc<Offer>, limits: Limits, first_move: FirstMove) -> Self {
        let offered = Arc::clone(&offer);
        Self { offer, offered, limits, first_move, messages: vec![Message::System(RULES.to_owned())] }
    }

    /// The tools on offer.
    pub fn offer(&self) -> &Offer {
        &self.offer
    }

    /// Forgets everything but the rules.
    pub fn clear(&mut self) {
        self.messages.truncate(1);
        self.offered = Arc::clone(&self.offer);
    }

    /// Runs until there is an answer or another end. A run that brings no answer leaves nothing in the conversation.
    pub fn ask(
        &mut self,
        question: &str,
        model: &mut dyn Model,
        tools: &mut dyn Tools,
        listener: &mut dyn Listener,
    ) -> Result<End, ModelError> {
        self.choose(question)?;
        listener.hear(Event::Offered { tools: self.offered.tools(), of: self.offer.tools().len() });
        self.messages.push(Message::User(question.to_owned()));
        let end = self.run(question, model, tools, listener);
        if !matches!(end, Ok(End::Answered)) {
            self.forget_last();
        }
        end
    }

    /// Decides what to offer. A question that shares no word with any tool goes on with what the one before it had.
    fn choose(&mut self, question: &str) -> Result<(), ModelError> {
        let tools = self.offer.tools();
        if self.limits.tools_max == 0 || self.limits.tools_max >= tools.len() {
            return Ok(());
        }
        let ranked = shortlist::rank(question, tools, self.limits.tools_max);
        if ranked.is_empty() {
            return Ok(());
        }
        let chosen = ranked.into_iter().map(|place| tools[place].clone()).collect();
        let offer = Offer::new(chosen).map_err(|fault| ModelError::Grammar(fault.to_string()))?;
        self.offered = Arc::new(offer);
        Ok(())
    }

    fn run(
        &mut self,
        question: &str,
        model: &mut dyn Model,
        tools: &mut dyn Tools,
        listener: &mut dyn Listener,
    ) -> Result<End, ModelError> {
        let want = match self.first_move {
            FirstMove::Routed => self.either(),
            FirstMove::CallRequired => Want::Call,
        };
        let mut run = Run {
            question,
            started: Instant::now(),
            tokens_left: self.limits.tokens_max,
            made: Vec::new(),
            corrected: false,
            refused: false,
            want,
        };
        for _ in 0..self.limits.rounds_max {
            let outcome = match self.turn(model, &mut run, listener)? {
                Ok(outcome) => outcome,
                Err(end) => return Ok(end),
            };
            match outcome {
                Outcome::Text(text) if text.trim().is_empty() => {
                    return Ok(if run.refused { End::Refused } else { End::Empty });
                }
                Outcome::Text(text) => {
                    self.messages.push(Message::Assistant(text));
                    return Ok(End::Answered);
                }
                Outcome::LengthLimit(_) => return Ok(End::Tokens),
                Outcome::Cancelled => return Ok(End::Stopped),
                Outcome::Call(call) => {
                    if self.make(call, &mut run, tools, listener) == Flow::Stop {
                        return Ok(End::Stopped);
                    }
                }
            }
        }
        Ok(End::Rounds)
    }

    /// One turn of the model, within what is left of tokens and time.
    fn turn(
        &mut self,
        model: &mut dyn Model,
        run: &mut Run<'_>,
        listener: &mut dyn Listener,
    ) -> Result<Result<Outcome, End>, ModelError> {
        if run.tokens_left == 0 {
            return Ok(Err(End::Tokens));
        }
        let (prompt, is_named) = self.fitting_prompt(model, run, listener)?;
        // What nobody has said cannot be made up, so words are left: the model may ask.
        let want = match run.want {
            _ if prompt.calls.is_none() => Want::Text,
            // Who names something wants to know of it.
            Want::Either { log_odds_min } if is_named => Want::Either { log_odds_min: log_odds_min - CLAIMED_LOG_ODDS },
            want => want,
        };
        let (started, time_max) = (run.started, self.limits.time_max);
        let mut late = false;
        let turn = model.turn(&prompt, want, run.tokens_left, &mut |piece| {
            if started.elapsed() > time_max {
                late = true;
                return Flow::Stop;
            }
            listener.hear(match piece {
                Piece::Prefill { done, total } => Event::Prefill { done, total },
                Piece::Decided { log_odds } => Event::Decided { log_odds },
                Piece::Text(text) => Event::Text(text),
                Piece::Tick => Event::Tick,
            })
        })?;
        if late {
            return Ok(Err(End::Time));
        }
        run.tokens_left = run.tokens_left.saturating_sub(turn.usage.written_tokens);
        if listener.hear(Event::Usage(turn.usage)) == Flow::Stop {
            return Ok(Err(End::Stopped));
        }
        Ok(Ok(turn.outcome))
    }

    fn either(&self) -> Want {
        Want::Either { log_odds_min: self.limits.call_log_odds_min }
    }

    fn callable(&self, run: &Run<'_>) -> Result<Callable, ModelError> {
        match self.limits.arguments {
            ArgumentsFrom::Any => Ok(Callable { calls: Some(self.offered.grammar().clone()), is_named: false }),
            ArgumentsFrom::Conversation => {
                let is_open = run.want != Want::Call;
                callable::now(self.offered.tools(), &self.messages, run.question, &run.made, is_open)
            }
        }
    }

    /// The conversation, without its oldest questions if it would leave too little room for an answer.
    fn fitting_prompt(
        &mut self,
        model: &mut dyn Model,
        run: &Run<'_>,
        listener: &mut dyn Listener,
    ) -> Result<(Prompt, bool), ModelError> {
        let context = model.identity().context_tokens;
        let room = self.limits.tokens_max.min(context / 8);
        let mut questions = 0;
        loop {
            let messages = self.messages.clone();
            let mut prompt = Prompt { offer: Some(Arc::clone(&self.offered)), calls: None, messages };
            let needed = model.count(&prompt)? + room;
            if needed <= context {
                if questions > 0 {
                    listener.hear(Event::Forgotten { questions });
                }
                let Callable { calls, is_named } = self.callable(run)?;
                prompt.calls = calls;
                return Ok((prompt, is_named));
            }
            if !self.forget_oldest() {
                return Err(ModelError::ContextFull { needed, available: context });
            }
            questions += 1;
        }
    }

    /// Lets the call through the gate and puts its result into the conversation. What may come next depends on it.
    fn make(&mut self, call: ToolCall, run: &mut Run<'_>, tools: &mut dyn Tools, listener: &mut dyn Listener) -> Flow {
        if run.made.contains(&call) {
            // Its result stands there already. Words are all that can help now.
            run.want = Want::Text;
            return Flow::Continue;
        }
        let sources = Sources::of(&self.messages).trace(&call.arguments);
        if listener.hear(Event::Call { call: &call, sources: &sources }) == Flow::Stop {
            return Flow::Stop;
        }
        let changes = self.offer.tool(&call.tool).filter(|tool| tool.effect != Effect::Read);
        let approved = changes.is_some_and(|tool| listener.approve(tool, &call));
        let outcome = tools.call(&call, sources, if approved { Approval::Person } else { Approval::None });
        let flow = listener.hear(Event::Result { call: &call, outcome: &outcome });
        run.made.push(call.clone());
        self.messages.push(Message::Call(call));
        let (text, want) = match &outcome.answer {
            Ok(pruned) => (shown(pruned), self.either()),
            Err(refusal) => {
                let correct = refusal.kind == RefusalKind::Arguments && !run.corrected;
                run.corrected |= correct;
                let want = if correct { Want::Call } else { Want::Text };
                (for_model(&json!({ "error": refusal.text })), want)
            }
        };
        self.messages.push(Message::Result(text));
        run.refused = outcome.answer.is_err();
        // A call that is to be corrected needs no words.
        if want != Want::Call {
            let reminder = if run.refused { REMINDER_OF_REFUSAL } else { REMINDER };
            self.messages.push(Message::Reminder(format!("{reminder}{}", run.question)));
        }
        run.want = want;
        flow
    }

    /// Takes the oldest question out, with all that followed from it. False if it is the one that is being answered.
    fn forget_oldest(&mut self) -> bool {
        let mut questions = self.messages.iter().enumerate().filter(|(_, message)| matches!(message, Message::User(_)));
        let (Some((first, _)), Some((second, _))) = (questions.next(), questions.next()) else { return false };
        self.messages.drain(first..second);
        true
    }

    fn forget_last(&mut self) {
        if let Some(last) = self.messages.iter().rposition(|message| matches!(message, Message::User(_))) {
            self.messages.truncate(last);
        }
    }
}

/// An answer as the model reads it. Rows have no escape for `<`, so what holds one is shown as JSON.
fn shown(pruned: &gate::Pruned) -> String {
    let mut text = match &pruned.rows {
        Some(rows) if !rows.contains('<') => rows.clone(),
        _ => for_model(&pruned.value),
    };
    if let Some(note) = &pruned.note {
        text = format!("{text}\n{note}");
    }
    text
}

/// A result as the model reads it: JSON on one line, in which no text can pass for the template's own marks.
fn for_model(answer: &Value) -> String {
    // In JSON `<` stands in strings alone, so the escaped text means the same.
    spaced(answer).replace('<', "\\u003c")
}

#[cfg(test)]
#[path = "agent_tests.rs"]
mod tests;
