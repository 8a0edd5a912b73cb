//! An upstream that goes wrong in every way in which one can, by the patient whose allergies are asked for.
//!
//! It writes HTTP/1.1 by hand, since no library would. Every connection has a thread of its own, which ends with it.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// The connection is reset before an answer.
    ResetBeforeHead,
    /// The connection is reset in the head of the answer.
    ResetInHead,
    /// The connection is reset in the body.
    ResetInBody,
    /// A byte a second.
    Drip,
    /// No answer, ever.
    Never,
    /// The body is longer than its length says.
    LengthTooShort,
    /// The body ends before its length.
    LengthTooLong,
    /// Two lengths that differ.
    TwoLengths,
    /// Chunks without an end.
    ChunksWithoutEnd,
    /// A chunk whose size is no number.
    BadChunk,
    /// A body of 1 GiB that says so.
    Gigabyte,
    /// Gzip that nobody offered, and that is none.
    BadGzip,
    /// A page for people, with status 200.
    Html,
    /// JSON with a comma too many.
    BrokenJson,
    /// JSON in ISO 8859-1.
    OtherCharset,
    /// One header of 8 MiB.
    LongHeader,
    /// 100,000 headers.
    ManyHeaders,
    /// `100 Continue` without an end.
    Informational,
    /// A redirect to another host.
    Redirect,
    /// Status 204 with a body.
    NoContentWithBody,
    /// Overloaded, and to be asked again after a minute.
    Overloaded,
    /// No HTTP at all.
    NoHttp,
    /// An answer, after which the connection ends without a word.
    DiesAfterwards,
}

impl Trouble {
    /// All of them, in the order of their patients.
    pub const ALL: [Self; 24] = [
        Self::None,
        Self::ResetBeforeHead,
        Self::ResetInHead,
        Self::ResetInBody,
        Self::Drip,
        Self::Never,
        Self::LengthTooShort,
        Self::LengthTooLong,
        Self::TwoLengths,
        Self::ChunksWithoutEnd,
        Self::BadChunk,
        Self::Gigabyte,
        Self::BadGzip,
        Self::Html,
        Self::BrokenJson,
        Self::OtherCharset,
        Self::LongHeader,
        Self::ManyHeaders,
        Self::Informational,
        Self::Redirect,
        Self::NoContentWithBody,
        Self::Overloaded,
        Self::NoHttp,
        Self::DiesAfterwards,
    ];

    /// The patient at whom it happens.
    pub fn patient(self) -> String {
        format!("P{:04}", self as usize)
    }

    /// What happens at the target of a request.
    fn at(target: &str) -> Self {
        let number = target.split("/P").nth(1).and_then(|rest| rest.get(..4)?.parse::<usize>().ok());
        number.and_then(|number| Self::ALL.get(number).copied()).unwrap_or(Self::None)
    }
}

/// Starts an upstream, which ends with the process: its address.
///
/// # Errors
/// There is no free port.
pub fn serve() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // An error is the other side's end of the connection, or the trouble that was asked for.
            thread::spawn(move || while let Ok(true) = answer(&stream) {});
        }
    });
    Ok(address)
}

/// An allergy as the clinic tells it.
const ALLERGY: &str = r#"{"id":"AL005","patient_id":"P0007","status":"active","verification":"confirmed","category":"medication","severity":"severe","substance":{"coding":[{"system":"http://snomed.info/sct","code":"764146007","display":"Penicillin"}],"text":"Penicillin"},"last_reaction_on":null,"reactions":[],"onset_date":null,"recorded_by":"DR03","recorded_at":"2025-04-30T11:15:00Z","note":null}"#;

const JSON: &str = "Content-Type: application/json\r\n";

