//! An upstream that records every byte of every request and answers `true`.
//!
//! It reads HTTP/1.1 by hand (RFC 9112), so that nothing between the socket and the record can mend or hide anything.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A head longer than this is a fault of the test, in bytes.
const HEAD_BYTES_MAX: u64 = 1 << 16;

/// What every request is answered with.
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\ntrue";

/// The body of the answer.
const BODY: &[u8] = b"true";

/// One request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// The request line, without its end.
    pub(crate) line: String,
    /// Names in small letters, values as they came, in their order.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, as long as `Content-Length` says.
    pub(crate) body: Vec<u8>,
}

impl Recorded {
    /// The only value of a header; none if it is missing. Twice is a fault.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(other, _)| other == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "`{name}` came twice: {self:?}");
        value
    }
}

/// A listener with its records. Its threads end with their connections, the last one with the process.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    requests: Vec<Recorded>,
    connections: usize,
    faults: Vec<String>,
}

impl Recorder {
    /// Listens on a free port of this machine.
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                lock(&state).connections += 1;
                thread::spawn(move || {
                    if let Err(fault) = converse(&stream, &state) {
                        lock(&state).faults.push(fault.to_string());
                    }
                });
            }
        });
        Ok(Self { address, state })
    }

    /// Everything that has come since the last time. A request is here before its answer is sent.
    pub(crate) fn take(&self) -> Vec<Recorded> {
        let mut state = lock(&self.state);
        assert!(state.faults.is_empty(), "{:?}", state.faults);
        std::mem::take(&mut state.requests)
    }

    /// How many connections there have been.
    pub(crate) fn connections(&self) -> usize {
        lock(&self.state).connections
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection, until the other side closes it.
fn converse(stream: &TcpStream, state: &Mutex<State>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some(request) = read(&mut reader)? {
        // The answer to HEAD is a head alone (RFC 9110, section 9.3.2).
        let length = if request.line.starts_with("HEAD ") { ANSWER.len() - BODY.len() } else { ANSWER.len() };
        lock(state).requests.push(request);
        writer.write_all(&ANSWER[..length])?;
    }
    Ok(())
}

/// Reads one request; none at the end of the connection.
fn read(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<Recorded>> {
    let mut left = HEAD_BYTES_MAX;
    let Some(line) = head_line(reader, &mut left)? else { return Ok(None) };
    let mut headers = Vec::new();
    loop {
        let header = head_line(reader, &mut left)?.ok_or_else(|| fault("the head has no end"))?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(": ").ok_or_else(|| fault(&format!("no header: {header:?}")))?;
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut request = Recorded { line, headers, body: Vec::new() };
    if request.header("transfer-encoding").is_some() {
        return Err(fault("a body came in chunks"));
    }
    if let Some(length) = request.header("content-length") {
        let length: usize = length.parse().map_err(|_| fault("the length is no number"))?;
        request.body = vec![0; length];
        reader.read_exact(&mut request.body)?;
    }
    Ok(Some(request))
}

/// One line of the head, ended by CR LF and holding neither elsewhere; none at the end of the connection.
fn head_line(reader: &mut BufReader<&TcpStream>, left: &mut u64) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let read = reader.take(*left).read_until(b'\n', &mut line)?;
    *left -= read as u64;
    if read == 0 {
        return Ok(None);
    }
    let line = line.strip_suffix(b"\r\n").ok_or_else(|| fault("a line of the head does not end in CR LF"))?;
    let is_visible = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    if !line.iter().all(is_visible) {
        return Err(fault(&format!("the head holds what is not visible: {:?}", String::from_utf8_lossy(line))));
    }
    Ok(Some(String::from_utf8_lossy(line).into_owned()))
}

fn fault(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}
