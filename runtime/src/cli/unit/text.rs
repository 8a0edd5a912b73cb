//! The text of a unit. Which settings there are, and why, stands in the unit itself: it is read by whoever installs it.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;

use super::escape::{argument, rest, word};
use super::facts::{Facts, Kept, Reached, SITE_CREDENTIAL, Served, User};
use crate::untrusted::quoted;

/// Seconds that the program has to end behind the longest call, until what is left of it is killed.
const STOP_SECONDS: u64 = 15;

/// Where the system's libraries are. What is not there is passed over.
const LIBRARIES: &str = "-/lib -/lib64 -/usr/lib -/usr/lib64";

/// The unit, a setting a line.
pub(super) fn unit(facts: &Facts) -> String {
    let parts = [begin(facts), files(facts), network(facts), KERNEL.to_owned(), calls(), END.to_owned()];
    parts.join("\n")
}

fn begin(facts: &Facts) -> String {
    let command = command(facts);
    let stop = facts.time_max.as_secs() + STOP_SECONDS;
    let user = match &facts.user {
        User::Dynamic => "DynamicUser=yes".to_owned(),
        User::Named(name) => format!("User={name}"),
    };
    let online = match facts.served {
        Served::Address { address, .. } if !address.ip().is_loopback() => {
            "# The address that is listened at has to be there.\nWants=network-online.target\nAfter=network-online.target\n"
        }
        _ => "",
    };
    format!(
        "\
# Printed by `airlock-host unit` from the site file: print it anew when an address, a key file or the audit file changes.
# It is /etc/systemd/system/airlock.service of a system with systemd 252 or newer. In a user's own systemd, IPAddressDeny=
# would not be enforced (systemd/systemd#12327).
[Unit]
Description=Airlock: reviewed tools over MCP
{online}
[Service]
Type=exec
ExecStart={command}
Restart=on-failure
RestartSec=2
# Exit code 2 says that the site file or the command line is wrong, which no restart mends.
RestartPreventExitStatus=2
# Every process is told to end. The one that keeps the audit log stays until the others are gone and its last records are
# written; with KillMode=mixed it would be killed in the moment in which the first process ends.
KillMode=control-group
TimeoutStopSec={stop}

# Whom it runs as: a user who owns nothing else and can become nobody else, also not by a program with other rights.
{user}
PrivateUsers=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
UMask=0077
"
    )
}

/// The command line. The site file is read from where systemd puts it, and so are the key files that it names.
fn command(facts: &Facts) -> String {
    let mut words = vec![word(&text(&facts.program)), "--site".to_owned(), format!("%d/{SITE_CREDENTIAL}")];
    let mut add = |word: &str| words.push(argument(word));
    add("serve");
    match &facts.served {
        Served::Socket { option: "--http", path, .. } => {
            add("--http");
            add(&format!("unix:{}", text(path)));
        }
        Served::Socket { option, path, .. } => {
            add(option);
            add(&text(path));
        }
        Served::Address { address, .. } => {
            add("--http");
            add(&address.to_string());
        }
    }
    facts.others.iter().for_each(|word| add(word));
    words.join(" ")
}

/// Paths are proven to be text when facts are gathered.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn files(facts: &Facts) -> String {
    let mut lines = String::from(
        "# Secrets are read by systemd and lie in memory that no other unit sees, also where their files are root's alone.\n",
    );
    for (name, path) in &facts.credentials {
        let _ = match path {
            // Refused when facts are gathered, so nothing is lost here.
            Some(path) => writeln!(lines, "LoadCredential={name}:{}", rest("", &text(path)).unwrap_or_default()),
            // From /etc/credstore, /run/credstore or /usr/lib/credstore.
            None => writeln!(lines, "LoadCredential={name}"),
        };
    }
    lines.push_str(
        "\n# It sees the system, cannot change it, and sees nothing of people, devices and other processes.\n",
    );
    lines.push_str(FILES);
    lines.push_str("\n# What it may write.\n");
    if let Served::Socket { directory, .. } = &facts.served {
        let _ = writeln!(lines, "RuntimeDirectory={directory}\nRuntimeDirectoryMode=0700");
    }
    // Writing to a string does not fail.
    let _ = match &facts.audit {
        None => writeln!(lines, "# Audit records go to the journal: the site file names no file for them."),
        Some(Kept::Logs(name)) => writeln!(lines, "LogsDirectory={name}\nLogsDirectoryMode=0700"),
        Some(Kept::State(name)) => writeln!(lines, "StateDirectory={name}\nStateDirectoryMode=0700"),
        Some(Kept::Directory(path)) => writeln!(lines, "ReadWritePaths={}", word(&text(path))),
    };
    let program = word(&text(&facts.program));
    let (libraries, why) = if facts.has_libraries {
        (format!(" {LIBRARIES}"), ", with the libraries that it is linked with")
    } else {
        (String::new(), "")
    };
    let _ = write!(
        lines,
        "
# It runs itself, its helpers included{why}: no other file, and no code that is made meanwhile.
NoExecPaths=/
ExecPaths={program}{libraries}
MemoryDenyWriteExecute=yes
"
    );
    lines
}

