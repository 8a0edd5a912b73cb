//! Changes that are made to a bundle, one at a time, and the line that must name each.

pub(super) const CATALOG: &str = "source/catalogs/clinic/catalog.yaml";
const DOCUMENT: &str = "source/catalogs/clinic/openapi.yaml";
pub(super) const SITE: &str = "deploy/site.example.json";
pub(super) const LOCK: &str = "source/Cargo.lock";
pub(super) const MODEL: &str = "models/small.gguf";
pub(super) const TEMPLATE: &str = "review/chat-template-small.txt";
pub(super) const PROGRAM: &str = "bin/airlock-host";

/// The tool that seeds add, remove, rename and move: a macro, since `concat!` takes no constant.
macro_rules! unit {
    () => {
        "  get_unit:
    operation: getUnit
    title: Read one unit
    description: >-
      Tells how a hospital, department, ward or outpatient clinic is organised: who leads it, telephone, floor, visiting
      hours, number of beds, and which units belong to it. Not for free beds.
    response: { bytes_max: 131072 }
    prune: |
      {
        name: name, kind: kind, lead: lead_name, phone: phone, floor: floor, beds: beds_total,
        visiting_hours: visiting_hours,
        parts: sub_units[*].{id: id, name: name, kind: kind, lead: lead_name, parts: sub_units[*].name}
      }
    label: internal

"
    };
}

pub(super) const UNIT: &str = unit!();

/// A change that is made to a bundle, and the line that must name it: class, subject, kind, and a part of the detail.
pub(super) struct Seed {
    /// Its number in the list of 30; one number has several where it names several things.
    pub(super) number: &'static str,
    pub(super) edits: &'static [(&'static str, &'static str, &'static str)],
    pub(super) line: (&'static str, &'static str, &'static str, &'static str),
}

