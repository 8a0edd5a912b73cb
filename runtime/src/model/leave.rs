//! Threads that nobody waits for any more.
//!
//! llama.cpp does not stop in the middle of its work, and neither does a chat template. Who gives one of them up says so here,
//! and the program ends without tearing down what that thread works with.

use std::sync::atomic::{AtomicBool, Ordering};

static LEFT_BEHIND: AtomicBool = AtomicBool::new(false);

/// A thread is left at its work.
pub(super) fn leave_behind() {
    LEFT_BEHIND.store(true, Ordering::Relaxed);
}

/// Whether a thread was left at its work.
pub fn is_left_behind() -> bool {
    LEFT_BEHIND.load(Ordering::Relaxed)
}

/// Ends the process without running what is registered for its end, such as llama.cpp's own.
#[expect(unsafe_code, reason = "the standard library has no way to end without running exit handlers")]
pub fn leave_at_once(code: u8) -> ! {
    unsafe extern "C" {
        fn _exit(code: i32) -> !;
    }
    // SAFETY: `_exit` of POSIX takes any number and does not come back.
    unsafe { _exit(i32::from(code)) }
}
