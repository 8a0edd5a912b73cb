//! The command line of `clinic-upstream`.

use super::faults::{self, Fault};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// What the program prints for `--help`.
pub const USAGE: &str = "\
Serves a made-up hospital department over HTTP, for tests and demonstrations.

Usage: clinic-upstream --api-key-file FILE [options]

  --listen ADDRESS      where to listen; port 0 lets the system choose   [127.0.0.1:0]
  --api-key-file FILE   holds the key that callers send as X-Api-Key
  --port-file FILE      the server's address is written there once it listens
  --delay-ms NUMBER     how long every answer is held back               [0]
  --fault PATH=FAULT    what goes wrong at a path such as /v1/patients; may be given more than once:
                        hang, close, cut, garbage, huge, or status:NUMBER
  --help                print this
";

/// How the server behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where to listen. Port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The value that callers must send as `X-Api-Key`.
    pub api_key: String,
    /// How long every answer is held back.
    pub delay: Duration,
    /// What goes wrong, by path, `/v1` included and without a query.
    pub faults: BTreeMap<String, Fault>,
}

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Print [`USAGE`].
    Help,
    /// Serve; the key is in this file, and the address goes to the other one.
    Serve {
        /// Everything but the key, which is still empty.
        options: Options,
        /// Where the key is.
        api_key_file: PathBuf,
        /// Where the address goes.
        port_file: Option<PathBuf>,
    },
}

impl Options {
    /// A server on a free port of this machine that does nothing wrong.
    pub fn new(api_key: impl Into<String>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            api_key: api_key.into(),
            delay: Duration::ZERO,
            faults: BTreeMap::new(),
        }
    }

    /// The same, but for this path.
    #[must_use]
    pub fn with_fault(mut self, path: impl Into<String>, fault: Fault) -> Self {
        self.faults.insert(path.into(), fault);
        self
    }
}

impl Command {
    /// Reads arguments, the program's name left out.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Options::new("");
        let (mut api_key_file, mut port_file) = (None, None);
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            if name == "--help" {
                return Ok(Self::Help);
            }
            let known = ["--listen", "--api-key-file", "--port-file", "--delay-ms", "--fault"];
            if !known.contains(&name.as_str()) {
                return Err(format!("`{name}` is not known; see --help"));
            }
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value; see --help"))?;
            match name.as_str() {
                "--listen" => {
                    options.listen =
                        value.parse().map_err(|_| format!("--listen {value}: must be an address and a port"))?;
                }
                "--api-key-file" => api_key_file = Some(PathBuf::from(value)),
                "--port-file" => port_file = Some(PathBuf::from(value)),
                "--delay-ms" => {
                    let milliseconds = value.parse().map_err(|_| format!("--delay-ms {value}: must be a number"))?;
                    options.delay = Duration::from_millis(milliseconds);
                }
                _ => {
                    let (path, fault) = faults::parse(&value).map_err(|reason| format!("--fault {reason}"))?;
                    options.faults.insert(path, fault);
                }
            }
        }
        let api_key_file = api_key_file.ok_or("--api-key-file is missing; see --help")?;
        Ok(Self::Serve { options, api_key_file, port_file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        Command::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_whole_line() {
        let line = "--listen 127.0.0.1:8080 --api-key-file key --port-file port --delay-ms 25 \
                    --fault /v1/patients=hang --fault /v1/units/H1=status:503";
        let mut options =
            Options::new("").with_fault("/v1/patients", Fault::Hang).with_fault("/v1/units/H1", Fault::Status(503));
        options.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        options.delay = Duration::from_millis(25);
        let port_file = Some(PathBuf::from("port"));
        assert_eq!(parse(line), Ok(Command::Serve { options, api_key_file: PathBuf::from("key"), port_file }));
    }

    #[test]
    fn mistakes_are_named() {
        let wrong = [
            ("", "--api-key-file"),
            ("--api-key-file", "needs a value"),
            ("--port 1", "--port"),
            ("--listen here --api-key-file key", "--listen"),
            ("--delay-ms -1 --api-key-file key", "--delay-ms"),
            ("--fault /v1=boom --api-key-file key", "--fault"),
            ("--fault /v1=status:99 --api-key-file key", "status"),
            ("--fault v1=hang --api-key-file key", "begins with /"),
        ];
        for (line, part) in wrong {
            assert!(parse(line).is_err_and(|message| message.contains(part)), "{line}");
        }
    }
}
