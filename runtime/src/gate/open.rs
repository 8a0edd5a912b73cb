//! Opens the gate: joins catalogs with a site, and refuses to start where they do not fit.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use airlock_contract::{Catalog, Effect, Profile, Program, Tool, Transport, Upstream as Declared};
use airlock_offer::{Listed, ToolList};
use airlock_prune::{Plan as Prune, Rule};
use tokio::sync::Semaphore;

use super::flow::Labels;
use super::search::Search;
use super::{Entry, Gate, Load, Pages};
use crate::arguments::{Table, suggestion};
use crate::audit::Audit;
use crate::metrics::Calls;
use crate::request::Plan;
use crate::site::{Pin, Site, SiteUpstream};
use crate::untrusted::quoted;
use crate::upstream::{Credential, Credentials, Upstream};

/// Why a program cannot start. The text names the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError(pub String);

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

impl Gate {
    /// Joins what was compiled with a site. Fails if the site does not fit it, if a tool cannot be enforced as declared, or
    /// if what clients would be told of the tools is not what was reviewed.
    pub fn new(program: Program, site: &Site, audit: Audit) -> Result<Self, StartError> {
        check_names(program.catalogs, site)?;
        // The list is made anew by the code that is linked here, so that a program of parts that do not belong together does
        // not start.
        let list = ToolList::of(program.catalogs);
        let labels = Labels::of(&program)?;
        let (digest, entries) = list.sent().sha256_beside(|| entries(program, site, list, &labels));
        check_digest(&digest, program.tools_sha256)?;
        let mut entries = entries?;
        entries.sort_by_key(|entry: &Entry| entry.tool.name);
        let permits = Semaphore::new(site.limits.calls_at_once_max);
        let (limits, load) = (site.limits, Load::default());
        Ok(Self { program, profile: None, entries, search: None, permits, limits, audit, load, labels })
    }
}

impl Gate {
    /// The same with the tools of a profile alone: no other is listed or callable. Fails if what clients would be told of them
    /// is not what was reviewed.
    pub fn under(mut self, profile: &'static Profile) -> Result<Self, StartError> {
        self.entries.retain(|entry| profile.tools.contains(&entry.tool.name));
        self.search = profile.search.then(Search::new).transpose()?;
        self.profile = Some(profile);
        check_digest(&self.sent().sha256(), profile.tools_sha256)?;
        Ok(self)
    }

    /// The same without the tools that write or destroy: they are neither listed nor callable.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.entries.retain(|entry| entry.tool.effect == Effect::Read);
        self
    }
}

fn entries(program: Program, site: &Site, list: ToolList<'static>, labels: &Labels) -> Result<Vec<Entry>, StartError> {
    let mut listed: BTreeMap<&str, Listed<'_>> = list.into_entries().into_iter().map(|one| (one.name, one)).collect();
    let mut upstreams = BTreeMap::new();
    let mut entries = Vec::new();
    for catalog in program.catalogs {
        for declared in catalog.upstreams {
            let name = declared.name;
            let here = site.upstreams.get(name).ok_or_else(|| no_upstream(site, name))?;
            check_transport(site, declared, here)?;
            upstreams.entry(name).or_insert_with(|| {
                Arc::new(Upstream::new(name, here, site.dialer.clone(), site.limits.calls_at_once_max))
            });
        }
        let mut prepared = BTreeMap::new();
        for tool in catalog.tools {
            let listed = listed.remove(tool.name).ok_or_else(|| doubled(program, tool.name))?;
            let entry = entry(catalog, tool, listed, &upstreams, &mut prepared, site)?;
            entries.push(Entry { label: labels.given(tool.name), ..entry });
        }
    }
    Ok(entries)
}

fn check_digest(sha256: &str, reviewed: &str) -> Result<(), StartError> {
    if sha256 == reviewed {
        return Ok(());
    }
    Err(StartError(format!(
        "the list of tools is not the one that was reviewed: its digest is {sha256}, and {reviewed} was compiled in; \
         build compiler, generated source and host from one release"
    )))
}

/// The profile of this name.
pub fn find_profile(program: &Program, name: &str) -> Result<&'static Profile, StartError> {
    let profiles = program.profiles;
    profiles.iter().find(|profile| profile.name == name).ok_or_else(|| {
        let hint = suggestion(name, profiles.iter().map(|profile| profile.name));
        StartError(match profiles {
            [] => "this program has no profiles; they stand in catalogs/workspace.yaml when it is built".to_owned(),
            _ => format!("no profile is named {}; {hint}", quoted(name)),
        })
    })
}

fn doubled(program: Program, tool: &str) -> StartError {
    let has = |catalog: &&&Catalog| catalog.tools.iter().any(|one| one.name == tool);
    let names: Vec<&str> = program.catalogs.iter().filter(has).map(|catalog| catalog.name).collect();
    StartError(format!("more than one tool is named `{tool}`, of: {}; rename one", names.join(", ")))
}

