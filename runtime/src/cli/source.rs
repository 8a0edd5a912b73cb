//! Which model answers, and which tools it is offered.

use std::collections::BTreeSet;
use std::sync::Arc;

use airlock_contract::{Grounding, Tool};
use clap::Args;

use super::chat::Interrupts;
use super::endpoint::EndpointArgs;
use super::{Context, ExitCode, ProfileArg};
use crate::arguments::suggestion;
use crate::gate::Gate;
use crate::isolation::Confinement;
use crate::model::agent::{Agent, FirstMove, Limits};
use crate::model::endpoint::Settings;
use crate::model::offer::{Offer, OfferedTool};
use crate::model::{Model, ModelError, Sampling};
use crate::site::Pin;
use crate::untrusted::quoted;
use crate::upstream::Dialer;

/// Which model answers.
#[derive(Debug, Args)]
#[cfg_attr(feature = "llama", command(group(clap::ArgGroup::new("answers").args(["model", "endpoint"]).required(true))))]
pub(super) struct SourceArgs {
    /// The model: a GGUF file, one of those that the catalogs list
    #[cfg(feature = "llama")]
    #[arg(long, value_name = "FILE.gguf")]
    model: Option<std::path::PathBuf>,
    #[cfg(feature = "llama")]
    #[command(flatten)]
    local: super::local::LocalArgs,
    #[command(flatten)]
    endpoint: EndpointArgs,
    #[command(flatten)]
    context: ContextArg,
    /// 0 takes the likeliest token each time, and gives the same answer each time; up to 2 draws more and more freely
    #[arg(long, value_name = "X", default_value_t = 0.0, value_parser = temperature)]
    temperature: f32,
    /// Where drawing begins: the same seed gives the same answer
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

/// How long a conversation may be.
#[derive(Debug, Args)]
pub(super) struct ContextArg {
    /// Tokens that a conversation may have in all, tools included [default: 8192; with a model server what it says, or 4096 if
    /// it says nothing]
    #[arg(long = "context", value_name = "TOKENS")]
    tokens: Option<usize>,
}

#[cfg(feature = "llama")]
impl ContextArg {
    /// As many as are wished for, or the default of the embedded model.
    pub(super) fn tokens_or_default(&self) -> usize {
        self.tokens.unwrap_or(crate::model::CONTEXT_TOKENS_DEFAULT)
    }
}

fn temperature(text: &str) -> Result<f32, String> {
    let number: f32 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=2.0).contains(&number) { Ok(number) } else { Err("not between 0 and 2".to_owned()) }
}

/// Which model answers, with everything that is read and found out before the process is confined.
pub(super) enum Prepared {
    /// The embedded one.
    #[cfg(feature = "llama")]
    Local(super::local::Prepared),
    /// One behind a model server.
    Endpoint(Box<Settings>),
}

impl Prepared {
    /// What it reads and writes once the process is confined.
    pub(super) fn confinement(&self) -> Confinement {
        match self {
            #[cfg(feature = "llama")]
            Self::Local(prepared) => prepared.confinement.clone(),
            Self::Endpoint(_) => Confinement::default(),
        }
    }

    /// Where it is dialled.
    pub(super) fn pins(&self) -> &[Pin] {
        match self {
            #[cfg(feature = "llama")]
            Self::Local(_) => &[],
            Self::Endpoint(settings) => &settings.pins,
        }
    }
}

impl SourceArgs {
    fn sampling(&self) -> Sampling {
        Sampling { temperature: self.temperature, seed: self.seed }
    }

    /// Finds out what has to be known before the process is confined. A fault is written to `err`.
    pub(super) fn prepare(&self, context: &mut Context<'_>) -> Result<Prepared, ExitCode> {
        #[cfg(feature = "llama")]
        if let Some(file) = &self.model {
            return self.local.prepare(file, context).map(Prepared::Local);
        }
        let settings = self.endpoint.settings(self.context.tokens, self.sampling(), context)?;
        Ok(Prepared::Endpoint(Box::new(settings)))
    }

