//! Times of records: RFC 3339 in UTC with microseconds, always as long, so that they compare as text.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use airlock_seal::calendar::date;

/// Characters of a time.
pub(super) const CHARS: usize = 27;

/// A time as RFC 3339 in UTC with microseconds.
pub(super) fn timestamp(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = date(days.cast_signed());
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:06}Z", since.subsec_micros())
}

/// Milliseconds since 1970 of a time as `timestamp` writes it. None for anything else.
pub(crate) fn milliseconds(time: &str) -> Option<u64> {
    let shape = "dddd-dd-ddTdd:dd:dd.ddddddZ";
    let fits = |(byte, shape): (u8, u8)| if shape == b'd' { byte.is_ascii_digit() } else { byte == shape };
    (time.len() == CHARS && time.bytes().zip(shape.bytes()).all(fits)).then_some(())?;
    let number = |from: usize, to: usize| time.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let is_there = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    is_there.then_some(())?;
    let seconds = hour * 3600 + minute * 60 + second;
    // The inverse of `date`, by its source.
    let march_year = year.checked_sub(u64::from(month <= 2))?;
    let march_month = (month + 9) % 12;
    let (era, year_of_era) = (march_year / 400, march_year % 400);
    let day_of_year = (153 * march_month + 2) / 5 + day.checked_sub(1)?;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
    Some((days * 86_400 + seconds) * 1000 + number(20, 23)?)
}

/// Whether a text is the beginning of such a time: a year, a day, a minute, the whole. Then it compares with times as text.
pub(crate) fn is_beginning(text: &str) -> bool {
    let rest = "2000-01-10T00:00:00.000000Z".get(text.len()..);
    rest.is_some_and(|rest| text.len() >= 4 && milliseconds(&format!("{text}{rest}")).is_some())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::{is_beginning, milliseconds, timestamp};

    #[test]
    fn times_are_those_of_the_calendar() {
        let cases = [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399, "2000-02-28T23:59:59.000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000Z"),
            (951_868_800, "2000-03-01T00:00:00.000000Z"),
            (1_785_196_800, "2026-07-28T00:00:00.000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
        ];
        for (seconds, text) in cases {
            assert_eq!(timestamp(UNIX_EPOCH + Duration::from_secs(seconds)), text);
            assert_eq!(milliseconds(text), Some(seconds * 1000));
        }
        assert_eq!(timestamp(UNIX_EPOCH + Duration::from_micros(1_000_042)), "1970-01-01T00:00:01.000042Z");
        assert_eq!(milliseconds("1970-01-01T00:00:01.042999Z"), Some(1042));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in ["", "1970", "1970-01-01T00:00:00Z", "1970-01-01 00:00:00.000000Z", "1969-12-31T00:00:00.000000Z"] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
        for (text, is) in
            [("2026", true), ("2026-07-28", true), ("2026-07-28T10:0", true), ("26", false), ("2026-7", false)]
        {
            assert_eq!(is_beginning(text), is, "{text}");
        }
    }
}
