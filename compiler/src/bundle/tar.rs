//! Tar, as far as it is needed: written so that the same files give the same bytes, and read as if somebody hostile had written it.
//!
//! Every member is a plain file with a `ustar` header: a name of up to 255 bytes, no owner, no time. There are no links, no
//! devices, and none of the extensions with which two readers see two archives.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};

use airlock_seal::{Code, Refusal};

/// No archive holds more members.
const MEMBERS_MAX: usize = 200_000;

/// No member is longer, in bytes.
const MEMBER_BYTES_MAX: u64 = 256 << 20;

/// No archive unpacks to more, in bytes.
const BYTES_MAX: u64 = 4 << 30;

/// Writes members; the caller brings them sorted by name.
pub(super) struct Writer<W: Write>(tar::Builder<W>);

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W) -> Self {
        Self(tar::Builder::new(out))
    }

    /// Adds a file. A name that `ustar` cannot hold is an error.
    pub(super) fn add(&mut self, name: &str, is_executable: bool, bytes: &[u8]) -> io::Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_path(name)?;
        header.set_size(bytes.len() as u64);
        header.set_mode(if is_executable { 0o755 } else { 0o644 });
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        self.0.append(&header, bytes)
    }

    pub(super) fn finish(self) -> io::Result<W> {
        self.0.into_inner()
    }
}

/// A member.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) is_executable: bool,
    pub(super) bytes: Vec<u8>,
}

/// Reads an archive of [`Writer`]'s kind, and hands on one member after the other. Refused as [`Code::Format`] is anything else.
pub(super) fn read(
    archive: impl Read,
    about: &str,
    mut take: impl FnMut(Member) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let refused = |text: String| Refusal::new(Code::Format, format!("{about}: {text}"));
    let broken = |error: io::Error| refused(error.to_string());
    let mut archive = tar::Archive::new(archive);
    let mut names = BTreeSet::new();
    let mut bytes_all = 0;
    for entry in archive.entries().map_err(broken)?.raw(true) {
        let entry = entry.map_err(broken)?;
        let header = entry.header();
        let name = String::from_utf8_lossy(&header.path_bytes()).into_owned();
        let told = |fault: &str| refused(format!("the member `{}` {fault}", name.escape_debug()));
        if header.as_ustar().is_none() || header.entry_type() != tar::EntryType::Regular {
            return Err(told("is no plain file"));
        }
        check_name(&name).map_err(told)?;
        let mode = header.mode().map_err(broken)?;
        if mode & !0o755 != 0 {
            return Err(told("has a mode besides 0644 and 0755"));
        }
        let length = header.entry_size().map_err(broken)?;
        bytes_all += length;
        if length > MEMBER_BYTES_MAX || bytes_all > BYTES_MAX {
            return Err(told("is longer than is unpacked"));
        }
        if names.len() >= MEMBERS_MAX {
            return Err(refused(format!("it has more than {MEMBERS_MAX} members")));
        }
        if !names.insert(name.clone()) {
            return Err(told("is there twice"));
        }
        let mut bytes = Vec::new();
        entry.take(length).read_to_end(&mut bytes).map_err(broken)?;
        if bytes.len() as u64 != length {
            return Err(told("is cut off"));
        }
        take(Member { name, is_executable: mode & 0o111 != 0, bytes })?;
    }
    Ok(())
}

/// Names of crates' files: visible ASCII, and no way out of the directory. More than a bundle's names may be made of.
pub(super) fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() || name.len() > 255 {
        return Err("has a name that is empty, or longer than 255 bytes");
    }
    if !name.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\\') {
        return Err("has a name of other characters than visible ASCII");
    }
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err("has a name that could lead out of the directory");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use airlock_seal::Code;

    use super::{Member, Writer, read};

    fn members(archive: &[u8]) -> Result<Vec<Member>, airlock_seal::Refusal> {
        let mut members = Vec::new();
        read(archive, "a.tar", |member| {
            members.push(member);
            Ok(())
        })?;
        Ok(members)
    }

    fn written(files: &[(&str, bool, &[u8])]) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new());
        for (name, is_executable, bytes) in files {
            writer.add(name, *is_executable, bytes).expect("can be written");
        }
        writer.finish().expect("can be ended")
    }

    #[test]
    fn what_is_written_is_read_again_and_has_the_same_bytes_each_time() {
        let long = format!("vendor/{}/{}", "d".repeat(90), "f".repeat(90));
        let files = [("a b(1)", false, &b"x"[..]), (&long, true, &[7; 5000]), ("z", false, b"")];
        let archive = written(&files);
        assert_eq!(archive, written(&files));
        let read: Vec<_> = members(&archive).expect("is read");
        let seen: Vec<_> =
            read.iter().map(|member| (member.name.as_str(), member.is_executable, member.bytes.as_slice())).collect();
        assert_eq!(seen, files);
        Writer::new(Vec::new()).add(&"n".repeat(300), false, b"").expect_err("is too long");
    }

    /// A member with this header, and what must be said of it.
    fn with(change: impl FnOnce(&mut tar::Header)) -> Vec<u8> {
        let mut header = tar::Header::new_ustar();
        header.set_path("a").expect("fits");
        header.set_size(1);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        change(&mut header);
        header.set_cksum();
        let mut archive = header.as_bytes().to_vec();
        archive.push(b'x');
        archive.resize(512 * 4, 0);
        archive
    }

    fn named(name: &str) -> Vec<u8> {
        with(|header| {
            let field = &mut header.as_ustar_mut().expect("is one").name;
            field.fill(0);
            field.iter_mut().zip(name.bytes()).for_each(|(place, byte)| *place = byte);
        })
    }

    #[test]
    fn what_could_do_harm_is_refused() {
        assert_eq!(members(&with(|_| ())).expect("is good").len(), 1);
        let kinds = [tar::EntryType::Symlink, tar::EntryType::Link, tar::EntryType::Fifo, tar::EntryType::Char]
            .into_iter()
            .chain([
                tar::EntryType::XHeader,
                tar::EntryType::GNULongName,
                tar::EntryType::GNUSparse,
                tar::EntryType::Directory,
            ]);
        let mut bad: Vec<(String, Vec<u8>)> =
            kinds.map(|kind| (format!("{kind:?}"), with(|header| header.set_entry_type(kind)))).collect();
        for name in ["/etc/passwd", "../a", "a/../../b", "a//b", "a/", "a\\b", "a\nb", "\u{e4}", ""] {
            bad.push((name.to_owned(), named(name)));
        }
        bad.push(("setuid".into(), with(|header| header.set_mode(0o4755))));
        bad.push(("huge".into(), with(|header| header.set_size(1 << 40))));
        bad.push(("cut off".into(), with(|header| header.set_size(1 << 20))));
        let mut twice = named("a")[..1024].to_vec();
        twice.extend(named("a"));
        bad.push(("twice".into(), twice));
        let mut flipped = with(|_| ());
        flipped[3] ^= 1;
        bad.push(("checksum".into(), flipped));
        for (what, archive) in bad {
            let refusal = members(&archive).expect_err(&what);
            assert_eq!(refusal.code, Code::Format, "{what}");
        }
    }
}
