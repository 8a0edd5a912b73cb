//! Signatures that the real tools check, by every kind of key.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use airlock_seal::{Code, NAMESPACE_APPROVAL, NAMESPACE_RELEASE};
use tempfile::TempDir;

use super::made::{bundle, shown, tool, written};

/// A directory, a bundle in it, and a key of OpenSSH beside it.
struct Place {
    directory: TempDir,
    bundle: PathBuf,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let bundle = written(directory.path());
        Self { directory, bundle }
    }

    fn at(&self, name: &str) -> String {
        shown(&self.directory.path().join(name)).to_owned()
    }

    fn ssh_key(&self, name: &str, arguments: &[&str]) -> String {
        let path = self.at(name);
        let arguments = [arguments, &["-q", "-C", "", "-f", &path]].concat();
        let (made, said) = tool(self.directory.path(), "ssh-keygen", &arguments, None);
        assert!(made, "{said}");
        path
    }

    fn openssl(&self, arguments: &[&str]) {
        let (done, said) = tool(self.directory.path(), "openssl", arguments, None);
        assert!(done, "{said}");
    }

    fn sign(&self, arguments: &[&str]) -> super::made::Ran {
        bundle(&[&["sign", shown(&self.bundle)], arguments].concat())
    }

    /// Whether `ssh-keygen -Y verify` takes a signature, exactly as README has it.
    fn ssh_verifies(&self, principal: &str, namespace: &str, key: &str) -> bool {
        let public = fs::read_to_string(format!("{key}.pub")).expect("is there");
        fs::write(self.at("allowed"), format!("{principal} namespaces=\"{namespace}\" {public}")).expect("written");
        let signature = format!("signatures/{principal}.sshsig");
        let allowed = self.at("allowed");
        let arguments = ["-Y", "verify", "-f", &allowed, "-I", principal, "-n", namespace, "-s", &signature];
        tool(&self.bundle, "ssh-keygen", &arguments, Some(&self.bundle.join("SHA512SUMS"))).0
    }

    fn openssl_verifies(&self, public: &str) -> bool {
        let arguments = ["dgst", "-sha384", "-verify", public, "-signature", "signatures/release.der", "SHA512SUMS"];
        tool(&self.bundle, "openssl", &arguments, None).0
    }

    fn signatures(&self) -> Vec<String> {
        let Ok(read) = fs::read_dir(self.bundle.join("signatures")) else { return Vec::new() };
        let mut names: Vec<_> =
            read.map(|entry| entry.expect("is read").file_name().into_string().expect("UTF-8")).collect();
        names.sort();
        names
    }
}

const ED25519: &[&str] = &["-t", "ed25519", "-N", ""];
const P384: &[&str] = &["-t", "ecdsa", "-b", "384", "-N", ""];

#[test]
fn a_key_of_openssh_signs_and_the_stock_tools_say_so() {
    let place = Place::new();
    let (ed, p384) = (place.ssh_key("ed", ED25519), place.ssh_key("p384", P384));
    let said = place.sign(&["--key", &ed]).good();
    for part in ["clinic 1.2.0", "sequence  7, of 2026-07-28", "9 files", "signatures/release.sshsig by SHA256:"] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(place.signatures(), ["release.sshsig"]);
    assert!(place.ssh_verifies("release", NAMESPACE_RELEASE, &ed));
    assert!(!place.ssh_verifies("release", NAMESPACE_RELEASE, &p384));
    let refused = place.sign(&["--key", &p384]).refused(Code::Usage);
    assert!(refused.contains("`signatures/release.sshsig` is there already; `--replace`"), "{refused}");
    place.sign(&["--key", &p384, "--replace"]).good();
    assert_eq!(place.signatures(), ["release.der", "release.sshsig"]);
    assert!(place.ssh_verifies("release", NAMESPACE_RELEASE, &p384));
    let pem = bundle(&["key", "--public", &format!("{p384}.pub")]).good();
    fs::write(place.at("release.pem"), pem).expect("written");
    assert!(place.openssl_verifies(&place.at("release.pem")));
    fs::write(place.bundle.join("SHA512SUMS"), "changed").expect("written");
    assert!(!place.openssl_verifies(&place.at("release.pem")));
    assert!(!place.ssh_verifies("release", NAMESPACE_RELEASE, &p384));
}

#[test]
fn reviewers_and_sites_sign_beside_the_release_in_their_own_namespace() {
    let place = Place::new();
    let (ada, ward, release) =
        (place.ssh_key("ada", P384), place.ssh_key("ward", ED25519), place.ssh_key("release", P384));
    place.sign(&["--key", &release, "--no-der"]).good();
    place.sign(&["--key", &ada, "--as", "reviewer:ada"]).good();
    place.sign(&["--key", &ward, "--as", "site:ward-3"]).good();
    assert_eq!(place.signatures(), ["release.sshsig", "reviewer-ada.sshsig", "site-ward-3.sshsig"]);
    assert!(place.ssh_verifies("reviewer-ada", NAMESPACE_RELEASE, &ada));
    assert!(place.ssh_verifies("site-ward-3", NAMESPACE_APPROVAL, &ward));
    assert!(!place.ssh_verifies("site-ward-3", NAMESPACE_RELEASE, &ward));
    let object = place.sign(&["--key", &ada, "--as", "site:ada", "--format", "json"]).good();
    let object: serde_json::Value = serde_json::from_str(&object).expect("is JSON");
    assert_eq!((&object["principal"], &object["namespace"]), (&"site-ada".into(), &NAMESPACE_APPROVAL.into()));
}

