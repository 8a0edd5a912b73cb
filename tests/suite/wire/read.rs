//! Reads requests as a receiver does, by hand: RFC 3986 for targets, WHATWG URL for forms, RFC 6265 for cookies, RFC 7578
//! for parts. What is not exactly of the form is a fault.

use super::recorder::Recorded;

/// A name and a value.
pub(crate) type Pair = (String, String);

/// Name, file name, media type and content of a part.
pub(crate) type Part = (String, Option<String>, Option<String>, String);

/// Path and query of the target of a request line.
pub(crate) fn target<'r>(recorded: &'r Recorded, method: &str) -> Result<(&'r str, Option<&'r str>), String> {
    let words: Vec<&str> = recorded.line.split(' ').collect();
    let [sent, target, "HTTP/1.1"] = words.as_slice() else { return Err(format!("no request line: {words:?}")) };
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>\\^`{|}[]".contains(&byte);
    if *sent != method || !target.starts_with('/') || target.starts_with("//") || !target.bytes().all(is_plain) {
        return Err(format!("no target: {target}"));
    }
    Ok(target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query))))
}

/// The decoded segments of a path.
pub(crate) fn segments(path: &str) -> Result<Vec<String>, String> {
    let mut segments = Vec::new();
    for segment in path.split('/').skip(1) {
        let name = segment.split(';').next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
        if segment.is_empty() || name == "." || name == ".." {
            return Err(format!("`{segment}` of {path} is a step"));
        }
        segments.push(decoded(segment)?);
    }
    Ok(segments)
}

/// The decoded pairs of a query or a form. Nothing is a blank but `%20`.
pub(crate) fn pairs(text: &str) -> Result<Vec<Pair>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').ok_or_else(|| format!("no pair: {pair}"))?;
        if value.contains(['=', '+']) || name.contains('+') {
            return Err(format!("read in two ways: {pair}"));
        }
        Ok((decoded(name)?, decoded(value)?))
    };
    text.split('&').map(pair).collect()
}

/// The pairs of the one `Cookie` header, as they stand.
pub(crate) fn cookies(recorded: &Recorded) -> Result<Vec<Pair>, String> {
    let Some(text) = recorded.header("cookie") else { return Ok(Vec::new()) };
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').ok_or_else(|| format!("no cookie: {pair}"))?;
        let sound = !value.contains([';', ' ', '"', '\\']);
        if sound { Ok((name.to_owned(), value.to_owned())) } else { Err(format!("no cookie: {pair}")) }
    };
    text.split("; ").map(pair).collect()
}

/// The parts of a body of `multipart/form-data`.
pub(crate) fn parts(recorded: &Recorded) -> Result<Vec<Part>, String> {
    let boundary = recorded.header("content-type").and_then(|text| text.strip_prefix("multipart/form-data; boundary="));
    let boundary = boundary.ok_or("no boundary")?;
    let body = String::from_utf8(recorded.body.clone()).map_err(|_| "the body is not UTF-8")?;
    let inner = body.strip_prefix(&format!("--{boundary}\r\n")).ok_or("no first delimiter")?;
    let inner = inner.strip_suffix(&format!("\r\n--{boundary}--\r\n")).ok_or("no last delimiter")?;
    inner.split(&format!("\r\n--{boundary}\r\n")).map(part).collect()
}

fn part(text: &str) -> Result<Part, String> {
    let (head, content) = text.split_once("\r\n\r\n").ok_or("a part has no head")?;
    let mut lines = head.split("\r\n");
    let disposition = lines.next().and_then(|line| line.strip_prefix("Content-Disposition: form-data; name=\""));
    let disposition = disposition.and_then(|rest| rest.strip_suffix('"')).ok_or("a part has no name")?;
    let (name, filename) = match disposition.split_once("\"; filename=\"") {
        Some((name, filename)) => (name, Some(filename.to_owned())),
        None => (disposition, None),
    };
    if name.contains('"') || filename.as_ref().is_some_and(|filename| filename.contains(['"', '\r', '\n'])) {
        return Err(format!("read in two ways: {disposition}"));
    }
    let media_type =
        lines.next().map(|line| line.strip_prefix("Content-Type: ").ok_or("an unknown header")).transpose()?;
    if lines.next().is_some() {
        return Err(format!("a header more: {head}"));
    }
    Ok((name.to_owned(), filename, media_type.map(str::to_owned), content.to_owned()))
}

/// Percent-decoded, once; two digits behind every `%`, and UTF-8.
pub(crate) fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.ok_or_else(|| format!("a `%` without digits: {text}"))?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).map_err(|_| format!("not UTF-8: {text}"))
}
