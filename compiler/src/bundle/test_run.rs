//! `evidence/tests.json`: what a run of the tests said, counted. What it printed is `cargo test`'s own form.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use airlock_offer::hex;
use airlock_seal::{Code, Refusal};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::report::visible;

/// A longer output is no run of these tests, in bytes.
const BYTES_MAX: u64 = 64 << 20;

/// Counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    programs: u64,
    passed: u64,
    failed: u64,
    ignored: u64,
}

/// What to say of a run; of none, that there is none.
pub fn record(file: Option<&Path>) -> Result<Value, Refusal> {
    let Some(file) = file else {
        return Ok(
            json!({"given": false, "remark": "no run of the tests was handed to `airlock bundle build --tests`"}),
        );
    };
    let shown = visible(&file.to_string_lossy());
    let refused = |text: String| Refusal::new(Code::Usage, format!("{shown} {text}"));
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes));
    read.map_err(|fault| refused(format!("cannot be read: {fault}")))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(refused(format!("is longer than {BYTES_MAX} bytes")));
    }
    let counts = count(&String::from_utf8_lossy(&bytes));
    let way_out = "hand over what `cargo test --workspace` prints";
    if counts.programs == 0 || counts.passed == 0 {
        return Err(refused(format!("says of no test that it passed; {way_out}")));
    }
    if counts.failed > 0 {
        let failed = counts.failed;
        return Err(refused(format!("says that {failed} tests failed; a release is built of what passes")));
    }
    Ok(json!({
        "given": true,
        "sha256": hex(&Sha256::digest(&bytes)),
        "programs": counts.programs,
        "passed": counts.passed,
        "failed": counts.failed,
        "ignored": counts.ignored,
    }))
}

/// Sums up lines of `test result: ok. 12 passed; 0 failed; 1 ignored; …`. A program that was ended in between has none.
fn count(text: &str) -> Counts {
    let mut counts = Counts::default();
    for line in text.lines() {
        let Some(rest) = line.trim().strip_prefix("test result: ") else { continue };
        let number = |word: &str| {
            let part = rest.split([';', '.']).map(str::trim).find_map(|part| part.strip_suffix(word))?;
            part.trim().parse::<u64>().ok()
        };
        counts.programs += 1;
        counts.passed += number(" passed").unwrap_or(0);
        counts.ignored += number(" ignored").unwrap_or(0);
        // What says that it failed has failed, whatever it counts.
        let failed = number(" failed").unwrap_or(0);
        counts.failed += if rest.starts_with("ok.") { failed } else { failed.max(1) };
    }
    counts
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Counts, count, record};

    #[test]
    fn results_of_all_programs_are_summed_up() {
        let text = "running 2 tests\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.20s\n\
                    test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!(count(text), Counts { programs: 2, passed: 5, failed: 0, ignored: 1 });
        let failed = "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured";
        assert_eq!(count(failed), Counts { programs: 1, passed: 1, failed: 2, ignored: 0 });
    }

    #[test]
    fn what_failed_or_says_nothing_is_no_evidence() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("tests.txt");
        for (text, part) in [
            ("all went well", "of no test that it passed"),
            ("test result: ok. 0 passed; 0 failed;", "of no test that it passed"),
            ("test result: FAILED. 5 passed; 1 failed;", "1 tests failed"),
        ] {
            fs::write(&file, text).expect("written");
            let fault = record(Some(&file)).expect_err(part);
            assert!(fault.text.contains(part), "{fault}");
        }
        fs::write(&file, "test result: ok. 5 passed; 0 failed; 0 ignored").expect("written");
        assert_eq!(record(Some(&file)).expect("is one")["passed"], 5);
        assert_eq!(record(None).expect("nothing is something")["given"], false);
    }
}
