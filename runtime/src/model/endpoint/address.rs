//! Where a model server listens: at an address of HTTP, or at a unix socket.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::site::{self, Pin, PinOption, Scheme};
use crate::upstream::Tls;

/// Where a model server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub(super) place: Place,
    /// The path below which the chat API is, without a slash at its end.
    pub(super) base: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Tcp(site::Address),
    Unix(PathBuf),
}

/// Where the chat API is unless somebody says otherwise.
const BASE: &str = "/v1";

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            if path.is_empty() {
                return Err("behind `unix:` comes the path of a socket".to_owned());
            }
            return Ok(Self { place: Place::Unix(PathBuf::from(path)), base: BASE.to_owned() });
        }
        let (scheme, rest) = match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
            (Some(rest), _) => (Scheme::Http, rest),
            (_, Some(rest)) => (Scheme::Https, rest),
            _ => return Err("an address starts with `http://`, `https://` or `unix:`".to_owned()),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let origin = site::Address::try_from(format!("{}://{authority}", scheme.word()))?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%".contains(&byte);
        if !path.bytes().all(plain) {
            return Err(format!("`{}` is not a path alone", path.escape_debug()));
        }
        let path = path.trim_end_matches('/');
        let base = if path.is_empty() { BASE } else { path };
        Ok(Self { place: Place::Tcp(origin), base: base.to_owned() })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Tcp(origin) => write!(formatter, "{origin}{}", self.base),
            Place::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

impl Address {
    /// Where the server is dialled. A name needs pins.
    ///
    /// # Errors
    /// There are none for a name, or some for what is its own pin.
    pub fn pins(&self, written: &[SocketAddr]) -> Result<Vec<Pin>, String> {
        match &self.place {
            Place::Tcp(origin) => origin.pins(written, &PinOption::ENDPOINT),
            Place::Unix(path) if written.is_empty() => Ok(vec![Pin::Unix(path.clone())]),
            Place::Unix(_) => Err("a unix socket is its own pin; leave out `--endpoint-pin`".to_owned()),
        }
    }

    pub(super) fn is_https(&self) -> bool {
        matches!(&self.place, Place::Tcp(origin) if origin.scheme == Scheme::Https)
    }

    /// Who must be there, by a file of certificates.
    ///
    /// # Errors
    /// The file is missing where it is needed, of no use, or cannot be used.
    pub fn tls(&self, ca_file: Option<&Path>) -> Result<Option<Tls>, String> {
        match (&self.place, ca_file) {
            (Place::Tcp(origin), Some(file)) if origin.scheme == Scheme::Https => {
                let tls = Tls::new(origin, file).map_err(|fault| format!("`{}` {fault}", file.display()))?;
                Ok(Some(tls))
            }
            (_, None) if self.is_https() => {
                let told = "nothing proves who is behind `https://`; give the certificates (PEM) of whoever issues those \
                            here with `--endpoint-ca FILE`: the roots of this system are not used";
                Err(told.to_owned())
            }
            (_, None) => Ok(None),
            (_, Some(_)) => {
                Err("`--endpoint-ca` proves who is behind `https://`, and this address is another".to_owned())
            }
        }
    }

    /// What stands in the `Host` header.
    pub(super) fn host(&self) -> &str {
        match &self.place {
            Place::Tcp(origin) => &origin.authority,
            Place::Unix(_) => "localhost",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_a_path() {
        for (text, shown) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/v1"),
            ("http://[::1]:11434/v1/", "http://[::1]:11434/v1"),
            ("http://gpu.internal/llm/v1", "http://gpu.internal/llm/v1"),
            ("https://gpu.internal:8443/llm/", "https://gpu.internal:8443/llm"),
            ("unix:/run/llama.sock", "unix:/run/llama.sock"),
        ] {
            let address = Address::from_str(text).expect("an address");
            assert_eq!(address.to_string(), shown);
        }
        assert_eq!(Address::from_str("unix:x.sock").expect("an address").base, "/v1");
    }

    #[test]
    fn names_are_dialled_at_their_pins_alone() {
        let pins = |text: &str, written: &[&str]| {
            let written: Vec<_> = written.iter().map(|pin| pin.parse().expect("an address")).collect();
            Address::from_str(text).expect("an address").pins(&written)
        };
        let pin = |text: &str| Pin::Tcp(text.parse().expect("an address"));
        assert_eq!(pins("http://127.0.0.1:8080", &[]), Ok(vec![pin("127.0.0.1:8080")]));
        assert_eq!(pins("http://localhost:81", &[]), Ok(vec![pin("127.0.0.1:81"), pin("[::1]:81")]));
        assert_eq!(pins("http://gpu.internal/v1", &["10.1.2.3:80"]), Ok(vec![pin("10.1.2.3:80")]));
        assert_eq!(pins("unix:/run/s", &[]), Ok(vec![Pin::Unix("/run/s".into())]));
        let told = pins("http://gpu.internal/v1", &[]).expect_err("a name");
        assert!(told.contains("`gpu.internal` is a name") && told.contains("`--endpoint-pin IP:80`"), "{told}");
        for own in ["unix:/run/s", "http://10.0.0.1", "http://localhost"] {
            assert!(pins(own, &["10.1.2.3:80"]).expect_err(own).contains("is its own pin"), "{own}");
        }
    }

    #[test]
    fn who_must_be_there_is_said_where_it_can_be_proven() {
        let tls = |text: &str, file: Option<&str>| {
            Address::from_str(text).expect("an address").tls(file.map(Path::new)).map(|tls| tls.is_some())
        };
        assert_eq!(tls("http://gpu.internal/v1", None), Ok(false));
        assert_eq!(tls("unix:/run/s", None), Ok(false));
        assert!(tls("https://gpu.internal", None).expect_err("no file").contains("`--endpoint-ca FILE`"));
        assert!(tls("http://gpu.internal", Some("ca.pem")).expect_err("no TLS").contains("this address is another"));
        assert!(tls("https://gpu.internal", Some("/nowhere/ca.pem")).expect_err("none").contains("`/nowhere/ca.pem`"));
    }

    #[test]
    fn what_is_no_address_is_told_with_the_way_out() {
        for (text, told) in [
            ("https://gpu.internal/v1?x", "not a path alone"),
            ("127.0.0.1:8080", "starts with `http://`"),
            ("unix:", "path of a socket"),
            ("http://user:secret@host/v1", "no user name"),
            ("http://host/v1?key=1", "not a path alone"),
            ("http://host:port/v1", "not a port"),
            ("http://", "not a host name"),
        ] {
            let fault = Address::from_str(text).expect_err(text);
            assert!(fault.contains(told), "{text}: {fault}");
        }
    }
}
