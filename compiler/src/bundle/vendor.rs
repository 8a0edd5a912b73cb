//! `vendor.tar`: the crates of the registry, in the form that Cargo takes for a directory source.
//!
//! Each comes from the archive whose SHA-256 the lock names, as a whole. Of a crate that nothing of this target needs, the
//! manifest alone is there, since Cargo reads it while it compares the lock; half of all bytes would be for Windows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use airlock_seal::{Code, Refusal};
use serde::Deserialize;
use sha2::{Digest as _, Sha256, Sha512};

use super::licences;
use super::lock::Locked;
use super::source::Source;
use super::tar::{self, Member};
use super::{Package, Role};
use crate::load::hex;

/// Its name below `source/`.
pub const FILE: &str = "vendor.tar";

/// The directory that its members stand in, which `.cargo/config.toml` names.
pub const DIRECTORY: &str = "vendor";

/// A crate's archive that is longer is refused, in bytes.
const ARCHIVE_BYTES_MAX: u64 = 256 << 20;

/// What Cargo compares each file of a vendored crate with.
const CHECKSUMS: &str = ".cargo-checksum.json";

/// What was vendored.
#[derive(Debug)]
pub struct Vendored {
    /// `source/vendor.tar`.
    pub path: PathBuf,
    pub bytes: u64,
    /// Lower-case hexadecimal digits.
    pub sha512: String,
    /// Every package of the lock, with the texts of licences.
    pub packages: Vec<Package>,
}

/// A file of a crate.
struct Content {
    is_executable: bool,
    bytes: Vec<u8>,
}

/// Writes `source/vendor.tar`.
///
/// # Errors
/// A crate is not on this machine, or is another one than the lock names.
pub fn write(source: &Source) -> Result<Vendored, Refusal> {
    let path = source.directory.join(FILE);
    let unfinished = source.directory.join("vendor.tar.new");
    let failed = |error| Refusal::internal(path.display(), error);
    let out = File::create(&unfinished).map_err(failed)?;
    let mut writer = tar::Writer::new(Summing { out: BufWriter::new(out), digest: Sha512::new(), bytes: 0 });
    let mut packages = source.crates.packages.clone();
    for package in &mut packages {
        let origin = source.crates.origins.get(&package.id());
        let (Some(checksum), Some(origin)) = (&package.checksum, origin) else { continue };
        let files = read_crate(&package.name, &package.version, checksum, &origin.directory)?;
        if package.role != Role::Unused {
            package.license_files = licenses(&files, origin.license_file.as_deref());
        }
        for (name, content) in vendored(files, checksum, package.role) {
            let name = format!("{DIRECTORY}/{}-{}/{name}", package.name, package.version);
            tar::check_name(&name)
                .map_err(|fault| Refusal::new(Code::Usage, format!("`{}` {fault}", name.escape_debug())))?;
            writer
                .add(&name, content.is_executable, &content.bytes)
                .map_err(|error| Refusal::internal(&name, error))?;
        }
    }
    let mut summing = writer.finish().map_err(failed)?;
    summing.flush().map_err(failed)?;
    fs::rename(&unfinished, &path).map_err(failed)?;
    Ok(Vendored { path, bytes: summing.bytes, sha512: hex(&summing.digest.finalize()), packages })
}

/// The files of a crate, by their names in it: from its archive in Cargo's cache, or from a directory source.
fn read_crate(
    name: &str,
    version: &str,
    checksum: &str,
    directory: &Path,
) -> Result<BTreeMap<String, Content>, Refusal> {
    if directory.join(CHECKSUMS).is_file() {
        return read_directory(name, checksum, directory);
    }
    // `registry/src/INDEX/NAME-VERSION` was unpacked from `registry/cache/INDEX/NAME-VERSION.crate`.
    let archive = directory.parent().and_then(|index| {
        let cache = index.parent()?.parent()?.join("cache");
        Some(cache.join(index.file_name()?).join(format!("{name}-{version}.crate")))
    });
    let archive = archive.filter(|path| path.is_file()).ok_or_else(|| {
        let text = format!("the archive of {name} {version} is not in Cargo's cache; run `cargo fetch --locked` once");
        Refusal::new(Code::Usage, text)
    })?;
    let bytes = read_limited(&archive)?;
    if hex(&Sha256::digest(&bytes)) != checksum {
        let text =
            format!("{} is not what Cargo.lock names; remove it, and run `cargo fetch --locked`", archive.display());
        return Err(Refusal::new(Code::Content, text));
    }
    let broken = |error: std::io::Error| Refusal::new(Code::Format, format!("{}: {error}", archive.display()));
    let mut files = BTreeMap::new();
    let start = format!("{name}-{version}/");
    for entry in ::tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice())).entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.header().entry_type().is_dir() {
            continue;
        }
        let below = path.strip_prefix(&start).filter(|_| entry.header().entry_type().is_file()).ok_or_else(|| {
            Refusal::new(Code::Format, format!("{}: `{}` is no file of it", archive.display(), path.escape_debug()))
        })?;
        let is_executable = entry.header().mode().map_err(broken)? & 0o111 != 0;
        let below = below.to_owned();
        let mut bytes = Vec::new();
        entry.take(ARCHIVE_BYTES_MAX).read_to_end(&mut bytes).map_err(broken)?;
        files.insert(below, Content { is_executable, bytes });
    }
    Ok(files)
}

