//! Step 7: [`Tree`] -> text. Items are printed one by one, so that a blank line stands between them.

mod hug;

use std::collections::BTreeMap;

use syn::Item;

use crate::emit::{File, Module, Tree};

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
    syn::parse_file(text).is_ok_and(|file| {
        file.items.len() == items.len()
            && file.items.iter().zip(items).all(|(read, meant)| print_item(read) == print_item(meant))
    })
}

fn print_item(item: &Item) -> String {
    let file = syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items: vec![item.clone()] };
    hug::hug(prettyplease::unparse(&file).trim_end())
}

fn comment_lines(mark: &str, lines: &[String]) -> String {
    let lines = lines.iter().map(|line| if line.is_empty() { mark.to_owned() } else { format!("{mark} {line}") });
    lines.collect::<Vec<_>>().join("\n")
}
