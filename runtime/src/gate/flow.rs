//! Whether what a conversation has read may be sent on, decided before anything leaves.
//!
//! The compiler has let no profile pass that joins a result with a tool that is not cleared for it. Here the same holds for
//! what was read indeed: a call is admitted, or refused, or waits for a person, who is told what would be sent on. The tool is
//! added to what was read when its call is admitted, under the same lock, and not when its answer is there: whoever has read an
//! answer was admitted before, so no call that could hold a word of it is judged without it.

use std::collections::BTreeMap;
use std::fmt;

use airlock_contract::{Above, Catalog, Effect, Flow, Program, Tool};

use super::call::Approval;
use super::open::StartError;
use super::session::{Read, Session};
use super::{Entry, Gate, Refusal, RefusalKind, unapproved};

/// The chain of labels, and what each tool of the program gives.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels {
    chain: &'static [&'static str],
    /// The place in the chain of what each tool gives, by its name: of every tool of the program, since a conversation may go
    /// on that has read what is not offered here.
    given: BTreeMap<&'static str, usize>,
}

impl Labels {
    /// Those of a program. Fails where a tool names a label that the chain does not have, or none where there is a chain.
    pub(super) fn of(program: &Program) -> Result<Self, StartError> {
        let chain = program.labels;
        let mut given = BTreeMap::new();
        for (catalog, tool) in tools(program.catalogs) {
            let broken = |what: &str| {
                let fault = format!("catalog `{}`, tool `{}`: {what}", catalog.name, tool.name);
                StartError(format!("{fault}; build compiler, generated source and host from one release"))
            };
            let Some(Flow { label, unpruned, clearance, .. }) = &tool.flow else {
                if !chain.is_empty() {
                    return Err(broken("it has no label, and the program has labels"));
                }
                continue;
            };
            let rank = |label: &str| chain.iter().position(|known| *known == label);
            let (Some(label), Some(_), Some(_)) = (rank(label), rank(unpruned), rank(clearance)) else {
                return Err(broken("it names a label that the program does not have"));
            };
            given.insert(tool.name, label);
        }
        Ok(Self { chain, given })
    }

    fn rank(&self, label: &str) -> usize {
        // `of` has let no other word pass.
        self.chain.iter().position(|known| *known == label).unwrap_or_else(|| self.top())
    }

    fn top(&self) -> usize {
        self.chain.len().saturating_sub(1)
    }

    /// The place of what a tool gives; of one that the program does not have, the highest.
    pub(super) fn given(&self, tool: &str) -> usize {
        self.given.get(tool).copied().unwrap_or_else(|| self.top())
    }

    /// The highest label of what was read.
    fn mark(&self, read: &Read) -> Option<&'static str> {
        let unknown = read.is_unknown.then(|| self.top());
        let rank = read.tools.iter().map(|tool| self.given(tool)).chain(unknown).max().unwrap_or(0);
        self.chain.get(rank).copied()
    }
}

fn tools(catalogs: &'static [&'static Catalog]) -> impl Iterator<Item = (&'static Catalog, &'static Tool)> {
    catalogs.iter().flat_map(|catalog| catalog.tools.iter().map(|tool| (*catalog, tool)))
}

/// What a call would send on above the clearance of its tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// The highest label among it.
    pub label: &'static str,
    /// What the tool is cleared for.
    pub clearance: &'static str,
    /// What becomes of such a call.
    pub above: Above,
    /// The tools that gave what has this label, sorted; none where it is not known.
    pub from: Vec<String>,
    /// Whether nothing is remembered of what was read, so that all that is offered counts.
    pub is_assumed: bool,
}

/// Names of tools that are told.
const FROM_MAX: usize = 4;

impl fmt::Display for Crossing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, clearance, from, is_assumed, .. } = self;
        let mut names: Vec<String> = from.iter().take(FROM_MAX).map(|name| format!("`{name}`")).collect();
        if from.len() > FROM_MAX {
            names.push(format!("{} others", from.len() - FROM_MAX));
        }
        let of = if names.is_empty() { String::new() } else { format!(" of {}", names.join(", ")) };
        write!(formatter, "it is cleared for `{clearance}`, and ")?;
        if *is_assumed {
            write!(
                formatter,
                "results{of} are `{label}`: over this connection nothing is remembered, so they are taken to have been read"
            )
        } else {
            write!(formatter, "this conversation has read what is `{label}`{of}")
        }
    }
}

/// What the marks were when a call was judged, for its record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks {
    pub(super) before: Option<&'static str>,
    pub(super) after: Option<&'static str>,
}

