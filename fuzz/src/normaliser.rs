//! Target 2: a document through every step, `normalise` to `print`, and at times through the command line.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use airlock_compiler::cli::{self, Exit, Streams};
use airlock_compiler::ir::Effect;
use airlock_compiler::load::{Format, LoadedDocument, LoadedFile, Sources, parse};
use airlock_compiler::normalise::{Document, NormalisedCatalog, normalise_document};
use airlock_compiler::report::{Diagnostic, FileId, Report, human};
use airlock_compiler::resolve::{
    Choices, Operation, Purpose, Refusal, ShapeReader, first_usable, operations, output_with_notes, read,
};
use airlock_compiler::{check, emit, lower, print, resolve};
use serde_json::{Map, Value, json};

use crate::mutate::Words;
use crate::show;

/// Most operations that become tools of one run.
const TOOLS_MAX: usize = 12;

/// Takes `data` as a JSON document of any version.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // Texts that do not parse are the loader's target.
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let id = sources.add("openapi.json".to_owned(), text.to_owned(), Format::Json);
    let Some(value) = parse(id, &sources, &mut report) else { return };
    let document = normalise_document(loaded(id, value.clone()), &mut report);
    show::all(&report, &sources);
    let Some(document) = document else {
        assert!(report.has_errors(), "a document is refused with an error");
        return;
    };
    let usable = read_all(&document, &sources);
    compile(document, &usable, sources);
    if is_picked(data) {
        through_the_command_line(data);
    }
}

fn loaded(id: FileId, value: Value) -> LoadedDocument {
    LoadedDocument {
        name: "openapi.json".to_owned(),
        file: LoadedFile { id, value, sha256: "0".repeat(64) },
        others: [].into(),
        vendored: [].into(),
        sha256: "0".repeat(64),
    }
}

/// Files cost a hundred times what the steps do, so only some inputs take that way; always the same ones.
fn is_picked(data: &[u8]) -> bool {
    data.iter().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte))).is_multiple_of(32)
}

/// Reads every operation, what it takes and gives, twice: what is read must not depend on what was read before.
fn read_all(document: &Document, sources: &Sources) -> Vec<Operation> {
    let mut shapes = ShapeReader::new(document, Purpose::Sent);
    let mut answers = ShapeReader::new(document, Purpose::Received);
    let mut usable = Vec::new();
    for found in operations(document) {
        match read(&found, &mut shapes, &Choices::default()) {
            Ok(operation) => {
                let (shape, _) = output_with_notes(&operation.answers, &mut answers);
                answers.reachable([&shape]);
                shapes.reachable(operation.sent());
                for note in &operation.notes {
                    human::place(&document.at(&note.pointer), sources);
                }
                usable.push(operation);
            }
            Err(Refusal { code, pointer, reason }) => {
                assert!(code.starts_with("E02") && !reason.is_empty(), "{code} {reason}");
                human::place(&document.at_key(&pointer), sources);
                human::render(&Diagnostic::error(code, reason).at(document.at_key(&pointer), ""), sources, false);
            }
        }
    }
    usable
}

/// The manifest that lists the operations, and the steps from `resolve` to `print`.
fn compile(document: Document, usable: &[Operation], mut sources: Sources) {
    if usable.is_empty() {
        return;
    }
    let (manifest, text) = manifest(&document, usable);
    let id = sources.add("catalog.yaml".to_owned(), text, Format::Yaml);
    let catalog = NormalisedCatalog {
        name: "fuzz".to_owned(),
        manifest: LoadedFile { id, value: manifest, sha256: "0".repeat(64) },
        document,
        document_name: "openapi.json".to_owned(),
        document_sha256: "0".repeat(64),
        samples: Vec::new(),
        lock: None,
    };
    let mut report = Report::default();
    let resolved = resolve::resolve(vec![catalog], &mut report);
    let checked = check::check(resolved, &sources, &mut report);
    show::all(&report, &sources);
    if report.has_errors() {
        return;
    }
    let catalogs = lower::lower(checked);
    // `print` parses what it prints, so text that is no Rust stops here.
    let files = print::print(&emit::emit(&catalogs, &[], &[]));
    assert!(files.len() > usable.len().min(TOOLS_MAX), "a file a tool, and more");
    for (path, text) in &files {
        let unseen = |char: char| char != '\n' && airlock_contract::text::is_invisible(char);
        assert!(!text.contains(unseen), "{path} holds what a reviewer cannot see: {text:?}");
    }
}

