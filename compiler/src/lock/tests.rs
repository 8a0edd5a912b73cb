//! The digest tells what `diff` tells, and the text says what it means.

use std::collections::BTreeMap;

use super::text::Fault;
use super::{Affected, Change as Way, Included, Lock, Operation, Subject, affected, digests, of};
use crate::diff::tests::random::Numbers;
use crate::diff::tests::{MUTATIONS, catalog, tool};
use crate::diff::{Change, Kind, compare};
use crate::ir::{Argument, Catalog, Fields, LENIENT, List, Object, Property, Rule, Shape, Source, Text, Tool};

/// Whether a change that `diff` tells is one of what was approved.
fn is_part(change: &Change) -> bool {
    match change.kind {
        // What people alone are told, or nobody.
        Kind::CatalogTitleChanged
        | Kind::CatalogAdded
        | Kind::CatalogRemoved
        | Kind::DocumentChanged
        | Kind::DocumentRenamed
        | Kind::OperationAdded
        | Kind::OperationRemoved
        | Kind::OperationChanged
        | Kind::OperationMoved
        | Kind::FieldsWithheld
        | Kind::FieldRetyped
        | Kind::RuleRewritten
        | Kind::NoteAdded
        | Kind::NoteRemoved
        | Kind::PlanChanged
        | Kind::SampleChanged => false,
        _ => !UNSAID.iter().any(|end| change.detail.ends_with(end)),
    }
}

/// Shapes that no tool has, a secret that is named twice, and what generated source does not say of a shape.
const UNSAID: &[&str] = &[
    "by no tool, is not the same",
    "the list of secrets is not the same",
    "what the document says of properties that it does not list",
    "which properties are sent and never given",
];

/// Whether a tool or a prompt of one catalog is not the same in the other.
fn differ(old: &Catalog, new: &Catalog) -> bool {
    digests(old) != digests(new) || of(old).prompts != of(new).prompts
}

fn told(old: &Catalog, new: &Catalog) -> Vec<Change> {
    compare(std::slice::from_ref(old), std::slice::from_ref(new))
}

