//! The names of the contract that a file uses, so that it imports those and no others.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// Collects names while expressions are emitted.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    root: BTreeSet<String>,
    prune: BTreeSet<String>,
    request: BTreeSet<String>,
    shape: BTreeSet<String>,
    siblings: BTreeSet<&'static str>,
}

impl Vocabulary {
    /// A type of the contract's root.
    pub(super) fn root(&mut self, name: &str) -> Ident {
        self.root.insert(name.to_owned());
        ident(name)
    }

    /// A function of the contract's `prune`.
    pub(super) fn prune(&mut self, name: &str) -> Ident {
        self.prune.insert(name.to_owned());
        ident(name)
    }

    /// A function of the contract's `request`.
    pub(super) fn request(&mut self, name: &str) -> Ident {
        self.request.insert(name.to_owned());
        ident(name)
    }

    /// A function of the contract's `shape`.
    pub(super) fn shape(&mut self, name: &str) -> Ident {
        self.shape.insert(name.to_owned());
        ident(name)
    }

    /// Another module of the catalog.
    pub(super) fn sibling(&mut self, name: &'static str) -> Ident {
        self.siblings.insert(name);
        ident(name)
    }

    /// The `use` items, in the order that rustfmt keeps.
    pub(super) fn imports(&self) -> Vec<TokenStream> {
        let mut imports = Vec::new();
        for (module, names) in
            [("prune", &self.prune), ("request", &self.request), ("shape", &self.shape), ("", &self.root)]
        {
            // rustfmt sorts modules before types, as versions sort: small letters first.
            let (small, large): (Vec<&String>, Vec<&String>) =
                names.iter().partition(|name| name.starts_with(|char: char| char.is_ascii_lowercase()));
            // Types stand before functions in rustfmt's order only where they are written in capitals: it keeps ours.
            let names: Vec<Ident> = small.into_iter().chain(large).map(|name| ident(name)).collect();
            let module = (!module.is_empty()).then(|| ident(module)).map(|module| quote!(#module::));
            match names.as_slice() {
                [] => {}
                [only] => imports.push(quote!(use airlock_contract::#module #only;)),
                names => imports.push(quote!(use airlock_contract::#module {#(#names),*};)),
            }
        }
        let siblings: Vec<Ident> = self.siblings.iter().map(|name| ident(name)).collect();
        match siblings.as_slice() {
            [] => {}
            [only] => imports.push(quote!(use super::#only;)),
            siblings => imports.push(quote!(use super::{#(#siblings),*};)),
        }
        imports
    }
}

/// An identifier. Names that reach it were proven to be one.
pub(super) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}
