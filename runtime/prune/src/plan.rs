//! A rule that is ready to run.

use crate::eval::{Piped, emit};
use crate::expr::{Expr, Function, compile};
use crate::fault::Fault;
use crate::flow::Flow;
use crate::looked::Looked;
use crate::need::Need;
use crate::pipeline::{Pipeline, extract};
use crate::read::read;
use crate::rule::Rule;
use crate::scan::Scanner;
use crate::value::Value;

/// How much of an answer a rule holds while it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The result and one item.
    Stream,
    /// Beyond that a number of items that the rule states, such as those of `sort_by(…)[:10]`.
    Buffer,
    /// Every part that the rule can look at.
    NeedSet,
}

impl Class {
    /// `stream`, `buffer` or `needset`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Buffer => "buffer",
            Self::NeedSet => "needset",
        }
    }

    /// What is held while an answer is read, beside the result.
    pub fn holds(self) -> &'static str {
        match self {
            Self::Stream => "one item at a time",
            Self::Buffer => "as many items as the rule counts off",
            Self::NeedSet => "the parts that the rule looks at",
        }
    }
}

/// A rule, ready to run on any number of answers.
#[derive(Clone, Debug)]
pub struct Plan {
    rest: Expr,
    pipelines: Vec<Pipeline>,
    need: Need,
    class: Class,
}

impl Plan {
    /// Makes a rule ready.
    ///
    /// # Errors
    /// [`Fault::Rule`]: an unknown function, a wrong number of arguments, `&` where no function takes it, a constant that is
    /// no JSON, a slice with step 0, more than 1000 nested nodes.
    pub fn new(rule: &Rule) -> Result<Self, Fault> {
        let whole = compile(rule, 0)?;
        let mut need = Need::of(&whole);
        let (rest, pipelines) = fused(&whole);
        for (place, pipeline) in pipelines.iter().enumerate() {
            need.feed(&pipeline.path, place);
        }
        let class = if holds_parts(&rest) {
            Class::NeedSet
        } else if pipelines.iter().any(Pipeline::is_buffered) {
            Class::Buffer
        } else {
            Class::Stream
        };
        Ok(Self { rest, pipelines, need, class })
    }

    /// The same without pipelines, as a rule of [`Class::NeedSet`]. It gives the same results; tests hold it to that.
    ///
    /// # Errors
    /// As of [`Plan::new`].
    pub fn without_pipelines(rule: &Rule) -> Result<Self, Fault> {
        let rest = compile(rule, 0)?;
        Ok(Self { need: Need::of(&rest), rest, pipelines: Vec::new(), class: Class::NeedSet })
    }

    /// The same on the whole answer, kept as text. It gives the same results; tests hold it to that.
    ///
    /// # Errors
    /// As of [`Plan::new`].
    pub fn on_everything(rule: &Rule) -> Result<Self, Fault> {
        Ok(Self { rest: compile(rule, 0)?, pipelines: Vec::new(), need: Need::whole(), class: Class::NeedSet })
    }

    /// How much of an answer it holds.
    pub fn class(&self) -> Class {
        self.class
    }

    /// The places of an answer that it can look at, sorted, such as `items[].id`; `@` is the whole answer.
    pub fn reads(&self) -> Vec<String> {
        self.need.paths()
    }

    /// The parts of an answer that it can look at, from the answer itself on. What is no such part has no effect on what
    /// it gives.
    pub fn looked_at(&self) -> Looked<'_> {
        Looked::at_all(&self.need)
    }

    /// Runs the rule on an answer: one JSON text (RFC 8259) in UTF-8, its collections nested less than 128 deep. Gives
    /// compact JSON text of at most `bytes_max` bytes. Keys that the rule names come in its order, others in the answer's;
    /// numbers as they are written; of a key that stands twice in an object, the last counts.
    ///
    /// # Errors
    /// [`Fault::Body`] if the answer is broken anywhere, also in parts that the rule leaves out; [`Fault::Answer`] if a
    /// function cannot be applied to it; [`Fault::TooLong`].
    pub fn run(&self, body: &[u8], bytes_max: u64) -> Result<String, Fault> {
        match std::str::from_utf8(body) {
            Ok(text) => self.run_text(text, bytes_max),
            Err(error) => Err(Fault::Body(error.valid_up_to(), "this is not UTF-8")),
        }
    }

    /// The same on text.
    ///
    /// # Errors
    /// As of [`Plan::run`].
    pub fn run_text(&self, text: &str, bytes_max: u64) -> Result<String, Fault> {
        let flows = self.pipelines.iter().map(Flow::new).collect();
        let (value, flows) = read(text, &self.need, flows)?;
        let mut piped: Vec<Piped> = flows.into_iter().map(Flow::finish).collect();
        let result = self.result(&value, &mut piped)?;
        let bytes = result.len() as u64;
        if bytes > bytes_max { Err(Fault::TooLong(bytes, bytes_max)) } else { Ok(result) }
    }

    fn result(&self, value: &Value<'_>, piped: &mut [Piped]) -> Result<String, Fault> {
        if let Expr::Piped(place, _) = self.rest
            && let Some(result) = piped.get_mut(place).and_then(Option::take)
        {
            return result;
        }
        let lengths = piped.iter().flatten().flatten().map(String::len);
        let mut out = String::with_capacity(lengths.sum::<usize>() + 64);
        if !emit(&self.rest, value, piped, &mut out)? {
            out.push_str("null");
        }
        Ok(out)
    }
}

/// Whether a text is one JSON value as [`Plan::run`] takes it.
///
/// # Errors
/// [`Fault::Body`] if it is not.
pub fn check(text: &str) -> Result<(), Fault> {
    let mut scanner = Scanner::new(text);
    scanner.skip(0)?;
    Ok(scanner.end()?)
}

/// Takes pipelines out, but for those on arrays that what is left of the rule looks at too.
fn fused(whole: &Expr) -> (Expr, Vec<Pipeline>) {
    let mut shut: Vec<Vec<String>> = Vec::new();
    loop {
        let (rest, pipelines) = extract(whole, &shut);
        let need = Need::of(&rest);
        let before = shut.len();
        for pipeline in &pipelines {
            if need.reads_items(&pipeline.path) && !shut.contains(&pipeline.path) {
                shut.push(pipeline.path.clone());
            }
        }
        if shut.len() == before {
            return (rest, pipelines);
        }
    }
}

/// Whether what is left of a rule works on collections, which then have to be there.
fn holds_parts(rest: &Expr) -> bool {
    match rest {
        Expr::Current | Expr::Field(_) | Expr::Literal(_) | Expr::Piped(..) => false,
        Expr::Index(_) | Expr::Slice(..) | Expr::Each(..) | Expr::Flatten(_) | Expr::Values(_) => true,
        Expr::Then(left, right)
        | Expr::When(left, right)
        | Expr::Compare(left, _, right)
        | Expr::And(left, right)
        | Expr::Or(left, right) => holds_parts(left) || holds_parts(right),
        Expr::Not(inner) => holds_parts(inner),
        Expr::Object(members) => members.iter().any(|(_, rule)| holds_parts(rule)),
        Expr::List(items) => items.iter().any(holds_parts),
        Expr::Call(function, arguments) => {
            let works_on_parts = matches!(
                function,
                Function::Keys
                    | Function::Values
                    | Function::Map
                    | Function::Sort
                    | Function::SortBy
                    | Function::Reverse
                    | Function::Merge
                    | Function::MinBy
                    | Function::MaxBy
            );
            works_on_parts || arguments.iter().any(holds_parts)
        }
    }
}
