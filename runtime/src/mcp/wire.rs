//! Messages as lines: what the SDK's own transport does, but for the list of tools, which is a constant text.
//!
//! That text is megabytes long where tools are many. Made of the SDK's types it would be parsed and written again, and held
//! twice, before a client has its first answer. So the SDK is given an empty list, and the text is put in its place here.

use std::future::Future;
use std::io;
use std::sync::Arc;

use airlock_offer::Sent;
use rmcp::ErrorData;
use rmcp::model::{JsonRpcMessage, ServerJsonRpcMessage, ServerResult};
use rmcp::service::{RoleServer, RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::sync::Mutex;

use super::door::Sending;

/// What stands where the list does, in an answer whose list is empty.
const EMPTY_LIST: &str = "\"tools\":[]";

pub(super) struct Wire<R, W> {
    read: BufReader<R>,
    /// The line that is being read. Kept here because `receive` may be dropped and called again.
    line: Vec<u8>,
    /// None once it is closed.
    write: Arc<Mutex<Option<W>>>,
    list: Arc<Sent>,
    /// An answer of our own that is being written.
    own_answer: Option<Sending<io::Error>>,
}

impl<R: AsyncRead + Unpin, W> Wire<R, W> {
    /// Lines from `read`, each whole and none too long; lines to `write`. `list` is the JSON array that clients are sent.
    pub(super) fn new(read: R, write: W, list: Arc<Sent>) -> Self {
        let write = Arc::new(Mutex::new(Some(write)));
        Self { read: BufReader::new(read), line: Vec::new(), write, list, own_answer: None }
    }
}

impl<R, W> Transport<RoleServer> for Wire<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(&mut self, item: TxJsonRpcMessage<RoleServer>) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let (write, list) = (Arc::clone(&self.write), Arc::clone(&self.list));
        async move {
            let (before, behind) = written(&item)?;
            let mut write = write.lock().await;
            let write = write.as_mut().ok_or(io::ErrorKind::NotConnected)?;
            write.write_all(before.as_bytes()).await?;
            if let Some(behind) = behind {
                for part in list.parts() {
                    write.write_all(part.as_bytes()).await?;
                }
                write.write_all(behind.as_bytes()).await?;
            }
            write.flush().await
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(answer) = &mut self.own_answer {
                let sent = answer.await;
                self.own_answer = None;
                sent.ok()?;
            }
            if self.read.read_until(b'\n', &mut self.line).await.ok()? == 0 && self.line.is_empty() {
                return None;
            }
            let read = read(&self.line);
            self.line.clear();
            match read {
                Read::Message(message) => return Some(*message),
                Read::Nothing => {}
                Read::NoMessage => {
                    let fault = ErrorData::invalid_request("Invalid request", None);
                    self.own_answer = Some(Box::pin(self.send(ServerJsonRpcMessage::error(fault, None))));
                }
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        drop(self.write.lock().await.take());
        Ok(())
    }
}

/// A message as a line; in two pieces where the list of tools stands between them.
fn written(item: &TxJsonRpcMessage<RoleServer>) -> io::Result<(String, Option<String>)> {
    let mut line = serde_json::to_string(item)?;
    line.push('\n');
    let is_list = matches!(item, JsonRpcMessage::Response(response)
        if matches!(&response.result, ServerResult::ListToolsResult(result) if result.tools.is_empty()));
    let Some(place) = line.rfind(EMPTY_LIST).filter(|_| is_list) else { return Ok((line, None)) };
    let behind = line.split_off(place + EMPTY_LIST.len());
    line.truncate(line.len() - "[]".len());
    Ok((line, Some(behind)))
}

/// What a line is.
enum Read {
    Message(Box<RxJsonRpcMessage<RoleServer>>),
    /// Nothing that wants an answer: no JSON, or a notification that is none of the protocol's.
    Nothing,
    /// JSON that is no message.
    NoMessage,
}

fn read(line: &[u8]) -> Read {
    /// Notifications alone have a method and no id.
    #[derive(Deserialize)]
    struct Parts {
        method: Option<IgnoredAny>,
        id: Option<IgnoredAny>,
    }
    // RFC 8259, section 8.1, lets readers pass over the mark.
    let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii();
    if text.is_empty() {
        return Read::Nothing;
    }
    match serde_json::from_slice(text) {
        Ok(message) => Read::Message(Box::new(message)),
        Err(fault) if !fault.is_data() => Read::Nothing,
        Err(_) => match serde_json::from_slice(text) {
            Ok(Parts { method: Some(_), id: None }) => Read::Nothing,
            _ => Read::NoMessage,
        },
    }
}

#[cfg(test)]
mod tests {
    use rmcp::model::{ListToolsResult, NumberOrString, ServerJsonRpcMessage, ServerResult};
    use serde_json::Value;

    use super::{Read, read, written};

    #[test]
    fn the_list_is_put_in_as_it_is_and_once() {
        let list = r#"[{"name":"a","description":"\"tools\":[]"}]"#;
        let mut result = ListToolsResult::with_all_items(Vec::new());
        result.ttl_ms = Some(7);
        let id = NumberOrString::String("\"tools\":[]".into());
        let message = ServerJsonRpcMessage::response(ServerResult::ListToolsResult(result), id);
        let (before, behind) = written(&message).expect("can be written");
        let line = format!("{before}{list}{}", behind.expect("the list stands in between"));
        let value: Value = serde_json::from_str(&line).expect("is JSON");
        assert_eq!(value["result"]["tools"], serde_json::from_str::<Value>(list).expect("is JSON"));
        assert_eq!((&value["id"], &value["result"]["ttlMs"]), (&"\"tools\":[]".into(), &7.into()));
        assert!(line.ends_with("}\n") && line.contains(list));
    }

    #[test]
    fn what_is_no_message_is_told_from_what_wants_no_answer() {
        let told = |line: &str| match read(line.as_bytes()) {
            Read::Message(_) => "message",
            Read::Nothing => "nothing",
            Read::NoMessage => "no message",
        };
        for (line, expected) in [
            (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, "message"),
            ("\u{feff}{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\r\n", "message"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"unheard/of","params":{}}"#, "message"),
            ("\n", "nothing"),
            ("no json\n", "nothing"),
            (r#"{"jsonrpc":"2.0","method":7}"#, "nothing"),
            ("[]", "no message"),
            ("7", "no message"),
            (r#"{"jsonrpc":"2.0","id":1}"#, "no message"),
        ] {
            assert_eq!(told(line), expected, "{line}");
        }
    }
}
