//! Runs the self-test of a host from outside, and compares what it says with what left.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// With nothing in force so many attempts of the matrix must be open here, where nothing else is around the program.
const CONTROL_OPEN_MIN: u64 = 60;

/// Nobody's user and group on Debian and elsewhere.
const NOBODY: u32 = 65534;

/// Attempts that may be open where files are read: what they tell is a name or a size, never content.
const KNOWN: [&str; 0] = [];

/// Attempts that may be open where more than reading is left to a process: they are what it was given.
const GIVEN: [&str; 4] = ["accept-passed-listener", "fchmod-passed", "socketpair", "terminal-settings"];

/// Time for what is under way to arrive.
const SETTLING: Duration = Duration::from_millis(200);

/// Each layer, and what it alone closes. `under` is left out as well: memory protection and `no_new_privs` are second lines, which are
/// missed where the first one is gone.
const SABOTAGES: [Sabotage; 5] = [
    Sabotage { layer: "fds-closed", under: &[], opens: "leaked-tcp" },
    Sabotage { layer: "no-new-privs", under: &["landlock", "seccomp-tight"], opens: "setuid-program" },
    Sabotage { layer: "mdwe", under: &["seccomp-tight"], opens: "mmap-write-exec" },
    Sabotage { layer: "landlock", under: &[], opens: "read-outside" },
    Sabotage { layer: "seccomp-tight", under: &[], opens: "udp-sendto-53" },
];

/// A layer that is left out, and an attempt that opens by that.
struct Sabotage {
    layer: &'static str,
    under: &'static [&'static str],
    opens: &'static str,
}

/// What is tried, and where.
struct Proof<'a> {
    host: &'a Path,
    /// A directory of the role's own.
    work: PathBuf,
    receipts: PathBuf,
    role: Role,
}

/// As whom.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Root,
    Nobody,
    /// The root of a user namespace: somebody without rights outside of it.
    Mapped,
}

/// Tries the host as each role. The first thing that is not as it has to be is the error.
pub(super) fn run(host: &Path, work: &Path, upstream: &str, roles: &[&str], out: &mut dyn Write) -> Result<(), String> {
    for role in roles {
        let name = role;
        let role = match *name {
            "root" => Role::Root,
            "nobody" => Role::Nobody,
            "mapped" => Role::Mapped,
            other => return Err(format!("no role is named {other}")),
        };
        let proof = Proof { host, work: work.join(name), receipts: work.join("receipts"), role };
        proof.set_up(upstream)?;
        for step in [Proof::control, Proof::isolated, Proof::declared, Proof::sabotages] {
            let told = step(&proof).map_err(|fault| format!("as {name}: {fault}"))?;
            writeln!(out, "as {name}: {told}").map_err(|fault| fault.to_string())?;
        }
    }
    Ok(())
}

