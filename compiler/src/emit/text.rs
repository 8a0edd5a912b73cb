//! Modules, comments and literals: the places where text of a document becomes source.

use airlock_contract::text::is_invisible;
use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::Item;

use crate::markup::fence;

/// A Rust file: a header of comment lines, inner documentation, and items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// Lines of the header, without `//`. No line has a control character.
    pub header: Vec<String>,
    /// Lines of the module's documentation, without `//!`.
    pub documentation: Vec<String>,
    /// Inner attributes, as they stand.
    pub attributes: Vec<String>,
    /// The items, in order.
    pub items: Vec<Item>,
}

impl Module {
    pub(super) fn new(header: Vec<String>, documentation: Vec<String>) -> Self {
        let clean = |lines: Vec<String>| lines.iter().map(|line| comment(line)).collect();
        Self { header: clean(header), documentation: clean(documentation), ..Self::default() }
    }

    /// Adds an item. Tokens that are no item would be a mistake of this compiler, which its tests would meet.
    pub(super) fn push(&mut self, tokens: TokenStream) {
        let item = syn::parse2(tokens.clone());
        debug_assert!(item.is_ok(), "not an item: {tokens}");
        self.items.push(item.unwrap_or(Item::Verbatim(tokens)));
    }
}

/// Text as one comment line: what would end the line, or what nobody would see, is spelled out.
fn comment(line: &str) -> String {
    crate::report::visible(line).trim_end().to_owned()
}

/// Documentation of an item, one attribute a line: text with a line feed would be printed as a block comment.
pub(super) fn documentation(lines: &[String]) -> TokenStream {
    let lines = lines.iter().map(|line| {
        let line = comment(line);
        let line = if line.is_empty() { line } else { format!(" {line}") };
        quote!(#[doc = #line])
    });
    quote!(#(#lines)*)
}

/// A rule as documentation: one line in backticks, several lines in a fence.
pub(super) fn rule_documentation(rule: &str) -> Vec<String> {
    if !rule.contains('\n') && !rule.contains('`') {
        return vec![format!("`{rule}`")];
    }
    let fence = fence(rule);
    let mut lines = vec![format!("{fence}jmespath")];
    lines.extend(rule.lines().map(str::to_owned));
    lines.push(fence);
    lines
}

/// Lines longer than this are broken where that is possible.
pub(super) const COLUMNS: usize = 100;

/// A string literal; long text is continued on further lines, each indented by `indent` spaces.
pub(crate) fn string(text: &str, indent: usize) -> TokenStream {
    if text.len() + indent + 8 <= COLUMNS || !text.contains(' ') {
        return quote!(#text);
    }
    let mut source = String::from("\"");
    let mut column = indent + 8;
    for (position, word) in text.split(' ').enumerate() {
        let word = escape(word);
        if position > 0 {
            source.push(' ');
            column += 1;
            // The blank stays before the backslash: what follows the line feed is skipped up to the next character.
            if column + word.chars().count() + 2 > COLUMNS && !word.is_empty() {
                source.push_str("\\\n");
                source.push_str(&" ".repeat(indent));
                column = indent;
            }
        }
        column += word.chars().count();
        source.push_str(&word);
    }
    source.push('"');
    match source.parse::<Literal>() {
        Ok(literal) if unescapes_to(&source, text) => quote!(#literal),
        _ => quote!(#text),
    }
}

/// JSON text or a regular expression: raw where that spares backslashes, so that it reads as it was written.
pub(crate) fn json(text: &str) -> TokenStream {
    // In a raw string nothing can be escaped, which `print` does with what nobody sees.
    if !text.contains(['"', '\\']) || text.contains(is_invisible) {
        return quote!(#text);
    }
    let longest = text.split(|char| char != '#').map(str::len).max().unwrap_or(0);
    // A raw string needs one `#` more than any run of them behind a quote, and none where there is no quote.
    let hashes = if text.contains('"') { "#".repeat(longest + 1) } else { String::new() };
    let source = format!("r{hashes}\"{text}\"{hashes}");
    match source.parse::<Literal>() {
        Ok(literal) if unescapes_to(&source, text) => quote!(#literal),
        _ => quote!(#text),
    }
}

fn escape(word: &str) -> String {
    let quoted = Literal::string(word).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// A continued literal must mean the text exactly; runs of blanks at a line's end would be lost.
fn unescapes_to(source: &str, text: &str) -> bool {
    syn::parse_str::<syn::LitStr>(source).is_ok_and(|literal| literal.value() == text)
}

#[cfg(test)]
mod tests {
    use super::{comment, rule_documentation, string};

    #[test]
    fn a_comment_cannot_be_left() {
        assert_eq!(comment("a\nfn evil() {}\r\u{2028}\u{202e}"), "a\\u{a}fn evil() {}\\u{d}\\u{2028}\\u{202e}");
    }

    #[test]
    fn long_text_is_continued_and_means_the_same() {
        for text in [
            "short",
            "quote \" backslash \\ tab \t and some more words so that the line becomes too long for one",
            &"word ".repeat(60),
            &"  ".repeat(80),
            &"x".repeat(300),
            "Grüße und noch viele weitere Wörter, damit diese Zeile länger wird als hundert Spalten; ja.",
        ] {
            let literal: syn::LitStr = syn::parse2(string(text, 8)).expect("is a literal");
            assert_eq!(literal.value(), text);
        }
        assert!(string(&"word ".repeat(60), 8).to_string().lines().all(|line| line.len() <= 100));
    }

    #[test]
    fn a_rule_cannot_leave_its_fence() {
        assert_eq!(rule_documentation("a[?b == `1`]"), ["```jmespath", "a[?b == `1`]", "```"]);
        assert_eq!(rule_documentation("a ```\nb")[0], "````jmespath");
    }
}
