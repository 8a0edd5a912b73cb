//! Rules against answers: what is sound and says nothing, what is told and where, what comes out.

use serde_json::{Value, json};

mod oracle;

use super::output::{Outcome, named_shapes};
use super::type_rule;
use crate::ir::{Fields, Shape};
use crate::normalise::Document;
use crate::resolve::{Purpose, ShapeReader};

/// An answer of every kind of schema.
fn schemas() -> Value {
    serde_yaml::from_str(include_str!("cases.yaml")).expect("is YAML")
}

/// What a rule is told, and what comes of it.
struct Ran {
    remarks: Vec<(&'static str, String)>,
    output: Shape,
    fields: Fields,
}

fn run_with(rule: &str, schemas: &Value, is_open: bool) -> Ran {
    let document = Document::plain(json!({"components": {"schemas": schemas}}));
    let mut reader = ShapeReader::new(&document, Purpose::Received);
    let answer = reader.read(&json!({"$ref": "#/components/schemas/Answer"}), "").expect("can be read");
    let names = reader.reachable([&answer]);
    let parsed = crate::check::parse_rule(rule).unwrap_or_else(|mistakes| panic!("{rule}: {mistakes:?}"));
    let (typed, remarks) = type_rule(&parsed, rule, &answer, &names, is_open);
    let remarks = remarks.iter().map(|remark| remark.shown(rule)).map(|(code, text)| (code, text.to_owned())).collect();
    Ran { remarks, output: typed.output, fields: typed.fields }
}

fn run(rule: &str) -> Ran {
    run_with(rule, &schemas(), false)
}

/// A shape in few characters.
fn short(shape: &Shape) -> String {
    crate::outline::of(shape).replace('\n', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Rules without a mistake against `cases.yaml`.
const SOUND: &[&str] = &[
    "items[*].id",
    "items[].{id: id, name: name}",
    "items[?name].{n: length(name)}",
    "items[?name != `null`] | sort_by(@, &name)",
    "items[?name && starts_with(name, 'a')].id",
    "items[?name == `null` || starts_with(name, 'a')].id",
    "items[?!(name == `null`)] | [*].length(name)",
    "items[?grade == 'good'].id",
    "items[?grade != 'good' && grade != 'bad'].id",
    "items[?count > `3`].count",
    "items[?count > `3` && count < `9`].abs(count)",
    "items[?tags && contains(tags, 'x')].id",
    "length(items)",
    "length(not_null(notes, ''))",
    "length(notes || '')",
    "sum(items[*].count)",
    "max(items[*].count)",
    "max_by(items, &id).name",
    "sort_by(items, &id)[:3]",
    "sort_by(items[?count], &count)[-1].id",
    "reverse(sort_by(items, &id))[0].id",
    "join(', ', items[*].name)",
    "join(', ', items[].tags[])",
    "map(&name, items)",
    "to_string(items[0])",
    "to_array(items[0].name)",
    "to_number(items[0].name)",
    "type(anything)",
    "not_null(items[0].name, 'none')",
    "labels.anything",
    "labels.anything.x || labels.other",
    "length(values(labels)[?x])",
    "sort(keys(labels))",
    "length(keys(labels))",
    "merge({a: total}, {b: total})",
    "merge(not_null(owner, `{}`), {b: total})",
    "owner.name",
    "owner.address.city",
    "owner.{n: name, c: address.city}",
    "owner && owner.name",
    "tree.children[*].children[*].children[0].label",
    "tree.children[].children[].{label: label}",
    "tree.parent.parent.label",
    "pets[?kind == 'cat'].lives",
    "pets[?kind == 'cat' && lives > `3`].lives",
    "pets[?kind == 'cat' || kind == 'dog'].kind",
    "pets[?kind != 'cat'].good_boy",
    "pets[?kind == 'dog'].{boy: good_boy}",
    "pets[*].kind",
    "pets[*].name",
    "untold[?sort == 'a'].x",
    "untold[?contains(sort, 'a')].x",
    "mixed[?type(@) == 'string'] | [?starts_with(@, 'a')]",
    "mixed[?type(@) == 'number'] | sum(@)",
    "matrix[][]",
    "matrix[*][0]",
    "matrix[0][0]",
    "matrix[].[@]",
    "dog.good_boy",
    "dog.name",
    "total == `1`",
    "total != `1.5`",
    "total > `1` && total <= `9007199254740992`",
    "items[0].grade == items[1].grade",
    "`1` == `1`",
    "items[?id == '1' && grade == 'bad']",
    "[total, items[0].id]",
    "{a: {b: total}}.a.b",
    "{a: items} | a[*].id",
    "items[*].id | [0]",
    "items | length(@)",
    "@",
    "items[?flag].id",
    "items[?!flag].id",
    "items[?tags].id",
    "items[?`true` && flag].id",
    "maybe_null_list[*].x",
    "maybe_null_list[?x].x",
    "sort_by(maybe_null_list || `[]`, &x)",
    "not_null(maybe_null_list, `[]`)[*].x",
    "length(maybe_null_list || `[]`)",
    "avg(items[*].count)",
    "ceil(not_null(avg(items[*].count), `0`))",
    "items[*].[id, name][]",
    "sort_by(items[*].[id, count], &[0])[*][1]",
    "items[*].[grade, number] | {grades: join(', ', [*][0]), all: sum([*][-1])}",
    "items[*].price.amount",
    "to_string(anything)",
    "anything",
    "anything == 'x'",
    "items[?anything].id",
];

#[test]
fn sound_rules_say_nothing() {
    let mut told = Vec::new();
    for rule in SOUND {
        let remarks = run(rule).remarks;
        if !remarks.is_empty() {
            told.push((rule, remarks));
        }
    }
    assert!(told.is_empty(), "{told:#?}");
}

/// That the document is silent is told, once, and nothing else.
#[test]
fn what_is_not_known_is_no_mistake() {
    for rule in [
        "anything | [?x] | sort_by(@, &y)[:3].{a: z}",
        "length(anything[*].x)",
        "length(anything[0])",
        "length(anything.*.x[])",
        "sum(map(&x, anything))",
        "abs(to_number(anything))",
        "join(', ', not_null(anything, `[]`))",
        "sort_by(unknown_kinds || `[]`, &a)",
        "(anything[0].x)[0].length(y)",
        "anything.{a: length(b), c: d[0].e}.c.f",
        "anything[?a > `1` && starts_with(b, 'x')].{c: abs(d)}",
        "anything.a || anything.b | length(@)",
        "merge(anything, anything.b).c.length(@)",
        "map(&length(a), anything.b[])",
        "anything == `1` || anything == 'a'",
    ] {
        let told: Vec<_> = run(rule).remarks.into_iter().filter(|(code, _)| *code != "E0326").collect();
        assert!(told.iter().all(|(code, _)| *code == "E0327") && told.len() < 2, "{rule}: {told:?}");
    }
}

#[test]
fn what_is_wrong_is_told_where_it_stands() {
    let mut wrong = Vec::new();
    for (rule, wanted) in [
        ("item[*].id", vec![("E0310", "item")]),
        ("items[*].{id: id, nam: nam}", vec![("E0310", "nam")]),
        ("items[*].{a: aa, b: bb}", vec![("E0310", "aa"), ("E0310", "bb")]),
        ("items[?nam == 'a' && gade == 'b'].idd", vec![("E0310", "nam"), ("E0310", "gade"), ("E0310", "idd")]),
        ("sort_by(items, &nam)", vec![("E0310", "nam")]),
        ("{a: total}.b", vec![("E0310", "b")]),
        ("dog.lives", vec![("E0310", "lives")]),
        ("pets[*].wings", vec![("E0310", "wings")]),
        ("pets[?kind == 'cat'].good_boy", vec![("E0310", "good_boy")]),
        ("tree.children[*].children[*].lable", vec![("E0310", "lable")]),
        ("items.id", vec![("E0311", "id")]),
        ("total.id", vec![("E0311", "id")]),
        ("total[0]", vec![("E0311", "[0]")]),
        ("owner[0]", vec![("E0311", "[0]")]),
        ("owner[*].name", vec![("E0311", "[*]")]),
        ("owner[?name].name", vec![("E0311", "[?")]),
        ("owner[]", vec![("E0311", "[]")]),
        ("owner[1:2]", vec![("E0311", "[1:2]")]),
        ("items.*.id", vec![("E0311", "*")]),
        ("nothing.x", vec![("E0311", "x")]),
        ("items[*].nothing", vec![("E0317", "[*]")]),
        ("length(notes)", vec![("E0312", "notes")]),
        ("length(maybe_null_list[*].x)", vec![("E0312", "maybe_null_list[*].x")]),
        ("sort_by(items, &name)", vec![("E0312", "&name")]),
        ("max_by(items, &owner.name)", vec![("E0312", "&owner.name")]),
        ("join(', ', map(&name, items))", vec![("E0312", "map(&name, items)")]),
        ("starts_with(notes, 'a')", vec![("E0312", "notes")]),
        ("items[?starts_with(name, 'a')]", vec![("E0312", "name")]),
        ("items[?length(tags) > `1`].length(tags)", vec![("E0312", "tags")]),
        ("sum(maybe_null_list)", vec![("E0312", "maybe_null_list"), ("E0313", "maybe_null_list")]),
        ("abs(items[0].count)", vec![("E0312", "items[0].count")]),
        ("keys(owner)", vec![("E0312", "owner"), ("E0326", "keys")]),
        ("length(total)", vec![("E0313", "total")]),
        ("sum(items)", vec![("E0313", "items")]),
        ("join(total, items[*].id)", vec![("E0313", "total")]),
        ("join(', ', items[*].count)", vec![("E0313", "items[*].count")]),
        ("sort_by(items, &price)", vec![("E0313", "&price")]),
        ("sort_by(owner, &name)", vec![("E0313", "owner")]),
        ("max(mixed)", vec![("E0313", "mixed")]),
        ("sort(items[*].[id, count][])", vec![("E0313", "items[*].[id, count][]")]),
        ("map(&x, total)", vec![("E0313", "total")]),
        ("contains(total, 'x')", vec![("E0313", "total")]),
        ("merge(items)", vec![("E0313", "items")]),
        ("values(total)", vec![("E0313", "total")]),
        ("reverse(total)", vec![("E0313", "total")]),
        ("floor(items)", vec![("E0313", "items")]),
        ("items[?id > '3']", vec![("E0314", ">")]),
        ("items[?count > '3']", vec![("E0314", ">")]),
        ("items[?grade == 'god'].id", vec![("E0315", "'god'")]),
        ("items[?'god' != grade].id", vec![("E0315", "'god'")]),
        ("pets[?kind == 'bird'].name", vec![("E0315", "'bird'")]),
        ("items[*].secret", vec![("E0316", "secret")]),
        ("dog.secret", vec![("E0316", "secret")]),
        ("open.other", vec![("E0321", "other")]),
        ("kinds.other", vec![("E0321", "other")]),
        ("pets[*].lives", vec![("E0322", "lives")]),
        ("items[?count == '3'].id", vec![("E0323", "==")]),
        ("items[?id != `3`].id", vec![("E0323", "!=")]),
        ("items[?count == `9007199254740993`]", vec![("E0324", "`9007199254740993`")]),
        ("items[?count == `-9007199254740993`]", vec![("E0324", "`-9007199254740993`")]),
        ("items[?`true`].id", vec![("E0325", "`true`")]),
        ("items[?number].id", vec![("E0325", "number")]),
        ("items[?grade == 'good' && grade == 'bad'].id", vec![("E0325", "grade == 'good' && grade == 'bad'")]),
        ("labels.*", vec![("E0326", "*")]),
        ("keys(labels)", vec![("E0326", "keys")]),
        ("values(labels)", vec![("E0326", "values")]),
        ("anything.x", vec![("E0327", "x")]),
        ("unknown_kinds[*].a", vec![("E0327", "a")]),
        ("anything.x[0].y.z[*].a", vec![("E0327", "x")]),
        ("{a: anything.x, b: bare.y}", vec![("E0327", "x")]),
        ("contains('abc', `1`)", vec![("E0328", "`1`")]),
        ("to_number(items)", vec![("E0328", "to_number")]),
    ] {
        let found: Vec<(&str, String)> = run(rule).remarks;
        let wanted: Vec<(&str, String)> = wanted.into_iter().map(|(code, text)| (code, text.to_owned())).collect();
        if found != wanted {
            wrong.push((rule, found, wanted));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_open_tool_may_name_what_is_not_listed() {
    let ran = run_with("items[*].{a: aa}", &schemas(), true);
    assert_eq!(ran.remarks, [("E0321", "aa".to_owned())]);
    let Fields::Known { kept, .. } = ran.fields else { panic!("{:?}", ran.fields) };
    assert_eq!(kept, ["items[].aa"]);
}

#[test]
fn the_outcome_has_a_shape() {
    let mut wrong = Vec::new();
    for (rule, wanted) in [
        ("total", "integer or null"),
        ("length(items)", "integer"),
        ("items[*].id", "[text] or null"),
        ("items[*].{id: id, n: length(id)}", "[{ id: text or null n: integer }] or null"),
        ("items[*].count", "[number] or null"),
        ("items[?id].{id: id}", "[{ id: text }] or null"),
        ("items", "[Item] or null"),
        ("items[0]", "Item or null"),
        ("items[?grade == 'good']", "[Item] or null"),
        ("items[?grade == 'good'].grade", "[\"good\"] or null"),
        (
            "{a: 'x', b: `1`, c: `true`, d: `null`, e: `[]`, f: `1.5`}",
            "{ a: \"x\" b: integer c: boolean d: null e: [any] f: number }",
        ),
        ("not_null(total, `0`)", "integer"),
        ("total || 'none'", "\"none\" or integer"),
        ("sum(not_null(items, `[]`)[*].count)", "number"),
        ("avg(items[*].count)", "number or null"),
        ("type(total)", "\"array\" or \"boolean\" or \"null\" or \"number\" or \"object\" or \"string\""),
        ("items[*].grade", "[\"good\" or \"bad\"] or null"),
        ("pets[0]", "Pet or null"),
        ("tree", "Tree or null"),
        ("anything", "any"),
        ("labels", "{ *: Label } or null"),
        ("items[*].[id, count]", "[[text or number or null]] or null"),
        ("[`1`, 'a', `2`]", "[\"a\" or integer]"),
        ("total == `1`", "boolean"),
        ("total > `1`", "boolean or null"),
        ("!total", "boolean"),
        ("to_string(total)", "text"),
        ("mixed", "[text or number] or null"),
        ("matrix[]", "[integer] or null"),
        ("merge({a: 'x'}, {a: `1`, b: total})", "{ a: integer b: integer or null }"),
    ] {
        let found = short(&run(rule).output);
        if found != wanted {
            wrong.push((rule, found, wanted));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The same schema as the document has it, and as far as a rule may trust it.
#[test]
fn a_name_that_means_two_things_is_two_names() {
    let document = Document::plain(json!({"components": {"schemas": schemas()}}));
    let mut reader = ShapeReader::new(&document, Purpose::Received);
    let tree = reader.read(&json!({"$ref": "#/components/schemas/Tree"}), "").expect("can be read");
    let names = reader.reachable([&tree]);
    let (mut whole, mut made, mut alone) = (tree.clone(), tree.clone(), tree.clone());
    let mut outcomes =
        vec![Outcome { shape: &mut whole, is_whole: true }, Outcome { shape: &mut made, is_whole: false }];
    let all = named_shapes(&mut outcomes, &names);
    assert_eq!((short(&whole), short(&made)), ("Tree".to_owned(), "Tree, lenient".to_owned()));
    assert_eq!(short(&all["Tree"]), "{ label: text parent?: Tree children?: [Tree] }");
    assert_eq!(short(&all["Tree, lenient"]), "{ label?: text parent?: Tree, lenient children?: [Tree, lenient] }");
    let all = named_shapes(&mut [Outcome { shape: &mut alone, is_whole: false }], &names);
    assert_eq!(all.keys().collect::<Vec<_>>(), ["Tree"]);
    assert_eq!(short(&all["Tree"]), "{ label?: text parent?: Tree children?: [Tree] }");
}

#[test]
fn fields_are_counted_where_they_stand() {
    let small: Value = serde_yaml::from_str(
        "Answer: { properties: { a: {type: string}, b: { items: { properties: { c: {}, d: {type: integer} } } },\
         e: { $ref: '#/components/schemas/Node' }, f: { additionalProperties: {type: string} }, 'g-h': {type: object} } }\n\
         Node: { properties: { label: {type: string}, nodes: { items: { $ref: '#/components/schemas/Node' } } } }\n",
    )
    .expect("is YAML");
    for (rule, wanted) in [
        ("@", vec!["a", "b[].c", "b[].d", "e.label", "\"g-h\"", "f.*"]),
        ("a", vec!["a"]),
        ("b[*].c", vec!["b[].c"]),
        ("b", vec!["b[].c", "b[].d"]),
        ("length(b)", vec![]),
        ("sum(b[?d].d)", vec!["b[].d"]),
        ("b[?c == 'x'].d", vec!["b[].d"]),
        ("b[?d == `1`]", vec!["b[].c", "b[].d"]),
        ("e.nodes[*].nodes[*].label", vec!["e.label"]),
        ("e.nodes[*].nodes", vec!["e.label"]),
        ("f.x", vec!["f.*"]),
        ("b[0].c.more[0].x", vec!["b[].c"]),
        ("{x: a, y: [b[0].d]}", vec!["a", "b[].d"]),
        ("join('', [not_null(a, '')])", vec!["a"]),
        ("a == 'x'", vec![]),
        ("a || b[0].c", vec!["a", "b[].c"]),
        ("\"g-h\".x", vec!["\"g-h\""]),
    ] {
        let Fields::Known { mut kept, dropped, kinds, is_cut } = run_with(rule, &small, false).fields else {
            panic!("{rule}")
        };
        assert_eq!((kept.len() + dropped.len(), is_cut), (6, false), "{rule}: {kept:?} {dropped:?}");
        let known = [
            ("\"g-h\"", "object"),
            ("a", "text"),
            ("b[].c", "any"),
            ("b[].d", "integer"),
            ("e.label", "text"),
            ("e.nodes[]", "again what `e` is"),
            ("f.*", "text"),
        ];
        assert!(kinds.iter().map(|(path, kind)| (path.as_str(), kind.as_str())).eq(known), "{rule}: {kinds:?}");
        let mut wanted = wanted;
        wanted.sort_unstable();
        kept.sort_unstable();
        assert_eq!(kept, wanted, "{rule}");
    }
}

/// Schemas that hold one another in every way, and rules that double what they have at every step.
#[test]
fn hostile_documents_and_rules_take_no_time() {
    let all: Vec<String> = (0..40).map(|at| format!("S{at}")).collect();
    let reference = |name: &String| json!({"$ref": format!("#/components/schemas/{name}")});
    let properties: serde_json::Map<String, Value> = all.iter().map(|name| (name.clone(), reference(name))).collect();
    let mut schemas = serde_json::Map::new();
    for name in &all {
        schemas.insert(name.clone(), json!({"properties": properties}));
    }
    schemas.insert("Answer".into(), json!({"anyOf": all.iter().map(reference).collect::<Vec<_>>()}));
    let schemas = Value::Object(schemas);
    let doubled = "{a: @, b: @} | ".repeat(200) + "@";
    let listed = "[@, @, S1, S2][] | ".repeat(100) + "@";
    let filtered = format!("[@][?{}]", "(S1.S2 || S3.S4) && ".repeat(200) + "S5");
    let deep = vec!["S1"; 250].join(".");
    let start = std::time::Instant::now();
    for rule in [&doubled, &listed, &filtered, &deep, &"*".to_owned(), &"*.*.*.*".to_owned()] {
        let ran = run_with(rule, &schemas, false);
        assert!(!matches!(ran.fields, Fields::Unknown));
    }
    // Two seconds of a debug build on a slow machine, with room: what grows without bound takes minutes.
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}

/// What a document says of other properties, in all the ways that it can.
#[test]
fn documents_say_in_many_ways_that_there_is_more() {
    let known = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let with = |key: &str, value: Value| {
        let mut schema = known.clone();
        schema[key] = value;
        schema
    };
    let base = with("discriminator", json!({"propertyName": "a"}));
    for (schema, code) in [
        (known.clone(), "E0310"),
        (with("additionalProperties", json!(false)), "E0310"),
        (with("additionalProperties", json!(true)), "E0321"),
        (with("additionalProperties", json!({})), "E0321"),
        (with("additionalProperties", json!({"type": "string"})), ""),
        (with("patternProperties", json!({"^x": {}})), "E0321"),
        (with("unevaluatedProperties", json!(false)), "E0310"),
        (with("unevaluatedProperties", json!(true)), "E0321"),
        (with("then", json!({"properties": {"b": {}}})), "E0321"),
        (base.clone(), "E0321"),
        (json!({"allOf": [known, {"type": "object", "required": ["a"]}]}), "E0310"),
        (json!({"allOf": [known, {"description": "more"}]}), "E0310"),
        (json!({"allOf": [known, {"type": "object", "additionalProperties": true}]}), "E0321"),
        (json!({"allOf": [known], "then": {"properties": {"b": {}}}}), "E0321"),
        (json!({"allOf": [base, {"type": "object", "required": ["a"]}]}), "E0321"),
        (json!({"allOf": [base, {"properties": {"c": {"type": "string"}}}]}), "E0310"),
        (json!({"oneOf": [known, {"properties": {"c": {"type": "string"}}}]}), "E0310"),
        (json!({"oneOf": [known, with("additionalProperties", json!(true))]}), "E0321"),
        (json!({"oneOf": [known, {"properties": {"b": {"type": "string"}}}]}), "E0322"),
        (json!({"oneOf": [known, {"type": "object"}]}), "E0327"),
        (json!({"type": "object"}), "E0327"),
        (json!({"type": "object", "additionalProperties": true}), "E0327"),
        (json!({}), "E0327"),
    ] {
        let all = json!({"Answer": {"type": "object", "properties": {"it": schema}}});
        let found: Vec<&str> = run_with("it.b", &all, false).remarks.into_iter().map(|(code, _)| code).collect();
        let wanted: Vec<&str> = [code].into_iter().filter(|code| !code.is_empty()).collect();
        assert_eq!(found, wanted, "{schema}");
    }
}
