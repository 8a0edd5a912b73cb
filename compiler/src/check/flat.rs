//! A body whose properties are arguments of their own (`flat: true`).

use std::collections::BTreeMap;

use crate::ir::{Argument, Grounding, Place, Shape, Source};
use crate::resolve::{Body, argument_name};

/// The properties of the body as arguments; the error says why it has none that could stand alone.
pub(super) fn lift(body: &Body, shapes: &BTreeMap<String, Shape>) -> Result<Vec<Argument>, String> {
    let mut shape = &body.shape;
    while let Shape::Named(name) = shape {
        shape = shapes.get(name).ok_or("its schema is not known")?;
    }
    let Shape::Object(object) = shape else { return Err("it is not an object with properties".into()) };
    if object.rest.is_some() {
        return Err("it may hold properties that are not listed".into());
    }
    if object.properties_min > 0 || object.properties_max.is_some() {
        return Err("the number of its properties is bounded".into());
    }
    if !body.required && object.properties.iter().any(|property| property.required) {
        return Err("it may be left out, but not in part".into());
    }
    Ok(object
        .properties
        .iter()
        .map(|property| Argument {
            name: argument_name(&property.name),
            wire: property.name.clone(),
            place: Place::BodyProperty,
            shape: property.shape.clone(),
            source: if property.required { Source::Required } else { Source::Optional },
            grounding: Grounding::Conversation,
            reserved: false,
            description: property.description.clone(),
        })
        .collect())
}
