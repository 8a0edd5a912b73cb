//! Parts of a rule that take an array item by item, while it is read.
//!
//! JMESPath 1.0 has no way from an item to what is around it, so an item can be worked on and let go before the next one is
//! read. A pipeline begins at an array that is reached through members alone, goes through stages, and ends in a sink.

use crate::expr::{Expr, Function, Literal};

/// A part of a rule that is fed item by item.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    /// Names of members, from the answer to the array.
    pub(crate) path: Vec<String>,
    pub(crate) stages: Vec<Stage>,
    pub(crate) sink: Sink,
}

/// What is done with an item.
#[derive(Clone, Debug)]
pub(crate) enum Stage {
    /// A rule is applied; null is let go.
    Project(Expr),
    /// A rule is applied; null stays.
    Map(Expr),
    /// The items of an array go on instead of it.
    Flatten,
    /// Items from `start` on go on, before `stop`, one of `step`.
    Slice { start: usize, stop: Option<usize>, step: usize },
    /// The last so many go on, at the end.
    Last(usize),
    /// At the end, items go on in the order of their keys, or against it.
    Sort { function: Function, key: Expr, reverse: bool, keep: Keep },
}

/// Which items of a sorted array are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All: this is no pipeline yet.
    All,
    /// So many with the least keys.
    Least(usize),
    /// So many with the greatest keys.
    Greatest(usize),
}

/// What becomes of the items.
#[derive(Clone, Debug)]
pub(crate) enum Sink {
    /// An array of them.
    Collect,
    /// The one at this place.
    At(usize),
    /// The one at this place from the end; the last one is 1.
    FromEnd(usize),
    /// A function's result, by this rule, with this text between.
    Aggregate(Function, Option<Expr>, String),
}

/// Of sorted or last items no more than these are held while an array is read.
const HELD_MAX: usize = 10_000;

/// Takes the pipelines out of a rule. Arrays whose paths stand in `shut` feed none.
pub(crate) fn extract(expr: &Expr, shut: &[Vec<String>]) -> (Expr, Vec<Pipeline>) {
    let mut extraction = Extraction { pipelines: Vec::new(), shut };
    let rest = extraction.visit(expr, &[]);
    (rest, extraction.pipelines)
}

struct Extraction<'s> {
    pipelines: Vec<Pipeline>,
    shut: &'s [Vec<String>],
}

impl Extraction<'_> {
    /// `base` leads to the value that the rule is applied to.
    fn visit(&mut self, expr: &Expr, base: &[String]) -> Expr {
        if let Some(pipeline) = pipeline(expr, Stream { path: base.to_vec(), stages: Vec::new() })
            && !self.shut.contains(&pipeline.path)
        {
            self.pipelines.push(pipeline);
            return Expr::Piped(self.pipelines.len() - 1, Box::new(expr.clone()));
        }
        let mut visit = |expr: &Expr| self.visit(expr, base);
        let mut boxed = |expr: &Expr| Box::new(visit(expr));
        match expr {
            Expr::Then(first, next) => match path(first, base) {
                Some(inner) => Expr::Then(first.clone(), Box::new(self.visit(next, &inner))),
                None => Expr::Then(boxed(first), next.clone()),
            },
            Expr::Each(list, item) => Expr::Each(boxed(list), item.clone()),
            Expr::Flatten(list) => Expr::Flatten(boxed(list)),
            Expr::Values(object) => Expr::Values(boxed(object)),
            Expr::When(condition, then) => Expr::When(boxed(condition), boxed(then)),
            Expr::Object(members) => {
                Expr::Object(members.iter().map(|(name, rule)| (name.clone(), visit(rule))).collect())
            }
            Expr::List(items) => Expr::List(items.iter().map(visit).collect()),
            Expr::Compare(left, comparator, right) => Expr::Compare(boxed(left), *comparator, boxed(right)),
            Expr::And(left, right) => Expr::And(boxed(left), boxed(right)),
            Expr::Or(left, right) => Expr::Or(boxed(left), boxed(right)),
            Expr::Not(inner) => Expr::Not(boxed(inner)),
            Expr::Call(function, arguments) => {
                let expression = function.expression();
                let visit = |(position, argument): (usize, &Expr)| {
                    if expression == Some(position) { argument.clone() } else { visit(argument) }
                };
                Expr::Call(*function, arguments.iter().enumerate().map(visit).collect())
            }
            Expr::Current | Expr::Field(_) | Expr::Index(_) | Expr::Slice(..) | Expr::Literal(_) | Expr::Piped(..) => {
                expr.clone()
            }
        }
    }
}

/// Where a rule leads that goes through members alone.
fn path(expr: &Expr, base: &[String]) -> Option<Vec<String>> {
    match expr {
        Expr::Current => Some(base.to_vec()),
        Expr::Field(name) => Some(base.iter().chain([name]).cloned().collect()),
        Expr::Then(first, next) => path(next, &path(first, base)?),
        _ => None,
    }
}

/// An array that is read item by item, and what has been done with the items.
#[derive(Clone)]
struct Stream {
    path: Vec<String>,
    stages: Vec<Stage>,
}

