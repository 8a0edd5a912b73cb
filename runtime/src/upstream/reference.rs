//! Where a `Location` or a link leads to (RFC 3986, section 4.1), as far as a request can be sent there.
//!
//! What comes in: text of an upstream, which may say anything. What goes out: an origin, if it names one, and a target that
//! can be sent as it stands: no step of a path, no byte that another program might read otherwise.

use airlock_contract::request::is_path_byte;
use hyper::header::{HeaderMap, LINK};

use crate::request::{TARGET_BYTES_MAX, is_step};
use crate::site::{Address, Scheme};

/// A place that a request can be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The origin that it names; none where it is the one that it came from.
    pub(crate) address: Option<Address>,
    /// Path and query.
    pub(crate) target: String,
}

impl Reference {
    /// Reads a reference that came as an answer to a request with this scheme and target. None if it cannot be followed.
    pub(crate) fn read(text: &str, scheme: Scheme, request_target: &str) -> Option<Self> {
        let text = text.split('#').next().unwrap_or_default();
        let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
        let behind_scheme = if lower.starts_with("http://") {
            Some((Scheme::Http, text.get(7..)?))
        } else if lower.starts_with("https://") {
            Some((Scheme::Https, text.get(8..)?))
        } else {
            text.strip_prefix("//").map(|behind| (scheme, behind))
        };
        let (address, rest) = match behind_scheme {
            Some((scheme, behind)) => split(scheme, behind)?,
            None => (None, text.to_owned()),
        };
        let path = request_target.split('?').next().unwrap_or_default();
        let target = match rest.as_bytes().first() {
            Some(b'/') => rest,
            Some(b'?') if address.is_some() => format!("/{rest}"),
            Some(b'?') => format!("{path}{rest}"),
            None if address.is_some() => "/".to_owned(),
            // The same place again is no other one.
            None => return None,
            // A colon in the first segment is that of a scheme.
            Some(_) if rest.split(['/', '?']).next().is_some_and(|first| first.contains(':')) => return None,
            Some(_) => format!("{}/{rest}", path.rsplit_once('/').map_or("", |(directory, _)| directory)),
        };
        is_target(&target).then_some(Self { address, target })
    }

