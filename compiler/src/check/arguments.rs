//! The table of arguments: the document's parameters and body, as the manifest changes them.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

use super::{flat, value};
use crate::ir::{Argument, Grounding, Place, Shape, Source};
use crate::manifest;
use crate::normalise::escape;
use crate::report::{At, Diagnostic, FileId, Report, did_you_mean};
use crate::resolve::{Operation, ResolvedCatalog, ResolvedTool, check_pattern, one_of};

/// The tool's arguments; `None` after an error.
pub(super) fn check(
    catalog: &ResolvedCatalog,
    tool: &ResolvedTool,
    pointer: &str,
    report: &mut Report,
) -> Option<Vec<Argument>> {
    let mut declared = declared(catalog, tool, pointer, report)?;
    let empty = BTreeMap::new();
    let changes = tool.manifest.arguments.as_ref().unwrap_or(&empty);
    let mut sound = check_names(catalog, tool, &declared, report);
    for name in changes.keys() {
        let at = format!("{pointer}/arguments/{}", escape(name));
        let Some(position) = declared.iter().position(|argument| argument.name == *name) else {
            unknown(name, &declared, catalog.manifest_file, &at, report);
            sound = false;
            continue;
        };
        let mut change = Change { file: catalog.manifest_file, at, shapes: &catalog.shapes, report, sound: true };
        if changes[name].omit == Some(true) {
            change.check_omit(&declared[position]);
            change.refuse_from(&changes[name], "left out", "omit");
            declared.remove(position);
        } else {
            change.apply(&mut declared[position], &changes[name]);
        }
        sound &= change.sound;
    }
    sound.then_some(declared)
}

/// The arguments as the document has them, with the body as one argument or, as the manifest may ask, as one a property.
fn declared(
    catalog: &ResolvedCatalog,
    tool: &ResolvedTool,
    pointer: &str,
    report: &mut Report,
) -> Option<Vec<Argument>> {
    let operation = &tool.operation;
    if tool.manifest.flat != Some(true) {
        return Some(plain(operation));
    }
    let mut arguments = parameters(operation);
    let at = At::value(catalog.manifest_file, format!("{pointer}/flat"));
    let Some(body) = &operation.body else {
        report.push(
            Diagnostic::error("E0506", "the operation has no body that could be lifted")
                .at(at, "asked for here")
                .at(catalog.document.at_key(&operation.found.pointer), "the operation")
                .help("remove `flat`"),
        );
        return None;
    };
    match flat::lift(body, &catalog.shapes) {
        Ok(properties) => arguments.extend(properties),
        Err(reason) => {
            report.push(
                Diagnostic::error("E0506", format!("the body cannot be lifted: {reason}"))
                    .at(at, "asked for here")
                    .at(catalog.document.at_key(&format!("{}/requestBody", operation.found.pointer)), "the body")
                    .help("remove `flat`: the body is then one argument, `body`"),
            );
            return None;
        }
    }
    Some(arguments)
}

/// The arguments of an operation of which the catalog changes nothing.
pub fn plain(operation: &Operation) -> Vec<Argument> {
    let mut arguments = parameters(operation);
    arguments.extend(operation.body.as_ref().map(|body| Argument {
        name: "body".into(),
        wire: "body".into(),
        place: Place::Body,
        shape: body.shape.clone(),
        source: if body.required { Source::Required } else { Source::Optional },
        grounding: Grounding::Conversation,
        reserved: false,
        description: body.description.clone(),
    }));
    arguments
}

fn parameters(operation: &Operation) -> Vec<Argument> {
    operation
        .parameters
        .iter()
        .map(|parameter| Argument {
            name: parameter.argument.clone(),
            wire: parameter.name.clone(),
            place: parameter.place,
            shape: parameter.shape.clone(),
            source: if parameter.required { Source::Required } else { Source::Optional },
            grounding: Grounding::Conversation,
            reserved: parameter.reserved,
            description: parameter.description.clone(),
        })
        .collect()
}

