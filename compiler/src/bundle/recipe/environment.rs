//! Where a build happens, and all that it sees of the machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use airlock_seal::{Code, Refusal};

use super::super::Linkage;
use super::super::toolchain::{self, Tool, Toolchain};
use super::{CPU_V3, Recipe};

/// Says that a directory is one of builds.
const MARK: &str = ".airlock-build";

/// The directories of a build.
pub(super) struct Place {
    pub(super) root: PathBuf,
    pub(super) source: PathBuf,
    pub(super) target: PathBuf,
    pub(super) cargo: PathBuf,
    pub(super) home: PathBuf,
}

impl Place {
    /// Makes them, below a path that compilers take as it is.
    pub(super) fn make(work: &Path) -> Result<Self, Refusal> {
        let failed = |error| Refusal::internal(work.display(), error);
        fs::create_dir_all(work).map_err(failed)?;
        let root = fs::canonicalize(work).map_err(failed)?;
        let is_plain = root.to_str().is_some_and(|path| {
            path.len() > 1 && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._+-@".contains(&byte))
        });
        if !is_plain {
            let text = format!(
                "{}: compilers are told of this path in options; take one of letters, digits and ._+-@",
                root.to_string_lossy().escape_debug()
            );
            return Err(Refusal::new(Code::Usage, text));
        }
        let [source, target, cargo, home] = ["source", "target", "cargo", "home"].map(|name| root.join(name));
        // Everything else in these is removed, so they have to be of an earlier build and not of somebody's work.
        let mark = root.join(MARK);
        if !mark.is_file() {
            if let Some(taken) = [&source, &target, &cargo, &home].into_iter().find(|directory| directory.exists()) {
                let text = format!("{} is there, and of no build; name a directory without it", taken.display());
                return Err(Refusal::new(Code::Usage, text));
            }
            fs::write(&mark, "").map_err(failed)?;
        }
        for directory in [&source, &target] {
            fs::create_dir_all(directory).map_err(failed)?;
        }
        for directory in [&cargo, &home] {
            // Of an earlier build, or of somebody who would like to have a word: neither configures this one.
            if directory.exists() {
                fs::remove_dir_all(directory).map_err(failed)?;
            }
            fs::create_dir(directory).map_err(failed)?;
        }
        Ok(Self { root, source, target, cargo, home })
    }
}

/// Where Rust links with the LLD that it brings along, so that its options can be told.
const LLD_TARGET: &str = "x86_64-unknown-linux-gnu";

/// Functions that are the same are one, where nobody can tell; relocations are packed (DT_RELR, which glibc reads from 2.36 on).
const SMALLER: [&str; 2] = ["--icf=safe", "-z,pack-relative-relocs"];

/// Functions are copied into their callers up to this cost, and not up to 275: a release is a twelfth smaller, and a call through
/// it takes no longer, since more of what it runs through stays in the processor's cache.
const INLINED: &str = "-Cllvm-args=-inline-threshold=100";

/// All variables that a build sees. What is not here, it does not see.
pub(super) fn environment(
    recipe: &Recipe,
    toolchain: &Toolchain,
    tools: &[Tool],
    place: &Place,
) -> BTreeMap<&'static str, String> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let maps =
        [(&place.root, "/work"), (&place.source, "/source"), (&place.target, "/target"), (&place.cargo, "/cargo")];
    let mut rust: Vec<String> =
        maps.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect();
    if recipe.linkage == Linkage::StaticPie {
        rust.push("-Ctarget-feature=+crt-static".to_owned());
    }
    if recipe.target == LLD_TARGET {
        rust.extend(SMALLER.map(|argument| format!("-Clink-arg=-Wl,{argument}")));
    }
    rust.push(INLINED.to_owned());
    let mut c = maps.map(|(from, to)| format!("-ffile-prefix-map={}={to}", from.display())).join(" ");
    // What nobody calls is left out by the linker, which knows functions by their sections.
    c.push_str(" -ffunction-sections -fdata-sections");
    let directories = toolchain::search_path(toolchain, tools);
    let path = std::env::join_paths(directories).unwrap_or_default().to_string_lossy().into_owned();
    let mut variables = BTreeMap::from([
        ("AIRLOCK_CPU", recipe.cpu.clone()),
        ("CARGO_ENCODED_RUSTFLAGS", rust.join("\x1f")),
        ("CARGO_HOME", text(&place.cargo)),
        ("CARGO_TARGET_DIR", text(&place.target)),
        ("CFLAGS", c.clone()),
        ("CMAKE_DISABLE_FIND_PACKAGE_OpenSSL", "ON".to_owned()),
        ("CXXFLAGS", c),
        ("GGML_CCACHE", "OFF".to_owned()),
        ("GGML_NATIVE", "OFF".to_owned()),
        // llama.cpp asks git for a commit, and would be told that of a checkout in which the work directory happens to lie.
        ("GIT_DIR", "/nonexistent".to_owned()),
        ("HOME", text(&place.home)),
        ("LC_ALL", "C".to_owned()),
        ("PATH", path),
        ("RUSTC", text(&toolchain.rustc)),
        ("SOURCE_DATE_EPOCH", recipe.epoch.to_string()),
        ("TZ", "UTC".to_owned()),
    ]);
    if recipe.cpu == CPU_V3 {
        let options = ["GGML_AVX", "GGML_AVX2", "GGML_BMI2", "GGML_F16C", "GGML_FMA", "GGML_SSE42"];
        variables.extend(options.map(|option| (option, "ON".to_owned())));
    }
    // Two that change how long a build takes, and where a library is found, and nothing of what comes out.
    for name in ["CARGO_BUILD_JOBS", "LIBCLANG_PATH"] {
        if let Ok(value) = std::env::var(name) {
            variables.insert(name, value);
        }
    }
    if let Some(jobs) = variables.get("CARGO_BUILD_JOBS").cloned() {
        variables.insert("CMAKE_BUILD_PARALLEL_LEVEL", jobs);
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_directory_of_somebody_is_not_worked_in() {
        let root = tempfile::tempdir().expect("can be made");
        Place::make(&root.path().join("new")).expect("is made");
        Place::make(&root.path().join("new")).expect("is taken up");
        let taken = root.path().join("bundle");
        std::fs::create_dir_all(taken.join("source")).expect("can be made");
        let refusal = Place::make(&taken).err().expect("is somebody's");
        assert!(refusal.text.contains("bundle/source is there, and of no build"), "{}", refusal.text);
        Place::make(&root.path().join("a b")).err().expect("is no option");
    }
}
