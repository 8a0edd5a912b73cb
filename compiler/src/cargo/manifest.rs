//! `Cargo.toml` of a crate that leaves its workspace: what it inherits is written out, and what only its tests need is left out.
//!
//! As in what `cargo package` makes of a crate. The manifests here are our own, so the reader is small: a heading, and below it
//! lines `KEY = VALUE` that may go on over several lines while brackets are open. Comments stay.

use std::collections::{BTreeMap, BTreeSet};

/// What the workspace's manifest gives to its members. Values are TOML text.
#[derive(Clone, Debug, Default)]
pub struct Inherited {
    /// `workspace.package`.
    pub package: BTreeMap<String, String>,
    /// `workspace.dependencies`.
    pub dependencies: BTreeMap<String, String>,
}

/// A heading, and the lines below it. The first has none.
#[derive(Debug, Default)]
pub struct Section<'a> {
    /// The line: `[dependencies]`, `[[bin]]`.
    pub heading: &'a str,
    pub lines: Vec<&'a str>,
    /// Comments that stand above the heading.
    above: Vec<&'a str>,
}

impl Section<'_> {
    /// The section as it stands in the file.
    pub fn text(&self) -> String {
        let lines = self.above.iter().copied().chain(std::iter::once(self.heading)).chain(self.lines.iter().copied());
        lines.fold(String::new(), |text, line| text + line + "\n")
    }
}

/// A manifest's sections, in order.
pub fn sections(text: &str) -> Vec<Section<'_>> {
    let mut sections = vec![Section::default()];
    for line in text.lines() {
        if line.starts_with('[') {
            let before = sections.last_mut().map(|section| &mut section.lines);
            let above = before.map(|lines| {
                let from = lines.iter().rposition(|line| !line.starts_with('#')).map_or(0, |at| at + 1);
                lines.split_off(from)
            });
            sections.push(Section { heading: line, lines: Vec::new(), above: above.unwrap_or_default() });
        } else if let Some(section) = sections.last_mut() {
            section.lines.push(line);
        }
    }
    sections
}

/// Keys and values of a section.
pub fn entries<'a>(lines: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    lines
        .iter()
        .filter(|line| !line.starts_with(['#', ' ', ']']))
        .filter_map(|line| line.split_once('=').map(|(key, value)| (key.trim(), value.trim())))
        .collect()
}

impl Inherited {
    /// Reads the workspace's manifest.
    pub fn read(text: &str) -> Self {
        let of = |heading: &str| {
            let found = sections(text).into_iter().find(|section| section.heading == heading);
            let found = found.map(|section| section.lines).unwrap_or_default();
            entries(&found).into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
        };
        Self { package: of("[workspace.package]"), dependencies: of("[workspace.dependencies]") }
    }
}

/// The manifest of the crate in `place` (`runtime/seal`, below the workspace's directory), for a place outside of the workspace.
/// Given what it gave before, it changes nothing.
pub fn packed(text: &str, place: &str, inherited: &Inherited) -> Result<String, String> {
    let mut out = String::new();
    let mut has_library = false;
    for section in sections(text) {
        let heading = section.heading;
        if heading.ends_with("dev-dependencies]") || ["[[bench]]", "[[test]]", "[[example]]"].contains(&heading) {
            continue;
        }
        has_library |= heading == "[lib]";
        // Its tests stay behind, and what they need.
        let untested: &[&str] = match heading {
            "[lib]" => &UNTESTED,
            "[[bin]]" => &UNTESTED[..1],
            _ => &[],
        };
        let mut lines = Vec::new();
        for line in &section.lines {
            lines.push(written_out(line, heading, place, inherited)?);
        }
        let at = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |at| at + 1);
        let missing = untested.iter().filter(|line| !section.lines.contains(line)).map(|line| (*line).to_owned());
        lines.splice(at..at, missing.collect::<Vec<_>>());
        for line in section.above.iter().copied().chain((!heading.is_empty()).then_some(heading)) {
            out = out + line + "\n";
        }
        out.extend(lines.into_iter().map(|line| line + "\n"));
    }
    if !has_library {
        out = format!("{}\n\n[lib]\n{}\n", out.trim_end(), UNTESTED.join("\n"));
    }
    Ok(out)
}

/// What a library says that has no tests; a program has no examples in its comments.
const UNTESTED: [&str; 2] = ["test = false", "doctest = false"];

