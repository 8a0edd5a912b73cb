//! Never silent: whatever differs in the intermediate form is told.

pub(crate) mod random;

use std::collections::BTreeMap;

use super::{Kind, Risk, compare};
use crate::ir::{
    Above, Answer, Argument, Body, Catalog, Class, Content, Credential, CredentialPlace, Cursor, Declassified, Effect,
    Encoding, Excluded, Field, Fields, Flow, Form, Grounding, Integer, LabelledField, List, Message, Method, Next,
    Number, Object, Others, Pages, Part, PartContent, Piece, Place, Prompt, PromptArgument, Property, Refused, Role,
    Rule, Sample, Shape, Source, Status, Style, Text, Tool, Transport, Upstream,
};

fn property(name: &str, shape: Shape) -> Property {
    Property { name: name.into(), shape, required: true, description: "A text.".into() }
}

fn argument(name: &str, place: Place, shape: Shape) -> Argument {
    let (wire, description) = (name.into(), "A text.".into());
    let (source, grounding) = (Source::Required, Grounding::Conversation);
    Argument { name: name.into(), wire, place, shape, source, grounding, reserved: false, description }
}

/// An object that has something of everything.
fn object() -> Shape {
    let list = List { items: Shape::Named("Node".into()), items_min: 1, items_max: Some(5), unique: true };
    let number = Number { min: Some(0.5), max: Some(9.5), above: Some(0.0), below: Some(10.0) };
    Shape::Object(Object {
        properties: vec![
            property("list", Shape::List(Box::new(list))),
            property("number", Shape::Number(number)),
            property("words", Shape::Words(vec!["a".into(), "b".into()])),
            property("values", Shape::Nullable(Box::new(Shape::Literals(vec!["1".into(), "\"x\"".into()])))),
            property("either", Shape::AnyOf(vec![Shape::Boolean, Shape::File, Shape::Any])),
        ],
        rest: Some(Box::new(Shape::Boolean)),
        properties_min: 1,
        properties_max: Some(9),
        others: Others::None,
        write_only: vec!["list".into()],
    })
}

fn pages() -> Pages {
    let cursor = Cursor { rule: "next".into(), prune: Rule::Field("next".into()) };
    Pages { next: Next::Cursor("text".into(), cursor), items: vec!["data".into(), "items".into()], items_max: 10 }
}

pub(crate) fn catalog() -> Catalog {
    let text = Text { chars_min: 1, chars_max: Some(9), pattern: "^a".into(), format: "date".into() };
    let integer = Integer { min: Some(0), max: Some(9), multiple_of: Some(3) };
    let node = Shape::Object(Object {
        properties: vec![property("next", Shape::Named("Node".into())), property("id", Shape::Text(text.clone()))],
        ..Object::default()
    });
    let tool = Tool {
        name: "send".into(),
        title: "Send".into(),
        description: "Sends.".into(),
        effect: Effect::Write,
        effect_declared: false,
        operation: "openapi.yaml#/paths/~1a/post".into(),
        upstream: "main".into(),
        credentials: vec!["key".into()],
        method: Method::Post,
        path: "/a/{id}".into(),
        accept: "application/json, text/plain".into(),
        body: Body::Json("application/json".into()),
        arguments: vec![
            argument("id", Place::Path(Style::Simple), Shape::Integer(Box::new(integer))),
            argument("text", Place::Query(Style::Form), Shape::Text(text)),
            argument("body", Place::Body, object()),
        ],
        notes: vec!["/a: `not` is not checked".into()],
        answers: vec![Answer {
            status: Status::Code(200),
            content: Content::Json,
            media_type: "application/json".into(),
        }],
        bytes_max: 100,
        encodings: vec![Encoding::Gzip],
        redirects: vec!["other".into()],
        file_bytes_max: 10,
        pages: Some(pages()),
        rule: "{id: id}".into(),
        prune: Rule::Object(vec![("id".into(), Rule::Field("id".into()))]),
        class: Class::Stream,
        sample: Some(Sample { bytes_in: 9, json: "{}".into(), rows: Some("id".into()) }),
        form: Form::Json,
        output: object(),
        fields: Fields::Known {
            kept: vec!["id".into()],
            dropped: vec!["name".into()],
            kinds: [("id", "text"), ("name", "text"), ("next", "again what `@` is")]
                .map(|(path, kind)| (path.to_owned(), kind.to_owned()))
                .into(),
            is_cut: false,
        },
        flow: Some(Flow {
            label: "internal".into(),
            unpruned: "patient".into(),
            clearance: "internal".into(),
            above: Above::Asked,
            fields: vec![LabelledField { path: "name".into(), label: "patient".into(), is_read: false }],
            declassified: vec![Declassified { from: "other".into(), reason: "It is so.".into() }],
        }),
    };
    let key = Credential { name: "key".into(), place: CredentialPlace::Header("X-Key".into()) };
    Catalog {
        name: "depots".into(),
        title: "Depots".into(),
        document: "openapi.yaml".into(),
        document_sha256: "0".into(),
        upstreams: vec![Upstream {
            name: "main".into(),
            base_path: "/v1".into(),
            transport: Transport::Any,
            credentials: vec![key],
        }],
        shapes: BTreeMap::from([("Node".to_owned(), node.clone()), ("Spare".to_owned(), Shape::Boolean)]),
        answers: BTreeMap::from([("Node".to_owned(), node)]),
        tools: vec![Tool { name: "other".into(), ..tool.clone() }, tool],
        prompts: vec![Prompt {
            name: "hand_over".into(),
            title: "Hand over".into(),
            description: "Prepares a handover.".into(),
            arguments: vec![PromptArgument {
                name: "ward".into(),
                description: "The ward.".into(),
                required: true,
                values: vec!["W1".into(), "W2".into()],
            }],
            messages: vec![Message {
                role: Role::User,
                text: vec![Piece::Text("Hand over ".into()), Piece::Argument("ward".into())],
            }],
        }],
        excluded: vec![Excluded {
            method: "GET".into(),
            path: "/b".into(),
            operation: "openapi.yaml#/paths/~1b/get".into(),
            title: "B".into(),
            refusal: None,
        }],
        labels: ["public", "internal", "patient"].map(str::to_owned).into(),
    }
}

