//! The embedded model beside llama.cpp's own loop: start, words, and words under a grammar.
//!
//!     AIRLOCK_MODEL=FILE.gguf cargo bench -p airlock-runtime --bench model
//!
//! One thread, greedy. Tokens are counted by CPU second, which other work on the machine moves less than the clock; what is
//! compared takes turns.

use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use airlock_contract::Effect;
use airlock_offer::ToolList;
use airlock_runtime::model::agent::RULES;
use airlock_runtime::model::grammar::CallGrammar;
use airlock_runtime::model::llama::{Llama, Settings, file_digest};
use airlock_runtime::model::offer::{Offer, OfferedTool};
use airlock_runtime::model::{Flow, Message, Model as _, Piece, Prompt, Usage, Want};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

/// Tokens of rules and tools, at least.
const PREFIX_TOKENS: usize = 1500;
/// Tokens that are written at a time.
const WRITTEN: usize = 128;
const ROUNDS: usize = 5;
const CONTEXT: usize = 4096;

fn main() -> io::Result<()> {
    let file = PathBuf::from(std::env::var_os("AIRLOCK_MODEL").expect("AIRLOCK_MODEL names a model"));
    let mut out = io::stdout().lock();
    start(&file, &mut out)?;
    writing(&file, &mut out)
}

fn settings(file: &Path) -> Settings {
    Settings { threads: Some(1), context_tokens: CONTEXT, ..Settings::of(file.to_owned()) }
}

fn load(settings: &Settings) -> Llama {
    Llama::load(settings, &mut |_| true).expect("it loads")
}

fn prompt(offer: Option<&Arc<Offer>>, calls: Option<CallGrammar>, question: &str) -> Prompt {
    let messages = vec![Message::System(RULES.to_owned()), Message::User(question.to_owned())];
    Prompt { offer: offer.cloned(), calls, messages, is_shared: true }
}

fn turn(model: &mut Llama, prompt: &Prompt, want: Want, tokens_max: usize) -> Usage {
    model.turn(prompt, want, tokens_max, &mut |_| Flow::Continue).expect("it runs").usage
}

/// Tokens that a turn writes, and the CPU seconds from the end of the prompt to the end of the message.
fn write(model: &mut Llama, prompt: &Prompt, want: Want) -> (usize, f64) {
    let mut begun = cpu_seconds();
    let turn = model.turn(prompt, want, WRITTEN, &mut |piece| {
        if matches!(piece, Piece::Prefill { done, total } if done == total) {
            begun = cpu_seconds();
        }
        Flow::Continue
    });
    (turn.expect("it runs").usage.written_tokens, cpu_seconds() - begun)
}

/// The time from a question to the first word, with rules and tools read, and taken from the file.
fn start(file: &Path, out: &mut impl io::Write) -> io::Result<()> {
    let directory = tempfile::tempdir()?;
    let file_sha256 = Some(file_digest(file, &mut |_| {}).expect("it can be read"));
    let kept = Settings { prefixes: Some(directory.path().join("state")), file_sha256, ..settings(file) };
    let offer = offer_of(&mut load(&settings(file)));
    writeln!(out, "| question | tokens of it | of rules and tools | ms to the first word, cold | warm | times |")?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    for question in
        ["Hello!", "How many beds are free on ward W3?", "What was the last blood pressure of patient P0011?"]
    {
        let prompt = prompt(Some(&offer), None, question);
        let cold = turn(&mut load(&settings(file)), &prompt, Want::Text, 1);
        load(&kept).warm(&prompt, &mut |_| Flow::Continue).expect("it is kept");
        let mut taken: Vec<Usage> = (0..ROUNDS).map(|_| turn(&mut load(&kept), &prompt, Want::Text, 1)).collect();
        taken.sort_by_key(|usage| usage.prefill_ms);
        let warm = taken[ROUNDS / 2];
        let (prefix, own) = (warm.reused_tokens, warm.prompt_tokens - warm.reused_tokens);
        let times = cold.prefill_ms / warm.prefill_ms.max(1);
        writeln!(out, "| {question} | {own} | {prefix} | {} | {} | {times} |", cold.prefill_ms, warm.prefill_ms)?;
    }
    Ok(())
}

/// Tools of the clinic, as many as make the prefix long enough.
fn offer_of(model: &mut Llama) -> Arc<Offer> {
    let list = ToolList::of(airlock_generated::PROGRAM.catalogs).text();
    let tools = OfferedTool::of_sent(&list).expect("it is a list");
    for count in 1..tools.len() {
        let offer = Arc::new(Offer::new(tools[..count].to_vec()).expect("they can be constrained"));
        if model.count(&prompt(Some(&offer), None, "")).expect("it counts") >= PREFIX_TOKENS {
            return offer;
        }
    }
    panic!("all tools together take less than {PREFIX_TOKENS} tokens");
}

