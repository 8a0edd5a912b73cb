//! A bundle from its parts. It is written beside its place and gets its name last, so that half of one is never found.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use airlock_seal::digest::sha512;
use airlock_seal::manifest::{Manifest, Previous};
use airlock_seal::{Code, MANIFEST, Refusal, SUMS, stock};
use serde_json::{Value, json};

use super::host::{Host, Warm, linkage};
use super::manifest::Parts;
use super::models::{self, Placed};
use super::packages::Crates;
use super::pages::{self, Reviewed};
use super::progress::Progress;
use super::provenance::{self, Made};
use super::recipe::{self, Built};
use super::sbom::{self, Contents};
use super::site::Site;
use super::source::{self, Source};
use super::toolchain::Toolchain;
use super::tree::{Digests, Tree, Written};
use super::{Program, deploy, licences, native, test_run, vendor};
use crate::evidence::{Facts, SelfTest, oscal};
use crate::ir::Catalog;
use crate::offer::{Offered, tool_list};
use crate::pipeline::Compiled;
use crate::report::visible;
use crate::review;

/// A manifest that is longer is none, in bytes.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;

/// What is asked for.
#[derive(Debug)]
pub struct Order<'o> {
    /// The directory of the Cargo workspace, with `catalogs/` and `generated/`.
    pub workspace: &'o Path,
    pub program: Program,
    pub make: Make<'o>,
    pub models: &'o [PathBuf],
    /// The site template.
    pub site: &'o Path,
    pub name: &'o str,
    pub version: &'o str,
    pub sequence: u64,
    /// The directory that the bundle is made in.
    pub out: &'o Path,
    /// The release before, and what has changed since it, in Markdown.
    pub previous: Option<(Before, String)>,
    /// What a self-test found, with the bytes that say so.
    pub selftest: Option<(SelfTest, Vec<u8>)>,
    /// What a run of the tests printed.
    pub tests: Option<&'o Path>,
    /// Whether prefixes are made.
    pub warm: Option<Warm>,
}

/// Where the program comes from.
#[derive(Clone, Copy, Debug)]
pub enum Make<'o> {
    /// It is built of `source/`, below this directory. What is there of an earlier build is taken up.
    Build(&'o Path),
    /// Somebody has built it already. Nobody can say what of, so crates are not vendored: it is for tests of what is around it.
    Take(&'o Path),
}

/// A release that another one follows on.
#[derive(Clone, Debug)]
pub struct Before {
    pub manifest: Manifest,
    /// SHA-512 of its sums.
    pub sums_sha512: String,
}

/// A bundle that was built.
#[derive(Clone, Debug)]
pub struct Bundle {
    pub directory: PathBuf,
    pub written: Written,
}

impl Before {
    /// Reads the bundle of a release, unpacked.
    pub fn read(bundle: &Path) -> Result<Self, Refusal> {
        let shown = visible(&bundle.to_string_lossy());
        let refused = |text: String| Refusal::new(Code::Usage, format!("{shown}: {text}"));
        let read = |name: &str| {
            let mut bytes = Vec::new();
            let file = fs::File::open(bundle.join(name));
            let read = file.and_then(|file| file.take(MANIFEST_BYTES_MAX + 1).read_to_end(&mut bytes));
            read.map_err(|fault| {
                refused(format!("cannot read {name}: {fault}; name the directory of an unpacked bundle"))
            })?;
            if bytes.len() as u64 > MANIFEST_BYTES_MAX {
                return Err(refused(format!("{name} is longer than {MANIFEST_BYTES_MAX} bytes")));
            }
            Ok(bytes)
        };
        Ok(Self { manifest: Manifest::read(&read(MANIFEST)?)?, sums_sha512: sha512(&read(SUMS)?) })
    }

    /// Refuses what cannot follow on it.
    fn check(&self, order: &Order<'_>) -> Result<(), Refusal> {
        let Manifest { name, sequence, version, .. } = &self.manifest;
        if name != order.name {
            let text = format!(
                "the previous release is of `{}`, not of `{}`; name that of the same",
                visible(name),
                order.name
            );
            return Err(Refusal::new(Code::Usage, text));
        }
        if order.sequence <= *sequence {
            let version = visible(version);
            let text = format!(
                "`--sequence {}` is not higher than that of the previous release {version}, {sequence}: it would be refused \
                 where that is installed; give {} or more",
                order.sequence,
                sequence.saturating_add(1)
            );
            return Err(Refusal::new(Code::Usage, text));
        }
        Ok(())
    }
}

/// Builds a bundle of catalogs that are compiled, approved, and what `generated/` says.
pub fn assemble(order: &Order<'_>, compiled: &Compiled, progress: &mut Progress<'_>) -> Result<Bundle, Refusal> {
    check_names(order)?;
    if let Some((before, _)) = &order.previous {
        before.check(order)?;
    }
    let site = Site::read(order.site)?;
    site.check(order.site, &compiled.catalogs)?;
    let tests = test_run::record(order.tests)?;
    let target = Toolchain::find(order.workspace)?.host;
    let directory = order.out.join(format!("{}-{}-{target}", order.name, order.version));
    if fs::symlink_metadata(&directory).is_ok() {
        let shown = visible(&directory.to_string_lossy());
        let text = format!("{shown} is there already; remove it, or give another `--version` or `--out`");
        return Err(Refusal::new(Code::Usage, text));
    }
    let told = |fault| Refusal::internal(format!("cannot write {}", visible(&order.out.to_string_lossy())), fault);
    fs::create_dir_all(order.out).map_err(told)?;
    let beside = tempfile::Builder::new().prefix(".airlock-bundle-").tempdir_in(order.out).map_err(told)?;
    let mut tree = Tree::new(beside.path());
    let job = Job { order, compiled, site: &site, target: &target };
    job.write(&tests, &mut tree, progress)?;
    let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    tree.put("VERIFY.txt", stock::text(&name).as_bytes())?;
    progress.stage("sums");
    let written = tree.finish()?;
    // Its own name comes last. From here on it is no directory that goes away by itself.
    fs::rename(beside.path(), &directory).map_err(told)?;
    drop(beside.keep());
    progress.clear();
    Ok(Bundle { directory, written })
}

/// Names are parts of file names, of a manifest, and of other people's commands.
fn check_names(order: &Order<'_>) -> Result<(), Refusal> {
    let is_plain = |text: &str, more: &[u8]| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || more.contains(&byte);
        text.len() <= 64
            && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
            && text.bytes().all(plain)
    };
    let refused = |text: String| Err(Refusal::new(Code::Usage, text));
    if !is_plain(order.name, b".-") {
        return refused(format!("`--name {}`: a letter or digit, then at most 63 of a-z 0-9 . -", visible(order.name)));
    }
    if !is_plain(order.version, b".+-") {
        return refused(format!(
            "`--version {}`: a letter or digit, then at most 63 of a-z 0-9 . + -",
            visible(order.version)
        ));
    }
    if order.sequence == 0 {
        return refused("`--sequence 0`: the first release of a name is 1, and each one after it has more".to_owned());
    }
    Ok(())
}

