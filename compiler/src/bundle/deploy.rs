//! `deploy/`: what an installation starts from. The program itself prints it, so that there is one source of each.

use airlock_seal::Refusal;
use serde_json::json;

use super::host::Host;
use super::mcpb;
use super::site::Site;
use super::tree::Tree;
use crate::ir::Catalog;

/// Where `airlock-host bundle install` puts the program of the release that is current.
pub const PROGRAM: &str = "/opt/airlock/current/bin/airlock-host";

/// Where the site file of an installation is.
pub const SITE: &str = "/etc/airlock/site.json";

/// Where the service listens.
const SOCKET: &str = "/run/airlock/mcp.sock";

/// Whom the service runs as, so that this user's clients reach its socket.
const USER: &str = "airlock";

/// Hosts of MCP servers, as `airlock-host config --for` knows them, and the form of their file.
const HOSTS: [(&str, &str); 6] = [
    ("claude", "json"),
    ("cursor", "json"),
    ("goose", "yaml"),
    ("llama-server", "json"),
    ("lmstudio", "json"),
    ("vscode", "json"),
];

/// What a release is called.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    pub name: &'a str,
    pub version: &'a str,
}

/// Writes all of it.
pub fn write(
    named: Named<'_>,
    site: &Site,
    catalogs: &[Catalog],
    host: &Host<'_>,
    tree: &mut Tree,
) -> Result<(), Refusal> {
    tree.put("deploy/airlock.service", &unit(site, host)?)?;
    for (client, form) in HOSTS {
        let told = host.ask(&["config", "--for", client, "--bin", PROGRAM, "--site-at", SITE])?;
        tree.put(&format!("deploy/clients/{client}.{form}"), &told)?;
    }
    let package = mcpb::package(named.name, named.version, catalogs);
    tree.put_json("deploy/server.json", &mcpb::server(named.name, named.version, catalogs, &package))?;
    tree.put(&format!("deploy/{}.mcpb", named.name), &package)?;
    tree.put("deploy/site.example.json", site.text.as_bytes())?;
    let policy = json!({"policy": "default", "reviewers": 0, "site": true});
    tree.put_json("deploy/policy.example.json", &policy)?;
    Ok(())
}

/// The unit of the template. What systemd cannot do with a template is told before it is sealed, not when it is installed.
fn unit(site: &Site, host: &Host<'_>) -> Result<Vec<u8>, Refusal> {
    let template = host.directory().join("site.json");
    std::fs::write(&template, &site.text).map_err(|fault| Refusal::internal("cannot write a temporary file", fault))?;
    let template = template.to_string_lossy();
    let words = ["--site", &template, "unit", "--socket", SOCKET, "--user", USER, "--bin", PROGRAM, "--site-at", SITE];
    host.ask(&words)
}
