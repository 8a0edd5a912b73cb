//! The release that this program is of: checked before anything else is done, and compared with what a site asks for.

use std::fs::{self, File};

use airlock_contract::Program;
use airlock_seal::release::Release;
use airlock_seal::trust::Anchors;
use airlock_seal::{Code, Refusal, signatures, tree};

use crate::isolation::this_program;
use crate::site::SiteRelease;

/// The release that this process's program lies in, checked. None where it lies in none, as in development.
///
/// # Errors
/// A file of the release is not what its sums say, or the tools that were compiled in are not those of its manifest.
pub(super) fn own(program: &Program) -> Result<Option<Release>, Refusal> {
    let running = this_program().map_err(|fault| Refusal::internal("this program's file", fault))?;
    // Where it has been removed or replaced since it was started, its name ends with a word that is no file's.
    let path = fs::read_link(&running).unwrap_or_else(|_| running.clone());
    let mut file = File::open(&running).map_err(|fault| Refusal::internal("this program's file", fault))?;
    let release = Release::of(&path, &mut file)?;
    if let Some(release) = &release {
        has_tools(release, program)?;
    }
    Ok(release)
}

/// The tools that were reviewed are those that were compiled in.
fn has_tools(release: &Release, program: &Program) -> Result<(), Refusal> {
    let manifest = &release.manifest;
    let profiles = manifest.profiles.iter().map(|profile| (profile.name.as_str(), profile.tools_sha256.as_str()));
    let mut told: Vec<_> = profiles.chain([("", manifest.tools.sha256.as_str())]).collect();
    let profiles = program.profiles.iter().map(|profile| (profile.name, profile.tools_sha256));
    let mut there: Vec<_> = profiles.chain([("", program.tools_sha256)]).collect();
    told.sort_unstable();
    there.sort_unstable();
    if told == there {
        return Ok(());
    }
    let text = "the list of tools that was compiled into this program is not the one of the release's manifest";
    Err(Refusal::new(Code::Content, text))
}

/// Whether a site puts up with this program: it may ask for a release that is signed by whom it trusts.
///
/// # Errors
/// The program lies in no release, or its signatures do not hold.
pub(super) fn admitted(release: Option<&Release>, asked: Option<&SiteRelease>) -> Result<(), Refusal> {
    let Some(asked) = asked else { return Ok(()) };
    let Some(release) = release else {
        let text = "the site file asks for a signed release (`\"release\"`), and this program lies in none; start it as \
                    `ROOT/current/bin/airlock-host`, where `airlock-host bundle install` puts it";
        return Err(Refusal::new(Code::Unsigned, text));
    };
    let anchors = Anchors::open(&asked.anchors)?;
    let policy = anchors.policy.tightened(Some(asked.policy.max(anchors.policy.suite)), None, false)?;
    signatures::check(&release.text, &tree::signatures(&release.directory)?, &anchors, policy).map(drop)
}
