//! The credentials of one tool, prepared once and shown nowhere.
//!
//! What comes in: where each value goes, and the value. What goes out: headers, a piece of the query and a piece of the
//! `Cookie` header, which `upstream` alone adds to a request. `Debug` and errors show none of it. Headers share the bytes of
//! the secret; a target and a `Cookie` header are written for each request, and overwritten behind it.

use std::fmt;

use airlock_contract::CredentialPlace;
use airlock_contract::request::is_token;
use base64::Engine as _;
use bytes::Bytes;
use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use crate::request::{encoded, is_cookie_octet};
use crate::secret::{Secret, fleeting};

/// A credential, prepared for its place. Copies share its bytes.
#[derive(Clone)]
pub(crate) struct Credential {
    placed: Placed,
    forms: Vec<Secret>,
}

#[derive(Clone)]
enum Placed {
    Header(HeaderName, HeaderValue),
    /// By name, both percent-encoded.
    Query(String, Secret),
    Cookie(&'static str, Secret),
}

impl Credential {
    /// Prepares a value for its place. Says what is wrong with it without showing it.
    pub(crate) fn new(place: CredentialPlace, secret: &Secret) -> Result<Self, String> {
        let mut forms = vec![secret.clone()];
        let placed = match place {
            CredentialPlace::Header(name) => {
                let header =
                    HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is not a header name"))?;
                Placed::Header(header, secret.header_value()?)
            }
            CredentialPlace::Bearer if secret.expose().contains(' ') => {
                return Err("its file must hold the token alone; `Bearer` is put before it here".to_owned());
            }
            CredentialPlace::Bearer => {
                Placed::Header(AUTHORIZATION, Secret::of(&["Bearer ", secret.expose()])?.header_value()?)
            }
            CredentialPlace::Basic => {
                let Some((_, password)) = secret.expose().split_once(':') else {
                    return Err("its file must hold `user:password`".to_owned());
                };
                // RFC 7617, section 2.
                let text = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(secret.expose()));
                forms.extend([Secret::of(&[password])?, Secret::of(&[&text])?]);
                Placed::Header(AUTHORIZATION, Secret::of(&["Basic ", &text])?.header_value()?)
            }
            CredentialPlace::Query(name) => {
                let name = encoded(name);
                if name.is_empty() {
                    return Err("its query parameter has no name".to_owned());
                }
                let value = Secret::of(&[&Zeroizing::new(encoded(secret.expose()))])?;
                forms.push(value.clone());
                Placed::Query(name, value)
            }
            CredentialPlace::Cookie(name) => {
                if !is_token(name) {
                    return Err(format!("`{}` is not a cookie name", name.escape_debug()));
                }
                if !secret.expose().bytes().all(is_cookie_octet) {
                    let text = "its value holds a character that no cookie has (a blank, `\"`, `,`, `;` or `\\`)";
                    return Err(text.to_owned());
                }
                Placed::Cookie(name, secret.clone())
            }
        };
        Ok(Self { placed, forms })
    }

    /// Everything that an upstream could echo: the value, and what was made of it on its way.
    pub(crate) fn forms(&self) -> &[Secret] {
        &self.forms
    }
}

/// What is added to every request of a tool.
#[derive(Default)]
pub(crate) struct Credentials {
    headers: Vec<(HeaderName, HeaderValue)>,
    /// By name, both percent-encoded.
    query: Vec<(String, Secret)>,
    /// By name.
    cookies: Vec<(&'static str, Secret)>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials(…)")
    }
}

impl Credentials {
    /// Takes one more. Two in one place are refused: one of them would be lost, or the upstream would have to choose.
    pub(crate) fn add(&mut self, credential: &Credential) -> Result<(), String> {
        match credential.placed.clone() {
            Placed::Header(name, value) => {
                if self.headers.iter().any(|(other, _)| *other == name) {
                    return Err(format!("another credential is the header `{name}`"));
                }
                self.headers.push((name, value));
            }
            Placed::Query(name, value) => {
                if self.query.iter().any(|(other, _)| *other == name) {
                    return Err(format!("another credential is the query parameter `{name}`"));
                }
                self.query.push((name, value));
            }
            Placed::Cookie(name, value) => {
                if self.cookies.iter().any(|(other, _)| *other == name) {
                    return Err(format!("another credential is the cookie `{name}`"));
                }
                self.cookies.push((name, value));
            }
        }
        Ok(())
    }

