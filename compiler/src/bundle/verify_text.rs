//! `VERIFY.txt`: how a release is verified with nothing of ours, with its names filled in.

/// The text. `bundle` is the directory's name.
pub(super) fn text(bundle: &str) -> String {
    format!(
        "\
How to verify this release with tools that every system has. Nothing of it is run for that.

$A is a directory of your own with `allowed_signers`, and where you have them `revoked`, `release.pem` and `mldsa.pem`. They
come to you on another way than this bundle: anchors that lie in it prove nothing.

  cd {bundle}
  A=/etc/airlock/anchors
  T=$(mktemp -d)

1. Who has signed (OpenSSH 8.1 or newer). Leave `-r` out only where nobody was ever revoked.
  ssh-keygen -Y verify -f $A/allowed_signers -r $A/revoked -I release -n airgap-mcp-bundle-v1 \\
      -s signatures/release.sshsig < SHA512SUMS

2. That every listed file is what was signed.
  sha512sum -c --strict --quiet SHA512SUMS

3. That there is nothing else. The first must print nothing, and so must the second.
  export LC_ALL=C; cut -c131- SHA512SUMS | sort > $T/want
  find . ! -type d ! -path './signatures/*' ! -path ./SHA512SUMS -printf '%P\\n' | sort | diff $T/want -
  find . \\( ! -type f ! -type d \\) -o -type f \\( -links +1 -o -perm /7022 \\)

4. The other signatures, where they are there.
  openssl dgst -sha384 -verify $A/release.pem -signature signatures/release.der SHA512SUMS
  openssl pkeyutl -verify -pubin -inkey $A/mldsa.pem -rawin -in SHA512SUMS -sigfile signatures/release.mldsa87 \\
      -pkeyopt context-string:airgap-mcp-bundle-v1        # OpenSSL 3.5 or newer

All of 1, 2 and 3 have to end well. With `airlock-host` at hand, of a release that you trust already, this is the same and
stricter: airlock-host bundle verify --anchors $A .
"
    )
}
