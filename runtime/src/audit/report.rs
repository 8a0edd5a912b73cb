//! What a trail comes to, as one HTML page: calls of each tool, bytes saved, refusals, durations, days. Nothing is fetched and
//! nothing runs; the policy in it admits its own style alone, so that no text of a record can be shown as anything but text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Kind;
use super::verify::Found;

const STYLE: &str = include_str!("report.css");

/// Names of tools that no catalog has are callers' words: so many are told apart.
const TOOLS_MAX: usize = 2000;

/// Days that are shown, the last ones.
const DAYS_MAX: usize = 400;

/// Records of releases that are shown, the first ones.
const RELEASES_MAX: usize = 1000;

/// Width of a bar, in units of its drawing.
const BAR: u64 = 1000;

/// What was counted of a trail.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    tools: BTreeMap<String, Sum>,
    /// By day: how many calls were answered, and how many were not.
    days: BTreeMap<String, (u64, u64)>,
    /// By tool and verdict, where a call was not answered.
    refusals: BTreeMap<(String, String), u64>,
    /// What was done with releases, in order: time, action, what, why or who.
    releases: Vec<[String; 4]>,
}

#[derive(Debug, Default)]
struct Sum {
    calls: u64,
    answered: u64,
    bytes_before: u64,
    bytes_after: u64,
    /// How often a call took so many milliseconds.
    durations: BTreeMap<u64, u64>,
}

impl Sums {
    /// Counts a record; those that are neither an outcome nor about a release say nothing here.
    pub(crate) fn add(&mut self, kind: Kind, record: &Value) {
        if kind == Kind::Release && record["stage"] == "done" && self.releases.len() < RELEASES_MAX {
            self.releases.push(release(record));
        }
        if kind != Kind::Outcome {
            return;
        }
        let text = |name: &str| record[name].as_str().unwrap_or_default();
        let known = if record["effect"].is_null() { "(unknown)" } else { text("tool") };
        let is_new = !self.tools.contains_key(known);
        let tool = if is_new && self.tools.len() >= TOOLS_MAX { "(others)" } else { known };
        let (verdict, number) = (text("verdict"), |name: &str| record[name].as_u64().unwrap_or_default());
        let is_answered = verdict == "answered";
        let sum = self.tools.entry(tool.to_owned()).or_default();
        sum.calls += 1;
        sum.answered += u64::from(is_answered);
        sum.bytes_before = sum.bytes_before.saturating_add(number("bytes_before"));
        sum.bytes_after = sum.bytes_after.saturating_add(number("bytes_after"));
        if record["duration_ms"].is_u64() {
            *sum.durations.entry(rounded(number("duration_ms"))).or_default() += 1;
        }
        let day = self.days.entry(text("time").get(..10).unwrap_or_default().to_owned()).or_default();
        if is_answered {
            day.0 += 1;
        } else {
            day.1 += 1;
            *self.refusals.entry((tool.to_owned(), verdict.to_owned())).or_default() += 1;
        }
    }

