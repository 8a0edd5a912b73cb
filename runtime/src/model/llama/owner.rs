//! The owner thread: loads, then serves one command after the other until nobody is left to send any.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;

use super::super::template::ChatTemplate;
use super::super::{ModelError, ModelIdentity};
use super::prefix::Store;
use super::session::{Bounds, SEQUENCES, SLICE_TOKENS, Session};
use super::{Command, Event, GPU_BACKENDS, Settings, load};
use airlock_offer::sha256;

/// News while a model is loaded.
pub(super) enum Loading {
    Progress(f32),
    Done(Result<ModelIdentity, ModelError>),
}

/// More layers than any model has.
const GPU_LAYERS_ALL: u32 = 9999;

/// There is one backend in a process, and contexts must not be made in parallel.
static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
static MAKING: Mutex<()> = Mutex::new(());

pub(super) fn run(
    settings: &Settings,
    stopped: &Arc<AtomicBool>,
    loading: &Sender<Loading>,
    commands: &Receiver<Command>,
    busy: &AtomicBool,
) {
    let making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let fail = |error| {
        let _ = loading.send(Loading::Done(Err(error)));
    };
    let backend = match backend() {
        Ok(backend) => backend,
        Err(error) => return fail(error),
    };
    let model = match load_model(backend, settings, stopped, loading) {
        Ok(model) => model,
        Err(error) => return fail(error),
    };
    let (mut session, identity) = match open(backend, &model, settings) {
        Ok(opened) => opened,
        Err(error) => return fail(error),
    };
    drop(making);
    let _ = loading.send(Loading::Done(Ok(identity)));
    for command in commands {
        busy.store(true, Ordering::Relaxed);
        match command {
            Command::Count { prompt, reply } => {
                let _ = reply.send(session.count(&prompt));
            }
            Command::CountText { text, reply } => {
                let _ = reply.send(model.vocab().tokenize(text.as_bytes(), false, false).len());
            }
            Command::Turn(job) => {
                let turn = session.turn(&job);
                let _ = job.events.send(Event::End(turn));
            }
            Command::Warm(job) => {
                let turn = session.warm(&job);
                let _ = job.events.send(Event::End(turn));
            }
        }
        busy.store(false, Ordering::Relaxed);
    }
}

/// The process's backend, with llama.cpp's own log silenced before anything can be logged.
/// Nobody gets by without it, so this is where the processor has to be one that llama.cpp was compiled for.
pub(super) fn backend() -> Result<&'static LlamaBackend, ModelError> {
    super::check_processor()?;
    let made = BACKEND.get_or_init(|| {
        let mut backend = LlamaBackend::init().map_err(|error| error.to_string())?;
        backend.void_logs();
        Ok(backend)
    });
    made.as_ref().map_err(|error| ModelError::Load(error.clone()))
}

fn load_model(
    backend: &LlamaBackend,
    settings: &Settings,
    stopped: &Arc<AtomicBool>,
    loading: &Sender<Loading>,
) -> Result<LlamaModel, ModelError> {
    let stopped = Arc::clone(stopped);
    let seen = Arc::clone(&stopped);
    let news = loading.clone();
    let parameters =
        LlamaModelParams::default().with_n_gpu_layers(gpu_layers(settings)).with_progress_callback(move |part| {
            let _ = news.send(Loading::Progress(part));
            !stopped.load(Ordering::Relaxed)
        });
    LlamaModel::load_from_file(backend, &settings.file, &parameters).map_err(|_| {
        if seen.load(Ordering::Relaxed) {
            return ModelError::Load("the loading was stopped".to_owned());
        }
        refused(&settings.file)
    })
}

/// Layers that a GPU evaluates: as many as were wished for, or all of them.
fn gpu_layers(settings: &Settings) -> u32 {
    let has_gpu = GPU_BACKENDS.iter().any(|(_, there)| *there);
    settings.gpu_layers.unwrap_or(if has_gpu { GPU_LAYERS_ALL } else { 0 })
}

/// llama.cpp says to its own log alone what it has against a file.
pub(super) fn refused(file: &Path) -> ModelError {
    ModelError::Load(format!(
        "llama.cpp refuses {}: the file is cut short or damaged, or of a kind that this build does not know; compare its \
         sha256 with the publisher's",
        file.display()
    ))
}

