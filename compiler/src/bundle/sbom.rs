//! `evidence/sbom.cdx.json`: what is in a release, part by part (CycloneDX 1.6, ECMA-424, as JSON).

use airlock_offer::hex;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::licences::expression;
use super::models::Placed;
use super::native::{CARRIER, Part};
use super::{Package, Role};
use crate::evidence::{rfc_3339, uuid_of};

/// What it is made from.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    /// Of the release.
    pub name: &'a str,
    pub version: &'a str,
    /// SHA-256 and SHA-512 of the program.
    pub binary: (&'a str, &'a str),
    pub packages: &'a [Package],
    pub parts: &'a [Part],
    pub models: &'a [Placed],
    /// `rustc --version`.
    pub rustc: &'a str,
    /// Seconds since 1970.
    pub created: u64,
}

/// The document. Its serial number is made from what stands in it, so the same release has the same one.
pub fn document(contents: &Contents<'_>) -> Value {
    let root = "program";
    let mut components: Vec<Value> = Vec::new();
    let mut dependencies: Vec<Value> = Vec::new();
    let told = || contents.packages.iter().filter(|package| package.role.is_built());
    let is_told = |id: &str| told().any(|package| id == package.id());
    let part_references: Vec<String> = contents.parts.iter().map(part_reference).collect();
    for package in told() {
        components.push(of_package(package));
        let mut on: Vec<String> =
            package.dependencies.iter().filter(|id| is_told(id)).map(|id| cargo_reference(id)).collect();
        if package.name == CARRIER {
            on.extend(part_references.iter().cloned());
        }
        let id = format!("{} {}", package.name, package.version);
        dependencies.push(json!({"ref": cargo_reference(&id), "dependsOn": on}));
    }
    components.extend(contents.parts.iter().map(of_part));
    components.extend(contents.models.iter().map(of_model));
    let standard = format!("rust-std@{}", release(contents.rustc));
    components.push(json!({
        "type": "library", "bom-ref": standard, "name": "rust-std", "version": release(contents.rustc),
        "description": "Rust's standard library, as the toolchain brings it",
        "scope": "required", "licenses": [{"expression": "MIT OR Apache-2.0"}],
    }));
    let workspace = told().filter(|package| package.role == Role::Program && package.source.is_none());
    let mut on: Vec<String> =
        workspace.map(|package| cargo_reference(&format!("{} {}", package.name, package.version))).collect();
    on.extend(contents.models.iter().map(|placed| model_reference(&placed.model.name)));
    on.push(standard);
    dependencies.insert(0, json!({"ref": root, "dependsOn": on}));
    let (sha256, sha512) = contents.binary;
    let mut document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "",
        "version": 1,
        "metadata": {
            "timestamp": rfc_3339(contents.created),
            "tools": {"components": [
                {"type": "application", "name": "airlock", "version": env!("CARGO_PKG_VERSION"),
                 "description": "compiled the catalogs, and wrote this"},
                {"type": "application", "name": "rustc", "version": release(contents.rustc), "description": contents.rustc},
            ]},
            "component": {
                "type": "application", "bom-ref": root, "name": contents.name, "version": contents.version,
                "description": "the program bin/airlock-host",
                "hashes": [{"alg": "SHA-256", "content": sha256}, {"alg": "SHA-512", "content": sha512}],
            },
        },
        "components": components,
        "dependencies": dependencies,
    });
    let digest = hex(&Sha256::digest(document.to_string()));
    document["serialNumber"] = format!("urn:uuid:{}", uuid_of(&format!("sbom {digest}"))).into();
    document
}

/// The number in `rustc 1.95.0 (59807616e 2026-04-14)`.
fn release(rustc: &str) -> &str {
    rustc.split(' ').nth(1).unwrap_or(rustc)
}

/// The name of a crate in the document, from `NAME VERSION`.
fn cargo_reference(id: &str) -> String {
    format!("cargo:{}", id.replacen(' ', "@", 1))
}

