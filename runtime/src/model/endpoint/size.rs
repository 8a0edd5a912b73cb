//! How many tokens a prompt has, for those who have no tokenizer: hardly more than, and surely not fewer than.
//!
//! **Hardly more** ([`at_most`]) is what a conversation is made to fit by. Digits and half of the signs count as a token each,
//! words a token for three letters, other scripts one for two bytes. English and JSON take about two thirds of that.
//!
//! **Surely not fewer** ([`at_least`]) is what a server must have read. Tokenizers cut text at blanks, and where letters meet
//! signs, before they look for tokens, so no token covers two words. A word is therefore a token or more. Nothing else is
//! counted: not signs, nor blanks, nor what a chat template puts around a message. It is counted for what each template
//! shows, which is the texts of messages, and of a tool its name, its description, and the names and descriptions of its
//! arguments.

use serde_json::Value;

use super::super::offer::Offer;
use super::super::template::spaced;
use super::super::{Message, Prompt, Want};

/// Tokens around each message, and around the list of tools.
const AROUND_MESSAGE: usize = 10;
const AROUND_TOOLS: usize = 200;
/// Letters of one word beyond these are another token, so that scripts without blanks count at all.
const WORD_LETTERS: usize = 32;

/// Tokens of a prompt, rather too many than too few.
pub(super) fn at_most(prompt: &Prompt) -> usize {
    let tools = prompt.offer.as_ref().map_or(0, |offer| AROUND_TOOLS + most(&spaced(&offer.for_template())));
    let messages = prompt.messages.iter().map(|message| {
        AROUND_MESSAGE
            + match message {
                Message::Call(call) => most(&call.to_json().to_string()),
                message => most(text_of(message)),
            }
    });
    tools + messages.sum::<usize>()
}

/// Tokens that a server has read at the very least, if it has read this prompt.
///
/// Some leave the tools out where no call is wanted, or where the last message is not a person's.
pub(super) fn at_least(prompt: &Prompt, want: Want) -> usize {
    let messages = prompt.messages.iter().map(|message| least(text_of(message))).sum::<usize>();
    let shows_tools =
        want != Want::Text && matches!(prompt.messages.last(), Some(Message::User(_) | Message::Reminder(_)));
    messages + prompt.offer.as_ref().filter(|_| shows_tools).map_or(0, |offer| least_of_tools(offer))
}

fn text_of(message: &Message) -> &str {
    match message {
        Message::System(text)
        | Message::User(text)
        | Message::Assistant(text)
        | Message::Result(text)
        | Message::Reminder(text) => text,
        Message::Call(_) => "",
    }
}

fn least_of_tools(offer: &Offer) -> usize {
    let of_argument = |(name, shape): (&String, &Value)| least(name) + shape["description"].as_str().map_or(0, least);
    let of_tool = |tool: &super::super::offer::OfferedTool| {
        let arguments = tool.schema["properties"].as_object().into_iter().flatten();
        least(&tool.name) + least(&tool.description) + arguments.map(of_argument).sum::<usize>()
    };
    offer.tools().iter().map(of_tool).sum()
}

/// Words. What joins words in one script or another does not part them here.
fn least(text: &str) -> usize {
    let parts = |character: char| match character {
        '_' | '\'' => false,
        other => other.is_whitespace() || other.is_ascii_punctuation() || other.is_control(),
    };
    let words = text.split(parts).filter(|word| !word.is_empty());
    words.map(|word| 1 + word.chars().filter(|letter| letter.is_alphabetic()).count() / (WORD_LETTERS + 1)).sum()
}

/// What a character is to [`most`]. Characters of one kind that follow each other are a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    Blank,
    Sign,
    Other,
}

fn most(text: &str) -> usize {
    let kind = |character: char| match character {
        'a'..='z' | 'A'..='Z' => Kind::Letter,
        '0'..='9' => Kind::Digit,
        other if other.is_whitespace() => Kind::Blank,
        other if other.is_ascii() => Kind::Sign,
        _ => Kind::Other,
    };
    let tokens = |kind, bytes: usize| match kind {
        Kind::Letter => bytes.div_ceil(3),
        Kind::Digit => bytes,
        // One blank belongs to the word behind it.
        Kind::Blank if bytes == 1 => 0,
        Kind::Blank => 1 + bytes / 8,
        Kind::Sign | Kind::Other => bytes.div_ceil(2),
    };
    let mut sum = 0;
    let mut run = (Kind::Blank, 1);
    for character in text.chars() {
        let (kind, bytes) = (kind(character), character.len_utf8());
        if kind == run.0 {
            run.1 += bytes;
        } else {
            sum += tokens(run.0, run.1);
            run = (kind, bytes);
        }
    }
    sum + tokens(run.0, run.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts, and how many tokens they are for Qwen2.5 (152,000 tokens), as llama-server counts.
    const COUNTED: [(&str, usize); 6] = [
        ("Which beds are free on ward W3, and since when?", 13),
        (r#"{"free": 2, "beds": [{"bed": "W3-04", "room": "3.12"}, {"bed": "W3-06", "room": "3.14"}]}"#, 49),
        ("find_free_beds: Tells which beds of one ward are free now.", 15),
        (
            "Die Patientin hat eine Penicillinallergie; das Wort Kontrastmittelunverträglichkeit steht in ihrer Akte.",
            29,
        ),
        ("病房里哪些床位是空的？请列出床号。", 13),
        ("मरीज़ को कौन सी दवाएँ दी जा रही हैं?", 36),
    ];

    #[test]
    fn real_counts_lie_between_the_two() {
        for (text, tokens) in COUNTED {
            assert!(
                least(text) <= tokens && tokens <= most(text),
                "{} <= {tokens} <= {}: {text}",
                least(text),
                most(text)
            );
        }
    }

    #[test]
    fn one_word_is_one_token_at_least_whatever_stands_around_it() {
        assert_eq!(least(" {\"don't\": [\"W3\", 12.5]}\n----\u{2500}\u{2500}\u{2500} "), 5);
        assert_eq!(least("find_free_beds"), 1);
        assert_eq!(least("\u{915}\u{94d}\u{92f}\u{93e}"), 1, "a vowel sign parts no word");
        assert_eq!((least(""), least(&"\u{5e8a}".repeat(66))), (0, 3));
    }
}
