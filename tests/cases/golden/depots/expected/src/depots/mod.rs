// @generated from catalogs/depots. Do not edit: run `airlock compile`.

//! The depots' stock.

use airlock_contract::{Catalog, Credential, CredentialPlace, Transport, Upstream};

mod add_part;
mod get_label;
mod list_depots;
mod list_moves;
mod list_parts;
mod prompts;
mod shapes;

pub(super) static CATALOG: Catalog = Catalog {
    name: "depots",
    title: "The depots' stock",
    document: "openapi.yaml",
    document_sha256: "66fe6c6feb0eae6e0abd7313c345bbe55407cf3542c69bcbd66ede9dd4b32018",
    upstreams: &[
        Upstream {
            name: "archive",
            base_path: "/labels",
            transport: Transport::Any,
            credentials: &[],
        },
        Upstream {
            name: "depots",
            base_path: "/v1",
            transport: Transport::Tls,
            credentials: &[
                Credential {
                    name: "token",
                    place: CredentialPlace::Bearer,
                },
            ],
        },
    ],
    tools: &[
        add_part::TOOL,
        get_label::TOOL,
        list_depots::TOOL,
        list_moves::TOOL,
        list_parts::TOOL,
    ],
    prompts: prompts::PROMPTS,
};
