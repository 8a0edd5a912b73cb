//! The real program, serving over HTTP.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use crate::host::Place;

/// A server that is killed when the test is done with it.
pub(crate) struct Served {
    pub(crate) url: String,
    pub(crate) child: Child,
}

impl Served {
    /// Starts `serve --http` at a free port of loopback, and waits until it listens.
    pub(crate) fn start(place: &Place, more: &[&str]) -> Self {
        let mut command = place.command(&["serve", "--http", "127.0.0.1:0"]);
        let mut child = command.args(more).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        let mut errors = BufReader::new(child.stderr.take().expect("is piped"));
        errors.read_line(&mut line).expect("can be read");
        let url = line.trim().strip_prefix("listening at ").unwrap_or_else(|| panic!("{line}")).to_owned();
        // Whatever else it says must not block it.
        std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
        Self { url, child }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;
    use std::process::Command;
    use std::time::{Duration, Instant};

    use airlock_tests::clinic::{Fault, Options};
    use serde_json::json;

    use super::Served;
    use airlock_tests::host::KEY;

    use crate::host::Place;

    fn signal(served: &Served) {
        let sent = Command::new("kill").arg(served.child.id().to_string()).status().expect("there is kill");
        assert!(sent.success());
    }

    /// The first signal lets calls in flight end; whoever does not want to wait for them sends another.
    #[test]
    fn a_second_signal_ends_the_program_at_once() {
        let place = Place::new(Options::new(KEY).with_fault("/v1/patients", Fault::Hang));
        let mut served = Served::start(&place, &[]);
        let address = served.url.trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
        let call =
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "find_patients"}}).to_string();
        let mut stream = TcpStream::connect(&address).expect("it listens");
        write!(
            stream,
            "POST /mcp HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nMCP-Protocol-Version: 2025-11-25\r\n\
             Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n\r\n{call}",
            call.len()
        )
        .expect("written");
        let started = Instant::now();
        while place.clinic.received().is_empty() {
            assert!(started.elapsed() < Duration::from_secs(20), "the request never arrived");
            std::thread::sleep(Duration::from_millis(10));
        }
        signal(&served);
        std::thread::sleep(Duration::from_millis(300));
        assert!(served.child.try_wait().expect("can be asked").is_none(), "the call is waited for");
        assert!(TcpStream::connect(&address).is_err(), "nobody else is let in");
        signal(&served);
        let ended = served.child.wait().expect("it ends");
        assert!(ended.success() && started.elapsed() < Duration::from_secs(20), "{ended}");
        let mut rest = String::new();
        stream.read_to_string(&mut rest).expect("a clean end");
        assert_eq!(rest, "");
        let verdicts: Vec<_> = place.audit().iter().map(|record| record["verdict"].clone()).collect();
        assert_eq!(verdicts, ["cancelled"], "the call leaves its record");
    }
}
