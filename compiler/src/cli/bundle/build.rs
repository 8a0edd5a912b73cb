//! `airlock bundle build`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use airlock_seal::command::Format;
use airlock_seal::{Code, Refusal};
use serde_json::json;

use crate::bundle::assemble::{Before, Bundle, Make, Order, assemble, check_approved};
use crate::bundle::host::Warm;
use crate::bundle::progress::Progress;
use crate::bundle::{Linkage, Program};
use crate::cli::evidence::{self, EPOCH, EPOCH_MAX};
use crate::cli::{Exit, OutputFormat, Streams, count, diff, refused, show};
use crate::evidence::Facts;
use crate::load::Sources;
use crate::pipeline::{self, Compiled};
use crate::report::{Report, visible};
use crate::write;

/// Arguments of `airlock bundle build`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Makes DIR/NAME-VERSION-TARGET, unsigned: bin/, models/, source/, review/, evidence/, deploy/, manifest.json,
VERIFY.txt, and SHA512SUMS over all of it. The catalogs have to be approved, `generated/` has to be what they
say, each model has to be one that workspace.yaml lists, and the site template has to name files, not secrets.

  airlock-host site > site.template.json        one to start from; a unit needs its audit below /var/log
  airlock bundle build --name clinic --version 1.4.0 --sequence 7 --site-template site.template.json \\
      --model MODEL.gguf --previous ../clinic-1.3.0-x86_64-unknown-linux-gnu --out dist
  airlock bundle sign dist/clinic-1.4.0-x86_64-unknown-linux-gnu --key release.key

The same sources and the same models give the same bytes, wherever and whenever they are built. `created` is
`--created`, else $SOURCE_DATE_EPOCH, else the time of the last commit; no clock is looked at.

