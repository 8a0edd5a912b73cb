//! When a request is sent once more.
//!
//! Only where a second one does no more than the first (RFC 9110, section 9.2.2; or the reviewed effect is `read`), and only
//! after what passes by itself: no connection, too many requests, a system that is overloaded or restarts.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use airlock_contract::{Effect, Method, Tool};
use tokio::time::Instant;

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

/// The seconds of `Retry-After` (RFC 9110, section 10.2.3). A date would be another clock's, and is not read.
pub(super) fn asked(retry_after: Option<&str>) -> Option<Duration> {
    let seconds = retry_after?.trim();
    let digits = !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(seconds.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{asked, jittered};

    #[test]
    fn seconds_are_read_and_dates_are_not() {
        assert_eq!(asked(Some(" 7 ")), Some(Duration::from_secs(7)));
        assert_eq!(asked(Some("99999999999999999999999")), Some(Duration::from_secs(u64::MAX)));
        for none in [None, Some(""), Some("-1"), Some("1.5"), Some("Fri, 31 Dec 1999 23:59:59 GMT")] {
            assert_eq!(asked(none), None, "{none:?}");
        }
    }

    #[test]
    fn waits_differ_and_stay_near_what_is_meant() {
        let waits: Vec<Duration> = (0..50).map(|_| jittered(Duration::from_millis(200))).collect();
        let near = |wait: &Duration| (200..=300).contains(&wait.as_millis());
        assert!(waits.iter().all(near) && waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
    }
}
