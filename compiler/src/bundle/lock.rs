//! `Cargo.lock`, as far as it is compared: one block for each package.

use std::collections::BTreeMap;

/// Where public crates come from, as the lock spells it.
pub(super) const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What the lock says of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Locked {
    pub(super) source: Option<String>,
    pub(super) checksum: Option<String>,
}

/// The packages by name and version. Cargo itself writes the file, one `key = "value"` a line.
pub(super) fn read(text: &str) -> BTreeMap<(String, String), Locked> {
    let mut packages = BTreeMap::new();
    for block in text.split("\n[[package]]\n").skip(1) {
        let value = |key: &str| {
            block
                .lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"').map(str::to_owned))
        };
        if let (Some(name), Some(version)) = (value("name"), value("version")) {
            packages.insert((name, version), Locked { source: value("source"), checksum: value("checksum") });
        }
    }
    packages
}

#[cfg(test)]
mod tests {
    use super::{CRATES_IO, read};

    #[test]
    fn packages_of_the_registry_and_of_the_workspace_are_read() {
        let text = format!(
            "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\ndependencies = [\n \"b\",\n]\n\n\
             [[package]]\nname = \"b\"\nversion = \"2.0.0\"\nsource = \"{CRATES_IO}\"\nchecksum = \"00ff\"\n"
        );
        let packages = read(&text);
        let of =
            |name: &str, version: &str| packages.get(&(name.to_owned(), version.to_owned())).expect("is there").clone();
        assert_eq!((packages.len(), of("a", "1.0.0").source), (2, None));
        let b = of("b", "2.0.0");
        assert_eq!((b.source.as_deref(), b.checksum.as_deref()), (Some(CRATES_IO), Some("00ff")));
    }
}
