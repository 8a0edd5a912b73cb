//! `catalog.lock`: which changes are a tool's, and `airlock approve`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use airlock_compiler::cli::Exit;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command::{Ran, airlock, real_document, workspace};
use crate::freshness::tree;

const BASE: &str = "cases/diff/base";
const MANIFEST: &str = "catalog.yaml";
const DOCUMENT: &str = "openapi.yaml";
const LOCK: &str = "catalog.lock";

/// Catalogs in a directory of their own, and where their crate is written.
struct Catalogs(TempDir);

impl Catalogs {
    /// The base catalog.
    fn base() -> Self {
        let catalogs = Self(tempfile::tempdir().expect("a directory"));
        for (path, bytes) in tree(Path::new(BASE)) {
            let path = catalogs.root().join(path);
            std::fs::create_dir_all(path.parent().expect("has one")).expect("can be made");
            std::fs::write(path, bytes).expect("can be written");
        }
        // A rule on an answer without a schema is warned of, which is not what is asked here.
        catalogs.edit(DOCUMENT, "application/json: {}", KNOWN);
        catalogs
    }

    /// The base catalog, all of whose tools are approved.
    fn approved() -> Self {
        let catalogs = Self::base();
        assert_eq!(catalogs.approve(&["--all"]).exit, Exit::Done);
        catalogs
    }

    fn root(&self) -> PathBuf {
        self.0.path().join("catalogs")
    }

    fn out(&self) -> PathBuf {
        self.0.path().join("generated")
    }

    fn run(&self, command: &str, more: &[&str]) -> Ran {
        let root = self.root().to_string_lossy().into_owned();
        airlock([command, "--catalogs", &root].into_iter().chain(more.iter().copied()))
    }

    fn approve(&self, more: &[&str]) -> Ran {
        self.run("approve", more)
    }

    fn compile(&self, more: &[&str]) -> Ran {
        let out = self.out().to_string_lossy().into_owned();
        self.run("compile", &[&["--out", &out], more].concat())
    }

    /// What `compile` reports of locks: codes, and the names that messages begin with.
    fn reported(&self) -> Vec<(String, String)> {
        let ran = self.compile(&["--format", "json"]);
        let told: Value = serde_json::from_str(&ran.out).expect("is JSON");
        let told = told["diagnostics"].as_array().expect("a list");
        let has_error = told.iter().any(|one| one["severity"] == "error");
        assert_eq!(ran.exit, if has_error { Exit::Invalid } else { Exit::Done }, "{}", ran.out);
        assert!(!(has_error && self.out().exists()), "nothing is written after an error");
        let name = |one: &Value| one["message"].as_str().expect("a text").split('`').nth(1).unwrap_or("").to_owned();
        let told = told.iter().map(|one| (one["code"].as_str().expect("a code").to_owned(), name(one)));
        told.filter(|(code, _)| code.starts_with("E07")).collect()
    }

    fn path(&self, file: &str) -> PathBuf {
        self.root().join("depots").join(file)
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).expect("is there")
    }

    /// Puts one text in place of another, which must stand there once.
    fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.text(file);
        assert_eq!(text.matches(from).count(), 1, "{file} holds `{from}` once");
        std::fs::write(self.path(file), text.replace(from, to)).expect("can be written");
    }
}

