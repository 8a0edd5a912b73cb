//! Names of arguments: what a model calls a parameter.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::Place;

/// A name that the model uses has at most this many characters.
const ARGUMENT_CHARS_MAX: usize = 64;

/// The model's name for a parameter: `^[A-Za-z_][A-Za-z0-9_]{0,63}$`. Other characters become `_`, at the ends they go.
pub fn argument_name(wire: &str) -> String {
    let name: String = wire.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect();
    let name = if wire.starts_with('_') { name.trim_end_matches('_') } else { name.trim_matches('_') };
    let name = match name.chars().next() {
        None => "argument".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("_{name}"),
        Some(_) => name.to_owned(),
    };
    name.chars().take(ARGUMENT_CHARS_MAX).collect()
}

/// The names of an operation's parameters, in their order. One that stands in two places, or that is the body's, gets its
/// place behind it, wherever it stands: so it says which one it is. Of those that read alike even so, such as `Time<` and
/// `Time>`, the later ones get a number.
pub fn argument_names<'a>(parameters: impl Iterator<Item = (&'a str, Place)> + Clone, has_body: bool) -> Vec<String> {
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for (wire, _) in parameters.clone() {
        *uses.entry(argument_name(wire)).or_default() += 1;
    }
    if has_body {
        *uses.entry("body".into()).or_default() += 1;
    }
    // Looked up, and numbered from where the last one ended: a document may have a hundred thousand that read alike.
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    parameters
        .map(|(wire, place)| {
            let name = placed(wire, place, &uses);
            let mut free = name.clone();
            while !taken.insert(free.clone()) {
                let number = numbers.entry(name.clone()).or_insert(1);
                *number += 1;
                free = within(&name, &number.to_string());
            }
            free
        })
        .collect()
}

/// The name of one parameter, with its place behind it where others read alike.
fn placed(wire: &str, place: Place, uses: &BTreeMap<String, usize>) -> String {
    let name = argument_name(wire);
    let suffix = match place {
        Place::Path(_) => "path",
        Place::Query(_) => "query",
        Place::Header(_) => "header",
        Place::Cookie(_) => "cookie",
        Place::Body | Place::BodyProperty => "body",
    };
    match uses.get(&name) {
        Some(2..) => within(&name, suffix),
        _ => name,
    }
}

/// The name with something behind it, as short as a name has to be.
fn within(name: &str, suffix: &str) -> String {
    let stem: String = name.chars().take(ARGUMENT_CHARS_MAX - suffix.len() - 1).collect();
    format!("{stem}_{suffix}")
}

#[cfg(test)]
mod tests {
    use super::{argument_name, argument_names};
    use crate::ir::{Place, Style};

    #[test]
    fn argument_names_are_what_models_can_write() {
        for (wire, name) in [
            ("role-id", "role_id"),
            ("match[]", "match"),
            ("X-Request-Id", "X_Request_Id"),
            ("+1", "_1"),
            ("_id", "_id"),
            ("ü", "argument"),
            ("", "argument"),
        ] {
            assert_eq!(argument_name(wire), name, "{wire}");
        }
        assert_eq!(argument_name(&"x".repeat(80)).len(), 64);
    }

    #[test]
    fn a_name_in_two_places_gets_its_place_behind_it() {
        let (path, query) = (Place::Path(Style::Simple), Place::Query(Style::Form));
        let names = |list: &[(&'static str, Place)], body| argument_names(list.iter().copied(), body);
        assert_eq!(names(&[("id", path), ("id", query), ("body", query)], true), ["id_path", "id_query", "body_query"]);
        assert_eq!(names(&[("id", path), ("body", query)], false), ["id", "body"]);
        assert_eq!(names(&[("t<", query), ("t", query), ("t>", query)], false), ["t_query", "t_query_2", "t_query_3"]);
    }

    /// Compared with each other one by one, these would keep a machine busy for minutes.
    #[test]
    fn very_many_names_that_read_alike_are_told_apart() {
        let signs = |at: usize| (0..15).map(|bit| if at >> bit & 1 == 0 { '-' } else { '.' }).collect::<String>();
        let wires: Vec<String> = (0..20_000).map(|at| format!("a{}", signs(at))).collect();
        let query = Place::Query(Style::Form);
        let names = argument_names(wires.iter().map(|wire| (wire.as_str(), query)), false);
        let different: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!((names[0].as_str(), names[1].as_str(), different.len()), ("a_query", "a_query_2", wires.len()));
    }
}
