//! Security Requirement and Security Scheme Objects (OpenAPI 3.0.4, sections 4.7.27 and 4.7.30).

use airlock_contract::request::is_token;
use serde_json::Value;

use super::Refusal;
use super::found::Found;
use super::frame::{self, Kind};
use crate::ir::{Credential, CredentialPlace};
use crate::normalise::{Document, escape};

/// What the document says about who may call an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Security {
    /// Nothing. That is not the same as "everybody".
    Undeclared,
    /// One of these; each is a list of schemes that are all needed. An empty list needs none.
    AnyOf(Vec<Vec<String>>),
}

/// Which credentials an operation is called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// These, all of them.
    Credentials(Vec<String>),
    /// The document leaves a choice, or says nothing; the catalog must say.
    Open(Vec<String>),
}

pub(super) fn read(document: &Document, found: &Found, operation: &Value) -> Result<Security, Refusal> {
    let (value, pointer) = match (operation.get("security"), document.value.get("security")) {
        (Some(own), _) => (own, format!("{}/security", found.pointer)),
        (None, Some(global)) => (global, "/security".to_owned()),
        (None, None) => return Ok(Security::Undeclared),
    };
    let Some(requirements) = value.as_array() else {
        return Err(Refusal::new("E0218", pointer, "`security` is a list"));
    };
    let alternatives: Vec<Vec<String>> = requirements
        .iter()
        .map(|one| one.as_object().into_iter().flat_map(|one| one.keys().cloned()).collect())
        .collect();
    Ok(Security::AnyOf(if alternatives.is_empty() { vec![Vec::new()] } else { alternatives }))
}

impl Security {
    /// Settles the choice. `wanted` is the manifest's `credential`: a scheme's name, or `none`.
    pub fn choose(&self, wanted: Option<&str>) -> Choice {
        let alternatives = match self {
            Self::Undeclared => {
                return match wanted {
                    Some("none") => Choice::Credentials(Vec::new()),
                    Some(name) => Choice::Credentials(vec![name.to_owned()]),
                    None => Choice::Open(Vec::new()),
                };
            }
            Self::AnyOf(alternatives) => alternatives,
        };
        // By all its names, or by one of them where no other alternative needs that one.
        let by_all = |one: &&Vec<String>| !one.is_empty() && wanted == Some(one.join(" + ").as_str());
        if let Some(one) = alternatives.iter().find(by_all) {
            return Choice::Credentials(one.clone());
        }
        let by_one: Vec<&Vec<String>> =
            alternatives.iter().filter(|one| one.iter().any(|name| wanted == Some(name))).collect();
        if let [only] = by_one.as_slice() {
            return Choice::Credentials((*only).clone());
        }
        match alternatives.as_slice() {
            [only] => Choice::Credentials(only.clone()),
            _ if wanted == Some("none") && alternatives.contains(&Vec::new()) => Choice::Credentials(Vec::new()),
            // Asked for one scheme that this operation does not take, but which can be called without any.
            _ if wanted.is_some() && alternatives.contains(&Vec::new()) => Choice::Credentials(Vec::new()),
            _ => Choice::Open(alternatives.iter().map(|one| one.join(" + ")).collect()),
        }
    }
}

/// Reads the security scheme of this name.
pub(super) fn scheme(document: &Document, name: &str) -> Result<Credential, Refusal> {
    let pointer = format!("/components/securitySchemes/{}", escape(name));
    let refuse = |reason: &str| Err(Refusal::new("E0218", &pointer, format!("security scheme `{name}`: {reason}")));
    let Some(value) = document.value.pointer(&pointer) else { return refuse("is not defined in the document") };
    let (value, _) =
        document.follow(value, pointer.clone()).map_err(|reason| Refusal::new("E0211", &pointer, reason))?;
    frame::check(value, Kind::Scheme, &pointer, &mut Vec::new()).or_else(|refusal| {
        // Kinds that 3.0 does not know are told apart below.
        if matches!(value["type"].as_str(), Some("mutualTLS" | "oauth2" | "openIdConnect")) {
            Ok(())
        } else {
            Err(refusal)
        }
    })?;
    let key = value["name"].as_str().unwrap_or_default();
    let place = match (value["type"].as_str(), value["in"].as_str(), value["scheme"].as_str()) {
        (Some("apiKey"), Some("header"), _) if is_token(key) => CredentialPlace::Header(key.to_owned()),
        (Some("apiKey"), Some("query"), _) if !key.is_empty() => CredentialPlace::Query(key.to_owned()),
        (Some("apiKey"), Some("cookie"), _) if is_token(key) => CredentialPlace::Cookie(key.to_owned()),
        (Some("apiKey"), ..) => return refuse("its key has no name that can be sent, or no place"),
        (Some("mutualTLS"), ..) => {
            return refuse("a client certificate belongs to a connection with TLS, which ends at the site's own proxy");
        }
        (Some("http"), _, Some(scheme)) if scheme.eq_ignore_ascii_case("bearer") => CredentialPlace::Bearer,
        (Some("http"), _, Some(scheme)) if scheme.eq_ignore_ascii_case("basic") => CredentialPlace::Basic,
        (Some("oauth2" | "openIdConnect"), ..) => CredentialPlace::Bearer,
        _ => return refuse("this kind of scheme is not supported"),
    };
    Ok(Credential { name: name.to_owned(), place })
}

/// The credentials that meet these schemes together. Several that take a token are met by one: it says both who calls and
/// what they may.
///
/// # Errors
/// Why they cannot be sent along together, and the place.
pub fn credentials(document: &Document, names: &[String]) -> Result<Vec<Credential>, Refusal> {
    let mut sent: Vec<Credential> = Vec::new();
    for name in names {
        let credential = scheme(document, name)?;
        let takes_token = credential.place == CredentialPlace::Bearer;
        if takes_token && sent.iter().any(|known| known.place == CredentialPlace::Bearer) {
            continue;
        }
        if sent.iter().any(|known| collide(&known.place, &credential.place)) {
            let pointer = format!("/components/securitySchemes/{}", escape(name));
            let reason = format!("security scheme `{name}`: another one is sent in the same place");
            return Err(Refusal::new("E0218", pointer, reason));
        }
        sent.push(credential);
    }
    Ok(sent)
}

fn collide(one: &CredentialPlace, other: &CredentialPlace) -> bool {
    let header = |place: &CredentialPlace| match place {
        CredentialPlace::Header(name) => Some(name.to_ascii_lowercase()),
        CredentialPlace::Bearer | CredentialPlace::Basic => Some("authorization".to_owned()),
        CredentialPlace::Query(_) | CredentialPlace::Cookie(_) => None,
    };
    one == other || header(one).is_some() && header(one) == header(other)
}

/// The names that API keys of this document are sent under, in headers, the query or cookies (`place`).
pub(super) fn key_names<'d>(document: &'d Document, place: &'static str) -> impl Iterator<Item = &'d str> {
    let schemes = document.value.pointer("/components/securitySchemes").and_then(Value::as_object);
    let is_there = move |scheme: &&Value| scheme["type"] == "apiKey" && scheme["in"] == place;
    schemes
        .into_iter()
        .flat_map(|schemes| schemes.values())
        .filter(is_there)
        .filter_map(|scheme| scheme["name"].as_str())
}

/// The first scheme of the document that can be used, for a manifest that is begun.
pub fn first_usable(document: &Document) -> Option<String> {
    let schemes = document.value.pointer("/components/securitySchemes")?.as_object()?;
    schemes.keys().find(|name| scheme(document, name).is_ok()).cloned()
}
