//! The one environment in which a release is built, and the one command.
//!
//! `source/` is copied below a work directory, `vendor.tar` unpacked into it, and Cargo called with an environment that is
//! cleared but for what stands in `environment`. Paths of the work directory become `/source`, `/target` and `/cargo` in
//! whatever a compiler writes down.

mod environment;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use airlock_seal::{Code, Refusal};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha512};

use super::cargo::{self, Edges};
use super::toolchain::{self, Tool, Toolchain};
use super::{Linkage, Program, lock, scan, source, vendor};
use crate::load::hex;
use environment::{Place, environment};

/// Its name below `source/`.
pub const FILE: &str = "recipe.json";

/// What any processor of the target has.
pub const CPU_BASE: &str = "base";

/// What llama.cpp is compiled for on x86-64: AVX2, FMA, F16C, BMI2 and what belongs to them. The rest of the program keeps to the
/// baseline, so that the check at start runs anywhere.
pub const CPU_V3: &str = "x86-64-v3";

/// How the program of a release is built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    pub bin: String,
    /// [`CPU_BASE`] or [`CPU_V3`].
    pub cpu: String,
    pub default_features: bool,
    /// `SOURCE_DATE_EPOCH`.
    pub epoch: i64,
    /// Sorted.
    pub features: Vec<String>,
    pub format: u32,
    pub linkage: Linkage,
    pub package: String,
    /// `rustc --version`, to the commit.
    pub rustc: String,
    /// The target triple.
    pub target: String,
    /// What the tools beside Rust say of their version. Others write other bytes, so they are told where a build differs.
    pub tools: BTreeMap<String, String>,
}

/// How far a build is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Crates built, or found built.
    pub done: usize,
    pub all: usize,
}

/// A program that was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Where it lies, below the work directory.
    pub binary: PathBuf,
    /// Lower-case hexadecimal digits.
    pub sha512: String,
    pub linkage: Linkage,
    /// What the processor has to offer.
    pub cpu: String,
    /// Sorted.
    pub features: Vec<String>,
    /// `rustc --version`.
    pub rustc_version: String,
    /// The target triple.
    pub target: String,
    /// The tools of the machine that took part.
    pub tools: Vec<Tool>,
}

impl Recipe {
    pub(super) fn of(program: &Program, toolchain: &Toolchain, cpu: &str) -> Self {
        let is_llama_built = has_llama(cpu, &toolchain.host);
        let mut features = program.features.clone();
        features.sort();
        Self {
            bin: program.bin.clone(),
            cpu: cpu.to_owned(),
            default_features: program.default_features,
            epoch: program.epoch,
            features,
            format: 1,
            linkage: program.linkage,
            package: program.package.clone(),
            rustc: toolchain.version.clone(),
            target: toolchain.host.clone(),
            tools: toolchain::versions(&toolchain::tools(is_llama_built)),
        }
    }

    /// The file's text: sorted keys, one value a line.
    pub(super) fn text(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        format!("{value:#}\n")
    }

    /// Reads the file. What it says becomes arguments of Cargo, so it is held to what names are made of.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let refused = |fault: &dyn std::fmt::Display| Refusal::new(Code::Format, format!("source/{FILE}: {fault}"));
        let recipe: Self = serde_json::from_slice(bytes).map_err(|error| refused(&error))?;
        let is_name = |text: &str| {
            !text.is_empty()
                && !text.starts_with('-')
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-/".contains(&byte))
        };
        let names = [&recipe.bin, &recipe.package, &recipe.target].into_iter().chain(&recipe.features);
        if let Some(bad) = names.into_iter().find(|name| !is_name(name)) {
            return Err(refused(&format!("`{}` is no name", bad.escape_debug())));
        }
        if recipe.format != 1 || ![CPU_BASE, CPU_V3].contains(&recipe.cpu.as_str()) {
            return Err(refused(&"is of a form that is not known here"));
        }
        Ok(recipe)
    }
}

