//! Bounds of numbers, texts and arrays.

use std::fmt::Display;

use super::{Kind, Walk};
use crate::ir::{Integer, List, Number, Text};

impl<'s> Walk<'s> {
    /// A bound below which nothing is accepted.
    pub(super) fn least<T: PartialOrd + Display>(&mut self, at: &str, what: &str, old: Option<T>, new: Option<T>) {
        let kind = match (&old, &new) {
            (None, None) => return,
            (Some(old), Some(new)) if old == new => return,
            (Some(old), Some(new)) if new < old => Kind::BoundWidened,
            (Some(_), None) => Kind::BoundWidened,
            _ => Kind::BoundTightened,
        };
        self.bound(kind, at, what, old, new);
    }

    /// A bound above which nothing is accepted.
    pub(super) fn most<T: PartialOrd + Display>(&mut self, at: &str, what: &str, old: Option<T>, new: Option<T>) {
        let kind = match (&old, &new) {
            (None, None) => return,
            (Some(old), Some(new)) if old == new => return,
            (Some(old), Some(new)) if new > old => Kind::BoundWidened,
            (Some(_), None) => Kind::BoundWidened,
            _ => Kind::BoundTightened,
        };
        self.bound(kind, at, what, old, new);
    }

    fn bound<T: Display>(&mut self, kind: Kind, at: &str, what: &str, old: Option<T>, new: Option<T>) {
        let bound = |value: Option<T>| value.map_or("none".to_owned(), |value| value.to_string());
        self.add(kind, at, format!("{what} {} instead of {}", bound(new), bound(old)));
    }

    pub(super) fn integers(&mut self, at: &str, old: &Integer, new: &Integer) {
        let Integer { min, max, multiple_of } = old;
        self.least(at, "minimum", *min, new.min);
        self.most(at, "maximum", *max, new.max);
        if *multiple_of != new.multiple_of {
            let kind = match (*multiple_of, new.multiple_of) {
                (None, _) => Kind::BoundTightened,
                (Some(old), Some(new)) if new.checked_rem(old) == Some(0) => Kind::BoundTightened,
                _ => Kind::BoundWidened,
            };
            self.bound(kind, at, "multiple of", *multiple_of, new.multiple_of);
        }
    }

    pub(super) fn numbers(&mut self, at: &str, old: &Number, new: &Number) {
        let Number { min, max, above, below } = old;
        self.least(at, "minimum", *min, new.min);
        self.most(at, "maximum", *max, new.max);
        self.least(at, "above", *above, new.above);
        self.most(at, "below", *below, new.below);
    }

    pub(super) fn texts(&mut self, at: &str, old: &Text, new: &Text) {
        let Text { chars_min, chars_max, pattern, format } = old;
        self.least(at, "least length", Some(*chars_min), Some(new.chars_min));
        self.most(at, "greatest length", *chars_max, new.chars_max);
        for (what, old, new, changed) in [
            ("pattern", pattern, &new.pattern, Kind::PatternChanged),
            ("format", format, &new.format, Kind::FormatChanged),
        ] {
            if old != new {
                let kind = if old.is_empty() { Kind::BoundTightened } else { changed };
                let text = |text: &str| if text.is_empty() { "none".to_owned() } else { format!("`{text}`") };
                self.add(kind, at, format!("{what} {} instead of {}", text(new), text(old)));
            }
        }
    }

    pub(super) fn lists(&mut self, at: &str, old: &'s List, new: &'s List) {
        let List { items, items_min, items_max, unique } = old;
        self.least(at, "least number of items", Some(*items_min), Some(new.items_min));
        self.most(at, "greatest number of items", *items_max, new.items_max);
        if *unique != new.unique {
            let (kind, what) = if new.unique {
                (Kind::BoundTightened, "no item may stand twice")
            } else {
                (Kind::BoundWidened, "items may stand twice")
            };
            self.add(kind, at, what);
        }
        self.shapes(&format!("{at}[]"), items, &new.items);
    }
}
