//! Step 5: [`CheckedCatalog`] -> [`Catalog`]: plain data. Places end here, so nothing after it can fail.

use jmespath::ast::{Ast, Comparator as AstComparator};

use airlock_prune::Plan;

use crate::check::{CheckedCatalog, ToolFacts};
use crate::ir::{Body, Catalog, Class, Comparator, Encoding, Excluded, Form, Refused, Rule, Tool, Upstream};
use crate::resolve::{Declared, Left, ResolvedTool, one_line};

/// Lowers every catalog.
pub fn lower(catalogs: Vec<CheckedCatalog>) -> Vec<Catalog> {
    catalogs.into_iter().map(lower_catalog).collect()
}

fn lower_catalog(catalog: CheckedCatalog) -> Catalog {
    let CheckedCatalog { resolved, facts, answers, prompts } = catalog;
    let upstreams = resolved.upstreams.into_iter().map(|(name, upstream)| Upstream {
        name,
        base_path: upstream.base_path,
        transport: upstream.transport,
        credentials: upstream.credentials.into_values().collect(),
    });
    let document = resolved.document_name;
    let tools = resolved.tools.into_iter().zip(facts).map(|(tool, facts)| lower_tool(tool, facts, &document)).collect();
    let excluded = resolved.excluded.into_iter().map(|left| lower_excluded(left, &document)).collect();
    Catalog {
        upstreams: upstreams.collect(),
        title: one_line(&resolved.manifest.title),
        name: resolved.name,
        document,
        document_sha256: resolved.document_sha256,
        shapes: resolved.shapes,
        answers,
        tools,
        prompts,
        excluded,
        labels: Vec::new(),
    }
}

fn lower_excluded(left: Left, document: &str) -> Excluded {
    let Left { found, summary, refusal } = left;
    Excluded {
        operation: format!("{document}#{}", found.pointer),
        method: found.method,
        path: found.path,
        title: summary,
        refusal: refusal.map(|refusal| Refused { code: refusal.code, reason: refusal.reason }),
    }
}

fn lower_tool(tool: ResolvedTool, facts: ToolFacts, document: &str) -> Tool {
    let ResolvedTool { name, manifest, operation, upstream, credentials, answer: _ } = tool;
    let prune = lower_rule(&facts.rule);
    // `check` has let no rule pass that has no plan.
    let class = Plan::new(&prune).map_or(Class::NeedSet, |plan| plan.class());
    let title = manifest.title.as_deref().map(one_line).filter(|title| !title.is_empty());
    let mut accept: Vec<&str> = Vec::new();
    for Declared { answer, .. } in &operation.answers {
        if !answer.media_type.is_empty() && !accept.contains(&answer.media_type.as_str()) {
            accept.push(&answer.media_type);
        }
    }
    Tool {
        title: title
            .or_else(|| Some(operation.summary).filter(|text| !text.is_empty()))
            .unwrap_or_else(|| name.clone()),
        description: one_line(&manifest.description),
        effect: facts.effect,
        effect_declared: facts.effect_declared,
        operation: format!("{document}#{}", operation.found.pointer),
        upstream,
        credentials,
        method: operation.method,
        path: operation.found.path,
        accept: accept.join(", "),
        body: operation.body.map_or(Body::None, |body| body.content),
        arguments: facts.arguments,
        notes: operation.notes.iter().map(|note| format!("{}: {}", note.pointer, note.text)).collect(),
        answers: operation.answers.into_iter().map(|declared| declared.answer).collect(),
        bytes_max: manifest.response.bytes_max,
        encodings: manifest.response.encodings.into_iter().flatten().map(Encoding::from).collect(),
        redirects: manifest.response.redirects.unwrap_or_default(),
        file_bytes_max: manifest.response.file_bytes_max.unwrap_or_default(),
        pages: facts.pages,
        rule: manifest.prune.trim().to_owned(),
        prune,
        class,
        sample: facts.sample,
        form: manifest.result.map_or(Form::Json, Form::from),
        output: facts.output,
        fields: facts.fields,
        flow: None,
        name,
    }
}

/// One node of JMESPath's tree to one of ours.
pub fn lower_rule(rule: &Ast) -> Rule {
    let boxed = |rule: &Ast| Box::new(lower_rule(rule));
    match rule {
        Ast::Identity { .. } => Rule::Current,
        Ast::Field { name, .. } => Rule::Field(name.clone()),
        Ast::Index { idx, .. } => Rule::Index(*idx),
        Ast::Slice { start, stop, step, .. } => Rule::Slice(*start, *stop, *step),
        Ast::Subexpr { lhs, rhs, .. } => Rule::Then(boxed(lhs), boxed(rhs)),
        Ast::Projection { lhs, rhs, .. } => Rule::Each(boxed(lhs), boxed(rhs)),
        Ast::Flatten { node, .. } => Rule::Flatten(boxed(node)),
        Ast::ObjectValues { node, .. } => Rule::Values(boxed(node)),
        Ast::Condition { predicate, then, .. } => Rule::When(boxed(predicate), boxed(then)),
        Ast::MultiHash { elements, .. } => {
            Rule::Object(elements.iter().map(|element| (element.key.clone(), lower_rule(&element.value))).collect())
        }
        Ast::MultiList { elements, .. } => Rule::List(elements.iter().map(lower_rule).collect()),
        Ast::Literal { value, .. } => Rule::Literal(value.to_string()),
        Ast::Comparison { comparator, lhs, rhs, .. } => {
            Rule::Compare(boxed(lhs), lower_comparator(comparator), boxed(rhs))
        }
        Ast::And { lhs, rhs, .. } => Rule::And(boxed(lhs), boxed(rhs)),
        Ast::Or { lhs, rhs, .. } => Rule::Or(boxed(lhs), boxed(rhs)),
        Ast::Not { node, .. } => Rule::Not(boxed(node)),
        Ast::Function { name, args, .. } => Rule::Call(name.clone(), args.iter().map(lower_rule).collect()),
        Ast::Expref { ast, .. } => Rule::Expression(boxed(ast)),
    }
}

fn lower_comparator(comparator: &AstComparator) -> Comparator {
    match comparator {
        AstComparator::Equal => Comparator::Equal,
        AstComparator::NotEqual => Comparator::NotEqual,
        AstComparator::LessThan => Comparator::Less,
        AstComparator::LessThanEqual => Comparator::LessOrEqual,
        AstComparator::GreaterThan => Comparator::Greater,
        AstComparator::GreaterThanEqual => Comparator::GreaterOrEqual,
    }
}
