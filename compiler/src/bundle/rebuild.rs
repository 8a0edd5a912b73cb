//! A bundle's program, built again from the bundle's own source, and what is another than was signed.
//!
//! Nothing but files that the sums name is built, and each is what the sums say. Whether the sums are signed is for
//! `bundle verify` to say.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use airlock_seal::manifest::Manifest;
use airlock_seal::sums::{self, Sums};
use airlock_seal::{Code, MANIFEST, Refusal, SUMS, path};
use sha2::{Digest as _, Sha512};

use super::recipe::{self, Built, Progress, Recipe};
use super::toolchain::{Tool, Toolchain, versions};
use super::{elf, source, vendor};
use crate::load::{Sources, hex};
use crate::pipeline;
use crate::report::Report;
use crate::write::{self, Kind};

/// No manifest is longer, in bytes.
const MANIFEST_BYTES_MAX: u64 = 16 << 20;

/// All source that is read, without the crates of others, in bytes.
const SOURCE_BYTES_MAX: u64 = 1 << 30;

/// Where the tree of a bundle has it.
const SOURCE: &str = "source/";

/// What a bundle holds that matters for building it again.
#[derive(Debug)]
pub struct Held {
    files: BTreeMap<String, Vec<u8>>,
    sums: Sums,
    /// The program's path in the bundle.
    program: String,
    pub recipe: Recipe,
}

/// A tool that a build needs: what the bundle was built with, and what is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    pub name: String,
    pub wanted: String,
    pub here: Option<String>,
}

/// Something that is not as it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The file, as the bundle names it.
    pub path: String,
    pub what: String,
}

/// What became of a rebuild.
#[derive(Debug)]
pub struct Rebuilt {
    pub built: Built,
    /// Sorted by path.
    pub differences: Vec<Difference>,
}

/// Reads what is built. Refused as [`Code::Content`] is a file that is not what the sums name.
pub fn read(bundle: &Path) -> Result<Held, Refusal> {
    if !bundle.is_dir() {
        let text = format!("{} is no directory; unpack the archive of a bundle first", bundle.display());
        return Err(Refusal::new(Code::Usage, text));
    }
    let sums = Sums::read(&limited(&bundle.join(SUMS), sums::BYTES_MAX)?)?;
    let manifest = held(bundle, MANIFEST, &sums, MANIFEST_BYTES_MAX)?;
    let manifest: Manifest = serde_json::from_slice(&manifest)
        .map_err(|error| Refusal::new(Code::Format, format!("{MANIFEST}: {}", error.to_string().escape_debug())))?;
    let program = manifest.binary.path;
    if path::check(&program).is_err() || sums.get(&program).is_none() {
        let text = format!("{MANIFEST} names the program `{}`, and the sums do not", program.escape_debug());
        return Err(Refusal::new(Code::Format, text));
    }
    let mut files = BTreeMap::new();
    let mut left = SOURCE_BYTES_MAX;
    let vendored = format!("{SOURCE}{}", vendor::FILE);
    for (name, _) in sums.iter() {
        if let Some(below) = name.strip_prefix(SOURCE).filter(|_| name != vendored) {
            let bytes = held(bundle, name, &sums, left)?;
            left -= bytes.len() as u64;
            files.insert(below.to_owned(), bytes);
        }
    }
    let file = files.get(recipe::FILE).ok_or_else(|| {
        Refusal::new(
            Code::Format,
            format!("the bundle has no {SOURCE}{}, so nothing says how to build it", recipe::FILE),
        )
    })?;
    let recipe = Recipe::read(file)?;
    let digest = digest_of(&bundle.join(&vendored))?;
    if sums.get(&vendored) != Some(digest.as_str()) {
        return Err(Refusal::new(Code::Content, format!("{vendored} is not what {SUMS} names")));
    }
    Ok(Held { files, sums, program, recipe })
}

/// The tools that building it needs, and what is here of them.
pub fn needs(held: &Held, work: &Path) -> Result<Vec<Need>, Refusal> {
    fs::create_dir_all(work).map_err(|error| Refusal::internal(work.display(), error))?;
    let toolchain = Toolchain::find(work).ok();
    let rust = Need {
        name: "rustc".to_owned(),
        wanted: format!("{} for {}", held.recipe.rustc, held.recipe.target),
        here: toolchain.map(|toolchain| format!("{} for {}", toolchain.version, toolchain.host)),
    };
    let tools: Vec<Tool> = held.recipe.tools();
    let here = versions(&tools);
    let path =
        |name: &str| tools.iter().find(|tool| tool.name == name)?.path.as_ref().map(|path| path.display().to_string());
    let names = tools.iter().map(|tool| tool.name).chain(["ld", "libc"]);
    let others = names.map(|name| Need {
        name: name.to_owned(),
        wanted: held.recipe.tools.get(name).cloned().unwrap_or_default(),
        here: here.get(name).cloned().or_else(|| path(name)),
    });
    Ok(std::iter::once(rust).chain(others).collect())
}