/// A line with the value that it inherits.
fn written_out(line: &str, heading: &str, place: &str, inherited: &Inherited) -> Result<String, String> {
    let is_inherited = line.contains("workspace = true") && !line.starts_with('#');
    if !is_inherited || heading == "[lints]" {
        return Ok(line.to_owned());
    }
    let missing = |key: &str| format!("{place}/Cargo.toml inherits `{key}`, which the workspace does not have");
    if heading == "[package]" {
        let key = line.split('.').next().unwrap_or_default();
        return inherited.package.get(key).map(|value| format!("{key} = {value}")).ok_or_else(|| missing(key));
    }
    // `key.workspace = true`, or `key = { workspace = true, … }`.
    let (key, value) = line.split_once('=').unwrap_or((line, ""));
    let key = key.trim().trim_end_matches(".workspace");
    let table = value.trim().trim_start_matches('{').trim_end_matches('}');
    let own = match table.split_once("workspace = true") {
        Some((before, after)) => format!("{}{}", before.trim_start(), after.trim().trim_start_matches(',').trim()),
        None => String::new(),
    };
    let value = inherited.dependencies.get(key).ok_or_else(|| missing(key))?;
    let value = match value.strip_prefix('{').and_then(|value| value.strip_suffix('}')) {
        Some(table) => reached(table.trim(), place),
        None => format!("version = {value}"),
    };
    if own.contains("features = ") && value.contains("features = [") {
        return Err(format!("{place}/Cargo.toml: `{key}` has features in two places; name them all in one"));
    }
    let separator = if own.is_empty() { "" } else { ", " };
    Ok(format!("{key} = {{ {value}{separator}{own} }}"))
}

/// A path of the workspace's, as the crate in `place` writes it. The generated crate lies beside the directory of Airlock's.
fn reached(table: &str, place: &str) -> String {
    let up = "../".repeat(place.split('/').count());
    let Some((before, path)) = table.split_once("path = \"") else { return table.to_owned() };
    let up = if path.starts_with("generated\"") { format!("{up}../") } else { up };
    format!("{before}path = \"{up}{path}")
}

/// The names of the packages that a manifest depends on, to build and to run.
pub fn needs(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let is_of = |heading: &str| heading.ends_with("dependencies]") && !heading.ends_with("dev-dependencies]");
    for section in sections(text).iter().filter(|section| is_of(section.heading)) {
        for (key, value) in entries(&section.lines) {
            let renamed = value.split_once("package = \"").and_then(|(_, rest)| rest.split('"').next());
            names.insert(renamed.unwrap_or(key.split('.').next().unwrap_or(key)).to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: &str = "\
[workspace]
members = [\"a\", \"generated\"]

[workspace.package]
version = \"0.1.0\"
publish = false

[workspace.dependencies]
own = { path = \"runtime/own\" }
made = { path = \"generated\" }
# What is said of it.
plain = \"4\"
rich = { version = \"=1.2\", default-features = false }
full = { version = \"1\", features = [\"x\"] }
";

    #[test]
    fn what_is_inherited_is_written_out_and_tests_are_left_behind() {
        let text = "\
[package]
name = \"seal\"
version.workspace = true

[lib]
name = \"seal\"

[[bench]]
name = \"b\"
harness = false

[features]
default = [\"tls\"]

# Above the section.
[dependencies]
own.workspace = true
made.workspace = true
# Why.
plain.workspace = true
rich = { workspace = true, features = [\"y\"], optional = true }
bytes = { package = \"octets\", version = \"1\" }

[dev-dependencies]
full.workspace = true

# Of one system.
[target.'cfg(unix)'.dependencies]
full.workspace = true

[lints]
workspace = true
";
        let wanted = "\
[package]
name = \"seal\"
version = \"0.1.0\"

[lib]
name = \"seal\"
test = false
doctest = false

[features]
default = [\"tls\"]

# Above the section.
[dependencies]
own = { path = \"../../runtime/own\" }
made = { path = \"../../../generated\" }
# Why.
plain = { version = \"4\" }
rich = { version = \"=1.2\", default-features = false, features = [\"y\"], optional = true }
bytes = { package = \"octets\", version = \"1\" }

# Of one system.
[target.'cfg(unix)'.dependencies]
full = { version = \"1\", features = [\"x\"] }

[lints]
workspace = true
";
        let inherited = Inherited::read(WORKSPACE);
        let out = packed(text, "runtime/seal", &inherited).expect("can be packed");
        assert_eq!(out, wanted);
        assert_eq!(packed(&out, "runtime/seal", &inherited).expect("can be packed"), wanted);
        assert_eq!(needs(&out).into_iter().collect::<Vec<_>>(), ["full", "made", "octets", "own", "plain", "rich"]);
    }

    #[test]
    fn what_cannot_be_written_out_is_told() {
        let inherited = Inherited::read(WORKSPACE);
        for (line, wrong) in [
            ("gone.workspace = true", "`gone`, which the workspace does not have"),
            ("full = { workspace = true, features = [\"z\"] }", "features in two places"),
        ] {
            let text = format!("[package]\nname = \"a\"\n\n[dependencies]\n{line}\n");
            let told = packed(&text, "a", &inherited).expect_err(line);
            assert!(told.contains(wrong), "{told}");
        }
    }
}
