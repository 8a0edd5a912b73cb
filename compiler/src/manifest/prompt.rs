//! Prompts in the manifest.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::ir;

/// A text that a person starts a conversation with, in a host that shows prompts. A model reads it as it stands here.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// One line for people. Default: the prompt's name.
    pub title: Option<String>,
    /// What it is for, for people. At most 1,024 bytes.
    pub description: String,
    /// What a person fills in, by name: `{name}` in the text is replaced with it, as it is.
    pub arguments: Option<BTreeMap<String, PromptArgument>>,
    /// What the person says, with `{name}` for arguments, and `{{` and `}}` for braces.
    pub text: Option<String>,
    /// Instead of `text`: a conversation of several turns.
    pub messages: Option<Vec<PromptMessage>>,
}

/// What a person fills in.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptArgument {
    /// What it means, for people.
    pub description: Option<String>,
    /// Whether it must be given; one that is not is the empty text. Default: false.
    pub required: Option<bool>,
    /// The only values that are allowed; hosts propose them while a person types.
    #[serde(rename = "enum")]
    pub one_of: Option<Vec<String>>,
}

/// One turn of a conversation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptMessage {
    /// Who speaks.
    pub role: Role,
    /// What is said, with places as in `text`.
    pub text: String,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
}

impl From<Role> for ir::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::User => Self::User,
            Role::Assistant => Self::Assistant,
        }
    }
}
