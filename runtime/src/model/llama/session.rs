//! One context and the conversation in it.
//!
//! A prompt is read in slices. They begin at multiples of [`SLICE_TOKENS`], counted from the beginning up to where rules and tools
//! end, and from there on anew; only whole slices are kept for the next turn. So every token's keys and values are computed in
//! the same company, whatever was in the context before or came from a file, and the same conversation gives the same
//! tokens, warm or cold.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;

use super::super::grammar::Engine;
use super::super::offer::Offer;
use super::super::route::begins_call;
use super::super::template::ChatTemplate;
use super::super::{Message, ModelError, Outcome, PrefixNews, Prompt, Sampling, Turn, Usage};
use super::prefix::{NotRestored, Store};
use super::sample::Draw;
use super::vocabulary::Words;
use super::{Event, Job};

/// Tokens that are evaluated at a time. A stop waits for one slice at most.
pub(super) const SLICE_TOKENS: usize = 64;

/// Sequences of a context: conversations with tools, and those without, which are read apart so that neither has to be read again
/// after the other.
pub const SEQUENCES: u32 = 2;
const WITH_TOOLS: i32 = 0;
const WITHOUT_TOOLS: i32 = 1;

/// What a session keeps to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) context_tokens: usize,
    pub(super) sampling: Sampling,
}

pub(super) struct Session<'m> {
    pub(super) model: &'m LlamaModel,
    pub(super) context: LlamaContext<'m>,
    batch: LlamaBatch<'static>,
    pub(super) template: ChatTemplate,
    pub(super) engine: Engine,
    pub(super) words: Words<'m>,
    pub(super) context_tokens: usize,
    sampling: Sampling,
    /// The choice of the next token, begun anew with each message.
    pub(super) draw: Draw,
    /// Whether a message that begins with a token is a call, by token.
    pub(super) begins_call: Vec<bool>,
    store: Option<Store>,
    /// The sequence that is read and written now.
    pub(super) active: Sequence,
    /// The other one.
    resting: Sequence,
}

/// One conversation in the context.
pub(super) struct Sequence {
    number: i32,
    opening: Option<Opening>,
    /// Tokens in whole slices at its beginning.
    kept: Vec<LlamaToken>,
    /// Where slices begin anew among them.
    kept_prefix: usize,
    /// Tokens in all.
    pub(super) length: usize,
}

impl Sequence {
    const fn new(number: i32) -> Self {
        Self { number, opening: None, kept: Vec::new(), kept_prefix: 0, length: 0 }
    }
}

/// What every conversation with some rules and tools begins with.
struct Opening {
    offer: Option<Arc<Offer>>,
    rules: Vec<Message>,
    tokens: Vec<LlamaToken>,
}

impl<'m> Session<'m> {
    pub(super) fn new(
        model: &'m LlamaModel,
        context: LlamaContext<'m>,
        template: ChatTemplate,
        bounds: Bounds,
        store: Option<Store>,
    ) -> Result<Self, ModelError> {
        let engine = Engine::new(&LlamaSampler::llguidance_tok_env(model)).map_err(ModelError::Grammar)?;
        let opener = template.call_opener();
        let begins = |token| begins_call(&piece(model, token), opener);
        let begins_call = (0..model.n_vocab()).map(|token| begins(LlamaToken::new(token))).collect();
        let Bounds { context_tokens, sampling } = bounds;
        Ok(Self {
            model,
            context,
            batch: LlamaBatch::new(SLICE_TOKENS, 1),
            template,
            engine,
            words: Words::new(model),
            context_tokens,
            sampling,
            draw: Draw::new(sampling),
            begins_call,
            store,
            active: Sequence::new(WITH_TOOLS),
            resting: Sequence::new(WITHOUT_TOOLS),
        })
    }

    pub(super) fn count(&self, prompt: &Prompt) -> Result<usize, ModelError> {
        Ok(self.tokens(prompt)?.len())
    }

    pub(super) fn turn(&mut self, job: &Job) -> Result<Turn, ModelError> {
        let started = Instant::now();
        let mut usage = Usage::default();
        self.choose(&job.prompt);
        let prompt = self.tokens(&job.prompt)?;
        usage.prompt_tokens = prompt.len();
        let prefix = self.prefix(&job.prompt, &prompt)?;
        // One token is left to write at least.
        if prompt.len() >= self.context_tokens {
            return Err(ModelError::ContextFull { needed: prompt.len() + 1, available: self.context_tokens });
        }
        let outcome = if self.read(&prompt, prefix, job, &mut usage)? {
            usage.prefill_ms = millis(started);
            self.draw = Draw::new(self.sampling);
            self.write(job, &mut usage.written_tokens)?
        } else {
            Outcome::Cancelled
        };
        usage.write_ms = millis(started).saturating_sub(usage.prefill_ms);
        Ok(Turn { outcome, usage })
    }