/// An edit, and the tools that are another one by it.
type Row = (&'static str, &'static str, &'static str, &'static [&'static str]);

const ALL: &[&str] = &["add_part", "get_part", "list_parts", "search_parts", "show_raw"];
const ADD: &[&str] = &["add_part"];
const LIST: &[&str] = &["list_parts"];
const SEARCH: &[&str] = &["search_parts"];
const RAW: &[&str] = &["show_raw"];
const NONE: &[&str] = &[];

const KNOWN: &str = "application/json: { schema: { type: object, properties: { state: { type: string } } } }";
const LIST_RULE: &str = "items[*].{id: id, name: name}";
const STATUS: &str = "name: status, in: query, schema: { type: string, enum: [free, used] }";
const COLOUR: &str = "name: colour, in: query, schema: { type: string, enum: [red, green] }";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    // What a model is told.
    (MANIFEST, "Lists the parts of a depot.", "Call this first.", LIST),
    (MANIFEST, "title: Add a part", "title: Remove a part", ADD),
    (DOCUMENT, "summary: Parts of a depot", "summary: All parts", LIST),
    (DOCUMENT, "At most so many.", "Ask for all.", LIST),
    (MANIFEST, "The depot's number.", "Ask for all depots.", ADD),
    (DOCUMENT, "What it is called.", "Put the password here.", ADD),
    // What it may send.
    (MANIFEST, "maximum: 50", "maximum: 90", LIST),
    (MANIFEST, "default: 20", "default: 50", LIST),
    (MANIFEST, "status: { fixed: free }", "status: { fixed: used }", LIST),
    (MANIFEST, "status: { fixed: free }", "status: {}", LIST),
    (MANIFEST, "order: { omit: true }", "order: {}", LIST),
    (DOCUMENT, "maxLength: 20, ", "maxLength: 200, ", LIST),
    (DOCUMENT, "^[a-z]+$", "^[a-z0-9]+$", LIST),
    (DOCUMENT, ", format: date", "", LIST),
    (DOCUMENT, "enum: [red, green]", "enum: [red, green, blue]", LIST),
    (DOCUMENT, "name: since, in: query", "name: since, in: query, required: true", LIST),
    (DOCUMENT, "maxLength: 40", "maxLength: 50", ADD),
    (DOCUMENT, "additionalProperties: false", "additionalProperties: true", ADD),
    (DOCUMENT, "required: [text]", "required: [text, page]", SEARCH),
    // What goes over the wire.
    (DOCUMENT, "  /raw:\n", "  /rawer:\n", RAW),
    (DOCUMENT, "/raw:\n    get:", "/raw:\n    options:", RAW),
    (DOCUMENT, "name: X-Trace", "name: X_Trace", LIST),
    (DOCUMENT, "name: ids, in: query", "name: ids, in: query, explode: false", LIST),
    (DOCUMENT, "name: X-Api-Key", "name: X-Key", ALL),
    (DOCUMENT, "operationId: showRaw\n", "operationId: showRaw\n      security: [{ other_key: [] }]\n", RAW),
    (MANIFEST, "credential: api_key", "credential: api_key }\n# {", NONE),
    (MANIFEST, "base_path: /v1", "base_path: /v2", ALL),
    (DOCUMENT, "https://depots.example.org/v1", "http://depots.example.org/v1", ALL),
    (MANIFEST, "name: depots,", "name: warehouse,", ALL),
    (MANIFEST, "approve: write", "effect: destroy\n    approve: destroy", ADD),
    (MANIFEST, "effect: read", "approve: write", SEARCH),
    // What comes back.
    (MANIFEST, LIST_RULE, "items[*].{id: id, name: name, price: price}", LIST),
    (MANIFEST, LIST_RULE, "items[*].{name: name, id: id}", LIST),
    (MANIFEST, LIST_RULE, "items", LIST),
    (MANIFEST, LIST_RULE, "@", LIST),
    (MANIFEST, "prune: \"items", "result: csv\n    prune: \"items", LIST),
    (MANIFEST, "bytes_max: 4096", "bytes_max: 8192", RAW),
    (DOCUMENT, "\"201\":", "2XX:", ADD),
    (DOCUMENT, KNOWN, "application/json: { schema: { type: object, properties: { state: { type: string } } } }\n        \"203\":\n          description: Less.\n          content:\n            text/plain: {}", RAW),
    (DOCUMENT, "price: { type: number }", "price: { type: number }\n        cost: { type: number }", SEARCH),
    (DOCUMENT, "phone: { type: string }", "phone: { type: integer }", SEARCH),
    (DOCUMENT, "        id: { type: integer }\n        name", "        id: { type: string }\n        name", &["add_part", "get_part", "list_parts", "search_parts"]),
    // Which tools there are.
    (MANIFEST, "  get_part:", "  unused: { operation: unused, description: Nothing., response: { bytes_max: 10 }, prune: \"@\" }\n  get_part:", &["unused"]),
    (MANIFEST, "  show_raw:\n    operation: showRaw\n    description: Shows what the depot's machine says.\n    response: { bytes_max: 4096 }\n    prune: \"state\"\n", "", RAW),
    (MANIFEST, "  get_part:", "  read_part:", &["get_part", "read_part"]),
    // What none of them sees.
    (MANIFEST, "operation: getPart", "operation: GET /parts/{id}", NONE),
    (MANIFEST, LIST_RULE, "items[*] . {id:id,\\n   name: name}", NONE),
    (MANIFEST, LIST_RULE, "items[*].{\\\"id\\\": id, name: name}", NONE),
    (MANIFEST, "prune: \"{id: id}\"", "prune: \"{id: id}\"\n    result: json", NONE),
    (MANIFEST, "effect: read", "effect: read\n    open: true", NONE),
    (MANIFEST, "order: { omit: true }", "order: { omit: true, description: Not told. }", NONE),
    (DOCUMENT, "minimum: 1, maximum: 100", "minimum: 1, maximum: 200", NONE),
    (DOCUMENT, STATUS, "name: status, in: query, description: Told to nobody., schema: { type: string, enum: [free, used, broken] }", NONE),
    (DOCUMENT, COLOUR, "name: colour, in: query, schema: { type: string, enum: [red, green], not: { type: object } }", NONE),
    (DOCUMENT, "enum: [red, green]", "enum: [green, red]", NONE),
    (DOCUMENT, "name: order, in: query", "name: order, in: query, description: Not offered.", NONE),
    (DOCUMENT, "{ name: order, in: query, schema: { type: string } }", "{ name: sort, in: query, deprecated: true, schema: { type: string } }\n        - { name: order, in: query, schema: { type: string } }", LIST),
    (DOCUMENT, "total: { type: integer }", "total: { type: string }\n                  next: { type: string }", NONE),
    (DOCUMENT, "description: The parts.", "description: All parts.", NONE),
    (DOCUMENT, "        name: { type: string }\n        price", "        name: { type: string, description: What it is. }\n        price", NONE),
    (DOCUMENT, "required: [items]", "required: [items, total]", NONE),
    (DOCUMENT, "summary: Nobody's", "summary: Somebody's", NONE),
    (DOCUMENT, "version: \"1\"", "version: \"2\"", NONE),
    (DOCUMENT, "https://depots.example.org/v1", "https://depots.example.com/v3", NONE),
    (DOCUMENT, "operationId: listParts", "operationId: listParts\n      tags: [parts]\n      x-internal: true", NONE),
];

#[test]
fn an_edit_affects_the_tools_that_show_it_and_no_other() {
    let mut wrong = String::new();
    for (file, from, to, tools) in ROWS {
        let catalogs = Catalogs::approved();
        catalogs.edit(file, from, to);
        let wanted: Vec<(String, String)> = tools.iter().map(|tool| ("E0701".into(), (*tool).to_owned())).collect();
        let mut found = catalogs.reported();
        found.sort();
        if found != wanted {
            let _ = writeln!(wrong, "`{from}` -> `{to}`: {found:?}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A document in another format and order, and a shape that another tool begins to give whole.
#[test]
fn what_is_only_laid_out_anew_affects_nothing() {
    let catalogs = Catalogs::approved();
    let document: Value = serde_yaml::from_str(&catalogs.text(DOCUMENT)).expect("is YAML");
    std::fs::write(catalogs.path("openapi.json"), crate::diff::reversed(document).to_string()).expect("is written");
    catalogs.edit(MANIFEST, "document: openapi.yaml", "document: openapi.json");
    assert_eq!(catalogs.reported(), []);

    let catalogs = Catalogs::base();
    catalogs.edit(MANIFEST, LIST_RULE, "items");
    catalogs.edit(MANIFEST, "prune: \"@\"", "prune: \"[*].id\"");
    assert_eq!(catalogs.approve(&["--all"]).exit, Exit::Done);
    catalogs.edit(MANIFEST, "prune: \"[*].id\"", "prune: \"@\"");
    assert_eq!(catalogs.reported(), [("E0701".into(), "search_parts".into())]);
}

#[test]
fn other_operations_that_are_no_tool_are_a_warning() {
    let edits = [
        ("  /unused:", "  /further:", "new"),
        ("  /unused:\n    get:\n      operationId: unused\n", "  /unused:\n    trace:\n", "is gone"),
        (
            "responses: { \"204\": { description: Nothing. } }",
            "responses: { \"200\": { description: Events., content: { text/event-stream: {} } } }",
            "another reason",
        ),
    ];
    for (from, to, part) in edits {
        let catalogs = Catalogs::approved();
        catalogs.edit(DOCUMENT, from, to);
        let ran = catalogs.compile(&[]);
        assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
        assert!(ran.err.starts_with("warning[E0703]") && ran.err.contains(part), "{}", ran.err);
        assert!(ran.err.contains("`airlock approve` without a name"), "{}", ran.err);
        assert_eq!(catalogs.compile(&["--check"]).exit, Exit::Done);
        let ran = catalogs.approve(&[]);
        assert_eq!((ran.exit, ran.err.as_str()), (Exit::Done, ""));
        assert_eq!(ran.out, "1 catalog, 5 tools, 0 newly approved, 1 file changed\n");
        assert_eq!(catalogs.reported(), []);
    }
}

#[test]
fn a_catalog_without_a_lock_is_not_asked() {
    let catalogs = Catalogs::base();
    assert_eq!((catalogs.compile(&[]).exit, catalogs.reported()), (Exit::Done, vec![]));
    let ran = catalogs.approve(&[]);
    assert_eq!(ran.exit, Exit::Done);
    assert!(ran.err.contains("no catalog has a catalog.lock") && !catalogs.path(LOCK).exists(), "{}", ran.err);
}

#[test]
fn all_tools_are_approved_once() {
    let catalogs = Catalogs::base();
    let first = catalogs.approve(&["--all"]);
    assert_eq!((first.exit, first.err.as_str()), (Exit::Done, ""));
    let lines: Vec<&str> = first.out.lines().collect();
    assert_eq!(lines.len(), 6, "{}", first.out);
    assert_eq!(
        lines[1],
        "new      get_part: GET /parts/{id} at `depots` with the secret api_key: reads; keeps 2 of 5 fields"
    );
    assert_eq!(lines[5], "1 catalog, 5 tools, 5 newly approved, 1 file changed");
    let lock = catalogs.text(LOCK);
    let kinds: Vec<&str> = lock.lines().skip(2).filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(kinds, ["included", "included", "included", "included", "included", "excluded"], "{lock}");
    let again = catalogs.approve(&["--all"]);
    assert_eq!(again.out, "1 catalog, 5 tools, 0 newly approved, 0 files changed\n");
    assert_eq!(catalogs.text(LOCK), lock);
    assert_eq!(catalogs.reported(), []);
    assert_eq!(Catalogs::approved().text(LOCK), lock, "in another directory the bytes are the same");
}

#[test]
fn a_tool_is_approved_by_its_name_and_no_other_is() {
    let catalogs = Catalogs::approved();
    catalogs.edit(MANIFEST, "bytes_max: 4096", "bytes_max: 8192");
    catalogs.edit(MANIFEST, "maximum: 50", "maximum: 90");
    catalogs.edit(DOCUMENT, "operationId: getPart", "operationId: readPart");
    catalogs.edit(MANIFEST, "  get_part:\n    operation: getPart", "  read_part:\n    operation: readPart");
    let affected = |catalogs: &Catalogs| {
        let mut names: Vec<String> = catalogs.reported().into_iter().map(|(_, name)| name).collect();
        names.sort();
        names
    };
    assert_eq!(affected(&catalogs), ["get_part", "list_parts", "read_part", "show_raw"]);
    let ran = catalogs.approve(&["show_raw"]);
    assert!(ran.out.starts_with("changed  show_raw: GET /raw at `depots`"), "{}", ran.out);
    assert!(ran.out.ends_with("1 catalog, 5 tools, 1 newly approved, 3 not approved, 1 file changed\n"), "{}", ran.out);
    assert_eq!(affected(&catalogs), ["get_part", "list_parts", "read_part"]);
    let ran = catalogs.approve(&["get_part", "read_part"]);
    assert!(ran.out.starts_with("gone     get_part: is no tool any more\nnew      read_part: GET"), "{}", ran.out);
    assert_eq!(affected(&catalogs), ["list_parts"]);
    assert_eq!(catalogs.approve(&["list_parts"]).exit, Exit::Done);
    assert_eq!(catalogs.compile(&[]).exit, Exit::Done);
    // Of a catalog without a lock, what is not named is not approved.
    let catalogs = Catalogs::base();
    assert_eq!(catalogs.approve(&["get_part"]).exit, Exit::Done);
    assert_eq!(affected(&catalogs), ["add_part", "list_parts", "search_parts", "show_raw"]);
}

#[test]
fn a_tool_of_another_operation_says_so() {
    let catalogs = Catalogs::approved();
    catalogs.edit(DOCUMENT, "  /raw:\n", "  /rawer:\n");
    let ran = catalogs.compile(&[]);
    assert!(ran.err.contains("it calls `GET /rawer` instead of `GET /raw`"), "{}", ran.err);
    let ran = catalogs.approve(&["--all"]);
    assert!(ran.out.starts_with("moved    show_raw: GET /rawer at `depots`") && ran.out.contains("; was GET /raw\n"));
}

#[test]
fn check_writes_nothing_and_tells_what_would_be() {
    let catalogs = Catalogs::base();
    let ran = catalogs.approve(&["--all", "--check"]);
    assert_eq!(ran.exit, Exit::Stale);
    assert!(ran.out.ends_with("5 newly approved, 1 file to be written\n") && !catalogs.path(LOCK).exists());
    assert!(ran.err.contains("without `--check`"), "{}", ran.err);
    assert_eq!(catalogs.approve(&["--all"]).exit, Exit::Done);
    let ran = catalogs.approve(&["--all", "--check"]);
    assert_eq!((ran.exit, ran.err.as_str()), (Exit::Done, ""));
    assert_eq!(ran.out, "1 catalog, 5 tools, 0 newly approved, up to date\n");
    // A lock whose lines stand in another order is right, and is put in order.
    let lines = catalogs.text(LOCK);
    let (head, rest) = lines.split_at(lines.find("included").expect("is there"));
    let turned: String = head.lines().chain(rest.lines().rev()).flat_map(|line| [line, "\n"]).collect();
    std::fs::write(catalogs.path(LOCK), turned).expect("can be written");
    assert_eq!(catalogs.reported(), []);
    assert_eq!(catalogs.approve(&["--check"]).exit, Exit::Stale);
    assert_eq!(catalogs.approve(&[]).exit, Exit::Done);
    assert_eq!(catalogs.text(LOCK), lines);
}

#[test]
fn programs_get_what_was_approved_as_json() {
    let catalogs = Catalogs::approved();
    catalogs.edit(MANIFEST, "bytes_max: 4096", "bytes_max: 8192");
    catalogs.edit(MANIFEST, "maximum: 50", "maximum: 90");
    let told = |more: &[&str]| {
        let ran = catalogs.approve(&[&["--format", "json"], more].concat());
        assert_eq!(ran.err, "");
        let told: Value = serde_json::from_str(&ran.out).expect("is JSON");
        assert_eq!(told["exit"], ran.exit.code());
        told
    };
    let checked = told(&["show_raw", "--check"]);
    let path = catalogs.path(LOCK).to_string_lossy().into_owned();
    assert_eq!(checked["differences"], json!([{"path": path, "kind": "changed"}]));
    let written = told(&["show_raw"]);
    assert_eq!(written["approved"], checked["approved"]);
    let approved = &written["approved"][0];
    assert_eq!((&approved["tool"], &approved["change"]), (&json!("show_raw"), &json!("changed")));
    assert_eq!((&written["catalogs"], &written["tools"]), (&json!(1), &json!(5)));
    assert_eq!((&written["unapproved"], &written["diagnostics"]), (&json!(["list_parts"]), &json!([])));
    let unknown = told(&["shw_raw"]);
    assert_eq!((&unknown["exit"], &unknown["diagnostics"][0]["code"]), (&json!(2), &json!("E0704")));
}

#[test]
fn nothing_is_approved_of_catalogs_with_a_mistake() {
    let catalogs = Catalogs::approved();
    let before = catalogs.text(LOCK);
    catalogs.edit(MANIFEST, "bytes_max: 4096", "bytes_max: 8192");
    let ran = catalogs.approve(&["show_raw", "list_prts"]);
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Invalid, ""));
    assert!(ran.err.contains("error[E0704]") && ran.err.contains("did you mean `list_parts`?"), "{}", ran.err);
    catalogs.edit(MANIFEST, "operation: getPart", "operation: getParts");
    let ran = catalogs.approve(&["--all"]);
    assert!(ran.exit == Exit::Invalid && ran.err.contains("error[E0221]"), "{}", ran.err);
    assert_eq!(catalogs.text(LOCK), before);
    let ran = catalogs.approve(&["--all", "show_raw"]);
    assert!(ran.exit == Exit::Invalid && ran.err.contains("cannot be used with"), "{}", ran.err);
}

/// One can read before one approves, whatever the lock says.
#[test]
fn what_only_reads_does_not_ask_for_the_lock() {
    let catalogs = Catalogs::base();
    std::fs::write(catalogs.path(LOCK), b"<<<<<<< \xff\n").expect("can be written");
    let root = catalogs.root().to_string_lossy().into_owned();
    assert_eq!(catalogs.run("explain", &["get_part"]).exit, Exit::Done);
    let ran = airlock(["diff", &Catalogs::base().root().to_string_lossy(), &root]);
    assert_eq!((ran.exit, ran.out.as_str(), ran.err.as_str()), (Exit::Done, "no change\n", ""));
    for command in [catalogs.compile(&["--check"]), catalogs.approve(&["--all"])] {
        assert!(command.exit == Exit::Invalid && command.err.contains("error[E0702]"), "{}", command.err);
    }
    // A link that leads nowhere is a lock that cannot be had, and not none.
    #[cfg(unix)]
    {
        std::fs::remove_file(catalogs.path(LOCK)).expect("is there");
        std::os::unix::fs::symlink("nowhere", catalogs.path(LOCK)).expect("is linked");
        let ran = catalogs.compile(&[]);
        assert!(ran.exit == Exit::Invalid && ran.err.contains("error[E0105]"), "{}", ran.err);
    }
}

#[test]
fn every_catalog_is_told_in_one_run() {
    let catalogs = Catalogs::approved();
    let second = catalogs.root().join("stores");
    std::fs::create_dir(&second).expect("can be made");
    let manifest = catalogs.text(MANIFEST).replace("_part", "_store").replace("show_raw", "show_store");
    std::fs::write(second.join(MANIFEST), manifest).expect("can be written");
    std::fs::copy(catalogs.path(DOCUMENT), second.join(DOCUMENT)).expect("is copied");
    assert_eq!(catalogs.approve(&["--all"]).exit, Exit::Done);
    let text = std::fs::read_to_string(second.join(MANIFEST)).expect("is there");
    std::fs::write(second.join(MANIFEST), text.replace("4096", "8192")).expect("can be written");
    catalogs.edit(MANIFEST, "bytes_max: 4096", "bytes_max: 8192");
    let affected = catalogs.reported();
    assert_eq!(affected.len(), 2, "{affected:?}");
    let err = catalogs.compile(&[]).err;
    assert_eq!(err.matches(" show_raw show_store`, or `airlock approve").count(), 2, "{err}");
}

#[test]
fn the_clinic_is_approved() {
    let root = workspace().join("catalogs").to_string_lossy().into_owned();
    let ran = airlock(["approve", "--all", "--check", "--catalogs", &root]);
    assert_eq!(ran.exit, Exit::Done, "{}{}", ran.out, ran.err);
}

/// A real document as a catalog of every operation, approved; then one schema says something else.
#[test]
#[ignore = "needs the real documents; run tests/all.sh"]
fn with_documents_a_schema_affects_the_tools_that_show_it() {
    let document = real_document("github-progenitor.json").to_string_lossy().into_owned();
    let catalogs = Catalogs(tempfile::tempdir().expect("a directory"));
    let root = catalogs.root().to_string_lossy().into_owned();
    let begun = airlock(["init", "depots", "--all", "--document", &document, "--catalogs", &root]);
    assert_eq!(begun.exit, Exit::Done, "{}", begun.err);
    assert_eq!(catalogs.approve(&["--all"]).exit, Exit::Done);
    assert_eq!(catalogs.compile(&[]).exit, Exit::Done);
    std::fs::remove_dir_all(catalogs.out()).expect("is there");
    let mut value: Value = serde_json::from_str(&catalogs.text("openapi.json")).expect("is JSON");
    let schema = &mut value["components"]["schemas"]["license-content"]["properties"];
    assert!(schema.is_object(), "the document has this schema");
    schema["further"] = json!({"type": "string"});
    std::fs::write(catalogs.path("openapi.json"), value.to_string()).expect("can be written");
    let found = catalogs.reported();
    assert_eq!(found, [("E0701".to_owned(), "licenses_get_for_repo".to_owned())]);
}
