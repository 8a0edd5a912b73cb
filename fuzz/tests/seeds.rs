//! The committed seeds through the targets, without a fuzzer. What a run has found by then is taken along, too.

use std::fs;
use std::path::Path;

fn all(target: &str, run: fn(&[u8])) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(directory).expect("the seeds") {
        let path = entry.expect("an entry").path();
        let data = fs::read(&path).expect("a file");
        eprintln!("{}", path.display());
        run(&data);
        count += 1;
    }
    assert!(count >= 15, "{count} seeds");
}

#[test]
fn loader() {
    all("loader", airlock_fuzz::loader::run);
}

#[test]
fn normaliser() {
    all("normaliser", airlock_fuzz::normaliser::run);
}

#[test]
fn prune() {
    all("prune", airlock_fuzz::prune::run);
}

#[test]
fn seal() {
    all("seal", airlock_fuzz::seal::run);
}

#[test]
fn encoder() {
    all("encoder", airlock_fuzz::encoder::run);
}
