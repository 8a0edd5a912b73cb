//! Programs of a few bytes that say that they were started: what is put into memory without a name, or gets a right, must not be
//! this program, which with llama.cpp in it is tens of megabytes.

/// Writes [`LINE`] to descriptor 1 and ends with 0.
#[cfg(target_arch = "x86_64")]
const CODE: Option<&[u8]> = Some(&[
    0xb8, 0x01, 0x00, 0x00, 0x00, // mov eax, 1 (write)
    0xbf, 0x01, 0x00, 0x00, 0x00, // mov edi, 1
    0x48, 0x8d, 0x35, 0x10, 0x00, 0x00, 0x00, // lea rsi, [rip + 16], the line
    0xba, 0x05, 0x00, 0x00, 0x00, // mov edx, 5
    0x0f, 0x05, // syscall
    0xb8, 0x3c, 0x00, 0x00, 0x00, // mov eax, 60 (exit)
    0x31, 0xff, // xor edi, edi
    0x0f, 0x05, // syscall
]);

/// The same if it runs with root's rights, else it writes the second line.
#[cfg(target_arch = "x86_64")]
const CODE_IF_ROOT: Option<&[u8]> = Some(&[
    0xb8, 0x6b, 0x00, 0x00, 0x00, // mov eax, 107 (geteuid)
    0x0f, 0x05, // syscall
    0x85, 0xc0, // test eax, eax
    0x48, 0x8d, 0x35, 0x2d, 0x00, 0x00, 0x00, // lea rsi, [rip + 45], the second line
    0xba, 0x09, 0x00, 0x00, 0x00, // mov edx, 9
    0x75, 0x0c, // jnz 12
    0x48, 0x8d, 0x35, 0x1a, 0x00, 0x00, 0x00, // lea rsi, [rip + 26], the line
    0xba, 0x05, 0x00, 0x00, 0x00, // mov edx, 5
    0xb8, 0x01, 0x00, 0x00, 0x00, // mov eax, 1 (write)
    0xbf, 0x01, 0x00, 0x00, 0x00, // mov edi, 1
    0x0f, 0x05, // syscall
    0xb8, 0x3c, 0x00, 0x00, 0x00, // mov eax, 60 (exit)
    0x31, 0xff, // xor edi, edi
    0x0f, 0x05, // syscall
]);

#[cfg(not(target_arch = "x86_64"))]
const CODE: Option<&[u8]> = None;
#[cfg(not(target_arch = "x86_64"))]
const CODE_IF_ROOT: Option<&[u8]> = None;

/// What an attempt says that was done; then that it was not permitted (EPERM).
const LINE: &[u8; 5] = b"open\n";
const SECOND_LINE: &[u8; 9] = b"closed 1\n";

/// A program that says that it was started; none on processors for which there is no code here.
pub(super) fn program() -> Option<Vec<u8>> {
    CODE.map(|code| file(&[code, LINE].concat()))
}

/// A program that says whether it was started with root's rights.
pub(super) fn program_if_root() -> Option<Vec<u8>> {
    CODE_IF_ROOT.map(|code| file(&[code, LINE, SECOND_LINE].concat()))
}

/// A file of one segment: header, one program header, code (elf(5)).
fn file(code: &[u8]) -> Vec<u8> {
    const MACHINE_X86_64: u16 = 62;
    const BASE: u64 = 0x40_0000;
    const HEADERS_BYTES: u64 = 64 + 56;
    let bytes_all = HEADERS_BYTES + code.len() as u64;
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
    file.extend(code);
    file
}
