//! A process that installs is killed at any moment, as `kill -9` does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use airlock_seal::Refusal;
use airlock_seal::install::{Installed, Wish};

use crate::tree::{Quick, Records, bundle, in_force, install, install_with, is_tidy, short};

/// Files of a bundle, so that an installation takes some time.
const FILES: usize = 40;

/// Says where to install what, to the process that is killed.
const ROOT: &str = "AIRLOCK_INSTALL_ROOT";
const BUNDLE: &str = "AIRLOCK_INSTALL_BUNDLE";

/// Kills; `AIRLOCK_INSTALL_KILLS` asks for more.
fn kills() -> u32 {
    std::env::var("AIRLOCK_INSTALL_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(20)
}

/// Not a test of its own: the process that is killed.
#[test]
#[ignore = "started by the other one"]
fn installs() {
    let (Some(root), Some(bundle)) = (std::env::var_os(ROOT), std::env::var_os(BUNDLE)) else { return };
    writeln!(std::io::stderr(), "begins").expect("written");
    install(root.as_ref(), bundle.as_ref()).expect("installed");
}

/// Installs without waiting for the disk, which nobody takes the power from here.
fn quickly(root: &Path, bundle: &Path) -> Result<Installed, Refusal> {
    install_with(root, bundle, Wish::default(), &mut Records::default(), &mut Quick::default())
}

/// Starts it, and waits until it begins.
fn start(root: &Path, bundle: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("is known"));
    command.args(["--exact", "kill::installs", "--ignored", "--nocapture"]);
    command.env(ROOT, root).env(BUNDLE, bundle).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let lines = BufReader::new(child.stderr.as_mut().expect("a pipe")).lines();
    let begun = lines.map_while(Result::ok).any(|line| line.contains("begins"));
    assert!(begun, "it began");
    child
}

#[test]
fn whatever_the_moment_the_old_or_the_new_release_is_in_force_and_whole() {
    let directory = tempfile::tempdir().expect("a directory");
    let (old, new) = (bundle(directory.path(), 1, FILES), bundle(directory.path(), 2, FILES));
    let mut duration = Duration::from_millis(1);
    // The first ones are not killed: they say how long it takes.
    for number in 0..3 {
        let root = directory.path().join(format!("whole-{number}"));
        quickly(&root, &old).expect("installed");
        let since = Instant::now();
        assert!(start(&root, &new).wait().expect("it ends").success());
        duration = duration.max(since.elapsed());
    }
    let kills = kills();
    let (mut of_old, mut of_new, mut ended) = (0, 0, 0);
    for number in 0..kills {
        let root = directory.path().join(format!("root-{number}"));
        quickly(&root, &old).expect("installed");
        let mut child = start(&root, &new);
        // Spread evenly, and not in order: the golden section.
        let part = f64::from(number) * 0.618_033_988_749_895 % 1.0;
        thread::sleep(duration.mul_f64(part));
        child.kill().expect("killed or gone");
        ended += u32::from(child.wait().expect("it ends").success());
        let found = in_force(&root).expect("one is in force");
        if found == short(&new) {
            of_new += 1;
        } else {
            assert_eq!(found, short(&old), "kill {number}");
            of_old += 1;
        }
        quickly(&root, &new).unwrap_or_else(|refusal| panic!("kill {number}: {refusal}"));
        assert_eq!(in_force(&root), Some(short(&new)), "kill {number}");
        assert!(is_tidy(&root), "kill {number}");
        std::fs::remove_dir_all(&root).expect("removed");
    }
    assert!(of_old > 0, "none was killed before the switch, of {kills}");
    let told = format!(
        "{kills} kills: the old one was in force behind {of_old}, the new one behind {of_new}; {ended} came too late"
    );
    // For whoever asked for more; a suite that is good is silent.
    if std::env::var_os("AIRLOCK_INSTALL_KILLS").is_some() {
        writeln!(std::io::stderr(), "{told}").expect("written");
    }
}
