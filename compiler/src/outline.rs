//! Shapes as people read them: `{ id: text, parts: [Part] or null }`, one member a line.

use crate::ir::Shape;

/// The outline of a shape, without a line feed at the end. Bounds are left out, and named shapes are their names.
pub fn of(shape: &Shape) -> String {
    let mut text = String::new();
    write(&mut text, shape, 0);
    text
}

/// What a value is, in few words and on one line. The order of listed values means nothing.
pub fn in_few_words(shape: &Shape) -> String {
    /// Longer lists of values are counted.
    const LISTED_CHARS_MAX: usize = 60;
    let listed = |values: &[String]| {
        let mut values: Vec<String> = values.iter().map(|value| crate::report::visible(value)).collect();
        values.sort();
        values.dedup();
        let text = format!("one of {}", values.join(", "));
        if text.chars().count() <= LISTED_CHARS_MAX { text } else { format!("one of {} values", values.len()) }
    };
    match shape {
        Shape::Words(values) | Shape::Literals(values) => listed(values),
        Shape::Text(bounds) if !bounds.format.is_empty() => {
            format!("text ({})", crate::report::visible(&bounds.format))
        }
        Shape::List(list) if matches!(list.items, Shape::Object(_)) => "list of objects".into(),
        Shape::List(list) => match in_few_words(&list.items) {
            items if items.contains(" or ") => format!("list of ({items})"),
            items => format!("list of {items}"),
        },
        Shape::Object(_) => "object".into(),
        Shape::Nullable(inner) => format!("{} or null", in_few_words(inner)),
        Shape::AnyOf(shapes) => {
            let kinds: std::collections::BTreeSet<String> = shapes.iter().map(in_few_words).collect();
            Vec::from_iter(kinds).join(" or ")
        }
        shape => of(shape),
    }
}

fn write(text: &mut String, shape: &Shape, depth: usize) {
    match shape {
        Shape::Any => text.push_str("any"),
        Shape::Boolean => text.push_str("boolean"),
        Shape::Integer(_) => text.push_str("integer"),
        Shape::Number(_) => text.push_str("number"),
        Shape::Text(_) => text.push_str("text"),
        Shape::File => text.push_str("file"),
        Shape::Named(name) => text.push_str(&crate::report::visible(name)),
        Shape::Words(words) => alternatives(text, words.iter(), |text, word| {
            text.push_str(&serde_json::Value::from(crate::report::visible(word)).to_string());
        }),
        Shape::Literals(literals) => {
            alternatives(text, literals.iter(), |text, literal| text.push_str(&crate::report::visible(literal)));
        }
        Shape::AnyOf(shapes) => alternatives(text, shapes.iter(), |text, shape| write(text, shape, depth)),
        Shape::Nullable(inner) => {
            write(text, inner, depth);
            text.push_str(" or null");
        }
        Shape::List(list) => {
            text.push('[');
            write(text, &list.items, depth);
            text.push(']');
        }
        Shape::Object(object) => {
            let rest = object.rest.as_deref().filter(|rest| **rest != Shape::Any);
            if object.properties.is_empty() && rest.is_none() {
                text.push_str("object");
                return;
            }
            text.push('{');
            for property in &object.properties {
                let mark = if property.required { "" } else { "?" };
                member(text, &format!("{}{mark}", crate::report::visible(&property.name)), &property.shape, depth);
            }
            if let Some(rest) = rest {
                member(text, "*", rest, depth);
            }
            text.push('\n');
            text.push_str(&"  ".repeat(depth));
            text.push('}');
        }
    }
}

fn member(text: &mut String, name: &str, shape: &Shape, depth: usize) {
    text.push('\n');
    text.push_str(&"  ".repeat(depth + 1));
    text.push_str(name);
    text.push_str(": ");
    write(text, shape, depth + 1);
}

fn alternatives<'a, T: 'a>(text: &mut String, all: impl Iterator<Item = &'a T>, write: impl Fn(&mut String, &T)) {
    for (position, one) in all.enumerate() {
        if position > 0 {
            text.push_str(" or ");
        }
        write(text, one);
    }
}
