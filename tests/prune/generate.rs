//! Rules and documents at random, made for each other: few names, so that rules hit; arrays of arrays; two branches over
//! one prefix. A shared trie node for an item and for the items in it once passed every official case and 400,000 random
//! ones that had none of these.

use std::fmt::Write as _;

pub(super) use airlock_tests::Dice;

const NAMES: &[&str] = &["a", "b", "c", "d"];

/// A document: mostly arrays of objects of one kind, since that is what APIs answer.
pub(super) fn document(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 {
        return scalar(dice);
    }
    match dice.below(10) {
        0..4 => object(dice, depth),
        4..7 => {
            let items: Vec<String> = (0..dice.below(5)).map(|_| object(dice, depth - 1)).collect();
            format!("[{}]", items.join(","))
        }
        7 | 8 => {
            let items: Vec<String> = (0..dice.below(4)).map(|_| document(dice, depth - 1)).collect();
            format!("[{}]", items.join(", "))
        }
        _ => scalar(dice),
    }
}

fn object(dice: &mut Dice, depth: usize) -> String {
    let mut text = String::from("{");
    let mut first = true;
    for name in NAMES {
        if dice.below(4) == 0 {
            continue;
        }
        let value = if depth == 0 { scalar(dice) } else { document(dice, depth - 1) };
        // Now and then a key is written with an escape, now and then it stands twice.
        let key = if dice.below(12) == 0 { format!("\\u{:04x}", name.as_bytes()[0]) } else { (*name).to_owned() };
        for _ in 0..=usize::from(dice.below(16) == 0) {
            let _ = write!(text, "{}\"{key}\":{value}", if first { "" } else { "," });
            first = false;
        }
        if dice.below(24) == 0 {
            let _ = write!(text, ",\"{name}\":{}", document(dice, depth.min(2)));
        }
    }
    text.push('}');
    text
}

fn scalar(dice: &mut Dice) -> String {
    dice.of(&[
        "0", "1", "2", "-1", "1.5", "10", "-0", "1E2", "\"\"", "\"x\"", "\"y\"", "\"é\"", "\"\\n\"", "\"10\"",
        "\"ab\"", "true", "false", "null", "[]", "{}",
    ])
    .to_owned()
}

/// A rule.
pub(super) fn rule(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 {
        return match dice.below(8) {
            0 => "@".to_owned(),
            1 => {
                dice.of(&["`1`", "`0`", "'x'", "`null`", "`[]`", "`true`", "`[1,2]`", "`{\"a\": 1}`", "''"]).to_owned()
            }
            _ => dice.of(NAMES).to_owned(),
        };
    }
    let inner = depth - 1;
    match dice.below(20) {
        0..3 => format!("{}.{}", chain(dice, inner), step(dice, inner)),
        3..6 => format!("{}{}.{}", chain(dice, inner), projection(dice, inner), step(dice, inner)),
        6 => format!("{}{}", chain(dice, inner), projection(dice, inner)),
        7 => format!("{} | {}", rule(dice, inner), rule(dice, inner)),
        8..11 => {
            // Two branches over one prefix.
            let prefix = chain(dice, inner);
            let branch = |dice: &mut Dice| format!("{prefix}{}{}", projection(dice, inner), tail(dice));
            let (first, second) = (branch(dice), branch(dice));
            if dice.below(2) == 0 { format!("{{x: {first}, y: {second}}}") } else { format!("[{first}, {second}]") }
        }
        11 => format!("{{x: {}, y: {}}}", rule(dice, inner), rule(dice, inner)),
        12 => format!("{} {} {}", chain(dice, inner), dice.of(&["==", "!=", "<", ">="]), chain(dice, inner)),
        13 => format!("{} {} {}", chain(dice, inner), dice.of(&["&&", "||"]), chain(dice, inner)),
        14 => format!("!{}", chain(dice, inner)),
        _ => call(dice, inner),
    }
}

/// A rule that binds as closely as a name.
fn chain(dice: &mut Dice, depth: usize) -> String {
    match dice.below(4) {
        0 => format!("({})", rule(dice, depth)),
        1 => format!("{}.{}", dice.of(NAMES), dice.of(NAMES)),
        2 => dice.of(&["@", "a", "b"]).to_owned(),
        _ => dice.of(NAMES).to_owned(),
    }
}

fn projection(dice: &mut Dice, depth: usize) -> String {
    match dice.below(10) {
        0..3 => "[*]".to_owned(),
        3..5 => "[]".to_owned(),
        5 => format!("[{}]", dice.of(&["0", "1", "-1", "-2"])),
        6 => format!("[{}]", dice.of(&["1:", ":2", "-2:", "::2", "::-1", ":-1", "1:3", "-1::-1", ":0"])),
        7 => ".*".to_owned(),
        8 => "[*][]".to_owned(),
        _ => format!("[?{}]", rule(dice, depth.min(1))),
    }
}

/// What may stand behind a point.
fn step(dice: &mut Dice, depth: usize) -> String {
    match dice.below(6) {
        0 => format!("{{x: {}, y: {}}}", rule(dice, depth.min(1)), rule(dice, depth.min(1))),
        1 => format!("[{}, {}]", rule(dice, depth.min(1)), rule(dice, depth.min(1))),
        2 => format!("{}[].{}", dice.of(NAMES), dice.of(NAMES)),
        3 => format!("{}[{}]", dice.of(NAMES), dice.of(&["0", "-1"])),
        _ => dice.of(NAMES).to_owned(),
    }
}

fn tail(dice: &mut Dice) -> String {
    if dice.below(3) == 0 { String::new() } else { format!(".{}", dice.of(NAMES)) }
}

fn call(dice: &mut Dice, depth: usize) -> String {
    let list = if dice.below(2) == 0 {
        format!("{}{}{}", chain(dice, depth), projection(dice, depth), tail(dice))
    } else {
        chain(dice, depth)
    };
    let key = dice.of(&["a", "b", "@", "a.b", "type(a)", "to_string(b)", "not_null(a, `1`)", "length(to_array(a))"]);
    match dice.below(6) {
        0 => {
            let one = ["length", "sum", "avg", "min", "max", "sort", "reverse", "keys", "values", "type", "to_string"];
            format!("{}({list})", dice.of(&one))
        }
        1 => format!(
            "{}({list}, &{key}){}",
            dice.of(&["sort_by", "min_by", "max_by"]),
            dice.of(&["", "[:2]", "[0]", "[-1]"])
        ),
        2 => {
            let cut = dice.of(&["[:2]", "[-2:]", "[0]", "[-1]", "[1:3]", "[:1].a", "[*].{x: a}"]);
            let call = format!("sort_by({list}, &{key})");
            if dice.below(2) == 0 { format!("{call}{cut}") } else { format!("reverse({call}){cut}") }
        }
        3 => format!("map(&{key}, {list})"),
        4 => match dice.below(4) {
            0 => format!("not_null({list}, {})", chain(dice, depth)),
            1 => format!("contains({list}, {})", dice.of(&["'x'", "`1`", "a", "`null`"])),
            2 => format!("join(',', {list})"),
            _ => format!("merge({}, {list})", chain(dice, depth)),
        },
        _ => {
            let one = ["abs", "ceil", "floor", "to_number", "to_array", "length", "type"];
            format!("{list} | {}(@)", dice.of(&one))
        }
    }
}