impl Proof<'_> {
    fn set_up(&self, upstream: &str) -> Result<(), String> {
        let site = json!({
            "upstreams": {"clinic": {
                "address": upstream,
                "plain_http": "The sample upstream stands in another network namespace of this machine.",
                "credentials": {"api_key": {"file": "clinic.key"}},
            }},
            "audit": {"file": "audit.jsonl"},
        });
        let owner = (self.role == Role::Nobody).then_some(NOBODY);
        let key = self.work.join("clinic.key");
        fs::create_dir(&self.work)
            .and_then(|()| fs::write(&key, "demo-key\n"))
            .and_then(|()| fs::set_permissions(&key, fs::Permissions::from_mode(0o600)))
            .and_then(|()| fs::write(self.work.join("site.json"), site.to_string()))
            .and_then(|()| [self.work.as_path(), &key].iter().try_for_each(|path| chown(path, owner, owner)))
            .map_err(|fault| format!("{}: {fault}", self.work.display()))
    }

    /// The positive control: what anybody could do here really arrives.
    fn control(&self) -> Result<String, String> {
        let (counted, evidence) = self.counted(&["--only", "control"])?;
        let open = evidence["counts"]["matrix"]["control"]["open"].as_u64().unwrap_or_default();
        if open < CONTROL_OPEN_MIN {
            return Err(format!(
                "with nothing in force {open} attempts of the matrix are open, and {CONTROL_OPEN_MIN} must be: {}",
                names(&evidence, "control", "closed").into_iter().collect::<Vec<_>>().join(", ")
            ));
        }
        let places: BTreeSet<&str> = counted.receipts.iter().map(String::as_str).collect();
        if counted.undeclared == 0 || places.len() < 3 {
            return Err(format!(
                "the control sent {} undeclared packets, and only {places:?} got any",
                counted.undeclared
            ));
        }
        Ok(format!(
            "with nothing in force {open} of the matrix are open, {} undeclared packets left, {} receipts",
            counted.undeclared,
            counted.receipts.len()
        ))
    }

    /// Confined, nothing leaves.
    fn isolated(&self) -> Result<String, String> {
        let (counted, evidence) = self.counted(&["--only", "isolated"])?;
        let open = names(&evidence, "isolated", "open");
        let most = names(&evidence, "isolated_with_most", "open");
        let mut unknown = names(&evidence, "isolated_reading_nothing", "open");
        unknown.extend(open.iter().filter(|name| !KNOWN.contains(&name.as_str())).cloned());
        unknown
            .extend(most.into_iter().filter(|name| !KNOWN.contains(&name.as_str()) && !GIVEN.contains(&name.as_str())));
        let fault = if !unknown.is_empty() {
            format!("open in spite of the layers: {unknown:?}")
        } else if counted.undeclared > 0 || counted.declared > 0 || !counted.receipts.is_empty() {
            format!(
                "{} undeclared packets, {} declared ones and {} receipts of a confined program that was to send nothing",
                counted.undeclared,
                counted.declared,
                counted.receipts.len()
            )
        } else {
            let (all, matrix) = (&evidence["counts"]["all"]["isolated"], &evidence["counts"]["matrix"]["isolated"]);
            return Ok(format!(
                "confined, reading no file 0 of all {} are open, reading some {} of the matrix and {} of all ({}); 0 undeclared packets, \
                 0 receipts; {}",
                evidence["counts"]["attempts"],
                matrix["open"],
                all["open"],
                open.into_iter().collect::<Vec<_>>().join(", "),
                evidence["layers"]
            ));
        };
        Err(fault)
    }

    /// The declared upstream is reached, and nobody else.
    fn declared(&self) -> Result<String, String> {
        reset()?;
        let output = self.host(&["--site", "site.json", "call", "find_patients", r#"{"name":"Li"}"#])?;
        thread::sleep(SETTLING);
        let counted = self.read_counters(0)?;
        let answered = output.status.success() && serde_json::from_slice::<Value>(&output.stdout).is_ok();
        if !answered || counted.declared == 0 || counted.undeclared > 0 {
            return Err(format!(
                "a call to the declared upstream: {} declared and {} undeclared packets, {} {}",
                counted.declared,
                counted.undeclared,
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            ));
        }
        Ok(format!("the declared upstream answers, with {} packets to it and none elsewhere", counted.declared))
    }

    /// Each layer is missed when it is gone.
    fn sabotages(&self) -> Result<String, String> {
        let mut told = Vec::new();
        // Only root can make a program that gives root's rights.
        for sabotage in SABOTAGES.iter().filter(|one| self.role == Role::Root || one.opens != "setuid-program") {
            let Sabotage { layer, under, opens } = sabotage;
            let (_, before) = self.open_without(under)?;
            let without: Vec<&str> = under.iter().copied().chain([*layer]).collect();
            let (code, after) = self.open_without(&without)?;
            if before.contains(*opens) || !after.contains(*opens) || code != Some(1) {
                return Err(format!(
                    "nobody would notice that {layer} is gone: `{opens}` is as open with it as without it"
                ));
            }
            told.push(format!("{} ({})", after.len(), without.join(", ")));
        }
        Ok(format!("confined, so many are open without these layers: {}", told.join("; ")))
    }

    /// What is open without these layers, and the exit code.
    fn open_without(&self, layers: &[&str]) -> Result<(Option<i32>, BTreeSet<String>), String> {
        let mut arguments = vec!["--only", "isolated"];
        arguments.extend(layers.iter().flat_map(|layer| ["--without", layer]));
        let (code, evidence) = self.selftest(&arguments)?;
        Ok((code, names(&evidence, "isolated", "open")))
    }

    /// Runs a part of the self-test, and counts what left meanwhile.
    fn counted(&self, arguments: &[&str]) -> Result<(Counted, Value), String> {
        let before = self.receipts()?.len();
        reset()?;
        let (code, evidence) = self.selftest(arguments)?;
        thread::sleep(SETTLING);
        let counted = self.read_counters(before)?;
        // 1 says that something is open, which is judged here.
        if code.is_none_or(|code| code > 1) {
            return Err(format!("the self-test ended with {code:?}"));
        }
        Ok((counted, evidence))
    }

    fn selftest(&self, arguments: &[&str]) -> Result<(Option<i32>, Value), String> {
        let mut all = vec!["selftest", "--egress", "--json"];
        all.extend(arguments);
        let output = self.host(&all)?;
        let evidence = serde_json::from_slice(&output.stdout);
        let evidence = evidence.map_err(|_| format!("no evidence: {}", String::from_utf8_lossy(&output.stderr)))?;
        Ok((output.status.code(), evidence))
    }

    fn host(&self, arguments: &[&str]) -> Result<Output, String> {
        let mut command = if self.role == Role::Nobody {
            let mut command = Command::new("setpriv");
            let user = NOBODY.to_string();
            command.arg(format!("--reuid={user}")).arg(format!("--regid={user}")).arg("--clear-groups").arg(self.host);
            command
        } else {
            Command::new(self.host)
        };
        let output = command.args(arguments).current_dir(&self.work).output();
        output.map_err(|fault| format!("{}: {fault}", self.host.display()))
    }

    fn receipts(&self) -> Result<Vec<String>, String> {
        let text = fs::read_to_string(&self.receipts).map_err(|fault| format!("the receivers' log: {fault}"))?;
        Ok(text.lines().filter(|line| *line != "ready").map(str::to_owned).collect())
    }

    fn read_counters(&self, receipts_before: usize) -> Result<Counted, String> {
        let listed: Value = serde_json::from_str(&nft(&["-j", "list", "counters", "table", "inet", "egress"])?)
            .map_err(|fault| format!("nft: {fault}"))?;
        let counters = listed["nftables"].as_array().cloned().unwrap_or_default();
        let packets = |name: &str| {
            let found = counters.iter().map(|entry| &entry["counter"]).find(|counter| counter["name"] == name);
            found.and_then(|counter| counter["packets"].as_u64()).ok_or_else(|| format!("no counter {name}"))
        };
        Ok(Counted {
            declared: packets("declared")?,
            undeclared: packets("UNDECLARED")?,
            receipts: self.receipts()?.split_off(receipts_before),
        })
    }
}

/// What left while something ran.
struct Counted {
    declared: u64,
    undeclared: u64,
    /// The places beyond the machine that got something.
    receipts: Vec<String>,
}

/// The names of the attempts of which a part of the evidence says this word.
fn names(evidence: &Value, part: &str, word: &str) -> BTreeSet<String> {
    let attempts = evidence["attempts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named = attempts.iter().filter(|attempt| attempt[part] == word);
    named.filter_map(|attempt| attempt["name"].as_str()).map(str::to_owned).collect()
}

fn reset() -> Result<(), String> {
    nft(&["reset", "counters", "table", "inet", "egress"]).map(drop)
}

fn nft(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("nft").args(arguments).output().map_err(|fault| format!("nft: {fault}"))?;
    if !output.status.success() {
        return Err(format!("nft {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|fault| format!("nft: {fault}"))
}
