//! Whether a program is started by a dynamic linker: then the service has to be able to run the system's libraries, too.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// Program headers that are looked at. Real programs have about a dozen.
const HEADERS_MAX: u16 = 64;

/// The header of a program's interpreter (System V ABI, "Program Header").
const PT_INTERP: u32 = 3;

/// Whether a program is linked with libraries. None if it cannot be read, or is no 64-bit little-endian ELF file.
pub(super) fn has_libraries(program: &Path) -> Option<bool> {
    look(program).ok().flatten()
}

/// The numbers stand where System V ABI, "ELF Header", puts them.
fn look(program: &Path) -> io::Result<Option<bool>> {
    let mut file = File::open(program)?;
    let mut head = [0; 64];
    file.read_exact(&mut head)?;
    if !head.starts_with(b"\x7fELF\x02\x01") {
        return Ok(None);
    }
    let [mut start, mut size, mut count] = [[0; 8]; 3];
    start.copy_from_slice(&head[32..40]);
    size[..2].copy_from_slice(&head[54..56]);
    count[..2].copy_from_slice(&head[56..58]);
    let [start, size, count] = [start, size, count].map(u64::from_le_bytes);
    for number in 0..count.min(HEADERS_MAX.into()) {
        let mut kind = [0; 4];
        file.seek(SeekFrom::Start(start.saturating_add(number * size)))?;
        file.read_exact(&mut kind)?;
        if u32::from_le_bytes(kind) == PT_INTERP {
            return Ok(Some(true));
        }
    }
    Ok(Some(false))
}

#[cfg(test)]
mod tests {
    use super::has_libraries;

    /// An ELF header with one program header of this type.
    fn elf(kind: u32) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01".to_vec();
        bytes.resize(64 + 56, 0);
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = 1;
        bytes[64..68].copy_from_slice(&kind.to_le_bytes());
        bytes
    }

    #[test]
    fn an_interpreter_tells_that_there_are_libraries() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let with = |bytes: &[u8]| {
            std::fs::write(file.path(), bytes).expect("written");
            has_libraries(file.path())
        };
        assert_eq!(with(&elf(3)), Some(true));
        assert_eq!(with(&elf(1)), Some(false));
        let mut far = elf(3);
        far[32..40].fill(0xff);
        assert_eq!(with(&far), None, "headers beyond the end");
        for other in [&elf(3)[..63], b"#!/bin/sh\n", b""] {
            assert_eq!(with(other), None);
        }
        assert_eq!(has_libraries("/nowhere".as_ref()), None);
    }
}