    /// Makes the model ready. A fault is written to `err`.
    #[cfg_attr(not(feature = "llama"), expect(clippy::unused_self, reason = "the embedded model has arguments here"))]
    pub(super) fn open(
        &self,
        prepared: Prepared,
        dialer: Dialer,
        interrupts: &Interrupts,
        context: &mut Context<'_>,
    ) -> Result<Box<dyn Model>, ExitCode> {
        match prepared {
            #[cfg(feature = "llama")]
            Prepared::Local(prepared) => {
                let Some(file) = &self.model else { return Err(context.fail(ExitCode::Usage, "no model is named")) };
                let tokens = self.context.tokens_or_default();
                let model = self.local.load(file, &prepared, tokens, self.sampling(), interrupts, context)?;
                Ok(Box::new(model))
            }
            Prepared::Endpoint(settings) => {
                let settings = Settings { dialer, ..*settings };
                Ok(Box::new(super::endpoint::open(&settings, interrupts, context)?))
            }
        }
    }
}

/// Which tools it is offered.
#[derive(Debug, Args)]
pub(super) struct OfferArgs {
    #[command(flatten)]
    pub(super) profile: ProfileArg,
    /// Offer exactly these tools, in this order
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    tools: Vec<String>,
    /// Offer so many tools for a question, those that fit its words best, or all with 0 [default: all where they take no more
    /// than half of the context, else 5]
    #[arg(long, value_name = "N", conflicts_with = "tools")]
    tools_max: Option<usize>,
}

/// The arguments of a tool that may hold what nobody has said.
fn ungrounded(tool: &Tool) -> BTreeSet<String> {
    let arguments = tool.request.arguments.iter();
    let free = arguments.filter(|argument| argument.grounding == Grounding::Any);
    free.map(|argument| argument.name.to_owned()).collect()
}

/// Tools that are offered for a question where all of them are too many.
const TOOLS_MAX_DEFAULT: usize = 5;

impl OfferArgs {
    /// The tools of these names in this order, or all of them; each is proven to be constrainable.
    pub(super) fn offer(&self, gate: &Gate) -> Result<Arc<Offer>, String> {
        let names = &self.tools;
        let mut chosen = Vec::new();
        if names.is_empty() {
            chosen.extend(gate.tools());
        }
        for (place, name) in names.iter().map(|name| name.trim()).enumerate() {
            if names[..place].iter().any(|earlier| earlier.trim() == name) {
                return Err(format!("`--tools` names {} twice", quoted(name)));
            }
            let Some(entry) = gate.tool(name) else {
                let known = gate.tools().iter().map(|entry| entry.tool.name);
                return Err(format!("no tool is named {}; {}", quoted(name), suggestion(name, known)));
            };
            chosen.push(entry);
        }
        let tools = chosen.iter().map(|entry| OfferedTool {
            name: entry.tool.name.to_owned(),
            description: entry.tool.description.to_owned(),
            schema: entry.listed.input_schema(),
            effect: entry.tool.effect,
            ungrounded: ungrounded(entry.tool),
        });
        Offer::new(tools.collect()).map(Arc::new).map_err(|fault| fault.to_string())
    }

    /// A conversation about these tools, with as many of them for a question as were wished for or have room.
    pub(super) fn agent(
        &self,
        offer: &Arc<Offer>,
        limits: Limits,
        first_move: FirstMove,
        model: &mut dyn Model,
    ) -> Result<Agent, ModelError> {
        let with = |tools_max| Agent::new(Arc::clone(offer), Limits { tools_max, ..limits }, first_move);
        if let Some(tools_max) = self.tools_max {
            return Ok(with(tools_max));
        }
        let all = with(0);
        let used = all.context_use(model)?;
        let have_room = used.offer <= used.available / 2 || !self.tools.is_empty();
        Ok(if have_room { all } else { with(TOOLS_MAX_DEFAULT) })
    }
}
