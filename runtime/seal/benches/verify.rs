//! What verifying costs, beside `sha512sum -c` on the same bundle.
//!
//!     cargo bench -p airlock-seal --bench verify
//!
//! Another size of the model, in bytes, may be given behind `--`. The files are made in a temporary directory and removed.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use airlock_seal::NAMESPACE_RELEASE;
use airlock_seal::digest::sha512;
use airlock_seal::manifest::{CHUNK_BYTES, Manifest};
use airlock_seal::policy::Policy;
use airlock_seal::sshsig::{self, PrivateKey};
use airlock_seal::trust::Anchors;
use airlock_seal::verify::verify;
use serde_json::json;

const MODEL_BYTES: u64 = 1_000_000_000;

/// The best of so many runs, in turn.
const RUNS: usize = 5;

fn main() -> ExitCode {
    match measured() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let _ = writeln!(io::stderr(), "error: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn measured() -> io::Result<()> {
    let bytes = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(MODEL_BYTES);
    let directory = tempfile::tempdir()?;
    let (root, anchors) = (directory.path().join("bundle"), directory.path().join("anchors"));
    made(&root, &anchors, bytes)?;
    let anchors = Anchors::open(&anchors).map_err(io::Error::other)?;
    let policy = Policy::default();
    let (mut ours, mut theirs) = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        let started = Instant::now();
        verify(&root, &anchors, policy, None, &mut |_, _| {}).map_err(io::Error::other)?;
        ours = ours.min(started.elapsed());
        let started = Instant::now();
        let mut command = Command::new("sha512sum");
        command.args(["-c", "--strict", "--quiet", "SHA512SUMS"]).current_dir(&root).stdout(Stdio::null());
        if !command.status()?.success() {
            return Err(io::Error::other("sha512sum refuses the bundle"));
        }
        theirs = theirs.min(started.elapsed());
    }
    let mut out = io::stdout().lock();
    writeln!(out, "| model | `sha512sum -c` | `bundle verify` | speed to `sha512sum -c` |\n|---|---|---|---|")?;
    let (ours, theirs) = (ours.as_secs_f64(), theirs.as_secs_f64());
    writeln!(out, "| {} MB | {theirs:.2} s | {ours:.2} s | {:.2} |", bytes / 1_000_000, theirs / ours)
}

/// A bundle with a model of so many bytes, signed by a key that the anchors have.
fn made(root: &Path, anchors: &Path, bytes: u64) -> io::Result<()> {
    let mut files = BTreeMap::new();
    let mut put = |path: &str, content: &[u8]| -> io::Result<()> {
        let at = root.join(path);
        for made in
            at.ancestors().skip(1).take_while(|made| made.starts_with(root)).collect::<Vec<_>>().into_iter().rev()
        {
            fs::create_dir_all(made)?;
            fs::set_permissions(made, Permissions::from_mode(0o755))?;
        }
        fs::write(&at, content)?;
        fs::set_permissions(&at, Permissions::from_mode(airlock_seal::path::mode(path)))?;
        files.insert(path.to_owned(), sha512(content));
        Ok(())
    };
    put("bin/airlock-host", b"a program")?;
    put("models/model.gguf", b"")?;
    for at in 0..200 {
        put(&format!("source/{at}.rs"), format!("// {at}\n").as_bytes())?;
    }
    let chunks = model(&root.join("models/model.gguf"), bytes)?;
    let whole = digest_of(&root.join("models/model.gguf"))?;
    let sha256 = "0".repeat(64);
    let manifest = json!({
        "binary": {
            "cpu": "x86-64-v3", "features": [], "linkage": "static-pie", "package": "airlock-runtime",
            "path": "bin/airlock-host", "sha512": sha512(b"a program"),
        },
        "catalogs": [], "compiler": {"rustc": "", "version": ""}, "created": 0, "egress": [], "format": 1,
        "isolation": {"minimum": []}, "labels": [],
        "models": [{
            "bytes": bytes, "chunk_bytes": CHUNK_BYTES, "chunks": chunks, "licence": "", "name": "model",
            "path": "models/model.gguf", "sha256": sha256, "sha512": whole,
        }],
        "name": "bench", "previous": null, "profiles": [], "secrets": [], "sequence": 1, "target": "any",
        "tools": {"count": 0, "sha256": sha256}, "version": "1",
    });
    let manifest = manifest.to_string();
    Manifest::read(manifest.as_bytes()).map_err(io::Error::other)?;
    put("manifest.json", manifest.as_bytes())?;
    files.insert("models/model.gguf".to_owned(), whole);
    let sums: Vec<String> = files.iter().map(|(path, sha512)| format!("{sha512}  {path}\n")).collect();
    let sums = sums.concat();
    fs::write(root.join("SHA512SUMS"), &sums)?;
    signed(root, anchors, &sums)
}

fn signed(root: &Path, anchors: &Path, sums: &str) -> io::Result<()> {
    let key = p384::ecdsa::SigningKey::from_slice(&[7; 48]).map_err(io::Error::other)?;
    let line = {
        use base64::Engine as _;
        let string = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap_or(0).to_be_bytes(), bytes].concat();
        let point = key.verifying_key().to_sec1_point(false);
        let blob = [string(b"ecdsa-sha2-nistp384"), string(b"nistp384"), string(point.as_bytes())].concat();
        format!("ecdsa-sha2-nistp384 {}", base64::engine::general_purpose::STANDARD.encode(blob))
    };
    fs::create_dir(anchors)?;
    fs::write(anchors.join("allowed_signers"), format!("release namespaces=\"{NAMESPACE_RELEASE}\" {line}\n"))?;
    fs::create_dir(root.join("signatures"))?;
    let signature = sshsig::sign(&PrivateKey::P384(Box::new(key), String::new()), NAMESPACE_RELEASE, sums.as_bytes());
    fs::write(root.join("signatures/release.sshsig"), signature)?;
    for (path, mode) in [("signatures", 0o755), ("signatures/release.sshsig", 0o644), ("SHA512SUMS", 0o644)] {
        fs::set_permissions(root.join(path), Permissions::from_mode(mode))?;
    }
    fs::set_permissions(anchors, Permissions::from_mode(0o755))?;
    fs::set_permissions(anchors.join("allowed_signers"), Permissions::from_mode(0o644))
}

/// Writes the model, of numbers that follow no pattern of a file system's; the digests of its chunks.
fn model(path: &Path, bytes: u64) -> io::Result<Vec<String>> {
    let mut file = File::create(path)?;
    let mut state = 1_u64;
    let mut chunks = Vec::new();
    let mut left = bytes;
    while left > 0 {
        let count = usize::try_from(left.min(CHUNK_BYTES)).map_err(io::Error::other)?;
        let mut chunk = Vec::with_capacity(count + 8);
        while chunk.len() < count {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            chunk.extend_from_slice(&state.to_le_bytes());
        }
        chunk.truncate(count);
        file.write_all(&chunk)?;
        chunks.push(sha512(&chunk));
        left -= count as u64;
    }
    file.sync_all()?;
    fs::set_permissions(path, Permissions::from_mode(0o644))?;
    Ok(chunks)
}

/// By the tool that it is compared with.
fn digest_of(path: &Path) -> io::Result<String> {
    let output = Command::new("sha512sum").arg(path).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.get(..128).map(str::to_owned).ok_or_else(|| io::Error::other("sha512sum says nothing"))
}
