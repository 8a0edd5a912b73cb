//! Models: the files that the catalogs list, and what they say of themselves.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use airlock_offer::hex;
use airlock_seal::manifest::{CHUNK_BYTES, Model};
use airlock_seal::{Code, Refusal};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::gguf::Header;
use super::progress::Progress;
use super::tree::Tree;
use crate::ir::ModelFile;
use crate::report::visible;

/// A model in the bundle.
#[derive(Clone, Debug)]
pub struct Placed {
    /// As `manifest.json` has it.
    pub model: Model,
    pub header: Header,
    /// Where its publisher offers it.
    pub origin: String,
}

/// Copies a model file, if it is one of those that `workspace.yaml` lists. It lies under the name that it has there, since a
/// file's own name says nothing. Its templates go to where people read them: they are programs that the host runs.
pub fn place(
    file: &Path,
    listed: &[ModelFile],
    tree: &mut Tree,
    progress: &mut Progress<'_>,
) -> Result<Placed, Refusal> {
    let shown = visible(&file.to_string_lossy());
    progress.stage("models");
    let refused = |text: String| Refusal::new(Code::Usage, format!("{shown} {text}"));
    let header = File::open(file)
        .map_err(|fault| refused(format!("cannot be opened: {fault}")))
        .and_then(|opened| Header::read(&mut BufReader::new(opened)).map_err(&refused))?;
    // Before gigabytes are copied for nothing.
    let sha256 = sha256_of(file, &shown, progress)?;
    let Some(known) = listed.iter().find(|model| model.sha256 == sha256) else {
        let names: Vec<&str> = listed.iter().map(|model| model.name.as_str()).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        return Err(refused(format!(
            "has the SHA-256 {sha256}, and workspace.yaml lists no model with it (listed: {names}); if it was meant to be one \
             of these, fetch it again, else have it reviewed and add it to `models`"
        )));
    };
    let path = format!("models/{}.gguf", known.name);
    if tree.sha512(&path).is_some() {
        return Err(refused(format!("is `{}`, which was named before; name each model once", known.name)));
    }
    let digests = tree.copy(&path, file, progress)?;
    if digests.sha256 != sha256 {
        return Err(refused("was changed while it was copied; try again".to_owned()));
    }
    for (name, template) in &header.templates {
        tree.put(&template_path(&known.name, name), template.as_bytes())?;
    }
    let model = Model {
        bytes: digests.bytes,
        chunk_bytes: CHUNK_BYTES,
        chunks: digests.chunks,
        licence: known.licence.clone(),
        name: known.name.clone(),
        path,
        sha256,
        sha512: digests.sha512,
    };
    Ok(Placed { model, header, origin: known.source.clone() })
}

/// Where a template is read. Names that a model gives its templates are its publisher's, so what stands in no file name is
/// told by its digest.
fn template_path(model: &str, template: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if template.is_empty() {
        format!("review/chat-template-{model}.txt")
    } else if template.len() <= 40 && template.bytes().all(plain) {
        format!("review/chat-template-{model}.{template}.txt")
    } else {
        let digest = hex(&Sha256::digest(template.as_bytes()));
        format!("review/chat-template-{model}.name-{}.txt", &digest[..16])
    }
}

fn sha256_of(file: &Path, shown: &str, progress: &mut Progress<'_>) -> Result<String, Refusal> {
    use std::io::Read as _;
    let told = |fault| Refusal::internal(format!("cannot read {shown}"), fault);
    let mut opened = File::open(file).map_err(told)?;
    let total = opened.metadata().map_err(told)?.len();
    let (mut digest, mut done) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 20];
    loop {
        match opened.read(&mut buffer).map_err(told)? {
            0 => return Ok(hex(&digest.finalize())),
            count => {
                digest.update(&buffer[..count]);
                done += count as u64;
                progress.bytes(shown, done, total);
            }
        }
    }
}

