//! A path as of a git revision, copied to a temporary directory.
//!
//! Git is asked what lies there and for the bytes, and for nothing else: no work tree, no hook, no filter, no shell.

use std::fs;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::side::unwritten;
use crate::load::{FILE_BYTES_MAX, FILES_MAX};
use crate::report::{Diagnostic, visible};

/// Copies `path` as of `revision`. Gives the directory, which goes away with its value, and the path in it.
pub(super) fn copy(revision: &str, path: &str, repository: &Path) -> Result<(TempDir, PathBuf), Diagnostic> {
    let object = format!("{revision}:{}", path.trim_end_matches('/'));
    // What begins with a dash would be an option, and a line feed ends a question; git has no revision of such a name.
    if revision.is_empty() || revision.starts_with('-') || object.contains(['\0', '\n']) {
        return Err(wrong(&object, "that is no revision"));
    }
    let kind = asked(repository, &object, &["cat-file", "-t", &object])?;
    let directory = tempfile::tempdir().map_err(|error| unwritten(&error))?;
    let name = Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or("catalogs");
    let target = directory.path().join(name);
    let entries = match kind.trim_ascii() {
        b"blob" => vec![Entry { id: object.clone(), path: PathBuf::new() }],
        b"tree" => {
            // `--full-tree`: or else what lies above the current directory is left out without a word.
            listed(&object, &asked(repository, &object, &["ls-tree", "-r", "-z", "--full-tree", &object])?)?
        }
        _ => return Err(wrong(&object, "it is neither a directory nor a file")),
    };
    fs::create_dir_all(target.parent().unwrap_or(directory.path())).map_err(|error| unwritten(&error))?;
    if kind.trim_ascii() == b"tree" {
        fs::create_dir_all(&target).map_err(|error| unwritten(&error))?;
    }
    write(repository, &object, &entries, &target)?;
    Ok((directory, target))
}

/// A file of a revision.
struct Entry {
    id: String,
    path: PathBuf,
}

/// Reads what `ls-tree -r -z` writes: `MODE TYPE ID\tPATH\0`.
fn listed(object: &str, listing: &[u8]) -> Result<Vec<Entry>, Diagnostic> {
    let mut entries = Vec::new();
    for line in listing.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let parsed = str::from_utf8(line).ok().and_then(|line| line.split_once('\t'));
        let Some((about, path)) = parsed else {
            return Err(wrong(object, "a file in it has a name that is not UTF-8"));
        };
        let (mode, id) = (about.split(' ').next().unwrap_or_default(), about.rsplit(' ').next().unwrap_or_default());
        let path = PathBuf::from(path);
        // A tree can be made by hand, and its names then lead anywhere.
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(wrong(object, "a path in it leads out of it"));
        }
        match mode {
            "100644" | "100755" => entries.push(Entry { id: id.to_owned(), path }),
            "120000" => {
                let what = format!("{} is a link; put the file itself there", visible(&path.to_string_lossy()));
                return Err(wrong(object, &what));
            }
            // Another repository, of which only the revision stands here.
            _ => {}
        }
    }
    if entries.len() > FILES_MAX {
        return Err(wrong(object, &format!("it has more than {FILES_MAX} files")));
    }
    Ok(entries)
}

/// Writes the files below `target`, with one process that is asked for one after the other.
fn write(repository: &Path, object: &str, entries: &[Entry], target: &Path) -> Result<(), Diagnostic> {
    let mut child = git(repository)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| unstarted(&error))?;
    let outcome = entries.iter().try_fold(None, |stdout, entry| read_one(&mut child, stdout, entry, target).map(Some));
    drop(child.stdin.take());
    let outcome = outcome.map(|_| ()).map_err(|error| wrong(object, &error.to_string()));
    // What it says at its end is of no interest: every file has been read, or there is an error already.
    let _ = child.kill();
    let _ = child.wait();
    outcome
}

type Output = BufReader<std::process::ChildStdout>;

fn read_one(child: &mut Child, stdout: Option<Output>, entry: &Entry, target: &Path) -> io::Result<Output> {
    let other = |text: &str| io::Error::other(text.to_owned());
    let mut stdout = match stdout {
        Some(stdout) => stdout,
        None => BufReader::new(child.stdout.take().ok_or_else(|| other("git gives no output"))?),
    };
    let stdin = child.stdin.as_mut().ok_or_else(|| other("git takes no input"))?;
    writeln!(stdin, "{}", entry.id)?;
    stdin.flush()?;
    // `ID blob SIZE`, the bytes, a line feed.
    let mut head = String::new();
    stdout.read_line(&mut head)?;
    let size = head.trim_end().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok());
    let size = size.ok_or_else(|| other(&format!("git does not give {}", visible(&entry.path.to_string_lossy()))))?;
    if size > FILE_BYTES_MAX {
        return Err(other(&format!("{} has more than {FILE_BYTES_MAX} bytes", entry.path.display())));
    }
    let mut bytes = Vec::new();
    stdout.by_ref().take(size).read_to_end(&mut bytes)?;
    stdout.read_exact(&mut [0])?;
    let path = if entry.path.as_os_str().is_empty() { target.to_owned() } else { target.join(&entry.path) };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, bytes)?;
    Ok(stdout)
}

/// Git, in a repository, without what would write to it or fetch from elsewhere.
fn git(repository: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(repository)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C");
    command
}

/// What git answers.
fn asked(repository: &Path, object: &str, arguments: &[&str]) -> Result<Vec<u8>, Diagnostic> {
    let output = git(repository).args(arguments).stdin(Stdio::null()).output().map_err(|error| unstarted(&error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or("it fails").trim_start_matches("fatal: ");
    Err(wrong(object, &format!("git says: {said}")))
}

fn wrong(object: &str, what: &str) -> Diagnostic {
    Diagnostic::error("E0118", format!("cannot read {} of the git repository: {what}", visible(object)))
        .help("`git log` lists revisions; `REV:PATH` is a path from the top of the repository, `REV:./PATH` from here")
        .help("`--repository DIR` names another repository")
}

fn unstarted(error: &io::Error) -> Diagnostic {
    Diagnostic::error("E0118", format!("cannot run `git`: {error}"))
        .help("install git, or check the revision out and name its directory")
}