fn open<'m>(
    backend: &LlamaBackend,
    model: &'m LlamaModel,
    settings: &Settings,
) -> Result<(Session<'m>, ModelIdentity), ModelError> {
    let trained = model.n_ctx_train() as usize;
    if settings.context_tokens > trained {
        return Err(ModelError::Load(format!(
            "it was trained on conversations of {trained} tokens and {} are asked for; give `--context {trained}` or less",
            settings.context_tokens
        )));
    }
    check_memory(model, settings)?;
    let threads = settings.threads.unwrap_or_else(load::threads_default).max(1);
    let count = i32::try_from(threads).map_err(|_| ModelError::Load(format!("{threads} threads are too many")))?;
    let slice = u32::try_from(SLICE_TOKENS).unwrap_or(u32::MAX);
    let all = settings.context_tokens.saturating_mul(SEQUENCES as usize);
    let wanted = u32::try_from(all).ok().and_then(NonZeroU32::new);
    let parameters = LlamaContextParams::default()
        .with_n_ctx(wanted)
        .with_n_seq_max(SEQUENCES)
        .with_kv_unified(false)
        .with_n_batch(slice)
        .with_n_ubatch(slice)
        .with_n_threads(count)
        .with_n_threads_batch(count)
        .with_no_perf(true);
    let context = model.new_context(backend, parameters).map_err(|error| {
        ModelError::Load(format!(
            "no context of {} tokens: {error}; give less with `--context`",
            settings.context_tokens
        ))
    })?;
    let (template, source) = chat_template(model)?;
    let identity = ModelIdentity {
        name: model.meta_val_str("general.name").unwrap_or_else(|_| "unnamed".to_owned()),
        address: None,
        template_sha256: sha256(source.as_bytes()),
        // llama.cpp rounds up; what was asked for is what is promised.
        context_tokens: settings.context_tokens.min((context.n_ctx() / SEQUENCES) as usize),
        slice_tokens: SLICE_TOKENS,
        threads,
        file_sha256: settings.file_sha256.clone(),
        is_constrained: true,
        answers_apart: true,
    };
    let store = settings.prefixes.as_deref().filter(|_| identity.file_sha256.is_some());
    let store = store.map(|directory| {
        Store::new(directory, &identity, context.n_ctx(), gpu_layers(settings)).seeded(settings.seeds.clone())
    });
    let bounds = Bounds { context_tokens: identity.context_tokens, sampling: settings.sampling };
    let session = Session::new(model, context, template, bounds, store)?;
    Ok((session, identity))
}

/// Keys and values of both sequences are allocated at once: 16 bits each.
fn check_memory(model: &LlamaModel, settings: &Settings) -> Result<(), ModelError> {
    let heads = u64::from(model.n_head().max(1));
    let width = u64::try_from(model.n_embd()).unwrap_or(0) / heads * u64::from(model.n_head_kv());
    let tokens = settings.context_tokens as u64 * u64::from(SEQUENCES);
    let needed = 2 * 2 * u64::from(model.n_layer()) * width * tokens;
    match load::memory_available() {
        Some(available) if needed > available => Err(ModelError::Load(format!(
            "a context of {} tokens needs {} MB and {} MB are free; give less with `--context`",
            settings.context_tokens,
            needed >> 20,
            available >> 20
        ))),
        _ => Ok(()),
    }
}

/// The model's own template; plain ChatML where it has none.
fn chat_template(model: &LlamaModel) -> Result<(ChatTemplate, String), ModelError> {
    const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content + \
                          '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}\
                          {% endif %}";
    let source = match model.chat_template(None) {
        Ok(template) => template.to_string().map_err(|_| ModelError::Template("it is not text in UTF-8".to_owned()))?,
        Err(_) => CHATML.to_owned(),
    };
    let vocabulary = model.vocab();
    let text = |token: LlamaToken| {
        if token.0 < 0 {
            return String::new();
        }
        String::from_utf8_lossy(&vocabulary.token_to_piece(token, true, None)).into_owned()
    };
    let template = ChatTemplate::new(&source, &text(vocabulary.bos()), &text(vocabulary.eos()))?;
    Ok((template, source))
}
