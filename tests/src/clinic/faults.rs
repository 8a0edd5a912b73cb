//! Faults that the server commits when it is told to, so that suites see how a caller bears them.

/// What goes wrong at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No answer, ever.
    Hang,
    /// The connection ends before an answer.
    Close,
    /// The connection ends in the middle of an answer.
    Cut,
    /// An answer that begins as JSON and is none.
    Garbage,
    /// A JSON answer of 64 MiB without a length.
    Huge,
    /// This JSON, whatever was asked for.
    Body(&'static str),
    /// An answer with this status. A redirect points to a path that does not exist.
    Status(u16),
}

/// A body that is wrong from the middle on: the beginning is data that nobody may see.
pub(super) const GARBAGE: &[u8] = br#"{"items":[{"id":"P0001","full_name":"Rosa Keller"},{"id":"P0002",]}"#;
/// The beginning of an endless string.
pub(super) const HUGE_HEAD: &[u8] = br#"{"items":[{"id":"P0001","full_name":""#;

/// Reads `PATH=FAULT`, as the command line gives it. The path is compared byte for byte, without the query.
pub(super) fn parse(text: &str) -> Result<(String, Fault), String> {
    let wanted = "PATH=hang, close, cut, garbage, huge or status:NUMBER, where PATH begins with /";
    let (path, name) = text.rsplit_once('=').ok_or_else(|| format!("`{text}` must be {wanted}"))?;
    if !path.starts_with('/') {
        return Err(format!("`{text}` must be {wanted}"));
    }
    let fault = match name {
        "hang" => Fault::Hang,
        "close" => Fault::Close,
        "cut" => Fault::Cut,
        "garbage" => Fault::Garbage,
        "huge" => Fault::Huge,
        _ => {
            let digits = name.strip_prefix("status:").filter(|digits| digits.len() == 3);
            let status = digits.and_then(|digits| digits.parse().ok()).filter(|status| (200..=599).contains(status));
            Fault::Status(status.ok_or_else(|| format!("`{text}` must be {wanted} from 200 to 599"))?)
        }
    };
    Ok((path.to_owned(), fault))
}
