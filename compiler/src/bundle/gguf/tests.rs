//! Headers that are sound, cut, and hostile.

use super::{Header, STRING};

/// A file with these members, written as the format has them.
#[derive(Clone, Default)]
pub(crate) struct Written {
    members: Vec<u8>,
    count: u64,
}

fn string(text: &[u8]) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text].concat()
}

impl Written {
    fn member(mut self, name: &str, kind: u32, value: &[u8]) -> Self {
        self.members.extend([&string(name.as_bytes()), &kind.to_le_bytes()[..], value].concat());
        self.count += 1;
        self
    }

    pub(crate) fn text(self, name: &str, text: &str) -> Self {
        self.member(name, STRING, &string(text.as_bytes()))
    }

    pub(crate) fn number(self, name: &str, number: u32) -> Self {
        self.member(name, 4, &number.to_le_bytes())
    }

    pub(crate) fn texts(self, name: &str, texts: &[&str]) -> Self {
        let mut value = [&STRING.to_le_bytes()[..], &(texts.len() as u64).to_le_bytes()].concat();
        for text in texts {
            value.extend(string(text.as_bytes()));
        }
        self.member(name, 9, &value)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let head = [b"GGUF", &3u32.to_le_bytes()[..], &2u64.to_le_bytes(), &self.count.to_le_bytes()].concat();
        [head, self.members.clone()].concat()
    }
}

/// What a small model says.
pub(crate) fn small() -> Written {
    Written::default()
        .text("general.architecture", "qwen2")
        .text("general.name", "Small")
        .text("general.license", "apache-2.0")
        .number("general.file_type", 15)
        .number("qwen2.context_length", 4096)
        .number("llama.context_length", 1)
        .text("tokenizer.ggml.model", "gpt2")
        .texts("tokenizer.ggml.tokens", &["a", "bc", ""])
        .text("tokenizer.chat_template", "{{ messages }}")
        .text("tokenizer.chat_template.tool_use", "{{ tools }}")
}

#[test]
fn a_header_is_what_was_written() {
    let header = Header::read(&mut small().bytes().as_slice()).expect("is one");
    assert_eq!((header.version, header.tensors, header.members), (3, 2, 10));
    assert_eq!(header.architecture.as_deref(), Some("qwen2"));
    assert_eq!((header.quantisation.as_deref(), header.context_tokens), (Some("Q4_K_M"), Some(4096)));
    assert_eq!(header.tokens, Some(3));
    let digests: Vec<_> = header.template_digests().collect();
    assert_eq!(digests.len(), 2);
    // `printf '{{ messages }}' | sha256sum`
    assert_eq!(digests[0], ("", "f24189f08c85a1eb19a737306c3a13e85462ee33d964f28108d64a2485fa2171".to_owned()));
}

#[test]
fn every_cut_is_refused_and_nothing_is_taken_on_trust() {
    let bytes = small().bytes();
    for length in 0..bytes.len() {
        Header::read(&mut &bytes[..length]).expect_err("is cut");
    }
    let huge = u64::MAX.to_le_bytes();
    let head = |tensors: u64, members: u64| {
        [b"GGUF", &3u32.to_le_bytes()[..], &tensors.to_le_bytes(), &members.to_le_bytes()].concat()
    };
    let array = |kind: u32, count: u64| [&kind.to_le_bytes()[..], &count.to_le_bytes()].concat();
    let one = Written::default();
    for (bytes, part) in [
        (b"GGML\x03\0\0\0".to_vec(), "no GGUF file"),
        ([b"GGUF", &1u32.to_le_bytes()[..]].concat(), "version 1"),
        ([b"GGUF", &3u32.to_be_bytes()[..]].concat(), "little-endian"),
        (head(u64::MAX, 1), "announces"),
        (head(1, u64::MAX), "announces"),
        ([head(1, 1), huge.to_vec()].concat(), "the name of a member"),
        (one.clone().member("a", STRING, &huge).bytes(), "`a` of 18446744073709551615 bytes"),
        (one.clone().member("a", 9, &array(4, u64::MAX)).bytes(), "items"),
        (one.clone().member("a", 9, &array(9, 1)).bytes(), "array of arrays"),
        (one.clone().member("a", 9, &array(12, 1 << 22)).bytes(), "ends inside"),
        (one.clone().member("a", 9, &array(13, 1)).bytes(), "of the kind 13"),
        (one.clone().member("a", 13, &[]).bytes(), "of the kind 13"),
        (one.clone().member("a", STRING, &string(b"\xff")).bytes(), "not UTF-8"),
        (one.clone().text("a", "").text("a", "").bytes(), "twice"),
    ] {
        let fault = Header::read(&mut bytes.as_slice()).expect_err(part);
        assert!(fault.contains(part), "{fault}");
    }
}

#[test]
fn many_members_within_their_bounds_are_too_much_together() {
    /// Gives the head of a file, then one member after another, each with a string as long as it may be.
    struct Endless {
        bytes: Vec<u8>,
        at: usize,
        members: usize,
    }
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.at == self.bytes.len() {
                self.members += 1;
                let name = string(format!("m{}", self.members).as_bytes());
                self.bytes = [name, STRING.to_le_bytes().to_vec(), string(&vec![b'x'; 4 << 20])].concat();
                self.at = 0;
            }
            let rest = &self.bytes[self.at..];
            let count = buffer.len().min(rest.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            self.at += count;
            Ok(count)
        }
    }
    let bytes = [b"GGUF", &3u32.to_le_bytes()[..], &1u64.to_le_bytes(), &4096u64.to_le_bytes()].concat();
    let fault = Header::read(&mut Endless { bytes, at: 0, members: 0 }).expect_err("is too long");
    assert!(fault.contains("more than 268435456 bytes"), "{fault}");
}
