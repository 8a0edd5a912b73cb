//! JSON text (RFC 8259), token by token, checked to the last byte and never built.
//!
//! A scanner of our own, since what is kept of an answer has to be kept as it is written: `serde_json` hands on a number's
//! text only with features that change how every other value of the program is read. It refuses what `serde_json` refuses
//! (a property test holds it to that) and, beyond that, nesting in parts that are passed over.

use std::borrow::Cow;

use crate::fault::Fault;

/// Values nest less deep than this, as everywhere in the runtime.
pub(crate) const DEPTH_MAX: usize = 128;

/// A position in a text.
#[derive(Clone, Debug)]
pub(crate) struct Scanner<'i> {
    text: &'i str,
    bytes: &'i [u8],
    at: usize,
}

/// What a value begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    Number,
    Text,
    Array,
    Object,
}

impl<'i> Scanner<'i> {
    pub(crate) fn new(text: &'i str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0 }
    }

    /// The byte at which it stands.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The text from `start` to here.
    pub(crate) fn since(&self, start: usize) -> &'i str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    pub(crate) fn fault<T>(&self, what: &'static str) -> Result<T, Fault> {
        Err(Fault::Body(self.at, what))
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Passes over white space, and says what stands there.
    #[inline]
    pub(crate) fn kind(&mut self) -> Result<Kind, Fault> {
        self.space();
        match self.peek() {
            Some(b'"') => Ok(Kind::Text),
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'n') => Ok(Kind::Null),
            Some(_) => self.fault("a value should stand here"),
            None => self.fault("it ends where a value should stand"),
        }
    }

    /// Nothing but white space may follow.
    pub(crate) fn end(&mut self) -> Result<(), Fault> {
        self.space();
        if self.at == self.bytes.len() { Ok(()) } else { self.fault("text follows the value") }
    }

    #[inline]
    fn word(&mut self, word: &'static [u8]) -> Result<(), Fault> {
        if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            Ok(())
        } else {
            self.fault("a value should stand here")
        }
    }

    /// Reads `true`, `false` or `null`; the first is true.
    pub(crate) fn literal(&mut self) -> Result<bool, Fault> {
        match self.peek() {
            Some(b't') => self.word(b"true").map(|()| true),
            Some(b'f') => self.word(b"false").map(|()| false),
            _ => self.word(b"null").map(|()| false),
        }
    }

    /// Reads a number; its text as it is written.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<&'i str, Fault> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return self.fault("a digit should stand here"),
        }
        if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return self.fault("a number begins with a zero");
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.some_digits()?;
        }
        Ok(self.since(start))
    }

    #[inline]
    fn digits(&mut self) {
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
    }

    fn some_digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.digits();
        if self.at == start { self.fault("a digit should stand here") } else { Ok(()) }
    }

    /// Passes over a string, and says whether it has an escape. What stands between the quotes is then
    /// [`Scanner::since`], without the first and the last byte.
    #[inline]
    pub(crate) fn skip_text(&mut self) -> Result<bool, Fault> {
        self.at += 1;
        let mut escapes = false;
        loop {
            self.at += plain(self.bytes.get(self.at..).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escapes);
                }
                Some(b'\\') => {
                    escapes = true;
                    self.at += 1;
                    match self.peek() {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
                        Some(b'u') => {
                            self.at += 1;
                            let digits = self.bytes.get(self.at..self.at + 4).unwrap_or_default();
                            if digits.len() < 4 || !digits.iter().all(u8::is_ascii_hexdigit) {
                                return self.fault("four hexadecimal digits should follow `\\u`");
                            }
                            self.at += 4;
                        }
                        _ => return self.fault("this is no escape"),
                    }
                }
                Some(_) => return self.fault("a control character stands in a string"),
                None => return self.fault("it ends within a string"),
            }
        }
    }

    /// Reads a string.
    #[inline]
    pub(crate) fn text(&mut self) -> Result<Cow<'i, str>, Fault> {
        let start = self.at;
        let escapes = self.skip_text()?;
        let inner = self.text.get(start + 1..self.at - 1).unwrap_or_default();
        if !escapes {
            return Ok(Cow::Borrowed(inner));
        }
        match unescaped(inner) {
            Some(text) => Ok(Cow::Owned(text)),
            None => Err(Fault::Body(start, "half of a surrogate pair stands in a string that is kept")),
        }
    }

    /// Enters an array or object, which must begin here; whether it has anything in it.
    #[inline]
    pub(crate) fn enter(&mut self) -> bool {
        let close = if self.peek() == Some(b'[') { b']' } else { b'}' };
        self.at += 1;
        self.space();
        if self.peek() == Some(close) {
            self.at += 1;
            return false;
        }
        true
    }

    /// Behind an item: whether another follows. `close` ends the collection.
    #[inline]
    pub(crate) fn more(&mut self, close: u8) -> Result<bool, Fault> {
        self.space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(false)
            }
            Some(_) => self.fault("a comma or the end of the collection should stand here"),
            None => self.fault("it ends within a collection"),
        }
    }

    /// Stands before a key: white space, then a quote.
    #[inline]
    pub(crate) fn before_key(&mut self) -> Result<(), Fault> {
        self.space();
        if self.peek() == Some(b'"') { Ok(()) } else { self.fault("a key should stand here") }
    }

    /// Reads the colon behind a key.
    #[inline]
    pub(crate) fn colon(&mut self) -> Result<(), Fault> {
        self.space();
        if self.peek() == Some(b':') {
            self.at += 1;
            Ok(())
        } else {
            self.fault("a colon should stand behind a key")
        }
    }

    /// Passes over the value that comes next; `depth` collections are around it.
    pub(crate) fn skip(&mut self, depth: usize) -> Result<(), Fault> {
        // One bit a collection: set in an object. More than 127 are refused, so that they fit.
        let (mut around, mut inner) = (0_u128, 0_usize);
        loop {
            match self.kind()? {
                Kind::Text => drop(self.skip_text()?),
                Kind::Number => drop(self.number()?),
                Kind::Null | Kind::Bool => drop(self.literal()?),
                kind @ (Kind::Array | Kind::Object) => {
                    if self.enter() {
                        inner += 1;
                        self.check_depth(depth + inner)?;
                        around = (around << 1) | u128::from(kind == Kind::Object);
                        if kind == Kind::Object {
                            self.skip_key()?;
                        }
                        continue;
                    }
                    self.check_depth(depth + inner + 1)?;
                }
            }
            loop {
                if inner == 0 {
                    return Ok(());
                }
                let is_object = around & 1 == 1;
                if self.more(if is_object { b'}' } else { b']' })? {
                    if is_object {
                        self.skip_key()?;
                    }
                    break;
                }
                inner -= 1;
                around >>= 1;
            }
        }
    }

    /// Reads a key and its colon: the key, unless half of a surrogate pair stands in it, and how it is written.
    #[inline]
    pub(crate) fn key(&mut self) -> Result<(Option<Cow<'i, str>>, &'i str), Fault> {
        self.before_key()?;
        let start = self.at;
        let escapes = self.skip_text()?;
        let inner = self.text.get(start + 1..self.at - 1).unwrap_or_default();
        self.colon()?;
        Ok((if escapes { unescaped(inner).map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }, inner))
    }

    fn skip_key(&mut self) -> Result<(), Fault> {
        self.before_key()?;
        self.skip_text()?;
        self.colon()
    }

    /// Refuses to go as deep as this.
    #[inline]
    pub(crate) fn check_depth(&self, depth: usize) -> Result<(), Fault> {
        if depth < DEPTH_MAX { Ok(()) } else { self.fault("it nests 128 collections deep or deeper") }
    }
}

