// @generated from catalogs/depots. Do not edit: run `airlock compile`.

//! Texts that people start a conversation with. A model reads them as they stand here.

use airlock_contract::prompt::{Message, Piece, Prompt, PromptArgument, Role};

/// In the order of their names.
pub(super) const PROMPTS: &[Prompt] = &[
    Prompt {
        name: "count_parts",
        title: "Count parts",
        description: "Counts the parts of one depot.",
        arguments: &[
            PromptArgument {
                name: "depot",
                description: "The depot's code.",
                required: true,
                values: &[],
            },
            PromptArgument {
                name: "unit",
                description: "",
                required: false,
                values: &["boxes", "single \"parts\""],
            },
        ],
        messages: &[
            Message {
                role: Role::User,
                text: &[
                    Piece::Text("Count the parts of "),
                    Piece::Argument("depot"),
                    Piece::Text(", in "),
                    Piece::Argument("unit"),
                    Piece::Text(". Answer as {\"count\": 1}."),
                ],
            },
            Message {
                role: Role::Assistant,
                text: &[
                    Piece::Text("First I list the parts of "),
                    Piece::Argument("depot"),
                    Piece::Text(".\n"),
                    Piece::Text("Then I count them."),
                ],
            },
        ],
    },
    Prompt {
        name: "greet",
        title: "greet",
        description: "Begins a conversation.",
        arguments: &[],
        messages: &[
            Message {
                role: Role::User,
                text: &[Piece::Text("Good morning.")],
            },
        ],
    },
];
