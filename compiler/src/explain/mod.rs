//! The long form of every code: what it means, why it is an error, an example, the way out.
//!
//! One Markdown file a code, so that texts are written and reviewed as texts. They are embedded: the program explains
//! itself on a machine that has nothing else.

use std::fmt::Write as _;

/// A code, explained. Sections are Markdown: paragraphs and fenced blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// As diagnostics show it.
    pub code: &'static str,
    /// What is wrong, in one line without a full stop.
    pub title: &'static str,
    /// Why that is an error.
    pub why: &'static str,
    /// Input that has the mistake.
    pub example: &'static str,
    /// What to do.
    pub fix: &'static str,
}

/// Each code with the text of its file.
macro_rules! texts {
    ($($code:literal)*) => { &[$(($code, include_str!(concat!($code, ".md")))),*] };
}

const TEXTS: &[(&str, &str)] = texts! {
    "E0101" "E0102" "E0103" "E0104" "E0105" "E0106" "E0107" "E0108" "E0109" "E0110"
    "E0111" "E0112" "E0113" "E0114" "E0115" "E0116" "E0117" "E0118"
    "E0201" "E0202" "E0203" "E0204" "E0205" "E0206"
    "E0211" "E0212" "E0213" "E0214" "E0215" "E0216" "E0217" "E0218" "E0219"
    "E0221" "E0222" "E0223" "E0224"
    "E0301" "E0302" "E0303" "E0304" "E0305" "E0306" "E0307" "E0308" "E0309"
    "E0310" "E0311" "E0312" "E0313" "E0314" "E0315" "E0316" "E0317" "E0318"
    "E0321" "E0322" "E0323" "E0324" "E0325" "E0326" "E0327" "E0328"
    "E0331" "E0332" "E0333"
    "E0401" "E0402" "E0403" "E0404" "E0405" "E0406" "E0407"
    "E0501" "E0502" "E0503" "E0504" "E0505" "E0506" "E0507" "E0508" "E0509" "E0510"
    "E0601" "E0602" "E0603"
    "E0701" "E0702" "E0703" "E0704"
    "E0801" "E0802" "E0803" "E0804" "E0805" "E0806" "E0807" "E0808" "E0809"
    "E0810" "E0811" "E0812" "E0813" "E0814" "E0815" "E0816" "E0817"
    "E0901" "E0902" "E0903" "E0904" "E0905"
};

/// Every code, in order. A text that is not in the form of these files is left out, which a test excludes.
pub fn explanations() -> Vec<Explanation> {
    TEXTS.iter().filter_map(|(code, text)| parse(code, text).ok()).collect()
}

/// The explanation of a code as a person writes it: `E0107`, `e0107` or `0107`.
pub fn explain(wanted: &str) -> Option<Explanation> {
    let wanted = wanted.trim().to_ascii_uppercase();
    let (code, text) = TEXTS.iter().find(|(code, _)| *code == wanted || code.strip_prefix('E') == Some(&wanted))?;
    parse(code, text).ok()
}

/// Reads a file: `# CODE: title`, then the sections `## Why`, `## Example` and `## Fix`, each once and in this order.
///
/// # Errors
/// Says which part is missing, empty or too much.
fn parse(code: &'static str, text: &'static str) -> Result<Explanation, String> {
    let rest = text
        .strip_prefix("# ")
        .and_then(|rest| rest.strip_prefix(code)?.strip_prefix(": "))
        .ok_or_else(|| format!("{code} does not begin with `# {code}: `"))?;
    let cut = |rest: &'static str, name: &str| {
        rest.split_once(&format!("\n\n## {name}\n\n")).ok_or_else(|| format!("{code} has no section `{name}` here"))
    };
    let (title, rest) = cut(rest, "Why")?;
    let (why, rest) = cut(rest, "Example")?;
    let (example, fix) = cut(rest, "Fix")?;
    let fix = fix.strip_suffix('\n').ok_or_else(|| format!("{code} does not end with a line feed"))?;
    for part in [title, why, example, fix] {
        if part.trim() != part || part.is_empty() {
            return Err(format!("{code} has an empty part, or blank space around `{part}`"));
        }
        if part.starts_with("## ") || part.contains("\n## ") {
            return Err(format!("{code} has a section too many"));
        }
    }
    if title.contains('\n') || title.ends_with('.') {
        return Err(format!("the title of {code} is one line without a full stop"));
    }
    let fences = |part: &str| part.lines().filter(|line| line.starts_with(FENCE)).count();
    if fences(example) == 0 || [why, example, fix].iter().any(|part| fences(part) % 2 == 1) {
        return Err(format!("a fenced block of {code} is missing or not closed"));
    }
    Ok(Explanation { code, title, why, example, fix })
}

