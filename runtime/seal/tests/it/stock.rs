//! The commands of `VERIFY.txt`, run by a shell exactly as they stand in the text.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use airlock_seal::stock::{STEPS, text};

use crate::bundle::{Bundle, NAME};

/// The commands of the step with this number, from one, as the text has them.
fn commands(number: usize, text: &str) -> String {
    let title = format!("\n{number}. ");
    let start = text.find(&title).expect("is a step") + 1;
    let step = &text[start..];
    let end = step[1..].find("\n\n    ").expect("has commands") + 1;
    let lines = step[end..].lines().skip_while(|line| line.is_empty());
    lines.map_while(|line| line.strip_prefix("    ")).flat_map(|line| [line, "\n"]).collect()
}

/// Whether a step ends as the text says: exit code 0, and no output where none is to be.
fn is_good(name: &str, output: &Output) -> bool {
    let is_silent = output.stdout.is_empty() && output.stderr.is_empty();
    output.status.success() && (is_silent || !["sha512sum", "diff", "find"].contains(&name))
}

/// The names of the steps that fail, of those that are for a bundle. ML-DSA takes a newer OpenSSL than is everywhere: it has tests
/// of its own.
pub(crate) fn failing(bundle: &Bundle, shell: &dyn Fn(&str) -> Command) -> Vec<&'static str> {
    let text = text(NAME);
    let mut failing = Vec::new();
    let has = |name: &str| fs::symlink_metadata(bundle.at("signatures").join(name)).is_ok();
    for (at, step) in STEPS.iter().enumerate() {
        let commands = commands(at + 1, &text);
        let names: Vec<String> = match step.name {
            "openssl-mldsa" => continue,
            "openssl-p384" if !has("release.der") || !bundle.anchors.join("release.pem").exists() => continue,
            "ssh-keygen" if !has("release.sshsig") && has("release.der") => continue,
            "reviewer" => named(&bundle.at("signatures"), "reviewer-"),
            "site" => named(&bundle.at("signatures"), "site-"),
            _ => vec![String::new()],
        };
        for name in names {
            let output = shell(&commands.replace("NAME", &name)).output().expect("a shell");
            if !is_good(step.name, &output) {
                failing.push(step.name);
            }
        }
    }
    failing
}

/// The names behind a prefix that have signed.
fn named(signatures: &Path, prefix: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(signatures) else { return Vec::new() };
    let files = entries.map(|entry| entry.expect("is there").file_name().into_string().expect("ASCII"));
    let mut names: Vec<String> =
        files.filter_map(|file| Some(file.strip_prefix(prefix)?.strip_suffix(".sshsig")?.to_owned())).collect();
    names.sort_unstable();
    names
}

/// A shell in the bundle's directory, with the variables that the text has people set.
pub(crate) fn shell(bundle: &Bundle) -> impl Fn(&str) -> Command {
    let (root, anchors) = (bundle.root(), bundle.anchors.clone());
    let temporary = bundle.directory.path().join("temporary");
    fs::create_dir_all(&temporary).expect("a directory");
    move |commands| {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", commands]).current_dir(&root).env("A", &anchors).env("T", &temporary);
        command
    }
}

#[test]
fn the_text_says_the_commands_as_they_are() {
    let text = text(NAME);
    for (at, step) in STEPS.iter().enumerate() {
        assert_eq!(commands(at + 1, &text).trim_end(), step.commands, "{}", step.name);
    }
    assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 130), "{text}");
    assert!(!text.contains("check-novalidate"));
}
