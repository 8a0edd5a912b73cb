//! Waiting for a server, while whoever waits is called every few milliseconds and can give up.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::time::Instant;

use super::super::{Flow, ModelError, Piece};

/// How often a waiting caller gets a [`Piece::Tick`].
const TICK: Duration = Duration::from_millis(20);

/// How long each part of an answer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// Until there is a connection.
    pub connect: Duration,
    /// From the request to the first piece: the server reads the prompt, and on a slow machine that takes minutes.
    pub begin: Duration,
    /// From piece to piece.
    pub next: Duration,
    /// For the counts behind the last piece. Without them an answer is an answer, too.
    pub counts: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            begin: Duration::from_mins(5),
            next: Duration::from_mins(1),
            counts: Duration::from_secs(5),
        }
    }
}

/// Why something was not waited for.
#[derive(Debug)]
pub(super) enum Ended {
    /// [`Flow::Stop`] was given.
    Stopped,
    /// It took too long.
    Late,
    /// It cannot be.
    Fault(ModelError),
}

/// Whoever waits.
pub(super) struct Watch<'a> {
    pub(super) out: &'a mut dyn FnMut(Piece<'_>) -> Flow,
}

impl Watch<'_> {
    /// Waits for so long.
    pub(super) async fn wait<F: Future>(&mut self, work: F, limit: Duration) -> Result<F::Output, Ended> {
        let mut work = pin!(work);
        let end = Instant::now() + limit;
        loop {
            let next = end.min(Instant::now() + TICK);
            if let Ok(done) = tokio::time::timeout_at(next, &mut work).await {
                return Ok(done);
            }
            self.say(Piece::Tick)?;
            if Instant::now() >= end {
                return Err(Ended::Late);
            }
        }
    }

    /// Tells of something.
    pub(super) fn say(&mut self, piece: Piece<'_>) -> Result<(), Ended> {
        match (self.out)(piece) {
            Flow::Continue => Ok(()),
            Flow::Stop => Err(Ended::Stopped),
        }
    }
}