/// Answers one request; whether the connection stays.
fn answer(mut stream: &TcpStream) -> io::Result<bool> {
    let mut bytes = vec![0; 16 * 1024];
    let length = stream.peek(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
    let Some(length) = text.find("\r\n\r\n").map(|at| at + 4) else {
        if length == 0 {
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(1));
        return Ok(true);
    };
    let trouble = Trouble::at(text.split(' ').nth(1).unwrap_or_default());
    let body = format!("{{\"items\":[{ALLERGY}],\"total\":1}}");
    // A connection that is closed with a request unread is reset.
    match trouble {
        Trouble::ResetBeforeHead => return Ok(false),
        Trouble::ResetInHead => return stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Ty").map(|()| false),
        Trouble::ResetInBody => {
            return stream.write_all(head("200 OK", JSON, 5000).as_bytes()).map(|()| false);
        }
        _ => stream.read_exact(&mut bytes[..length])?,
    }
    let whole =
        |status: &str, headers: &str, body: &[u8]| [head(status, headers, body.len()).as_bytes(), body].concat();
    let sent = match trouble {
        Trouble::Drip => drip(stream, &whole("200 OK", JSON, body.as_bytes())),
        Trouble::Never => stream.read(&mut bytes).map(|_| ()),
        Trouble::LengthTooShort => stream.write_all(format!("{}{body}", head("200 OK", JSON, 40)).as_bytes()),
        Trouble::LengthTooLong => {
            stream.write_all(format!("{}{body}", head("200 OK", JSON, body.len() + 1)).as_bytes())
        }
        Trouble::TwoLengths => {
            let headers = format!("{JSON}Content-Length: 7\r\n");
            stream.write_all(&whole("200 OK", &headers, body.as_bytes()))
        }
        Trouble::ChunksWithoutEnd => chunks(stream),
        Trouble::BadChunk => stream.write_all(format!("{CHUNKED}xyz\r\n{body}\r\n0\r\n\r\n").as_bytes()),
        Trouble::Gigabyte => gigabyte(stream),
        Trouble::BadGzip => {
            stream.write_all(&whole("200 OK", &format!("{JSON}Content-Encoding: gzip\r\n"), b"\x1f\x8bno"))
        }
        Trouble::Html => stream.write_all(&whole("200 OK", "Content-Type: text/html\r\n", b"<html>Please log in")),
        Trouble::BrokenJson => stream.write_all(&whole("200 OK", JSON, body.replace("],", "],,").as_bytes())),
        Trouble::OtherCharset => {
            let headers = "Content-Type: application/json; charset=iso-8859-1\r\n";
            stream.write_all(&whole("200 OK", headers, b"{\"items\":[],\"total\":0,\"note\":\"caf\xe9\"}"))
        }
        Trouble::LongHeader => {
            stream.write_all(&whole("200 OK", &format!("{JSON}X-Long: {}\r\n", "x".repeat(8 << 20)), b"{}"))
        }
        Trouble::ManyHeaders => {
            stream.write_all(&whole("200 OK", &format!("{JSON}{}", "X-Many: x\r\n".repeat(100_000)), b"{}"))
        }
        Trouble::Informational => loop {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        },
        Trouble::Redirect => stream.write_all(&whole("302 Found", "Location: http://127.0.0.1:1/steal\r\n", b"")),
        Trouble::NoContentWithBody => stream.write_all(&whole("204 No Content", JSON, body.as_bytes())),
        Trouble::Overloaded => stream.write_all(&whole("503 Service Unavailable", "Retry-After: 60\r\n", b"")),
        Trouble::NoHttp => stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n"),
        _ => stream.write_all(&whole("200 OK", JSON, body.as_bytes())),
    };
    sent.map(|()| !matches!(trouble, Trouble::LengthTooLong | Trouble::DiesAfterwards | Trouble::NoHttp))
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

fn head(status: &str, headers: &str, length: usize) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n")
}

fn drip(mut stream: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte])?;
        thread::sleep(Duration::from_secs(1));
    }
    Ok(())
}

fn chunks(mut stream: &TcpStream) -> io::Result<()> {
    let chunk = format!("2000\r\n{}\r\n", " ".repeat(0x2000));
    stream.write_all(CHUNKED.as_bytes())?;
    loop {
        stream.write_all(chunk.as_bytes())?;
    }
}

fn gigabyte(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(head("200 OK", JSON, 1 << 30).as_bytes())?;
    let part = [b' '; 1 << 14];
    (0..1 << 16).try_for_each(|_| stream.write_all(&part))
}
