//! `airlock new`: a workspace of one's own on Airlock's crates, so that nobody has to fork their repository.

mod layout;
mod refresh;
mod sources;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Exit, Streams, count};
use crate::cargo::lock::Lock;
use crate::emit::emit;
use crate::load::Sources as Read;
use crate::pipeline;
use crate::print::print;
use crate::report::{Report, visible};
use crate::write::{self, replace};
use sources::Sources;

/// Arguments of `airlock new`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Writes a workspace for Cargo: `catalogs/`, `generated/`, a program in `server/` that joins both with the runtime, and the
sources of Airlock's crates in `airlock/`, as they are packed into this program. Needs no network and no checkout. Versions of
third-party crates are those that Airlock is tested with.

  airlock new wards                    catalogs, generated source, and a program `wards`
  cd wards && cargo build --release    the program, in target/release/wards
  cargo airlock compile                this compiler, from the workspace's own sources
  airlock new --refresh wards          after an upgrade of airlock: replaces `airlock/`, and nothing of yours

Exit codes: 0 done, 2 nothing was written.")]
pub(super) struct NewArguments {
    /// The directory: not there, or empty.
    directory: PathBuf,
    /// What the program is called: small letters, digits and `-` [default: the directory's name].
    #[arg(long, conflicts_with = "refresh")]
    name: Option<String>,
    /// Begin without the example of a catalog.
    #[arg(long, conflicts_with = "refresh")]
    empty: bool,
    /// Replace `airlock/` in a workspace that is there, and the versions in its lock.
    #[arg(long)]
    refresh: bool,
    /// Replace it even where somebody has edited it.
    #[arg(long, requires = "refresh")]
    force: bool,
}

pub(super) fn run(arguments: &NewArguments, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let done = Sources::unpack().and_then(|sources| {
        if arguments.refresh {
            return refresh::run(&arguments.directory, arguments.force, &sources);
        }
        begin(arguments, &sources)
    });
    match done {
        Ok(told) => {
            streams.out.write_all(told.as_bytes())?;
            Ok(Exit::Done)
        }
        Err(fault) => {
            writeln!(streams.err, "error: {fault}")?;
            Ok(Exit::Invalid)
        }
    }
}

/// Writes a new workspace, and says what comes next.
fn begin(arguments: &NewArguments, sources: &Sources) -> Result<String, String> {
    let directory = &arguments.directory;
    // `.` has a name as well.
    let path = std::path::absolute(directory).map_err(|fault| told(directory, &fault))?;
    let own = || path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = arguments.name.clone().unwrap_or_else(own);
    check_name(&name, &sources.lock).map_err(|fault| {
        let way_out = if arguments.name.is_none() { "; choose one with `--name`" } else { "" };
        format!("`{}` cannot name the program: {fault}{way_out}", visible(&name))
    })?;
    check_empty(directory)?;
    let mut files = layout::files(&name, arguments.empty, sources)?;
    files.extend(sources.files.iter().map(|(path, bytes)| (format!("airlock/{path}"), bytes.clone())));
    files.insert(format!("airlock/{}", sources::VERSION), sources.version_file().into_bytes());
    write_all(&files, directory)?;
    let tools = generate(directory, arguments.empty)?;
    let next = if arguments.empty { "cargo airlock init NAME --document FILE" } else { "cargo build" };
    Ok(format!(
        "{}: {}, Airlock's crates in `airlock/`, and a program `{name}`\n\
         next: `cd {} && {next}`; README.md there says how to go on\n",
        shown(directory),
        count(tools, "tool"),
        shown(directory),
    ))
}

/// Writes `generated/`, as `airlock compile` does; without a catalog, a crate with no tool, since Cargo wants one to be there.
/// How many tools there are.
fn generate(directory: &Path, is_empty: bool) -> Result<usize, String> {
    let (catalogs, files) = if is_empty {
        (Vec::new(), print(&emit(&[], &[], &[])))
    } else {
        let (mut read, mut report) = (Read::default(), Report::default());
        let compiled = pipeline::compile(&directory.join("catalogs"), &mut read, &mut report);
        let compiled = compiled.ok_or("the example does not compile; this is a bug of airlock's")?;
        (compiled.catalogs, compiled.files)
    };
    let out = directory.join("generated");
    write::compare(&files, &out)
        .and_then(|differences| write::apply(&files, &out, &differences))
        .map_err(|fault| told(&out, &fault))?;
    Ok(catalogs.iter().map(|catalog| catalog.tools.len()).sum())
}

/// Whether a Cargo package, a program and a bundle can have this name.
fn check_name(name: &str, lock: &Lock) -> Result<(), String> {
    // What cargo refuses, or warns of, as the name of a package or of a program.
    const RESERVED: [&str; 12] = [
        "build",
        "deps",
        "examples",
        "incremental",
        "test",
        "core",
        "std",
        "alloc",
        "proc-macro",
        "proc_macro",
        "generated",
        "server",
    ];
    if name.is_empty() || name.len() > 64 {
        return Err("a name has 1 to 64 characters".to_owned());
    }
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !name.bytes().all(is_plain) || !name.starts_with(|first: char| first.is_ascii_lowercase()) || name.ends_with('-')
    {
        return Err("small letters, digits and `-`, a letter first".to_owned());
    }
    if syn::parse_str::<syn::Ident>(&name.replace('-', "_")).is_err() {
        return Err("it is a word of Rust's".to_owned());
    }
    if RESERVED.contains(&name) {
        return Err("the name is taken: by Cargo, or by a part of the workspace".to_owned());
    }
    if name.starts_with("airlock") || lock.has(name) {
        return Err("a package that it is built from has this name".to_owned());
    }
    Ok(())
}

/// Nothing that is there is overwritten.
fn check_empty(directory: &Path) -> Result<(), String> {
    match fs::read_dir(directory).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!(
            "{} is not empty; name another directory, or `airlock new --refresh {}` where it is such a workspace",
            shown(directory),
            shown(directory)
        )),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(fault) => Err(told(directory, &fault)),
    }
}

/// Writes each file, by its path below the directory.
fn write_all(files: &BTreeMap<String, Vec<u8>>, directory: &Path) -> Result<(), String> {
    for (path, bytes) in files {
        let target = directory.join(path);
        let parent = target.parent().unwrap_or(directory);
        fs::create_dir_all(parent).and_then(|()| fs::write(&target, bytes)).map_err(|fault| told(&target, &fault))?;
    }
    Ok(())
}

/// Replaces a text file.
fn rewrite(path: &Path, text: &str) -> Result<(), String> {
    replace(path, text).map_err(|fault| told(path, &fault))
}

fn told(path: &Path, fault: &io::Error) -> String {
    format!("{}: {fault}", shown(path))
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy().replace('\\', "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_cargo_and_a_bundle_take() {
        let sources = Sources::unpack().expect("is packed");
        for name in ["wards", "ward-round", "w2"] {
            assert_eq!(check_name(name, &sources.lock), Ok(()), "{name}");
        }
        for name in
            ["", "Wards", "2w", "a_b", "-a", "a-", "a b", "../a", "fn", "test", "serde", "airlock-x", &"a".repeat(65)]
        {
            check_name(name, &sources.lock).expect_err(name);
        }
    }
}