    /// Whether it lies at or below a base path.
    pub(crate) fn is_below(&self, base_path: &str) -> bool {
        let path = self.target.split('?').next().unwrap_or_default();
        path.strip_prefix(base_path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Origin and rest of an absolute reference without its scheme.
fn split(scheme: Scheme, text: &str) -> Option<(Option<Address>, String)> {
    let (authority, rest) = text.split_at(text.find(['/', '?']).unwrap_or(text.len()));
    let address = Address::try_from(format!("{}://{authority}", scheme.word())).ok()?;
    Some((Some(address), rest.to_owned()))
}

fn is_target(target: &str) -> bool {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    target.len() <= TARGET_BYTES_MAX
        && !path.starts_with("//")
        && path.bytes().all(is_path_byte)
        && query.bytes().all(|byte| is_path_byte(byte) || byte == b'?')
        && !path.split('/').any(is_step)
}

/// The target of the first link whose relation is `next` (RFC 8288, section 3). None where there is none, or where a field
/// cannot be read.
pub(crate) fn next_link(headers: &HeaderMap) -> Option<String> {
    headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).find_map(next_of)
}

fn next_of(field: &str) -> Option<String> {
    let mut rest = field;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (target, parameters) = rest.strip_prefix('<')?.split_once('>')?;
        let (is_next, behind) = relation(parameters);
        if is_next {
            return Some(target.to_owned());
        }
        rest = behind;
    }
}

/// Whether the parameters of a link, up to the comma behind them, say that it is the next; and what follows.
fn relation(text: &str) -> (bool, &str) {
    let mut is_next = false;
    let mut rest = text;
    loop {
        let (parameter, behind) = rest.split_at(unquoted_end(rest));
        if let Some((name, value)) = parameter.split_once('=')
            && name.trim().eq_ignore_ascii_case("rel")
        {
            let mut words = value.trim().trim_matches('"').split(' ');
            is_next |= words.any(|word| word.eq_ignore_ascii_case("next"));
        }
        match behind.strip_prefix(';') {
            Some(further) => rest = further,
            None => return (is_next, behind),
        }
    }
}

/// The first comma or semicolon that stands in no quotes, or the end.
fn unquoted_end(text: &str) -> usize {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, char) in text.char_indices() {
        match char {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ',' | ';' if !is_quoted => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderMap, HeaderValue, LINK};

    use super::{Reference, next_link};
    use crate::site::Scheme;

    /// What is followed from `http:` and `/v1/items/list?page=1`.
    fn read(text: &str) -> Option<(Option<String>, String)> {
        let Reference { address, target } = Reference::read(text, Scheme::Http, "/v1/items/list?page=1")?;
        Some((address.map(|address| address.to_string()), target))
    }

    #[test]
    fn references_are_resolved_against_the_request() {
        let here = |target: &str| Some((None, target.to_owned()));
        let there = |origin: &str, target: &str| Some((Some(origin.to_owned()), target.to_owned()));
        for (text, expected) in [
            ("/v1/other", here("/v1/other")),
            ("/v1/a?b=c#part", here("/v1/a?b=c")),
            ("?page=2", here("/v1/items/list?page=2")),
            ("list2", here("/v1/items/list2")),
            ("a/b?c:d", here("/v1/items/a/b?c:d")),
            ("http://h.test/x", there("http://h.test", "/x")),
            ("HTTP://h.test:81?y=1", there("http://h.test:81", "/?y=1")),
            ("HttpS://h.test/x", there("https://h.test", "/x")),
            ("//h.test", there("http://h.test", "/")),
            ("http://[::1]:80/z", there("http://[::1]:80", "/z")),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        let kept = Reference::read("//h.test/x", Scheme::Https, "/").expect("the scheme is that of the request");
        assert_eq!(kept.address.map(|address| (address.scheme, address.port)), Some((Scheme::Https, 443)));
    }

    #[test]
    fn what_another_program_may_read_otherwise_is_not_followed() {
        let long = format!("/{}", "a".repeat(9000));
        for text in [
            "",
            "#x",
            "https:///x",
            "https:/h.test/",
            "ftp://h.test/",
            "mailto:x",
            "/a/../b",
            "/a/%2e%2E/b",
            "..",
            "./x",
            "/a b",
            "/ä",
            "/a\\b",
            "http://u:p@h.test/",
            "http:///x",
            "http://h.test:0/",
            "http://h.test\\@x/",
            "///x",
            "/a\r\nb",
            &long,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_base_path_ends_with_a_segment() {
        let is_below = |target: &str, base: &str| Reference { address: None, target: target.to_owned() }.is_below(base);
        assert!(is_below("/v1/x", "/v1") && is_below("/v1?x", "/v1") && is_below("/x", "") && is_below("/v1", "/v1"));
        assert!(!is_below("/v10/x", "/v1") && !is_below("/x?/v1/", "/v1"));
    }

    #[test]
    fn the_next_link_is_found_among_others() {
        for (fields, expected) in [
            (&[r#"<?page=2>; rel="next""#][..], Some("?page=2")),
            (&[r#"</a>; rel=prev, </b>;title="a,b;c";  REL="last  Next""#], Some("/b")),
            (&[r#"</a>; rel="prev""#, "</b>; rel=next"], Some("/b")),
            (&[r#"</a>; title="say \", </x>; rel=next"; rel=first, </c>;rel=next"#], Some("/c")),
            (&[r#"</a>; rel="nextone""#, "</b", "rel=next", ""], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append(LINK, HeaderValue::from_str(field).expect("visible"));
            }
            assert_eq!(next_link(&headers).as_deref(), expected, "{fields:?}");
        }
    }
}
