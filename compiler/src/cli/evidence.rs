//! `airlock evidence`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::{CatalogsArgument, Exit, OutputFormat, Streams, refused, show};
use crate::evidence::{CONTROLS, Facts, SelfTest, markdown, oscal};
use crate::load::Sources;
use crate::pipeline;
use crate::report::{Report, visible};
use crate::write::{self, Difference, Kind};

/// A file with a self-test that is longer than this is refused, in bytes.
const SELFTEST_BYTES_MAX: u64 = 4 << 20;

/// Where sources say when they were made last (reproducible-builds.org, "SOURCE_DATE_EPOCH").
pub(super) const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// The last second of the year 9999: RFC 3339 has four digits for a year.
pub(super) const EPOCH_MAX: u64 = 253_402_300_799;

/// Arguments of `airlock evidence`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Says of each control of NIST SP 800-53 (revision 5) how it is met, what is missing, and which tests prove
it, with facts of these catalogs: digests, counts, systems, names of secrets, profiles, models. What the
machine of an installation adds is its self-test.

  airlock evidence --format markdown                                     for people
  airlock evidence --out evidence                                        evidence/controls.oscal.json
  airlock-host selftest --json > selftest.json
  airlock evidence --out evidence --selftest selftest.json

OSCAL is a component definition (NIST, OSCAL 1.1.3) in JSON. Its UUIDs are made from names and content, and
its `last-modified` is $SOURCE_DATE_EPOCH, in seconds since 1970, or else 1970-01-01T00:00:00Z: no clock is
looked at, so that the same catalogs give the same bytes.

Exit codes: 0 printed or written, 2 wrong input or usage; nothing is written then.")]
pub(super) struct EvidenceArguments {
    #[command(flatten)]
    catalogs: CatalogsArgument,
    /// Write a file in this directory, instead of to standard output: controls.oscal.json or CONTROLS.md.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// In which form.
    #[arg(long, value_enum, default_value = "oscal")]
    format: Form,
    /// What `airlock-host selftest --json` has written on the machine of an installation.
    #[arg(long, value_name = "FILE")]
    selftest: Option<PathBuf>,
}

/// A form of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// An OSCAL component definition, for programs.
    Oscal,
    /// Tables, for people.
    Markdown,
}

impl Form {
    /// The file that holds it.
    fn file(self) -> &'static str {
        match self {
            Self::Oscal => "controls.oscal.json",
            Self::Markdown => "CONTROLS.md",
        }
    }
}

pub(super) fn run(arguments: &EvidenceArguments, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let mut sources = Sources::default();
    let mut report = Report::default();
    let Some(placed) = pipeline::place(&arguments.catalogs.catalogs, &mut sources, &mut report) else {
        return refused(&report, &sources, OutputFormat::Human, streams);
    };
    show(&report, &sources, streams)?;
    let facts = Facts::of(&placed.catalogs, &placed.profiles, &placed.models);
    let selftest = arguments.selftest.as_deref().map(|file| selftest(file, &facts).map(|(read, _)| read)).transpose();
    let modified = modified(std::env::var_os(EPOCH).as_deref());
    let (selftest, modified_s) = match (selftest, modified) {
        (Ok(selftest), Ok(modified_s)) => (selftest, modified_s),
        (Err(fault), _) | (_, Err(fault)) => {
            writeln!(streams.err, "error: {fault}")?;
            return Ok(Exit::Invalid);
        }
    };
    let text = match arguments.format {
        Form::Oscal => format!("{:#}\n", oscal(&placed.catalogs, &facts, selftest.as_ref(), modified_s)),
        Form::Markdown => markdown(&facts, selftest.as_ref()),
    };
    let Some(out) = &arguments.out else {
        streams.out.write_all(text.as_bytes())?;
        return Ok(Exit::Done);
    };
    let (file, bytes) = (arguments.format.file(), text.len());
    let missing = Difference { path: file.to_owned(), kind: Kind::Missing };
    if let Err(error) = write::apply(&BTreeMap::from([(file.to_owned(), text)]), out, &[missing]) {
        writeln!(streams.err, "error: cannot write {}: {error}", visible(&out.to_string_lossy()))?;
        return Ok(Exit::Invalid);
    }
    let path = out.join(file).to_string_lossy().replace('\\', "/");
    writeln!(streams.out, "{}: {} controls, {bytes} bytes", visible(&path), CONTROLS.len())?;
    Ok(Exit::Done)
}

/// Reads a self-test, and finds out whether it is one of a program with these tools. Gives its bytes as well.
pub(super) fn selftest(file: &Path, facts: &Facts) -> Result<(SelfTest, Vec<u8>), String> {
    let shown = visible(&file.to_string_lossy());
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(SELFTEST_BYTES_MAX + 1).read_to_end(&mut bytes));
    read.map_err(|fault| format!("cannot read {shown}: {fault}"))?;
    if bytes.len() as u64 > SELFTEST_BYTES_MAX {
        return Err(format!("{shown} is longer than {SELFTEST_BYTES_MAX} bytes, so it is no self-test"));
    }
    let selftest = SelfTest::read(&bytes).map_err(|fault| format!("{shown}: {fault}"))?;
    match &selftest.tools_sha256 {
        Some(sha256) if *sha256 != facts.tools_sha256 => Err(format!(
            "{shown} is of a program with other tools: its list has the SHA-256 {}, and that of these catalogs is {}; run the \
             self-test of the program that was built of them",
            visible(sha256),
            facts.tools_sha256
        )),
        _ => Ok((selftest, bytes)),
    }
}

/// When the sources were changed last, in seconds since 1970.
pub(super) fn modified(epoch: Option<&std::ffi::OsStr>) -> Result<u64, String> {
    let Some(epoch) = epoch else { return Ok(0) };
    let digits = epoch.to_str().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|text| text.parse().ok()).filter(|seconds| *seconds <= EPOCH_MAX).ok_or_else(|| {
        format!(
            "{EPOCH} is `{}`, which is no number of seconds since 1970 up to the year 9999; unset it, or run \
             `export {EPOCH}=$(git log -1 --format=%ct)`",
            visible(&epoch.to_string_lossy())
        )
    })
}

#[cfg(test)]
mod tests {
    use super::modified;

    #[test]
    fn seconds_are_digits_up_to_the_last_year() {
        let with = |text: &str| modified(Some(text.as_ref()));
        assert_eq!((modified(None), with("0"), with("253402300799")), (Ok(0), Ok(0), Ok(253_402_300_799)));
        for text in ["", "-1", "+1", "1.5", "253402300800", "99999999999999999999", "now"] {
            assert!(with(text).expect_err(text).contains("git log -1"), "{text}");
        }
    }
}