impl Gate {
    /// The labels of this program, the lowest first; none where nothing is labelled.
    pub fn labels(&self) -> &'static [&'static str] {
        self.labels.chain
    }

    /// The highest label that a conversation has read; without one, the highest that is offered. None where nothing is
    /// labelled.
    pub fn mark(&self, session: Option<&Session>) -> Option<&'static str> {
        match session {
            _ if self.labels.chain.is_empty() => None,
            Some(session) => self.labels.mark(&session.lock()),
            None => self.labels.chain.get(self.top_offered()).copied(),
        }
    }

    /// What a call of this tool would now send on above its clearance; none if nothing, or if there is no such tool.
    pub fn crossing(&self, tool: &str, session: Option<&Session>) -> Option<Crossing> {
        let entry = self.tool(tool)?;
        match session {
            Some(session) => self.crosses(entry, Some(&*session.lock())),
            None => self.crosses(entry, None),
        }
    }

    /// Refuses tools that must not be offered together, whoever calls them.
    pub fn check_flows(&self) -> Result<(), StartError> {
        let all = self.readable();
        for entry in &self.entries {
            let crossing = self.crosses(entry, Some(&all)).filter(|crossing| crossing.above == Above::Refused);
            if let Some(Crossing { label, clearance, from, .. }) = crossing {
                let names: Vec<String> = from.iter().map(|name| format!("`{name}`")).collect();
                return Err(StartError(format!(
                    "`{}` is cleared for `{clearance}`, and beside it {} would give what is `{label}`; start with `--profile \
                     NAME`, of a profile that keeps them apart",
                    entry.tool.name,
                    names.join(", ")
                )));
            }
        }
        Ok(())
    }

    /// Lets a call on its way, and notes that its answer is read from now on; or says why not.
    pub(super) fn admit(
        &self,
        entry: &Entry,
        session: Option<&Session>,
        approval: Approval,
        marks: &mut Marks,
    ) -> Result<(), Refusal> {
        let mut read = session.map(Session::lock);
        let crossing = self.crosses(entry, read.as_deref());
        if let Some(read) = &read {
            let mark = self.labels.mark(read);
            *marks = Marks { before: mark, after: mark };
        }
        // What no yes can allow comes first, so that nobody is asked in vain.
        if let Some(crossing) = crossing.as_ref().filter(|crossing| crossing.above == Above::Refused) {
            return Err(refused(entry.tool, crossing));
        }
        if entry.tool.effect != Effect::Read && !approval.is_granted() {
            return Err(unapproved(entry.tool, approval));
        }
        if let Some(crossing) = &crossing {
            self.check_told(entry.tool, crossing, approval)?;
        }
        if let Some(read) = &mut read {
            read.tools.insert(entry.tool.name.to_owned());
            marks.after = self.labels.mark(read);
        }
        Ok(())
    }

    /// Only a person who was told of this label, or of a higher one, allows the call.
    fn check_told(&self, tool: &Tool, crossing: &Crossing, approval: Approval) -> Result<(), Refusal> {
        match approval {
            Approval::PersonTold(label) if self.labels.rank(label) >= self.labels.rank(crossing.label) => Ok(()),
            Approval::Declined => Err(unapproved(tool, approval)),
            _ => Err(Refusal::new(
                RefusalKind::FlowApproval,
                format!(
                    "`{}` was not called: {crossing}. A retry will not help; a person has to allow this very call, where the \
                     client or the terminal can ask one. What is allowed for all calls does not count.",
                    tool.name
                ),
            )),
        }
    }

    /// What was read above the clearance of a tool, and is not declassified for it. Where it is not known what was read, all
    /// that can be.
    fn crosses(&self, entry: &Entry, read: Option<&Read>) -> Option<Crossing> {
        let tool = entry.tool;
        let Flow { clearance, above, declassified, .. } = tool.flow.filter(|_| tool.sends())?;
        let (cleared, is_assumed) = (self.labels.rank(clearance), read.is_none());
        let top = if is_assumed { self.top_offered() } else { self.labels.top() };
        if cleared >= top {
            return None;
        }
        let all = is_assumed.then(|| self.readable());
        let read = read.or(all.as_ref())?;
        let is_free = |name: &str| declassified.iter().any(|flow| flow.from == name);
        let above_it = |name: &&String| self.labels.given(name) > cleared && !is_free(name);
        let mut from: Vec<String> = read.tools.iter().filter(above_it).cloned().collect();
        let unknown = (read.is_unknown && self.labels.top() > cleared).then(|| self.labels.top());
        let rank = from.iter().map(|name| self.labels.given(name)).chain(unknown).max()?;
        // Those of the highest label are told; whoever allows it allows what is below.
        from.retain(|name| self.labels.given(name) == rank);
        Some(Crossing { label: self.labels.chain.get(rank)?, clearance, above, from, is_assumed })
    }

    /// The place of the highest label that can be read here.
    fn top_offered(&self) -> usize {
        self.entries.iter().map(|entry| entry.label).max().unwrap_or(0)
    }

    /// All that can be read here.
    fn readable(&self) -> Read {
        Read { tools: self.entries.iter().map(|entry| entry.tool.name.to_owned()).collect(), is_unknown: false }
    }
}

fn refused(tool: &Tool, crossing: &Crossing) -> Refusal {
    let way_out = if crossing.is_assumed {
        "A retry will not help; tell the operator, who can serve the tools in different profiles."
    } else {
        "A retry will not help. In a new conversation, which has not read that, it can be called."
    };
    Refusal::new(RefusalKind::Flow, format!("`{}` was not called: {crossing}. {way_out}", tool.name))
}

/// Whether an upstream's own words are kept back: no rule has looked at them, and the tool's label is that of its rule.
pub(super) fn keeps_words_back(tool: &Tool) -> bool {
    tool.flow.is_some_and(|flow| flow.label != flow.unpruned)
}
