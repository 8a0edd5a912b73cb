//! The loop: a question, the model's calls through the gate, an answer.
//!
//! Each round is one turn of the model. A call goes through [`Tools`], which is the gate; its result, already pruned,
//! becomes a message, and the model goes on. Rounds, tokens and seconds are bounded, a refused call may be corrected
//! once, a repeated one is not made again, and every end has a reason. Whether a call that changes data may run is asked
//! of a person before each such call; nothing that the model reads can grant it.

mod admitted;
mod fit;
mod limits;
mod listen;
mod prompts;
mod records;
mod talk;

use std::sync::Arc;
use std::time::Instant;

use airlock_contract::Effect;

use super::callable::{self, Callable, Reason};
use super::ground::Sources;
use super::offer::{Offer, OfferedTool};
use super::shortlist;
use super::{Flow, Message, Model, ModelError, Outcome, Piece, Prompt, ToolCall, Want};
use crate::gate::{self, Approval, RefusalKind};
use admitted::Admitted;

pub use limits::{ArgumentsFrom, End, FirstMove, Limits};
pub use listen::{Event, Listener, Tools};
pub use prompts::RULES;
pub use talk::ContextUse;

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

/// How much more likely a call has to be than words where nothing but a result speaks for it. Small models like to call on: of
/// calls that nobody needed the odds were up to 2.3, of those that led to the answer 2.6 and more (`answers` of the benches).
const LED_ON_LOG_ODDS: f32 = 2.5;

/// Stands behind each result, before the question. Small models forget what they were asked while they read a result,
/// and call again.
const REMINDER: &str = "Answer my question from this result in one sentence: ";
/// The same behind several results.
const REMINDER_OF_SEVERAL: &str = "Answer my question from these results, with the values of each: ";
/// Stands behind a refusal that ends the matter, before the question.
const REMINDER_OF_REFUSAL: &str = "It was not done. Say so and why, in one sentence. I had asked: ";

/// Calls of one message that are made; of more, the first ones.
const CALLS_MAX: usize = 8;

