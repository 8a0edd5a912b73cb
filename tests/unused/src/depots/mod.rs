// @generated from catalogs/depots. Do not edit: run `airlock compile`.

//! Depots.

use airlock_contract::{Catalog, Upstream};

mod list_parts;

pub(super) static CATALOG: Catalog = Catalog {
    name: "depots",
    title: "Depots",
    document: "openapi.yaml",
    document_sha256: "402d6909d8d010538a9f0ddaeef5e23b2216a053708955e9d85cd0c06c613c85",
    upstreams: &[
        Upstream {
            name: "depots",
            base_path: "/v1",
            credentials: &[],
        },
    ],
    tools: &[list_parts::TOOL],
};