fn of_package(package: &Package) -> Value {
    let Package { name, version, source, checksum, license, role, .. } = package;
    let mut component = json!({
        "type": "library",
        "bom-ref": cargo_reference(&format!("{name} {version}")),
        "name": name,
        "version": version,
        // What runs while the program is built is in no program; the format's own word for that.
        "scope": if *role == Role::Program { "required" } else { "excluded" },
    });
    if let Some(checksum) = checksum {
        component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
    }
    if let Some(license) = license {
        component["licenses"] = json!([{"expression": expression(license)}]);
    }
    if source.is_some() {
        component["purl"] = format!("pkg:cargo/{name}@{}", version.replace('+', "%2B")).into();
    }
    let whose = if source.is_some() { "crates.io" } else { "workspace" };
    component["properties"] = json!([{"name": "airlock:source", "value": whose}]);
    component
}

fn part_reference(part: &Part) -> String {
    match &part.version {
        Some(version) => format!("native:{}@{version}", part.name),
        None => format!("native:{}", part.name),
    }
}

fn of_part(part: &Part) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": part_reference(part),
        "name": part.name,
        "description": part.purpose,
        "scope": "required",
        "licenses": [{"expression": part.licence}],
        "properties": [{"name": "airlock:source", "value": format!("in the crate {CARRIER}")}],
    });
    if let Some(version) = &part.version {
        component["version"] = version.clone().into();
    }
    component
}

fn model_reference(name: &str) -> String {
    format!("model:{name}")
}

fn of_model(placed: &Placed) -> Value {
    let Placed { model, header, origin } = placed;
    let mut properties = vec![
        json!({"name": "airlock:file", "value": model.path}),
        json!({"name": "airlock:bytes", "value": model.bytes.to_string()}),
        json!({"name": "airlock:source", "value": origin}),
    ];
    let context = header.context_tokens.map(|tokens| tokens.to_string());
    for (name, value) in [
        ("airlock:quantisation", &header.quantisation),
        ("airlock:context-tokens", &context),
        ("airlock:tokenizer", &header.tokenizer),
        ("airlock:tokenizer-tokens-sha256", &header.tokens_sha256),
    ] {
        properties.extend(value.iter().map(|value| json!({"name": name, "value": value})));
    }
    for (name, sha256) in header.template_digests() {
        let name = if name.is_empty() {
            "airlock:chat-template-sha256".to_owned()
        } else {
            format!("airlock:chat-template-sha256:{name}")
        };
        properties.push(json!({"name": name, "value": sha256}));
    }
    let mut component = json!({
        "type": "machine-learning-model",
        "bom-ref": model_reference(&model.name),
        "name": model.name,
        "scope": "required",
        "hashes": [{"alg": "SHA-256", "content": model.sha256}, {"alg": "SHA-512", "content": model.sha512}],
        "licenses": [licence(&model.licence)],
        "properties": properties,
    });
    if let Some(architecture) = &header.architecture {
        component["modelCard"] = json!({"modelParameters": {"modelArchitecture": architecture}});
    }
    component
}

