//! A prompt: a text that a person starts a conversation with (Model Context Protocol 2026-07-28, "Prompts").

/// A text with places for arguments. It reaches a model as it stands here, so it is reviewed as a tool is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Matches `^[a-z][a-z0-9_]{0,39}$`; unique over all catalogs of one program.
    pub name: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// What a person fills in, in the order in which the text uses it.
    pub arguments: &'static [PromptArgument],
    /// The conversation so far, in order.
    pub messages: &'static [Message],
}

/// What a person fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PromptArgument {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub description: &'static str,
    /// Whether it must be given. One that is not is the empty text.
    pub required: bool,
    /// The only values that are allowed; none where any text is.
    pub values: &'static [&'static str],
}

/// One turn of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said: the pieces, one after the other.
    pub text: &'static [Piece],
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// The word that `catalog.yaml` and the protocol use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These words.
    Text(&'static str),
    /// The value of this argument, as it was given: nothing in it is looked for.
    Argument(&'static str),
}
