//! `review/`: what people read of a release, and the same for programs.

use airlock_seal::Refusal;
use serde_json::{Map, Value, json};

use super::site::Site;
use super::tree::Tree;
use crate::ir::{Catalog, Effect, Fields, Profile, Tool, Transport};
use crate::offer::{Offered, tool_list};
use crate::wording;

/// Catalogs, and what `airlock compile` and `airlock review` write of them.
#[derive(Clone, Copy, Debug)]
pub struct Reviewed<'a> {
    pub catalogs: &'a [Catalog],
    pub profiles: &'a [Profile],
    /// `generated/REVIEW.md`.
    pub markdown: &'a str,
    /// `review.html`.
    pub page: &'a str,
    /// What has changed since the release before, in Markdown; none of a first release.
    pub changes: Option<&'a str>,
}

/// Writes all of it. Chat templates are put there by whoever reads the models.
pub fn write(reviewed: &Reviewed<'_>, site: &Site, tree: &mut Tree) -> Result<(), Refusal> {
    let Reviewed { catalogs, profiles, markdown, page, changes } = reviewed;
    tree.put("review/REVIEW.md", markdown.as_bytes())?;
    tree.put("review/review.html", page.as_bytes())?;
    // To the byte: its digest is the one that stands in the reviewed source.
    tree.put("review/tools-list.json", tool_list(catalogs).text().as_bytes())?;
    tree.put_json("review/tools.json", &tools(catalogs))?;
    tree.put_json("review/flows.json", &flows(catalogs, profiles))?;
    tree.put_json("review/egress.json", &egress(catalogs, site))?;
    let none = "# Changes\n\nNo earlier release was named, so nothing is compared: `airlock bundle build --previous BUNDLE`.\n";
    tree.put("review/CHANGES.md", changes.unwrap_or(none).as_bytes())?;
    Ok(())
}

fn of_all(catalogs: &[Catalog]) -> impl Iterator<Item = (&Catalog, &Tool)> {
    catalogs.iter().flat_map(|catalog| catalog.tools.iter().map(move |tool| (catalog, tool)))
}

/// `GET /v1/patients`.
fn request(catalog: &Catalog, tool: &Tool) -> String {
    let upstream = catalog.upstreams.iter().find(|upstream| upstream.name == tool.upstream);
    format!("{} {}{}", tool.method.word(), upstream.map_or("", |upstream| &upstream.base_path), tool.path)
}

fn tools(catalogs: &[Catalog]) -> Value {
    of_all(catalogs)
        .map(|(catalog, tool)| {
            let arguments: Vec<Value> = tool
                .arguments
                .iter()
                .map(|one| {
                    json!({
                        "name": one.name, "place": wording::place(one.place), "chosen_by_model": one.source.is_offered(),
                        "source": wording::source(&one.source), "description": one.description,
                    })
                })
                .collect();
            let mut object = json!({
                "name": tool.name,
                "catalog": catalog.name,
                "title": tool.title,
                "description": tool.description,
                "effect": tool.effect.word(),
                "needs_approval": tool.effect != Effect::Read,
                "request": request(catalog, tool),
                "operation": tool.operation,
                "upstream": tool.upstream,
                "credentials": tool.credentials,
                "redirects": tool.redirects,
                "arguments": arguments,
                "rule": tool.rule,
                "answer_bytes_max": tool.bytes_max,
                "file_bytes_max": tool.file_bytes_max,
                "gathers_pages": tool.pages.is_some(),
                "unchecked": tool.notes,
            });
            if let Fields::Known { kept, dropped, .. } = &tool.fields {
                object["fields_kept"] = json!(kept);
                object["fields_dropped"] = json!(dropped);
            }
            if let Some(flow) = &tool.flow {
                object["label"] = json!(flow.label);
                object["clearance"] = json!(flow.clearance);
                object["above_clearance"] = json!(flow.above.word());
            }
            object
        })
        .collect()
}

fn flows(catalogs: &[Catalog], profiles: &[Profile]) -> Value {
    let labels = catalogs.first().map(|catalog| catalog.labels.as_slice()).unwrap_or_default();
    let one = |(catalog, tool): (&Catalog, &Tool)| {
        let flow = tool.flow.as_ref()?;
        let fields: Vec<Value> = flow
            .fields
            .iter()
            .map(|field| json!({"path": field.path, "label": field.label, "looked_at": field.is_read}))
            .collect();
        let declassified: Vec<Value> =
            flow.declassified.iter().map(|one| json!({"from": one.from, "reason": one.reason})).collect();
        Some(json!({
            "tool": tool.name,
            "catalog": catalog.name,
            "label": flow.label,
            "label_before_rule": flow.unpruned,
            "clearance": flow.clearance,
            "above_clearance": flow.above.word(),
            "sends": tool.sends(),
            "fields": fields,
            "declassified": declassified,
        }))
    };
    let tools: Vec<Value> = of_all(catalogs).filter_map(one).collect();
    let profiles: Vec<Value> = Offered::of(catalogs, profiles)
        .profiles
        .iter()
        .map(|(profile, sha256)| {
            json!({
                "name": profile.name, "description": profile.description, "tools": profile.tools,
                "search": profile.search, "tools_sha256": sha256,
            })
        })
        .collect();
    json!({"labels": labels, "tools": tools, "profiles": profiles})
}

/// Systems by name, with all that is ever sent there.
fn egress(catalogs: &[Catalog], site: &Site) -> Value {
    site.upstreams
        .iter()
        .map(|(name, placed)| {
            let declared =
                catalogs.iter().flat_map(|catalog| &catalog.upstreams).filter(|upstream| upstream.name == *name);
            let needs_tls = declared.clone().any(|upstream| upstream.transport == Transport::Tls);
            let secrets: Map<String, Value> = declared
                .flat_map(|upstream| &upstream.credentials)
                .map(|credential| (credential.name.clone(), wording::credential(credential).into()))
                .collect();
            let callers: Vec<Value> = of_all(catalogs)
                .filter(|(_, tool)| tool.upstream == *name)
                .map(|(catalog, tool)| json!({"tool": tool.name, "request": request(catalog, tool)}))
                .collect();
            let redirected = of_all(catalogs).filter(|(_, tool)| tool.redirects.contains(name));
            let redirected: Vec<&str> = redirected.map(|(_, tool)| tool.name.as_str()).collect();
            json!({
                "upstream": name,
                "address": placed.address,
                "pins": placed.pins,
                "proven_by_certificates": placed.is_proven,
                "document_asks_for_tls": needs_tls,
                "plain_http_because": placed.plain_http,
                "credentials": secrets,
                "requests": callers,
                "reached_by_redirects_of": redirected,
            })
        })
        .collect()
}
