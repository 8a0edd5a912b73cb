//! llama.cpp behind one thread.
//!
//! The thread owns backend, model and context; everyone else holds a [`Llama`], which is a channel to it. llama.cpp
//! aborts the process on misuse that safe Rust allows: its samplers are not used at all, logits are read only where the
//! last token of a batch asked for them, and no batch is longer than the context was made for.

mod inspect;
mod load;
mod owner;
mod session;
mod tokens;
mod vocabulary;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use super::{Flow, Model, ModelError, ModelIdentity, Outcome, Piece, Prompt, Turn, Usage, Want};

pub use inspect::{Inspection, Template};
pub use load::{quiet_crashes, threads_default};
pub use tokens::TokenCounter;

/// How a model is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The GGUF file.
    pub file: PathBuf,
    /// Threads that evaluate; none for [`threads_default`].
    pub threads: Option<usize>,
    /// Tokens that a conversation may have in all.
    pub context_tokens: usize,
}

/// Tokens of context without a wish: room for some fifteen tools and a long answer, about 100 MB at half a billion
/// parameters.
pub const CONTEXT_TOKENS_DEFAULT: usize = 8192;

/// A loaded model.
pub struct Llama {
    identity: ModelIdentity,
    commands: Sender<Command>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl fmt::Debug for Llama {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Llama").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// What the owner thread is asked to do.
enum Command {
    Count { prompt: Prompt, reply: Sender<Result<usize, ModelError>> },
    Turn(Job),
}

/// One turn, as the owner thread sees it.
struct Job {
    prompt: Prompt,
    want: Want,
    tokens_max: usize,
    cancelled: Arc<AtomicBool>,
    events: Sender<Event>,
}

/// What the owner thread has to say of a turn. The last one is [`Event::End`].
enum Event {
    Prefill { done: usize, total: usize },
    Decided { log_odds: f32 },
    Text(String),
    End(Result<Turn, ModelError>),
}

/// How often a waiting caller gets a [`Piece::Tick`].
const TICK: Duration = Duration::from_millis(20);

impl Llama {
    /// Loads a model. `progress` is told how much is loaded, from 0 to 1; false ends the loading.
    pub fn load(settings: &Settings, progress: &mut dyn FnMut(f32) -> bool) -> Result<Self, ModelError> {
        load::check_processor()?;
        load::check_file(settings)?;
        let (commands, inbox) = mpsc::channel();
        let (loading, loaded) = mpsc::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let owned = settings.clone();
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("model".to_owned())
            .spawn(move || owner::run(&owned, &stopped, &loading, &inbox))
            .map_err(|error| ModelError::Load(format!("no thread for it: {error}")))?;
        let identity = loop {
            match loaded.recv() {
                Ok(owner::Loading::Progress(part)) => {
                    if !progress(part) {
                        stop.store(true, Ordering::Relaxed);
                    }
                }
                Ok(owner::Loading::Done(done)) => break done?,
                Err(_) => return Err(ModelError::Gone),
            }
        };
        Ok(Self { identity, commands, thread: Some(thread) })
    }
}

impl Model for Llama {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn count(&mut self, prompt: &Prompt) -> Result<usize, ModelError> {
        let (reply, answer) = mpsc::channel();
        let command = Command::Count { prompt: prompt.clone(), reply };
        self.commands.send(command).map_err(|_| ModelError::Gone)?;
        answer.recv().map_err(|_| ModelError::Gone)?
    }

    fn turn(
        &mut self,
        prompt: &Prompt,
        want: Want,
        tokens_max: usize,
        out: &mut dyn FnMut(Piece<'_>) -> Flow,
    ) -> Result<Turn, ModelError> {
        let (events, news) = mpsc::channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        let job = Job { prompt: prompt.clone(), want, tokens_max, cancelled: Arc::clone(&cancelled), events };
        self.commands.send(Command::Turn(job)).map_err(|_| ModelError::Gone)?;
        follow(&news, &cancelled, out)
    }
}

/// Hands on what the owner says. After a stop the caller is free at once; the owner ends its slice by itself.
fn follow(
    news: &Receiver<Event>,
    cancelled: &AtomicBool,
    out: &mut dyn FnMut(Piece<'_>) -> Flow,
) -> Result<Turn, ModelError> {
    loop {
        let flow = match news.recv_timeout(TICK) {
            Ok(Event::Prefill { done, total }) => out(Piece::Prefill { done, total }),
            Ok(Event::Decided { log_odds }) => out(Piece::Decided { log_odds }),
            Ok(Event::Text(text)) => out(Piece::Text(&text)),
            Ok(Event::End(turn)) => return turn,
            Err(RecvTimeoutError::Timeout) => out(Piece::Tick),
            Err(RecvTimeoutError::Disconnected) => return Err(ModelError::Gone),
        };
        if flow == Flow::Stop {
            cancelled.store(true, Ordering::Relaxed);
            return Ok(Turn { outcome: Outcome::Cancelled, usage: Usage::default() });
        }
    }
}

impl Drop for Llama {
    fn drop(&mut self) {
        // Closing the channel ends the thread; waiting for it keeps llama.cpp from being torn down under it.
        let (closed, _) = mpsc::channel();
        self.commands = closed;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
#[path = "llama/tests.rs"]
mod tests;
