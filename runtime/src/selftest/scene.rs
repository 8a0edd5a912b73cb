//! What an attempt finds: the targets that its parent has put up, told in one argument.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What stands in the files that an attempt must not read, in the victim's memory and in its environment.
pub(super) const CANARY: &[u8; 16] = b"airlock-canary-1";

/// What an attempt sends and writes.
pub(super) const TOKEN: &[u8; 16] = b"airlock-attempt\n";

/// Names of the files in the directories of a scene.
pub(super) const READABLE: &str = "readable";
pub(super) const LINK: &str = "link";
pub(super) const SECRET: &str = "secret";
pub(super) const LOG: &str = "log";
pub(super) const PRIVILEGED: &str = "privileged";
pub(super) const STREAM: &str = "stream.sock";
pub(super) const DATAGRAM: &str = "datagram.sock";

/// Targets. Ports and paths are those of receivers of the parent, unless the run goes beyond the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Scene {
    /// The directory that a confined process may read: [`READABLE`], and [`LINK`] to the secret outside.
    pub(super) tree: PathBuf,
    /// A directory of models, which may be read as well.
    pub(super) models: PathBuf,
    /// A directory that a process may write in, if it may write at all.
    pub(super) state: PathBuf,
    /// A directory beside them: [`SECRET`] and [`LOG`].
    pub(super) outside: PathBuf,
    /// Where sockets listen: [`STREAM`] and [`DATAGRAM`].
    pub(super) sockets: PathBuf,
    /// An abstract socket's name, without the NUL in front: this run's own.
    pub(super) abstract_name: String,
    /// What stands for the declared upstream.
    pub(super) declared: SocketAddr,
    /// The same address, another port.
    pub(super) other_port: SocketAddr,
    /// Another address, the same port; beyond the machine, if the run goes there.
    pub(super) other: SocketAddr,
    /// A receiver on `::1`, where there is IPv6.
    pub(super) six: Option<SocketAddr>,
    /// Port 53 of the other address.
    pub(super) port_53: SocketAddr,
    /// A receiver of datagrams with the declared upstream's port.
    pub(super) datagrams: SocketAddr,
    /// Whom the C library would ask for a name.
    pub(super) resolvers: Vec<SocketAddr>,
    /// A process of the same user, and where its canary stands in its memory.
    pub(super) victim: i32,
    pub(super) victim_canary: u64,
    /// A descriptor that somebody forgot to close.
    pub(super) leaked: i32,
}

impl Scene {
    /// The victim's number, as the kernel takes it.
    pub(super) fn victim(&self) -> u64 {
        super::kernel::word(self.victim)
    }

    /// The secret outside.
    pub(super) fn secret(&self) -> PathBuf {
        self.outside.join(SECRET)
    }
}
