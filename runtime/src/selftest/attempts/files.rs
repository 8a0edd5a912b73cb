//! Attempts on files: to read what is outside, to change anything at all.

use std::path::{Path, PathBuf};

use super::super::kernel::{Tried, at, at_mut, call, here, open, read, text, vector, word, write};
use super::super::scene::{CANARY, LINK, LOG, READABLE, SECRET, Scene, TOKEN};

/// What a file holds; anything else than the canary means that the wrong one was read.
fn read_canary(path: &Path) -> Tried {
    let read = read(open(path, libc::O_RDONLY)?)?;
    if read.starts_with(CANARY) { Ok(()) } else { Err(libc::ENODATA) }
}

fn read_something(path: &str) -> Tried {
    let read = read(open(Path::new(path), libc::O_RDONLY)?)?;
    if read.is_empty() { Err(libc::ENODATA) } else { Ok(()) }
}

fn make(path: &Path) -> Tried {
    write(open(path, libc::O_WRONLY | libc::O_CREAT)?, TOKEN)
}

/// A call with a path behind the current directory.
fn with_path(number: libc::c_long, path: &Path, rest: &[u64]) -> Tried {
    let path = text(path);
    let words: Vec<u64> = [here(), at(path.as_slice())].into_iter().chain(rest.iter().copied()).collect();
    call(number, &words).map(drop)
}

fn with_two_paths(number: libc::c_long, from: &Path, to: &Path) -> Tried {
    let (from, to) = (text(from), text(to));
    call(number, &[here(), at(from.as_slice()), here(), at(to.as_slice()), 0]).map(drop)
}

fn new(scene: &Scene) -> PathBuf {
    scene.outside.join("new")
}

pub(super) fn read_shadow(_: &Scene) -> Tried {
    read_something("/etc/shadow")
}

pub(super) fn read_outside(scene: &Scene) -> Tried {
    read_canary(&scene.secret())
}

pub(super) fn read_victims_environment(scene: &Scene) -> Tried {
    let read = read(open(Path::new(&format!("/proc/{}/environ", scene.victim)), libc::O_RDONLY)?)?;
    if read.windows(CANARY.len()).any(|part| part == CANARY) { Ok(()) } else { Err(libc::ENODATA) }
}

pub(super) fn read_maps(_: &Scene) -> Tried {
    read_something("/proc/self/maps")
}

pub(super) fn write_own_memory(_: &Scene) -> Tried {
    let mut target = [0_u8; 16];
    let place = at_mut(&mut target);
    let memory = open(Path::new("/proc/self/mem"), libc::O_RDWR)?;
    call(libc::SYS_pwrite64, &[memory, at(TOKEN), TOKEN.len() as u64, place])?;
    if std::hint::black_box(&target) == TOKEN { Ok(()) } else { Err(libc::EIO) }
}

pub(super) fn write_outside(scene: &Scene) -> Tried {
    make(&new(scene))
}

pub(super) fn write_among_models(scene: &Scene) -> Tried {
    make(&scene.models.join("new"))
}

pub(super) fn traversal(scene: &Scene) -> Tried {
    let outside = scene.outside.file_name().map(PathBuf::from).unwrap_or_default();
    read_canary(&scene.tree.join("..").join(outside).join(SECRET))
}

pub(super) fn link_out(scene: &Scene) -> Tried {
    read_canary(&scene.tree.join(LINK))
}

/// A descriptor of a path gives its owner, size and times, and a place to go on from (open(2), O_PATH).
pub(super) fn open_path(scene: &Scene) -> Tried {
    open(&scene.secret(), libc::O_PATH).map(drop)
}

/// On Linux, O_TRUNC truncates even what is opened for reading (open(2)).
pub(super) fn truncate_by_open(scene: &Scene) -> Tried {
    open(&scene.tree.join(READABLE), libc::O_RDONLY | libc::O_TRUNC).map(drop)
}

pub(super) fn temporary(scene: &Scene) -> Tried {
    open(&scene.outside, libc::O_RDWR | libc::O_TMPFILE).map(drop)
}

/// The size that is told has to be the secret's.
pub(super) fn stat(scene: &Scene) -> Tried {
    let mut told = [0_u64; 32];
    let path = text(&scene.secret());
    let basic = 0x7ff_u64;
    call(libc::SYS_statx, &[here(), at(path.as_slice()), 0, basic, at_mut(&mut told)])?;
    // `stx_size` of struct statx, at byte 40.
    if told[5] == CANARY.len() as u64 { Ok(()) } else { Err(libc::ENODATA) }
}

pub(super) fn access(scene: &Scene) -> Tried {
    with_path(libc::SYS_faccessat, &scene.secret(), &[word(libc::F_OK)])
}

/// Where a link outside leads to: a name that is nobody's business.
pub(super) fn read_link(scene: &Scene) -> Tried {
    let (path, mut told) = (text(&scene.sockets.join(LINK)), [0_u8; 256]);
    call(libc::SYS_readlinkat, &[here(), at(path.as_slice()), at_mut(&mut told), 256]).map(drop)
}

pub(super) fn list_root(_: &Scene) -> Tried {
    let root = open(Path::new("/"), libc::O_RDONLY | libc::O_DIRECTORY)?;
    let mut entries = [0_u64; 256];
    call(libc::SYS_getdents64, &[root, at_mut(&mut entries), 2048]).map(drop)
}

pub(super) fn openat2(scene: &Scene) -> Tried {
    // `struct open_how`: flags, mode, resolve.
    let (path, how) = (text(&scene.secret()), [0_u64; 3]);
    let file = call(libc::SYS_openat2, &[here(), at(path.as_slice()), at(&how), 24])?;
    if read(file)?.starts_with(CANARY) { Ok(()) } else { Err(libc::ENODATA) }
}

