//! Rules of a filter as data, and from there to what the kernel reads.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

/// What an argument has to be: some of its bits have a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition {
    argument: u8,
    length: Length,
    mask: u64,
    value: u64,
}

/// How much of an argument the kernel reads.
#[derive(Clone, Copy, Debug)]
enum Length {
    /// An `int`: what stands above it is ignored.
    Word,
    /// A pointer or a `long`.
    Long,
}

/// An `int` argument is this value.
pub(super) const fn equals(argument: u8, value: i32) -> Condition {
    Condition { argument, length: Length::Word, mask: u32::MAX as u64, value: value.cast_unsigned() as u64 }
}

/// A request of ioctl(2), which is as wide as an `int`.
pub(super) const fn is_request(argument: u8, request: u64) -> Condition {
    Condition { argument, length: Length::Word, mask: u32::MAX as u64, value: request & u32::MAX as u64 }
}

/// An `int` argument has these bits as in `value`; the others do not matter.
pub(super) const fn masked(argument: u8, mask: i32, value: i32) -> Condition {
    let (mask, value) = (mask.cast_unsigned() as u64, value.cast_unsigned() as u64);
    Condition { argument, length: Length::Word, mask, value }
}

/// An `int` argument has none of these bits.
pub(super) const fn lacks(argument: u8, bits: i32) -> Condition {
    masked(argument, bits, 0)
}

/// A pointer is null.
pub(super) const fn is_null(argument: u8) -> Condition {
    Condition { argument, length: Length::Long, mask: u64::MAX, value: 0 }
}

/// The calls that a filter names. One that is named more than once may be made if any of its rules fits.
#[derive(Default)]
pub(super) struct Rules(BTreeMap<libc::c_long, Vec<Vec<Condition>>>);

impl Rules {
    /// These calls, whatever their arguments.
    pub(super) fn allow_all(&mut self, calls: &[libc::c_long]) {
        for call in calls {
            self.0.insert(*call, Vec::new());
        }
    }

    /// One call, if its arguments meet all of these conditions.
    pub(super) fn allow_if(&mut self, call: libc::c_long, conditions: &[Condition]) {
        self.0.entry(call).or_default().push(conditions.to_vec());
    }

    /// One call, if an `int` argument is one of these values.
    pub(super) fn allow_values(&mut self, call: libc::c_long, argument: u8, values: &[i32]) {
        for value in values {
            self.allow_if(call, &[equals(argument, *value)]);
        }
    }

    /// What the kernel reads. `named` is what a named call comes to, `other` any other one. A call of another architecture ends the
    /// process: its numbers mean other things.
    pub(super) fn compile(self, named: SeccompAction, other: SeccompAction) -> Result<BpfProgram, String> {
        let in_words = |fault: &dyn std::fmt::Display| format!("the filter cannot be made: {fault}");
        let architecture = TargetArch::try_from(std::env::consts::ARCH).map_err(|fault| in_words(&fault))?;
        let mut rules = BTreeMap::new();
        for (call, alternatives) in self.0 {
            let alternatives = alternatives.iter().map(|conditions| rule(conditions)).collect::<Result<Vec<_>, _>>();
            rules.insert(call, alternatives.map_err(|fault| in_words(&fault))?);
        }
        let filter = SeccompFilter::new(rules, other, named, architecture).map_err(|fault| in_words(&fault))?;
        BpfProgram::try_from(filter).map_err(|fault| in_words(&fault))
    }
}

fn rule(conditions: &[Condition]) -> Result<SeccompRule, seccompiler::BackendError> {
    let conditions = conditions.iter().map(|condition| {
        let length = match condition.length {
            Length::Word => SeccompCmpArgLen::Dword,
            Length::Long => SeccompCmpArgLen::Qword,
        };
        SeccompCondition::new(condition.argument, length, SeccompCmpOp::MaskedEq(condition.mask), condition.value)
    });
    SeccompRule::new(conditions.collect::<Result<Vec<_>, _>>()?)
}
