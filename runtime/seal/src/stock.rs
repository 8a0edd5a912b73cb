//! How a bundle is checked with nothing of ours: OpenSSH, coreutils, findutils, diffutils, and OpenSSL where it is asked for.
//!
//! The text goes into every bundle as `VERIFY.txt`, and the tests run its commands exactly as they stand in it.

use std::fmt::Write as _;

/// A step of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// For tests and for people who talk about it.
    pub name: &'static str,
    /// What a good end proves.
    title: &'static str,
    /// What is needed, and when the step is not for one.
    note: &'static str,
    /// For `sh`, in the bundle's directory, with `A` and `T` set. `NAME` stands for a name.
    pub commands: &'static str,
}

/// All of them, in the order in which they are run. The first four are for everybody.
pub const STEPS: [Step; 8] = [
    Step {
        name: "ssh-keygen",
        title: "The release key signed the list of files",
        note: "Good: exit code 0, and `Good \"airgap-mcp-bundle-v1\" signature for release`. OpenSSH 8.1 or later.",
        commands: "\
ssh-keygen -Y verify -f \"$A/allowed_signers\" -r \"$A/revoked\" -I release \\
    -n airgap-mcp-bundle-v1 -s signatures/release.sshsig < SHA512SUMS",
    },
    Step {
        name: "sha512sum",
        title: "Every file that is listed is the one that was signed",
        note: "Good: exit code 0, and no output.",
        commands: "sha512sum -c --strict --quiet SHA512SUMS",
    },
    Step {
        name: "diff",
        title: "No other file is here",
        note: "Good: exit code 0, and no output.",
        commands: "\
export LC_ALL=C
cut -c131- SHA512SUMS | sort > \"$T/want\"
find . ! -type d ! -path './signatures/*' ! -path ./SHA512SUMS -printf '%P\\n' | sort | diff \"$T/want\" -",
    },
    Step {
        name: "find",
        title: "Every file is a plain one that nobody else can change",
        note: "Good: no output.",
        commands: "find . \\( ! -type f ! -type d \\) -o -type f \\( -links +1 -o -perm /7022 \\)",
    },
    Step {
        name: "openssl-p384",
        title: "The release key of OpenSSL signed the list of files",
        note: "Where signatures/release.der is here, and release.pem among your anchors. Good: exit code 0, and `Verified OK`.",
        commands: "openssl dgst -sha384 -verify \"$A/release.pem\" -signature signatures/release.der SHA512SUMS",
    },
    Step {
        name: "openssl-mldsa",
        title: "The post-quantum key signed the list of files",
        note: "Where signatures/release.mldsa87 is here, and mldsa.pem among your anchors. OpenSSL 3.5 or later.",
        commands: "\
openssl pkeyutl -verify -pubin -inkey \"$A/mldsa.pem\" -rawin -in SHA512SUMS \\
    -sigfile signatures/release.mldsa87 -pkeyopt context-string:airgap-mcp-bundle-v1",
    },
    Step {
        name: "reviewer",
        title: "A reviewer signed the same list",
        note: "For each signatures/reviewer-NAME.sshsig that you ask for. Good: as in step 1, for reviewer-NAME.",
        commands: "\
ssh-keygen -Y verify -f \"$A/allowed_signers\" -r \"$A/revoked\" -I reviewer-NAME \\
    -n airgap-mcp-bundle-v1 -s signatures/reviewer-NAME.sshsig < SHA512SUMS",
    },
    Step {
        name: "site",
        title: "A site approved it",
        note: "Where signatures/site-NAME.sshsig is here. Good: as in step 1, for site-NAME.",
        commands: "\
ssh-keygen -Y verify -f \"$A/allowed_signers\" -r \"$A/revoked\" -I site-NAME \\
    -n airgap-mcp-approve-v1 -s signatures/site-NAME.sshsig < SHA512SUMS",
    },
];

/// How many of the steps are for everybody.
pub const STEPS_FOR_ALL: usize = 4;

/// The text for a bundle whose directory has this name, `NAME-VERSION-TARGET`.
pub fn text(directory: &str) -> String {
    let mut text = format!(
        "\
How to check {directory} with the tools of any Linux system, and no network.

What you need from elsewhere, never from this directory: your anchors, a directory with `allowed_signers` (who may sign what)
and `revoked` (public keys, or a key revocation list; a file with a comment line alone where nobody is revoked). Run this in a
shell, and each step behind it. A step that does not end as it says means: do not use this bundle.

    cd {directory}
    A=/path/to/your/anchors
    T=$(mktemp -d)

"
    );
    for (at, step) in STEPS.iter().enumerate() {
        let commands = step.commands.replace('\n', "\n    ");
        let _ = write!(text, "{}. {}\n   {}\n\n    {commands}\n\n", at + 1, step.title, step.note);
    }
    text + "\
A directory copied by way of a medium without modes (FAT) fails step 4: unpack the archive on the machine itself.
`airlock-host bundle verify` gives the same verdict in one command, tells the classes of failures apart, and refuses more: empty
directories, sums that are not sorted, older releases.
"
}
