//! The upstream: answers every request with the same body at once, each connection on a thread of its own.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// Some peers write the address into what they generate.
const LISTEN: &str = "127.0.0.1:18473";

pub(crate) fn serve(body: &str) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(LISTEN)?;
    let address = listener.local_addr()?;
    let answer =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || converse(&stream, answer.as_bytes()));
        }
    });
    Ok(address)
}

fn converse(mut stream: &TcpStream, answer: &[u8]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.read_until(b'\n', &mut line)? {
            0 => return Ok(()),
            // The empty line behind the head; nothing here has a body.
            2 => stream.write_all(answer)?,
            _ => {}
        }
    }
}

/// The median of a request from here, over a connection that is kept.
pub(crate) fn own_time(address: SocketAddr, requests: usize) -> io::Result<Duration> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 1 << 16];
    let mut taken = Vec::new();
    for _ in 0..requests {
        let began = Instant::now();
        stream.write_all(b"GET /users/octocat HTTP/1.1\r\nHost: bench\r\n\r\n")?;
        // The answer is one small write.
        io::Read::read(&mut stream, &mut buffer)?;
        taken.push(began.elapsed());
    }
    taken.sort_unstable();
    Ok(taken[requests / 2])
}
