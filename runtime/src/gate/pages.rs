//! One call that gathers the pages of a list.
//!
//! What comes in: the first page. What goes out: the last one, with the items of all pages in it, on which the prune rule is
//! run as on any answer; and a note if there are more. Every page is asked for like the first: paced, retried, counted.

use std::collections::BTreeSet;
use std::ops::Range;

use airlock_contract::{Next, Size, Tool};
use airlock_prune::{Fault, Plan as Prune, Rule, array_at};
use serde_json::Value;
use tokio::time::Instant;

use super::exchange::{Received, exchange};
use super::record::Open;
use super::{Entry, Refusal, RefusalKind, unpruned};
use crate::arguments::Checked;
use crate::request::Encoded;
use crate::upstream::Reference;

/// One call asks for no more pages, however few items they have.
const PAGES_MAX: usize = 100;

/// A cursor is no longer than this, in bytes: it has to fit into a target.
const CURSOR_BYTES_MAX: u64 = 4096;

/// How the pages of a tool are gathered, prepared once.
#[derive(Debug)]
pub(super) struct Pages {
    declared: &'static airlock_contract::Pages,
    /// The argument that asks for a page.
    row: Option<usize>,
    /// The argument that says how long one is.
    size: Option<usize>,
    cursor: Option<Prune>,
}

impl Pages {
    /// Prepares a tool's pages. The error says what the compiler should not have let through.
    pub(super) fn new(tool: &'static Tool) -> Result<Option<Self>, String> {
        let Some(declared) = &tool.response.pages else { return Ok(None) };
        let row = |name: &str| {
            let row = tool.request.arguments.iter().position(|row| row.name == name);
            row.ok_or_else(|| format!("no argument `{name}` asks for its pages"))
        };
        let sized = |size: Size| match size {
            Size::Unknown => Ok(None),
            Size::Argument(name) => row(name).map(Some),
        };
        let (at, size, cursor) = match declared.next {
            Next::Link => (None, None, None),
            Next::Cursor(name, rule) => {
                let rule = Prune::new(&Rule::from(&rule)).map_err(|fault| fault.to_string())?;
                (Some(row(name)?), None, Some(rule))
            }
            Next::Offset(name, size) | Next::Number(name, size) => (Some(row(name)?), sized(size)?, None),
        };
        Ok(Some(Self { declared, row: at, size, cursor }))
    }

    /// Asks for page after page, as long as there is one and it is within the limits. Gives the answer that all of them make,
    /// and a note if there are more.
    pub(super) async fn gather(
        &self,
        entry: &Entry,
        values: Checked,
        encoded: Encoded,
        first: Received,
        deadline: Instant,
        open: &mut Open<'_>,
    ) -> Result<(Received, Option<String>), Refusal> {
        let mut walk = Walk { pages: self, entry, values, encoded, asked: BTreeSet::new(), passed: 0 };
        let mut gathered = Gathered::new(entry.tool, self.declared);
        let mut page = first;
        loop {
            let text = page.as_text()?;
            let count = gathered.take(&text)?;
            let more = !gathered.is_cut && walk.turn(&page, &text, count)?;
            if !more {
                return Ok(gathered.into_answer(&text));
            }
            if gathered.is_full() {
                return Ok(gathered.cut().into_answer(&text));
            }
            let next = match exchange(entry, &walk.encoded, deadline, open).await {
                // What is here already is whole in itself.
                Err(refusal) if refusal.kind == RefusalKind::TooLarge => return Ok(gathered.cut().into_answer(&text)),
                next => next?,
            };
            drop(text);
            page = next;
        }
    }
}

/// The way from page to page.
struct Walk<'a> {
    pages: &'a Pages,
    entry: &'a Entry,
    values: Checked,
    encoded: Encoded,
    /// The requests for pages so far: one that comes again leads in a circle.
    asked: BTreeSet<String>,
    /// Items of all pages so far.
    passed: u64,
}

