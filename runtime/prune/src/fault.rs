//! Why there is no result.

use std::fmt;

/// Why a rule gives nothing. No text of the answer stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The rule itself cannot run: a constant is not JSON, a function is unknown or has the wrong arguments.
    Rule(String),
    /// The body is not the JSON that it should be; with the byte at which that shows.
    Body(usize, &'static str),
    /// The rule cannot be applied to this answer, such as `length` of null.
    Answer(String),
    /// The result has this many bytes, more than the second.
    TooLong(u64, u64),
}

/// Line and byte within it, both from 1, of a byte of a body: where [`Fault::Body`] is shown.
pub fn line_and_byte(body: &[u8], at: usize) -> (usize, usize) {
    let before = body.get(..at).unwrap_or(body);
    let line = before.split(|byte| *byte == b'\n').count();
    (line, 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count())
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(text) | Self::Answer(text) => formatter.write_str(text),
            Self::Body(byte, what) => write!(formatter, "its JSON is broken at byte {byte}: {what}"),
            Self::TooLong(bytes, bytes_max) => write!(
                formatter,
                "the pruned answer has {bytes} bytes, {} more than the {bytes_max} that are passed on; the rule has to keep less",
                bytes - bytes_max
            ),
        }
    }
}

impl std::error::Error for Fault {}
