//! Putting the layers on, one after the other, and finding out that they hold.

use std::fs::{self, File};
use std::net::{Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use seccompiler::BpfProgram;

use super::{Confinement, Layer, Level, Shortfall, files, filter, raw};

/// Whether what was left open was closed, once this process has tried.
static CLOSED: OnceLock<Result<(), String>> = OnceLock::new();

/// Closes what somebody left open. The first thing that a program does: it must have opened nothing yet.
pub fn start() {
    // A kernel older than Linux 5.9 cannot; the level says so.
    let _ = CLOSED.set(raw::close_inherited().map_err(|fault| fault.to_string()));
}

/// Layers under which the driver of a GPU cannot open its device, or run what it has compiled.
const HINDERS_GPU: [Layer; 3] = [Layer::Mdwe, Layer::Landlock, Layer::SeccompTight];

/// Confines this very process, for good. It must have one thread only, and everything open that it needs. `without` leaves
/// layers out, to find out what each of them is good for.
///
/// # Errors
/// A layer could be put on in part only, or does not hold. A layer that this kernel has not is told in the level.
pub fn confine(confinement: &Confinement, without: &[Layer]) -> Result<Level, Shortfall> {
    check_alone()?;
    let mut level = Level::default();
    let hinders_gpu: &[Layer] = if confinement.drives_gpu { &HINDERS_GPU } else { &[] };
    for layer in hinders_gpu {
        level
            .missing
            .push((*layer, "the driver of a GPU does not work under it; `--gpu-layers 0` does without".to_owned()));
    }
    let wanted = |layer| !without.contains(&layer) && !hinders_gpu.contains(&layer);
    if wanted(Layer::FdsClosed) {
        let closed = CLOSED.get().cloned().unwrap_or_else(|| Err("the program did not begin with it".to_owned()));
        note(&mut level, Layer::FdsClosed, closed.map(|()| None));
    }
    if wanted(Layer::NoNewPrivs) {
        note(&mut level, Layer::NoNewPrivs, rustix::thread::set_no_new_privs(true).map(|()| None));
    }
    if wanted(Layer::Mdwe) {
        note(&mut level, Layer::Mdwe, raw::refuse_executable_memory().map(|()| None));
    }
    if wanted(Layer::Landlock) {
        note(&mut level, Layer::Landlock, files::confine(confinement).map(Some));
    }
    if wanted(Layer::SeccompTight) {
        let pid = rustix::process::getpid().as_raw_nonzero().get();
        let applied = filter::without_clone3()
            .and_then(|first| Ok((first, filter::worker(confinement, pid)?)))
            .and_then(|(first, second)| apply(&first).and_then(|()| apply(&second)));
        note(&mut level, Layer::SeccompTight, applied.map(|()| None));
    }
    check(&level, confinement)?;
    Ok(level)
}

/// The connector's own layers: it opens no file, starts nothing, and connects to these ports.
pub(super) fn confine_connector(ports: &[u16]) -> Level {
    let mut level = Level::default();
    note(&mut level, Layer::NoNewPrivs, rustix::thread::set_no_new_privs(true).map(|()| None));
    note(&mut level, Layer::Mdwe, raw::refuse_executable_memory().map(|()| None));
    note(&mut level, Layer::Landlock, files::confine_to_ports(ports).map(Some));
    let applied = filter::connector().and_then(|program| apply(&program));
    note(&mut level, Layer::SeccompTight, applied.map(|()| None));
    level
}

fn apply(program: &BpfProgram) -> Result<(), String> {
    seccompiler::apply_filter_all_threads(program).map_err(|fault| format!("the kernel refused the filter: {fault}"))
}

fn note(level: &mut Level, layer: Layer, result: Result<Option<u32>, impl ToString>) {
    match result {
        Ok(version) => level.add(layer, version),
        Err(fault) => level.missing.push((layer, fault.to_string())),
    }
}

/// Landlock confines the thread that asks for it, and those that it starts later.
fn check_alone() -> Result<(), Shortfall> {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return Ok(()) };
    match threads.count() {
        1 => Ok(()),
        count => Err(Shortfall(format!(
            "{count} threads run where one was expected, so they cannot be confined; this is a bug"
        ))),
    }
}

/// A layer that says that it is in force is believed when it has refused something.
fn check(level: &Level, confinement: &Confinement) -> Result<(), Shortfall> {
    let mut held: Vec<(&str, bool)> = Vec::new();
    if level.has(Layer::SeccompTight) {
        held.push(("a socket could be made", UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).is_err()));
        held.push(("memory could be made executable", !raw::can_map_executable()));
    }
    if level.has(Layer::SeccompTight) || level.has(Layer::Landlock) {
        held.push(("a program could be started", Command::new("/proc/self/exe").arg("--version").spawn().is_err()));
    }
    let opens_files = !confinement.read.is_empty() || !confinement.write.is_empty();
    if level.has(Layer::Landlock) || (level.has(Layer::SeccompTight) && !opens_files) {
        let roots = confinement.read.iter().chain(&confinement.write);
        let roots: Vec<PathBuf> = roots.filter_map(|root| std::path::absolute(root).ok()).collect();
        let within = |path: &Path| roots.iter().any(|root| path.starts_with(root));
        let outside = ["/etc/passwd", "/proc/self/environ"].map(Path::new);
        let opened = outside.into_iter().any(|path| !within(path) && File::open(path).is_ok());
        held.push(("a file outside could be opened", !opened));
    }
    match held.iter().find(|(_, held)| !held) {
        None => Ok(()),
        Some((what, _)) => {
            Err(Shortfall(format!("the layers {level} are in force, and yet {what}; do not run it here")))
        }
    }
}
