//! How long the compiler takes, and how much memory, as ratios to the least that has to be done: parsing the same bytes.
//!
//! `cargo bench -p airlock-tests --bench compile`. Every figure is the least of several rounds, all in one run. Memory is
//! the peak of a process of its own, over that of one that inspects a document of one operation.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use airlock_compiler::cli::{Exit, Streams, run};
use airlock_compiler::load::{Format, Sources, load_document_at};
use airlock_compiler::report::Report;

const ROUNDS: usize = 7;
const DOCUMENTS: &[&str] = &[
    "github-progenitor.json",
    "keycloak-23.json",
    "qdrant.json",
    "discord.json",
    "gitea-swagger2.json",
    "airflow.yaml",
    "harbor.yaml",
];

/// The document that is multiplied into one of 13 MB, and how often.
const MULTIPLIED: (&str, usize) = ("github-progenitor.json", 4);

/// What a run takes whatever the document: the program's own pages.
const ONE: &str = r#"{"openapi": "3.0.3", "info": {"title": "One", "version": "1"}, "paths": {"/one": {"get": {
    "responses": {"200": {"description": "One.", "content": {"application/json": {"schema": {"type": "object"}}}}}}}}}"#;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("--peak-of") {
        return peak_of(&arguments.next().unwrap_or_default());
    }
    let root = std::env::var_os("AIRLOCK_SPECS").map_or_else(|| PathBuf::from("../../shared/specs"), PathBuf::from);
    let directory = tempfile::tempdir()?;
    let large = directory.path().join("multiplied.json");
    let base = directory.path().join("one.json");
    std::fs::write(&base, ONE)?;
    let mut paths: Vec<PathBuf> = DOCUMENTS.iter().map(|name| root.join(name)).collect();
    if let Ok(text) = std::fs::read_to_string(root.join(MULTIPLIED.0)) {
        std::fs::write(&large, multiplied(&text, MULTIPLIED.1))?;
        paths.insert(1, large);
    }
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "| document | bytes | operations | serde alone | openapiv3 alone | load | inspect | inspect to openapiv3 | memory to bytes | init --all, compile |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|---|")?;
    for path in paths {
        if path.is_file() {
            row(&path, &base, &mut out)?;
        } else {
            writeln!(out, "{} is not there; set AIRLOCK_SPECS", path.display())?;
        }
    }
    Ok(())
}

