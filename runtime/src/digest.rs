//! The digest of a file that may be larger than memory.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// SHA-256 (FIPS 180-4) of a file's bytes, in lower-case hexadecimal.
pub(crate) fn of_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(airlock_offer::hex(&digest.finalize())),
            read => digest.update(&buffer[..read]),
        }
    }
}
