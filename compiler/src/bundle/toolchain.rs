//! The tools that a build needs: which there are, and which are missing.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use airlock_seal::{Code, Refusal};

/// Rust's compiler and Cargo, found once, and called by their paths from then on: a `rust-toolchain.toml` that lies on the way
/// makes rustup's proxies look for another one.
#[derive(Clone, Debug)]
pub struct Toolchain {
    pub cargo: PathBuf,
    pub rustc: PathBuf,
    /// `1.95.0`.
    pub release: String,
    /// What `rustc --version` says: release, commit and day.
    pub version: String,
    /// The triple of this machine.
    pub host: String,
}

impl Toolchain {
    /// Asks the `rustc` that is found from `directory`.
    pub fn find(directory: &Path) -> Result<Self, Refusal> {
        let sysroot = PathBuf::from(asked(Command::new("rustc").args(["--print", "sysroot"]).current_dir(directory))?);
        let rustc = sysroot.join("bin/rustc");
        let cargo = sysroot.join("bin/cargo");
        for program in [&rustc, &cargo] {
            if !program.is_file() {
                return Err(Refusal::new(
                    Code::Usage,
                    format!("there is no {}: install Rust with Cargo, by rustup or a package", program.display()),
                ));
            }
        }
        let about = asked(Command::new(&rustc).arg("-vV").current_dir(directory))?;
        let field = |name: &str| {
            about
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .map(str::to_owned)
                .ok_or_else(|| Refusal::new(Code::Internal, format!("`rustc -vV` says no `{name}`")))
        };
        let version = about.lines().next().unwrap_or_default().to_owned();
        Ok(Self { release: field("release: ")?, host: field("host: ")?, version, cargo, rustc })
    }
}

fn asked(command: &mut Command) -> Result<String, Refusal> {
    let told = |fault: &str| {
        Refusal::new(Code::Usage, format!("`rustc` does not answer ({fault}): install Rust, or put it onto PATH"))
    };
    let output = command.output().map_err(|error| told(&error.to_string()))?;
    if !output.status.success() {
        return Err(told(String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or("it failed")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// A tool, and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    pub name: &'static str,
    /// What it is for, in few words.
    pub purpose: &'static str,
    pub path: Option<PathBuf>,
}

/// The tools beside Rust: those of any build, and those of llama.cpp.
pub fn tools(is_llama_built: bool) -> Vec<Tool> {
    let on_path = |name: &'static str, purpose| Tool { name, purpose, path: on_path(name) };
    let mut tools = vec![on_path("cc", "links the program, and compiles C")];
    if is_llama_built {
        tools.extend([
            on_path("c++", "compiles llama.cpp"),
            on_path("cmake", "configures llama.cpp"),
            on_path("make", "builds llama.cpp"),
            Tool { name: "libclang", purpose: "reads the headers of llama.cpp", path: libclang() },
        ]);
    }
    tools
}

/// What these tools say of their version, and what the linker and the C library do, which come with the first.
pub(super) fn versions(tools: &[Tool]) -> BTreeMap<String, String> {
    let mut versions = BTreeMap::new();
    for tool in tools {
        let Some(path) = &tool.path else { continue };
        let version = if tool.name == "libclang" {
            fs::canonicalize(path).ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        } else {
            first_line(path)
        };
        versions.extend(version.map(|version| (tool.name.to_owned(), version)));
    }
    for (name, program) in [("ld", "ld"), ("libc", "ldd")] {
        versions.extend(on_path(program).and_then(|path| first_line(&path)).map(|line| (name.to_owned(), line)));
    }
    versions
}

fn first_line(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").env("LC_ALL", "C").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().map(str::to_owned).filter(|line| output.status.success() && !line.is_empty())
}

/// Refuses with the names of all that are missing.
pub fn require(tools: &[Tool]) -> Result<(), Refusal> {
    let missing: Vec<String> = tools
        .iter()
        .filter(|tool| tool.path.is_none())
        .map(|tool| format!("{} ({})", tool.name, tool.purpose))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let text = format!("missing here: {}; install them, or put them onto PATH", missing.join(", "));
    Err(Refusal::new(Code::Usage, text))
}

/// Directories of these tools for a cleared environment, Rust's first, then what every system has.
pub(super) fn search_path(toolchain: &Toolchain, tools: &[Tool]) -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> = Vec::new();
    let programs = tools.iter().filter(|tool| tool.name != "libclang").filter_map(|tool| tool.path.as_deref());
    let found = std::iter::once(toolchain.cargo.as_path()).chain(programs).filter_map(Path::parent);
    for directory in found.chain([Path::new("/usr/bin"), Path::new("/bin")]) {
        if !directories.iter().any(|known| known == directory) {
            directories.push(directory.to_owned());
        }
    }
    directories
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).filter(|directory| directory.is_absolute()).map(|directory| directory.join(name)).find(
        |program| {
            use std::os::unix::fs::PermissionsExt as _;
            fs::metadata(program).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
        },
    )
}

/// Where bindgen finds the library: `LIBCLANG_PATH`, then where distributions put it.
fn libclang() -> Option<PathBuf> {
    let named = std::env::var_os("LIBCLANG_PATH").map(PathBuf::from);
    let mut directories: Vec<PathBuf> = named.into_iter().collect();
    let mut versions: Vec<PathBuf> = children(Path::new("/usr/lib"))
        .filter(|path| path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with("llvm")))
        .map(|path| path.join("lib"))
        .collect();
    versions.sort();
    directories.extend(versions.into_iter().rev());
    let common =
        ["/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/usr/local/lib"];
    directories.extend(common.map(PathBuf::from));
    directories.iter().flat_map(|directory| children(directory)).find(|path| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        name == "libclang.so"
            || name.starts_with("libclang.so.")
            || name.starts_with("libclang-") && name.contains(".so")
    })
}

fn children(directory: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use super::{Tool, require, tools};

    #[test]
    fn all_that_is_missing_is_told_at_once() {
        let tool = |name, path: Option<&str>| Tool { name, purpose: "is needed", path: path.map(Into::into) };
        require(&[tool("cc", Some("/usr/bin/cc"))]).expect("is there");
        let refusal =
            require(&[tool("cc", None), tool("make", Some("/x")), tool("cmake", None)]).expect_err("is missing");
        assert!(refusal.text.starts_with("missing here: cc (is needed), cmake (is needed);"), "{}", refusal.text);
        assert!(tools(true).len() > tools(false).len());
    }
}
