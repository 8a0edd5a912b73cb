//! What a person types: with an editor on a terminal, line by line from anything else.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use rustix::termios::{QueueSelector, tcflush};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{Behavior, Config, Editor, Helper};

use super::super::Context;
use super::interrupt::Interrupts;
use super::lines::{Line, Lines};
use crate::private;

/// Lines that are kept to be found again.
const HISTORY_LINES_MAX: usize = 1000;

/// Where a person's lines come from.
pub(super) enum Input {
    /// A terminal, with an editor.
    Edited(Box<Edited>),
    /// A pipe or a file, or a terminal whose output goes elsewhere.
    Plain(Lines),
}

pub(super) struct Edited {
    editor: Editor<Words, MemHistory>,
    /// Where lines are appended.
    history: Option<fs::File>,
}

/// What is opened for it before the process is confined.
pub(super) struct Prepared(Option<Box<Edited>>);

impl Prepared {
    /// `words` are what Tab completes at the beginning of a line, `names` behind a command.
    pub(super) fn open(words: Vec<String>, names: Vec<String>, history: Option<&Path>) -> Result<Self, String> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Ok(Self(None));
        }
        let config = Config::builder().behavior(Behavior::PreferTerm).max_history_size(HISTORY_LINES_MAX);
        let config = config.map_err(|fault| fault.to_string())?.build();
        let kept = MemHistory::with_config(&config);
        let mut editor = Editor::with_history(config, kept).map_err(|fault| format!("no line editor: {fault}"))?;
        editor.set_helper(Some(Words { words, names }));
        let mut appended = None;
        if let Some(file) = history {
            let named = |fault: io::Error| format!("{}: {fault}", file.display());
            // Creates it, so that a name that cannot be written is told now.
            appended = Some(private::append(file).map_err(named)?);
            for line in fs::read_to_string(file).map_err(named)?.lines() {
                let _ = editor.add_history_entry(line);
            }
        }
        Ok(Self(Some(Box::new(Edited { editor, history: appended }))))
    }

    /// Whether a person edits lines at a terminal.
    pub(super) fn is_edited(&self) -> bool {
        self.0.is_some()
    }

    /// From here on lines are read.
    pub(super) fn start(self, interrupts: &Interrupts) -> Input {
        self.0.map_or_else(|| Input::Plain(Lines::start(interrupts)), Input::Edited)
    }
}

impl Input {
    /// Whether a person can be asked something: only where it is certain that what is typed is an answer to what is shown.
    pub(super) fn is_person(&self) -> bool {
        matches!(self, Self::Edited(_))
    }

    /// The next line to say to the model; it can be found again later.
    pub(super) fn line(&mut self, context: &mut Context<'_>) -> Line {
        let line = self.read("> ", context);
        if let (Line::Text(text), Self::Edited(edited)) = (&line, self)
            && !text.trim().is_empty()
        {
            edited.remember(text);
        }
        line
    }

    /// An answer to a question of ours. What was typed before it was asked is no answer to it.
    pub(super) fn answer(&mut self, question: &str, context: &mut Context<'_>) -> Line {
        if let Err(fault) = tcflush(io::stdin(), QueueSelector::IFlush) {
            return Line::Broken(fault.to_string());
        }
        self.read(question, context)
    }

    fn read(&mut self, prompt: &str, context: &mut Context<'_>) -> Line {
        match self {
            Self::Edited(edited) => match edited.editor.readline(prompt) {
                Ok(line) => Line::Text(line),
                Err(ReadlineError::Interrupted) => Line::Interrupted,
                Err(ReadlineError::Eof) => Line::End,
                Err(fault) => Line::Broken(fault.to_string()),
            },
            Self::Plain(lines) => {
                if io::stdin().is_terminal() {
                    let _ = write!(context.err, "{prompt}").and_then(|()| context.err.flush());
                }
                lines.next()
            }
        }
    }
}

impl Edited {
    fn remember(&mut self, line: &str) {
        let is_new = self.editor.add_history_entry(line).unwrap_or(false);
        let Some(file) = self.history.as_mut().filter(|_| is_new) else { return };
        // A history that cannot be written any more is no reason to end a conversation.
        let _ = writeln!(file, "{line}");
    }
}

/// What Tab completes.
struct Words {
    words: Vec<String>,
    names: Vec<String>,
}

impl Words {
    /// Where the word begins that is typed, and what it may become.
    fn ways_on(&self, typed: &str) -> (usize, Vec<String>) {
        let start = typed.rfind(' ').map_or(0, |blank| blank + 1);
        let list = match typed {
            typed if !typed.starts_with('/') => return (start, Vec::new()),
            _ if start == 0 => &self.words,
            _ => &self.names,
        };
        let word = typed.get(start..).unwrap_or_default();
        (start, list.iter().filter(|one| one.starts_with(word)).cloned().collect())
    }
}

impl Completer for Words {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        place: usize,
        _: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.ways_on(line.get(..place).unwrap_or_default()))
    }
}

impl Hinter for Words {
    type Hint = String;
}
impl Highlighter for Words {}
impl Validator for Words {}
impl Helper for Words {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_completed_first_and_names_behind_them() {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let words = Words { words: list(&["/call", "/clear"]), names: list(&["find_beds", "find_units"]) };
        assert_eq!(words.ways_on("/c"), (0, list(&["/call", "/clear"])));
        assert_eq!(words.ways_on("/call find_b"), (6, list(&["find_beds"])));
        assert_eq!(words.ways_on("find"), (0, Vec::new()), "words of a question are nobody's");
    }
}
