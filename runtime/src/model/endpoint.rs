//! A model server inside the perimeter: the chat API that llama-server, Ollama, vLLM and others have in common.
//!
//! What comes in: prompts. What goes out: one request a turn, to the one address that the operator gives, and its answer,
//! piece by piece. Nobody holds such a model to a grammar, so its calls are whatever it sends: the agent looks at each, and
//! nothing that is found in words is ever a call. Everything that a server can do is bounded: how long it is silent, how much
//! it sends, what of it reaches a terminal. What it cannot be trusted with is to read the whole prompt, since some cut it
//! without a word: an answer that comes from fewer tokens than there are words is none (`size`).

mod address;
mod answer;
mod client;
mod events;
mod faults;
mod models;
mod request;
mod size;
mod wait;

use std::time::{Duration, Instant};

use http_body_util::BodyExt as _;
use hyper::Response;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::{Flow, Model, ModelError, ModelIdentity, Outcome, Piece, Prompt, Sampling, Turn, Usage, Want};
use crate::site::{Pin, Secret};
use crate::untrusted::one_line;
use crate::upstream::{Dialer, Tls};
use answer::Answer;
use client::{Client, Kind};
use events::{EventFault, Events};
use wait::{Ended, Watch};

pub use address::Address;
pub use wait::Waits;

/// Bytes of one answer, with everything that servers put around each token: several hundred.
const ANSWER_BYTES_MAX: usize = 32 << 20;

/// A server that has not listed its models by then is given up.
const LIST_WAIT: Duration = Duration::from_secs(30);

/// Tokens of context of a server that does not tell: what Ollama has unless somebody raises it.
pub const CONTEXT_TOKENS_UNTOLD: usize = 4096;

/// Characters of a model's name that are shown.
const NAME_CHARS_MAX: usize = 100;

/// Which server is asked, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens.
    pub address: Address,
    /// Where it is dialled; none leads nowhere.
    pub pins: Vec<Pin>,
    /// Who must be there; none over plain HTTP, and behind `https://` without it nothing is asked.
    pub tls: Option<Tls>,
    /// How connections are opened.
    pub dialer: Dialer,
    /// The model's name there; none for the first that it lists.
    pub model: Option<String>,
    /// What it wants to see before it answers.
    pub key: Option<Secret>,
    /// Tokens that a conversation may have in all; none for as many as the server says.
    pub context_tokens: Option<usize>,
    /// How the next token is chosen.
    pub sampling: Sampling,
    /// How long it may be silent.
    pub waits: Waits,
}

impl Settings {
    /// An address, its own pins where it has some, and no wishes.
    pub fn of(address: Address) -> Self {
        let (sampling, waits) = (Sampling::default(), Waits::default());
        let pins = address.pins(&[]).unwrap_or_default();
        Self {
            address,
            pins,
            tls: None,
            dialer: Dialer::direct(),
            model: None,
            key: None,
            context_tokens: None,
            sampling,
            waits,
        }
    }
}

/// A model behind an address.
#[derive(Debug)]
pub struct Endpoint {
    identity: ModelIdentity,
    client: Client,
    /// The model's name as the server writes it.
    model: String,
    sampling: Sampling,
    runtime: Runtime,
}

impl Endpoint {
    /// Asks the server which models it has. `out` is called while it thinks, as in [`Model::turn`].
    ///
    /// # Errors
    /// It cannot be reached, is no model server, or has no such model.
    pub fn open(settings: &Settings, out: &mut dyn FnMut(Piece<'_>) -> Flow) -> Result<Self, ModelError> {
        let client = Client::new(settings)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|fault| client.fault(&format!("cannot be asked: {fault}")))?;
        let found = runtime.block_on(async {
            let mut watch = Watch { out };
            let found = models::find(&client, settings.model.as_deref(), &mut watch);
            // Also where it sends a byte now and then.
            let found = tokio::time::timeout(client.waits.begin.min(LIST_WAIT), found).await;
            found.unwrap_or(Err(Ended::Late))
        });
        let found = found.map_err(|ended| match ended {
            Ended::Fault(fault) => fault,
            Ended::Stopped => client.fault("was not waited for"),
            Ended::Late => client.fault("took too long to say which models it has"),
        })?;
        let context_tokens = match (settings.context_tokens, found.context_tokens) {
            (Some(wish), Some(told)) => wish.min(told),
            (wish, told) => wish.or(told).unwrap_or(CONTEXT_TOKENS_UNTOLD),
        };
        let identity = ModelIdentity {
            name: one_line(&found.name, NAME_CHARS_MAX),
            address: Some(one_line(&client.address.to_string(), NAME_CHARS_MAX)),
            template_sha256: String::new(),
            context_tokens,
            slice_tokens: 0,
            threads: 0,
            file_sha256: None,
            is_constrained: false,
            answers_apart: false,
        };
        Ok(Self { identity, client, model: found.name, sampling: settings.sampling, runtime })
    }

