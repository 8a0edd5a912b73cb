//! A loaded `catalog.yaml` to a [`Manifest`].

use serde_json::{Map, Value, json};

use super::conform::Conform;
use super::{Manifest, schema};
use crate::load::LoadedFile;
use crate::report::{At, Diagnostic, Report};

/// Reads the manifest. Every fault is reported; what is wrong is then left out or stands with a neutral value, so that
/// the rest can still be checked in the same run. `None` if nothing is left to check.
pub fn read(file: &LoadedFile, report: &mut Report) -> Option<Manifest> {
    let mut value = conforming(file, &schema(), report)?;
    fill_in(&mut value);
    match serde_json::from_value(value) {
        Ok(manifest) => Some(manifest),
        Err(error) => {
            // The schema is made from the types, so this is out of reach but for what a schema cannot say.
            report.push(
                Diagnostic::error("E0203", format!("this catalog cannot be read: {error}"))
                    .at(At::value(file.id, ""), ""),
            );
            None
        }
    }
}

/// A file's value, as far as it is what a schema says. What is wrong is reported, and left out. `None` if nothing is left.
pub(super) fn conforming(file: &LoadedFile, schema: &Value, report: &mut Report) -> Option<Value> {
    let mut value = file.value.clone();
    (Conform { file: file.id, schema, report }).check(&mut value, schema, "").then_some(value)
}

/// Puts a neutral value where a mandatory one is missing. What is missing has been reported by now.
fn fill_in(value: &mut Value) {
    let Value::Object(manifest) = value else { return };
    set_if_missing(manifest, "title", json!(""));
    set_if_missing(manifest, "document", json!(""));
    set_if_missing(manifest, "tools", json!({}));
    fill_in_prompts(manifest);
    let Some(Value::Object(tools)) = manifest.get_mut("tools") else { return };
    // A tool without an operation cannot be checked any further.
    tools.retain(|_, tool| tool.get("operation").is_some_and(Value::is_string));
    for tool in tools.values_mut().filter_map(Value::as_object_mut) {
        set_if_missing(tool, "description", json!("-"));
        set_if_missing(tool, "prune", json!("@"));
        set_if_missing(tool, "response", json!({}));
        if let Some(Value::Object(response)) = tool.get_mut("response") {
            set_if_missing(response, "bytes_max", json!(1));
        }
        if let Some(Value::Object(arguments)) = tool.get_mut("arguments") {
            arguments.retain(|_, argument| argument.is_object());
        }
        if let Some(Value::Object(labels)) = tool.get_mut("field_labels") {
            labels.retain(|_, label| label.is_string());
        }
    }
}

fn fill_in_prompts(manifest: &mut Map<String, Value>) {
    let Some(Value::Object(prompts)) = manifest.get_mut("prompts") else { return };
    prompts.retain(|_, prompt| prompt.is_object());
    for prompt in prompts.values_mut().filter_map(Value::as_object_mut) {
        set_if_missing(prompt, "description", json!("-"));
        if let Some(Value::Object(arguments)) = prompt.get_mut("arguments") {
            arguments.retain(|_, argument| argument.is_object());
        }
        for message in prompt.get_mut("messages").and_then(Value::as_array_mut).into_iter().flatten() {
            let Value::Object(message) = message else { continue };
            set_if_missing(message, "role", json!("user"));
            set_if_missing(message, "text", json!("-"));
        }
    }
}

pub(super) fn set_if_missing(members: &mut Map<String, Value>, name: &str, neutral: Value) {
    if members.get(name).is_none_or(Value::is_null) {
        members.insert(name.to_owned(), neutral);
    }
}
