//! One tool beside its former self.

use std::collections::BTreeSet;

use super::{Changes, Kind, Risk, argument, fields, flow, shape};
use crate::ir::{Catalog, Effect, Sample, Tool};
use crate::wording::{self, answer, body, contrast, listed, or_nothing};

pub(super) fn compare(old: &Tool, new: &Tool, old_catalog: &Catalog, new_catalog: &Catalog, changes: &mut Changes) {
    // Named one by one: a field that is added to a tool must be thought of here.
    let Tool {
        name: _,
        title,
        description,
        effect: _,
        effect_declared: _,
        operation,
        upstream: _,
        credentials: _,
        method: _,
        path: _,
        accept: _,
        body: _,
        arguments,
        notes,
        answers,
        bytes_max: _,
        encodings,
        redirects,
        file_bytes_max,
        pages,
        rule: _,
        prune,
        class,
        sample,
        form,
        output: _,
        fields: _,
        flow,
    } = old;
    changes.part("the title", title, &new.title, |changes| {
        changes.add(Kind::TitleChanged, contrast(title, &new.title));
    });
    changes.part("the description", description, &new.description, |changes| {
        changes.add(Kind::DescriptionChanged, contrast(description, &new.description));
    });
    compare_effect(old, new, changes);
    compare_request(old, new, changes);
    argument::compare_all(arguments, &new.arguments, &old_catalog.shapes, &new_catalog.shapes, changes);
    changes.part("the pointer of the operation", operation, &new.operation, |changes| {
        changes.add(Kind::OperationMoved, format!("`{operation}` is now `{}`", new.operation));
    });
    changes.part("the list of notes", notes, &new.notes, |changes| {
        compare_lists(notes, &new.notes, Kind::NoteAdded, Kind::NoteRemoved, Clone::clone, changes);
    });
    changes.part("the list of answers", answers, &new.answers, |changes| {
        compare_lists(answers, &new.answers, Kind::AnswerAdded, Kind::AnswerRemoved, answer, changes);
    });
    compare_cap(old, new, changes);
    changes.part("the encodings", encodings, &new.encodings, |changes| {
        let words = |tool: &Tool| or_nothing(&wording::encodings(tool));
        changes.add(Kind::EncodingsChanged, format!("{} instead of {}", words(new), words(old)));
    });
    changes.part("the list of redirects", redirects, &new.redirects, |changes| {
        let system = |name: &String| format!("the system `{name}`");
        let (added, removed) = (Kind::RedirectAdded, Kind::RedirectRemoved);
        compare_lists(redirects, &new.redirects, added, removed, system, changes);
    });
    changes.part("the cap of files", file_bytes_max, &new.file_bytes_max, |changes| {
        let kind = if new.file_bytes_max > *file_bytes_max { Kind::FileCapRaised } else { Kind::FileCapLowered };
        changes.add(kind, format!("{} bytes instead of {file_bytes_max}", new.file_bytes_max));
    });
    changes.part("how pages are gathered", pages, &new.pages, |changes| {
        let words = |tool: &Tool| tool.pages.as_ref().map_or("one page".to_owned(), wording::pages);
        changes.add(Kind::PagesChanged, format!("{}; before, {}", words(new), words(old)));
    });
    let is_other_output = compare_output(old, new, old_catalog, new_catalog, changes);
    let is_other_rule = *prune != new.prune;
    // An answer that is no longer taken brings nothing.
    let is_other_answer = is_other_output || new.answers.iter().any(|answer| !answers.contains(answer));
    fields::compare(&old.fields, &new.fields, is_other_rule || is_other_answer, changes);
    compare_rule(old, new, changes);
    changes.part("the plan", class, &new.class, |changes| {
        let (before, after) = (class.name(), new.class.name());
        changes.add(Kind::PlanChanged, format!("{after}, which holds {}, instead of {before}", new.class.holds()));
    });
    changes.part("the result's form", form, &new.form, |changes| {
        changes.add(Kind::ResultFormChanged, format!("`{}` instead of `{}`", new.form.word(), form.word()));
    });
    changes.part("the labels", flow, &new.flow, |changes| {
        flow::compare(flow.as_ref(), new.flow.as_ref(), &old_catalog.labels, &new_catalog.labels, changes);
    });
    changes.part("the sample", sample, &new.sample, |changes| {
        compare_sample(sample.as_ref(), new.sample.as_ref(), changes);
    });
}

fn compare_effect(old: &Tool, new: &Tool, changes: &mut Changes) {
    changes.part("the effect", &old.effect, &new.effect, |changes| {
        let detail = format!("{} instead of {}, by {}", new.effect.word(), old.effect.word(), new.method.word());
        // Only what is declared does less than its method: then nobody is asked before a call.
        let kind = match (new.effect > old.effect, new.effect_declared && new.effect == Effect::Read) {
            (true, _) => Kind::EffectRaised,
            (false, true) => Kind::EffectWaived,
            (false, false) => Kind::EffectLowered,
        };
        changes.add(kind, detail);
    });
    if old.effect == new.effect {
        let part = "whether the catalog states another effect than the method implies";
        changes.part(part, &old.effect_declared, &new.effect_declared, |_| {});
    }
}

