//! From a document to the bytes: compile, join with a site, call, record.

use std::fs;
use std::path::Path;

use airlock_compiler::load::Sources;
use airlock_compiler::offer::Offered;
use airlock_compiler::pipeline::{self, Compiled};
use airlock_compiler::report::{Report, human};
use airlock_contract::{Credential, CredentialPlace, Program};
use airlock_runtime::audit::Audit;
use airlock_runtime::gate::{Approval, Call, Caller, Gate};
use airlock_runtime::site::{Limits, Secret, Site, SiteUpstream};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::constants;
use super::recorder::{Recorded, Recorder};
use super::table::Case;

/// The name of the one upstream that all catalogs share, so that all calls share its connections.
const UPSTREAM: &str = "wire";

/// Tools behind a gate, and the upstream that they reach.
pub(crate) struct Bench {
    gate: Gate,
    recorder: Recorder,
    runtime: Runtime,
    _directory: TempDir,
}

impl Bench {
    /// Compiles catalogs, each a name with its manifest and its document, and opens a gate with them.
    pub(crate) fn new(catalogs: &[(String, Value, Value)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let compiled = compile(directory.path(), catalogs).unwrap_or_else(|told| panic!("does not compile:\n{told}"));
        assert_reads_as_rust(&compiled);
        let recorder = Recorder::start().expect("a free port");
        let gate = open(&compiled, directory.path(), &format!("http://{}", recorder.address));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { gate, recorder, runtime, _directory: directory }
    }

    /// Calls a tool: the one request that it sent, or why it sent none.
    pub(crate) fn call(&self, tool: &str, arguments: Map<String, Value>) -> Result<Recorded, String> {
        let call = Call::new(tool, arguments, Caller::Command, Approval::Operator);
        let outcome = self.runtime.block_on(self.gate.call(call));
        let mut sent = self.recorder.take();
        match (outcome.answer, sent.len()) {
            (Ok(_), 1) => Ok(sent.remove(0)),
            (Err(refusal), 0) => Err(refusal.text),
            // In no row and no place do these words stand.
            (answer, _) => Err(format!("NOT ONE REQUEST FOR ONE ANSWER: {answer:?} {sent:?}")),
        }
    }

    /// How many connections the calls have taken.
    pub(crate) fn connections(&self) -> usize {
        self.recorder.connections()
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> String {
        self.recorder.address.to_string()
    }
}

/// Opens a gate with compiled catalogs, all of whose upstreams are at one address.
pub(crate) fn open(compiled: &Compiled, directory: &Path, origin: &str) -> Gate {
    let constants: Vec<_> = compiled.catalogs.iter().map(constants::catalog).collect();
    let mut site = Site { limits: Limits::default(), ..Site::default() };
    for upstream in constants.iter().flat_map(|catalog| catalog.upstreams) {
        let here = site.upstreams.entry(upstream.name.to_owned());
        let here = here.or_insert_with(|| SiteUpstream::at(origin).expect("an address"));
        for credential in upstream.credentials {
            let secret = Secret::new(key(credential)).expect("is visible");
            here.credentials.insert(credential.name.to_owned(), secret);
        }
    }
    let audit = Audit::open(Some(&directory.join("audit.jsonl"))).expect("can be written");
    // The compiler's digest, made from its own data, is the one that the host makes from constants, or nothing opens.
    let offered = Offered::of(&compiled.catalogs, &compiled.profiles);
    let program = Program {
        catalogs: constants.leak(),
        tools_sha256: offered.tools_sha256.leak(),
        profiles: offered.profiles.iter().map(constants::profile).collect::<Vec<_>>().leak(),
        models: &[],
        labels: constants::texts(compiled.catalogs.first().map_or(&[][..], |catalog| &catalog.labels)),
        compiler_version: "",
    };
    Gate::new(program, &site, audit).expect("what the compiler lets through can be opened")
}

/// What stands in the key file of a credential; a user and a password where those are sent.
fn key(credential: &Credential) -> String {
    let key = format!("key-of-{}", credential.name);
    if credential.place == CredentialPlace::Basic { format!("user:{key}") } else { key }
}

/// Compiles catalogs below `root`; the error is everything that was reported.
pub(crate) fn compile(root: &Path, catalogs: &[(String, Value, Value)]) -> Result<Compiled, String> {
    for (name, manifest, document) in catalogs {
        let directory = root.join("catalogs").join(name);
        fs::create_dir_all(&directory).expect("can be made");
        // JSON text is YAML text as well.
        fs::write(directory.join("catalog.yaml"), manifest.to_string()).expect("can be written");
        fs::write(directory.join("openapi.json"), document.to_string()).expect("can be written");
    }
    let (mut sources, mut report) = (Sources::default(), Report::default());
    pipeline::compile(&root.join("catalogs"), &mut sources, &mut report).ok_or_else(|| {
        let told = report.diagnostics().iter().map(|one| human::render(one, &sources, false));
        told.collect::<Vec<_>>().join("\n")
    })
}

/// The generated source of the same catalogs is Rust, a file for each tool.
fn assert_reads_as_rust(compiled: &Compiled) {
    let tools: usize = compiled.catalogs.iter().map(|catalog| catalog.tools.len()).sum();
    let mut parsed = 0;
    for (path, text) in compiled.files.iter().filter(|(path, _)| Path::new(path).extension() == Some("rs".as_ref())) {
        syn::parse_file(text).unwrap_or_else(|fault| panic!("{path}: {fault}"));
        parsed += 1;
    }
    assert!(parsed > tools, "{parsed} files of {tools} tools");
}

impl Case {
    /// Name, manifest and document of the catalog that has this case as its one tool.
    pub(crate) fn catalog(&self, name: &str) -> (String, Value, Value) {
        let method = self.method();
        let mut tool = json!({
            "operation": "theOne", "description": "Is called.", "response": {"bytes_max": 1000}, "prune": "@",
        });
        match method {
            "get" | "head" | "options" => {}
            "delete" => tool["approve"] = "destroy".into(),
            _ => tool["approve"] = "write".into(),
        }
        for (key, value) in &self.tool {
            tool[key] = value.clone();
        }
        let mut upstream = json!({"name": UPSTREAM, "base_path": self.base_path});
        if self.credentials.is_empty() {
            upstream["credential"] = "none".into();
        } else if !self.tool.contains_key("credential") {
            let names: Vec<&str> = self.credentials.keys().map(String::as_str).collect();
            tool["credential"] = names.join(" + ").into();
        }
        let manifest = json!({
            "title": "Wire", "document": "openapi.json", "upstream": upstream, "tools": {name: tool},
        });
        (name.to_owned(), manifest, self.document(method))
    }

    pub(crate) fn method(&self) -> &str {
        let has_body =
            self.body.is_some() || self.parameters.iter().any(|one| one["in"] == "body" || one["in"] == "formData");
        self.method.as_deref().unwrap_or(if has_body { "post" } else { "get" })
    }

    /// The path key.
    pub(crate) fn path(&self) -> String {
        self.path.clone().unwrap_or_else(|| {
            let variables = self.parameters.iter().filter(|one| one["in"] == "path");
            variables
                .fold("/items".to_owned(), |path, one| format!("{path}/{{{}}}", one["name"].as_str().expect("a name")))
        })
    }

    /// The document, with this one operation.
    pub(crate) fn document(&self, method: &str) -> Value {
        let is_old = self.version.starts_with('2');
        let answer = if is_old {
            json!({"description": "", "schema": {}})
        } else {
            json!({"description": "", "content": {"application/json": {"schema": {}}}})
        };
        let mut operation =
            json!({"operationId": "theOne", "parameters": self.parameters, "responses": {"200": answer}});
        if let Some(body) = &self.body {
            operation["requestBody"] = body.clone();
        }
        if !self.credentials.is_empty() {
            let all: Map<String, Value> = self.credentials.keys().map(|name| (name.clone(), json!([]))).collect();
            operation["security"] = json!([all]);
        }
        for (key, value) in &self.operation {
            operation[key] = value.clone();
        }
        let item = json!({method: operation, "parameters": self.item_parameters});
        let mut document = json!({"info": {"title": "Wire", "version": "1"}, "paths": {self.path(): item}});
        if is_old {
            document["swagger"] = self.version.clone().into();
            document["produces"] = json!(["application/json"]);
            document["definitions"] = self.schemas.clone().into();
            document["securityDefinitions"] = self.credentials.clone().into();
        } else {
            document["openapi"] = self.version.clone().into();
            document["components"] = json!({"schemas": self.schemas, "securitySchemes": self.credentials});
        }
        document
    }
}
