//! `airlock-host unit`: a unit by which systemd runs this program, with no more rights than the site file calls for.
//!
//! What comes in: the options of `serve`, and the places that the site file names. What goes out: the text of a service unit.
//! No secret is opened, and nothing is written but to standard output.

mod escape;
mod facts;
mod linking;
mod text;

use std::path::{Path, PathBuf, absolute};

use airlock_seal::release::lasting;

use super::serve::ServeArgs;
use super::{Context, ExitCode, finish};
use crate::site::Places;
use facts::{Facts, Network, Served, User};

/// Arguments of `airlock-host unit`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  airlock-host --site /etc/airlock/site.json unit --socket /run/airlock/mcp.sock --user airlock
  airlock-host --site /etc/airlock/site.json unit --http 127.0.0.1:8471 > /etc/systemd/system/airlock.service
  systemd-analyze security --offline=true /etc/systemd/system/airlock.service

The unit is made from the site file: it may reach the addresses of the upstreams and no others, and runs without any network
where there are none. Key files beside the site file are handed over by systemd (`LoadCredential=`), so the service's user needs
no right to them. An audit file is an absolute path below /var/log/NAME or /var/lib/NAME. Make the unit anew when one of these
changes.

It wants systemd 252 or newer, and a kernel in which systemd can filter addresses: after the start, `journalctl -u airlock`
must hold no line that says that it cannot. Programs that compute on a GPU need devices that this unit hides. A server over
standard input and output is started by its MCP host and has no unit. There is no unit for a user's own systemd: it does not
enforce IPAddressAllow= and says nothing about that (systemd/systemd#12327).

Exit codes: 0 printed, 2 the site file or the options do not make a unit.")]
pub(super) struct UnitArgs {
    #[command(flatten)]
    serve: ServeArgs,
    /// Run as this user of the machine [default: a user that systemd makes up for each run]
    #[arg(long, value_name = "NAME", value_parser = user)]
    user: Option<String>,
    /// Run as a user that systemd makes up for each run. Of a unix socket, root alone is a client then
    #[arg(long, conflicts_with = "user")]
    dynamic_user: bool,
    /// From where clients come over HTTP, such as 10.1.0.0/16; may be repeated. On loopback it is this machine
    #[arg(long, value_name = "NETWORK")]
    clients: Vec<Network>,
    /// The program, as the service finds it [default: this one]
    #[arg(long, value_name = "PATH")]
    bin: Option<PathBuf>,
    /// The site file, as the service's machine has it [default: the one that is read]
    #[arg(long, value_name = "PATH")]
    site_at: Option<PathBuf>,
}

/// A name that every system takes for a user's (systemd, "User/Group Name Syntax", strict mode).
fn user(text: &str) -> Result<String, String> {
    let mut bytes = text.bytes();
    let is_name = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte))
        && text.len() <= 31;
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("a lower-case letter or `_`, then at most 30 of a-z 0-9 _ -".to_owned())
    }
}

pub(super) fn run(arguments: &UnitArgs, context: &mut Context<'_>) -> ExitCode {
    let others = match arguments.serve.others(context) {
        Ok(others) => others,
        Err(code) => return code,
    };
    let facts = match gather(arguments, others, &context.site_file) {
        Ok(facts) => facts,
        Err(fault) => return context.fail(ExitCode::Usage, &fault),
    };
    if linking::has_libraries(&facts.program).is_none() {
        // The unit may well be made on another machine than it is for.
        let shown = facts.program.display();
        let _ = writeln!(context.err, "note: {shown} is no program here; it is taken to need the system's libraries");
    }
    if facts.user == User::Dynamic && matches!(facts.served, Served::Socket { .. }) {
        let _ =
            writeln!(context.err, "note: of its socket root alone is a client; `--user NAME` lets in that user, too");
    }
    let printed = context.out.write_all(text::unit(&facts).as_bytes());
    finish(context, printed)
}

fn gather(arguments: &UnitArgs, others: Vec<String>, site_file: &Path) -> Result<Facts, String> {
    let places = Places::read(site_file).map_err(|fault| fault.to_string())?;
    let site = match &arguments.site_at {
        Some(site) if site.is_absolute() => site.clone(),
        Some(site) => return Err(format!("`--site-at {}` is not an absolute path", site.display())),
        None => absolute(site_file).map_err(|fault| format!("cannot tell where the site file is: {fault}"))?,
    };
    let program = match &arguments.bin {
        Some(program) => program.clone(),
        None => std::env::current_exe()
            .map(|program| lasting(&program))
            .map_err(|fault| format!("cannot tell where this program is: {fault}"))?,
    };
    let user = arguments.user.clone().map_or(User::Dynamic, User::Named);
    let served = facts::served(&arguments.serve, &arguments.clients, &places, &site)?;
    Facts::new(user, program, served, others, &site, &places)
}

#[cfg(test)]
mod tests;
