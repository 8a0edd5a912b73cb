//! A catalog's prompts, in one file: texts that reach a model, one after the other.

use proc_macro2::TokenStream;
use quote::quote;

use super::catalog::generated_from;
use super::text::{Module, documentation, string};
use crate::ir::{Catalog, Message, Piece, Prompt, PromptArgument, Role};

/// Texts are indented by so much.
const INDENT: usize = 24;

pub(super) fn emit(catalog: &Catalog) -> Module {
    let about = "Texts that people start a conversation with. A model reads them as they stand here.";
    let mut module = Module::new(vec![generated_from(catalog)], vec![about.into()]);
    let has_arguments = catalog.prompts.iter().any(|prompt| !prompt.arguments.is_empty());
    let argument = has_arguments.then(|| quote!(, PromptArgument));
    module.push(quote!(
        use airlock_contract::prompt::{Message, Piece, Prompt #argument, Role};
    ));
    let about = documentation(&["In the order of their names.".into()]);
    let prompts = catalog.prompts.iter().map(emit_prompt);
    module.push(quote!(#about pub(super) const PROMPTS: &[Prompt] = &[#(#prompts),*];));
    module
}

fn emit_prompt(prompt: &Prompt) -> TokenStream {
    let Prompt { name, title, description, arguments, messages } = prompt;
    let (title, description) = (string(title, INDENT), string(description, INDENT));
    let arguments = arguments.iter().map(emit_argument);
    let messages = messages.iter().map(emit_message);
    quote!(Prompt {
        name: #name,
        title: #title,
        description: #description,
        arguments: &[#(#arguments),*],
        messages: &[#(#messages),*],
    })
}

fn emit_argument(argument: &PromptArgument) -> TokenStream {
    let PromptArgument { name, description, required, values } = argument;
    let description = string(description, INDENT);
    quote!(PromptArgument {
        name: #name,
        description: #description,
        required: #required,
        values: &[#(#values),*],
    })
}

fn emit_message(message: &Message) -> TokenStream {
    let role = match message.role {
        Role::User => quote!(Role::User),
        Role::Assistant => quote!(Role::Assistant),
    };
    let pieces = message.text.iter().map(|piece| match piece {
        Piece::Text(words) => {
            let words = string(words, INDENT);
            quote!(Piece::Text(#words))
        }
        Piece::Argument(name) => quote!(Piece::Argument(#name)),
    });
    quote!(Message { role: #role, text: &[#(#pieces),*] })
}
