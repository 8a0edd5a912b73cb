//! `airlock-host serve`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Context, ExitCode, ProfileArg, runtime, stopped};
use crate::gate::Approval;
use crate::isolation::Confinement;
use crate::mcp;
#[cfg(feature = "http")]
use crate::mcp::http::{At, Http, Listener, Visitors};
use crate::mcp::socket::Socket;
use crate::site::Site;

/// Arguments of `airlock-host serve`.
#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    profile: ProfileArg,
    /// Tell on standard error which layers of isolation are in force
    #[arg(long)]
    report: bool,
    /// Let clients call tools that write or destroy. Without it a person is asked, where the client can ask one, and else
    /// the call is refused. A call that would send on what was read, above its tool's clearance, is asked about in any case
    #[arg(long)]
    allow_writes: bool,
    /// Offer the tools that read, and no others
    #[arg(long, conflicts_with = "allow_writes")]
    read_only: bool,
    /// Serve clients of this user at a unix socket instead, until a signal ends the program
    #[arg(long, value_name = "FILE")]
    socket: Option<PathBuf>,
    /// Serve clients over HTTP instead, at `/mcp` of an address such as `127.0.0.1:8471` or of `unix:FILE`, until a signal
    /// ends the program. Addresses that other machines can reach stand in the site file
    #[cfg(feature = "http")]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "socket")]
    http: Option<At>,
}

/// What stands below the help of `serve`.
pub(super) const MORE: &str = "\
`airlock-host config --for HOST` prints what makes an MCP host start this, `airlock-host unit` what makes systemd.";

/// Where clients are waited for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Listens<'a> {
    /// At standard input and output.
    Stdio,
    /// At a unix socket.
    Socket(&'a Path),
    /// Over HTTP.
    #[cfg(feature = "http")]
    Http(&'a At),
}

impl ServeArgs {
    /// Where clients are waited for.
    pub(super) fn listens(&self) -> Listens<'_> {
        #[cfg(feature = "http")]
        if let Some(at) = &self.http {
            return Listens::Http(at);
        }
        self.socket.as_deref().map_or(Listens::Stdio, Listens::Socket)
    }

    /// The other options, as they are typed. A profile that is not there is told to `err`.
    pub(super) fn others(&self, context: &mut Context<'_>) -> Result<Vec<String>, ExitCode> {
        let mut words = Vec::new();
        if let Some(profile) = self.profile.find(context)? {
            words.extend(["--profile".to_owned(), profile.name.to_owned()]);
        }
        let flags = [("--allow-writes", self.allow_writes), ("--read-only", self.read_only)];
        words.extend(flags.iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| (*flag).to_owned()));
        Ok(words)
    }

    fn server(&self, context: &mut Context<'_>) -> Result<(mcp::Server, Site), ExitCode> {
        context.tells_level = self.report;
        let (gate, site) = context.open(&self.profile, Some(&[]))?;
        let gate = if self.read_only { gate.read_only() } else { gate };
        gate.check_flows().map_err(|fault| context.fail(ExitCode::Usage, &fault.to_string()))?;
        let approval = if self.allow_writes { Approval::Operator } else { Approval::None };
        let server = mcp::Server::new(Arc::new(gate), approval).and_then(|server| match &site.serve.state_key {
            Some(key) => server.with_state_key(key),
            None => Ok(server),
        });
        match server {
            Ok(server) => Ok((server, site)),
            Err(fault) => Err(context.fail(ExitCode::Failed, &format!("cannot serve: {fault}"))),
        }
    }
}

pub(super) fn run(arguments: &ServeArgs, context: &mut Context<'_>) -> ExitCode {
    #[cfg(feature = "http")]
    if let Some(at) = &arguments.http {
        return over_http(arguments, at, context);
    }
    match &arguments.socket {
        Some(path) => at_socket(arguments, path, context),
        None => at_stdio(arguments, context),
    }
}

