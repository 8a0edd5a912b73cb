// @generated from catalogs/depots. Do not edit: run `airlock compile`.

//! The depots' stock.

use airlock_contract::{Catalog, Credential, CredentialPlace, Upstream};

mod add_part;
mod get_label;
mod list_parts;
mod shapes;

pub(super) static CATALOG: Catalog = Catalog {
    name: "depots",
    title: "The depots' stock",
    document: "openapi.yaml",
    document_sha256: "987e197c5cb2df4c8ea0ac23e794b7a32b891b93d1110874d92c52758002d938",
    upstream: Upstream {
        name: "depots",
        base_path: "/v1",
        credentials: &[
            Credential {
                name: "token",
                place: CredentialPlace::Bearer,
            },
        ],
    },
    tools: &[add_part::TOOL, get_label::TOOL, list_parts::TOOL],
};
