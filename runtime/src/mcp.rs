//! The MCP server: the one file that knows the protocol's SDK, with its transport below `mcp/`.
//!
//! What comes in: lines of JSON-RPC. What goes out: lines of JSON-RPC. Revisions 2025-06-18 and 2025-11-25 open with
//! `initialize`; 2026-07-28 has no opening, and says its version in every request. A tool is never called here: that is
//! the gate's. Whatever a model can act on is a result with `isError`, because clients show protocol errors poorly.

mod answer;
mod call;
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
use std::io;
use std::sync::Arc;
#[cfg(feature = "http")]
use std::sync::OnceLock;
use std::time::Duration;

use airlock_offer::Sent;
use rmcp::ErrorData;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult, CustomRequest,
    CustomResult, DiscoverResult, ErrorCode, GetPromptRequestMethod, GetPromptRequestParams, GetPromptResponse,
    Implementation, ListPromptsRequestMethod, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, MetaObject, PaginatedRequestParams, PromptsCapability, ProtocolVersion, ReadResourceRequestParams,
    ReadResourceResponse, ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer, ServerInitializeError};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::gate::{Approval, Call, Gate, Session};
use crate::site::Secret;
use confirm::Confirmations;
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
    list: Arc<Sent>,
    /// The same in the SDK's words, for those who cannot be sent a text.
    #[cfg(feature = "http")]
    tools: Arc<OnceLock<Option<Vec<rmcp::model::Tool>>>>,
    instructions: Arc<str>,
    /// Whether a client can be asked while its call waits: over HTTP there is no way back.
    asks_while_waiting: bool,
    /// Who its clients are, for the audit trail.
    principal: Arc<str>,
}

impl Server {
    /// A server of these tools. With `approval` the operator allows calls that write; else a person is asked, where the client
    /// can ask one.
    pub fn new(gate: Arc<Gate>, approval: Approval) -> io::Result<Self> {
        let list = Arc::new(gate.sent());
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
            principal: Call::of_user(rustix::process::getuid().as_raw()).into(),
        })
    }

    /// With a key that other processes have, too, so that a person may answer to one what another has asked. It is 32 bytes
    /// long, or longer.
    pub fn with_state_key(mut self, key: &Secret) -> io::Result<Self> {
        self.confirmations = Arc::new(Confirmations::with_key(key.expose().as_bytes().to_vec())?);
        Ok(self)
    }

    /// For clients of this user of the machine.
    fn of_user(&self, uid: u32) -> Self {
        Self { principal: Call::of_user(uid).into(), ..self.clone() }
    }

    /// Ends when no call can be made any more, since whoever writes the audit trail has ended. Only who asks first is told.
    pub async fn audit_gone(&self) -> io::Result<()> {
        self.gate.audit_gone().await;
        Err(io::Error::other("the keeper of the audit file has ended, and without it no call is made"))
    }

    /// The list in the SDK's words. It is read back from the text that was reviewed, so nothing is said twice.
    #[cfg(feature = "http")]
    fn tools(&self) -> Result<&[rmcp::model::Tool], ErrorData> {
        let tools = self.tools.get_or_init(|| serde_json::from_str(&self.list.text()).ok()).as_deref();
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
        // Whoever is behind one connection may have read all that went over it.
        let session = Session::begin()?;
        let adapter = Adapter(self.clone(), Listing::Text, Some(session));
        // What the SDK keeps meanwhile is large, and does not have to stand in every caller's future.
        let running = match Box::pin(rmcp::serve_server(adapter, door)).await {
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

/// What the SDK drives: a server, as one client sees it, and what that client has read; over HTTP nothing is remembered.
struct Adapter(Server, Listing, Option<Arc<Session>>);

/// How the list of tools gets to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listing {
    /// The transport puts its text into an empty list.
    Text,
    /// The SDK writes it.
    #[cfg(feature = "http")]
    Values,
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

    async fn call_tool(&self, request: CallToolRequestParams, context: Context) -> Result<CallToolResponse, ErrorData> {
        self.called(request, &context).await
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
