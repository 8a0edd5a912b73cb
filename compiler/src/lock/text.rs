//! `catalog.lock` as text: one line an operation, so that a change of one is a change of one line.
//!
//! ```text
//! # Comment, above everything else.
//! version 1
//! included GET     /wards/{ward_id}/beds find_free_beds sha256:4f…
//! excluded POST    /appointments
//! refused  GET     /events E0215
//! prompt ward_handover sha256:8b…
//! ```
//!
//! Sorted by path, method and tool; prompts behind them, by name. A path is written as it is, or as a JSON string where that would be read otherwise or
//! hides something. Read is only what is written here, but for the order of lines: two people may put theirs together by hand.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use airlock_contract::text::is_invisible;
use serde_json::Value;

use super::Subject;

const HEADER: &str = "\
# What was approved of this catalog. `airlock approve` writes it: read `airlock diff`, then commit both.
";

/// The form of the file. Another one needs another number.
const VERSION: &str = "version 1";

/// What was approved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// The tools, by name.
    pub included: BTreeMap<String, Included>,
    /// The digests of the prompts, by name.
    pub prompts: BTreeMap<String, String>,
    /// The operations that are no tool, and why they cannot be one.
    pub left: BTreeMap<Operation, Option<String>>,
}

/// A path and a method.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    /// The path template.
    pub path: String,
    /// The method, upper case.
    pub method: String,
}

/// A tool as it was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Included {
    /// What it calls.
    pub operation: Operation,
    /// The digest of what a model is told and what it does: 64 hexadecimal digits.
    pub sha256: String,
}

/// Where the line of each tool and prompt stands.
pub(super) type Lines = BTreeMap<Subject, Range<usize>>;

/// What cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The bytes of the line.
    pub at: Range<usize>,
    /// What is wrong, in one sentence.
    pub what: String,
    /// The way out, where it is not that of every broken lock.
    pub help: Option<&'static str>,
}

