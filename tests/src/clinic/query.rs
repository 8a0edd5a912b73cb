//! The query of a request: each parameter is taken by name and checked; what is left over is a mistake.

use super::moment::Day;
use super::problem::Mistake;
use serde_json::{Value, json};

/// Parameters that nobody took yet, and what was wrong with those that were taken.
#[derive(Debug)]
pub(super) struct Query {
    pairs: Vec<(String, String)>,
    mistakes: Vec<Mistake>,
}

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    offset: usize,
    limit: usize,
}

impl Query {
    pub(super) fn parse(text: Option<&str>) -> Self {
        let mut query = Self { pairs: Vec::new(), mistakes: Vec::new() };
        for piece in text.unwrap_or_default().split('&').filter(|piece| !piece.is_empty()) {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            // As in HTML forms, a plus is a space here: a client that does not encode its pluses is found out.
            match (decode(&name.replace('+', " ")), decode(&value.replace('+', " "))) {
                (Some(name), Some(value)) => query.pairs.push((name, value)),
                _ => query.mistakes.push(Mistake::new("", "the query is not percent-encoded UTF-8")),
            }
        }
        query
    }

    /// The parameter's text as it is. Twice the same name is a mistake.
    fn take(&mut self, name: &str) -> Option<String> {
        let place = self.pairs.iter().position(|(key, _)| key == name)?;
        let (_, value) = self.pairs.remove(place);
        if self.pairs.iter().any(|(key, _)| key == name) {
            self.wrong(name, "is given twice");
            self.pairs.retain(|(key, _)| key != name);
        }
        Some(value)
    }

    fn wrong(&mut self, name: &str, message: &str) {
        self.mistakes.push(Mistake::new(name, message));
    }

    /// Text of this many characters, both bounds included.
    pub(super) fn text(&mut self, name: &str, chars_min: usize, chars_max: usize) -> Option<String> {
        let value = self.take(name)?;
        if !(chars_min..=chars_max).contains(&value.chars().count()) {
            self.wrong(name, &format!("must have {chars_min} to {chars_max} characters"));
        }
        Some(value)
    }

    /// One word of a closed list.
    pub(super) fn word(&mut self, name: &str, words: &[&str]) -> Option<String> {
        let value = self.take(name)?;
        if !words.contains(&value.as_str()) {
            self.wrong(name, &format!("must be one of: {}", words.join(", ")));
        }
        Some(value)
    }

    /// Different words of a closed list, joined with commas.
    pub(super) fn words(&mut self, name: &str, words: &[&str]) -> Option<Vec<String>> {
        let value = self.take(name)?;
        let found: Vec<String> = value.split(',').map(str::to_owned).collect();
        let repeated = found.iter().enumerate().any(|(place, word)| found[..place].contains(word));
        if repeated || !found.iter().all(|word| words.contains(&word.as_str())) {
            self.wrong(name, &format!("must be some of: {}", words.join(", ")));
        }
        Some(found)
    }

    /// An identifier of this form; see [`has_form`].
    pub(super) fn identifier(&mut self, name: &str, form: &str) -> Option<String> {
        let value = self.take(name)?;
        if !has_form(&value, form) {
            self.wrong(name, &format!("must look like {form}"));
        }
        Some(value)
    }

    pub(super) fn date(&mut self, name: &str) -> Option<Day> {
        let value = self.take(name)?;
        let day = Day::parse(&value);
        if day.is_none() {
            self.wrong(name, "must be a date, year-month-day");
        }
        day
    }

    pub(super) fn boolean(&mut self, name: &str) -> Option<bool> {
        match self.take(name)?.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.wrong(name, "must be true or false");
                None
            }
        }
    }

    pub(super) fn page(&mut self) -> Page {
        let limit = self.take("limit").map_or(25, |value| {
            let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let limit = if digits { value.parse().unwrap_or(0) } else { 0 };
            if !(1..=100).contains(&limit) {
                self.wrong("limit", "must be 1 to 100");
            }
            limit
        });
        let offset = self.take("page_token").map_or(0, |token| {
            let offset = token.strip_prefix("at").and_then(|digits| digits.parse().ok()).filter(|&offset| offset > 0);
            if offset.is_none() {
                self.wrong("page_token", "is none that an earlier page gave");
            }
            offset.unwrap_or(0)
        });
        Page { offset, limit }
    }

    /// No mistake, and nothing left that nobody asked for.
    pub(super) fn finish(mut self) -> Result<(), Vec<Mistake>> {
        for (name, _) in std::mem::take(&mut self.pairs) {
            self.wrong(&name, "is not a parameter of this operation");
        }
        if self.mistakes.is_empty() { Ok(()) } else { Err(self.mistakes) }
    }
}

impl Page {
    /// `{items, next_page_token, total}` of this part of the list.
    pub(super) fn cut<'a>(self, items: impl Iterator<Item = &'a Value>) -> Value {
        let all: Vec<&Value> = items.collect();
        let end = self.offset.saturating_add(self.limit);
        let next = (end < all.len()).then(|| format!("at{end}"));
        let part: Vec<&Value> = all.iter().skip(self.offset).take(self.limit).copied().collect();
        json!({"items": part, "next_page_token": next, "total": all.len()})
    }
}

/// Whether a text has the form: each `9` stands for a digit, any other character for itself.
pub(super) fn has_form(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(found, wanted)| match wanted {
            b'9' => found.is_ascii_digit(),
            _ => found == wanted,
        })
}

/// Undoes percent-encoding (RFC 3986, section 2.1). None where it is broken or not UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let decoded = match byte {
            b'%' => hex(rest.next()?)? * 16 + hex(rest.next()?)?,
            _ => byte,
        };
        bytes.push(decoded);
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_taken_is_a_mistake() {
        let mut query = Query::parse(Some("name=Rosa%20K&colour=red"));
        assert_eq!(query.text("name", 2, 60).as_deref(), Some("Rosa K"));
        assert_eq!(query.finish(), Err(vec![Mistake::new("colour", "is not a parameter of this operation")]));
    }

    #[test]
    fn wrong_values_are_named() {
        let wrong =
            ["limit=0", "limit=101", "limit=+5", "limit=", "page_token=25", "page_token=at0", "limit=1&limit=2"];
        for text in wrong {
            let mut query = Query::parse(Some(text));
            query.page();
            assert!(query.finish().is_err(), "{text}");
        }
        let mut query = Query::parse(Some("a=%zz"));
        assert_eq!(query.take("a"), None);
        assert!(query.finish().is_err());
    }

    #[test]
    fn pages_cover_the_list_once() {
        let items: Vec<Value> = (0..5).map(Value::from).collect();
        let mut seen = Vec::new();
        let mut text = String::from("limit=2");
        loop {
            let page = Query::parse(Some(&text)).page().cut(items.iter());
            seen.extend(page["items"].as_array().into_iter().flatten().cloned());
            let Some(token) = page["next_page_token"].as_str() else { break };
            text = format!("limit=2&page_token={token}");
        }
        assert_eq!(seen, items);
    }

    #[test]
    fn forms() {
        assert!(has_form("P0004", "P9999"));
        assert!(!has_form("P004", "P9999"));
        assert!(!has_form("Q0004", "P9999"));
        assert!(!has_form("P000x", "P9999"));
    }
}
