//! `airlock-host call`.

use std::borrow::Cow;
use std::io::{self, Read as _};
use std::path::Path;

use serde_json::{Map, Value};

use super::host::directory_of;
use super::{Context, ExitCode, ProfileArg, print, runtime, stopped};
use crate::gate::{Approval, Call, Caller, Session};
use crate::isolation::Confinement;

/// Arguments from standard input are cut behind this, in bytes: a file in base64 and room for the rest.
const ARGUMENTS_BYTES_MAX: u64 = 12 << 20;

/// The arguments of a call, from the command line or from standard input.
fn read_arguments(json: &str) -> Result<Map<String, Value>, String> {
    let mut text = Cow::Borrowed(json);
    if json == "-" {
        let mut read = String::new();
        let input = io::stdin().take(ARGUMENTS_BYTES_MAX).read_to_string(&mut read);
        input.map_err(|fault| format!("the arguments cannot be read: {fault}"))?;
        text = Cow::Owned(read);
    }
    match serde_json::from_str(&text) {
        Ok(Value::Object(arguments)) => Ok(arguments),
        Ok(_) => Err("the arguments are not a JSON object such as '{\"name\":\"Li\"}'".to_owned()),
        Err(fault) => Err(format!("the arguments are not JSON: {fault}")),
    }
}

pub(super) fn run(
    context: &mut Context<'_>,
    tool: &str,
    json: &str,
    approve: bool,
    save: Option<&Path>,
    profile: &ProfileArg,
) -> ExitCode {
    let arguments = match read_arguments(json) {
        Ok(arguments) => arguments,
        Err(fault) => return context.fail(ExitCode::Usage, &fault),
    };
    let write = save.map(directory_of).into_iter().collect();
    let opened = context.open(profile, Some(&[])).and_then(|(gate, site)| {
        context.confine(&Confinement { write, ..Confinement::default() }, &site.isolation)?;
        Ok(gate)
    });
    let gate = match opened {
        Ok(gate) => gate,
        Err(code) => return code,
    };
    let approval = if approve { Approval::Operator } else { Approval::None };
    // One call is a conversation of its own, which has read nothing.
    let session = match Session::begin() {
        Ok(session) => session,
        Err(fault) => return context.fail(ExitCode::Failed, &format!("cannot begin: {fault}")),
    };
    let call = Call::new(tool, arguments, Caller::Command, approval).within(Some(&session));
    let called = runtime().and_then(|runtime| {
        runtime.block_on(async {
            tokio::select! {
                outcome = gate.call(call) => Ok(outcome),
                stopped = stopped() => Err(stopped.err().unwrap_or_else(|| io::ErrorKind::Interrupted.into())),
            }
        })
    });
    match called {
        Ok(outcome) => match print::outcome(&outcome, context) {
            ExitCode::Done => save.map_or(ExitCode::Done, |path| print::file(&outcome, path, context)),
            code => code,
        },
        Err(fault) => context.fail(ExitCode::Failed, &format!("the call was given up: {fault}")),
    }
}