#[test]
fn keys_of_openssl_sign_for_openssl() {
    let place = Place::new();
    let (sec1, pkcs8, public) = (place.at("sec1.pem"), place.at("pkcs8.pem"), place.at("public.pem"));
    place.openssl(&["ecparam", "-name", "secp384r1", "-genkey", "-out", &sec1]);
    place.openssl(&["pkcs8", "-topk8", "-nocrypt", "-in", &sec1, "-out", &pkcs8]);
    place.openssl(&["ec", "-in", &sec1, "-pubout", "-out", &public]);
    for key in [&sec1, &pkcs8] {
        fs::set_permissions(key, Permissions::from_mode(0o600)).expect("changed");
        place.sign(&["--key", key, "--replace"]).good();
        assert!(place.openssl_verifies(&public), "{key}");
    }
    let refused = place.sign(&["--key", &sec1, "--as", "reviewer:ada"]).refused(Code::Usage);
    assert!(refused.contains("`reviewer-ada` signs with a key of OpenSSH"), "{refused}");
    let p384 = place.ssh_key("p384", P384);
    let refused = place.sign(&["--key", &sec1, "--key", &p384, "--replace"]).refused(Code::Usage);
    assert!(refused.contains("two keys would write `signatures/release.der`"), "{refused}");
    place.sign(&["--key", &sec1, "--key", &p384, "--replace", "--no-der"]).good();
    assert!(place.openssl_verifies(&public));
    let p256 = place.at("p256.pem");
    place.openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", &p256]);
    let locked = place.at("locked.pem");
    place.openssl(&["pkcs8", "-topk8", "-in", &sec1, "-passout", "pass:secret", "-out", &locked]);
    for (key, part) in [(&p256, "is a key of another kind"), (&locked, "is encrypted; `openssl pkey")] {
        fs::set_permissions(key, Permissions::from_mode(0o600)).expect("changed");
        let refused = place.sign(&["--key", key, "--replace"]).refused(Code::Usage);
        assert!(refused.contains(part), "{refused}");
    }
}

/// An agent of the test's own.
struct Agent(Child);

