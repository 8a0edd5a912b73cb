//! The root: whose it is, that nobody else is at work in it, and what is in force there.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::process::geteuid;

use super::disk::Disk;
use super::state::State;
use crate::digest::sha512;
use crate::manifest::Manifest;
use crate::reading::{read, told};
use crate::{Code, MANIFEST, Refusal, SUMS, sums};

/// The directory of releases.
pub const RELEASES: &str = "releases";

/// The link to the one that is in force.
pub(super) const CURRENT: &str = "current";

/// What is not whole yet, or not needed any more, has one of these names.
const STAGING: &str = ".staging";
pub(super) const CURRENT_NEW: &str = ".current.new";

const LOCK: &str = ".lock";

/// Characters of a release's directory.
const SHORT_CHARS: usize = 16;

/// Room that stays when a release is installed, in bytes: for the state, and for whoever else writes there.
const ROOM_BYTES: u64 = 16 << 20;

/// How long somebody is waited for who ends just now. An installation takes longer, and is not waited for.
const LOCK_TIME_MAX: Duration = Duration::from_secs(2);

const LOCK_AGAIN: Duration = Duration::from_millis(10);

/// The name of a release's directory: the beginning of the digest of its sums.
pub fn short(digest: &str) -> &str {
    digest.get(..SHORT_CHARS).unwrap_or(digest)
}

/// Whether a directory has a name that releases have.
pub(crate) fn is_short(name: &str) -> bool {
    name.len() == SHORT_CHARS && is_hex(name)
}

pub(super) fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// A root that is this process's alone until it is dropped.
pub(super) struct Place {
    pub(super) root: PathBuf,
    pub(super) state: State,
    /// Held, and never read.
    _lock: File,
}

impl Place {
    /// Opens a root to change something in it; one that is not there is made.
    pub(super) fn open(root: &Path, disk: &mut dyn Disk) -> Result<Self, Refusal> {
        if root.symlink_metadata().is_err_and(|fault| fault.kind() == io::ErrorKind::NotFound) {
            made(root, disk)?;
        }
        let whole = fs::canonicalize(root).map_err(|fault| told(root, fault))?;
        is_ours(root)?;
        for above in whole.ancestors().skip(1) {
            let mode = above.symlink_metadata().map_err(|fault| told(above, fault))?.mode();
            if mode & 0o002 != 0 && mode & 0o1000 == 0 {
                let above = above.display();
                return Err(usage(format!(
                    "`{above}` can be written by all users, who could exchange what is below it"
                )));
            }
        }
        let lock = locked(root)?;
        let releases = root.join(RELEASES);
        if releases.symlink_metadata().is_err_and(|fault| fault.kind() == io::ErrorKind::NotFound) {
            made(&releases, disk)?;
        }
        is_ours(&releases)?;
        let state = State::read(root)?.map_or_else(|| fresh(root), Ok)?;
        let mut place = Self { root: root.to_owned(), state, _lock: lock };
        let current = place.current()?;
        place.state.settle(current.as_deref(), |digest| {
            root.join(RELEASES).join(short(digest)).symlink_metadata().is_ok_and(|about| about.is_dir())
        });
        Ok(place)
    }

    /// Removes what a run has left behind that did not come to its end.
    pub(super) fn clean(&self, disk: &mut dyn Disk) -> Result<(), Refusal> {
        let mut left = vec![self.root.join(CURRENT_NEW), self.root.join(super::state::STATE_NEW)];
        let releases = self.root.join(RELEASES);
        for entry in fs::read_dir(&releases).map_err(|fault| told(&releases, fault))? {
            let name = entry.map_err(|fault| told(&releases, fault))?.file_name();
            let name = name.to_string_lossy();
            let is_unknown = is_short(&name) && !self.state.releases.iter().any(|one| short(&one.sums_sha512) == name);
            if name.starts_with(STAGING) || is_unknown {
                left.push(releases.join(&*name));
            }
        }
        left.iter().try_for_each(|path| super::remove_if_there(path, disk))
    }

    /// Where a release is put together.
    pub(super) fn staging(&self) -> PathBuf {
        self.root.join(RELEASES).join(STAGING)
    }

    /// The directory of a release.
    pub(super) fn release(&self, digest: &str) -> PathBuf {
        self.root.join(RELEASES).join(short(digest))
    }

    /// The name of the directory that is in force.
    pub(super) fn current(&self) -> Result<Option<String>, Refusal> {
        current(&self.root)
    }

    /// The digest of what is in force.
    pub(super) fn current_digest(&self) -> Result<Option<String>, Refusal> {
        let Some(name) = self.current()? else { return Ok(None) };
        Ok(self.state.releases.iter().find(|one| short(&one.sums_sha512) == name).map(|one| one.sums_sha512.clone()))
    }