/// How many bytes stand before a quote, a backslash or a control character. Eight at a time (Mycroft's test for zero bytes:
/// <https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord>).
#[inline]
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let holds = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let mut count = 0;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let found = control | holds(word ^ (ONES * u64::from(b'"'))) | holds(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return count + (found.trailing_zeros() / 8) as usize;
        }
        count += 8;
    }
    count + rest.iter().take_while(|byte| **byte >= 0x20 && **byte != b'"' && **byte != b'\\').count()
}

/// The text that a string's inside means; `None` if half of a surrogate pair stands in it. Its escapes have been checked.
pub(crate) fn unescaped(inner: &str) -> Option<String> {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let escape = *rest.as_bytes().get(at + 1)?;
        rest = &rest[at + 2..];
        match escape {
            b'b' => text.push('\u{8}'),
            b'f' => text.push('\u{c}'),
            b'n' => text.push('\n'),
            b'r' => text.push('\r'),
            b't' => text.push('\t'),
            b'u' => {
                let unit = |from: usize| u32::from_str_radix(rest.get(from..from + 4)?, 16).ok();
                let first = unit(0)?;
                let (code, length) = match first {
                    0xd800..0xdc00 => {
                        let second = if rest.get(4..6)? == "\\u" { unit(6)? } else { return None };
                        (0xdc00..0xe000).contains(&second).then_some(())?;
                        (0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00), 10)
                    }
                    _ => (first, 4),
                };
                text.push(char::from_u32(code)?);
                rest = &rest[length..];
            }
            other => text.push(char::from(other)),
        }
    }
    text.push_str(rest);
    Some(text)
}
