//! The text of a reference to a file (RFC 3986, sections 3 and 5.2): which file it means.

/// Whether a reference's file is named by a URL with a scheme or a host (RFC 3986, section 3).
pub fn is_remote(file: &str) -> bool {
    file.starts_with("//")
        || file.split_once(':').is_some_and(|(scheme, _)| {
            scheme.len() > 1
                && scheme.starts_with(|char: char| char.is_ascii_alphabetic())
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        })
}

/// The path that `reference` names in the file at `from`, both relative to one directory, with forward slashes; `None` if
/// it leads out of that directory, or to the directory itself.
pub fn join(from: &str, reference: &str) -> Option<String> {
    let reference = percent_decode(reference)?;
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    if reference.starts_with('/') || reference.contains(['\\', '\0']) {
        return None;
    }
    for part in reference.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// A path that a manifest names, relative to the catalog's directory, without needless `.`; `None` if it is not relative
/// or leads out, or on the way up and down again.
pub(super) fn path_below(path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains(['\\', '\0']) || is_remote(path) {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    (!parts.is_empty() && !parts.contains(&"..")).then(|| parts.join("/"))
}

/// Percent-decodes a part of a URI (RFC 3986, section 2.1); `None` if it is not UTF-8, or a `%` has no two digits.
pub fn percent_decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let digits = text.get(at + 1..at + 3).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
            decoded.push(u8::from_str_radix(digits, 16).ok()?);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::{join, path_below, percent_decode};

    #[test]
    fn a_reference_names_a_file_below_the_directory_or_none() {
        for (from, reference, path) in [
            ("a.yaml", "b.yaml", Some("b.yaml")),
            ("a/b/c.yaml", "../d%20e.yaml", Some("a/d e.yaml")),
            ("a/b.yaml", "./c//d/./e.json", Some("a/c/d/e.json")),
            ("a/b.yaml", "../../c.yaml", None),
            ("a.yaml", "/etc/passwd", None),
            ("a.yaml", "%2Fetc/passwd", None),
            ("a.yaml", "%2e%2e/b.yaml", None),
            ("a.yaml", "b\\c.yaml", None),
            ("a.yaml", "b%00.yaml", None),
            ("a.yaml", ".", None),
        ] {
            assert_eq!(join(from, reference).as_deref(), path, "{reference}");
        }
    }

    #[test]
    fn a_path_of_a_manifest_goes_down_alone() {
        for (path, wanted) in [
            ("openapi.yaml", Some("openapi.yaml")),
            ("./api/openapi.yaml", Some("api/openapi.yaml")),
            ("100%.yaml", Some("100%.yaml")),
            ("api/../openapi.yaml", None),
            ("../openapi.yaml", None),
            ("/openapi.yaml", None),
            ("https://example.org/openapi.yaml", None),
            (".", None),
            ("", None),
        ] {
            assert_eq!(path_below(path).as_deref(), wanted, "{path}");
        }
    }

    #[test]
    fn a_percent_sign_needs_two_digits_and_the_result_is_text() {
        assert_eq!(percent_decode("%C3%BC").as_deref(), Some("ü"));
        for text in ["%", "%4", "%+1", "%zz", "%ff"] {
            assert_eq!(percent_decode(text), None, "{text}");
        }
    }
}