/// An SPDX expression, or words.
fn licence(text: &str) -> Value {
    let is_word = |word: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-+".contains(&byte);
        !word.is_empty() && word.bytes().all(plain)
    };
    let text = text.trim();
    let words: Vec<&str> = text.split(' ').map(|word| word.trim_matches(['(', ')'])).collect();
    // Identifiers and operators take turns.
    let is_expression = words
        .iter()
        .enumerate()
        .all(|(at, word)| if at % 2 == 1 { matches!(*word, "AND" | "OR" | "WITH") } else { is_word(word) });
    if is_expression && words.len() % 2 == 1 { json!({"expression": text}) } else { json!({"license": {"name": text}}) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::process::Command;

    use serde_json::{Value, json};

    use super::{Contents, document, licence};
    use crate::bundle::gguf::{Header, tests::small};
    use crate::bundle::models::Placed;
    use crate::bundle::native::parts;
    use crate::bundle::packages::{Crates, tests};

    fn model() -> Placed {
        let digits = |length: usize| "0".repeat(length);
        let header = Header::read(&mut small().bytes().as_slice()).expect("is one");
        let model = airlock_seal::manifest::Model {
            bytes: 1,
            chunk_bytes: 1,
            chunks: Vec::new(),
            licence: "Apache-2.0".to_owned(),
            name: "small".to_owned(),
            path: "models/small.gguf".to_owned(),
            sha256: digits(64),
            sha512: digits(128),
        };
        Placed { model, header, origin: "somewhere".to_owned() }
    }

    fn written() -> (Crates, Value) {
        let crates = tests::crates();
        let parts = parts(&crates).expect("can be read");
        let (sha256, sha512) = ("0".repeat(64), "0".repeat(128));
        let document = document(&Contents {
            name: "clinic",
            version: "1.0.0",
            binary: (&sha256, &sha512),
            packages: &crates.packages,
            parts: &parts,
            models: &[model()],
            rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
            created: 0,
        });
        (crates, document)
    }

    /// Both ways, against the lock itself.
    #[test]
    fn crates_are_exactly_those_of_the_build_with_the_checksums_of_the_lock() {
        let (crates, document) = written();
        let components = document["components"].as_array().expect("a list");
        let purls: BTreeSet<&str> = components.iter().filter_map(|one| one["purl"].as_str()).collect();
        let of_registry = crates.packages.iter().filter(|package| package.source.is_some() && package.role.is_built());
        let wanted: BTreeSet<String> =
            of_registry.map(|one| format!("pkg:cargo/{}@{}", one.name, one.version.replace('+', "%2B"))).collect();
        assert_eq!(purls, wanted.iter().map(String::as_str).collect());
        let lock = fs::read_to_string("../Cargo.lock").expect("there");
        for component in components.iter().filter(|one| one["purl"].is_string()) {
            let field = |key: &str| component[key].as_str().expect("a text").to_owned();
            let checksum = component["hashes"][0]["content"].as_str().expect("a digest");
            let block = format!(
                "name = \"{}\"\nversion = \"{}\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
                 checksum = \"{checksum}\"",
                field("name"),
                field("version")
            );
            assert!(lock.contains(&block), "{block}");
        }
    }

    #[test]
    fn every_reference_leads_to_a_component_and_the_serial_number_to_the_content() {
        let (_, document) = written();
        let mut known: BTreeSet<&str> = BTreeSet::from(["program"]);
        for component in document["components"].as_array().expect("a list") {
            assert!(known.insert(component["bom-ref"].as_str().expect("a name")), "twice: {component}");
        }
        for dependency in document["dependencies"].as_array().expect("a list") {
            let on = dependency["dependsOn"].as_array().expect("a list").iter().chain([&dependency["ref"]]);
            on.for_each(|one| assert!(known.contains(one.as_str().expect("a name")), "{one}"));
        }
        let model = document["components"].as_array().and_then(|all| all.iter().find(|one| one["name"] == "small"));
        assert_eq!(model.expect("is there")["type"], "machine-learning-model");
        assert_eq!(written().1, document);
        assert_eq!(document["metadata"]["timestamp"], "1970-01-01T00:00:00Z");
    }

    #[test]
    fn words_are_no_expression() {
        for text in ["Apache-2.0", "MIT OR Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"] {
            assert_eq!(licence(text), json!({"expression": text}));
        }
        for text in ["see the file", "MIT or so", "MIT OR", "a, b"] {
            assert_eq!(licence(text), json!({"license": {"name": text}}));
        }
    }

    /// The schema of ECMA-424, as `pip install 'cyclonedx-python-lib[json-validation]'` brings it.
    #[test]
    #[ignore = "needs Python packages; tests/all.sh installs them"]
    fn the_schema_of_the_standard_takes_it_with_python() {
        const SCRIPT: &str = "import sys\n\
            from cyclonedx.validation.json import JsonStrictValidator\n\
            from cyclonedx.schema import SchemaVersion\n\
            fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())\n\
            sys.exit(repr(fault) if fault else 0)";
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("sbom.cdx.json");
        for (change, is_sound) in [(None, true), (Some("spec"), false)] {
            let mut document = written().1;
            if change.is_some() {
                document["components"][0]["type"] = "nonsense".into();
            }
            fs::write(&file, document.to_string()).expect("written");
            let packages = std::env::var("AIRLOCK_CYCLONEDX").expect("AIRLOCK_CYCLONEDX, as tests/all.sh sets it");
            let mut python = Command::new("python3");
            python.args(["-c", SCRIPT]).arg(&file).env("PYTHONPATH", packages);
            let output = python.output().expect("python3 starts");
            assert_eq!(output.status.success(), is_sound, "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
