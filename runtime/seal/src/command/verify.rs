//! `bundle verify`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::progress::ProgressLine;
use super::{Format, Streams, refuse, shown};
use crate::archive::{self, Limits};
use crate::digest::Progress;
use crate::policy::{Policy, REVIEWERS_MAX, Suite};
use crate::signatures::{Signed, Standing};
use crate::trust::Anchors;
use crate::verify::{self, Verified, verify};
use crate::{Code, Refusal};

/// The exit codes, as every command on bundles has them.
pub const EXIT_CODES: &str = "\
Exit codes, the first that applies of 17, then 10 upwards:
   0  good
   2  usage: the command line, or a file of your anchors, cannot be used
  10  unsigned: nobody has signed it
  11  invalid: a signature is not one of these sums
  12  untrusted: who signed it may not
  13  revoked: who signed it is trusted no longer
  14  content: a file is not what was signed
  15  tree: a file too much or too few, a link, a device, or a wrong mode
  16  sequence: older than what is installed, or another one of the same number
  17  format: sums or manifest are not of the form that is read here
  18  policy: the signatures are good and too few, or of a wrong kind
  20  internal: a file cannot be read";

const HELP: &str = "\
Examples:
  bundle verify clinic-1.4.0-x86_64-unknown-linux-musl --anchors /etc/airlock/anchors
  bundle verify clinic-1.4.0-x86_64-unknown-linux-musl --anchors anchors --policy cnsa2 --reviewers 2
  bundle verify clinic-1.4.0-x86_64-unknown-linux-musl --anchors anchors --approved --format json

The anchors are what your site trusts: a directory that came to you by another way than the bundle, with
  allowed_signers   who may sign what, one a line (ssh-keygen(1)):
                    release namespaces=\"airgap-mcp-bundle-v1\" ecdsa-sha2-nistp384 AAAA…
                    reviewer-NAME namespaces=\"airgap-mcp-bundle-v1\" …
                    site-NAME namespaces=\"airgap-mcp-approve-v1\" …
  revoked           optional: public keys, one a line, or what `ssh-keygen -k` writes
  release.pem       optional: the P-384 key of signatures/release.der
  mldsa.pem         optional: the ML-DSA-87 key of signatures/release.mldsa87
  policy.json       optional: {\"policy\": \"cnsa2\", \"reviewers\": 2, \"site\": true}
The command line can ask for more than policy.json, not for less. VERIFY.txt in the bundle does the same with ssh-keygen,
sha512sum and find alone. No connection is made, and nothing is written.

";

/// Arguments of `bundle verify`.
#[derive(Debug, Args)]
#[command(after_help = format!("{HELP}{EXIT_CODES}"))]
pub struct VerifyArguments {
    /// The bundle: a directory, an archive, or one of its parts
    bundle: PathBuf,
    #[command(flatten)]
    trust: TrustArguments,
    /// For whom output is written
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// Whom to trust, and how many of them.
#[derive(Debug, Args)]
pub struct TrustArguments {
    /// What your site trusts: a directory outside of the bundle
    #[arg(long, value_name = "DIR")]
    pub anchors: PathBuf,
    /// Which signatures make a release
    #[arg(long, value_enum)]
    pub policy: Option<Suite>,
    /// So many reviewers have signed, each with a key of their own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=i64::from(REVIEWERS_MAX)))]
    pub reviewers: Option<u32>,
    /// A site has countersigned
    #[arg(long)]
    pub approved: bool,
}

impl TrustArguments {
    /// The anchors, and what is asked for.
    pub fn read(&self) -> Result<(Anchors, Policy), Refusal> {
        let anchors = Anchors::open(&self.anchors)?;
        let policy = anchors.policy.tightened(self.policy, self.reviewers, self.approved)?;
        Ok((anchors, policy))
    }
}

pub fn run(arguments: &VerifyArguments, streams: &mut Streams<'_>) -> Code {
    let verified = arguments.trust.read().and_then(|(anchors, policy)| {
        let mut line = ProgressLine::new(streams.err, streams.terminal, "checking");
        opened(&arguments.bundle, &anchors, policy, &mut |done, all| line.at(done, all))
    });
    let verified = match verified {
        Ok(verified) => verified,
        Err(refusal) => return refuse(&refusal, arguments.format, streams),
    };
    let written = match arguments.format {
        Format::Human => human(&verified, streams.out),
        Format::Json => writeln!(streams.out, "{:#}", object(&verified)),
    };
    if written.is_err() { Code::Internal } else { Code::Good }
}

/// A directory, or an archive and its parts.
fn opened(bundle: &Path, anchors: &Anchors, policy: Policy, progress: &mut Progress<'_>) -> Result<Verified, Refusal> {
    if bundle.is_dir() {
        return verify(bundle, anchors, policy, None, progress);
    }
    verify::archive(archive::open(bundle)?, anchors, policy, Limits::default(), progress)
}

fn human(verified: &Verified, out: &mut dyn Write) -> io::Result<()> {
    let Verified { manifest, sums, sums_sha512, signed, policy, bytes } = verified;
    writeln!(out, "good: {} {} for {}", manifest.name, manifest.version, manifest.target)?;
    writeln!(out, "\n  SEQUENCE  {}\n  DATE      {}\n", manifest.sequence, shown::date(manifest.created))?;
    writeln!(out, "policy   {policy}")?;
    for one in signed {
        let standing = match one.standing {
            Standing::Trusted => "",
            Standing::Unknown => "  does not count: allowed_signers does not have it",
            Standing::Unchecked => "  does not count: your anchors have no key of this kind",
        };
        let Signed { file, principal, kind, fingerprint, .. } = one;
        let fingerprint = fingerprint.as_deref().unwrap_or("-");
        writeln!(out, "signed   {principal}  {}  {fingerprint}  ({file}){standing}", kind.name())?;
    }
    writeln!(out, "files    {}, {bytes} bytes", sums.iter().len())?;
    writeln!(out, "sums     {sums_sha512}")
}

fn object(verified: &Verified) -> serde_json::Value {
    let Verified { manifest, sums, sums_sha512, signed, policy, bytes } = verified;
    let signed: Vec<_> = signed
        .iter()
        .map(|one| {
            json!({
                "file": one.file, "principal": one.principal, "kind": one.kind.name(),
                "fingerprint": one.fingerprint, "standing": one.standing.word(),
            })
        })
        .collect();
    json!({
        "exit": Code::Good as u8, "code": Code::Good.word(), "name": manifest.name, "version": manifest.version,
        "target": manifest.target, "sequence": manifest.sequence, "created": manifest.created, "policy": policy,
        "signed": signed, "files": sums.iter().len(), "bytes": bytes, "sums_sha512": sums_sha512,
    })
}
