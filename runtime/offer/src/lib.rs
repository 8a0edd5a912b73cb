//! What clients and models are told of tools.
//!
//! What comes in: tools, as constants of the contract or as the compiler's own data. What goes out: the list of tools as
//! the protocol sends it, JSON Schema without `$ref` for arguments and answers, the list's digest, and with the feature
//! `grammar` the grammar of a call. No I/O. The compiler and the runtime both tell it by this crate, so what was reviewed,
//! proven and counted at build time is what is sent.

mod counts;
mod digest;
#[cfg(feature = "grammar")]
pub mod grammar;
mod input;
mod list;
mod output;
mod rank;
mod search;
mod view;
mod weight;

pub use counts::{COUNTS_FILE, Count, Counts, CountsFault};
pub use digest::{hex, sha256};
pub use input::input_schema;
pub use list::{Annotations, Argument, Listed, Source, Tool, ToolList, sent, told, told_of_sent};
pub use output::{is_integer, kind, output_schema};
pub use rank::{Ranked, Ranking};
pub use search::{DESCRIBE_ARGUMENTS, DESCRIBE_TOOL, SEARCH_ARGUMENTS, SEARCH_NAMES, SEARCH_TOOLS, search_entries};
pub use view::{List, Object, Property, Text, View, Viewed};
pub use weight::weights;

use serde_json::{Map, Value};

/// Puts a description in; one that a cut left there stays behind it.
fn describe(schema: &mut Map<String, Value>, description: &str) {
    if description.is_empty() {
        return;
    }
    let text = match schema.get("description") {
        Some(Value::String(own)) => format!("{description} {own}"),
        _ => description.to_owned(),
    };
    schema.insert("description".to_owned(), text.into());
}

/// What stands for a named shape that is not written out again.
fn cut<'a, S: Viewed<'a>>(name: &str, shape: S) -> Map<String, Value> {
    let mut cut = Map::new();
    match shape.view() {
        View::Object(_) => drop(cut.insert("type".to_owned(), "object".into())),
        View::List(_) => drop(cut.insert("type".to_owned(), "array".into())),
        _ => {}
    }
    cut.insert("description".to_owned(), format!("A nested {name}, of the same form.").into());
    cut
}

/// A map of these members, in this order. `json!` would copy what it is given, and schemas are deep.
fn members<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The map of a `json!` object.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests;
