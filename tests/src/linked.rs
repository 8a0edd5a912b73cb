//! Hosts with other catalogs than this workspace's: a small package around the runtime's library and what the compiler has
//! written, built with the same dependencies into the same target directory.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A package below the target directory, named after its catalog.
#[derive(Debug)]
pub struct Linked {
    name: String,
    target: PathBuf,
}

impl Linked {
    /// Begins a package. `name` is the binary's, too, so it is one of its own.
    ///
    /// # Panics
    /// The directory cannot be made.
    pub fn new(name: &str) -> Self {
        let test = std::env::current_exe().expect("has a path");
        let target = test.ancestors().nth(3).expect("is in TARGET/PROFILE/deps").to_owned();
        let linked = Self { name: name.to_owned(), target };
        std::fs::create_dir_all(linked.directory().join("src")).expect("can be made");
        linked
    }

    /// Where the package is.
    pub fn directory(&self) -> PathBuf {
        self.target.join("hosts").join(&self.name)
    }

    /// Where `airlock compile --out` has to write to before [`Self::build`].
    pub fn generated(&self) -> PathBuf {
        self.directory().join("generated")
    }

    /// Builds the host: its path.
    ///
    /// # Panics
    /// It does not compile.
    pub fn build(&self, release: bool) -> PathBuf {
        let workspace = std::fs::canonicalize("..").expect("is there");
        let read = |path: PathBuf| std::fs::read_to_string(path).expect("is there");
        // Two packages of one name cannot stand in one lock file, and the runtime brings this workspace's own.
        let manifest = self.generated().join("Cargo.toml");
        let linked = read(manifest.clone()).replace("airlock-generated", &format!("{}-generated", self.name));
        let write = |path: &Path, text: &str| std::fs::write(path, text).expect("can be written");
        write(&manifest, &linked);
        write(&self.directory().join("Cargo.toml"), &self.manifest(&read(workspace.join("Cargo.toml")), &workspace));
        write(&self.directory().join("Cargo.lock"), &read(workspace.join("Cargo.lock")));
        write(&self.directory().join("src/main.rs"), MAIN);
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--quiet", "--offline", "--target-dir"]).arg(&self.target).current_dir(self.directory());
        if release {
            cargo.arg("--release");
        }
        let output = cargo.output().expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.target.join(if release { "release" } else { "debug" }).join(&self.name)
    }

    /// A workspace with the package, lints and profiles of this one, so that built dependencies are used again.
    fn manifest(&self, workspace: &str, root: &Path) -> String {
        let from = |start: &str| &workspace[workspace.find(start).expect("is there")..];
        let up_to = |text: &'static str, start: &str| from(start).find(text).map(|end| &from(start)[..end]);
        let package = up_to("[workspace.dependencies]", "[workspace.package]").expect("is before");
        let (name, root) = (&self.name, root.display());
        format!(
            "[package]\nname = \"{name}\"\nversion.workspace = true\nedition.workspace = true\n\n\
             [dependencies]\n\
             airlock-runtime = {{ path = \"{root}/runtime\", default-features = false }}\n\
             linked = {{ package = \"{name}-generated\", path = \"generated\" }}\n\n\
             [workspace]\nresolver = \"3\"\nmembers = [\"generated\"]\n\n{package}\n\
             [workspace.dependencies]\nairlock-contract = {{ path = \"{root}/runtime/contract\" }}\n\n{}",
            from("[workspace.lints.rust]")
        )
    }
}

const MAIN: &str = "\
fn main() -> std::process::ExitCode {
    airlock_runtime::cli::main(linked::PROGRAM)
}
";
