//! Opens the gate: joins catalogs with a site, and refuses to start where they do not fit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use airlock_contract::{Catalog, Tool, Upstream as Declared};
use airlock_prune::{Plan as Prune, Rule};
use tokio::sync::Semaphore;

use super::{Entry, Gate};
use crate::arguments::{Table, suggestion};
use crate::audit::Audit;
use crate::request::Plan;
use crate::schema;
use crate::site::Site;
use crate::upstream::{Credentials, Upstream, forms};

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
    /// Joins catalogs with a site. Fails if the site does not fit them, or if a tool cannot be enforced as declared.
    pub fn new(catalogs: &'static [&'static Catalog], site: &Site, audit: Audit) -> Result<Self, StartError> {
        check_names(catalogs, site)?;
        let mut upstreams = BTreeMap::new();
        let mut entries = Vec::new();
        for catalog in catalogs {
            for declared in catalog.upstreams {
                let name = declared.name;
                let here = site.upstreams.get(name).ok_or_else(|| no_upstream(site, name))?;
                upstreams.entry(name).or_insert_with(|| Arc::new(Upstream::new(name, here.address.clone())));
            }
            for tool in catalog.tools {
                entries.push(entry(catalog, tool, &upstreams, site)?);
            }
        }
        entries.sort_by_key(|entry: &Entry| entry.tool.name);
        if let Some(pair) = entries.windows(2).find(|pair| pair[0].tool.name == pair[1].tool.name) {
            let (tool, first, second) = (pair[0].tool.name, pair[0].catalog.name, pair[1].catalog.name);
            return Err(StartError(format!("`{first}` and `{second}` both have a tool `{tool}`; rename one")));
        }
        let permits = Semaphore::new(site.limits.calls_at_once_max);
        Ok(Self { catalogs, entries, permits, limits: site.limits, audit })
    }
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

fn entry(
    catalog: &'static Catalog,
    tool: &'static Tool,
    upstreams: &BTreeMap<&str, Arc<Upstream>>,
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
        credentials.add(credential.place, secret).map_err(|fault| {
            let shown = site.file.display();
            StartError(format!("{shown}: credential `{name}` of upstream `{}`: {fault}", declared.name))
        })?;
        secrets.extend(forms(credential.place, secret));
    }
    Ok(Entry {
        catalog,
        tool,
        declared,
        input_schema: schema::of_arguments(tool.request),
        output_schema: schema::of_output(tool.output),
        table: Table::new(tool.request.arguments).map_err(broken)?,
        plan: Plan::new(declared, tool).map_err(broken)?,
        prune: Prune::new(&Rule::from(&tool.prune)).map_err(|fault| broken(fault.to_string()))?,
        upstream: Arc::clone(upstream),
        credentials,
        secrets,
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
