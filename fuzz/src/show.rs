//! Shows diagnostics in every form: places, carets and patches are computed only then.

use airlock_compiler::load::Sources;
use airlock_compiler::report::{Report, human, json};

/// How many diagnostics are shown; one input may have one a byte, and all are made alike.
const SHOWN_MAX: usize = 40;

/// Renders what was reported. Every place must lie within its file.
pub(crate) fn all(report: &Report, sources: &Sources) {
    for diagnostic in report.diagnostics().iter().take(SHOWN_MAX) {
        assert!(!diagnostic.title.is_empty() && diagnostic.code.len() == 5, "{diagnostic:?}");
        for mark in &diagnostic.marks {
            let range = sources.range(&mark.at);
            assert!(sources.text(mark.at.file).get(range).is_some(), "{:?} is no place", mark.at);
            let (line, column) = sources.line_column(&mark.at);
            assert!(line >= 1 && column >= 1);
        }
        let plain = human::render(diagnostic, sources, false);
        assert!(plain.contains(diagnostic.code), "{plain}");
        // What a terminal acts on must come from us alone, and only where colours are wanted.
        assert!(!plain.contains('\u{1b}'), "{plain:?}");
        human::render(diagnostic, sources, true);
        json::render(diagnostic, sources);
    }
}