pub(crate) type Mutation = fn(&mut Catalog);

fn edited(shape: &mut Shape, edit: impl FnOnce(&mut Object)) {
    if let Shape::Object(object) = shape {
        edit(object);
    }
}

pub(crate) fn tool(catalog: &mut Catalog) -> &mut Tool {
    &mut catalog.tools[1]
}

fn of_body(catalog: &mut Catalog, edit: impl FnOnce(&mut Object)) {
    edited(&mut tool(catalog).arguments[2].shape, edit);
}

fn of_id(catalog: &mut Catalog) -> &mut Argument {
    &mut tool(catalog).arguments[0]
}

fn of_text(catalog: &mut Catalog, edit: impl FnOnce(&mut Text)) {
    if let Shape::Text(text) = &mut tool(catalog).arguments[1].shape {
        edit(text);
    }
}

fn of_integer(catalog: &mut Catalog, edit: impl FnOnce(&mut Integer)) {
    if let Shape::Integer(integer) = &mut of_id(catalog).shape {
        edit(integer);
    }
}

fn of_pages(catalog: &mut Catalog) -> &mut Pages {
    tool(catalog).pages.get_or_insert_with(pages)
}

fn of_flow(catalog: &mut Catalog, edit: impl FnOnce(&mut Flow)) {
    if let Some(flow) = &mut tool(catalog).flow {
        edit(flow);
    }
}

fn of_fields(catalog: &mut Catalog, edit: impl FnOnce(&mut Vec<String>, &mut Vec<String>, &mut bool)) {
    if let Fields::Known { kept, dropped, is_cut, .. } = &mut tool(catalog).fields {
        edit(kept, dropped, is_cut);
    }
}

fn of_kinds(catalog: &mut Catalog, path: &str) {
    if let Fields::Known { kinds, .. } = &mut tool(catalog).fields {
        kinds.insert(path.to_owned(), "integer".to_owned());
    }
}

fn of_sample(catalog: &mut Catalog, edit: impl FnOnce(&mut Sample)) {
    if let Some(sample) = &mut tool(catalog).sample {
        edit(sample);
    }
}

