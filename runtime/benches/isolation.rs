//! What isolation costs: a connection that the connector opens beside one that this process opens, and the embedded model with
//! and without the layers.
//!
//!     AIRLOCK_MODEL=FILE.gguf cargo bench -p airlock-runtime --bench isolation
//!
//! What is compared takes turns. The model runs in a process for each round, since layers are put on for good; its words have to
//! be the same.

use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use airlock_runtime::isolation::connector::{Connector, ROLE, serve};
use airlock_runtime::site::Pin;

/// Connections in one round.
const CONNECTIONS: usize = 200;
const ROUNDS: usize = 7;
/// Connections that wait to be accepted, at most: those of all rounds.
const QUEUE: u32 = 4096;

fn main() -> io::Result<()> {
    match std::env::args().nth(1).as_deref() {
        // This very program is the connector, as the host is.
        Some(ROLE) => serve(&io::stdin().as_fd().try_clone_to_owned()?).map_err(io::Error::other),
        #[cfg(feature = "llama")]
        Some(way @ ("free" | "confined")) => model::write(way == "confined"),
        _ => {
            connections()?;
            #[cfg(feature = "llama")]
            model::compare()?;
            Ok(())
        }
    }
}

fn connections() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Nobody accepts, so that neither way waits for it: the queue holds all of them.
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind("127.0.0.1:0".parse().map_err(io::Error::other)?)?;
        let listener = socket.listen(QUEUE)?;
        let address = listener.local_addr()?;
        let connector = Connector::start(&std::env::current_exe()?, vec![Pin::Tcp(address)])?;
        connector.ready()?;
        let (mut direct, mut through) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            for _ in 0..CONNECTIONS {
                drop(tokio::net::TcpStream::connect(address).await?);
            }
            direct.push(begun.elapsed());
            through.push(round(&connector, address).await?);
        }
        drop(listener);
        let (direct, through) = (median(direct), median(through));
        let mut out = io::stdout().lock();
        writeln!(out, "| a connection over loopback | microseconds | to a direct one |\n|---|---|---|")?;
        let each = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(u32::try_from(CONNECTIONS).expect("a few"));
        writeln!(out, "| opened by this process | {:.1} | 1 |", each(direct))?;
        writeln!(out, "| by the connector | {:.1} | {:.2} |", each(through), each(through) / each(direct))
    })
}

async fn round(connector: &Arc<Connector>, address: std::net::SocketAddr) -> io::Result<Duration> {
    let begun = Instant::now();
    for _ in 0..CONNECTIONS {
        let stream = std::net::TcpStream::from(connector.connect(&Pin::Tcp(address)).await?);
        drop(tokio::net::TcpStream::from_std(stream)?);
    }
    Ok(begun.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[cfg(feature = "llama")]
mod model {
    use std::io::{self, Write as _};
    use std::path::PathBuf;
    use std::process::Command;

    use airlock_runtime::isolation::{Confinement, Layer, confine};
    use airlock_runtime::model::agent::RULES;
    use airlock_runtime::model::llama::{Llama, Settings, quiet_crashes};
    use airlock_runtime::model::{Flow, Message, Model as _, Piece, Prompt, Want};
    use rustix::time::{ClockId, clock_gettime};

    /// Tokens that are written in a round.
    const WRITTEN: usize = 96;
    const ROUNDS: usize = 5;

    fn file() -> PathBuf {
        PathBuf::from(std::env::var_os("AIRLOCK_MODEL").expect("AIRLOCK_MODEL names a model"))
    }

    /// One round in a process of its own: the CPU time from loading to the last word, and the words.
    pub(super) fn write(confined: bool) -> io::Result<()> {
        quiet_crashes();
        let file = file();
        if confined {
            let read = vec![file.clone(), PathBuf::from("/proc/meminfo")];
            let level = confine(&Confinement { read, ..Confinement::default() }, &[Layer::FdsClosed])
                .map_err(io::Error::other)?;
            if !level.has(Layer::SeccompTight) || !level.has(Layer::Landlock) {
                return Err(io::Error::other(format!("this machine has no more than {level}")));
            }
        }
        let settings = Settings { threads: Some(1), context_tokens: 1024, ..Settings::of(file) };
        let mut model = Llama::load(&settings, &mut |_| true).expect("it loads");
        let talk = "Tell a long story of an old lighthouse, its keeper, and the ships in the night. Tell of each ship.";
        let messages = vec![Message::System(RULES.to_owned()), Message::User(talk.to_owned())];
        let prompt = Prompt { offer: None, calls: None, messages, is_shared: true };
        let mut words = String::new();
        let turn = model.turn(&prompt, Want::Text, WRITTEN, &mut |piece| {
            if let Piece::Text(text) = piece {
                words.push_str(text);
            }
            Flow::Continue
        });
        let written = turn.expect("it runs").usage.written_tokens;
        let time = clock_gettime(ClockId::ProcessCPUTime);
        writeln!(io::stdout(), "{} {} {written} {words:?}", time.tv_sec, time.tv_nsec)
    }

    pub(super) fn compare() -> io::Result<()> {
        let mut seconds = [Vec::new(), Vec::new()];
        let mut words: Option<String> = None;
        for _ in 0..ROUNDS {
            for (way, seconds) in ["free", "confined"].into_iter().zip(&mut seconds) {
                let output = Command::new(std::env::current_exe()?).arg(way).output()?;
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                let mut parts = text.splitn(3, ' ');
                let mut number = || parts.next().and_then(|part| part.parse::<f64>().ok());
                let (whole, nanoseconds) = (number().expect("seconds"), number().expect("nanoseconds"));
                seconds.push(whole + nanoseconds * 1e-9);
                let said = parts.next().expect("words").to_owned();
                if *words.get_or_insert_with(|| said.clone()) != said {
                    return Err(io::Error::other(format!("other words than before: {said}")));
                }
            }
        }
        let [free, confined] = seconds.map(|mut one| {
            one.sort_by(f64::total_cmp);
            one[ROUNDS / 2]
        });
        let mut out = io::stdout().lock();
        writeln!(
            out,
            "\n| {WRITTEN} tokens, the same words each time | CPU seconds, loading included | to a free one |\n|---|---|---|"
        )?;
        writeln!(out, "| a free process | {free:.2} | 1 |\n| a confined one | {confined:.2} | {:.3} |", confined / free)
    }
}
