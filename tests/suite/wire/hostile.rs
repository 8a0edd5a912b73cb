//! Texts that mean harm, through every place: what arrives is exactly what the template says with the text in it, or
//! nothing is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base64::Engine as _;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::bench::Bench;
use super::read::{self, Pair, Part};
use super::recorder::Recorded;
use super::table::{self, Case};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hostile {
    #[serde(rename = "about")]
    _about: String,
    values: Vec<String>,
    long: Vec<Repeated>,
    /// JSON texts that are none, or hold half a pair of surrogates: no caller can send them.
    not_json: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeated {
    text: String,
    times: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Places {
    places: Vec<Place>,
}

/// A tool, the arguments that put a text into it, and what a receiver reads.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    name: String,
    case: Case,
    send: Value,
    expect: Expect,
    /// Whether the text stands in JSON text where it is expected.
    #[serde(default)]
    json_inside: bool,
    /// How many of the texts are refused.
    refused: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    path: Vec<String>,
    #[serde(default)]
    query: Vec<Pair>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    cookies: Vec<Pair>,
    form: Option<Vec<Pair>>,
    parts: Option<Vec<Part>>,
    json: Option<Value>,
    text: Option<String>,
    /// The bytes of this base64 text.
    decoded: Option<String>,
}

fn hostile() -> Hostile {
    let text = std::fs::read_to_string(Path::new(table::DIRECTORY).join("hostile.json")).expect("is there");
    serde_json::from_str(&text).expect("is a list of texts")
}

#[test]
fn hostile_values_arrive_whole_or_not_at_all() {
    let Hostile { values, long, .. } = hostile();
    let distinct: BTreeSet<&String> = values.iter().collect();
    assert!(distinct.len() == values.len() && values.len() >= 150, "{} of {}", distinct.len(), values.len());
    let texts: Vec<String> = values.into_iter().chain(long.iter().map(|one| one.text.repeat(one.times))).collect();
    let Places { places } = table::yaml(&Path::new(table::DIRECTORY).join("hostile.yaml"));
    let name = |position: usize| format!("place_{position}");
    let catalogs: Vec<_> =
        places.iter().enumerate().map(|(position, place)| place.case.catalog(&name(position))).collect();
    let bench = Bench::new(&catalogs);
    let mut faults = Vec::new();
    for (position, place) in places.iter().enumerate() {
        let mut refused = 0;
        for text in &texts {
            match bench.call(&name(position), place.arguments(text)) {
                Ok(recorded) => {
                    if let Err(fault) = place.check(&recorded, text) {
                        faults.push(format!("{}, {:?}: {fault}", place.name, beginning(text)));
                    }
                }
                Err(text) if text.starts_with("NOT ONE") => faults.push(text),
                Err(_) => refused += 1,
            }
        }
        if refused != place.refused {
            faults.push(format!("{}: {refused} of {} refused, not {}", place.name, texts.len(), place.refused));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults[..faults.len().min(40)].join("\n"));
}

/// What is no JSON text never becomes a call.
#[test]
fn half_of_a_pair_of_surrogates_is_no_argument() {
    for text in hostile().not_json {
        assert!(serde_json::from_str::<Value>(&text).is_err(), "{text}");
    }
}

fn beginning(text: &str) -> String {
    text.chars().take(60).collect()
}

impl Place {
    fn arguments(&self, text: &str) -> Map<String, Value> {
        match filled(&self.send, text) {
            Value::Object(members) => members,
            other => panic!("no arguments: {other}"),
        }
    }

    /// The text of a template, with the hostile one in it.
    fn text(&self, template: &str, text: &str) -> String {
        if self.json_inside {
            let quoted = Value::from(text).to_string();
            return template.replace("VALUE", &quoted[1..quoted.len() - 1]);
        }
        template.replace("VALUE", text)
    }

    fn pairs(&self, templates: &[Pair], text: &str) -> Vec<Pair> {
        templates.iter().map(|(name, value)| (self.text(name, text), self.text(value, text))).collect()
    }

    fn check(&self, recorded: &Recorded, text: &str) -> Result<(), String> {
        let method = self.case.method().to_ascii_uppercase();
        let (path, query) = read::target(recorded, &method)?;
        let expected = self.expect.path.iter().map(|segment| self.text(segment, text));
        let is_several = self.case.parameters.iter().any(|parameter| parameter.get("x-multi-segment").is_some());
        let segments: Vec<String> = if is_several {
            expected.flat_map(|segment| segment.split('/').map(str::to_owned).collect::<Vec<_>>()).collect()
        } else {
            expected.collect()
        };
        let pairs = self.pairs(&self.expect.query, text);
        same("path", &read::segments(path)?, &segments)?;
        same("query", &read::pairs(query.unwrap_or_default())?, &pairs)?;
        reads_alike(path, query, &segments, &pairs)?;
        self.check_headers(recorded, text)?;
        self.check_body(recorded, text)
    }

    fn check_headers(&self, recorded: &Recorded, text: &str) -> Result<(), String> {
        let mut names: Vec<&str> = vec!["host", "user-agent", "accept"];
        let has_body = self.case.body.is_some();
        names.extend(has_body.then_some(["content-type", "content-length"]).into_iter().flatten());
        names.extend((!self.expect.cookies.is_empty()).then_some("cookie"));
        names.extend(self.expect.headers.keys().map(String::as_str).filter(|name| *name != "content-type"));
        names.sort_unstable();
        let mut sent: Vec<&str> = recorded.headers.iter().map(|(name, _)| name.as_str()).collect();
        sent.sort_unstable();
        same("headers", &sent, &names)?;
        for (name, template) in &self.expect.headers {
            let (value, expected) = (recorded.header(name).unwrap_or_default(), self.text(template, text));
            if self.json_inside {
                same(name, &json(value.as_bytes())?, &json(expected.as_bytes())?)?;
            } else {
                same(name, &value, &expected.as_str())?;
            }
        }
        let cookies = read::cookies(recorded)?;
        let cookies: Result<Vec<Pair>, String> = if self.json_inside {
            cookies.into_iter().map(|(name, value)| Ok((name, read::decoded(&value)?))).collect()
        } else {
            Ok(cookies)
        };
        same("cookies", &cookies?, &self.pairs(&self.expect.cookies, text))
    }

    fn check_body(&self, recorded: &Recorded, text: &str) -> Result<(), String> {
        let body = recorded.body.as_slice();
        let expect = &self.expect;
        if let Some(form) = &expect.form {
            let pairs = self.pairs(form, text);
            let sent = std::str::from_utf8(body).map_err(|fault| fault.to_string())?;
            same("form", &read::pairs(sent)?, &pairs)?;
            let others: Vec<Pair> = url::form_urlencoded::parse(body).into_owned().collect();
            return same("form, by another reader", &others, &pairs);
        }
        if let Some(parts) = &expect.parts {
            let fill = |template: &Option<String>| template.as_ref().map(|template| self.text(template, text));
            let part = |(name, filename, media_type, content): &Part| {
                (self.text(name, text), fill(filename), fill(media_type), self.text(content, text))
            };
            let parts: Vec<Part> = parts.iter().map(part).collect();
            return same("parts", &read::parts(recorded)?, &parts);
        }
        if let Some(template) = &expect.json {
            return same("json", &json(body)?, &filled(template, text));
        }
        if let Some(template) = &expect.decoded {
            let bytes = base64::engine::general_purpose::STANDARD.decode(template.replace("VALUE", text));
            return same("bytes", &body, &bytes.map_err(|fault| fault.to_string())?.as_slice());
        }
        let expected = expect.text.as_ref().map(|template| template.replace("VALUE", text)).unwrap_or_default();
        same("text", &body, &expected.as_bytes())
    }
}

/// A second opinion: a parser by the WHATWG's rules, as in browsers and most clients, neither changes the target nor reads
/// anything else in it.
fn reads_alike(path: &str, query: Option<&str>, segments: &[String], pairs: &[Pair]) -> Result<(), String> {
    let target = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let url = Url::parse(&format!("http://h{target}")).map_err(|fault| fault.to_string())?;
    // It encodes an apostrophe of a query, which means the same to every reader (WHATWG URL, section 1.3).
    let kept = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{}", query.replace('\'', "%27")));
    same("address", &url.as_str(), &format!("http://h{kept}").as_str())?;
    same("host", &(url.host_str(), url.port(), url.fragment(), url.username()), &(Some("h"), None, None, ""))?;
    let read: Result<Vec<String>, String> = url.path_segments().into_iter().flatten().map(read::decoded).collect();
    same("path, by another reader", &read?.as_slice(), &segments)?;
    let read: Vec<Pair> = url.query_pairs().into_owned().collect();
    same("query, by another reader", &read.as_slice(), &pairs)
}

fn json(text: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(text).map_err(|fault| fault.to_string())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, sent: &T, expected: &T) -> Result<(), String> {
    if sent == expected {
        return Ok(());
    }
    Err(format!("{what}: sent {}, expected {}", beginning(&format!("{sent:?}")), beginning(&format!("{expected:?}"))))
}

/// A template with the text in place of `VALUE` and its base64 in place of `BASE64`, in values and in keys.
fn filled(template: &Value, text: &str) -> Value {
    let fill = |template: &str| {
        if template == "BASE64" {
            return base64::engine::general_purpose::STANDARD.encode(text);
        }
        template.replace("VALUE", text)
    };
    match template {
        Value::String(template) => fill(template).into(),
        Value::Array(items) => items.iter().map(|item| filled(item, text)).collect(),
        Value::Object(members) => {
            members.iter().map(|(key, value)| (fill(key), filled(value, text))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}
