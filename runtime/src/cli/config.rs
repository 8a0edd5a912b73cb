//! `airlock-host config`: what makes a host of MCP servers start this program.

use std::path::{Path, PathBuf, absolute};

use clap::ValueEnum;
use serde_json::{Value, json};

use super::{Context, ExitCode, ProfileArg, finish};

/// Arguments of `airlock-host config`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  airlock-host --site /etc/airlock/site.json config --for vscode > .vscode/mcp.json

Where it goes is told on standard error. Most hosts put the name before each tool's name, so it is short. `--bin` and
`--site-at` are for a configuration of another machine.")]
pub(super) struct ConfigArgs {
    /// The host
    #[arg(long = "for", value_enum, value_name = "HOST")]
    host: Host,
    /// What the host calls this server: a lower-case letter, then at most 15 letters or digits
    #[arg(long, default_value = "airlock", value_parser = name)]
    name: String,
    /// Let the host's clients call tools that write or destroy
    #[arg(long)]
    allow_writes: bool,
    /// The program, as the host finds it [default: this one]
    #[arg(long, value_name = "PATH")]
    bin: Option<PathBuf>,
    /// The site file, as the host's machine has it [default: the one of `--site`]
    #[arg(long, value_name = "PATH")]
    site_at: Option<PathBuf>,
    #[command(flatten)]
    profile: ProfileArg,
}

/// A host of MCP servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Host {
    /// Claude Desktop, and Claude Code
    Claude,
    /// Visual Studio Code
    Vscode,
    /// Cursor
    Cursor,
    /// goose
    Goose,
    /// LM Studio
    Lmstudio,
    /// llama.cpp's server
    LlamaServer,
}

impl Host {
    /// Where its configuration stands.
    fn place(self) -> &'static str {
        match self {
            Self::Claude => "claude_desktop_config.json of Claude Desktop, or .mcp.json of a project for Claude Code",
            Self::Vscode => ".vscode/mcp.json of a folder, or `MCP: Open User Configuration`",
            Self::Cursor => "~/.cursor/mcp.json, or .cursor/mcp.json of a project",
            Self::Goose => "~/.config/goose/config.yaml",
            Self::Lmstudio => "~/.lmstudio/mcp.json",
            Self::LlamaServer => "a file of its own, for `llama-server --mcp-servers-config FILE`",
        }
    }
}

/// A name that leaves room for a tool's, whatever a host puts between: `mcp__NAME__TOOL` has 64 characters at most.
fn name(text: &str) -> Result<String, String> {
    let mut bytes = text.bytes();
    let is_name = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && text.len() <= 16;
    if is_name { Ok(text.to_owned()) } else { Err("a lower-case letter, then at most 15 letters or digits".to_owned()) }
}

pub(super) fn run(arguments: &ConfigArgs, context: &mut Context<'_>) -> ExitCode {
    if let Err(code) = arguments.profile.find(context) {
        return code;
    }
    let program = arguments.bin.clone().map_or_else(std::env::current_exe, Ok);
    let site = arguments.site_at.clone().map_or_else(|| absolute(&context.site_file), Ok);
    let paths = program.and_then(|program| Ok((program, site?)));
    let (program, site) = match paths {
        Ok(paths) => paths,
        Err(fault) => return context.fail(ExitCode::Failed, &format!("cannot tell where this program is: {fault}")),
    };
    if arguments.site_at.is_none() && !site.is_file() {
        // A configuration may well be written before the site file is.
        let _ = writeln!(context.err, "note: {} is not there yet; `airlock-host site` prints one", site.display());
    }
    let snippet = match snippet(arguments, &program, &site) {
        Ok(snippet) => snippet,
        Err(fault) => return context.fail(ExitCode::Usage, &fault),
    };
    let printed = writeln!(context.out, "{snippet}");
    let _ = writeln!(context.err, "put this into {}", arguments.host.place());
    finish(context, printed)
}

fn snippet(arguments: &ConfigArgs, program: &Path, site: &Path) -> Result<String, String> {
    let text = |path: &Path| {
        path.to_str().map(str::to_owned).ok_or_else(|| format!("{} is not a name in UTF-8", path.display()))
    };
    let (command, site) = (text(program)?, text(site)?);
    let mut args = vec!["--site", &site, "serve"];
    if let Some(profile) = &arguments.profile.profile {
        args.extend(["--profile", profile]);
    }
    if arguments.allow_writes {
        args.push("--allow-writes");
    }
    let name = &arguments.name;
    Ok(match arguments.host {
        Host::Claude | Host::Cursor | Host::Lmstudio | Host::LlamaServer => {
            format!("{:#}", json!({"mcpServers": {name: {"command": command, "args": args}}}))
        }
        Host::Vscode => {
            format!("{:#}", json!({"servers": {name: {"type": "stdio", "command": command, "args": args}}}))
        }
        // A text in JSON is the same text in YAML.
        Host::Goose => format!(
            "extensions:\n  {name}:\n    enabled: true\n    type: stdio\n    name: {name}\n    cmd: {}\n    args: {}\n    \
             timeout: 300",
            Value::from(command),
            json!(args)
        ),
    })
}
