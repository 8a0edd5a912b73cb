//! Prefixes that a release brings along: what its model has read of rules and tools where it was built.
//!
//! A release is a directory with `SHA512SUMS`, and its models and prefixes lie in its `models/`. A prefix is read from there only
//! where this machine keeps none of its own, and nothing is ever written there. Its bytes have to be those of the sums: llama.cpp
//! takes a damaged one as it is. Elsewhere than in a release, no file beside a model is looked at.

use std::collections::BTreeMap;
use std::io::{Read as _, Take};
use std::path::{Path, PathBuf};

use airlock_offer::hex;
use airlock_seal::SUMS;
use airlock_seal::sums::{BYTES_MAX, Sums};
use sha2::{Digest as _, Sha512};

use crate::private::{self, Access};

/// The directory of models in a release.
const MODELS: &str = "models";

/// How the name of a prefix begins there; behind it is the name that it has where it is kept.
const BEGIN: &str = "prefix-";

/// The prefixes of a release, as its sums list them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeds {
    directory: PathBuf,
    /// SHA-512 by the name of the file.
    listed: BTreeMap<String, String>,
}

impl Seeds {
    /// Those of the release that a model lies in; none where it lies in none, or where others could write its sums.
    pub(crate) fn beside(model: &Path) -> Option<Self> {
        // `current` is a link that may lead elsewhere tomorrow.
        let model = std::fs::canonicalize(model).ok()?;
        let directory = model.parent().filter(|directory| directory.ends_with(MODELS))?;
        let file = private::open(&directory.parent()?.join(SUMS), Access::Trusted).ok()?;
        let mut bytes = Vec::new();
        let mut file: Take<_> = file.take(BYTES_MAX + 1);
        file.read_to_end(&mut bytes).ok()?;
        let sums = Sums::read(&bytes).ok()?;
        let name = |path: &str| {
            let name = path.strip_prefix(MODELS)?.strip_prefix('/')?;
            let kept = name.strip_prefix(BEGIN)?.strip_suffix(".kv")?;
            (!kept.contains('/')).then(|| name.to_owned())
        };
        let listed: BTreeMap<String, String> =
            sums.iter().filter_map(|(path, sha512)| Some((name(path)?, sha512.to_owned()))).collect();
        (!listed.is_empty()).then(|| Self { directory: directory.to_owned(), listed })
    }

    /// Every file that may be read, for those who confine the process. One that is not there is none.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let both = |name: &String| [self.directory.join(name), self.directory.join(format!("{name}.sha256"))];
        self.listed.keys().flat_map(both).filter(|file| file.is_file()).collect()
    }

    /// Where the prefix lies that is kept under this name elsewhere.
    pub(super) fn find(&self, kept: &Path) -> Option<PathBuf> {
        let name = format!("{BEGIN}{}", kept.file_name()?.to_str()?);
        self.listed.contains_key(&name).then(|| self.directory.join(name))
    }

    /// Whether a file of these is what the release lists. The text goes on from its name.
    pub(super) fn check(&self, file: &Path) -> Result<(), String> {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let wanted = self.listed.get(name).ok_or("it is not listed in the release")?;
        let mut opened = private::open(file, Access::Trusted).map_err(|fault| format!("it {fault}"))?;
        let (mut digest, mut buffer) = (Sha512::new(), vec![0; 1 << 20]);
        loop {
            match opened.read(&mut buffer).map_err(|fault| fault.to_string())? {
                0 => break,
                read => digest.update(&buffer[..read]),
            }
        }
        if hex(&digest.finalize()) == *wanted { Ok(()) } else { Err("it is not what the release lists".to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::*;

    /// A release with a model, and a prefix of these bytes.
    fn release(directory: &Path, bytes: &[u8]) -> PathBuf {
        let models = directory.join("models");
        fs::create_dir(&models).expect("made");
        fs::write(models.join("m.gguf"), "model").expect("written");
        fs::write(models.join("prefix-ab.kv"), bytes).expect("written");
        fs::write(models.join("prefix-cd.kv"), "not listed").expect("written");
        let line = |bytes: &[u8], path: &str| format!("{}  {path}\n", hex(&Sha512::digest(bytes)));
        let sums = [line(b"model", "models/m.gguf"), line(b"state", "models/prefix-ab.kv")].concat();
        fs::write(directory.join(SUMS), sums).expect("written");
        models.join("m.gguf")
    }

    #[test]
    fn a_listed_prefix_is_found_under_the_name_that_is_kept() {
        let directory = tempfile::tempdir().expect("a directory");
        let model = release(directory.path(), b"state");
        let seeds = Seeds::beside(&model).expect("is a release");
        let found = seeds.find(Path::new("/elsewhere/ab.kv")).expect("is listed");
        assert_eq!(seeds.check(&found), Ok(()));
        assert_eq!(seeds.files(), [found]);
        assert_eq!(seeds.find(Path::new("/elsewhere/cd.kv")), None);
        assert!(seeds.check(&model.with_file_name("prefix-cd.kv")).expect_err("no").contains("not listed"));
    }

    #[test]
    fn what_is_not_the_bytes_of_the_sums_is_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let model = release(directory.path(), b"stat\xe5");
        let seeds = Seeds::beside(&model).expect("is a release");
        let file = model.with_file_name("prefix-ab.kv");
        assert!(seeds.check(&file).expect_err("other bytes").contains("not what the release lists"));
        fs::write(&file, "state").expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).expect("set");
        assert!(seeds.check(&file).expect_err("others can write").contains("can be written by other users"));
    }

    #[test]
    fn outside_of_a_release_nothing_is_looked_at() {
        let directory = tempfile::tempdir().expect("a directory");
        let model = release(directory.path(), b"state");
        let sums = directory.path().join(SUMS);
        fs::set_permissions(&sums, fs::Permissions::from_mode(0o666)).expect("set");
        assert_eq!(Seeds::beside(&model), None);
        fs::set_permissions(&sums, fs::Permissions::from_mode(0o644)).expect("set");
        let elsewhere = directory.path().join("other");
        fs::rename(directory.path().join("models"), &elsewhere).expect("moved");
        assert_eq!(Seeds::beside(&elsewhere.join("m.gguf")), None);
        fs::rename(&elsewhere, directory.path().join("models")).expect("moved");
        fs::write(&sums, "nonsense").expect("written");
        assert_eq!(Seeds::beside(&model), None);
        fs::remove_file(&sums).expect("there");
        assert_eq!(Seeds::beside(&model), None);
    }
}
