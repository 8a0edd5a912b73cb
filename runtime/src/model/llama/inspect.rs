//! What a model file says of itself, read without its weights.

use std::fs::File;
use std::io;
use std::path::Path;

use airlock_offer::sha256;
use llama_cpp_2::model::LlamaModel;

use super::super::ModelError;
use super::super::template::ChatTemplate;
use super::tokens::vocabulary;

/// What a model file says of itself, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Its own name for itself.
    pub name: Option<String>,
    /// The architecture, such as `qwen2`.
    pub architecture: Option<String>,
    /// How its weights are stored, such as `Q4_K_M`.
    pub quantisation: Option<String>,
    /// Tokens that it was trained to look back on.
    pub context_tokens: Option<u64>,
    /// The licence that it names. It is the publisher's word, not ours.
    pub licence: Option<String>,
    /// Its chat template.
    pub template: Template,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub file_sha256: String,
    /// Bytes of memory that each token of a conversation takes, keys and values in 16 bits; the weights take as much as the
    /// file has.
    pub token_bytes: Option<u64>,
}

/// The chat template of a model file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Template {
    /// None: plain ChatML is used.
    Missing,
    /// One that cannot be used, and why.
    Unusable(String),
    /// Its SHA-256, and whether it shows tools and calls itself. Where it does not, we write them.
    Usable { sha256: String, knows_tools: bool },
}

impl Inspection {
    /// Reads a GGUF file.
    ///
    /// # Errors
    /// The file is not there, or is no model that llama.cpp knows.
    pub fn of(file: &Path) -> Result<Self, ModelError> {
        let model = vocabulary(file)?;
        let unreadable = |fault: io::Error| ModelError::Load(format!("{}: {fault}", file.display()));
        let file_bytes = File::open(file).and_then(|file| crate::digest::length(&file)).map_err(unreadable)?;
        let file_sha256 = crate::digest::of_file(file).map_err(unreadable)?;
        let text = |key: &str| model.meta_val_str(key).ok().filter(|value| !value.is_empty());
        let architecture = text("general.architecture");
        let number = |key: &str| {
            let architecture = architecture.as_deref()?;
            text(&format!("{architecture}.{key}"))?.parse::<u64>().ok()
        };
        let heads = number("attention.head_count");
        let token_bytes = || {
            let (layers, width, heads) = (number("block_count")?, number("embedding_length")?, heads?);
            let kept = number("attention.head_count_kv").unwrap_or(heads);
            Some(4 * layers * (width / heads.max(1)) * kept)
        };
        Ok(Self {
            name: text("general.name"),
            quantisation: text("general.file_type").map(|number| quantisation(&number)),
            context_tokens: number("context_length"),
            licence: text("general.license"),
            template: template(&model),
            file_bytes,
            file_sha256,
            token_bytes: token_bytes(),
            architecture,
        })
    }
}

fn template(model: &LlamaModel) -> Template {
    let Ok(template) = model.chat_template(None) else { return Template::Missing };
    let Ok(source) = template.to_string() else { return Template::Unusable("it is not text in UTF-8".to_owned()) };
    match ChatTemplate::new(&source, "", "") {
        Ok(template) => Template::Usable { sha256: sha256(source.as_bytes()), knows_tools: template.knows_tools() },
        Err(fault) => Template::Unusable(fault.to_string()),
    }
}

/// The name of `general.file_type` (`LLAMA_FTYPE_…` of llama.cpp's `llama.h`).
fn quantisation(number: &str) -> String {
    let name = match number {
        "0" => "F32",
        "1" => "F16",
        "2" => "Q4_0",
        "3" => "Q4_1",
        "7" => "Q8_0",
        "8" => "Q5_0",
        "9" => "Q5_1",
        "10" => "Q2_K",
        "11" => "Q3_K_S",
        "12" => "Q3_K_M",
        "13" => "Q3_K_L",
        "14" => "Q4_K_S",
        "15" => "Q4_K_M",
        "16" => "Q5_K_S",
        "17" => "Q5_K_M",
        "18" => "Q6_K",
        "32" => "BF16",
        _ => return format!("type {number}"),
    };
    name.to_owned()
}
