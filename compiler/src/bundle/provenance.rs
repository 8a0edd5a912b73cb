//! `evidence/provenance.intoto.json`: what a release was built from (in-toto Statement v1, SLSA provenance v1).
//!
//! It lies below the sums, which are signed, so it has no envelope of its own. Who built, and when, stands nowhere: the same
//! sources give the same statement.

use serde_json::{Value, json};

use super::tree::Tree;
use super::{Package, Program};
use crate::ir::Catalog;

/// How a build is described here.
const BUILD_TYPE: &str = "urn:x-airlock:bundle-build:v1";

/// What it is made from, beside the files that are written.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub sequence: u64,
    pub target: &'a str,
    pub cpu: &'a str,
    pub program: &'a Program,
    pub rustc: &'a str,
    pub catalogs: &'a [Catalog],
    pub packages: &'a [Package],
}

/// The statement.
pub fn statement(made: &Made<'_>, tree: &Tree) -> Value {
    let file = |path: &str| json!({"name": path, "digest": {"sha512": tree.sha512(path)}});
    let directory = |path: &str| {
        json!({
            "name": path,
            "digest": {"sha512": tree.directory_sha512(path)},
            "annotations": {"digest-of": format!("the lines of SHA512SUMS for what lies below {path}/")},
        })
    };
    let mut dependencies = vec![directory("source/catalogs")];
    for catalog in made.catalogs {
        let path = format!("source/catalogs/{}/{}", catalog.name, catalog.document);
        dependencies.push(json!({
            "name": path, "digest": {"sha512": tree.sha512(&path), "sha256": catalog.document_sha256},
        }));
    }
    for path in ["source/Cargo.lock", "source/rust-toolchain.toml", "source/vendor.tar"] {
        dependencies.extend(tree.sha512(path).is_some().then(|| file(path)));
    }
    dependencies.push(json!({"name": "rustc", "annotations": {"version": made.rustc}}));
    let built = made.packages.iter().filter(|package| package.role.is_built());
    dependencies.extend(built.filter_map(|package| {
        let Package { name, version, checksum, .. } = package;
        let uri = format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"));
        Some(json!({"uri": uri, "digest": {"sha256": checksum.as_ref()?}}))
    }));
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [file("bin/airlock-host"), directory("source/generated"), file("review/tools-list.json")],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "name": made.name,
                    "version": made.version,
                    "sequence": made.sequence,
                    "package": made.program.package,
                    "features": made.program.features,
                    "default_features": made.program.default_features,
                    "target": made.target,
                },
                "internalParameters": {
                    "cpu": made.cpu,
                    "linkage": made.program.linkage.word(),
                    "source_date_epoch": made.program.epoch,
                },
                "resolvedDependencies": dependencies,
            },
            "runDetails": {
                "builder": {"id": "urn:x-airlock:airlock", "version": {"airlock": env!("CARGO_PKG_VERSION")}},
                "metadata": {},
            },
        },
    })
}
