//! A bundle on the disk, and the anchors of a site beside it.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use airlock_seal::digest::sha512;
use airlock_seal::manifest::{Binary, CHUNK_BYTES, Catalog, Compiler, FORMAT, Isolation, Manifest, Model, Tools};
use airlock_seal::policy::{Policy, Suite};
use airlock_seal::sshsig::{self, PrivateKey};
use airlock_seal::trust::Anchors;
use airlock_seal::verify::{Installed, Verified, verify};
use airlock_seal::{NAMESPACE_APPROVAL, NAMESPACE_RELEASE, Refusal, path};
use tempfile::TempDir;

use crate::keys;

/// What the directory is called.
pub(crate) const NAME: &str = "clinic-1.4.0-x86_64-unknown-linux-musl";

pub(crate) struct Bundle {
    pub(crate) directory: TempDir,
    /// What is asked of it.
    pub(crate) policy: Policy,
    /// What was installed before.
    pub(crate) known: Option<Installed>,
    /// Where the anchors are looked for.
    pub(crate) anchors: PathBuf,
    manifest: Manifest,
}

impl Bundle {
    /// A program, a model, and what is said about them, not sealed yet. The site trusts a release key of each kind, the reviewers
    /// alice and bob (P-384) and carol (Ed25519), and itself.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let anchors = directory.path().join("anchors");
        let bundle =
            Self { policy: Policy::default(), known: None, manifest: manifest(), anchors: anchors.clone(), directory };
        for directory in [&anchors, &bundle.root(), &bundle.at("signatures")] {
            fs::create_dir(directory).expect("a new directory");
            mode(directory, 0o755);
        }
        bundle.file("bin/airlock-host", b"\x7fELF, and more of a program");
        bundle.file("models/small.gguf", b"GGUF, then weights, then the end");
        bundle.file("models/prefix-1.kv", b"a state of the model");
        bundle.file("review/tools.json", b"[]\n");
        bundle.file("source/catalogs/clinic/catalog.yaml", b"document: openapi.json\n");
        let release = [("release", keys::p384("release")), ("release", keys::ed25519("release"))];
        let reviewers = [("alice", keys::p384("alice")), ("bob", keys::p384("bob")), ("carol", keys::ed25519("carol"))];
        let reviewers = reviewers.map(|(name, key)| (["reviewer-", name].concat(), key));
        let named = release.map(|(name, key)| (name.to_owned(), key)).into_iter().chain(reviewers);
        let mut allowed: String = named.map(|(name, key)| signer(&name, NAMESPACE_RELEASE, &key)).collect();
        allowed += &signer("site-ward", NAMESPACE_APPROVAL, &keys::p384("ward"));
        bundle.anchor("allowed_signers", &allowed);
        bundle.anchor("revoked", "# nobody yet\n");
        bundle.anchor("release.pem", keys::der_pem("openssl"));
        bundle.anchor("mldsa.pem", keys::mldsa_pem("release"));
        bundle
    }

    /// The same, sealed and signed by the release key.
    pub(crate) fn released() -> Self {
        let mut bundle = Self::new();
        bundle.seal();
        bundle.release(&keys::p384("release"));
        bundle
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join(NAME)
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn anchor(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.directory.path().join("anchors").join(name);
        fs::write(&path, text).expect("written");
        mode(&path, 0o644);
    }

    pub(crate) fn anchor_text(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join("anchors").join(name)).expect("is there")
    }

    /// Writes a file, with the mode of its place.
    pub(crate) fn file(&self, path: &str, bytes: &[u8]) {
        let at = self.at(path);
        let mut made = at.parent().expect("lies in the bundle");
        fs::create_dir_all(made).expect("a directory");
        while made.starts_with(self.root()) {
            mode(made, 0o755);
            made = made.parent().expect("lies in a directory");
        }
        fs::write(&at, bytes).expect("written");
        mode(&at, path::mode(path));
    }

    /// Changes the bytes of a file.
    pub(crate) fn change(&self, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(self.at(path)).expect("is there");
        change(&mut bytes);
        fs::write(self.at(path), bytes).expect("written");
    }

    pub(crate) fn flip(&self, path: &str, at: usize) {
        self.change(path, |bytes| bytes[at] ^= 1);
    }

    /// What the manifest will say besides digests.
    pub(crate) fn manifest(&mut self, change: impl FnOnce(&mut Manifest)) {
        change(&mut self.manifest);
    }

    /// Writes the manifest and the sums.
    pub(crate) fn seal(&mut self) {
        for model in &mut self.manifest.models {
            let path = self.directory.path().join(NAME).join(&model.path);
            model.bytes = fs::metadata(path).expect("is there").len();
            let chunk = |at: u64| {
                file_sha512(&self.directory.path().join(NAME).join(&model.path), at * CHUNK_BYTES, CHUNK_BYTES)
            };
            model.chunks = (0..model.bytes.div_ceil(CHUNK_BYTES)).map(chunk).collect();
        }
        let root = self.root();
        let digest = |path: &str| file_sha512(&root.join(path), 0, u64::MAX);
        self.manifest.binary.sha512 = digest(&self.manifest.binary.path);
        for (path, sha512) in self.manifest.models.iter_mut().map(|one| (&one.path, &mut one.sha512)) {
            *sha512 = digest(path);
        }
        for catalog in &mut self.manifest.catalogs {
            catalog.sha512 = digest(&catalog.path);
        }
        let text = serde_json::to_string_pretty(&self.manifest).expect("JSON");
        self.seal_manifest(&(text + "\n"));
    }

    /// The same with a manifest of any text.
    pub(crate) fn seal_manifest(&mut self, text: &str) {
        self.file("manifest.json", text.as_bytes());
        let mut files = BTreeMap::new();
        list(&self.root(), &self.root(), &mut files);
        let lines: Vec<String> = files.iter().map(|(path, sha512)| format!("{sha512}  {path}\n")).collect();
        self.seal_sums(&lines.concat());
    }

    pub(crate) fn seal_sums(&mut self, text: &str) {
        self.file("SHA512SUMS", text.as_bytes());
    }

    pub(crate) fn sums(&self) -> String {
        fs::read_to_string(self.at("SHA512SUMS")).expect("is there")
    }

    /// A signature of the sums as they are.
    pub(crate) fn sign(&self, file: &str, namespace: &str, key: &PrivateKey) {
        self.file(&format!("signatures/{file}"), sshsig::sign(key, namespace, self.sums().as_bytes()).as_bytes());
    }

    pub(crate) fn release(&self, key: &PrivateKey) {
        self.sign("release.sshsig", NAMESPACE_RELEASE, key);
    }

    pub(crate) fn review(&self, name: &str, key: &PrivateKey) {
        self.sign(&format!("reviewer-{name}.sshsig"), NAMESPACE_RELEASE, key);
    }

    pub(crate) fn der(&self) {
        self.file("signatures/release.der", &keys::der_signature("openssl", self.sums().as_bytes()));
    }

    pub(crate) fn mldsa(&self) {
        let signature = keys::mldsa_signature("release", NAMESPACE_RELEASE, self.sums().as_bytes());
        self.file("signatures/release.mldsa87", &signature);
    }

    pub(crate) fn cnsa2(&mut self) {
        self.policy.suite = Suite::Cnsa2;
    }

    /// What we say to it.
    pub(crate) fn verify(&self) -> Result<Verified, Refusal> {
        let anchors = Anchors::open(&self.anchors)?;
        verify(&self.root(), &anchors, self.policy, self.known.as_ref(), &mut |_, _| {})
    }
}

