//! JSON text (RFC 8259), token by token, checked to the last byte and never built.
//!
//! A scanner of our own, since what is kept of an answer has to be kept as it is written: `serde_json` hands on a number's
//! text only with features that change how every other value of the program is read. It refuses what `serde_json` refuses
//! (a property test holds it to that) and, beyond that, nesting in parts that are passed over.

use std::borrow::Cow;

use crate::broken::{Broken, What};
use crate::grammar::{
    key_end, long_text_end, number_end, plain, short_text_end, space_end, text_end, unescaped, word_end,
};

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
