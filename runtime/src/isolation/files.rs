//! Landlock: which files can be opened, and nothing else that it knows of (landlock(7)).

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, PathBeneath, PathFd, PathFdError,
    Ruleset, RulesetAttr as _, RulesetCreated, RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope,
};

use super::Confinement;

/// The versions that are asked for, the newest first. Each is asked for by name, never by what a kernel says that it has: a newer
/// kernel must not change what is enforced.
const VERSIONS: [(ABI, u32); 6] = [(ABI::V6, 6), (ABI::V5, 5), (ABI::V4, 4), (ABI::V3, 3), (ABI::V2, 2), (ABI::V1, 1)];

/// Confines this thread and every one that it starts. Gives the version that is in force.
///
/// # Errors
/// Why there is none, in words.
pub(super) fn confine(confinement: &Confinement) -> Result<u32, String> {
    restrict(|version| ruleset(confinement, version))
}

/// The same for a process that opens no file at all, and connects over TCP to these ports alone.
pub(super) fn confine_to_ports(ports: &[u16]) -> Result<u32, String> {
    restrict(|version| {
        let mut created = handled(version)?.create()?;
        if version >= ABI::V4 {
            for port in ports {
                created = created.add_rule(landlock::NetPort::new(*port, AccessNet::ConnectTcp))?;
            }
        }
        Ok(created)
    })
}

/// Why a ruleset could not be made.
enum Fault {
    /// The kernel does not know all of it.
    Ruleset(Box<RulesetError>),
    /// A file that is to be read is not there.
    File(String),
}

impl From<RulesetError> for Fault {
    fn from(fault: RulesetError) -> Self {
        Self::Ruleset(Box::new(fault))
    }
}

fn restrict(make: impl Fn(ABI) -> Result<RulesetCreated, Fault>) -> Result<u32, String> {
    let mut last = String::new();
    for (version, number) in VERSIONS {
        let created = match make(version) {
            Ok(created) => created,
            Err(Fault::File(fault)) => return Err(fault),
            Err(Fault::Ruleset(fault)) => {
                last = fault.to_string();
                continue;
            }
        };
        let status = created.restrict_self().map_err(|fault| format!("the kernel refused the rules: {fault}"))?;
        if status.ruleset == RulesetStatus::FullyEnforced {
            return Ok(number);
        }
        return Err("the kernel enforces only a part of the rules".to_owned());
    }
    Err(format!(
        "this kernel has no Landlock, or it is off at boot: it came with Linux 5.13, and `lsm=` of the kernel's command line has to \
         name it ({last})"
    ))
}

/// Everything that a version knows is refused, unless a rule lets it be.
fn handled(version: ABI) -> Result<Ruleset, RulesetError> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(version))?;
    if version >= ABI::V4 {
        ruleset = ruleset.handle_access(AccessNet::from_all(version))?;
    }
    if version >= ABI::V6 {
        ruleset = ruleset.scope(Scope::from_all(version))?;
    }
    Ok(ruleset)
}

fn ruleset(confinement: &Confinement, version: ABI) -> Result<RulesetCreated, Fault> {
    let mut created = handled(version)?.create()?;
    let reading = AccessFs::ReadFile | AccessFs::ReadDir;
    let writing = reading | AccessFs::WriteFile | AccessFs::MakeReg | AccessFs::RemoveFile;
    let writing = if version >= ABI::V3 { writing | AccessFs::Truncate } else { writing };
    let read = confinement.read.iter().map(|path| (path, reading));
    let write = confinement.write.iter().map(|path| (path, writing));
    for (path, access) in read.chain(write) {
        let named = |fault: PathFdError| Fault::File(format!("{}: {fault}", path.display()));
        let opened = PathFd::new(path).map_err(named)?;
        let access = if path.is_dir() { access } else { access & of_files(version) };
        created = created.add_rule(PathBeneath::new(opened, access))?;
    }
    Ok(created)
}

/// What can be allowed for a file that is no directory.
fn of_files(version: ABI) -> BitFlags<AccessFs> {
    AccessFs::from_file(version)
}
