//! A catalog written by hand, as the compiler would, and a gate that is opened on it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use airlock_contract::catalog::{Catalog, Credential, CredentialPlace, Profile, Program, Transport, Upstream};
use airlock_contract::prompt::{Message, Piece, Prompt, PromptArgument, Role};
use airlock_contract::prune::{Prune, call, current, field, object};
use airlock_contract::request::{Body, Method, Request, body, path, query};
use airlock_contract::response::{Response, Status, empty, json};
use airlock_contract::shape::{Shape, integer, list_of, nullable, object_of, required, text};
use airlock_contract::tool::{Effect, Form, Tool};
use airlock_runtime::audit::Audit;
use airlock_runtime::gate::{Gate, StartError, find_profile};
use airlock_runtime::site::{Limits, Secret, Site, SiteUpstream, UpstreamLimits};
use serde_json::Value;
use tempfile::TempDir;

use crate::fake::Fake;

/// The value of the credential. It must turn up in the upstream's requests and nowhere else.
pub(crate) const CANARY: &str = "canary-771177-canary";

const ITEMS: Prune = field("items");
const ITEM: Prune = object(&[("id", field("id")), ("name", field("name"))]);
pub(crate) const JSON_200: &[airlock_contract::Answer] = &[json(Status::Code(200), "application/json")];

pub(crate) const fn tool(
    name: &'static str,
    effect: Effect,
    request: &'static Request,
    response: Response,
    prune: Prune,
) -> Tool {
    let description = "Does what its name says.";
    Tool {
        name,
        title: "",
        description,
        effect,
        operation: "/paths",
        upstream: "clinic",
        credentials: &["key"],
        request,
        response,
        prune,
        keeps: &[],
        form: Form::Json,
        output: &Shape::Any,
        flow: None,
    }
}

const NAME: Shape = text();
const PATIENT: Shape = object_of(&[required("id", integer()), required("name", nullable(&NAME))]);

const fn answering(mut tool: Tool, output: &'static Shape) -> Tool {
    tool.output = output;
    tool
}

const fn as_rows(mut tool: Tool) -> Tool {
    tool.form = Form::Csv;
    tool.keeps = &["items[].id", "items[].name"];
    tool
}

const TOOLS: &[Tool] = &[
    tool(
        "add_note",
        Effect::Write,
        &Request {
            method: Method::Post,
            path: "/notes",
            accept: "application/json",
            body: Body::Json("application/json"),
            arguments: &[body(object_of(&[required("text", text())]))],
        },
        Response { answers: &[json(Status::Code(201), "application/json")], bytes_max: 1000, ..Response::PLAIN },
        field("id"),
    ),
    tool(
        "drop_note",
        Effect::Destroy,
        &Request {
            method: Method::Delete,
            path: "/notes/{id}",
            accept: "",
            body: Body::None,
            arguments: &[path("id", text())],
        },
        Response { answers: &[empty(Status::Code(204))], ..Response::PLAIN },
        current(),
    ),
    as_rows(answering(
        tool(
            "find_patients",
            Effect::Read,
            &Request {
                method: Method::Get,
                path: "/patients",
                accept: "application/json",
                body: Body::None,
                arguments: &[
                    query("name", text().chars_min(2)),
                    query("limit", integer().min(1).max(50)).default("20"),
                    query("status", text()).fixed("\"active\""),
                ],
            },
            Response { answers: JSON_200, bytes_max: 10_000, ..Response::PLAIN },
            ITEMS.each(&ITEM),
        ),
        &list_of(&PATIENT),
    )),
    tool(
        "probe",
        Effect::Read,
        &Request {
            method: Method::Get,
            path: "/probe/{what}",
            accept: "application/json",
            body: Body::None,
            arguments: &[path("what", text())],
        },
        Response { answers: JSON_200, bytes_max: 10_000, ..Response::PLAIN },
        field("kept"),
    ),
    // Its document says that an object is a text.
    answering(
        tool(
            "tell",
            Effect::Read,
            &Request {
                method: Method::Get,
                path: "/probe/x",
                accept: "application/json",
                body: Body::None,
                arguments: &[],
            },
            Response { answers: JSON_200, bytes_max: 10_000, ..Response::PLAIN },
            field("kept"),
        ),
        &NAME,
    ),
    tool(
        "total",
        Effect::Read,
        &Request {
            method: Method::Get,
            path: "/probe/text",
            accept: "application/json",
            body: Body::None,
            arguments: &[],
        },
        Response { answers: JSON_200, bytes_max: 10_000, ..Response::PLAIN },
        call("sum", &[field("kept")]),
    ),
];

