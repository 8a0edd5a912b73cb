//! What clients and models are told of tools, from the intermediate form: the compiler's side of `airlock-offer`.

use std::collections::BTreeMap;

use airlock_contract::shape::{Integer, Number};
use airlock_offer::{Argument, List, Listed, Object, Property, Source, Text, Tool, ToolList, View, Viewed};

use crate::ir::{self, Body, Catalog, Profile, Shape};

/// The list of the tools of all catalogs, as clients are sent it.
pub fn tool_list(catalogs: &[Catalog]) -> ToolList<'_> {
    ToolList::new(catalogs.iter().flat_map(|catalog| catalog.tools.iter().map(|tool| listed(catalog, tool))))
}

/// What clients are sent: everything, or under a profile.
#[derive(Clone, Debug)]
pub struct Offered<'c> {
    /// The digest of the list of all tools.
    pub tools_sha256: String,
    /// The profiles, and the digest of the list under each.
    pub profiles: Vec<(&'c Profile, String)>,
}

impl<'c> Offered<'c> {
    /// That of all catalogs together.
    pub fn of(catalogs: &[Catalog], profiles: &'c [Profile]) -> Self {
        let list = tool_list(catalogs);
        let under = |profile: &'c Profile| (profile, list.clone().under(&profile.tools, profile.search).sha256());
        Self { tools_sha256: list.sha256(), profiles: profiles.iter().map(under).collect() }
    }
}

/// The entry of one tool in that list.
pub fn listed<'c>(catalog: &'c Catalog, tool: &'c ir::Tool) -> Listed<'c> {
    let sent = |shape| Known { shape, names: &catalog.shapes };
    let output = Known { shape: &tool.output, names: &catalog.answers };
    Listed::new(&Tool {
        name: &tool.name,
        title: &tool.title,
        description: &tool.description,
        effect: tool.effect,
        method: tool.method,
        takes_bytes: matches!(tool.body, Body::Bytes(_)),
        arguments: tool.arguments.iter().filter_map(|one| argument(one, sent(&one.shape))).collect(),
        output,
    })
}

/// What hosts hand to a model of one tool.
pub fn told(catalog: &Catalog, tool: &ir::Tool) -> String {
    airlock_offer::told(&tool.name, &tool.description, &input_schema(&tool.arguments, &tool.body, &catalog.shapes))
}

/// The schema of a tool's arguments, over these named shapes.
pub(crate) fn input_schema(
    arguments: &[ir::Argument],
    body: &Body,
    names: &BTreeMap<String, Shape>,
) -> serde_json::Value {
    let arguments: Vec<_> =
        arguments.iter().filter_map(|one| argument(one, Known { shape: &one.shape, names })).collect();
    airlock_offer::input_schema(&arguments, matches!(body, Body::Bytes(_)))
}

fn argument<'c>(argument: &'c ir::Argument, shape: Known<'c>) -> Option<Argument<'c, Known<'c>>> {
    let source = match &argument.source {
        ir::Source::Required => Source::Required,
        ir::Source::Optional => Source::Optional,
        ir::Source::Default(json) => Source::Default(json),
        ir::Source::Fixed(_) | ir::Source::Page(_) => return None,
    };
    Some(Argument { name: &argument.name, description: &argument.description, shape, source })
}

/// A shape, and what its names stand for.
#[derive(Clone, Copy)]
struct Known<'c> {
    shape: &'c Shape,
    names: &'c BTreeMap<String, Shape>,
}

impl<'c> Viewed<'c> for Known<'c> {
    fn view(self) -> View<'c, Self> {
        let of = |shape: &'c Shape| Known { shape, names: self.names };
        match self.shape {
            Shape::Any => View::Any,
            Shape::Boolean => View::Boolean,
            Shape::File => View::File,
            Shape::Integer(bounds) => {
                let ir::Integer { min, max, multiple_of } = **bounds;
                View::Integer(Integer { min, max, multiple_of })
            }
            Shape::Number(bounds) => {
                let ir::Number { min, max, above, below } = *bounds;
                View::Number(Number { min, max, above, below })
            }
            Shape::Text(bounds) => {
                let ir::Text { chars_min, chars_max, pattern, format } = bounds;
                View::Text(Text { chars_min: *chars_min, chars_max: *chars_max, pattern, format })
            }
            Shape::List(list) => {
                let ir::List { items, items_min, items_max, unique } = &**list;
                View::List(List { items: of(items), items_min: *items_min, items_max: *items_max, unique: *unique })
            }
            Shape::Object(object) => View::Object(Object {
                properties: object.properties.iter().map(|one| property(one, of(&one.shape))).collect(),
                rest: object.rest.as_deref().map(of),
                properties_min: object.properties_min,
                properties_max: object.properties_max,
            }),
            Shape::Words(words) => View::Words(words.iter().map(String::as_str).collect()),
            Shape::Literals(literals) => View::Literals(literals.iter().map(String::as_str).collect()),
            Shape::AnyOf(shapes) => View::AnyOf(shapes.iter().map(of).collect()),
            Shape::Nullable(inner) => View::Nullable(of(inner)),
            // `resolve` leaves no name without a shape.
            Shape::Named(name) => View::Named(name, of(self.names.get(name).unwrap_or(&Shape::Any))),
        }
    }
}

fn property<'c>(property: &'c ir::Property, shape: Known<'c>) -> Property<'c, Known<'c>> {
    Property { name: &property.name, shape, required: property.required, description: &property.description }
}
