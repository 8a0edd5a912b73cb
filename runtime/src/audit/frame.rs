//! What passes between the process that makes calls and the keeper of the log.
//!
//! Each message is its length in four bytes (little-endian), and as many bytes. The first one is [`Settings`] as JSON. Then come
//! orders: one byte that says which, the number of a call in eight, and members of a record as a JSON object. Each is answered:
//! one byte, a number in eight, and a text where something went wrong.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use super::RECORD_BYTES_MAX;
use super::policy::{Identity, Policy};

/// Longest message, in bytes.
pub(super) const MESSAGE_BYTES_MAX: usize = RECORD_BYTES_MAX + 9;

/// What a keeper is told first.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) policy: Policy,
    pub(super) identity: Identity,
}

/// What a keeper is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// To write that a call is about to be made; with `durable` it has to be on the disk.
    Call { durable: bool },
    /// To write what a call came to; none was let out before one that was refused.
    Outcome { call: Option<u64> },
    /// To write what is done with a release.
    Release,
    /// To end the log.
    End,
}

impl Order {
    /// A whole message.
    pub(super) fn message(self, members: &[u8]) -> Vec<u8> {
        let (word, call): (u8, u64) = match self {
            Self::Call { durable: false } => (1, 0),
            Self::Call { durable: true } => (2, 0),
            Self::Outcome { call: Some(call) } => (3, call),
            Self::Outcome { call: None } => (4, 0),
            Self::End => (5, 0),
            Self::Release => (6, 0),
        };
        framed(&[&[word], &call.to_le_bytes(), members])
    }

    /// Reads one back. None if it is no order.
    pub(super) fn read(message: &[u8]) -> Option<(Self, &[u8])> {
        let (word, rest) = message.split_first()?;
        let (call, members) = rest.split_first_chunk()?;
        let call = u64::from_le_bytes(*call);
        let order = match word {
            1 => Self::Call { durable: false },
            2 => Self::Call { durable: true },
            3 => Self::Outcome { call: Some(call) },
            4 => Self::Outcome { call: None },
            5 => Self::End,
            6 => Self::Release,
            _ => return None,
        };
        Some((order, members))
    }
}

/// An answer as a whole message.
pub(super) fn answer(done: &Result<u64, String>) -> Vec<u8> {
    match done {
        Ok(number) => framed(&[&[0], &number.to_le_bytes()]),
        Err(fault) => framed(&[&[1], &[0; 8], fault.as_bytes()]),
    }
}

/// Reads an answer back.
pub(super) fn read_answer(message: &[u8]) -> Option<Result<u64, String>> {
    let (word, rest) = message.split_first()?;
    let (number, text) = rest.split_first_chunk()?;
    Some(match word {
        0 => Ok(u64::from_le_bytes(*number)),
        _ => Err(String::from_utf8_lossy(text).into_owned()),
    })
}

/// Parts as one message.
pub(super) fn framed(parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().map(|part| part.len()).sum::<usize>();
    let mut message = u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes().to_vec();
    message.extend(parts.iter().copied().flatten());
    message
}

/// Sends a message in one piece.
pub(super) fn send(mut out: impl Write, message: &[u8]) -> io::Result<()> {
    out.write_all(message)
}

/// Waits for a message. None where the other side has ended, or has sent what is none.
pub(super) fn receive(mut input: impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Ok(()) => {}
        Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(fault) => return Err(fault),
    }
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if length > MESSAGE_BYTES_MAX {
        return Ok(None);
    }
    let mut message = vec![0; length];
    match input.read_exact(&mut message) {
        Ok(()) => Ok(Some(message)),
        Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::{MESSAGE_BYTES_MAX, Order, answer, read_answer, receive};

    #[test]
    fn messages_are_read_back_and_what_is_none_ends_the_talk() {
        for order in [
            Order::Call { durable: false },
            Order::Call { durable: true },
            Order::Outcome { call: Some(u64::MAX) },
            Order::Outcome { call: None },
            Order::Release,
            Order::End,
        ] {
            let message = receive(&order.message(b"{}")[..]).expect("is whole").expect("is one");
            assert_eq!(Order::read(&message), Some((order, &b"{}"[..])));
        }
        for done in [Ok(7), Err("no".to_owned())] {
            let message = receive(&answer(&done)[..]).expect("is whole").expect("is one");
            assert_eq!(read_answer(&message), Some(done));
        }
        let whole = Order::End.message(b"");
        for cut in 0..whole.len() {
            assert_eq!(receive(&whole[..cut]).expect("no fault"), None, "cut at {cut}");
        }
        let length = u32::try_from(MESSAGE_BYTES_MAX + 1).expect("fits").to_le_bytes();
        assert_eq!(receive(&[&length[..], &[0; 16]].concat()[..]).expect("no fault"), None);
        for message in [&b""[..], b"\x01", b"\x09\0\0\0\0\0\0\0\0"] {
            assert_eq!(Order::read(message), None);
        }
    }
}
