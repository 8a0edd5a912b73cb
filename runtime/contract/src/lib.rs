//! The vocabulary that generated tools are written in.
//!
//! What comes in: nothing. What goes out: plain constants. This crate does no I/O, allocates nothing, has no `unsafe`,
//! no dependency and no `std`; a generated tool made of it is a declaration, so there is no control flow to audit.
//!
//! Read in this order: [`Catalog`] (whom we talk to), [`Tool`] (what the model is offered), [`Request`] (what leaves the
//! machine), [`Response`] and [`prune::Prune`] (what comes back), [`Flow`] (where that may go).

#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod catalog;
pub mod flow;
pub mod pages;
pub mod prompt;
pub mod prune;
pub mod request;
pub mod response;
pub mod shape;
pub mod text;
pub mod tool;

pub use catalog::{Catalog, Credential, CredentialPlace, ModelFile, Profile, Program, Transport, Upstream};
pub use flow::{Above, Declassified, Flow};
pub use pages::{Next, Pages, Size};
pub use prompt::{Prompt, PromptArgument};
pub use request::{Argument, Body, Grounding, Method, Place, Request, Style};
pub use response::{Answer, Content, Encoding, Response, Status};
pub use tool::{Effect, Form, Tool};
