//! Documents of many files: `inspect`, `init` and `compile` on the same tree.

use std::fs;
use std::path::Path;

use airlock_compiler::cli::Exit;
use tempfile::TempDir;

use crate::command::airlock;
use crate::freshness::tree;

/// The frame of a document whose one path is in another file.
fn frame(paths: &str) -> String {
    format!("openapi: 3.0.3\ninfo: {{ title: Depots, version: '1' }}\npaths:\n{paths}")
}

const DEPOT: &str = "get:\n  operationId: getDepot\n  summary: One depot\n  parameters:\n    - $ref: ../shared/id.json#/id\n  \
                     responses:\n    '200': { description: ok, content: { application/json: { schema: { $ref: Depot.yaml } } } }\n";
const ID: &str = r#"{"id": {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}}"#;
const SHAPE: &str = "type: object\nproperties:\n  name: { type: string }\n  next: { $ref: Depot.yaml }\n";

fn write(root: &TempDir, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("has one")).expect("can be made");
        fs::write(path, text).expect("can be written");
    }
}

/// Begins a catalog in `root` with these arguments more, compiles it, and gives the names of what was copied.
fn begun(root: &TempDir, arguments: &[&str]) -> Vec<String> {
    let path = |name: &str| root.path().join(name).to_string_lossy().into_owned();
    let (catalogs, out) = (path("catalogs"), path("generated"));
    let begin = ["init", "depots", "--catalogs", &catalogs].into_iter().chain(arguments.iter().copied());
    let ran = airlock(begin);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
    let ran = airlock(["compile", "--catalogs", &catalogs, "--out", &out]);
    assert_eq!((ran.exit, ran.err.as_str()), (Exit::Done, ""));
    tree(&Path::new(&catalogs).join("depots")).into_keys().collect()
}

#[test]
fn a_tree_is_copied_as_it_lies_and_compiles() {
    let root = tempfile::tempdir().expect("a directory");
    let document = frame("  /depots/{id}: { $ref: paths/depot.yaml }\n");
    write(
        &root,
        &[
            ("in/v1/api.yaml", &document),
            ("in/v1/paths/depot.yaml", &DEPOT.replace("../shared", "../../shared")),
            ("in/v1/paths/Depot.yaml", SHAPE),
            ("in/shared/id.json", ID),
            ("in/private.yaml", "secret: 1\n"),
        ],
    );
    let path = |name: &str| root.path().join(name).to_string_lossy().into_owned();
    let (document, base) = (path("in/v1/api.yaml"), path("in"));
    let alone = airlock(["inspect", &document]);
    assert!(alone.out.contains("0 of 1 operations") && alone.out.contains("`--root`"), "{}", alone.out);
    let whole = airlock(["inspect", "--root", &base, &document]);
    assert!(whole.out.contains("1 of 1 operations"), "{}", whole.out);
    let copied = begun(&root, &["--document", &document, "--root", &base]);
    assert_eq!(copied, ["catalog.yaml", "shared/id.json", "v1/api.yaml", "v1/paths/Depot.yaml", "v1/paths/depot.yaml"]);
    let manifest = fs::read_to_string(root.path().join("catalogs/depots/catalog.yaml")).expect("is there");
    assert!(manifest.contains("\ndocument: v1/api.yaml\n"), "{manifest}");
}

#[test]
fn a_file_named_like_the_manifest_makes_way() {
    let root = tempfile::tempdir().expect("a directory");
    let document = frame("  /depots/{id}: { $ref: catalog.yaml#/depot }\n");
    let depot = format!(
        "depot:\n{}",
        DEPOT.replace("../", "").lines().fold(String::new(), |text, line| text + "  " + line + "\n")
    );
    write(&root, &[("api.yaml", &document), ("catalog.yaml", &depot), ("shared/id.json", ID), ("Depot.yaml", SHAPE)]);
    let document = root.path().join("api.yaml").to_string_lossy().into_owned();
    assert_eq!(
        begun(&root, &["--document", &document]),
        ["catalog.yaml", "openapi/Depot.yaml", "openapi/api.yaml", "openapi/catalog.yaml", "openapi/shared/id.json"]
    );
}

#[test]
fn a_document_that_names_itself_keeps_its_name() {
    let root = tempfile::tempdir().expect("a directory");
    let operation = "get: { summary: All, responses: { '200': { $ref: 'my api.yaml#/components/responses/Ok' } } }";
    let text =
        frame(&format!("  /depots: {{ {operation} }}\ncomponents: {{ responses: {{ Ok: {{ description: ok }} }} }}\n"));
    write(&root, &[("my api.yaml", &text)]);
    let document = root.path().join("my api.yaml").to_string_lossy().into_owned();
    assert_eq!(begun(&root, &["--document", &document]), ["catalog.yaml", "my api.yaml"]);
}
