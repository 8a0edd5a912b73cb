//! How one call gathers the pages of a list.

use crate::prune::Prune;

/// The pages of one list, gathered by one call. The prune rule sees the last page, with the items of all in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pages {
    /// How the next page is asked for.
    pub next: Next,
    /// The members that lead to the array of items; none if the answer is the array itself.
    pub items: &'static [&'static str],
    /// Items that are gathered at most.
    pub items_max: u64,
}

/// How the page after one is asked for, and when there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    /// By the link `rel="next"` of its `Link` header (RFC 8288): the same system, below the same base path.
    Link,
    /// By sending an argument what this rule finds in it: a text or a number. Null, false and an empty text end the list.
    Cursor(&'static str, Prune),
    /// By sending an argument how many items came before.
    Offset(&'static str, Size),
    /// By sending an argument one more.
    Number(&'static str, Size),
}

/// How long pages are. One with fewer items is the last; without a length, one without any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Nobody knows.
    Unknown,
    /// As this argument says, where it is sent.
    Argument(&'static str),
}
