//! From the gate to what the agent works with.

use std::sync::Arc;
use std::time::Duration;

use super::interrupt::Interrupts;
use crate::arguments::suggestion;
use crate::gate::{self, Approval, ArgumentSource, Call, Caller, Gate};
use crate::model::ToolCall;
use crate::model::agent::Tools;
use crate::model::offer::{Offer, OfferedTool};
use crate::untrusted::quoted;

/// The tools of these names in this order, or all of them; each is proven to be constrainable.
pub(super) fn offer(gate: &Gate, names: &[String]) -> Result<Arc<Offer>, String> {
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
    });
    Offer::new(tools.collect()).map(Arc::new).map_err(|fault| fault.to_string())
}

/// Calls through the gate, one after the other.
pub(super) struct GateTools {
    gate: Arc<Gate>,
    runtime: tokio::runtime::Runtime,
    interrupts: Interrupts,
}

impl GateTools {
    pub(super) fn new(gate: Arc<Gate>, runtime: tokio::runtime::Runtime, interrupts: Interrupts) -> Self {
        Self { gate, runtime, interrupts }
    }
}

impl Tools for GateTools {
    fn call(&mut self, call: &ToolCall, sources: Vec<ArgumentSource>, approval: Approval) -> gate::Outcome {
        let (tool, arguments) = (call.tool.clone(), call.arguments.clone());
        let request = Call { tool, arguments, caller: Caller::Model, approval, sources };
        let interrupted = async {
            while !self.interrupts.any() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        self.runtime.block_on(async {
            // Dropping the gate's future closes the connection and writes the audit record.
            tokio::select! {
                outcome = self.gate.call(request) => outcome,
                () = interrupted => gate::Outcome::stopped(),
            }
        })
    }
}
