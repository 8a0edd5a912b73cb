//! Properties of objects.

use super::super::catalog::pairs;
use super::{Kind, Walk, told};
use crate::ir::{Object, Property};
use crate::wording::contrast;

impl<'s> Walk<'s> {
    pub(super) fn objects(&mut self, at: &str, old: &'s Object, new: &'s Object) {
        let Object { properties, rest, properties_min, properties_max, others, write_only } = old;
        pairs(
            properties,
            &new.properties,
            |property| &property.name,
            |name, old, new| {
                let at = format!("{at}.{name}");
                match (old, new) {
                    (Some(old), Some(new)) => self.property(&at, old, new),
                    (None, Some(new)) => self.add(Kind::PropertyAdded, &at, format!("new: {}", told(&new.shape))),
                    (Some(_), None) => self.add(Kind::PropertyRemoved, &at, "is gone"),
                    (None, None) => {}
                }
            },
        );
        match (rest.as_deref(), new.rest.as_deref()) {
            (None, None) => {}
            (Some(old), Some(new)) => self.shapes(&format!("{at}.*"), old, new),
            (None, Some(new)) => {
                self.add(Kind::RestAccepted, at, format!("properties that are not listed may be {}", told(new)));
            }
            (Some(_), None) => self.add(Kind::RestRefused, at, "has no properties but those that are listed"),
        }
        self.least(at, "least number of properties", Some(*properties_min), Some(new.properties_min));
        self.most(at, "greatest number of properties", *properties_max, new.properties_max);
        if *others != new.others {
            self.add(Kind::Other, at, "what the document says of properties that it does not list");
        }
        if *write_only != new.write_only {
            self.add(Kind::Other, at, "which properties are sent and never given");
        }
    }

    fn property(&mut self, at: &str, old: &'s Property, new: &'s Property) {
        let Property { name: _, shape, required, description } = old;
        match (*required, new.required) {
            (true, false) => self.add(Kind::PropertyOptional, at, "is optional"),
            (false, true) => self.add(Kind::PropertyRequired, at, "is required"),
            _ => {}
        }
        if *description != new.description {
            self.add(Kind::ArgumentDescriptionChanged, at, contrast(description, &new.description));
        }
        self.shapes(at, shape, &new.shape);
    }
}
