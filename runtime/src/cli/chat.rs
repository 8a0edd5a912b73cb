//! `ask` and `chat`: a model, with tools behind the gate.
//!
//! What is shown is what happened: the question, each call as the model wrote it, the request that went out, the bytes
//! before and after pruning, and the answer as it is written. No control sequence reaches a pipe, and no control
//! character of a model or an upstream reaches a terminal.

mod arguments;
mod commands;
mod consent;
mod input;
mod interrupt;
mod lines;
#[cfg(feature = "llama")]
mod loading;
mod saved;
mod setup;
mod show;

use std::path::PathBuf;

use super::{Context, ExitCode, Format, print};
use crate::gate::{Approval, Call, Caller, Read};
use crate::model::agent::{End, Tools as _};
use crate::model::offer::OfferedTool;
use crate::model::{ModelError, ToolCall};
use crate::untrusted::quoted;
use commands::{COMMANDS, Command};
use consent::{Approved, Consent};
use input::{Input, Prepared};
use lines::Line;
use setup::Opened;
use show::{Display, Show};

#[cfg(feature = "llama")]
pub(super) use arguments::From;
pub(super) use arguments::{AskArgs, ChatArgs};
pub(super) use interrupt::Interrupts;
#[cfg(feature = "llama")]
pub(super) use loading::loading;

