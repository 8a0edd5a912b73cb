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
