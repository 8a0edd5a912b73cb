use airlock_contract::request::{Body, Method, Request, body, path, query};
use airlock_contract::shape::{
    Named, Shape, any, any_of, boolean, integer, list_of, named, nullable, number, object_of, one_of, optional,
    required, text,
};

use super::of_arguments;

static TREE: Named = Named {
    name: "Tree",
    shape: object_of(&[required("label", text()), optional("children", list_of(&TREE_SHAPE)).about("Below it.")]),
};
static TREE_SHAPE: Shape = named(&TREE);
const TEXT: Shape = text();

fn written(arguments: &'static [airlock_contract::Argument]) -> String {
    of_arguments(&Request {
        method: Method::Get,
        path: "/",
        accept: "",
        body: Body::Json("application/json"),
        arguments,
    })
    .to_string()
}

#[test]
fn keys_stand_in_declared_order_and_fixed_arguments_are_hidden() {
    const ARGUMENTS: &[airlock_contract::Argument] = &[
        path("zone", text().chars_min(1).chars_max(8).pattern("^[A-Z]+$")).about("Where."),
        query("state", text()).fixed("\"open\""),
        query("limit", integer().min(1).max(50)).default("20").about("How many."),
        query("kind", one_of(&["a", "b"])).optional(),
        query("ratio", number().above(0.0).at_most(1.5)).optional(),
    ];
    assert_eq!(
        written(ARGUMENTS),
        "{\"type\":\"object\",\"properties\":{\
         \"zone\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":8,\"pattern\":\"^[A-Z]+$\",\"description\":\"Where.\"},\
         \"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":50,\"description\":\"How many.\",\"default\":20},\
         \"kind\":{\"type\":\"string\",\"enum\":[\"a\",\"b\"]},\
         \"ratio\":{\"type\":\"number\",\"maximum\":1.5,\"exclusiveMinimum\":0.0}},\
         \"required\":[\"zone\"],\"additionalProperties\":false}"
    );
}

#[test]
fn a_recursive_shape_is_cut_by_a_described_object() {
    const ARGUMENTS: &[airlock_contract::Argument] = &[body(named(&TREE))];
    assert_eq!(
        written(ARGUMENTS),
        "{\"type\":\"object\",\"properties\":{\"body\":{\"type\":\"object\",\"properties\":{\
         \"label\":{\"type\":\"string\"},\"children\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\
         \"description\":\"A nested Tree, of the same form.\"},\"description\":\"Below it.\"}},\
         \"required\":[\"label\"],\"additionalProperties\":false}},\"required\":[\"body\"],\
         \"additionalProperties\":false}"
    );
}

#[test]
fn null_is_announced_only_where_it_is_admitted() {
    const ARGUMENTS: &[airlock_contract::Argument] = &[
        query("name", nullable(&TEXT)).optional(),
        query("flag", boolean()).optional(),
        body(any_of(&[TEXT, any()])).optional(),
    ];
    assert_eq!(
        written(ARGUMENTS),
        "{\"type\":\"object\",\"properties\":{\
         \"name\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]},\"flag\":{\"type\":\"boolean\"},\
         \"body\":{\"anyOf\":[{\"type\":\"string\"},{\"description\":\"Any JSON value.\"}]}},\
         \"additionalProperties\":false}"
    );
}