/// What `models/NAME.json` says: digests, where it is from, and what its header says of it. `prefixes` are files that hold what
/// the model has read of rules and tools.
pub fn record(placed: &Placed, prefixes: &[Value]) -> Value {
    let Placed { model, header, origin } = placed;
    let templates: Vec<Value> = header
        .template_digests()
        .map(|(name, sha256)| json!({"name": name, "sha256": sha256, "file": template_path(&model.name, name)}))
        .collect();
    json!({
        "name": model.name,
        "path": model.path,
        "bytes": model.bytes,
        "sha256": model.sha256,
        "sha512": model.sha512,
        "chunk_bytes": model.chunk_bytes,
        "chunks": model.chunks,
        "licence": model.licence,
        "source": origin,
        "header": {
            "format": format!("GGUF {}", header.version),
            "architecture": header.architecture,
            "name": header.name,
            "licence": header.licence,
            "quantisation": header.quantisation,
            "context_tokens": header.context_tokens,
            "tensors": header.tensors,
            "tokenizer": header.tokenizer,
            "tokenizer_pre": header.tokenizer_pre,
            "tokens": header.tokens,
            "tokens_sha256": header.tokens_sha256,
        },
        "chat_templates": templates,
        "prefixes": prefixes,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use airlock_offer::hex;
    use airlock_seal::Code;
    use sha2::{Digest as _, Sha256};

    use super::{place, record, template_path};
    use crate::bundle::gguf::tests::small;
    use crate::bundle::progress::Progress;
    use crate::bundle::tree::Tree;
    use crate::ir::ModelFile;

    fn listed(bytes: &[u8]) -> ModelFile {
        ModelFile {
            name: "small-1".to_owned(),
            sha256: hex(&Sha256::digest(bytes)),
            licence: "Apache-2.0".to_owned(),
            source: "here".to_owned(),
        }
    }

    #[test]
    fn a_listed_model_is_copied_with_its_digests_and_its_templates() {
        let (from, to) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
        let file = from.path().join("Some Name.gguf");
        let bytes = [small().bytes(), vec![7; 100]].concat();
        fs::write(&file, &bytes).expect("written");
        let mut none = std::io::sink();
        let (mut tree, mut progress) = (Tree::new(to.path()), Progress::new(&mut none, false));
        let placed = place(&file, &[listed(&bytes)], &mut tree, &mut progress).expect("is listed");
        assert_eq!(placed.model.path, "models/small-1.gguf");
        assert_eq!(tree.sha512("models/small-1.gguf"), Some(&*placed.model.sha512));
        // One part: it is the whole.
        assert_eq!(placed.model.chunks, std::slice::from_ref(&placed.model.sha512));
        let template = fs::read_to_string(to.path().join("review/chat-template-small-1.txt")).expect("there");
        assert_eq!(template, "{{ messages }}");
        assert!(to.path().join("review/chat-template-small-1.tool_use.txt").is_file());
        let record = record(&placed, &[]);
        assert_eq!(record["header"]["quantisation"], "Q4_K_M");
        assert_eq!(record["chat_templates"][1]["file"], "review/chat-template-small-1.tool_use.txt");
        let twice = place(&file, &[listed(&bytes)], &mut tree, &mut progress).expect_err("twice");
        assert!(twice.text.contains("name each model once"), "{twice}");
    }

    #[test]
    fn an_unlisted_model_is_refused_before_it_is_copied() {
        let (from, to) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
        let file = from.path().join("a.gguf");
        fs::write(&file, small().bytes()).expect("written");
        let mut none = std::io::sink();
        let (mut tree, mut progress) = (Tree::new(to.path()), Progress::new(&mut none, false));
        let fault = place(&file, &[listed(b"other")], &mut tree, &mut progress).expect_err("is not listed");
        assert_eq!(fault.code, Code::Usage);
        assert!(fault.text.contains("listed: small-1") && fault.text.contains("add it to `models`"), "{fault}");
        assert_eq!(fs::read_dir(to.path()).expect("there").count(), 0);
    }

    #[test]
    fn a_template_lies_where_its_name_leads_nowhere_else() {
        assert_eq!(template_path("m", "../x"), "review/chat-template-m.name-d6b96a97d147daaa.txt");
        assert_eq!(template_path("m", "rag"), "review/chat-template-m.rag.txt");
    }
}
