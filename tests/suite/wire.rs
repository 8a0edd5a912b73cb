//! The wire, from end to end: an OpenAPI document is compiled, its tools are called through the real gate, and the bytes
//! that arrive at a real socket are compared with a table.
//!
//! The table is data: `tests/wire/`. `table` reads it, `constants` makes what the compiler has made into what the runtime
//! takes, `recorder` is the upstream, `bench` joins them. `hostile` sends values that mean
//! harm to every place, and `read` reads requests as a receiver does.

mod bench;
mod constants;
mod documents;
mod hostile;
mod peers;
mod read;
mod recorder;
mod table;

use std::collections::BTreeMap;
use std::path::Path;

use airlock_compiler::load::Sources;
use airlock_compiler::pipeline;
use airlock_compiler::report::Report;
use bench::Bench;
use recorder::Recorded;
use table::{Case, Row};

use crate::command::workspace;

/// Headers of every request, which the host sets.
const HOST_HEADERS: [&str; 4] = ["host", "user-agent", "accept", "content-length"];

/// What a row came to.
struct Exchanged<'a> {
    case: &'a Case,
    row: &'a Row,
    outcome: Result<Recorded, String>,
}

/// Calls every row whose document compiles.
fn exchanged(cases: &[Case]) -> (Bench, Vec<Exchanged<'_>>) {
    let callable: Vec<&Case> = cases.iter().filter(|case| !case.rows[0].is_of_compile()).collect();
    let name = |position: usize| format!("case_{position}");
    let catalogs: Vec<_> = callable.iter().enumerate().map(|(position, case)| case.catalog(&name(position))).collect();
    let bench = Bench::new(&catalogs);
    let mut exchanged = Vec::new();
    for (position, case) in callable.into_iter().enumerate() {
        for row in &case.rows {
            let outcome = bench.call(&name(position), row.arguments());
            exchanged.push(Exchanged { case, row, outcome });
        }
    }
    (bench, exchanged)
}

#[test]
fn every_request_is_what_the_table_says_byte_for_byte() {
    let cases = table::read();
    let (bench, exchanged) = exchanged(&cases);
    let mut faults = Vec::new();
    for Exchanged { case, row, outcome } in &exchanged {
        let compared = match (outcome, &row.refused) {
            (Ok(recorded), None) => compare(row, recorded, &bench.authority()),
            (Err(text), Some(part)) if text.contains(part.as_str()) && !text.starts_with("NOT ONE") => Ok(()),
            (Err(text), _) => Err(format!("refused: {text}")),
            (Ok(recorded), Some(_)) => Err(format!("sent: {} {:?}", recorded.line, recorded.headers)),
        };
        if let Err(fault) = compared {
            faults.push(format!("{}, {}\n  {fault}", case.name, row.send));
        }
    }
    assert!(faults.is_empty(), "{} of {} rows differ:\n{}", faults.len(), exchanged.len(), faults.join("\n"));
    assert_eq!(bench.connections(), 1, "a connection is kept from call to call");
}

/// Compares a request with its row.
fn compare(row: &Row, recorded: &Recorded, authority: &str) -> Result<(), String> {
    let expected = format!("{} HTTP/1.1", row.line.as_deref().unwrap_or_default());
    if recorded.line != expected {
        return Err(format!("sent     {}\n  expected {expected}", recorded.line));
    }
    let boundary = boundary(recorded)?;
    let with_boundary = |text: &str| text.replace("BOUNDARY", boundary.unwrap_or("BOUNDARY"));
    let headers: BTreeMap<String, String> =
        row.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), with_boundary(value))).collect();
    let others = recorded.headers.iter().filter(|(name, _)| !HOST_HEADERS.contains(&name.as_str()));
    let mut sent = BTreeMap::new();
    for (name, value) in others {
        if sent.insert(name.clone(), value.clone()).is_some() {
            return Err(format!("`{name}` came twice"));
        }
    }
    if sent != headers {
        return Err(format!("sent     {sent:?}\n  expected {headers:?}"));
    }
    let body = with_boundary(&row.body());
    if recorded.body != body.as_bytes() {
        return Err(format!("sent     {:?}\n  expected {body:?}", String::from_utf8_lossy(&recorded.body)));
    }
    // Said also where it is 0, by methods that send content (RFC 9110, section 8.6).
    let sends_content = ["POST ", "PUT ", "PATCH "].iter().any(|method| recorded.line.starts_with(method));
    let framed = recorded.header("content-length").is_some() == (sends_content || !recorded.body.is_empty());
    // An answer to HEAD has no body whose type could be asked for.
    let accept = (!recorded.line.starts_with("HEAD ")).then_some("application/json");
    let hosts = recorded.header("host") == Some(authority)
        && recorded.header("accept") == accept
        && recorded.header("user-agent").is_some_and(|agent| agent.starts_with("airlock/"));
    if !framed || !hosts {
        return Err(format!("the host's own headers are {:?}", recorded.headers));
    }
    Ok(())
}

