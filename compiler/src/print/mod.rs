//! Step 7: [`Tree`] -> text. Items are printed one by one, so that a blank line stands between them.

mod hug;

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::Item;

use crate::emit::{File, Module, Tree};
use crate::report::visible_lines;

/// The crate's files as text, by path.
pub fn print(tree: &Tree) -> BTreeMap<String, String> {
    let text = |file: &File| match file {
        File::Rust(module) => print_module(module),
        File::Plain(text) => text.clone(),
    };
    tree.files.iter().map(|(path, file)| (path.clone(), text(file))).collect()
}

fn print_module(module: &Module) -> String {
    let mut blocks = vec![comment_lines("//", &module.header), comment_lines("//!", &module.documentation)];
    if !module.attributes.is_empty() {
        blocks.push(module.attributes.join("\n"));
    }
    let mut before: Option<&Item> = None;
    for item in &module.items {
        let text = print_item(item);
        let joins = matches!((before, item), (Some(Item::Use(_)), Item::Use(_)) | (Some(Item::Mod(_)), Item::Mod(_)));
        match blocks.last_mut() {
            Some(last) if joins => {
                last.push('\n');
                last.push_str(&text);
            }
            _ => blocks.push(text),
        }
        before = Some(item);
    }
    let text = blocks.join("\n\n") + "\n";
    debug_assert!(means_the_same(&text, &module.items), "printed text means something else:\n{text}");
    text
}

/// Whether the text holds these items and no others: no text of a document may have become code.
fn means_the_same(text: &str, items: &[Item]) -> bool {
    let meant: TokenStream = items.iter().map(ToTokens::to_token_stream).collect();
    syn::parse_file(text).is_ok_and(|mut file| {
        file.attrs.clear();
        tokens(file.to_token_stream()) == tokens(meant)
    })
}

/// Tokens as text: of a string what it means, and no comma before a closing bracket.
fn tokens(stream: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in stream {
        match token {
            TokenTree::Group(group) => {
                found.push(format!("{:?}", group.delimiter()));
                found.extend(tokens(group.stream()));
                found.push("end".into());
            }
            TokenTree::Literal(literal) => found.push(match syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                Ok(text) => format!("text {}", text.value()),
                Err(_) => literal.to_string(),
            }),
            token => found.push(token.to_string()),
        }
    }
    if found.last().is_some_and(|last| last == ",") {
        found.pop();
    }
    found
}

fn print_item(item: &Item) -> String {
    let file = syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items: vec![item.clone()] };
    // What a reviewer cannot see stands in literals alone, none of them raw: names are ASCII, and in comments it is escaped by
    // whoever writes them.
    visible_lines(&continued(&hug::hug(prettyplease::unparse(&file).trim_end())))
}

/// Indents the further lines of a continued literal one step deeper than its first.
fn continued(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut first: Option<usize> = None;
    for line in text.lines() {
        let blanks = match first {
            Some(blanks) => blanks + 4,
            None => line.len() - line.trim_start().len(),
        };
        lines.push(format!("{}{}", " ".repeat(blanks), line.trim_start()));
        let goes_on = line.ends_with('\\') && !line.trim_start().starts_with("//");
        first = goes_on.then(|| first.unwrap_or(blanks));
    }
    lines.join("\n")
}

fn comment_lines(mark: &str, lines: &[String]) -> String {
    let lines = lines.iter().map(|line| if line.is_empty() { mark.to_owned() } else { format!("{mark} {line}") });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::print_item;
    use crate::emit::{json, string};

    #[test]
    fn what_a_reviewer_cannot_see_is_escaped() {
        for hidden in
            ['\u{feff}', '\u{200b}', '\u{202e}', '\u{fe0f}', '\u{3164}', '\u{e0041}', '\u{1b}', '\u{ad}', '\u{e000}']
        {
            let long = "word ".repeat(30);
            for text in [
                format!("{{\"a\":\"x{hidden}y\"}}"),
                format!("^x\\d{hidden}"),
                format!("x{hidden}"),
                format!("{long}{hidden}"),
            ] {
                for literal in [json(&text), string(&text, 8), quote::quote!(#text)] {
                    let item = syn::parse2(quote::quote!(const A: &str = #literal;)).expect("is an item");
                    let printed = print_item(&item);
                    assert!(!printed.contains(hidden), "{hidden:?}: {printed}");
                    let read: syn::ItemConst = syn::parse_str(&printed).expect("is an item");
                    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(read), .. }) = *read.expr else {
                        panic!("no text: {printed}")
                    };
                    assert_eq!(read.value(), text);
                }
            }
        }
    }
}
