//! Arguments that stand in the conversation, and no others.
//!
//! A grammar makes arguments valid, not right: forced to give a patient's id, a small model makes one up. So before each
//! turn the schema of every tool is narrowed to what the person has said and what results have given (`sources`): texts and
//! numbers are spans of those, dates and small numbers also in another spelling; a choice that may be left out is open
//! only if the question speaks of it. A tool that needs what nobody has said cannot be called at all. The model's own words
//! are no source.

mod narrow;
mod sources;
mod spelled;

use std::collections::BTreeSet;

use airlock_offer::stems;
use serde_json::{Map, Value};

use super::Message;
use super::offer::OfferedTool;
use crate::arguments::Pattern;

pub use narrow::Narrowed;
pub use sources::Sources;

/// What a conversation gives to the arguments of some tools.
#[derive(Debug)]
pub struct Ground<'t> {
    tools: &'t [OfferedTool],
    sources: Sources,
    /// Texts that are something by their form, such as a patient's id, for each of the tools.
    identifiers: Vec<BTreeSet<String>>,
    /// The words of each tool's name and description.
    told: Vec<BTreeSet<String>>,
    /// Those of all tools, with the names of arguments and the words to choose from.
    known: BTreeSet<String>,
}

impl<'t> Ground<'t> {
    /// Reads a conversation for these tools.
    pub fn of(tools: &'t [OfferedTool], messages: &[Message]) -> Self {
        let sources = Sources::of(messages);
        let told = tools.iter().map(|tool| stems(&tool.name).chain(stems(&tool.description)).collect()).collect();
        let mut ground = Self { tools, sources, identifiers: Vec::new(), told, known: BTreeSet::new() };
        for tool in tools {
            let mut words = Words::default();
            words.read(&tool.schema);
            ground.known.extend(words.known);
            let dates = ground.sources.dates.iter().map(|date| date.text.clone());
            let mut identifiers: BTreeSet<String> = dates.collect();
            for pattern in words.patterns.into_iter().filter_map(Pattern::new) {
                let texts = ground.sources.spans.iter().map(|span| &span.text);
                identifiers.extend(texts.filter(|text| pattern.is_match(text)).cloned());
            }
            ground.identifiers.push(identifiers);
        }
        ground.known.extend(ground.told.iter().flatten().cloned());
        ground
    }

    /// Whether a text is something by its form for the tool at that place, or for any of them.
    fn is_identifier(&self, text: &str, place: Option<usize>) -> bool {
        let mut of_tools = self.identifiers.iter().enumerate();
        of_tools.any(|(of, identifiers)| place.is_none_or(|place| of == place) && identifiers.contains(text))
    }

    /// What can be written of the tool at that place in the list. None if an argument that has to be there would have to be
    /// made up.
    pub fn narrow(&self, place: usize) -> Option<Narrowed> {
        narrow::narrow(self, place)
    }

    /// Whether another tool than the one at that place is told of with one of these words.
    fn is_told_elsewhere(&self, place: usize, words: &BTreeSet<String>) -> bool {
        self.told.iter().enumerate().any(|(other, told)| other != place && !told.is_disjoint(words))
    }
}

/// What stands in schemas.
#[derive(Default)]
struct Words<'s> {
    patterns: BTreeSet<&'s str>,
    known: BTreeSet<String>,
}

impl<'s> Words<'s> {
    fn read(&mut self, schema: &'s Value) {
        self.patterns.extend(schema["pattern"].as_str());
        let choices = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
        self.known.extend(choices.flat_map(stems));
        self.known
            .extend(schema["properties"].as_object().into_iter().flat_map(Map::keys).flat_map(|name| stems(name)));
        schema["properties"].as_object().into_iter().flat_map(Map::values).for_each(|part| self.read(part));
        schema.get("items").into_iter().for_each(|part| self.read(part));
        schema["anyOf"].as_array().into_iter().flatten().for_each(|part| self.read(part));
    }
}
