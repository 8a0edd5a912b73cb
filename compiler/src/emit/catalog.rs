//! A catalog's `mod.rs`, and the crate's `lib.rs`.

use proc_macro2::TokenStream;
use quote::quote;

use super::text::{Module, documentation, string};
use super::vocabulary::{Vocabulary, ident};
use crate::ir::{Catalog, CredentialPlace, ModelFile, Profile, Transport, Upstream};
use crate::offer::Offered;

/// The first line of every file of a catalog.
pub(super) fn generated_from(catalog: &Catalog) -> String {
    format!("{} from catalogs/{}. Do not edit: run `{}`.", super::MARK, catalog.name, super::REGENERATE_COMMAND)
}

pub(super) fn emit(catalog: &Catalog) -> Module {
    let mut module =
        Module::new(vec![generated_from(catalog)], vec![format!("{}.", catalog.title.trim_end_matches('.'))]);
    let mut vocabulary = Vocabulary::default();
    let kind = vocabulary.root("Catalog");
    let upstreams: Vec<TokenStream> =
        catalog.upstreams.iter().map(|upstream| emit_upstream(upstream, &mut vocabulary)).collect();
    let (name, document, sha256) = (&catalog.name, &catalog.document, &catalog.document_sha256);
    let title = string(&catalog.title, 8);
    let tools: Vec<_> = catalog.tools.iter().map(|tool| ident(&tool.name)).collect();
    let prompts = if catalog.prompts.is_empty() { quote!(&[]) } else { quote!(prompts::PROMPTS) };
    let item = quote!(
        pub(super) static CATALOG: #kind = #kind {
            name: #name,
            title: #title,
            document: #document,
            document_sha256: #sha256,
            upstreams: &[#(#upstreams),*],
            tools: &[#(#tools::TOOL),*],
            prompts: #prompts,
        };
    );
    vocabulary.imports().into_iter().for_each(|item| module.push(item));
    let mut modules: Vec<_> = tools;
    if !catalog.shapes.is_empty() {
        modules.push(ident("shapes"));
    }
    if !catalog.answers.is_empty() {
        modules.push(ident("answers"));
    }
    if !catalog.prompts.is_empty() {
        modules.push(ident("prompts"));
    }
    modules.sort();
    for name in &modules {
        module.push(quote!(mod #name;));
    }
    module.push(item);
    module
}

fn emit_upstream(upstream: &Upstream, vocabulary: &mut Vocabulary) -> TokenStream {
    let kind = vocabulary.root("Upstream");
    let (name, base_path) = (&upstream.name, &upstream.base_path);
    let transport_kind = vocabulary.root("Transport");
    let transport = match upstream.transport {
        Transport::Any => quote!(#transport_kind::Any),
        Transport::Tls => quote!(#transport_kind::Tls),
    };
    let credentials: Vec<TokenStream> = upstream
        .credentials
        .iter()
        .map(|credential| {
            let kind = vocabulary.root("Credential");
            let place_kind = vocabulary.root("CredentialPlace");
            let name = &credential.name;
            let place = match &credential.place {
                CredentialPlace::Header(header) => quote!(#place_kind::Header(#header)),
                CredentialPlace::Query(parameter) => quote!(#place_kind::Query(#parameter)),
                CredentialPlace::Cookie(cookie) => quote!(#place_kind::Cookie(#cookie)),
                CredentialPlace::Bearer => quote!(#place_kind::Bearer),
                CredentialPlace::Basic => quote!(#place_kind::Basic),
            };
            quote!(#kind { name: #name, place: #place })
        })
        .collect();
    quote!(#kind { name: #name, base_path: #base_path, transport: #transport, credentials: &[#(#credentials),*] })
}

/// The crate's root: every catalog, every profile, every model, and which compiler wrote it.
pub(super) fn emit_library(catalogs: &[Catalog], offered: &Offered<'_>, models: &[ModelFile]) -> Module {
    let header = vec![format!("{} by airlock. Do not edit: run `{}`.", super::MARK, super::REGENERATE_COMMAND)];
    let mut module = Module::new(
        header,
        vec!["The tools that were compiled from the catalogs: constants, and nothing else.".into()],
    );
    module.attributes = vec!["#![no_std]".into(), "#![forbid(unsafe_code)]".into()];
    let mut vocabulary = Vocabulary::default();
    vocabulary.root("Program");
    if !offered.profiles.is_empty() {
        vocabulary.root("Profile");
    }
    if !models.is_empty() {
        vocabulary.root("ModelFile");
    }
    vocabulary.imports().into_iter().for_each(|item| module.push(item));
    let names: Vec<_> = catalogs.iter().map(|catalog| ident(&catalog.name)).collect();
    for name in &names {
        // The compiler's own printer decides about line breaks, not whichever rustfmt is installed.
        module.push(quote!(#[rustfmt::skip] mod #name;));
    }
    let version = env!("CARGO_PKG_VERSION");
    let about_version = documentation(&["The version of the compiler that wrote this crate.".into()]);
    module.push(quote!(#about_version pub const COMPILER_VERSION: &str = #version;));
    let about = documentation(&[
        "Every catalog, and the digest of the list of tools that clients are sent: `airlock-host tools --digest`."
            .into(),
    ]);
    let tools_sha256 = &offered.tools_sha256;
    let profiles = if offered.profiles.is_empty() { quote!(&[]) } else { quote!(PROFILES) };
    let labels = catalogs.first().map_or(&[][..], |catalog| &catalog.labels);
    let listed = if models.is_empty() { quote!(&[]) } else { quote!(MODELS) };
    module.push(quote!(
        #about
        pub static PROGRAM: Program = Program {
            catalogs: &[#(&#names::CATALOG),*],
            tools_sha256: #tools_sha256,
            profiles: #profiles,
            models: #listed,
            labels: &[#(#labels),*],
            compiler_version: COMPILER_VERSION,
        };
    ));
    if !offered.profiles.is_empty() {
        let about = documentation(&[
            "Subsets of the tools, each with the digest of the list under it: `airlock-host tools --profile NAME --digest`."
                .into(),
        ]);
        let profiles = offered.profiles.iter().map(|(profile, sha256)| emit_profile(profile, sha256));
        module.push(quote!(#about #[rustfmt::skip] const PROFILES: &[Profile] = &[#(#profiles),*];));
    }
    if !models.is_empty() {
        let about = documentation(&[
            "Model files that may be loaded, and no others: by digest, whatever they are called.".into(),
        ]);
        let models = models.iter().map(emit_model);
        module.push(quote!(#about #[rustfmt::skip] const MODELS: &[ModelFile] = &[#(#models),*];));
    }
    module
}

fn emit_model(model: &ModelFile) -> TokenStream {
    let ModelFile { name, sha256, licence, source } = model;
    let (licence, source) = (string(licence, 8), string(source, 8));
    quote!(ModelFile { name: #name, sha256: #sha256, licence: #licence, source: #source })
}

fn emit_profile(profile: &Profile, tools_sha256: &str) -> TokenStream {
    let Profile { name, description, tools, search } = profile;
    let description = string(description, 8);
    quote!(Profile {
        name: #name,
        description: #description,
        tools: &[#(#tools),*],
        search: #search,
        tools_sha256: #tools_sha256,
    })
}
