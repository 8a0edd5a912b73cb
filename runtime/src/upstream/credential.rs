//! The credentials of one tool, prepared once and shown nowhere.
//!
//! What comes in: where each value goes, and the value. What goes out: headers, a piece of the query and a piece of the
//! `Cookie` header, which `upstream` alone adds to a request. `Debug` and errors show none of it.

use std::fmt;

use airlock_contract::CredentialPlace;
use airlock_contract::request::is_token;
use base64::Engine as _;
use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

use crate::request::{encoded, is_cookie_octet};
use crate::site::Secret;

/// What is added to every request of a tool.
#[derive(Default)]
pub(crate) struct Credentials {
    headers: Vec<(HeaderName, HeaderValue)>,
    /// By name, both percent-encoded.
    query: Vec<(String, String)>,
    /// By name.
    cookies: Vec<(&'static str, String)>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials(…)")
    }
}

impl Credentials {
    /// Takes one more. Two in one place are refused: one of them would be lost, or the upstream would have to choose.
    pub(crate) fn add(&mut self, place: CredentialPlace, secret: &Secret) -> Result<(), String> {
        match place {
            CredentialPlace::Header(name) => {
                let header =
                    HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is not a header name"))?;
                self.header(header, secret.expose())
            }
            CredentialPlace::Bearer if secret.expose().contains(' ') => {
                Err("its file must hold the token alone; `Bearer` is put before it here".to_owned())
            }
            CredentialPlace::Bearer => self.header(AUTHORIZATION, &format!("Bearer {}", secret.expose())),
            CredentialPlace::Basic => {
                if !secret.expose().contains(':') {
                    return Err("its file must hold `user:password`".to_owned());
                }
                self.header(AUTHORIZATION, &format!("Basic {}", base64_of(secret)))
            }
            CredentialPlace::Query(name) => {
                let name = encoded(name);
                if name.is_empty() {
                    return Err("its query parameter has no name".to_owned());
                }
                if self.query.iter().any(|(other, _)| *other == name) {
                    return Err(format!("another credential is the query parameter `{name}`"));
                }
                self.query.push((name, encoded(secret.expose())));
                Ok(())
            }
            CredentialPlace::Cookie(name) => self.cookie(name, secret),
        }
    }

    fn header(&mut self, name: HeaderName, text: &str) -> Result<(), String> {
        if self.headers.iter().any(|(other, _)| *other == name) {
            return Err(format!("another credential is the header `{name}`"));
        }
        let mut value = HeaderValue::from_str(text).map_err(|_| "its value fits into no header".to_owned())?;
        // Then `Debug` of a request does not show it either.
        value.set_sensitive(true);
        self.headers.push((name, value));
        Ok(())
    }

    fn cookie(&mut self, name: &'static str, secret: &Secret) -> Result<(), String> {
        if !is_token(name) {
            return Err(format!("`{}` is not a cookie name", name.escape_debug()));
        }
        if self.cookies.iter().any(|(other, _)| *other == name) {
            return Err(format!("another credential is the cookie `{name}`"));
        }
        if !secret.expose().bytes().all(is_cookie_octet) {
            return Err("its value holds a character that no cookie has (a blank, `\"`, `,`, `;` or `\\`)".to_owned());
        }
        self.cookies.push((name, secret.expose().to_owned()));
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
    pub(super) fn target(&self, target: &str) -> String {
        let mut whole = target.to_owned();
        for (name, value) in &self.query {
            let separator = if whole.contains('?') { "&" } else { "?" };
            whole.extend([separator, name, "=", value]);
        }
        whole
    }

    /// The value of the one `Cookie` header (RFC 6265, section 4.2.1), or none: first those of arguments.
    pub(super) fn cookie_header(&self, of_arguments: &str) -> Option<Result<HeaderValue, String>> {
        let mut text = of_arguments.to_owned();
        for (name, value) in &self.cookies {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.extend([*name, "=", value]);
        }
        if text.is_empty() {
            return None;
        }
        Some(HeaderValue::from_str(&text).map_err(|_| "the cookies fit into no header".to_owned()).map(|mut value| {
            value.set_sensitive(true);
            value
        }))
    }
}

/// Everything that an upstream could echo: the value, and what was made of it on its way.
pub(crate) fn forms(place: CredentialPlace, secret: &Secret) -> Vec<Secret> {
    let mut forms = vec![secret.clone()];
    let further = match place {
        CredentialPlace::Basic => {
            let password = secret.expose().split_once(':').map(|(_, password)| password.to_owned());
            password.into_iter().chain([base64_of(secret)]).collect()
        }
        CredentialPlace::Query(_) => vec![encoded(secret.expose())],
        CredentialPlace::Header(_) | CredentialPlace::Cookie(_) | CredentialPlace::Bearer => Vec::new(),
    };
    forms.extend(further.into_iter().filter_map(|form| Secret::new(form).ok()));
    forms
}

/// A credential in base64 (RFC 7617, section 2).
fn base64_of(secret: &Secret) -> String {
    base64::engine::general_purpose::STANDARD.encode(secret.expose())
}

#[cfg(test)]
mod tests {
    use airlock_contract::CredentialPlace;

    use super::{Credentials, forms};
    use crate::site::Secret;

    const CANARY: &str = "canary/77+11=77";

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned()).expect("visible")
    }

    #[test]
    fn a_credential_goes_to_its_place_and_is_shown_nowhere() {
        let mut credentials = Credentials::default();
        credentials.add(CredentialPlace::Query("api key"), &secret(CANARY)).expect("sound");
        credentials.add(CredentialPlace::Query("other"), &secret("x")).expect("sound");
        credentials.add(CredentialPlace::Cookie("session"), &secret(CANARY)).expect("sound");
        credentials.add(CredentialPlace::Bearer, &secret(CANARY)).expect("sound");
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
        credentials.add(CredentialPlace::Header("Authorization"), &secret("token canary")).expect("sound");
        credentials.add(CredentialPlace::Query("key"), &secret(CANARY)).expect("sound");
        credentials.add(CredentialPlace::Cookie("key"), &secret(CANARY)).expect("sound");
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
            let fault = credentials.add(place, &secret(value)).expect_err("refused");
            assert!(!fault.contains("canary"), "{fault}");
        }
    }

    #[test]
    fn each_form_that_could_come_back_is_looked_for() {
        let found =
            |place, text: &str| forms(place, &secret("user:canary/77+11")).iter().any(|one| one.occurs_in(text));
        assert!(found(CredentialPlace::Basic, "canary/77+11"));
        assert!(found(CredentialPlace::Basic, "dXNlcjpjYW5hcnkvNzcrMTE="));
        assert!(found(CredentialPlace::Query("k"), "k=user%3Acanary%2F77%2B11"));
        assert!(!found(CredentialPlace::Bearer, "nothing of the kind"));
    }
}