    /// Reads no more than what every conversation begins with.
    pub(super) fn warm(&mut self, job: &Job) -> Result<Turn, ModelError> {
        let started = Instant::now();
        let mut usage = Usage::default();
        self.choose(&job.prompt);
        let prompt = self.tokens(&job.prompt)?;
        let prefix = self.prefix(&job.prompt, &prompt)?;
        usage.prompt_tokens = prefix;
        if prefix >= self.context_tokens {
            return Err(ModelError::ContextFull { needed: prefix + 1, available: self.context_tokens });
        }
        let is_read = self.read(&prompt[..prefix], prefix, job, &mut usage)?;
        usage.prefill_ms = millis(started);
        let outcome = if is_read { Outcome::Text(String::new()) } else { Outcome::Cancelled };
        Ok(Turn { outcome, usage })
    }

    fn tokens(&self, prompt: &Prompt) -> Result<Vec<LlamaToken>, ModelError> {
        let mut tokens = self.words.encoded(&self.template.render(prompt)?);
        let vocabulary = self.model.vocab();
        if vocabulary.should_add_bos() && tokens.first() != Some(&vocabulary.bos()) {
            tokens.insert(0, vocabulary.bos());
        }
        if tokens.is_empty() {
            return Err(ModelError::Template("it renders to nothing".to_owned()));
        }
        Ok(tokens)
    }

    /// How many tokens of a prompt every conversation with its rules and tools begins with. At least one is left.
    fn prefix(&mut self, prompt: &Prompt, tokens: &[LlamaToken]) -> Result<usize, ModelError> {
        let is_rule = |message: &&Message| matches!(message, Message::System(_));
        let rules: Vec<Message> = prompt.messages.iter().take_while(is_rule).cloned().collect();
        let is_same = |opening: &Opening| {
            let offers = (&opening.offer, &prompt.offer);
            let is_same_offer = match offers {
                (Some(one), Some(other)) => Arc::ptr_eq(one, other),
                (one, other) => one.is_none() && other.is_none(),
            };
            is_same_offer && opening.rules == rules
        };
        if !self.active.opening.as_ref().is_some_and(is_same) {
            // Two conversations that differ in the first letter of the question, and what they have in common.
            let begun = |question: &str| {
                let user = Message::User(question.to_owned());
                let messages = rules.iter().cloned().chain([user]).collect();
                self.tokens(&Prompt { messages, calls: None, ..prompt.clone() })
            };
            let (mut one, other) = (begun("0")?, begun("a")?);
            one.truncate(common(&one, &other));
            self.active.opening = Some(Opening { offer: prompt.offer.clone(), rules, tokens: one });
        }
        let opening = self.active.opening.as_ref().map_or(&[][..], |opening| &opening.tokens);
        Ok(common(opening, tokens).min(tokens.len() - 1))
    }

    /// Takes out of the context what the prompt does not begin with; gives the number of tokens that stay.
    fn rewind(&mut self, prompt: &[LlamaToken], prefix: usize) -> Result<usize, ModelError> {
        // The last token must be read again, since its logits are wanted.
        let same = common(&self.active.kept, prompt).min(prompt.len() - 1);
        let same = if prefix == self.active.kept_prefix && same >= prefix {
            prefix + (same - prefix) / SLICE_TOKENS * SLICE_TOKENS
        } else {
            same.min(prefix).min(self.active.kept_prefix) / SLICE_TOKENS * SLICE_TOKENS
        };
        let from = u32::try_from(same).map_err(|error| refused(&error))?;
        let removed = self.context.clear_kv_cache_seq(Some(self.number()?), Some(from), None);
        let same = if matches!(removed, Ok(true)) { same } else { self.empty()? };
        self.active.kept.truncate(same);
        self.active.kept_prefix = prefix;
        self.active.length = same;
        Ok(same)
    }

    /// Forgets everything; gives the number of tokens that stay, which is none.
    fn empty(&mut self) -> Result<usize, ModelError> {
        let number = self.number()?;
        self.context.clear_kv_cache_seq(Some(number), None, None).map_err(|error| refused(&error))?;
        self.active.kept.clear();
        self.active.length = 0;
        Ok(0)
    }

