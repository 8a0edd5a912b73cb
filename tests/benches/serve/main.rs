//! Servers of tools over standard input and output, beside each other: ours, a hand-written floor, and peers that are given.
//!
//!     cargo bench -p airlock-tests --bench serve                        # ours and the floor
//!     bash tests/benches/peers_serve.sh                                 # installs the peers, and measures all in one run
//!
//! The document is that of GitHub, whole (767 operations) and cut down to thirty; the upstream is in this process and answers
//! at once. Rounds of all servers take turns; of every figure the least is taken, of throughput the most. `--peer NAME=COMMAND`
//! adds a peer, in whose command `{document}`, `{tools}` and `{upstream}` are filled in; `--document 30` prints the document that
//! was cut down, and nothing else.

mod server;
mod set_up;
mod upstream;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use server::{Command, Running};

const ROUNDS: usize = 5;
/// Calls one after another, in a round.
const CALLS: usize = 300;
/// Calls with so many open at once, in a round.
const PIPELINED: usize = 2000;
const CALLERS: usize = 64;

/// The best of the rounds.
#[derive(Clone, Copy)]
struct Figures {
    /// From spawning to the first list.
    start: Duration,
    /// CPU time until then.
    start_cpu: Duration,
    /// The median of a call.
    call: Duration,
    /// CPU time of a call.
    call_cpu: Duration,
    /// Calls a second.
    throughput: f64,
    /// The most memory that was held up to the end, in bytes.
    memory: u64,
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = io::stdout().lock();
    if arguments.iter().any(|argument| argument == "--document") {
        return writeln!(out, "{}", set_up::document(set_up::FEW));
    }
    let upstream = upstream::serve(&set_up::body())?;
    writeln!(
        out,
        "| tools | server | to the first list | CPU of it | added a call | CPU a call | calls/s, {CALLERS} open | memory |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|")?;
    for tools in [set_up::FEW, set_up::ALL] {
        let commands = set_up::commands(tools, upstream, &arguments);
        let mut best: BTreeMap<usize, Figures> = BTreeMap::new();
        let mut own = Duration::MAX;
        for _ in 0..ROUNDS {
            own = own.min(upstream::own_time(upstream, CALLS)?);
            for (position, command) in commands.iter().enumerate() {
                // A peer that cannot read the document says nothing, and is left out.
                let figures = match round(command, tools) {
                    Err(_) if position > 1 => continue,
                    figures => figures?,
                };
                best.entry(position).and_modify(|kept| *kept = kept.best(figures)).or_insert(figures);
            }
        }
        for (position, figures) in &best {
            figures.row(tools, &commands[*position].name, own, &mut out)?;
        }
    }
    Ok(())
}

/// One life of one server.
fn round(command: &Command, tools: usize) -> io::Result<Figures> {
    let began = Instant::now();
    let mut server = Running::spawn(command)?;
    server.open()?;
    let (start, start_cpu) = (began.elapsed(), server.cpu()?);
    let tool = server.tool(tools)?;
    // Connections, caches and compilers of the other side get warm.
    for _ in 0..20 {
        server.call(&tool)?;
    }
    let before = server.cpu()?;
    let mut taken: Vec<Duration> = Vec::new();
    for _ in 0..CALLS {
        let began = Instant::now();
        server.call(&tool)?;
        taken.push(began.elapsed());
    }
    taken.sort_unstable();
    let calls = u32::try_from(CALLS).map_err(io::Error::other)?;
    let call_cpu = server.cpu()?.saturating_sub(before) / calls;
    let began = Instant::now();
    server.pipeline(&tool, PIPELINED, CALLERS)?;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let throughput = PIPELINED as f64 / began.elapsed().as_secs_f64();
    let memory = server.memory()?;
    Ok(Figures { start, start_cpu, call: taken[CALLS / 2], call_cpu, throughput, memory })
}

impl Figures {
    fn best(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            start_cpu: self.start_cpu.min(other.start_cpu),
            call: self.call.min(other.call),
            call_cpu: self.call_cpu.min(other.call_cpu),
            throughput: self.throughput.max(other.throughput),
            memory: self.memory.min(other.memory),
        }
    }

    /// `own` is what the upstream takes by itself.
    fn row(&self, tools: usize, name: &str, own: Duration, out: &mut impl io::Write) -> io::Result<()> {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
        writeln!(
            out,
            "| {tools} | {name} | {:.1} ms | {:.1} ms | {:.0} us | {:.0} us | {:.0} | {:.1} MiB |",
            milliseconds(self.start),
            milliseconds(self.start_cpu),
            microseconds(self.call.saturating_sub(own)),
            microseconds(self.call_cpu),
            self.throughput,
            to_mebibytes(self.memory),
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn to_mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
