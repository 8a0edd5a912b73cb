//! What is measured: hosts that are compiled from the document, the floor with their lists, peers as they were given.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use airlock_compiler::cli::{Exit, Streams, run};
use airlock_tests::linked::Linked;
use serde_json::{Map, Value};

use super::server::Command;

pub(crate) const FEW: usize = 30;
pub(crate) const ALL: usize = 767;

/// The operation that is called.
const CALLED: &str = "/users/{username}";

/// What the upstream answers: the document's own example.
pub(crate) fn body() -> String {
    let document = document(ALL);
    document["components"]["examples"]["public-user-default-response"]["value"].to_string()
}

/// Every server that is measured with so many tools.
pub(crate) fn commands(tools: usize, upstream: SocketAddr, arguments: &[String]) -> Vec<Command> {
    let linked = Linked::new(&format!("bench-{tools}"));
    let directory = linked.directory();
    let path = |name: &str| directory.join(name).to_string_lossy().into_owned();
    // A trail is read when it is opened: that of an earlier run would be part of the start.
    let _ = std::fs::remove_dir_all(directory.join("audit"));
    write(&directory.join("document.json"), &document(tools).to_string());
    let catalogs = directory.join("catalogs");
    if !catalogs.exists() {
        airlock(&["init", "github", "--all", "--document", &path("document.json"), "--catalogs", &path("catalogs")]);
    }
    airlock(&["compile", "--catalogs", &path("catalogs"), "--out", &path("generated")]);
    let host = linked.build(true);
    let printed = |arguments: &[&str]| {
        let output = std::process::Command::new(&host).args(arguments).output().expect("the host runs");
        String::from_utf8(output.stdout).expect("is text")
    };
    write(&directory.join("tools.json"), &printed(&["tools", "--sent"]));
    let mut site: Value = serde_json::from_str(&printed(&["site"])).expect("is JSON");
    for (_, there) in site["upstreams"].as_object_mut().expect("an object") {
        there["address"] = format!("http://{upstream}").into();
        there.as_object_mut().expect("an object").remove("ca");
    }
    site["limits"]["calls_at_once_max"] = 64.into();
    write(&directory.join("site.json"), &site.to_string());
    let own = |name: &str, program: PathBuf, arguments: &[&str]| Command {
        name: name.to_owned(),
        program,
        arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
    };
    let floor = std::env!("CARGO_BIN_EXE_floor-server");
    let mut commands = vec![
        own("floor", floor.into(), &[&path("tools.json"), &upstream.to_string()]),
        own("airlock-host", host, &["--site", &path("site.json"), "serve"]),
    ];
    let peers = arguments.iter().zip(arguments.iter().skip(1)).filter(|(flag, _)| *flag == "--peer");
    for (_, peer) in peers {
        let (name, command) = peer.split_once('=').expect("--peer NAME=COMMAND");
        let filled = command
            .replace("{document}", &path("document.json"))
            .replace("{tools}", &tools.to_string())
            .replace("{upstream}", &format!("http://{upstream}"));
        let mut words = filled.split_whitespace();
        let program = words.next().expect("a program").into();
        commands.push(own(name, program, &words.collect::<Vec<_>>()));
    }
    commands
}

/// The document, cut down to operations that read unless all are wanted.
pub(crate) fn document(tools: usize) -> Value {
    let root = std::env::var_os("AIRLOCK_SPECS").map_or_else(|| PathBuf::from("../../shared/specs"), PathBuf::from);
    let text = std::fs::read_to_string(root.join("github-progenitor.json")).expect("is there; set AIRLOCK_SPECS");
    let mut document: Value = serde_json::from_str(&text).expect("is JSON");
    if tools == ALL {
        return document;
    }
    let paths = document["paths"].as_object().expect("an object");
    let mut kept = Map::new();
    for (path, item) in paths {
        if item.get("get").is_some() && (path == CALLED || kept.len() < tools - 1) {
            let mut item = item.clone();
            let members = item.as_object_mut().expect("an object");
            members.retain(|key, _| key == "get" || key == "parameters");
            kept.insert(path.clone(), item);
        }
    }
    document["paths"] = kept.into();
    // Two examples of others have members named `$ref`, which some peers follow.
    let examples = document["components"]["examples"].as_object_mut().expect("an object");
    examples.retain(|_, example| !example.to_string().contains("\"$ref\""));
    document
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("can be written");
}

fn airlock(arguments: &[&str]) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = std::iter::once("airlock").chain(arguments.iter().copied()).map(Into::into);
    let mut streams = Streams { out: &mut out, err: &mut err, colour: false };
    let exit = run(arguments, &mut streams).expect("writing to memory");
    assert_eq!(exit, Exit::Done, "{}", String::from_utf8_lossy(&err));
}
