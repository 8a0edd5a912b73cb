//! When a request is sent once more.
//!
//! Only where a second one does no more than the first (RFC 9110, section 9.2.2; or the reviewed effect is `read`), and only
//! after what passes by itself: no connection, too many requests, a system that is overloaded or restarts.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use airlock_contract::{Effect, Method, Tool};
use tokio::time::Instant;

use crate::upstream::Exchange;

/// Requests of one call in all.
const ATTEMPTS_MAX: u32 = 3;

/// Before the second request; twice as long before the third.
const WAIT_FIRST: Duration = Duration::from_millis(200);

/// An upstream that asks for more is not waited for: the caller may have something better to do.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// What a request came to, where another one may come to something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setback {
    /// There was no connection.
    Unreached,
    /// It was answered with this status, and perhaps with the time to wait.
    Status(u16, Option<Duration>),
}

/// How long to wait before the next request; none if there shall be none.
pub(super) fn wait(tool: &Tool, attempts: u32, setback: Setback, deadline: Instant) -> Option<Duration> {
    let repeatable = tool.effect == Effect::Read || matches!(tool.request.method, Method::Put | Method::Delete);
    let (passes, asked) = match setback {
        Setback::Unreached => (true, None),
        Setback::Status(status, asked) => (matches!(status, 429 | 502 | 503 | 504), asked),
    };
    if !(repeatable && passes && attempts < ATTEMPTS_MAX) {
        return None;
    }
    let wait = asked.unwrap_or_else(|| jittered(WAIT_FIRST * 2_u32.pow(attempts.saturating_sub(1))));
    (wait <= WAIT_MAX && Instant::now() + wait < deadline).then_some(wait)
}

/// Between this and half as much again: clients that failed together shall not come back together.
fn jittered(wait: Duration) -> Duration {
    // The keys of a hasher are the standard library's random numbers.
    let random = RandomState::new().hash_one(0_u8) % 512;
    wait + wait * u32::try_from(random).unwrap_or_default() / 1024
}

/// How long an answer asks to wait: the seconds of `Retry-After`, or the time from `Date` to its date, since both are of one
/// clock (RFC 9110, section 10.2.3). None if it does not say, or says it otherwise.
pub(super) fn asked(exchange: &Exchange<'_>) -> Option<Duration> {
    until(&exchange.retry_after()?, exchange.date().as_deref())
}

fn until(retry_after: &str, date: Option<&str>) -> Option<Duration> {
    let text = retry_after.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let (then, now) = (httpdate::parse_http_date(text).ok()?, httpdate::parse_http_date(date?).ok()?);
    Some(then.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{jittered, until};

    #[test]
    fn seconds_are_read_and_dates_by_the_clock_that_they_are_of() {
        assert_eq!(until(" 7 ", None), Some(Duration::from_secs(7)));
        assert_eq!(until("99999999999999999999999", None), Some(Duration::from_secs(u64::MAX)));
        let date = "Fri, 31 Dec 1999 23:59:59 GMT";
        assert_eq!(until(date, Some("Fri, 31 Dec 1999 23:59:50 GMT")), Some(Duration::from_secs(9)));
        assert_eq!(until(date, Some("Sat, 01 Jan 2000 00:00:00 GMT")), Some(Duration::ZERO), "it is past");
        for (text, now) in
            [("", None), ("-1", None), ("1.5", None), (date, None), (date, Some("now")), ("soon", Some(date))]
        {
            assert_eq!(until(text, now), None, "{text:?} {now:?}");
        }
    }

    #[test]
    fn waits_differ_and_stay_near_what_is_meant() {
        let waits: Vec<Duration> = (0..50).map(|_| jittered(Duration::from_millis(200))).collect();
        let near = |wait: &Duration| (200..=300).contains(&wait.as_millis());
        assert!(waits.iter().all(near) && waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
    }
}
