//! Mistakes in catalogs, documents and command lines: each case's whole output, as a person sees it.
//!
//! Below `warnings/` lie catalogs that compile all the same, in the same form.
//!
//! A case is a directory below `errors/`, named for the mistake: the catalogs that have it, and `expected.stderr`. Where
//! the mistake is not one of `airlock compile`, the file `command` holds the command line, with `{case}` for the directory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use airlock_compiler::cli::{Exit, Streams, run};

use crate::command::{Ran, airlock, assert_is_file, directories, workspace};
use crate::freshness::tree;

#[test]
fn every_mistake_is_shown_at_its_place_with_a_way_out() {
    for case in cases() {
        let ran = airlock(command(&case));
        assert_eq!(ran.exit, Exit::Invalid, "{}", case.display());
        assert_eq!(ran.out, "", "{}", case.display());
        assert!(
            !ran.err.contains('\u{1b}') && !ran.err.contains('\u{202e}'),
            "{}: raw control characters",
            case.display()
        );
        assert_is_file(&ran.err, &case.join("expected.stderr"));
    }
    assert!(!Path::new("unused").exists(), "nothing is written after an error");
}

#[test]
fn every_warning_is_shown_and_stops_nothing() {
    for case in warnings() {
        let out = tempfile::tempdir().expect("a directory");
        let ran = compiled(&case, out.path());
        assert_eq!(ran.exit, Exit::Done, "{}: {}", case.display(), ran.err);
        assert!(ran.out.ends_with(" changed\n") && !tree(out.path()).is_empty(), "{}", case.display());
        assert_is_file(&ran.err, &case.join("expected.stderr"));
    }
}

/// The command line that compiles a case.
fn compiled(case: &Path, out: &Path) -> Ran {
    airlock(["compile", "--out", &out.to_string_lossy(), "--catalogs", &case.to_string_lossy()])
}

#[test]
fn programs_get_the_same_as_json() {
    for case in cases() {
        let human = airlock(command(&case)).err;
        let diagnostics = diagnostics(&case);
        assert_eq!(diagnostics.len(), codes_shown(&human).len(), "{}", case.display());
        for diagnostic in diagnostics {
            let code = diagnostic["code"].as_str().expect("a code");
            assert!(human.contains(&format!("[{code}]")), "{}: {code}", case.display());
            if let Some(file) = diagnostic["file"].as_str() {
                let place = format!("{file}:{}:{}", diagnostic["line"], diagnostic["column"]);
                assert!(human.contains(&place), "{}: {place} is not in\n{human}", case.display());
            }
        }
    }
}

/// What is wrong with a document is said by the standard's own types, which know no way out but to keep to the standard.
const WITHOUT_A_WAY_OUT: &[&str] = &["E0204", "E0206", "E0218"];

#[test]
fn every_error_says_what_to_do() {
    for case in cases() {
        for diagnostic in diagnostics(&case) {
            let has_help = diagnostic["help"].as_array().is_some_and(|helps| !helps.is_empty());
            let code = diagnostic["code"].as_str().expect("a code");
            assert!(has_help || WITHOUT_A_WAY_OUT.contains(&code), "{}: {code} has no help", case.display());
        }
    }
}

/// On a terminal the same text comes, and no escape sequence but those that set a colour.
#[test]
fn colours_add_nothing_but_colours() {
    for case in cases() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let line = std::iter::once("airlock".to_owned()).chain(command(&case)).map(Into::into);
        run(line, &mut Streams { out: &mut out, err: &mut err, colour: true }).expect("writing to memory");
        let coloured = String::from_utf8(err).expect("output is UTF-8");
        let mut pieces = coloured.split("\u{1b}[");
        let mut plain = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (colour, text) = piece.split_once('m').expect("a sequence ends");
            assert!(colour.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'), "{}: {piece}", case.display());
            plain.push_str(text);
        }
        assert_eq!(plain, airlock(command(&case)).err, "{}", case.display());
    }
}