JSON: {\"bundle\": its directory, \"files\", \"bytes\", \"sums_sha512\"}

Exit codes: 0 built, 2 wrong input or usage, 20 the machine failed; nothing is left of a bundle then.")]
pub(in crate::cli) struct BuildArguments {
    /// The Cargo workspace, which holds catalogs/, generated/ and Cargo.lock.
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
    /// What the release is of: a-z 0-9 . -
    #[arg(long)]
    name: String,
    /// Its version: a-z 0-9 . + -
    #[arg(long)]
    version: String,
    /// Its number, higher than that of every release of this name before.
    #[arg(long, value_name = "N")]
    sequence: u64,
    /// The directory that the bundle is made in.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The site file of an installation, with the names of files in place of secrets.
    #[arg(long, value_name = "FILE")]
    site_template: PathBuf,
    /// A model file that workspace.yaml lists; may be repeated.
    #[arg(long = "model", value_name = "FILE.gguf")]
    models: Vec<PathBuf>,
    /// The release before it, unpacked: what has changed is told in review/CHANGES.md.
    #[arg(long, value_name = "BUNDLE")]
    previous: Option<PathBuf>,
    /// What `airlock-host selftest --json` has written.
    #[arg(long, value_name = "FILE")]
    selftest: Option<PathBuf>,
    /// What `cargo test --workspace` has printed.
    #[arg(long, value_name = "FILE")]
    tests: Option<PathBuf>,
    /// Have each model read rules and tools once, and carry what it keeps of that.
    #[arg(long)]
    warm: bool,
    /// The threads of the machines that it is carried to [default: those of this one]
    #[arg(long, value_name = "N", requires = "warm", value_parser = clap::value_parser!(u16).range(1..=1024))]
    warm_threads: Option<u16>,
    /// The Cargo package of the program.
    #[arg(long, value_name = "PACKAGE", default_value = "airlock-runtime")]
    package: String,
    /// Its binary.
    #[arg(long, value_name = "NAME", default_value = "airlock-host")]
    bin: String,
    /// Its features; its defaults are left out.
    #[arg(long, value_name = "FEATURES", value_delimiter = ',', default_value = "http,llama,tls")]
    features: Vec<String>,
    /// Let it take the machine's C library, instead of bringing its own.
    #[arg(long)]
    dynamic: bool,
    /// Where it is built; some gigabytes, which the next build takes up [default: target/bundle of the workspace]
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// A program that was built of this workspace already, for tests of what is around it: crates are not vendored then.
    #[arg(long, value_name = "FILE", conflicts_with = "work")]
    binary: Option<PathBuf>,
    /// The time of the sources, in seconds since 1970.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=EPOCH_MAX))]
    created: Option<u64>,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

pub(super) fn run(arguments: &BuildArguments, terminal: bool, streams: &mut Streams<'_>) -> Exit {
    let built = build(arguments, terminal, streams);
    let told = match built {
        Ok(Ok(bundle)) => tell(&bundle, arguments.format, streams).map(|()| Code::Good),
        Ok(Err(Stopped::Refused(refusal))) => {
            let mut streams =
                airlock_seal::command::Streams { out: &mut *streams.out, err: &mut *streams.err, terminal };
            Ok(airlock_seal::command::refuse(&refusal, arguments.format, &mut streams))
        }
        Ok(Err(Stopped::Told(exit))) => return exit,
        Err(fault) => Err(fault),
    };
    Exit::Bundle(told.unwrap_or(Code::Internal))
}

/// Why there is no bundle.
enum Stopped {
    Refused(Refusal),
    /// What is wrong with the catalogs has been shown.
    Told(Exit),
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

fn tell(bundle: &Bundle, format: Format, streams: &mut Streams<'_>) -> std::io::Result<()> {
    let directory = bundle.directory.to_string_lossy().replace('\\', "/");
    let written = &bundle.written;
    match format {
        Format::Human => {
            let files = count(usize::try_from(written.files).unwrap_or(usize::MAX), "file");
            writeln!(
                streams.out,
                "{}: {files}, {} bytes, unsigned\nSHA-512 of its sums: {}",
                visible(&directory),
                written.bytes,
                written.sums_sha512
            )
        }
        Format::Json => {
            let object = json!({
                "bundle": directory, "files": written.files, "bytes": written.bytes, "sums_sha512": written.sums_sha512,
            });
            writeln!(streams.out, "{object:#}")
        }
    }
}

/// The outer result is that of writing to `streams`.
fn build(
    arguments: &BuildArguments,
    terminal: bool,
    streams: &mut Streams<'_>,
) -> std::io::Result<Result<Bundle, Stopped>> {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let catalogs = arguments.workspace.join("catalogs");
    let Some(compiled) = pipeline::compile(&catalogs, &mut sources, &mut report) else {
        let format = match arguments.format {
            Format::Human => OutputFormat::Human,
            Format::Json => OutputFormat::Json,
        };
        return refused(&report, &sources, format, streams).map(|exit| Err(Stopped::Told(exit)));
    };
    show(&report, &sources, streams)?;
    let facts = Facts::of(&compiled.catalogs, &compiled.profiles, &compiled.models);
    let prepared = prepare(arguments, &compiled, &facts);
    let (created, selftest, before) = match prepared {
        Ok(prepared) => prepared,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let previous = match (&arguments.previous, before) {
        (Some(bundle), Some(before)) => match diff::markdown_between(bundle, &catalogs)? {
            Ok(changes) => Some((before, changes)),
            Err(fault) => {
                let shown = visible(&bundle.to_string_lossy());
                let text = format!("cannot compare with {shown}: {}", fault.trim().replace('\n', "; "));
                return Ok(Err(Refusal::new(Code::Usage, text).into()));
            }
        },
        _ => None,
    };
    let mut features = arguments.features.clone();
    features.retain(|feature| !feature.is_empty());
    features.sort();
    let work = arguments.work.clone().unwrap_or_else(|| arguments.workspace.join("target/bundle"));
    let order = Order {
        workspace: &arguments.workspace,
        program: Program {
            package: arguments.package.clone(),
            bin: arguments.bin.clone(),
            features,
            default_features: false,
            linkage: if arguments.dynamic { Linkage::Dynamic } else { Linkage::StaticPie },
            epoch: i64::try_from(created).unwrap_or(0),
        },
        make: arguments.binary.as_deref().map_or(Make::Build(&work), Make::Take),
        models: &arguments.models,
        site: &arguments.site_template,
        name: &arguments.name,
        version: &arguments.version,
        sequence: arguments.sequence,
        out: &arguments.out,
        previous,
        selftest,
        tests: arguments.tests.as_deref(),
        warm: arguments.warm.then_some(Warm { threads: arguments.warm_threads }),
    };
    let mut progress = Progress::new(streams.err, terminal);
    Ok(assemble(&order, &compiled, &mut progress).map_err(Stopped::from))
}

type SelfTested = Option<(crate::evidence::SelfTest, Vec<u8>)>;

/// What can be refused before anything is written.
fn prepare(
    arguments: &BuildArguments,
    compiled: &Compiled,
    facts: &Facts,
) -> Result<(u64, SelfTested, Option<Before>), Refusal> {
    let usage = |text: String| Refusal::new(Code::Usage, text);
    check_approved(&compiled.catalogs, &arguments.workspace.join("catalogs"))?;
    check_generated(compiled, &arguments.workspace.join("generated"))?;
    let selftest = arguments.selftest.as_deref().map(|file| evidence::selftest(file, facts)).transpose();
    let before = arguments.previous.as_deref().map(Before::read).transpose()?;
    Ok((created(arguments)?, selftest.map_err(usage)?, before))
}

/// Refuses a generated crate that is not what the catalogs say: what was reviewed would not be what is built.
fn check_generated(compiled: &Compiled, generated: &Path) -> Result<(), Refusal> {
    let shown = visible(&generated.to_string_lossy());
    let differences = write::compare(&compiled.files, generated)
        .map_err(|fault| Refusal::internal(format!("cannot read {shown}"), fault))?;
    match differences.first() {
        Some(first) => {
            let text = format!(
                "{shown}/{} is not what the catalogs say, and {} more; run `airlock compile`, review the difference, and commit it",
                visible(&first.path),
                differences.len() - 1
            );
            Err(Refusal::new(Code::Usage, text))
        }
        None => Ok(()),
    }
}

/// The time of the sources, in seconds since 1970.
fn created(arguments: &BuildArguments) -> Result<u64, Refusal> {
    if let Some(created) = arguments.created {
        return Ok(created);
    }
    let usage = |text: String| Refusal::new(Code::Usage, text);
    if let Some(epoch) = std::env::var_os(EPOCH) {
        return evidence::modified(Some(&epoch)).map_err(usage);
    }
    let mut git = Command::new("git");
    git.arg("-C").arg(&arguments.workspace).args(["log", "-1", "--format=%ct"]).stdin(Stdio::null());
    let output = git.output().ok().filter(|output| output.status.success());
    let seconds = output.and_then(|output| String::from_utf8_lossy(&output.stdout).trim().parse::<u64>().ok());
    seconds.filter(|seconds| *seconds <= EPOCH_MAX).ok_or_else(|| {
        usage(format!(
            "nobody says of when the sources are, and git knows no commit of the workspace; set {EPOCH}, or give `--created SECONDS`"
        ))
    })
}
