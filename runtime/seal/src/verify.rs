//! Checks a bundle: that it is signed by whom the site trusts, whole, nothing else, and not older than what is known.
//!
//! The line is: sums and manifest are read, signatures checked, the tree looked at, every file hashed, the sequence compared. The
//! first step that fails ends it, and the steps stand in the order of [`Code::ORDER`], so a bundle with several faults is refused
//! for the first of them. There is no warning: a bundle is good, or it is refused.

use std::path::Path;

use crate::archive::{self, Limits, Opened, Sink};
use crate::digest::{self, Chunks, Progress, Wanted, sha512};
use crate::manifest::{Manifest, Model};
use crate::policy::Policy;
use crate::signatures::{self, Signed};
use crate::sums::{self, Sums};
use crate::trust::Anchors;
use crate::{Code, MANIFEST, Refusal, SUMS, tree};

/// A bundle that may be trusted.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    pub manifest: Manifest,
    pub sums: Sums,
    /// SHA-512 of the sums: the name of this release, which says everything about it.
    pub sums_sha512: String,
    /// Who signed it.
    pub signed: Vec<Signed>,
    /// What was asked of it.
    pub policy: Policy,
    /// Bytes of all listed files.
    pub bytes: u64,
}

/// What was installed before: the highest sequence of this name, and the digest of those sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    pub sequence: u64,
    pub sums_sha512: String,
}

/// The sums and the manifest of a bundle, of the right form and in agreement, by whomever they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    pub sums: Sums,
    /// None where no such file can be read, which the tree's check will say.
    pub manifest: Option<Manifest>,
    /// SHA-512 of the manifest's bytes as they were read.
    manifest_sha512: Option<String>,
}

impl Head {
    /// Reads both. Refused as [`Code::Format`].
    pub fn read(sums: &[u8], manifest: Option<&[u8]>) -> Result<Self, Refusal> {
        let sums = Sums::read(sums)?;
        if sums.get(MANIFEST).is_none() {
            return Err(Refusal::new(Code::Format, format!("{SUMS} does not list {MANIFEST}")));
        }
        let manifest_sha512 = manifest.map(sha512);
        let manifest = manifest.map(Manifest::read).transpose()?;
        if let Some(manifest) = &manifest {
            manifest.agrees(&sums)?;
        }
        Ok(Self { sums, manifest, manifest_sha512 })
    }
}

/// Checks the signatures of a directory, and nothing else of it.
pub fn signed(bundle: &Path, anchors: &Anchors, policy: Policy) -> Result<Vec<Signed>, Refusal> {
    let root = tree::root(bundle)?;
    let sums = signed_bytes(&root)?;
    own(signatures::check(&sums, &tree::signatures(&root)?, anchors, policy), anchors.lie_in(&root))
}

/// The exact bytes that are signed. Refused as [`Code::Format`] where there are none.
fn signed_bytes(root: &Path) -> Result<Vec<u8>, Refusal> {
    tree::read(root, SUMS, sums::BYTES_MAX)?.ok_or_else(|| {
        let (shown, bytes_max) = (root.display(), sums::BYTES_MAX);
        let fault = format!("`{shown}` holds no file {SUMS} of at most {bytes_max} bytes, so it is no bundle");
        Refusal::new(Code::Format, fault)
    })
}

/// Checks a directory. Progress is told in bytes of all listed files.
pub fn verify(
    bundle: &Path,
    anchors: &Anchors,
    policy: Policy,
    known: Option<&Installed>,
    progress: &mut Progress<'_>,
) -> Result<Verified, Refusal> {
    let root = tree::root(bundle)?;
    anchors.suffice(policy)?;
    let signed_bytes = signed_bytes(&root)?;
    let manifest = tree::read(&root, MANIFEST, Manifest::BYTES_MAX)?;
    let head = Head::read(&signed_bytes, manifest.as_deref())?;
    let signed = signatures::check(&signed_bytes, &tree::signatures(&root)?, anchors, policy);
    let signed = own(signed, anchors.lie_in(&root))?;
    let Whole { signed_bytes, sums, manifest, bytes } = files(&root, signed_bytes, head, progress)?;
    let sums_sha512 = sha512(&signed_bytes);
    known.map_or(Ok(()), |known| follows(&manifest, &sums_sha512, known))?;
    Ok(Verified { manifest, sums, sums_sha512, signed, policy, bytes })
}

/// Checks an archive, or its parts, while it is read once; nothing is written. Progress is told in bytes of the archive.
pub fn archive(
    opened: Opened,
    anchors: &Anchors,
    policy: Policy,
    limits: Limits,
    progress: &mut Progress<'_>,
) -> Result<Verified, Refusal> {
    anchors.suffice(policy)?;
    let mut passing = Passing { anchors, policy, signed: Vec::new(), kept: None, manifest: None, model: None };
    let contents = opened.read(limits, &mut passing, progress)?;
    let Passing { signed, manifest, .. } = passing;
    let (sums, sums_sha512) = (contents.sums, sha512(&contents.head.sums));
    let manifest = manifest.ok_or_else(|| Refusal::new(Code::Tree, format!("`{MANIFEST}` is missing")))?;
    let listed = contents.entries.iter().filter(|entry| sums.get(&entry.path).is_some());
    let bytes = listed.map(|entry| entry.bytes).sum();
    Ok(Verified { manifest, sums, sums_sha512, signed, policy, bytes })
}

