//! Dates, times and numbers as people spell them.

use std::sync::LazyLock;

use regex::{Captures, Regex};

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const COUNTS: [&str; 13] =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// How many days a month may have; 29 February is looked at no further, since whoever checks the argument does.
const DAYS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// A regular expression of ours, of ASCII alone.
fn pattern(text: &str) -> Option<Regex> {
    Regex::new(&format!("(?i-u){text}")).ok()
}

/// Dates of a text, with their place in it, as `YYYY-MM-DD` (RFC 3339, `full-date`).
pub(super) fn dates(text: &str) -> Vec<(usize, String)> {
    static ISO: LazyLock<Option<Regex>> =
        LazyLock::new(|| pattern(r"\b(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})(?:\b|T)"));
    static DOTTED: LazyLock<Option<Regex>> =
        LazyLock::new(|| pattern(r"\b(?P<d>[0-9]{1,2})\.\s?(?P<m>[0-9]{1,2})\.\s?(?P<y>[0-9]{4})\b"));
    static DAY_FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
        pattern(r"\b(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?\.?\s+(?:of\s+)?(?P<name>[a-z]{3,9})\.?,?\s+(?P<y>[0-9]{4})\b")
    });
    static MONTH_FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
        pattern(r"\b(?P<name>[a-z]{3,9})\.?\s+(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>[0-9]{4})\b")
    });
    let mut dates: Vec<(usize, String)> = [&ISO, &DOTTED, &DAY_FIRST, &MONTH_FIRST]
        .into_iter()
        .filter_map(|pattern| pattern.as_ref())
        .flat_map(|pattern| pattern.captures_iter(text))
        .filter_map(|found| Some((found.get(0)?.start(), date(&found)?)))
        .collect();
    dates.sort();
    dates.dedup();
    dates
}

fn date(found: &Captures<'_>) -> Option<String> {
    let number = |name: &str| found.name(name)?.as_str().parse::<u32>().ok();
    let named = || {
        let name = found.name("name")?.as_str().to_lowercase();
        let place = MONTHS.iter().position(|month| name.starts_with(month))?;
        u32::try_from(place + 1).ok()
    };
    let (year, month, day) = (number("y")?, number("m").or_else(named)?, number("d")?);
    let days = DAYS.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    (1..=*days).contains(&day).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// Times of day of a text, as `HH:MM`.
pub(super) fn times(text: &str) -> Vec<String> {
    static CLOCK: LazyLock<Option<Regex>> =
        LazyLock::new(|| pattern(r"(?:\b|T)(?P<h>[0-9]{1,2})(?:[:.](?P<m>[0-9]{2}))?\s?(?P<half>am|pm|o'clock|h\b)?"));
    let Some(clock) = CLOCK.as_ref() else { return Vec::new() };
    let time = |found: Captures<'_>| {
        let hour = found.name("h")?.as_str().parse::<u32>().ok()?;
        let half = found.name("half").map(|half| half.as_str().to_lowercase());
        let minute = match (found.name("m"), &half) {
            (Some(minute), _) => minute.as_str().parse::<u32>().ok()?,
            (None, Some(_)) => 0,
            (None, None) => return None,
        };
        let hour = match half.as_deref() {
            Some("pm") if hour < 12 => hour + 12,
            Some("am") if hour == 12 => 0,
            _ => hour,
        };
        (hour < 24 && minute < 60).then(|| format!("{hour:02}:{minute:02}"))
    };
    clock.captures_iter(text).filter_map(time).collect()
}

/// The number that a word is: digits, with or without separators of thousands, or a small count.
pub(super) fn number(word: &str) -> Option<String> {
    if let Some(count) = COUNTS.iter().position(|count| word.eq_ignore_ascii_case(count)) {
        return Some(count.to_string());
    }
    let digits = word.trim_start_matches('#');
    let is_grouped = || {
        let mut groups = digits.trim_start_matches('-').split(',');
        let first = groups.next().is_some_and(|group| (1..=3).contains(&group.len()));
        let others: Vec<&str> = groups.collect();
        first && !others.is_empty() && others.iter().all(|group| group.len() == 3)
    };
    let plain = if digits.contains(',') && is_grouped() { digits.replace(',', "") } else { digits.to_owned() };
    let is_number = plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-')
        && plain.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    // As JSON writes numbers: `007` is none.
    (is_number && serde_json::from_str::<serde_json::Number>(&plain).is_ok()).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::{dates, number, times};

    #[test]
    fn dates_are_read_in_the_spellings_that_cannot_be_mistaken() {
        let read = |text| dates(text).into_iter().map(|(_, date)| date).collect::<Vec<_>>();
        for (text, expected) in [
            ("since 2026-02-01, please", vec!["2026-02-01"]),
            ("at 2026-02-01T10:00:00Z", vec!["2026-02-01"]),
            ("on 3.4.2026 and 12. 11. 2025", vec!["2026-04-03", "2025-11-12"]),
            ("on 5 May 2026", vec!["2026-05-05"]),
            ("the 21st of March, 2026", vec!["2026-03-21"]),
            ("March 1st, 2026", vec!["2026-03-01"]),
            ("on Sept. 9, 2026", vec!["2026-09-09"]),
            ("3/4/2026", vec![]),
            ("2026-13-01 and 2026-02-30", vec![]),
            ("tomorrow", vec![]),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn times_of_day_need_a_sign_that_they_are_some() {
        for (text, expected) in [
            ("at 14:30", vec!["14:30"]),
            ("at 2 pm or 9am", vec!["14:00", "09:00"]),
            ("at 12 am", vec!["00:00"]),
            ("bed 12", vec![]),
            ("25:00", vec![]),
        ] {
            assert_eq!(times(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_words_that_are_nothing_else() {
        for (word, expected) in [
            ("40817", Some("40817")),
            ("#12", Some("12")),
            ("1,000", Some("1000")),
            ("-3.5", Some("-3.5")),
            ("Three", Some("3")),
            ("S102", None),
            ("007", None),
            ("1,2", None),
            ("", None),
            ("-", None),
        ] {
            assert_eq!(number(word).as_deref(), expected, "{word}");
        }
    }
}
