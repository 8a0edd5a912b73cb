//! What a new workspace holds besides Airlock's sources and the generated crate.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::sources::{GENERATED, MANIFEST, Sources};
use crate::cargo::lock::{Id, Package};
use crate::cargo::manifest::{entries, sections};
use crate::manifest::{schema, workspace_schema};

/// The version of a workspace that has made nothing yet.
const VERSION: &str = "0.1.0";

/// Text that is the same in every workspace.
const WORKSPACE_YAML: &str = include_str!("files/workspace.yaml");
const EXAMPLE: [(&str, &str); 2] = [
    ("catalogs/parts/catalog.yaml", include_str!("files/catalog.yaml")),
    ("catalogs/parts/openapi.yaml", include_str!("files/openapi.yaml")),
];
const README: &str = include_str!("files/README.md");
const CARGO_CONFIG: &str = "\
[alias]
airlock = \"run --quiet --locked --package airlock-compiler --bin airlock --\"
";
const MAIN: &str = "\
//! The program that an operator runs: the generated catalogs, joined with the runtime.

use std::process::ExitCode;

fn main() -> ExitCode {
    airlock_runtime::cli::main(airlock_generated::PROGRAM)
}
";

/// Every file, by its path.
pub(super) fn files(name: &str, is_empty: bool, sources: &Sources) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut files = BTreeMap::new();
    let mut add = |path: &str, text: String| files.insert(path.to_owned(), text.into_bytes());
    add("Cargo.toml", manifest(sources)?);
    add("Cargo.lock", lock(name, sources));
    let toolchain = env!("AIRLOCK_TOOLCHAIN");
    add("rust-toolchain.toml", format!("# What Airlock was built with.\n[toolchain]\nchannel = \"{toolchain}\"\n"));
    add(".cargo/config.toml", CARGO_CONFIG.to_owned());
    add(".gitignore", "/target\n".to_owned());
    add("README.md", README.replace("NAME", name));
    add("server/Cargo.toml", server(name, &sources.text("runtime/Cargo.toml")?));
    add("server/src/main.rs", MAIN.to_owned());
    add("catalogs/workspace.yaml", WORKSPACE_YAML.to_owned());
    add("catalogs/catalog.schema.json", format!("{:#}\n", schema()));
    add("catalogs/workspace.schema.json", format!("{:#}\n", workspace_schema()));
    if !is_empty {
        for (path, text) in EXAMPLE {
            add(path, text.to_owned());
        }
    }
    Ok(files)
}

/// The workspace's manifest: lints and profiles are Airlock's, since they were chosen for its crates.
fn manifest(sources: &Sources) -> Result<String, String> {
    let inherited = |key: &str| {
        let value = sources.inherited.package.get(key);
        value.cloned().ok_or_else(|| format!("this program is packed without the workspace's `{key}`"))
    };
    let mut text = format!(
        "\
# Made by `airlock new`, and yours. `airlock/` alone is not: `airlock new --refresh .` replaces it.
[workspace]
resolver = \"3\"
# The other crates below `airlock/` are members as well, because these depend on them.
members = [\"generated\", \"server\", \"airlock/compiler\", \"airlock/runtime\"]
default-members = [\"server\"]

# Of the generated crate and the program. Airlock's crates have their own.
[workspace.package]
version = \"{VERSION}\"
edition = {}
rust-version = {}
license = \"LicenseRef-Proprietary\"
publish = false

[workspace.dependencies]
airlock-contract = {{ path = \"airlock/runtime/contract\" }}
airlock-generated = {{ path = \"generated\" }}
airlock-runtime = {{ path = \"airlock/runtime\", default-features = false }}
",
        inherited("edition")?,
        inherited("rust-version")?,
    );
    let of_workspace = sources.text(MANIFEST)?;
    for section in sections(&of_workspace) {
        if section.heading.starts_with("[workspace.lints") || section.heading.starts_with("[profile.") {
            text = format!("{}\n\n{}", text.trim_end(), section.text());
        }
    }
    Ok(text)
}

/// The program's manifest: it has the runtime's features, and hands them on.
fn server(name: &str, runtime: &str) -> String {
    let mut text = format!(
        "\
[package]
name = \"{name}\"
description = \"The reviewed tools of this workspace, behind one gate.\"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
publish.workspace = true

# The runtime's, which says what each is for: airlock/runtime/Cargo.toml.
[features]
"
    );
    for section in sections(runtime).iter().filter(|section| section.heading == "[features]") {
        for (feature, value) in entries(&section.lines) {
            let _ = match feature {
                "default" => writeln!(text, "default = {value}"),
                _ => writeln!(text, "{feature} = [\"airlock-runtime/{feature}\"]"),
            };
        }
    }
    text + "\n[dependencies]\nairlock-generated.workspace = true\nairlock-runtime.workspace = true\n\n[lints]\nworkspace = true\n"
}

/// The lock: Airlock's, and the program.
fn lock(name: &str, sources: &Sources) -> String {
    let mut lock = sources.lock.clone();
    lock.set_version(GENERATED, VERSION);
    let dependencies = [GENERATED, "airlock-runtime"].into_iter().filter_map(|of| lock.member(of).cloned()).collect();
    lock.packages.insert(Id::new(name, VERSION, ""), Package { checksum: None, dependencies });
    lock.text()
}
