//! A server with every name that the official suite asks for, on this program's own transport. What it says is data
//! (`tests/conformance/fixture.json`); what it does besides is here.
//!
//! A tool may report `progress` or `logs` on its way, have `needs` of a client, ask an older client's user while its call waits
//! (`asks`), or a newer one's in `rounds`, each of them answered by a call of its own. `{name}` in a text is an argument, or a
//! field of what the user said; `{answer}` is all of that.

#![expect(deprecated, reason = "the suite asks for logging, which clients of older revisions have")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rmcp::ErrorData;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ClientCapabilities, CompleteRequestParams, CompleteResult, CompletionInfo,
    DiscoverResult, GetPromptRequestParams, GetPromptResponse, GetPromptResult, Implementation, InputRequest,
    InputRequiredResult, InputResponses, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, LoggingLevel, LoggingMessageNotification, LoggingMessageNotificationParam, PaginatedRequestParams,
    ProgressNotificationParam, ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult,
    RequestStateCodec, SealOptions, ServerCapabilities, ServerConfig, ServerRequest, SetLevelRequestParams,
    SubscribeRequestParams, UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, RoleServer};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

const VERSIONS: &[ProtocolVersion] = &[ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2026_07_28];

/// From one message of a tool on its way to the next.
const PAUSE: Duration = Duration::from_millis(50);

type Context = RequestContext<RoleServer>;
type Values = BTreeMap<String, String>;

#[derive(Clone)]
pub(super) struct Fixture {
    data: Arc<Value>,
    codec: Arc<RequestStateCodec>,
}

impl Fixture {
    pub(super) fn new() -> Self {
        let data = serde_json::from_str(include_str!("../../conformance/fixture.json")).expect("is JSON");
        Self { data: Arc::new(data), codec: Arc::new(RequestStateCodec::try_new(vec![7; 32]).expect("is long enough")) }
    }

    /// A member of one of the lists.
    fn find(&self, list: &str, key: &str, name: &str) -> Result<&Value, ErrorData> {
        let entries = self.data[list].as_array().expect("is a list");
        let found = entries.iter().find(|entry| entry[key] == name);
        found.ok_or_else(|| ErrorData::invalid_params(format!("unknown: {name}"), Some(json!({key: name}))))
    }

    /// A list in the protocol's words: what the fixture alone reads is left out.
    fn list<R: DeserializeOwned>(&self, list: &str, name: &str) -> R {
        let mut entries = self.data[list].clone();
        for entry in entries.as_array_mut().expect("is a list") {
            let entry = entry.as_object_mut().expect("is an object");
            let own = ["result", "rounds", "sealed", "asks", "logs", "progress", "needs", "contents"];
            entry.retain(|key, _| !own.contains(&key.as_str()));
            entry.entry("description").or_insert_with(|| json!("Stands in for what the suite asks for."));
            if list == "tools" {
                entry.entry("inputSchema").or_insert_with(|| json!({"type": "object"}));
            }
        }
        result(json!({name: entries, "ttlMs": 1000, "cacheScope": "public"}))
    }

    /// What is still to be asked before an entry gives its result; what was said goes into `values`.
    fn unasked(
        &self,
        entry: &Value,
        context: &Context,
        state: Option<&String>,
        responses: Option<&InputResponses>,
        values: &mut Values,
    ) -> Result<Option<InputRequiredResult>, ErrorData> {
        let Some(rounds) = entry["rounds"].as_array() else { return Ok(None) };
        let name = entry["name"].as_str().unwrap_or_default();
        let round = match state.filter(|_| entry["sealed"] == true) {
            Some(state) => {
                let opened = self.codec.open_with(state, name.as_bytes());
                let opened = opened.map_err(|_| ErrorData::invalid_params("requestState is not from here", None))?;
                usize::from(opened[0])
            }
            None => 0,
        };
        let can = capabilities(context);
        let asked = |round: usize| {
            let requests = rounds[round].as_object().expect("is an object").iter();
            requests
                .map(|(key, what)| (key.clone(), request(what.as_str().expect("is a text"))))
                .filter(|(_, request)| is_able(&can, request["method"].as_str().unwrap_or_default()))
                .collect::<Vec<_>>()
        };
        let answers = responses.cloned().unwrap_or_default();
        let requests = asked(round);
        let all = requests.iter().all(|(key, _)| answers.get(key).is_some_and(Value::is_object));
        if all {
            keep(values, &answers);
        }
        let next = round + usize::from(all);
        if next == rounds.len() {
            return Ok(None);
        }
        let requests = asked(next).into_iter().map(|(key, request)| (key, read::<InputRequest>(request))).collect();
        let options = SealOptions::new().associated_data(name.as_bytes());
        let number = u8::try_from(next).expect("few rounds");
        let state = (entry["sealed"] == true).then(|| self.codec.seal_with(&[number], &options));
        Ok(Some(InputRequiredResult::new(Some(requests), state)))
    }

