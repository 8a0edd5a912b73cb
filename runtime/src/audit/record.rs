//! What a record says of a call: the members that are the gate's. Place, time and chain are put around them by the log.

use std::collections::BTreeMap;

use airlock_seal::install::Event;
use serde::Serialize;

/// One call, as far as it went. Values of arguments and answers are not in it, but where the site's policy lets arguments in.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// `mcp`, `model` or `command`.
    pub caller: &'static str,
    /// Who asked, as far as it is known: `uid:1000`, or over HTTP `token` or `none`.
    pub principal: Option<String>,
    /// The conversation that it belongs to; none where nothing is remembered between calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Which question of the conversation it was made for, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<u32>,
    /// The highest label that had been read when the call was judged; none where nothing is labelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<&'static str>,
    /// The same after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark_after: Option<&'static str>,
    /// The model that wrote the call, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// SHA-256 of its file, if there is one here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_sha256: Option<String>,
    /// None if no catalog has the tool.
    pub catalog: Option<&'static str>,
    /// SHA-256 of that catalog's document, as it was compiled.
    pub catalog_sha256: Option<&'static str>,
    /// The tool's name; cut short if no catalog has it.
    pub tool: String,
    /// `read`, `write` or `destroy`.
    pub effect: Option<&'static str>,
    /// Declared arguments that the caller sent.
    pub arguments: Vec<&'static str>,
    /// How many others it sent.
    pub arguments_unknown: usize,
    /// All of them in one text.
    #[serde(flatten)]
    pub arguments_told: ArgumentsTold,
    /// Where the embedded model has each of them from, such as `question 1, byte 8`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments_from: BTreeMap<String, String>,
    /// The upstream's name.
    pub upstream: Option<&'static str>,
    /// The HTTP method.
    pub method: Option<&'static str>,
    /// Base path and path template.
    pub path: Option<String>,
    /// Who allowed a call that changes data: `none`, `declined`, `operator` or `person`.
    pub approval: &'static str,
    /// What it came to; not there yet when it is let out.
    #[serde(flatten)]
    pub ended: Option<Ended>,
}

/// All arguments in canonical form: by their digest, and in full where the site's policy says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ArgumentsTold {
    /// SHA-256 in hexadecimal, where the site has no key for digests.
    #[serde(rename = "arguments_sha256", skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// HMAC-SHA-384 (RFC 2104) under the site's key, in hexadecimal.
    #[serde(rename = "arguments_hmac_sha384", skip_serializing_if = "Option::is_none")]
    pub hmac_sha384: Option<String>,
    /// The text itself, where the policy says so: JSON in a string, so that a record holds no number but integers.
    #[serde(rename = "arguments_values", skip_serializing_if = "Option::is_none")]
    pub values: Option<String>,
    /// Its length in bytes, where it is too long to stand in a record.
    #[serde(rename = "arguments_values_bytes", skip_serializing_if = "Option::is_none")]
    pub values_bytes: Option<usize>,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// How often the request was sent.
    pub attempts: u32,
    /// The upstream's last status, if it answered.
    pub status: Option<u16>,
    /// Bytes of the upstream's body that were read.
    pub bytes_before: u64,
    /// Bytes of the pruned answer.
    pub bytes_after: u64,
    /// Tokens of it, as the model that called reads them; left out where nobody has counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_after: Option<usize>,
    /// From arrival to here.
    pub duration_ms: u64,
    /// `answered`, `cancelled`, or the kind of refusal.
    pub verdict: &'static str,
}

/// What is done with a release. As with calls there are two: one before anything is changed, and one that says what came of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ReleaseRecord<'a> {
    pub(crate) stage: Stage,
    #[serde(flatten)]
    pub(crate) event: &'a Event,
    /// Why it failed, beginning with the word of its exit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<String>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stage {
    /// Nothing is changed yet.
    Begun,
    Done,
    /// Nothing was changed, or not all of it.
    Failed,
}
