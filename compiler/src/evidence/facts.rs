//! What the catalogs of a workspace say of themselves that an assessor asks for: digests, counts and names.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{Catalog, Effect, Fields, ModelFile, Profile};
use crate::offer::Offered;
use crate::report::visible;
use crate::wording::transport;

/// What a fact is about. Controls name the topics that are evidence for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// What clients are told of tools.
    Tools,
    /// Which tools read, write and destroy.
    Effects,
    /// Subsets of the tools.
    Profiles,
    /// Documents that were reviewed.
    Documents,
    /// Systems that tools reach.
    Upstreams,
    /// Secrets, by name.
    Secrets,
    /// Fields of answers.
    Fields,
    /// Arguments that a model chooses.
    Arguments,
    /// Model files that may be loaded.
    Models,
    /// How confidential what tools give is.
    Labels,
}

/// One fact: a name that OSCAL takes for a property, and a text of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub topic: Topic,
    /// Lower-case words with `-`.
    pub name: &'static str,
    /// Not empty, without a blank at an end.
    pub value: String,
}

/// All facts of a workspace.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The digest of the list of tools, by which evidence of other programs is told apart.
    pub tools_sha256: String,
    /// In a settled order.
    pub all: Vec<Fact>,
}

impl Facts {
    /// Those of these catalogs.
    pub fn of(catalogs: &[Catalog], profiles: &[Profile], models: &[ModelFile]) -> Self {
        let offered = Offered::of(catalogs, profiles);
        let mut all = Vec::new();
        let mut add = |topic, name, value: String| all.push(Fact { topic, name, value: one_line(&value) });
        let tools = || catalogs.iter().flat_map(|catalog| &catalog.tools);
        add(Topic::Tools, "tools", tools().count().to_string());
        add(Topic::Tools, "tools-sha256", offered.tools_sha256.clone());
        let excluded: usize = catalogs.iter().map(|catalog| catalog.excluded.len()).sum();
        add(Topic::Tools, "operations-that-are-no-tool", excluded.to_string());
        for (name, effect) in [
            ("tools-that-read", Effect::Read),
            ("tools-that-write", Effect::Write),
            ("tools-that-destroy", Effect::Destroy),
        ] {
            add(Topic::Effects, name, tools().filter(|tool| tool.effect == effect).count().to_string());
        }
        for (profile, sha256) in &offered.profiles {
            add(
                Topic::Profiles,
                "profile",
                format!("{}: {} tools, SHA-256 {sha256}", profile.name, profile.tools.len()),
            );
        }
        let mut labelled = BTreeMap::new();
        for flow in tools().filter_map(|tool| tool.flow.as_ref()) {
            *labelled.entry(&flow.label).or_insert(0) += 1;
        }
        for (label, count) in labelled {
            add(Topic::Labels, "tools-with-label", format!("{label}: {count}"));
        }
        for catalog in catalogs {
            add(Topic::Documents, "document", format!("{}: SHA-256 {}", catalog.name, catalog.document_sha256));
        }
        for upstream in catalogs.iter().flat_map(|catalog| &catalog.upstreams) {
            let count = tools().filter(|tool| tool.upstream == upstream.name).count();
            let carried = transport(upstream.transport);
            add(Topic::Upstreams, "upstream", format!("{}: reached by {count} tools, {carried}", upstream.name));
            for credential in &upstream.credentials {
                add(Topic::Secrets, "secret", format!("{} of {}", credential.name, upstream.name));
            }
        }
        let (kept, dropped) = fields(catalogs);
        add(Topic::Fields, "answer-fields-kept", kept.to_string());
        add(Topic::Fields, "answer-fields-dropped", dropped.to_string());
        let unknown = tools().filter(|tool| tool.fields == Fields::Unknown).count();
        add(Topic::Fields, "tools-with-answers-without-a-schema", unknown.to_string());
        let chosen = tools().flat_map(|tool| &tool.arguments).filter(|argument| argument.source.is_offered()).count();
        add(Topic::Arguments, "arguments-that-a-model-chooses", chosen.to_string());
        let noted: BTreeSet<&str> =
            tools().filter(|tool| !tool.notes.is_empty()).map(|tool| tool.name.as_str()).collect();
        add(Topic::Arguments, "tools-whose-document-says-more-than-is-enforced", noted.len().to_string());
        for model in models {
            add(Topic::Models, "model", format!("{}: SHA-256 {}", model.name, model.sha256));
        }
        Self { tools_sha256: offered.tools_sha256, all }
    }

    /// Those about these topics, in order.
    pub fn about<'f>(&'f self, topics: &'f [Topic]) -> impl Iterator<Item = &'f Fact> {
        self.all.iter().filter(|fact| topics.contains(&fact.topic))
    }
}

/// Fields of answers that rules keep, and those that they drop, counted once a tool.
fn fields(catalogs: &[Catalog]) -> (usize, usize) {
    let tools = catalogs.iter().flat_map(|catalog| &catalog.tools);
    tools.fold((0, 0), |(kept, dropped), tool| (kept + tool.fields.kept().len(), dropped + tool.fields.dropped().len()))
}

/// A text as OSCAL's strings are (`^\S(.*\S)?$`): of one line, not empty, without a blank at an end.
pub(super) fn one_line(text: &str) -> String {
    let text = visible(text);
    let text = text.trim();
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}