/// The pipeline that a rule is on what comes out of `current`.
fn pipeline(expr: &Expr, current: Stream) -> Option<Pipeline> {
    let (stream, sink) = match expr {
        Expr::Call(Function::Join, arguments) => match arguments.as_slice() {
            [Expr::Literal(Literal::Text(separator)), list] => {
                (stream(list, current)?, Sink::Aggregate(Function::Join, None, separator.clone()))
            }
            _ => return None,
        },
        Expr::Call(function, arguments) if function.is_aggregate() => match arguments.as_slice() {
            [list] => (stream(list, current)?, Sink::Aggregate(*function, None, String::new())),
            [list, by] => (stream(list, current)?, Sink::Aggregate(*function, Some(by.clone()), String::new())),
            _ => return None,
        },
        Expr::Index(position) => indexed(current, *position)?,
        Expr::Then(list, next) if let Some(list) = stream(list, current.clone()) => return pipeline(next, list),
        _ => {
            let stream = stream(expr, current)?;
            if stream.stages.is_empty() {
                return None;
            }
            (stream, Sink::Collect)
        }
    };
    let is_bounded = stream.stages.iter().all(|stage| match stage {
        Stage::Sort { keep: Keep::Least(count) | Keep::Greatest(count), .. } | Stage::Last(count) => *count <= HELD_MAX,
        Stage::Sort { .. } => false,
        _ => true,
    });
    is_bounded.then_some(Pipeline { path: stream.path, stages: stream.stages, sink })
}

fn indexed(mut stream: Stream, position: i32) -> Option<(Stream, Sink)> {
    let distance = usize::try_from(position.unsigned_abs()).ok()?;
    if position < 0 {
        stream.keep_last(distance);
        return (distance <= HELD_MAX).then_some((stream, Sink::FromEnd(distance)));
    }
    stream.keep_first(distance + 1);
    Some((stream, Sink::At(distance)))
}

/// What a rule makes of an array that is read item by item; `None` if it has to be there as a whole.
fn stream(expr: &Expr, mut current: Stream) -> Option<Stream> {
    match expr {
        Expr::Current => Some(current),
        Expr::Field(name) => {
            // A member of an array is null; only before the first stage may it be an object.
            if !current.stages.is_empty() {
                return None;
            }
            current.path.push(name.clone());
            Some(current)
        }
        Expr::Then(first, next) => stream(next, stream(first, current)?),
        Expr::Each(list, item) => Some(stream(list, current)?.with(Stage::Project((**item).clone()))),
        Expr::Flatten(list) => Some(stream(list, current)?.with(Stage::Flatten)),
        Expr::Slice(start, stop, step) => current.sliced(*start, *stop, *step),
        Expr::Call(Function::Map, arguments) => match arguments.as_slice() {
            [item, list] => Some(stream(list, current)?.with(Stage::Map(item.clone()))),
            _ => None,
        },
        Expr::Call(function @ (Function::Sort | Function::SortBy), arguments) => {
            let list = stream(arguments.first()?, current)?;
            let key = arguments.get(1).cloned().unwrap_or(Expr::Current);
            Some(list.with(Stage::Sort { function: *function, key, reverse: false, keep: Keep::All }))
        }
        Expr::Call(Function::Reverse, arguments) => {
            let mut list = stream(arguments.first()?, current)?;
            match list.stages.last_mut() {
                Some(Stage::Sort { reverse, keep: Keep::All, .. }) => *reverse = !*reverse,
                _ => return None,
            }
            Some(list)
        }
        _ => None,
    }
}

impl Stream {
    fn with(mut self, stage: Stage) -> Self {
        self.stages.push(stage);
        self
    }

    /// Only so many from the beginning are looked at.
    fn keep_first(&mut self, count: usize) {
        if let Some(Stage::Sort { reverse, keep: keep @ Keep::All, .. }) = self.stages.last_mut() {
            *keep = if *reverse { Keep::Greatest(count) } else { Keep::Least(count) };
        }
    }

    /// Only so many from the end are looked at.
    fn keep_last(&mut self, count: usize) {
        if let Some(Stage::Sort { reverse, keep: keep @ Keep::All, .. }) = self.stages.last_mut() {
            *keep = if *reverse { Keep::Least(count) } else { Keep::Greatest(count) };
        }
    }

    fn sliced(mut self, start: Option<i32>, stop: Option<i32>, step: i32) -> Option<Self> {
        let from_start = |bound: Option<i32>| bound.map(usize::try_from).transpose().ok();
        match (from_start(start), from_start(stop), usize::try_from(step)) {
            (Some(start), Some(stop), Ok(step)) if step > 0 => {
                if let Some(stop) = stop {
                    self.keep_first(stop);
                }
                Some(self.with(Stage::Slice { start: start.unwrap_or(0), stop, step }))
            }
            // The last so many.
            (None, Some(None), Ok(1)) => {
                let count = usize::try_from(start?.unsigned_abs()).ok()?;
                self.keep_last(count);
                Some(self.with(Stage::Last(count)))
            }
            _ => None,
        }
    }
}

impl Pipeline {
    /// Whether more than one item is held while the array is read.
    pub(crate) fn is_buffered(&self) -> bool {
        matches!(self.sink, Sink::FromEnd(_))
            || self.stages.iter().any(|stage| matches!(stage, Stage::Sort { .. } | Stage::Last(_)))
    }

    /// The first stage, or behind the last one the sink, that takes only so many items, if no error in a later item can come
    /// before it: then the rest need not be looked at.
    pub(crate) fn stops_at(&self) -> Option<usize> {
        let bounded = self.stages.iter().position(|stage| matches!(stage, Stage::Slice { stop: Some(_), .. }));
        let place = match (bounded, &self.sink) {
            (Some(place), _) => place,
            (None, Sink::At(_)) => self.stages.len(),
            _ => return None,
        };
        let cannot_fail = |stage: &Stage| match stage {
            Stage::Project(rule) | Stage::Map(rule) => !rule.may_fail(),
            Stage::Flatten | Stage::Slice { .. } => true,
            Stage::Last(_) | Stage::Sort { .. } => false,
        };
        self.stages[..place].iter().all(cannot_fail).then_some(place)
    }
}