impl Walk<'_> {
    /// Prepares the request for the page behind this one; false if this is the last.
    fn turn(&mut self, page: &Received, text: &str, count: u64) -> Result<bool, Refusal> {
        self.passed += count;
        match self.pages.declared.next {
            Next::Link => {
                let Some(link) = &page.next_link else { return Ok(false) };
                self.encoded.target = self.linked(link)?;
            }
            Next::Cursor(..) => {
                let Some(value) = self.cursor(text)? else { return Ok(false) };
                self.send(value)?;
            }
            Next::Offset(..) | Next::Number(..) if count == 0 || self.is_short(count) => return Ok(false),
            Next::Offset(..) => {
                let first = self.pages.row.and_then(|row| self.entry.table.preset(row)?.as_u64()).unwrap_or_default();
                self.send(first.saturating_add(self.passed).into())?;
            }
            Next::Number(..) => {
                let number = self.number(self.pages.row).unwrap_or_default();
                self.send(number.saturating_add(1).into())?;
            }
        }
        let body = self.encoded.body.as_ref().map(|(_, body)| String::from_utf8_lossy(body)).unwrap_or_default();
        if self.asked.insert(format!("{}\n{body}", self.encoded.target)) {
            Ok(true)
        } else {
            Err(lost(self.entry.tool, "it names a page as the next that was asked for already"))
        }
    }

    /// The target of a link, if it leads to a place of the same system.
    fn linked(&self, link: &str) -> Result<String, Refusal> {
        let entry = self.entry;
        let is_here = |next: &Reference| {
            next.address.as_ref().is_none_or(|address| entry.upstream.is_at(address, &entry.upstream))
                && next.is_below(entry.declared.base_path)
        };
        let next = Reference::read(link, entry.upstream.scheme(), &self.encoded.target).filter(is_here);
        let next = next.ok_or_else(|| lost(entry.tool, "its next page lies elsewhere"))?;
        Ok(entry.credentials.removed_from(&next.target))
    }

    /// What a page says that the next one is asked for with.
    fn cursor(&self, text: &str) -> Result<Option<Value>, Refusal> {
        let tool = self.entry.tool;
        let Some(rule) = &self.pages.cursor else { return Ok(None) };
        let json = rule.run_text(text, CURSOR_BYTES_MAX).map_err(|fault| match fault {
            Fault::TooLong(..) => lost(tool, "what names its next page is too long"),
            fault => unpruned(tool, text, fault),
        })?;
        match serde_json::from_str(&json) {
            Ok(Value::Null | Value::Bool(false)) => Ok(None),
            Ok(Value::String(text)) if text.is_empty() => Ok(None),
            Ok(value @ (Value::String(_) | Value::Number(_))) => Ok(Some(value)),
            _ => Err(lost(tool, "what names its next page is neither text nor number")),
        }
    }

    /// Whether a page has fewer items than one can have.
    fn is_short(&self, count: u64) -> bool {
        self.number(self.pages.size).is_some_and(|size| count < size)
    }

    /// The number that an argument was sent as last.
    fn number(&self, row: Option<usize>) -> Option<u64> {
        self.values.0.get(row?)?.as_ref()?.as_u64()
    }

    /// Sends a value as the argument that asks for a page.
    fn send(&mut self, value: Value) -> Result<(), Refusal> {
        if let Some(place) = self.pages.row.and_then(|row| self.values.0.get_mut(row)) {
            *place = Some(value);
        }
        let encoded = self.entry.plan.encode(&self.values);
        self.encoded = encoded.map_err(|_| lost(self.entry.tool, "its next page cannot be asked for"))?;
        Ok(())
    }
}

/// The items so far.
struct Gathered {
    tool: &'static Tool,
    members: &'static [&'static str],
    /// With commas between them.
    items: String,
    count: u64,
    items_max: u64,
    pages: usize,
    /// Where the items stand in the page taken last, brackets included.
    range: Range<usize>,
    /// Whether there are items that were left out.
    is_cut: bool,
}

impl Gathered {
    fn new(tool: &'static Tool, pages: &'static airlock_contract::Pages) -> Self {
        let (members, items_max) = (pages.items, pages.items_max);
        Self { tool, members, items: String::new(), count: 0, items_max, pages: 0, range: 0..0, is_cut: false }
    }

    /// Takes the items of one more page, as many as there is room for. How many the page has.
    fn take(&mut self, text: &str) -> Result<u64, Refusal> {
        let place = array_at(text, self.members, self.items_max - self.count);
        let place = place.map_err(|fault| unpruned(self.tool, text, fault))?;
        let place = place.ok_or_else(|| lost(self.tool, "it has no items where the catalog says that they are"))?;
        if place.taken_count > 0 {
            if self.count > 0 {
                self.items.push(',');
            }
            self.items.push_str(text.get(place.taken).unwrap_or_default());
        }
        self.count += place.taken_count;
        self.pages += 1;
        self.range = place.range;
        self.is_cut = place.taken_count < place.count;
        Ok(place.count)
    }

    /// Whether there is no room for a further page.
    fn is_full(&self) -> bool {
        self.count == self.items_max || self.pages == PAGES_MAX
    }

    fn cut(mut self) -> Self {
        self.is_cut = true;
        self
    }

    /// The page taken last with all items in it.
    fn into_answer(self, last: &str) -> (Received, Option<String>) {
        let Self { count, pages, items, range, .. } = self;
        let (before, behind) = (last.get(..range.start).unwrap_or_default(), last.get(range.end..).unwrap_or_default());
        let of_pages = if pages == 1 { String::new() } else { format!(", of {pages} pages") };
        let note =
            format!("These are the first {count} items{of_pages}; there are more. Narrow the search to see others.");
        (Received::of_text(format!("{before}[{items}]{behind}")), self.is_cut.then_some(note))
    }
}

/// Why the pages of an upstream cannot be gathered.
fn lost(tool: &Tool, why: &str) -> Refusal {
    let text = format!(
        "The pages of `{}` cannot be gathered: {why}. Nothing of them was passed on, and a retry will hardly help; tell \
         the operator.",
        tool.name
    );
    Refusal::new(RefusalKind::Answer, text)
}
