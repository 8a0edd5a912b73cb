//! Signing by `ssh-keygen -Y sign`: it asks the agent, a token, or for a passphrase, and none of that is known here.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::generate;
use crate::{Code, Refusal, SUMS, digest};

/// A directory of this user alone, removed when it is let go.
struct Aside(PathBuf);

impl Aside {
    fn new() -> io::Result<Self> {
        let name = format!("airlock-sign-{}", digest::hex(&generate::random::<8>()?));
        let path = std::env::temp_dir().join(name);
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The signature, as it was made. Whoever asked for it checks it.
///
/// The message is handed over as a file, and the terminal is left to `ssh-keygen`: with the message on its standard input it
/// would look for a window to ask for a passphrase in.
pub(super) fn sign(key: &Path, namespace: &str, message: &[u8]) -> Result<Vec<u8>, Refusal> {
    let aside = Aside::new().map_err(|fault| Refusal::internal("no directory for ssh-keygen", fault))?;
    let copy = aside.0.join(SUMS);
    fs::write(&copy, message).map_err(|fault| Refusal::internal(copy.display(), fault))?;
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "sign", "-q", "-n", namespace, "-f"]).arg(key).arg(&copy).stdout(Stdio::null());
    let status = command.status().map_err(|fault| {
        let text = "ssh-keygen cannot be started (Debian: openssh-client; 8.1 or later)";
        Refusal::internal(text, fault)
    })?;
    if !status.success() {
        let text = format!("ssh-keygen has not signed with {}; `ssh-add -l` lists what an agent holds", key.display());
        return Err(Refusal::new(Code::Usage, text));
    }
    let made = aside.0.join(format!("{SUMS}.sig"));
    fs::read(&made).map_err(|fault| Refusal::internal("ssh-keygen has left no signature", fault))
}
