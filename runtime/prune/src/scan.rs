//! JSON text (RFC 8259), token by token, checked to the last byte and never built.
//!
//! A scanner of our own, since what is kept of an answer has to be kept as it is written: `serde_json` hands on a number's
//! text only with features that change how every other value of the program is read. It refuses what `serde_json` refuses
//! (a property test holds it to that) and, beyond that, nesting in parts that are passed over.

use std::borrow::Cow;

use crate::fault::Fault;

/// Values nest less deep than this, as everywhere in the runtime.
pub(crate) const DEPTH_MAX: usize = 128;

/// At which byte a text is no JSON, and what is wrong there: as small as a number, since every step may give one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken(u64);

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    NoValue,
    NoCollectionEnd,
    NoKey,
    NoColon,
    NoDigit,
    LeadingZero,
    NoEscape,
    NoHexadecimal,
    Control,
    EndsBeforeValue,
    EndsInCollection,
    EndsInText,
    Follows,
    TooDeep,
    /// A string that is kept has to be text (RFC 8259, section 8.2, leaves open what else it might be).
    HalfPair,
}

const WHAT: &[(What, &str)] = &[
    (What::NoValue, "a value should stand here"),
    (What::NoCollectionEnd, "a comma or the end of the collection should stand here"),
    (What::NoKey, "a key should stand here"),
    (What::NoColon, "a colon should stand behind a key"),
    (What::NoDigit, "a digit should stand here"),
    (What::LeadingZero, "a number begins with a zero"),
    (What::NoEscape, "this is no escape"),
    (What::NoHexadecimal, "four hexadecimal digits should follow `\\u`"),
    (What::Control, "a control character stands in a string"),
    (What::EndsBeforeValue, "it ends where a value should stand"),
    (What::EndsInCollection, "it ends within a collection"),
    (What::EndsInText, "it ends within a string"),
    (What::Follows, "text follows the value"),
    (What::TooDeep, "it nests 128 collections deep or deeper"),
    (What::HalfPair, "half of a surrogate pair stands in a string that is kept"),
];

impl Broken {
    pub(crate) fn new(at: usize, what: What) -> Self {
        Self((at as u64) << 8 | what as u64)
    }

    pub(crate) fn at(self) -> usize {
        usize::try_from(self.0 >> 8).unwrap_or(usize::MAX)
    }

    pub(crate) fn what(self) -> &'static str {
        WHAT.iter().find(|(what, _)| *what as u64 == self.0 & 0xff).map_or("", |(_, text)| text)
    }
}