impl Operation {
    /// As people write it: `GET /wards`.
    pub fn shown(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

impl Lock {
    /// The whole file.
    pub fn text(&self) -> String {
        let included = self.included.iter().map(|(tool, one)| (&one.operation, tool.as_str(), included(tool, one)));
        let left = self.left.iter().map(|(operation, code)| (operation, "", left(operation, code.as_deref())));
        let mut lines: Vec<_> = included.chain(left).collect();
        lines.sort();
        let prompts = self.prompts.iter().map(|(prompt, sha256)| of_prompt(prompt, sha256));
        let lines = lines.into_iter().map(|(_, _, line)| line).chain(prompts).map(|line| line + "\n");
        format!("{HEADER}{VERSION}\n{}", lines.collect::<String>())
    }

    /// Reads a file, and where the line of each tool and prompt stands.
    ///
    /// # Errors
    /// The first line that is not as [`Lock::text`] writes it.
    pub fn read(text: &str) -> Result<(Self, Lines), Fault> {
        let mut lines = EachLine { text, start: 0 }.skip_while(|(_, line)| line.starts_with('#'));
        check_version(lines.next(), text.len())?;
        let mut lock = Self::default();
        let mut places = Lines::new();
        for (at, line) in lines {
            let here = |fault: Fault| Fault { at: at.clone(), ..fault };
            let is_second = match read_line(line).map_err(here)? {
                Line::Included(tool, one) => {
                    places.insert(Subject::Tool(tool.clone()), at.clone());
                    lock.included.insert(tool, one).is_some()
                }
                Line::Prompt(prompt, sha256) => {
                    places.insert(Subject::Prompt(prompt.clone()), at.clone());
                    lock.prompts.insert(prompt, sha256).is_some()
                }
                Line::Left(operation, code) => lock.left.insert(operation, code).is_some(),
            };
            if is_second {
                return Err(here(plain("it has a second line for this")));
            }
        }
        Ok((lock, places))
    }
}

fn included(tool: &str, one: &Included) -> String {
    let Included { operation, sha256 } = one;
    format!("{} {} sha256:{sha256}", line("included", operation), word(tool))
}

fn of_prompt(prompt: &str, sha256: &str) -> String {
    format!("prompt {} sha256:{sha256}", word(prompt))
}

fn left(operation: &Operation, code: Option<&str>) -> String {
    match code {
        Some(code) => format!("{} {}", line("refused", operation), word(code)),
        None => line("excluded", operation),
    }
}

fn line(kind: &str, operation: &Operation) -> String {
    // So wide that the paths of all common methods begin in one column, whatever else is in the file.
    format!("{kind:8} {:7} {}", word(&operation.method), word(&operation.path))
}

/// A text as one word: as it is, or as a JSON string in which everything can be seen.
fn word(text: &str) -> String {
    let hides = |char: char| char.is_whitespace() || is_invisible(char) || char == char::REPLACEMENT_CHARACTER;
    if !text.is_empty() && !text.starts_with('"') && !text.contains(hides) {
        return text.to_owned();
    }
    let mut word = String::new();
    for char in Value::from(text).to_string().chars() {
        if char != ' ' && hides(char) {
            let mut units = [0; 2];
            char.encode_utf16(&mut units).iter().for_each(|unit| {
                let _ = write!(word, "\\u{unit:04x}");
            });
        } else {
            word.push(char);
        }
    }
    word
}

/// A line, without its end, and where it stands.
struct EachLine<'t> {
    text: &'t str,
    start: usize,
}

impl<'t> Iterator for EachLine<'t> {
    type Item = (Range<usize>, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.text.get(self.start..).filter(|rest| !rest.is_empty())?;
        let line = rest.split_once('\n').map_or(rest, |(line, _)| line);
        let at = self.start..self.start + line.len();
        self.start = at.end + 1;
        Some((at, line))
    }
}

fn check_version(first: Option<(Range<usize>, &str)>, end: usize) -> Result<(), Fault> {
    let (at, line) = first.unwrap_or((end..end, ""));
    if line == VERSION {
        return Ok(());
    }
    let of_version = || match line.strip_prefix("version ") {
        Some(version) => Fault {
            help: Some("use the `airlock` that has written it, or a later one"),
            ..plain(format!("this program does not know version `{version}` of the file"))
        },
        None => plain(format!("its first line is not `{VERSION}`")),
    };
    Err(Fault { at, ..known_fault(line).unwrap_or_else(of_version) })
}

/// The place is the caller's to say.
fn plain(what: impl Into<String>) -> Fault {
    Fault { at: 0..0, what: what.into(), help: None }
}

enum Line {
    Included(String, Included),
    Prompt(String, String),
    Left(Operation, Option<String>),
}

/// The place of a fault is the caller's to say.
fn read_line(line: &str) -> Result<Line, Fault> {
    let strange = || plain("`airlock approve` does not write such a line");
    if let Some(fault) = known_fault(line) {
        return Err(fault);
    }
    let words = words(line).ok_or_else(strange)?;
    let operation = |method: &str, path: &str| Operation { method: method.to_owned(), path: path.to_owned() };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (read, written) = match words[..] {
        ["included", method, path, tool, digest] => {
            let sha256 = digest.strip_prefix("sha256:").filter(|digest| is_sha256(digest)).ok_or_else(strange)?;
            let one = Included { operation: operation(method, path), sha256: sha256.to_owned() };
            let written = included(tool, &one);
            (Line::Included(tool.to_owned(), one), written)
        }
        ["prompt", prompt, digest] => {
            let sha256 = digest.strip_prefix("sha256:").filter(|digest| is_sha256(digest)).ok_or_else(strange)?;
            (Line::Prompt(prompt.to_owned(), sha256.to_owned()), of_prompt(prompt, sha256))
        }
        ["excluded", method, path] => {
            let operation = operation(method, path);
            let written = left(&operation, None);
            (Line::Left(operation, None), written)
        }
        ["refused", method, path, code] => {
            let operation = operation(method, path);
            let written = left(&operation, Some(code));
            (Line::Left(operation, Some(code.to_owned())), written)
        }
        _ => return Err(strange()),
    };
    // One text for one meaning: nothing is read that would be written otherwise.
    if written == line { Ok(read) } else { Err(strange()) }
}

fn is_sha256(digest: &str) -> bool {
    digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What is known to go wrong with a line.
fn known_fault(line: &str) -> Option<Fault> {
    let merge = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark));
    let (what, help) = if merge {
        (
            "a merge has left its marks here",
            "each line stands alone: keep those of both sides without the marks, and `airlock compile` names what they \
             do not fit",
        )
    } else if line.ends_with('\r') {
        ("its lines end in CR LF", "write `catalog.lock text eol=lf` to .gitattributes, and check the file out again")
    } else if line.contains(char::REPLACEMENT_CHARACTER) {
        ("this line is not UTF-8", "restore the file from git")
    } else {
        return None;
    };
    Some(Fault { help: Some(help), ..plain(what) })
}

/// The words of a line, without quotes.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = line.trim_start_matches(' ');
    while !rest.is_empty() {
        let end = if rest.starts_with('"') {
            let mut strings = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            words.push(strings.next()?.ok()?);
            strings.byte_offset()
        } else {
            let end = rest.find(' ').unwrap_or(rest.len());
            words.push(rest[..end].to_owned());
            end
        };
        rest = rest[end..].trim_start_matches(' ');
    }
    Some(words)
}
