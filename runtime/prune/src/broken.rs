//! Why a text is no JSON.

use crate::fault::Fault;

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
