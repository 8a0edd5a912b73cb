//! Model files, which are of all catalogs together. One is known by its digest: under the name that it had, other bytes are
//! another model.

use super::{Change, Kind};
use crate::ir::ModelFile;
use crate::load::WORKSPACE;
use crate::report::visible;
use crate::wording::contrast;

/// Every model file that may newly be loaded, that may no longer, and of which something else is said.
pub fn compare_models(old: &[ModelFile], new: &[ModelFile]) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |kind, detail: String| {
        changes.push(Change { kind, catalog: WORKSPACE.to_owned(), tool: None, detail: visible(&detail) });
    };
    let same = |of: &[ModelFile], model: &ModelFile| of.iter().find(|other| other.sha256 == model.sha256).cloned();
    for model in new {
        let Some(before) = same(old, model) else {
            add(Kind::ModelAdded, told(model));
            continue;
        };
        // Named one by one: a field that is added to a model must be thought of here.
        let ModelFile { name, sha256: _, licence, source } = &before;
        if *name != model.name {
            add(Kind::ModelChanged, format!("`{name}` is called `{}`", model.name));
        }
        if *licence != model.licence {
            add(Kind::ModelChanged, format!("`{}`, licence: {}", model.name, contrast(licence, &model.licence)));
        }
        if *source != model.source {
            add(Kind::ModelChanged, format!("`{}`, source: {}", model.name, contrast(source, &model.source)));
        }
    }
    for model in old.iter().filter(|model| same(new, model).is_none()) {
        add(Kind::ModelRemoved, told(model));
    }
    changes
}

fn told(model: &ModelFile) -> String {
    let ModelFile { name, sha256, licence, source } = model;
    format!("`{name}`, SHA-256 {sha256}, licence {licence}, from {source}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str, sha256: &str) -> ModelFile {
        ModelFile { name: name.into(), sha256: sha256.into(), licence: "MIT".into(), source: "here".into() }
    }

    #[test]
    fn a_model_is_its_digest() {
        let old = [model("gone", "0"), model("large", "1"), model("small", "2")];
        let said = ModelFile { licence: "Apache-2.0".into(), source: "there".into(), ..model("smaller", "2") };
        let new = [model("large", "3"), said];
        let told = |old: &[ModelFile], new: &[ModelFile]| -> Vec<String> {
            compare_models(old, new).into_iter().map(|one| format!("{} {}", one.kind.word(), one.detail)).collect()
        };
        assert_eq!(
            told(&old, &new),
            [
                "model_added `large`, SHA-256 3, licence MIT, from here",
                "model_changed `small` is called `smaller`",
                "model_changed `smaller`, licence: \"MIT\" -> \"Apache-2.0\"",
                "model_changed `smaller`, source: \"here\" -> \"there\"",
                "model_removed `gone`, SHA-256 0, licence MIT, from here",
                "model_removed `large`, SHA-256 1, licence MIT, from here",
            ]
        );
        assert_eq!(told(&old, &old), [] as [String; 0]);
    }
}