/// What is proposed as a patch is put into a copy of the case, as a program would: the mistake must be gone, and no other
/// may have come.
#[test]
fn a_patch_that_is_applied_mends_the_mistake() {
    let mut patches = 0;
    let warned = warnings().into_iter().map(|case| (warned(&case), case));
    for (before, case) in cases().into_iter().map(|case| (diagnostics(&case), case)).chain(warned) {
        let helps = before.iter().flat_map(|diagnostic| diagnostic["help"].as_array().into_iter().flatten());
        for patch in helps.filter_map(|help| help.get("patch")) {
            let copy = tempfile::tempdir().expect("a directory");
            for (path, bytes) in tree(&case) {
                let path = copy.path().join(path);
                std::fs::create_dir_all(path.parent().expect("has one")).expect("a directory");
                std::fs::write(path, bytes).expect("is written");
            }
            let file = patch["file"].as_str().expect("a file");
            let file = copy
                .path()
                .join(file.strip_prefix(&*case.to_string_lossy()).expect("of the case").trim_start_matches('/'));
            let text = std::fs::read_to_string(&file).expect("is there");
            std::fs::write(&file, applied(&text, patch)).expect("is written");
            let out = copy.path().join("out");
            let (out, copy) = (out.to_string_lossy(), copy.path().to_string_lossy());
            let ran = airlock(["compile", "--format", "json", "--out", &out, "--catalogs", &copy]);
            let value: serde_json::Value = serde_json::from_str(&ran.out).expect("is JSON");
            let after = value["diagnostics"].as_array().expect("a list");
            assert_eq!(after.len() + 1, before.len(), "{}: {patch:#}\n{after:#?}", case.display());
            patches += 1;
        }
    }
    assert!(patches >= 10, "only {patches} patches");
}

fn applied(text: &str, patch: &serde_json::Value) -> String {
    let number = |key: &str| usize::try_from(patch[key].as_u64().expect("a number")).expect("is small") - 1;
    let line: usize = text.split_inclusive('\n').take(number("line")).map(str::len).sum();
    let start = line + text[line..].chars().take(number("column")).map(char::len_utf8).sum::<usize>();
    let replaces = patch["replaces"].as_str().expect("a text");
    assert!(text[start..].starts_with(replaces), "{patch:#}");
    format!("{}{}{}", &text[..start], patch["text"].as_str().expect("a text"), &text[start + replaces.len()..])
}

#[test]
fn every_run_that_fails_says_where_to_read_more_once() {
    let mut hints = 0;
    for case in cases() {
        let err = airlock(command(&case)).err;
        let first = err.lines().find_map(|line| line.strip_prefix("error[")?.split_once(']'));
        let Some((code, _)) = first else { continue };
        let hint = format!("\nfor more about an error: `airlock explain {code}`\n");
        assert!(err.ends_with(&hint), "{}:\n{err}", case.display());
        assert_eq!(err.matches("airlock explain").count(), 1, "{}", case.display());
        assert_eq!(airlock(["explain", code]).exit, Exit::Done, "{code}");
        hints += 1;
    }
    assert!(hints > 0);
}

/// Codes whose mistake is too large to be kept: `files_and_documents_have_a_bound` makes it.
const WITHOUT_A_CASE: &[&str] = &["E0111", "E0117", "E0507"];

/// The files have no blocks on the disk: only their lengths are large.
#[test]
fn files_and_documents_have_a_bound() {
    let write = |directory: &Path, name: &str, text: &str, bytes: u64| {
        let path = directory.join(name);
        std::fs::write(&path, text).expect("is written");
        if bytes > 0 {
            std::fs::File::options().write(true).open(&path).and_then(|file| file.set_len(bytes)).expect("is long");
        }
    };
    let document = "openapi: 3.0.4\npaths: { /a: { $ref: a.md }, /b: { $ref: b.md } }\n";
    for (code, document_bytes, text_bytes) in [("E0111", (100 << 20) + 1, 0), ("E0117", 0, 51 << 20)] {
        let catalogs = tempfile::tempdir().expect("a directory");
        let depots = catalogs.path().join("depots");
        std::fs::create_dir(&depots).expect("is made");
        write(&depots, "catalog.yaml", "title: Depots\ndocument: openapi.yaml\ntools: {}\n", 0);
        write(&depots, "openapi.yaml", document, document_bytes);
        write(&depots, "a.md", "the parameters of a", text_bytes);
        write(&depots, "b.md", "the parameters of b", text_bytes);
        let ran = airlock(["compile", "--out", "unused", "--catalogs", &catalogs.path().to_string_lossy()]);
        assert_eq!((ran.exit, codes_shown(&ran.err)), (Exit::Invalid, vec![code.to_owned()]), "{}", ran.err);
    }
    let catalogs = tempfile::tempdir().expect("a directory");
    let depots = catalogs.path().join("depots");
    std::fs::create_dir(&depots).expect("is made");
    let parameter = format!("{{ name: a, in: query, schema: {{}}, description: {} }}", "many words ".repeat(100_000));
    let document = format!(
        "openapi: 3.0.4\ninfo: {{ title: A, version: a }}\npaths: {{ /a: {{ get: {{ security: [], parameters: [{parameter}], responses: {{ 204: {{}} }} }} }} }}\n"
    );
    let manifest = "title: A\ndocument: openapi.yaml\ntools: { a: { operation: GET /a, description: a, \
                    response: { bytes_max: 1 }, prune: '@' } }\n";
    write(&depots, "catalog.yaml", manifest, 0);
    write(&depots, "openapi.yaml", &document, 0);
    let ran = airlock(["compile", "--out", "unused", "--catalogs", &catalogs.path().to_string_lossy()]);
    assert_eq!((ran.exit, codes_shown(&ran.err)), (Exit::Invalid, vec!["E0507".to_owned()]));
}

