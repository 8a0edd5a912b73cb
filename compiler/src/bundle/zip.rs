//! A zip file (PKWARE APPNOTE 6.3.10) whose bytes follow from its contents alone: stored, without dates, sorted.

/// The first day that the format knows, 1980-01-01 00:00:00, as MS-DOS has it.
const DATE: u16 = 1 << 5 | 1;
/// Made by version 2.0 on Unix, so that modes are read.
const MADE_BY: u16 = 3 << 8 | 0x14;
/// Read by version 2.0.
const NEEDED: u16 = 20;

/// A file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    /// ASCII, relative.
    pub(super) name: &'a str,
    pub(super) mode: u32,
    pub(super) bytes: &'a [u8],
}

/// The archive. Entries are few and small: of lengths beyond 32 bits nothing is left.
pub(super) fn archive(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut sorted = entries.to_vec();
    sorted.sort_by_key(|entry| entry.name);
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for entry in &sorted {
        let offset = length(file.len());
        let about = about(entry);
        file.extend(0x0403_4b50_u32.to_le_bytes());
        file.extend(&about);
        file.extend(entry.name.as_bytes());
        file.extend(entry.bytes);
        directory.extend(0x0201_4b50_u32.to_le_bytes());
        directory.extend(MADE_BY.to_le_bytes());
        directory.extend(&about);
        // No comment, the first disk, no attributes of MS-DOS; then type and mode of Unix.
        directory.extend([0; 6]);
        directory.extend(((0o100_000 | entry.mode) << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(entry.name.as_bytes());
    }
    let (begin, count) = (length(file.len()), u16::try_from(sorted.len()).unwrap_or(u16::MAX));
    file.extend(&directory);
    file.extend(0x0605_4b50_u32.to_le_bytes());
    file.extend([0; 4]);
    file.extend(count.to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend(length(directory.len()).to_le_bytes());
    file.extend(begin.to_le_bytes());
    file.extend([0; 2]);
    file
}

/// What stands of a file before its bytes and in the directory: versions, flags, method, time, date, check, lengths.
fn about(entry: &Entry<'_>) -> Vec<u8> {
    let mut about = Vec::new();
    for word in [NEEDED, 0, 0, 0, DATE] {
        about.extend(word.to_le_bytes());
    }
    about.extend(crc_32(entry.bytes).to_le_bytes());
    about.extend(length(entry.bytes.len()).to_le_bytes());
    about.extend(length(entry.bytes.len()).to_le_bytes());
    about.extend(u16::try_from(entry.name.len()).unwrap_or(0).to_le_bytes());
    about.extend([0; 2]);
    about
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// The check of the format (ISO 3309), a bit at a time: it is made of some kilobytes.
fn crc_32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::{Entry, archive, crc_32};

    #[test]
    fn the_check_is_that_of_the_standard() {
        assert_eq!(crc_32(b"123456789"), 0xcbf4_3926);
    }

    const SCRIPT: &str = "import sys, zipfile\n\
        z = zipfile.ZipFile(sys.argv[1])\n\
        assert z.testzip() is None\n\
        print([(i.filename, oct(i.external_attr >> 16), i.date_time[0], z.read(i).decode()) for i in z.infolist()])";

    /// Python's own reader, which checks sums, names and modes.
    #[test]
    fn others_read_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("a.zip");
        let entries = [
            Entry { name: "server/run", mode: 0o755, bytes: b"#!/bin/sh\n" },
            Entry { name: "manifest.json", mode: 0o644, bytes: b"{}" },
        ];
        fs::write(&file, archive(&entries)).expect("written");
        let output = Command::new("python3").args(["-c", SCRIPT]).arg(&file).output().expect("python3 is installed");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim(),
            r"[('manifest.json', '0o100644', 1980, '{}'), ('server/run', '0o100755', 1980, '#!/bin/sh\n')]",
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