impl Agent {
    fn start(socket: &str) -> Self {
        let started = Command::new("ssh-agent").args(["-D", "-a", socket]).stdout(Stdio::null()).spawn();
        let agent = Self(started.expect("ssh-agent is installed (Debian: openssh-client)"));
        for _ in 0..200 {
            if Path::new(socket).exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// In a process of its own, since the agent is found by an environment that all threads share.
fn in_process(place: &Place, environment: &[(&str, &str)], arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().expect("is known"));
    command.args(["--exact", "signing::signs_as_it_is_told", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env("AIRLOCK_SIGN", [&[shown(&place.bundle)], arguments].concat().join("\n"));
    command.envs(environment.iter().copied());
    let ran = command.stdin(Stdio::null()).output().expect("it runs");
    (ran.status.success(), String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned())
}

#[test]
#[ignore = "is started by the tests around it, in a process of its own"]
fn signs_as_it_is_told() {
    let Ok(arguments) = std::env::var("AIRLOCK_SIGN") else { return };
    let arguments: Vec<_> = ["sign"].into_iter().chain(arguments.lines()).collect();
    bundle(&arguments).good();
}

#[test]
fn an_agent_signs_by_the_public_half_alone() {
    let place = Place::new();
    for (name, arguments) in [("ed", ED25519), ("p384", P384)] {
        let key = place.ssh_key(name, arguments);
        let socket = place.at(&format!("{name}.agent"));
        let agent = Agent::start(&socket);
        let environment = [("SSH_AUTH_SOCK", socket.as_str())];
        let mut add = Command::new("ssh-add");
        add.args(["-q", &key]).envs(environment).stderr(Stdio::null());
        assert!(add.status().expect("ssh-add is installed").success());
        // The agent has it alone now.
        fs::remove_file(&key).expect("is there");
        let public = format!("{key}.pub");
        let (signed, said) = in_process(&place, &environment, &["--key", &public, "--replace"]);
        assert!(signed, "{said}");
        assert_eq!(place.signatures(), ["release.sshsig"]);
        assert!(place.ssh_verifies("release", NAMESPACE_RELEASE, &key), "{name}");
        drop(agent);
        let (signed, said) = in_process(&place, &environment, &["--key", &public, "--replace"]);
        assert!(!signed && said.contains("usage: ssh-keygen has not signed"), "{said}");
    }
}

#[test]
fn a_locked_key_signs_by_ssh_keygen_which_asks_for_the_passphrase() {
    let place = Place::new();
    let key = place.ssh_key("locked", &["-t", "ed25519", "-N", "open sesame"]);
    let ask = place.at("ask");
    fs::write(&ask, "#!/bin/sh\necho 'open sesame'\n").expect("written");
    fs::set_permissions(&ask, Permissions::from_mode(0o700)).expect("changed");
    let environment = [("SSH_ASKPASS", ask.as_str()), ("SSH_ASKPASS_REQUIRE", "force"), ("DISPLAY", ":9")];
    let (signed, said) = in_process(&place, &environment, &["--key", &key]);
    assert!(signed, "{said}");
    assert!(place.ssh_verifies("release", NAMESPACE_RELEASE, &key));
    let open = place.ssh_key("open", ED25519);
    place.sign(&["--key", &open, "--through-ssh-keygen", "--replace"]).good();
    assert!(place.ssh_verifies("release", NAMESPACE_RELEASE, &open));
}

/// Nothing is left where a message was handed to `ssh-keygen`, nor half a signature.
#[test]
fn what_ssh_keygen_needed_is_removed() {
    let place = Place::new();
    let open = place.ssh_key("open", ED25519);
    let aside = place.at("tmp");
    fs::create_dir(&aside).expect("made");
    let (signed, said) = in_process(&place, &[("TMPDIR", aside.as_str())], &["--key", &open, "--through-ssh-keygen"]);
    assert!(signed, "{said}");
    assert_eq!(fs::read_dir(&aside).expect("is read").count(), 0);
    assert_eq!(place.signatures(), ["release.sshsig"]);
}

#[test]
fn what_is_torn_is_not_signed() {
    let place = Place::new();
    let key = place.ssh_key("ed", ED25519);
    let sign = || place.sign(&["--key", &key]);
    let file = place.bundle.join("review/tools.json");
    let whole = fs::read(&file).expect("is there");
    fs::write(&file, b"[]").expect("written");
    assert!(sign().refused(Code::Content).contains("`review/tools.json` is not what SHA512SUMS says"));
    fs::write(&file, whole).expect("written");
    fs::set_permissions(&file, Permissions::from_mode(0o664)).expect("changed");
    assert!(sign().refused(Code::Tree).contains("`chmod 0644 review/tools.json`"));
    fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("changed");
    let extra = place.bundle.join("review/extra");
    fs::write(&extra, b"").expect("written");
    assert!(sign().refused(Code::Tree).contains("`review/extra` is not listed in SHA512SUMS"));
    fs::remove_file(&extra).expect("is there");
    std::os::unix::fs::symlink("tools.json", &extra).expect("made");
    assert!(sign().refused(Code::Tree).contains("`review/extra` is not listed"));
    fs::remove_file(&extra).expect("is there");
    fs::hard_link(&file, &extra).expect("made");
    assert!(sign().refused(Code::Tree).contains("`review/extra` is not listed"));
    fs::remove_file(&extra).expect("is there");
    fs::create_dir(&extra).expect("made");
    assert!(sign().refused(Code::Tree).contains("`review/extra` is a directory that holds no listed file"));
    fs::remove_dir(&extra).expect("is there");
    fs::rename(place.bundle.join("source/text"), place.at("gone")).expect("moved");
    assert!(sign().refused(Code::Tree).contains("`source/text` is listed in SHA512SUMS and missing"));
    assert_eq!(place.signatures(), Vec::<String>::new());
    let file = place.at("archive");
    fs::write(&file, b"").expect("written");
    let refused = bundle(&["sign", &file, "--key", &key]).refused(Code::Usage);
    assert!(refused.contains("`bundle unpack`"), "{refused}");
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let place = Place::new();
    let key = place.ssh_key("ed", ED25519);
    fs::set_permissions(&key, Permissions::from_mode(0o640)).expect("changed");
    let refused = place.sign(&["--key", &key]).refused(Code::Usage);
    assert!(refused.contains("can be read by other users; run `chmod 600 "), "{refused}");
    for (name, bytes, part) in [
        ("nothing", &b""[..], "is no private key"),
        ("noise", b"\xff\xfe", "is not text"),
        ("cut", b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA", "is no private key of OpenSSH"),
        ("pem", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is broken"),
        ("ec", b"-----BEGIN EC PRIVATE KEY-----\n%%\n-----END EC PRIVATE KEY-----\n", "holds no base64"),
        ("half", b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n", "is broken"),
        ("rsa.pub", b"ssh-rsa AAAA\n", "is no public key"),
        ("sk.pub", b"sk-ssh-ed25519@openssh.com AAAA\n", "is no public key"),
    ] {
        let path = place.at(name);
        fs::write(&path, bytes).expect("written");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("changed");
        let refused = place.sign(&["--key", &path]).refused(Code::Usage);
        assert!(refused.contains(part), "{name}: {refused}");
    }
    assert_eq!(place.signatures(), Vec::<String>::new());
}