/// What the steps share.
struct Job<'j> {
    order: &'j Order<'j>,
    compiled: &'j Compiled,
    site: &'j Site,
    target: &'j str,
}

/// A program, what it is made of, and its digests in the bundle.
struct Finished {
    built: Built,
    crates: Crates,
    binary: Digests,
}

impl Job<'_> {
    fn write(&self, tests: &Value, tree: &mut Tree, progress: &mut Progress<'_>) -> Result<(), Refusal> {
        let Self { order, compiled, site, target } = self;
        let catalogs = &compiled.catalogs;
        let mut placed = Vec::new();
        for file in order.models {
            placed.push(models::place(file, &compiled.models, tree, progress)?);
        }
        progress.stage("source");
        let mut source = source::gather(order.workspace, &tree.place("source"), &order.program)?;
        let built = self.program(&mut source, tree, progress)?;
        tree.adopt("source", progress)?;
        let binary = tree.copy("bin/airlock-host", &built.binary, progress)?;
        let program = tree.place("bin/airlock-host");
        let host = Host::new(&program)?;
        host.check_tools(&tool_list(catalogs).text())?;
        self.write_models(&placed, &host, tree, progress)?;
        progress.stage("review, evidence and deployment");
        self.write_review(tree)?;
        let finished = Finished { built, crates: source.crates, binary };
        self.write_evidence(tests, &finished, &placed, tree, progress)?;
        deploy::write(deploy::Named { name: order.name, version: order.version }, site, catalogs, &host, tree)?;
        let program = Program { linkage: finished.built.linkage, ..order.program.clone() };
        let previous = order.previous.as_ref().map(|(before, _)| Previous {
            sums_sha512: before.sums_sha512.clone(),
            version: before.manifest.version.clone(),
        });
        let manifest = super::manifest::manifest(
            Parts {
                name: order.name,
                version: order.version,
                sequence: order.sequence,
                target,
                cpu: &finished.built.cpu,
                rustc: &finished.built.rustc_version,
                program: &program,
                catalogs,
                profiles: &compiled.profiles,
                site,
                models: placed.into_iter().map(|placed| placed.model).collect(),
                previous,
            },
            tree,
        );
        let manifest =
            serde_json::to_value(manifest).map_err(|fault| Refusal::internal("cannot write the manifest", fault))?;
        tree.put_json(MANIFEST, &manifest)?;
        Ok(())
    }

    /// The program. Where crates are vendored, they have the texts of their licences afterwards.
    fn program(&self, source: &mut Source, tree: &Tree, progress: &mut Progress<'_>) -> Result<Built, Refusal> {
        match self.order.make {
            Make::Build(work) => {
                progress.stage("vendored crates");
                source.crates.packages = vendor::write(source)?.packages;
                recipe::build(&tree.place("source"), work, &mut |recipe::Progress { done, all }| {
                    progress.stage(&format!("program: {done} of {all} crates"));
                })
            }
            Make::Take(binary) => {
                let recipe = &source.recipe;
                let shown = visible(&binary.to_string_lossy());
                let bytes = fs::read(binary)
                    .map_err(|fault| Refusal::new(Code::Usage, format!("cannot read the program {shown}: {fault}")))?;
                Ok(Built {
                    binary: binary.to_owned(),
                    sha512: String::new(),
                    linkage: linkage(&bytes),
                    cpu: recipe.cpu.clone(),
                    features: recipe.features.clone(),
                    rustc_version: recipe.rustc.clone(),
                    target: self.target.to_owned(),
                    tools: Vec::new(),
                })
            }
        }
    }

    fn write_models(
        &self,
        placed: &[Placed],
        host: &Host<'_>,
        tree: &mut Tree,
        progress: &mut Progress<'_>,
    ) -> Result<(), Refusal> {
        let mut prefixes = vec![Vec::new(); placed.len()];
        if let Some(warm) = self.order.warm {
            if placed.is_empty() {
                let text = "`--warm` has a model read rules and tools, and none is named; give `--model FILE.gguf`";
                return Err(Refusal::new(Code::Usage, text));
            }
            prefixes = host.warm(placed, self.site, warm, tree, progress)?;
            progress.note(
                "a prefix is taken by a machine with the same number of threads alone; give `--warm-threads N`, and \
                 `airlock-host … --threads N` there",
            );
        }
        for (placed, prefixes) in placed.iter().zip(&prefixes) {
            let path = format!("models/{}.json", placed.model.name);
            tree.put_json(&path, &models::record(placed, prefixes))?;
        }
        Ok(())
    }

    fn write_review(&self, tree: &mut Tree) -> Result<(), Refusal> {
        let Compiled { catalogs, profiles, models, files } = self.compiled;
        let page = review::page(catalogs, &Offered::of(catalogs, profiles), models);
        let markdown = files.get("REVIEW.md").map(String::as_str).unwrap_or_default();
        let changes = self.order.previous.as_ref().map(|(_, changes)| changes.as_str());
        pages::write(&Reviewed { catalogs, profiles, markdown, page: &page, changes }, self.site, tree)
    }

    fn write_evidence(
        &self,
        tests: &Value,
        finished: &Finished,
        placed: &[Placed],
        tree: &mut Tree,
        progress: &mut Progress<'_>,
    ) -> Result<(), Refusal> {
        let Self { order, compiled, target, .. } = self;
        let Finished { built, crates, binary } = finished;
        let parts =
            native::parts(crates).map_err(|fault| Refusal::internal("cannot read llama.cpp's sources", fault))?;
        let created = u64::try_from(order.program.epoch).unwrap_or(0);
        let document = sbom::document(&Contents {
            name: order.name,
            version: order.version,
            binary: (&binary.sha256, &binary.sha512),
            packages: &crates.packages,
            parts: &parts,
            models: placed,
            rustc: &built.rustc_version,
            created,
        });
        tree.put_json("evidence/sbom.cdx.json", &document)?;
        for unlicensed in licences::write(&crates.packages, &parts, tree)? {
            progress.note(&format!("{} names no licence and brings no text of one", visible(&unlicensed.0)));
        }
        let facts = Facts::of(&compiled.catalogs, &compiled.profiles, &compiled.models);
        let selftest = order.selftest.as_ref().map(|(selftest, _)| selftest);
        tree.put_json("evidence/controls.oscal.json", &oscal(&compiled.catalogs, &facts, selftest, created))?;
        match &order.selftest {
            Some((_, bytes)) => tree.put("evidence/egress-matrix.json", bytes)?,
            None => tree.put_json(
                "evidence/egress-matrix.json",
                &json!({
                    "given": false, "remark": "no self-test was handed to `airlock bundle build --selftest`",
                }),
            )?,
        };
        tree.put_json("evidence/tests.json", tests)?;
        let program = Program { linkage: built.linkage, ..order.program.clone() };
        let made = Made {
            name: order.name,
            version: order.version,
            sequence: order.sequence,
            target,
            cpu: &built.cpu,
            program: &program,
            rustc: &built.rustc_version,
            catalogs: &compiled.catalogs,
            packages: &crates.packages,
        };
        let statement = provenance::statement(&made, tree);
        tree.put_json("evidence/provenance.intoto.json", &statement)?;
        Ok(())
    }
}

/// Refuses catalogs that nobody has approved: whose tools stand in no lock.
pub fn check_approved(catalogs: &[Catalog], root: &Path) -> Result<(), Refusal> {
    let is_locked = |catalog: &&Catalog| root.join(&catalog.name).join("catalog.lock").is_file();
    match catalogs.iter().find(|catalog| !is_locked(catalog)) {
        Some(catalog) => {
            let text = format!(
                "nobody has approved the catalog `{}`: there is no catalog.lock in it; have it reviewed, then run `airlock approve \
                 --all`",
                visible(&catalog.name)
            );
            Err(Refusal::new(Code::Usage, text))
        }
        None => Ok(()),
    }
}
