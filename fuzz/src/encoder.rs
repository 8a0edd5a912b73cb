//! Target 3: arguments to bytes. A receiver reads exactly what was sent, or nothing is sent.

use airlock_contract::request::{Argument, Body, PartContent, Place, Source, Style};
use airlock_contract::shape::Shape;
use airlock_runtime::arguments::Checked;
use airlock_runtime::request::Encoded;
use base64::Engine as _;
use serde_json::{Map, Value};

use crate::mutate::Words;
use crate::reader::{self, Pairs, Read, same};
use crate::tools::{self, BASE_PATH, Prepared, TAKEN, is_body};

/// Takes `data` as `{"tool": name or number, "arguments": object}`.
pub fn run(data: &[u8]) {
    let Ok(Value::Object(mut call)) = serde_json::from_slice::<Value>(data) else { return };
    let tools = tools::all();
    let tool = match call.get("tool") {
        Some(Value::String(name)) => tools.iter().find(|tool| tool.name == *name),
        Some(Value::Number(number)) => {
            number.as_u64().and_then(|number| tools.get(usize::try_from(number).unwrap_or(0) % tools.len()))
        }
        _ => None,
    };
    let Some(Value::Object(arguments)) = call.remove("arguments") else { return };
    if let Some(tool) = tool {
        send(tool, &arguments);
    }
}

fn send(tool: &Prepared, arguments: &Map<String, Value>) {
    let checked = match tool.table.check(arguments.clone()) {
        Ok(checked) => checked,
        Err(faults) => {
            let text = faults.to_string();
            assert!(!text.is_empty() && text.len() < 60_000, "{text}");
            assert!(!text.chars().any(|char| char.is_control() && char != '\n'), "{text:?}");
            return;
        }
    };
    is_what_was_given(tool, arguments, &checked);
    let encoded = match tool.plan.encode(&checked) {
        Ok(encoded) => encoded,
        Err(fault) => {
            assert!(!fault.is_empty() && fault.len() < 2000 && !fault.chars().any(char::is_control), "{fault:?}");
            return;
        }
    };
    assert_eq!(tool.plan.encode(&checked).as_ref(), Ok(&encoded), "the same arguments give the same bytes");
    let rows: Vec<(&Argument, &Value)> =
        tool.request.arguments.iter().zip(&checked.0).filter_map(|(row, value)| Some((row, value.as_ref()?))).collect();
    target(tool, &rows, &encoded);
    headers(&rows, &encoded);
    body(tool, &rows, encoded.body.as_ref());
}

/// Nothing is changed on the way through the check but digits that stand for an integer.
fn is_what_was_given(tool: &Prepared, arguments: &Map<String, Value>, checked: &Checked) {
    for (row, value) in tool.request.arguments.iter().zip(&checked.0) {
        let may_hold_digits = matches!(row.shape, Shape::Integer(_) | Shape::Object(_));
        match (arguments.get(row.name), value) {
            (Some(given), Some(value)) if !given.is_null() && !may_hold_digits => {
                assert_eq!(given, value, "{}", row.name)
            }
            (None, Some(_)) => assert!(matches!(row.source, Source::Default(_) | Source::Fixed(_) | Source::Page(_)), "{}", row.name),
            _ => {}
        }
    }
}

fn target(tool: &Prepared, rows: &[(&Argument, &Value)], encoded: &Encoded) {
    let text = &encoded.target;
    let url = url::Url::parse(&format!("http://shop.invalid{text}")).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!((url.host_str(), url.port(), url.fragment()), (Some("shop.invalid"), None, None), "{text}");
    assert!(url.username().is_empty() && url.password().is_none(), "{text}");
    let (path, query) = text.split_once('?').map_or((text.as_str(), None), |(path, query)| (path, Some(query)));
    assert_eq!(url.path(), path, "a browser takes no step");
    // Browsers write an apostrophe of a query as `%27`.
    assert_eq!(url.query().map(str::to_owned), query.map(|query| query.replace('\'', "%27")), "{text}");
    let (template, fixed) = tool.request.path.split_once('?').unwrap_or((tool.request.path, ""));
    read_path(template, rows, path);
    let query = query.unwrap_or_default();
    let query = query.strip_prefix(fixed).unwrap_or_else(|| panic!("{text} has lost what is fixed"));
    let query = if fixed.is_empty() { query } else { query.strip_prefix('&').unwrap_or(query) };
    let rows = rows.iter().filter_map(|(row, value)| match row.place {
        Place::Query(style) => Some((row.wire, style, *value)),
        _ => None,
    });
    let rows: Vec<_> = rows.collect();
    let names: Vec<&str> =
        tool.request.arguments.iter().filter(|row| matches!(row.place, Place::Query(_))).map(|row| row.wire).collect();
    let fixed = fixed.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    pairs(query, &rows, &names.into_iter().chain(fixed).chain([TAKEN]).collect::<Vec<_>>());
}

