//! `clinic-upstream`: the clinic as a program of its own. Never shipped.

use airlock_tests::clinic::{Command, Options, USAGE, serve};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    match run(&mut io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // Nobody is left to be told if this fails.
            let _ = writeln!(io::stderr(), "clinic-upstream: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(out: &mut dyn Write) -> Result<(), String> {
    match Command::parse(std::env::args().skip(1))? {
        Command::Help => out.write_all(USAGE.as_bytes()).map_err(|error| error.to_string()),
        Command::Serve { mut options, api_key_file, port_file } => {
            options.api_key = key(&api_key_file)?;
            serve_until_told(options, port_file.as_deref(), out)
        }
    }
}

/// The key, without the line end that editors add.
fn key(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let key = text.trim_end_matches(['\r', '\n']);
    if key.is_empty() || key.contains(char::is_control) {
        return Err(format!("{}: must hold the key as one line", path.display()));
    }
    Ok(key.to_owned())
}

fn serve_until_told(options: Options, port_file: Option<&Path>, out: &mut dyn Write) -> Result<(), String> {
    let listen = options.listen;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        // Signals are caught before anyone learns that we are there.
        let watch = |kind| signal(kind).map_err(|error| error.to_string());
        let (mut terminate, mut interrupt) = (watch(SignalKind::terminate())?, watch(SignalKind::interrupt())?);
        let running = serve(options).map_err(|error| format!("cannot listen on {listen}: {error}"))?;
        let origin = running.origin();
        if let Some(path) = port_file {
            write_whole(path, &origin).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        writeln!(out, "listening on {origin}").and_then(|()| out.flush()).map_err(|error| error.to_string())?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        running.stop();
        Ok(())
    })
}

/// Readers wait for the file: they must never see half of it.
fn write_whole(path: &Path, origin: &str) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    std::fs::write(&name, format!("{origin}\n"))?;
    std::fs::rename(&name, path)
}
