//! The chain of labels: their names, the lowest first.

use crate::check::is_tool_name;
use crate::report::{At, Diagnostic, FileId, Report};

/// Fewer labels tell nothing apart.
const LABELS_MIN: usize = 2;

/// More labels than that nobody keeps apart.
const LABELS_MAX: usize = 8;

/// A chain of labels; none where nothing is labelled.
#[derive(Debug, Default)]
pub(super) struct Lattice(Vec<String>);

impl Lattice {
    pub(super) fn labels(&self) -> &[String] {
        &self.0
    }

    /// The place of a label, the lowest is 0.
    pub(super) fn rank(&self, label: &str) -> Option<usize> {
        self.0.iter().position(|known| known == label)
    }

    /// The place of the highest label.
    pub(super) fn top(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// The label at a place.
    pub(super) fn label(&self, rank: usize) -> Option<String> {
        self.0.get(rank).cloned()
    }
}

/// The chain that a workspace declares; none if it is none, which is reported.
pub(super) fn read(labels: &[String], file: FileId, report: &mut Report) -> Option<Lattice> {
    let mut wrong = Vec::new();
    if !(LABELS_MIN..=LABELS_MAX).contains(&labels.len()) {
        let count = format!("`labels` takes {LABELS_MIN} to {LABELS_MAX} labels, and has {}", labels.len());
        let at = At::value(file, "/labels");
        let help = "name them from the lowest to the highest, as in `[public, internal, patient]`";
        wrong.push(Diagnostic::error("E0812", count).at(at, "").help(help));
    }
    for (position, label) in labels.iter().enumerate() {
        let at = At::value(file, format!("/labels/{position}"));
        if !is_tool_name(label) {
            let help = "use small letters, digits and `_`, a letter first, at most 40 characters";
            wrong.push(Diagnostic::error("E0812", format!("`{label}` cannot name a label")).at(at, "").help(help));
        } else if let Some(first) = labels[..position].iter().position(|other| other == label) {
            wrong.push(
                Diagnostic::error("E0812", format!("`{label}` stands twice in the chain"))
                    .at(at, "again")
                    .at(At::value(file, format!("/labels/{first}")), "first here")
                    .help("leave it where it belongs: a label has one place between the others"),
            );
        }
    }
    let is_sound = wrong.is_empty();
    for diagnostic in wrong {
        report.push(diagnostic);
    }
    is_sound.then(|| Lattice(labels.to_vec()))
}
