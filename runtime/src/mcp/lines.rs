//! Lines of input, each whole and none too long.
//!
//! What comes in: bytes. What goes out: bytes of whole lines. A last line without its end gets one. A line that is too
//! long, or that the SDK cannot read, is replaced with a short request of the same id, so that its sender gets an answer
//! and does not wait for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use serde_json::{Value, json};
use tokio::io::{AsyncRead, ReadBuf};

use super::frame::{self, Fault, IdScan};

/// Longest line, in bytes. Calls are small: arguments of a megabyte are a mistake or an attack.
const LINE_BYTES_MAX: usize = 1 << 20;

/// Longest line where a tool takes files: the longest file in base64, and room for the rest of the call. Lines over 16 MiB
/// would be dropped by the SDK without any answer.
const FILE_LINE_BYTES_MAX: usize = 12 << 20;

/// The longest line that is read.
pub(super) const fn bytes_max(files: bool) -> usize {
    if files { FILE_LINE_BYTES_MAX } else { LINE_BYTES_MAX }
}

const CHUNK_BYTES: usize = 16 * 1024;

pub(super) struct Lines<R> {
    inner: R,
    bytes_max: usize,
    /// The line that is not whole yet.
    line: Vec<u8>,
    /// Looks for the id while a line is dropped; none while a line is kept.
    scan: Option<IdScan>,
    /// Whole lines, and how much of them is handed out.
    ready: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl<R> Lines<R> {
    pub(super) fn new(inner: R, bytes_max: usize) -> Self {
        Self { inner, bytes_max, line: Vec::new(), scan: None, ready: Vec::new(), taken: 0, ended: false }
    }

    fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let (part, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
            bytes = rest;
            if let Some(scan) = &mut self.scan {
                scan.push(part);
            } else if self.line.len() + part.len() > self.bytes_max {
                let mut scan = IdScan::default();
                scan.push(&self.line);
                scan.push(part);
                self.line = Vec::new();
                self.scan = Some(scan);
            } else {
                self.line.extend_from_slice(part);
            }
            if end.is_some() {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        if let Some(scan) = self.scan.take() {
            return self.replace(scan.id(), Fault::TooLong);
        }
        match frame::fault(&self.line) {
            None => self.ready.append(&mut self.line),
            Some((id, fault)) => {
                self.line.clear();
                self.replace(Some(id), fault);
            }
        }
    }

    /// Puts a short request in place of a line. What has no id wants no answer.
    fn replace(&mut self, id: Option<Value>, fault: Fault) {
        if let Some(id) = id {
            let request = json!({"jsonrpc": "2.0", "id": id, "method": fault.method()});
            self.ready.extend_from_slice(request.to_string().as_bytes());
            self.ready.push(b'\n');
        }
    }

    fn finish(&mut self) {
        self.ended = true;
        if self.scan.is_some() {
            self.end_line();
        } else if !self.line.is_empty() {
            self.line.push(b'\n');
            self.end_line();
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Lines<R> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.taken == this.ready.len() && !this.ended {
            this.ready.clear();
            this.taken = 0;
            let mut bytes = [0; CHUNK_BYTES];
            let mut chunk = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut this.inner).poll_read(context, &mut chunk))?;
            if chunk.filled().is_empty() {
                this.finish();
            } else {
                this.push(chunk.filled());
            }
        }
        let waiting = this.ready.get(this.taken..).unwrap_or_default();
        let count = waiting.len().min(out.remaining());
        out.put_slice(&waiting[..count]);
        this.taken += count;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::{LINE_BYTES_MAX, Lines};

    async fn lines(input: &[u8]) -> String {
        let mut text = String::new();
        Lines::new(input, LINE_BYTES_MAX).read_to_string(&mut text).await.expect("UTF-8");
        text
    }

    #[test]
    fn the_longest_file_fits_into_a_line() {
        let base64 = airlock_contract::request::BODY_BYTES_MAX.div_ceil(3) * 4;
        assert!(base64 + (1 << 19) < super::bytes_max(true) && super::bytes_max(true) < 16 << 20);
    }

    #[tokio::test]
    async fn a_last_line_without_its_end_gets_one() {
        assert_eq!(lines(b"{}\n\n[1]").await, "{}\n\n[1]\n");
        assert_eq!(lines(b"{}\n").await, "{}\n");
        assert_eq!(lines(b"").await, "");
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_becomes_a_short_request_of_its_id() {
        let long = "x".repeat(LINE_BYTES_MAX);
        let input = format!(
            "{{\"a\":1}}\n{{\"params\":{{\"id\":1,\"t\":\"{long}\"}},\"method\":\"m\",\"id\":\"a,\\\"b\"}}\n{{\"b\":2}}\n"
        );
        let expected =
            "{\"a\":1}\n{\"jsonrpc\":\"2.0\",\"id\":\"a,\\\"b\",\"method\":\"airlock/line_too_long\"}\n{\"b\":2}\n";
        assert_eq!(lines(input.as_bytes()).await, expected);
        let input = format!("{{\"id\":7,\"params\":[\"{long}\"],\"method\":\"m\"}}");
        assert!(lines(input.as_bytes()).await.contains("\"id\":7,"));
        let answer = format!("{{\"id\":7,\"result\":[\"{long}\"]}}\n[1]\n");
        assert_eq!(lines(answer.as_bytes()).await, "[1]\n", "its id is one of ours");
        let notification = format!("{{\"params\":{{\"id\":7,\"t\":\"{long}\"}}}}\n[1]\n");
        assert_eq!(lines(notification.as_bytes()).await, "[1]\n");
    }

    #[tokio::test]
    async fn half_a_pair_of_surrogates_gets_an_answer() {
        let whole = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\ud83d\\ude00\"}\n";
        assert_eq!(lines(whole.as_bytes()).await, whole);
        for half in ["\\ud83d", "\\uDE00", "\\ud83dx", "\\ude00\\ud83d"] {
            let line = format!("{{\"id\":1,\"method\":\"{half}\"}}\n[2]\n");
            assert_eq!(
                lines(line.as_bytes()).await,
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"airlock/no_text\"}\n[2]\n"
            );
        }
    }
}
