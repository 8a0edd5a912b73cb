//! Which models a server has.

use http_body_util::BodyExt as _;
use hyper::Response;
use hyper::body::Incoming;
use serde_json::Value;

use super::super::ModelError;
use super::client::{self, Client, Kind};
use super::wait::{Ended, Watch};

/// A longer list is none.
const LIST_BYTES_MAX: usize = 4 << 20;

/// A model of a server.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its name there.
    pub(super) name: String,
    /// Tokens that a conversation may have; none if the server does not tell.
    pub(super) context_tokens: Option<usize>,
}

/// Finds the model of this name, or the first. A server that lists none may still have the one that is named.
pub(super) async fn find(client: &Client, wish: Option<&str>, watch: &mut Watch<'_>) -> Result<Found, Ended> {
    let listed = client.send("/models", None, watch, async |response, watch| read(client, response, watch).await).await;
    match (listed, wish) {
        (Ok(list), wish) => choose(&list, wish).map_err(|text| client.ended(text)),
        (Err(Ended::Fault(ModelError::Server(text))), Some(name)) if text.contains("(HTTP 404)") => {
            Ok(Found { name: name.to_owned(), context_tokens: None })
        }
        (Err(ended), _) => Err(ended),
    }
}

async fn read(client: &Client, response: Response<Incoming>, watch: &mut Watch<'_>) -> Result<Value, Ended> {
    match client::kind(&response) {
        Ok(Kind::Json) => {}
        Ok(Kind::Events) => return Err(client.ended("answers with events where it should list its models")),
        Err(text) => return Err(client.ended(&text)),
    }
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    while let Some(frame) = watch.wait(body.frame(), client.waits.next).await? {
        bytes.extend_from_slice(&frame.map_err(|fault| client.broken(&fault))?.into_data().unwrap_or_default());
        if bytes.len() > LIST_BYTES_MAX {
            return Err(client.ended("lists its models without an end"));
        }
    }
    serde_json::from_slice(&bytes).map_err(|_| client.ended("lists its models in something that is not JSON"))
}

fn choose(list: &Value, wish: Option<&str>) -> Result<Found, &'static str> {
    let entries = list["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named = |entry: &Value| {
        let aliases = entry["aliases"].as_array().into_iter().flatten();
        wish.is_none_or(|wish| entry["id"] == wish || aliases.into_iter().any(|alias| alias == wish))
    };
    let entry = entries.iter().find(|entry| entry["id"].is_string() && named(entry));
    let own = entry.and_then(|entry| entry["id"].as_str());
    let name = wish.or(own).ok_or("lists no model; load one there, or name one with `--endpoint-model`")?;
    // As llama-server tells it, and vLLM.
    let context = entry.and_then(|entry| entry["meta"]["n_ctx"].as_u64().or(entry["max_model_len"].as_u64()));
    let context_tokens = context.filter(|tokens| *tokens > 0).and_then(|tokens| usize::try_from(tokens).ok());
    Ok(Found { name: name.to_owned(), context_tokens })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_model_that_is_named_or_the_first_with_its_context() {
        let found = |name: &str, context_tokens| Ok(Found { name: name.to_owned(), context_tokens });
        let llama = json!({ "data": [{ "id": "demo", "aliases": ["d"], "meta": { "n_ctx": 8192 } }] });
        assert_eq!(choose(&llama, None), found("demo", Some(8192)));
        assert_eq!(choose(&llama, Some("d")), found("d", Some(8192)));
        let vllm = json!({ "data": [{ "id": "a", "max_model_len": 1 }, { "id": "b", "max_model_len": 32768 }] });
        assert_eq!(choose(&vllm, Some("b")), found("b", Some(32768)));
        // Ollama says nothing of it, and takes names that it does not list.
        let ollama = json!({ "object": "list", "data": [{ "id": "qwen3:8b", "object": "model" }] });
        assert_eq!(choose(&ollama, None), found("qwen3:8b", None));
        assert_eq!(choose(&ollama, Some("qwen3")), found("qwen3", None));
        for list in [json!({ "data": [] }), json!({ "data": null }), json!([1]), json!({ "data": [{ "id": 7 }] })] {
            assert!(choose(&list, None).is_err_and(|text| text.contains("--endpoint-model")));
        }
    }
}