/// Begins and ends a block of input.
const FENCE: &str = "```";

impl Explanation {
    /// The whole as plain text, lines of at most 100 columns: blocks are indented instead of fenced.
    pub fn text(&self) -> String {
        let mut text = format!("{}: {}\n\n", self.code, self.title);
        push_section(&mut text, self.why);
        text.push_str("\nExample:\n\n");
        push_section(&mut text, self.example);
        text.push_str("\nWay out:\n\n");
        push_section(&mut text, self.fix);
        text
    }
}

fn push_section(text: &mut String, markdown: &str) {
    let mut in_block = false;
    for line in markdown.lines() {
        if line.starts_with(FENCE) {
            in_block = !in_block;
        } else {
            let indent = if in_block && !line.is_empty() { "    " } else { "" };
            let _ = writeln!(text, "{indent}{line}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{TEXTS, explain, explanations, parse};

    #[test]
    fn every_file_is_in_the_list_and_has_every_section() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/explain");
        let files: BTreeSet<String> = std::fs::read_dir(directory)
            .expect("is there")
            .filter_map(|entry| {
                entry.expect("can be read").file_name().to_str()?.strip_suffix(".md").map(str::to_owned)
            })
            .collect();
        let listed: Vec<&str> = TEXTS.iter().map(|(code, _)| *code).collect();
        assert_eq!(files.iter().map(String::as_str).collect::<Vec<_>>(), listed);
        for (code, text) in TEXTS {
            assert_eq!(parse(code, text).err(), None);
            assert_eq!(code.len(), 5, "{code}");
        }
        assert_eq!(explanations().len(), TEXTS.len());
    }

    #[test]
    fn lines_fit_a_terminal_and_end_without_blanks() {
        for (code, text) in TEXTS {
            let shown = explain(code).expect("is in the list").text();
            for line in text.lines().chain(shown.lines()) {
                assert!(line.chars().count() <= 100, "{code}: {line}");
                assert_eq!(line.trim_end(), line, "{code}");
            }
        }
    }

    #[test]
    fn a_text_in_another_form_is_refused() {
        let sound = "# E0999: a\n\n## Why\n\nb\n\n## Example\n\n```yaml\nc\n```\n\n## Fix\n\nd\n";
        assert_eq!(parse("E0999", sound).map(|one| one.fix), Ok("d"));
        for (part, by) in [
            ("# E0999", "# E0998"),
            ("## Why", "## What"),
            ("## Fix", "## Example"),
            ("\n\nb", "\n\n"),
            ("\n\nb", "\n\n## More\n\nb"),
            ("c\n```", "c"),
            ("```yaml\nc\n```", "c"),
            (": a", ": a."),
            ("d\n", "d"),
        ] {
            let broken = sound.replacen(part, by, 1).leak();
            assert!(parse("E0999", broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn codes_are_found_as_people_write_them() {
        for wanted in ["E0107", "e0107", "0107", " E0107 "] {
            assert_eq!(explain(wanted).map(|one| one.code), Some("E0107"), "{wanted}");
        }
        assert_eq!(explain("E0999"), None);
        assert_eq!(explain(""), None);
    }

    #[test]
    fn blocks_are_indented_and_fences_are_gone() {
        let text = explain("E0110").expect("is in the list").text();
        assert!(text.contains("\n    get:\n      <<: listParts\n") && !text.contains("```"), "{text}");
    }
}