fn check_names(catalog: &ResolvedCatalog, tool: &ResolvedTool, arguments: &[Argument], report: &mut Report) -> bool {
    for (position, argument) in arguments.iter().enumerate() {
        if let Some(other) = arguments[..position].iter().find(|other| other.name == argument.name) {
            let title = format!(
                "`{}` and `{}` of `{}` would both be called `{}`",
                other.wire, argument.wire, tool.name, argument.name
            );
            report.push(
                Diagnostic::error("E0406", title)
                    .at(At::key(catalog.manifest_file, format!("/tools/{}", escape(&tool.name))), "in this tool")
                    .at(catalog.document.at_key(&tool.operation.found.pointer), "the operation")
                    .help(if tool.manifest.flat == Some(true) {
                        "remove `flat`: the body is then one argument, `body`, and nothing collides"
                    } else {
                        "they differ only in characters that a model cannot use; this operation cannot be a tool"
                    }),
            );
            return false;
        }
    }
    true
}

fn unknown(name: &str, declared: &[Argument], file: FileId, at: &str, report: &mut Report) {
    let names: Vec<&str> = declared.iter().map(|argument| argument.name.as_str()).collect();
    let diagnostic = Diagnostic::error("E0504", format!("the operation has no argument `{name}`"))
        .at(At::key(file, at), "no such argument");
    report.push(match (did_you_mean(name, names.iter().copied()), names.as_slice()) {
        (Some(meant), _) => diagnostic.patch("did you mean this one?", At::key(file, at), meant),
        (None, []) => diagnostic.help("it has none at all; remove the key"),
        (None, names) => diagnostic.help(format!("it has: {}", names.join(", "))),
    });
}

/// The manifest's change of one argument, being applied.
struct Change<'a> {
    file: FileId,
    at: String,
    shapes: &'a BTreeMap<String, Shape>,
    report: &'a mut Report,
    sound: bool,
}