/// Words and a call of as many tokens, beside the least loop that llama.cpp can be asked in.
fn writing(file: &Path, out: &mut impl io::Write) -> io::Result<()> {
    let mut model = load(&settings(file));
    let talk = "Tell a long story of an old lighthouse, its keeper, and the ships in the night. Tell of each ship.";
    let free = prompt(None, None, talk);
    let text = json!({ "type": "string", "minLength": 900, "maxLength": 4000 });
    let schema = json!({ "type": "object", "properties": { "story": text }, "required": ["story"],
        "additionalProperties": false });
    let tool = OfferedTool {
        name: "tell".to_owned(),
        description: "Tells a story.".to_owned(),
        schema,
        effect: Effect::Read,
        ungrounded: std::collections::BTreeSet::new(),
    };
    let offer = Arc::new(Offer::new(vec![tool]).expect("it can be constrained"));
    let call = prompt(None, Some(offer.grammar().clone()), talk);
    let length = model.count(&free).expect("it counts");
    let mut bare = Bare::load(file, length);
    let mut sums = [(0.0, 0.0); 3];
    for _ in 0..ROUNDS {
        let ways = [bare.write(), write(&mut model, &free, Want::Text), write(&mut model, &call, Want::Call)];
        for ((written, seconds), sum) in ways.into_iter().zip(&mut sums) {
            sum.0 += f64::from(u32::try_from(written).expect("a few"));
            sum.1 += seconds;
        }
    }
    writeln!(out, "\n| {WRITTEN} tokens behind {length} | tokens a CPU second | to the bare loop |")?;
    writeln!(out, "|---|---|---|")?;
    let rate = |sum: (f64, f64)| sum.0 / sum.1;
    for (name, sum) in ["bare loop", "words", "call under a grammar"].iter().zip(sums) {
        writeln!(out, "| {name} | {:.1} | {:.2} |", rate(sum), rate(sum) / rate(sums[0]))?;
    }
    Ok(())
}

/// Decodes and takes the likeliest token, and nothing else. It reads its prompt in the same slices each time, so that what is
/// compared does the same work.
struct Bare {
    context: LlamaContext<'static>,
    prompt: Vec<LlamaToken>,
}

impl Bare {
    fn load(file: &Path, length: usize) -> Self {
        // The backend is the process's own already; a second one is refused, and not needed.
        let backend: &'static LlamaBackend = Box::leak(Box::new(LlamaBackend {}));
        let parameters = LlamaModelParams::default().with_n_gpu_layers(0);
        let model = LlamaModel::load_from_file(backend, file, &parameters).expect("it loads");
        let model: &'static LlamaModel = Box::leak(Box::new(model));
        let parameters = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(u32::try_from(CONTEXT).expect("small")))
            .with_n_batch(64)
            .with_n_ubatch(64)
            .with_n_threads(1)
            .with_n_threads_batch(1)
            .with_no_perf(true);
        let context = model.new_context(backend, parameters).expect("a context");
        let mut prompt =
            model.vocab().tokenize("The lighthouse stood on its rock. ".repeat(100).as_bytes(), false, false);
        prompt.truncate(length);
        Self { context, prompt }
    }

    /// See [`write`].
    fn write(&mut self) -> (usize, f64) {
        self.context.clear_kv_cache();
        let mut batch = LlamaBatch::new(64, 1);
        let mut length = 0;
        let mut evaluate = |context: &mut LlamaContext<'static>, tokens: &[LlamaToken]| {
            batch.clear();
            for (place, token) in tokens.iter().enumerate() {
                let position = i32::try_from(length + place).expect("small");
                batch.add(*token, position, &[0], place + 1 == tokens.len()).expect("it fits");
            }
            context.decode(&mut batch).expect("it decodes");
            length += tokens.len();
        };
        for slice in self.prompt.chunks(64) {
            evaluate(&mut self.context, slice);
        }
        let begun = cpu_seconds();
        for _ in 0..WRITTEN {
            let logits = self.context.get_logits_ith(-1);
            let mut best = (0, f32::NEG_INFINITY);
            for (place, &logit) in logits.iter().enumerate() {
                if logit > best.1 {
                    best = (place, logit);
                }
            }
            evaluate(&mut self.context, &[LlamaToken::new(i32::try_from(best.0).expect("a token"))]);
        }
        (WRITTEN, cpu_seconds() - begun)
    }
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "a bench runs for minutes")]
    let seconds = time.tv_sec as f64 + time.tv_nsec as f64 / 1e9;
    seconds
}
