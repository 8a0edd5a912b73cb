// @generated from catalogs/depots. Do not edit: run `airlock compile`.

//! The depots' stock.

use airlock_contract::{Catalog, Credential, CredentialPlace, Upstream};

mod add_part;
mod get_label;
mod list_parts;
mod prompts;
mod shapes;

pub(super) static CATALOG: Catalog = Catalog {
    name: "depots",
    title: "The depots' stock",
    document: "openapi.yaml",
    document_sha256: "2e7d6ff2debb0f499e7a30dbdc03c3235ba92bfd5b0673b220991c0579f866e4",
    upstreams: &[
        Upstream {
            name: "depots",
            base_path: "/v1",
            credentials: &[
                Credential {
                    name: "token",
                    place: CredentialPlace::Bearer,
                },
            ],
        },
    ],
    tools: &[add_part::TOOL, get_label::TOOL, list_parts::TOOL],
    prompts: prompts::PROMPTS,
};
