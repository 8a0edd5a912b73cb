//! Prompts and completions, in the SDK's words.

use airlock_contract::Prompt as Declared;
use airlock_contract::prompt::{Message, Piece, PromptArgument as DeclaredArgument, Role as DeclaredRole};
use rmcp::ErrorData;
use rmcp::model::{
    CompleteRequestParams, CompleteResult, CompletionInfo, GetPromptRequestParams, GetPromptResult, ListPromptsResult,
    Prompt, PromptArgument, PromptMessage, Reference, Role,
};
use serde_json::{Map, Value};

use crate::arguments::suggestion;
use crate::gate::Gate;
use crate::sheets::{self, TEMPLATES};
use crate::untrusted::quoted;

/// Longest value of an argument, in characters: what a person types, and no document.
const VALUE_CHARS_MAX: usize = 4000;

/// Every prompt.
pub(super) fn list(gate: &Gate) -> ListPromptsResult {
    ListPromptsResult::with_all_items(gate.prompts().into_iter().map(described).collect())
}

fn described(prompt: &Declared) -> Prompt {
    let argument = |one: &DeclaredArgument| {
        let argument = PromptArgument::new(one.name).with_required(one.required);
        if one.description.is_empty() { argument } else { argument.with_description(one.description) }
    };
    let arguments: Vec<PromptArgument> = prompt.arguments.iter().map(argument).collect();
    Prompt::new(prompt.name, Some(prompt.description), (!arguments.is_empty()).then_some(arguments))
        .with_title(prompt.title)
}

/// The conversation that a prompt begins, with what the person has filled in.
pub(super) fn get(gate: &Gate, request: &GetPromptRequestParams) -> Result<GetPromptResult, ErrorData> {
    let prompt = find(gate, &request.name)?;
    let empty = Map::new();
    let given = request.arguments.as_ref().unwrap_or(&empty);
    let faults = faults(prompt, given);
    if !faults.is_empty() {
        let text = format!("The arguments of the prompt `{}` were refused: {}", prompt.name, faults.join("; "));
        return Err(ErrorData::invalid_params(text, None));
    }
    let message = |message: &Message| {
        let role = match message.role {
            DeclaredRole::User => Role::User,
            DeclaredRole::Assistant => Role::Assistant,
        };
        PromptMessage::new_text(role, text(message.text, given))
    };
    Ok(GetPromptResult::new(prompt.messages.iter().map(message).collect()).with_description(prompt.description))
}

fn find(gate: &Gate, name: &str) -> Result<&'static Declared, ErrorData> {
    let prompts = gate.prompts();
    prompts.iter().copied().find(|prompt| prompt.name == name).ok_or_else(|| {
        let hint = suggestion(name, prompts.iter().map(|prompt| prompt.name));
        ErrorData::invalid_params(format!("Unknown prompt: {}; {hint}", quoted(name)), None)
    })
}

/// Values are put in as they are: nothing in them is looked for.
fn text(pieces: &[Piece], given: &Map<String, Value>) -> String {
    let piece = |piece: &Piece| {
        match piece {
            Piece::Text(text) => *text,
            Piece::Argument(name) => given.get(*name).and_then(Value::as_str).unwrap_or_default(),
        }
        .to_owned()
    };
    pieces.iter().map(piece).collect()
}

/// Everything that is wrong with the arguments, each in a few words.
fn faults(prompt: &Declared, given: &Map<String, Value>) -> Vec<String> {
    let known = || prompt.arguments.iter().map(|argument| argument.name);
    let unknown = given.keys().filter(|name| known().all(|known| known != name.as_str()));
    let unknown = unknown.map(|name| format!("there is no {}; {}", quoted(name), suggestion(name, known())));
    let wrong = prompt.arguments.iter().filter_map(|argument| fault(argument, given.get(argument.name)));
    unknown.chain(wrong).collect()
}

