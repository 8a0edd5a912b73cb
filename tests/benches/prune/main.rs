//! What a prune rule takes: our engine beside the two ways of the `jmespath` crate, and beside the least that has to be
//! done, which is checking the same bytes. One run, CPU time of one thread, the least of many rounds, guards included.
//!
//! `cargo bench -p airlock-tests --bench prune`; with `-- TEXT` only the rows whose label holds it, with
//! `-- --write DIR` it writes bodies and rules for the peers (`tests/benches/peers_prune.sh`) instead.

mod heap;
mod payload;

use std::hint::black_box;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use airlock_compiler::check::parse_rule;
use airlock_compiler::lower::lower_rule;
use airlock_prune::{Class, Plan};
use jmespath::{Context, Expression, Rcvar, Runtime, Variable};
use rustix::time::{ClockId, clock_gettime};
use serde::de::IgnoredAny;
use serde_json::Value;

/// Label, payload, rule. E1 to E6 and N1 to N3 on issues; the others show other shapes.
const RULES: &[(&str, &str, &str)] = &[
    (
        "E1 projection, hash, list",
        "issues",
        "items[*].{number: number, title: title, state: state, user: user.login, labels: labels[*].name}",
    ),
    ("E2 filter, hash", "issues", "items[?state == 'open' && comments > `2`].{number: number, title: title}"),
    ("E3 nested flatten", "issues", "items[].labels[].name"),
    ("E4 sort_by, slice", "issues", "sort_by(items, &updated_at)[-10:].{number: number, title: title, at: updated_at}"),
    ("E5 pipes", "issues", "items[?comments > `1`] | [*].{who: user.login, n: number} | [:20] | [*].who"),
    (
        "E6 aggregates",
        "issues",
        "{n: length(items), comments: sum(items[*].comments), most: max_by(items, &comments).number}",
    ),
    ("N1 sort all", "issues", "sort_by(items, &updated_at)[*].{number: number, title: title}"),
    ("N2 two readers", "issues", "{n: length(items), last: items[::-1].number, who: sort(items[*].user.login)}"),
    ("N3 values", "issues", "items[*].reactions.* | [] | sum(@)"),
    (
        "pods",
        "pods",
        "items[*].{name: metadata.name, phase: status.phase, restarts: sum(status.containerStatuses[*].restartCount)}",
    ),
    (
        "bundle",
        "bundle",
        "entry[*].resource.{id: id, code: code.coding[0].display, value: valueQuantity.value, unit: valueQuantity.unit}",
    ),
];

const SIZES: &[(&str, usize)] = &[("2 KB", 2 << 10), ("50 KB", 50 << 10), ("1 MB", 1 << 20)];

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [flag, directory] = arguments.as_slice()
        && flag == "--write"
    {
        return write_for_peers(Path::new(directory));
    }
    let is_wanted = |label: &str| arguments.is_empty() || arguments.iter().any(|part| label.contains(part));
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "| rule | class | bytes | kept | ours | to `search()` | to `interpret()` | over the floor | heap beyond the input |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|")?;
    for (label, kind, text) in RULES {
        for (size, bytes) in SIZES {
            // The smallest bodies hold one item or two: an engine's fixed costs.
            let label = format!("{label}, {size}");
            if is_wanted(&label) {
                writeln!(out, "{}", row(&label, text, &payload::of(kind, *bytes)))?;
            }
        }
    }
    Ok(())
}

