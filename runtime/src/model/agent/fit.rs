//! A conversation that fits into the context, by a stated rule.
//!
//! The prompt is counted before anything is read. What is too long is first relieved of its oldest questions, each with all that
//! followed from it. If the question that is being answered is still too long by itself, its results are cut between two
//! records, the longest first, with words in the text that say so. Nothing is ever cut in silence.

use super::super::{Message, Model, ModelError, Prompt};
use super::records::Records;

/// No vocabulary has words that are longer than this on the average, in bytes: what is longer need not be counted.
const TOKEN_BYTES_MAX: usize = 16;

/// What had to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Relief {
    /// Questions that were forgotten.
    pub(super) questions: usize,
    /// Results that were cut: records that are shown, and how many there were.
    pub(super) cuts: Vec<(usize, usize)>,
}

/// Makes the messages short enough for a context with `room` tokens left to write.
///
/// `assemble` makes the prompt of them.
pub(super) fn fit(
    messages: &mut Vec<Message>,
    assemble: &dyn Fn(&[Message]) -> Prompt,
    model: &mut dyn Model,
    room: usize,
) -> Result<Relief, ModelError> {
    let mut relief = Relief::default();
    let available = model.identity().context_tokens;
    let mut needed = model.count(&assemble(messages))? + room;
    while needed > available && forget_oldest(messages) {
        relief.questions += 1;
        needed = model.count(&assemble(messages))? + room;
    }
    for place in longest_results(messages) {
        if needed <= available {
            break;
        }
        let Some(Message::Result(text)) = messages.get(place) else { continue };
        let text = text.clone();
        let records = Records::of(&text);
        let shown = most(records.fit_at_most(available.saturating_mul(TOKEN_BYTES_MAX)), |shown| {
            messages[place] = Message::Result(records.first(shown));
            Ok(model.count(&assemble(messages))? + room <= available)
        })?;
        messages[place] = Message::Result(records.first(shown));
        if shown < records.count {
            relief.cuts.push((shown, records.count));
        }
        needed = model.count(&assemble(messages))? + room;
    }
    if needed > available {
        return Err(ModelError::ContextFull { needed, available });
    }
    Ok(relief)
}

/// The greatest number up to `at_most` that fits, or 0. What fits less than another number does not fit with more.
fn most(at_most: usize, mut fits: impl FnMut(usize) -> Result<bool, ModelError>) -> Result<usize, ModelError> {
    let (mut least, mut above) = (0, at_most + 1);
    while above - least > 1 {
        let middle = least + (above - least) / 2;
        if fits(middle)? {
            least = middle;
        } else {
            above = middle;
        }
    }
    Ok(least)
}

/// The places of results, longest first.
fn longest_results(messages: &[Message]) -> Vec<usize> {
    let length = |message: &Message| match message {
        Message::Result(text) => Some(text.len()),
        _ => None,
    };
    let mut results: Vec<(usize, usize)> =
        messages.iter().enumerate().filter_map(|(place, message)| Some((length(message)?, place))).collect();
    results.sort_by(|one, other| other.cmp(one));
    results.into_iter().map(|(_, place)| place).collect()
}

/// Takes the oldest question out, with all that followed from it. False if it is the one that is being answered.
fn forget_oldest(messages: &mut Vec<Message>) -> bool {
    let mut questions = messages.iter().enumerate().filter(|(_, message)| matches!(message, Message::User(_)));
    let (Some((first, _)), Some((second, _))) = (questions.next(), questions.next()) else { return false };
    messages.drain(first..second);
    true
}
