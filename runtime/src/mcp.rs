//! The MCP server: the one file that knows the protocol's SDK, with its transport below `mcp/`.
//!
//! What comes in: lines of JSON-RPC. What goes out: lines of JSON-RPC. Revisions 2025-06-18 and 2025-11-25 open with
//! `initialize`; 2026-07-28 has no opening, and says its version in every request. A tool is never called here: that is
//! the gate's. Whatever a model can act on is a result with `isError`, because clients show protocol errors poorly.

mod answer;
mod confirm;
mod door;
mod frame;
#[cfg(feature = "http")]
pub mod http;
mod lines;
mod prompts;
mod resources;
pub mod socket;
pub mod stdio;
mod wire;

use std::borrow::Cow;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
#[cfg(feature = "http")]
use std::sync::OnceLock;
use std::time::Duration;

use rmcp::ErrorData;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ClientResult, CompleteRequestParams,
    CompleteResult, ContentBlock, CustomRequest, CustomResult, DiscoverResult, ElicitRequest, ElicitRequestParams,
    ErrorCode, GetPromptRequestMethod, GetPromptRequestParams, GetPromptResponse, Implementation,
    ListPromptsRequestMethod, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    MetaObject, PaginatedRequestParams, ProgressNotificationParam, PromptsCapability, ProtocolVersion,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig, ServerRequest,
};
use rmcp::service::{PeerRequestOptions, RequestContext, RoleServer, ServerInitializeError};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::gate::{Approval, Call, Caller, Gate, Outcome, RefusalKind};
use crate::site::Secret;
use answer::answered;
use confirm::{Asked, Confirmations, Said};
use door::Door;
use lines::Lines;
use wire::Wire;

/// The name that hosts put before each tool's name.
const NAME: &str = "airlock";

const VERSIONS: &[ProtocolVersion] =
    &[ProtocolVersion::V_2025_06_18, ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2026_07_28];

/// The tools are linked into the program, so they stay for as long as it runs: a day, in milliseconds.
const TTL_MS: u64 = 86_400_000;

/// Methods whose parameters the SDK reads before it calls us.
const WITH_PARAMS: &[&str] = &[
    "server/discover",
    "tools/list",
    "tools/call",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "prompts/list",
    "prompts/get",
    "completion/complete",
];

/// From one sign of life of a call to the next.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

/// At the end, on top of the longest call: for its answer to be written.
const GRACE: Duration = Duration::from_secs(2);

/// Longest instructions that hosts take whole, in bytes.
const INSTRUCTIONS_BYTES_MAX: usize = 2000;

/// What every connection of one process shares.
#[derive(Clone, Debug)]
pub struct Server {
    gate: Arc<Gate>,
    approval: Approval,
    confirmations: Arc<Confirmations>,
    /// The list of tools as it is sent.
    list: Arc<str>,
    /// The same in the SDK's words, for those who cannot be sent a text.
    #[cfg(feature = "http")]
    tools: Arc<OnceLock<Option<Vec<rmcp::model::Tool>>>>,
    instructions: Arc<str>,
    /// Whether a client can be asked while its call waits: over HTTP there is no way back.
    asks_while_waiting: bool,
}

impl Server {
    /// A server of these tools. With `approval` the operator allows calls that write; else a person is asked, where the client
    /// can ask one.
    pub fn new(gate: Arc<Gate>, approval: Approval) -> io::Result<Self> {
        let list = airlock_offer::sent(gate.listed()).into();
        let instructions = instructions(&gate).into();
        let confirmations = Arc::new(Confirmations::new()?);
        Ok(Self {
            gate,
            approval,
            confirmations,
            list,
            #[cfg(feature = "http")]
            tools: Arc::default(),
            instructions,
            asks_while_waiting: true,
        })
    }

    /// With a key that other processes have, too, so that a person may answer to one what another has asked. It is 32 bytes
    /// long, or longer.
    pub fn with_state_key(mut self, key: &Secret) -> io::Result<Self> {
        self.confirmations = Arc::new(Confirmations::with_key(key.expose().as_bytes().to_vec())?);
        Ok(self)
    }

    /// The list in the SDK's words. It is read back from the text that was reviewed, so nothing is said twice.
    #[cfg(feature = "http")]
    fn tools(&self) -> Result<&[rmcp::model::Tool], ErrorData> {
        let tools = self.tools.get_or_init(|| serde_json::from_str(&self.list).ok()).as_deref();
        tools.ok_or_else(|| ErrorData::internal_error("the list of tools cannot be read back", None))
    }

    /// Serves one client over this process's own standard input and output, until the input ends.
    pub async fn serve_stdio(&self, stdio: stdio::Stdio) -> io::Result<()> {
        let (read, write) = stdio.open()?;
        self.serve(read, write).await
    }

