//! One file, in parts.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha512};

use super::{LIST_SUFFIX, List, Listed, PARTS_MAX, file_name, lying, shown};
use crate::{Code, Progress, Refusal, digest, files, path};

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub list: List,
    /// Where the list is.
    pub path: PathBuf,
    /// Parts that were there already.
    pub kept: usize,
    pub written: usize,
}

/// Writes the parts of a file into a directory, and their list last. Parts that are there and right are kept.
///
/// # Errors
/// [`Code::Usage`] for a file or a length that cannot be split so, or where parts of another split lie.
pub fn split(file: &Path, bytes_max: u64, out: &Path, progress: &mut Progress<'_>) -> Result<Split, Refusal> {
    let usage = |text: String| Refusal::new(Code::Usage, text);
    let failed = |fault: io::Error| Refusal::internal(shown(file), fault);
    let name = file_name(file).to_owned();
    path::check(&name).map_err(|fault| usage(format!("the name of {} {fault}", shown(file))))?;
    let mut source = File::open(file).map_err(failed)?;
    let about = source.metadata().map_err(failed)?;
    if !about.is_file() || about.len() == 0 || bytes_max == 0 {
        return Err(usage(format!("{} is not a file with something in it", shown(file))));
    }
    let all = about.len();
    let count = all.div_ceil(bytes_max);
    if count > PARTS_MAX {
        let least = all.div_ceil(PARTS_MAX);
        return Err(usage(format!(
            "these would be {count} parts, and three digits tell 1,000 apart; give a `--size` of {least} bytes or more"
        )));
    }
    if let Some((_, foreign)) = lying(out, &name)?.range(count..).next() {
        let text = "is a part of another split, and would be joined with these; remove it, or give another `--out`";
        return Err(usage(format!("{} {text}", shown(foreign))));
    }
    let mut work = Work { source: &mut source, whole: Sha512::new(), done: 0, all, progress };
    let (mut parts, mut kept) = (Vec::new(), 0);
    for number in 0..count {
        let target = out.join(format!("{name}.{number:03}"));
        let bytes = bytes_max.min(all - number * bytes_max);
        let (sha512, was_there) = work.part(&target, number * bytes_max, bytes)?;
        parts.push(Listed { sha512 });
        kept += usize::from(was_there);
    }
    let written = parts.len() - kept;
    let list = List { name: name.clone(), bytes: all, sha512: digest::hex(&work.whole.finalize()), parts };
    let path = out.join(format!("{name}{LIST_SUFFIX}"));
    files::whole(&path, |file| file.write_all(list.text().as_bytes()))?;
    Ok(Split { list, path, kept, written })
}

struct Work<'a, 'b> {
    source: &'a mut File,
    whole: Sha512,
    done: u64,
    all: u64,
    progress: &'a mut Progress<'b>,
}

impl Work<'_, '_> {
    /// Writes one part where it is not there already. Its digest, and whether it was.
    fn part(&mut self, target: &Path, start: u64, bytes: u64) -> Result<(String, bool), Refusal> {
        let failed = |fault: io::Error| Refusal::internal(shown(target), fault);
        let is_there = fs::symlink_metadata(target).is_ok_and(|about| about.is_file() && about.len() == bytes);
        if !is_there {
            let mut digest = String::new();
            files::whole(target, |file| {
                digest = self.pass(start, bytes, true, Some(file))?;
                Ok(())
            })?;
            return Ok((digest, false));
        }
        let digest = self.pass(start, bytes, true, None).map_err(failed)?;
        let (found, _) = File::open(target).and_then(|file| digest::of_reader(file, &mut |_| {})).map_err(failed)?;
        if found == digest {
            return Ok((digest, true));
        }
        files::whole(target, |file| self.pass(start, bytes, false, Some(file)).map(drop))?;
        Ok((digest, false))
    }

    /// Reads a part of the source, and copies it where it is to be copied. `first` is whether the whole has not heard of it yet.
    fn pass(&mut self, start: u64, bytes: u64, first: bool, mut out: Option<&mut File>) -> io::Result<String> {
        self.source.seek(SeekFrom::Start(start))?;
        let mut hash = Sha512::new();
        let mut buffer = vec![0; 1 << 20];
        let mut left = bytes;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let piece = &mut buffer[..wanted];
            self.source.read_exact(piece)?;
            hash.update(&piece);
            if first {
                self.whole.update(&piece);
                self.done += wanted as u64;
                (self.progress)(self.done, self.all);
            }
            if let Some(out) = &mut out {
                out.write_all(piece)?;
            }
            left -= wanted as u64;
        }
        Ok(digest::hex(&hash.finalize()))
    }
}

/// A length with its unit: `4000MB`, `4.3GB` (decimal), `4GiB` (binary), or bytes without one.
///
/// # Errors
/// What is wrong goes on from the text.
pub fn read_size(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 10] = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1 << 40),
        ("kB", 1_000),
        ("KB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
        ("B", 1),
    ];
    let told = || "is no length; write `4000MB`, `4.3GB`, `4GiB` or bytes".to_owned();
    let unit = UNITS.into_iter().find(|(unit, _)| text.ends_with(unit));
    let (number, one) = match unit {
        Some((unit, one)) => (text[..text.len() - unit.len()].trim_end(), one),
        None => (text, 1),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || fraction.len() > 12 {
        return Err(told());
    }
    let whole: u64 = whole.parse().map_err(|_| told())?;
    let scale = 10_u128.pow(u32::try_from(fraction.len()).unwrap_or(0));
    let part = fraction.parse::<u128>().map_err(|_| told())? * u128::from(one) / scale;
    let bytes = u128::from(whole) * u128::from(one) + part;
    u64::try_from(bytes).ok().filter(|bytes| *bytes > 0).ok_or_else(told)
}

#[cfg(test)]
mod tests {
    use super::read_size;

    #[test]
    fn lengths_are_read_with_their_units() {
        for (text, bytes) in [
            ("4000MB", 4_000_000_000),
            ("4.3GB", 4_300_000_000),
            ("4GiB", 4 << 30),
            ("1.5 KiB", 1536),
            ("512", 512),
            ("7B", 7),
            ("0.001kB", 1),
            ("2TB", 2_000_000_000_000),
        ] {
            assert_eq!(read_size(text), Ok(bytes), "{text}");
        }
        for text in
            ["", "GB", "0", "0GB", "-1", "1e9", "4,3GB", "4.GB", ".5GB", "4gb", "4 G", "99999999TB", "0x10", "1.1.1"]
        {
            read_size(text).expect_err(text);
        }
    }
}