/// One edit of every field, and what it must be told as.
#[rustfmt::skip]
pub(crate) const MUTATIONS: &[(Kind, Mutation)] = &[
    (Kind::CatalogAdded, |c| c.name.push('x')),
    (Kind::CatalogTitleChanged, |c| c.title.push('x')),
    (Kind::DocumentRenamed, |c| c.document = "other.yaml".into()),
    (Kind::DocumentChanged, |c| c.document_sha256.push('x')),
    (Kind::UpstreamAdded, |c| c.upstreams[0].name.push('x')),
    (Kind::UpstreamRemoved, |c| c.upstreams.clear()),
    (Kind::BasePathChanged, |c| c.upstreams[0].base_path.push('x')),
    (Kind::TransportRaised, |c| c.upstreams[0].transport = Transport::Tls),
    (Kind::CredentialAdded, |c| c.upstreams[0].credentials[0].name.push('x')),
    (Kind::CredentialRemoved, |c| c.upstreams[0].credentials.clear()),
    (Kind::CredentialMoved, |c| c.upstreams[0].credentials[0].place = CredentialPlace::Header("Y".into())),
    (Kind::CredentialMoved, |c| c.upstreams[0].credentials[0].place = CredentialPlace::Bearer),
    (Kind::Other, |c| drop(c.shapes.insert("Spare".into(), Shape::Any))),
    (Kind::Other, |c| drop(c.shapes.insert("Further".into(), Shape::Any))),
    (Kind::Other, |c| drop(c.answers.insert("Further".into(), Shape::Any))),
    (Kind::TypeChanged, |c| drop(c.shapes.insert("Node".into(), Shape::Any))),
    (Kind::TypeChanged, |c| drop(c.shapes.remove("Node"))),
    (Kind::OutputChanged, |c| drop(c.answers.insert("Node".into(), Shape::Any))),
    (Kind::PromptRemoved, |c| c.prompts.clear()),
    (Kind::PromptAdded, |c| c.prompts[0].name.push('x')),
    (Kind::PromptAdded, |c| c.prompts.push(Prompt { name: "new".into(), ..c.prompts[0].clone() })),
    (Kind::PromptChanged, |c| c.prompts[0].title.push('x')),
    (Kind::PromptChanged, |c| c.prompts[0].description.push('x')),
    (Kind::PromptChanged, |c| c.prompts[0].arguments.clear()),
    (Kind::PromptChanged, |c| c.prompts[0].arguments[0].name.push('x')),
    (Kind::PromptChanged, |c| c.prompts[0].arguments[0].description.push('x')),
    (Kind::PromptChanged, |c| c.prompts[0].arguments[0].required = false),
    (Kind::PromptChanged, |c| drop(c.prompts[0].arguments[0].values.pop())),
    (Kind::PromptChanged, |c| c.prompts[0].messages.clear()),
    (Kind::PromptChanged, |c| c.prompts[0].messages[0].role = Role::Assistant),
    (Kind::PromptChanged, |c| c.prompts[0].messages[0].text[0] = Piece::Text("Take ".into())),
    (Kind::PromptChanged, |c| c.prompts[0].messages[0].text[1] = Piece::Text("{ward}".into())),
    (Kind::OperationRemoved, |c| drop(c.excluded.pop())),
    (Kind::OperationAdded, |c| c.excluded[0].path.push('x')),
    (Kind::OperationAdded, |c| c.excluded[0].method.push('X')),
    (Kind::OperationChanged, |c| c.excluded[0].operation.push('x')),
    (Kind::OperationChanged, |c| c.excluded[0].title.push('x')),
    (Kind::OperationChanged, |c| c.excluded[0].refusal = Some(Refused { code: "E0211", reason: "x".into() })),
    (Kind::OperationChanged, |c| c.excluded.push(c.excluded[0].clone())),
    (Kind::ToolRemoved, |c| drop(c.tools.pop())),
    (Kind::ToolRenamed, |c| tool(c).name.push('x')),
    (Kind::TitleChanged, |c| tool(c).title.push('x')),
    (Kind::DescriptionChanged, |c| tool(c).description.push('x')),
    (Kind::EffectRaised, |c| tool(c).effect = Effect::Destroy),
    (Kind::EffectLowered, |c| tool(c).effect = Effect::Read),
    (Kind::Other, |c| tool(c).effect_declared = true),
    (Kind::OperationMoved, |c| tool(c).operation.push('x')),
    (Kind::UpstreamChanged, |c| tool(c).upstream.push('x')),
    (Kind::CredentialAdded, |c| tool(c).credentials.push("x".into())),
    (Kind::CredentialRemoved, |c| tool(c).credentials.clear()),
    (Kind::Other, |c| tool(c).credentials.push("key".into())),
    (Kind::MethodChanged, |c| tool(c).method = Method::Put),
    (Kind::PathChanged, |c| tool(c).path.push('x')),
    (Kind::AcceptChanged, |c| tool(c).accept.push('x')),
    (Kind::AcceptNarrowed, |c| tool(c).accept = "text/plain".into()),
    (Kind::BodyChanged, |c| tool(c).body = Body::None),
    (Kind::BodyChanged, |c| tool(c).body = Body::Json("a/b".into())),
    (Kind::NoteAdded, |c| tool(c).notes.push("x".into())),
    (Kind::NoteRemoved, |c| tool(c).notes.clear()),
    (Kind::AnswerAdded, |c| tool(c).answers[0].status = Status::Range(2)),
    (Kind::AnswerAdded, |c| tool(c).answers[0].content = Content::Lines),
    (Kind::AnswerAdded, |c| tool(c).answers[0].media_type.push('x')),
    (Kind::AnswerRemoved, |c| tool(c).answers.clear()),
    (Kind::CapRaised, |c| tool(c).bytes_max = 101),
    (Kind::CapLowered, |c| tool(c).bytes_max = 99),
    (Kind::EncodingsChanged, |c| tool(c).encodings.push(Encoding::Deflate)),
    (Kind::RedirectAdded, |c| tool(c).redirects.push("x".into())),
    (Kind::RedirectRemoved, |c| tool(c).redirects.clear()),
    (Kind::FileCapRaised, |c| tool(c).file_bytes_max = 11),
    (Kind::FileCapLowered, |c| tool(c).file_bytes_max = 0),
    (Kind::PagesChanged, |c| tool(c).pages = None),
    (Kind::PagesChanged, |c| of_pages(c).items_max = 9),
    (Kind::PagesChanged, |c| of_pages(c).items.clear()),
    (Kind::PagesChanged, |c| of_pages(c).next = Next::Link),
    (Kind::PagesChanged, |c| of_pages(c).next = Next::Offset("id".into(), None)),
    (Kind::PagesChanged, |c| of_pages(c).next = Next::Number("id".into(), Some("text".into()))),
    (Kind::ArgumentFixed, |c| of_id(c).source = Source::Page("1".into())),
    (Kind::RuleRewritten, |c| tool(c).rule.push('x')),
    (Kind::RuleChanged, |c| tool(c).prune = Rule::Current),
    (Kind::PlanChanged, |c| tool(c).class = Class::NeedSet),
    (Kind::ResultFormChanged, |c| tool(c).form = Form::Csv),
    (Kind::SampleChanged, |c| tool(c).sample = None),
    (Kind::SampleChanged, |c| of_sample(c, |sample| sample.bytes_in = 8)),
    (Kind::SampleChanged, |c| of_sample(c, |sample| sample.json.push('x'))),
    (Kind::SampleChanged, |c| of_sample(c, |sample| sample.rows = None)),
    (Kind::FieldAdded, |c| of_fields(c, |kept, _, _| kept.push("x".into()))),
    (Kind::FieldDropped, |c| of_fields(c, |kept, _, _| kept.clear())),
    (Kind::FieldsWithheld, |c| of_fields(c, |_, dropped, _| dropped.push("x".into()))),
    (Kind::FieldsWithheld, |c| of_fields(c, |_, dropped, _| dropped.clear())),
    (Kind::FieldRetyped, |c| of_kinds(c, "id")),
    (Kind::FieldsWithheld, |c| of_kinds(c, "name")),
    (Kind::FieldsWithheld, |c| of_kinds(c, "new")),
    (Kind::FieldsUnknown, |c| of_fields(c, |_, _, is_cut| *is_cut = true)),
    (Kind::FieldsUnknown, |c| tool(c).fields = Fields::Unknown),
    (Kind::FieldDropped, |c| tool(c).fields = Fields::None),
    (Kind::LabelsChanged, |c| c.labels.reverse()),
    (Kind::LabelsChanged, |c| c.labels.push("secret".into())),
    (Kind::LabelLowered, |c| tool(c).flow = None),
    (Kind::LabelLowered, |c| of_flow(c, |flow| flow.label = "public".into())),
    (Kind::LabelRaised, |c| of_flow(c, |flow| flow.label = "patient".into())),
    (Kind::LabelLowered, |c| of_flow(c, |flow| flow.label = "gone".into())),
    (Kind::LabelLowered, |c| of_flow(c, |flow| flow.unpruned = "internal".into())),
    (Kind::ClearanceRaised, |c| of_flow(c, |flow| flow.clearance = "patient".into())),
    (Kind::ClearanceLowered, |c| of_flow(c, |flow| flow.clearance = "public".into())),
    (Kind::FlowRefused, |c| of_flow(c, |flow| flow.above = Above::Refused)),
    (Kind::LabelLowered, |c| of_flow(c, |flow| flow.fields.clear())),
    (Kind::LabelLowered, |c| of_flow(c, |flow| flow.fields[0].label = "public".into())),
    (Kind::LabelRaised, |c| of_flow(c, |flow| flow.fields.push(LabelledField { path: "x".into(), ..flow.fields[0].clone() }))),
    (Kind::LabelRaised, |c| of_flow(c, |flow| flow.fields[0].is_read = true)),
    (Kind::Declassified, |c| of_flow(c, |flow| flow.declassified[0].from.push('x'))),
    (Kind::DeclassifiedNoMore, |c| of_flow(c, |flow| flow.declassified.clear())),
    (Kind::DeclassifiedOtherwise, |c| of_flow(c, |flow| flow.declassified[0].reason.push('x'))),
    (Kind::OutputChanged, |c| tool(c).output = Shape::Any),
    (Kind::OutputDescriptionChanged, |c| edited(&mut tool(c).output, |o| o.properties[0].description.push('x'))),
    (Kind::OutputChanged, |c| edited(&mut tool(c).output, |o| o.properties.push(property("x", Shape::Any)))),
    (Kind::OutputNarrowed, |c| edited(&mut tool(c).output, |o| drop(o.properties.pop()))),
    (Kind::OutputChanged, |c| edited(&mut tool(c).output, |o| o.others = Others::Any)),
    (Kind::ArgumentAdded, |c| of_id(c).name.push('x')),
    (Kind::ArgumentRemoved, |c| drop(tool(c).arguments.remove(0))),
    (Kind::WireNameChanged, |c| of_id(c).wire.push('x')),
    (Kind::ArgumentMoved, |c| of_id(c).place = Place::Query(Style::Form)),
    (Kind::StyleChanged, |c| of_id(c).place = Place::Path(Style::Label)),
    (Kind::StyleChanged, |c| of_id(c).reserved = true),
    (Kind::GroundingWidened, |c| of_id(c).grounding = Grounding::Any),
    (Kind::ArgumentDescriptionChanged, |c| of_id(c).description.push('x')),
    (Kind::ArgumentOptional, |c| of_id(c).source = Source::Optional),
    (Kind::ArgumentOptional, |c| of_id(c).source = Source::Default("1".into())),
    (Kind::ArgumentFixed, |c| of_id(c).source = Source::Fixed("1".into())),
    (Kind::TypeChanged, |c| of_id(c).shape = Shape::Any),
    (Kind::BoundWidened, |c| of_integer(c, |integer| integer.min = None)),
    (Kind::BoundWidened, |c| of_integer(c, |integer| integer.max = Some(10))),
    (Kind::BoundTightened, |c| of_integer(c, |integer| integer.max = Some(8))),
    (Kind::BoundWidened, |c| of_integer(c, |integer| integer.multiple_of = Some(2))),
    (Kind::BoundTightened, |c| of_integer(c, |integer| integer.multiple_of = Some(6))),
    (Kind::BoundWidened, |c| of_text(c, |text| text.chars_min = 0)),
    (Kind::BoundWidened, |c| of_text(c, |text| text.chars_max = None)),
    (Kind::PatternChanged, |c| of_text(c, |text| text.pattern.clear())),
    (Kind::FormatChanged, |c| of_text(c, |text| text.format.push('x'))),
    (Kind::PropertyAdded, |c| of_body(c, |o| o.properties.push(property("x", Shape::Any)))),
    (Kind::PropertyAdded, |c| of_body(c, |o| o.properties[0].name.push('x'))),
    (Kind::PropertyOptional, |c| of_body(c, |o| o.properties[0].required = false)),
    (Kind::ArgumentDescriptionChanged, |c| of_body(c, |o| o.properties[0].description.push('x'))),
    (Kind::RestRefused, |c| of_body(c, |o| o.rest = None)),
    (Kind::TypeChanged, |c| of_body(c, |o| o.rest = Some(Box::new(Shape::Any)))),
    (Kind::BoundWidened, |c| of_body(c, |o| o.properties_min = 0)),
    (Kind::BoundWidened, |c| of_body(c, |o| o.properties_max = None)),
    (Kind::Other, |c| of_body(c, |o| o.others = Others::OfKinds)),
    (Kind::Other, |c| of_body(c, |o| o.write_only.clear())),
];

