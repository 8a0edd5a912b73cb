//! Shapes: which JSON values an argument may be.
//!
//! The runtime checks every argument against its shape, and writes the JSON Schema that the model sees from the same
//! constant, so what is announced and what is enforced cannot drift apart.

/// A set of JSON values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// Any value.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A number without a fractional part.
    Integer(Integer),
    /// A number.
    Number(Number),
    /// A string.
    Text(Text),
    /// An array.
    List(List),
    /// An object.
    Object(Object),
    /// One of these strings.
    Words(&'static [&'static str]),
    /// One of these values, each written as JSON text.
    Literals(&'static [&'static str]),
    /// A value of at least one of these shapes.
    AnyOf(&'static [Shape]),
    /// A value of this shape, or null.
    Nullable(&'static Shape),
    /// Bytes: `{"base64": string, "filename"?: string, "media_type"?: string}`, decoded before they are sent.
    File,
    /// A shape that the catalog declares once under its document's name. May refer to itself.
    Named(&'static Named),
}

/// Bounds of an integer, both included. Where one is beyond 2^53, an argument may also be a string of the digits, since
/// many hosts hold numbers as floats; the number is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the module and the field names say it")]
pub struct Integer {
    pub min: Option<i128>,
    pub max: Option<i128>,
    pub multiple_of: Option<i128>,
}

/// Beyond this, neighbouring integers are the same float (ECMA-262, `Number.MAX_SAFE_INTEGER`).
pub const EXACT_MAX: i128 = (1 << 53) - 1;

impl Integer {
    /// Whether the bounds say that the integer may be beyond [`EXACT_MAX`]. Bounds that are absent say nothing.
    pub const fn is_wide(&self) -> bool {
        matches!(self.min, Some(min) if min < -EXACT_MAX) || matches!(self.max, Some(max) if max > EXACT_MAX)
    }
}

/// Bounds of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// The least value that is in.
    pub min: Option<f64>,
    /// The greatest value that is in.
    pub max: Option<f64>,
    /// Values must be greater than this.
    pub above: Option<f64>,
    /// Values must be less than this.
    pub below: Option<f64>,
}

/// Bounds of a string. Lengths count Unicode code points (JSON Schema 2020-12 validation, section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// The least length.
    pub chars_min: u64,
    /// The greatest length.
    pub chars_max: Option<u64>,
    /// An unanchored regular expression that the string must match; empty for none.
    pub pattern: &'static str,
    /// A name such as `date`; told to the model. `date`, `date-time` and `uuid` are enforced.
    pub format: &'static str,
}

/// Bounds of an array.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct List {
    /// What each item may be.
    pub items: &'static Shape,
    /// The least number of items.
    pub items_min: u64,
    /// The greatest number of items.
    pub items_max: Option<u64>,
    /// No two items may be equal.
    pub unique: bool,
}

/// Properties of an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Object {
    /// Properties that are known by name.
    pub properties: &'static [Property],
    /// What any other property may be; none are allowed without it.
    pub rest: Option<&'static Shape>,
    /// The least number of properties.
    pub properties_min: u64,
    /// The greatest number of properties.
    pub properties_max: Option<u64>,
}

/// One property of an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Property {
    /// The key.
    pub name: &'static str,
    /// What its value may be.
    pub shape: Shape,
    /// Whether the key must be there.
    pub required: bool,
    /// What the model is told; may be empty.
    pub description: &'static str,
}

/// A shape with a name of its own.
#[derive(Debug, PartialEq)]
pub struct Named {
    /// The name of the document's schema.
    pub name: &'static str,
    /// What it stands for.
    pub shape: Shape,
}

/// Any value.
pub const fn any() -> Shape {
    Shape::Any
}

/// `true` or `false`.
pub const fn boolean() -> Shape {
    Shape::Boolean
}

/// An integer.
pub const fn integer() -> Shape {
    Shape::Integer(Integer { min: None, max: None, multiple_of: None })
}

/// An integer of 32 bits.
pub const fn int32() -> Shape {
    integer().min(i32::MIN as i128).max(i32::MAX as i128)
}

/// An integer of 64 bits.
pub const fn int64() -> Shape {
    integer().min(i64::MIN as i128).max(i64::MAX as i128)
}

/// An integer of 32 bits, 0 or more.
pub const fn uint32() -> Shape {
    integer().min(0).max(u32::MAX as i128)
}

/// An integer of 64 bits, 0 or more.
pub const fn uint64() -> Shape {
    integer().min(0).max(u64::MAX as i128)
}

/// A number.
pub const fn number() -> Shape {
    Shape::Number(Number { min: None, max: None, above: None, below: None })
}

/// A string.
pub const fn text() -> Shape {
    Shape::Text(Text { chars_min: 0, chars_max: None, pattern: "", format: "" })
}

/// One of these strings.
pub const fn one_of(words: &'static [&'static str]) -> Shape {
    Shape::Words(words)
}

/// One of these values, each written as JSON text.
pub const fn literals(literals: &'static [&'static str]) -> Shape {
    Shape::Literals(literals)
}

/// An array of such items.
pub const fn list_of(items: &'static Shape) -> Shape {
    Shape::List(List { items, items_min: 0, items_max: None, unique: false })
}

/// An object with these properties and no others.
pub const fn object_of(properties: &'static [Property]) -> Shape {
    Shape::Object(Object { properties, rest: None, properties_min: 0, properties_max: None })
}

/// A value of at least one of these shapes.
pub const fn any_of(shapes: &'static [Shape]) -> Shape {
    Shape::AnyOf(shapes)
}

