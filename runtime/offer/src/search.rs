//! The two tools that a profile with `search` adds: they tell of the other tools, and call nobody.

use airlock_contract::request::{self, query};
use airlock_contract::shape::{Shape, integer, list_of, object_of, one_of, optional, required, text};
use airlock_contract::{Effect, Method};

use crate::{Argument, Listed, Tool};

/// Finds tools by words.
pub const SEARCH_TOOLS: &str = "search_tools";

/// Tells all about one tool.
pub const DESCRIBE_TOOL: &str = "describe_tool";

/// The names of both. No other tool of a program that has them may be called so.
pub const SEARCH_NAMES: [&str; 2] = [SEARCH_TOOLS, DESCRIBE_TOOL];

/// The arguments of [`SEARCH_TOOLS`]. No request is made of them, so their place means nothing.
pub const SEARCH_ARGUMENTS: &[request::Argument] = &[
    query("query", text().chars_min(1).chars_max(400)).about("What the tool should do or tell, in a few words."),
    query("limit", integer().min(1).max(20)).default("5").about("The most tools to name."),
];

/// The arguments of [`DESCRIBE_TOOL`].
pub const DESCRIBE_ARGUMENTS: &[request::Argument] =
    &[query("name", text().chars_min(1).chars_max(40)).about("The name of a tool.")];

const EFFECT: Shape = one_of(&["read", "write", "destroy"]);
const ANY_OBJECT: Shape = object_of(&[]).rest(&Shape::Any);

static FOUND: Shape = object_of(&[required(
    "tools",
    list_of(&object_of(&[required("name", text()), required("title", text()), required("effect", EFFECT)])),
)]);

static DESCRIBED: Shape = object_of(&[
    required("name", text()),
    required("title", text()),
    required("effect", EFFECT),
    required("description", text()),
    required("input_schema", ANY_OBJECT),
    optional("output_schema", ANY_OBJECT),
]);

/// Their entries in the list of tools.
pub fn search_entries() -> [Listed<'static>; 2] {
    let entry = |name, title, description, arguments: &'static [request::Argument], output: &'static Shape| {
        Listed::new(&Tool {
            name,
            title,
            description,
            effect: Effect::Read,
            method: Method::Get,
            takes_bytes: false,
            arguments: arguments.iter().filter_map(Argument::of).collect(),
            output,
        })
    };
    [
        entry(
            SEARCH_TOOLS,
            "Search the tools",
            "Finds the tools of this server that fit a task, best first: name, title and effect of each. Use it when it \
             is not clear which tool to call.",
            SEARCH_ARGUMENTS,
            &FOUND,
        ),
        entry(
            DESCRIBE_TOOL,
            "Describe a tool",
            "Tells all about one tool of this server: what it does, and the JSON Schema of its arguments and of its \
             answer.",
            DESCRIBE_ARGUMENTS,
            &DESCRIBED,
        ),
    ]
}