fn read_path(template: &str, rows: &[(&Argument, &Value)], path: &str) {
    let template: Vec<&str> = template.split('/').skip(1).collect();
    let path = path.strip_prefix(BASE_PATH).and_then(|path| path.strip_prefix('/')).expect("the base path");
    let segments: Vec<&str> = path.split('/').collect();
    let mut next = 0;
    for (position, piece) in template.iter().enumerate() {
        let row =
            rows.iter().find(|(row, _)| matches!(row.place, Place::Path(_)) && format!("{{{}}}", row.wire) == **piece);
        let (text, taken) = match row {
            // All that the segments behind it leave.
            Some((Argument { place: Place::Path(Style::Segments), .. }, _)) => {
                let taken = segments.len() - next - (template.len() - position - 1);
                (segments[next..next + taken].join("/"), taken)
            }
            _ => (segments[next].to_owned(), 1),
        };
        next += taken;
        match row {
            Some((row, value)) => {
                let Place::Path(style) = row.place else { continue };
                let read = reader::path(style, row.wire, value, &text);
                assert!(read.is(value), "{read:?} is not {value} ({style:?})");
            }
            None => assert!(piece.contains('{') || text == *piece, "{path} has lost `{piece}`"),
        }
    }
    assert_eq!(next, segments.len(), "{path} has other segments than {template:?}");
}

/// Reads the pairs of a query or a form. `names` are those that somebody owns.
fn pairs(text: &str, rows: &[(&str, Style, &Value)], names: &[&str]) {
    let mut pairs = Pairs::of(text);
    let mut spread: Vec<(&str, &Map<String, Value>)> = Vec::new();
    for (wire, style, value) in rows {
        // The name of a spread object's member may be that of the object itself, which is nobody else's.
        match (pairs.read(*style, wire, value), value) {
            (Some(read), value) => assert!(read.is(value), "{read:?} is not {value} ({style:?})"),
            (None, Value::Object(members)) => spread.push((*wire, members)),
            (None, value) => panic!("`{wire}` is not there: {value}"),
        }
    }
    let sent = spread.iter().flat_map(|(wire, members)| members.iter().map(move |(name, value)| (*wire, name, value)));
    let rest = pairs.rest();
    assert_eq!(sent.clone().count(), rest.len(), "{rest:?}");
    for ((wire, name, value), (read_name, read)) in sent.zip(&rest) {
        assert!(read_name == name && reader::is_text_of(read, value), "{read_name}={read} is not {name}={value}");
        let others = names.iter().filter(|other| **other != wire && !other.is_empty());
        assert!(others.into_iter().all(|other| !other.eq_ignore_ascii_case(name)), "{name} is another's");
    }
}

fn headers(rows: &[(&Argument, &Value)], encoded: &Encoded) {
    let is_nothing =
        |value: &Value| value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty);
    let mut headers = encoded.headers.iter();
    let mut cookies = encoded.cookie.split("; ").filter(|text| !text.is_empty());
    for (row, value) in rows {
        match row.place {
            Place::Header(style) if style == Style::Json || !is_nothing(value) => {
                let (name, text) = headers.next().expect("a header for each");
                assert!(name.as_str().eq_ignore_ascii_case(row.wire), "{name}");
                let text = text.to_str().expect("ASCII");
                assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && text.trim() == text, "{text:?}");
                let read = reader::header(style, value, text);
                assert!(read.is(value), "{read:?} is not {value} ({style:?})");
            }
            Place::Cookie(style) if style == Style::Json || !is_nothing(value) => {
                let text = cookies.next().expect("a cookie for each");
                let text = text.strip_prefix(row.wire).and_then(|text| text.strip_prefix('=')).expect("its name");
                let read = reader::cookie(style, value, text);
                assert!(read.is(value), "{read:?} is not {value} ({style:?})");
            }
            _ => {}
        }
    }
    assert_eq!((headers.next(), cookies.next()), (None, None), "nothing stands there that nobody sent");
}