/// Compiles the catalogs, builds the program below `work`, and compares both with the bundle.
pub fn run(bundle: &Path, held: &Held, work: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Rebuilt, Refusal> {
    let mut differences = compare_generated(held)?;
    let archive = bundle.join(SOURCE).join(vendor::FILE);
    let built = recipe::build_files(&held.files, &archive, work, progress)?;
    if held.sums.get(&held.program) != Some(built.sha512.as_str()) {
        differences.push(Difference { path: held.program.clone(), what: tell_program(bundle, held, &built)? });
    }
    differences.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(Rebuilt { built, differences })
}

/// What the catalogs give, beside the generated source that is compiled in.
fn compare_generated(held: &Held) -> Result<Vec<Difference>, Refusal> {
    let copy = tempfile::tempdir().map_err(|error| Refusal::internal("cannot make a directory", error))?;
    let is_compared = |name: &str| name.starts_with("catalogs/") || name.starts_with("generated/");
    let files = held.files.iter().filter(|(name, _)| is_compared(name));
    source::write_tree(copy.path(), &files.map(|(name, bytes)| (name.clone(), bytes.clone())).collect())?;
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let Some(compiled) = pipeline::compile(&copy.path().join("catalogs"), &mut sources, &mut report) else {
        let what = "do not compile here; `airlock compile --catalogs source/catalogs --check` tells why".to_owned();
        return Ok(vec![Difference { path: format!("{SOURCE}catalogs"), what }]);
    };
    let differences = write::compare(&compiled.files, &copy.path().join("generated"))
        .map_err(|error| Refusal::internal("cannot compare generated/", error))?;
    let told = |kind: &Kind| match kind {
        Kind::Changed(_) | Kind::LineEnds => "is not what the catalogs say",
        Kind::Missing => "is not there, and the catalogs give it",
        Kind::Orphan(_) | Kind::Foreign => "is of no catalog, and is compiled in all the same",
    };
    let all = differences.iter().map(|difference| Difference {
        path: format!("{SOURCE}generated/{}", difference.path),
        what: format!("{} (airlock {} is here)", told(&difference.kind), env!("CARGO_PKG_VERSION")),
    });
    Ok(all.collect())
}

/// Where two programs begin to differ.
fn tell_program(bundle: &Path, held: &Held, built: &Built) -> Result<String, Refusal> {
    const PROGRAM_BYTES_MAX: u64 = 1 << 30;
    let signed = limited(&bundle.join(&held.program), PROGRAM_BYTES_MAX)?;
    let rebuilt = limited(&built.binary, PROGRAM_BYTES_MAX)?;
    let digest = held.sums.get(&held.program).unwrap_or_default();
    if hex(&Sha512::digest(&signed)) != digest {
        return Ok(format!("is not what {SUMS} names; the rebuilt one has the SHA-512 {}", built.sha512));
    }
    let begin = signed.iter().zip(&rebuilt).position(|(left, right)| left != right);
    let at = begin.unwrap_or_else(|| signed.len().min(rebuilt.len()));
    let section =
        elf::section(&signed, at as u64).map(|name| format!(" ({})", name.escape_debug())).unwrap_or_default();
    Ok(format!(
        "differs from byte {at}{section} on: {} bytes were signed, {} built; the rebuilt one has the SHA-512 {}",
        signed.len(),
        rebuilt.len(),
        built.sha512
    ))
}

/// A file of the bundle, if it is what the sums name.
fn held(bundle: &Path, name: &str, sums: &Sums, bytes_max: u64) -> Result<Vec<u8>, Refusal> {
    let bytes = limited(&bundle.join(name), bytes_max)?;
    if sums.get(name) != Some(hex(&Sha512::digest(&bytes)).as_str()) {
        return Err(Refusal::new(Code::Content, format!("{} is not what {SUMS} names", name.escape_debug())));
    }
    Ok(bytes)
}

fn limited(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Refusal> {
    let failed = |error: std::io::Error| Refusal::internal(format!("cannot read {}", path.display()), error);
    // A pipe would keep whoever opens it waiting.
    if !fs::symlink_metadata(path).map_err(failed)?.is_file() {
        return Err(Refusal::new(Code::Tree, format!("{} is no plain file", path.display())));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(bytes_max + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > bytes_max {
        return Err(Refusal::new(Code::Format, format!("{} is longer than {bytes_max} bytes", path.display())));
    }
    Ok(bytes)
}

fn digest_of(path: &Path) -> Result<String, Refusal> {
    let failed = |error| Refusal::internal(format!("cannot read {}", path.display()), error);
    if !fs::symlink_metadata(path).map_err(failed)?.is_file() {
        return Err(Refusal::new(Code::Tree, format!("{} is no plain file", path.display())));
    }
    let mut file = File::open(path).map_err(failed)?;
    let mut digest = Sha512::new();
    let mut bytes = vec![0; 1 << 20];
    loop {
        match file.read(&mut bytes).map_err(failed)? {
            0 => return Ok(hex(&digest.finalize())),
            count => digest.update(bytes.get(..count).unwrap_or_default()),
        }
    }
}