impl From<Broken> for Fault {
    fn from(broken: Broken) -> Self {
        Self::Body(broken.at(), broken.what())
    }
}

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

    pub(crate) fn fault<T>(&self, what: What) -> Result<T, Broken> {
        Err(Broken::new(self.at, what))
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn space(&mut self) {
        self.at = space_end(self.bytes, self.at);
    }

    /// Passes over white space, and says what stands there.
    #[inline]
    pub(crate) fn kind(&mut self) -> Result<Kind, Broken> {
        self.space();
        match self.peek() {
            Some(b'"') => Ok(Kind::Text),
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'n') => Ok(Kind::Null),
            Some(_) => self.fault(What::NoValue),
            None => self.fault(What::EndsBeforeValue),
        }
    }

    /// Nothing but white space may follow.
    pub(crate) fn end(&mut self) -> Result<(), Broken> {
        self.space();
        if self.at == self.bytes.len() { Ok(()) } else { self.fault(What::Follows) }
    }

    /// Reads `true`, `false` or `null`; the first is true.
    pub(crate) fn literal(&mut self) -> Result<bool, Broken> {
        let (word, is_true): (&[u8], bool) = match self.peek() {
            Some(b't') => (b"true", true),
            Some(b'f') => (b"false", false),
            _ => (b"null", false),
        };
        self.at = word_end(self.bytes, self.at, word)?;
        Ok(is_true)
    }

    /// Reads a number; its text as it is written.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<&'i str, Broken> {
        let start = self.at;
        self.at = number_end(self.bytes, start)?;
        Ok(self.since(start))
    }

    /// Passes over a string, and says whether it has an escape. What stands between the quotes is then
    /// [`Scanner::since`], without the first and the last byte.
    #[inline]
    pub(crate) fn skip_text(&mut self) -> Result<bool, Broken> {
        let start = self.at + 1;
        if let Some(end) = short_text_end(self.bytes, start) {
            self.at = end;
            return Ok(false);
        }
        let plain = start + plain(self.bytes, start);
        if self.bytes.get(plain) == Some(&b'"') {
            self.at = plain + 1;
            return Ok(false);
        }
        self.at = long_text_end(self.bytes, plain)?;
        Ok(true)
    }

    /// Reads a string.
    #[inline]
    pub(crate) fn text(&mut self) -> Result<Cow<'i, str>, Broken> {
        let start = self.at;
        let escapes = self.skip_text()?;
        let inner = self.text.get(start + 1..self.at - 1).unwrap_or_default();
        if !escapes {
            return Ok(Cow::Borrowed(inner));
        }
        match unescaped(inner) {
            Some(text) => Ok(Cow::Owned(text)),
            None => Err(Broken::new(start, What::HalfPair)),
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
    pub(crate) fn more(&mut self, close: u8) -> Result<bool, Broken> {
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
            Some(_) => self.fault(What::NoCollectionEnd),
            None => self.fault(What::EndsInCollection),
        }
    }

    /// Stands before a key: white space, then a quote.
    #[inline]
    pub(crate) fn before_key(&mut self) -> Result<(), Broken> {
        self.space();
        if self.peek() == Some(b'"') { Ok(()) } else { self.fault(What::NoKey) }
    }

    /// Reads the colon behind a key.
    #[inline]
    pub(crate) fn colon(&mut self) -> Result<(), Broken> {
        self.space();
        if self.peek() == Some(b':') {
            self.at += 1;
            Ok(())
        } else {
            self.fault(What::NoColon)
        }
    }

    /// Passes over the value that comes next; `depth` collections are around it.
    #[inline]
    pub(crate) fn skip(&mut self, depth: usize) -> Result<(), Broken> {
        self.space();
        match self.peek() {
            Some(b'"') => self.at = text_end(self.bytes, self.at + 1)?,
            Some(b'-' | b'0'..=b'9') => self.at = number_end(self.bytes, self.at)?,
            _ => self.skip_any(depth)?,
        }
        Ok(())
    }

    fn skip_any(&mut self, depth: usize) -> Result<(), Broken> {
        let bytes = self.bytes;
        // One bit a collection: set in an object. More than 127 are refused, so that they fit.
        let (mut around, mut inner) = (0_u128, 0_usize);
        let mut at = self.at;
        loop {
            match bytes.get(at) {
                Some(b'"') => at = text_end(bytes, at + 1)?,
                Some(b'-' | b'0'..=b'9') => at = number_end(bytes, at)?,
                Some(open @ (b'{' | b'[')) => {
                    inner += 1;
                    if depth + inner >= DEPTH_MAX {
                        return Err(Broken::new(at, What::TooDeep));
                    }
                    let is_object = *open == b'{';
                    around = (around << 1) | u128::from(is_object);
                    at = space_end(bytes, at + 1);
                    if bytes.get(at) == Some(if is_object { &b'}' } else { &b']' }) {
                        at += 1;
                        around >>= 1;
                        inner -= 1;
                    } else {
                        if is_object {
                            at = key_end(bytes, at)?;
                        }
                        continue;
                    }
                }
                Some(b't') => at = word_end(bytes, at, b"true")?,
                Some(b'f') => at = word_end(bytes, at, b"false")?,
                Some(b'n') => at = word_end(bytes, at, b"null")?,
                Some(_) => return Err(Broken::new(at, What::NoValue)),
                None => return Err(Broken::new(at, What::EndsBeforeValue)),
            }
            loop {
                if inner == 0 {
                    self.at = at;
                    return Ok(());
                }
                at = space_end(bytes, at);
                let is_object = around & 1 == 1;
                match bytes.get(at) {
                    Some(b',') => {
                        at = space_end(bytes, at + 1);
                        if is_object {
                            at = key_end(bytes, at)?;
                        }
                        break;
                    }
                    Some(b'}') if is_object => {}
                    Some(b']') if !is_object => {}
                    Some(_) => return Err(Broken::new(at, What::NoCollectionEnd)),
                    None => return Err(Broken::new(at, What::EndsInCollection)),
                }
                at += 1;
                inner -= 1;
                around >>= 1;
            }
        }
    }

    /// Reads a key and its colon: where it stands between its quotes, and whether it has an escape.
    #[inline]
    pub(crate) fn key(&mut self) -> Result<(usize, usize, bool), Broken> {
        self.before_key()?;
        let start = self.at + 1;
        let escapes = self.skip_text()?;
        let end = self.at - 1;
        self.colon()?;
        Ok((start, end, escapes))
    }

    /// These bytes of the text.
    #[inline]
    pub(crate) fn bytes_at(&self, start: usize, end: usize) -> &'i [u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// The same as text.
    pub(crate) fn text_at(&self, start: usize, end: usize) -> &'i str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// Refuses to go as deep as this.
    #[inline]
    pub(crate) fn check_depth(&self, depth: usize) -> Result<(), Broken> {
        if depth < DEPTH_MAX { Ok(()) } else { self.fault(What::TooDeep) }
    }
}

