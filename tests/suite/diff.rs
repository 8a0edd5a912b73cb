//! `airlock diff`: what a change means, at which risk.

mod revision;
mod rows;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use airlock_compiler::cli::Exit;
use airlock_compiler::diff::{Kind, Risk};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command::{Ran, airlock, real_document};
use revision::{commit, git};
use rows::ROWS;

const BASE: &str = "cases/diff/base";
const MANIFEST: &str = "catalog.yaml";
const DOCUMENT: &str = "openapi.yaml";

/// A copy of the base catalog.
fn copy() -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let depots = directory.path().join("depots");
    std::fs::create_dir(&depots).expect("a directory");
    for name in [MANIFEST, DOCUMENT] {
        std::fs::copy(Path::new(BASE).join("depots").join(name), depots.join(name)).expect("is copied");
    }
    directory
}

/// Puts one text in place of another, which must stand there once.
fn edit(root: &Path, file: &str, from: &str, to: &str) {
    let path = root.join("depots").join(file);
    let text = std::fs::read_to_string(&path).expect("is there");
    assert_eq!(text.matches(from).count(), 1, "{file} holds `{from}` once");
    std::fs::write(path, text.replace(from, to)).expect("is written");
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn diff(old: &Path, new: &Path, options: &[&str]) -> Ran {
    airlock(
        ["diff".to_owned(), text(old), text(new)].into_iter().chain(options.iter().map(|&option| option.to_owned())),
    )
}

fn changes(old: &Path, new: &Path) -> Vec<Value> {
    let ran = diff(old, new, &["--format", "json"]);
    assert_eq!((ran.exit, ran.err.as_str()), (Exit::Done, ""), "{}", ran.out);
    let told: Value = serde_json::from_str(&ran.out).expect("JSON");
    told["changes"].as_array().expect("a list").clone()
}

#[test]
fn every_seeded_change_is_named_at_its_risk() {
    let mut wrong = String::new();
    for (file, from, to, risk, kind, tool) in ROWS {
        let seeded = copy();
        edit(seeded.path(), file, from, to);
        let ran = diff(Path::new(BASE), seeded.path(), &["--format", "json"]);
        let told: Value = serde_json::from_str(&ran.out).expect("JSON");
        let found = told["changes"].as_array().cloned().unwrap_or_default();
        let highest = found.first().map(|change| change["risk"].clone());
        let is_named = found.iter().any(|change| change["kind"] == kind.word() && change["tool"] == json!(tool));
        // `other` in the table: it means the same, and must give nothing.
        let is_right = match kind {
            Kind::Other => ran.exit == Exit::Done && found.is_empty(),
            _ => is_named && highest == Some(json!(risk.word())),
        };
        if !is_right {
            let _ =
                writeln!(wrong, "`{from}` -> `{to}`: not {} {} of {tool:?}:\n{}", risk.word(), kind.word(), ran.out);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(ROWS.len() >= 60);
}

/// The same value with the keys of every object the other way round.
pub(crate) fn reversed(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().rev().map(|(key, value)| (key, reversed(value))).collect())
        }
        Value::Array(values) => values.into_iter().map(reversed).collect(),
        scalar => scalar,
    }
}

fn yaml(path: &Path) -> Value {
    serde_yaml::from_str(&std::fs::read_to_string(path).expect("is there")).expect("is YAML")
}

#[test]
fn what_is_only_laid_out_anew_is_no_change() {
    for base in ["cases/diff/base/depots", "../catalogs/clinic"] {
        let base = Path::new(base);
        let other = tempfile::tempdir().expect("a directory");
        let other = other.path().join(base.file_name().expect("a name"));
        std::fs::create_dir(&other).expect("a directory");
        let mut manifest = yaml(&base.join(MANIFEST));
        manifest["document"] = json!("openapi.json");
        let document = format!("\n{:#}\n\n", reversed(yaml(&base.join(DOCUMENT))));
        std::fs::write(other.join("openapi.json"), document).expect("is written");
        let manifest = format!("# Comment.\n{:#}", reversed(manifest));
        std::fs::write(other.join(MANIFEST), manifest.replace(": id, name", ":   id,  name")).expect("is written");
        for tool in ["find_free_beds", "find_practitioners"] {
            let sample = base.join(format!("samples/{tool}.json"));
            if sample.is_file() {
                std::fs::create_dir_all(other.join("samples")).expect("a directory");
                std::fs::copy(sample, other.join(format!("samples/{tool}.json"))).expect("is copied");
            }
        }
        assert_eq!(changes(base, &other), [] as [Value; 0], "{}", base.display());
        assert_eq!(changes(&base.join(DOCUMENT), &other.join("openapi.json")), [] as [Value; 0], "{}", base.display());
        let ran = diff(base, &other, &["--fail-on", "none"]);
        assert_eq!((ran.exit, ran.out.as_str(), ran.err.as_str()), (Exit::Done, "no change\n", ""));
    }
}