fn row(label: &str, text: &str, body: &str) -> String {
    let tree = parse_rule(text).unwrap_or_else(|_| panic!("{text} is a rule"));
    let plan = Plan::new(&lower_rule(&tree)).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    let bytes = body.as_bytes();
    let run = || plan.run(bytes, u64::MAX).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    let kept = run();
    let theirs = searched(text, body);
    assert!(same(&serde_json::from_str(&kept).expect("JSON"), &theirs), "{label}: {kept:.200}\n{theirs:.200}");
    let mut runtime = Runtime::new();
    runtime.register_builtin_functions();
    let expression = runtime.compile(text).unwrap_or_else(|fault| panic!("{fault}"));

    let [floor, ours, search, interpret] = least([
        &mut || {
            let checked: Result<IgnoredAny, _> = serde_json::from_slice(black_box(bytes));
            drop(black_box(checked));
        },
        &mut || drop(black_box(run())),
        &mut || drop(black_box(search_text(&expression, body))),
        &mut || drop(black_box(interpret_text(&runtime, &tree, text, body))),
    ]);
    let peak = heap::peak(|| drop(black_box(run())));
    let times = |other: Duration| other.as_secs_f64() / ours.as_secs_f64();
    // Of items that are held, one by one: what the target allows.
    let heap = match plan.class() {
        Class::Stream => format!("{:.2} of 3 x output + an item", ratio(peak, 3 * kept.len() + item_bytes(body))),
        Class::Buffer | Class::NeedSet => format!("{:.2} of the input", ratio(peak, bytes.len())),
    };
    format!(
        "| {label} | {} | {} | {} | {:.1} us | {:.1} | {:.1} | {:.2} | {heap} |",
        plan.class().name(),
        bytes.len(),
        kept.len(),
        ours.as_secs_f64() * 1e6,
        times(search),
        times(interpret),
        ours.as_secs_f64() / floor.as_secs_f64(),
    )
}

/// The longest item of a body.
fn item_bytes(body: &str) -> usize {
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let items = ["items", "entry"].iter().find_map(|key| value[key].as_array());
    items.into_iter().flatten().map(|item| item.to_string().len()).max().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// As a user would write it: text to a value, value to a result, result to text.
fn search_text(expression: &Expression<'_>, body: &str) -> String {
    let value: Value = serde_json::from_str(body).expect("JSON");
    expression.search(value).expect("a result").to_string()
}

/// The faster way that the crate has: its own tree from text, no copy of it.
fn interpret_text(runtime: &Runtime, tree: &jmespath::ast::Ast, text: &str, body: &str) -> String {
    let data = Rcvar::new(Variable::from_json(body).expect("JSON"));
    let mut context = Context::new(text, runtime);
    jmespath::interpret(&data, tree, &mut context).expect("a result").to_string()
}

fn searched(text: &str, body: &str) -> Value {
    let found = jmespath::compile(text).expect("a rule").search(Variable::from_json(body).expect("JSON"));
    serde_json::to_value(&*found.expect("a result")).expect("JSON")
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}

/// The least CPU time that each takes, all of them in turn in every round. Long runs absorb what else the machine does, so
/// a batch is short: about half a millisecond.
fn least<const N: usize>(mut works: [&mut dyn FnMut(); N]) -> [Duration; N] {
    let mut least = [Duration::MAX; N];
    let mut batches = [1_u32; N];
    for (work, batch) in works.iter_mut().zip(&mut batches) {
        let once = timed(1, *work);
        *batch = u32::try_from(500_000 / once.as_nanos().max(1)).unwrap_or(1).clamp(1, 1000);
    }
    let rounds = if least.len() * usize::try_from(batches[0]).unwrap_or(1) > 400 { 60 } else { 40 };
    for _ in 0..rounds {
        for ((work, batch), least) in works.iter_mut().zip(batches).zip(&mut least) {
            *least = (*least).min(timed(batch, *work) / batch);
        }
    }
    least
}

/// Once untimed before: nobody pays for the heap as another one left it.
fn timed(batch: u32, work: &mut dyn FnMut()) -> Duration {
    work();
    let start = cpu();
    for _ in 0..batch {
        work();
    }
    cpu().saturating_sub(start)
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn write_for_peers(directory: &Path) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    for kind in ["issues", "pods", "bundle"] {
        for (size, bytes) in SIZES {
            std::fs::write(
                directory.join(format!("{kind}-{}.json", size.replace(' ', ""))),
                payload::of(kind, *bytes),
            )?;
        }
    }
    let rules: Vec<Value> = RULES
        .iter()
        .map(|(label, kind, text)| serde_json::json!({"label": label, "payload": kind, "rule": text}))
        .collect();
    std::fs::write(directory.join("rules.json"), serde_json::to_string_pretty(&rules)?)
}
