//! Which section of a program a byte stands in. Reads 64-bit little-endian ELF; of anything else it knows nothing.

/// The kind of a section that is not in the file (`SHT_NOBITS`).
const NO_BITS: u64 = 8;

/// The name of the section that holds the byte at `offset`.
pub(super) fn section(program: &[u8], offset: u64) -> Option<String> {
    if program.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let headers = usize::try_from(number::<8>(program, 0x28)?).ok()?;
    let [length, count, names] = [0x3a, 0x3c, 0x3e].map(|at| number::<2>(program, at));
    let (length, count, names) = (usize::try_from(length?).ok()?, count?, names?);
    let header = |index: u64| {
        let at = headers.checked_add(length.checked_mul(usize::try_from(index).ok()?)?)?;
        let kind = number::<4>(program, at.checked_add(4)?)?;
        let [begin, bytes] = [0x18, 0x20].map(|field| number::<8>(program, at.checked_add(field)?));
        Some((number::<4>(program, at)?, kind, begin?, bytes?))
    };
    let (_, _, texts, _) = header(names)?;
    let found = (0..count)
        .filter_map(header)
        .find(|(_, kind, begin, bytes)| *kind != NO_BITS && offset >= *begin && offset - begin < *bytes)?;
    let name = program.get(usize::try_from(texts.checked_add(found.0)?).ok()?..)?;
    let end = name.iter().position(|byte| *byte == 0)?;
    Some(String::from_utf8_lossy(name.get(..end)?).into_owned()).filter(|name| !name.is_empty())
}

/// A number of `BYTES` bytes.
fn number<const BYTES: usize>(program: &[u8], at: usize) -> Option<u64> {
    let bytes = program.get(at..at.checked_add(BYTES)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::section;

    const TEXT: &[u8] = b"a text that stands among the read-only data of this test alone";

    #[test]
    #[cfg(all(target_os = "linux", target_pointer_width = "64", target_endian = "little"))]
    fn sections_of_this_very_program_are_found() {
        let program = std::fs::read(std::env::current_exe().expect("has a path")).expect("can be read");
        let at = program.windows(TEXT.len()).position(|window| window == TEXT).expect("is there");
        assert_eq!(section(&program, at as u64).as_deref(), Some(".rodata"));
        assert_eq!(section(&program, u64::MAX), None);
        // Cut off or made up, it is a program without sections.
        for length in [0, 5, 6, 0x3f, 0x40, program.len() / 2] {
            let _ = section(&program[..length], 0x200);
        }
        assert_eq!(section(b"#!/bin/sh", 0), None);
    }
}
