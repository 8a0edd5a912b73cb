//! The attempts that isolation is there to refuse, made against this very program on this very machine.
//!
//! What comes in: which part is wanted, and which layers. What goes out: [`Evidence`]. Each attempt is a process of its own, started
//! from this program's file. It is made twice: as it is (the positive control: what the machine would let anybody do) and
//! confined as the program confines itself. An attempt was done if it was really done: a receiver got something, a secret was read, a file or another
//! process is not as it was. What an attempt says is not believed where that can be seen.
//!
//! ```text
//! attempts ─ scene ─┬─ runner ─ role (a process: confine, attempt) ─┐
//!                   └─ receivers, victim, directory ────────────────┴─ judge ─ evidence
//! ```

pub mod attempts;
mod directory;
mod elf;
mod evidence;
mod kernel;
mod receivers;
mod role;
mod runner;
mod scene;
mod victim;

use std::fmt;
use std::io;

pub use attempts::{ATTEMPTS, Attempt, MATRIX};
pub use evidence::{ClosedBy, Evidence, Row};
pub(crate) use role::run as run_role;
use role::{Dress, Left};
use runner::Runner;
pub use runner::{Outcome, Verdict};

use crate::isolation::Layer;

/// With nothing in force at least so many attempts of the matrix must be open, or the run proves nothing.
pub const CONTROL_OPEN_MIN: usize = 50;

/// A part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// With nothing in force.
    Control,
    /// Confined.
    Isolated,
}

/// What is wanted.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Whether some attempts go beyond the machine.
    pub beyond: bool,
    /// Not to find out which layer closes what.
    pub quick: bool,
    /// One part alone.
    pub only: Option<Part>,
    /// Layers that are left out, to see that it is noticed.
    pub without: Vec<Layer>,
    /// Which attempts; all if none is named.
    pub attempts: Vec<&'static Attempt>,
}

/// Why there is no evidence.
#[derive(Debug)]
pub enum Fault {
    /// What attempts are made on cannot be put up.
    SetUp(&'static str, io::Error),
    /// The isolation cannot be had here.
    Shortfall(String),
    /// An attempt did not come to an end that can be judged.
    Attempt(&'static str, String),
}

impl fmt::Display for Fault {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetUp(what, fault) => write!(to, "{what} cannot be had for the attempts: {fault}"),
            Self::Shortfall(fault) => write!(to, "the isolation cannot be had here: {fault}"),
            Self::Attempt(name, fault) => write!(to, "the attempt `{name}` cannot be judged: {fault}"),
        }
    }
}

impl std::error::Error for Fault {}

/// Makes the attempts. `progress` is told how many of them have ended, and of how many.
///
/// # Errors
/// See [`Fault`]. An attempt that is open is no error but a result.
pub fn run(settings: &Settings, progress: &mut dyn FnMut(usize, usize)) -> Result<Evidence, Fault> {
    let attempts: Vec<&'static Attempt> =
        if settings.attempts.is_empty() { ATTEMPTS.iter().collect() } else { settings.attempts.clone() };
    let finds_layers = !settings.quick && settings.only.is_none();
    let parts = usize::from(settings.only != Some(Part::Isolated))
        + usize::from(settings.only != Some(Part::Control))
        + usize::from(finds_layers);
    let (mut done, all) = (0, attempts.len() * parts);
    let mut step = || {
        progress(done, all);
        done += 1;
    };
    let mut runner = Runner::new(settings.beyond)?;
    let mut rows: Vec<Row> = attempts.into_iter().map(Row::new).collect();
    if settings.only != Some(Part::Isolated) {
        let as_it_is = Dress { layers: Vec::new(), left: Left::Reading };
        for row in &mut rows {
            step();
            row.control = Some(runner.make(row.attempt, &as_it_is)?);
        }
    }
    let layers: Vec<Layer> = Layer::ALL.into_iter().filter(|layer| !settings.without.contains(layer)).collect();
    if settings.only != Some(Part::Control) {
        for row in &mut rows {
            step();
            row.nothing = Some(isolated(row, &layers, Left::Nothing, &mut runner)?);
            row.isolated = Some(isolated(row, &layers, Left::Reading, &mut runner)?);
            row.most = Some(isolated(row, &layers, Left::Most, &mut runner)?);
        }
    }
    let in_force = std::mem::take(&mut runner.layers);
    if finds_layers {
        for row in &mut rows {
            step();
            if row.is_closed_by_layers() {
                row.closed_by = Some(closed_by(row.attempt, &layers, &mut runner)?);
            }
        }
    }
    progress(all, all);
    Ok(Evidence { rows, layers: in_force, settings: settings.clone() })
}

/// An attempt under layers. What the machine has, and confined answers as if it had not, is closed.
fn isolated(row: &Row, layers: &[Layer], left: Left, runner: &mut Runner) -> Result<Outcome, Fault> {
    let mut outcome = runner.make(row.attempt, &Dress { layers: layers.to_vec(), left })?;
    let is_there = row.control.is_some_and(|control| control.verdict != Verdict::Absent);
    if outcome.verdict == Verdict::Absent && is_there {
        outcome.verdict = Verdict::Closed;
    }
    Ok(outcome)
}

/// Which of the layers close an attempt.
fn closed_by(attempt: &'static Attempt, layers: &[Layer], runner: &mut Runner) -> Result<ClosedBy, Fault> {
    let mut opens = |layers: Vec<Layer>| -> Result<bool, Fault> {
        Ok(runner.make(attempt, &Dress { layers, left: Left::Reading })?.verdict == Verdict::Open)
    };
    let mut alone = Vec::new();
    for layer in layers {
        // The others cannot be put on without it, unless one is root.
        let under: Vec<Layer> =
            layers.iter().copied().filter(|one| one == layer || *one == Layer::NoNewPrivs).collect();
        if !opens(under)? {
            alone.push(*layer);
        }
    }
    if alone.contains(&Layer::NoNewPrivs) {
        alone.retain(|layer| *layer == Layer::NoNewPrivs);
    }
    if !alone.is_empty() {
        return Ok(ClosedBy::Each(alone));
    }
    let mut together = Vec::new();
    for layer in layers.iter().filter(|layer| **layer != Layer::NoNewPrivs) {
        if opens(layers.iter().copied().filter(|one| one != layer).collect())? {
            together.push(*layer);
        }
    }
    Ok(ClosedBy::Together(together))
}
