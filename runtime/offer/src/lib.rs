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
mod tree;
mod view;
mod weight;

use std::borrow::Cow;

pub use counts::{COUNTS_FILE, Count, Counts, CountsFault};
pub use digest::{hex, sha256};
pub use input::input_schema;
pub use list::{Annotations, Argument, Listed, Source, Tool, ToolList, sent, sent_sha256, told, told_of_sent};
pub use output::{is_integer, kind, output_schema};
pub use rank::{Ranked, Ranking};
pub use search::{DESCRIBE_ARGUMENTS, DESCRIBE_TOOL, SEARCH_ARGUMENTS, SEARCH_NAMES, SEARCH_TOOLS, search_entries};
pub use view::{List, Object, Property, Text, View, Viewed};
pub use weight::weights;

use tree::{Members, Tree, members};

/// Puts a description in; one that a cut left there stays behind it.
fn describe<'a>(schema: &mut Members<'a>, description: impl Into<Cow<'a, str>>) {
    let description = description.into();
    if description.is_empty() {
        return;
    }
    let text = match schema.get("description") {
        Some(Tree::Text(own)) => Cow::Owned(format!("{description} {own}")),
        _ => description,
    };
    schema.insert("description", Tree::Text(text));
}

/// What stands for a named shape that is not written out again.
fn cut<'a, S: Viewed<'a>>(name: &str, shape: S) -> Members<'a> {
    let mut cut = Members::default();
    match shape.view() {
        View::Object(_) => cut.insert("type", "object"),
        View::List(_) => cut.insert("type", "array"),
        _ => {}
    }
    cut.insert("description", format!("A nested {name}, of the same form."));
    cut
}

/// A schema that says the type alone.
fn of_type<'a>(kind: &'static str) -> Members<'a> {
    members([("type", kind.into())])
}

#[cfg(test)]
mod tests;
