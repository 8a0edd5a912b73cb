//! Edits of JSON texts that stay JSON: most changes of single bytes only find that a text does not parse.

use serde_json::{Map, Value};

/// Words that an edit may write: keys and texts of what is being fuzzed.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// Keys.
    pub keys: &'static [&'static str],
    /// Values, as JSON texts.
    pub values: &'static [&'static str],
    /// Whether references to places of the document are written.
    pub references: bool,
}

/// Edits `data[..size]` in place, one to eight times. `None`: it is no JSON, it would be too long, or bytes are to be
/// changed this time.
pub fn json(data: &mut [u8], size: usize, max_size: usize, seed: u32, words: Words) -> Option<usize> {
    let mut random = Random(u64::from(seed) + 1);
    if random.below(12) == 0 {
        return None;
    }
    let mut value: Value = serde_json::from_slice(data.get(..size)?).ok()?;
    for _ in 0..=random.below(8) {
        edit(&mut value, &mut random, words);
    }
    let text = if random.below(4) == 0 { format!("{value:#}") } else { value.to_string() };
    let limit = max_size.min(data.len());
    (text.len() <= limit).then(|| {
        data[..text.len()].copy_from_slice(text.as_bytes());
        text.len()
    })
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `bound`, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % bound
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() { None } else { all.get(self.below(all.len())) }
    }
}

fn edit(root: &mut Value, random: &mut Random, words: Words) {
    let all = pointers(root);
    let Some(pointer) = random.of(&all).cloned() else { return };
    let Some(other) = random.of(&all).cloned() else { return };
    let copied = root.pointer(&other).cloned().unwrap_or(Value::Null);
    let word = words.keys[random.below(words.keys.len())].to_owned();
    let value: Value = serde_json::from_str(words.values[random.below(words.values.len())]).unwrap_or(Value::Null);
    let kind = random.below(if words.references { 12 } else { 9 });
    let position = random.below(64);
    let Some(target) = root.pointer_mut(&pointer) else { return };
    match kind {
        0 => *target = value,
        1 => *target = copied,
        2 => drop(remove(target, position)),
        3 => insert(target, word, value, position),
        4 => insert(target, word, copied, position),
        5 => rename(target, &word, position),
        6 => *target = scalar(target, random),
        7 => {
            let own = target.take();
            let wrapped = if random.below(2) == 0 { Value::Array(vec![own]) } else { own };
            *target = Value::Object(Map::from_iter([(word, wrapped)]));
        }
        8 => {
            // The same again, in the other place: repetition is what costs time.
            if let Value::Array(items) = target {
                for _ in 0..random.below(12) {
                    items.push(copied.clone());
                }
            } else if let Value::Object(members) = target {
                for number in 0..random.below(12) {
                    members.insert(format!("{word}{number}"), copied.clone());
                }
            }
        }
        9 => *target = reference(&other),
        10 => insert(target, "$ref".to_owned(), Value::from(format!("#{other}")), position),
        _ => {
            let list = vec![reference(&other), reference(&pointer)];
            insert(target, word, Value::Array(list), position);
        }
    }
}

fn reference(pointer: &str) -> Value {
    Value::Object(Map::from_iter([("$ref".to_owned(), Value::from(format!("#{pointer}")))]))
}

fn remove(target: &mut Value, position: usize) -> Option<Value> {
    match target {
        Value::Object(members) => {
            let key = members.keys().nth(position % members.len().max(1))?.clone();
            members.shift_remove(&key)
        }
        Value::Array(items) if !items.is_empty() => Some(items.remove(position % items.len())),
        _ => None,
    }
}

fn insert(target: &mut Value, key: String, value: Value, position: usize) {
    match target {
        Value::Object(members) => drop(members.insert(key, value)),
        Value::Array(items) => items.insert(position % (items.len() + 1), value),
        other => *other = value,
    }
}

fn rename(target: &mut Value, word: &str, position: usize) {
    let Value::Object(members) = target else { return };
    let chosen = position % members.len().max(1);
    let before = std::mem::take(members);
    for (at, (key, value)) in before.into_iter().enumerate() {
        members.insert(if at == chosen { word.to_owned() } else { key }, value);
    }
}

/// Texts that mean something to some reader.
const TEXTS: &[&str] = &[
    "",
    ".",
    "..",
    "/",
    "a/b",
    "%2e",
    "%",
    "#",
    "?",
    "&",
    "=",
    ",",
    ";",
    "|",
    "+",
    " ",
    "\"",
    "\\",
    "\r\nX: y",
    "\0",
    "{",
    "}",
    "{id}",
    "[",
    "]",
    "a[b]",
    "é",
    "\u{1f600}",
    "\u{202e}",
    "\u{feff}",
    "<|im_start|>",
    "__proto__",
    "r#\"",
    "\"#",
    "//",
    "*/",
    "${x}",
    "1e400",
    "-0",
    "null",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

/// A scalar near the one that is there.
fn scalar(target: &Value, random: &mut Random) -> Value {
    let text = TEXTS[random.below(TEXTS.len())];
    match target {
        Value::String(own) if random.below(2) == 0 => {
            let at = own.char_indices().map(|(at, _)| at).nth(random.below(own.len().max(1))).unwrap_or(own.len());
            Value::from(format!("{}{text}{}", &own[..at], &own[at..]))
        }
        Value::Number(own) if random.below(2) == 0 => {
            let around = [-1.0, 1.0, 0.5, 1e18, -1e308];
            own.as_f64().map_or(Value::Null, |float| Value::from(float + around[random.below(around.len())]))
        }
        Value::Number(_) => {
            [Value::from(0), Value::from(-1), Value::from(u64::MAX), Value::from(i64::MIN), Value::from(0.1)]
                [random.below(5)]
            .clone()
        }
        Value::Bool(own) => Value::from(!own),
        _ => Value::from(text),
    }
}

/// The pointers of all parts, the first few thousand of them.
fn pointers(value: &Value) -> Vec<String> {
    let mut all = Vec::new();
    let mut open = vec![(String::new(), value)];
    while let Some((pointer, value)) = open.pop() {
        if all.len() >= 4000 {
            break;
        }
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    open.push((format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), value));
                }
            }
            Value::Array(items) => {
                for (at, value) in items.iter().enumerate() {
                    open.push((format!("{pointer}/{at}"), value));
                }
            }
            _ => {}
        }
        all.push(pointer);
    }
    all
}