/// A body is one argument, and what is lifted out of it are several.
#[test]
fn from_holds_for_a_whole_body_or_for_what_is_lifted_out_of_it() {
    let told = |flat: &str, name: &str| {
        let (old, new) = (copy(), copy());
        edit(old.path(), MANIFEST, "approve: write", &format!("approve: write{flat}"));
        edit(new.path(), MANIFEST, "approve: write", &format!("approve: write{flat}"));
        edit(new.path(), MANIFEST, "number. }", &format!("number. }}\n      {name}: {{ from: any }}"));
        let sides = [(old.path(), new.path()), (new.path(), old.path())];
        sides.map(|(old, new)| {
            let found = changes(old, new);
            assert_eq!(found.len(), 1, "{found:?}");
            format!("{} {} {}", found[0]["risk"], found[0]["kind"], found[0]["detail"]).replace('"', "")
        })
    };
    for (flat, name) in [("", "body"), ("\n    flat: true", "name")] {
        let expected = [
            format!(
                "medium grounding_widened `{name}`: the embedded model may write whatever is accepted, instead of what was said"
            ),
            format!("low grounding_narrowed `{name}`: the embedded model may write only what was said"),
        ];
        assert_eq!(told(flat, name), expected);
    }
}

#[test]
fn the_exit_code_tells_the_highest_risk() {
    let (medium, none) = (copy(), copy());
    edit(medium.path(), MANIFEST, "bytes_max: 4096", "bytes_max: 8192");
    edit(none.path(), DOCUMENT, "summary: Nobody's", "summary: Somebody's");
    for (side, level, exit) in [
        (&medium, "high", Exit::Done),
        (&medium, "medium", Exit::Stale),
        (&medium, "low", Exit::Stale),
        (&none, "low", Exit::Done),
        (&none, "none", Exit::Stale),
    ] {
        for format in ["human", "json", "markdown", "html"] {
            let ran = diff(Path::new(BASE), side.path(), &["--fail-on", level, "--format", format]);
            assert_eq!((ran.exit, ran.err.as_str()), (exit, ""), "{level} {format}");
        }
        assert_eq!(diff(Path::new(BASE), side.path(), &[]).exit, Exit::Done);
    }
}

/// Whatever a document says, it cannot hide, break out of its place, or become markup.
#[test]
fn hostile_text_is_text_in_every_format() {
    let hostile = copy();
    let text = r#"<script>alert(1)</script> | high | `a` [x](https://e.org) @all "'& \| \u202eevil"#;
    edit(hostile.path(), DOCUMENT, "description: What it is called.", &format!("description: {}", json!(text)));
    edit(hostile.path(), DOCUMENT, "enum: [red, green]", r#"enum: [red, green, "a\u202eb\u001b[31m\n| c"]"#);
    let base = Path::new(BASE);
    let shown = |format: &str| diff(base, hostile.path(), &["--format", format]).out;
    for format in ["human", "json", "markdown", "html"] {
        let out = shown(format);
        assert!(!out.chars().any(|char| matches!(char, '\u{202e}' | '\u{1b}')), "{format}: {out}");
    }
    let table = shown("markdown");
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 2 + changes(base, hostile.path()).len(), "{table}");
    assert!(rows.iter().all(|row| row.matches('|').count() == 5), "{table}");
    for forbidden in ["<script", "](", "@all", "://"] {
        assert!(!table.contains(forbidden), "{forbidden}: {table}");
    }
    let page = shown("html");
    assert!(page.starts_with("<!doctype html>\n") && page.ends_with("</html>\n"), "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script"), "{page}");
    assert!(!page.contains("http://") && !page.contains("src="), "{page}");
    let human = shown("human");
    assert!(human.starts_with("medium\n") && human.ends_with("3 changes: 2 medium, 1 none\n"), "{human}");
}

/// Profiles are of all catalogs together, and prompts of one; neither is of a tool.
#[test]
fn changes_of_profiles_and_prompts_are_told() {
    let (old, new) = (copy(), copy());
    let profile = |root: &Path, tools: &str| {
        let text = format!("profiles:\n  counting:\n    description: For people who count.\n    tools: [{tools}]\n");
        std::fs::write(root.join("workspace.yaml"), text).expect("is written");
    };
    profile(old.path(), "get_part");
    profile(new.path(), "depots.*");
    let manifest = new.path().join("depots").join(MANIFEST);
    let mut written = std::fs::read_to_string(&manifest).expect("is there");
    written.push_str("prompts:\n  count: { description: Counts., text: Count the parts. }\n");
    std::fs::write(manifest, written).expect("is written");
    let found = changes(old.path(), new.path());
    let told = |kind: &str| -> Vec<&Value> { found.iter().filter(|change| change["kind"] == kind).collect() };
    let (prompts, grown) = (told("prompt_added"), told("profile_grown"));
    assert_eq!((prompts.len(), grown.len()), (1, found.len() - 1), "{found:?}");
    assert_eq!((&prompts[0]["risk"], &prompts[0]["tool"]), (&json!("high"), &Value::Null));
    assert!(grown.iter().any(|change| change["tool"] == "add_part" && change["catalog"] == "workspace.yaml"));
    assert_eq!(changes(new.path(), new.path()), [] as [Value; 0]);
}

