//! `bundle sign`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::progress::ProgressLine;
use super::{Format, Streams, refuse, shown, tell};
use crate::digest::sha512;
use crate::signing::{self, Key, Role};
use crate::verify::{Whole, whole};
use crate::{Code, Refusal, SIGNATURES, SUMS};

/// Arguments of `bundle sign`.
#[derive(Debug, Args)]
pub struct SignArguments {
    /// The bundle: a directory.
    bundle: PathBuf,
    /// A key: of OpenSSH (Ed25519, P-384), its public half where an agent or a token holds it, or PEM (P-384, ML-DSA-87).
    /// Several sign one after the other.
    #[arg(long, value_name = "FILE", required = true)]
    key: Vec<PathBuf>,
    /// Who signs: `release`, `reviewer:NAME`, or `site:NAME`.
    #[arg(long = "as", value_name = "ROLE", default_value = "release")]
    role: Role,
    /// Let `ssh-keygen` sign, even with a key that could be read here.
    #[arg(long)]
    through_ssh_keygen: bool,
    /// With a P-384 key of OpenSSH, make no `release.der` for OpenSSL.
    #[arg(long)]
    no_der: bool,
    /// Take the place of signatures that are there.
    #[arg(long)]
    replace: bool,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

pub fn run(arguments: &SignArguments, streams: &mut Streams<'_>) -> Code {
    match sign(arguments, streams) {
        Ok(()) => Code::Good,
        Err(refusal) => refuse(&refusal, arguments.format, streams),
    }
}

fn sign(arguments: &SignArguments, streams: &mut Streams<'_>) -> Result<(), Refusal> {
    let usage = |text: String| Refusal::new(Code::Usage, text);
    let (bundle, role, der) = (&arguments.bundle, &arguments.role, !arguments.no_der);
    if !bundle.is_dir() {
        let text = "is no directory; unpack an archive with `bundle unpack`, sign, and `bundle pack` it again";
        return Err(usage(format!("{} {text}", bundle.display())));
    }
    let mut keys = Vec::new();
    let mut wanted = BTreeSet::new();
    for path in &arguments.key {
        let key = Key::read(path, arguments.through_ssh_keygen)?;
        for file in key.files(role, der)? {
            signing::check_free(bundle, &file, arguments.replace)?;
            if !wanted.insert(file.clone()) {
                return Err(usage(format!("two keys would write `{SIGNATURES}/{file}`; `--no-der` leaves one out")));
            }
        }
        keys.push(key);
    }
    let Whole { signed_bytes, sums, manifest, .. } = {
        let mut line = ProgressLine::new(streams.err, streams.terminal, "hashing");
        whole(bundle, &mut |done, all| line.at(done, all))?
    };
    let digest = sha512(&signed_bytes);
    // Before a passphrase is typed or a token touched.
    if arguments.format == Format::Human {
        let text = format!(
            "signing   {} {} for {}, as {}\nsequence  {}, of {}\n{SUMS}  of {}, with the digest\n          {}\n          {}\n",
            shown::text(&manifest.name),
            shown::text(&manifest.version),
            shown::text(&manifest.target),
            role.principal(),
            manifest.sequence,
            shown::date(manifest.created),
            shown::count(sums.iter().len(), "file"),
            &digest[..64],
            &digest[64..],
        );
        tell(&text, &json!(null), Format::Human, streams)?;
    }
    let mut made = Vec::new();
    for key in &keys {
        made.extend(key.sign(role, der, &signed_bytes)?);
    }
    signing::write(bundle, &made, arguments.replace)?;
    let mut lines = String::new();
    for one in &made {
        let _ = writeln!(lines, "wrote     {SIGNATURES}/{} by {}", one.file, one.signer);
    }
    let signatures: Vec<_> =
        made.iter().map(|one| json!({ "path": format!("{SIGNATURES}/{}", one.file), "signer": one.signer })).collect();
    let object = json!({
        "exit": 0, "code": "good", "name": manifest.name, "version": manifest.version, "target": manifest.target,
        "sequence": manifest.sequence, "created": manifest.created, "principal": role.principal(),
        "namespace": role.namespace(), "sums_sha512": digest, "signatures": signatures,
    });
    tell(&lines, &object, arguments.format, streams)
}