/// Catalogs as a program whose list of tools was reviewed.
pub(crate) fn program(catalogs: &'static [&'static Catalog]) -> Program {
    let list = airlock_offer::ToolList::of(catalogs);
    let profile = |name: &'static str, tools: &'static [&'static str], search| Profile {
        name,
        description: "For a test.",
        tools,
        search,
        tools_sha256: list.clone().under(tools, search).sha256().leak(),
    };
    let all = ["add_note", "drop_note", "find_patients", "probe", "tell", "total"];
    let profiles = vec![profile("finding", all.to_vec().leak(), true), profile("probing", &["probe"], false)];
    Program {
        catalogs,
        tools_sha256: list.sha256().leak(),
        profiles: profiles.leak(),
        models: &[],
        labels: &[],
        compiler_version: "1.2.3",
    }
}

/// What `airlock_generated::PROGRAM` would hold.
pub(crate) static CATALOGS: &[&Catalog] = &[&Catalog {
    name: "clinic",
    title: "Clinic department",
    document: "openapi.yaml",
    document_sha256: "",
    upstreams: &[Upstream {
        name: "clinic",
        base_path: "/v1",
        transport: Transport::Any,
        credentials: &[Credential { name: "key", place: CredentialPlace::Header("X-Api-Key") }],
    }],
    tools: TOOLS,
    prompts: PROMPTS,
}];

const PROMPTS: &[Prompt] = &[
    Prompt {
        name: "greet",
        title: "Greet",
        description: "Begins a conversation.",
        arguments: &[],
        messages: &[
            Message { role: Role::User, text: &[Piece::Text("Good morning.")] },
            Message { role: Role::Assistant, text: &[Piece::Text("Good morning. Which ward?")] },
        ],
    },
    Prompt {
        name: "hand_over",
        title: "Hand over a ward",
        description: "Prepares the handover of a ward.",
        arguments: &[
            PromptArgument { name: "ward", description: "The ward.", required: true, values: &["W1", "W2", "X-W3"] },
            PromptArgument { name: "focus", description: "", required: false, values: &[] },
        ],
        messages: &[Message {
            role: Role::User,
            text: &[
                Piece::Text("Hand over {"),
                Piece::Argument("ward"),
                Piece::Text("}, above all "),
                Piece::Argument("focus"),
                Piece::Text("."),
            ],
        }],
    },
];

/// A gate before a fake upstream, with its audit file.
pub(crate) struct Bench {
    pub(crate) gate: Arc<Gate>,
    pub(crate) fake: Fake,
    directory: TempDir,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(|limits, _| limits.time_max = Duration::from_secs(10)).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Limits, &mut UpstreamLimits)) -> Self {
        Self::open(program(CATALOGS), change).await.expect("the site fits")
    }

    /// Of another program, whose one upstream is the clinic.
    pub(crate) async fn of(program: Program) -> Result<Self, StartError> {
        Self::open(program, |limits, _| limits.time_max = Duration::from_secs(10)).await
    }

    async fn open(program: Program, change: impl FnOnce(&mut Limits, &mut UpstreamLimits)) -> Result<Self, StartError> {
        let fake = Fake::start().await;
        let directory = tempfile::tempdir().expect("a directory");
        let mut site = Site::default();
        let mut limits = UpstreamLimits::default();
        change(&mut site.limits, &mut limits);
        let here = SiteUpstream::at(&fake.address()).expect("an address");
        let secret = Secret::new(CANARY.to_owned()).expect("visible");
        let credentials = [("key".to_owned(), secret)].into();
        site.upstreams.insert("clinic".to_owned(), SiteUpstream { credentials, limits, ..here });
        let audit = Audit::open(Some(&directory.path().join("audit.jsonl"))).expect("a file");
        let gate = Arc::new(Gate::new(program, &site, audit)?);
        Ok(Self { gate, fake, directory })
    }

    /// The same under a profile.
    pub(crate) async fn under(profile: &str) -> Self {
        let Self { gate, fake, directory } = Self::new().await;
        let profile = find_profile(&program(CATALOGS), profile).expect("there is one");
        let gate = Arc::into_inner(gate).expect("nobody else has it yet").under(profile).expect("it was reviewed");
        Self { gate: Arc::new(gate), fake, directory }
    }

    /// The same with tools that read alone.
    pub(crate) async fn read_only() -> Self {
        Self::new().await.without_writes()
    }

    pub(crate) fn without_writes(self) -> Self {
        let Self { gate, fake, directory } = self;
        let gate = Arc::into_inner(gate).expect("nobody else has it yet").read_only();
        Self { gate: Arc::new(gate), fake, directory }
    }

    pub(crate) fn audit_file(&self) -> PathBuf {
        self.directory.path().join("audit.jsonl")
    }

    /// How calls have ended so far. Each line is a record; none may hold the credential.
    pub(crate) fn records(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.audit_file()).expect("the audit file");
        assert!(!text.contains(CANARY), "the credential is in the audit file: {text}");
        let records = text.lines().map(|line| serde_json::from_str(line).expect("one JSON object a line"));
        records.filter(|record: &Value| record["kind"] == "outcome").collect()
    }
}
