//! The command line: arguments in, an exit code out. Everything is written to the writers that the caller hands in.

mod audit;
#[cfg(feature = "llama")]
mod budget;
mod bundle;
mod call;
#[cfg(feature = "model")]
mod chat;
mod config;
mod context;
#[cfg(feature = "model")]
mod endpoint;
mod host;
#[cfg(feature = "llama")]
mod local;
#[cfg(feature = "llama")]
mod model;
mod print;
#[cfg(any(feature = "model", target_os = "linux"))]
mod progress;
mod prune;
mod release;
#[cfg(target_os = "linux")]
mod selftest;
mod serve;
mod site;
#[cfg(feature = "model")]
mod source;
mod unit;
#[cfg(feature = "llama")]
mod warm;

use std::ffi::OsString;
use std::io::{self, Write};
#[cfg(target_os = "linux")]
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

use airlock_contract::{Profile, Program};
use airlock_offer::ToolList;
use airlock_seal::Code;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use crate::audit::keeper;
use context::stopped;
pub(crate) use context::{Context, ProfileArg, runtime};
use host::Host;
pub use host::main;

/// How a command ended. A panic ends with 101 and is a bug of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// Done.
    Done,
    /// The call, or the model, failed.
    Failed,
    /// The command line, the site file or the arguments cannot be used.
    Usage,
    /// There is less isolation here than the site file asks for, so nothing was begun.
    Isolation,
    /// How a command on a bundle ended.
    Bundle(Code),
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

impl ExitCode {
    /// The exit code of the process.
    pub fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Isolation => 3,
            Self::Bundle(code) => code as u8,
        }
    }

    /// Ends a program with this code. Does not come back if a thread of the model is still at work: what it works with must
    /// not be torn down under it, and nobody wants to wait.
    pub fn leave(self) -> std::process::ExitCode {
        #[cfg(feature = "model")]
        if crate::model::leave::is_left_behind() {
            crate::model::leave::leave_at_once(self.number());
        }
        self.into()
    }
}

/// What the program of this repository is called.
const NAME: &str = "airlock-host";

const ABOUT: &str = "Runs the reviewed tools that are linked into this program: as an MCP server, or by hand.";

const EXAMPLES: &str = "\
Examples:
  airlock-host site > site.json                 write a site file to start from
  airlock-host tools                            list the tools, with their effect and request
  airlock-host tools --digest                   the digest of what models are told, to compare with the review
  airlock-host call find_patients '{\"name\":\"Li\"}'
                                                call one tool and print its pruned answer
  airlock-host serve                            speak MCP over standard input and output

Exit codes: 0 done, 1 the call failed, 2 bad usage or site file, 3 less isolation than the site file asks for,
10 to 20 the release that this program lies in was modified or is not signed as the site file asks for, or as `bundle` says,
101 a bug of ours.";