    /// What a tool does on its way.
    async fn act(&self, tool: &Value, context: &Context, values: &mut Values) -> Result<(), ErrorData> {
        if let Value::Object(needs) = &tool["needs"] {
            let has = capabilities(context);
            if needs.keys().any(|need| has.get(need).is_none()) {
                return Err(ErrorData::missing_required_client_capability(read::<ClientCapabilities>(
                    tool["needs"].clone(),
                )));
            }
        }
        for progress in tool["progress"].as_array().into_iter().flatten() {
            if let Some(token) = context.meta.get_progress_token() {
                let told =
                    ProgressNotificationParam::new(token, progress.as_f64().unwrap_or_default()).with_total(100.0);
                context.peer.notify_progress(told).await.map_err(failed)?;
            }
            tokio::time::sleep(PAUSE).await;
        }
        // Newer clients say in each request whether they want any.
        let wants = !is_modern(context) || context.meta.log_level().is_some();
        for text in tool["logs"].as_array().into_iter().flatten().filter(|_| wants) {
            let told = LoggingMessageNotificationParam::new(LoggingLevel::Info, text.clone());
            context.peer.send_notification(LoggingMessageNotification::new(told).into()).await.map_err(failed)?;
            tokio::time::sleep(PAUSE).await;
        }
        if tool["asks"].is_object() {
            let request: ServerRequest = read(filled(&tool["asks"], values));
            let answer = context.peer.send_request(request).await.map_err(failed)?;
            values.insert("answer".to_owned(), serde_json::to_string(&answer).expect("is JSON"));
        }
        Ok(())
    }

    /// The values that stand for themselves, and the caller's.
    fn values(&self, arguments: Option<&Map<String, Value>>) -> Values {
        let own = ["png", "wav"].map(|name| (name.to_owned(), self.data[name].as_str().expect("is a text").to_owned()));
        let texts = arguments
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        own.into_iter().chain(texts).collect()
    }
}

fn failed(fault: impl std::fmt::Display) -> ErrorData {
    ErrorData::internal_error(fault.to_string(), None)
}

fn read<T: DeserializeOwned>(value: Value) -> T {
    T::deserialize(value).expect("is of this type")
}

/// A result in the protocol's words; the SDK takes its type away again for older clients.
fn result<T: DeserializeOwned>(mut value: Value) -> T {
    value["resultType"] = json!("complete");
    read(value)
}

fn is_modern(context: &Context) -> bool {
    context.protocol_version().is_some_and(|version| !version.has_initialize())
}

fn capabilities(context: &Context) -> Value {
    serde_json::to_value(context.client_capabilities()).expect("is JSON")
}

/// Whether a client said that it can be asked this.
fn is_able(capabilities: &Value, method: &str) -> bool {
    let needed = match method {
        "elicitation/create" => "elicitation",
        "sampling/createMessage" => "sampling",
        _ => "roots",
    };
    capabilities.get(needed).is_some()
}

/// What a client is asked: `elicit FIELD`, `tick FIELD`, `sample TEXT`, `roots`.
fn request(what: &str) -> Value {
    let form = |field: &str, kind: &str| {
        let schema = json!({"type": "object", "properties": {field: {"type": kind}}, "required": [field]});
        json!({"method": "elicitation/create", "params": {"mode": "form", "message": format!("{field}?"), "requestedSchema": schema}})
    };
    match what.split_once(' ') {
        Some(("elicit", field)) => form(field, "string"),
        Some(("tick", field)) => form(field, "boolean"),
        Some((_, text)) => {
            let message = json!({"role": "user", "content": {"type": "text", "text": text}});
            json!({"method": "sampling/createMessage", "params": {"messages": [message], "maxTokens": 100}})
        }
        None => json!({"method": "roots/list", "params": {}}),
    }
}