/// A line of `allowed_signers`.
pub(crate) fn signer(principal: &str, namespace: &str, key: &PrivateKey) -> String {
    format!("{principal} namespaces=\"{namespace}\" {} {principal}\n", keys::line(&key.public()))
}

pub(crate) fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours");
}

fn list(root: &Path, directory: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(directory).expect("is there") {
        let path = entry.expect("is there").path();
        let name = path.strip_prefix(root).expect("lies there").to_str().expect("ASCII").to_owned();
        if path.is_dir() && name != "signatures" {
            list(root, &path, files);
        } else if path.is_file() && name != "SHA512SUMS" {
            files.insert(name, file_sha512(&path, 0, u64::MAX));
        }
    }
}

/// SHA-512 of a part of a file, by the plainest means.
fn file_sha512(path: &Path, start: u64, bytes: u64) -> String {
    use sha2::Digest as _;
    use std::io::{Read as _, Seek as _, SeekFrom};

    let mut file = File::open(path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
    file.seek(SeekFrom::Start(start)).expect("a file");
    let mut rest = file.take(bytes);
    let mut block = vec![0; 1 << 20];
    let mut hash = sha2::Sha512::new();
    loop {
        match rest.read(&mut block).expect("readable") {
            0 => return hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat(),
            count => hash.update(&block[..count]),
        }
    }
}

fn manifest() -> Manifest {
    let sha256 = "0123456789abcdef".repeat(4);
    Manifest {
        binary: Binary {
            cpu: "x86-64-v3".to_owned(),
            features: vec!["http".to_owned()],
            linkage: "static-pie".to_owned(),
            package: "airlock-runtime".to_owned(),
            path: "bin/airlock-host".to_owned(),
            sha512: String::new(),
        },
        catalogs: vec![Catalog {
            name: "clinic".to_owned(),
            path: "source/catalogs/clinic/catalog.yaml".to_owned(),
            sha512: String::new(),
        }],
        compiler: Compiler { rustc: "rustc 1.95.0".to_owned(), version: "0.1.0".to_owned() },
        created: 1_785_456_000,
        egress: Vec::new(),
        format: FORMAT,
        isolation: Isolation { minimum: vec!["seccomp-tight".to_owned()] },
        labels: Vec::new(),
        models: vec![Model {
            bytes: 0,
            chunk_bytes: CHUNK_BYTES,
            chunks: Vec::new(),
            licence: "Apache-2.0".to_owned(),
            name: "small".to_owned(),
            path: "models/small.gguf".to_owned(),
            sha256: sha256.clone(),
            sha512: String::new(),
        }],
        name: "clinic".to_owned(),
        previous: None,
        profiles: Vec::new(),
        secrets: Vec::new(),
        sequence: 7,
        target: "x86_64-unknown-linux-musl".to_owned(),
        tools: Tools { count: 0, sha256 },
        version: "1.4.0".to_owned(),
        x: BTreeMap::new(),
    }
}

/// Not hashed here: the digest of what is in memory is the library's, so that one is checked beside this crate's own.
#[test]
fn the_library_hashes_as_the_plainest_means_do() {
    let bundle = Bundle::new();
    assert_eq!(file_sha512(&bundle.at("review/tools.json"), 0, u64::MAX), sha512(b"[]\n"));
}
