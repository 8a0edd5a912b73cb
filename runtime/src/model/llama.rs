//! llama.cpp behind one thread.
//!
//! The thread owns backend, model and context; everyone else holds a [`Llama`], which is a channel to it. llama.cpp
//! aborts the process on misuse that safe Rust allows: its samplers are not used at all, logits are read only where the
//! last token of a batch asked for them, and no batch is longer than the context was made for.

mod inspect;
mod load;
mod owner;
mod prefix;
mod processor;
mod sample;
mod seed;
mod session;
mod tokens;
mod vocabulary;
mod write;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use super::{
    CONTEXT_TOKENS_DEFAULT, Flow, Model, ModelError, ModelIdentity, Outcome, Piece, PrefixNews, Prompt, Sampling, Turn,
    Usage, Want,
};

use crate::gate::TokenCount;
pub use inspect::{Inspection, Template};
pub(crate) use load::check_file;
pub use load::{file_digest, quiet_crashes, threads_default};
pub(crate) use prefix::create_private;
pub(crate) use processor::check_processor;
pub use seed::Seeds;
pub use session::SEQUENCES;
pub use tokens::TokenCounter;

/// How a model is loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The GGUF file.
    pub file: PathBuf,
    /// Its SHA-256, as [`file_digest`] gives it; none where nobody asks for it, and then no prefix is kept.
    pub file_sha256: Option<String>,
    /// Threads that evaluate; none for [`threads_default`].
    pub threads: Option<usize>,
    /// Tokens that a conversation may have in all.
    pub context_tokens: usize,
    /// Layers that a GPU evaluates; none for all of them, where this program was built for one.
    pub gpu_layers: Option<u32>,
    /// How the next token is chosen.
    pub sampling: Sampling,
    /// The directory where what every conversation begins with is kept as it was read; none to keep nothing.
    pub prefixes: Option<PathBuf>,
    /// Such files that the model's release brings along, for what that directory does not have.
    pub seeds: Option<Seeds>,
}

impl Settings {
    /// A file, and no wishes.
    pub fn of(file: PathBuf) -> Self {
        Self {
            file,
            file_sha256: None,
            threads: None,
            context_tokens: CONTEXT_TOKENS_DEFAULT,
            gpu_layers: None,
            sampling: Sampling::default(),
            prefixes: None,
            seeds: None,
        }
    }
}

/// What this program can evaluate with beside the processor.
pub const GPU_BACKENDS: [(&str, bool); 3] =
    [("cuda", cfg!(feature = "cuda")), ("vulkan", cfg!(feature = "vulkan")), ("metal", cfg!(feature = "metal"))];

/// A loaded model.
pub struct Llama {
    identity: ModelIdentity,
    /// Whether the thread is at work.
    busy: Arc<AtomicBool>,
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
    Count {
        prompt: Prompt,
        reply: Sender<Result<usize, ModelError>>,
    },
    CountText {
        text: String,
        reply: Sender<usize>,
    },
    Turn(Job),
    /// A turn that ends when rules and tools are read.
    Warm(Job),
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
    Prefix(PrefixNews),
    Text(String),
    End(Result<Turn, ModelError>),
}

/// How often a waiting caller gets a [`Piece::Tick`].
const TICK: Duration = Duration::from_millis(20);

impl Llama {
    /// Loads a model. `progress` is told how much is loaded, from 0 to 1; false ends the loading.
    pub fn load(settings: &Settings, progress: &mut dyn FnMut(f32) -> bool) -> Result<Self, ModelError> {
        check_processor()?;
        load::check_settings(settings)?;
        let (commands, inbox) = mpsc::channel();
        let (loading, loaded) = mpsc::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let owned = settings.clone();
        let stopped = Arc::clone(&stop);
        let busy = Arc::new(AtomicBool::new(false));
        let is_busy = Arc::clone(&busy);
        let thread = std::thread::Builder::new()
            .name("model".to_owned())
            .spawn(move || owner::run(&owned, &stopped, &loading, &inbox, &is_busy))
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
        Ok(Self { identity, busy, commands, thread: Some(thread) })
    }

    /// Reads what every conversation with these rules and tools begins with, and keeps it. What is there already is looked at
    /// and taken. The turn's outcome is [`Outcome::Text`] without words, or [`Outcome::Cancelled`].
    ///
    /// # Errors
    /// See [`Model::turn`].
    pub fn warm(&mut self, prompt: &Prompt, out: &mut dyn FnMut(Piece<'_>) -> Flow) -> Result<Turn, ModelError> {
        self.run(Command::Warm, prompt, Want::Text, 0, out)
    }

    fn run(
        &self,
        command: fn(Job) -> Command,
        prompt: &Prompt,
        want: Want,
        tokens_max: usize,
        out: &mut dyn FnMut(Piece<'_>) -> Flow,
    ) -> Result<Turn, ModelError> {
        let (events, news) = mpsc::channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        let job = Job { prompt: prompt.clone(), want, tokens_max, cancelled: Arc::clone(&cancelled), events };
        self.commands.send(command(job)).map_err(|_| ModelError::Gone)?;
        follow(&news, &cancelled, out)
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

    fn token_count(&self) -> Option<TokenCount> {
        let commands = self.commands.clone();
        Some(TokenCount(Arc::new(move |text| {
            let (reply, answer) = mpsc::channel();
            commands.send(Command::CountText { text: text.to_owned(), reply }).ok()?;
            answer.recv().ok()
        })))
    }

    fn turn(
        &mut self,
        prompt: &Prompt,
        want: Want,
        tokens_max: usize,
        out: &mut dyn FnMut(Piece<'_>) -> Flow,
    ) -> Result<Turn, ModelError> {
        self.run(Command::Turn, prompt, want, tokens_max, out)
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
            Ok(Event::Prefix(news)) => out(Piece::Prefix(&news)),
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
        // Closing the channel ends the thread; waiting for it keeps llama.cpp from being torn down under it. A turn that was
        // stopped is not waited for: its slice may take a second, and a person wants to leave.
        let (closed, _) = mpsc::channel();
        self.commands = closed;
        if self.busy.load(Ordering::Relaxed) {
            super::leave::leave_behind();
        } else if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
#[path = "llama/tests.rs"]
mod tests;
