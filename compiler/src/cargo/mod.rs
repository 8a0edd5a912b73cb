//! Cargo's own files, as far as they are made or compared here: text in, text out. Nothing here runs cargo.

pub mod lock;
pub mod manifest;
