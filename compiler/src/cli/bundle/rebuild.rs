//! `airlock bundle rebuild`.

use std::io;
use std::path::PathBuf;

use airlock_seal::command::{Format, Streams, refuse};
use airlock_seal::{Code, Refusal};
use clap::Args;
use serde_json::{Value, json};

use crate::bundle::rebuild::{self, Need, Rebuilt};
use crate::bundle::recipe::Progress;

/// Arguments of `airlock bundle rebuild`.
#[derive(Debug, Args)]
#[command(after_help = "\
Builds from the bundle's source/ and vendor.tar alone, in a cleared environment and without any network, and
compares the program and generated/ with what was signed. `bundle verify` says whether it was signed at all.
Whoever has no `airlock` builds one from source/ first: source/BUILD.txt has the two lines.

Exit codes: 0 the same, 1 something differs, 2 wrong usage or a tool is missing, 14 to 17 the bundle is damaged,
20 the machine or the build failed.")]
pub(in crate::cli) struct RebuildArguments {
    /// The bundle: a directory.
    bundle: PathBuf,
    /// Where it is built; some gigabytes. What is there of an earlier build is taken up.
    #[arg(long, value_name = "DIR")]
    work: PathBuf,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

pub(super) fn run(arguments: &RebuildArguments, streams: &mut Streams<'_>) -> Code {
    match rebuilt(arguments, streams) {
        Ok((needs, rebuilt)) => tell(arguments, &needs, &rebuilt, streams).unwrap_or(Code::Internal),
        Err(refusal) => refuse(&refusal, arguments.format, streams),
    }
}

fn rebuilt(arguments: &RebuildArguments, streams: &mut Streams<'_>) -> Result<(Vec<Need>, Rebuilt), Refusal> {
    let held = rebuild::read(&arguments.bundle)?;
    let needs = rebuild::needs(&held, &arguments.work)?;
    if arguments.format == Format::Human {
        show_needs(&needs, streams).map_err(|error| Refusal::internal("cannot write", error))?;
    }
    let missing: Vec<&str> = needs.iter().filter(|need| need.here.is_none()).map(|need| need.name.as_str()).collect();
    if !missing.is_empty() {
        let text = format!("missing here: {}; install them, or put them onto PATH", missing.join(", "));
        return Err(Refusal::new(Code::Usage, text));
    }
    let is_shown = streams.terminal && arguments.format == Format::Human;
    let mut width = 0;
    let rebuilt = rebuild::run(&arguments.bundle, &held, &arguments.work, &mut |Progress { done, all }| {
        if is_shown {
            let line = format!("building: {done} of {all} crates");
            let _ = write!(streams.err, "\r{line:<width$}").and_then(|()| streams.err.flush());
            width = width.max(line.len());
        }
    });
    if width > 0 {
        let _ = write!(streams.err, "\r{:<width$}\r", "");
    }
    Ok((needs, rebuilt?))
}

fn show_needs(needs: &[Need], streams: &mut Streams<'_>) -> io::Result<()> {
    for Need { name, wanted, here } in needs {
        let wanted = if wanted.is_empty() { "any".into() } else { wanted.escape_debug().to_string() };
        match here {
            None => writeln!(streams.err, "needs {name}: {wanted}; missing here")?,
            Some(here) if *here == wanted => writeln!(streams.err, "needs {name}: {wanted}")?,
            Some(here) => writeln!(streams.err, "needs {name}: {wanted}; here: {}", here.escape_debug())?,
        }
    }
    Ok(())
}

fn tell(
    arguments: &RebuildArguments,
    needs: &[Need],
    rebuilt: &Rebuilt,
    streams: &mut Streams<'_>,
) -> io::Result<Code> {
    let code = if rebuilt.differences.is_empty() { Code::Good } else { Code::Differs };
    match arguments.format {
        Format::Json => {
            let differences: Vec<Value> = rebuilt
                .differences
                .iter()
                .map(|difference| json!({"path": difference.path, "what": difference.what}))
                .collect();
            let tools: Vec<Value> =
                needs.iter().map(|need| json!({"name": need.name, "wanted": need.wanted, "here": need.here})).collect();
            let object = json!({
                "exit": code as u8, "code": code.word(), "program_sha512": rebuilt.built.sha512,
                "differences": differences, "tools": tools,
            });
            writeln!(streams.out, "{object:#}")?;
        }
        Format::Human if code == Code::Good => {
            writeln!(streams.out, "same: the program and generated/ are what the bundle's source gives")?;
            writeln!(streams.out, "sha512 {}", rebuilt.built.sha512)?;
        }
        Format::Human => {
            for difference in &rebuilt.differences {
                writeln!(streams.out, "{}: {} {}", code.word(), difference.path.escape_debug(), difference.what)?;
            }
            let others =
                needs.iter().filter(|need| !need.wanted.is_empty() && need.here.as_ref() != Some(&need.wanted));
            let names: Vec<&str> = others.map(|need| need.name.as_str()).collect();
            if !names.is_empty() {
                writeln!(
                    streams.err,
                    "built with other versions here, which alone can be the cause: {}",
                    names.join(", ")
                )?;
            }
        }
    }
    Ok(code)
}
