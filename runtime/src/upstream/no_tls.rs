//! What stands in for TLS in a program that is built without it: nothing that could be taken for it.

use std::path::Path;

use super::dial::{LinkFault, Stream};
use crate::site::Address;

/// There is none.
pub(crate) type Secured = Stream;

/// There is none.
#[derive(Clone, Debug)]
pub enum Tls {}

impl Tls {
    /// Refused.
    pub(crate) fn new(_: &Address, _: &Path) -> Result<Self, String> {
        Err("is of no use: this program was built without TLS; build it with `--features tls`".to_owned())
    }

    #[expect(clippy::unused_async, reason = "the form is that of a program with TLS")]
    pub(crate) async fn secure(&self, _: Stream) -> Result<Secured, LinkFault> {
        match *self {}
    }
}