/// What an archive is judged by while it goes by.
struct Passing<'a> {
    anchors: &'a Anchors,
    policy: Policy,
    signed: Vec<Signed>,
    /// The sums, and the manifest as far as it has come.
    kept: Option<(Sums, Vec<u8>)>,
    manifest: Option<Manifest>,
    /// The model that goes by.
    model: Option<(Model, Chunks)>,
}

impl Sink for Passing<'_> {
    fn head(&mut self, head: &archive::Head) -> Result<(), Refusal> {
        self.signed = signatures::check(&head.sums, &head.signatures, self.anchors, self.policy)?;
        self.kept = Some((Sums::read(&head.sums)?, Vec::new()));
        Ok(())
    }

    fn begin(&mut self, path: &str, bytes: u64) -> Result<(), Refusal> {
        let models = self.manifest.as_ref().map_or(&[][..], |manifest| &manifest.models);
        self.model = models.iter().find(|model| model.path == path).map(|model| (model.clone(), Chunks::of(model)));
        match &self.model {
            Some((model, _)) if model.bytes != bytes => Err(wrong_model(model, "has another length than")),
            _ => Ok(()),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        match (&mut self.model, &mut self.kept) {
            (Some((_, chunks)), _) => chunks.update(bytes),
            // The manifest is the first of the files.
            (None, Some((_, kept))) if self.manifest.is_none() => kept.extend_from_slice(bytes),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Refusal> {
        if let Some((model, chunks)) = self.model.take() {
            let is_right = chunks.finish() == model.chunks;
            return if is_right { Ok(()) } else { Err(wrong_model(&model, "has other digests of its chunks than")) };
        }
        if let Some((sums, kept)) = self.kept.take() {
            let manifest = Manifest::read(&kept)?;
            manifest.agrees(&sums)?;
            self.manifest = Some(manifest);
        }
        Ok(())
    }
}

fn wrong_model(model: &Model, fault: &str) -> Refusal {
    Refusal::new(Code::Content, format!("`{}` {fault} {MANIFEST} says", model.path))
}

/// A bundle whose files are those of its sums, by whomever it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    /// The exact bytes of the sums.
    pub signed_bytes: Vec<u8>,
    pub sums: Sums,
    pub manifest: Manifest,
    /// Bytes of all listed files.
    pub bytes: u64,
}

/// Checks a directory that nobody has to have signed: what is to be signed, or shown before it is trusted.
pub fn whole(bundle: &Path, progress: &mut Progress<'_>) -> Result<Whole, Refusal> {
    let root = tree::root(bundle)?;
    let (signed_bytes, manifest) = (signed_bytes(&root)?, tree::read(&root, MANIFEST, Manifest::BYTES_MAX)?);
    let head = Head::read(&signed_bytes, manifest.as_deref())?;
    files(&root, signed_bytes, head, progress)
}

/// The tree, and every file in it.
fn files(root: &Path, signed_bytes: Vec<u8>, head: Head, progress: &mut Progress<'_>) -> Result<Whole, Refusal> {
    let found = tree::check(root, &head.sums)?;
    let Head { sums, manifest, manifest_sha512 } = head;
    let manifest = manifest.ok_or_else(|| Refusal::new(Code::Tree, format!("`{MANIFEST}` cannot be read")))?;
    // What was read is judged by what was signed, not the file that lies there by now.
    if manifest_sha512.as_deref() != sums.get(MANIFEST) {
        return Err(Refusal::new(Code::Content, format!("`{MANIFEST}` is not what {SUMS} says")));
    }
    let wanted: Vec<Wanted<'_>> = sums
        .iter()
        .filter_map(|(path, sha512)| {
            let model = manifest.models.iter().find(|model| model.path == path);
            Some(Wanted { path, sha512, identity: *found.get(path)?, model })
        })
        .collect();
    digest::check(root, &wanted, progress)?;
    let bytes = wanted.iter().map(|one| one.identity.bytes).sum();
    drop(wanted);
    Ok(Whole { signed_bytes, sums, manifest, bytes })
}

/// Anchors from the bundle itself make nobody trusted, whatever they say; an unsigned or broken bundle is told as that.
fn own(signed: Result<Vec<Signed>, Refusal>, lie_within: bool) -> Result<Vec<Signed>, Refusal> {
    match signed {
        Err(refusal) if matches!(refusal.code, Code::Unsigned | Code::Invalid | Code::Usage) => Err(refusal),
        _ if lie_within => {
            let fault = "the anchors lie within the bundle, which cannot vouch for itself; take them from elsewhere";
            Err(Refusal::new(Code::Untrusted, fault))
        }
        signed => signed,
    }
}

/// Whether a release may follow on what is known. Refused as [`Code::Sequence`].
pub fn follows(manifest: &Manifest, sums_sha512: &str, known: &Installed) -> Result<(), Refusal> {
    let (sequence, highest) = (manifest.sequence, known.sequence);
    let fault = match sequence.cmp(&highest) {
        std::cmp::Ordering::Less => format!("it has the sequence {sequence}, and {highest} was here already"),
        std::cmp::Ordering::Equal if sums_sha512 != known.sums_sha512 => {
            format!("it has the sequence {sequence}, by which another release was here already")
        }
        _ => return Ok(()),
    };
    Err(Refusal::new(Code::Sequence, format!("`{}` {}: {fault}", manifest.name, manifest.version)))
}
