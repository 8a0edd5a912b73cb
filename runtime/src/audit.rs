//! The audit record: one line of JSON for each call.
//!
//! What comes in: what the gate knows about a call. What goes out: a line that is on its way to the disk before the
//! caller gets its answer. Values of arguments and answers are never in it: names, counts and a digest are.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// Where records go. Calls at once write one after another.
#[derive(Debug)]
pub struct Audit {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    sink: Sink,
    sequence: u64,
}

#[derive(Debug)]
enum Sink {
    File(File),
    Stderr,
}

/// One call.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// `mcp`, `model` or `command`.
    pub caller: &'static str,
    /// The conversation that it belongs to; none where nothing is remembered between calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Which question of the conversation it was made for, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<u32>,
    /// The highest label that had been read when the call was judged; none where nothing is labelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<&'static str>,
    /// The same after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark_after: Option<&'static str>,
    /// None if no catalog has the tool.
    pub catalog: Option<&'static str>,
    /// The tool's name; cut short if no catalog has it.
    pub tool: String,
    /// `read`, `write` or `destroy`.
    pub effect: Option<&'static str>,
    /// Declared arguments that the caller sent.
    pub arguments: Vec<&'static str>,
    /// How many others it sent.
    pub arguments_unknown: usize,
    /// SHA-256 of all of them in canonical form, in hexadecimal.
    pub arguments_sha256: String,
    /// Where the embedded model has each of them from, such as `question 1, byte 8`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments_from: BTreeMap<String, String>,
    /// The upstream's name.
    pub upstream: Option<&'static str>,
    /// The HTTP method.
    pub method: Option<&'static str>,
    /// Base path and path template.
    pub path: Option<String>,
    /// How often the request was sent.
    pub attempts: u32,
    /// The upstream's last status, if it answered.
    pub status: Option<u16>,
    /// Bytes of the upstream's body that were read.
    pub bytes_before: u64,
    /// Bytes of the pruned answer.
    pub bytes_after: u64,
    /// From arrival to here.
    pub duration_ms: u64,
    /// Who allowed a call that changes data: `none`, `declined`, `operator` or `person`.
    pub approval: &'static str,
    /// `answered`, `cancelled`, or the kind of refusal.
    pub verdict: &'static str,
}

/// A record with its place and time.
#[derive(Serialize)]
struct Line<'a> {
    sequence: u64,
    time: String,
    #[serde(flatten)]
    record: &'a Record,
}

impl Audit {
    /// Appends to a file that only this user can read, created if it is not there; to standard error without one.
    pub fn open(path: Option<&Path>) -> io::Result<Self> {
        let sink = match path {
            Some(path) => Sink::File(open_private(path)?),
            None => Sink::Stderr,
        };
        Ok(Self { state: Mutex::new(State { sink, sequence: 0 }) })
    }

    /// Writes one record.
    pub fn write(&self, record: &Record) -> io::Result<()> {
        // A panic while the lock was held leaves at worst a gap in the sequence, which is what an auditor should see.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.sequence += 1;
        let line = Line { sequence: state.sequence, time: timestamp(SystemTime::now()), record };
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        // In one piece: another process that appends to the file cannot get in between.
        match &mut state.sink {
            Sink::File(file) => file.write_all(&text),
            Sink::Stderr => io::stderr().write_all(&text),
        }
    }
}

fn open_private(path: &Path) -> io::Result<File> {
    let named = |fault: &dyn std::fmt::Display| io::Error::other(format!("audit file `{}`: {fault}", path.display()));
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|fault| named(&fault))?;
    #[cfg(unix)]
    {
        let metadata = file.metadata().map_err(|fault| named(&fault))?;
        let open_to_others = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0;
        if metadata.is_file() && open_to_others {
            let path = path.display();
            return Err(named(&format!("other users have access; run `chmod 600 {path}`")));
        }
    }
    Ok(file)
}

/// A time as RFC 3339 in UTC with microseconds.
fn timestamp(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:06}Z", since.subsec_micros())
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar. Years are taken to begin
/// in March, so that the leap day is the last one (H. Hinnant, "chrono-compatible low-level date algorithms").
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::{Audit, timestamp};

    #[test]
    fn times_are_those_of_the_calendar() {
        let cases = [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399, "2000-02-28T23:59:59.000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000Z"),
            (951_868_800, "2000-03-01T00:00:00.000000Z"),
            (1_785_196_800, "2026-07-28T00:00:00.000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
        ];
        for (seconds, text) in cases {
            assert_eq!(timestamp(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
        assert_eq!(timestamp(UNIX_EPOCH + Duration::from_micros(1_000_042)), "1970-01-01T00:00:01.000042Z");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("audit.jsonl");
        Audit::open(Some(&path)).expect("created");
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("changed");
        let fault = Audit::open(Some(&path)).expect_err("open to others").to_string();
        assert!(fault.contains("chmod 600"), "{fault}");
    }
}
