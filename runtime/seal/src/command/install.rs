//! `bundle install`.

use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::progress::ProgressLine;
use super::verify::TrustArguments;
use super::{Format, Streams, refuse};
use crate::archive::{self, BYTES_MAX, Head, Limits};
use crate::install::{
    self, Checked, Directory, Early, Hands, Here, Installed, KEEP_DEFAULT, Record, Unpacked, Wish, short,
};
use crate::parts::read_size;
use crate::policy::Policy;
use crate::signatures::{self, Signed};
use crate::trust::Anchors;
use crate::verify::{signed, verify};
use crate::{Code, Progress, Refusal};

/// What stands below the help.
pub const MORE: &str = "\
Examples:
  airlock-host bundle install clinic-1.4.0-x86_64-unknown-linux-gnu --root /opt/airlock --anchors /etc/airlock/anchors
  airlock-host bundle install /media/clinic-1.4.0-x86_64-unknown-linux-gnu.tar.zst.000 --root ~/airlock --anchors ~/anchors --no-switch

The root is a directory of whoever runs this; no other right is needed. `ROOT/current` leads to the release in force, and is
switched by one rename when the new one is checked and on the disk: start programs from `ROOT/current/bin/airlock-host`. A release
that is older than any that was installed is refused; `airlock-host bundle rollback` goes back to one that is still there.

Exit codes: 0 installed, or installed already; 2 the root or the command line cannot be used; 10 to 15, 17 and 18 the bundle is
refused, as `bundle verify` says; 16 it is older, or another one of the same number; 20 no room, or the machine failed.";

/// Arguments of `bundle install`.
#[derive(Debug, Args)]
pub struct InstallArguments {
    /// The bundle: a directory, an archive, or the first of its parts
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
    /// Refuse an archive that holds more than this, such as `300GB`
    #[arg(long, value_name = "SIZE", value_parser = read_size, default_value_t = BYTES_MAX)]
    bytes_max: u64,
    /// For whom output is written
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// Installs; `record` keeps what was done.
pub fn run(arguments: &InstallArguments, record: &mut dyn Record, streams: &mut Streams<'_>) -> Code {
    match installed(arguments, record, streams) {
        Ok(installed) => tell(&installed, "installed", arguments.format, streams),
        Err(refusal) => refuse(&refusal, arguments.format, streams),
    }
}

fn installed(
    arguments: &InstallArguments,
    record: &mut dyn Record,
    streams: &mut Streams<'_>,
) -> Result<Installed, Refusal> {
    let (bundle, trust) = (&arguments.bundle, arguments.trust.read()?);
    let wish = Wish { keep: arguments.keep, switch: !arguments.no_switch };
    let line = RefCell::new(ProgressLine::new(streams.err, streams.terminal, "installing"));
    let mut progress = |done, all| line.borrow_mut().at(done, all);
    let mut check = |bundle: &Path| checked(bundle, &trust, &mut |done, all| line.borrow_mut().at(done, all));
    let mut hands = Hands { check: &mut check, record, disk: &mut Here };
    if bundle.is_dir() {
        // Who has not signed it does not fill this disk.
        signed(bundle, &trust.0, trust.1)?;
        let mut source = Directory::new(bundle, &mut progress);
        return install::install(&arguments.root, &mut source, wish, &mut hands);
    }
    let bytes = archive::open(bundle)?.bytes;
    let mut unpack = |into: &Path, early: &mut Early<'_>| {
        let mut before = |head: &Head| {
            signatures::check(&head.sums, &head.signatures, &trust.0, trust.1)?;
            early(&head.sums, None)
        };
        let limits = Limits { bytes_max: arguments.bytes_max };
        archive::unpack(archive::open(bundle)?, into, limits, &mut before, &mut progress).map(drop)
    };
    install::install(&arguments.root, &mut Unpacked { bytes, unpack: &mut unpack }, wish, &mut hands)
}

/// Checks a whole bundle, and finds out whether the site has countersigned it.
pub(super) fn checked(
    bundle: &Path,
    (anchors, policy): &(Anchors, Policy),
    progress: &mut Progress<'_>,
) -> Result<Checked, Refusal> {
    let verified = verify(bundle, anchors, *policy, None, progress)?;
    let approved = verified.signed.iter().any(Signed::is_approval);
    Ok(Checked { manifest: verified.manifest, approved })
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
