//! The servers that documents name. The intermediate form does not have them, since the site file gives addresses; but
//! whoever writes a site file reads them, so that another host is told.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Kind};
use crate::report::visible;
use crate::wording::or_nothing;

/// Scheme and host by the name of the catalog, and of the further upstream; of the document's own server that is empty.
pub type Servers = BTreeMap<(String, String), String>;

/// Every server that is another one. A catalog or an upstream that one side alone has is told elsewhere.
pub fn compare_servers(old: &Servers, new: &Servers) -> Vec<Change> {
    let names: BTreeSet<_> = old.keys().filter(|name| new.contains_key(*name)).collect();
    let mut changes = Vec::new();
    for (catalog, upstream) in names {
        let name = (catalog.clone(), upstream.clone());
        let (before, after) = (&old[&name], &new[&name]);
        if before != after {
            let whose = if upstream.is_empty() { "the document".to_owned() } else { format!("`{upstream}`") };
            let detail = format!("{whose}: {} instead of {}", or_nothing(after), or_nothing(before));
            let (kind, catalog) = (Kind::ServerChanged, catalog.clone());
            changes.push(Change { kind, catalog, tool: None, detail: visible(&detail) });
        }
    }
    changes
}