    /// Serves one client over a pair of streams, until the first one ends. Calls in flight are finished.
    pub async fn serve<R, W>(&self, read: R, write: W) -> io::Result<()>
    where
        R: AsyncRead + Send + Unpin + 'static,
        W: AsyncWrite + Send + Unpin + 'static,
    {
        let line_bytes_max = lines::bytes_max(self.gate.takes_files());
        let inner = Wire::new(Lines::new(read, line_bytes_max), write, Arc::clone(&self.list));
        let door = Door::new(inner, self.gate.time_max(), line_bytes_max);
        let running = match rmcp::serve_server(Adapter(self.clone(), Listing::Text), door).await {
            Ok(running) => running,
            // The input ended before anything but discovery was asked: that is a whole conversation.
            Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(fault) => return Err(io::Error::other(fault.to_string())),
        };
        running.waiting().await.map(drop).map_err(|fault| io::Error::other(fault.to_string()))
    }
}

/// What a request brings along.
type Context = RequestContext<RoleServer>;

/// What the SDK drives: a server, as one client sees it.
struct Adapter(Server, Listing);

/// How the list of tools gets to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listing {
    /// The transport puts its text into an empty list.
    Text,
    /// The SDK writes it.
    #[cfg(feature = "http")]
    Values,
}

impl Adapter {
    /// Calls a tool, and gives up when the client does.
    async fn call(&self, asked: &Asked<'_>, approval: Approval, context: &Context) -> Result<Outcome, ErrorData> {
        let (tool, arguments) = (asked.tool.to_owned(), asked.arguments.clone());
        let call = Call { tool, arguments, caller: Caller::Mcp, approval };
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
            Some(Said::Yes) => Ok(Approval::Person),
            Some(Said::No) => Ok(Approval::Declined),
            Some(Said::Nothing) => Ok(self.0.approval),
            None => {
                let text = "requestState is of another call, too old, or used already; call again without it";
                Err(ErrorData::invalid_params(text, None))
            }
        }
    }

    /// Asks an older client's person while the call waits.
    async fn ask_and_wait(&self, question: ElicitRequestParams, context: &Context) -> Result<Approval, ErrorData> {
        let question = ServerRequest::ElicitRequest(ElicitRequest::new(question));
        let options = PeerRequestOptions::with_timeout(confirm::TIME_MAX);
        let answer = async { context.peer.send_request_with_option(question, options).await?.await_response().await };
        let answer = tokio::select! {
            answer = answer => answer,
            () = context.ct.cancelled() => return Err(cancelled()),
        };
        Ok(match answer {
            Ok(ClientResult::ElicitResult(result)) if confirm::of_result(&result) == Said::Yes => Approval::Person,
            Ok(ClientResult::ElicitResult(_)) => Approval::Declined,
            // Nobody answered, or with something else.
            _ => Approval::None,
        })
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

/// Sets what a result of the newest revision has besides. Older clients check results against a schema that has none of it.
macro_rules! if_modern {
    ($result:ident, $context:expr, cached) => {
        if is_modern($context) {
            $result.ttl_ms = Some(TTL_MS);
            $result.cache_scope = Some(CacheScope::Public);
            $result.meta = Some(identity_meta());
        }
    };
    ($result:ident, $context:expr) => {
        if is_modern($context) {
            $result.meta = Some(identity_meta());
        }
    };
}

/// Every list has one page, so no cursor was handed out.
fn no_cursor(page: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match page.and_then(|page| page.cursor) {
        Some(_) => Err(ErrorData::invalid_params("Unknown cursor: the list has one page", None)),
        None => Ok(()),
    }
}

fn cancelled() -> ErrorData {
    ErrorData::internal_error("cancelled", None)
}

impl ServerHandler for Adapter {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_resources().enable_completions();
        let mut capabilities = capabilities.build();
        if !self.0.gate.prompts().is_empty() {
            capabilities.prompts = Some(PromptsCapability::default());
        }
        ServerConfig::new(capabilities).with_server_info(identity()).with_instructions(self.0.instructions.to_string())
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(VERSIONS)
    }

    async fn discover(&self, _context: Context) -> Result<DiscoverResult, ErrorData> {
        let mut result = DiscoverResult::from_server_info(VERSIONS.to_vec(), self.get_info());
        result.ttl_ms = TTL_MS;
        result.cache_scope = CacheScope::Public;
        Ok(result)
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        no_cursor(page)?;
        let mut result = ListToolsResult::with_all_items(match self.1 {
            Listing::Text => Vec::new(),
            #[cfg(feature = "http")]
            Listing::Values => self.0.tools()?.to_vec(),
        });
        if_modern!(result, &context, cached);
        Ok(result)
    }

    async fn list_resources(
        &self,
        page: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        no_cursor(page)?;
        let mut result = resources::list(&self.0.gate);
        if_modern!(result, &context, cached);
        Ok(result)
    }

    async fn list_resource_templates(
        &self,
        page: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        no_cursor(page)?;
        let mut result = resources::templates();
        if_modern!(result, &context, cached);
        Ok(result)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let mut result = resources::read(&self.0.gate, &request.uri)?;
        if_modern!(result, &context, cached);
        Ok(result.into())
    }

    async fn list_prompts(
        &self,
        page: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        let mut result = prompts::list(&self.0.gate);
        if result.prompts.is_empty() {
            return Err(ErrorData::method_not_found::<ListPromptsRequestMethod>());
        }
        no_cursor(page)?;
        if_modern!(result, &context, cached);
        Ok(result)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        if self.0.gate.prompts().is_empty() {
            return Err(ErrorData::method_not_found::<GetPromptRequestMethod>());
        }
        let mut result = prompts::get(&self.0.gate, &request)?;
        if_modern!(result, &context);
        Ok(result.into())
    }

    async fn complete(&self, request: CompleteRequestParams, context: Context) -> Result<CompleteResult, ErrorData> {
        let mut result = prompts::complete(&self.0.gate, &request)?;
        if_modern!(result, &context);
        Ok(result)
    }

    async fn call_tool(
        &self,
        mut request: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.take().unwrap_or_default();
        let asked = Asked { tool: &request.name, arguments: &arguments, tools_sha256: self.0.gate.tools_sha256() };
        let approval = self.approval(&asked, &request)?;
        let mut outcome = self.call(&asked, approval, &context).await?;
        let entry = self.0.gate.tool(asked.tool);
        if let (Some(entry), Err(refusal)) = (entry, &outcome.answer)
            && refusal.kind == RefusalKind::Approval
            && approval == Approval::None
            && confirm::can_ask(context.client_capabilities().as_ref())
            && (self.0.asks_while_waiting || is_modern(&context))
        {
            let question = confirm::question(entry, &asked, outcome.request.as_deref().unwrap_or_default());
            if is_modern(&context) {
                let question = self.0.confirmations.ask(question, &asked);
                let question = question.map_err(|_| ErrorData::internal_error("no random numbers", None))?;
                return Ok(question.with_meta(identity_meta()).into());
            }
            match self.ask_and_wait(question, &context).await? {
                Approval::None => {}
                said => outcome = self.call(&asked, said, &context).await?,
            }
        }
        let mut result = match outcome.answer {
            Ok(pruned) => answered(entry, pruned),
            Err(refusal) if refusal.kind == RefusalKind::UnknownTool => {
                return Err(ErrorData::invalid_params(refusal.text, None));
            }
            Err(refusal) => CallToolResult::error(vec![ContentBlock::text(refusal.text)]),
        };
        if_modern!(result, &context);
        Ok(result.into())
    }

    async fn on_custom_request(&self, request: CustomRequest, _context: Context) -> Result<CustomResult, ErrorData> {
        // The SDK takes a known method whose parameters do not fit for an unknown one.
        if WITH_PARAMS.contains(&request.method.as_str()) {
            return Err(ErrorData::invalid_params(format!("Invalid params for {}", request.method), None));
        }
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, "Method not found", None))
    }
}

/// Whether this request is of a revision without an opening. Revisions are dates, so they compare as text.
fn is_modern(context: &Context) -> bool {
    context.protocol_version().is_some_and(|version| !version.has_initialize())
}

fn identity() -> Implementation {
    Implementation::new(NAME, env!("CARGO_PKG_VERSION"))
}

fn identity_meta() -> MetaObject {
    let mut meta = MetaObject::new();
    let identity = json!({"name": NAME, "version": env!("CARGO_PKG_VERSION")});
    meta.0.insert("io.modelcontextprotocol/serverInfo".to_owned(), identity);
    meta
}

/// What a model is told about the server as a whole.
fn instructions(gate: &Gate) -> String {
    let mut text =
        "Tools of systems inside this network. Answers are cut down to reviewed fields. A refused call says \
                    what to change."
            .to_owned();
    for catalog in gate.catalogs() {
        let tools = gate.tools().iter().filter(|entry| entry.catalog.name == catalog.name).count();
        if tools == 0 {
            continue;
        }
        let line = format!("\n- {}: {} ({tools} tools)", catalog.name, catalog.title);
        if text.len() + line.len() > INSTRUCTIONS_BYTES_MAX {
            break;
        }
        text.push_str(&line);
    }
    text
}