    /// Goes on with the sequence that a prompt belongs to.
    fn choose(&mut self, prompt: &Prompt) {
        let wanted = if prompt.offer.is_some() { WITH_TOOLS } else { WITHOUT_TOOLS };
        if self.active.number != wanted {
            std::mem::swap(&mut self.active, &mut self.resting);
        }
    }

    fn number(&self) -> Result<u32, ModelError> {
        u32::try_from(self.active.number).map_err(|error| refused(&error))
    }

    /// Takes rules and tools from the file where they are kept, if the context does not hold them.
    fn restore(&mut self, prompt: &[LlamaToken], prefix: usize, job: &Job) -> Result<(), ModelError> {
        let Some(store) = self.store.clone().filter(|_| job.prompt.is_shared && self.active.length < prefix) else {
            return Ok(());
        };
        let started = Instant::now();
        let tokens = &prompt[..prefix];
        match store.restore(&mut self.context, tokens) {
            Ok(()) => {
                self.active.kept = tokens.to_vec();
                self.active.length = prefix;
                let news = PrefixNews::Restored { tokens: prefix, milliseconds: millis(started) };
                let _ = job.events.send(Event::Prefix(news));
            }
            // Nothing was touched.
            Err(NotRestored::Missing) => {}
            Err(NotRestored::Refused(reason)) => {
                self.empty()?;
                let _ = job.events.send(Event::Prefix(PrefixNews::Refused { reason }));
            }
        }
        Ok(())
    }

    /// Writes rules and tools to the file, when nothing else is in the context.
    fn keep(&self, tokens: &[LlamaToken], job: &Job) {
        let Some(store) = self.store.as_ref().filter(|_| job.prompt.is_shared) else { return };
        let news = match store.keep(&self.context, tokens) {
            Ok((file, bytes)) => PrefixNews::Kept { tokens: tokens.len(), bytes, file },
            Err(reason) => PrefixNews::NotKept { reason },
        };
        let _ = job.events.send(Event::Prefix(news));
    }

    /// Evaluates what of the prompt the context does not hold. False if the turn was stopped.
    fn read(&mut self, prompt: &[LlamaToken], prefix: usize, job: &Job, usage: &mut Usage) -> Result<bool, ModelError> {
        self.rewind(prompt, prefix)?;
        self.restore(prompt, prefix, job)?;
        usage.reused_tokens = self.active.length;
        let total = prompt.len();
        let _ = job.events.send(Event::Prefill { done: self.active.length, total });
        while self.active.length < total {
            if job.cancelled.load(Ordering::Relaxed) {
                return Ok(false);
            }
            let from = self.active.length;
            let bound = if from < prefix { prefix } else { total };
            let slice = &prompt[from..bound.min(from + SLICE_TOKENS)];
            self.evaluate(slice)?;
            let is_prefix = self.active.length == prefix;
            if slice.len() == SLICE_TOKENS || is_prefix {
                self.active.kept.extend_from_slice(slice);
            }
            if is_prefix {
                self.keep(&prompt[..prefix], job);
            }
            let _ = job.events.send(Event::Prefill { done: self.active.length, total });
        }
        Ok(true)
    }

    /// Evaluates at most a slice of tokens; the logits of the last one can be read afterwards.
    pub(super) fn evaluate(&mut self, tokens: &[LlamaToken]) -> Result<(), ModelError> {
        if self.active.length + tokens.len() > self.context_tokens {
            let needed = self.active.length + tokens.len();
            return Err(ModelError::ContextFull { needed, available: self.context_tokens });
        }
        self.batch.clear();
        for (index, token) in tokens.iter().enumerate() {
            let position = i32::try_from(self.active.length + index).map_err(|error| refused(&error))?;
            let last = index + 1 == tokens.len();
            self.batch.add(*token, position, &[self.active.number], last).map_err(|error| refused(&error))?;
        }
        self.context.decode(&mut self.batch).map_err(|error| refused(&error))?;
        self.active.length += tokens.len();
        Ok(())
    }
}

/// How many tokens both begin with.
fn common(one: &[LlamaToken], other: &[LlamaToken]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

pub(super) fn piece(model: &LlamaModel, token: LlamaToken) -> String {
    String::from_utf8_lossy(&model.vocab().token_to_piece(token, true, None)).into_owned()
}

pub(super) fn refused(error: &dyn std::fmt::Display) -> ModelError {
    ModelError::Evaluate(error.to_string())
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
