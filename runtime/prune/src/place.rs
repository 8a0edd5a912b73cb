//! Where an array stands in an answer, for those who put several answers together.

use std::ops::Range;

use crate::broken::Broken;
use crate::fault::Fault;
use crate::grammar::unescaped;
use crate::scan::{Kind, Scanner};

/// An array of a text, and the first of its items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrayPlace {
    /// The bytes of the array, its brackets included.
    pub range: Range<usize>,
    /// The bytes of the items that are taken, with the commas between them.
    pub taken: Range<usize>,
    /// How many items are taken.
    pub taken_count: u64,
    /// How many there are.
    pub count: u64,
}

/// Finds the array that these members lead to, and takes at most `items_max` of its items. None if there is none. Of a key
/// that stands twice in an object, the last counts, as in a rule.
///
/// # Errors
/// [`Fault::Body`] if the text is broken anywhere.
pub fn array_at(text: &str, members: &[&str], items_max: u64) -> Result<Option<ArrayPlace>, Fault> {
    let mut scanner = Scanner::new(text);
    let found = find(&mut scanner, members, items_max, 0)?;
    scanner.end()?;
    Ok(found)
}

/// `depth` collections are around what comes next.
fn find(
    scanner: &mut Scanner<'_>,
    members: &[&str],
    items_max: u64,
    depth: usize,
) -> Result<Option<ArrayPlace>, Broken> {
    match (members.split_first(), scanner.kind()?) {
        (None, Kind::Array) => take(scanner, items_max, depth).map(Some),
        (Some((name, inner)), Kind::Object) => {
            scanner.check_depth(depth + 1)?;
            let mut found = None;
            let mut more = scanner.enter();
            while more {
                let (start, end, escapes) = scanner.key()?;
                let key = scanner.text_at(start, end);
                if key == *name || escapes && unescaped(key).as_deref() == Some(*name) {
                    found = find(scanner, inner, items_max, depth + 1)?;
                } else {
                    scanner.skip(depth + 1)?;
                }
                more = scanner.more(b'}')?;
            }
            Ok(found)
        }
        _ => {
            scanner.skip(depth)?;
            Ok(None)
        }
    }
}

fn take(scanner: &mut Scanner<'_>, items_max: u64, depth: usize) -> Result<ArrayPlace, Broken> {
    scanner.check_depth(depth + 1)?;
    let start = scanner.at();
    let mut more = scanner.enter();
    let mut place = ArrayPlace { range: start..start, taken: start + 1..start + 1, taken_count: 0, count: 0 };
    while more {
        scanner.skip(depth + 1)?;
        if place.count < items_max {
            place.taken.end = scanner.at();
            place.taken_count += 1;
        }
        place.count += 1;
        more = scanner.more(b']')?;
    }
    place.range.end = scanner.at();
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::{Fault, array_at};

    /// The array, what is taken of it, and both counts.
    fn found(text: &str, members: &[&str], items_max: u64) -> Option<(String, String, u64, u64)> {
        let place = array_at(text, members, items_max).expect("is JSON")?;
        Some((text[place.range].to_owned(), text[place.taken].to_owned(), place.taken_count, place.count))
    }

    #[test]
    fn items_are_taken_from_the_beginning() {
        let text = r#" {"a": {"b\u0063": [ 1, {"x": [2]} ,"," ]}, "n": 7} "#;
        let array = || r#"[ 1, {"x": [2]} ,"," ]"#.to_owned();
        for (items_max, taken, count) in
            [(9, r#" 1, {"x": [2]} ,",""#, 3), (2, r#" 1, {"x": [2]}"#, 2), (1, " 1", 1), (0, "", 0)]
        {
            assert_eq!(found(text, &["a", "bc"], items_max), Some((array(), taken.to_owned(), count, 3)));
        }
        assert_eq!(found("[]", &[], 5), Some(("[]".to_owned(), String::new(), 0, 0)));
        assert_eq!(found(" [ ] ", &[], 5), Some(("[ ]".to_owned(), String::new(), 0, 0)));
    }

    #[test]
    fn what_is_no_array_is_none() {
        for (text, members) in
            [("{}", &["a"][..]), (r#"{"a":{}}"#, &["a"]), ("7", &[]), (r#"[{"a":[]}]"#, &["a"]), ("null", &["a", "b"])]
        {
            assert_eq!(found(text, members, 1), None, "{text}");
        }
    }

    #[test]
    fn of_a_key_that_stands_twice_the_last_counts() {
        assert_eq!(found(r#"{"a":[1],"a":[2,3]}"#, &["a"], 9), Some(("[2,3]".to_owned(), "2,3".to_owned(), 2, 2)));
        assert_eq!(found(r#"{"a":[1],"a":null}"#, &["a"], 9), None);
    }

    #[test]
    fn a_text_that_is_broken_anywhere_is_a_fault() {
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(128), "]".repeat(128));
        for text in ["{\"a\":[1,]}", "{\"a\":[1]}x", "{\"a\":[1],\"b\":tru}", "{\"a\":[1]", "", &deep] {
            assert!(matches!(array_at(text, &["a"], 1), Err(Fault::Body(..))), "{text}");
        }
    }
}
