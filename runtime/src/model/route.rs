//! The first token decides: a call, or words.
//!
//! Small models often begin a call with a code fence or a bare brace instead of the opener that their template shows.
//! Such a beginning means "call" and the call grammar starts in its place. Any other beginning means words, and nothing
//! that is found in words is ever executed.

/// Whether a message that begins like this is meant as a call. `opener` is what the template puts before a call.
pub fn begins_call(first: &str, opener: &str) -> bool {
    let first = first.trim_start();
    let opener = opener.trim();
    let as_opener = !first.is_empty() && !opener.is_empty() && (first.starts_with(opener) || opener.starts_with(first));
    // Where it may not call, a small model puts a mark before the brace.
    let first = first.trim_start_matches(['>', '(', ')', ':', '|', '*', ' ', '\n']);
    as_opener || first.starts_with("```") || first.starts_with('{') || first.starts_with('[')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openers_fences_and_braces_mean_a_call() {
        for first in ["<tool_call>", "```", "```json", "{", "{\"", "[", "[{", " {", ">{\"", "({", "|{"] {
            assert!(begins_call(first, "<tool_call>\n"), "{first:?}");
        }
    }

    #[test]
    fn words_and_blanks_mean_words() {
        for first in ["The", "I", "\n", "", "`", "*", "1", "`find_beds`", "**Three**", "(", ">"] {
            assert!(!begins_call(first, "<tool_call>\n"), "{first:?}");
        }
        assert!(!begins_call("The", ""), "a template without an opener must not turn every word into a call");
    }
}
