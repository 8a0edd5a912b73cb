//! Real clients of the protocol against the real program and the clinic, over standard input and output and over HTTP with a
//! token: the official ones for Python and TypeScript, and both inspectors.

use std::process::{Command, Output};

use airlock_tests::clinic::Options;
use serde_json::{Value, json};

use crate::conformance::node;
use airlock_tests::host::{KEY, program};

use crate::host::{Place, needed, text};
use crate::served::Served;

const TOKEN: &str = "canary-0123456789abcdef0123456789abcdef";

/// A program in front of a clinic, and how a client reaches it.
struct Bench {
    place: Place,
    /// None over standard input and output.
    http: Option<Served>,
}

impl Bench {
    fn over_stdio() -> Self {
        Self { place: Place::new(Options::new(KEY)), http: None }
    }

    /// Whoever connects has to know the token.
    fn over_http() -> Self {
        let place = Place::new(Options::new(KEY));
        place.write_private("http.token", TOKEN);
        place.change_site(|site| site["serve"] = json!({"http": {"token": {"file": "http.token"}}}));
        let http = Served::start(&place, &[]);
        Self { place, http: Some(http) }
    }

    /// What a client is told to connect to: an address, or a command.
    fn target(&self) -> Vec<String> {
        if let Some(http) = &self.http {
            return vec![http.url.clone()];
        }
        let site = self.place.path().join("site.json");
        [program(), "--site".into(), site, "serve".into()].map(|word| word.to_string_lossy().into_owned()).into()
    }

    /// What a client's script saw of one call; its user says `yes` or `no`, if there is one.
    fn call(&self, mut script: Command, tool: &str, arguments: &str, says: Option<&str>) -> Value {
        script.args([tool, arguments]).args(self.target());
        script.env("TOKEN", TOKEN).envs(says.map(|says| ("SAYS", says)));
        let output = script.output().expect("it starts");
        assert!(output.status.success(), "{tool}: {}", text(&output.stderr));
        serde_json::from_str(&text(&output.stdout)).expect("is JSON")
    }
}

/// The official client for Python. `mode` is `auto`, `legacy` or a revision.
fn python(mode: &str) -> Command {
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", needed("AIRLOCK_PYTHONPATH")).args(["clients/list_and_call.py", mode]);
    command
}

/// The official client for TypeScript, which opens with `initialize`.
fn typescript() -> Command {
    let mut command = node(None);
    command.arg("clients/list_and_call.mjs").arg(format!("{}/node_modules", needed("AIRLOCK_PROTOCOL_PACKAGES")));
    command
}

