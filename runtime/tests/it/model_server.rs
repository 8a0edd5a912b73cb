//! A model server that says what a test wants, over TCP or at a unix socket, one answer a connection.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// What a connection gets.
pub(crate) enum Said {
    /// An answer that was recorded: `endpoint/NAME.answer`. Its body goes out in small pieces.
    File(&'static str),
    /// These bytes, and then nothing until the other side leaves.
    Stall(Vec<u8>),
    /// These bytes, and then these over and over until the other side leaves.
    Endless(Vec<u8>, Vec<u8>),
}

/// A server that is listening. Its thread ends with the test's process.
pub(crate) struct Scripted {
    /// As `--endpoint` takes it.
    pub(crate) address: String,
    requests: Arc<Mutex<Vec<String>>>,
    /// When the other side left a connection that was stalled.
    pub(crate) left: mpsc::Receiver<Instant>,
    _directory: tempfile::TempDir,
}

trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

impl Scripted {
    pub(crate) fn over_tcp(said: Vec<Said>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("bound"));
        Self::start(address, tempfile::tempdir().expect("a directory"), said, move || {
            Box::new(listener.accept().expect("a connection").0)
        })
    }

    pub(crate) fn at_a_socket(said: Vec<Said>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let socket = directory.path().join("model.sock");
        let listener = UnixListener::bind(&socket).expect("it can be bound");
        let address = format!("unix:{}", socket.display());
        Self::start(address, directory, said, move || Box::new(listener.accept().expect("a connection").0))
    }

    fn start(
        address: String,
        directory: tempfile::TempDir,
        said: Vec<Said>,
        accept: impl Fn() -> Box<dyn Stream> + Send + 'static,
    ) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let (leaves, left) = mpsc::channel();
        thread::spawn(move || {
            for one in said {
                let mut stream = accept();
                let request = read_request(&mut stream);
                seen.lock().expect("no panic").push(request);
                answer(&mut stream, one, &leaves);
            }
        });
        Self { address, requests, left, _directory: directory }
    }

    /// The requests so far, whole.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }

    /// The body of a request.
    pub(crate) fn body(&self, place: usize) -> Value {
        let requests = self.requests();
        let (_, body) = requests[place].split_once("\r\n\r\n").expect("a head");
        serde_json::from_str(body).expect("JSON")
    }
}

/// A file of `endpoint/`.
pub(crate) fn file(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/endpoint").join(name);
    std::fs::read(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

fn read_request(stream: &mut dyn Stream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        let mut part = [0; 4096];
        match stream.read(&mut part) {
            Ok(count) if count > 0 => bytes.extend_from_slice(&part[..count]),
            _ => return text,
        }
    }
}

fn answer(stream: &mut dyn Stream, said: Said, leaves: &mpsc::Sender<Instant>) {
    match said {
        Said::File(name) => {
            let bytes = file(&format!("{name}.answer"));
            let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
            let (head, body) = bytes.split_at(end);
            let is_chunked = String::from_utf8_lossy(head).to_ascii_lowercase().contains("transfer-encoding: chunked");
            let _ = stream.write_all(head);
            for part in body.chunks(61) {
                let head = if is_chunked { format!("{:x}\r\n", part.len()) } else { String::new() };
                let end: &[u8] = if is_chunked { b"\r\n" } else { b"" };
                let _ = stream.write_all(&[head.as_bytes(), part, end].concat());
            }
            if is_chunked {
                let _ = stream.write_all(b"0\r\n\r\n");
            }
        }
        Said::Stall(bytes) => {
            let _ = stream.write_all(&bytes);
            // Whatever is read here: the other side has left, or has broken the connection.
            let _ = stream.read(&mut [0; 1]);
            let _ = leaves.send(Instant::now());
        }
        Said::Endless(first, then) => {
            let mut written = stream.write_all(&first);
            while written.is_ok() {
                written = stream.write_all(&then);
            }
            let _ = leaves.send(Instant::now());
        }
    }
}

/// How long after a moment the other side left.
pub(crate) fn left_after(server: &Scripted, since: Instant) -> Duration {
    server.left.recv_timeout(Duration::from_secs(5)).expect("it leaves").saturating_duration_since(since)
}
