//! `Cargo.toml` without what is for tests: edited as text, so that what is left stands as its author wrote it.
//!
//! The scanner knows where tables begin, and strings and arrays of several lines. What it gives is read by Cargo afterwards and
//! compared (`source::gather`), so that what it did not understand is refused and not built.

/// One table, with the comments that follow it.
struct Table<'t> {
    /// Between the brackets; empty before the first table.
    name: &'t str,
    lines: Vec<&'t str>,
}

/// A manifest of a package without dependencies of tests, and without tests, benches and examples.
pub(super) fn without_tests(text: &str) -> String {
    let kept = tables(text).into_iter().filter(|table| {
        let of_tests = table.name.split('.').any(|part| part.trim() == "dev-dependencies");
        !of_tests && !["bench", "test", "example"].contains(&table.name)
    });
    kept.flat_map(|table| table.lines).collect()
}

/// The workspace's manifest with these members and no others; nothing if it has no table `[workspace]`.
pub(super) fn with_members(text: &str, members: &[String]) -> Option<String> {
    let mut out = String::new();
    let mut found = false;
    for table in tables(text) {
        if table.name != "workspace" {
            out.extend(table.lines);
            continue;
        }
        found = true;
        let (header, entries) = table.lines.split_first()?;
        out.push_str(header);
        let list: Vec<String> = members.iter().map(|member| format!("\"{member}\"")).collect();
        out.push_str("members = [");
        out.push_str(&list.join(", "));
        out.push_str("]\n");
        for entry in entries_of(entries) {
            let key = entry.first().and_then(|line| line.split('=').next()).unwrap_or_default().trim();
            if !["members", "default-members", "exclude"].contains(&key) {
                out.extend(entry);
            }
        }
    }
    found.then_some(out)
}

fn tables(text: &str) -> Vec<Table<'_>> {
    let mut tables = vec![Table { name: "", lines: Vec::new() }];
    let mut scanner = Scanner::default();
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if scanner.is_between() && trimmed.starts_with('[') {
            let name = trimmed.trim_start_matches('[').split(']').next().unwrap_or_default().trim();
            tables.push(Table { name, lines: vec![line] });
            continue;
        }
        scanner.feed(line);
        if let Some(table) = tables.last_mut() {
            table.lines.push(line);
        }
    }
    tables
}

/// Lines that belong together: a key with all lines of its value.
fn entries_of<'t>(lines: &[&'t str]) -> Vec<Vec<&'t str>> {
    let mut entries: Vec<Vec<&str>> = Vec::new();
    let mut scanner = Scanner::default();
    for line in lines {
        match entries.last_mut() {
            Some(entry) if !scanner.is_between() => entry.push(line),
            _ => entries.push(vec![line]),
        }
        scanner.feed(line);
    }
    entries
}

/// Whether a line is inside of a value that began before it.
#[derive(Default)]
struct Scanner {
    /// The quotes that end the string of several lines that is open.
    open: Option<&'static str>,
    /// Brackets and braces that are open.
    depth: usize,
}

impl Scanner {
    fn is_between(&self) -> bool {
        self.open.is_none() && self.depth == 0
    }

    fn feed(&mut self, line: &str) {
        let mut rest = line;
        while !rest.is_empty() {
            if let Some(quotes) = self.open {
                let Some(at) = end_of(rest, quotes) else { return };
                self.open = None;
                rest = rest.get(at..).unwrap_or_default();
            } else if let Some(quotes) = ["\"\"\"", "'''"].into_iter().find(|quotes| rest.starts_with(quotes)) {
                self.open = Some(quotes);
                rest = rest.get(3..).unwrap_or_default();
            } else if let Some(quote) = ["\"", "'"].into_iter().find(|quote| rest.starts_with(quote)) {
                let inside = rest.get(1..).unwrap_or_default();
                rest = end_of(inside, quote).and_then(|at| inside.get(at..)).unwrap_or_default();
            } else {
                let mut characters = rest.chars();
                match characters.next() {
                    Some('#') => return,
                    Some('[' | '{') => self.depth += 1,
                    Some(']' | '}') => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
                rest = characters.as_str();
            }
        }
    }
}

/// Behind the quotes that end a string. A backslash hides what follows it, but where quotes are single.
fn end_of(text: &str, quotes: &str) -> Option<usize> {
    let escapes = quotes.starts_with('"');
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(quotes) {
            return Some(at + quotes.len());
        }
        let mut characters = rest.chars();
        if characters.next() == Some('\\') && escapes {
            characters.next();
        }
        at = text.len() - characters.as_str().len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{with_members, without_tests};

    const PACKAGE: &str = r#"# A package.
[package]
name = "a" # [dev-dependencies]
about = """
[dev-dependencies]
quote \""" [bench]
"""

[[bench]]
name = "b"

[dependencies]
x = { version = "1", features = [
    "[test]",
] }

[dev-dependencies]
y = "1"

[dev-dependencies.z]
version = "1"

[target.'cfg(unix)'.dev-dependencies]
w = "1"

[target.'cfg(unix)'.dependencies]
v = "1"

[lints]
workspace = true
"#;

    #[test]
    fn what_is_for_tests_goes_and_nothing_else() {
        let kept = without_tests(PACKAGE);
        for gone in ["y = \"1\"", "[dev-dependencies.z]", "w = \"1\"", "[[bench]]", "name = \"b\""] {
            assert!(!kept.contains(gone), "{gone} is left: {kept}");
        }
        for left in ["quote \\\"\"\" [bench]", "\"[test]\"", "v = \"1\"", "[lints]\nworkspace = true\n", "# A package."]
        {
            assert!(kept.contains(left), "{left} is gone: {kept}");
        }
        assert_eq!(without_tests(&kept), kept);
    }

    #[test]
    fn members_are_those_and_everything_else_stays() {
        let text = "[workspace]\nresolver = \"3\"\nmembers = [\n  \"a\", # [workspace]\n  \"b\",\n]\nexclude = [\"c\"]\n\n\
                    [workspace.dependencies]\nd = \"1\"\n";
        let wanted =
            "[workspace]\nmembers = [\"b\", \"x/y\"]\nresolver = \"3\"\n\n[workspace.dependencies]\nd = \"1\"\n";
        assert_eq!(with_members(text, &["b".into(), "x/y".into()]).as_deref(), Some(wanted));
        assert_eq!(with_members("[package]\nname = \"a\"\n", &[]), None);
    }
}