#[inline]
fn space_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\t' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

#[inline]
fn word_end(bytes: &[u8], at: usize, word: &[u8]) -> Result<usize, Broken> {
    if bytes.get(at..).is_some_and(|rest| rest.starts_with(word)) {
        Ok(at + word.len())
    } else {
        Err(Broken::new(at, What::NoValue))
    }
}

#[inline]
fn digits_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b'0'..=b'9') = bytes.get(at) {
        at += 1;
    }
    at
}

fn some_digits_end(bytes: &[u8], at: usize) -> Result<usize, Broken> {
    let end = digits_end(bytes, at);
    if end == at { Err(Broken::new(at, What::NoDigit)) } else { Ok(end) }
}

/// Behind a number (RFC 8259, section 6).
#[inline]
fn number_end(bytes: &[u8], start: usize) -> Result<usize, Broken> {
    let mut at = if bytes.get(start) == Some(&b'-') { start + 1 } else { start };
    at = match bytes.get(at) {
        Some(b'0') if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {
            return Err(Broken::new(at, What::LeadingZero));
        }
        _ => some_digits_end(bytes, at)?,
    };
    if bytes.get(at) == Some(&b'.') {
        at = some_digits_end(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        at = some_digits_end(bytes, at)?;
    }
    Ok(at)
}

/// Behind a key and its colon, which must begin here.
#[inline]
fn key_end(bytes: &[u8], at: usize) -> Result<usize, Broken> {
    if bytes.get(at) != Some(&b'"') {
        return Err(Broken::new(at, What::NoKey));
    }
    let at = space_end(bytes, text_end(bytes, at + 1)?);
    if bytes.get(at) == Some(&b':') { Ok(space_end(bytes, at + 1)) } else { Err(Broken::new(at, What::NoColon)) }
}

/// Behind the quote that ends a string; `at` is behind the one that begins it.
#[inline]
fn text_end(bytes: &[u8], at: usize) -> Result<usize, Broken> {
    match short_text_end(bytes, at) {
        Some(end) => Ok(end),
        None => long_text_end(bytes, at),
    }
}

/// The same of a string of less than eight bytes without an escape, which most keys are.
#[expect(clippy::inline_always, reason = "half the time of a scan is spent here")]
#[inline(always)]
fn short_text_end(bytes: &[u8], at: usize) -> Option<usize> {
    let word = u64::from_le_bytes(*bytes.get(at..)?.first_chunk::<8>()?);
    let found = special(word);
    let before = (found.trailing_zeros() / 8) as usize;
    (found != 0 && (word >> (8 * before)) & 0xff == u64::from(b'"')).then_some(at + before + 1)
}

fn long_text_end(bytes: &[u8], mut at: usize) -> Result<usize, Broken> {
    loop {
        at += plain(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => match bytes.get(at + 1) {
                Some(b'n' | b'"' | b'r' | b'/' | b'\\' | b't') => at += 2,
                _ => at = escape_end(bytes, at + 1)?,
            },
            Some(_) => return Err(Broken::new(at, What::Control)),
            None => return Err(Broken::new(at, What::EndsInText)),
        }
    }
}

/// Behind an escape whose backslash stands before `at`.
fn escape_end(bytes: &[u8], at: usize) -> Result<usize, Broken> {
    match bytes.get(at) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 1),
        Some(b'u') => match bytes.get(at + 1..at + 5) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => Ok(at + 5),
            _ => Err(Broken::new(at + 1, What::NoHexadecimal)),
        },
        _ => Err(Broken::new(at, What::NoEscape)),
    }
}

/// The high bit of each byte that is a quote, a backslash or a control character, up to the first one; what is set above that
/// one means nothing (Mycroft's test for zero bytes: <https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord>).
#[inline]
fn special(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word;
    let quote = below(word ^ (ONES * u64::from(b'"')), 1);
    let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
    (below(word, 0x20) | quote | backslash) & HIGH
}

/// How many bytes from `at` on stand before a quote, a backslash or a control character.
#[inline]
pub(crate) fn plain(bytes: &[u8], at: usize) -> usize {
    let mut end = at;
    while let Some(words) = bytes.get(end..).and_then(<[u8]>::first_chunk::<16>) {
        let words = u128::from_le_bytes(*words);
        #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
        let (low, high) = (special(words as u64), special((words >> 64) as u64));
        if low != 0 {
            return end - at + (low.trailing_zeros() / 8) as usize;
        }
        if high != 0 {
            return end - at + 8 + (high.trailing_zeros() / 8) as usize;
        }
        end += 16;
    }
    let is_plain = |byte: &&u8| **byte >= 0x20 && **byte != b'"' && **byte != b'\\';
    end - at + bytes.get(end..).unwrap_or_default().iter().take_while(is_plain).count()
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
