//! Putting a release in force, and an older one again.

use std::path::Path;

use super::place::{CURRENT, CURRENT_NEW, Place, digest_of, is_hex, short, usage};
use super::state::{Release, Switch};
use super::{Action, Disk, Event, Hands, Installed, RELEASES, Wish};
use crate::reading::told;
use crate::{Code, Refusal};

/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 500;

/// A digest is named by so many characters at least.
const DIGEST_CHARS_MIN: usize = 8;

/// Gives what was staged its place, and puts it in force.
pub(super) fn to_staged(
    place: &mut Place,
    release: &Release,
    wish: Wish,
    hands: &mut Hands<'_>,
) -> Result<Installed, Refusal> {
    let event = event(Action::Install, place, release, wish.switch, None)?;
    recorded(&event, hands, |disk| {
        place.state.add(release.clone());
        place.state.pending = wish.switch.then(|| pending(&event));
        place.state.write(&place.root, disk)?;
        let (from, to) = (place.staging(), place.release(&release.sums_sha512));
        let releases = place.root.join(RELEASES);
        disk.rename(&from, &to).and_then(|()| disk.sync(&releases)).map_err(|fault| told(&to, fault))?;
        if wish.switch {
            switch(place, &release.sums_sha512, disk)?;
        }
        finished(place, release.clone(), Some(wish.keep), disk)
    })
}

/// Puts a release in force that is there already, if it is the newest and is not in force.
pub(super) fn to_installed(
    place: &mut Place,
    release: Release,
    wish: Wish,
    hands: &mut Hands<'_>,
) -> Result<Installed, Refusal> {
    let current = place.current_digest()?.as_deref() == Some(release.sums_sha512.as_str());
    if current || !wish.switch {
        return Ok(Installed { release, changed: false, current, removed: Vec::new() });
    }
    place.state.is_newest(&release)?;
    let release = checked(place, release, hands)?;
    let event = event(Action::Install, place, &release, true, None)?;
    recorded(&event, hands, |disk| {
        in_force(place, &event, disk)?;
        finished(place, release.clone(), Some(wish.keep), disk)
    })
}

/// Puts a release in force again that is installed: named by its version, or by the beginning of its digest. It is checked anew,
/// and has to be countersigned by the site.
///
/// # Errors
/// [`Code::Usage`]: it is not installed, or there is no reason. [`Code::Policy`]: the site has not countersigned it. What
/// [`Hands::check`] and [`Hands::record`] refuse.
pub fn rollback(root: &Path, to: &str, reason: &str, hands: &mut Hands<'_>) -> Result<Installed, Refusal> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
        return Err(usage(format!("a reason has 1 to {REASON_CHARS_MAX} characters, on one line")));
    }
    if root.symlink_metadata().is_err() {
        return Err(usage(format!("nothing is installed in `{}`", root.display())));
    }
    let mut place = Place::open(root, hands.disk)?;
    let release = found(&place, to)?;
    if place.current_digest()?.as_deref() == Some(release.sums_sha512.as_str()) {
        return Ok(Installed { release, changed: false, current: true, removed: Vec::new() });
    }
    let release = checked(&place, release, hands)?;
    if !release.approved {
        let digest = short(&release.sums_sha512);
        return Err(Refusal::new(
            Code::Policy,
            format!(
                "release {} ({digest}) is not countersigned by the site; run `approve` on its directory first",
                release.sequence
            ),
        ));
    }
    let event = event(Action::Rollback, &place, &release, true, Some(reason.to_owned()))?;
    recorded(&event, hands, |disk| {
        in_force(&mut place, &event, disk)?;
        finished(&mut place, release.clone(), None, disk)
    })
}

/// The one release that is named so.
fn found(place: &Place, to: &str) -> Result<Release, Refusal> {
    let is_digest = |digest: &str| to.len() >= DIGEST_CHARS_MIN && is_hex(to) && digest.starts_with(to);
    let all = &place.state.releases;
    let named: Vec<&Release> = all.iter().filter(|one| one.version == to || is_digest(&one.sums_sha512)).collect();
    if let [one] = named[..] {
        return Ok(one.clone());
    }
    let shown = |list: &[&Release]| {
        let words: Vec<String> =
            list.iter().map(|one| format!("{} ({})", one.version, short(&one.sums_sha512))).collect();
        words.join(", ")
    };
    let to = to.escape_debug();
    Err(usage(if named.is_empty() {
        format!("no release `{to}` is installed; there is {}", shown(&all.iter().collect::<Vec<_>>()))
    } else {
        format!("`{to}` names more than one release: {}; name its digest", shown(&named))
    }))
}

