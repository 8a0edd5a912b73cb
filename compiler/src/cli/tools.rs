//! `airlock tools`: the list of tools as clients will be sent it, from the catalogs as they stand.

use std::io;

use serde_json::{Value, json};

use super::{CatalogsArgument, Exit, OutputFormat, Streams, refused};
use crate::ir::Profile;
use crate::load::Sources;
use crate::offer::tool_list;
use crate::pipeline;
use crate::report::{Diagnostic, Report, did_you_mean, visible};

/// Arguments of `airlock tools`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nothing is written, and no budget or approval is asked for: this is what there is to be reviewed.

JSON: {\"sha256\": digest of the list, \"tools\": [{\"name\", \"bytes\"}], \"bytes\"}
Bytes are those of what hosts hand to a model: name, description and the schema of the arguments.

  airlock tools --sent | sha256sum                                      the same as --digest
  airlock tools --profile ward_round --digest                           of the list under a profile
  airlock tools --sent | airlock-host budget --tools - --model FILE     count tokens before anything is compiled")]
pub(super) struct ToolsArguments {
    #[command(flatten)]
    catalogs: CatalogsArgument,
    /// The list under a profile of workspace.yaml, instead of all tools.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Print the list that clients are sent, to the byte.
    #[arg(long, conflicts_with = "format")]
    sent: bool,
    /// Print the SHA-256 of that list, as it will stand in generated/src/lib.rs.
    #[arg(long, conflicts_with_all = ["format", "sent"])]
    digest: bool,
    /// For whom output is written.
    #[arg(long, value_enum, default_value = "human")]
    format: OutputFormat,
}

pub(super) fn run(arguments: &ToolsArguments, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let mut sources = Sources::default();
    let mut report = Report::default();
    let Some(placed) = pipeline::place(&arguments.catalogs.catalogs, &mut sources, &mut report) else {
        return refused(&report, &sources, arguments.format, streams);
    };
    let mut list = tool_list(&placed.catalogs);
    if let Some(name) = &arguments.profile {
        let Some(profile) = placed.profiles.iter().find(|profile| profile.name == *name) else {
            report.push(unknown(name, &placed.profiles));
            return refused(&report, &sources, arguments.format, streams);
        };
        list = list.under(&profile.tools, profile.search);
    }
    if arguments.sent {
        streams.out.write_all(list.text().as_bytes())?;
        return Ok(Exit::Done);
    }
    if arguments.digest {
        writeln!(streams.out, "{}", list.sha256())?;
        return Ok(Exit::Done);
    }
    let weighed: Vec<(&str, usize)> = list.entries().iter().map(|entry| (entry.name, entry.told().len())).collect();
    let total: usize = weighed.iter().map(|(_, bytes)| bytes).sum();
    match arguments.format {
        OutputFormat::Json => {
            let tools: Vec<Value> = weighed.iter().map(|(name, bytes)| json!({"name": name, "bytes": bytes})).collect();
            writeln!(streams.out, "{:#}", json!({"sha256": list.sha256(), "tools": tools, "bytes": total}))?;
        }
        OutputFormat::Human => {
            let width = weighed.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max("in all".len());
            for (name, bytes) in weighed {
                writeln!(streams.out, "{name:width$}  {bytes:8} bytes")?;
            }
            writeln!(streams.out, "{:width$}  {total:8} bytes", "in all")?;
        }
    }
    Ok(Exit::Done)
}

fn unknown(name: &str, profiles: &[Profile]) -> Diagnostic {
    let wrong = Diagnostic::error("E0809", format!("workspace.yaml has no profile `{}`", visible(name)));
    match did_you_mean(name, profiles.iter().map(|profile| profile.name.as_str())) {
        Some(meant) => wrong.help(format!("did you mean `{meant}`?")),
        None if profiles.is_empty() => wrong.help("it has none: begin one under `profiles`"),
        None => {
            let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
            wrong.help(format!("it has: {}", names.join(", ")))
        }
    }
}
