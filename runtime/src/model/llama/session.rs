//! One context and the conversation in it.
//!
//! A prompt is read in slices that begin at multiples of [`SLICE_TOKENS`], and only whole slices are kept for the next
//! turn. So every token's keys and values are computed in the same company, whatever was in the context before, and the
//! same conversation gives the same tokens, warm or cold.

use std::sync::atomic::Ordering;
use std::time::Instant;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llguidance::Matcher;

use super::super::grammar::{CallGrammar, Engine};
use super::super::route::begins_call;
use super::super::template::{ChatTemplate, Segment};
use super::super::text::{Characters, visible};
use super::super::{ModelError, Outcome, Prompt, Turn, Usage, Want};
use super::vocabulary::Words;
use super::{Event, Job};

/// Tokens that are evaluated at a time. A stop waits for one slice at most.
pub(super) const SLICE_TOKENS: usize = 64;

pub(super) struct Session<'m> {
    model: &'m LlamaModel,
    context: LlamaContext<'m>,
    batch: LlamaBatch<'static>,
    template: ChatTemplate,
    engine: Engine,
    words: Words<'m>,
    context_tokens: usize,
    /// Whether a message that begins with a token is a call, by token.
    begins_call: Vec<bool>,
    /// Tokens in whole slices at the beginning of the context.
    kept: Vec<LlamaToken>,
    /// Tokens in the context in all.
    length: usize,
}

/// How writing went on after one token.
enum Next {
    Token(LlamaToken),
    End,
}

impl<'m> Session<'m> {
    pub(super) fn new(
        model: &'m LlamaModel,
        context: LlamaContext<'m>,
        template: ChatTemplate,
        context_tokens: usize,
    ) -> Result<Self, ModelError> {
        let engine = Engine::new(&LlamaSampler::llguidance_tok_env(model)).map_err(ModelError::Grammar)?;
        let batch = LlamaBatch::new(SLICE_TOKENS, 1);
        let words = Words::new(model);
        let opener = template.call_opener();
        let begins = |token| begins_call(&piece(model, token), opener);
        let begins_call = (0..model.n_vocab()).map(|token| begins(LlamaToken::new(token))).collect();
        let kept = Vec::new();
        Ok(Self { model, context, batch, template, engine, words, context_tokens, begins_call, kept, length: 0 })
    }

    pub(super) fn count(&self, prompt: &Prompt) -> Result<usize, ModelError> {
        Ok(self.tokens(prompt)?.len())
    }