/// A value of this shape, or null.
pub const fn nullable(shape: &'static Shape) -> Shape {
    Shape::Nullable(shape)
}

/// Bytes, in base64 with a name and a media type.
pub const fn file() -> Shape {
    Shape::File
}

/// A shape that is declared once for the catalog.
pub const fn named(named: &'static Named) -> Shape {
    Shape::Named(named)
}

/// A property that must be there.
pub const fn required(name: &'static str, shape: Shape) -> Property {
    Property { name, shape, required: true, description: "" }
}

/// A property that may be left out.
pub const fn optional(name: &'static str, shape: Shape) -> Property {
    Property { name, shape, required: false, description: "" }
}

impl Property {
    /// What the model is told about it.
    pub const fn about(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }
}

// A bound on a shape that cannot have it does not compile: these run while constants are evaluated.
impl Shape {
    /// The least integer that is in.
    pub const fn min(self, min: i128) -> Self {
        match self {
            Self::Integer(mut bounds) => {
                bounds.min = Some(min);
                Self::Integer(bounds)
            }
            _ => panic!("`min` bounds an integer"),
        }
    }

    /// The greatest integer that is in.
    pub const fn max(self, max: i128) -> Self {
        match self {
            Self::Integer(mut bounds) => {
                bounds.max = Some(max);
                Self::Integer(bounds)
            }
            _ => panic!("`max` bounds an integer"),
        }
    }

    /// The integer must be a multiple of this.
    pub const fn multiple_of(self, step: i128) -> Self {
        match self {
            Self::Integer(mut bounds) => {
                bounds.multiple_of = Some(step);
                Self::Integer(bounds)
            }
            _ => panic!("`multiple_of` bounds an integer"),
        }
    }

    /// The least number that is in.
    pub const fn at_least(self, min: f64) -> Self {
        match self {
            Self::Number(mut bounds) => {
                bounds.min = Some(min);
                Self::Number(bounds)
            }
            _ => panic!("`at_least` bounds a number"),
        }
    }

    /// The greatest number that is in.
    pub const fn at_most(self, max: f64) -> Self {
        match self {
            Self::Number(mut bounds) => {
                bounds.max = Some(max);
                Self::Number(bounds)
            }
            _ => panic!("`at_most` bounds a number"),
        }
    }

    /// The number must be greater than this.
    pub const fn above(self, limit: f64) -> Self {
        match self {
            Self::Number(mut bounds) => {
                bounds.above = Some(limit);
                Self::Number(bounds)
            }
            _ => panic!("`above` bounds a number"),
        }
    }

    /// The number must be less than this.
    pub const fn below(self, limit: f64) -> Self {
        match self {
            Self::Number(mut bounds) => {
                bounds.below = Some(limit);
                Self::Number(bounds)
            }
            _ => panic!("`below` bounds a number"),
        }
    }

    /// The least length of a string.
    pub const fn chars_min(self, chars_min: u64) -> Self {
        match self {
            Self::Text(mut bounds) => {
                bounds.chars_min = chars_min;
                Self::Text(bounds)
            }
            _ => panic!("`chars_min` bounds a string"),
        }
    }

    /// The greatest length of a string.
    pub const fn chars_max(self, chars_max: u64) -> Self {
        match self {
            Self::Text(mut bounds) => {
                bounds.chars_max = Some(chars_max);
                Self::Text(bounds)
            }
            _ => panic!("`chars_max` bounds a string"),
        }
    }

    /// An unanchored regular expression that the string must match.
    pub const fn pattern(self, pattern: &'static str) -> Self {
        match self {
            Self::Text(mut bounds) => {
                bounds.pattern = pattern;
                Self::Text(bounds)
            }
            _ => panic!("`pattern` bounds a string"),
        }
    }

    /// What kind of text it is, such as `date`.
    pub const fn format(self, format: &'static str) -> Self {
        match self {
            Self::Text(mut bounds) => {
                bounds.format = format;
                Self::Text(bounds)
            }
            _ => panic!("`format` describes a string"),
        }
    }

    /// The least number of items.
    pub const fn items_min(self, items_min: u64) -> Self {
        match self {
            Self::List(mut bounds) => {
                bounds.items_min = items_min;
                Self::List(bounds)
            }
            _ => panic!("`items_min` bounds an array"),
        }
    }

    /// The greatest number of items.
    pub const fn items_max(self, items_max: u64) -> Self {
        match self {
            Self::List(mut bounds) => {
                bounds.items_max = Some(items_max);
                Self::List(bounds)
            }
            _ => panic!("`items_max` bounds an array"),
        }
    }

    /// No two items may be equal.
    pub const fn unique(self) -> Self {
        match self {
            Self::List(mut bounds) => {
                bounds.unique = true;
                Self::List(bounds)
            }
            _ => panic!("`unique` bounds an array"),
        }
    }

    /// Other properties are allowed, if they have this shape.
    pub const fn rest(self, rest: &'static Shape) -> Self {
        match self {
            Self::Object(mut object) => {
                object.rest = Some(rest);
                Self::Object(object)
            }
            _ => panic!("`rest` opens an object"),
        }
    }

    /// The least number of properties.
    pub const fn properties_min(self, properties_min: u64) -> Self {
        match self {
            Self::Object(mut object) => {
                object.properties_min = properties_min;
                Self::Object(object)
            }
            _ => panic!("`properties_min` bounds an object"),
        }
    }

    /// The greatest number of properties.
    pub const fn properties_max(self, properties_max: u64) -> Self {
        match self {
            Self::Object(mut object) => {
                object.properties_max = Some(properties_max);
                Self::Object(object)
            }
            _ => panic!("`properties_max` bounds an object"),
        }
    }
}
