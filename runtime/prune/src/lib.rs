//! Runs a prune rule while the answer is parsed: bytes in, bytes out, no I/O.
//!
//! A rule is JMESPath 1.0 (<https://jmespath.org/specification.html>) as the constants of `airlock-contract`. [`Plan`] makes
//! it ready: what can take an array item by item is taken out of it as a pipeline; for the rest the parts of an answer that
//! the rule can look at are known beforehand. The answer is then read once, from the first byte to the last: what is not
//! needed is checked and passed over, what is needed stays where it stands in the text.
//!
//! Data flows one way: `rule` -> `expr` -> (`pipeline`, `need`) for a rule; `grammar` -> `scan` -> `read` -> (`flow`, `eval`) -> `write` for
//! an answer.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod aggregate;
mod broken;
mod eval;
mod expr;
mod fault;
mod flow;
mod form;
mod functions;
mod grammar;
mod looked;
mod need;
mod pipeline;
mod place;
mod plan;
mod read;
mod rule;
mod scan;
mod text;
mod value;
mod write;

pub use airlock_contract::tool::Form;
pub use expr::{Signature, signatures};
pub use fault::{Fault, line_and_byte};
pub use form::rows;
pub use looked::Looked;
pub use place::{ArrayPlace, array_at};
pub use plan::{Class, Plan, check};
pub use rule::{Comparator, Rule};
pub use write::indented;
