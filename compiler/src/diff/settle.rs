//! Catalogs in one order: what a person may write in any order, and a document in any format, comes out the same.

use std::path::Path;

use crate::ir::{Body, Catalog, Excluded, Fields, List, Object, Property, Shape, Tool, Upstream};
use crate::load::Format;

/// A catalog whose lists have the order of their names. The ending of the document's file says how it is written, not
/// what, and is left out.
pub(super) fn catalog(catalog: &Catalog) -> Catalog {
    let document = stem(&catalog.document);
    let mut settled = Catalog {
        name: catalog.name.clone(),
        title: catalog.title.clone(),
        document: document.clone(),
        document_sha256: catalog.document_sha256.clone(),
        upstreams: catalog.upstreams.iter().map(upstream).collect(),
        shapes: catalog.shapes.iter().map(|(name, one)| (name.clone(), shape(one))).collect(),
        answers: catalog.answers.iter().map(|(name, one)| (name.clone(), shape(one))).collect(),
        tools: catalog.tools.iter().map(|one| tool(one, &catalog.document, &document)).collect(),
        prompts: catalog.prompts.clone(),
        excluded: catalog.excluded.iter().map(|one| excluded(one, &catalog.document, &document)).collect(),
        labels: catalog.labels.clone(),
    };
    settled.upstreams.sort_by(|a, b| a.name.cmp(&b.name));
    settled.tools.sort_by(|a, b| a.name.cmp(&b.name));
    settled.prompts.sort_by(|a, b| a.name.cmp(&b.name));
    settled.excluded.sort_by(|a, b| (&a.path, &a.method, &a.operation).cmp(&(&b.path, &b.method, &b.operation)));
    settled
}

/// A file's name without the ending that says its format.
fn stem(name: &str) -> String {
    match (Format::of(Path::new(name)), name.rsplit_once('.')) {
        (Some(Format::Json | Format::Yaml), Some((stem, _))) => stem.to_owned(),
        _ => name.to_owned(),
    }
}

fn upstream(upstream: &Upstream) -> Upstream {
    let mut upstream = upstream.clone();
    upstream.credentials.sort_by(|a, b| a.name.cmp(&b.name));
    upstream
}

/// The place of an operation, in a document whose name has no ending.
fn operation(operation: &str, document: &str, stem: &str) -> String {
    match operation.strip_prefix(document) {
        Some(pointer) => format!("{stem}{pointer}"),
        None => operation.to_owned(),
    }
}

fn excluded(excluded: &Excluded, document: &str, stem: &str) -> Excluded {
    Excluded { operation: operation(&excluded.operation, document, stem), ..excluded.clone() }
}

fn tool(tool: &Tool, document: &str, stem: &str) -> Tool {
    let mut tool = tool.clone();
    tool.operation = operation(&tool.operation, document, stem);
    let mut accepted: Vec<&str> = tool.accept.split(", ").collect();
    accepted.sort_unstable();
    tool.accept = accepted.join(", ");
    tool.credentials.sort();
    tool.notes.sort();
    // A rule that is folded in another way is the same rule; that it means the same is seen in its tree.
    tool.rule = tool.rule.split_whitespace().collect::<Vec<_>>().join(" ");
    match &mut tool.body {
        Body::Form(fields) => fields.sort_by(|a, b| a.name.cmp(&b.name)),
        Body::Multipart(parts) => parts.sort_by(|a, b| a.name.cmp(&b.name)),
        Body::None | Body::Json(_) | Body::Bytes(_) | Body::Text(_) => {}
    }
    for argument in &mut tool.arguments {
        argument.shape = shape(&argument.shape);
    }
    tool.arguments.sort_by(|a, b| a.name.cmp(&b.name));
    tool.answers.sort_by_cached_key(|answer| format!("{answer:?}"));
    tool.output = shape(&tool.output);
    if let Fields::Known { kept, dropped, .. } = &mut tool.fields {
        kept.sort();
        dropped.sort();
    }
    tool
}

fn shape(of: &Shape) -> Shape {
    match of {
        Shape::List(list) => {
            let List { items, items_min, items_max, unique } = &**list;
            let (items_min, items_max, unique) = (*items_min, *items_max, *unique);
            Shape::List(Box::new(List { items: shape(items), items_min, items_max, unique }))
        }
        Shape::Object(one) => Shape::Object(object(one)),
        Shape::Words(words) => Shape::Words(sorted(words)),
        Shape::Literals(literals) => Shape::Literals(sorted(literals)),
        Shape::AnyOf(shapes) => {
            let mut shapes: Vec<Shape> = shapes.iter().map(shape).collect();
            shapes.sort_by_cached_key(|shape| format!("{shape:?}"));
            shapes.dedup();
            Shape::AnyOf(shapes)
        }
        Shape::Nullable(inner) => Shape::Nullable(Box::new(shape(inner))),
        Shape::Any
        | Shape::Boolean
        | Shape::Integer(_)
        | Shape::Number(_)
        | Shape::Text(_)
        | Shape::File
        | Shape::Named(_) => of.clone(),
    }
}

fn object(object: &Object) -> Object {
    let property = |one: &Property| Property { shape: shape(&one.shape), ..one.clone() };
    let mut properties: Vec<Property> = object.properties.iter().map(property).collect();
    properties.sort_by(|a, b| a.name.cmp(&b.name));
    Object {
        properties,
        rest: object.rest.as_deref().map(|rest| Box::new(shape(rest))),
        properties_min: object.properties_min,
        properties_max: object.properties_max,
        others: object.others,
        write_only: sorted(&object.write_only),
    }
}

fn sorted(texts: &[String]) -> Vec<String> {
    let mut texts = texts.to_vec();
    texts.sort();
    texts.dedup();
    texts
}