/// The list of a directory source.
#[derive(Deserialize)]
struct Checksums {
    files: BTreeMap<String, String>,
    package: String,
}

fn read_directory(name: &str, checksum: &str, directory: &Path) -> Result<BTreeMap<String, Content>, Refusal> {
    use std::os::unix::fs::PermissionsExt as _;
    let other = |what: &str| {
        let text = format!("{}: {what} is not what Cargo.lock and its list name", directory.display());
        Refusal::new(Code::Content, text)
    };
    let list: Checksums = serde_json::from_slice(&read_limited(&directory.join(CHECKSUMS))?)
        .map_err(|error| Refusal::new(Code::Format, format!("{}: {error}", directory.display())))?;
    if list.package != checksum {
        return Err(other(name));
    }
    let mut files = BTreeMap::new();
    for (file, sha256) in list.files {
        tar::check_name(&file)
            .map_err(|fault| Refusal::new(Code::Format, format!("{}: {fault}", directory.display())))?;
        let path = directory.join(&file);
        let bytes = read_limited(&path)?;
        if hex(&Sha256::digest(&bytes)) != sha256 {
            return Err(other(&file));
        }
        let is_executable = fs::metadata(&path).is_ok_and(|about| about.permissions().mode() & 0o111 != 0);
        files.insert(file, Content { is_executable, bytes });
    }
    Ok(files)
}

/// The crate as a directory source has it.
fn vendored(mut files: BTreeMap<String, Content>, checksum: &str, role: Role) -> BTreeMap<String, Content> {
    if role == Role::Unused {
        files.retain(|name, _| name == "Cargo.toml");
        files.insert("src/lib.rs".to_owned(), Content { is_executable: false, bytes: Vec::new() });
    }
    let sums: serde_json::Map<String, serde_json::Value> =
        files.iter().map(|(name, content)| (name.clone(), hex(&Sha256::digest(&content.bytes)).into())).collect();
    let list = serde_json::json!({"files": sums, "package": checksum}).to_string().into_bytes();
    files.insert(CHECKSUMS.to_owned(), Content { is_executable: false, bytes: list });
    files
}

/// Texts of licences and notices, wherever in the crate they stand, since crates hold parts of others; and the file that its
/// manifest names.
fn licenses(files: &BTreeMap<String, Content>, named: Option<&str>) -> Vec<(String, Vec<u8>)> {
    let is_one = |(name, content): &(&String, &Content)| {
        named == Some(name.as_str()) || licences::is_text(name, content.bytes.len() as u64)
    };
    files.iter().filter(is_one).map(|(name, content)| (name.clone(), content.bytes.clone())).collect()
}

/// Unpacks `archive` below `root`, where it gives `vendor/`. What is there already with the same bytes is left alone, and
/// everything else is removed. Refused as [`Code::Format`] is an archive that is not of [`write()`]'s kind, and as
/// [`Code::Content`] one whose crates are not those of the lock.
pub(super) fn unpack(archive: &Path, root: &Path, locked: &BTreeMap<(String, String), Locked>) -> Result<(), Refusal> {
    let directory = root.join(DIRECTORY);
    let file = File::open(archive).map_err(|error| Refusal::internal(archive.display(), error))?;
    let mut names = BTreeSet::new();
    let mut lists = BTreeMap::new();
    tar::read(BufReader::new(file), FILE, |member| {
        let below = member.name.strip_prefix("vendor/").and_then(|below| below.split_once('/'));
        let Some((package, file)) = below else {
            return Err(Refusal::new(Code::Format, format!("{FILE}: `{}` is of no crate", member.name.escape_debug())));
        };
        if file == CHECKSUMS {
            let list: Checksums = serde_json::from_slice(&member.bytes).map_err(|error| {
                Refusal::new(Code::Format, format!("{FILE}: {}: {error}", member.name.escape_debug()))
            })?;
            lists.insert(package.to_owned(), list.package);
        }
        place(root, &member)?;
        names.insert(member.name);
        Ok(())
    })?;
    let wanted: BTreeMap<String, String> = locked
        .iter()
        .filter_map(|((name, version), about)| Some((format!("{name}-{version}"), about.checksum.clone()?)))
        .collect();
    for package in wanted.keys().chain(lists.keys()) {
        if wanted.get(package) != lists.get(package) {
            let text = format!("{FILE}: the crate `{}` is not the one of Cargo.lock", package.escape_debug());
            return Err(Refusal::new(Code::Content, text));
        }
    }
    super::source::remove_others(&directory, DIRECTORY, &|name| names.contains(name))
}

