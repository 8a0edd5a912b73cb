//! What the styles write, what they refuse, and that hostile values come back whole.

mod bodies;
mod hostile;
mod plans;
mod readers;
mod refusals;
mod styles;
mod support;
mod url;
