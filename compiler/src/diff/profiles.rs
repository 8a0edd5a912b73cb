//! Profiles, which are of all catalogs together.

use std::collections::BTreeSet;

use super::catalog::pairs;
use super::{Change, Kind};
use crate::ir::Profile;
use crate::load::WORKSPACE;
use crate::report::visible;
use crate::wording::contrast;

/// Every profile that is another one, and every tool that one offers more or less.
pub fn compare_profiles(old: &[Profile], new: &[Profile]) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |kind, tool: Option<&str>, detail: String| {
        let (catalog, tool) = (WORKSPACE.to_owned(), tool.map(str::to_owned));
        changes.push(Change { kind, catalog, tool, detail: visible(&detail) });
    };
    pairs(
        old,
        new,
        |profile| &profile.name,
        |name, old, new| match (old, new) {
            (None, Some(new)) => add(Kind::ProfileAdded, None, format!("`{name}`: {}", new.tools.join(", "))),
            (Some(_), None) => add(Kind::ProfileRemoved, None, format!("`{name}`")),
            (Some(old), Some(new)) => {
                // Named one by one: a field that is added to a profile must be thought of here.
                let Profile { name: _, description, tools, search } = old;
                let (before, after): (BTreeSet<_>, BTreeSet<_>) = (tools.iter().collect(), new.tools.iter().collect());
                for tool in after.difference(&before) {
                    add(Kind::ProfileGrown, Some(tool), format!("`{name}` offers it"));
                }
                for tool in before.difference(&after) {
                    add(Kind::ProfileShrunk, Some(tool), format!("`{name}` no longer offers it"));
                }
                if *search != new.search {
                    let now = if new.search { "can be searched" } else { "can no longer be searched" };
                    add(Kind::ProfileChanged, None, format!("`{name}` {now}"));
                }
                if *description != new.description {
                    let detail = format!("`{name}`: {}", contrast(description, &new.description));
                    add(Kind::ProfileChanged, None, detail);
                }
            }
            (None, None) => {}
        },
    );
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str, tools: &[&str]) -> Profile {
        Profile {
            name: name.into(),
            description: "Rounds.".into(),
            tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
            search: false,
        }
    }

    #[test]
    fn each_difference_is_told_once() {
        let old = [profile("gone", &["a"]), profile("round", &["a", "b"])];
        let changed = Profile { search: true, description: "Wards.".into(), ..profile("round", &["b", "c"]) };
        let found = compare_profiles(&old, &[changed, profile("new", &["c"])]);
        let told: Vec<_> =
            found.iter().map(|one| (one.kind.word(), one.tool.as_deref(), one.detail.as_str())).collect();
        assert_eq!(
            told,
            [
                ("profile_removed", None, "`gone`"),
                ("profile_added", None, "`new`: c"),
                ("profile_grown", Some("c"), "`round` offers it"),
                ("profile_shrunk", Some("a"), "`round` no longer offers it"),
                ("profile_changed", None, "`round` can be searched"),
                ("profile_changed", None, "`round`: \"Rounds.\" -> \"Wards.\""),
            ]
        );
        assert_eq!(compare_profiles(&old, &old), []);
    }
}
