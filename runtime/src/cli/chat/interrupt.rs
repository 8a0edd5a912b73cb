//! Ctrl-C, counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// How often Ctrl-C was pressed since the last question.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Interrupts {
    count: Arc<AtomicUsize>,
}

impl Interrupts {
    /// Counts from now on, in a thread of its own: the main thread waits for the model or for a line. From here on
    /// Ctrl-C ends nothing by itself.
    pub(in crate::cli) fn watch() -> std::io::Result<Self> {
        let interrupts = Self::default();
        let counted = interrupts.clone();
        let (ready, started) = mpsc::channel();
        std::thread::Builder::new().name("interrupts".to_owned()).spawn(move || {
            let runtime = match crate::cli::runtime() {
                Ok(runtime) => runtime,
                Err(fault) => return drop(ready.send(Err(fault))),
            };
            runtime.block_on(async {
                let mut signals = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()) {
                    Ok(signals) => signals,
                    Err(fault) => return drop(ready.send(Err(fault))),
                };
                let _ = ready.send(Ok(()));
                while signals.recv().await.is_some() {
                    counted.count.fetch_add(1, Ordering::Relaxed);
                }
            });
        })?;
        started.recv().unwrap_or_else(|_| Err(std::io::Error::other("the watching thread has ended")))?;
        Ok(interrupts)
    }

    pub(in crate::cli) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    pub(in crate::cli) fn any(&self) -> bool {
        self.count() > 0
    }

    pub(in crate::cli) fn reset(&self) {
        self.count.store(0, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(in crate::cli) fn press(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }
}
