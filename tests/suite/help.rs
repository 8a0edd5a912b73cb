//! What `--help` teaches is text that is reviewed like any other.

use std::path::Path;

use airlock_compiler::cli::Exit;

use crate::command::{airlock, assert_is_file};

#[test]
fn help_is_what_was_reviewed() {
    for (name, arguments) in [
        ("airlock", vec![]),
        ("compile", vec!["compile"]),
        ("inspect", vec!["inspect"]),
        ("init", vec!["init"]),
        ("diff", vec!["diff"]),
        ("evidence", vec!["evidence"]),
        ("explain", vec!["explain"]),
        ("prune", vec!["prune"]),
        ("approve", vec!["approve"]),
        ("review", vec!["review"]),
        ("new", vec!["new"]),
        ("bundle-diff", vec!["bundle", "diff"]),
    ] {
        let ran = airlock(arguments.into_iter().chain(["--help"]));
        assert_eq!((ran.exit, ran.err.as_str()), (Exit::Done, ""));
        assert_is_file(&ran.out, &Path::new("cases/help").join(format!("{name}.txt")));
    }
}

#[test]
fn a_slip_on_the_command_line_is_an_error_that_says_what_was_meant() {
    let ran = airlock(["compile", "--chek"]);
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Invalid, ""));
    assert!(ran.err.contains("--check"), "{}", ran.err);
    assert_eq!(airlock(["nonsense"]).exit, Exit::Invalid);
}

#[test]
fn every_shell_gets_a_script() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = airlock(["completions", shell]);
        assert_eq!(ran.exit, Exit::Done);
        assert!(ran.out.contains("inspect"), "{shell}");
    }
}