#[test]
fn an_edit_of_any_field_is_another_digest_unless_nobody_sees_it() {
    let base = catalog();
    let mut seen = 0;
    for (position, (kind, mutation)) in MUTATIONS.iter().enumerate() {
        let mut other = base.clone();
        mutation(&mut other);
        // Under another name every tool is told as new, and is what it was.
        other.name.clone_from(&base.name);
        let found = told(&base, &other);
        let is_seen = found.iter().any(is_part);
        assert_eq!(differ(&base, &other), is_seen, "{position}: {} {found:?}", kind.word());
        seen += usize::from(is_seen);
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn catalogs_at_random_have_other_digests_where_diff_tells_something() {
    let mut numbers = Numbers(7);
    let mut same = 0;
    let whole = |mut catalog: Catalog| {
        // Of a result that a rule has made, the digest says less.
        catalog.tools.iter_mut().for_each(|tool| tool.prune = Rule::Current);
        catalog
    };
    for round in 0..1200 {
        let old = whole(numbers.catalog());
        let mut new = old.clone();
        match round % 4 {
            0 => new = whole(numbers.catalog()),
            1 => tool(&mut new).arguments[2].shape = numbers.shape(3),
            2 => drop(new.shapes.insert("A".into(), numbers.shape(2))),
            _ => drop(new.answers.insert("B".into(), numbers.shape(2))),
        }
        let found = told(&old, &new);
        assert_eq!(differ(&old, &new), found.iter().any(is_part), "{round}: {found:?}\n{old:#?}\n{new:#?}");
        same += usize::from(!differ(&old, &new));
    }
    assert!(same > 5, "{same}");
}

/// Order is form: of lists as a document writes them, and of choices.
#[test]
fn order_is_no_part_of_a_digest() {
    let mut numbers = Numbers(3);
    for _ in 0..200 {
        let base = numbers.catalog();
        let mut other = base.clone();
        for tool in &mut other.tools {
            tool.arguments.reverse();
            tool.answers.reverse();
            tool.accept = "text/plain, application/json".into();
            tool.arguments.iter_mut().for_each(|argument| reverse(&mut argument.shape));
            reverse(&mut tool.output);
        }
        other.shapes.values_mut().chain(other.answers.values_mut()).for_each(reverse);
        assert!(!differ(&base, &other), "{base:#?}");
    }
}

fn reverse(shape: &mut Shape) {
    match shape {
        Shape::List(list) => reverse(&mut list.items),
        Shape::Object(object) => {
            object.properties.reverse();
            object.properties.iter_mut().for_each(|property| reverse(&mut property.shape));
            object.rest.iter_mut().for_each(|rest| reverse(rest));
        }
        Shape::Words(values) | Shape::Literals(values) => values.reverse(),
        Shape::AnyOf(shapes) => {
            shapes.reverse();
            shapes.iter_mut().for_each(reverse);
        }
        Shape::Nullable(inner) => reverse(inner),
        _ => {}
    }
}

/// The form is written down: whoever recomputes a digest, or adds a field, must get this.
#[test]
fn the_digest_of_a_tool_is_what_it_was() {
    let mut plain = catalog();
    // What such a tool could not have when the first ones were approved.
    let Tool { encodings, redirects, file_bytes_max, pages, .. } = tool(&mut plain);
    encodings.clear();
    redirects.clear();
    *file_bytes_max = 0;
    *pages = None;
    tool(&mut plain).flow = None;
    let mut unlabelled = catalog();
    tool(&mut unlabelled).flow = None;
    for (catalog, expected) in [
        (plain, "50b4723252bcfcb7d0872a1f0be39bdf62116d4db910d6b74964f7b698b11136"),
        (unlabelled, "5b047adcd7b50928c0bfef3811cc1f26350bdf371a11ce254dbaf6bbb44e6bb9"),
        (catalog(), "b2e0e120a96708a50cf406eb7d22480cd9eac0935af9b03061db2350fac74b3d"),
    ] {
        assert_eq!(
            digests(&catalog)[1],
            expected,
            "approved digests are no longer what they were: every user has to approve every tool again"
        );
    }
}

#[test]
fn what_is_said_of_a_fixed_argument_is_told_to_nobody() {
    let fixed = |edit: fn(&mut Argument)| {
        let mut catalog = catalog();
        let argument = &mut tool(&mut catalog).arguments[1];
        argument.source = Source::Fixed("\"a\"".into());
        edit(argument);
        catalog
    };
    let base = fixed(|_| {});
    assert!(!differ(&base, &fixed(|argument| argument.description.push('x'))));
    assert!(!differ(&base, &fixed(|argument| argument.shape = Shape::Any)));
    assert!(differ(&base, &fixed(|argument| argument.wire.push('x'))));
    assert!(differ(&base, &fixed(|argument| argument.source = Source::Fixed("\"b\"".into()))));
}

/// Whether a name has two meanings in a catalog hangs on other tools, and is no part of what a rule makes.
#[test]
fn a_shape_that_another_tool_gives_whole_is_the_same() {
    let text = Text { chars_max: Some(9), ..Text::default() };
    let property = |shape| Property { name: "id".into(), shape, required: false, description: String::new() };
    let object = |shape| Shape::Object(Object { properties: vec![property(shape)], ..Object::default() });
    let two = format!("Node{LENIENT}");
    let with = |name: &str, shapes: &[(&str, &Shape)]| {
        let mut catalog = catalog();
        let list = List { items: Shape::Named(name.into()), items_min: 0, items_max: None, unique: false };
        tool(&mut catalog).output = Shape::List(Box::new(list));
        catalog.answers = shapes.iter().map(|(name, shape)| ((*name).to_owned(), (*shape).clone())).collect();
        digests(&catalog)[1].clone()
    };
    let (whole, lenient) = (object(Shape::Text(text)), object(Shape::Text(Text::default())));
    let alone = with("Node", &[("Node", &lenient)]);
    assert_eq!(alone, with(&two, &[("Node", &whole), (&two, &lenient)]));
    assert_eq!(alone, with("Node", &[("Node", &whole)]));
    assert_ne!(alone, with("Node", &[("Node", &object(Shape::Boolean))]));
    // A document whose own names are alike: then which of them is meant is seen.
    let both = |first: &str, second: &str| {
        let pair = |name: &str| property(Shape::Named(name.to_owned()));
        let root = Object {
            properties: vec![Property { name: "a".into(), ..pair(first) }, pair(second)],
            ..Object::default()
        };
        with("Root", &[("Root", &Shape::Object(root)), ("Node", &whole), (&two, &object(Shape::Boolean))])
    };
    assert_ne!(both("Node", &two), both(&two, "Node"));
}

#[test]
fn what_is_known_of_fields_is_part() {
    let with = |fields: Fields| {
        let mut catalog = catalog();
        tool(&mut catalog).fields = fields;
        digests(&catalog)[1].clone()
    };
    let known = |is_cut| Fields::Known { kept: vec![], dropped: vec![], kinds: BTreeMap::new(), is_cut };
    let all = [with(Fields::Unknown), with(known(false)), with(known(true))];
    assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
}

#[test]
fn prompts_are_approved_as_tools_are() {
    let base = catalog();
    let mut other = base.clone();
    other.prompts[0].title.push('x');
    other.prompts.push(crate::ir::Prompt { name: "ask".into(), ..base.prompts[0].clone() });
    let one = |name: &str, change| Affected { subject: Subject::Prompt(name.into()), change };
    assert_eq!(affected(&of(&base), &of(&other)), [one("ask", Way::New), one("hand_over", Way::Changed)]);
    assert_eq!(affected(&of(&other), &of(&base)), [one("ask", Way::Gone), one("hand_over", Way::Changed)]);
    let approved = super::approve(&of(&base), &of(&other), |name| name == "ask");
    assert_eq!(affected(&approved, &of(&other)), [one("hand_over", Way::Changed)]);
}

fn operation(method: &str, path: &str) -> Operation {
    Operation { path: path.to_owned(), method: method.to_owned() }
}

/// Texts that could be read otherwise, or that hide.
const STRANGE: &[&str] = &[
    "",
    " ",
    "/a b",
    "\"",
    "/\"q\"",
    "\"/a",
    "#",
    "/#",
    "/\\",
    "/\n",
    "/\r",
    "/\t",
    "/\u{0}",
    "/\u{85}",
    "/\u{a0}",
    "/\u{202e}",
    "/\u{e0001}",
    "/\u{feff}",
    "/\u{fffd}",
    "/é/日本",
    "sha256:",
    "<<<<<<<",
];

#[test]
fn a_lock_is_read_as_it_was_written() {
    let mut lock = Lock::default();
    for (number, path) in STRANGE.iter().enumerate() {
        let included = Included { operation: operation("GET", path), sha256: format!("{number:064x}") };
        lock.included.insert(format!("tool_{number}{path}"), included);
        lock.prompts.insert(format!("prompt_{number}{path}"), format!("{number:064x}"));
        lock.left.insert(operation("-", path), None);
        lock.left.insert(operation(path, "/x"), Some("E0217".into()));
    }
    let text = lock.text();
    assert_eq!(Lock::read(&text).map(|(lock, _)| lock), Ok(lock.clone()), "{text}");
    assert!(!text.chars().any(|char| char != '\n' && airlock_contract::text::is_invisible(char)), "{text}");
    assert_eq!(text.lines().count(), 2 + 4 * STRANGE.len());
    // Two people may put their lines together by hand.
    let (head, lines) = text.split_at(text.find("version 1\n").expect("is there") + "version 1\n".len());
    let turned: String = head.lines().chain(lines.lines().rev()).flat_map(|line| [line, "\n"]).collect();
    assert_eq!(Lock::read(&turned).map(|(lock, _)| lock), Ok(lock), "{turned}");
    let empty = Lock::default();
    assert_eq!(Lock::read(&empty.text()).map(|(lock, _)| lock), Ok(empty));
}

#[test]
fn a_broken_lock_is_an_error_at_its_line() {
    let digest = "0".repeat(64);
    let included = format!("included GET     /a list sha256:{digest}");
    let prompt = format!("prompt ask sha256:{digest}");
    let of = |lines: &[&str]| format!("# c\nversion 1\n{}\n", lines.join("\n"));
    let strange = "does not write such a line";
    for (text, line, part) in [
        (String::new(), 1, "first line is not `version 1`"),
        ("# c\n".into(), 2, "first line is not `version 1`"),
        ("excluded GET     /a\n".into(), 1, "first line is not `version 1`"),
        ("version 2\n".into(), 1, "does not know version `2`"),
        ("version 1 \n".into(), 1, "does not know version `1 `"),
        ("\nversion 1\n".into(), 1, "first line"),
        ("# c\r\nversion 1\r\n".into(), 2, "CR LF"),
        ("# c\n<<<<<<< HEAD\nversion 1\n".into(), 2, "merge"),
        (of(&[&included, "=======", &included]), 4, "merge"),
        (of(&["||||||| base"]), 3, "merge"),
        (of(&[">>>>>>> branch"]), 3, "merge"),
        (of(&[&included, &included]), 4, "second line"),
        (of(&[&included, &included.replace("/a", "/b")]), 4, "second line"),
        (of(&["excluded GET     /a", "excluded GET     /a"]), 4, "second line"),
        (of(&["excluded GET     /a", "refused  GET     /a E0217"]), 4, "second line"),
        (of(&[&format!("{included}\r")]), 3, "CR LF"),
        (of(&["excluded GET     /a\u{fffd}"]), 3, "not UTF-8"),
        (of(&["excluded GET     /a", "# later"]), 4, strange),
        (of(&["excluded GET     /a", "", "excluded GET     /b"]), 4, strange),
        (of(&["excluded GET /a"]), 3, strange),
        (of(&["excluded GET     /a "]), 3, strange),
        (of(&[" excluded GET     /a"]), 3, strange),
        (of(&["excluded GET     /a /b"]), 3, strange),
        (of(&["excluded GET"]), 3, strange),
        (of(&["excluded"]), 3, strange),
        (of(&["approved GET     /a"]), 3, strange),
        (of(&["excluded GET     \"/a\""]), 3, strange),
        (of(&["excluded GET     \"/a"]), 3, strange),
        (of(&["excluded GET     \"/a b\"c"]), 3, strange),
        (of(&["excluded GET     \"/a\u{202e}\""]), 3, strange),
        (of(&["excluded GET     /a\u{202e}"]), 3, strange),
        (of(&[&included.replace("sha256:", "sha512:")]), 3, strange),
        (of(&[&included.replace("sha256:0", "sha256:")]), 3, strange),
        (of(&[&included.replace("sha256:0", "sha256:A")]), 3, strange),
        (of(&[&included.replace("list ", "")]), 3, strange),
        (of(&[&prompt, &prompt]), 4, "second line"),
        (of(&[&prompt.replace("prompt", "prompt ")]), 3, strange),
        (of(&[&prompt.replace("ask ", "")]), 3, strange),
        (of(&[&prompt.replace("sha256:0", "sha256:A")]), 3, strange),
    ] {
        let fault = Lock::read(&text).expect_err(&text);
        assert_eq!(text[..fault.at.start].matches('\n').count() + 1, line, "{text}\n{fault:?}");
        assert!(fault.what.contains(part), "{text}\n{fault:?}");
    }
}

/// Whatever stands in the file, it is read or refused, and what is read is what would be written.
#[test]
fn no_text_is_too_strange() {
    let mut lock = Lock::default();
    lock.included.insert("list".into(), Included { operation: operation("GET", "/a b"), sha256: "0".repeat(64) });
    lock.left.insert(operation("PUT", "/a"), Some("E0217".into()));
    lock.prompts.insert("ask".into(), "1".repeat(64));
    let base: Vec<char> = lock.text().chars().collect();
    let strange: Vec<char> = " \"\\\n\r#<=>0aé\u{0}\u{202e}\u{fffd}".chars().collect();
    let mut numbers = Numbers(5);
    let mut read = 0;
    for _ in 0..8000 {
        let mut chars = base.clone();
        for _ in 0..=numbers.below(2) {
            let at = numbers.below(chars.len());
            match numbers.below(4) {
                0 => drop(chars.remove(at)),
                1 => chars.insert(at, strange[numbers.below(strange.len())]),
                2 => chars[at] = base[numbers.below(base.len())],
                _ => chars.truncate(at + 1),
            }
        }
        let text: String = chars.into_iter().collect();
        match Lock::read(&text) {
            Ok((lock, places)) => {
                read += 1;
                assert_eq!(Lock::read(&lock.text()).map(|(lock, _)| lock), Ok(lock));
                assert!(places.values().all(|at| text.get(at.clone()).is_some()));
            }
            Err(Fault { at, what, help: _ }) => {
                assert!(text.get(at).is_some() && !what.is_empty(), "{text}");
            }
        }
    }
    assert!(read > 400, "{read}");
}