#[test]
fn every_code_of_the_compiler_is_explained_and_has_a_case() {
    let used = codes_of_the_compiler();
    assert!(used.len() >= 50, "the scan of the source finds nothing");
    let ran = airlock(["explain"]);
    let explained: BTreeSet<String> =
        ran.out.lines().map(|line| line.split_once("  ").expect("code and title").0.to_owned()).collect();
    assert_eq!((ran.exit, ran.err.as_str()), (Exit::Done, ""));
    assert_eq!(explained, used.keys().cloned().collect(), "explained, and used in compiler/src");
    let shown: BTreeSet<String> = cases()
        .iter()
        .chain(&warnings())
        .flat_map(|case| codes_shown(&std::fs::read_to_string(case.join("expected.stderr")).unwrap_or_default()))
        .collect();
    let is_shown = |code: &String| shown.contains(code) || WITHOUT_A_CASE.contains(&code.as_str());
    let unshown: Vec<_> = used.iter().filter(|(code, _)| !is_shown(code)).collect();
    assert!(unshown.is_empty(), "no case in errors/ or warnings/ shows: {unshown:?}");
}

#[test]
fn an_explanation_is_the_same_for_people_and_programs() {
    let json = airlock(["explain", "--format", "json"]);
    let list: serde_json::Value = serde_json::from_str(&json.out).expect("is JSON");
    let codes = list["codes"].as_array().expect("a list");
    assert!(codes.len() >= 50);
    for entry in codes {
        let code = entry["code"].as_str().expect("a code");
        let people = airlock(["explain", code]);
        let programs = airlock(["explain", code, "--format", "json"]);
        assert_eq!((people.exit, programs.exit), (Exit::Done, Exit::Done), "{code}");
        let value: serde_json::Value = serde_json::from_str(&programs.out).expect("is JSON");
        assert_eq!((&value["code"], &value["title"]), (&entry["code"], &entry["title"]));
        assert!(people.out.starts_with(&format!("{code}: {}\n", value["title"].as_str().expect("a title"))));
        for section in ["why", "fix"] {
            let first = value[section].as_str().and_then(|text| text.lines().next()).expect("a text");
            assert!(people.out.contains(first), "{code}: {section}");
        }
    }
    assert_is_file(&airlock(["explain", "e0107"]).out, Path::new("cases/help/explain_E0107.txt"));
}

