//! What the commands about a trail print.

use std::io::{self, Write};
use std::path::Path;

use serde_json::Value;

use super::Verdict;
use crate::audit::Kind;
use crate::audit::row::Fault;
use crate::audit::verify::Found;
use crate::untrusted::one_line;

/// Longest text of a record that is shown on a line, in characters.
const CHARS_MAX: usize = 60;

/// Why a trail cannot be read on.
pub(super) fn fault(fault: &Fault) -> String {
    match fault {
        Fault::Unreadable(text) | Fault::Broken(text) => text.clone(),
        Fault::Torn(place, bytes) => format!(
            "{place}: the last line is torn: {bytes} bytes without an end; the program sets them aside when it starts next"
        ),
    }
}

pub(super) fn found_json(found: &Found, end: Option<&Fault>, out: &mut dyn Write) -> io::Result<()> {
    let verdict = Verdict { whole: end.is_none(), fault: end.map(fault), found };
    let text = serde_json::to_string_pretty(&verdict)?;
    writeln!(out, "{text}")
}

pub(super) fn found(file: &Path, found: &Found, end: Option<&Fault>, out: &mut dyn Write) -> io::Result<()> {
    match end {
        None => writeln!(out, "{}: whole", file.display())?,
        Some(end) => writeln!(out, "{}: broken\n{}", file.display(), fault(end))?,
    }
    let behind = if end.is_some() { " before that" } else { "" };
    let Found { files, records, calls, refused, checkpoints, behind_checkpoint, .. } = found;
    let span = match (&found.first, &found.last) {
        (Some(first), Some(last)) => format!(", {first} to {last}"),
        _ => String::new(),
    };
    writeln!(out, "files        {files}")?;
    writeln!(out, "records      {records}{behind}{span}")?;
    let paired = calls - found.unpaired - found.lost;
    writeln!(out, "calls        {calls}: {paired} ended, {} lost, {} without an outcome", found.lost, found.unpaired)?;
    for (call, place) in &found.unpaired_places {
        writeln!(out, "             call {call} at {place}")?;
    }
    writeln!(out, "refused      {refused} before anything was sent")?;
    writeln!(out, "checkpoints  {checkpoints}, {}; {behind_checkpoint} records behind the last", signed(found))?;
    if found.releases > 0 {
        writeln!(out, "releases     {} approved, installed or rolled back to", found.releases)?;
    }
    if found.recovered > 0 {
        writeln!(out, "torn ends    {} set aside, {} bytes", found.recovered, found.recovered_bytes)?;
    }
    if found.starts_without_stop > 0 {
        writeln!(
            out,
            "starts       {}, of them {} behind an end without a stop",
            found.starts, found.starts_without_stop
        )?;
    }
    let ends = match (found.is_live, found.ends_with_stop) {
        (true, _) => "a program is writing to it",
        (false, true) => "with a stop",
        (false, false) => "without a stop: a program was killed, or what is behind was cut off",
    };
    writeln!(out, "ends         {ends}")
}

fn signed(found: &Found) -> String {
    if found.signed == 0 {
        return "not signed".to_owned();
    }
    let signers: Vec<&str> = found.signers.iter().map(String::as_str).collect();
    let known = if found.signers_known { "" } else { " (compared with no key; `--key FILE` does)" };
    format!("{} signed by {}{known}", found.signed, signers.join(", "))
}

/// A record on one line.
pub(super) fn record(kind: Kind, record: &Value) -> String {
    let text = |name: &str| one_line(record[name].as_str().unwrap_or("-"), CHARS_MAX);
    let number = |name: &str| record[name].as_u64().unwrap_or_default();
    let (seq, time) = (number("seq"), text("time"));
    let told = match kind {
        Kind::Call => format!("{} {} by {} {}", text("tool"), text("method"), text("caller"), text("principal")),
        Kind::Outcome => {
            let status = record["status"].as_u64().map(|status| format!(" {status}")).unwrap_or_default();
            let (before, after) = (number("bytes_before"), number("bytes_after"));
            let of = record["call"].as_u64().map(|call| format!(" (call {call})")).unwrap_or_default();
            let (verdict, duration) = (text("verdict"), number("duration_ms"));
            format!("{}{of} {verdict}{status}: {before} -> {after} bytes, {duration} ms", text("tool"))
        }
        Kind::Genesis => format!("file {}, {}", number("file"), text("program")),
        Kind::Start => text("program"),
        Kind::Checkpoint => format!("{} records, key {}", number("records"), text("key")),
        Kind::Recovered => format!("{} bytes in {}", number("torn_bytes"), text("torn_file")),
        Kind::Release => {
            let why =
                record["reason"].as_str().map(|why| format!(": {}", one_line(why, CHARS_MAX))).unwrap_or_default();
            let (action, stage, name) = (text("action"), text("stage"), text("name"));
            format!("{action} {stage}: {name} {}, release {}{why}", text("version"), number("sequence"))
        }
        Kind::Rotate | Kind::Stop => String::new(),
    };
    format!("{seq:>7} {time} {:10} {told}", kind.word()).trim_end().to_owned()
}
