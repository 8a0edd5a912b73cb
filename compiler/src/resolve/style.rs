//! Parameter styles (OpenAPI 3.0.4, sections 4.7.12.3 to 4.7.12.5): which one a parameter has, and what it can carry.

use std::collections::BTreeSet;

use super::shape::ShapeReader;
use crate::ir::{List, Shape, Style};
use crate::normalise::Version;

/// Where a parameter stands, as `in` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Location {
    /// A variable of the path template.
    Path,
    /// The query.
    Query,
    /// A header.
    Header,
    /// The `Cookie` header.
    Cookie,
}

/// What of a shape's values a style can write so that the receiver can get them back.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Carried {
    /// All of them.
    All,
    /// Those of this shape; the sentence says which are refused.
    Some(Shape, String),
    /// None, for this reason.
    None(String),
}

/// The style that `style` and `explode` mean at a location, or why they mean none.
pub(super) fn style(location: Location, style: Option<&str>, explode: Option<bool>) -> Result<Style, String> {
    let default = match location {
        Location::Path | Location::Header => "simple",
        Location::Query | Location::Cookie => "form",
    };
    let style = style.unwrap_or(default);
    // Exploding is the default of `form` alone.
    let explode = explode.unwrap_or(matches!(style, "form" | "deepObject"));
    Ok(match (location, style, explode) {
        (Location::Path | Location::Header, "simple", false) => Style::Simple,
        (Location::Path | Location::Header, "simple", true) => Style::SimpleExploded,
        (Location::Path, "label", false) => Style::Label,
        (Location::Path, "label", true) => Style::LabelExploded,
        (Location::Path, "matrix", false) => Style::Matrix,
        (Location::Path, "matrix", true) => Style::MatrixExploded,
        (Location::Path, "segments", _) => Style::Segments,
        (Location::Query | Location::Cookie, "form", false) => Style::Form,
        (Location::Query | Location::Cookie, "form", true) => Style::FormExploded,
        (Location::Query, "spaceDelimited", false) => Style::SpaceDelimited,
        (Location::Query, "pipeDelimited", false) => Style::PipeDelimited,
        (Location::Query, "deepObject", _) => Style::DeepObject,
        (Location::Query, "spaceDelimited" | "pipeDelimited", true) => {
            return Err(format!("what `explode: true` means for the style `{style}` is defined nowhere"));
        }
        _ => return Err(format!("the style `{style}` is not one for this place")),
    })
}

/// What a style carries of a shape.
pub(super) fn carried(reader: &ShapeReader<'_>, style: Style, location: Location, shape: &Shape) -> Carried {
    if style == Style::Json {
        return Carried::All;
    }
    let mut kinds = Kinds::default();
    reader.each_alternative(shape, &mut BTreeSet::new(), &mut |shape| kinds.add(shape));
    let Kinds { untyped, scalars, lists, objects, files } = kinds;
    if files {
        return Carried::None("files are sent in bodies alone".into());
    }
    let simple_list = |list: &List| consists_of_scalars(reader, &list.items);
    // Exploded members are told apart by `&`, which a cookie does not have.
    let is_single = style == Style::Segments || (style == Style::FormExploded && location == Location::Cookie);
    let carries_objects = !is_single;
    let carries_lists = !is_single && style != Style::DeepObject;
    let carries_scalars = style != Style::DeepObject;
    let flat_lists: Vec<&List> = lists.iter().filter(|list| carries_lists && simple_list(list)).collect();
    let flat_objects: Vec<&Shape> =
        objects.iter().filter(|_| carries_objects).filter(|object| has_scalars(reader, object)).collect();
    let all_fit = flat_lists.len() == lists.len()
        && flat_objects.len() == objects.len()
        && (carries_scalars || scalars.is_empty());
    let kinds_used = usize::from(!scalars.is_empty() && carries_scalars)
        + usize::from(!flat_lists.is_empty())
        + usize::from(!flat_objects.is_empty());
    match (all_fit, kinds_used) {
        (_, 0) if untyped => Carried::All,
        (_, 0) => Carried::None(format!("nothing that it can be is written by the style `{}`", name(style))),
        (true, 1) if untyped || objects.iter().all(|object| all_scalars(reader, object)) => Carried::All,
        (true, 1) => {
            Carried::Some(shape.clone(), "members that are arrays or objects are refused when it is called".into())
        }
        // A list of one is written as its item is: so the list says all.
        (_, _) if !flat_lists.is_empty() && flat_objects.is_empty() => {
            let list = widened(flat_lists[0], &scalars);
            Carried::Some(list, "a single value and a list of it are written alike, so it is a list here".into())
        }
        (_, _) if !flat_objects.is_empty() && !carries_scalars => {
            let shape = union(flat_objects.into_iter().cloned().collect());
            Carried::Some(shape, format!("the style `{}` writes objects, and only those are taken", name(style)))
        }
        (_, _) if !scalars.is_empty() => Carried::Some(
            union(scalars),
            "only single values are taken: a list or an object could be read as one".into(),
        ),
        _ => Carried::Some(
            union(flat_objects.into_iter().cloned().collect()),
            "only objects of single values are taken".into(),
        ),
    }
}