/// A handle names a file without a path (open_by_handle_at(2)).
pub(super) fn open_by_handle(scene: &Scene) -> Tried {
    let path = text(&scene.secret());
    let (mut handle, mut mount) = ([0_u64; 18], 0_i32);
    handle[0] = 128;
    let words = [here(), at(path.as_slice()), at_mut(&mut handle), at_mut(&mut mount), 0];
    call(libc::SYS_name_to_handle_at, &words)?;
    let directory = open(&scene.outside, libc::O_RDONLY | libc::O_DIRECTORY)?;
    let file = call(libc::SYS_open_by_handle_at, &[directory, at_mut(&mut handle), word(libc::O_RDONLY)])?;
    if read(file)?.starts_with(CANARY) { Ok(()) } else { Err(libc::ENODATA) }
}

pub(super) fn name_to_handle(scene: &Scene) -> Tried {
    let path = text(&scene.secret());
    let (mut handle, mut mount) = ([0_u64; 18], 0_i32);
    handle[0] = 128;
    let words = [here(), at(path.as_slice()), at_mut(&mut handle), at_mut(&mut mount), 0];
    call(libc::SYS_name_to_handle_at, &words).map(drop)
}

pub(super) fn read_attribute(scene: &Scene) -> Tried {
    let (path, name, mut value) = (text(&scene.secret()), b"user.airlock\0", [0_u8; 64]);
    match call(libc::SYS_getxattr, &[at(path.as_slice()), at(name), at_mut(&mut value), 64]) {
        // There is none: that much was told.
        Err(libc::ENODATA) => Ok(()),
        other => other.map(drop),
    }
}

pub(super) fn stat_file_system(scene: &Scene) -> Tried {
    let (path, mut told) = (text(&scene.outside), [0_u64; 32]);
    call(libc::SYS_statfs, &[at(path.as_slice()), at_mut(&mut told)]).map(drop)
}

pub(super) fn watch(scene: &Scene) -> Tried {
    let watcher = call(libc::SYS_inotify_init1, &[0])?;
    let path = text(&scene.outside);
    call(libc::SYS_inotify_add_watch, &[watcher, at(path.as_slice()), word(i64::from(libc::IN_ALL_EVENTS))]).map(drop)
}

pub(super) fn watch_all(_: &Scene) -> Tried {
    call(libc::SYS_fanotify_init, &[0, 0]).map(drop)
}

pub(super) fn make_directory(scene: &Scene) -> Tried {
    with_path(libc::SYS_mkdirat, &new(scene), &[0o700])
}

pub(super) fn make_node(scene: &Scene) -> Tried {
    with_path(libc::SYS_mknodat, &new(scene), &[word(i64::from(libc::S_IFIFO | 0o600)), 0])
}

pub(super) fn make_link(scene: &Scene) -> Tried {
    with_two_paths(libc::SYS_linkat, &scene.secret(), &new(scene))
}

pub(super) fn make_symbolic_link(scene: &Scene) -> Tried {
    let (from, to) = (text(&scene.secret()), text(&new(scene)));
    call(libc::SYS_symlinkat, &[at(from.as_slice()), here(), at(to.as_slice())]).map(drop)
}

pub(super) fn rename(scene: &Scene) -> Tried {
    with_two_paths(libc::SYS_renameat2, &scene.secret(), &new(scene))
}

pub(super) fn remove(scene: &Scene) -> Tried {
    with_path(libc::SYS_unlinkat, &scene.outside.join(LOG), &[0])
}

pub(super) fn truncate(scene: &Scene) -> Tried {
    let path = text(&scene.secret());
    call(libc::SYS_truncate, &[at(path.as_slice()), 0]).map(drop)
}

pub(super) fn change_mode(scene: &Scene) -> Tried {
    with_path(libc::SYS_fchmodat, &scene.secret(), &[0o666])
}

/// To nobody (65534), which takes the right to.
pub(super) fn change_owner(scene: &Scene) -> Tried {
    with_path(libc::SYS_fchownat, &scene.secret(), &[65534, 65534, 0])
}

pub(super) fn change_times(scene: &Scene) -> Tried {
    let times = [1_u64, 0, 1, 0];
    with_path(libc::SYS_utimensat, &scene.secret(), &[at(&times), 0])
}

pub(super) fn set_attribute(scene: &Scene) -> Tried {
    let (path, name) = (text(&scene.secret()), b"user.airlock\0");
    call(libc::SYS_setxattr, &[at(path.as_slice()), at(name), at(TOKEN), TOKEN.len() as u64, 0]).map(drop)
}

/// Asynchronous I/O is a second way to read and write what is open (io_submit(2)).
pub(super) fn asynchronous(_: &Scene) -> Tried {
    let mut context = 0_u64;
    call(libc::SYS_io_setup, &[1, at_mut(&mut context)])?;
    // Nothing was handed in, so it ends at once.
    let _ = call(libc::SYS_io_destroy, &[context]);
    Ok(())
}

pub(super) fn less_likely_to_be_killed(_: &Scene) -> Tried {
    write(open(Path::new("/proc/self/oom_score_adj"), libc::O_WRONLY)?, b"500")
}

pub(super) fn write_by_vector(scene: &Scene) -> Tried {
    let file = open(&new(scene), libc::O_RDWR | libc::O_CREAT)?;
    call(libc::SYS_pwritev2, &[file, at(&vector(TOKEN)), 1, 0, 0, 0]).map(drop)
}