/// What one run keeps account of.
struct Run<'a> {
    question: &'a str,
    started: Instant,
    tokens_left: usize,
    /// Calls that were made, to know a repeated one.
    made: Vec<ToolCall>,
    /// Those of them that a call to come need not repeat: all but the ones with arguments that were refused.
    settled: Vec<ToolCall>,
    corrected: bool,
    /// Whether the last call was refused.
    refused: bool,
    /// What the next turn may be.
    want: Want,
    /// Which of the calls of the turn before may be made.
    admitted: Admitted,
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

    /// What every conversation begins with, for a model to read ahead; none if that depends on the question.
    pub fn opening(&self) -> Option<Prompt> {
        self.offers_all().then(|| Prompt {
            offer: Some(Arc::clone(&self.offer)),
            calls: None,
            messages: vec![Message::System(RULES.to_owned()), Message::User("?".to_owned())],
            is_shared: true,
        })
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

    /// Whether the tools on offer are the same for each question.
    fn offers_all(&self) -> bool {
        self.limits.tools_max == 0 || self.limits.tools_max >= self.offer.tools().len()
    }

    /// Decides what to offer. A question that shares no word with any tool goes on with what the one before it had.
    fn choose(&mut self, question: &str) -> Result<(), ModelError> {
        if self.offers_all() {
            return Ok(());
        }
        let tools = self.offer.tools();
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
            settled: Vec::new(),
            corrected: false,
            refused: false,
            want,
            admitted: Admitted::None,
        };
        let mut rounds = 0;
        while rounds < self.limits.rounds_max {
            rounds += 1;
            let outcome = match self.turn(model, &mut run, listener)? {
                Ok(outcome) => outcome,
                Err(end) => return Ok(end),
            };
            match outcome {
                Outcome::NoCall => {
                    // The words that follow belong to the same round.
                    rounds -= 1;
                    run.want = Want::Text;
                }
                Outcome::Text(text) if text.trim().is_empty() => {
                    return Ok(if run.refused { End::Refused } else { End::Empty });
                }
                Outcome::Text(text) => {
                    self.messages.push(Message::Assistant(text));
                    return Ok(End::Answered);
                }
                Outcome::LengthLimit(_) => return Ok(End::Tokens),
                Outcome::Cancelled => return Ok(End::Stopped),
                Outcome::Calls(calls) => {
                    if self.make_all(calls, &mut run, tools, listener)? == Flow::Stop {
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
        let (prompt, want) = self.prompt(model, run, listener)?;
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
                Piece::Prefix(news) => Event::Prefix(news),
                Piece::Text(text) => Event::Text(text),
                Piece::Tick => Event::Tick,
            })
        })?;
        if late {
            return Ok(Err(End::Time));
        }
        run.admitted = match prompt.calls {
            _ if model.identity().is_constrained => Admitted::All,
            Some(calls) if want != Want::Text => Admitted::By(calls),
            _ => Admitted::None,
        };
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
            ArgumentsFrom::Any => Ok(Callable { calls: Some(self.offered.grammar().clone()), reason: Reason::Words }),
            ArgumentsFrom::Conversation => {
                let is_open = run.want != Want::Call;
                callable::now(self.offered.tools(), &self.messages, run.question, &run.settled, is_open)
            }
        }
    }

    /// What the model reads next, and what it may write.
    fn prompt(
        &mut self,
        model: &mut dyn Model,
        run: &mut Run<'_>,
        listener: &mut dyn Listener,
    ) -> Result<(Prompt, Want), ModelError> {
        let Callable { calls, reason } = self.callable(run)?;
        let is_apart = model.identity().answers_apart && !run.made.is_empty();
        // What nobody has said cannot be made up, so words are left: the model may ask.
        let want = if calls.is_none() { Want::Text } else { after(run.want, reason, is_apart) };
        if is_apart && want == Want::Text {
            self.fit(&prompts::without_tools, model, listener)?;
            return Ok((prompts::without_tools(&self.messages), want));
        }
        let offered = Arc::clone(&self.offered);
        self.fit(&|messages| prompts::with_tools(messages, &offered), model, listener)?;
        let prompt = prompts::with_tools(&self.messages, &self.offered);
        Ok((Prompt { calls, is_shared: self.offers_all(), ..prompt }, want))
    }

    /// Makes the conversation short enough, with room for an answer.
    fn fit(
        &mut self,
        assemble: &dyn Fn(&[Message]) -> Prompt,
        model: &mut dyn Model,
        listener: &mut dyn Listener,
    ) -> Result<(), ModelError> {
        let room = self.limits.tokens_max.min(model.identity().context_tokens / 8);
        let relief = fit::fit(&mut self.messages, assemble, model, room)?;
        if relief.questions > 0 {
            listener.hear(Event::Forgotten { questions: relief.questions });
        }
        for (shown, of) in relief.cuts {
            listener.hear(Event::Cut { shown, of });
        }
        Ok(())
    }

    /// Makes the calls of one message, one after the other. What may come next depends on what they came to.
    fn make_all(
        &mut self,
        calls: Vec<ToolCall>,
        run: &mut Run<'_>,
        tools: &mut dyn Tools,
        listener: &mut dyn Listener,
    ) -> Result<Flow, ModelError> {
        let (mut is_new, mut is_refused, mut is_correctable) = (false, false, false);
        for call in calls.into_iter().take(CALLS_MAX) {
            if run.made.contains(&call) {
                continue;
            }
            is_new = true;
            let (refusal, flow) = self.make(call, run, tools, listener)?;
            if let Some(kind) = refusal {
                is_refused = true;
                is_correctable |= kind == RefusalKind::Arguments;
            }
            if flow == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        if !is_new {
            // Their results stand there already. Words are all that can help now.
            run.want = Want::Text;
            return Ok(Flow::Continue);
        }
        run.refused = is_refused;
        if is_correctable && !run.corrected {
            // A call that is to be corrected needs no words.
            run.corrected = true;
            run.want = Want::Call;
            return Ok(Flow::Continue);
        }
        let reminder = match is_refused {
            true => REMINDER_OF_REFUSAL,
            false if run.settled.len() > 1 => REMINDER_OF_SEVERAL,
            false => REMINDER,
        };
        self.messages.push(Message::Reminder(format!("{reminder}{}", run.question)));
        run.want = if is_refused { Want::Text } else { self.either() };
        Ok(Flow::Continue)
    }

    /// Lets a call through the gate and puts its result into the conversation. Gives why it was refused, if it was.
    fn make(
        &mut self,
        call: ToolCall,
        run: &mut Run<'_>,
        tools: &mut dyn Tools,
        listener: &mut dyn Listener,
    ) -> Result<(Option<RefusalKind>, Flow), ModelError> {
        let sources = Sources::of(&self.messages).trace(&call.arguments);
        if listener.hear(Event::Call { call: &call, sources: &sources }) == Flow::Stop {
            return Ok((None, Flow::Stop));
        }
        let outcome = match run.admitted.objection(&call)? {
            None => {
                let is_asked = |tool: &&OfferedTool| tool.effect != Effect::Read || tools.needs_person(&call);
                let approval = self
                    .offer
                    .tool(&call.tool)
                    .filter(is_asked)
                    .map_or(Approval::None, |tool| listener.approve(tool, &call));
                tools.call(&call, sources, approval)
            }
            Some(text) => gate::Outcome::refused(RefusalKind::Arguments, text),
        };
        let flow = listener.hear(Event::Result { call: &call, outcome: &outcome });
        run.made.push(call.clone());
        if !matches!(&outcome.answer, Err(refusal) if refusal.kind == RefusalKind::Arguments) {
            run.settled.push(call.clone());
        }
        self.messages.push(Message::Call(call));
        let (text, refusal) = match &outcome.answer {
            Ok(pruned) => (prompts::shown(pruned), None),
            Err(refusal) => (prompts::told(refusal), Some(refusal.kind)),
        };
        self.messages.push(Message::Result(text));
        Ok((refusal, flow))
    }

    fn forget_last(&mut self) {
        if let Some(last) = self.messages.iter().rposition(|message| matches!(message, Message::User(_))) {
            self.messages.truncate(last);
        }
    }
}

/// What may be written, with what speaks for a call. Behind a result of a model whose answers are written apart, words are not
/// written in the same turn.
fn after(want: Want, reason: Reason, is_apart: bool) -> Want {
    let Want::Either { log_odds_min } = want else { return want };
    let log_odds_min = log_odds_min
        + match reason {
            // Who names something wants to know of it.
            Reason::Named => -CLAIMED_LOG_ODDS,
            Reason::Words => 0.0,
            Reason::LedOn => LED_ON_LOG_ODDS,
        };
    if is_apart { Want::CallIfLikely { log_odds_min } } else { Want::Either { log_odds_min } }
}

#[cfg(test)]
#[path = "agent_tests.rs"]
mod tests;