    /// The page. `fault` is why the trail could not be read to its end.
    pub(crate) fn page(&self, found: &Found, fault: Option<&str>) -> String {
        let style = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
        let mut page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; \
             base-uri 'none'; form-action 'none'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>Airlock: what was called</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>What was called</h1>\n"
        );
        if let Some(fault) = fault {
            let _ = writeln!(
                page,
                "<p class=\"broken\">The trail is broken, and what is behind that place is not counted: \
                <code>{}</code></p>",
                escaped(fault)
            );
        }
        summary(&mut page, found);
        self.tools(&mut page);
        self.refusals(&mut page);
        self.releases(&mut page);
        self.days(&mut page);
        page + "</body>\n</html>\n"
    }

    fn tools(&self, page: &mut String) {
        page.push_str(
            "<h2>Tools</h2>\n<table>\n<caption>Bytes are those of upstreams' answers, and what of them was passed \
                       on. Durations are from a call's arrival to its end.</caption>\n",
        );
        head(
            page,
            &["tool"],
            &["calls", "answered", "bytes before", "bytes after", "saved", "median ms", "95 % ms", "most ms"],
        );
        for (tool, sum) in &self.tools {
            let saved = sum.bytes_before.saturating_sub(sum.bytes_after);
            let share = percent(saved, sum.bytes_before);
            let numbers = [
                grouped(sum.calls),
                grouped(sum.answered),
                grouped(sum.bytes_before),
                grouped(sum.bytes_after),
                share,
                sum.quantile(50),
                sum.quantile(95),
                sum.quantile(100),
            ];
            row(page, &[&format!("<code>{}</code>", escaped(tool))], &numbers);
        }
        page.push_str("</table>\n");
    }

    fn refusals(&self, page: &mut String) {
        page.push_str("<h2>Calls without an answer</h2>\n<table>\n<caption>By tool and reason.</caption>\n");
        head(page, &["tool", "reason"], &["calls"]);
        for ((tool, verdict), calls) in &self.refusals {
            let cells = [tool, verdict].map(|text| format!("<code>{}</code>", escaped(text)));
            row(page, &[&cells[0], &cells[1]], &[grouped(*calls)]);
        }
        page.push_str("</table>\n");
    }

    /// A trail in which no release was touched has no such table.
    fn releases(&self, page: &mut String) {
        if self.releases.is_empty() {
            return;
        }
        page.push_str(
            "<h2>Releases</h2>\n<table>\n<caption>What was approved, installed and rolled back to.</caption>\n",
        );
        head(page, &["time", "what", "release", "why, or by whom"], &[]);
        for words in &self.releases {
            let cells = words.each_ref().map(|text| escaped(text));
            row(page, &cells.each_ref().map(String::as_str), &[]);
        }
        page.push_str("</table>\n");
    }

    fn days(&self, page: &mut String) {
        let skipped = self.days.len().saturating_sub(DAYS_MAX);
        let shown = self.days.iter().skip(skipped);
        let most = shown.clone().map(|(_, (answered, other))| answered + other).max().unwrap_or(1).max(1);
        page.push_str("<h2>Days</h2>\n<table>\n<caption>In UTC. Green was answered, red was not.");
        if skipped > 0 {
            let _ = write!(page, " The first {skipped} days are left out.");
        }
        page.push_str("</caption>\n");
        head(page, &["day", ""], &["calls", "not answered"]);
        for (day, (answered, other)) in shown {
            let (good, bad) = (answered * BAR / most, other * BAR / most);
            let bar = format!(
                "<svg viewBox=\"0 0 {BAR} 50\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{answered} answered, \
                 {other} not\"><rect class=\"answered\" width=\"{good}\" height=\"50\"/><rect class=\"other\" x=\"{good}\" \
                 width=\"{bad}\" height=\"50\"/></svg>"
            );
            row(page, &[&escaped(day), &bar], &[grouped(answered + other), grouped(*other)]);
        }
        page.push_str("</table>\n");
    }
}

impl Sum {
    /// The duration that so many of a hundred calls did not exceed.
    fn quantile(&self, percent: u64) -> String {
        let all: u64 = self.durations.values().sum();
        let wanted = (all * percent).div_ceil(100).max(1);
        let mut so_far = 0;
        let found = self.durations.iter().find(|(_, calls)| {
            so_far += *calls;
            so_far >= wanted
        });
        found.map(|(duration, _)| grouped(*duration)).unwrap_or_default()
    }
}

fn release(record: &Value) -> [String; 4] {
    let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
    let (sequence, why) = (record["sequence"].as_u64().unwrap_or_default(), text("reason"));
    let what = format!("{} {}, release {sequence}", text("name"), text("version"));
    [text("time"), text("action"), what, if why.is_empty() { text("approved_by") } else { why }]
}

/// To two digits, so that a trail of any length has few different ones.
fn rounded(duration_ms: u64) -> u64 {
    let unit = 10_u64.pow(duration_ms.checked_ilog10().unwrap_or_default().saturating_sub(1));
    duration_ms / unit * unit
}

