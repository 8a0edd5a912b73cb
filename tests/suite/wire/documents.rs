//! Real documents: whatever of them the compiler lets through, the host can open.

use std::path::Path;

use airlock_compiler::cli::Exit;
use airlock_compiler::load::Sources;
use airlock_compiler::pipeline;
use airlock_compiler::report::Report;

use super::bench;
use crate::command::{airlock, real_document};

/// Documents, and how many of their operations make tools at least.
const DOCUMENTS: &[(&str, usize)] = &[
    ("keycloak-23.json", 316),
    ("github-progenitor.json", 767),
    ("qdrant.json", 69),
    ("ga4gh-wes.yaml", 8),
    ("airflow.yaml", 106),
    ("discord.json", 242),
    ("gitea-swagger2.json", 487),
    ("harbor.yaml", 203),
    ("iceberg-rest.yaml", 35),
    ("prometheus-3.2.yaml", 49),
    ("ga4gh-drs/data_repository_service.openapi.yaml", 9),
];

#[test]
#[ignore = "needs the real documents; run tests/all.sh"]
fn with_documents_every_tool_that_compiles_can_be_opened() {
    for (name, tools_min) in DOCUMENTS {
        let root = tempfile::tempdir().expect("a directory");
        let catalogs = root.path().join("catalogs");
        let document = real_document(name);
        let arguments = ["init", "real", "--all", "--document", &document.to_string_lossy(), "--catalogs"];
        let begun = airlock(arguments.into_iter().chain([&*catalogs.to_string_lossy()]));
        assert_eq!(begun.exit, Exit::Done, "{name}: {}", begun.err);
        let (mut sources, mut report) = (Sources::default(), Report::default());
        let compiled = pipeline::compile(Path::new(&catalogs), &mut sources, &mut report).expect("compiles");
        let tools: usize = compiled.catalogs.iter().map(|catalog| catalog.tools.len()).sum();
        assert!(tools >= *tools_min, "{name}: {tools}");
        let gate = bench::open(&compiled, root.path(), "http://127.0.0.1:9");
        assert_eq!(gate.tools().len(), tools, "{name}");
    }
}