fn row(path: &Path, base: &Path, out: &mut impl io::Write) -> io::Result<()> {
    let text = std::fs::read_to_string(path)?;
    let shown = path.file_name().unwrap_or_default().to_string_lossy();
    let floor = least(|| drop(std::hint::black_box(parse(path, &text))));
    let typed = openapiv3_alone(path, &text);
    let load = least(|| loaded(path));
    let mut operations = String::new();
    let inspect = least(|| operations = inspected(path));
    let compile = least(|| compiled(path));
    let ratio = |time: Duration, to: Duration| format!("{:.1}", time.as_secs_f64() / to.as_secs_f64());
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    let peak = child_peak(path)?.saturating_sub(child_peak(base)?);
    writeln!(
        out,
        "| {shown} | {} | {operations} | 1 ({}) | {} | {} | {} ({}) | {} | {:.1} | {} ({}) |",
        text.len(),
        milliseconds(floor),
        typed.map_or_else(|| "-".into(), |typed| ratio(typed, floor)),
        ratio(load, floor),
        ratio(inspect, floor),
        milliseconds(inspect),
        typed.map_or_else(|| "-".into(), |typed| ratio(inspect, typed)),
        to_float(peak) / to_float(text.len()),
        ratio(compile, floor),
        milliseconds(compile),
    )
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files and processes")]
fn to_float(bytes: usize) -> f64 {
    bytes as f64
}

fn least(mut work: impl FnMut()) -> Duration {
    let time = |work: &mut dyn FnMut()| {
        let started = Instant::now();
        work();
        started.elapsed()
    };
    (0..ROUNDS).map(|_| time(&mut work)).min().unwrap_or_default()
}

fn parse(path: &Path, text: &str) -> serde_json::Value {
    match Format::of(path) {
        Some(Format::Json) => serde_json::from_str(text).expect("is JSON"),
        _ => serde_yaml::from_str(text).expect("is YAML"),
    }
}

/// The typed parse of the same bytes, of documents that `openapiv3` takes as they are.
fn openapiv3_alone(path: &Path, text: &str) -> Option<Duration> {
    let typed = || match Format::of(path) {
        Some(Format::Json) => serde_json::from_str::<openapiv3::OpenAPI>(text).map_err(drop),
        _ => serde_yaml::from_str::<openapiv3::OpenAPI>(text).map_err(drop),
    };
    typed().ok()?;
    Some(least(|| drop(std::hint::black_box(typed()))))
}

fn loaded(path: &Path) {
    let document = load_document_at(path, None, &mut Sources::default(), &mut Report::default());
    assert!(document.is_some(), "{} does not load", path.display());
}

/// The whole command, in this process; what it says of the number of operations.
fn inspected(path: &Path) -> String {
    let out = airlock(&["inspect", &path.to_string_lossy()]);
    let last = out.lines().last().unwrap_or_default();
    last.split(' ').nth(2).unwrap_or_default().to_owned()
}

fn compiled(path: &Path) {
    let directory = tempfile::tempdir().expect("a directory");
    let below = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
    let (catalogs, generated, document) = (below("catalogs"), below("generated"), path.to_string_lossy().into_owned());
    airlock(&["init", "real", "--all", "--document", &document, "--catalogs", &catalogs]);
    airlock(&["compile", "--catalogs", &catalogs, "--out", &generated]);
}

fn airlock(arguments: &[&str]) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = std::iter::once("airlock").chain(arguments.iter().copied()).map(Into::into);
    let exit = run(arguments, &mut Streams { out: &mut out, err: &mut err, colour: false });
    assert!(exit.is_ok_and(|exit| exit == Exit::Done), "{}", String::from_utf8_lossy(&err));
    String::from_utf8_lossy(&out).into_owned()
}

/// The document several times in one, each time with paths and schemas of its own names.
fn multiplied(text: &str, times: usize) -> String {
    let whole: serde_json::Value = serde_json::from_str(text).expect("is JSON");
    let mut all = whole.clone();
    for number in 1..times {
        let schemas = "#/components/schemas/";
        let copy = text.replace(schemas, &format!("{schemas}copy-{number}-"));
        let copy: serde_json::Value = serde_json::from_str(&copy).expect("is JSON");
        for (path, item) in copy["paths"].as_object().into_iter().flatten() {
            all["paths"][format!("/copy-{number}{path}")] = item.clone();
        }
        for (name, schema) in copy["components"]["schemas"].as_object().into_iter().flatten() {
            all["components"]["schemas"][format!("copy-{number}-{name}")] = schema.clone();
        }
    }
    serde_json::to_string_pretty(&all).expect("is JSON")
}

/// The peak of a process that inspects `path`, in bytes.
fn child_peak(path: &Path) -> io::Result<usize> {
    let child = Command::new(std::env::current_exe()?).arg("--peak-of").arg(path).output()?;
    let text = String::from_utf8_lossy(&child.stdout).into_owned();
    Ok(text.trim().parse().unwrap_or_default())
}

fn peak_of(path: &str) -> io::Result<()> {
    let arguments = ["airlock", "inspect", path, "--format", "json"].map(Into::into);
    let mut streams = Streams { out: &mut io::sink(), err: &mut io::sink(), colour: false };
    run(arguments, &mut streams)?;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kilobytes: usize = peak.trim().trim_end_matches(" kB").trim().parse().unwrap_or_default();
    writeln!(io::stdout(), "{}", kilobytes * 1024)
}
