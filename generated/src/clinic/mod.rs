// @generated from catalogs/clinic. Do not edit: run `airlock compile`.

//! Clinic department.

use airlock_contract::{Catalog, Credential, CredentialPlace, Transport, Upstream};

mod answers;
mod cancel_appointment;
mod create_appointment;
mod download_document;
mod find_free_beds;
mod find_patients;
mod find_practitioners;
mod get_appointment;
mod get_document;
mod get_encounter;
mod get_observation;
mod get_patient;
mod get_test_results;
mod get_unit;
mod list_allergies;
mod list_appointments;
mod list_documents;
mod list_encounters;
mod list_medications;
mod prompts;
mod shapes;

pub(super) static CATALOG: Catalog = Catalog {
    name: "clinic",
    title: "Clinic department",
    document: "openapi.yaml",
    document_sha256: "f913847b6269901af1346bebd02d2bcc898392a89016a0fe40ee2bf0f204a190",
    upstreams: &[
        Upstream {
            name: "clinic",
            base_path: "/v1",
            transport: Transport::Tls,
            credentials: &[
                Credential {
                    name: "api_key",
                    place: CredentialPlace::Header("X-Api-Key"),
                },
            ],
        },
    ],
    tools: &[
        cancel_appointment::TOOL,
        create_appointment::TOOL,
        download_document::TOOL,
        find_free_beds::TOOL,
        find_patients::TOOL,
        find_practitioners::TOOL,
        get_appointment::TOOL,
        get_document::TOOL,
        get_encounter::TOOL,
        get_observation::TOOL,
        get_patient::TOOL,
        get_test_results::TOOL,
        get_unit::TOOL,
        list_allergies::TOOL,
        list_appointments::TOOL,
        list_documents::TOOL,
        list_encounters::TOOL,
        list_medications::TOOL,
    ],
    prompts: prompts::PROMPTS,
};