    pub(super) fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }

    /// A target that an upstream has named, without what credentials of the query put there: some upstreams repeat it.
    pub(crate) fn removed_from(&self, target: &str) -> String {
        let Some((path, query)) = target.split_once('?').filter(|_| !self.query.is_empty()) else {
            return target.to_owned();
        };
        let is_secret = |pair: &&str| {
            let name = percent_decode_str(pair.split('=').next().unwrap_or_default()).decode_utf8_lossy();
            self.query.iter().any(|(own, _)| *own == encoded(&name))
        };
        let pairs: Vec<&str> = query.split('&').filter(|pair| !is_secret(pair)).collect();
        if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
    }

    /// The target with the credentials of the query behind everything else. Never shown or recorded.
    pub(super) fn target(&self, target: &str) -> Bytes {
        let added = self.query.iter().map(|(name, value)| name.len() + value.expose().len() + 2).sum::<usize>();
        // At once as large as it becomes: a text that grows leaves its contents behind.
        let mut whole = String::with_capacity(target.len() + added);
        whole.push_str(target);
        for (name, value) in &self.query {
            let separator = if whole.contains('?') { "&" } else { "?" };
            whole.extend([separator, name, "=", value.expose()]);
        }
        fleeting(whole)
    }

    /// The value of the one `Cookie` header (RFC 6265, section 4.2.1), or none: first those of arguments.
    pub(super) fn cookie_header(&self, of_arguments: &str) -> Option<Result<HeaderValue, String>> {
        let added = self.cookies.iter().map(|(name, value)| name.len() + value.expose().len() + 3).sum::<usize>();
        let mut text = String::with_capacity(of_arguments.len() + added);
        text.push_str(of_arguments);
        for (name, value) in &self.cookies {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.extend([*name, "=", value.expose()]);
        }
        if text.is_empty() {
            return None;
        }
        let value = HeaderValue::from_maybe_shared(fleeting(text));
        Some(value.map_err(|_| "the cookies fit into no header".to_owned()).map(|mut value| {
            value.set_sensitive(true);
            value
        }))
    }
}

#[cfg(test)]
mod tests {
    use airlock_contract::CredentialPlace;

    use super::{Credential, Credentials};
    use crate::secret::Secret;

    const CANARY: &str = "canary/77+11=77";

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned()).expect("visible")
    }

    fn add(credentials: &mut Credentials, place: CredentialPlace, value: &str) -> Result<(), String> {
        credentials.add(&Credential::new(place, &secret(value))?)
    }

    #[test]
    fn a_credential_goes_to_its_place_and_is_shown_nowhere() {
        let mut credentials = Credentials::default();
        add(&mut credentials, CredentialPlace::Query("api key"), CANARY).expect("sound");
        add(&mut credentials, CredentialPlace::Query("other"), "x").expect("sound");
        add(&mut credentials, CredentialPlace::Cookie("session"), CANARY).expect("sound");
        add(&mut credentials, CredentialPlace::Bearer, CANARY).expect("sound");
        assert_eq!(credentials.target("/a"), "/a?api%20key=canary%2F77%2B11%3D77&other=x");
        assert_eq!(credentials.target("/a?b=c"), "/a?b=c&api%20key=canary%2F77%2B11%3D77&other=x");
        let cookie = |own| credentials.cookie_header(own).expect("there is one").expect("it fits");
        assert_eq!(cookie(""), "session=canary/77+11=77");
        assert_eq!(cookie("a=b; c=d"), "a=b; c=d; session=canary/77+11=77");
        assert!(Credentials::default().cookie_header("").is_none());
        for shown in [format!("{credentials:?}"), format!("{:?}", cookie("")), format!("{:?}", credentials.headers())] {
            assert!(!shown.contains("canary"), "{shown}");
        }
    }

    #[test]
    fn what_would_lose_or_break_a_credential_is_refused_without_showing_it() {
        let mut credentials = Credentials::default();
        add(&mut credentials, CredentialPlace::Header("Authorization"), "token canary").expect("sound");
        add(&mut credentials, CredentialPlace::Query("key"), CANARY).expect("sound");
        add(&mut credentials, CredentialPlace::Cookie("key"), CANARY).expect("sound");
        for (place, value) in [
            (CredentialPlace::Bearer, CANARY),
            (CredentialPlace::Basic, CANARY),
            (CredentialPlace::Bearer, "Bearer canary"),
            (CredentialPlace::Header("a b"), CANARY),
            (CredentialPlace::Query("key"), CANARY),
            (CredentialPlace::Query(""), CANARY),
            (CredentialPlace::Cookie("key"), CANARY),
            (CredentialPlace::Cookie("a=b"), CANARY),
            (CredentialPlace::Cookie("other"), "canary;x=y"),
            (CredentialPlace::Cookie("other"), "canary two"),
        ] {
            let fault = add(&mut credentials, place, value).expect_err("refused");
            assert!(!fault.contains("canary"), "{fault}");
        }
    }

    #[test]
    fn each_form_that_could_come_back_is_looked_for() {
        let found = |place, text: &str| {
            let credential = Credential::new(place, &secret("user:canary/77+11")).expect("sound");
            credential.forms().iter().any(|one| one.occurs_in(text))
        };
        assert!(found(CredentialPlace::Basic, "canary/77+11"));
        assert!(found(CredentialPlace::Basic, "dXNlcjpjYW5hcnkvNzcrMTE="));
        assert!(found(CredentialPlace::Query("k"), "k=user%3Acanary%2F77%2B11"));
        assert!(!found(CredentialPlace::Bearer, "nothing of the kind"));
    }
}
