//! Shapes as the writers see them, wherever they are kept: as constants of the contract, or as the compiler's own data.

use airlock_contract::shape::{self, Integer, Number};

/// A shape that can be looked at. What a name stands for is looked up when somebody asks, so that a shape may hold itself.
pub trait Viewed<'a>: Copy {
    /// One step into the shape.
    fn view(self) -> View<'a, Self>;
}

/// A shape, one step deep: see [`shape::Shape`].
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub enum View<'a, S> {
    Any,
    Boolean,
    Integer(Integer),
    Number(Number),
    Text(Text<'a>),
    List(List<S>),
    Object(Object<'a, S>),
    Words(Vec<&'a str>),
    Literals(Vec<&'a str>),
    AnyOf(Vec<S>),
    Nullable(S),
    File,
    /// The name is one shape's alone among those that one tool reaches.
    Named(&'a str, S),
}

impl<S> View<'_, S> {
    /// Whether shapes, or what takes as much room as they do, are inside of it.
    pub(crate) fn is_nest(&self) -> bool {
        matches!(
            self,
            Self::List(_) | Self::Object(_) | Self::AnyOf(_) | Self::Nullable(_) | Self::File | Self::Named(..)
        )
    }
}

/// See [`shape::Text`].
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Text<'a> {
    pub chars_min: u64,
    pub chars_max: Option<u64>,
    pub pattern: &'a str,
    pub format: &'a str,
}

/// See [`shape::List`].
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct List<S> {
    pub items: S,
    pub items_min: u64,
    pub items_max: Option<u64>,
    pub unique: bool,
}

/// See [`shape::Object`].
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Object<'a, S> {
    pub properties: Vec<Property<'a, S>>,
    pub rest: Option<S>,
    pub properties_min: u64,
    pub properties_max: Option<u64>,
}

/// See [`shape::Property`].
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "mirrors the contract")]
pub struct Property<'a, S> {
    pub name: &'a str,
    pub shape: S,
    pub required: bool,
    pub description: &'a str,
}

impl<'a> Viewed<'a> for &'a shape::Shape {
    fn view(self) -> View<'a, Self> {
        match self {
            shape::Shape::Any => View::Any,
            shape::Shape::Boolean => View::Boolean,
            shape::Shape::Integer(bounds) => View::Integer(*bounds),
            shape::Shape::Number(bounds) => View::Number(*bounds),
            shape::Shape::Text(bounds) => {
                let shape::Text { chars_min, chars_max, pattern, format } = *bounds;
                View::Text(Text { chars_min, chars_max, pattern, format })
            }
            shape::Shape::List(list) => {
                let shape::List { items, items_min, items_max, unique } = *list;
                View::List(List { items, items_min, items_max, unique })
            }
            shape::Shape::Object(object) => {
                let shape::Object { properties, rest, properties_min, properties_max } = *object;
                let property = |one: &'a shape::Property| {
                    let shape::Property { name, shape, required, description } = one;
                    Property { name, shape, required: *required, description }
                };
                let properties = properties.iter().map(property).collect();
                View::Object(Object { properties, rest, properties_min, properties_max })
            }
            shape::Shape::Words(words) => View::Words(words.to_vec()),
            shape::Shape::Literals(literals) => View::Literals(literals.to_vec()),
            shape::Shape::AnyOf(shapes) => View::AnyOf(shapes.iter().collect()),
            shape::Shape::Nullable(inner) => View::Nullable(inner),
            shape::Shape::File => View::File,
            shape::Shape::Named(named) => View::Named(named.name, &named.shape),
        }
    }
}
