//! Asking a person before a tool writes or destroys.
//!
//! Clients of revision 2026-07-28 get an answer that asks, and call again with what the person said; the state that they send
//! along is sealed with a key of this process, or of several that stand in for each other, for this tool, these arguments and two minutes, and is good for one call. Older
//! clients that can ask are asked while their call waits. Of both, only `accept` together with a ticked box allows a call.

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rmcp::model::{
    BooleanSchema, ClientCapabilities, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction,
    ElicitationSchema, InputRequest, InputRequiredResult, InputResponses, PrimitiveSchemaDefinition, RequestStateCodec,
    SealOptions,
};
use serde_json::{Map, Value};

use crate::arguments::canonical;
use crate::gate::{Approval, Crossing, Entry};
use crate::untrusted::one_line;
use airlock_contract::Effect;

/// The name of the one question, and of the one box in it.
const CONFIRM: &str = "confirm";

/// How long a person may take, and an older client keep its call open. Whoever takes longer is asked again.
pub(super) const TIME_MAX: Duration = Duration::from_mins(2);

/// Characters of arguments that a person is shown; hosts show a few lines.
const ARGUMENTS_CHARS_MAX: usize = 600;

/// What a person said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Do it.
    Yes,
    /// Do not.
    No,
    /// Nothing that can be taken for either.
    Nothing,
}

/// Confirmations of one process, for all its connections.
pub(super) struct Confirmations {
    codec: RequestStateCodec,
    /// Those that were used, until they would have expired: a state can be sent twice, and a write must not run twice.
    used: Mutex<BTreeMap<Vec<u8>, Instant>>,
}

impl std::fmt::Debug for Confirmations {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Confirmations").finish_non_exhaustive()
    }
}

impl Confirmations {
    /// With a key that nobody else knows, and that ends with this process.
    pub(super) fn new() -> io::Result<Self> {
        Self::with_key(random::<32>()?)
    }

    /// With a key that other processes have, too: each takes what any of them gave. What was used is remembered by each alone.
    pub(super) fn with_key(key: Vec<u8>) -> io::Result<Self> {
        let codec = RequestStateCodec::try_new(key).map_err(|fault| io::Error::other(fault.to_string()))?;
        Ok(Self { codec, used: Mutex::default() })
    }

    /// The answer that asks.
    pub(super) fn ask(&self, question: ElicitRequestParams, call: &Asked<'_>) -> io::Result<InputRequiredResult> {
        let bound = call.bound();
        let options = SealOptions::new().associated_data(bound.as_bytes()).ttl(TIME_MAX);
        let state = self.codec.seal_with(&random::<16>()?, &options);
        let question = InputRequest::Elicitation(ElicitRequest::new(question));
        Ok(InputRequiredResult::new(Some(BTreeMap::from([(CONFIRM.to_owned(), question)])), Some(state)))
    }

    /// What a person said to the question that this state was given for; none if it was given for no such call, too long
    /// ago, or was used before. A `yes` is used up.
    pub(super) fn said(&self, call: &Asked<'_>, state: &str, responses: Option<&InputResponses>) -> Option<Said> {
        let number = self.codec.open_with(state, call.bound().as_bytes()).ok()?;
        let said = said(responses.and_then(|responses| responses.get(CONFIRM)));
        let now = Instant::now();
        let mut used = self.used.lock().ok()?;
        used.retain(|_, expires| *expires > now);
        if used.contains_key(&number) {
            return None;
        }
        if said == Said::Yes {
            used.insert(number, now + TIME_MAX);
        }
        Some(said)
    }
}

/// A call that a person is asked about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'c> {
    /// The tool's name.
    pub(super) tool: &'c str,
    /// Its arguments.
    pub(super) arguments: &'c Map<String, Value>,
    /// Of the list of tools that this program offers.
    pub(super) tools_sha256: &'static str,
    /// What it would send on above the clearance of the tool.
    pub(super) crossing: Option<&'c Crossing>,
}

impl Asked<'_> {
    /// What a confirmation is good for, and nothing else.
    fn bound(&self) -> String {
        let arguments = canonical(&Value::Object(self.arguments.clone()));
        // A yes to one label is none to a higher one that was read since.
        let label = self.crossing.map(|crossing| crossing.label).unwrap_or_default();
        format!("tools/call\n{}\n{}\n{label}\n{arguments}", self.tools_sha256, self.tool)
    }

    /// What a person's yes is worth: as much as the question told.
    pub(super) fn yes(&self) -> Approval {
        self.crossing.map_or(Approval::Person, |crossing| Approval::PersonTold(crossing.label))
    }
}

/// What a person is asked: what the tool is, the `request` as it would be sent but for address and credentials, and the
/// arguments, which a request's body holds as well.
pub(super) fn question(entry: &Entry, call: &Asked<'_>, request: &str) -> ElicitRequestParams {
    let what = match entry.tool.effect {
        Effect::Read => "reads",
        Effect::Write => "changes",
        Effect::Destroy => "destroys",
    };
    let flow = call.crossing.map(|crossing| format!(" What was read may go there: {crossing}.")).unwrap_or_default();
    let title = if entry.tool.title.is_empty() { entry.tool.name } else { entry.tool.title };
    let request = one_line(request, ARGUMENTS_CHARS_MAX);
    let arguments = one_line(&Value::Object(call.arguments.clone()).to_string(), ARGUMENTS_CHARS_MAX);
    let message = format!(
        "{title}: this call {what} data of the system `{}`.{flow}\n{request}\n{} {arguments}",
        entry.tool.upstream, entry.tool.name
    );
    let mut tick = BooleanSchema::new();
    tick.title = Some("Allow this one call".into());
    let properties = BTreeMap::from([(CONFIRM.to_owned(), PrimitiveSchemaDefinition::Boolean(tick))]);
    let mut requested_schema = ElicitationSchema::new(properties);
    requested_schema.required = Some(vec![CONFIRM.to_owned()]);
    ElicitRequestParams::FormElicitationParams { meta: None, message, requested_schema }
}

/// What a person said, as a client sends it.
fn said(response: Option<&Value>) -> Said {
    match response.and_then(|response| serde_json::from_value::<ElicitResult>(response.clone()).ok()) {
        Some(result) => of_result(&result),
        None => Said::Nothing,
    }
}

/// Only an explicit yes is one.
pub(super) fn of_result(result: &ElicitResult) -> Said {
    match (&result.action, &result.content) {
        (ElicitationAction::Accept, Some(content)) if content[CONFIRM] == true => Said::Yes,
        (ElicitationAction::Accept, None) => Said::Nothing,
        _ => Said::No,
    }
}

/// Whether a client can put a form before a person. Without a mode, forms are meant.
pub(super) fn can_ask(capabilities: Option<&ClientCapabilities>) -> bool {
    let elicitation = capabilities.and_then(|capabilities| capabilities.elicitation.as_ref());
    elicitation.is_some_and(|elicitation| elicitation.form.is_some() || elicitation.url.is_none())
}

/// Bytes that nobody can guess, from the kernel.
fn random<const N: usize>() -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; N];
    let mut filled = 0;
    while filled < N {
        filled += rustix::rand::getrandom(&mut bytes[filled..], rustix::rand::GetRandomFlags::empty())?;
    }
    Ok(bytes)
}