/// Whether a list by this style reads differently by the text of older versions: OpenAPI 3.0.4 and 3.1.1 changed the example
/// of `label` to what RFC 6570 says.
pub(super) fn is_ambiguous(reader: &ShapeReader<'_>, style: Style, shape: &Shape, version: Version) -> bool {
    let is_old = match version {
        Version::V3_0(patch) => patch < 4,
        Version::V3_1(patch) => patch < 1,
        Version::Swagger2 | Version::V3_2(_) => false,
    };
    let mut may_be_several = false;
    reader.each_alternative(shape, &mut BTreeSet::new(), &mut |shape| {
        may_be_several |= matches!(shape, Shape::List(_) | Shape::Object(_) | Shape::Any);
    });
    style == Style::Label && is_old && may_be_several
}

fn name(style: Style) -> &'static str {
    match style {
        Style::Simple | Style::SimpleExploded => "simple",
        Style::Label | Style::LabelExploded => "label",
        Style::Matrix | Style::MatrixExploded => "matrix",
        Style::Form | Style::FormExploded => "form",
        Style::SpaceDelimited => "spaceDelimited",
        Style::PipeDelimited => "pipeDelimited",
        Style::DeepObject => "deepObject",
        Style::Segments => "segments",
        Style::Json => "json",
    }
}

/// What a value of a shape can be.
#[derive(Default)]
struct Kinds {
    untyped: bool,
    scalars: Vec<Shape>,
    lists: Vec<List>,
    objects: Vec<Shape>,
    files: bool,
}

impl Kinds {
    fn add(&mut self, shape: &Shape) {
        match shape {
            Shape::Any => self.untyped = true,
            Shape::File => self.files = true,
            Shape::List(list) => self.lists.push(list.as_ref().clone()),
            Shape::Object(_) => self.objects.push(shape.clone()),
            shape if is_scalar(shape) => self.scalars.push(shape.clone()),
            Shape::Literals(_) => self.objects.push(shape.clone()),
            _ => {}
        }
    }
}

/// Null leaves a parameter out, which loses nothing.
pub(super) fn is_scalar(shape: &Shape) -> bool {
    match shape {
        Shape::Boolean | Shape::Integer(_) | Shape::Number(_) | Shape::Text(_) | Shape::Words(_) => true,
        Shape::Literals(literals) => literals.iter().all(|literal| !literal.starts_with(['{', '['])),
        _ => false,
    }
}

fn consists_of(reader: &ShapeReader<'_>, shape: &Shape, admitted: &dyn Fn(&Shape) -> bool) -> bool {
    let mut all = true;
    reader.each_alternative(shape, &mut BTreeSet::new(), &mut |shape| {
        all &= match shape {
            Shape::AnyOf(_) | Shape::Nullable(_) | Shape::Named(_) => true,
            shape => admitted(shape),
        };
    });
    all
}

fn consists_of_scalars(reader: &ShapeReader<'_>, shape: &Shape) -> bool {
    consists_of(reader, shape, &|shape| is_scalar(shape) || *shape == Shape::Any)
}

/// Whether an object has a member that a style can write, or none at all that it must have and cannot.
fn has_scalars(reader: &ShapeReader<'_>, shape: &Shape) -> bool {
    let Shape::Object(object) = shape else { return false };
    let sound = |shape: &Shape| consists_of_some_scalar(reader, shape);
    let required = object.properties.iter().filter(|property| property.required).all(|property| sound(&property.shape));
    required
        && (object.properties.iter().any(|property| sound(&property.shape))
            || object.rest.as_deref().is_some_and(sound))
}

fn consists_of_some_scalar(reader: &ShapeReader<'_>, shape: &Shape) -> bool {
    let mut any = false;
    reader.each_alternative(shape, &mut BTreeSet::new(), &mut |shape| any |= is_scalar(shape) || *shape == Shape::Any);
    any
}

fn all_scalars(reader: &ShapeReader<'_>, shape: &Shape) -> bool {
    let Shape::Object(object) = shape else { return false };
    object
        .properties
        .iter()
        .map(|property| &property.shape)
        .chain(object.rest.as_deref())
        .all(|shape| consists_of_scalars(reader, shape))
}

/// The list whose items may also be those scalars.
fn widened(list: &List, scalars: &[Shape]) -> Shape {
    let mut list = list.clone();
    let missing: Vec<Shape> = scalars.iter().filter(|scalar| **scalar != list.items).cloned().collect();
    let covered = matches!(&list.items, Shape::Text(text) if text.pattern.is_empty() && text.chars_max.is_none() && text.chars_min == 0);
    if !covered && !missing.is_empty() {
        let mut shapes = vec![list.items];
        shapes.extend(missing);
        list.items = union(shapes);
    }
    Shape::List(Box::new(list))
}

fn union(mut shapes: Vec<Shape>) -> Shape {
    if shapes.len() == 1 { shapes.remove(0) } else { Shape::AnyOf(shapes) }
}