/// What leaves the machine is shown without a look at generated code.
#[test]
fn of_a_tool_the_fields_are_told_that_its_rule_keeps_and_drops() {
    let explain = |tool: &str, catalogs: &Path, more: &[&str]| {
        let catalogs = catalogs.to_string_lossy().into_owned();
        airlock(["explain", tool, "--catalogs", &catalogs].iter().chain(more).copied())
    };
    let clinic = workspace().join("catalogs");
    let people = explain("get_unit", &clinic, &[]);
    assert_eq!((people.exit, people.err.as_str()), (Exit::Done, ""));
    assert_is_file(&people.out, Path::new("cases/help/explain_get_unit.txt"));
    let programs = explain("get_unit", &clinic, &["--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&programs.out).expect("is JSON");
    let paths = |key: &str| value[key].as_array().expect("a list").clone();
    assert_eq!(
        value["fields"],
        format!("{} of {} fields", paths("kept").len(), paths("kept").len() + paths("dropped").len())
    );
    for path in paths("kept").iter().chain(&paths("dropped")) {
        assert!(people.out.contains(&format!("\n    {}\n", path.as_str().expect("a text"))), "{path}");
    }
    let unknown = explain("list_parts", Path::new("warnings/rule_without_a_schema"), &[]);
    assert!(unknown.out.contains("\nfields unknown: the document has no schema for the answer\n"), "{}", unknown.out);
    let misspelt = explain("get_units", &clinic, &[]);
    assert_eq!((misspelt.exit, misspelt.out.as_str()), (Exit::Invalid, ""));
    assert!(misspelt.err.contains("did you mean `get_unit`?"), "{}", misspelt.err);
    let broken = explain("list_parts", Path::new("errors/rule_with_a_field_misspelt"), &[]);
    assert_eq!((broken.exit, codes_shown(&broken.err)), (Exit::Invalid, vec!["E0310".to_owned()]));
}

#[test]
fn five_mistakes_in_one_manifest_are_five_errors_in_one_run() {
    let ran = airlock(command(Path::new("errors/five_mistakes")));
    for code in ["E0221", "E0201", "E0301", "E0202", "E0602"] {
        assert_eq!(ran.err.matches(&format!("error[{code}]")).count(), 1, "{code} in\n{}", ran.err);
    }
    assert_eq!(ran.err.matches("error[").count(), 5);
}

fn cases() -> Vec<PathBuf> {
    directories(Path::new("errors"))
}

fn warnings() -> Vec<PathBuf> {
    directories(Path::new("warnings"))
}

/// What programs get for a case that compiles.
fn warned(case: &Path) -> Vec<serde_json::Value> {
    let out = tempfile::tempdir().expect("a directory");
    let (out, catalogs) = (out.path().to_string_lossy(), case.to_string_lossy());
    let ran = airlock(["compile", "--format", "json", "--out", &out, "--catalogs", &catalogs]);
    assert_eq!(ran.exit, Exit::Done, "{}", case.display());
    let value: serde_json::Value = serde_json::from_str(&ran.out).expect("is JSON");
    value["diagnostics"].as_array().expect("a list").clone()
}

/// The command line of a case, without the program's name.
fn command(case: &Path) -> Vec<String> {
    let line = std::fs::read_to_string(case.join("command"));
    let line = line.unwrap_or_else(|_| "compile --out unused --catalogs {case}".to_owned());
    line.split_whitespace().map(|word| word.replace("{case}", &case.to_string_lossy())).collect()
}

/// What programs get for a case; nothing where the command line itself is the mistake.
fn diagnostics(case: &Path) -> Vec<serde_json::Value> {
    let mut line = command(case);
    line.extend(["--format".to_owned(), "json".to_owned()]);
    let Ran { exit, out, .. } = airlock(line);
    assert_eq!(exit, Exit::Invalid, "{}", case.display());
    if out.is_empty() {
        return Vec::new();
    }
    let value: serde_json::Value = serde_json::from_str(&out).expect("is JSON");
    assert_eq!(value["exit"], 2, "{}", case.display());
    value["diagnostics"].as_array().expect("a list").clone()
}

/// The codes of the errors and warnings in an output, in order, each as often as it stands there.
fn codes_shown(text: &str) -> Vec<String> {
    let code = |line: &str| {
        let rest = line.strip_prefix("error[").or(line.strip_prefix("warning["))?;
        rest.split_once(']').map(|(code, _)| code.to_owned())
    };
    text.lines().filter_map(code).collect()
}

/// The codes that stand as literals in the compiler's source, and a file that has each.
fn codes_of_the_compiler() -> BTreeMap<String, PathBuf> {
    let mut codes = BTreeMap::new();
    let mut open = vec![workspace().join("compiler/src")];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory).expect("the source is there") {
            let path = entry.expect("can be read").path();
            if path.is_dir() {
                // The explanations themselves: that they are used is what is asked.
                if !path.ends_with("src/explain") {
                    open.push(path);
                }
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for literal in text.split('"') {
                let is_code = literal.len() == 5
                    && literal.starts_with("E0")
                    && literal.bytes().skip(1).all(|byte| byte.is_ascii_digit());
                if is_code {
                    codes.insert(literal.to_owned(), path.clone());
                }
            }
        }
    }
    codes
}
