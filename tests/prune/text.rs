//! The scanner takes exactly what `serde_json` takes, and gives the same value.

use airlock_prune::{Fault, Plan, Rule};
use serde_json::Value;

use super::generate::{Dice, document};
use super::{BYTES_MAX, same};

#[test]
fn a_mutated_text_is_taken_or_refused_as_by_serde() {
    let plan = Plan::new(&Rule::Current).expect("a plan");
    let (mut taken, mut refused) = (0, 0);
    for seed in 0..60_000_u64 {
        let dice = &mut Dice::new(seed);
        let mut bytes = document(dice, 4).into_bytes();
        for _ in 0..dice.below(4) {
            let at = dice.below(bytes.len() + 1);
            let piece = dice.of(&[
                "\"", "\\", "\\u", "\\ud8", "00", ",", ":", "[", "}", " ", "\n", "1", "e", ".", "-", "\u{1}", "é",
                "\u{7f}", "t",
            ]);
            match dice.below(3) {
                0 => drop(bytes.splice(at..at, piece.bytes())),
                1 if at < bytes.len() => drop(bytes.remove(at)),
                _ if at < bytes.len() => bytes[at] = piece.as_bytes()[0],
                _ => {}
            }
        }
        let theirs = serde_json::from_slice::<Value>(&bytes);
        let ours = plan.run(&bytes, BYTES_MAX);
        let text = String::from_utf8_lossy(&bytes);
        match (&theirs, &ours) {
            (Ok(value), Ok(json)) => {
                taken += 1;
                assert!(same(&serde_json::from_str(json).expect("JSON"), value), "{text}: {json}");
            }
            (Err(_), Err(Fault::Body(..) | Fault::Answer(_))) => refused += 1,
            _ => panic!("{text}: {theirs:?} {ours:?}"),
        }
    }
    assert!(taken > 10_000 && refused > 10_000, "{taken} {refused}");
}

#[test]
fn strings_of_every_length_end_where_they_end() {
    // The scanner looks at eight bytes at a time.
    for length in 0..40 {
        for special in ["", "\\\"", "\\\\", "\\n", "\\u00e9", "é", "😀", "\\ud83d\\ude00", "\u{7f}"] {
            for at in 0..=length {
                let inner = format!("{}{special}{}", "x".repeat(at), "y".repeat(length - at));
                let body = format!("[\"{inner}\",{{\"{inner}\":\"{inner}\"}}]");
                let theirs: Value = serde_json::from_str(&body).expect("JSON");
                let ours =
                    Plan::new(&Rule::Current).and_then(|plan| plan.run(body.as_bytes(), BYTES_MAX)).expect("taken");
                assert_eq!(serde_json::from_str::<Value>(&ours).expect("JSON"), theirs, "{body}");
                let broken = body.replacen(special, &format!("{special}\u{1}"), 1);
                assert!(
                    Plan::new(&Rule::Field("q".into()))
                        .and_then(|plan| plan.run(broken.as_bytes(), BYTES_MAX))
                        .is_err()
                );
            }
        }
    }
}
