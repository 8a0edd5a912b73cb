//! `airlock-host site`: a site file to start from, and its names pinned.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::process::{Command, Stdio};

use clap::{Args, Subcommand};

use super::{Context, ExitCode, finish, print};
use crate::site;
use crate::untrusted::one_line;

/// Arguments of `airlock-host site`.
#[derive(Debug, Args)]
pub(super) struct SiteArgs {
    #[command(subcommand)]
    command: Option<SiteCommand>,
}

#[derive(Debug, Subcommand)]
enum SiteCommand {
    /// Look up the names in the site file, and print it with the IP addresses that they stand for now
    #[command(after_help = "\
Example:
  airlock-host site pin > pinned.json && mv pinned.json site.json

No name is looked up while tools are called: an address that is a name needs its pins. They are looked up by `getent ahosts`.
Exit codes: 0 printed, or nothing to change, 1 `--check` found a difference, 2 bad site file, or a name that is not known.")]
    Pin {
        /// Print nothing but what has changed
        #[arg(long)]
        check: bool,
    },
}

pub(super) fn run(arguments: &SiteArgs, context: &mut Context<'_>) -> ExitCode {
    match arguments.command {
        None => {
            let printed = print::site(context.program.catalogs, context.out);
            finish(context, printed)
        }
        Some(SiteCommand::Pin { check }) => pin(check, context),
    }
}

fn pin(check: bool, context: &mut Context<'_>) -> ExitCode {
    let pinned = match site::pinned(&context.site_file, &look_up) {
        Ok(pinned) => pinned,
        Err(fault) => return context.fail(ExitCode::Usage, &fault.to_string()),
    };
    for change in &pinned.changes {
        let _ = writeln!(context.err, "{change}");
    }
    if !check {
        let printed = write!(context.out, "{}", pinned.text);
        return finish(context, printed);
    }
    if pinned.changes.is_empty() {
        let _ = writeln!(context.err, "{} names, all pinned as they are known here now", pinned.names);
        return ExitCode::Done;
    }
    let file = context.site_file.display().to_string();
    context.fail(ExitCode::Failed, &format!("{file} is pinned otherwise; `airlock-host site pin` prints it anew"))
}

/// What a name stands for now, by the system's own tool: a resolver that is linked in could be called at any time.
fn look_up(name: &str) -> Result<BTreeSet<IpAddr>, String> {
    let output = Command::new("getent").args(["ahosts", "--", name]).stdin(Stdio::null()).output();
    let output = output.map_err(|fault| format!("`getent`, which looks up `{name}`, cannot be started: {fault}"))?;
    // 2: "one or more supplied key could not be found" (getent(1)).
    if output.status.code() == Some(2) {
        return Err(format!("`{name}` is not known here: `getent ahosts {name}` finds nothing"));
    }
    if !output.status.success() {
        let told = one_line(&String::from_utf8_lossy(&output.stderr), 200);
        return Err(format!("`getent ahosts {name}` failed ({}): {told}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let firsts = text.lines().filter_map(|line| line.split_whitespace().next());
    let parsed = firsts.map(|first| {
        let told = || format!("`getent ahosts {name}` prints `{}`, which cannot be pinned", one_line(first, 60));
        first.parse::<IpAddr>().map_err(|_| told())
    });
    parsed.collect()
}
