//! A process of the same user that attempts are made on. Each of them gets a new one.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::role;
use super::scene::CANARY;

/// Lines of /proc/PID/status that attempts change (proc_pid_status(5)).
const STATUS: [&str; 4] = ["SigPnd:", "ShdPnd:", "Cpus_allowed:", "CapEff:"];

/// The running process.
#[derive(Debug)]
pub(super) struct Victim {
    child: Child,
    /// Where its canary stands in its memory.
    pub(super) canary: u64,
    before: String,
}

impl Victim {
    /// Starts it, and waits until it says where its canary is.
    pub(super) fn start(program: &Path) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.arg(role::VICTIM).env_clear().env("AIRLOCK_CANARY", String::from_utf8_lossy(CANARY).as_ref());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        if let Some(told) = child.stdout.take() {
            BufReader::new(told).read_line(&mut line)?;
        }
        let canary = line.trim().parse().map_err(|_| io::Error::other("the victim did not start"))?;
        let mut victim = Self { child, canary, before: String::new() };
        victim.before = victim.state();
        Ok(victim)
    }

    /// Its number.
    pub(super) fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap_or_default()
    }

    /// Whether something is not as it was when it started.
    pub(super) fn is_changed(&self) -> bool {
        self.state() != self.before
    }

    /// Its signals, processors, limits, priority and canary, as the kernel tells them.
    fn state(&self) -> String {
        let read = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", self.pid())).unwrap_or_default();
        let status = read("status");
        let mut state: Vec<&str> =
            status.lines().filter(|line| STATUS.iter().any(|name| line.starts_with(name))).collect();
        let limits = read("limits");
        state.extend(limits.lines());
        // Behind the name in brackets, from the field 3 on (proc_pid_stat(5)): priority, nice, policy.
        let stat = read("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        state.extend([15, 16, 38].iter().filter_map(|field| fields.get(*field)));
        let mut canary = [0; CANARY.len()];
        let memory = File::open(format!("/proc/{}/mem", self.pid()));
        // Where this process may not look, neither may an attempt.
        let _ = memory.and_then(|memory| memory.read_exact_at(&mut canary, self.canary));
        format!("{state:?} {canary:?}")
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // It may have ended by what was done to it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
