//! `inspect` and `init` on real documents.

use std::path::Path;
use std::process::Command;

use airlock_compiler::cli::Exit;

use crate::command::{airlock, assert_is_file, real_document};

/// Real documents of every version, and how many operations each has.
const DOCUMENTS: &[(&str, u64)] = &[
    ("airflow.yaml", 110),
    ("discord.json", 242),
    ("ga4gh-drs/data_repository_service.openapi.yaml", 9),
    ("ga4gh-wes.yaml", 8),
    ("gitea-swagger2.json", 487),
    ("github-progenitor.json", 767),
    ("harbor.yaml", 203),
    ("iceberg-rest.yaml", 35),
    ("keycloak-23.json", 316),
    ("prometheus-3.2.yaml", 50),
    ("qdrant.json", 69),
];

/// Every refused operation of them stands, with its reason, in a list that people review.
#[test]
#[ignore = "needs the real documents; run tests/all.sh"]
fn with_documents_inspect_refuses_what_is_listed_and_nothing_else() {
    let (mut operations, mut lines) = (0, String::new());
    for (name, count) in DOCUMENTS {
        let document = real_document(name);
        let ran = airlock(["inspect", "--format", "json", &document.to_string_lossy()]);
        assert_eq!(ran.exit, Exit::Done, "{name}: {}", ran.out);
        let value: serde_json::Value = serde_json::from_str(&ran.out).expect("is JSON");
        let refused = value["refused"].as_array().expect("a list");
        assert_eq!(value["operations"], *count, "{name}");
        assert_eq!(value["compiled"].as_u64().expect("a number") + refused.len() as u64, *count);
        operations += count;
        for refusal in refused {
            assert!(refusal["line"].as_u64().is_some_and(|line| line > 1), "{refusal}");
            let part = |key: &str| refusal[key].as_str().expect("a text");
            let parts = ["method", "path", "code", "pointer", "reason"].map(part).join(" ");
            lines.extend([name, " ", &parts, "\n"]);
        }
    }
    assert_is_file(&lines, Path::new("cases/refused.txt"));
    let refused = lines.lines().count() as u64;
    assert!(refused * 1000 <= operations * 5, "{refused} of {operations}: more than five in a thousand");
}

#[test]
#[ignore = "needs the real documents; run tests/all.sh"]
fn with_documents_a_begun_catalog_compiles_at_once_with_every_operation() {
    for (name, operations) in DOCUMENTS {
        let document = real_document(name);
        let root = tempfile::tempdir().expect("a directory");
        let path = |name: &str| root.path().join(name).to_string_lossy().into_owned();
        let (catalogs, out, document) = (path("catalogs"), path("generated"), document.to_string_lossy().into_owned());
        let begun = airlock(["init", "real", "--document", &document, "--all", "--catalogs", &catalogs]);
        assert_eq!(begun.exit, Exit::Done, "{name}: {}", begun.err);
        let ran = airlock(["compile", "--catalogs", &catalogs, "--out", &out]);
        assert_eq!(ran.exit, Exit::Done, "{name}: {}", ran.err);
        let files = std::fs::read_dir(root.path().join("generated/src/real")).expect("is there");
        let shared = ["mod.rs", "shapes.rs", "answers.rs"];
        let tools =
            files.filter(|file| file.as_ref().is_ok_and(|file| !shared.iter().any(|name| file.file_name() == *name)));
        let refused = begun.err.matches("refused: ").count() as u64;
        assert_eq!(tools.count() as u64 + refused, *operations, "{name}: {refused} refused");
        assert_compiles(Path::new(&out));
    }
}

#[test]
#[ignore = "needs the real documents; run tests/all.sh"]
fn with_documents_a_begun_catalog_holds_the_reading_operations_alone_unless_asked() {
    let document = real_document("keycloak-23.json");
    let root = tempfile::tempdir().expect("a directory");
    let catalogs = root.path().join("catalogs").to_string_lossy().into_owned();
    let begun = airlock(["init", "keycloak", "--document", &document.to_string_lossy(), "--catalogs", &catalogs]);
    assert_eq!(begun.exit, Exit::Done, "{}", begun.err);
    let manifest = std::fs::read_to_string(root.path().join("catalogs/keycloak/catalog.yaml")).expect("is there");
    assert!(manifest.matches("operation: ").count() > 100);
    assert!(!manifest.contains("approve") && !manifest.contains("\"POST ") && !manifest.contains("\"DELETE "));
    let again = airlock(["init", "keycloak", "--document", &document.to_string_lossy(), "--catalogs", &catalogs]);
    assert_eq!(again.exit, Exit::Invalid, "what is there is not overwritten");
}

/// Checks a generated crate with cargo, in a workspace of its own that holds nothing else but the contract.
pub(crate) fn assert_compiles(generated: &Path) {
    let root = tempfile::tempdir().expect("a directory");
    let contract = std::fs::canonicalize("../runtime/contract").expect("is there");
    let workspace = std::fs::read_to_string("../Cargo.toml").expect("is there");
    let lints = &workspace
        [workspace.find("[workspace.lints.rust]").expect("is there")..workspace.find("[profile").expect("is there")];
    let package = &workspace[workspace.find("[workspace.package]").expect("is there")
        ..workspace.find("[workspace.dependencies]").expect("is there")];
    let manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\"generated\", \"contract\"]\n{package}\n[workspace.dependencies]\nairlock-contract = {{ path = \"contract\" }}\n{lints}"
    );
    std::fs::write(root.path().join("Cargo.toml"), manifest).expect("can be written");
    for (from, to) in [(contract.as_path(), "contract"), (generated, "generated")] {
        for (path, bytes) in crate::freshness::tree(from) {
            let path = root.path().join(to).join(path);
            std::fs::create_dir_all(path.parent().expect("has one")).expect("can be made");
            std::fs::write(path, bytes).expect("can be written");
        }
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["check", "--quiet", "--offline", "-p", "airlock-generated"])
        .env("RUSTFLAGS", "-D warnings")
        .env("CARGO_TARGET_DIR", root.path().join("target"))
        .current_dir(root.path())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