/// One question, one answer.
pub(super) fn ask(arguments: &AskArgs, context: &mut Context<'_>) -> ExitCode {
    if arguments.question.trim().is_empty() {
        return context.fail(ExitCode::Usage, "the question is empty");
    }
    let mut consent = if arguments.allow_writes { Consent::Operator } else { Consent::Nobody };
    let is_json = arguments.json || arguments.format == Format::Json;
    let display = if is_json { Display::Json } else { Display::Human };
    let opened = setup::ready(&arguments.model, context).and_then(|ready| ready.open(&arguments.model, context));
    let mut opened = match opened {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    let Opened { agent, tools, model, interrupts } = &mut opened;
    let mut show = Show::new(display, &mut consent, interrupts, context);
    show.question(&arguments.question);
    tools.turn();
    let end = agent.ask(&arguments.question, model.as_mut(), tools, &mut show);
    show.end(&end)
}

/// Questions from standard input, until it ends.
pub(super) fn chat(arguments: &ChatArgs, context: &mut Context<'_>) -> ExitCode {
    let (opened, input) = match open(arguments, context) {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    let identity = opened.model.identity();
    let place = identity.address.as_deref().map(|address| format!(" at {address}")).unwrap_or_default();
    let name = format!("{}{place}", quoted(&identity.name));
    let count = opened.agent.offer().tools().len();
    let _ = writeln!(context.err, "{name} with {count} tools. /help lists the commands, /quit leaves.");
    Talk { opened, input, saves: arguments.saves.clone(), approved: Approved::default() }.run(context)
}

/// Reads everything that is named, confines the process, and then begins.
fn open(arguments: &ChatArgs, context: &mut Context<'_>) -> Result<(Opened, Input), ExitCode> {
    let mut ready = setup::ready(&arguments.model, context)?;
    let usage = |fault: String, context: &mut Context<'_>| context.fail(ExitCode::Usage, &fault);
    let loaded = arguments.load.as_deref().map(|file| saved::load(file, &ready.offer)).transpose();
    let loaded = loaded.map_err(|fault| usage(fault, context))?;
    let words = COMMANDS.iter().map(|(shown, _)| shown.split(' ').next().unwrap_or_default().to_owned()).collect();
    let names = ready.offer.tools().iter().map(|tool| tool.name.clone()).collect();
    let line = Prepared::open(words, names, arguments.history.as_deref()).map_err(|fault| usage(fault, context))?;
    if let Some(directory) = &arguments.saves {
        let shown = directory.display();
        saved::check(directory).map_err(|fault| usage(format!("{shown}: {fault}"), context))?;
        ready.confinement.write.push(directory.clone());
    }
    ready.confinement.types = line.is_edited();
    let mut opened = ready.open(&arguments.model, context)?;
    if let Some((conversation, read)) = loaded {
        opened.agent.resume(conversation);
        opened.tools.begin(read).map_err(|fault| context.fail(ExitCode::Failed, &fault))?;
    }
    let input = line.start(&opened.interrupts);
    Ok((opened, input))
}

/// A conversation with a person.
struct Talk {
    opened: Opened,
    input: Input,
    /// Where conversations are saved.
    saves: Option<PathBuf>,
    approved: Approved,
}

/// Whether a conversation goes on.
type Step = Result<(), ExitCode>;

impl Talk {
    fn run(mut self, context: &mut Context<'_>) -> ExitCode {
        loop {
            let line = match self.input.line(context) {
                Line::Text(line) => line,
                Line::End => return ExitCode::Done,
                Line::Interrupted => {
                    let _ = writeln!(context.err);
                    return ExitCode::Done;
                }
                Line::Broken(fault) => {
                    return context.fail(ExitCode::Usage, &format!("cannot read the question: {fault}"));
                }
            };
            let step = match Command::read(&line) {
                None if line.trim().is_empty() => Ok(()),
                None => self.ask(line.trim(), context),
                Some(Ok(command)) => self.obey(command, context),
                Some(Err(fault)) => {
                    let _ = writeln!(context.err, "{fault}");
                    Ok(())
                }
            };
            if let Err(code) = step {
                return code;
            }
        }
    }

    fn ask(&mut self, question: &str, context: &mut Context<'_>) -> Step {
        let Opened { agent, tools, model, interrupts } = &mut self.opened;
        interrupts.reset();
        tools.turn();
        // Without a terminal nobody can be asked.
        let mut consent = if self.input.is_person() {
            let (gate, session) = (tools.gate().clone(), tools.session().clone());
            Consent::Person { input: &mut self.input, approved: &mut self.approved, gate, session }
        } else {
            Consent::Nobody
        };
        let mut show = Show::new(Display::Human, &mut consent, interrupts, context);
        let end = agent.ask(question, model.as_mut(), tools, &mut show);
        show.end(&end);
        if interrupts.count() > 1 {
            return Err(ExitCode::Done);
        }
        interrupts.reset();
        if matches!(end, Err(ModelError::Gone)) { Err(ExitCode::Failed) } else { Ok(()) }
    }

    fn obey(&mut self, command: Command, context: &mut Context<'_>) -> Step {
        let said = match command {
            Command::Quit => return Err(ExitCode::Done),
            Command::Clear => {
                self.opened.agent.clear();
                self.opened.tools.begin(Read::default()).map(|()| String::new())
            }
            Command::Help => Ok(commands::list()),
            Command::Tools => {
                show::tools(self.opened.agent.offer(), context);
                Ok(String::new())
            }
            Command::Call { tool, arguments } => {
                self.call(ToolCall { tool, arguments }, context);
                Ok(String::new())
            }
            Command::Approve(None) => Ok(self.approved.list()),
            Command::Approve(Some(tool)) => self.approved.add(&tool, self.opened.agent.offer()),
            Command::ApproveNone => {
                self.approved = Approved::default();
                Ok("each call that changes data is asked for again\n".to_owned())
            }
            Command::Context => self.context_use(),
            Command::Save(file) => {
                let Opened { tools, agent, .. } = &self.opened;
                saved::place(self.saves.as_deref(), &file).and_then(|file| {
                    let read = tools.session().read();
                    saved::save(&file, agent.conversation(), &read, tools.gate().tools_sha256())?;
                    Ok(format!("saved in {}\n", file.display()))
                })
            }
            Command::Load(file) => saved::place(self.saves.as_deref(), &file).and_then(|file| {
                let (conversation, read) = saved::load(&file, self.opened.agent.offer())?;
                self.opened.agent.resume(conversation);
                self.opened.tools.begin(read)?;
                Ok(format!("the conversation of {} goes on\n", file.display()))
            }),
        };
        let _ = match said {
            Ok(text) => context.err.write_all(text.as_bytes()),
            Err(fault) => writeln!(context.err, "{fault}"),
        };
        Ok(())
    }

    fn context_use(&mut self) -> Result<String, String> {
        let used = self.opened.agent.context_use(self.opened.model.as_mut()).map_err(|fault| fault.to_string())?;
        let (offer, conversation, available) = (used.offer, used.conversation, used.available);
        let free = available.saturating_sub(offer + conversation);
        let tools = &self.opened.tools;
        let read = match tools.gate().mark(Some(tools.session())) {
            Some(label) => format!("read so far: up to {label}\n"),
            None => String::new(),
        };
        Ok(format!("rules and tools {offer}, conversation {conversation}, free {free} of {available} tokens\n{read}"))
    }

    /// A call by hand. One that changes data is asked for as the model's are.
    fn call(&mut self, call: ToolCall, context: &mut Context<'_>) {
        self.opened.interrupts.reset();
        let tool = self.opened.agent.offer().tool(&call.tool);
        let is_asked =
            |tool: &OfferedTool| tool.effect != airlock_contract::Effect::Read || self.opened.tools.needs_person(&call);
        let approval = match tool {
            Some(tool) if is_asked(tool) && self.input.is_person() => {
                let (gate, session) = (self.opened.tools.gate().clone(), self.opened.tools.session().clone());
                let (input, approved) = (&mut self.input, &mut self.approved);
                Consent::Person { input, approved, gate, session }.ask(tool, &call, context)
            }
            _ => Approval::None,
        };
        let made = Call::new(&call.tool, call.arguments.clone(), Caller::Command, approval);
        let outcome = self.opened.tools.make(made);
        self.opened.interrupts.reset();
        print::outcome(&outcome, context);
        if tool.is_some() {
            self.opened.agent.called_by_hand(call, &outcome);
        }
    }
}

/// The exit code of a run.
fn code(end: &Result<End, ModelError>) -> ExitCode {
    if matches!(end, Ok(End::Answered)) { ExitCode::Done } else { ExitCode::Failed }
}