/// A model is its bytes: other ones under the same name newly get in.
#[test]
fn changes_of_models_are_told() {
    let with = |models: &[(&str, &str, &str)]| {
        let directory = copy();
        let mut text = String::from("models:\n");
        for (name, digit, licence) in models {
            let sha256 = digit.repeat(64);
            let _ = writeln!(text, "  {name}: {{ sha256: '{sha256}', licence: {licence}, source: A page. }}");
        }
        std::fs::write(directory.path().join("workspace.yaml"), text).expect("is written");
        directory
    };
    let old = with(&[("coder", "a", "MIT"), ("speaker", "b", "MIT"), ("writer", "c", "MIT")]);
    let new = with(&[("coder", "d", "MIT"), ("speaker", "b", "Apache-2.0")]);
    let told: Vec<String> = changes(old.path(), new.path())
        .iter()
        .map(|change| {
            let about: String = change["detail"].as_str().expect("a text").chars().take(9).collect();
            assert_eq!((&change["catalog"], &change["tool"]), (&json!("workspace.yaml"), &Value::Null));
            format!("{} {} {about}", change["risk"], change["kind"]).replace('"', "")
        })
        .collect();
    let expected = [
        "high model_added `coder`, ",
        "low model_changed `speaker`",
        "low model_removed `coder`, ",
        "low model_removed `writer`,",
    ];
    assert_eq!(told, expected);
}

/// A label that falls, a clearance that rises and a flow that is declassified are what reviewers have to see first.
#[test]
fn changes_of_labels_are_told() {
    let with = |workspace: &str, catalog: &str, tool: &str| {
        let directory = copy();
        let write = |path: &str, text: String| std::fs::write(directory.path().join(path), text).expect("is written");
        write("workspace.yaml", workspace.to_owned());
        let manifest = directory.path().join("depots").join(MANIFEST);
        let text = std::fs::read_to_string(&manifest).expect("is there");
        let text = text.replacen("document:", &format!("{catalog}document:"), 1);
        std::fs::write(&manifest, text.replacen("  get_part:\n", &format!("  get_part:\n{tool}"), 1))
            .expect("is written");
        directory
    };
    let chain = "labels: [public, internal, secret]\n";
    let old = with(chain, "label: secret\n", "");
    let declassified = "declassify: [{ from: \"depots.*\", to: get_part, reason: So. }]\n";
    let lower =
        with(&format!("{chain}{declassified}"), "label: internal\nclearance: secret\n", "    clearance: public\n");
    let told = |old: &Path, new: &Path| -> BTreeSet<String> {
        let found = changes(old, new).into_iter().filter(|change| change["tool"] != "add_part");
        found.map(|change| format!("{} {}", change["risk"], change["kind"]).replace('"', "")).collect()
    };
    let expected = ["high declassified", "high label_lowered", "low clearance_lowered"].map(str::to_owned);
    assert_eq!(told(old.path(), lower.path()), expected.into());
    let expected = ["high clearance_raised", "low declassified_no_more", "low label_raised"].map(str::to_owned);
    assert_eq!(told(lower.path(), old.path()), expected.into());
}

#[test]
fn json_is_sorted_by_risk_and_says_whose_a_change_is() {
    let catalogs = Path::new("cases/golden/depots/catalogs");
    let found = changes(catalogs, Path::new(BASE));
    let risks: Vec<usize> = found
        .iter()
        .map(|change| Risk::ALL.iter().position(|risk| change["risk"] == risk.word()).expect("is a risk"))
        .collect();
    assert!(found.len() > 20 && risks.is_sorted(), "{found:?}");
    for change in &found {
        let keys: Vec<&String> = change.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["risk", "kind", "catalog", "tool", "detail"]);
        let kind = Kind::ALL.iter().find(|kind| change["kind"] == kind.word()).expect("is a kind");
        assert_eq!(change["risk"], kind.risk().word());
        let is_of_all = matches!(kind, Kind::ProfileRemoved | Kind::ModelRemoved);
        assert_eq!(change["catalog"], if is_of_all { "workspace.yaml" } else { "depots" });
    }
    // Profiles, models and what labels mean are of all catalogs, so one alone has none.
    let is_of_one = |change: &Value| {
        let kind = change["kind"].as_str().unwrap_or_default();
        change["catalog"] == "depots" && kind != "labels_changed" && kind != "label_lowered"
    };
    let of_one: Vec<Value> = found.into_iter().filter(is_of_one).collect();
    assert_eq!(of_one, changes(&catalogs.join("depots"), &Path::new(BASE).join("depots")));
}

