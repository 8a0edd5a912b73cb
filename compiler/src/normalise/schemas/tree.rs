//! Where schemas stand in a document, and the walk to them.
//!
//! A key means what its place says: below `properties` a key is a name, below `example` everything is data. So the walk
//! carries the kind of the place, and steps only to places that the standard names (OpenAPI 3.2.0, section 4; Swagger 2.0).

use serde_json::{Map, Value};

use crate::load::escape_token;

/// What a place holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::normalise) enum Kind {
    /// A whole document.
    Document,
    /// Components Object.
    Components,
    /// Paths Object.
    Paths,
    /// Path Item Object.
    PathItem,
    /// Operation Object.
    Operation,
    /// Parameter Object or Header Object.
    Parameter,
    /// Request Body Object.
    RequestBody,
    /// Responses Object.
    Responses,
    /// Response Object.
    Response,
    /// Media Type Object.
    MediaType,
    /// Encoding Object.
    Encoding,
    /// Callback Object: path items by expression.
    Callback,
    /// Schema Object.
    Schema,
    /// Schema Object, or a boolean that means itself in OpenAPI 3.0 too.
    SchemaOrFlag,
}

/// One value of a kind, or several by name or in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    One(Kind),
    Map(Kind),
    List(Kind),
}

/// The member `key` of a value of `kind`; `None` for data, text and extensions.
pub(super) fn member(kind: Kind, key: &str) -> Option<Node> {
    use Kind::{
        Callback, Components, Document, Encoding, MediaType, Operation, Parameter, PathItem, Paths, RequestBody,
        Response, Responses, Schema, SchemaOrFlag,
    };
    use Node::{List, Map, One};
    Some(match (kind, key) {
        (Document, "paths") => One(Paths),
        (Document, "components") => One(Components),
        (Document, "definitions") | (Components, "schemas") => Map(Schema),
        (Document | Components, "parameters") | (Components | Response | Encoding, "headers") => Map(Parameter),
        (Document | Components, "responses") => Map(Response),
        (Components, "requestBodies") => Map(RequestBody),
        (Components, "pathItems") => Map(PathItem),
        (Components | Operation, "callbacks") => Map(Callback),
        (Components, "mediaTypes") | (Parameter | RequestBody | Response, "content") => Map(MediaType),
        (Paths | Callback, key) if !key.starts_with("x-") => One(PathItem),
        (PathItem | Operation, "parameters") => List(Parameter),
        (PathItem, "get" | "put" | "post" | "delete" | "options" | "head" | "patch" | "trace" | "query") => {
            One(Operation)
        }
        (PathItem, "additionalOperations") => Map(Operation),
        (Operation, "requestBody") => One(RequestBody),
        (Operation, "responses") => One(Responses),
        (Responses, key) if !key.starts_with("x-") => One(Response),
        (Parameter | MediaType, "schema") | (MediaType, "itemSchema" | "x-airlock-item-schema") => One(Schema),
        (MediaType | Encoding, "encoding") => Map(Encoding),
        (Schema | SchemaOrFlag, key) => return schema_member(key),
        _ => return None,
    })
}

/// The keywords that hold schemas (JSON Schema 2020-12, core, section 10; validation, section 8.5; and older drafts).
fn schema_member(key: &str) -> Option<Node> {
    Some(match key {
        "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" | "dependencies" => {
            Node::Map(Kind::Schema)
        }
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Node::List(Kind::Schema),
        "items" | "not" | "if" | "then" | "else" | "contains" | "propertyNames" | "contentSchema" => {
            Node::One(Kind::Schema)
        }
        "additionalProperties" | "additionalItems" | "unevaluatedProperties" | "unevaluatedItems" => {
            Node::One(Kind::SchemaOrFlag)
        }
        _ => return None,
    })
}

/// Called at every place of the walk.
pub(super) trait Visitor {
    /// Looks at, and may change, the value at `pointer` before its members are walked. `within` is the kind around it.
    fn enter(&mut self, kind: Kind, within: Kind, value: &mut Value, pointer: &str);
}

/// Documents nest less deep than 128 when they are loaded, and what is put around schemas doubles that at most.
const DEPTH_MAX: usize = 400;

/// Walks what stands at `pointer`, parents first. References are not followed.
pub(super) fn walk(value: &mut Value, kind: Kind, pointer: &str, visitor: &mut dyn Visitor) {
    let mut pointer = pointer.to_owned();
    step(value, kind, Kind::Document, &mut pointer, 0, visitor);
}

