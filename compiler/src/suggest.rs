//! A first rule for an operation, from what its answer is made of: for a person to edit.
//!
//! What comes in: the shape of an answer. What goes out: the text of a rule that keeps what identifies things and says how
//! they are: names before dates before numbers, no links, no long texts, no more than a few fields a thing.

use std::collections::BTreeMap;

use crate::ir::{Object, Property, Shape};

/// Fields of one object.
const FIELDS_MAX: usize = 8;

/// Objects inside of objects, and names of names, that are looked into.
const DEPTH_MAX: usize = 6;

/// A rule for an answer of this shape; `@` where there is nothing to choose from.
pub fn suggest(answer: &Shape, names: &BTreeMap<String, Shape>) -> String {
    let Some(shape) = plain(answer, names) else { return "@".to_owned() };
    match &shape {
        Plain::List(item) => match plain(item, names) {
            Some(Plain::Object(object)) => hash(object, names, 0).map_or("@".to_owned(), |hash| format!("[*].{hash}")),
            _ => "@".to_owned(),
        },
        Plain::Object(object) => page(object, names).unwrap_or_else(|| "@".to_owned()),
        Plain::Scalar => "@".to_owned(),
    }
}

/// What a shape is, seen through names, null and choices: of several the first that is an object or a list.
enum Plain<'s> {
    Object(&'s Object),
    List(&'s Shape),
    Scalar,
}

fn plain<'s>(shape: &'s Shape, names: &'s BTreeMap<String, Shape>) -> Option<Plain<'s>> {
    plain_at(shape, names, 0)
}

fn plain_at<'s>(shape: &'s Shape, names: &'s BTreeMap<String, Shape>, depth: usize) -> Option<Plain<'s>> {
    if depth > DEPTH_MAX {
        return None;
    }
    match shape {
        Shape::Any => None,
        Shape::Object(object) if object.properties.is_empty() => None,
        Shape::Object(object) => Some(Plain::Object(object)),
        Shape::List(list) => Some(Plain::List(&list.items)),
        Shape::Nullable(inner) => plain_at(inner, names, depth + 1),
        Shape::Named(name) => plain_at(names.get(name)?, names, depth + 1),
        Shape::AnyOf(shapes) => {
            let mut all = shapes.iter().filter_map(|shape| plain_at(shape, names, depth + 1)).peekable();
            let first_is_scalar = matches!(all.peek(), Some(Plain::Scalar));
            let structured = all.find(|shape| !matches!(shape, Plain::Scalar));
            structured.or(first_is_scalar.then_some(Plain::Scalar))
        }
        _ => Some(Plain::Scalar),
    }
}

/// An object that carries a list of things, as pages do, keeps its own scalars and the list; any other is a thing.
fn page(object: &Object, names: &BTreeMap<String, Shape>) -> Option<String> {
    let lists: Vec<(&Property, String)> = object
        .properties
        .iter()
        .filter_map(|property| match plain(&property.shape, names)? {
            Plain::List(item) => match plain(item, names)? {
                Plain::Object(item) => {
                    Some((property, format!("{}[*].{}", quoted(&property.name), hash(item, names, 1)?)))
                }
                _ => None,
            },
            _ => None,
        })
        .collect();
    let scalars = chosen(object, names, 0);
    // A thing may carry lists of other things; it is known by having an identity of its own.
    let is_thing = scalars.iter().any(|(rank, _)| *rank <= IDENTITY) || lists.len() != 1;
    match lists.as_slice() {
        [(list, rule)] if !is_thing => {
            let scalars = scalars.into_iter().filter(|(rank, _)| *rank != REFERENCE);
            let mut fields: Vec<String> = scalars.take(3).map(|(_, field)| field).collect();
            fields.push(format!("{}: {rule}", quoted(&list.name)));
            Some(if let [_] = fields.as_slice() { rule.clone() } else { format!("{{{}}}", fields.join(", ")) })
        }
        _ => hash(object, names, 0),
    }
}

/// `{id: id, name: name, …}`
fn hash(object: &Object, names: &BTreeMap<String, Shape>, depth: usize) -> Option<String> {
    let fields: Vec<String> = chosen(object, names, depth).into_iter().map(|(_, field)| field).collect();
    (!fields.is_empty()).then(|| format!("{{{}}}", fields.join(", ")))
}

/// The fields that are worth most, in the order of the document, each with its rank.
fn chosen(object: &Object, names: &BTreeMap<String, Shape>, depth: usize) -> Vec<(u8, String)> {
    let mut ranked: Vec<(u8, usize, String)> = Vec::new();
    for (position, property) in object.properties.iter().enumerate() {
        let key = quoted(&property.name);
        let Some(shape) = plain(&property.shape, names) else { continue };
        let found = match shape {
            Plain::Scalar => Some((rank(property), key.clone())),
            // Of what an object refers to, its name.
            Plain::Object(inner) if depth < 2 => label(inner, names).map(|name| (REFERENCE, format!("{key}.{name}"))),
            Plain::List(item) if depth < 2 => match plain(item, names) {
                Some(Plain::Scalar) => Some((REFERENCE, key.clone())),
                Some(Plain::Object(inner)) => label(inner, names).map(|name| (REFERENCE, format!("{key}[*].{name}"))),
                _ => None,
            },
            _ => None,
        };
        if let Some((rank, rule)) = found
            && rank < NEVER
        {
            ranked.push((rank, position, format!("{key}: {rule}")));
        }
    }
    ranked.sort();
    // Long texts and the like only where there is nothing else.
    if ranked.iter().any(|(rank, ..)| *rank < RARELY) {
        ranked.retain(|(rank, ..)| *rank < RARELY);
    }
    ranked.truncate(FIELDS_MAX);
    ranked.sort_by_key(|(_, position, _)| *position);
    ranked.into_iter().map(|(rank, _, field)| (rank, field)).collect()
}

/// What an object is called.
fn label(object: &Object, names: &BTreeMap<String, Shape>) -> Option<String> {
    let scalars =
        object.properties.iter().filter(|property| matches!(plain(&property.shape, names), Some(Plain::Scalar)));
    let best = scalars.min_by_key(|property| {
        let name = property.name.to_ascii_lowercase();
        ["name", "login", "title", "display_name", "displayname", "display", "label", "code", "slug", "id"]
            .iter()
            .position(|known| name == *known)
            // One that is always there before one that may be.
            .map_or((true, usize::MAX), |place| (!property.required, place))
    })?;
    (rank(best) <= IDENTITY).then(|| quoted(&best.name))
}

const IDENTITY: u8 = 1;
const REFERENCE: u8 = 4;
const RARELY: u8 = 7;
const NEVER: u8 = 9;

/// How much a scalar tells: the less, the more.
fn rank(property: &Property) -> u8 {
    let name = property.name.to_ascii_lowercase();
    let is = |words: &[&str]| words.iter().any(|word| name == *word);
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
    let format = match &property.shape {
        Shape::Text(text) => text.format.as_str(),
        _ => "",
    };
    if is(&["id", "name", "title", "display", "login", "code", "number", "slug", "key", "uuid"]) {
        return 0;
    }
    if ends(&["_name", "name"]) && !ends(&["hostname", "filename"]) {
        return IDENTITY;
    }
    // Where the next page begins has to be known, or nobody gets there.
    if name.contains("cursor") || name.contains("next") || name.contains("page_token") || name.contains("pagetoken") {
        return 2;
    }
    if ends(&["url", "uri", "href", "link", "etag", "node_id", "token", "secret", "password", "hash", "checksum"])
        || matches!(format, "uri" | "password" | "byte" | "binary")
    {
        return NEVER;
    }
    if is(&["body", "text", "html", "content", "description", "comment", "notes", "summary", "readme", "raw"]) {
        return RARELY;
    }
    if is(&[
        "status", "state", "type", "kind", "phase", "severity", "priority", "unit", "value", "amount", "total", "count",
    ]) || ends(&["_status", "_state", "_type", "status", "total_count"])
    {
        return 2;
    }
    if ends(&["_at", "date", "time", "_on", "birthdate", "start", "end"]) || matches!(format, "date" | "date-time") {
        return 3;
    }
    if property.required { 5 } else { 6 }
}

/// A field as a rule writes it.
fn quoted(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_plain { name.to_owned() } else { serde_json::Value::from(name).to_string() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::suggest;
    use crate::ir::{List, Object, Property, Shape, Text};

    fn text() -> Shape {
        Shape::Text(Text::default())
    }

    fn object(members: Vec<(&str, Shape)>) -> Shape {
        let property = |(name, shape): (&str, Shape)| Property {
            name: name.to_owned(),
            shape,
            required: true,
            description: String::new(),
        };
        Shape::Object(Object { properties: members.into_iter().map(property).collect(), ..Object::default() })
    }

    fn list(items: Shape) -> Shape {
        Shape::List(Box::new(List { items, items_min: 0, items_max: None, unique: false }))
    }

    #[test]
    fn names_and_states_come_before_links_and_long_texts() {
        let user = object(vec![("avatar_url", text()), ("login", text())]);
        let item = object(vec![
            ("url", text()),
            ("id", Shape::Integer(Box::default())),
            ("title", text()),
            ("body", text()),
            ("user", Shape::Nullable(Box::new(Shape::Named("User".to_owned())))),
            ("labels", list(object(vec![("name", text()), ("color", text())]))),
            ("tags", list(text())),
            ("part-no", text()),
            ("state", text()),
        ]);
        let names = BTreeMap::from([("User".to_owned(), user)]);
        let rule = "{id: id, title: title, user: user.login, labels: labels[*].name, tags: tags, \"part-no\": \"part-no\", state: state}";
        assert_eq!(suggest(&list(item.clone()), &names), format!("[*].{rule}"));
        let page =
            object(vec![("total", Shape::Integer(Box::default())), ("next_page_token", text()), ("items", list(item))]);
        let wanted = format!("{{total: total, next_page_token: next_page_token, items: items[*].{rule}}}");
        assert_eq!(suggest(&page, &names), wanted);
    }

    #[test]
    fn where_there_is_nothing_to_choose_from_everything_is_kept() {
        let recursive = BTreeMap::from([("A".to_owned(), Shape::Named("A".to_owned()))]);
        for shape in [Shape::Any, text(), list(text()), object(Vec::new()), Shape::Named("A".to_owned())] {
            assert_eq!(suggest(&shape, &recursive), "@");
        }
        // A long text is better than nothing.
        assert_eq!(suggest(&object(vec![("body", text()), ("url", text())]), &recursive), "{body: body}");
    }
}