#[test]
fn one_catalog_is_compared_under_another_name_as_well() {
    let root = copy();
    let moved = root.path().join("moved");
    std::fs::rename(root.path().join("depots"), &moved).expect("is moved");
    let found = changes(&Path::new(BASE).join("depots"), &moved);
    let words: Vec<&Value> = found.iter().map(|change| &change["kind"]).collect();
    assert_eq!(words, ["catalog_renamed"], "{found:?}");
    let found = changes(Path::new(BASE), root.path());
    assert!(found.iter().any(|change| change["kind"] == "catalog_added"), "{found:?}");
    assert!(found.iter().any(|change| change["kind"] == "catalog_removed"), "{found:?}");
}

/// Real documents, with the keys of every object the other way round.
#[test]
#[ignore = "needs the real documents; run tests/all.sh"]
fn with_documents_another_order_of_keys_is_no_change() {
    for name in ["discord.json", "gitea-swagger2.json", "github-progenitor.json", "keycloak-23.json", "qdrant.json"] {
        let document = real_document(name);
        let directory = tempfile::tempdir().expect("a directory");
        let other = directory.path().join("other.json");
        let value: Value = serde_json::from_slice(&std::fs::read(&document).expect("is there")).expect("JSON");
        std::fs::write(&other, reversed(value).to_string()).expect("is written");
        assert_eq!(changes(&document, &other), [] as [Value; 0], "{name}");
    }
}

/// Documents of many files, on the disk and as of a revision; and what a bundle was made of.
#[test]
fn documents_of_many_files_and_unpacked_bundles_are_compared() {
    let root = tempfile::tempdir().expect("a directory");
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().expect("has one")).expect("can be made");
        std::fs::write(path, text).expect("is written");
    };
    let document = |shape: &str| {
        let schema = format!("{{ $ref: '../shapes/{shape}.yaml' }}");
        format!(
            "openapi: 3.0.4\ninfo: {{ title: D, version: '1' }}\nsecurity: []\npaths:\n  /a:\n    get:\n      \
             parameters: [{{ name: q, in: query, schema: {schema} }}]\n      responses: {{ '204': {{ description: x }} }}\n"
        )
    };
    write("api/main/old.yaml", &document("short"));
    write("api/main/new.yaml", &document("long"));
    write("api/shapes/short.yaml", "{ type: string, maxLength: 5 }\n");
    write("api/shapes/long.yaml", "{ type: string, maxLength: 50 }\n");
    git(root.path(), &["init", "-q"]);
    commit(root.path());
    let (repository, api) = (text(root.path()), text(&root.path().join("api")));
    let told = |old: &str, new: &str, more: &[&str]| {
        let ran = airlock([&["diff", old, new, "--repository", &repository, "--format", "json"], more].concat());
        assert_eq!(ran.exit, Exit::Done, "{}{}", ran.out, ran.err);
        let told: Value = serde_json::from_str(&ran.out).expect("JSON");
        let kinds = told["changes"].as_array().expect("a list").iter();
        kinds.map(|change| change["kind"].as_str().expect("a word").to_owned()).collect::<Vec<_>>()
    };
    let [old, new] = ["old", "new"].map(|name| format!("{api}/main/{name}.yaml"));
    let widened = ["bound_widened", "document_changed"];
    assert_eq!(told(&old, &new, &["--root", &api]), widened);
    assert_eq!(told("HEAD:api/main/old.yaml", "HEAD:api/main/new.yaml", &["--root", "api"]), widened);

    let bundle = tempfile::tempdir().expect("a directory");
    let seeded = copy();
    edit(seeded.path(), MANIFEST, "maximum: 50", "maximum: 90");
    std::fs::create_dir(bundle.path().join("source")).expect("can be made");
    std::fs::rename(seeded.path(), bundle.path().join("source/catalogs")).expect("can be moved");
    assert_eq!(told(BASE, &text(bundle.path()), &[]), ["bound_widened"]);
}

/// The help text names every kind with its risk, so that a review can look one up.
#[test]
fn the_help_names_every_kind() {
    let help = airlock(["diff", "--help"]).out;
    let mut words = BTreeSet::new();
    for kind in Kind::ALL {
        assert!(words.insert(kind.word()), "{} stands twice", kind.word());
        assert!(kind.word().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
        let row = help.lines().find(|line| line.trim_start().starts_with(&format!("{} ", kind.word())));
        assert!(row.is_some_and(|row| row.contains(kind.risk().word())), "{}", kind.word());
    }
}