#[test]
fn an_edit_of_any_field_is_told() {
    let base = catalog();
    assert_eq!(compare(std::slice::from_ref(&base), std::slice::from_ref(&base)), []);
    for (position, (kind, mutation)) in MUTATIONS.iter().enumerate() {
        let mut other = base.clone();
        mutation(&mut other);
        assert_ne!(other, base, "{position}: {} changes something", kind.word());
        for (old, new, wanted) in [(&base, &other, Some(kind)), (&other, &base, None)] {
            let found = compare(std::slice::from_ref(old), std::slice::from_ref(new));
            assert!(!found.is_empty(), "{position}: {} is told", kind.word());
            let is_named = wanted.is_none_or(|kind| found.iter().any(|change| change.kind == *kind));
            assert!(is_named, "{position}: {} is not among {found:?}", kind.word());
        }
        // Further tools and catalogs do not hide it.
        let with = |one: &Catalog| vec![Catalog { name: "another".into(), ..base.clone() }, one.clone()];
        assert!(!compare(&with(&base), &with(&other)).is_empty(), "{position}: {}", kind.word());
    }
}

#[test]
fn a_document_that_no_longer_says_https_is_told_as_a_risk() {
    let plain = catalog();
    let mut tls = plain.clone();
    tls.upstreams[0].transport = Transport::Tls;
    let told = |old: &Catalog, new: &Catalog| {
        let found = compare(std::slice::from_ref(old), std::slice::from_ref(new));
        found.into_iter().map(|change| (change.kind.risk(), change.kind, change.detail)).collect::<Vec<_>>()
    };
    let detail = |verb: &str| format!("`main`: the document {verb} that it is reached by https");
    assert_eq!(told(&tls, &plain), [(Risk::High, Kind::TransportLowered, detail("no longer says"))]);
    assert_eq!(told(&plain, &tls), [(Risk::Low, Kind::TransportRaised, detail("newly says"))]);
}

