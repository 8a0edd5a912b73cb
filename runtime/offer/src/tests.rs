use airlock_contract::request::{self, body, path, query};
use airlock_contract::shape::{
    Named, Shape, any, any_of, boolean, file, integer, list_of, literals, named, nullable, number, object_of, one_of,
    optional, required, text,
};

use crate::{Argument, input_schema, output_schema};

static TREE: Named = Named {
    name: "Tree",
    shape: object_of(&[required("label", text()), optional("children", list_of(&TREE_SHAPE)).about("Below it.")]),
};
static TREE_SHAPE: Shape = named(&TREE);
const TEXT: Shape = text();

fn written(rows: &'static [request::Argument]) -> String {
    input_schema(&rows.iter().filter_map(Argument::of).collect::<Vec<_>>(), false).to_string()
}

#[test]
fn keys_stand_in_declared_order_and_fixed_arguments_are_hidden() {
    const ARGUMENTS: &[request::Argument] = &[
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
    const ARGUMENTS: &[request::Argument] = &[body(named(&TREE))];
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
    const ARGUMENTS: &[request::Argument] = &[
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

#[test]
fn wide_integers_files_and_numbers_of_properties_are_announced_as_they_are_admitted() {
    const ARGUMENTS: &[request::Argument] = &[
        query("id", integer().min(0).max(u64::MAX as i128)).about("Which."),
        body(object_of(&[required("scan", file())]).rest(&TEXT).properties_max(3)),
    ];
    const UPLOAD: &[request::Argument] = &[body(file())];
    let of_file = "{\"type\":\"object\",\"properties\":{\
         \"base64\":{\"type\":\"string\",\"description\":\"The file's bytes in base64 (RFC 4648, section 4) with padding; at most 8388608.\"},\
         \"filename\":{\"type\":\"string\",\"description\":\"Its name, without a path.\"},\
         \"media_type\":{\"type\":\"string\",\"description\":\"Its media type, such as image/png.\"}},\
         \"required\":[\"base64\"],\"additionalProperties\":false,\"description\":\"A file.\"}";
    assert_eq!(
        written(ARGUMENTS),
        format!(
            "{{\"type\":\"object\",\"properties\":{{\
             \"id\":{{\"anyOf\":[{{\"type\":\"integer\",\"minimum\":0,\"maximum\":18446744073709551615}},\
             {{\"type\":\"string\",\"pattern\":\"^-?(0|[1-9][0-9]*)$\"}}],\
             \"description\":\"Which.\"}},\
             \"body\":{{\"type\":\"object\",\"properties\":{{\"scan\":{of_file}}},\"required\":[\"scan\"],\
             \"additionalProperties\":{{\"type\":\"string\"}},\"maxProperties\":3}}}},\
             \"required\":[\"id\",\"body\"],\"additionalProperties\":false}}"
        )
    );
    let upload: Vec<_> = UPLOAD.iter().filter_map(Argument::of).collect();
    let properties = &input_schema(&upload, true)["properties"]["body"]["properties"];
    assert!(properties.get("base64").is_some() && properties.get("filename").is_none(), "{properties}");
}

const PATIENT: Shape = object_of(&[
    required("id", integer().min(1)),
    required("name", nullable(&TEXT)),
    optional("state", one_of(&["in", "out"])),
    optional("tags", list_of(&TEXT).items_max(1)),
]);
const MAYBE: Shape = nullable(&PATIENT);

#[test]
fn the_schema_of_answers_says_no_more_than_types() {
    assert_eq!(
        output_schema(&list_of(&PATIENT)).expect("known").to_string(),
        "{\"type\":\"object\",\"properties\":{\"result\":{\"anyOf\":[{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\
         \"id\":{\"type\":\"integer\"},\"name\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]},\
         \"state\":{\"anyOf\":[{\"type\":\"string\",\"description\":\"Declared: in, out.\"},{\"type\":\"null\"}]},\
         \"tags\":{\"anyOf\":[{\"type\":\"array\",\"items\":{\"type\":\"string\"}},{\"type\":\"null\"}]}},\
         \"required\":[\"id\",\"name\"]}},{\"type\":\"null\"}]}},\"required\":[\"result\"]}"
    );
    let maybe = output_schema(&MAYBE).expect("known");
    assert!(maybe.get("required").is_none() && maybe["properties"].get("id").is_some(), "{maybe}");
}

#[test]
fn a_vast_shape_is_told_in_few_words() {
    static WIDE: Shape = object_of(&[required("a", DEEP), required("b", DEEP), required("c", DEEP)]);
    const DEEP: Shape = object_of(&[required("a", DEEPER), required("b", DEEPER), required("c", DEEPER)]);
    const DEEPER: Shape = object_of(&[required("a", DEEPEST), required("b", DEEPEST), required("c", DEEPEST)]);
    const DEEPEST: Shape = object_of(&[required("a", LAST), required("b", LAST), required("c", LAST)]);
    const LAST: Shape = object_of(&[required("a", PATIENT), required("b", PATIENT), required("c", PATIENT)]);
    let schema = output_schema(&WIDE).expect("known").to_string();
    assert!(schema.len() < 32_000, "{}", schema.len());
}

/// Some clients read a message of 64 levels and no more; around a schema are four.
#[test]
fn a_deep_shape_is_told_as_deep_as_clients_read() {
    fn levels(json: &str) -> usize {
        let (mut open, mut most, mut in_text) = (0_usize, 0, false);
        for byte in json.replace("\\\"", "").bytes() {
            match byte {
                b'"' => in_text = !in_text,
                b'{' | b'[' if !in_text => open += 1,
                b'}' | b']' if !in_text => open -= 1,
                _ => {}
            }
            most = most.max(open);
        }
        most
    }
    let leak = |shape| -> &'static Shape { Box::leak(Box::new(shape)) };
    let one = |shape| -> &'static [Shape] { Box::leak(Box::new([shape])) };
    let ways: [&dyn Fn(&'static Shape) -> Shape; 6] = [
        &|inner| object_of(Box::leak(Box::new([required("a", *inner)]))),
        &|inner| object_of(Box::leak(Box::new([optional("a", *inner)]))),
        &|inner| object_of(&[]).rest(inner),
        &|inner| list_of(inner),
        &|inner| nullable(inner),
        &|inner| any_of(one(*inner)),
    ];
    let ends = [TEXT, list_of(&TEXT), file(), integer().max(i128::from(u64::MAX)), literals(&["[[[[1]]]]"]), PATIENT];
    for way in ways {
        for end in ends {
            for depth in 0..70 {
                let shape = (0..depth).fold(leak(end), |inner, _| leak(way(inner)));
                let deep = "[".repeat(depth) + &"]".repeat(depth);
                let arguments: &'static [request::Argument] = Box::leak(Box::new([
                    body(*shape),
                    query("q", list_of(leak(any()))).default(Box::leak(deep.into_boxed_str())),
                ]));
                let told: Vec<_> = arguments.iter().filter_map(Argument::of).collect();
                let (taken, given) = (input_schema(&told, false), output_schema(shape).expect("known"));
                for schema in [taken, given] {
                    assert!(schema.is_object() && levels(&schema.to_string()) <= 60, "{depth} of {shape:?}: {schema}");
                }
            }
        }
    }
}
