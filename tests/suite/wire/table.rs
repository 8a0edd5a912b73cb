//! The table: what `tests/wire/*.yaml` says, as cases with rows.
//!
//! `styles.yaml` has a form of its own, a line for each style and kind of value; all other files list cases. Expected
//! values are written by hand from the standards and never from what came out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Where the table lies.
pub(crate) const DIRECTORY: &str = "wire";

/// One operation and what is sent through it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// What it is about; unique in its file. The file's name is put before it.
    #[serde(default)]
    pub(crate) name: String,
    /// The version of the document. Default: 3.0.4.
    #[serde(default = "newest_of_its_minor")]
    pub(crate) version: String,
    /// Default: `post` with a body, else `get`.
    pub(crate) method: Option<String>,
    /// The path key. Default: `/items`, with a segment for each path parameter.
    pub(crate) path: Option<String>,
    /// The path of the document's server.
    #[serde(default)]
    pub(crate) base_path: String,
    /// Parameter Objects of the path item.
    #[serde(default)]
    pub(crate) item_parameters: Vec<Value>,
    /// Parameter Objects of the operation.
    #[serde(default)]
    pub(crate) parameters: Vec<Value>,
    /// The Request Body Object.
    pub(crate) body: Option<Value>,
    /// Named schemas.
    #[serde(default)]
    pub(crate) schemas: Map<String, Value>,
    /// Security schemes; the operation needs all of them. Each has the key `key-of-NAME`.
    #[serde(default)]
    pub(crate) credentials: Map<String, Value>,
    /// Further keys of the operation.
    #[serde(default)]
    pub(crate) operation: Map<String, Value>,
    /// Further keys of the tool in `catalog.yaml`.
    #[serde(default)]
    pub(crate) tool: Map<String, Value>,
    /// What is sent, and what must come of it.
    #[serde(default)]
    pub(crate) rows: Vec<Row>,
}

/// Arguments, and either the request or why there is none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    /// The arguments. A string is the JSON text of them, where digits and spelling matter.
    #[serde(default)]
    pub(crate) send: Value,
    /// The request line but for the version: method and target.
    pub(crate) line: Option<String>,
    /// All headers that the host does not set for every request.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// The body, in UTF-8.
    pub(crate) body: Option<String>,
    /// The body as lines that CR LF joins. `BOUNDARY` stands for whatever boundary was chosen, here and in the headers.
    pub(crate) lines: Option<Vec<String>>,
    /// Nothing is sent; the answer holds this text.
    pub(crate) refused: Option<String>,
    /// `compile`: the document cannot be compiled, with this code and a message that holds `reason`.
    pub(crate) refused_at: Option<String>,
    /// The code of the error.
    pub(crate) code: Option<String>,
    /// A part of the error.
    pub(crate) reason: Option<String>,
}

impl Row {
    /// Whether the document of this row's case cannot be compiled.
    pub(crate) fn is_of_compile(&self) -> bool {
        self.refused_at.is_some()
    }

    /// The arguments as a caller's JSON object.
    pub(crate) fn arguments(&self) -> Map<String, Value> {
        let value = match &self.send {
            Value::String(text) => serde_json::from_str(text).expect("`send` is JSON text"),
            value => value.clone(),
        };
        match value {
            Value::Object(members) => members,
            Value::Null => Map::new(),
            other => panic!("`send` is no object: {other}"),
        }
    }

    /// The body that is expected; empty for none.
    pub(crate) fn body(&self) -> String {
        match (&self.body, &self.lines) {
            (Some(body), None) => body.clone(),
            (None, Some(lines)) => lines.join("\r\n"),
            (None, None) => String::new(),
            (Some(_), Some(_)) => panic!("a row has a `body` or `lines`, not both"),
        }
    }