fn fault(argument: &DeclaredArgument, given: Option<&Value>) -> Option<String> {
    let DeclaredArgument { name, required, values, .. } = argument;
    let Some(given) = given else { return required.then(|| format!("`{name}` is missing")) };
    let Some(text) = given.as_str() else { return Some(format!("`{name}` must be a text")) };
    if text.chars().count() > VALUE_CHARS_MAX {
        return Some(format!("`{name}` has more than {VALUE_CHARS_MAX} characters"));
    }
    if text.trim().is_empty() && *required {
        return Some(format!("`{name}` is empty"));
    }
    let is_listed = values.is_empty() || values.contains(&text) || (text.is_empty() && !required);
    (!is_listed).then(|| format!("`{name}` must be one of {}, and is {}", values.join(", "), quoted(text)))
}

/// What a person who has typed the beginning of a value may mean.
pub(super) fn complete(gate: &Gate, request: &CompleteRequestParams) -> Result<CompleteResult, ErrorData> {
    let argument = &request.argument;
    let catalog = request.context.as_ref().and_then(|context| context.arguments.as_ref()?.get("catalog"));
    let known: Vec<&str> = match &request.r#ref {
        Reference::Prompt(reference) => {
            let prompt = find(gate, &reference.name)?;
            let declared =
                prompt.arguments.iter().find(|declared| declared.name == argument.name).ok_or_else(|| {
                    let hint = suggestion(&argument.name, prompt.arguments.iter().map(|declared| declared.name));
                    ErrorData::invalid_params(format!("Unknown argument: {}; {hint}", quoted(&argument.name)), None)
                })?;
            declared.values.to_vec()
        }
        Reference::Resource(reference) if TEMPLATES.iter().any(|template| template.uri == reference.uri) => {
            let is_meant = |name: &&str| catalog.is_none_or(|catalog| catalog == name);
            match argument.name.as_str() {
                "catalog" => sheets::catalogs(gate).map(|catalog| catalog.name).collect(),
                "tool" => {
                    let meant = sheets::catalogs(gate).filter(|catalog| is_meant(&catalog.name));
                    meant.flat_map(|catalog| sheets::tools(gate, catalog)).map(|entry| entry.tool.name).collect()
                }
                _ => Vec::new(),
            }
        }
        _ => return Err(ErrorData::invalid_params("Unknown reference: neither a prompt nor a template here", None)),
    };
    let (values, total) = matching(&known, &argument.value);
    let has_more = total > values.len();
    let completion = CompletionInfo::with_pagination(values, u32::try_from(total).ok(), has_more);
    completion.map(CompleteResult::new).map_err(|_| ErrorData::internal_error("too many completions", None))
}

/// The values that begin with what was typed, then those that hold it elsewhere, each in their order and without regard to
/// case; as many as may be sent, and how many there are.
fn matching(known: &[&str], typed: &str) -> (Vec<String>, usize) {
    let typed = typed.to_lowercase();
    let place = |value: &&&str| match value.to_lowercase().find(&typed) {
        Some(0) => Some(0),
        Some(_) => Some(1),
        None => None,
    };
    let of = |wanted| known.iter().filter(move |value| place(value) == Some(wanted));
    let found: Vec<String> = of(0).chain(of(1)).map(|value| (*value).to_owned()).collect();
    let total = found.len();
    (found.into_iter().take(CompletionInfo::MAX_VALUES).collect(), total)
}

#[cfg(test)]
mod tests {
    use super::{Map, matching, text};
    use airlock_contract::prompt::Piece;

    #[test]
    fn what_begins_alike_comes_first_and_no_more_than_a_hundred() {
        let (values, total) = matching(&["ward_b", "Award", "Ward_a", "bed"], "ward");
        assert_eq!((values, total), (vec!["ward_b".to_owned(), "Ward_a".to_owned(), "Award".to_owned()], 3));
        assert_eq!(matching(&["a", "b"], "").1, 2);
        let many: Vec<String> = (0..150).map(|number| format!("w{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let (values, total) = matching(&many, "w");
        assert_eq!((values.len(), total), (100, 150));
    }

    #[test]
    fn a_value_is_put_in_once_and_as_it_is() {
        let given: Map<_, _> =
            [("a".to_owned(), "{b} {{".into()), ("b".to_owned(), "never".into())].into_iter().collect();
        let pieces = [Piece::Text("x "), Piece::Argument("a"), Piece::Text(" {b}"), Piece::Argument("c")];
        assert_eq!(text(&pieces, &given), "x {b} {{ {b}");
    }
}
