//! Days of the calendar, counted from 1970-01-01.

/// Year, month and day of a day, in the proleptic Gregorian calendar. Years are taken to begin in March, so that the leap day is
/// the last one (H. Hinnant, "chrono-compatible low-level date algorithms"). `days` is at most what seconds in 64 bits can tell.
pub fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn each_day_follows_on_the_one_before() {
        assert_eq!(date(0), (1970, 1, 1));
        let (mut year, mut month, mut day) = date(-800_000);
        for days in -799_999..800_000 {
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = match month {
                2 => 28 + i64::from(is_leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            (year, month, day) = match (day < last, month < 12) {
                (true, _) => (year, month, day + 1),
                (false, true) => (year, month + 1, 1),
                (false, false) => (year + 1, 1, 1),
            };
            assert_eq!(date(days), (year, month, day));
        }
    }
}
