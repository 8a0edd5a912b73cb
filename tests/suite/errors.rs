//! Mistakes in catalogs: each case's whole output, as a person sees it.

use std::path::Path;

use airlock_compiler::cli::Exit;

use crate::command::{airlock, assert_is_file, directories};

#[test]
fn every_mistake_is_shown_at_its_place_with_a_way_out() {
    for case in directories(Path::new("cases/errors")) {
        let ran = compile(&case);
        assert_eq!(ran.exit, Exit::Invalid, "{}", case.display());
        assert_eq!(ran.out, "", "{}", case.display());
        assert!(
            !ran.err.contains('\u{1b}') && !ran.err.contains('\u{202e}'),
            "{}: raw control characters",
            case.display()
        );
        assert_is_file(&ran.err, &case.join("expected.stderr"));
    }
}

#[test]
fn programs_get_the_same_as_json() {
    for case in directories(Path::new("cases/errors")) {
        let human = compile(&case);
        let ran = airlock(["compile", "--format", "json", "--out", "unused", "--catalogs", &case.to_string_lossy()]);
        let value: serde_json::Value = serde_json::from_str(&ran.out).expect("is JSON");
        let diagnostics = value["diagnostics"].as_array().expect("a list");
        assert_eq!((ran.exit, value["exit"].as_u64()), (Exit::Invalid, Some(2)));
        assert_eq!(
            diagnostics.len(),
            human.err.matches("\nerror[").count() + usize::from(human.err.starts_with("error["))
        );
        for diagnostic in diagnostics {
            let code = diagnostic["code"].as_str().expect("a code");
            assert!(human.err.contains(&format!("error[{code}]")), "{}: {code}", case.display());
            if let Some(file) = diagnostic["file"].as_str() {
                let place = format!("{file}:{}:{}", diagnostic["line"], diagnostic["column"]);
                assert!(human.err.contains(&place), "{}: {place} is not in\n{}", case.display(), human.err);
            }
        }
    }
}

#[test]
fn five_mistakes_in_one_manifest_are_five_errors_in_one_run() {
    let ran = compile(Path::new("cases/errors/five_mistakes"));
    for code in ["E0221", "E0201", "E0301", "E0202", "E0602"] {
        assert_eq!(ran.err.matches(&format!("error[{code}]")).count(), 1, "{code} in\n{}", ran.err);
    }
    assert_eq!(ran.err.matches("error[").count(), 5);
    assert!(!Path::new("unused").exists(), "nothing is written after an error");
}

fn compile(case: &Path) -> crate::command::Ran {
    airlock(["compile", "--out", "unused", "--catalogs", &case.to_string_lossy()])
}
