//! `airlock new --refresh`: another release of Airlock's crates in a workspace that is there.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::sources::{GENERATED, LOCK, Sources, VERSION, digest};
use super::{rewrite, shown, told, write_all};
use crate::cargo::lock::{Id, Lock};
use crate::report::visible;

/// Replaces `airlock/`, and in the lock the versions that come with it. What there is to say.
pub(super) fn run(directory: &Path, force: bool, sources: &Sources) -> Result<String, String> {
    let place = directory.join("airlock");
    let stated = fs::read_to_string(place.join(VERSION)).map_err(|fault| match fault.kind() {
        io::ErrorKind::NotFound => {
            format!("{} is no workspace that `airlock new` made: it has no airlock/{VERSION}", shown(directory))
        }
        _ => told(&place.join(VERSION), &fault),
    })?;
    let mut present = BTreeMap::new();
    collect(&place, "", &mut present)?;
    present.remove(VERSION);
    if present == sources.files && stated == sources.version_file() {
        return Ok(format!("{} is up to date: {}", shown(&place), first_line(&stated)));
    }
    if !force && stated.lines().nth(1) != Some(digest(&present).as_str()) {
        return Err(format!(
            "{} is not what `airlock new` wrote: somebody has edited it. Keep the difference elsewhere, and replace it with \
             `airlock new --refresh --force {}`",
            shown(&place),
            shown(directory)
        ));
    }
    // The lock is made before anything is replaced, so that one that cannot be read stops it.
    let lock = locked(directory, present.get(LOCK), sources)?;
    swap(directory, sources)?;
    let mut text = format!("{}: {}", shown(&place), first_line(&stated).trim_end());
    text = format!("{text} became {}", first_line(&sources.version_file()));
    if let Some((lock, is_own)) = lock {
        rewrite(&directory.join("Cargo.lock"), &lock)?;
        if is_own {
            text += "Cargo.lock has packages of your own as well: `cargo metadata --offline` settles it\n";
        }
    }
    Ok(text + "next: `cargo airlock compile`, then read the differences in `generated/`\n")
}

fn first_line(text: &str) -> String {
    visible(text.lines().next().unwrap_or_default()) + "\n"
}

/// Every file below a directory. A link is in the way, since what it leads to is not ours.
fn collect(directory: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), String> {
    for entry in fs::read_dir(directory).map_err(|fault| told(directory, &fault))? {
        let entry = entry.map_err(|fault| told(directory, &fault))?;
        let kind = entry.file_type().map_err(|fault| told(&entry.path(), &fault))?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if kind.is_dir() {
            collect(&entry.path(), &format!("{name}/"), files)?;
        } else {
            let bytes = if kind.is_file() {
                fs::read(entry.path()).map_err(|fault| told(&entry.path(), &fault))?
            } else {
                vec![]
            };
            files.insert(name, bytes);
        }
    }
    Ok(())
}

/// The workspace's lock with the new versions, and whether it has packages besides. None where there is no lock.
fn locked(directory: &Path, of_airlock: Option<&Vec<u8>>, sources: &Sources) -> Result<Option<(String, bool)>, String> {
    let path = directory.join("Cargo.lock");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(told(&path, &fault)),
    };
    let present = Lock::read(&text).map_err(|fault| format!("{}: {fault}", shown(&path)))?;
    let before = of_airlock.and_then(|bytes| Lock::read(&String::from_utf8_lossy(bytes)).ok()).unwrap_or_default();
    let mut lock = sources.lock.clone();
    let mut is_own = false;
    for (id, package) in present.packages {
        if before.packages.contains_key(&id) || (id.source.is_empty() && lock.member(&id.name).is_some()) {
            // The generated crate has the workspace's version, which is not Airlock's.
            if id.name == GENERATED {
                lock.set_version(GENERATED, &id.version);
            }
            continue;
        }
        is_own |= !id.source.is_empty();
        lock.packages.insert(id, package);
    }
    let all: Vec<Id> = lock.packages.keys().cloned().collect();
    for package in lock.packages.values_mut() {
        for of in package.dependencies.iter_mut().filter(|of| !all.contains(*of)) {
            // What it needed has another version now; which one it takes is for cargo to say, where there are several.
            if let Some(found) = all.iter().rfind(|id| id.name == of.name) {
                *of = found.clone();
            }
        }
        package.dependencies.retain(|of| all.contains(of));
    }
    Ok(Some((lock.text(), is_own)))
}

/// Puts the new directory in the place of the old one.
fn swap(directory: &Path, sources: &Sources) -> Result<(), String> {
    let (place, beside, old) =
        (directory.join("airlock"), directory.join(".airlock.new"), directory.join(".airlock.old"));
    for path in [&beside, &old] {
        match fs::remove_dir_all(path) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(told(path, &fault)),
            _ => {}
        }
    }
    write_all(&sources.files, &beside)?;
    write_all(&BTreeMap::from([(VERSION.to_owned(), sources.version_file().into_bytes())]), &beside)?;
    fs::rename(&place, &old).map_err(|fault| told(&place, &fault))?;
    if let Err(fault) = fs::rename(&beside, &place) {
        // What was there stands there again; if not even that works, it lies beside.
        let _ = fs::rename(&old, &place);
        return Err(told(&place, &fault));
    }
    fs::remove_dir_all(&old).map_err(|fault| told(&old, &fault))
}