#[rustfmt::skip]
pub(super) const SEEDS: &[Seed] = &[
    // Tools.
    Seed { number: "1 added", edits: &[(CATALOG, UNIT, concat!("  look_up_unit:\n    operation: getUnit\n    description: Looks one unit up.\n    response: { bytes_max: 1000 }\n    prune: name\n    label: internal\n\n", unit!()))], line: ("neutral", "clinic/look_up_unit", "tool_added", "reads") },
    Seed { number: "2 removed", edits: &[(CATALOG, UNIT, "")], line: ("breaking", "clinic/get_unit", "tool_removed", "") },
    Seed { number: "3 renamed", edits: &[(CATALOG, "\n  get_unit:\n", "\n  read_unit:\n")], line: ("breaking", "clinic/read_unit", "tool_renamed", "`get_unit` is called `read_unit`") },
    Seed { number: "4 description", edits: &[(CATALOG, "Not for free beds.", "Not for spare beds.")], line: ("neutral", "clinic/get_unit", "description_changed", "spare beds") },
    Seed { number: "5 zero-width", edits: &[(DOCUMENT, "description: Identifier of the appointment.", "description: \"Identifier of\u{200b} the appointment.\"")], line: ("neutral", DOCUMENT, "invisible_added", "1 instead of 0, the first on line") },
    Seed { number: "6 read to write", edits: &[(CATALOG, "    operation: getUnit\n", "    operation: getUnit\n    effect: write\n    approve: write\n")], line: ("breaking", "clinic/get_unit", "effect_raised", "write") },
    Seed { number: "7 order", edits: &[(CATALOG, UNIT, ""), (CATALOG, "\ntools:\n", concat!("\ntools:\n", unit!()))], line: ("neutral", "clinic", "order_changed", "tools: get_unit, find_patients") },
    // Schemas of arguments.
    Seed { number: "8 argument", edits: &[(CATALOG, "      to_date: { omit: true }\n", "")], line: ("neutral", "clinic/list_appointments", "argument_added", "to_date") },
    Seed { number: "9 required", edits: &[(DOCUMENT, "          description: Part of the patient's full name.", "          required: true\n          description: Part of the patient's full name.")], line: ("breaking", "clinic/find_patients", "argument_required", "name") },
    Seed { number: "10 type", edits: &[(DOCUMENT, "WardId: { type: string, pattern: '^W[0-9]$',", "WardId: { type: integer,")], line: ("breaking", "clinic/find_patients", "type_changed", "ward_id") },
    Seed { number: "11 bound", edits: &[(CATALOG, "limit: { default: 20, maximum: 50 }\n      page_token: { omit: true }\n      name:", "limit: { default: 20, maximum: 60 }\n      page_token: { omit: true }\n      name:")], line: ("neutral", "clinic/find_patients", "bound_widened", "60") },
    Seed { number: "12 enum", edits: &[(DOCUMENT, "enum: [admitted, outpatient, discharged]", "enum: [admitted, outpatient, discharged, moved]")], line: ("neutral", "clinic/find_patients", "enum_grown", "moved") },
    Seed { number: "13 default", edits: &[(CATALOG, "limit: { default: 20, maximum: 50 }\n      page_token: { omit: true }\n      name:", "limit: { default: 21, maximum: 50 }\n      page_token: { omit: true }\n      name:")], line: ("neutral", "clinic/find_patients", "default_changed", "21") },
    Seed { number: "14 pattern", edits: &[(DOCUMENT, "WardId: { type: string, pattern: '^W[0-9]$',", "WardId: { type: string, pattern: '^W[0-9]+$',")], line: ("breaking", "clinic/find_patients", "pattern_changed", "W[0-9]+") },
    // Results.
    Seed { number: "15 prune wider", edits: &[(CATALOG, "born: birth_date, status: status, ward: ward_id", "born: birth_date, diet: diet, status: status, ward: ward_id")], line: ("widening", "clinic/find_patients", "field_added", "diet") },
    Seed { number: "16 prune narrower", edits: &[(CATALOG, "status: status, ward: ward_id, bed: bed_id", "status: status, bed: bed_id")], line: ("breaking", "clinic/find_patients", "field_dropped", "ward_id") },
    Seed { number: "17 output type", edits: &[(DOCUMENT, "beds_total: { type: integer, minimum: 0,", "beds_total: { type: string,")], line: ("breaking", "clinic/get_unit", "output_changed", "") },
    // Network.
    Seed { number: "18 ip", edits: &[(SITE, "192.0.2.10:443", "192.0.2.11:443")], line: ("widening", "clinic", "pins_changed", "192.0.2.11:443 instead of 192.0.2.10:443") },
    Seed { number: "19 port", edits: &[(SITE, "192.0.2.10:443", "192.0.2.10:8443")], line: ("widening", "clinic", "pins_changed", "192.0.2.10:8443 instead of") },
    Seed { number: "20 CA", edits: &[(SITE, "{\"file\": \"ca.pem\"}", "{\"file\": \"other.pem\"}")], line: ("widening", "clinic", "ca_changed", "other.pem") },
    Seed { number: "20 CA's bytes", edits: &[("deploy/ca.pem", "BEGIN", "BEGIN X509")], line: ("widening", "deploy/ca.pem", "ca_changed", "SHA-512") },
    Seed { number: "21 path", edits: &[(DOCUMENT, "  /patients/{patient_id}/allergies:", "  /patients/{patient_id}/intolerances:")], line: ("breaking", "clinic/list_allergies", "path_changed", "/intolerances") },
    Seed { number: "22 method", edits: &[(DOCUMENT, "    get:\n      operationId: getPatient\n", "    post:\n      operationId: getPatient\n"), (CATALOG, "    operation: getPatient\n", "    operation: getPatient\n    effect: read\n")], line: ("widening", "clinic/get_patient", "method_changed", "POST") },
    Seed { number: "23 header", edits: &[(DOCUMENT, "      operationId: getPatient\n", "      operationId: getPatient\n      parameters:\n        - { name: X-Ward, in: header, schema: { type: string, maxLength: 20 } }\n")], line: ("neutral", "clinic/get_patient", "argument_added", "X-Ward") },
    // Policy.
    Seed { number: "24 label", edits: &[(CATALOG, "    label: internal\n\n  find_free_beds:", "    label: public\n\n  find_free_beds:")], line: ("widening", "clinic/get_unit", "label_lowered", "what the rule gives: `public`") },
    Seed { number: "25 clearance", edits: &[(CATALOG, "    clearance: internal\n", "    clearance: patient\n")], line: ("widening", "clinic/find_practitioners", "clearance_raised", "patient") },
    Seed { number: "26 approval", edits: &[(CATALOG, "    approve: write\n", "    effect: read\n")], line: ("widening", "clinic/create_appointment", "effect_waived", "") },
    Seed { number: "27 isolation", edits: &[(SITE, "landlock>=4", "landlock>=1")], line: ("widening", "isolation", "isolation_lowered", "landlock>=1") },
    Seed { number: "28 secret", edits: &[(SITE, "{\"api_key\": {\"file\": \"api_key\"}}", "{\"api_key\": {\"file\": \"api_key\"}, \"second\": {\"credential\": \"second\"}}")], line: ("widening", "clinic", "secret_added", "`second`") },
    // Parts.
    Seed { number: "29 model", edits: &[(MODEL, "so on", "so forth")], line: ("widening", MODEL, "model_bytes_changed", "SHA-512") },
    Seed { number: "29 template", edits: &[(TEMPLATE, "messages", "messages | reverse")], line: ("widening", "small", "template_changed", "reverse") },
    Seed { number: "30 dependency", edits: &[(LOCK, "1.0.1", "1.0.2")], line: ("neutral", "serde", "dependency_changed", "1.0.2 instead of 1.0.1") },
    Seed { number: "30 toolchain", edits: &[("source/rust-toolchain.toml", "1.95.0", "1.96.0")], line: ("neutral", "rust", "toolchain_changed", "1.96.0 instead of 1.95.0") },
    Seed { number: "30 compiler", edits: &[(LOCK, "0.1.0", "0.2.0")], line: ("neutral", "airlock", "compiler_changed", "0.2.0 instead of 0.1.0") },
    // Beyond the list.
    Seed { number: "a comment", edits: &[(CATALOG, "# What tells of a patient;", "# Whatever tells of a patient;")], line: ("neutral", CATALOG, "catalog_rewritten", "written otherwise") },
    Seed { number: "same version, other bytes", edits: &[(LOCK, "\"aa\"", "\"bb\"")], line: ("widening", "serde", "dependency_replaced", "another checksum") },
    Seed { number: "vendored crates", edits: &[("source/vendor.tar", "crates", "others")], line: ("widening", "source/vendor.tar", "vendor_unexplained", "") },
    Seed { number: "program without a reason", edits: &[(PROGRAM, "a program", "another program")], line: ("widening", PROGRAM, "program_unexplained", "bytes") },
    Seed { number: "prefix without a reason", edits: &[("models/prefix-small.kv", "state", "States")], line: ("widening", "models/prefix-small.kv", "prefix_unexplained", "") },
    Seed { number: "licence", edits: &[("models/small.json", "MIT", "Apache-2.0")], line: ("neutral", "small", "model_licence_changed", "Apache-2.0") },
    Seed { number: "runtime", edits: &[("source/runtime/src/main.rs", "{}", "{ loop {} }")], line: ("neutral", "source/runtime", "source_changed", "1 file: src/main.rs") },
    Seed { number: "unit", edits: &[("deploy/airlock.service", "[Service]", "[Service]\nUser=root")], line: ("neutral", "deploy/airlock.service", "deploy_changed", "") },
    Seed { number: "plain HTTP", edits: &[(SITE, "https://clinic", "http://clinic")], line: ("widening", "clinic", "address_changed", "http://clinic") },
    Seed { number: "audit", edits: &[(SITE, "audit.jsonl", "else.jsonl")], line: ("neutral", "audit.file", "site_changed", "else.jsonl instead of audit.jsonl") },
    Seed { number: "features", edits: &[("manifest.json", "\"tls\"", "\"http\",\n      \"tls\"")], line: ("neutral", "bin", "features_changed", "http, tls instead of") },
];
