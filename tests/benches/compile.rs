//! How long the compiler takes, as ratios to the least that has to be done: parsing the same bytes with serde.
//!
//! `cargo bench -p airlock-tests --bench compile`. Every figure is the least of several rounds, all in one run.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use airlock_compiler::cli::{Exit, Streams, run};
use airlock_compiler::load::{Format, LoadedDocument, Sources, load_document_at};
use airlock_compiler::normalise::normalise_document;
use airlock_compiler::report::Report;
use airlock_compiler::resolve::{ShapeReader, operations, read};

const ROUNDS: usize = 7;
const DOCUMENTS: &[&str] = &["keycloak-23.json", "github-progenitor.json", "qdrant.json", "ga4gh-wes.yaml"];

fn main() -> io::Result<()> {
    let root = std::env::var_os("AIRLOCK_SPECS").map_or_else(|| PathBuf::from("../../shared/specs"), PathBuf::from);
    let mut out = io::stdout().lock();
    writeln!(out, "| document | bytes | operations | parse alone | load | load, resolve | init --all, compile |")?;
    writeln!(out, "|---|---|---|---|---|---|---|")?;
    for name in DOCUMENTS {
        let path = root.join(name);
        if !path.is_file() {
            writeln!(out, "{name} is not there; set AIRLOCK_SPECS")?;
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        let floor = least(|| parse(&path, &text));
        let load = least(|| drop(loaded(&path)));
        let mut count = 0;
        let resolve = least(|| count = resolved(&path));
        let compile = least(|| compiled(&path));
        let ratio = |time: Duration| format!("{:.1}", time.as_secs_f64() / floor.as_secs_f64());
        writeln!(
            out,
            "| {name} | {} | {count} | 1 ({:.1} ms) | {} | {} | {} ({:.0} ms) |",
            text.len(),
            floor.as_secs_f64() * 1e3,
            ratio(load),
            ratio(resolve),
            ratio(compile),
            compile.as_secs_f64() * 1e3
        )?;
    }
    Ok(())
}

fn least(mut work: impl FnMut()) -> Duration {
    let time = |work: &mut dyn FnMut()| {
        let started = Instant::now();
        work();
        started.elapsed()
    };
    (0..ROUNDS).map(|_| time(&mut work)).min().unwrap_or_default()
}

fn parse(path: &Path, text: &str) {
    let value: serde_json::Value = match Format::of(path) {
        Some(Format::Json) => serde_json::from_str(text).expect("is JSON"),
        _ => serde_yaml::from_str(text).expect("is YAML"),
    };
    std::hint::black_box(value);
}

fn loaded(path: &Path) -> LoadedDocument {
    load_document_at(path, None, &mut Sources::default(), &mut Report::default()).expect("loads")
}

fn resolved(path: &Path) -> usize {
    let document = normalise_document(loaded(path), &mut Report::default()).expect("is sound");
    let mut shapes = ShapeReader::new(&document);
    operations(&document).iter().map(|found| std::hint::black_box(read(&document, found, &mut shapes))).count()
}

fn compiled(path: &Path) {
    let directory = tempfile::tempdir().expect("a directory");
    let below = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
    let (catalogs, generated, document) = (below("catalogs"), below("generated"), path.to_string_lossy().into_owned());
    airlock(&["init", "real", "--all", "--document", &document, "--catalogs", &catalogs]);
    airlock(&["compile", "--catalogs", &catalogs, "--out", &generated]);
}

fn airlock(arguments: &[&str]) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = std::iter::once("airlock").chain(arguments.iter().copied()).map(Into::into);
    let exit = run(arguments, &mut Streams { out: &mut out, err: &mut err, colour: false });
    assert!(exit.is_ok_and(|exit| exit == Exit::Done), "{}", String::from_utf8_lossy(&err));
}
