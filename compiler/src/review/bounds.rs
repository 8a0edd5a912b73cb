//! Shapes in words, with every bound: what an argument may be.

use crate::ir::{Integer, List, Number, Object, Shape, Text};
use crate::wording::listed;

/// A shape in words. Of an object only what bounds it as a whole: its members are a tree.
pub(super) fn of(shape: &Shape) -> String {
    match shape {
        Shape::Any => "anything".into(),
        Shape::Boolean => "true or false".into(),
        Shape::Integer(bounds) => integer(bounds),
        Shape::Number(bounds) => number(bounds),
        Shape::Text(bounds) => text(bounds),
        Shape::List(bounds) => list(bounds),
        Shape::Object(bounds) => object(bounds),
        Shape::Words(values) | Shape::Literals(values) => format!("one of {}", listed(&quoted(values))),
        Shape::AnyOf(shapes) => shapes.iter().map(of).collect::<Vec<_>>().join(", or "),
        Shape::Nullable(inner) => format!("{}, or null", of(inner)),
        Shape::File => "a file, in base64".into(),
        Shape::Named(name) => format!("`{name}`"),
    }
}

fn quoted(values: &[String]) -> Vec<String> {
    values.iter().map(|value| format!("`{value}`")).collect()
}

fn integer(bounds: &Integer) -> String {
    let Integer { min, max, multiple_of } = bounds;
    let multiple = multiple_of.map(|of| format!("a multiple of {of}"));
    joined("integer", [range(min.as_ref(), max.as_ref(), ""), multiple])
}

fn number(bounds: &Number) -> String {
    let Number { min, max, above, below } = bounds;
    let above = above.map(|bound| format!("above {bound}"));
    let below = below.map(|bound| format!("below {bound}"));
    joined("number", [range(min.as_ref(), max.as_ref(), ""), above, below])
}

fn text(bounds: &Text) -> String {
    let Text { chars_min, chars_max, pattern, format } = bounds;
    let least = Some(chars_min).filter(|least| **least > 0);
    let pattern = Some(pattern).filter(|pattern| !pattern.is_empty()).map(|pattern| format!("matching `{pattern}`"));
    let format = Some(format).filter(|format| !format.is_empty()).map(|format| format!("in the format `{format}`"));
    joined("text", [range(least, chars_max.as_ref(), " characters"), pattern, format])
}

fn list(bounds: &List) -> String {
    let List { items, items_min, items_max, unique } = bounds;
    let least = Some(items_min).filter(|least| **least > 0);
    let count = range(least, items_max.as_ref(), " items");
    let items = match of(items) {
        items if items.contains([' ', ',']) => format!("({items})"),
        items => items,
    };
    joined(&format!("list of {items}"), [count, unique.then(|| "none of them twice".to_owned())])
}

fn object(bounds: &Object) -> String {
    let Object { properties, rest, properties_min, properties_max, others: _, write_only: _ } = bounds;
    let least = Some(properties_min).filter(|least| **least > 0);
    let rest = match rest.as_deref() {
        None if properties.is_empty() => Some("without properties".to_owned()),
        None => None,
        Some(Shape::Any) => Some("with any properties that are not listed".to_owned()),
        Some(rest) => Some(format!("whose other properties are each {}", of(rest))),
    };
    joined("object", [range(least, properties_max.as_ref(), " properties"), rest])
}

fn range<T: std::fmt::Display + PartialEq>(min: Option<&T>, max: Option<&T>, unit: &str) -> Option<String> {
    let unit = |bound: &T| if bound.to_string() == "1" { unit.trim_end_matches('s') } else { unit };
    match (min, max) {
        (None, None) => None,
        (Some(min), None) => Some(format!("at least {min}{}", unit(min))),
        (None, Some(max)) => Some(format!("at most {max}{}", unit(max))),
        (Some(min), Some(max)) if min == max => Some(format!("exactly {min}{}", unit(min))),
        (Some(min), Some(max)) => Some(format!("{min} to {max}{}", unit(max))),
    }
}

fn joined(kind: &str, bounds: impl IntoIterator<Item = Option<String>>) -> String {
    bounds.into_iter().flatten().fold(kind.to_owned(), |text, bound| text + ", " + &bound)
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::ir::{Integer, List, Shape, Text};

    #[test]
    fn every_bound_is_told() {
        let integer = |min, max, multiple_of| Shape::Integer(Box::new(Integer { min, max, multiple_of }));
        assert_eq!(of(&integer(Some(1), Some(100), None)), "integer, 1 to 100");
        assert_eq!(of(&integer(None, Some(9), Some(3))), "integer, at most 9, a multiple of 3");
        let text = Text { chars_min: 4, chars_max: Some(4), pattern: "^a".into(), format: "date".into() };
        let wanted = "text, exactly 4 characters, matching `^a`, in the format `date`";
        assert_eq!(of(&Shape::Text(text.clone())), wanted);
        let list = List { items: Shape::Boolean, items_min: 0, items_max: Some(5), unique: true };
        assert_eq!(of(&Shape::List(Box::new(list))), "list of (true or false), at most 5 items, none of them twice");
        assert_eq!(of(&Shape::Nullable(Box::new(Shape::Words(vec!["a".into()])))), "one of `a`, or null");
    }
}
