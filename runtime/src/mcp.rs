//! The MCP server: the one file that knows the protocol's SDK, with its transport below `mcp/`.
//!
//! What comes in: lines of JSON-RPC. What goes out: lines of JSON-RPC. Revisions 2025-06-18 and 2025-11-25 open with
//! `initialize`; 2026-07-28 has no opening, and says its version in every request. A tool is never called here: that is
//! the gate's. Whatever a model can act on is a result with `isError`, because clients show protocol errors poorly.

mod door;
mod lines;
pub mod stdio;

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use airlock_offer::Listed;
use rmcp::ErrorData;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest, CustomResult,
    DiscoverResult, ErrorCode, Implementation, ListToolsResult, MetaObject, PaginatedRequestParams, ProtocolVersion,
    ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer, ServerInitializeError};
use rmcp::transport::async_rw::AsyncRwTransport;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::gate::{Approval, Call, Caller, Gate, Pruned, RefusalKind};
use door::Door;
use lines::Lines;

/// The name that hosts put before each tool's name.
const NAME: &str = "airlock";

const VERSIONS: &[ProtocolVersion] =
    &[ProtocolVersion::V_2025_06_18, ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2026_07_28];

/// The tools are linked into the program, so they stay for as long as it runs: a day, in milliseconds.
const TTL_MS: u64 = 86_400_000;

/// Longest instructions that hosts take whole, in bytes.
const INSTRUCTIONS_BYTES_MAX: usize = 2000;

/// Serves one client over this process's own standard input and output, until the input ends.
pub async fn serve_stdio(gate: Arc<Gate>, approval: Approval, stdio: stdio::Stdio) -> io::Result<()> {
    let (read, write) = stdio.open()?;
    serve(gate, approval, read, write).await
}

/// Serves one client over a pair of streams, until the first one ends. Calls in flight are finished.
pub async fn serve<R, W>(gate: Arc<Gate>, approval: Approval, read: R, write: W) -> io::Result<()>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let line_bytes_max = lines::bytes_max(gate.takes_files());
    let inner = AsyncRwTransport::new_server(Lines::new(read, line_bytes_max), write);
    let door = Door::new(inner, gate.time_max(), line_bytes_max);
    let running = match rmcp::serve_server(Adapter::new(gate, approval)?, door).await {
        Ok(running) => running,
        // The input ended before anything but discovery was asked: that is a whole conversation.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(fault) => return Err(io::Error::other(fault.to_string())),
    };
    running.waiting().await.map(drop).map_err(|fault| io::Error::other(fault.to_string()))
}

struct Adapter {
    gate: Arc<Gate>,
    approval: Approval,
    tools: Vec<Tool>,
    instructions: String,
}

impl Adapter {
    fn new(gate: Arc<Gate>, approval: Approval) -> io::Result<Self> {
        let tools = gate.tools().iter().map(|entry| described(&entry.listed)).collect::<Result<_, _>>()?;
        let instructions = instructions(&gate);
        Ok(Self { gate, approval, tools, instructions })
    }
}

impl ServerHandler for Adapter {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(identity())
            .with_instructions(self.instructions.clone())
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(VERSIONS)
    }

    async fn discover(&self, _context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let mut result = DiscoverResult::from_server_info(VERSIONS.to_vec(), self.get_info());
        result.ttl_ms = TTL_MS;
        result.cache_scope = CacheScope::Public;
        Ok(result)
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        if page.is_some_and(|page| page.cursor.is_some()) {
            return Err(ErrorData::invalid_params("Unknown cursor: the list has one page", None));
        }
        let mut result = ListToolsResult::with_all_items(self.tools.clone());
        // Older clients check results against a schema that has none of these.
        if is_modern(&context) {
            result.ttl_ms = Some(TTL_MS);
            result.cache_scope = Some(CacheScope::Public);
            result.meta = Some(identity_meta());
        }
        Ok(result)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let call = Call {
            tool: request.name.into_owned(),
            arguments: request.arguments.unwrap_or_default(),
            caller: Caller::Mcp,
            approval: self.approval,
        };
        let outcome = tokio::select! {
            outcome = self.gate.call(call) => outcome,
            // No answer is sent for a cancelled request; this one is dropped.
            () = context.ct.cancelled() => return Err(ErrorData::internal_error("cancelled", None)),
        };
        let mut result = match outcome.answer {
            Ok(pruned) => answered(pruned),
            Err(refusal) if refusal.kind == RefusalKind::UnknownTool => {
                return Err(ErrorData::invalid_params(refusal.text, None));
            }
            Err(refusal) => CallToolResult::error(vec![ContentBlock::text(refusal.text)]),
        };
        if is_modern(&context) {
            result.meta = Some(identity_meta());
        }
        Ok(result.into())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        // The SDK takes a known method whose parameters do not fit for an unknown one.
        if matches!(request.method.as_str(), "tools/call" | "tools/list" | "server/discover") {
            return Err(ErrorData::invalid_params(format!("Invalid params for {}", request.method), None));
        }
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, "Method not found", None))
    }
}

/// An answer as clients take it. Structured content has to be what the tool's schema says, and clients that check it throw
/// the whole answer away: one that is not goes as text, marked as an error, since documents say less than the truth.
fn answered(pruned: Pruned) -> CallToolResult {
    let Pruned { value, json, rows, misfit } = pruned;
    if let Some(misfit) = misfit {
        let text =
            format!("The answer is not what its document declares ({misfit}). This is what came, pruned:\n{json}");
        return CallToolResult::error(vec![ContentBlock::text(text)]);
    }
    // Clients want an object there, in every revision but the newest.
    let (structured, json) =
        if value.is_object() { (value, json) } else { (json!({"result": value}), format!("{{\"result\":{json}}}")) };
    let mut result = CallToolResult::structured(structured);
    result.content = vec![ContentBlock::text(rows.unwrap_or(json))];
    result
}

/// Whether this request is of a revision without an opening. Revisions are dates, so they compare as text.
fn is_modern(context: &RequestContext<RoleServer>) -> bool {
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

/// An entry of the list in the SDK's words. It is read back from the text that was reviewed, so nothing is said twice.
fn described(listed: &Listed<'_>) -> serde_json::Result<Tool> {
    serde_json::from_str(&listed.text())
}

/// What a model is told about the server as a whole.
fn instructions(gate: &Gate) -> String {
    let mut text =
        "Tools of systems inside this network. Answers are cut down to reviewed fields. A refused call says \
                    what to change."
            .to_owned();
    for catalog in gate.catalogs() {
        let line = format!("\n- {}: {} ({} tools)", catalog.name, catalog.title, catalog.tools.len());
        if text.len() + line.len() > INSTRUCTIONS_BYTES_MAX {
            break;
        }
        text.push_str(&line);
    }
    text
}