/// What leaves the machine, but for arguments.
fn compare_request(old: &Tool, new: &Tool, changes: &mut Changes) {
    changes.part("the system", &old.upstream, &new.upstream, |changes| {
        changes.add(Kind::UpstreamChanged, format!("`{}` instead of `{}`", new.upstream, old.upstream));
    });
    changes.part("the method", &old.method, &new.method, |changes| {
        changes.add(Kind::MethodChanged, format!("{} instead of {}", new.method.word(), old.method.word()));
    });
    changes.part("the path", &old.path, &new.path, |changes| {
        changes.add(Kind::PathChanged, format!("`{}` instead of `{}`", new.path, old.path));
    });
    changes.part("the list of secrets", &old.credentials, &new.credentials, |changes| {
        let secret = |name: &String| format!("the secret `{name}`");
        let (added, removed) = (Kind::CredentialAdded, Kind::CredentialRemoved);
        compare_lists(&old.credentials, &new.credentials, added, removed, secret, changes);
    });
    changes.part("the Accept header", &old.accept, &new.accept, |changes| {
        let types = |accept: &str| -> BTreeSet<String> { accept.split(", ").map(str::to_owned).collect() };
        // Without the header an upstream may answer with anything.
        let is_less = !new.accept.is_empty() && types(&new.accept).is_subset(&types(&old.accept));
        let kind = if is_less { Kind::AcceptNarrowed } else { Kind::AcceptChanged };
        changes.add(kind, format!("{} instead of {}", or_nothing(&new.accept), or_nothing(&old.accept)));
    });
    changes.part("the body", &old.body, &new.body, |changes| {
        changes.add(Kind::BodyChanged, format!("{} instead of {}", body(&new.body), body(&old.body)));
    });
}

fn compare_cap(old: &Tool, new: &Tool, changes: &mut Changes) {
    changes.part("the cap", &old.bytes_max, &new.bytes_max, |changes| {
        let kind = if new.bytes_max > old.bytes_max { Kind::CapRaised } else { Kind::CapLowered };
        changes.add(kind, format!("{} bytes instead of {}", new.bytes_max, old.bytes_max));
    });
}

/// The shape of the result, in few lines: which fields stand in it is told one by one. Whether it is another one.
fn compare_output(old: &Tool, new: &Tool, old_catalog: &Catalog, new_catalog: &Catalog, changes: &mut Changes) -> bool {
    let found = shape::compare("result", &old.output, &new.output, &old_catalog.answers, &new_catalog.answers);
    let is_other = !found.is_empty();
    let (mut other, mut less) = (Vec::new(), Vec::new());
    for (kind, detail) in found {
        match kind {
            Kind::ArgumentDescriptionChanged => changes.add(Kind::OutputDescriptionChanged, detail),
            Kind::ShapeRenamed => changes.add(kind, detail),
            _ if kind.risk() > Risk::Low || kind == Kind::Other => other.push(detail),
            _ => less.push(detail),
        }
    }
    if !other.is_empty() {
        changes.add(Kind::OutputChanged, listed(&other));
    }
    if !less.is_empty() {
        changes.add(Kind::OutputNarrowed, listed(&less));
    }
    is_other
}

fn compare_rule(old: &Tool, new: &Tool, changes: &mut Changes) {
    if old.prune == new.prune {
        let bare = |rule: &str| rule.chars().filter(|char| !char.is_whitespace()).collect::<String>();
        if bare(&old.rule) != bare(&new.rule) {
            changes.add(Kind::RuleRewritten, contrast(&old.rule, &new.rule));
        }
        return;
    }
    let kind = if fields::is_less(&old.fields, &new.fields) { Kind::RuleNarrowed } else { Kind::RuleChanged };
    changes.add(kind, contrast(&old.rule, &new.rule));
}

fn compare_sample(old: Option<&Sample>, new: Option<&Sample>, changes: &mut Changes) {
    let detail = match (old, new) {
        (Some(old), Some(new)) => {
            let Sample { bytes_in, json, rows } = old;
            let mut parts = Vec::new();
            if *json != new.json {
                parts.push(contrast(json, &new.json));
            }
            if *rows != new.rows {
                let rows = |sample: &Sample| sample.rows.clone().unwrap_or_default();
                parts.push(format!("rows {}", contrast(&rows(old), &rows(new))));
            }
            if *bytes_in != new.bytes_in {
                parts.push(format!("an answer of {} bytes instead of {bytes_in}", new.bytes_in));
            }
            parts.join("; ")
        }
        (None, Some(_)) => "the rule is newly tried on an answer".to_owned(),
        _ => "the rule is no longer tried on an answer".to_owned(),
    };
    changes.add(Kind::SampleChanged, detail);
}

/// Tells what stands in one list alone.
fn compare_lists<T: PartialEq>(
    old: &[T],
    new: &[T],
    added: Kind,
    removed: Kind,
    told: impl Fn(&T) -> String,
    changes: &mut Changes,
) {
    for (list, other, kind) in [(new, old, added), (old, new, removed)] {
        for one in list.iter().filter(|one| !other.contains(one)) {
            changes.add(kind, told(one));
        }
    }
}
