//! Counts of calls, as text that Prometheus reads (text format 0.0.4).
//!
//! What comes in: what an open call knows of itself when it leaves its audit record, so that each call is counted once and
//! as it was recorded. What goes out: [`Page`]. Labels are names that were compiled in and words of this program; a caller's
//! words are never among them.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the classes that durations of calls are counted in, in seconds; longer ones are in none of them.
const BOUNDS_SECONDS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The verdict of calls that were answered; all others are kinds of refusal, or `cancelled`.
const ANSWERED: &str = "answered";

/// How often something is the case right now.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicU64);

impl Gauge {
    /// One more, until the value is dropped.
    pub(crate) fn enter(&self) -> Present<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Present(self)
    }

    /// How many there are.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One of those that a [`Gauge`] counts.
#[derive(Debug)]
pub(crate) struct Present<'a>(&'a Gauge);

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What is known of a call when it ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    /// The word in the audit record.
    pub(crate) verdict: &'static str,
    /// From arrival to here.
    pub(crate) duration: Duration,
    /// Requests that were sent.
    pub(crate) attempts: u32,
    /// Those of them that were sent because the one before came to nothing.
    pub(crate) retries: u32,
    /// Bytes of the upstream's body that were read.
    pub(crate) upstream_bytes: u64,
    /// Bytes of the pruned answer.
    pub(crate) answer_bytes: u64,
}

/// The calls of one tool so far.
#[derive(Debug, Default)]
pub(crate) struct Calls(Mutex<Sums>);

#[derive(Clone, Debug, Default)]
struct Sums {
    verdicts: BTreeMap<&'static str, u64>,
    /// Calls by the first class that they fit into.
    classes: [u64; BOUNDS_SECONDS.len()],
    count: u64,
    duration: Duration,
    requests: u64,
    retries: u64,
    /// Of calls that were answered, before and after pruning.
    bytes_before: u64,
    bytes_after: u64,
    /// Of calls that were not: read, and withheld as a whole.
    bytes_withheld: u64,
}

impl Calls {
    /// Counts a call that has ended.
    pub(crate) fn count(&self, ended: Ended) {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *sums.verdicts.entry(ended.verdict).or_default() += 1;
        let seconds = ended.duration.as_secs_f64();
        if let Some(class) = BOUNDS_SECONDS.iter().position(|bound| seconds <= *bound) {
            sums.classes[class] += 1;
        }
        sums.count += 1;
        sums.duration += ended.duration;
        sums.requests += u64::from(ended.attempts);
        sums.retries += u64::from(ended.retries);
        if ended.verdict == ANSWERED {
            sums.bytes_before += ended.upstream_bytes;
            sums.bytes_after += ended.answer_bytes;
        } else {
            sums.bytes_withheld += ended.upstream_bytes;
        }
    }

