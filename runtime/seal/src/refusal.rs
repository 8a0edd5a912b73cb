//! Why a bundle is refused: one code for each class, which is the exit code as well.

use std::fmt;

/// How a command on a bundle ends. The first failure in the order of the declaration's table in [`Code::ORDER`] is the one told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Done, or good.
    Good = 0,
    /// A report found what it was asked to fail on (`diff --fail-on`, `rebuild` with other digests).
    Differs = 1,
    /// The command line, or a file of the site (anchors, policy), cannot be used.
    Usage = 2,
    /// Nobody has signed it.
    Unsigned = 10,
    /// A signature is not one of these sums.
    Invalid = 11,
    /// Whoever signed it is not trusted to.
    Untrusted = 12,
    /// Whoever signed it was trusted once.
    Revoked = 13,
    /// A file is not what was signed.
    Content = 14,
    /// There is more or less in the tree than was signed, or something that is no plain file.
    Tree = 15,
    /// It is older than what was installed, or another one of the same number.
    Sequence = 16,
    /// Sums, manifest or archive are not of the form that is read here.
    Format = 17,
    /// The signatures are good and too few, or of a kind that the policy does not take.
    Policy = 18,
    /// The machine failed: a file cannot be read or written.
    Internal = 20,
}

impl Code {
    /// Which failure is told where a bundle has several: the first of these.
    pub const ORDER: [Self; 9] = [
        Self::Format,
        Self::Unsigned,
        Self::Invalid,
        Self::Untrusted,
        Self::Revoked,
        Self::Policy,
        Self::Tree,
        Self::Content,
        Self::Sequence,
    ];

    /// The word that a line of output begins with.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Differs => "differs",
            Self::Usage => "usage",
            Self::Unsigned => "unsigned",
            Self::Invalid => "invalid",
            Self::Untrusted => "untrusted",
            Self::Revoked => "revoked",
            Self::Content => "content",
            Self::Tree => "tree",
            Self::Sequence => "sequence",
            Self::Format => "format",
            Self::Policy => "policy",
            Self::Internal => "internal",
        }
    }
}

/// A refusal: its class, and one line that names the file and says the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: Code,
    /// For people. Names from the bundle stand in it escaped (`escape_debug`).
    pub text: String,
}

impl Refusal {
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// What the machine failed at.
    pub fn internal(what: impl fmt::Display, fault: impl fmt::Display) -> Self {
        Self::new(Code::Internal, format!("{what}: {fault}"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code.word(), self.text)
    }
}

impl std::error::Error for Refusal {}
