//! Values for people.

use crate::calendar;

/// Longer texts of a bundle are cut, in characters.
const TEXT_MAX: usize = 200;

/// What a bundle says, so that it can do nothing to a terminal.
pub(super) fn text(text: &str) -> String {
    let mut shown: String = text.chars().take(TEXT_MAX).flat_map(escaped).collect();
    if text.chars().nth(TEXT_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// As `escape_debug`, which leaves what turns the direction of a line, or is seen nowhere, to the terminal.
fn escaped(letter: char) -> Vec<char> {
    match letter {
        '"' | '\'' => vec![letter],
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => letter.escape_unicode().collect(),
        _ => letter.escape_debug().collect(),
    }
}

/// A day, from seconds since 1970: `2026-11-30`. What lies outside of four digits of years is shown as seconds.
pub(super) fn date(seconds: i64) -> String {
    const DAY: i64 = 86_400;
    let (year, month, day) = calendar::date(seconds.div_euclid(DAY));
    if (0..10_000).contains(&year) { format!("{year:04}-{month:02}-{day:02}") } else { format!("{seconds} s") }
}

/// A length: three digits and a decimal unit.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let Some((one, unit)) = UNITS.into_iter().find(|(one, _)| bytes >= *one) else {
        return format!("{bytes} B");
    };
    let (whole, tenth) = (bytes / one, bytes % one / (one / 10));
    if whole < 100 { format!("{whole}.{tenth} {unit}") } else { format!("{whole} {unit}") }
}

/// A number of things: `1 file`, `2 files`.
pub(super) fn count(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::{date, size, text};

    #[test]
    fn lengths_are_short() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (4_300_000_000, "4.3 GB"),
            (512_000_000, "512 MB"),
            (u64::MAX, "18446744 TB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (951_782_400, "2000-02-29"),
            (1_785_196_800, "2026-07-28"),
            (4_107_542_400, "2100-03-01"),
            (i64::MAX, "9223372036854775807 s"),
            (i64::MIN, "-9223372036854775808 s"),
        ] {
            assert_eq!(date(seconds), day);
        }
    }

    #[test]
    fn texts_of_a_bundle_do_nothing_to_a_terminal() {
        assert_eq!(text("a\u{1b}[2J\n\u{202e}b\u{200b}'\u{e0041}"), "a\\u{1b}[2J\\n\\u{202e}b\\u{200b}'\\u{e0041}");
        assert_eq!(text(&"x".repeat(300)).chars().count(), 201);
    }
}