fn manifest(document: &Document, usable: &[Operation]) -> (Value, String) {
    let credential = first_usable(document).unwrap_or_else(|| "none".to_owned());
    let (mut tools, mut servers) = (Map::new(), Map::new());
    for (position, operation) in usable.iter().take(TOOLS_MAX).enumerate() {
        let mut tool = json!({
            "operation": format!("{} {}", operation.found.method, operation.found.path),
            "description": "A tool.", "title": "A tool", "response": {"bytes_max": 1000},
            "prune": if position % 2 == 0 { "@" } else { "{a: a, b: items[*].b}" },
        });
        let effect = check::implied_effect(operation.method);
        if effect != Effect::Read {
            tool["approve"] = effect.word().into();
        }
        if let Some(server) = &operation.server {
            servers.insert(format!("s{position}"), json!({"server": server.written, "base_path": ""}));
        }
        tools.insert(format!("t{position}"), tool);
    }
    let mut manifest = json!({
        "title": "Fuzz", "document": "openapi.json", "upstream": {"credential": credential, "base_path": ""}, "tools": tools,
    });
    if !servers.is_empty() {
        manifest["upstreams"] = servers.into();
    }
    let text = format!("{manifest:#}");
    (manifest, text)
}

/// What `init` writes, `compile` takes.
fn through_the_command_line(data: &[u8]) {
    let directory = tempfile::tempdir().expect("a directory for a moment");
    let document = directory.path().join("openapi.json");
    fs::write(&document, data).expect("is written");
    let catalogs = directory.path().join("catalogs");
    let (exit, _) = airlock(&["inspect", "--format", "json"], &[("", &document)]);
    assert_eq!(exit, Exit::Done, "the document was read before");
    let (exit, _) = airlock(&["init", "fuzz", "--all"], &[("--document", &document), ("--catalogs", &catalogs)]);
    if exit != Exit::Done {
        return;
    }
    let out = directory.path().join("generated");
    let (exit, said) = airlock(&["compile"], &[("--catalogs", &catalogs), ("--out", &out)]);
    assert_eq!(exit, Exit::Done, "init wrote what compile does not take: {said}");
    let (exit, said) = airlock(&["compile", "--check"], &[("--catalogs", &catalogs), ("--out", &out)]);
    assert_eq!(exit, Exit::Done, "compiled twice it is not the same: {said}");
}

fn airlock(words: &[&str], paths: &[(&str, &Path)]) -> (Exit, String) {
    let mut arguments: Vec<OsString> = vec!["airlock".into()];
    arguments.extend(words.iter().map(OsString::from));
    for (option, path) in paths {
        if !option.is_empty() {
            arguments.push(option.into());
        }
        arguments.push(path.into());
    }
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = cli::run(arguments, &mut Streams { out: &mut out, err: &mut err, colour: false });
    (exit.expect("writers of memory do not fail"), String::from_utf8_lossy(&err).into_owned())
}

