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
mod json;
mod list;
mod output;
mod rank;
mod schema;
mod search;
mod sent;
mod view;
mod weight;

pub use counts::{COUNTS_FILE, Count, Counts, CountsFault};
pub use digest::{hex, sha256};
pub use input::input_schema;
pub use list::{Annotations, Argument, Listed, Source, Tool, ToolList, told, told_of_sent};
pub use output::{is_integer, kind, output_schema};
pub use rank::{Ranked, Ranking, stems};
pub use search::{DESCRIBE_ARGUMENTS, DESCRIBE_TOOL, SEARCH_ARGUMENTS, SEARCH_NAMES, SEARCH_TOOLS, search_entries};
pub use sent::Sent;
pub use view::{List, Object, Property, Text, View, Viewed};
pub use weight::weights;

#[cfg(test)]
mod tests;