    async fn ask(&self, body: &Value, answer: &mut Answer, watch: &mut Watch<'_>) -> Result<(), Ended> {
        self.client
            .send("/chat/completions", Some(body), watch, async |response, watch| {
                self.read(response, answer, watch).await
            })
            .await
    }

    /// Reads an answer to its end.
    async fn read(
        &self,
        response: Response<Incoming>,
        answer: &mut Answer,
        watch: &mut Watch<'_>,
    ) -> Result<(), Ended> {
        let client = &self.client;
        let kind = client::kind(&response).map_err(|text| client.ended(&text))?;
        let mut body = response.into_body();
        let (mut events, mut whole) = (Events::default(), Vec::new());
        let mut bytes_left = ANSWER_BYTES_MAX;
        loop {
            let data = match watch.wait(body.frame(), self.patience(answer)).await {
                Ok(None) => break,
                Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
                // The message is there; only counts may be missing.
                Ok(Some(Err(_))) | Err(Ended::Late) if answer.is_over() => return Ok(()),
                Ok(Some(Err(fault))) => return Err(client.broken(&fault)),
                Err(Ended::Late) => {
                    let silence = self.patience(answer);
                    return Err(client.ended(&format!("fell silent for {silence:.0?} in the middle of its answer")));
                }
                Err(ended) => return Err(ended),
            };
            let Some(left) = bytes_left.checked_sub(data.len()) else {
                return Err(client.ended(&format!("sent more than {} MB for one answer", ANSWER_BYTES_MAX >> 20)));
            };
            bytes_left = left;
            if kind == Kind::Json {
                whole.extend_from_slice(&data);
                continue;
            }
            for event in events.push(&data).map_err(|fault| self.no_events(fault))? {
                if event == "[DONE]" {
                    return Ok(());
                }
                self.take(event.as_bytes(), answer, watch)?;
            }
            watch.say(Piece::Tick)?;
        }
        if kind == Kind::Json {
            return self.take(&whole, answer, watch);
        }
        match events.finish().map_err(|fault| self.no_events(fault))?.filter(|event| event != "[DONE]") {
            Some(event) => self.take(event.as_bytes(), answer, watch)?,
            None if answer.is_over() => {}
            None => return Err(client.ended("ended its answer in the middle; ask again, and look at its log")),
        }
        Ok(())
    }

    /// How long the next piece may take.
    fn patience(&self, answer: &Answer) -> Duration {
        let waits = self.client.waits;
        match answer.began {
            _ if answer.is_over() => waits.counts,
            None => waits.begin,
            Some(_) => waits.next,
        }
    }

    fn take(&self, text: &[u8], answer: &mut Answer, watch: &mut Watch<'_>) -> Result<(), Ended> {
        let Ok(chunk) = serde_json::from_slice::<Value>(text) else {
            let shown = one_line(&String::from_utf8_lossy(text), 80);
            return Err(self.client.ended(&format!("sent something that is not JSON: \"{shown}\"")));
        };
        let words = answer.take(&chunk).map_err(|text| self.client.ended(&text))?;
        if words.is_empty() { Ok(()) } else { watch.say(Piece::Text(&words)) }
    }

    fn no_events(&self, fault: EventFault) -> Ended {
        self.client.ended(match fault {
            EventFault::TooLong => "sent a line without an end",
            EventFault::NotText => "sent something that is no text",
        })
    }
}

impl Model for Endpoint {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    /// Without a tokenizer it is an estimate, rather too high than too low.
    fn count(&mut self, prompt: &Prompt) -> Result<usize, ModelError> {
        Ok(size::at_most(prompt))
    }

    /// Some servers do not mind [`Want::Text`] and [`Want::Call`]. Words are taken where a call was wanted.
    fn turn(
        &mut self,
        prompt: &Prompt,
        want: Want,
        tokens_max: usize,
        out: &mut dyn FnMut(Piece<'_>) -> Flow,
    ) -> Result<Turn, ModelError> {
        let body = request::body(&self.model, prompt, want, tokens_max, self.sampling);
        let started = Instant::now();
        let mut answer = Answer::default();
        match self.runtime.block_on(self.ask(&body, &mut answer, &mut Watch { out })) {
            Ok(()) => {}
            Err(Ended::Stopped) => return Ok(Turn { outcome: Outcome::Cancelled, usage: Usage::default() }),
            Err(Ended::Late) => return Err(self.client.fault("took too long")),
            Err(Ended::Fault(fault)) => return Err(fault),
        }
        let least = size::at_least(prompt, want);
        // Servers that do not count say nothing, or 0.
        if let Some(read) = answer.prompt_tokens.filter(|read| *read > 0 && *read < least) {
            return Err(ModelError::PromptCut { read, least });
        }
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let began = answer.began.unwrap_or_else(Instant::now);
        let usage = Usage {
            prompt_tokens: answer.prompt_tokens.unwrap_or_default(),
            reused_tokens: answer.reused_tokens,
            written_tokens: answer.written_tokens(),
            prefill_ms: milliseconds(began.saturating_duration_since(started)),
            write_ms: milliseconds(began.elapsed()),
        };
        Ok(Turn { outcome: answer.outcome(), usage })
    }
}
