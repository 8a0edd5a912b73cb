//! Lines from standard input, without being stuck in it: Ctrl-C is seen while nothing comes.

use std::io::BufRead as _;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use super::interrupt::Interrupts;

/// A longer line is a paste gone wrong.
const LINE_BYTES_MAX: u64 = 64 * 1024;
const LOOK: Duration = Duration::from_millis(50);

/// What a wait for a line came to.
pub(super) enum Line {
    Text(String),
    End,
    Interrupted,
    Broken(String),
}

/// Lines, read by a thread that may be left behind in its read when the program ends.
pub(super) struct Lines {
    lines: Receiver<Result<String, String>>,
    interrupts: Interrupts,
}

impl Lines {
    pub(super) fn start(interrupts: &Interrupts) -> Self {
        // No line is read before the one ahead of it was taken.
        let (sender, lines) = mpsc::sync_channel(0);
        let spawned = std::thread::Builder::new().name("lines".to_owned()).spawn(move || {
            loop {
                let line = read_line();
                let last = !matches!(line, Some(Ok(_)));
                if let Some(line) = line
                    && sender.send(line).is_err()
                {
                    return;
                }
                if last {
                    return;
                }
            }
        });
        // Without the thread its end of the channel is gone, which reads as the end of the input.
        drop(spawned);
        Self { lines, interrupts: interrupts.clone() }
    }

    /// The next line, however long it takes.
    pub(super) fn next(&self) -> Line {
        loop {
            match self.lines.recv_timeout(LOOK) {
                Ok(Ok(line)) => return Line::Text(line),
                Ok(Err(fault)) => return Line::Broken(fault),
                Err(RecvTimeoutError::Disconnected) => return Line::End,
                Err(RecvTimeoutError::Timeout) if self.interrupts.any() => return Line::Interrupted,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

fn read_line() -> Option<Result<String, String>> {
    use std::io::Read as _;
    let mut line = Vec::new();
    let input = std::io::stdin().lock();
    match input.take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut line) {
        Ok(0) => None,
        Ok(count) if count as u64 > LINE_BYTES_MAX => Some(Err(format!("a line has over {LINE_BYTES_MAX} bytes"))),
        Ok(_) => Some(String::from_utf8(line).map_err(|_| "a line is not UTF-8".to_owned())),
        Err(fault) => Some(Err(fault.to_string())),
    }
}
