//! `deploy/NAME.mcpb` and `deploy/server.json`: for hosts that install servers from a package (MCPB, `MANIFEST.md`, version 0.3)
//! and for a registry inside of the perimeter (MCP registry, `server.schema.json` of 2025-12-11).
//!
//! The package holds no second copy of the program: what it starts is the installed release, which was verified and is checked
//! at its start. So an update of the release needs no new package.

use airlock_offer::hex;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::deploy::{PROGRAM, SITE};
use super::zip::{Entry, archive};
use crate::ir::Catalog;

/// The program of the package.
const LAUNCHER: &str = "server/airlock-host";

/// The domain of names in registries: `.internal` is for private use, and nobody's.
const NAMESPACE: &str = "internal.airlock";

/// The longest description that a registry takes, in characters.
const DESCRIPTION_CHARS_MAX: usize = 100;

/// The package.
pub(super) fn package(name: &str, version: &str, catalogs: &[Catalog]) -> Vec<u8> {
    let manifest = format!("{:#}\n", manifest(name, version, catalogs));
    let launcher = format!(
        "#!/bin/sh\n# Starts the installed release, which `airlock-host bundle install` has verified.\nexec {PROGRAM} \"$@\"\n"
    );
    archive(&[
        Entry { name: "manifest.json", mode: 0o644, bytes: manifest.as_bytes() },
        Entry { name: LAUNCHER, mode: 0o755, bytes: launcher.as_bytes() },
    ])
}

fn manifest(name: &str, version: &str, catalogs: &[Catalog]) -> Value {
    let tools: Vec<Value> = catalogs
        .iter()
        .flat_map(|catalog| &catalog.tools)
        .map(|tool| json!({"name": tool.name, "description": tool.description}))
        .collect();
    json!({
        "manifest_version": "0.3",
        "name": name,
        "display_name": titles(catalogs),
        "version": version,
        "description": description(catalogs),
        "author": {"name": "Airlock"},
        "server": {
            "type": "binary",
            "entry_point": LAUNCHER,
            "mcp_config": {
                "command": format!("${{__dirname}}/{LAUNCHER}"),
                "args": ["--site", "${user_config.site}", "serve"],
                "env": {},
            },
        },
        "tools": tools,
        "tools_generated": false,
        "prompts_generated": catalogs.iter().any(|catalog| !catalog.prompts.is_empty()),
        "compatibility": {"platforms": ["linux"]},
        "user_config": {
            "site": {
                "type": "file",
                "title": "Site file",
                "description": "Addresses of upstreams and files of credentials here; deploy/site.example.json is one to start from",
                "required": true,
                "default": SITE,
            },
        },
    })
}

/// The record for a registry. The package lies where the release is installed, so nothing is downloaded.
pub(super) fn server(name: &str, version: &str, catalogs: &[Catalog], package: &[u8]) -> Value {
    json!({
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": format!("{NAMESPACE}/{name}"),
        "title": titles(catalogs),
        "description": description(catalogs),
        "version": version,
        "packages": [{
            "registryType": "mcpb",
            "identifier": format!("file:///opt/airlock/current/deploy/{name}.mcpb"),
            "version": version,
            "fileSha256": hex(&Sha256::digest(package)),
            "transport": {"type": "stdio"},
        }],
    })
}

fn titles(catalogs: &[Catalog]) -> String {
    let titles: Vec<&str> = catalogs.iter().map(|catalog| catalog.title.as_str()).collect();
    cut(&titles.join(", "))
}

fn description(catalogs: &[Catalog]) -> String {
    let tools: usize = catalogs.iter().map(|catalog| catalog.tools.len()).sum();
    cut(&format!("{tools} reviewed tools: {}", titles(catalogs)))
}

fn cut(text: &str) -> String {
    text.chars().take(DESCRIPTION_CHARS_MAX).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{description, package, server};
    use crate::bundle::packages::tests::clinic;

    #[test]
    fn the_package_is_small_starts_what_is_installed_and_is_the_same_each_time() {
        let catalogs = clinic();
        let bytes = package("clinic", "1.0.0", &catalogs);
        assert_eq!(bytes, package("clinic", "1.0.0", &catalogs));
        assert!(bytes.len() < 20_000, "{}", bytes.len());
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("exec /opt/airlock/current/bin/airlock-host \"$@\""), "{text}");
        for tool in &catalogs[0].tools {
            assert!(text.contains(&format!("\"name\": \"{}\"", tool.name)), "{}", tool.name);
        }
        let server = server("clinic", "1.0.0", &catalogs, &bytes);
        assert_eq!(server["packages"][0]["fileSha256"].as_str().map(str::len), Some(64));
        assert!(description(&catalogs).chars().count() <= 100);
    }
}
