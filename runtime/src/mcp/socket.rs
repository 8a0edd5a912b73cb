//! MCP over a unix socket: the lines of standard input and output, for several clients of one user.
//!
//! The socket is made readable and writable by its owner alone, from its first moment on, and whoever connects must be the
//! same user or root: the mode of a socket is not looked at everywhere.

use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::process::{geteuid, umask};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use super::Server;

/// Clients at once. One more is cut off: each may have calls waiting.
const CLIENTS_MAX: usize = 64;

/// A socket that listens. Its file goes away with it, but where the process has been confined meanwhile: it removes nothing then, and
/// the next one takes the file's place.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Listens at a path. What another program has left there is removed, if it is a socket that nobody listens at.
    ///
    /// # Errors
    /// Something else is there, or the directory cannot be written. Call it before other threads make files: for a moment
    /// the process makes none that others could read.
    pub async fn bind(path: &Path) -> io::Result<Self> {
        if let Ok(about) = fs::symlink_metadata(path) {
            if !about.file_type().is_socket() {
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file that is no socket"));
            }
            if UnixStream::connect(path).await.is_ok() {
                return Err(io::Error::new(io::ErrorKind::AddrInUse, "another program listens there"));
            }
            fs::remove_file(path)?;
        }
        let before = umask(Mode::from_raw_mode(0o177));
        let listener = UnixListener::bind(path);
        umask(before);
        Ok(Self { listener: listener?, path: path.to_owned() })
    }

    /// Serves clients until this future is dropped. What is wrong with one client ends that client alone; it is told to
    /// `tell`, in words.
    pub async fn serve(&self, server: &Server, mut tell: impl FnMut(String)) -> io::Result<()> {
        let mut clients = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.accept() => accepted?,
                Some(ended) = clients.join_next() => {
                    if let Ok(Err(fault)) = ended {
                        tell(format!("a client's connection broke: {fault}"));
                    }
                    continue;
                }
            };
            match accepted {
                Err(uid) => tell(format!("a client of user {uid} was turned away")),
                Ok(_) if clients.len() >= CLIENTS_MAX => {
                    tell(format!("a client was turned away: {CLIENTS_MAX} are connected"));
                }
                Ok(stream) => {
                    let server = stream.peer_cred().map_or_else(|_| server.clone(), |who| server.of_user(who.uid()));
                    clients.spawn(async move {
                        let (read, write) = stream.into_split();
                        server.serve(read, write).await
                    });
                }
            }
        }
    }

    /// Where it is.
    #[cfg(feature = "http")]
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits for the next client. One of another user than this process's or root is cut off, and told by its number.
    pub(super) async fn accept(&self) -> io::Result<Result<UnixStream, u32>> {
        let (stream, _) = self.listener.accept().await?;
        let uid = stream.peer_cred()?.uid();
        Ok(if uid == geteuid().as_raw() || uid == 0 { Ok(stream) } else { Err(uid) })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Nobody can connect any more, whether the file goes or stays.
        let _ = fs::remove_file(&self.path);
    }
}