/// The boundary of a multipart body: sound (RFC 2046, section 5.1.1), and nowhere but before, between and behind parts.
fn boundary(recorded: &Recorded) -> Result<Option<&str>, String> {
    let Some(boundary) =
        recorded.header("content-type").and_then(|text| text.strip_prefix("multipart/form-data; boundary="))
    else {
        return Ok(None);
    };
    let sound =
        (1..=70).contains(&boundary.len()) && boundary.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let body = String::from_utf8_lossy(&recorded.body);
    let delimiters =
        body.split("\r\n").filter(|line| line.starts_with("--") && line[2..].starts_with(boundary)).count();
    if !sound || body.matches(boundary).count() != delimiters {
        return Err(format!("`{boundary}` is no boundary of {body:?}"));
    }
    Ok(Some(boundary))
}

#[test]
fn every_refusal_of_the_compiler_is_the_one_that_the_table_names() {
    let mut faults = Vec::new();
    let cases = table::read();
    let refused: Vec<&Case> = cases.iter().filter(|case| case.rows[0].is_of_compile()).collect();
    assert!(refused.len() > 50, "{}", refused.len());
    for case in refused {
        let row = &case.rows[0];
        let (code, reason) = (row.code.as_deref().unwrap_or_default(), row.reason.as_deref().unwrap_or_default());
        let directory = tempfile::tempdir().expect("a directory");
        match bench::compile(directory.path(), &[case.catalog("refused")]) {
            Ok(compiled) => {
                let tool = &compiled.catalogs[0].tools[0];
                faults.push(format!("{} compiles: {:?} {:?}", case.name, tool.arguments, tool.body));
            }
            Err(told) if told.contains(&format!("error[{code}]")) && told.contains(reason) => {}
            Err(told) => faults.push(format!("{}: {told}", case.name)),
        }
    }
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults.join("\n"));
}

/// Every style that some place has, exploded and not (OpenAPI 3.0.4, section 4.7.12.3).
#[test]
fn the_table_of_styles_leaves_nothing_out() {
    let styles: table::Styles = table::yaml(&Path::new(table::DIRECTORY).join("styles.yaml"));
    let mut entries = styles.entries();
    entries.sort();
    let mut wanted = Vec::new();
    for (location, styles) in [
        ("path", &["simple", "label", "matrix"][..]),
        ("query", &["form", "spaceDelimited", "pipeDelimited", "deepObject"]),
        ("header", &["simple"]),
        ("cookie", &["form"]),
    ] {
        for style in styles {
            wanted.extend([false, true].map(|explode| (location.to_owned(), (*style).to_owned(), explode)));
        }
    }
    wanted.sort();
    assert_eq!(entries, wanted);
    assert!(styles.kinds().len() >= 20, "{:?}", styles.kinds());
}

/// What stands for rustc here makes the same constants of the same catalogs.
#[test]
fn compiled_catalogs_become_the_constants_of_the_generated_source() {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let compiled = pipeline::compile(&workspace().join("catalogs"), &mut sources, &mut report).expect("compiles");
    let constants: Vec<_> = compiled.catalogs.iter().map(constants::catalog).collect();
    assert_eq!(constants, airlock_generated::PROGRAM.catalogs);
}
