//! The three formats that are enforced. All are ASCII, so bytes are compared.

/// `date`: `YYYY-MM-DD` (RFC 3339, section 5.6, full-date), and the day exists.
pub(super) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    let (Some(year), Some(month), Some(day)) = (number(&bytes[..4]), number(&bytes[5..7]), number(&bytes[8..])) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// `date-time` (RFC 3339, section 5.6): a date, `T`, a time, and `Z` or an offset. A leap second is a second.
pub(super) fn is_date_time(text: &str) -> bool {
    let (Some(date), Some(rest)) = (text.get(..10), text.get(10..)) else { return false };
    let Some(time) = rest.strip_prefix(['T', 't']) else { return false };
    let bytes = time.as_bytes();
    if bytes.len() < 9 || bytes[2] != b':' || bytes[5] != b':' {
        return false;
    }
    let clock = [(&bytes[..2], 23), (&bytes[3..5], 59), (&bytes[6..8], 60)];
    if !is_date(date) || !clock.iter().all(|(digits, max)| number(digits).is_some_and(|value| value <= *max)) {
        return false;
    }
    let mut rest = &bytes[8..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return false;
        }
        rest = &fraction[digits..];
    }
    match rest {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', hours @ .., b':', m1, m2] if hours.len() == 2 => {
            number(hours).is_some_and(|value| value <= 23) && number(&[*m1, *m2]).is_some_and(|value| value <= 59)
        }
        _ => false,
    }
}

/// `uuid` (RFC 9562, section 4): 8-4-4-4-12 hexadecimal digits.
pub(super) fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.len() == 5
        && groups
            .iter()
            .zip([8, 4, 4, 4, 12])
            .all(|(group, length)| group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::{is_date, is_date_time, is_uuid};

    #[test]
    fn dates_exist() {
        for good in ["2024-02-29", "2000-02-29", "2026-12-31"] {
            assert!(is_date(good), "{good}");
        }
        for bad in ["2023-02-29", "1900-02-29", "2026-13-01", "2026-04-31", "2026-4-1", "2026-00-10", "2026-01-00", ""]
        {
            assert!(!is_date(bad), "{bad}");
        }
    }

    #[test]
    fn times_have_an_offset() {
        for good in ["2026-07-28T10:00:00Z", "2026-07-28t10:00:60.123456789+02:00", "2026-07-28T23:59:59-00:00"] {
            assert!(is_date_time(good), "{good}");
        }
        let bad = [
            "2026-07-28T10:00:00",
            "2026-07-28 10:00:00Z",
            "2026-07-28T24:00:00Z",
            "2026-07-28T10:00:00.Z",
            "2026-07-28T10:00:00+2:00",
            "2026-07-28T10:00:00+02:0ä",
            "2026-07-2äT10:00:00Z",
            "2026-07-28",
        ];
        for bad in bad {
            assert!(!is_date_time(bad), "{bad}");
        }
    }

    #[test]
    fn uuids_have_five_groups() {
        assert!(is_uuid("123e4567-e89b-12d3-A456-426614174000"));
        for bad in ["123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400g", ""] {
            assert!(!is_uuid(bad), "{bad}");
        }
    }
}
