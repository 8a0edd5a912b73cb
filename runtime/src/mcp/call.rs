//! Calls of tools: who has allowed them, the person who is asked, signs of life, and clients that give up.

use std::convert::Infallible;
use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientResult, ContentBlock, ElicitRequest,
    ElicitRequestParams, ProgressNotificationParam, ServerRequest,
};
use rmcp::service::PeerRequestOptions;

use super::answer::answered;
use super::confirm::{self, Asked, Said};
use super::{Adapter, Context, identity_meta, is_modern};
use crate::gate::{Approval, Call, Caller, Outcome, RefusalKind};

/// From one sign of life of a call to the next.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

impl Adapter {
    /// Calls a tool, with the approval that it needs.
    pub(super) async fn called(
        &self,
        mut request: CallToolRequestParams,
        context: &Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.take().unwrap_or_default();
        let crossing = self.0.gate.crossing(&request.name, self.2.as_deref());
        let tools_sha256 = self.0.gate.tools_sha256();
        let asked = Asked { tool: &request.name, arguments: &arguments, tools_sha256, crossing: crossing.as_ref() };
        let approval = self.approval(&asked, &request)?;
        let mut outcome = self.call(&asked, approval, context).await?;
        let entry = self.0.gate.tool(asked.tool);
        if let (Some(entry), Err(refusal)) = (entry, &outcome.answer)
            && wants_person(refusal.kind, approval)
            && confirm::can_ask(context.client_capabilities().as_ref())
            && (self.0.asks_while_waiting || is_modern(context))
        {
            // Meanwhile another call may have read more: the person is told of what is so now.
            let crossing = self.0.gate.crossing(asked.tool, self.2.as_deref());
            let asked = Asked { crossing: crossing.as_ref(), ..asked };
            let question = confirm::question(entry, &asked, outcome.request.as_deref().unwrap_or_default());
            if is_modern(context) {
                let question = self.0.confirmations.ask(question, &asked);
                let question = question.map_err(|_| ErrorData::internal_error("no random numbers", None))?;
                return Ok(question.with_meta(identity_meta()).into());
            }
            match self.ask_and_wait(question, &asked, context).await? {
                Approval::None => {}
                said => outcome = self.call(&asked, said, context).await?,
            }
        }
        let mut result = match outcome.answer {
            Ok(pruned) => answered(entry, pruned),
            Err(refusal) if refusal.kind == RefusalKind::UnknownTool => {
                return Err(ErrorData::invalid_params(refusal.text, None));
            }
            Err(refusal) => CallToolResult::error(vec![ContentBlock::text(refusal.text)]),
        };
        if is_modern(context) {
            result.meta = Some(identity_meta());
        }
        Ok(result.into())
    }

    /// Calls a tool, and gives up when the client does.
    async fn call(&self, asked: &Asked<'_>, approval: Approval, context: &Context) -> Result<Outcome, ErrorData> {
        let call = Call::new(asked.tool, asked.arguments.clone(), Caller::Mcp, approval).within(self.2.as_ref());
        let call = Call { principal: Some(self.0.principal.to_string()), ..call };
        tokio::select! {
            // The call first: one that is cancelled before it begins has to leave its record, too.
            biased;
            outcome = self.0.gate.call(call) => Ok(outcome),
            // No answer is sent for a cancelled request; this one is dropped.
            () = context.ct.cancelled() => Err(cancelled()),
            // Never ends.
            never = tell_progress(context) => match never {},
        }
    }

    /// Whether this call was allowed: by the operator, or by a person who was asked before.
    fn approval(&self, asked: &Asked<'_>, request: &CallToolRequestParams) -> Result<Approval, ErrorData> {
        let Some(state) = &request.request_state else { return Ok(self.0.approval) };
        match self.0.confirmations.said(asked, state, request.input_responses.as_ref()) {
            Some(Said::Yes) => Ok(asked.yes()),
            Some(Said::No) => Ok(Approval::Declined),
            Some(Said::Nothing) => Ok(self.0.approval),
            None => {
                let text = "requestState is of another call, too old, or used already; call again without it";
                Err(ErrorData::invalid_params(text, None))
            }
        }
    }

    /// Asks an older client's person while the call waits.
    async fn ask_and_wait(
        &self,
        question: ElicitRequestParams,
        asked: &Asked<'_>,
        context: &Context,
    ) -> Result<Approval, ErrorData> {
        let question = ServerRequest::ElicitRequest(ElicitRequest::new(question));
        let options = PeerRequestOptions::with_timeout(confirm::TIME_MAX);
        let answer = async { context.peer.send_request_with_option(question, options).await?.await_response().await };
        let answer = tokio::select! {
            answer = answer => answer,
            () = context.ct.cancelled() => return Err(cancelled()),
        };
        Ok(match answer {
            Ok(ClientResult::ElicitResult(result)) if confirm::of_result(&result) == Said::Yes => asked.yes(),
            Ok(ClientResult::ElicitResult(_)) => Approval::Declined,
            // Nobody answered, or with something else.
            _ => Approval::None,
        })
    }
}

/// Whether a person could allow what was refused. The operator allows calls that write, and no flow above a clearance.
fn wants_person(refusal: RefusalKind, approval: Approval) -> bool {
    match refusal {
        RefusalKind::Approval => approval == Approval::None,
        RefusalKind::FlowApproval => matches!(approval, Approval::None | Approval::Operator),
        _ => false,
    }
}

/// Tells a client that wants to know how long its call has been running, so that it does not give up: some wait a minute from
/// one sign of life to the next.
async fn tell_progress(context: &Context) -> Infallible {
    let Some(token) = context.meta.get_progress_token() else { return std::future::pending().await };
    let mut seconds = 0.0;
    loop {
        tokio::time::sleep(PROGRESS_EVERY).await;
        seconds += PROGRESS_EVERY.as_secs_f64();
        let progress = ProgressNotificationParam::new(token.clone(), seconds)
            .with_message(format!("{seconds} s, and the upstream has not answered yet"));
        // A client that is gone is noticed by whoever reads from it.
        let _ = context.peer.notify_progress(progress).await;
    }
}

fn cancelled() -> ErrorData {
    ErrorData::internal_error("cancelled", None)
}
