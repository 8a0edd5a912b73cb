//! The grammar of JSON (RFC 8259) over bytes: each function says where what begins at a byte ends.

use crate::broken::{Broken, What};

#[inline]
pub(crate) fn space_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\t' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

#[inline]
pub(crate) fn word_end(bytes: &[u8], at: usize, word: &[u8]) -> Result<usize, Broken> {
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
pub(crate) fn number_end(bytes: &[u8], start: usize) -> Result<usize, Broken> {
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
pub(crate) fn key_end(bytes: &[u8], at: usize) -> Result<usize, Broken> {
    if bytes.get(at) != Some(&b'"') {
        return Err(Broken::new(at, What::NoKey));
    }
    let at = space_end(bytes, text_end(bytes, at + 1)?);
    if bytes.get(at) == Some(&b':') { Ok(space_end(bytes, at + 1)) } else { Err(Broken::new(at, What::NoColon)) }
}

/// Behind the quote that ends a string; `at` is behind the one that begins it.
#[inline]
pub(crate) fn text_end(bytes: &[u8], at: usize) -> Result<usize, Broken> {
    match short_text_end(bytes, at) {
        Some(end) => Ok(end),
        None => long_text_end(bytes, at),
    }
}

/// The same of a string of less than eight bytes without an escape, which most keys are.
#[expect(clippy::inline_always, reason = "half the time of a scan is spent here")]
#[inline(always)]
pub(crate) fn short_text_end(bytes: &[u8], at: usize) -> Option<usize> {
    let word = u64::from_le_bytes(*bytes.get(at..)?.first_chunk::<8>()?);
    let found = special(word);
    let before = (found.trailing_zeros() / 8) as usize;
    (found != 0 && (word >> (8 * before)) & 0xff == u64::from(b'"')).then_some(at + before + 1)
}

pub(crate) fn long_text_end(bytes: &[u8], mut at: usize) -> Result<usize, Broken> {
    loop {
        at += plain(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => {
                // A table and no choice of nine: which letter comes next cannot be foretold.
                let is_one = bytes.get(at + 1).is_some_and(|byte| LETTERS[usize::from(*byte)]);
                at = if is_one { at + 2 } else { escape_end(bytes, at + 1)? };
            }
            Some(_) => return Err(Broken::new(at, What::Control)),
            None => return Err(Broken::new(at, What::EndsInText)),
        }
    }
}

/// Which bytes are an escape behind a backslash by themselves.
const LETTERS: [bool; 256] = {
    let mut letters = [false; 256];
    let mut rest: &[u8] = b"\"\\/bfnrt";
    while let [letter, more @ ..] = rest {
        letters[*letter as usize] = true;
        rest = more;
    }
    letters
};

/// Behind an escape whose backslash stands before `at`.
fn escape_end(bytes: &[u8], at: usize) -> Result<usize, Broken> {
    match bytes.get(at) {
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
