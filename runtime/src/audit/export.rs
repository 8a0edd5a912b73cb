//! Records in the words of other systems. The lines of the trail are the record; these are copies for those who watch, and each
//! says which record it is of: its number and its digest.

mod cef;
mod ocsf;
mod rfc5424;

use serde_json::Value;

use super::Kind;

/// The words of another system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ExportFormat {
    /// Syslog (RFC 5424) with structured data
    Rfc5424,
    /// Common Event Format, version 0 (ArcSight)
    Cef,
    /// Open Cybersecurity Schema Framework 1.3: API Activity and Application Lifecycle, one object a line
    Ocsf,
}

/// One record as one line without a line feed. None where the format has no words for it.
pub(crate) fn exported(format: ExportFormat, kind: Kind, record: &Value) -> Option<String> {
    let record = Told { kind, record };
    match format {
        ExportFormat::Rfc5424 => Some(rfc5424::line(&record)),
        ExportFormat::Cef => Some(cef::line(&record)),
        ExportFormat::Ocsf => ocsf::line(&record),
    }
}

/// A record that is told.
struct Told<'a> {
    kind: Kind,
    record: &'a Value,
}

/// How much a record matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Severity {
    Informational,
    /// Something was refused, or went wrong.
    Low,
    /// Somebody should look.
    Medium,
}

impl Told<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.record[name].as_str()
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.record[name].as_u64()
    }

    fn verdict(&self) -> Option<&str> {
        self.text("verdict")
    }

    fn severity(&self) -> Severity {
        match (self.kind, self.verdict()) {
            (Kind::Recovered, _) | (Kind::Outcome, Some("lost" | "audit")) => Severity::Medium,
            (Kind::Release, _) if self.text("action") == Some("rollback") => Severity::Medium,
            (Kind::Release, _) if self.text("stage") == Some("failed") => Severity::Low,
            (Kind::Outcome, Some("answered")) => Severity::Informational,
            (Kind::Outcome, _) => Severity::Low,
            (Kind::Start, _) if self.record["after_stop"] == false => Severity::Low,
            _ => Severity::Informational,
        }
    }

    /// Milliseconds since 1970.
    fn milliseconds(&self) -> u64 {
        self.text("time").and_then(super::time::milliseconds).unwrap_or_default()
    }

    /// What it is about, in a few words.
    fn title(&self) -> &'static str {
        match self.kind {
            Kind::Genesis => "audit file begun",
            Kind::Start => "program started",
            Kind::Call => "call let out",
            Kind::Outcome => "call ended",
            Kind::Checkpoint => "checkpoint",
            Kind::Rotate => "audit file ended",
            Kind::Release => match self.text("action") {
                Some("approve") => "release approved",
                Some("install") => "release installed",
                Some("rollback") => "release rolled back",
                _ => "release",
            },
            Kind::Recovered => "torn end set aside",
            Kind::Stop => "program stopped",
        }
    }
}

/// A value as a text: texts as they are, everything else as JSON. Nothing that ends a line or moves a cursor stays.
fn plain(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let is_hidden = |character: char| character.is_control() || airlock_contract::text::is_invisible(character);
    text.chars().map(|character| if is_hidden(character) { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests;