fn summary(page: &mut String, found: &Found) {
    let time = |time: &Option<String>| time.as_deref().map(escaped).unwrap_or_default();
    let (first, last) = (time(&found.first), time(&found.last));
    let _ = writeln!(
        page,
        "<p>{} records in {} files, from <code>{first}</code> to <code>{last}</code>: {} calls were made, {} were refused before \
         anything was sent, and of {} nobody knows what they came to.</p>",
        grouped(found.records),
        found.files,
        grouped(found.calls),
        grouped(found.refused),
        grouped(found.lost + found.unpaired),
    );
    let signed = match (found.checkpoints, found.signed) {
        (0, _) => "No checkpoint stands in it.".to_owned(),
        (all, signed) => {
            format!("{signed} of {all} checkpoints are signed; `airlock-host audit verify --key` says by whom.")
        }
    };
    let _ = writeln!(page, "<p>{signed}</p>");
}

fn head(page: &mut String, texts: &[&str], numbers: &[&str]) {
    page.push_str("<thead><tr>");
    for text in texts {
        let _ = write!(page, "<th scope=\"col\">{text}</th>");
    }
    for number in numbers {
        let _ = write!(page, "<th scope=\"col\" class=\"number\">{number}</th>");
    }
    page.push_str("</tr></thead>\n");
}

/// `texts` are HTML.
fn row(page: &mut String, texts: &[&str], numbers: &[String]) {
    page.push_str("<tr>");
    for text in texts {
        let _ = write!(page, "<td>{text}</td>");
    }
    for number in numbers {
        let _ = write!(page, "<td class=\"number\">{number}</td>");
    }
    page.push_str("</tr>\n");
}

fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return String::new();
    }
    format!("{} %", u128::from(part) * 100 / u128::from(whole))
}

/// With a blank at each thousand, which no line ends at.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// Text as text, wherever it stands in a page.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Sums, grouped, rounded};
    use crate::audit::Kind;
    use crate::audit::verify::Found;

    #[test]
    fn a_page_counts_outcomes_and_shows_every_text_as_text() {
        let mut sums = Sums::default();
        let record = |tool: &str, verdict: &str, ms: u64| {
            json!({"time": "2026-07-28T10:00:00.000000Z", "tool": tool, "effect": "read", "verdict": verdict,
                "bytes_before": 1000, "bytes_after": if verdict == "answered" { 250 } else { 0 }, "duration_ms": ms})
        };
        for ms in [10, 20, 1234] {
            sums.add(Kind::Outcome, &record("list_beds", "answered", ms));
        }
        sums.add(Kind::Outcome, &record("<script>alert(1)</script>", "\"><img>", 1));
        sums.add(Kind::Call, &record("list_beds", "answered", 10));
        assert!(!sums.page(&Found::default(), None).contains("<h2>Releases"));
        let mut release = json!({"time": "2026-07-28T10:00:00.000000Z", "stage": "begun", "action": "rollback",
            "name": "clinic", "version": "1.3.0", "sequence": 3, "reason": "<img>"});
        sums.add(Kind::Release, &release);
        release["stage"] = "done".into();
        sums.add(Kind::Release, &release);
        let page = sums.page(&Found::default(), Some("a.jsonl:7: <b>"));
        assert!(
            page.contains("<code>list_beds</code></td><td class=\"number\">3</td><td class=\"number\">3</td>"),
            "{page}"
        );
        assert!(page.contains(
            "<td class=\"number\">75 %</td><td class=\"number\">20</td><td class=\"number\">1\u{a0}200</td>"
        ));
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("<b>"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)") && page.contains("&quot;&gt;&lt;img&gt;"));
        assert!(
            page.matches("<td>rollback</td><td>clinic 1.3.0, release 3</td><td>&lt;img&gt;</td>").count() == 1,
            "{page}"
        );
        assert!(page.contains("2026-07-28") && page.contains("style-src 'sha256-"));
    }

    #[test]
    fn numbers_are_read_easily() {
        assert_eq!(
            (grouped(1), grouped(1000).as_str(), grouped(1_234_567).as_str()),
            ("1".into(), "1\u{a0}000", "1\u{a0}234\u{a0}567")
        );
        assert_eq!([0, 9, 10, 99, 101, 1299].map(rounded), [0, 9, 10, 99, 100, 1200]);
    }
}
