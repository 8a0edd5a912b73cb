//! Points in time, in whole seconds, read and written as RFC 3339. No clock is read: now is a constant.

use std::fmt;

const DAY: i64 = 86_400;
/// 10 March 2026, in days since 1 January 1970.
const TODAY: i64 = 20_522;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(i64);

/// A day of the calendar, in days since 1 January 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(i64);

/// The moment at which the department's clock stands still.
pub(super) const fn now() -> Moment {
    at(0, 9, 0)
}

/// A moment of the day that lies this many days after today; negative before it.
pub(super) const fn at(days: i64, hour: i64, minute: i64) -> Moment {
    Moment((TODAY + days) * DAY + hour * 3600 + minute * 60)
}

/// The day that lies this many days after today; negative before it.
pub(super) const fn day(days: i64) -> Day {
    Day(TODAY + days)
}

impl Moment {
    pub(super) const fn plus_minutes(self, minutes: i64) -> Self {
        Self(self.0 + minutes * 60)
    }

    pub(super) const fn day(self) -> Day {
        Day(self.0.div_euclid(DAY))
    }

    /// Reads a `date-time` (RFC 3339, section 5.6). Fractions of a second and leap seconds are refused.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (date, rest) = (text.get(..10)?, text.get(10..)?);
        let time = rest.strip_prefix(['T', 't'])?;
        let (clock, offset) = (time.get(..8)?, time.get(8..)?);
        let [hour, minute, second] = numbers(clock, ':', [23, 59, 59])?;
        let shift = match offset {
            "Z" | "z" => 0,
            _ => {
                let [hours, minutes] = numbers(offset.get(1..)?, ':', [23, 59])?;
                let size = hours * 3600 + minutes * 60;
                match offset.get(..1)? {
                    "+" => size,
                    "-" => -size,
                    _ => return None,
                }
            }
        };
        Some(Self(Day::parse(date)?.0 * DAY + hour * 3600 + minute * 60 + second - shift))
    }
}

impl Day {
    /// Reads a `full-date` (RFC 3339, section 5.6).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let year = two_or_four(text.get(..4)?, 4)?;
        let [month, day] = numbers(text.get(4..)?.strip_prefix('-')?, '-', [12, 31])?;
        let found = Self::from_civil(year, month, day);
        (found.civil() == (year, month, day)).then_some(found)
    }

    // Days from the civil calendar and back: the year begins in March, so that the leap day is its last.
    const fn from_civil(year: i64, month: i64, day: i64) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self(era * 146_097 + day_of_era - 719_468)
    }

    const fn civil(self) -> (i64, i64, i64) {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = (shifted + 2) % 12 + 1;
        let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
        (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
    }
}

/// Two-digit numbers between separators, none above its bound.
fn numbers<const N: usize>(text: &str, separator: char, bounds: [i64; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut found = [0; N];
    for (slot, bound) in found.iter_mut().zip(bounds) {
        *slot = two_or_four(parts.next()?, 2)?;
        if *slot > bound {
            return None;
        }
    }
    parts.next().is_none().then_some(found)
}

fn two_or_four(digits: &str, length: usize) -> Option<i64> {
    let plain = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(out, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.rem_euclid(DAY);
        write!(out, "{}T{:02}:{:02}:{:02}Z", self.day(), seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_stands_at_nine() {
        assert_eq!(now().to_string(), "2026-03-10T09:00:00Z");
        assert_eq!(day(-10).to_string(), "2026-02-28");
        assert_eq!(at(-9, 0, 0).to_string(), "2026-03-01T00:00:00Z");
    }

    #[test]
    fn offsets_name_the_same_moment() {
        let utc = Moment::parse("2026-03-11T08:30:00Z");
        assert!(utc.is_some());
        assert_eq!(Moment::parse("2026-03-11T10:30:00+02:00"), utc);
        assert_eq!(Moment::parse("2026-03-10T23:30:00-09:00"), utc);
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        let wrong = [
            "",
            "2026-03-11",
            "2026-02-29T08:30:00Z",
            "2026-13-01T08:30:00Z",
            "2026-03-11T24:00:00Z",
            "2026-03-11T08:30:00",
            "2026-03-11T08:30Z",
            "2026-03-11T08:30:00.5Z",
            "2026-03-11T08:30:00+2:00",
            "2026-03-11 08:30:00Z",
            "２026-03-11T08:30:00Z",
            "2026-03-00T08:30:00Z",
        ];
        for text in wrong {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
        assert!(Day::parse("2024-02-29").is_some());
        assert_eq!(Day::parse("2100-02-29"), None);
    }
}
