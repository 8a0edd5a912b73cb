//! Sets of JSON values, as arguments and answers have them.

/// Stands behind the name of a shape in [`super::Catalog::answers`] where that name has two meanings: what the document says, given
/// whole by one tool, and the lenient form of it, given by the rule of another.
pub const LENIENT: &str = ", lenient";

/// A set of JSON values.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Any value.
    Any,
    /// A boolean.
    Boolean,
    /// An integer. Boxed, since its bounds are wide and most have none: documents have shapes by the ten thousand.
    Integer(Box<Integer>),
    /// A number.
    Number(Number),
    /// A string.
    Text(Text),
    /// An array.
    List(Box<List>),
    /// An object.
    Object(Object),
    /// These strings.
    Words(Vec<String>),
    /// These values, as JSON texts.
    Literals(Vec<String>),
    /// Any of these.
    AnyOf(Vec<Shape>),
    /// This or null.
    Nullable(Box<Shape>),
    /// Bytes in base64.
    File,
    /// The shape of this name.
    Named(String),
}

/// Bounds of an integer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Integer {
    pub min: Option<i128>,
    pub max: Option<i128>,
    pub multiple_of: Option<i128>,
}

/// Bounds of a number.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Number {
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub above: Option<f64>,
    pub below: Option<f64>,
}

/// Bounds of a string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Text {
    pub chars_min: u64,
    pub chars_max: Option<u64>,
    pub pattern: String,
    pub format: String,
}

/// Bounds of an array.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct List {
    pub items: Shape,
    pub items_min: u64,
    pub items_max: Option<u64>,
    pub unique: bool,
}

/// Properties of an object.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Object {
    pub properties: Vec<Property>,
    pub rest: Option<Box<Shape>>,
    pub properties_min: u64,
    pub properties_max: Option<u64>,
    pub others: Others,
    pub write_only: Vec<String>,
}

/// Which properties an object of an answer has besides those that are listed, as far as rules are concerned. What is sent
/// is described by `rest` alone; this is no part of the contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Others {
    /// None, or such as `rest` describes: the document says nothing of others, or excludes them.
    #[default]
    None,
    /// Those of its kinds: a base schema with a `discriminator`.
    OfKinds,
    /// Any: the document says so.
    Any,
}

/// One property.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Property {
    pub name: String,
    pub shape: Shape,
    pub required: bool,
    pub description: String,
}

impl Shape {
    /// Calls `visit` with the name of every named shape that stands directly in this one.
    pub fn names(&self, visit: &mut impl FnMut(&str)) {
        match self {
            Self::Named(name) => visit(name),
            Self::List(list) => list.items.names(visit),
            Self::Object(object) => {
                object.properties.iter().for_each(|property| property.shape.names(visit));
                if let Some(rest) = &object.rest {
                    rest.names(visit);
                }
            }
            Self::AnyOf(shapes) => shapes.iter().for_each(|shape| shape.names(visit)),
            Self::Nullable(shape) => shape.names(visit),
            Self::Any
            | Self::File
            | Self::Boolean
            | Self::Integer(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Words(_)
            | Self::Literals(_) => {}
        }
    }
}
