//! What a site file says about the release that the program has to be of.

use std::path::{Path, PathBuf};

use airlock_seal::policy::Suite;
use serde::Deserialize;

/// The release that the program has to lie in: one whose sums are signed by whom this place trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteRelease {
    /// The directory of trust anchors.
    pub anchors: PathBuf,
    /// How many signatures, and of which kind.
    pub policy: Suite,
}

/// As it is written: the directory is relative to the site file's, or absolute.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenRelease {
    pub(super) anchors: PathBuf,
    #[serde(default)]
    policy: Suite,
}

impl WrittenRelease {
    pub(super) fn within(self, directory: &Path) -> SiteRelease {
        SiteRelease { anchors: directory.join(self.anchors), policy: self.policy }
    }
}
