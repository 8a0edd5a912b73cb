//! `Cargo.lock`, as far as it is compared: where each package is from, and which digest it has.

use std::collections::BTreeMap;

use airlock_seal::{Code, Refusal};

use crate::cargo::lock::Lock;

/// Where public crates come from, as the lock spells it.
pub(super) const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What the lock says of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Locked {
    pub(super) source: Option<String>,
    pub(super) checksum: Option<String>,
}

/// The packages by name and version. Refused as [`Code::Format`] where it is not in Cargo's form.
pub(super) fn read(text: &str) -> Result<BTreeMap<(String, String), Locked>, Refusal> {
    let lock = Lock::read(text).map_err(|fault| Refusal::new(Code::Format, format!("Cargo.lock: {fault}")))?;
    let packages = lock.packages.into_iter().map(|(id, package)| {
        let source = Some(id.source).filter(|source| !source.is_empty());
        ((id.name, id.version), Locked { source, checksum: package.checksum })
    });
    Ok(packages.collect())
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
        let packages = read(&text).expect("is a lock");
        let of =
            |name: &str, version: &str| packages.get(&(name.to_owned(), version.to_owned())).expect("is there").clone();
        assert_eq!((packages.len(), of("a", "1.0.0").source), (2, None));
        let b = of("b", "2.0.0");
        assert_eq!((b.source.as_deref(), b.checksum.as_deref()), (Some(CRATES_IO), Some("00ff")));
    }
}