/// `airlock-host`.
#[derive(Debug, Parser)]
#[command(name = NAME, bin_name = NAME, version, about = ABOUT, after_help = EXAMPLES)]
struct Arguments {
    /// The site file: addresses of upstreams, files of credentials, limits [default: `$AIRLOCK_SITE`, else site.json]
    #[arg(long, global = true, value_name = "FILE")]
    site: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Speak MCP over standard input and output, until the input ends; or at a unix socket
    #[command(after_help = serve::MORE)]
    Serve(serve::ServeArgs),
    /// List the tools
    Tools {
        #[command(flatten)]
        profile: ProfileArg,
        /// `human` for people, `json` for programs
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
        /// Print the JSON Schema of each tool's arguments as well
        #[arg(long)]
        schema: bool,
        /// Print the SHA-256 of the list that clients are sent, as it stands in the reviewed source
        #[arg(long, conflicts_with_all = ["format", "schema"])]
        digest: bool,
        /// Print the list that clients are sent, to the byte: `airlock-host tools --sent | sha256sum`
        #[arg(long, conflicts_with_all = ["format", "schema", "digest"])]
        sent: bool,
    },
    /// Call one tool: its pruned answer goes to standard output, a summary to standard error
    #[command(after_help = "Example:\n  airlock-host call find_patients '{\"name\":\"Li\",\"limit\":5}'")]
    Call {
        /// The tool's name, as `airlock-host tools` prints it
        tool: String,
        /// The arguments: one JSON object, or `-` to read it from standard input
        #[arg(default_value = "{}")]
        json: String,
        /// Allow this call to write or destroy
        #[arg(long)]
        approve: bool,
        /// Write the file that the answer brings along, if its tool hands files on, to a new file
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
        #[command(flatten)]
        profile: ProfileArg,
    },
    /// Check, print, hand on or sum up the trail that calls have left
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Check, approve, install and roll back releases
    #[command(subcommand)]
    Bundle(bundle::BundleCommand),
    /// Keep the audit trail of another process: started by this program itself
    #[command(hide = true)]
    Keeper,
    /// Run a tool's prune rule on an answer that is at hand: nothing is called
    Prune(prune::PruneArgs),
    /// Count the tokens that each tool costs, with a model's own tokenizer, and keep the counts beside the catalogs
    #[cfg(feature = "llama")]
    Budget(budget::BudgetArgs),
    /// Look into a model file, or find out whether a model calls tools well
    #[cfg(feature = "llama")]
    #[command(subcommand)]
    Model(model::ModelCommand),
    /// Have the embedded model read rules and tools once, so that every later start begins behind them
    #[cfg(feature = "llama")]
    Warm(warm::WarmArgs),
    /// Make the attempts that isolation refuses, and tell which of them are closed on this machine
    #[cfg(target_os = "linux")]
    Selftest(selftest::SelftestArgs),
    /// Print a site file to start from, with every upstream and credential of the linked catalogs; or pin its names
    Site(site::SiteArgs),
    /// Print what makes a host of MCP servers start this program
    Config(config::ConfigArgs),
    /// Print a hardened unit by which systemd runs `serve` at a socket or over HTTP
    Unit(unit::UnitArgs),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Open connections for the process that started this one
    #[cfg(target_os = "linux")]
    #[command(name = crate::isolation::connector::ROLE, hide = true)]
    Connector,
    /// Ask a model one question: the embedded one, or one behind a model server
    #[cfg(feature = "model")]
    Ask(chat::AskArgs),
    /// Talk with a model: the embedded one, or one behind a model server
    #[cfg(feature = "model")]
    Chat(chat::ChatArgs),
}

impl Command {
    /// Whether it is refused in a release that was modified. What mends one, or looks at what is there, is not; and neither are
    /// the processes that a checked one starts.
    fn needs_whole_release(&self) -> bool {
        match self {
            Self::Bundle(_) | Self::Audit(_) | Self::Keeper | Self::Completions { .. } => false,
            #[cfg(target_os = "linux")]
            Self::Connector => false,
            _ => true,
        }
    }
}

