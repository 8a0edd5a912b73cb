//! `manifest.json`, made from what lies in the bundle.

use std::collections::BTreeMap;

use airlock_seal::manifest::{
    Binary, Catalog as ManifestCatalog, Compiler, FORMAT, Isolation, Manifest, Model, Previous,
    Profile as ManifestProfile, Tools,
};

use super::Program;
use super::site::Site;
use super::tree::Tree;
use crate::ir::{Catalog, Profile};
use crate::offer::Offered;

/// What it is made from, beside the files that are written.
#[derive(Clone, Debug)]
pub(super) struct Parts<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    pub(super) sequence: u64,
    pub(super) target: &'a str,
    pub(super) cpu: &'a str,
    pub(super) rustc: &'a str,
    pub(super) program: &'a Program,
    pub(super) catalogs: &'a [Catalog],
    pub(super) profiles: &'a [Profile],
    pub(super) site: &'a Site,
    pub(super) models: Vec<Model>,
    pub(super) previous: Option<Previous>,
}

/// The manifest. Digests are those of files that were written.
pub(super) fn manifest(parts: Parts<'_>, tree: &Tree) -> Manifest {
    let Parts { name, version, sequence, target, cpu, rustc, program, catalogs, profiles, site, models, previous } =
        parts;
    let digest = |path: &str| tree.sha512(path).unwrap_or_default().to_owned();
    let offered = Offered::of(catalogs, profiles);
    let catalog = |catalog: &Catalog| {
        let path = format!("source/catalogs/{}/catalog.yaml", catalog.name);
        ManifestCatalog { name: catalog.name.clone(), sha512: digest(&path), path }
    };
    let profile = |(profile, sha256): &(&Profile, String)| ManifestProfile {
        name: profile.name.clone(),
        tools_sha256: sha256.clone(),
    };
    let mut features = program.features.clone();
    features.sort();
    let path = "bin/airlock-host";
    let tools: usize = catalogs.iter().map(|catalog| catalog.tools.len()).sum();
    Manifest {
        binary: Binary {
            cpu: cpu.to_owned(),
            features,
            linkage: program.linkage.word().to_owned(),
            package: program.package.clone(),
            path: path.to_owned(),
            sha512: digest(path),
        },
        catalogs: catalogs.iter().map(catalog).collect(),
        compiler: Compiler { rustc: rustc.to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        created: program.epoch,
        egress: site.egress(),
        format: FORMAT,
        isolation: Isolation { minimum: site.isolation.clone() },
        labels: catalogs.first().map(|catalog| catalog.labels.clone()).unwrap_or_default(),
        models,
        name: name.to_owned(),
        previous,
        profiles: offered.profiles.iter().map(profile).collect(),
        secrets: site.secrets(),
        sequence,
        target: target.to_owned(),
        tools: Tools { count: tools as u64, sha256: offered.tools_sha256 },
        version: version.to_owned(),
        x: BTreeMap::new(),
    }
}
