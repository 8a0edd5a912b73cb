//! Changes that are made to a catalog, one at a time, and what each must be called.

use airlock_compiler::diff::{Kind, Risk};

use super::{DOCUMENT, MANIFEST};

/// An edit, and what it must be called.
pub(super) type Row = (&'static str, &'static str, &'static str, Risk, Kind, Option<&'static str>);

const ADD: Option<&str> = Some("add_part");
const GET: Option<&str> = Some("get_part");
const LIST: Option<&str> = Some("list_parts");
const SEARCH: Option<&str> = Some("search_parts");
const RAW: Option<&str> = Some("show_raw");

const LIST_RULE: &str = "items[*].{id: id, name: name}";
const STATUS: &str = "name: status, in: query, schema: { type: string, enum: [free, used] }";

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // What reaches the model.
    (MANIFEST, LIST_RULE, "items[*].{id: id, name: name, price: price}", Risk::High, Kind::FieldAdded, LIST),
    (MANIFEST, LIST_RULE, "@", Risk::High, Kind::FieldAdded, LIST),
    (MANIFEST, LIST_RULE, "items[*].{id: id}", Risk::Low, Kind::FieldDropped, LIST),
    (MANIFEST, LIST_RULE, "items[*].{id: id}", Risk::Low, Kind::RuleNarrowed, LIST),
    (MANIFEST, LIST_RULE, "items[*].{number: id, name: name}", Risk::Medium, Kind::RuleChanged, LIST),
    (MANIFEST, LIST_RULE, "items[:5].{id: id, name: name}", Risk::Medium, Kind::RuleChanged, LIST),
    (MANIFEST, LIST_RULE, "items[*].{\\\"id\\\": id, name: name}", Risk::None, Kind::RuleRewritten, LIST),
    (MANIFEST, "prune: \"state\"", "prune: \"secret\"", Risk::High, Kind::FieldsUnknown, RAW),
    (DOCUMENT, "price: { type: number }", "price: { type: number }\n        cost: { type: number }", Risk::High, Kind::FieldAdded, SEARCH),
    (DOCUMENT, "application/json: {}", "application/json: { schema: { type: object, properties: { state: { type: string } } } }", Risk::Low, Kind::FieldsKnown, RAW),
    (DOCUMENT, "total: { type: integer }", "total: { type: integer }\n                  next: { type: string }", Risk::None, Kind::FieldsWithheld, LIST),
    (DOCUMENT, "id: { type: integer }\n        name", "id: { type: string }\n        name", Risk::Medium, Kind::OutputChanged, GET),
    // What a tool is.
    (MANIFEST, "approve: write", "effect: destroy\n    approve: destroy", Risk::High, Kind::EffectRaised, ADD),
    (MANIFEST, "effect: read", "approve: write", Risk::High, Kind::EffectRaised, SEARCH),
    (MANIFEST, "approve: write", "effect: read", Risk::High, Kind::EffectWaived, ADD),
    (MANIFEST, "description: Lists the parts of a depot.", "description: Call this first.", Risk::High, Kind::DescriptionChanged, LIST),
    (MANIFEST, "  search_parts:\n", "  look_for_parts:\n", Risk::Medium, Kind::ToolRenamed, Some("look_for_parts")),
    (MANIFEST, "title: Add a part", "title: Remove a part", Risk::Medium, Kind::TitleChanged, ADD),
    (DOCUMENT, "summary: Parts of a depot", "summary: All parts", Risk::Medium, Kind::TitleChanged, LIST),
    (MANIFEST, "  get_part:", "  unused: { operation: unused, description: Nothing., response: { bytes_max: 10 }, prune: \"@\" }\n  get_part:", Risk::Medium, Kind::ToolAdded, Some("unused")),
    (MANIFEST, "  get_part:", "  add: { operation: addPart, description: Adds., approve: write, response: { bytes_max: 10 }, prune: \"id\" }\n  get_part:", Risk::High, Kind::WritingToolAdded, Some("add")),
    (MANIFEST, "  show_raw:\n    operation: showRaw\n    description: Shows what the depot's machine says.\n    response: { bytes_max: 4096 }\n    prune: \"state\"\n", "", Risk::Low, Kind::ToolRemoved, RAW),
    // What leaves.
    (MANIFEST, "operation: getPart", "operation: GET /parts/{id}", Risk::None, Kind::Other, None),
    (MANIFEST, "name: depots,", "name: warehouse,", Risk::High, Kind::UpstreamAdded, None),
    (MANIFEST, "name: depots,", "name: warehouse,", Risk::High, Kind::UpstreamChanged, LIST),
    (MANIFEST, "base_path: /v1", "base_path: /v2", Risk::High, Kind::BasePathChanged, None),
    (DOCUMENT, "https://depots.example.org/v1", "https://depots.example.com/v1", Risk::High, Kind::ServerChanged, None),
    (DOCUMENT, "https://depots.example.org/v1", "https://depots.example.org/v2", Risk::None, Kind::DocumentChanged, None),
    (DOCUMENT, "https://depots.example.org/v1", "http://depots.example.org/v1", Risk::High, Kind::TransportLowered, None),
    (DOCUMENT, "operationId: showRaw\n", "operationId: showRaw\n      servers: [{ url: https://depots.example.org/v1 }, { url: http://depots.example.org/v1 }]\n", Risk::High, Kind::TransportLowered, None),
    (DOCUMENT, "  /raw:\n", "  /rawer:\n", Risk::High, Kind::PathChanged, RAW),
    (DOCUMENT, "/raw:\n    get:", "/raw:\n    options:", Risk::High, Kind::MethodChanged, RAW),
    (DOCUMENT, "name: X-Api-Key", "name: X-Key", Risk::High, Kind::CredentialMoved, None),
    (DOCUMENT, "operationId: showRaw\n", "operationId: showRaw\n      security: [{ other_key: [] }]\n", Risk::High, Kind::CredentialAdded, RAW),
    (DOCUMENT, "name: ids, in: query", "name: ids, in: header", Risk::High, Kind::ArgumentMoved, LIST),
    (DOCUMENT, "name: X-Trace", "name: X_Trace", Risk::High, Kind::WireNameChanged, LIST),
    (DOCUMENT, "name: ids, in: query", "name: ids, in: query, explode: false", Risk::High, Kind::StyleChanged, LIST),
    (DOCUMENT, "name: since, in: query", "name: since, in: query, allowReserved: true", Risk::High, Kind::StyleChanged, LIST),
    (DOCUMENT, "application/json:\n            schema: { $ref: \"#/components/schemas/NewPart\" }", "application/x-www-form-urlencoded:\n            schema: { $ref: \"#/components/schemas/NewPart\" }", Risk::High, Kind::BodyChanged, ADD),
    // What the model may send.
    (MANIFEST, "order: { omit: true }", "order: {}", Risk::High, Kind::ArgumentAdded, LIST),
    (MANIFEST, "order: { omit: true }", "order: { fixed: name }", Risk::High, Kind::FixedAdded, LIST),
    (MANIFEST, "status: { fixed: free }", "status: {}", Risk::High, Kind::ArgumentFreed, LIST),
    (MANIFEST, "status: { fixed: free }", "status: { fixed: used }", Risk::Medium, Kind::FixedChanged, LIST),
    (MANIFEST, "status: { fixed: free }", "status: { omit: true }", Risk::Medium, Kind::FixedRemoved, LIST),
    (MANIFEST, "order: { omit: true }", "order: { omit: true }\n      colour: { omit: true }", Risk::Low, Kind::ArgumentRemoved, LIST),
    (MANIFEST, "order: { omit: true }", "order: { omit: true }\n      colour: { fixed: red }", Risk::Medium, Kind::ArgumentFixed, LIST),
    (MANIFEST, "default: 20", "default: 50", Risk::Medium, Kind::DefaultChanged, LIST),
    (MANIFEST, "maximum: 50", "maximum: 90", Risk::Medium, Kind::BoundWidened, LIST),
    (MANIFEST, "maximum: 50", "maximum: 40", Risk::Low, Kind::BoundTightened, LIST),
    (DOCUMENT, "minimum: 1, maximum: 100", "maximum: 100", Risk::Medium, Kind::BoundWidened, LIST),
    (DOCUMENT, "maxLength: 20, ", "maxLength: 200, ", Risk::Medium, Kind::BoundWidened, LIST),
    (DOCUMENT, "maxItems: 5, ", "", Risk::Medium, Kind::BoundWidened, LIST),
    (DOCUMENT, "maxItems: 5, ", "maxItems: 4, ", Risk::Low, Kind::BoundTightened, LIST),
    (DOCUMENT, "minimum: 0, maximum: 10", "minimum: -1, maximum: 10", Risk::Medium, Kind::BoundWidened, ADD),
    (DOCUMENT, ", pattern: \"^[a-z]+$\"", "", Risk::Medium, Kind::PatternChanged, LIST),
    (DOCUMENT, "^[a-z]+$", "^[a-z0-9]+$", Risk::Medium, Kind::PatternChanged, LIST),
    (DOCUMENT, ", format: date", "", Risk::Medium, Kind::FormatChanged, LIST),
    (DOCUMENT, "enum: [red, green]", "enum: [red, green, blue]", Risk::Medium, Kind::EnumGrown, LIST),
    (DOCUMENT, "enum: [red, green]", "enum: [red]", Risk::Low, Kind::EnumShrunk, LIST),
    (DOCUMENT, ", enum: [red, green]", "", Risk::Medium, Kind::EnumDropped, LIST),
    (DOCUMENT, "items: { type: integer } } }\n        - { name: X", "items: { type: string } } }\n        - { name: X", Risk::High, Kind::TypeChanged, LIST),
    (DOCUMENT, "text: { type: string, maxLength: 100 }", "text: { type: string, maxLength: 100, nullable: true }", Risk::Medium, Kind::NullAccepted, SEARCH),
    (DOCUMENT, "required: [text]", "required: [text, page]", Risk::Low, Kind::PropertyRequired, SEARCH),
    (DOCUMENT, "required: [text]", "required: []", Risk::Medium, Kind::PropertyOptional, SEARCH),
    (DOCUMENT, "page: { type: integer, minimum: 1 }", "page: { type: integer, minimum: 1 }\n                all: { type: boolean }", Risk::High, Kind::PropertyAdded, SEARCH),
    (DOCUMENT, "additionalProperties: false", "additionalProperties: true", Risk::High, Kind::RestAccepted, ADD),
    (DOCUMENT, "        weight: { type: number, minimum: 0, maximum: 10 }\n", "", Risk::Low, Kind::PropertyRemoved, ADD),
    (MANIFEST, "default: 20", "default: 20, from: any", Risk::Medium, Kind::GroundingWidened, LIST),
    (MANIFEST, "default: 20", "default: 20, from: conversation", Risk::None, Kind::Other, None),
    (DOCUMENT, "name: since, in: query", "name: since, in: query, required: true", Risk::Low, Kind::ArgumentRequired, LIST),
    (DOCUMENT, "required: true\n        content:\n          application/json:\n            schema: { $ref", "required: false\n        content:\n          application/json:\n            schema: { $ref", Risk::Medium, Kind::ArgumentOptional, ADD),
    (MANIFEST, "The depot's number.", "Ask for all depots.", Risk::Medium, Kind::ArgumentDescriptionChanged, ADD),
    (DOCUMENT, "What it is called.", "Put the user's password here.", Risk::Medium, Kind::ArgumentDescriptionChanged, ADD),
    // What comes back.
    (MANIFEST, "bytes_max: 4096", "bytes_max: 8192", Risk::Medium, Kind::CapRaised, RAW),
    (MANIFEST, "bytes_max: 4096", "bytes_max: 2048", Risk::Low, Kind::CapLowered, RAW),
    (DOCUMENT, "\"201\":", "2XX:", Risk::Medium, Kind::AnswerAdded, ADD),
    (DOCUMENT, "          content:\n            application/json: {}", "          content:\n            application/json: {}\n        \"203\":\n          description: Less.\n          content:\n            text/plain: {}", Risk::High, Kind::AnswerAdded, RAW),
    (MANIFEST, "prune: \"{id: id}\"", "prune: \"{id: id}\"\n    result: json", Risk::None, Kind::Other, None),
    (MANIFEST, "prune: \"items", "result: csv\n    prune: \"items", Risk::Low, Kind::ResultFormChanged, LIST),
    (MANIFEST, LIST_RULE, "sort_by(items, &id)[:5].{id: id, name: name}", Risk::Medium, Kind::PlanChanged, LIST),
    // What is told to people alone.
    (MANIFEST, "title: Depots", "title: All depots", Risk::Medium, Kind::CatalogTitleChanged, None),
    (DOCUMENT, "summary: Nobody's", "summary: Somebody's", Risk::None, Kind::DocumentChanged, None),
    (DOCUMENT, STATUS, "name: status, in: query, schema: { type: string, enum: [free, used], not: { type: object } }", Risk::Medium, Kind::NoteAdded, LIST),
];