    fn sums(&self) -> Sums {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A page of measurements, as it is written.
#[derive(Debug, Default)]
pub(crate) struct Page(String);

impl Page {
    /// Begins a family: its samples follow.
    pub(crate) fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One sample. No label holds a quote, a backslash or a line's end: all are names of this program.
    pub(crate) fn sample(&mut self, name: &str, labels: &[(&str, &dyn Display)], value: impl Display) {
        self.0.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{label}=\"{text}\"", if index == 0 { '{' } else { ',' });
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    /// A family of one sample.
    pub(crate) fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    /// The families of calls. A tool that was not called yet has no samples.
    pub(crate) fn calls<'a>(&mut self, tools: impl Iterator<Item = (&'a str, &'a Calls)>) {
        let called: Vec<(&str, Sums)> =
            tools.map(|(tool, calls)| (tool, calls.sums())).filter(|(_, sums)| sums.count > 0).collect();
        self.family(
            "airlock_calls_total",
            "counter",
            "Calls by tool and verdict: answered, cancelled or the kind of refusal.",
        );
        for (tool, sums) in &called {
            for (verdict, count) in &sums.verdicts {
                self.sample("airlock_calls_total", &[("tool", tool), ("verdict", verdict)], count);
            }
        }
        self.durations(&called);
        let mut of_tools = |name: &str, help: &str, value: fn(&Sums) -> u64| {
            self.family(name, "counter", help);
            for (tool, sums) in &called {
                self.sample(name, &[("tool", tool)], value(sums));
            }
        };
        of_tools("airlock_upstream_requests_total", "Requests to upstreams.", |sums| sums.requests);
        let help = "Requests to upstreams that were sent because the one before came to nothing.";
        of_tools("airlock_upstream_retries_total", help, |sums| sums.retries);
        of_tools(
            "airlock_answer_bytes_before_total",
            "Bytes of upstreams' answers that were passed on, before pruning.",
            |sums| sums.bytes_before,
        );
        of_tools("airlock_answer_bytes_after_total", "Bytes of the same answers after pruning.", |sums| {
            sums.bytes_after
        });
        of_tools(
            "airlock_withheld_bytes_total",
            "Bytes read from upstreams in calls that were not answered.",
            |sums| sums.bytes_withheld,
        );
        let total = |value: fn(&Sums) -> u64| called.iter().map(|(_, sums)| value(sums)).sum::<u64>();
        let (before, after) = (total(|sums| sums.bytes_before), total(|sums| sums.bytes_after));
        let help = "1 - bytes after / bytes before pruning, of all answers so far; 0 before the first.";
        self.single("airlock_pruned_ratio", "gauge", help, share_dropped(before, after));
    }

    fn durations(&mut self, called: &[(&str, Sums)]) {
        const NAME: &str = "airlock_call_duration_seconds";
        self.family(NAME, "histogram", "From a call's arrival to its answer, waiting included.");
        for (tool, sums) in called {
            let mut count = 0;
            for (bound, calls) in BOUNDS_SECONDS.iter().zip(sums.classes) {
                count += calls;
                self.sample(&format!("{NAME}_bucket"), &[("tool", tool), ("le", bound)], count);
            }
            self.sample(&format!("{NAME}_bucket"), &[("tool", tool), ("le", &"+Inf")], sums.count);
            self.sample(&format!("{NAME}_sum"), &[("tool", tool)], sums.duration.as_secs_f64());
            self.sample(&format!("{NAME}_count"), &[("tool", tool)], sums.count);
        }
    }

    /// The whole text.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// Below 0 where pruning adds bytes, as for an answer without a body.
#[expect(clippy::cast_precision_loss, reason = "a ratio needs no more than a double holds")]
fn share_dropped(before: u64, after: u64) -> f64 {
    if before == 0 { 0.0 } else { 1.0 - after as f64 / before as f64 }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Calls, Ended, Gauge, Page, share_dropped};

    fn ended(verdict: &'static str, millis: u64, retries: u32) -> Ended {
        let duration = Duration::from_millis(millis);
        Ended { verdict, duration, attempts: 1 + retries, retries, upstream_bytes: 1000, answer_bytes: 100 }
    }

    #[test]
    fn calls_are_counted_by_verdict_class_and_bytes() {
        let (calls, unused) = (Calls::default(), Calls::default());
        for ended in [ended("answered", 5, 0), ended("answered", 6, 2), ended("upstream", 31_000, 0)] {
            calls.count(ended);
        }
        let mut page = Page::default();
        page.calls([("find", &calls), ("unused", &unused)].into_iter());
        let text = page.into_text();
        for line in [
            "airlock_calls_total{tool=\"find\",verdict=\"answered\"} 2",
            "airlock_calls_total{tool=\"find\",verdict=\"upstream\"} 1",
            "airlock_call_duration_seconds_bucket{tool=\"find\",le=\"0.005\"} 1",
            "airlock_call_duration_seconds_bucket{tool=\"find\",le=\"0.01\"} 2",
            "airlock_call_duration_seconds_bucket{tool=\"find\",le=\"30\"} 2",
            "airlock_call_duration_seconds_bucket{tool=\"find\",le=\"+Inf\"} 3",
            "airlock_call_duration_seconds_sum{tool=\"find\"} 31.011",
            "airlock_call_duration_seconds_count{tool=\"find\"} 3",
            "airlock_upstream_requests_total{tool=\"find\"} 5",
            "airlock_upstream_retries_total{tool=\"find\"} 2",
            "airlock_answer_bytes_before_total{tool=\"find\"} 2000",
            "airlock_answer_bytes_after_total{tool=\"find\"} 200",
            "airlock_withheld_bytes_total{tool=\"find\"} 1000",
            "airlock_pruned_ratio 0.9",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}\n{text}");
        }
        assert!(!text.contains("unused"), "{text}");
    }

    #[test]
    fn a_gauge_goes_down_when_what_it_counts_is_gone() {
        let gauge = Gauge::default();
        let (one, two) = (gauge.enter(), gauge.enter());
        assert_eq!(gauge.get(), 2);
        drop(one);
        assert_eq!(gauge.get(), 1);
        drop(two);
        assert_eq!(gauge.get(), 0);
    }

    #[test]
    fn nothing_read_is_nothing_dropped() {
        let close = |left: f64, right: f64| (left - right).abs() < 1e-9;
        assert!(
            close(share_dropped(0, 4), 0.0) && close(share_dropped(100, 25), 0.75) && close(share_dropped(2, 4), -1.0)
        );
    }
}
