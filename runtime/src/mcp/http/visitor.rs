//! Who may ask. A page in a browser on this machine may not, whatever name it gives this server (DNS rebinding); nor may
//! anybody without the token, where the site file has one.

use std::net::IpAddr;

use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, ORIGIN};
use sha2::{Digest as _, Sha256};

use super::At;
use crate::site::Serve;

/// What loopback is called.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Whoever is admitted.
pub struct Visitors {
    /// As clients write them, without port.
    hosts: Vec<String>,
    origins: Vec<String>,
    /// Of the token: comparing digests takes the same time however much of a guess is right.
    token_sha256: Option<[u8; 32]>,
}

impl std::fmt::Debug for Visitors {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { hosts, origins, token_sha256 } = self;
        let mut shown = formatter.debug_struct("Visitors");
        shown.field("hosts", hosts).field("origins", origins).field("token", &token_sha256.is_some()).finish()
    }
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) text: &'static str,
}

impl Visitors {
    /// Those that a site admits to a server that listens there.
    pub fn new(serve: &Serve, at: &At) -> Self {
        let own = at.ip().map(|ip| match ip {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        });
        let hosts = LOOPBACK.map(str::to_owned).into_iter().chain(serve.hosts.clone()).chain(own).collect();
        let token_sha256 = serve.token.as_ref().map(|token| Sha256::digest(token.expose()).into());
        Self { hosts, origins: serve.origins.clone(), token_sha256 }
    }

    /// Whether they have to know a token.
    pub(super) fn have_token(&self) -> bool {
        self.token_sha256.is_some()
    }

    /// Whether the sender of these headers may ask.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let refused = |status, text| Err(Refused { status, text });
        let Some(host) = only(headers, &HOST) else {
            return refused(StatusCode::BAD_REQUEST, "there has to be one Host header");
        };
        let host = host.to_ascii_lowercase();
        if !self.hosts.iter().any(|known| known == without_port(&host)) {
            return refused(StatusCode::FORBIDDEN, "this server is not called by the name in Host");
        }
        if headers.contains_key(ORIGIN) {
            let origin = only(headers, &ORIGIN).unwrap_or_default().to_ascii_lowercase();
            let own = origin.strip_prefix("http://").is_some_and(|rest| rest == host);
            if !own && !self.origins.contains(&origin) {
                return refused(StatusCode::FORBIDDEN, "pages of this Origin may not ask");
            }
        }
        match &self.token_sha256 {
            Some(token) if !only(headers, &AUTHORIZATION).is_some_and(|sent| bears(sent, token)) => {
                refused(StatusCode::UNAUTHORIZED, "the token is missing or wrong")
            }
            _ => Ok(()),
        }
    }
}

/// A header that is there once, as text.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// Of `host`, `host:port`, `[v6]`, `[v6]:port`.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether credentials (RFC 6750, section 2.1) are the token of this digest.
fn bears(credentials: &str, token_sha256: &[u8; 32]) -> bool {
    let Some((scheme, token)) = credentials.split_once(' ') else { return false };
    let sent: [u8; 32] = Sha256::digest(token.trim()).into();
    let differs = sent.iter().zip(token_sha256).fold(0, |differs, (one, other)| differs | (one ^ other));
    scheme.eq_ignore_ascii_case("bearer") && differs == 0
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderMap, HeaderName, HeaderValue};

    use super::Visitors;
    use crate::site::{Secret, Serve};

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn status(visitors: &Visitors, headers: &[(&str, &str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("a name");
            map.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        visitors.admit(&map).map_or_else(|refused| refused.status.as_u16(), |()| 200)
    }

    #[test]
    fn pages_of_other_names_and_origins_are_kept_out() {
        let serve = Serve {
            hosts: vec!["airlock.clinic.internal".to_owned()],
            origins: vec!["https://portal.clinic.internal".to_owned()],
            ..Serve::default()
        };
        let visitors = Visitors::new(&serve, &"10.0.0.7:8471".parse().expect("an address"));
        for (host, origin, expected) in [
            ("localhost:8471", "", 200),
            ("LOCALHOST", "", 200),
            ("127.0.0.1:1", "", 200),
            ("[::1]:8471", "", 200),
            ("[::1]", "", 200),
            ("10.0.0.7:8471", "", 200),
            ("Airlock.Clinic.Internal", "", 200),
            ("evil.example", "", 403),
            ("localhost.evil.example:8471", "", 403),
            ("evil.example:127.0.0.1", "", 403),
            ("127.0.0.1.", "", 403),
            ("127.1", "", 403),
            ("::1", "", 403),
            ("", "", 403),
            ("localhost:8471", "http://localhost:8471", 200),
            ("localhost:8471", "https://portal.clinic.internal", 200),
            ("localhost:8471", "http://evil.example", 403),
            ("localhost:8471", "http://localhost:3000", 403),
            ("localhost:8471", "https://localhost:8471", 403),
            ("localhost:8471", "http://portal.clinic.internal", 403),
            ("localhost:8471", "https://portal.clinic.internal.evil.example", 403),
            ("localhost:8471", "null", 403),
        ] {
            let mut headers = vec![("host", host)];
            headers.extend((!origin.is_empty()).then_some(("origin", origin)));
            assert_eq!(status(&visitors, &headers), expected, "{host} {origin}");
        }
        let twice = [("host", "localhost"), ("origin", "http://localhost"), ("origin", "http://evil.example")];
        assert_eq!(status(&visitors, &twice), 403);
        assert_eq!(status(&visitors, &[("host", "localhost"), ("host", "evil.example")]), 400);
        assert_eq!(status(&visitors, &[]), 400);
    }

    #[test]
    fn the_token_opens_and_nothing_else_does() {
        let token = Secret::new(TOKEN.to_owned()).expect("visible");
        let serve = Serve { token: Some(token), ..Serve::default() };
        let visitors = Visitors::new(&serve, &"127.0.0.1:8471".parse().expect("an address"));
        let asked = |value: &str| status(&visitors, &[("host", "localhost"), ("authorization", value)]);
        for right in [format!("Bearer {TOKEN}"), format!("bearer  {TOKEN}")] {
            assert_eq!(asked(&right), 200, "{right}");
        }
        for wrong in
            ["", "Bearer", "Bearer ", TOKEN, &format!("Basic {TOKEN}"), &format!("Bearer {TOKEN}x"), "Bearer 0"]
        {
            assert_eq!(asked(wrong), 401, "{wrong}");
        }
        assert_eq!(status(&visitors, &[("host", "localhost")]), 401);
        let (one, two) = (format!("Bearer {TOKEN}"), "Bearer x");
        assert_eq!(status(&visitors, &[("host", "localhost"), ("authorization", &one), ("authorization", two)]), 401);
        assert!(!format!("{visitors:?}").contains("0123"));
    }
}
