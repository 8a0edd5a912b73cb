//! Which credential a tool that is begun is called with.

use crate::normalise::Document;
use crate::resolve::{Choice, Operation, Security, credentials};

/// How a tool comes by its credentials.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credential {
    /// The document leaves no choice.
    Settled,
    /// The catalog's `credential` settles it.
    OfCatalog,
    /// The tool's own `credential` settles it.
    OfTool(String),
}

/// The first way to call the operation that can be had. The error says why there is none.
pub(super) fn choose(document: &Document, operation: &Operation, of_catalog: &str) -> Result<Credential, String> {
    let usable = |choice: Choice| match choice {
        Choice::Credentials(names) => credentials(document, &names).map(drop).map_err(|refusal| refusal.reason),
        Choice::Open(_) => Err("no security scheme that it can be called with is supported".to_owned()),
    };
    let settled = matches!(operation.security.choose(None), Choice::Credentials(_));
    if settled {
        usable(operation.security.choose(None))?;
    }
    // A credential of the catalog may mean another alternative to an operation than none at all does.
    if settled && operation.security.choose(None) == operation.security.choose(Some(of_catalog)) {
        return Ok(Credential::Settled);
    }
    if usable(operation.security.choose(Some(of_catalog))).is_ok() {
        return Ok(if settled { Credential::Settled } else { Credential::OfCatalog });
    }
    let Security::AnyOf(alternatives) = &operation.security else {
        return usable(operation.security.choose(Some("none"))).map(|()| Credential::OfTool("none".into()));
    };
    let mut problem = Err("no security scheme that it can be called with is supported".to_owned());
    for alternative in alternatives {
        let name = if alternative.is_empty() { "none".to_owned() } else { alternative.join(" + ") };
        match usable(operation.security.choose(Some(&name))) {
            Ok(()) => return Ok(Credential::OfTool(name)),
            Err(reason) => problem = Err(reason),
        }
    }
    problem
}
