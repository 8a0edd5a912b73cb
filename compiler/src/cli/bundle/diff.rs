//! `airlock bundle diff`: what a release changes, from the two bundles alone.

mod read;

use std::fmt::Write as _;
use std::path::PathBuf;

use airlock_seal::command::{self, Streams, refuse};
use airlock_seal::{Code, Refusal};

use crate::cli::diff::changes;
use crate::diff::Class;
use crate::diff::release::{PartKind, compare_releases, count, human, json, markdown};

/// Arguments of `airlock bundle diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = teaching())]
pub(in crate::cli) struct DiffArguments {
    /// The bundle that was reviewed: its directory.
    old: PathBuf,
    /// The bundle that is to be reviewed.
    new: PathBuf,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: Output,
    /// Exit 1 if a change is of one of these classes.
    #[arg(long, value_enum, value_name = "CLASS", value_delimiter = ',')]
    fail_on: Vec<Class>,
}

/// For whom changes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// People: one line each.
    Human,
    /// Programs.
    Json,
    /// A comment on a pull request.
    Markdown,
}

fn teaching() -> String {
    let mut text = "\
Compares what two bundles are, not what their manifests say of them: catalogs are compiled, digests are made anew, the site
template is read. Sums, review and evidence are made of the rest, and are not compared. Neither bundle is verified, and none has
to be trusted: `airlock bundle verify` does that. A difference is a report; a bundle is always whole.

  airlock bundle diff wards-1.0.0-x86_64-unknown-linux-gnu wards-1.1.0-x86_64-unknown-linux-gnu
  airlock bundle diff OLD NEW --fail-on widening           in CI: exit 1 if more is reached, sent or told
  airlock bundle diff OLD NEW --fail-on widening,breaking --format markdown

Classes: `widening`: more may be reached, sent or told than was reviewed. `breaking`: what clients rely on is gone or is asked for
in another way. `neutral`: the rest. One line a change, the worst first; nothing where nothing is different.

JSON: {\"verified\": false, \"changes\": [{\"class\", \"risk\", \"part\", \"kind\", \"subject\", \"detail\"}]}.

Exit codes: 0 compared, 1 `--fail-on` found a change, 2 usage, 17 a bundle cannot be read, 20 the machine failed.

Kinds of changes of catalogs are those of `airlock diff --help`. The others:
"
    .to_owned();
    let width = PartKind::ALL.iter().map(|kind| kind.word().len()).max().unwrap_or_default();
    for kind in PartKind::ALL {
        let _ = writeln!(text, "  {:width$}  {:8}  {}", kind.word(), kind.class().word(), kind.meaning());
    }
    text.truncate(text.trim_end().len());
    text
}

pub(super) fn run(arguments: &DiffArguments, streams: &mut Streams<'_>) -> Code {
    let format = if arguments.format == Output::Json { command::Format::Json } else { command::Format::Human };
    let sides = read::bundle(&arguments.old, streams).and_then(|old| Ok((old, read::bundle(&arguments.new, streams)?)));
    let (old, new) = match sides {
        Ok(sides) => sides,
        Err(refusal) => return refuse(&refusal, format, streams),
    };
    let differences = compare_releases(&old.release, &new.release, &changes(&old.catalogs, &new.catalogs));
    let written = match arguments.format {
        Output::Human => streams
            .out
            .write_all(human(&differences).as_bytes())
            .and_then(|()| writeln!(streams.err, "{}; neither bundle was verified", count(&differences))),
        Output::Json => writeln!(streams.out, "{:#}", json(&differences)),
        Output::Markdown => streams.out.write_all(markdown(&differences).as_bytes()),
    };
    if let Err(fault) = written {
        return refuse(&Refusal::internal("cannot write the result", fault), command::Format::Human, streams);
    }
    let is_found = differences.iter().any(|one| arguments.fail_on.contains(&one.class));
    if is_found { Code::Differs } else { Code::Good }
}
