//! The compiler's command line, in this process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use airlock_compiler::cli::{Exit, Streams, run};

/// What a run of the command line gave.
pub(crate) struct Ran {
    pub(crate) exit: Exit,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `airlock` with these arguments. Relative paths are below this package's directory.
pub(crate) fn airlock<S: Into<OsString>>(arguments: impl IntoIterator<Item = S>) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = std::iter::once("airlock".into()).chain(arguments.into_iter().map(Into::into));
    let mut streams = Streams { out: &mut out, err: &mut err, colour: false };
    let exit = run(arguments, &mut streams).expect("writing to memory");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    Ran { exit, out: text(out), err: text(err) }
}

/// The workspace's directory, relative to this package's, so that messages are the same on every machine.
pub(crate) fn workspace() -> &'static Path {
    Path::new("..")
}

/// Compares a text with the file that holds what it should be. With `AIRLOCK_BLESS=1` the file is rewritten instead, to be
/// read before it is committed; in CI that is refused.
pub(crate) fn assert_is_file(text: &str, path: &Path) {
    if blesses() {
        std::fs::write(path, text).expect("the case's directory can be written");
        return;
    }
    let wanted = std::fs::read_to_string(path).unwrap_or_default();
    assert!(text == wanted, "{} is not what came out:\n{text}\nAIRLOCK_BLESS=1 accepts it", path.display());
}

/// Whether files of expected output are rewritten.
pub(crate) fn blesses() -> bool {
    let blesses = std::env::var_os("AIRLOCK_BLESS").is_some();
    assert!(!(blesses && std::env::var_os("CI").is_some()), "CI does not rewrite what it should check");
    blesses
}

/// The directories in `root`, sorted.
pub(crate) fn directories(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root).expect("the cases are there");
    let mut found: Vec<PathBuf> =
        entries.map(|entry| entry.expect("can be read").path()).filter(|path| path.is_dir()).collect();
    found.sort();
    assert!(!found.is_empty(), "no case in {}", root.display());
    found
}

/// A real document. Tests that need one are ignored unless they are asked for, as `tests/all.sh` does where they are.
pub(crate) fn real_document(name: &str) -> PathBuf {
    let root = std::env::var_os("AIRLOCK_SPECS").map_or_else(|| PathBuf::from("../../shared/specs"), PathBuf::from);
    let path = root.join(name);
    assert!(path.is_file(), "{} is not there; set AIRLOCK_SPECS", path.display());
    path
}
