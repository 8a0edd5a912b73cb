//! Server-sent events, as far as the chat API uses them: bytes in, the data of each event out.
//!
//! Lines end with LF or CR LF. Fields that nobody asked for, and comments that keep a connection alive, are passed over.

/// A line, and the data of one event, are no longer than this in bytes: a whole answer may come in one.
const EVENT_BYTES_MAX: usize = 4 << 20;

/// Cuts a stream of bytes into events.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    data: String,
}

/// Why a stream is none of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventFault {
    TooLong,
    NotText,
}

impl Events {
    /// The data of the events that these bytes complete.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Result<Vec<String>, EventFault> {
        let mut events = Vec::new();
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = bytes.split_at(end);
            bytes = rest.get(1..).unwrap_or_default();
            self.extend(line)?;
            let line = std::mem::take(&mut self.line);
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            events.extend(self.line(line)?);
        }
        self.extend(bytes)?;
        Ok(events)
    }

    /// What is left when nothing more comes: some servers leave the last empty line out.
    pub(super) fn finish(&mut self) -> Result<Option<String>, EventFault> {
        let line = std::mem::take(&mut self.line);
        self.line(&line)?;
        self.line(b"")
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), EventFault> {
        if self.line.len() + bytes.len() > EVENT_BYTES_MAX {
            return Err(EventFault::TooLong);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Result<Option<String>, EventFault> {
        if line.is_empty() {
            return Ok((!self.data.is_empty()).then(|| std::mem::take(&mut self.data)));
        }
        let line = std::str::from_utf8(line).map_err(|_| EventFault::NotText)?;
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        // Older llama-servers write what went wrong as a field of its own.
        if matches!(field, "data" | "error") {
            let value = value.strip_prefix(' ').unwrap_or(value);
            if self.data.len() + value.len() > EVENT_BYTES_MAX {
                return Err(EventFault::TooLong);
            }
            if !self.data.is_empty() {
                self.data.push('\n');
            }
            self.data.push_str(value);
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_wherever_the_bytes_are_cut() {
        let text = b": ping\r\n\r\ndata: {\"a\":\r\ndata: 1}\r\nid: 7\r\n\r\nevent: x\ndata:[DONE]\n\ndata: last";
        for at in 0..text.len() {
            let mut events = Events::default();
            let mut found = events.push(&text[..at]).expect("text");
            found.extend(events.push(&text[at..]).expect("text"));
            found.extend(events.finish().expect("text"));
            assert_eq!(found, ["{\"a\":\n1}", "[DONE]", "last"], "cut at {at}");
        }
    }

    #[test]
    fn what_is_too_long_or_no_text_is_refused() {
        let mut events = Events::default();
        let part = vec![b'x'; EVENT_BYTES_MAX];
        assert_eq!(events.push(&part), Ok(Vec::new()));
        assert_eq!(events.push(b"x"), Err(EventFault::TooLong));
        let mut events = Events::default();
        let half = [b"data: ", &part[EVENT_BYTES_MAX / 2..], b"\n"].concat();
        assert_eq!(events.push(&half).and_then(|_| events.push(&half)), Ok(Vec::new()));
        assert_eq!(events.push(&half), Err(EventFault::TooLong));
        assert_eq!(Events::default().push(b"data: \xff\n"), Err(EventFault::NotText));
    }
}