/// Keeps what was said.
fn keep(values: &mut Values, answers: &InputResponses) {
    values.insert("answer".to_owned(), serde_json::to_string(answers).expect("is JSON"));
    let fields = answers.values().filter_map(|answer| answer["content"].as_object()).flatten();
    values.extend(fields.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))));
}

/// A value with its texts filled in.
fn filled(value: &Value, values: &Values) -> Value {
    match value {
        Value::String(text) => {
            let put = |text: String, (name, value): (&String, &String)| text.replace(&format!("{{{name}}}"), value);
            Value::String(values.iter().fold(text.clone(), put))
        }
        Value::Array(items) => items.iter().map(|item| filled(item, values)).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), filled(value, values))).collect(),
        other => other.clone(),
    }
}

impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerConfig {
        let can =
            json!({"tools": {}, "prompts": {}, "completions": {}, "logging": {}, "resources": {"subscribe": true}});
        ServerConfig::new(read::<ServerCapabilities>(can)).with_server_info(Implementation::new("fixture", "1"))
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(VERSIONS)
    }

    async fn discover(&self, _context: Context) -> Result<DiscoverResult, ErrorData> {
        let can = json!({"tools": {}, "prompts": {}, "completions": {}, "resources": {}});
        let info =
            ServerConfig::new(read::<ServerCapabilities>(can)).with_server_info(Implementation::new("fixture", "1"));
        Ok(DiscoverResult::from_server_info(VERSIONS.to_vec(), info))
    }

    async fn list_tools(&self, _: Option<PaginatedRequestParams>, _: Context) -> Result<ListToolsResult, ErrorData> {
        Ok(self.list("tools", "tools"))
    }

    async fn call_tool(&self, request: CallToolRequestParams, context: Context) -> Result<CallToolResponse, ErrorData> {
        let tool = self.find("tools", "name", &request.name)?;
        let mut values = self.values(request.arguments.as_ref());
        let (state, responses) = (request.request_state.as_ref(), request.input_responses.as_ref());
        if let Some(asking) = self.unasked(tool, &context, state, responses, &mut values)? {
            return Ok(asking.into());
        }
        self.act(tool, &context, &mut values).await?;
        Ok(CallToolResponse::Complete(result(filled(&tool["result"], &values))))
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(self.list("prompts", "prompts"))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        let prompt = self.find("prompts", "name", &request.name)?;
        let mut values = self.values(request.arguments.as_ref());
        let (state, responses) = (request.request_state.as_ref(), request.input_responses.as_ref());
        if let Some(asking) = self.unasked(prompt, &context, state, responses, &mut values)? {
            return Ok(asking.into());
        }
        Ok(result::<GetPromptResult>(filled(&prompt["result"], &values)).into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(self.list("resources", "resources"))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(self.list("templates", "resourceTemplates"))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let mut values = self.values(None);
        let uri = request.uri;
        let id = uri.strip_prefix("test://template/").and_then(|rest| rest.strip_suffix("/data"));
        let found = match id {
            Some(id) => {
                values.insert("id".to_owned(), id.to_owned());
                &self.data["templates"][0]
            }
            None => self.find("resources", "uri", &uri)?,
        };
        let mut contents = filled(&found["contents"], &values);
        contents["uri"] = json!(uri);
        contents["mimeType"] = found["mimeType"].clone();
        let contents = json!({"contents": [contents], "ttlMs": 1000, "cacheScope": "public"});
        Ok(result::<ReadResourceResult>(contents).into())
    }

    async fn complete(&self, request: CompleteRequestParams, _: Context) -> Result<CompleteResult, ErrorData> {
        let words = ["paris", "park", "party"].map(str::to_owned);
        let fitting = words.into_iter().filter(|word| word.starts_with(&request.argument.value)).collect();
        Ok(CompleteResult::new(CompletionInfo::new(fitting).map_err(failed)?))
    }

    async fn set_level(&self, _: SetLevelRequestParams, _: Context) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn subscribe(&self, _: SubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn unsubscribe(&self, _: UnsubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        Ok(())
    }
}
