//! Text on its way to a person: whole characters, and none that command a terminal.

/// Turns a stream of bytes into whole characters.
///
/// A token may end inside a character: the rest waits for the next token. Bytes that can be no character become U+FFFD.
#[derive(Debug, Default)]
pub struct Characters {
    pending: Vec<u8>,
}

impl Characters {
    /// The characters that these bytes complete.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let mut text = String::new();
        loop {
            match std::str::from_utf8(&self.pending) {
                Ok(valid) => {
                    text.push_str(valid);
                    self.pending.clear();
                    return text;
                }
                Err(error) => {
                    let valid = error.valid_up_to();
                    text.push_str(&String::from_utf8_lossy(&self.pending[..valid]));
                    let Some(broken) = error.error_len() else {
                        self.pending.drain(..valid);
                        return text;
                    };
                    text.push(char::REPLACEMENT_CHARACTER);
                    self.pending.drain(..valid + broken);
                }
            }
        }
    }

    /// What is left when nothing more comes: a character that was cut short.
    pub fn finish(&mut self) -> String {
        let rest = String::from_utf8_lossy(&self.pending).into_owned();
        self.pending.clear();
        rest
    }
}

/// The text without characters that command a terminal or reorder what is read: C0 (but line feed and tab), DEL, C1,
/// bidirectional controls, and invisible tag characters.
pub fn visible(text: &str) -> String {
    text.chars().filter(|&character| is_visible(character)).collect()
}

fn is_visible(character: char) -> bool {
    match character {
        '\n' | '\t' => true,
        '\u{200e}'
        | '\u{200f}'
        | '\u{061c}'
        | '\u{feff}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{e0000}'..='\u{e007f}' => false,
        other => !other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_held_back_until_it_is_whole() {
        let mut characters = Characters::default();
        assert_eq!(characters.push(b"caf\xc3"), "caf");
        assert_eq!(characters.push(b"\xa9 \xe2\x82"), "\u{e9} ");
        assert_eq!(characters.push(b"\xac"), "\u{20ac}");
        assert_eq!(characters.finish(), "");
    }

    #[test]
    fn broken_bytes_are_marked_and_do_not_stop_the_stream() {
        let mut characters = Characters::default();
        assert_eq!(characters.push(b"a\xffb"), "a\u{fffd}b");
        assert_eq!(characters.push(b"\xe2\x82"), "");
        assert_eq!(characters.finish(), "\u{fffd}");
    }

    #[test]
    fn escape_sequences_and_reordering_are_taken_out() {
        assert_eq!(visible("a\u{1b}[31mb\r\u{7}\u{9b}c\u{202e}d\n\te"), "a[31mbcd\n\te");
    }
}
