//! Packs the sources of Airlock's crates, so that `airlock new` needs neither network nor checkout.
//!
//! What is packed stands beside this crate: `compiler/`, `runtime/`, the licences, and the workspace's manifest and lock. In a
//! workspace that `airlock new` made, those two are called `workspace.toml` and `workspace.lock`. Tests and benches stay behind.
//! Nothing of the machine is packed: no path above, no time, no mode.
//!
//! The form, before it is compressed: for each file, sorted by path, the length of its path (4 bytes, little-endian), the path,
//! the length of the file (the same), the file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// Directories that hold crates.
const CRATES: [&str; 2] = ["compiler", "runtime"];

/// Files beside them: each as it is packed, and where it may stand, the first that is there.
const BESIDE: [(&str, &[&str]); 4] = [
    ("LICENSE-APACHE", &["LICENSE-APACHE"]),
    ("LICENSE-MIT", &["LICENSE-MIT"]),
    ("workspace.lock", &["workspace.lock", "Cargo.lock"]),
    ("workspace.toml", &["workspace.toml", "Cargo.toml"]),
];

fn main() -> io::Result<()> {
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let root = here.parent().ok_or_else(|| io::Error::other("the crate has no directory above"))?;
    let mut files = BTreeMap::new();
    for name in CRATES {
        tell(&format!("rerun-if-changed={}", root.join(name).display()))?;
        collect(&root.join(name), name, &mut files)?;
    }
    for (name, places) in BESIDE {
        if let Some(path) = places.iter().map(|place| root.join(place)).find(|path| path.is_file()) {
            tell(&format!("rerun-if-changed={}", path.display()))?;
            files.insert(name.to_owned(), fs::read(path)?);
        }
    }
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
    for (path, bytes) in &files {
        for part in [path.as_bytes(), bytes.as_slice()] {
            let length = u32::try_from(part.len()).map_err(io::Error::other)?;
            io::Write::write_all(&mut packed, &length.to_le_bytes())?;
            io::Write::write_all(&mut packed, part)?;
        }
    }
    fs::write(Path::new(&variable("OUT_DIR")?).join("sources"), packed.finish()?)?;
    tell(&format!("rustc-env=AIRLOCK_TOOLCHAIN={}", toolchain()?))
}

fn variable(name: &str) -> io::Result<std::ffi::OsString> {
    env::var_os(name).ok_or_else(|| io::Error::other(format!("cargo sets no {name}")))
}

/// A line for cargo.
fn tell(line: &str) -> io::Result<()> {
    io::Write::write_all(&mut io::stdout(), format!("cargo::{line}\n").as_bytes())
}

/// Every file below `directory` that a build needs. Links are none.
fn collect(directory: &Path, name: &str, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let own = entry.file_name().into_string().map_err(|_| io::Error::other("a name is not UTF-8"))?;
        let (kind, name) = (entry.file_type()?, format!("{name}/{own}"));
        if own.starts_with('.') {
            continue;
        }
        if kind.is_dir() && !["tests", "benches", "testdata", "target"].contains(&own.as_str()) {
            collect(&entry.path(), &name, files)?;
        } else if kind.is_file() && own != "tests.rs" && !own.ends_with("_tests.rs") && own != "Cargo.lock" {
            files.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// The release of Rust that builds this, `1.95.0`; of a toolchain that is no release, the least that is needed.
fn toolchain() -> io::Result<String> {
    let output = Command::new(variable("RUSTC")?).arg("--version").output()?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = told.split(' ').nth(1).unwrap_or_default();
    let is_release =
        version.split('.').count() == 3 && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let least = env::var("CARGO_PKG_RUST_VERSION").map_err(io::Error::other)?;
    Ok(if is_release { version.to_owned() } else { format!("{least}.0") })
}
