//! Between the lines and the SDK: what the SDK's own loop gets wrong at the beginning and at the end.
//!
//! Until a conversation is open, anything but a request ends the SDK's loop, although a client that gives up on a slow
//! discovery sends just that; such messages are dropped here. When the input ends, the SDK gives calls in flight five
//! seconds; here the end is held back until each has its answer.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, ClientRequest, ErrorCode, GetMeta, JsonRpcMessage, ProtocolVersion,
    RequestId, ServerJsonRpcMessage,
};
use rmcp::service::{RoleServer, RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::time::Instant;

use super::frame::Fault;
use super::{GRACE, VERSIONS};

/// A message on its way out.
pub(super) type Sending<E> = Pin<Box<dyn Future<Output = Result<(), E>> + Send>>;

pub(super) struct Door<T: Transport<RoleServer>> {
    inner: T,
    open: bool,
    /// Requests without an answer so far.
    pending: HashSet<RequestId>,
    time_max: Duration,
    /// For the answer to a longer line.
    line_bytes_max: usize,
    /// Set when the input has ended: when to stop waiting for answers.
    deadline: Option<Instant>,
    /// An answer of our own that is being written. Kept here because `receive` may be dropped and called again.
    own_answer: Option<Sending<T::Error>>,
}

impl<T: Transport<RoleServer>> Door<T> {
    pub(super) fn new(inner: T, time_max: Duration, line_bytes_max: usize) -> Self {
        Self { inner, open: false, pending: HashSet::new(), time_max, line_bytes_max, deadline: None, own_answer: None }
    }

    /// Answers a request that the SDK never sees.
    fn refuse(&mut self, id: &RequestId, fault: ErrorData) -> bool {
        let answer = ServerJsonRpcMessage::error(fault, Some(id.clone()));
        self.own_answer = Some(Box::pin(self.inner.send(answer)));
        false
    }

    /// Whether the SDK may see a message. Keeps the list of open requests.
    fn admits(&mut self, message: &ClientJsonRpcMessage) -> bool {
        match message {
            JsonRpcMessage::Request(request) => {
                if let ClientRequest::CustomRequest(custom) = &request.request
                    && let Some(fault) = Fault::of_method(&custom.method)
                {
                    return self.refuse(&request.id, fault.error(self.line_bytes_max));
                }
                if self.pending.contains(&request.id) {
                    // The SDK would make the call and drop its answer.
                    let text = "a request with this id is still open";
                    return self.refuse(&request.id, ErrorData::new(ErrorCode::INVALID_REQUEST, text, None));
                }
                self.open |= opens(&request.request);
                self.pending.insert(request.id.clone());
                true
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) = &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.pending.remove(id);
                }
                self.open
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => self.open,
        }
    }
}

/// Whether the SDK's loop is past its opening after this request.
fn opens(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
        request => {
            let meta = request.get_meta();
            meta.missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty()
                && meta.protocol_version().is_some_and(|version| VERSIONS.contains(&version))
        }
    }
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for Door<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        match &item {
            JsonRpcMessage::Response(response) => {
                self.pending.remove(&response.id);
            }
            JsonRpcMessage::Error(error) => {
                if let Some(id) = &error.id {
                    self.pending.remove(id);
                }
            }
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => {}
        }
        self.inner.send(item)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(answer) = &mut self.own_answer {
                let sent = answer.await;
                self.own_answer = None;
                sent.ok()?;
            }
            if let Some(deadline) = self.deadline {
                if !self.pending.is_empty() {
                    // The SDK drops this future whenever an answer goes out, and asks again.
                    tokio::time::sleep_until(deadline).await;
                }
                return None;
            }
            match self.inner.receive().await {
                Some(message) if self.admits(&message) => return Some(message),
                Some(_) => {}
                None => self.deadline = Some(Instant::now() + self.time_max + GRACE),
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}