    fn check(&self, name: &str) {
        let ends = [self.line.is_some(), self.refused.is_some(), self.is_of_compile()];
        assert_eq!(ends.iter().filter(|end| **end).count(), 1, "{name}: a row has one end: {self:?}");
        let compile = self.refused_at.as_deref() == Some("compile") && self.code.is_some() && self.reason.is_some();
        assert_eq!(compile, self.is_of_compile(), "{name}: {self:?}");
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    /// What the file covers, for its readers.
    #[serde(rename = "about")]
    _about: String,
    cases: Vec<Case>,
}

fn newest_of_its_minor() -> String {
    "3.0.4".to_owned()
}

/// All cases of all files, in the order of their names.
pub(crate) fn read() -> Vec<Case> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(DIRECTORY)
        .expect("the table is there")
        .map(|entry| entry.expect("can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let stem = file.file_stem().expect("has a name").to_string_lossy().into_owned();
        let listed = match stem.as_str() {
            "styles" => yaml::<Styles>(&file).cases(),
            // The tools that hostile values go through have a form of their own.
            "hostile" => continue,
            _ => yaml::<Topic>(&file).cases,
        };
        for mut case in listed {
            case.name = format!("{stem}: {}", case.name);
            assert!(!case.rows.is_empty(), "{} has no row", case.name);
            case.rows.iter().for_each(|row| row.check(&case.name));
            let refused = case.rows.iter().any(Row::is_of_compile);
            assert!(!refused || case.rows.len() == 1, "{}: nothing can be sent through it", case.name);
            assert!(cases.iter().all(|other: &Case| other.name != case.name), "{} stands twice", case.name);
            cases.push(case);
        }
    }
    cases
}

/// Reads a file of the table.
pub(crate) fn yaml<T: for<'de> Deserialize<'de>>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).expect("can be read");
    serde_yaml::from_str(&text).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

/// Every style with every kind of value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Styles {
    #[serde(rename = "about")]
    _about: String,
    kinds: BTreeMap<String, Kind>,
    /// What comes of a kind where a style does not say otherwise.
    everywhere: BTreeMap<String, Value>,
    #[serde(rename = "styles")]
    lines: Vec<StyleLines>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    schema: Value,
    value: Value,
    #[serde(default)]
    optional: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StyleLines {
    #[serde(rename = "in")]
    location: String,
    style: String,
    explode: bool,
    /// What comes of each kind; `required` and `optional` stand for all that are not named.
    expect: BTreeMap<String, Value>,
}

impl Styles {
    /// Location, style and explode of each entry, and the kinds that it says something of.
    pub(crate) fn entries(&self) -> Vec<(String, String, bool)> {
        self.lines.iter().map(|one| (one.location.clone(), one.style.clone(), one.explode)).collect()
    }

    /// The names of the kinds.
    pub(crate) fn kinds(&self) -> Vec<&str> {
        self.kinds.keys().map(String::as_str).collect()
    }

    fn cases(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for one in &self.lines {
            for name in one.expect.keys() {
                let known = self.kinds.contains_key(name) || matches!(name.as_str(), "required" | "optional");
                assert!(known, "{name} is no kind");
            }
            for (name, kind) in &self.kinds {
                let all = if kind.optional && one.location != "path" { "optional" } else { "required" };
                let expected =
                    one.expect.get(name).or_else(|| self.everywhere.get(name)).or_else(|| one.expect.get(all));
                let said = format!("{} {} explode={} {name}", one.location, one.style, one.explode);
                let expected = expected.unwrap_or_else(|| panic!("nothing says what comes of {said}"));
                cases.push(one.case(&said, kind, expected));
            }
        }
        cases
    }
}

impl StyleLines {
    fn case(&self, name: &str, kind: &Kind, expected: &Value) -> Case {
        let wire = if self.location == "header" { "X-Color" } else { "color" };
        let parameter = json!({
            "name": wire, "in": self.location, "style": self.style, "explode": self.explode,
            "required": !kind.optional || self.location == "path", "schema": kind.schema,
        });
        let mut send = Map::new();
        send.insert(wire.replace('-', "_"), kind.value.clone());
        let row = Row { send: send.into(), ..end(expected) };
        let case: Case = serde_json::from_value(json!({"name": name, "parameters": [parameter]})).expect("is a case");
        Case { rows: vec![row], ..case }
    }
}

/// What a cell of `styles.yaml` says: a target, a header, or a row's own words.
fn end(cell: &Value) -> Row {
    let Value::String(text) = cell else {
        return Row::deserialize(cell).unwrap_or_else(|fault| panic!("{fault}: {cell}"));
    };
    if text.starts_with('/') {
        return Row { line: Some(format!("GET {text}")), ..Row::default() };
    }
    let (name, value) = text.split_once(": ").unwrap_or_else(|| panic!("neither target nor header: {text}"));
    let headers = [(name.to_owned(), value.to_owned())].into();
    Row { line: Some("GET /items".to_owned()), headers, ..Row::default() }
}
