//! The digest of a file that may be larger than memory.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// How long an open file is, in bytes. A confined process may not ask with a path, as std's metadata does.
pub(crate) fn length(file: &File) -> io::Result<u64> {
    Ok(u64::try_from(rustix::fs::fstat(file)?.st_size).unwrap_or(0))
}

/// SHA-256 (FIPS 180-4) of a file's bytes, in lower-case hexadecimal.
pub(crate) fn of_file(path: &Path) -> io::Result<String> {
    of_file_with(path, &mut |_| {})
}

/// The same; `progress` is told how much is read, from 0 to 1.
pub(crate) fn of_file_with(path: &Path, progress: &mut dyn FnMut(f32)) -> io::Result<String> {
    let mut file = File::open(path)?;
    let bytes = length(&file)?;
    let mut done = 0;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(airlock_offer::hex(&digest.finalize())),
            read => {
                digest.update(&buffer[..read]);
                done += read as u64;
                #[expect(clippy::cast_precision_loss, reason = "for people")]
                progress(done as f32 / bytes.max(1) as f32);
            }
        }
    }
}
