//! What an auditor reads of the catalogs: [`Catalog`](crate::ir::Catalog)s -> Markdown, and one HTML page.
//!
//! `facts`, `bounds` and `tree` say in plain words what the intermediate form holds; both renderers say the same with them.
//! Their sentences name things in backticks, which each renderer writes in its own way (`sentence`). Cannot fail, touches no
//! disk, knows no document and no place.

mod bounds;
mod facts;
mod markdown;
mod page;
mod sentence;
mod tree;

pub use markdown::markdown;
pub use page::page;
pub(crate) use tree::steps;
