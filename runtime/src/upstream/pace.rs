//! How many requests an upstream gets at once, and how many in a second. Whoever came first goes first.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::site::UpstreamLimits;

/// The turns of one upstream.
#[derive(Debug)]
pub(super) struct Pace {
    permits: Semaphore,
    /// From the beginning of one request to that of the next.
    gap: Duration,
    /// When the next request may begin.
    next: Mutex<Instant>,
}

impl Pace {
    pub(super) fn new(limits: UpstreamLimits) -> Self {
        let gap = limits.calls_per_second_max.map_or(Duration::ZERO, |calls| Duration::from_secs(1) / calls.max(1));
        let permits = Semaphore::new(limits.calls_at_once_max.unwrap_or(Semaphore::MAX_PERMITS));
        Self { permits, gap, next: Mutex::new(Instant::now()) }
    }

    /// Waits for a turn, which lasts until the value is dropped. Whoever stops waiting takes nobody's turn but may leave a gap.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        let permit = self.permits.acquire().await.ok();
        if !self.gap.is_zero() {
            tokio::time::sleep_until(self.slot()).await;
        }
        permit
    }

    /// When this request may begin.
    fn slot(&self) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = (*next).max(Instant::now());
        *next = slot + self.gap;
        slot
    }
}
