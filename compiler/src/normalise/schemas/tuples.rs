//! Lists whose items have schemas by position: `prefixItems`, and the `items` list of older drafts.

use serde_json::{Map, Value};

use super::rewrite::{Members, Site};
use super::{limits, note};
use crate::normalise::references::ABSOLUTE;

/// Where the schemas by position are kept, as references to the branches of `items` that they became.
const KEPT: &str = "x-airlock-prefix-items";

/// More schemas than so many are not compared with each other.
const COMPARED_MAX: usize = 64;

/// Schemas by position -> one for all items that allows what any of them allows; `items: false` -> no more items.
pub(super) fn items(members: &mut Members, site: &mut Site<'_>) {
    let (keyword, rest_keyword) = match (members.get("prefixItems"), members.get("items")) {
        (Some(Value::Array(_)), Some(Value::Array(_))) => return,
        (Some(Value::Array(_)), _) => ("prefixItems", "items"),
        (_, Some(Value::Array(_))) => ("items", "additionalItems"),
        (_, Some(Value::Bool(false))) => {
            members.insert("items".to_owned(), Map::new().into());
            return at_most(members, 0);
        }
        _ => return,
    };
    let is_schema = |schema: &Value| schema.is_object() || schema.is_boolean();
    if !members.get(keyword).and_then(Value::as_array).is_some_and(|prefix| prefix.iter().all(is_schema)) {
        return;
    }
    let Some(Value::Array(prefix)) = members.get_mut(keyword).map(Value::take) else { return };
    let rest = members.shift_remove(rest_keyword);
    let by_position = prefix.len() as u64;
    let is_bounded = members.get("maxItems").and_then(limits::count).is_some_and(|max| max <= by_position);
    let rest = match rest {
        Some(Value::Bool(false)) => {
            at_most(members, by_position);
            None
        }
        _ if is_bounded && !prefix.is_empty() => None,
        Some(Value::Bool(true)) => Some(Map::new().into()),
        // What is not said is anything; but a list of one below `items` is plainly meant as that one.
        None if keyword == "prefixItems" || prefix.is_empty() => Some(Map::new().into()),
        rest => rest,
    };
    join(members, prefix, rest, keyword, rest_keyword, site);
    if keyword == "prefixItems" {
        members.shift_remove(keyword);
    }
}

fn join(
    members: &mut Members,
    prefix: Vec<Value>,
    rest: Option<Value>,
    keyword: &str,
    rest_keyword: &str,
    site: &mut Site<'_>,
) {
    let by_position = prefix.len();
    let mut branches: Vec<Value> = Vec::new();
    let mut places = Vec::with_capacity(by_position + 1);
    for schema in prefix.into_iter().chain(rest) {
        let known = branches.iter().take(COMPARED_MAX).position(|branch| *branch == schema);
        places.push(known.unwrap_or_else(|| {
            branches.push(schema);
            branches.len() - 1
        }));
    }
    let is_choice = branches.len() > 1;
    let to = |place: usize| if is_choice { format!("/items/anyOf/{place}") } else { "/items".to_owned() };
    if is_choice {
        site.moved.made("/items", format!("/{keyword}"));
    }
    for (position, place) in places.iter().enumerate() {
        if position < by_position {
            site.moved.place(format!("/{keyword}/{position}"), to(*place));
        } else {
            site.moved.place(format!("/{rest_keyword}"), to(*place));
        }
    }
    places.truncate(by_position);
    let kept = places.into_iter().map(|place| {
        let reference = format!("{ABSOLUTE}{}{}", site.pointer, to(place));
        Value::Object(Map::from_iter([("$ref".to_owned(), reference.into())]))
    });
    let kept: Vec<Value> = kept.collect();
    let items = match branches.pop() {
        Some(only) if branches.is_empty() => only,
        Some(last) => {
            branches.push(last);
            Map::from_iter([("anyOf".to_owned(), branches.into())]).into()
        }
        None => Map::new().into(),
    };
    members.insert("items".to_owned(), items);
    if is_choice {
        note(members, "which item has which schema is not enforced; each may have any of them");
    }
    if !kept.is_empty() {
        members.insert(KEPT.to_owned(), kept.into());
    }
}

/// Allows no more than so many items.
fn at_most(members: &mut Members, most: u64) {
    let declared = members.get("maxItems").and_then(limits::count);
    members.insert("maxItems".to_owned(), declared.map_or(most, |declared| declared.min(most)).into());
}
