// @generated from catalogs/clinic. Do not edit: run `airlock compile`.

//! Texts that people start a conversation with. A model reads them as they stand here.

use airlock_contract::prompt::{Message, Piece, Prompt, PromptArgument, Role};

/// In the order of their names.
pub(super) const PROMPTS: &[Prompt] = &[
    Prompt {
        name: "check_medicine",
        title: "Check a medicine for a patient",
        description: "Looks whether anything in a patient's record speaks against a \
            medicine.",
        arguments: &[
            PromptArgument {
                name: "patient",
                description: "The patient's id, such as P0007.",
                required: true,
                values: &[],
            },
            PromptArgument {
                name: "medicine",
                description: "The medicine.",
                required: true,
                values: &[],
            },
        ],
        messages: &[
            Message {
                role: Role::User,
                text: &[
                    Piece::Text("Does anything in the record of patient "),
                    Piece::Argument("patient"),
                    Piece::Text(" speak against "),
                    Piece::Argument("medicine"),
                    Piece::Text("?\n"),
                    Piece::Text(
                        "Look at allergies and at the current medicines, name the entries \
                            that you go by, and decide nothing that a doctor\n",
                    ),
                    Piece::Text("has to decide."),
                ],
            },
        ],
    },
    Prompt {
        name: "ward_handover",
        title: "Hand over a ward",
        description: "Prepares what the next shift has to know of one ward.",
        arguments: &[
            PromptArgument {
                name: "ward",
                description: "The ward.",
                required: true,
                values: &["W1", "W2", "W3", "W4"],
            },
            PromptArgument {
                name: "shift",
                description: "The shift that begins.",
                required: true,
                values: &["early", "late", "night"],
            },
        ],
        messages: &[
            Message {
                role: Role::User,
                text: &[
                    Piece::Text("Prepare the handover of ward "),
                    Piece::Argument("ward"),
                    Piece::Text(" for the "),
                    Piece::Argument("shift"),
                    Piece::Text(" shift.\n"),
                    Piece::Text(
                        "Find the patients of the ward. For each of them say in two lines \
                            at most: name and bed, responsible doctor,\n",
                    ),
                    Piece::Text(
                        "isolation, what the patient is allergic to, and the planned \
                            discharge. Then name the free beds of the ward.\n",
                    ),
                    Piece::Text(
                        "Say only what the tools have answered. Where something could not \
                            be read, say so.",
                    ),
                ],
            },
        ],
    },
];