/// Checks a release where it lies: that it is what was installed, and what it is signed by now.
fn checked(place: &Place, release: Release, hands: &mut Hands<'_>) -> Result<Release, Refusal> {
    let directory = place.release(&release.sums_sha512);
    let found = (hands.check)(&directory)?;
    let manifest = &found.manifest;
    let is_same = (&manifest.name, manifest.sequence) == (&release.name, release.sequence);
    if digest_of(&directory)? != release.sums_sha512 || !is_same {
        let text = format!("`{}` is not the release that was installed there", directory.display());
        return Err(Refusal::new(Code::Content, text));
    }
    Ok(Release { approved: found.approved, ..release })
}

fn event(
    action: Action,
    place: &Place,
    release: &Release,
    switches: bool,
    reason: Option<String>,
) -> Result<Event, Refusal> {
    let before_sha512 = place.current_digest()?;
    Ok(Event { before_sha512, switches: Some(switches), reason, ..Event::of(action, release) })
}

fn pending(event: &Event) -> Switch {
    Switch::new(event.action, event.before_sha512.clone(), event.sums_sha512.clone(), event.reason.clone())
}

/// Does something between its two records.
fn recorded(
    event: &Event,
    hands: &mut Hands<'_>,
    mut act: impl FnMut(&mut dyn Disk) -> Result<Installed, Refusal>,
) -> Result<Installed, Refusal> {
    hands.record.begin(event)?;
    let done = act(hands.disk);
    let ended = hands.record.end(event, done.as_ref().err());
    let done = done?;
    ended.map(|()| done).map_err(|refusal| Refusal {
        text: format!("it is done, and that could not be recorded: {}", refusal.text),
        ..refusal
    })
}

/// Says in the state what is about to be in force, and puts it there.
fn in_force(place: &mut Place, event: &Event, disk: &mut dyn Disk) -> Result<(), Refusal> {
    place.clean(disk)?;
    place.state.pending = Some(pending(event));
    place.state.write(&place.root, disk)?;
    switch(place, &event.sums_sha512, disk)
}

/// The one moment: before it the old release is in force, behind it the new one.
fn switch(place: &Place, digest: &str, disk: &mut dyn Disk) -> Result<(), Refusal> {
    let (link, new) = (place.root.join(CURRENT), place.root.join(CURRENT_NEW));
    super::remove_if_there(&new, disk)?;
    let target = Path::new(RELEASES).join(short(digest));
    let switched =
        disk.link(&target, &new).and_then(|()| disk.rename(&new, &link)).and_then(|()| disk.sync(&place.root));
    switched.map_err(|fault| told(&link, fault))
}

/// Says in the state that it is done, and removes old releases. With `keep` so many of them stay.
fn finished(
    place: &mut Place,
    release: Release,
    keep: Option<usize>,
    disk: &mut dyn Disk,
) -> Result<Installed, Refusal> {
    if let Some(switch) = place.state.pending.take() {
        place.state.remember(switch);
    }
    if let Some(known) = place.state.releases.iter_mut().find(|one| one.sums_sha512 == release.sums_sha512) {
        known.approved = release.approved;
    }
    let current = place.current_digest()?;
    let forgotten =
        keep.map(|keep| place.state.forget(keep, current.as_deref(), &release.sums_sha512)).unwrap_or_default();
    // First: what is not in the state any more is removed by the next run if this one does not come to it.
    place.state.write(&place.root, disk)?;
    for digest in &forgotten {
        super::remove_if_there(&place.release(digest), disk)?;
    }
    let current = current.as_deref() == Some(release.sums_sha512.as_str());
    let removed = forgotten.iter().map(|digest| short(digest).to_owned()).collect();
    Ok(Installed { release, changed: true, current, removed })
}
