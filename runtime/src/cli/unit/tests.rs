//! What the command line does not reach yet, and what no path may do to a unit. Whole units stand in `tests/cases/unit/`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::facts::{Facts, Kept, Reached, Served, User};
use super::{escape, text};

fn facts() -> Facts {
    Facts {
        user: User::Named("airlock".to_owned()),
        program: PathBuf::from("/opt/airlock/airlock-host"),
        has_libraries: false,
        others: Vec::new(),
        served: Served::Socket {
            option: "--socket",
            path: PathBuf::from("/run/airlock/mcp.sock"),
            directory: "airlock".to_owned(),
        },
        credentials: BTreeMap::new(),
        audit: None,
        upstreams: BTreeMap::new(),
        time_max: Duration::from_secs(30),
    }
}

/// The settings of a unit of one name.
fn settings<'u>(unit: &'u str, name: &str) -> Vec<&'u str> {
    unit.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')).collect()
}

#[test]
fn without_tcp_there_is_no_network_and_without_libraries_nothing_else_runs() {
    let upstreams = BTreeMap::from([("lab".to_owned(), vec![Reached::Unix("/run/lab.sock".into())])]);
    let unit = text::unit(&Facts { upstreams, ..facts() });
    assert_eq!(settings(&unit, "PrivateNetwork"), ["yes"]);
    assert_eq!(settings(&unit, "RestrictAddressFamilies"), ["AF_UNIX"]);
    assert_eq!(settings(&unit, "IPAddressAllow"), [""; 0]);
    assert_eq!(settings(&unit, "ExecPaths"), ["/opt/airlock/airlock-host"]);
}

#[test]
fn each_address_is_allowed_and_each_family_is_one_that_is_used() {
    let ip = |text: &str| Reached::Ip(text.parse::<IpAddr>().expect("an address"));
    let upstreams = BTreeMap::from([
        ("clinic".to_owned(), vec![ip("10.1.2.3")]),
        ("lab".to_owned(), vec![ip("fd00::7"), ip("::ffff:10.9.9.9")]),
    ]);
    let unit = text::unit(&Facts { upstreams, ..facts() });
    assert_eq!(settings(&unit, "IPAddressDeny"), ["any"]);
    assert_eq!(settings(&unit, "IPAddressAllow"), ["10.1.2.3", "fd00::7", "10.9.9.9"]);
    assert_eq!(settings(&unit, "RestrictAddressFamilies"), ["AF_UNIX AF_INET AF_INET6"]);
    assert_eq!(settings(&unit, "PrivateNetwork"), [""; 0]);
}

#[test]
fn paths_stay_words_of_one_line() {
    for (path, word, argument) in [
        ("/opt/airlock-host", "/opt/airlock-host", "/opt/airlock-host"),
        ("/opt/a b", "\"/opt/a b\"", "\"/opt/a b\""),
        ("/opt/%n", "\"/opt/%%n\"", "\"/opt/%%n\""),
        ("/opt/$HOME", "\"/opt/$HOME\"", "\"/opt/$$HOME\""),
        ("/opt/\"\\'", "\"/opt/\\\"\\\\'\"", "\"/opt/\\\"\\\\'\""),
        ("/opt/ж;#", "\"/opt/ж;#\"", "\"/opt/ж;#\""),
        ("", "\"\"", "\"\""),
    ] {
        assert_eq!((escape::word(path).as_str(), escape::argument(path).as_str()), (word, argument));
    }
    for path in ["/opt/a\nUser=root", "/opt/a\r", "/opt/\u{1b}[0m", "/opt/\u{85}"] {
        let fault = escape::text("the program", path.as_ref()).expect_err(path);
        assert!(fault.contains("control character") && !fault.contains('\n'), "{fault}");
    }
    for path in ["/opt/a ", "/opt/a\\"] {
        assert!(escape::rest("the file", path).is_err(), "{path}");
    }
    assert_eq!(escape::rest("the file", "/opt/a \"b\" %n"), Ok("/opt/a \"b\" %%n".to_owned()));
}

#[test]
fn what_is_written_stays_a_path_in_a_unit() {
    let program = PathBuf::from("/opt/a b\"%h/airlock-host");
    let audit = Some(Kept::Directory("/srv/a b/%h".into()));
    let unit = text::unit(&Facts { program, audit, ..facts() });
    let start = "\"/opt/a b\\\"%%h/airlock-host\" --site %d/site.json serve --socket /run/airlock/mcp.sock";
    assert_eq!(settings(&unit, "ExecStart"), [start]);
    assert_eq!(settings(&unit, "ExecPaths"), ["\"/opt/a b\\\"%%h/airlock-host\""]);
    assert_eq!(settings(&unit, "ReadWritePaths"), ["\"/srv/a b/%%h\""]);
    assert_eq!(settings(&unit, "TimeoutStopSec"), ["45"]);
    let upstreams = BTreeMap::from([("lab\nUser=root".to_owned(), vec![Reached::Ip([10, 1, 2, 3].into())])]);
    assert_eq!(settings(&text::unit(&Facts { upstreams, ..facts() }), "User"), ["airlock"]);
}