impl Change<'_> {
    fn error(&mut self, key: &str, title: impl Into<String>, help: &str) {
        let at = At::value(self.file, format!("{}/{key}", self.at));
        self.report.push(Diagnostic::error("E0505", title).at(at, "").help(help));
        self.sound = false;
    }

    fn check_omit(&mut self, argument: &Argument) {
        if argument.source == Source::Required {
            let title = format!("`{}` must be sent, so it cannot be left out", argument.name);
            self.error("omit", title, "give it a `fixed` value instead");
        }
    }

    /// What no model writes is not bounded by what was said.
    fn refuse_from(&mut self, change: &manifest::Argument, what: &str, key: &str) {
        if change.from.is_some() {
            let title = format!("no model writes an argument that is {what}, so `from` says nothing");
            self.error("from", title, &format!("remove `from`, or `{key}` if the model is to choose the value"));
        }
    }

    fn apply(&mut self, argument: &mut Argument, change: &manifest::Argument) {
        if let Some(description) = &change.description {
            super::check_text(description, self.file, &format!("{}/description", self.at), self.report);
            description.clone_into(&mut argument.description);
        }
        self.tighten(argument, change);
        if change.fixed.is_some() {
            self.refuse_from(change, "fixed", "fixed");
        } else if let Some(from) = change.from {
            argument.grounding = from.into();
        }
        let source = match (&change.fixed, &change.default) {
            (Some(_), Some(_)) => {
                return self.error(
                    "default",
                    "an argument is `fixed` or has a `default`, not both",
                    "remove one of them",
                );
            }
            (Some(value), None) => ("fixed", value),
            (None, Some(value)) => ("default", value),
            (None, None) => return,
        };
        let (key, value) = source;
        if let Err(misfit) = value::fits(value, &argument.shape, self.shapes) {
            let at = format!("{key}{}", misfit.pointer);
            self.error(&at, format!("this value {}", misfit.complaint), "give one that the operation accepts");
        }
        argument.source = match key {
            "fixed" => Source::Fixed(value.to_string()),
            _ => Source::Default(value.to_string()),
        };
    }

    fn tighten(&mut self, argument: &mut Argument, change: &manifest::Argument) {
        let mut shape = argument.shape.clone();
        let inner = match &mut shape {
            Shape::Nullable(inner) => inner.as_mut(),
            shape => shape,
        };
        if let Some(values) = &change.one_of {
            self.narrow(inner, values);
        }
        self.tighten_number(inner, change);
        self.tighten_text(inner, change);
        self.tighten_list(inner, change);
        argument.shape = shape;
    }

    fn narrow(&mut self, shape: &mut Shape, values: &[Value]) {
        if values.is_empty() {
            return self.error(
                "enum",
                "no value at all would be allowed",
                "list the values that are, or remove the key",
            );
        }
        for (position, value) in values.iter().enumerate() {
            if let Err(misfit) = value::fits(value, shape, self.shapes) {
                self.error(
                    &format!("enum/{position}{}", misfit.pointer),
                    format!("this value {}", misfit.complaint),
                    "list only what the operation accepts",
                );
            }
        }
        *shape = one_of(values);
    }

    fn tighten_number(&mut self, shape: &mut Shape, change: &manifest::Argument) {
        for (key, bound) in [("minimum", &change.minimum), ("maximum", &change.maximum)] {
            let Some(bound) = bound else { continue };
            let looser = match shape {
                Shape::Integer(bounds) => {
                    let Some(number) = Number::as_i128(bound) else {
                        self.error(key, format!("`{key}` of an integer is an integer"), "remove the fraction");
                        continue;
                    };
                    let known = if key == "minimum" { &mut bounds.min } else { &mut bounds.max };
                    let looser =
                        known.is_some_and(|known| if key == "minimum" { number < known } else { number > known });
                    *known = Some(number);
                    looser
                }
                Shape::Number(bounds) => {
                    let number = bound.as_f64().unwrap_or_default();
                    let known = if key == "minimum" { &mut bounds.min } else { &mut bounds.max };
                    let looser =
                        known.is_some_and(|known| if key == "minimum" { number < known } else { number > known });
                    *known = Some(number);
                    looser
                }
                _ => {
                    self.error(key, format!("`{key}` bounds numbers, and this argument is none"), "remove the key");
                    continue;
                }
            };
            self.refuse_looser(key, looser);
        }
    }

    fn tighten_text(&mut self, shape: &mut Shape, change: &manifest::Argument) {
        let wanted = [
            ("minLength", change.min_length.is_some()),
            ("maxLength", change.max_length.is_some()),
            ("pattern", change.pattern.is_some()),
        ];
        let Shape::Text(bounds) = shape else {
            if let Some((key, _)) = wanted.iter().find(|(_, wanted)| *wanted) {
                self.error(key, format!("`{key}` bounds texts, and this argument is none"), "remove the key");
            }
            return;
        };
        if let Some(min) = change.min_length {
            let looser = min < bounds.chars_min;
            bounds.chars_min = min;
            self.refuse_looser("minLength", looser);
        }
        if let Some(max) = change.max_length {
            let looser = bounds.chars_max.is_some_and(|known| max > known);
            bounds.chars_max = Some(max);
            self.refuse_looser("maxLength", looser);
        }
        if let Some(pattern) = &change.pattern {
            if !bounds.pattern.is_empty() && bounds.pattern != *pattern {
                self.error(
                    "pattern",
                    "the document has a pattern of its own, and only one can be enforced",
                    "remove the key",
                );
            } else if let Err(reason) = check_pattern(pattern) {
                self.error("pattern", reason, "write it with anchors, classes and counts alone");
            }
            bounds.pattern.clone_from(pattern);
        }
    }

    fn tighten_list(&mut self, shape: &mut Shape, change: &manifest::Argument) {
        let Shape::List(bounds) = shape else {
            for (key, bound) in [("minItems", change.min_items), ("maxItems", change.max_items)] {
                if bound.is_some() {
                    self.error(key, format!("`{key}` bounds lists, and this argument is none"), "remove the key");
                }
            }
            return;
        };
        if let Some(min) = change.min_items {
            let looser = min < bounds.items_min;
            bounds.items_min = min;
            self.refuse_looser("minItems", looser);
        }
        if let Some(max) = change.max_items {
            let looser = bounds.items_max.is_some_and(|known| max > known);
            bounds.items_max = Some(max);
            self.refuse_looser("maxItems", looser);
        }
    }

    fn refuse_looser(&mut self, key: &str, looser: bool) {
        if looser {
            self.error(
                key,
                format!("this `{key}` is looser than the document's"),
                "a catalog can only make bounds tighter",
            );
        }
    }
}