fn step(value: &mut Value, kind: Kind, within: Kind, pointer: &mut String, depth: usize, visitor: &mut dyn Visitor) {
    if depth >= DEPTH_MAX {
        return;
    }
    visitor.enter(kind, within, value, pointer);
    let Value::Object(members) = value else { return };
    for (key, value) in members {
        let Some(node) = member(kind, key) else { continue };
        if !matches!(value, Value::Object(_) | Value::Array(_) | Value::Bool(_)) {
            continue;
        }
        let length = pointer.len();
        push(pointer, key);
        match (node, value) {
            // `items` of older drafts may be a list.
            (Node::List(inner) | Node::One(inner @ Kind::Schema), Value::Array(values)) => {
                let length = pointer.len();
                for (position, value) in values.iter_mut().enumerate() {
                    push(pointer, &position.to_string());
                    step(value, inner, kind, pointer, depth + 1, visitor);
                    pointer.truncate(length);
                }
            }
            (Node::One(inner), value) => step(value, inner, kind, pointer, depth + 1, visitor),
            (Node::Map(inner), Value::Object(members)) => steps(members, inner, kind, pointer, depth, visitor),
            _ => {}
        }
        pointer.truncate(length);
    }
}

fn steps(
    members: &mut Map<String, Value>,
    kind: Kind,
    within: Kind,
    pointer: &mut String,
    depth: usize,
    visitor: &mut dyn Visitor,
) {
    let length = pointer.len();
    for (name, value) in members {
        push(pointer, name);
        step(value, kind, within, pointer, depth + 1, visitor);
        pointer.truncate(length);
    }
}

fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    if token.contains(['~', '/']) {
        pointer.push_str(&escape_token(token));
    } else {
        pointer.push_str(token);
    }
}

/// Whether a walk of `kind` passes the place that lies `below` (a pointer) it as one of `wanted`.
pub(super) fn passes(kind: Kind, below: &str, wanted: Kind) -> bool {
    let mut node = Node::One(kind);
    for token in below.split('/').skip(1) {
        let next = match node {
            Node::One(kind) if token.contains('~') => member(kind, &super::super::unescape(token)),
            Node::One(kind) => member(kind, token),
            Node::Map(kind) | Node::List(kind) => Some(Node::One(kind)),
        };
        match next {
            Some(next) => node = next,
            None => return false,
        }
    }
    let plain = |kind| if kind == Kind::SchemaOrFlag { Kind::Schema } else { kind };
    matches!(node, Node::One(kind) if plain(kind) == plain(wanted))
}

/// The ends of all prefixes of a pointer that are pointers themselves, the shortest first.
pub(super) fn prefix_ends(pointer: &str) -> impl Iterator<Item = usize> {
    pointer.match_indices('/').map(|(at, _)| at).chain([pointer.len()])
}

#[cfg(test)]
mod tests {
    use super::{Kind, passes, prefix_ends};

    #[test]
    fn a_place_has_the_kind_that_its_path_gives_it() {
        for (below, kind, wanted) in [
            ("/components/schemas/a/properties/properties/items", Kind::Schema, true),
            ("/components/schemas/a/properties/items", Kind::Schema, true),
            ("/components/schemas/a/properties", Kind::Schema, false),
            ("/components/schemas/a/example/items", Kind::Schema, false),
            ("/components/schemas/a/enum/0", Kind::Schema, false),
            ("/components/schemas/a/anyOf/0/additionalProperties", Kind::Schema, true),
            ("/components/responses/a/headers/x-b/schema", Kind::Schema, true),
            ("/paths/~1a/get/responses/200/content/a~1b/schema", Kind::Schema, true),
            ("/paths/~1a/get/responses/x-y", Kind::Response, false),
            ("/paths/x-y", Kind::PathItem, false),
            ("/paths/~1a/query/requestBody/content/a/itemSchema", Kind::Schema, true),
            ("/paths/~1a/parameters/0", Kind::Parameter, true),
            ("/paths/~1a/parameters/0", Kind::Schema, false),
            ("/definitions/a", Kind::Schema, true),
            ("/webhooks/a", Kind::PathItem, false),
        ] {
            assert_eq!(passes(Kind::Document, below, kind), wanted, "{below}");
        }
        assert_eq!(prefix_ends("/a/b").collect::<Vec<_>>(), [0, 2, 4]);
    }
}