    pub(super) fn turn(&mut self, job: &Job) -> Result<Turn, ModelError> {
        let mut usage = Usage::default();
        let started = Instant::now();
        let prompt = self.tokens(&job.prompt)?;
        usage.prompt_tokens = prompt.len();
        // One token is left to write at least.
        if prompt.len() >= self.context_tokens {
            return Err(ModelError::ContextFull { needed: prompt.len() + 1, available: self.context_tokens });
        }
        usage.reused_tokens = self.rewind(&prompt)?;
        let outcome = if self.read(&prompt, usage.reused_tokens, job)? {
            usage.prefill_ms = millis(started);
            self.write(job, &mut usage.written_tokens)?
        } else {
            Outcome::Cancelled
        };
        usage.write_ms = millis(started).saturating_sub(usage.prefill_ms);
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

    /// Takes out of the context what the prompt does not begin with; gives the number of tokens that stay.
    fn rewind(&mut self, prompt: &[LlamaToken]) -> Result<usize, ModelError> {
        let same = self.kept.iter().zip(prompt).take_while(|(kept, wanted)| kept == wanted).count();
        // The last token must be read again, since its logits are wanted.
        let same = same.min(prompt.len() - 1) / SLICE_TOKENS * SLICE_TOKENS;
        let from = u32::try_from(same).map_err(|error| ModelError::Evaluate(error.to_string()))?;
        let removed = self.context.clear_kv_cache_seq(Some(0), Some(from), None);
        let same = if matches!(removed, Ok(true)) {
            same
        } else {
            self.context.clear_kv_cache();
            0
        };
        self.kept.truncate(same);
        self.length = same;
        Ok(same)
    }

    /// Evaluates the prompt from that token on. False if the turn was stopped.
    fn read(&mut self, prompt: &[LlamaToken], from: usize, job: &Job) -> Result<bool, ModelError> {
        let total = prompt.len();
        let _ = job.events.send(Event::Prefill { done: from, total });
        for slice in prompt[from..].chunks(SLICE_TOKENS) {
            if job.cancelled.load(Ordering::Relaxed) {
                return Ok(false);
            }
            self.evaluate(slice)?;
            if slice.len() == SLICE_TOKENS {
                self.kept.extend_from_slice(slice);
            }
            let _ = job.events.send(Event::Prefill { done: self.length, total });
        }
        Ok(true)
    }

    /// Evaluates at most a slice of tokens; the logits of the last one can be read afterwards.
    fn evaluate(&mut self, tokens: &[LlamaToken]) -> Result<(), ModelError> {
        if self.length + tokens.len() > self.context_tokens {
            let needed = self.length + tokens.len();
            return Err(ModelError::ContextFull { needed, available: self.context_tokens });
        }
        self.batch.clear();
        for (index, token) in tokens.iter().enumerate() {
            let position = i32::try_from(self.length + index).map_err(|error| refused(&error))?;
            let last = index + 1 == tokens.len();
            self.batch.add(*token, position, &[0], last).map_err(|error| refused(&error))?;
        }
        self.context.decode(&mut self.batch).map_err(|error| refused(&error))?;
        self.length += tokens.len();
        Ok(())
    }

    fn write(&mut self, job: &Job, written: &mut usize) -> Result<Outcome, ModelError> {
        let opener = self.template.call_opener().to_owned();
        let calls = match (job.want, &job.prompt.calls) {
            (Want::Call, None) => return Err(ModelError::Grammar("no tool can be called".to_owned())),
            (Want::Call, calls) => calls.as_ref(),
            (Want::Either { log_odds_min }, Some(calls)) => {
                let log_odds = self.call_log_odds();
                let _ = job.events.send(Event::Decided { log_odds });
                (log_odds > log_odds_min).then_some(calls)
            }
            _ => None,
        };
        match calls {
            Some(calls) => self.write_call(calls, &opener, job, written),
            None => self.write_text(&opener, job, written),
        }
    }

    /// The natural logarithm of the odds of a message that begins like a call.
    fn call_log_odds(&self) -> f32 {
        let logits = self.context.get_logits_ith(-1);
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let (mut call, mut words) = (0.0, 0.0);
        for (logit, &begins) in logits.iter().zip(&self.begins_call) {
            // In 64 bits, since a vocabulary has some hundred thousand summands.
            *(if begins { &mut call } else { &mut words }) += f64::from(logit - most).exp();
        }
        #[expect(clippy::cast_possible_truncation, reason = "an order of magnitude is what is looked at")]
        let odds = (call.ln() - words.ln()) as f32;
        odds
    }

    /// Words to the end of the message. What means a call is no way to begin: a small model would go on to write the
    /// call as words.
    fn write_text(&mut self, opener: &str, job: &Job, written: &mut usize) -> Result<Outcome, ModelError> {
        let banned = self.words.encoded(&[Segment::Template(opener.to_owned())]).first().copied();
        let mut characters = Characters::default();
        let mut text = String::new();
        let say = |more: String, text: &mut String| {
            let more = visible(&more);
            if !more.is_empty() {
                text.push_str(&more);
                let _ = job.events.send(Event::Text(more));
            }
        };
        loop {
            if job.cancelled.load(Ordering::Relaxed) {
                return Ok(Outcome::Cancelled);
            }
            let fresh = text.trim().is_empty();
            let token = self
                .likeliest(|token| Some(token) != banned && !(fresh && begins_call(&piece(self.model, token), opener)));
            if self.model.vocab().is_eog(token) {
                say(characters.finish(), &mut text);
                return Ok(Outcome::Text(text));
            }
            if *written >= job.tokens_max || self.length >= self.context_tokens {
                say(characters.finish(), &mut text);
                return Ok(Outcome::LengthLimit(text));
            }
            say(characters.push(&self.model.vocab().token_to_piece(token, false, None)), &mut text);
            *written += 1;
            self.evaluate(&[token])?;
        }
    }

    /// A call: the template's opener, then what the grammar allows. Any error of the engine ends the turn.
    fn write_call(
        &mut self,
        grammar: &CallGrammar,
        opener: &str,
        job: &Job,
        written: &mut usize,
    ) -> Result<Outcome, ModelError> {
        let opening = self.words.encoded(&[Segment::Template(opener.to_owned())]);
        for slice in opening.chunks(SLICE_TOKENS) {
            self.evaluate(slice)?;
        }
        *written += opening.len();
        let mut matcher = grammar.matcher(&self.engine)?;
        let mut bytes = Vec::new();
        loop {
            if job.cancelled.load(Ordering::Relaxed) {
                return Ok(Outcome::Cancelled);
            }
            let token = match self.constrained(&mut matcher)? {
                Next::End => break,
                Next::Token(token) => token,
            };
            if *written >= job.tokens_max || self.length >= self.context_tokens {
                return Ok(Outcome::LengthLimit(String::new()));
            }
            bytes.extend(self.model.vocab().token_to_piece(token, false, None));
            *written += 1;
            if matcher.is_stopped() {
                break;
            }
            self.evaluate(&[token])?;
        }
        let text = String::from_utf8(bytes).map_err(|_| ModelError::Grammar("a call is not text".to_owned()))?;
        CallGrammar::read(&text).map(Outcome::Call)
    }

    /// The likeliest token that the grammar allows, consumed.
    fn constrained(&self, matcher: &mut Matcher) -> Result<Next, ModelError> {
        let failed = |error: &dyn std::fmt::Display| ModelError::Grammar(error.to_string());
        let vocabulary = self.model.vocab();
        let mut token = self.likeliest(|_| true);
        let fits = if vocabulary.is_eog(token) {
            matcher.is_accepting().map_err(|error| failed(&error))?
        } else {
            matcher.validate_tokens(&[token.0.cast_unsigned()]).map_err(|error| failed(&error))? == 1
        };
        if !fits {
            let mask = matcher.compute_mask_or_eos().map_err(|error| failed(&error))?;
            token = self.likeliest(|token| mask.is_allowed(token.0.cast_unsigned()));
            if !mask.is_allowed(token.0.cast_unsigned()) {
                return Err(ModelError::Grammar("no token continues the call".to_owned()));
            }
        }
        if vocabulary.is_eog(token) {
            return Ok(Next::End);
        }
        matcher.consume_token(token.0.cast_unsigned()).map_err(|error| failed(&error))?;
        Ok(Next::Token(token))
    }

    /// The allowed token with the greatest logit; the first of equals, so that the choice is repeatable.
    fn likeliest(&self, allowed: impl Fn(LlamaToken) -> bool) -> LlamaToken {
        let logits = self.context.get_logits_ith(-1);
        let mut best = (LlamaToken::new(0), f32::NEG_INFINITY);
        for (index, &logit) in logits.iter().enumerate() {
            if logit > best.1 {
                let token = LlamaToken::new(i32::try_from(index).unwrap_or(i32::MAX));
                if allowed(token) {
                    best = (token, logit);
                }
            }
        }
        best.0
    }
}

fn piece(model: &LlamaModel, token: LlamaToken) -> String {
    String::from_utf8_lossy(&model.vocab().token_to_piece(token, true, None)).into_owned()
}

fn refused(error: &dyn std::fmt::Display) -> ModelError {
    ModelError::Evaluate(error.to_string())
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