/// A name in the site file that no catalog has is a slip, and the address behind it would silently go unused.
fn check_names(catalogs: &[&Catalog], site: &Site) -> Result<(), StartError> {
    let declared = || catalogs.iter().flat_map(|catalog| catalog.upstreams);
    let known: BTreeSet<&str> = declared().map(|upstream| upstream.name).collect();
    let shown = site.file.display();
    for (name, upstream) in &site.upstreams {
        if !known.contains(name.as_str()) {
            let hint = suggestion(name, known.iter().copied());
            return Err(StartError(format!("{shown}: no catalog has an upstream `{}`; {hint}", name.escape_debug())));
        }
        let of_this = declared().filter(|upstream| upstream.name == name);
        let declared: BTreeSet<&str> = of_this.flat_map(|upstream| upstream.credentials).map(|one| one.name).collect();
        for credential in upstream.credentials.keys() {
            if !declared.contains(credential.as_str()) {
                let hint = suggestion(credential, declared.iter().copied());
                let credential = credential.escape_debug();
                return Err(StartError(format!("{shown}: upstream `{name}` has no credential `{credential}`; {hint}")));
            }
        }
    }
    Ok(())
}

/// What a document says goes over TLS does so, unless it does not leave this machine, or the site file says why.
fn check_transport(site: &Site, declared: &Declared, here: &SiteUpstream) -> Result<(), StartError> {
    let is_of_this_machine = |pin: &Pin| match pin {
        Pin::Unix(_) => true,
        Pin::Tcp(place) => place.ip().to_canonical().is_loopback(),
    };
    let is_free = declared.transport == Transport::Any || here.plain_http.is_some();
    if is_free || here.tls.is_some() || here.pins.iter().all(is_of_this_machine) {
        return Ok(());
    }
    let (shown, name, address) = (site.file.display(), declared.name, &here.address);
    Err(StartError(format!(
        "{shown}: upstream `{name}`: its document says https, and `{address}` is plain HTTP to another machine; write \
         `https://…` with \"ca\": {{\"file\": \"ca.pem\"}} beside it, or say why that need not be: \"plain_http\": \"…\""
    )))
}

/// Credentials of one catalog by upstream and name: tools share their bytes.
type Prepared = BTreeMap<(&'static str, &'static str), Credential>;

fn entry(
    catalog: &'static Catalog,
    tool: &'static Tool,
    listed: Listed<'static>,
    upstreams: &BTreeMap<&str, Arc<Upstream>>,
    prepared: &mut Prepared,
    site: &Site,
) -> Result<Entry, StartError> {
    let broken = |fault: String| StartError(format!("catalog `{}`, tool `{}`: {fault}", catalog.name, tool.name));
    let unknown = || broken(format!("its upstream `{}` is not one of the catalog's", tool.upstream));
    let declared = catalog.upstreams.iter().find(|upstream| upstream.name == tool.upstream).ok_or_else(unknown)?;
    let upstream = upstreams.get(declared.name).ok_or_else(unknown)?;
    let mut credentials = Credentials::default();
    let mut secrets = Vec::new();
    for name in tool.credentials {
        let credential = declared.credentials.iter().find(|credential| credential.name == *name);
        let credential = credential.ok_or_else(|| broken(format!("its credential `{name}` is not declared")))?;
        let secret = site.upstreams.get(declared.name).and_then(|here| here.credentials.get(*name));
        let secret = secret.ok_or_else(|| no_credential(site, declared, tool, name))?;
        let told = |fault: String| {
            let shown = site.file.display();
            StartError(format!("{shown}: credential `{name}` of upstream `{}`: {fault}", declared.name))
        };
        let key = (declared.name, credential.name);
        let ready = match prepared.entry(key) {
            Slot::Occupied(there) => there.into_mut(),
            Slot::Vacant(place) => place.insert(Credential::new(credential.place, secret).map_err(told)?),
        };
        credentials.add(ready).map_err(told)?;
        secrets.extend_from_slice(ready.forms());
    }
    let mut redirects = Vec::new();
    for name in tool.response.redirects {
        let declared = catalog.upstreams.iter().find(|upstream| upstream.name == *name);
        let place = declared.and_then(|declared| Some((Arc::clone(upstreams.get(name)?), declared.base_path)));
        let place =
            place.ok_or_else(|| broken(format!("it may be led to `{name}`, which is none of the catalog's")))?;
        redirects.push(place);
    }
    Ok(Entry {
        catalog,
        tool,
        declared,
        listed,
        calls: Calls::default(),
        label: 0,
        table: Table::new(tool.request.arguments).map_err(broken)?,
        plan: Plan::new(declared, tool).map_err(broken)?,
        prune: Prune::new(&Rule::from(&tool.prune)).map_err(|fault| broken(fault.to_string()))?,
        upstream: Arc::clone(upstream),
        credentials,
        secrets,
        redirects,
        pages: Pages::new(tool).map_err(broken)?,
    })
}

fn no_upstream(site: &Site, name: &str) -> StartError {
    let shown = site.file.display();
    StartError(format!(
        "{shown}: the upstream `{name}` has no address; add \"{name}\": {{\"address\": \"http://HOST:PORT\"}} to \"upstreams\" \
         (`airlock-host site` prints a whole file)"
    ))
}

fn no_credential(site: &Site, upstream: &Declared, tool: &Tool, name: &str) -> StartError {
    let (shown, upstream) = (site.file.display(), upstream.name);
    StartError(format!(
        "{shown}: the tool `{}` needs the credential `{name}` of the upstream `{upstream}`; add \"credentials\": \
         {{\"{name}\": {{\"file\": \"{upstream}.key\"}}}} beside its address",
        tool.name
    ))
}
