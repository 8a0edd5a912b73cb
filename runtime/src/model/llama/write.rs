//! The next message: words to their end, or a call that a grammar holds.

use std::sync::atomic::Ordering;

use llama_cpp_2::token::LlamaToken;
use llguidance::Matcher;

use super::super::grammar::CallGrammar;
use super::super::template::Segment;
use super::super::text::{Characters, visible};
use super::super::{ModelError, Outcome, Want};
use super::session::{SLICE_TOKENS, Session};
use super::{Event, Job};

/// How writing went on after one token.
enum Next {
    Token(LlamaToken),
    End,
}

impl Session<'_> {
    pub(super) fn write(&mut self, job: &Job, written: &mut usize) -> Result<Outcome, ModelError> {
        let opener = self.template.call_opener().to_owned();
        let calls = match (job.want, &job.prompt.calls) {
            (Want::Call, None) => return Err(ModelError::Grammar("no tool can be called".to_owned())),
            (Want::Call, calls) => calls.as_ref(),
            (Want::Either { log_odds_min } | Want::CallIfLikely { log_odds_min }, Some(calls)) => {
                let log_odds = self.call_log_odds();
                let _ = job.events.send(Event::Decided { log_odds });
                (log_odds > log_odds_min).then_some(calls)
            }
            _ => None,
        };
        match calls {
            Some(calls) => self.write_call(calls, &opener, job, written),
            None if matches!(job.want, Want::CallIfLikely { .. }) => Ok(Outcome::NoCall),
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
        let opening = self.words.encoded(&[Segment::Template(opener.to_owned())]);
        let banned = opening.first().and_then(|token| usize::try_from(token.0).ok());
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
            let fresh = !text.contains(char::is_alphanumeric);
            let token = self.next(|place, begins_call| Some(place) != banned && !(fresh && begins_call))?;
            if self.model.vocab().is_eog(token) {
                say(characters.finish(), &mut text);
                return Ok(Outcome::Text(text));
            }
            if *written >= job.tokens_max || self.active.length >= self.context_tokens {
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
            if *written >= job.tokens_max || self.active.length >= self.context_tokens {
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
        CallGrammar::read(&text).map(|call| Outcome::Calls(vec![call]))
    }

    /// The next token that the grammar allows, consumed.
    fn constrained(&mut self, matcher: &mut Matcher) -> Result<Next, ModelError> {
        let failed = |error: &dyn std::fmt::Display| ModelError::Grammar(error.to_string());
        let mut token = self.next(|_, _| true)?;
        let is_end = |token| self.model.vocab().is_eog(token);
        let fits = if is_end(token) {
            matcher.is_accepting().map_err(|error| failed(&error))?
        } else {
            matcher.validate_tokens(&[token.0.cast_unsigned()]).map_err(|error| failed(&error))? == 1
        };
        if !fits {
            let mask = matcher.compute_mask_or_eos().map_err(|error| failed(&error))?;
            let allowed = |place: usize, _| u32::try_from(place).is_ok_and(|token| mask.is_allowed(token));
            token = self.next(allowed)?;
        }
        if self.model.vocab().is_eog(token) {
            return Ok(Next::End);
        }
        matcher.consume_token(token.0.cast_unsigned()).map_err(|error| failed(&error))?;
        Ok(Next::Token(token))
    }

    /// The next token among those that are allowed: the predicate is told a token, and whether a message that begins with it
    /// is a call.
    fn next(&mut self, allowed: impl Fn(usize, bool) -> bool) -> Result<LlamaToken, ModelError> {
        let Self { context, draw, begins_call, .. } = self;
        let place = draw.next(context.get_logits_ith(-1), |place| {
            allowed(place, begins_call.get(place).copied().unwrap_or_default())
        });
        let token = place.and_then(|place| i32::try_from(place).ok()).map(LlamaToken::new);
        token.ok_or_else(|| ModelError::Grammar("no token continues the message".to_owned()))
    }
}