fn body(tool: &Prepared, rows: &[(&Argument, &Value)], written: Option<&(String, Vec<u8>)>) {
    let rows: Vec<&(&Argument, &Value)> = rows.iter().filter(|(row, _)| is_body(row)).collect();
    let Some((media_type, bytes)) = written else {
        assert!(rows.is_empty(), "the body is missing");
        return;
    };
    assert!(media_type.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{media_type:?}");
    let whole = match rows.as_slice() {
        [(Argument { place: Place::Body, .. }, value)] => (*value).clone(),
        rows => rows.iter().map(|(row, value)| (row.wire.to_owned(), (*value).clone())).collect::<Map<_, _>>().into(),
    };
    match tool.request.body {
        Body::None => panic!("a body that nobody declared"),
        Body::Json(_) => {
            let read = serde_json::from_slice(bytes).expect("JSON");
            assert!(same(&read, &whole), "{read} is not {whole}");
        }
        Body::Form(fields) => {
            let text = std::str::from_utf8(bytes).expect("ASCII");
            let style = |name: &str| {
                fields.iter().find(|field| field.name == name).map_or(Style::FormExploded, |field| field.style)
            };
            let members = whole.as_object().expect("an object");
            let rows: Vec<_> = members.iter().map(|(name, value)| (name.as_str(), style(name), value)).collect();
            let names =
                members.keys().map(String::as_str).chain(fields.iter().map(|field| field.name)).collect::<Vec<_>>();
            pairs(text, &rows, &names);
        }
        Body::Multipart(parts) => {
            multipart(parts, whole.as_object().expect("an object"), &reader::parts(media_type, bytes))
        }
        Body::Bytes(_) => assert_eq!(Some(bytes), file(&whole).as_ref()),
        Body::Text(_) => {
            let text = std::str::from_utf8(bytes).expect("UTF-8");
            assert!(reader::is_text_of(text, &whole), "{text} is not {whole}");
        }
    }
}

fn multipart(declared: &[airlock_contract::request::Part], members: &Map<String, Value>, read: &[reader::Part<'_>]) {
    let mut read = read.iter();
    for (name, value) in members {
        let part = declared.iter().find(|part| part.name == name).expect("a part that is declared");
        let values = match value {
            Value::Array(items) if part.repeated => items.iter().collect(),
            value => vec![value],
        };
        for value in values {
            let read = read.next().expect("a part for each");
            let own = format!("form-data; name=\"{name}\"");
            let text = || Read::One(String::from_utf8(read.content.to_vec()).expect("UTF-8"));
            match part.content {
                PartContent::Bytes => {
                    assert_eq!(Some(read.content), file(value).as_deref());
                    let filename = value["filename"].as_str().unwrap_or("file");
                    assert_eq!(read.disposition, format!("{own}; filename=\"{filename}\""));
                    assert!(read.media_type.is_some());
                }
                PartContent::Text => assert!(text().is(value) && read.disposition == own, "{read:?} is not {value}"),
                PartContent::Json => {
                    let json: Value = serde_json::from_slice(read.content).expect("JSON");
                    assert!(same(&json, value) && read.disposition == own, "{json} is not {value}");
                }
            }
        }
    }
    assert!(read.next().is_none(), "a part that nobody sent");
}

fn file(value: &Value) -> Option<Vec<u8>> {
    base64::engine::general_purpose::STANDARD.decode(value["base64"].as_str()?).ok()
}

/// What calls are made of.
pub const WORDS: Words = Words {
    keys: &[
        "color",
        "id",
        "q",
        "sha",
        "type",
        "m",
        "page",
        "key",
        "X-Color",
        "If-Match",
        "b",
        "body",
        "a",
        "c d",
        "é\"\\",
        "joined",
        "space",
        "pipes",
        "deep",
        "json",
        "spread",
        "url",
        "other",
        "note",
        "plain",
        "latin",
        "tags",
        "meta",
        "metas",
        "scan",
        "scans",
        "name",
        "children",
        "born",
        "at",
        "uid",
        "code",
        "level",
        "any_of",
        "ratio",
        "even",
        "flags",
        "maybe",
        "when",
        "flag",
        "X-Ratio",
        "list",
        "X-One",
        "two",
        "base64",
        "filename",
        "media_type",
        "R",
        "G",
        "token",
        "TOKEN",
        "token[x]",
        "session",
        "fixed",
        "alt",
        "",
    ],
    values: &[
        "null",
        "true",
        "false",
        "0",
        "1",
        "2",
        "3",
        "5",
        "7",
        "11",
        "13",
        "17",
        "19",
        "23",
        "29",
        "31",
        "37",
        "41",
        "43",
        "47",
        "53",
        "59",
        "61",
        "67",
        "71",
        "-1",
        "1.5",
        "1e300",
        "5e-324",
        "9007199254740993",
        "18446744073709551615",
        "\"9223372036854775807\"",
        "\"18446744073709551615\"",
        "\"-0\"",
        "\"007\"",
        "[]",
        "{}",
        "[[]]",
        "[{}]",
        "[null]",
        "[\"\"]",
        "{\"\":\"\"}",
        "[\"a\",\"b\"]",
        "{\"R\":100,\"G\":200}",
        "{\"base64\":\"\"}",
        "{\"base64\":\"/+8=\",\"filename\":\"a b.png\"}",
        "{\"base64\":\"LS1haXJsb2Nr\",\"media_type\":\"text/plain\"}",
        "\"2024-02-29\"",
        "\"2024-02-30\"",
        "\"2024-12-31T23:59:60Z\"",
        "\"2024-01-01T00:00:00.123+14:00\"",
        "\"123e4567-e89b-12d3-a456-426614174000\"",
        "\"AB12\"",
        "\"low\"",
        "\"high\"",
        "\"a,b\"",
        "\"x\"",
        "{\"a\":[1]}",
        "{\"name\":\"n\",\"children\":[{\"name\":\"m\"}]}",
        "\"..\"",
        "\".\"",
        "\"../..\"",
        "\"a/b/c\"",
        "\"%2e%2e\"",
        "\"\\u0000\"",
        "\"\\r\\n\"",
        "\"é\"",
        "\"\\\"\"",
        "\"\\\\\"",
    ],
    references: false,
};