/// Writes a member, unless it stands there.
fn place(root: &Path, member: &Member) -> Result<(), Refusal> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = root.join(&member.name);
    let failed = |error| Refusal::internal(path.display(), error);
    let mode = if member.is_executable { 0o755 } else { 0o644 };
    let is_there = fs::symlink_metadata(&path).is_ok_and(|about| {
        about.is_file() && about.len() == member.bytes.len() as u64 && about.permissions().mode() & 0o777 == mode
    });
    if is_there && fs::read(&path).is_ok_and(|bytes| bytes == member.bytes) {
        return Ok(());
    }
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(failed)?;
    }
    fs::write(&path, &member.bytes).map_err(failed)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(failed)
}

fn read_limited(path: &Path) -> Result<Vec<u8>, Refusal> {
    let failed = |error| Refusal::internal(path.display(), error);
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(ARCHIVE_BYTES_MAX).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(bytes)
}

/// A writer that sums what goes through it.
struct Summing<W: Write> {
    out: W,
    digest: Sha512,
    bytes: u64,
}

impl<W: Write> Write for Summing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use airlock_seal::Code;

    use super::{CHECKSUMS, Content, Locked, Role, tar, unpack, vendored};

    /// An archive of these crates, with what the lock says of each.
    fn archive(crates: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = tar::Writer::new(Vec::new());
        for (name, checksum) in crates {
            let files = BTreeMap::from([
                ("Cargo.toml".to_owned(), Content { is_executable: false, bytes: b"[package]".to_vec() }),
                ("src/lib.rs".to_owned(), Content { is_executable: false, bytes: b"fn a() {}".to_vec() }),
            ]);
            for (file, content) in vendored(files, checksum, Role::Program) {
                writer.add(&format!("vendor/{name}-1.0.0/{file}"), false, &content.bytes).expect("can be written");
            }
        }
        writer.finish().expect("can be ended")
    }

    #[test]
    fn crates_that_the_lock_does_not_name_are_refused_and_what_lies_about_goes() {
        let root = tempfile::tempdir().expect("can be made");
        let path = root.path().join("vendor.tar");
        let locked = |checksum: &str| Locked { source: None, checksum: Some(checksum.to_owned()) };
        let lock = BTreeMap::from([(("a".to_owned(), "1.0.0".to_owned()), locked("aa"))]);
        for (crates, wanted) in [
            (&[("a", "aa")][..], None),
            (&[("a", "bb")], Some(Code::Content)),
            (&[("a", "aa"), ("b", "bb")], Some(Code::Content)),
            (&[], Some(Code::Content)),
        ] {
            let out = root.path().join("out");
            fs::create_dir_all(out.join("vendor/a-1.0.0/src")).expect("can be made");
            fs::write(out.join("vendor/a-1.0.0/src/more.rs"), "").expect("can be written");
            fs::write(&path, archive(crates)).expect("can be written");
            let outcome = unpack(&path, &out, &lock);
            assert_eq!(outcome.err().map(|refusal| refusal.code), wanted, "{crates:?}");
            if wanted.is_none() {
                assert!(out.join("vendor/a-1.0.0").join(CHECKSUMS).is_file());
                assert!(!out.join("vendor/a-1.0.0/src/more.rs").exists());
            }
        }
        let mut writer = tar::Writer::new(Vec::new());
        writer.add("elsewhere/a-1.0.0/Cargo.toml", false, b"").expect("can be written");
        fs::write(&path, writer.finish().expect("can be ended")).expect("can be written");
        let refusal = unpack(&path, &root.path().join("out"), &lock).expect_err("is elsewhere");
        assert_eq!(refusal.code, Code::Format);
    }

    #[test]
    fn of_a_crate_that_nothing_needs_the_manifest_is_left() {
        let content = |bytes: &[u8]| Content { is_executable: false, bytes: bytes.to_vec() };
        let files = [("Cargo.toml", &b"[package]"[..]), ("src/a.rs", b"x"), ("lib/big.a", b"y")]
            .map(|(name, bytes)| (name.to_owned(), content(bytes)));
        let left = vendored(BTreeMap::from(files), "aa", Role::Unused);
        assert_eq!(left.keys().collect::<Vec<_>>(), [CHECKSUMS, "Cargo.toml", "src/lib.rs"]);
        assert!(left["src/lib.rs"].bytes.is_empty());
    }
}
