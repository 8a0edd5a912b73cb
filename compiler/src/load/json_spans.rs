//! Spans of a JSON text that a parser has already accepted.

use super::spans::{Spans, escape_token};

/// Where each value stands. On text that is not JSON, what was found before the first error.
pub(super) fn spans(text: &str) -> Spans {
    let mut scanner = Scanner { text, at: 0, pointer: String::new(), spans: Spans::default() };
    let _ = scanner.value(0);
    scanner.spans
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    pointer: String,
    spans: Spans,
}

/// As deep as serde_json reads.
const DEPTH_MAX: usize = 128;

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        self.skip_space();
        let start = self.at;
        let text = match self.peek()? {
            _ if depth > DEPTH_MAX => return None,
            b'{' => {
                self.members(depth)?;
                None
            }
            b'[' => {
                self.items(depth)?;
                None
            }
            b'"' => Some(self.string()?),
            _ => Some(self.bare()),
        };
        self.spans.add_value(&self.pointer, start..self.at, text);
        Some(())
    }

    fn members(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        loop {
            self.skip_space();
            match self.peek()? {
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                b',' => self.at += 1,
                _ => {
                    let start = self.at;
                    let key = self.string()?;
                    let parent = self.pointer.len();
                    self.pointer.push('/');
                    self.pointer.push_str(&escape_token(&key));
                    self.spans.add_key(&self.pointer, start..self.at);
                    self.skip_space();
                    self.at += 1;
                    self.value(depth + 1)?;
                    self.pointer.truncate(parent);
                }
            }
        }
    }

    fn items(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        let mut position = 0;
        loop {
            self.skip_space();
            match self.peek()? {
                b']' => {
                    self.at += 1;
                    return Some(());
                }
                b',' => self.at += 1,
                _ => {
                    let parent = self.pointer.len();
                    self.pointer.push('/');
                    self.pointer.push_str(&position.to_string());
                    self.value(depth + 1)?;
                    self.pointer.truncate(parent);
                    position += 1;
                }
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        serde_json::from_str(self.text.get(start..self.at)?).ok()
    }

    fn bare(&mut self) -> String {
        let start = self.at;
        while !matches!(self.peek(), None | Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.text[start..self.at].to_owned()
    }
}