    /// Whether there is room for so many bytes.
    pub(super) fn has_room(&self, bytes: u64, disk: &dyn Disk) -> Result<(), Refusal> {
        let free = disk.free(&self.root).map_err(|fault| told(&self.root, fault))?;
        if free >= bytes.saturating_add(ROOM_BYTES) {
            return Ok(());
        }
        let root = self.root.display();
        Err(Refusal::new(
            Code::Internal,
            format!(
                "there is no room in `{root}`: the release has {bytes} bytes, {ROOM_BYTES} have to stay, and {free} are free; \
                 make room, or keep fewer old releases (`--keep`) with the release before this one"
            ),
        ))
    }
}

/// What `current` leads to: a directory of releases by its plain name, and nothing else.
pub(super) fn current(root: &Path) -> Result<Option<String>, Refusal> {
    let link = root.join(CURRENT);
    let target = match fs::read_link(&link) {
        Ok(target) => target,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(fault) if fault.kind() == io::ErrorKind::InvalidInput => {
            return Err(usage(format!(
                "`{}` is no symbolic link, and was not made by `install`; move it away",
                link.display()
            )));
        }
        Err(fault) => return Err(told(&link, fault)),
    };
    let name = target.to_str().and_then(|target| target.strip_prefix(RELEASES)?.strip_prefix('/'));
    match name.filter(|name| is_short(name)) {
        Some(name) => Ok(Some(name.to_owned())),
        None => Err(usage(format!(
            "`{}` leads to `{}`, which is no release below this root; move it away",
            link.display(),
            target.display().to_string().escape_debug()
        ))),
    }
}

/// A root without a state may hold nothing: whoever removes the state would let an older release in.
fn fresh(root: &Path) -> Result<State, Refusal> {
    let releases = root.join(RELEASES);
    let entries = fs::read_dir(&releases).map_err(|fault| told(&releases, fault))?;
    let names = entries.filter_map(Result::ok).map(|entry| entry.file_name().to_string_lossy().into_owned());
    if names.into_iter().any(|name| is_short(&name)) || current(root)?.is_some() {
        return Err(usage(format!(
            "`{}` holds releases and no {}, by which an older one is known; bring it back from a copy, or begin with an empty root",
            root.display(),
            super::state::STATE
        )));
    }
    Ok(State::default())
}

/// Makes a directory, and makes it last that it is there.
fn made(path: &Path, disk: &mut dyn Disk) -> Result<(), Refusal> {
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    disk.make_directory(path).and_then(|()| disk.sync(above)).map_err(|fault| told(path, fault))
}

/// A directory of this user that nobody else can write, and no link to one.
fn is_ours(path: &Path) -> Result<(), Refusal> {
    let about = path.symlink_metadata().map_err(|fault| told(path, fault))?;
    let (shown, own) = (path.display(), geteuid().as_raw());
    if !about.is_dir() {
        return Err(usage(format!("`{shown}` is no directory; a link to one is not followed")));
    }
    if about.uid() != own {
        return Err(usage(format!("`{shown}` belongs to user {}, and not to user {own}, who runs this", about.uid())));
    }
    if about.mode() & 0o022 != 0 {
        return Err(usage(format!("`{shown}` can be written by other users; run `chmod go-w {shown}`")));
    }
    Ok(())
}

fn locked(root: &Path) -> Result<File, Refusal> {
    let path = root.join(LOCK);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(0o600).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    let file = options.open(&path).map_err(|fault| told(&path, fault))?;
    let until = Instant::now() + LOCK_TIME_MAX;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(LOCK_AGAIN),
            Err(fs::TryLockError::WouldBlock) => {
                return Err(Refusal::new(
                    Code::Internal,
                    format!(
                        "`{}`: another program installs there or rolls back; run this again when it has ended",
                        root.display()
                    ),
                ));
            }
            Err(fs::TryLockError::Error(fault)) => return Err(told(&path, fault)),
        }
    }
}

/// SHA-512 of a directory's sums, in hexadecimal.
pub(super) fn digest_of(directory: &Path) -> Result<String, Refusal> {
    Ok(sha512(&read(&directory.join(SUMS), sums::BYTES_MAX, Code::Format)?))
}

/// A directory's manifest, before anybody has checked it.
pub(super) fn manifest_of(directory: &Path) -> Result<Manifest, Refusal> {
    let bytes = read(&directory.join(MANIFEST), Manifest::BYTES_MAX, Code::Tree)?;
    Manifest::read(&bytes)
}

pub(super) fn usage(text: String) -> Refusal {
    Refusal::new(Code::Usage, text)
}
