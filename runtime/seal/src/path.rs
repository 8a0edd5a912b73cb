//! Names of files in a bundle.

/// A name longer than this is refused, in bytes: what common file systems take.
pub const BYTES_MAX: usize = 1024;

/// One part of a name is not longer than this, in bytes.
pub const PART_BYTES_MAX: usize = 255;

/// Whether a name may stand in a bundle: relative, of `[A-Za-z0-9._/@+-]`, without empty, `.` and `..` parts, and with no part
/// that begins with `-`, which tools would take for an option. What is wrong otherwise.
pub fn check(path: &str) -> Result<(), &'static str> {
    if path.is_empty() {
        return Err("is empty");
    }
    if path.len() > BYTES_MAX {
        return Err("is longer than 1,024 bytes");
    }
    if path.starts_with('/') {
        return Err("is absolute");
    }
    if !path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._/@+-".contains(&byte)) {
        return Err("has a character besides A-Z, a-z, 0-9 and ._/@+-");
    }
    for part in path.split('/') {
        match part {
            "" => return Err("has an empty part"),
            "." | ".." => return Err("has a part `.` or `..`"),
            _ if part.starts_with('-') => return Err("has a part that begins with `-`"),
            _ if part.len() > PART_BYTES_MAX => return Err("has a part that is longer than 255 bytes"),
            _ => {}
        }
    }
    Ok(())
}

/// The mode that a file has, by its place: sums carry none. Programs stand in `bin/`.
pub fn mode(path: &str) -> u32 {
    if path.starts_with("bin/") { 0o755 } else { 0o644 }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn names_that_could_lead_elsewhere_are_refused() {
        for good in ["a", "bin/airlock-host", "models/prefix-1.kv", "source/vendor/a+b@1/.x", "a/...", "x/-"] {
            assert_eq!(check(good).is_ok(), good != "x/-", "{good}");
        }
        for bad in ["", "/a", "a//b", "a/", "./a", "a/../b", "..", "a b", "a\n", "ä", "a\\b", "-rf", "a:b", "a*"] {
            check(bad).expect_err(bad);
        }
        check(&"a/".repeat(600)).expect_err("is long");
        check(&"a".repeat(256)).expect_err("has a long part");
    }
}