/// Builds the program of `source` (a directory that [`source::gather`] and [`vendor::write`] made) below `work`. What is there
/// of an earlier build is taken up. Afterwards the program is looked through for paths of this machine.
///
/// # Errors
/// Another Rust than the recipe names, tools that are missing, a build that fails, a program that holds a path.
pub fn build(source: &Path, work: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Built, Refusal> {
    let files = source::read_tree(source)?;
    build_files(&files, &source.join(vendor::FILE), work, progress)
}

/// The same of files that are held already, and the archive of crates.
pub(super) fn build_files(
    files: &BTreeMap<String, Vec<u8>>,
    archive: &Path,
    work: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Built, Refusal> {
    let held =
        |name: &str| files.get(name).ok_or_else(|| Refusal::new(Code::Format, format!("there is no source/{name}")));
    let recipe = Recipe::read(held(FILE)?)?;
    let locked = lock::read(&String::from_utf8_lossy(held("Cargo.lock")?))?;
    let place = Place::make(work)?;
    let toolchain = Toolchain::find(&place.root)?;
    let tools = recipe.tools();
    check_tools(&recipe, &toolchain, &tools)?;
    source::remove_others(&place.source, "", &|name| {
        files.contains_key(name) || name == vendor::DIRECTORY || name.starts_with("vendor/")
    })?;
    source::write_tree(&place.source, files)?;
    vendor::unpack(archive, &place.source, &locked)?;

    let features = cargo::features(&recipe.features, recipe.default_features);
    let cache = Some(place.cargo.as_path());
    let needed = cargo::tree(&toolchain, &place.source, &recipe.package, &features, Edges::Built, cache)?;
    let environment = environment(&recipe, &toolchain, &tools, &place);
    run(&recipe, &toolchain, &features, &environment, &place, needed.len(), progress)?;

    let binary = place.target.join(&recipe.target).join("release").join(&recipe.bin);
    let bytes = fs::read(&binary).map_err(|error| Refusal::internal(binary.display(), error))?;
    if let Some(found) = scan::find(&bytes, &scan::needles(&place.root)) {
        let text = format!("the program holds the path `{}` at byte {}", found.text.escape_debug(), found.offset);
        return Err(Refusal::new(Code::Internal, text));
    }
    Ok(Built {
        sha512: hex(&Sha512::digest(&bytes)),
        binary,
        linkage: recipe.linkage,
        cpu: recipe.cpu,
        features: recipe.features,
        rustc_version: recipe.rustc,
        target: recipe.target,
        tools,
    })
}

impl Recipe {
    /// The tools of the machine that take part.
    pub(super) fn tools(&self) -> Vec<Tool> {
        toolchain::tools(has_llama(&self.cpu, &self.target))
    }
}

/// A recipe for x86-64 says so by the processor; elsewhere C++ is asked for in any case.
fn has_llama(cpu: &str, target: &str) -> bool {
    cpu != CPU_BASE || !target.starts_with("x86_64-")
}

/// Refuses where a build could not give the same program, or any.
pub(super) fn check_tools(recipe: &Recipe, toolchain: &Toolchain, tools: &[Tool]) -> Result<(), Refusal> {
    if toolchain.version != recipe.rustc || toolchain.host != recipe.target {
        let text = format!(
            "the program was built by {} for {}, and here is {} for {}; install that one: other compilers write other programs",
            recipe.rustc.escape_debug(),
            recipe.target,
            toolchain.version,
            toolchain.host
        );
        return Err(Refusal::new(Code::Usage, text));
    }
    toolchain::require(tools)
}

/// Runs Cargo, and tells how far it is. Its messages for people go to `build.log` below the work directory.
fn run(
    recipe: &Recipe,
    toolchain: &Toolchain,
    features: &[String],
    environment: &BTreeMap<&'static str, String>,
    place: &Place,
    all: usize,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), Refusal> {
    let log = place.root.join("build.log");
    let failed = |error| Refusal::internal("cannot run cargo", error);
    let out = File::create(&log).map_err(|error| Refusal::internal(log.display(), error))?;
    let mut child = Command::new("/bin/sh")
        .args(["-c", "umask 022 && exec \"$@\"", "sh"])
        .arg(&toolchain.cargo)
        .args(["build", "--release", "--offline", "--locked", "--message-format", "json-render-diagnostics"])
        .args(["--target", &recipe.target, "--package", &recipe.package, "--bin", &recipe.bin])
        .args(features)
        .current_dir(&place.source)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(out)
        .spawn()
        .map_err(failed)?;
    let mut seen = BTreeSet::new();
    if let Some(messages) = child.stdout.take() {
        for line in BufReader::new(messages).lines() {
            if let Some(package) = artifact(&line.map_err(failed)?) {
                seen.insert(package);
                progress(Progress { done: seen.len().min(all), all });
            }
        }
    }
    let status = child.wait().map_err(failed)?;
    if status.success() {
        return Ok(());
    }
    let words = fs::read(&log).unwrap_or_default();
    let words = String::from_utf8_lossy(&words);
    let first = words.lines().find(|line| line.starts_with("error")).or_else(|| words.lines().last());
    let text = format!(
        "the build failed: {}; all of it is in {}",
        first.unwrap_or("nothing was said").escape_debug(),
        log.display()
    );
    Err(Refusal::new(Code::Internal, text))
}

/// The package that a message of Cargo says was built.
fn artifact(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Message {
        reason: String,
        package_id: Option<String>,
    }
    let message: Message = serde_json::from_str(line).ok()?;
    message.package_id.filter(|_| message.reason == "compiler-artifact")
}

#[cfg(test)]
mod tests {
    use super::{Linkage, Place, Program, Recipe, Toolchain, artifact, environment};

    fn recipe() -> Recipe {
        let toolchain = toolchain();
        Recipe::of(&Program::of_this_workspace(7), &toolchain, super::CPU_V3)
    }

    fn toolchain() -> Toolchain {
        Toolchain {
            cargo: "/rust/bin/cargo".into(),
            rustc: "/rust/bin/rustc".into(),
            release: "1.95.0".into(),
            version: "rustc 1.95.0 (abc 2026-04-14)".into(),
            host: "x86_64-unknown-linux-gnu".into(),
        }
    }

    #[test]
    fn a_recipe_is_read_as_it_was_written_and_becomes_no_option() {
        let recipe = recipe();
        assert_eq!(Recipe::read(recipe.text().as_bytes()).expect("is read"), recipe);
        assert!(recipe.text().starts_with("{\n  \"bin\": \"airlock-host\",\n"), "{}", recipe.text());
        for bad in ["--config=x", "a b", "", "a;b", "$(x)"] {
            let text = Recipe { package: bad.to_owned(), ..recipe.clone() }.text();
            Recipe::read(text.as_bytes()).expect_err(bad);
        }
        let text = Recipe { cpu: "native".to_owned(), ..recipe.clone() }.text();
        Recipe::read(text.as_bytes()).expect_err("is another processor");
        Recipe::read(recipe.text().replacen('{', "{\"more\": 1,", 1).as_bytes()).expect_err("says more");
    }

    #[test]
    fn the_environment_holds_nothing_of_this_process_and_maps_every_directory() {
        let [source, target, cargo, home] = ["/w/source", "/w/target", "/w/cargo", "/w/home"].map(Into::into);
        let place = Place { root: "/w".into(), source, target, cargo, home };
        let tool = |path: &str| super::Tool { name: "cc", purpose: "", path: Some(path.into()) };
        let variables = environment(&recipe(), &toolchain(), &[tool("/opt/gcc/bin/cc")], &place);
        assert_eq!(variables["PATH"], "/rust/bin:/opt/gcc/bin:/usr/bin:/bin");
        assert!(variables["CARGO_ENCODED_RUSTFLAGS"].contains("=/cargo\x1f-Ctarget-feature=+crt-static"));
        assert_eq!(
            variables["CFLAGS"],
            "-ffile-prefix-map=/w=/work -ffile-prefix-map=/w/source=/source -ffile-prefix-map=/w/target=/target \
             -ffile-prefix-map=/w/cargo=/cargo -ffunction-sections -fdata-sections"
        );
        assert_eq!(variables["GGML_AVX2"], "ON");
        let dynamic = Recipe { linkage: Linkage::Dynamic, cpu: super::CPU_BASE.into(), ..recipe() };
        let variables = environment(&dynamic, &toolchain(), &[], &place);
        assert!(!variables["CARGO_ENCODED_RUSTFLAGS"].contains("crt-static") && !variables.contains_key("GGML_AVX2"));
        for name in ["USER", "RUSTFLAGS", "LD_PRELOAD", "CC", "RUSTUP_HOME"] {
            assert!(!variables.contains_key(name), "{name}");
        }
    }

    #[test]
    fn what_was_built_is_read_from_cargos_messages() {
        assert_eq!(artifact(r#"{"reason":"compiler-artifact","package_id":"a 1"}"#).as_deref(), Some("a 1"));
        assert_eq!(artifact(r#"{"reason":"build-finished","success":true}"#), None);
        assert_eq!(artifact("error: x"), None);
    }
}
