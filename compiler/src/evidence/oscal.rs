//! An OSCAL component definition (NIST, OSCAL 1.1.3, "Component Definition Model"), as JSON.

use airlock_offer::hex;
use airlock_seal::calendar::date;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::facts::one_line;
use super::uuid::{self, NAMESPACE};
use super::{CONTROLS, Control, Facts, SelfTest, standing};
use crate::ir::Catalog;
use crate::markup;

/// The release of OSCAL whose schema this follows.
const VERSION: &str = "1.1.3";

/// NIST's own catalog of SP 800-53, revision 5, in OSCAL.
const SOURCE: &str = "https://raw.githubusercontent.com/usnistgov/oscal-content/main/nist.gov/SP800-53/rev5/json/NIST_SP-800-53_rev5_catalog.json";

/// The document. `modified_s` are seconds since 1970: nothing here looks at a clock.
pub fn oscal(catalogs: &[Catalog], facts: &Facts, selftest: Option<&SelfTest>, modified_s: u64) -> Value {
    let mut components = vec![program(facts, selftest)];
    components.extend(catalogs.iter().map(component));
    let mut definition = json!({
        "uuid": "",
        "metadata": {
            "title": "Airlock: controls, how they are met, and what proves it",
            "last-modified": rfc_3339(modified_s),
            "version": env!("CARGO_PKG_VERSION"),
            "oscal-version": VERSION,
            "remarks": "Written by `airlock evidence` from the catalogs. `last-modified` is that of the sources, not of this \
                        run: `SOURCE_DATE_EPOCH` where it is set, else the first second of 1970.",
        },
        "components": components,
    });
    // The document is another one exactly if something in it is.
    let digest = hex(&Sha256::digest(definition.to_string()));
    definition["uuid"] = uuid::of(&format!("document {digest}")).into();
    json!({"component-definition": definition})
}

/// The program that is built of these catalogs.
fn program(facts: &Facts, selftest: Option<&SelfTest>) -> Value {
    let requirements: Vec<Value> = CONTROLS.iter().map(|control| requirement(control, facts, selftest)).collect();
    json!({
        "uuid": uuid::of("component airlock-host"),
        "type": "software",
        "title": "airlock-host",
        "description": "Runs the tools that were reviewed, and nothing else, behind one gate.",
        "props": props(facts.all.iter().map(|fact| (fact.name, fact.value.clone()))),
        "control-implementations": [{
            "uuid": uuid::of("control-implementation airlock-host"),
            "source": SOURCE,
            "description": "What the program does for controls of NIST SP 800-53, revision 5. A control that is not listed is \
                            left to the system around it.",
            "implemented-requirements": requirements,
        }],
    })
}

fn requirement(control: &Control, facts: &Facts, selftest: Option<&SelfTest>) -> Value {
    let (status, missing) = standing(control, selftest);
    let mut evidence: Vec<(&str, String)> = control.tests.iter().map(|test| ("test", (*test).to_owned())).collect();
    evidence.extend(facts.about(control.topics).map(|fact| (fact.name, fact.value.clone())));
    evidence.extend(selftest.filter(|_| control.is_self_tested).map(SelfTest::facts).unwrap_or_default());
    let mut props = vec![json!({"name": "implementation-status", "value": status.word()})];
    props.extend(self::props(evidence.into_iter()));
    let mut requirement = json!({
        "uuid": uuid::of(&format!("requirement airlock-host {}", control.id)),
        "control-id": control.id,
        "description": control.mechanism,
        "props": props,
    });
    if !missing.is_empty() {
        requirement["remarks"] = format!("Missing: {missing}").into();
    }
    requirement
}

/// A catalog: what tools can do with one document.
fn component(catalog: &Catalog) -> Value {
    let upstreams = catalog.upstreams.iter().map(|upstream| ("upstream", upstream.name.clone()));
    let mut about = vec![
        ("document", catalog.document.clone()),
        ("document-sha256", catalog.document_sha256.clone()),
        ("tools", catalog.tools.len().to_string()),
        ("operations-that-are-no-tool", catalog.excluded.len().to_string()),
    ];
    about.extend(upstreams);
    about.extend(catalog.tools.iter().map(|tool| ("tool", format!("{}: {}", tool.name, tool.effect.word()))));
    json!({
        "uuid": uuid::of(&format!("component catalog {}", catalog.name)),
        "type": "service",
        // Titles of documents are text of others, and OSCAL reads Markdown here.
        "title": one_line(&markup::markdown(&catalog.title)),
        "description": format!("The tools of the catalog {}, as they were reviewed.", markup::code(&catalog.name)),
        "props": props(about.into_iter()),
    })
}

/// Properties of ours.
fn props<'n>(facts: impl Iterator<Item = (&'n str, String)>) -> Vec<Value> {
    facts.map(|(name, value)| json!({"name": name, "ns": NAMESPACE, "value": one_line(&value)})).collect()
}

/// A time as RFC 3339 in UTC, from seconds since 1970.
pub fn rfc_3339(seconds: u64) -> String {
    let (days, rest) = ((seconds / 86_400).cast_signed(), seconds % 86_400);
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::rfc_3339;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc_3339(seconds), text);
        }
    }
}