#[test]
fn an_edit_of_how_a_form_is_written_is_told() {
    let field = Field { name: "a".into(), style: Style::Form, reserved: false };
    let part = Part { name: "a".into(), content: PartContent::Text, media_type: "a/b".into(), repeated: false };
    let bodies = [
        Body::None,
        Body::Json("a/b".into()),
        Body::Bytes("a/b".into()),
        Body::Text("a/b".into()),
        Body::Form(vec![]),
        Body::Form(vec![field.clone()]),
        Body::Form(vec![Field { style: Style::Json, ..field.clone() }]),
        Body::Form(vec![Field { reserved: true, ..field }]),
        Body::Multipart(vec![part.clone()]),
        Body::Multipart(vec![Part { content: PartContent::Json, ..part.clone() }]),
        Body::Multipart(vec![Part { media_type: String::new(), ..part.clone() }]),
        Body::Multipart(vec![Part { repeated: true, ..part }]),
    ];
    let with = |body: &Body| {
        let mut catalog = catalog();
        tool(&mut catalog).body = body.clone();
        [catalog]
    };
    for (at, old) in bodies.iter().enumerate() {
        for (beside, new) in bodies.iter().enumerate() {
            let found = compare(&with(old), &with(new));
            assert_eq!(found.is_empty(), at == beside, "{old:?} {new:?}");
        }
    }
}

/// The order of what has names means nothing.
#[test]
fn another_order_is_no_change() {
    let base = catalog();
    let mut other = base.clone();
    other.tools.reverse();
    for tool in &mut other.tools {
        tool.arguments.reverse();
        tool.accept = "text/plain, application/json".into();
        for argument in &mut tool.arguments {
            edited(&mut argument.shape, |object| object.properties.reverse());
        }
        edited(&mut tool.output, |object| object.properties.reverse());
    }
    assert_ne!(other, base);
    assert_eq!(compare(&[base], &[other]), []);
}
