//! Receivers beyond the machine: whatever comes is written down, a line each.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::thread;

/// Listens until it is ended. The log begins with `ready`.
pub(super) fn run(log: &Path, places: &[&str]) -> Result<(), String> {
    let open = || OpenOptions::new().create(true).append(true).open(log);
    let mut threads = Vec::new();
    for place in places {
        let file = open().map_err(|fault| format!("{}: {fault}", log.display()))?;
        let failed = |fault| format!("{place}: {fault}");
        let line = format!("{place}\n");
        match place.split_once(':') {
            Some(("tcp", address)) => {
                let listener = TcpListener::bind(address).map_err(failed)?;
                threads.push(thread::spawn(move || tcp(&listener, &file, &line)));
            }
            Some(("udp", address)) => {
                let socket = UdpSocket::bind(address).map_err(failed)?;
                threads.push(thread::spawn(move || udp(&socket, &file, &line)));
            }
            _ => return Err(format!("{place}: a place is tcp:IP:PORT or udp:IP:PORT")),
        }
    }
    open().and_then(|mut file| file.write_all(b"ready\n")).map_err(|fault| format!("{}: {fault}", log.display()))?;
    for thread in threads {
        thread.join().map_err(|_| "a receiver broke down".to_owned())?;
    }
    Ok(())
}

// A receipt that is not written down would be taken for none, so a fault ends the thread, and the program.

fn tcp(listener: &TcpListener, mut log: &File, line: &str) {
    while listener.accept().and_then(|_| log.write_all(line.as_bytes())).is_ok() {}
}

fn udp(socket: &UdpSocket, mut log: &File, line: &str) {
    let mut bytes = [0; 2048];
    while socket.recv(&mut bytes).and_then(|_| log.write_all(line.as_bytes())).is_ok() {}
}
