//! `bundle install`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;

use super::{Format, Streams, refuse};
use crate::install::{self, Check, Checked, Directory, Hands, Here, Installed, KEEP_DEFAULT, Record, Wish, short};
use crate::{Code, Refusal};

/// What stands below the help.
pub const MORE: &str = "\
Examples:
  airlock-host bundle install clinic-1.4.0-x86_64-unknown-linux-gnu --root /opt/airlock --anchors /etc/airlock/anchors
  airlock-host bundle install /media/clinic-1.4.0 --root ~/airlock --anchors ~/anchors --no-switch

The root is a directory of whoever runs this; no other right is needed. `ROOT/current` leads to the release in force, and is
switched by one rename when the new one is checked and on the disk: start programs from `ROOT/current/bin/airlock-host`. A release
that is older than any that was installed is refused; `airlock-host bundle rollback` goes back to one that is still there.

Exit codes: 0 installed, or installed already; 2 the root or the command line cannot be used; 10 to 15, 17 and 18 the bundle is
refused, as `bundle verify` says; 16 it is older, or another one of the same number; 20 no room, or the machine failed.";

/// Arguments of `bundle install`.
#[derive(Debug, Args)]
pub struct InstallArguments {
    /// The bundle: a directory
    bundle: PathBuf,
    /// Where releases are installed; a root that is not there is made
    #[arg(long, value_name = "DIRECTORY")]
    root: PathBuf,
    #[command(flatten)]
    trust: TrustArguments,
    /// Install, and leave in force what is
    #[arg(long)]
    no_switch: bool,
    /// Old releases that stay; the one that was in force before always does
    #[arg(long, value_name = "N", default_value_t = KEEP_DEFAULT)]
    keep: usize,
    /// For whom output is written
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// Whom to trust.
#[derive(Debug, Args)]
pub struct TrustArguments {
    /// The site's directory of trust anchors: `allowed_signers`, and what else `bundle verify` takes
    #[arg(long, value_name = "DIRECTORY")]
    anchors: PathBuf,
}

impl TrustArguments {
    /// Checks a whole bundle.
    pub(super) fn check(&self, bundle: &Path) -> Result<Checked, Refusal> {
        install::checked(bundle, &self.anchors)
    }
}

/// Installs; `record` keeps what was done.
pub fn run(arguments: &InstallArguments, record: &mut dyn Record, streams: &mut Streams<'_>) -> Code {
    let wish = Wish { keep: arguments.keep, switch: !arguments.no_switch };
    let mut line = Line::new(streams.err, streams.terminal);
    let mut check = |bundle: &Path| arguments.trust.check(bundle);
    let check: &mut Check<'_> = &mut check;
    let installed = {
        let mut progress = |done, all| line.show(done, all);
        let mut source = Directory::new(&arguments.bundle, &mut progress);
        let mut hands = Hands { check, record, disk: &mut Here };
        install::install(&arguments.root, &mut source, wish, &mut hands)
    };
    line.clear();
    match installed {
        Ok(installed) => tell(&installed, "installed", arguments.format, streams),
        Err(refusal) => refuse(&refusal, arguments.format, streams),
    }
}

/// Tells what was done.
pub(super) fn tell(installed: &Installed, verb: &str, format: Format, streams: &mut Streams<'_>) -> Code {
    let written = match format {
        Format::Human => human(installed, verb, streams.out),
        Format::Json => serde_json::to_string_pretty(installed)
            .map_err(std::io::Error::other)
            .and_then(|text| writeln!(streams.out, "{text}")),
    };
    if written.is_err() { Code::Internal } else { Code::Good }
}

fn human(installed: &Installed, verb: &str, out: &mut dyn Write) -> std::io::Result<()> {
    let Installed { release, changed, current, removed } = installed;
    let (name, version) = (release.name.escape_debug(), release.version.escape_debug());
    let place = if *current { "in force" } else { "not in force" };
    let (sequence, digest) = (release.sequence, short(&release.sums_sha512));
    if *changed {
        writeln!(out, "{verb}: {name} {version}, release {sequence} ({digest}), {place}")?;
    } else {
        writeln!(out, "nothing to do: {name} {version}, release {sequence} ({digest}), is installed and {place}")?;
    }
    removed.iter().try_for_each(|digest| writeln!(out, "removed: {digest}"))
}

/// How far a copy is, for people who wait.
struct Line<'a> {
    err: &'a mut dyn Write,
    is_shown: bool,
    terminal: bool,
    since: Instant,
    shown: u64,
}

impl<'a> Line<'a> {
    fn new(err: &'a mut dyn Write, terminal: bool) -> Self {
        Self { err, is_shown: false, terminal, since: Instant::now(), shown: 0 }
    }

    fn show(&mut self, done: u64, all: u64) {
        let percent = done.saturating_mul(100) / all.max(1);
        if self.terminal && self.since.elapsed() > Duration::from_secs(1) && (!self.is_shown || percent != self.shown) {
            let _ = write!(self.err, "\rcopying: {percent} %");
            let _ = self.err.flush();
            (self.is_shown, self.shown) = (true, percent);
        }
    }

    fn clear(&mut self) {
        if self.is_shown {
            let _ = write!(self.err, "\r{:20}\r", "");
            let _ = self.err.flush();
        }
    }
}
