//! Files that are good only while nobody else can get at them. This is the one place that opens such files.
//!
//! What comes in: a path, and what others must not be able to do. What goes out: an open file, or its bytes in memory that is
//! overwritten when it is let go. Every check is made on the opened file, so it cannot be exchanged in between.

use std::fs::{File, OpenOptions};
use std::io;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, OFlags, fstat};
use rustix::process::geteuid;
use zeroize::Zeroizing;

/// What other users must not be able to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read or write it: keys, records, conversations.
    Secret,
    /// As [`Self::Secret`], of a file below `$CREDENTIALS_DIRECTORY`. Where systemd lets its service read a file by an access
    /// list, the bits of the group are the list's mask (acl(5)), so a file of root and of root's group may have 0440.
    Credential,
    /// Write it: what is believed, and no secret.
    Trusted,
}

impl Access {
    /// Says what is wrong with a file, in words that go on from its name.
    ///
    /// # Errors
    /// It cannot be looked at, is no regular file, belongs to another user than this one and root, or lets others in.
    pub fn check(self, file: &File, path: &Path) -> Result<(), String> {
        let shown = path.display();
        // Not std's metadata: that asks with a path, which a confined process may not.
        let about = fstat(file).map_err(|fault| format!("cannot be looked at: {fault}"))?;
        if !FileType::from_raw_mode(about.st_mode).is_file() {
            return Err("is not a regular file".to_owned());
        }
        let (owner, own) = (about.st_uid, geteuid().as_raw());
        if owner != own && owner != 0 {
            return Err(format!(
                "belongs to user {owner}, and not to user {own}, who runs this program; run `chown {own} {shown}`"
            ));
        }
        let of_root = owner == 0 && about.st_gid == 0;
        let (refused, text, mode) = match self {
            Self::Credential if of_root => (0o037, "can be read by other users", "400"),
            Self::Secret | Self::Credential => (0o077, "can be read by other users", "600"),
            Self::Trusted => (0o022, "can be written by other users", "go-w"),
        };
        if about.st_mode & refused == 0 { Ok(()) } else { Err(format!("{text}; run `chmod {mode} {shown}`")) }
    }
}

/// Opens a file to read. What is no regular file is refused before anybody waits for it.
///
/// # Errors
/// It cannot be opened, or others could get at it. The text goes on from the file's name.
pub fn open(path: &Path, access: Access) -> Result<File, String> {
    let mut options = OpenOptions::new();
    // Opening a pipe would wait for somebody to write.
    options.read(true).custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    let file = options.open(path).map_err(|fault| format!("cannot be opened: {fault}"))?;
    access.check(&file, path)?;
    Ok(file)
}

/// Reads a whole file.
///
/// # Errors
/// As [`open`]; it cannot be read, or is longer than `bytes_max`.
pub fn read(path: &Path, access: Access, bytes_max: usize) -> Result<Zeroizing<Vec<u8>>, String> {
    let file = open(path, access)?;
    // At once as large as it may become: a buffer that grows leaves its contents behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(bytes_max + 1));
    let read = file.take(bytes_max as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|fault| format!("cannot be read: {fault}"))?;
    if bytes.len() > bytes_max {
        return Err(format!("is longer than {bytes_max} bytes"));
    }
    Ok(bytes)
}

/// Opens a file to append to; one that is not there is made for this user alone.
///
/// # Errors
/// It cannot be opened, or others could get at it.
pub fn append(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    Access::Secret.check(&file, path).map_err(io::Error::other)?;
    Ok(file)
}

/// Makes a new file for this user alone.
///
/// # Errors
/// There is one already, or it cannot be made.
pub fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Where systemd has put a credential of this service (systemd.exec(5), `LoadCredential=`).
///
/// # Errors
/// This program was not started with credentials, or others could put one there.
pub fn credential_path(name: &str) -> Result<PathBuf, String> {
    let directory = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from).filter(|path| path.is_absolute());
    let directory = directory.ok_or_else(|| {
        format!(
            "is not there, since systemd gave this program no credentials; add `LoadCredential={name}:FILE` to its unit, or give \
             {{\"file\": …}} where it runs without systemd"
        )
    })?;
    let metadata = directory.metadata().map_err(|fault| format!("cannot be looked for: {fault}"))?;
    let is_ours = metadata.uid() == 0 || metadata.uid() == geteuid().as_raw();
    if !metadata.is_dir() || !is_ours || metadata.mode() & 0o022 != 0 {
        return Err(
            "lies in a directory that other users can write; $CREDENTIALS_DIRECTORY is set by systemd".to_owned()
        );
    }
    Ok(directory.join(name))
}

/// Whether systemd could have a credential of this name, and it is no path.
pub fn is_credential_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (1..=255).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::{Access, is_credential_name, read};

    #[test]
    fn what_others_can_get_at_is_refused_by_what_it_is_for() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("f");
        fs::write(&path, "text").expect("written");
        let told = |mode: u32, access: Access| {
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("changed");
            read(&path, access, 4).map(|bytes| bytes.to_vec())
        };
        for (access, admitted, refused) in [
            (Access::Secret, &[0o600, 0o400][..], &[0o640, 0o604, 0o620, 0o601, 0o440][..]),
            (Access::Trusted, &[0o600, 0o644, 0o444], &[0o664, 0o646, 0o620]),
        ] {
            for mode in admitted {
                assert_eq!(told(*mode, access).as_deref(), Ok(&b"text"[..]), "{mode:o}");
            }
            for mode in refused {
                assert!(told(*mode, access).expect_err("open to others").contains("; run `chmod "), "{mode:o}");
            }
        }
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("changed");
        assert_eq!(read(&path, Access::Secret, 3).expect_err("too long"), "is longer than 3 bytes");
        assert!(read(directory.path(), Access::Trusted, 3).expect_err("no file").contains("is not a regular file"));
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("p");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).expect("a pipe");
        assert_eq!(read(&path, Access::Secret, 3).expect_err("no file"), "is not a regular file");
    }

    #[test]
    fn a_credential_is_named_and_never_a_path() {
        for name in ["clinic", "clinic.key", "a_b-9"] {
            assert!(is_credential_name(name), "{name}");
        }
        for name in ["", ".", "..", ".a", "a/b", "../a", "a b", "a:b", "ä", "a\n", &"x".repeat(256)] {
            assert!(!is_credential_name(name), "{name}");
        }
    }
}