/// How a list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// Runs one command inside of another program, which stays as it is: nothing is confined. `arguments` starts with the program's
/// name.
pub fn run(
    program: Program,
    arguments: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> ExitCode {
    commands(program, Host::Library, arguments, out, err)
}

fn commands(
    program: Program,
    host: Host,
    arguments: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let name = name_of(arguments.first());
    let parsed = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        Err(fault) => {
            let text = as_called(&fault.render().to_string(), &name);
            // `--help` and `--version` are results, not faults.
            let written = if fault.use_stderr() { write!(err, "{text}") } else { write!(out, "{text}") };
            return if fault.use_stderr() || written.is_err() { ExitCode::Usage } else { ExitCode::Done };
        }
    };
    let site_file =
        parsed.site.or_else(|| std::env::var_os("AIRLOCK_SITE").filter(|value| !value.is_empty()).map(PathBuf::from));
    let is_site_named = site_file.is_some();
    let site_file = site_file.unwrap_or_else(|| PathBuf::from("site.json"));
    let mut context = Context::new(program, host, site_file, out, err);
    if host == Host::Program && parsed.command.needs_whole_release() {
        match release::own(&program) {
            Ok(release) => context.release = release,
            Err(refusal) => return context.refuse(&refusal),
        }
    }
    match parsed.command {
        Command::Serve(arguments) => serve::run(&arguments, &mut context),
        Command::Tools { profile, format, schema, digest: is_digest, sent } => {
            let profile = match profile.find(&mut context) {
                Ok(profile) => profile,
                Err(code) => return code,
            };
            if is_digest {
                return digest(&mut context, profile);
            }
            let printed = if sent {
                context.out.write_all(list(program, profile).text().as_bytes())
            } else {
                print::tools(program.catalogs, profile, format == Format::Json, schema, context.out)
            };
            finish(&mut context, printed)
        }
        Command::Call { tool, json, approve, save, profile } => {
            call::run(&mut context, &tool, &json, approve, save.as_deref(), &profile)
        }
        Command::Audit(command) => audit::run(&command, &mut context),
        Command::Bundle(command) => bundle::run(&command, is_site_named, &mut context),
        Command::Keeper => match keeper::serve() {
            Ok(()) => ExitCode::Done,
            Err(fault) => context.fail(ExitCode::Failed, &format!("cannot keep the audit trail: {fault}")),
        },
        Command::Prune(arguments) => prune::run(&arguments, &mut context),
        #[cfg(target_os = "linux")]
        Command::Selftest(arguments) => selftest::run(&arguments, &mut context),
        Command::Site(arguments) => site::run(&arguments, &mut context),
        Command::Config(arguments) => config::run(&arguments, &mut context),
        Command::Unit(arguments) => unit::run(&arguments, &mut context),
        #[cfg(target_os = "linux")]
        Command::Connector => connector(&mut context),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), name, &mut script);
            let printed = context.out.write_all(&script);
            finish(&mut context, printed)
        }
        #[cfg(feature = "llama")]
        Command::Budget(arguments) => budget::run(&arguments, &mut context),
        #[cfg(feature = "llama")]
        Command::Model(command) => model::run(&command, &mut context),
        #[cfg(feature = "llama")]
        Command::Warm(arguments) => warm::run(&arguments, &mut context),
        #[cfg(feature = "model")]
        Command::Ask(arguments) => chat::ask(&arguments, &mut context),
        #[cfg(feature = "model")]
        Command::Chat(arguments) => chat::chat(&arguments, &mut context),
    }
}

/// What this program is called: by its file, where that has a plain name.
fn name_of(program: Option<&OsString>) -> String {
    let name = program.and_then(|path| Some(Path::new(path).file_name()?.to_str()?.to_owned()));
    let is_plain = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    name.filter(is_plain).unwrap_or_else(|| NAME.to_owned())
}

/// Help with the name of a program that is another one, in a workspace of somebody's own. Paths stay.
fn as_called(help: &str, name: &str) -> String {
    let mut text = String::with_capacity(help.len());
    let mut rest = help;
    while let Some(at) = rest.find(NAME) {
        let (before, after) = (&rest[..at], &rest[at + NAME.len()..]);
        text.push_str(before);
        text.push_str(if before.ends_with('/') { NAME } else { name });
        rest = after;
    }
    text + rest
}

/// Is the process that opens connections, until the one that started it ends.
#[cfg(target_os = "linux")]
fn connector(context: &mut Context<'_>) -> ExitCode {
    let served = io::stdin().as_fd().try_clone_to_owned().map_err(|fault| fault.to_string());
    match served.and_then(|control| crate::isolation::connector::serve(&control)) {
        Ok(()) => ExitCode::Done,
        Err(fault) => context.fail(ExitCode::Failed, &fault),
    }
}

/// The list that clients are sent, made anew.
fn list(program: Program, profile: Option<&Profile>) -> ToolList<'static> {
    let list = ToolList::of(program.catalogs);
    match profile {
        Some(profile) => list.under(profile.tools, profile.search),
        None => list,
    }
}

/// The digest of the list of tools, made anew; the reviewed one is in the source.
fn digest(context: &mut Context<'_>, profile: Option<&Profile>) -> ExitCode {
    let sha256 = list(context.program, profile).sha256();
    let reviewed = profile.map_or(context.program.tools_sha256, |profile| profile.tools_sha256);
    let printed = writeln!(context.out, "{sha256}");
    if sha256 != reviewed {
        return context.fail(ExitCode::Failed, &format!("this is not the digest that was compiled in, {reviewed}"));
    }
    finish(context, printed)
}

/// A result that was not written whole is not a result.
fn finish(context: &mut Context<'_>, printed: io::Result<()>) -> ExitCode {
    match printed.and_then(|()| context.out.flush()) {
        Ok(()) => ExitCode::Done,
        Err(fault) => context.fail(ExitCode::Failed, &format!("cannot write the result: {fault}")),
    }
}
