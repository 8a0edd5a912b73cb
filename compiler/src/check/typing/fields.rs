//! `a.b`: members of objects.

use jmespath::ast::Ast;

use super::expression::Typer;
use super::heads::{Head, Member, View, identifier, is_asked};
use super::remark::{Declared, Remark, joint_patch, owner, owners};
use super::types::Type;
use crate::ir::Shape;
use crate::report::did_you_mean;

/// How many names a remark lists.
const LISTED_MAX: usize = 8;

/// How many schemas a remark shows.
const SHOWN_MAX: usize = 3;

/// What was found under a name among the alternatives of a type.
#[derive(Default)]
struct Found<'s, 'h> {
    types: Vec<Type<'s>>,
    /// Objects that list their members and have none of this name.
    without: Vec<&'h Head<'s>>,
    /// Objects and unknown values that have it, or may have it.
    with: usize,
    /// Values that are no objects.
    others: Vec<&'h Head<'s>>,
    is_open: bool,
    is_unsaid: bool,
    is_unknown: bool,
    is_write_only: bool,
}

impl<'s> Typer<'s, '_> {
    /// The member `name` of a value. `joint` is what stands before it and the byte of the dot, where there is one.
    pub(super) fn field(
        &mut self,
        node: &Ast,
        joint: Option<(&Ast, usize)>,
        name: &str,
        current: &Type<'s>,
    ) -> Type<'s> {
        let heads = self.heads(current);
        let found = self.members(&heads, name);
        let mark = self.spans.mark(node);
        if found.with == 0 && !heads.is_empty() && !found.is_unknown {
            if found.is_write_only {
                self.say(Remark::write_only(mark, name));
                return Type::Any;
            }
            if found.without.is_empty() {
                return self.no_object(mark, joint, name, &found, &heads);
            }
            return self.unknown_field(mark, name, &found);
        }
        if found.is_open {
            self.say(Remark::open_field(mark.clone(), name, None));
        } else if found.is_unsaid {
            self.say(Remark::unsaid(mark.clone()));
        }
        let lacks = !found.without.is_empty() || !found.others.is_empty();
        if lacks && !found.is_open && !found.is_unsaid && !is_asked(current) {
            let is_any = heads.iter().any(|head| matches!(head.view, View::Any));
            if !is_any {
                self.say(Remark::some_branches(mark, name, found.with, found.without.len() + found.others.len()));
            }
        }
        Type::union(found.types)
    }

    fn members<'h>(&mut self, heads: &'h [Head<'s>], name: &str) -> Found<'s, 'h> {
        let mut found = Found::default();
        for head in heads {
            match head.view.member(name, self.doubts) {
                Some(Member::Known(member) | Member::Rest(member)) => {
                    found.with += 1;
                    found.types.push(member);
                }
                Some(Member::Open(member)) => {
                    found.with += 1;
                    found.is_open = true;
                    found.types.push(member);
                }
                Some(Member::Unsaid(member)) => {
                    found.with += 1;
                    found.is_unsaid = true;
                    found.types.push(member);
                }
                Some(Member::WriteOnly) => {
                    found.is_write_only = true;
                    found.without.push(head);
                    found.types.push(Type::Null);
                }
                Some(Member::Missing) => {
                    found.without.push(head);
                    found.types.push(Type::Null);
                }
                None => {
                    match head.view {
                        View::Any => {
                            found.with += 1;
                            // What a document says nothing about; what a rule has made of it was told where it did.
                            found.is_unsaid |= matches!(head.of, Type::Document(_));
                            found.types.push(head.of.clone());
                            continue;
                        }
                        View::Null => {}
                        View::Perhaps => {
                            found.is_unknown = true;
                            found.types.push(Type::Perhaps);
                            continue;
                        }
                        _ => found.others.push(head),
                    }
                    found.types.push(Type::Null);
                }
            }
        }
        found
    }

    /// None of the alternatives is an object.
    fn no_object(
        &mut self,
        mark: std::ops::Range<usize>,
        joint: Option<(&Ast, usize)>,
        name: &str,
        found: &Found<'s, '_>,
        heads: &[Head<'s>],
    ) -> Type<'s> {
        if found.others.is_empty() {
            self.say(Remark::of_null(mark, &format!("`{}`", identifier(name))));
            return Type::Any;
        }
        let is_list = self.items_have(&found.others, name);
        let remark = Remark::no_object(mark.clone(), name, &super::remark::kinds(heads));
        self.say(if is_list {
            let patch = joint.and_then(|(_, dot)| joint_patch(self.text, dot, mark.end));
            remark.help_with_list(patch)
        } else {
            remark.help("only an object has fields: take what stands before it, or another part of the answer")
        });
        Type::Any
    }

    /// Whether there are lists among these whose items have a member of this name.
    fn items_have(&mut self, heads: &[&Head<'s>], name: &str) -> bool {
        let items: Vec<Type<'s>> = heads
            .iter()
            .filter_map(|head| match &head.view {
                View::List(item) => Some(item.clone()),
                _ => None,
            })
            .collect();
        let doubts = self.doubts;
        self.heads(&Type::union(items)).iter().any(|head| {
            matches!(
                head.view.member(name, doubts),
                Some(Member::Known(_) | Member::Rest(_) | Member::Open(_) | Member::Unsaid(_))
            )
        })
    }

    fn unknown_field(&mut self, mark: std::ops::Range<usize>, name: &str, found: &Found<'s, '_>) -> Type<'s> {
        let mut listed: Vec<&str> = found.without.iter().flat_map(|head| head.view.listed()).collect();
        listed.sort_unstable();
        listed.dedup();
        let meant = did_you_mean(name, listed.iter().copied()).map(str::to_owned);
        if self.is_open {
            self.say(Remark::open_field(mark, name, meant.as_deref()));
            let unlisted = found.without.iter().map(|head| match &head.view {
                View::Object(_, place) => Type::Document(place.member(&Shape::Any, name)),
                _ => Type::Any,
            });
            return Type::union(unlisted.collect::<Vec<_>>());
        }
        let names = owners(&found.without);
        let owner = owner(&names, found.without.len());
        let shown: Vec<String> = listed.iter().take(LISTED_MAX).map(|name| format!("`{}`", identifier(name))).collect();
        let more =
            if listed.len() > LISTED_MAX { format!(" and {} more", listed.len() - LISTED_MAX) } else { String::new() };
        let listed = format!("{}{more}", shown.join(", "));
        let remark = Remark::unknown_field(mark, self.text, name, &owner, meant.as_deref(), &listed);
        let schemas = names.into_iter().take(SHOWN_MAX);
        self.say(remark.about(schemas.map(|schema| Declared { schema, member: None })));
        Type::Any
    }
}
