//! Headers of a tar archive (tar(5), the GNU form), to write and to judge.

use tar::{EntryType, Header};

use crate::path;

/// What everything is a multiple of, in bytes.
pub(super) const BLOCK_BYTES: usize = 512;

/// A name longer than this does not fit into a header, in bytes, and stands in a member of its own before it.
const NAME_BYTES_MAX: usize = 100;

/// The longest name of a member: the directory, and a path in it.
pub(super) const PATH_BYTES_MAX: u64 = (path::PART_BYTES_MAX + 1 + path::BYTES_MAX) as u64;

/// What a header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Member {
    /// Two of these end the archive.
    Zeros,
    File {
        name: Vec<u8>,
        bytes: u64,
    },
    Directory {
        name: Vec<u8>,
    },
    /// The name of the next member, of so many bytes and a NUL.
    LongName {
        bytes: u64,
    },
}

/// The blocks before a file's bytes. `name` is one of [`path::check`].
pub(super) fn of_file(name: &str, bytes: u64, mode: u32, mtime: u64) -> Vec<u8> {
    let mut blocks = Vec::new();
    let mut header = Header::new_gnu();
    if name.len() > NAME_BYTES_MAX {
        let mut long = Header::new_gnu();
        long.set_entry_type(EntryType::GNULongName);
        put_name(&mut long, b"././@LongLink");
        put_numbers(&mut long, name.len() as u64 + 1, 0o644, 0);
        blocks.extend_from_slice(long.as_bytes());
        blocks.extend_from_slice(name.as_bytes());
        // One NUL at least.
        blocks.resize((blocks.len() + 1).next_multiple_of(BLOCK_BYTES), 0);
    }
    header.set_entry_type(EntryType::Regular);
    put_name(&mut header, &name.as_bytes()[..name.len().min(NAME_BYTES_MAX)]);
    put_numbers(&mut header, bytes, mode, mtime);
    blocks.extend_from_slice(header.as_bytes());
    blocks
}

fn put_name(header: &mut Header, name: &[u8]) {
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
}

fn put_numbers(header: &mut Header, bytes: u64, mode: u32, mtime: u64) {
    header.set_size(bytes);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(mtime);
    header.set_cksum();
}

/// Reads a header. What is wrong goes on from "a member of the archive".
pub(super) fn read(block: &[u8; BLOCK_BYTES]) -> Result<Member, String> {
    if block.iter().all(|byte| *byte == 0) {
        return Ok(Member::Zeros);
    }
    let header = Header::from_byte_slice(block);
    let told = header.cksum().map_err(|_| "has no checksum")?;
    if told != checksum(block) {
        return Err("is damaged: its checksum is another".to_owned());
    }
    if header.as_gnu().is_none() && header.as_ustar().is_none() {
        return Err("has a header that is neither of GNU nor of ustar".to_owned());
    }
    let name = header.path_bytes().into_owned();
    let shown = || String::from_utf8_lossy(&name).escape_debug().to_string();
    let bytes = header.entry_size().map_err(|_| format!("has no length: `{}`", shown()))?;
    let kind = match header.entry_type() {
        EntryType::Regular if header.link_name_bytes().is_none() => return Ok(Member::File { name, bytes }),
        EntryType::Directory if bytes == 0 => return Ok(Member::Directory { name }),
        EntryType::GNULongName => return Ok(Member::LongName { bytes }),
        EntryType::Regular => "a file with the name of a link",
        EntryType::Directory => "a directory with a length",
        EntryType::Symlink => "a symbolic link",
        EntryType::Link => "a hard link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a pipe",
        EntryType::GNUSparse => "a sparse file",
        EntryType::XHeader | EntryType::XGlobalHeader => "a header of pax; `tar --format=gnu` writes none",
        _ => "of an unknown kind",
    };
    Err(format!("is {kind}: `{}`", shown()))
}

/// The sum of the header's bytes, those of the sum itself read as spaces.
fn checksum(block: &[u8; BLOCK_BYTES]) -> u32 {
    let field = 148..156;
    block.iter().enumerate().map(|(at, byte)| u32::from(if field.contains(&at) { b' ' } else { *byte })).sum()
}