/// What documents are made of.
pub const WORDS: Words = Words {
    keys: &[
        "swagger",
        "openapi",
        "info",
        "title",
        "version",
        "paths",
        "/a/{id}",
        "/b",
        "get",
        "put",
        "post",
        "delete",
        "options",
        "head",
        "patch",
        "query",
        "additionalOperations",
        "operationId",
        "summary",
        "description",
        "tags",
        "parameters",
        "name",
        "in",
        "required",
        "schema",
        "content",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "text/plain",
        "application/xml",
        "application/octet-stream",
        "application/jsonl",
        "requestBody",
        "responses",
        "200",
        "2XX",
        "default",
        "204",
        "302",
        "headers",
        "components",
        "schemas",
        "securitySchemes",
        "security",
        "servers",
        "url",
        "variables",
        "type",
        "format",
        "items",
        "prefixItems",
        "properties",
        "additionalProperties",
        "patternProperties",
        "unevaluatedProperties",
        "unevaluatedItems",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "enum",
        "const",
        "default",
        "nullable",
        "x-nullable",
        "discriminator",
        "propertyName",
        "mapping",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "readOnly",
        "writeOnly",
        "example",
        "examples",
        "deprecated",
        "style",
        "explode",
        "allowReserved",
        "allowEmptyValue",
        "collectionFormat",
        "consumes",
        "produces",
        "definitions",
        "securityDefinitions",
        "basePath",
        "host",
        "schemes",
        "$ref",
        "$defs",
        "$id",
        "$anchor",
        "$dynamicRef",
        "$dynamicAnchor",
        "$recursiveRef",
        "dependentRequired",
        "dependentSchemas",
        "dependencies",
        "contains",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "propertyNames",
        "encoding",
        "contentType",
        "itemSchema",
        "itemEncoding",
        "prefixEncoding",
        "jsonSchemaDialect",
        "$self",
        "webhooks",
        "pathItems",
        "requestBodies",
        "callbacks",
        "x-foo",
        "A",
        "a",
        "A.b",
        "a/b",
        "~",
        "",
    ],
    values: &[
        "null",
        "true",
        "false",
        "0",
        "1",
        "-1",
        "1.5",
        "18446744073709551615",
        "1e300",
        "\"\"",
        "\"string\"",
        "\"object\"",
        "\"array\"",
        "\"integer\"",
        "\"number\"",
        "\"boolean\"",
        "\"null\"",
        "\"file\"",
        "[\"string\",\"null\"]",
        "[\"object\",\"array\"]",
        "[]",
        "{}",
        "[\"a\",\"b\",null,1]",
        "[null]",
        "\"query\"",
        "\"path\"",
        "\"header\"",
        "\"cookie\"",
        "\"body\"",
        "\"formData\"",
        "\"querystring\"",
        "\"form\"",
        "\"simple\"",
        "\"label\"",
        "\"matrix\"",
        "\"deepObject\"",
        "\"pipeDelimited\"",
        "\"spaceDelimited\"",
        "\"multi\"",
        "\"csv\"",
        "\"ssv\"",
        "\"tsv\"",
        "\"pipes\"",
        "\"date-time\"",
        "\"int32\"",
        "\"int64\"",
        "\"uint64\"",
        "\"uuid\"",
        "\"binary\"",
        "\"byte\"",
        "\"base64\"",
        "\"2.0\"",
        "\"3.0.4\"",
        "\"3.1.1\"",
        "\"3.2.0\"",
        "\"^[a-z]{2,4}$\"",
        "\"(a+)+$\"",
        "\"\\\\p{L}(?=x)\"",
        "\"[\"",
        "\"a{1,100000}\"",
        "\"#/components/schemas/A\"",
        "\"#/definitions/A\"",
        "\"#\"",
        "\"#/\"",
        "\"#A\"",
        "\"other.json#/a\"",
        "\"https://example.org/a.json\"",
        "\"https://{h}.example.org/v1/\"",
        "\"/v1\"",
        "\"apiKey\"",
        "\"http\"",
        "\"basic\"",
        "\"bearer\"",
        "\"oauth2\"",
        "{\"type\":\"string\"}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}",
        "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}",
        "{\"$ref\":\"#/components/schemas/A\"}",
        "{\"$ref\":\"#/definitions/A\"}",
        "[{\"$ref\":\"#/components/schemas/A\"},{\"$ref\":\"#/components/schemas/B\"}]",
        "{\"propertyName\":\"kind\"}",
        "{\"propertyName\":\"kind\",\"mapping\":{\"a\":\"#/components/schemas/A\"}}",
        "{\"minimum\":1,\"maximum\":9}",
        "[{}]",
        "{\"a\":{}}",
        "[[\"a\"]]",
    ],
    references: true,
};
