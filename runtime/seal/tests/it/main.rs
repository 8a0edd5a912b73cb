//! Bundles, good and bad, beside the tools that everybody has.

mod anchors;
mod bundle;
mod cases;
mod command;
mod corpus;
mod flips;
mod kernel;
mod keys;
mod mldsa;
mod stock;
