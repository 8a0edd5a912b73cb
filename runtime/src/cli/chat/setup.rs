//! From the gate to what the agent works with, and everything that a conversation needs.

use std::sync::Arc;
use std::time::Duration;

use airlock_contract::Above;

use super::super::source::Prepared;
use super::super::{Context, ExitCode, runtime};
use super::arguments::ModelArgs;
use super::interrupt::Interrupts;
use crate::gate::{self, Approval, ArgumentSource, Call, Caller, Gate, Read, Session, Writer};
use crate::isolation::Confinement;
use crate::model::agent::{Agent, Tools};
use crate::model::offer::Offer;
use crate::model::{Model, ToolCall};
use crate::site::Site;

/// Everything that a conversation needs.
pub(super) struct Opened {
    pub(super) agent: Agent,
    pub(super) tools: GateTools,
    pub(super) model: Box<dyn Model>,
    pub(super) interrupts: Interrupts,
}

/// What stands before the process is confined.
pub(super) struct Ready {
    gate: Arc<Gate>,
    pub(super) offer: Arc<Offer>,
    source: Prepared,
    /// What is read and written from now on.
    pub(super) confinement: Confinement,
    site: Site,
}

/// Reads everything that is named on the command line and in the site file. Faults are written to `err`.
pub(super) fn ready(arguments: &ModelArgs, context: &mut Context<'_>) -> Result<Ready, ExitCode> {
    let source = arguments.source.prepare(context)?;
    let (gate, site) = context.open(&arguments.offer.profile, Some(source.pins()))?;
    gate.check_flows().map_err(|fault| context.fail(ExitCode::Usage, &fault.to_string()))?;
    let offer = arguments.offer.offer(&gate).map_err(|fault| context.fail(ExitCode::Usage, &fault))?;
    let confinement = source.confinement();
    Ok(Ready { gate: Arc::new(gate), offer, source, confinement, site })
}

impl Ready {
    /// Confines the process, and then makes the model ready. Faults are written to `err`.
    pub(super) fn open(self, arguments: &ModelArgs, context: &mut Context<'_>) -> Result<Opened, ExitCode> {
        context.confine(&self.confinement, &self.site.isolation)?;
        let interrupts = Interrupts::watch()
            .map_err(|fault| context.fail(ExitCode::Failed, &format!("cannot watch Ctrl-C: {fault}")))?;
        let runtime = runtime().map_err(|fault| context.fail(ExitCode::Failed, &format!("cannot start: {fault}")))?;
        let mut model = arguments.source.open(self.source, self.site.dialer, &interrupts, context)?;
        let agent = arguments
            .offer
            .agent(&self.offer, arguments.limits(), arguments.first_move(), model.as_mut())
            .map_err(|fault| context.fail(ExitCode::Failed, &fault.to_string()))?;
        let identity = model.identity();
        let (name, file_sha256) = (identity.name.clone(), identity.file_sha256.clone());
        let writer = Writer { name, file_sha256, tokens: model.token_count() };
        let session =
            Session::begin().map_err(|fault| context.fail(ExitCode::Failed, &format!("cannot begin: {fault}")))?;
        let gate = self.gate;
        let tools = GateTools { gate, session, turn: 0, runtime, interrupts: interrupts.clone(), writer };
        Ok(Opened { agent, tools, model, interrupts })
    }
}

/// Calls through the gate, one after the other.
pub(super) struct GateTools {
    gate: Arc<Gate>,
    session: Arc<Session>,
    /// Which question of the conversation is asked, from 1.
    turn: u32,
    runtime: tokio::runtime::Runtime,
    interrupts: Interrupts,
    /// The model, for the audit trail.
    writer: Writer,
}

impl GateTools {
    /// The gate itself.
    pub(super) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// The conversation that its calls belong to.
    pub(super) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// The next question is asked.
    pub(super) fn turn(&mut self) {
        self.turn = self.turn.saturating_add(1);
    }

    /// Another conversation begins, which has read so much. What the one before it has read is in no context any more.
    pub(super) fn begin(&mut self, read: Read) -> Result<(), String> {
        self.session = Session::resume(read).map_err(|fault| format!("cannot begin: {fault}"))?;
        self.turn = 0;
        Ok(())
    }

    /// Makes a call of this conversation; Ctrl-C ends it.
    pub(super) fn make(&self, call: Call) -> gate::Outcome {
        let turn = (self.turn > 0).then_some(self.turn);
        let call = Call { turn, ..call.within(Some(&self.session)) };
        let interrupted = async {
            while !self.interrupts.any() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        self.runtime.block_on(async {
            // Dropping the gate's future closes the connection and writes the audit record.
            tokio::select! {
                outcome = self.gate.call(call) => outcome,
                () = interrupted => gate::Outcome::stopped(),
            }
        })
    }
}

impl Tools for GateTools {
    fn call(&mut self, call: &ToolCall, sources: Vec<ArgumentSource>, approval: Approval) -> gate::Outcome {
        let made = Call::new(&call.tool, call.arguments.clone(), Caller::Model, approval);
        self.make(Call { sources, model: Some(self.writer.clone()), ..made })
    }

    fn needs_person(&self, call: &ToolCall) -> bool {
        let crossing = self.gate.crossing(&call.tool, Some(&self.session));
        crossing.is_some_and(|crossing| crossing.above == Above::Asked)
    }
}