fn network(facts: &Facts) -> String {
    let addresses = |reached: &[Reached]| -> Vec<IpAddr> {
        reached.iter().filter_map(|one| if let Reached::Ip(ip) = one { Some(*ip) } else { None }).collect()
    };
    let (own, clients) = match &facts.served {
        Served::Address { address, clients } => (Some(address.ip()), clients.as_slice()),
        Served::Socket { .. } => (None, &[][..]),
    };
    let reached: Vec<Reached> = facts.upstreams.values().flatten().cloned().collect();
    let mut used = addresses(&reached);
    let has_unix = own.is_none() || used.len() < reached.len();
    used.extend(own);
    let families: Vec<&str> = [
        (has_unix, "AF_UNIX"),
        (used.iter().any(IpAddr::is_ipv4), "AF_INET"),
        (used.iter().any(IpAddr::is_ipv6), "AF_INET6"),
    ]
    .iter()
    .filter_map(|(is_used, family)| is_used.then_some(*family))
    .collect();
    let mut lines = String::from(if used.is_empty() {
        "# No upstream is reached by TCP, and nobody comes by it: there is no network at all.\nPrivateNetwork=yes\n"
    } else {
        "# Packets come from and go to these addresses alone, whatever the program does. The filter knows addresses, not ports.\n"
    });
    lines.push_str("IPAddressDeny=any\n");
    for (name, reached) in &facts.upstreams {
        for ip in addresses(reached) {
            // What is written as IPv6 and means IPv4 travels as IPv4.
            let _ = writeln!(lines, "# upstream {}\nIPAddressAllow={}", quoted(name), ip.to_canonical());
        }
    }
    for client in clients {
        let _ = writeln!(lines, "# clients\nIPAddressAllow={client}");
    }
    let _ = writeln!(lines, "RestrictAddressFamilies={}", families.join(" "));
    lines
}

const FILES: &str = "\
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateMounts=yes
PrivateIPC=yes
ProtectProc=invisible
ProcSubset=pid
RemoveIPC=yes
KeyringMode=private
LimitCORE=0
";

const KERNEL: &str = "\
# The kernel's own settings are out of reach, and so are namespaces, in which a user becomes root of something.
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
TasksMax=256
";

/// What is taken from `@system-service`: calls by which processes look into each other, share memory by name, take keys, or
/// work behind a filter's back (io_uring is in `@aio`).
const REFUSED: &str = "@privileged @resources @keyring @aio memfd_create userfaultfd process_vm_readv process_vm_writev \
                       process_madvise kcmp name_to_handle_at personality mq_open msgget semget shmget";

/// What the program confines itself with, beyond this unit. `@system-service` of systemd 252 has none of it.
const SANDBOX: &str = "seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self";

fn calls() -> String {
    format!(
        "\
# System calls of an ordinary service, with those by which the program confines itself further, and without those by which
# processes look into each other or work behind a filter's back.
SystemCallArchitectures=native
SystemCallFilter=@system-service {SANDBOX}
SystemCallFilter=~{REFUSED}
SystemCallErrorNumber=EPERM
"
    )
}

const END: &str = "\
[Install]
WantedBy=multi-user.target
";
