//! A program of a few bytes that says that it was started: what is put into memory without a name must not be this program,
//! which with llama.cpp in it is tens of megabytes.

/// Writes [`super::role::LANDED_LINE`] to descriptor 1 and ends with 0.
#[cfg(target_arch = "x86_64")]
const CODE: &[u8] = &[
    0xb8, 0x01, 0x00, 0x00, 0x00, // mov eax, 1 (write)
    0xbf, 0x01, 0x00, 0x00, 0x00, // mov edi, 1
    0x48, 0x8d, 0x35, 0x10, 0x00, 0x00, 0x00, // lea rsi, [rip + 16], the line
    0xba, 0x05, 0x00, 0x00, 0x00, // mov edx, 5
    0x0f, 0x05, // syscall
    0xb8, 0x3c, 0x00, 0x00, 0x00, // mov eax, 60 (exit)
    0x31, 0xff, // xor edi, edi
    0x0f, 0x05, // syscall
];

/// Where the one segment is loaded.
const BASE: u64 = 0x40_0000;
const HEADERS_BYTES: u64 = 64 + 56;

/// The file: header, one program header, code, line (elf(5)).
#[cfg(target_arch = "x86_64")]
pub(super) fn program() -> Result<Vec<u8>, i32> {
    const MACHINE_X86_64: u16 = 62;
    let line = super::role::LANDED_LINE.as_bytes();
    let bytes_all = HEADERS_BYTES + (CODE.len() + line.len()) as u64;
    // 64 bit, little-endian, version 1, System V.
    let mut file = b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00".to_vec();
    for half in [2_u16, MACHINE_X86_64] {
        file.extend(half.to_le_bytes());
    }
    file.extend(1_u32.to_le_bytes());
    for long in [BASE + HEADERS_BYTES, 64, 0] {
        file.extend(long.to_le_bytes());
    }
    file.extend(0_u32.to_le_bytes());
    for half in [64_u16, 56, 1, 0, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    // PT_LOAD, readable and executable.
    for word in [1_u32, 5] {
        file.extend(word.to_le_bytes());
    }
    for long in [0, BASE, BASE, bytes_all, bytes_all, 0x1000] {
        file.extend(long.to_le_bytes());
    }
    file.extend(CODE);
    file.extend(line);
    Ok(file)
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn program() -> Result<Vec<u8>, i32> {
    Err(libc::ENOSYS)
}
