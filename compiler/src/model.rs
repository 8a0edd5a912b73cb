//! Beside the line, behind `lower`: the model files of `workspace.yaml`.

use airlock_contract::text::is_invisible;

use crate::check::TOOL_NAME_CHARS_MAX;
use crate::ir::ModelFile;
use crate::load::escape_token;
use crate::manifest::{self, Workspace};
use crate::report::{At, Diagnostic, FileId, Report};

/// How many digits a digest has.
const DIGITS: usize = 64;

/// The model files of a workspace manifest in the order of their names, each one known by another digest. Errors are E0402
/// and E08 codes.
pub fn choose(workspace: &Workspace, file: FileId, report: &mut Report) -> Vec<ModelFile> {
    let mut models: Vec<ModelFile> = Vec::new();
    for (name, written) in workspace.models.iter().flatten() {
        let pointer = pointer(name);
        check_name(name, At::key(file, pointer.clone()), report);
        let manifest::ModelFile { sha256, licence, source } = written;
        check_digest(sha256, At::value(file, format!("{pointer}/sha256")), report);
        check_line("licence", licence, At::value(file, format!("{pointer}/licence")), report);
        check_line("source", source, At::value(file, format!("{pointer}/source")), report);
        match models.iter().find(|other| other.sha256 == *sha256 && is_digest(sha256)) {
            Some(other) => report.push(twice(&other.name, name, file)),
            None => models.push(ModelFile {
                name: name.clone(),
                sha256: sha256.clone(),
                licence: licence.trim().to_owned(),
                source: source.trim().to_owned(),
            }),
        }
    }
    models
}

fn pointer(name: &str) -> String {
    format!("/models/{}", escape_token(name))
}

/// Whether `name` matches `^[a-z]([a-z0-9_.-]{0,38}[a-z0-9_])?$`.
fn is_model_name(name: &str) -> bool {
    name.len() <= TOOL_NAME_CHARS_MAX
        && name.starts_with(|char: char| char.is_ascii_lowercase())
        && !name.ends_with(['.', '-'])
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-'))
}

fn check_name(name: &str, at: At, report: &mut Report) {
    if !is_model_name(name) {
        report.push(Diagnostic::error("E0402", format!("`{name}` cannot name a model")).at(at, "").help(
            "use small letters, digits, `_`, `.` and `-`, a letter first, no `.` or `-` last, at most 40 characters",
        ));
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn check_digest(written: &str, at: At, report: &mut Report) {
    if is_digest(written) {
        return;
    }
    let wrong = Diagnostic::error("E0810", format!("`sha256` takes {DIGITS} hexadecimal digits, letters small"))
        .at(at.clone(), "");
    // As some programs write it, or some pages show it.
    let small = written.trim().to_ascii_lowercase();
    let meant = small.strip_prefix("sha256:").unwrap_or(&small);
    report.push(if is_digest(meant) {
        wrong.patch("write the digits alone", at, meant)
    } else {
        wrong.help("write what `sha256sum FILE` prints, up to the blank")
    });
}

fn check_line(key: &str, text: &str, at: At, report: &mut Report) {
    if text.trim().is_empty() || text.trim().chars().any(is_invisible) {
        report.push(
            Diagnostic::error("E0810", format!("`{key}` takes one line that a person can read"))
                .at(at, "")
                .help("write one line of visible characters: it is there for people who review the model"),
        );
    }
}

fn twice(first: &str, second: &str, file: FileId) -> Diagnostic {
    Diagnostic::error("E0811", format!("`{first}` and `{second}` are the same file"))
        .at(At::value(file, format!("{}/sha256", pointer(second))), "the same digest")
        .at(At::value(file, format!("{}/sha256", pointer(first))), "as here")
        .help("remove one of them, or correct the digest: it alone says which file is meant")
}

#[cfg(test)]
mod tests {
    use super::is_model_name;

    #[test]
    fn dots_and_dashes_stand_inside_of_a_name() {
        for name in ["a", "qwen2.5-coder-0.5b", "a_", "a.-b", &"a".repeat(40)] {
            assert!(is_model_name(name), "{name}");
        }
        for name in ["", ".a", "-a", "0a", "_a", "a.", "a-", "A", "a/b", "a b", "\u{e9}", &"a".repeat(41)] {
            assert!(!is_model_name(name), "{name}");
        }
    }
}
