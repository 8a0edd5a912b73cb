//! Airlock's own crates, as `build.rs` packed them into this program.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use airlock_seal::sums::Sums;
use flate2::read::DeflateDecoder;
use sha2::{Digest as _, Sha512};

use crate::cargo::lock::Lock;
use crate::cargo::manifest::{Inherited, needs, packed};
use crate::load::hex;

/// The form is that of `build.rs`.
const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sources"));

/// More than this is not unpacked, in bytes; it is a twentieth of that.
const BYTES_MAX: u64 = 128 << 20;

/// The file that says which release the others are.
pub(super) const VERSION: &str = "VERSION";

/// The workspace's manifest and lock, which a workspace hands on.
pub(super) const MANIFEST: &str = "workspace.toml";
pub(super) const LOCK: &str = "workspace.lock";

/// The crate that `airlock compile` writes.
pub(super) const GENERATED: &str = "airlock-generated";

/// The sources, ready to be written: paths are below `airlock/`.
#[derive(Debug)]
pub(super) struct Sources {
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// What the crates are built from.
    pub(super) lock: Lock,
    /// What they inherited.
    pub(super) inherited: Inherited,
}

impl Sources {
    /// Unpacks them, and makes their manifests fit another workspace.
    pub(super) fn unpack() -> Result<Self, String> {
        let wrong = |fault: &dyn std::fmt::Display| format!("this program is packed wrongly: {fault}");
        let mut files = unpacked().map_err(|fault| wrong(&fault))?;
        let text = |files: &BTreeMap<String, Vec<u8>>, name: &str| {
            let bytes = files.get(name).ok_or_else(|| wrong(&format!("no {name}")))?;
            String::from_utf8(bytes.clone()).map_err(|fault| wrong(&fault))
        };
        let inherited = Inherited::read(&text(&files, MANIFEST)?);
        let mut lock = Lock::read(&text(&files, LOCK)?).map_err(|fault| wrong(&fault))?;
        let manifests: Vec<String> = files.keys().filter(|path| path.ends_with("/Cargo.toml")).cloned().collect();
        let mut members = BTreeSet::from([GENERATED.to_owned()]);
        for path in manifests {
            let place = path.trim_end_matches("/Cargo.toml");
            let manifest = packed(&text(&files, &path)?, place, &inherited).map_err(|fault| wrong(&fault))?;
            let member = format!("airlock-{}", place.rsplit('/').next().unwrap_or(place));
            lock.narrow(&member, &needs(&manifest));
            members.insert(member);
            files.insert(path, manifest.into_bytes());
        }
        lock.keep(&members);
        files.insert(LOCK.to_owned(), lock.text().into_bytes());
        Ok(Self { files, lock, inherited })
    }

    /// A manifest of one of the crates, or the workspace's.
    pub(super) fn text(&self, path: &str) -> Result<String, String> {
        let bytes = self.files.get(path).ok_or_else(|| format!("this program is packed without {path}"))?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    /// [`VERSION`]: the release, and a digest of all the other files.
    pub(super) fn version_file(&self) -> String {
        format!("airlock {}\n{}\n", env!("CARGO_PKG_VERSION"), digest(&self.files))
    }
}

/// SHA-512 of the lines that `sha512sum` prints for the files, sorted by path.
pub(super) fn digest(files: &BTreeMap<String, Vec<u8>>) -> String {
    let mut sums = Sums::default();
    for (path, bytes) in files {
        sums.insert(path.clone(), hex(&Sha512::digest(bytes)));
    }
    format!("sha512 {}", hex(&Sha512::digest(sums.text())))
}

fn unpacked() -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut bytes = Vec::new();
    let read = DeflateDecoder::new(PACKED).take(BYTES_MAX).read_to_end(&mut bytes);
    read.map_err(|fault| fault.to_string())?;
    let mut rest = bytes.as_slice();
    let mut files = BTreeMap::new();
    while !rest.is_empty() {
        let path = String::from_utf8(part(&mut rest)?.to_vec()).map_err(|fault| fault.to_string())?;
        airlock_seal::path::check(&path).map_err(|fault| format!("{path} {fault}"))?;
        files.insert(path, part(&mut rest)?.to_vec());
    }
    Ok(files)
}

/// The next length, and what it is the length of.
fn part<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let taken = rest
        .split_first_chunk::<4>()
        .and_then(|(length, after)| after.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?));
    let (part, after) = taken.ok_or("it ends too early")?;
    *rest = after;
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_whole_without_tests_and_tell_nothing_of_the_machine() {
        let sources = Sources::unpack().expect("is packed");
        for path in [
            "LICENSE-APACHE",
            "LICENSE-MIT",
            "compiler/build.rs",
            "compiler/Cargo.toml",
            "compiler/src/main.rs",
            "compiler/src/explain/E0101.md",
            "runtime/Cargo.toml",
            "runtime/contract/src/lib.rs",
            "runtime/seal/Cargo.toml",
            MANIFEST,
            LOCK,
        ] {
            assert!(sources.files.contains_key(path), "{path}");
        }
        let here = env!("CARGO_MANIFEST_DIR");
        for (path, bytes) in &sources.files {
            assert!(!path.contains("/tests/") && !path.contains("/benches/") && !path.ends_with("tests.rs"), "{path}");
            assert!(!String::from_utf8_lossy(bytes).contains(here), "{path} names {here}");
        }
        for (path, bytes) in sources.files.iter().filter(|(path, _)| path.ends_with("/Cargo.toml")) {
            let text = String::from_utf8_lossy(bytes);
            let inherits = text.lines().any(|line| line.contains("workspace = true") && line != "workspace = true");
            assert!(!inherits && !text.contains("dev-dependencies") && !text.contains("[[bench]]"), "{path}: {text}");
        }
        assert!(!sources.lock.has("rcgen") && !sources.lock.has("airlock-tests") && sources.lock.has("clap"));
    }
}