/// A list, a call and a refused call.
fn lists_and_calls(bench: &Bench, client: impl Fn() -> Command, protocol: &str) {
    let seen = bench.call(client(), "list_allergies", r#"{"patient_id":"P0007"}"#, None);
    assert!(seen["protocol"] == protocol || seen["protocol"].is_null(), "{protocol}: {seen}");
    assert_eq!((&seen["tools"], &seen["is_error"]), (&json!(18), &json!(false)), "{seen}");
    let told = seen["text"].as_str().expect("is text");
    assert!(told.contains("Penicillin"), "{told}");
    let told: Value = serde_json::from_str(told).expect("is JSON");
    assert_eq!(told, seen["structured"], "both forms hold the same facts");
    let before = bench.place.clinic.received().len();
    let refused = bench.call(client(), "list_allergies", r#"{"patient_id":"../P0007"}"#, None);
    assert_eq!(refused["is_error"], true, "{refused}");
    assert_eq!(bench.place.clinic.received().len(), before, "a refused call sends nothing");
}

/// The client's user is asked, and a write happens once for each yes.
fn asks_before_a_write(client: impl Fn() -> Command, bench: &Bench) {
    for (says, text_part) in [("no", "declined"), ("yes", "cancelled")] {
        let arguments = r#"{"appointment_id":"A0002","body":{"reason":"patient_request"}}"#;
        let seen = bench.call(client(), "cancel_appointment", arguments, Some(says));
        let asked = seen["asked"][0].as_str().expect("the user was asked");
        assert!(asked.contains("POST /v1/appointments/A0002/cancel") && asked.contains("patient_request"), "{asked}");
        assert_eq!((seen["asked"].as_array().map(Vec::len), &seen["is_error"]), (Some(1), &json!(says == "no")));
        assert!(seen["text"].as_str().is_some_and(|text| text.contains(text_part)), "{seen}");
        assert_eq!(bench.place.clinic.received().len(), usize::from(says == "yes"));
    }
}

/// Over HTTP an older client cannot be asked, also where it says that it can.
fn refuses_a_write(client: impl Fn() -> Command, bench: &Bench) {
    let arguments = r#"{"appointment_id":"A0003","body":{"reason":"patient_request"}}"#;
    let before = bench.place.clinic.received().len();
    let seen = bench.call(client(), "cancel_appointment", arguments, Some("yes"));
    assert_eq!((&seen["is_error"], &seen["asked"]), (&json!(true), &json!([])), "{seen}");
    assert!(seen["text"].as_str().is_some_and(|text| text.contains("--allow-writes")), "{seen}");
    assert_eq!(bench.place.clinic.received().len(), before);
}

/// How the official client for Python may speak, and which revision comes of it.
const MODES: [(&str, &str); 3] = [("auto", "2026-07-28"), ("legacy", "2025-11-25"), ("2026-07-28", "2026-07-28")];

#[test]
#[ignore = "needs the Python package mcp; run tests/all.sh"]
fn with_python_the_official_client_lists_and_calls_in_both_eras() {
    for bench in [Bench::over_stdio(), Bench::over_http()] {
        for (mode, protocol) in MODES {
            lists_and_calls(&bench, || python(mode), protocol);
        }
        assert_eq!(bench.place.audit().len(), 6);
    }
}

#[test]
#[ignore = "needs the Python package mcp; run tests/all.sh"]
fn with_python_the_official_client_asks_its_user_before_a_write() {
    for mode in ["auto", "legacy"] {
        asks_before_a_write(|| python(mode), &Bench::over_stdio());
    }
    let bench = Bench::over_http();
    asks_before_a_write(|| python("auto"), &bench);
    refuses_a_write(|| python("legacy"), &bench);
}

#[test]
#[ignore = "needs Node 22 and packages of npm; tests/all.sh installs them"]
fn with_node_the_official_typescript_client_lists_calls_and_asks() {
    let bench = Bench::over_stdio();
    asks_before_a_write(typescript, &bench);
    lists_and_calls(&bench, typescript, "2025-11-25");
    let bench = Bench::over_http();
    lists_and_calls(&bench, typescript, "2025-11-25");
    refuses_a_write(typescript, &bench);
}

const LEGACY_INSPECTOR: &str = "inspector-legacy/cli/build/cli.js";
const MODERN_INSPECTOR: &str = "inspector-modern/clients/launcher/build/index.js";

/// Runs an inspector once. It keeps its files in a home of its own.
fn inspect(bench: &Bench, inspector: &str, arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = node(Some(inspector));
    command.arg("--cli").env("HOME", home.path());
    // Options of the command that it starts would be taken for its own.
    match &bench.http {
        Some(http) => {
            command.arg(&http.url).args(["--transport", "http", "--header", &format!("Authorization: Bearer {TOKEN}")]);
        }
        None => {
            command.arg(bench.place.script("serve"));
        }
    }
    command.args(arguments).output().expect("it starts")
}

/// Under a profile, the official client reads all that it is told of, in both eras.
#[test]
#[ignore = "needs the Python package mcp; run tests/all.sh"]
fn with_python_the_official_client_reads_resources_and_gets_prompts() {
    let bench = Bench::over_stdio();
    let profile = &airlock_generated::PROGRAM.profiles[0];
    for (mode, unknown) in [("auto", -32602), ("legacy", -32002), ("2026-07-28", -32602)] {
        let mut client = Command::new("python3");
        let arguments = r#"{"ward":"W3","shift":"night"}"#;
        client.env("PYTHONPATH", needed("AIRLOCK_PYTHONPATH"));
        client.args(["clients/read_and_get.py", mode, "ward_handover", arguments, "shift"]);
        let output = client.args(bench.target()).args(["--profile", profile.name]).output().expect("it starts");
        assert!(output.status.success(), "{mode}: {}", text(&output.stderr));
        let seen: Value = serde_json::from_str(&text(&output.stdout)).expect("is JSON");
        assert_eq!(seen["tools"], json!(profile.tools), "{mode}");
        assert_eq!(seen["texts"].as_object().map(serde_json::Map::len), Some(2 + 2 * profile.tools.len()));
        let rule = seen["texts"]["catalog://clinic/find_free_beds/rule"].as_str().expect("was read");
        assert!(rule.contains("beds: items[*].{"), "{rule}");
        assert!(!seen.to_string().contains(KEY) && !seen["texts"].to_string().contains("127.0.0.1"));
        assert_eq!(seen["templates"].as_array().map(Vec::len), Some(3));
        assert_eq!(seen["prompts"], json!(["check_medicine", "ward_handover"]));
        let (role, said) = (&seen["messages"][0][0], seen["messages"][0][1].as_str().expect("is text"));
        assert!(role == "user" && said.starts_with("Prepare the handover of ward W3 for the night shift.\n"), "{said}");
        assert_eq!(seen["completion"], json!(["early", "late", "night"]));
        assert_eq!(seen["unknown_resource"]["code"], unknown, "{mode}");
        assert_eq!(seen["refused_prompt"]["code"], -32602);
        assert!(seen["refused_prompt"]["message"].as_str().is_some_and(|text| text.contains("`ward` is missing")));
    }
    assert_eq!(bench.place.audit(), [] as [Value; 0], "nothing was called");
}

/// The strictest reader of schemas among the clients has nothing against the list, in either era and on either transport.
#[test]
#[ignore = "needs Node 22 and packages of npm; tests/all.sh installs them"]
fn with_node_both_inspectors_list_and_call() {
    for bench in [Bench::over_stdio(), Bench::over_http()] {
        for (inspector, era) in [(LEGACY_INSPECTOR, &[][..]), (MODERN_INSPECTOR, &["--protocol-era", "modern", "-q"])] {
            let run = |arguments: &[&str]| inspect(&bench, inspector, &[arguments, era].concat());
            let answer = |output: &Output| -> Value {
                let (out, err) = (text(&output.stdout), text(&output.stderr));
                serde_json::from_str(&out).unwrap_or_else(|fault| panic!("{fault}: {out}{err}"))
            };
            let strict: &[&str] = if inspector == MODERN_INSPECTOR { &["--strict"] } else { &[] };
            let listed = run(&[&["--method", "tools/list"], strict].concat());
            assert!(listed.status.success(), "{}", text(&listed.stderr));
            assert_eq!(answer(&listed)["tools"].as_array().map(Vec::len), Some(18));
            let call = ["--method", "tools/call", "--tool-name", "list_allergies", "--tool-arg"];
            let called = run(&[&call[..], &["patient_id=P0007"]].concat());
            assert_eq!(answer(&called)["structuredContent"]["result"][0]["substance"], "Penicillin");
            let refused = answer(&run(&[&call[..], &["patient=P0007"]].concat()));
            assert_eq!(refused["isError"], true);
            assert!(
                refused["content"][0]["text"].as_str().is_some_and(|text| text.contains("patient_id")),
                "{refused}"
            );
        }
    }
}
