//! The site's countersignature, as `ssh-keygen` sees it.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use airlock_seal::install::{self, Here};
use airlock_seal::sshsig::{self, PrivateKey};
use airlock_seal::{Code, NAMESPACE_APPROVAL, NAMESPACE_RELEASE, Refusal, SUMS};

use crate::tree::{Records, bundle};

fn key(directory: &Path, name: &str) -> PrivateKey {
    let path = directory.join(name);
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", "ecdsa", "-b", "384", "-N", "", "-C", "", "-f"]).arg(&path);
    assert!(command.status().expect("ssh-keygen runs").success());
    PrivateKey::read(&fs::read_to_string(path).expect("there")).expect("a key")
}

fn signs(key: &PrivateKey) -> impl FnMut(&[u8]) -> Result<(String, String), Refusal> {
    |sums| Ok((sshsig::sign(key, NAMESPACE_APPROVAL, sums), key.public().fingerprint()))
}

#[test]
fn an_approval_is_one_for_ssh_keygen_and_never_a_release() {
    let directory = tempfile::tempdir().expect("a directory");
    let one = bundle(directory.path(), 1, 1);
    let (site, other) = (key(directory.path(), "site"), key(directory.path(), "other"));
    let mut records = Records::default();
    let mut approve =
        |key: &PrivateKey, name: &str| install::approve(&one, name, &mut signs(key), &mut records, &mut Here);
    for bad in ["", "Site", "a/b", "../x", "-x", "a b", "ä", &"x".repeat(65)] {
        assert_eq!(approve(&site, bad).expect_err(bad).code, Code::Usage, "{bad}");
    }
    let made = approve(&site, "pharmacy").expect("approved");
    assert_eq!(made.file, one.join("signatures/site-pharmacy.sshsig"));
    // Once more is the same; with another key it is not.
    approve(&site, "pharmacy").expect("is there");
    assert_eq!(approve(&other, "pharmacy").expect_err("is there").code, Code::Usage);
    let [(event, "begun"), (_, "done")] = &records.all[..] else { panic!("{records:?}") };
    assert!(event.approved_by.as_deref().is_some_and(|by| by.starts_with("site-pharmacy SHA256:")), "{event:?}");
    let public = fs::read_to_string(directory.path().join("site.pub")).expect("there");
    let signers = directory.path().join("allowed_signers");
    fs::write(&signers, format!("site-pharmacy {public}")).expect("written");
    let verifies = |namespace: &str| {
        let mut command = Command::new("ssh-keygen");
        command.args(["-Y", "verify", "-I", "site-pharmacy", "-n", namespace, "-f"]).arg(&signers);
        command.arg("-s").arg(&made.file).stdin(File::open(one.join(SUMS)).expect("there"));
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("ssh-keygen runs").success()
    };
    assert!(verifies(NAMESPACE_APPROVAL) && !verifies(NAMESPACE_RELEASE));
    let mut broken = Records { broken: true, ..Records::default() };
    install::approve(&one, "ward", &mut signs(&site), &mut broken, &mut Here).expect_err("cannot be recorded");
    assert!(!one.join("signatures/site-ward.sshsig").exists());
    fs::write(one.join(SUMS), "x\n").expect("written");
    assert_eq!(
        install::approve(&one, "x", &mut signs(&site), &mut broken, &mut Here).expect_err("no sums").code,
        Code::Format
    );
}