fn at_stdio(arguments: &ServeArgs, context: &mut Context<'_>) -> ExitCode {
    // Before anything else can print: standard output belongs to the protocol.
    let stdio = match mcp::stdio::claim() {
        Ok(stdio) => stdio,
        Err(fault) => {
            return context.fail(ExitCode::Failed, &format!("cannot take standard input and output: {fault}"));
        }
    };
    let opened = arguments.server(context).and_then(|(server, site)| {
        context.confine(&Confinement::default(), &site.isolation)?;
        Ok(server)
    });
    let server = match opened {
        Ok(server) => server,
        Err(code) => return code,
    };
    let served = runtime().and_then(|runtime| {
        let served = runtime.block_on(async {
            tokio::select! {
                served = server.serve_stdio(stdio) => served,
                // Calls in flight are dropped with the runtime, and leave their records then.
                stopped = stopped() => stopped,
                gone = server.audit_gone() => gone,
            }
        });
        // A thread that waits for standard input cannot be stopped, so it is left behind.
        runtime.shutdown_background();
        served
    });
    match served {
        Ok(()) => ExitCode::Done,
        Err(fault) => context.fail(ExitCode::Failed, &format!("the connection broke: {fault}")),
    }
}

fn at_socket(arguments: &ServeArgs, path: &Path, context: &mut Context<'_>) -> ExitCode {
    let (server, site) = match arguments.server(context) {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    let shown = path.display();
    let bound = runtime().and_then(|runtime| {
        let socket = runtime.block_on(Socket::bind(path))?;
        Ok((runtime, socket))
    });
    let (runtime, socket) = match bound {
        Ok(bound) => bound,
        Err(fault) => return context.fail(ExitCode::Failed, &format!("cannot listen at {shown}: {fault}")),
    };
    if let Err(code) = context.confine(&Confinement { accepts: true, ..Confinement::default() }, &site.isolation) {
        return code;
    }
    let served = runtime.block_on(async {
        let _ = writeln!(context.err, "listening at {shown}");
        let tell = |text: String| drop(writeln!(context.err, "{text}"));
        tokio::select! {
            served = socket.serve(&server, tell) => served,
            // Calls in flight are dropped, and leave their records then.
            stopped = stopped() => stopped,
            gone = server.audit_gone() => gone,
        }
    });
    match served {
        Ok(()) => ExitCode::Done,
        Err(fault) => context.fail(ExitCode::Failed, &format!("cannot listen at {shown}: {fault}")),
    }
}

#[cfg(feature = "http")]
fn over_http(arguments: &ServeArgs, at: &At, context: &mut Context<'_>) -> ExitCode {
    let (server, site) = match arguments.server(context) {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    if let Err(fault) = at.admitted_by(&site) {
        return context.fail(ExitCode::Usage, &fault);
    }
    let http = Http::new(&server, Visitors::new(&site.serve, at));
    let bound = runtime().and_then(|runtime| {
        let listener = runtime.block_on(Listener::bind(at))?;
        Ok((runtime, listener))
    });
    let (runtime, listener) = match bound {
        Ok(bound) => bound,
        Err(fault) => return context.fail(ExitCode::Failed, &format!("cannot serve over HTTP: {fault}")),
    };
    if let Err(code) = context.confine(&Confinement { accepts: true, ..Confinement::default() }, &site.isolation) {
        return code;
    }
    let served = runtime.block_on(async {
        let _ = writeln!(context.err, "listening at {}", listener.shown());
        if at.is_open_to_all_users() && site.serve.token.is_none() {
            let _ = writeln!(context.err, "every user of this machine can connect: the site file has no token");
        }
        let tell = |text: String| drop(writeln!(context.err, "{text}"));
        tokio::select! {
            served = http.serve(listener, stopped(), tell) => served,
            // Whoever does not want to wait for calls in flight says so by a second signal. They leave their records.
            stopped = async { stopped().await?; stopped().await } => stopped,
            gone = server.audit_gone() => gone,
        }
    });
    match served {
        Ok(()) => ExitCode::Done,
        Err(fault) => context.fail(ExitCode::Failed, &format!("cannot serve over HTTP: {fault}")),
    }
}
