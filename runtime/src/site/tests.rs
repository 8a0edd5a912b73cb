use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::{Address, Pin, Scheme, Site, SiteUpstream};
use crate::audit::{Policy, SyncPolicy};

/// A directory with a key file of these contents and this mode, and a site file of this text.
fn read(site: &str, key: &[u8], mode: u32) -> Result<Site, String> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("clinic.key");
    fs::write(&path, key).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changed");
    let file = directory.path().join("site.json");
    fs::write(&file, site).expect("written");
    let shown = format!("{}/", directory.path().display());
    Site::read(&file).map_err(|fault| fault.to_string().replace(&shown, ""))
}

const SITE: &str = r#"{
  "upstreams": {"clinic": {"address": "http://127.0.0.1:8471", "credentials": {"api_key": {"file": "clinic.key"}}}},
  "audit": {"file": "audit.jsonl"},
  "limits": {"seconds_max": 5}
}"#;

#[test]
fn a_whole_file_is_read_and_paths_are_relative_to_it() {
    let site = read(SITE, b"canary-771177\n", 0o600).expect("sound");
    let clinic = &site.upstreams["clinic"];
    assert_eq!((clinic.address.host.as_str(), clinic.address.port), ("127.0.0.1", 8471));
    assert_eq!(clinic.pins, [Pin::Tcp("127.0.0.1:8471".parse().expect("an address"))]);
    assert_eq!(clinic.credentials["api_key"].expose(), "canary-771177");
    let audit = site.audit.as_ref().expect("is there");
    assert_eq!(audit.policy, Policy::of_file(site.file.with_file_name("audit.jsonl")));
    assert!(!audit.values && audit.digest_key.is_none());
    assert_eq!(site.limits.time_max, Duration::from_secs(5));
    assert_eq!(site.limits.calls_at_once_max, 8);
    assert!(!format!("{site:?}").contains("canary"), "{site:?}");
}

#[test]
fn a_trail_is_kept_as_the_site_says() {
    let audit = r#"{"file": "a/b.jsonl", "key": {"file": "audit.key"}, "sync": "every", "arguments": "values",
        "digest_key": {"file": "clinic.key"}, "file_bytes_max": 65536}"#;
    let with = |audit: &str| SITE.replace(r#"{"file": "audit.jsonl"}"#, audit);
    let key = b"canary-0123456789abcdef0123456789\n";
    let audit = read(&with(audit), key, 0o600).expect("sound").audit.expect("is there");
    assert!(audit.values && audit.digest_key.is_some() && !format!("{audit:?}").contains("canary"));
    let Policy { file, is_shared, key: signs, sync, file_bytes_max } = audit.policy;
    assert!(!is_shared && file.ends_with("a/b.jsonl") && signs.is_some_and(|signs| signs.file.ends_with("audit.key")));
    assert_eq!((sync, file_bytes_max), (SyncPolicy::Every, 65536));
    let beside = read(&with(r#"{"directory": "trails"}"#), key, 0o600).expect("sound").audit.expect("is there").policy;
    assert!(beside.is_shared && beside.file.ends_with("trails/audit.jsonl"), "{beside:?}");
    for (audit, expected) in [
        ("{}", "\"audit\" has either \"directory\""),
        (r#"{"file": "a", "directory": "b"}"#, "\"audit\" has either \"directory\""),
        (r#"{"file": "a", "sync": "often"}"#, "unknown variant `often`, expected one of `writes`, `every`, `never`"),
        (r#"{"file": "a", "arguments": "all"}"#, "unknown variant `all`, expected `digest` or `values`"),
        (r#"{"file": "a", "file_bytes_max": 9}"#, "9 is not from 65536 to 1073741824"),
        (r#"{"file": "a", "kee": {"file": "b"}}"#, "unknown field `kee`"),
    ] {
        let fault = read(&with(audit), key, 0o600).expect_err(audit);
        assert!(fault.starts_with("site.json:3:") && fault.contains(expected), "{fault}");
    }
    let short = read(&with(r#"{"file": "a", "digest_key": {"file": "clinic.key"}}"#), b"canary-77\n", 0o600);
    let short = short.expect_err("too short");
    assert!(
        short.contains("\"digest_key\" of \"audit\": `clinic.key` holds less than 32") && !short.contains("canary")
    );
}

#[test]
fn an_upstream_says_what_it_can_bear() {
    let limited = SITE.replace("}}}},", "}}, \"limits\": {\"calls_at_once_max\": 2, \"calls_per_second_max\": 5}}},");
    let site = read(&limited, b"canary-771177\n", 0o600).expect("sound");
    let limits = site.upstreams["clinic"].limits;
    assert_eq!((limits.calls_at_once_max, limits.calls_per_second_max), (Some(2), Some(5)));
    let wrong = limited.replace("max\": 5", "max\": 0");
    assert!(read(&wrong, b"x\n", 0o600).expect_err("no call at all").contains("0 is not from 1 to 1000"));
}

#[test]
fn a_mistake_is_told_with_its_place() {
    let cases = [
        (
            "{\"upstreams\": {}, \"upstrems\": {}}",
            "site.json:1:28: unknown field `upstrems`, expected one of `upstreams`, `audit`, `limits`, `serve`",
        ),
        ("{\"upstreams\": {},\n}", "site.json:2:1: trailing comma"),
        ("{}", "site.json:1:2: missing field `upstreams`"),
        (
            "{\"upstreams\": {\"a\": {\"address\": \"http://x\"}, \"a\": {\"address\": \"http://y\"}}}",
            "`a` is given twice",
        ),
        ("{\"upstreams\": {}, \"limits\": {\"seconds_max\": 0}}", "0 is not from 1 to 3600"),
    ];
    for (text, expected) in cases {
        let fault = read(text, b"k", 0o600).expect_err(text);
        assert!(fault.starts_with("site.json:") && fault.contains(expected), "{fault}");
    }
}

#[test]
fn credentials_are_private_lines_of_visible_ascii() {
    let fault = read(SITE, b"canary-771177", 0o640).expect_err("the group can read it");
    assert_eq!(
        fault,
        "site.json: credential `api_key` of upstream `clinic`: `clinic.key` can be read by other users; run `chmod 600 clinic.key`"
    );
    for bad in [
        &b""[..],
        b"\n",
        b"canary ",
        b" canary",
        b"canary\ttwo",
        b"canary\n\n",
        b"canary\r\nX: y",
        b"can\xc3\xa4ry",
        b"canary\0",
        &[b'x'; 5000],
    ] {
        let fault = read(SITE, bad, 0o600).expect_err("not one line of visible ASCII");
        assert!(fault.contains("`clinic.key`") && !fault.contains("canary"), "{fault}");
    }
    assert!(read(SITE, b"canary\r\n", 0o400).is_ok());
    assert!(read(SITE, b"token canary\n", 0o400).is_ok(), "a header's whole value may be two words");
}

/// The same with a block `serve`, and a key file of 32 characters.
fn serving(block: &str) -> Result<Site, String> {
    let site = SITE.replace("\"limits\"", &format!("\"serve\": {block},\n  \"limits\""));
    read(&site, b"canary-0123456789abcdef0123456789\n", 0o600)
}

#[test]
fn clients_over_http_are_told_apart_by_what_the_site_says() {
    let site = serving(
        r#"{"http": {"addresses": ["10.0.0.7:8471"], "hosts": ["Airlock.Clinic.internal", "[fd00::7]"],
            "origins": ["https://portal.clinic.internal", "http://10.0.0.8:3000"], "token": {"file": "clinic.key"}},
            "state_key": {"file": "clinic.key"}}"#,
    )
    .expect("sound");
    let serve = site.serve;
    assert_eq!(serve.addresses, ["10.0.0.7:8471".parse().expect("an address")]);
    assert_eq!(serve.hosts, ["airlock.clinic.internal", "[fd00::7]"]);
    assert_eq!(serve.origins, ["https://portal.clinic.internal", "http://10.0.0.8:3000"]);
    assert!(serve.token == serve.state_key && serve.token.is_some());
    assert!(!format!("{serve:?}").contains("canary"), "{serve:?}");
    let nothing = serving("{}").expect("sound").serve;
    assert!(nothing.addresses.is_empty() && nothing.token.is_none() && nothing.state_key.is_none());
}

#[test]
fn mistakes_about_http_are_told_with_their_place() {
    for (block, expected) in [
        (r#"{"http": {"addresses": ["10.0.0.7:8471"]}}"#, "there has to be a token"),
        (r#"{"http": {"addresses": ["clinic:8471"]}}"#, "invalid socket address"),
        (r#"{"http": {"hosts": ["clinic.internal:8471"]}}"#, "`clinic.internal:8471` has a port"),
        (r#"{"http": {"hosts": ["*"]}}"#, "is not a host name"),
        (r#"{"http": {"origins": ["portal.clinic.internal"]}}"#, "an origin starts with `http://`"),
        (r#"{"http": {"origins": ["null"]}}"#, "an origin starts with `http://`"),
        (r#"{"http": {"origins": ["https://*"]}}"#, "is not a host name"),
        (r#"{"http": {"origins": ["https://portal/"]}}"#, "is not a host name"),
        (r#"{"http": {"origins": ["https://portal:443"]}}"#, "browsers leave `:443` out"),
        (r#"{"htp": {}}"#, "unknown field `htp`, expected `http` or `state_key`"),
        (r#"{"http": {"tokn": {}}}"#, "unknown field `tokn`"),
    ] {
        let fault = serving(block).expect_err(block);
        assert!(fault.starts_with("site.json:4:") && fault.contains(expected), "{fault}");
    }
    let token = r#"{"http": {"token": {"file": "clinic.key"}}}"#;
    let site = SITE.replace("\"limits\"", &format!("\"serve\": {token}, \"limits\""));
    let short = read(&site, b"canary-0123456789\n", 0o600).expect_err("too short");
    assert!(short.starts_with("site.json: the token of \"http\": `clinic.key` holds less than 32"), "{short}");
    assert!(!short.contains("canary"));
    let key = r#"{"state_key": {"file": "nowhere.key"}}"#;
    assert!(serving(key).expect_err("is not there").contains("\"state_key\": `nowhere.key` cannot be opened"));
}

#[test]
fn an_address_is_an_origin() {
    for (text, host, port) in [
        ("http://localhost", "localhost", 80),
        ("http://10.0.0.7:8080", "10.0.0.7", 8080),
        ("http://[::1]:9", "::1", 9),
        ("http://[fd00::1]", "fd00::1", 80),
        ("https://clinic.internal", "clinic.internal", 443),
        ("https://[fd00::1]:8443", "fd00::1", 8443),
    ] {
        let address = Address::try_from(text.to_owned()).expect(text);
        assert_eq!((address.host.as_str(), address.port), (host, port));
        assert_eq!(address.to_string(), text);
    }
    for (text, reason) in [
        ("HTTPS://x", "starts with `http://`"),
        ("ftp://x", "starts with `http://`"),
        ("http://user:pw@x", "no user name"),
        ("http://x/", "leave out `/`"),
        ("http://x/v1?y", "leave out `/v1?y`"),
        ("http://x?y", "leave out `?y`"),
        ("http://", "is not a host name"),
        ("http://x y", "is not a host name"),
        ("http://-h", "is not a host name"),
        ("http://x:0", "not a port"),
        ("http://x:+8", "not a port"),
        ("http://x:99999", "not a port"),
        ("http://[::1", "not closed"),
        ("http://[x]", "not an IPv6 address"),
        ("http://[::1]x", "after the bracket"),
        ("http://x\r\nHost: y", "not a port"),
    ] {
        let fault = Address::try_from(text.to_owned()).expect_err(text);
        assert!(fault.contains(reason), "{text}: {fault}");
    }
}

#[test]
fn an_address_is_dialled_at_its_pins() {
    let tcp =
        |pins: &[&str]| -> Vec<Pin> { pins.iter().map(|pin| Pin::Tcp(pin.parse().expect("an address"))).collect() };
    for (address, pins) in [
        ("http://10.0.0.7", tcp(&["10.0.0.7:80"])),
        ("http://[fd00::1]:81", tcp(&["[fd00::1]:81"])),
        ("http://localhost:81", tcp(&["127.0.0.1:81", "[::1]:81"])),
        ("http://clinic.LOCALHOST", tcp(&["127.0.0.1:80", "[::1]:80"])),
        ("unix:/run/clinic.sock", vec![Pin::Unix("/run/clinic.sock".into())]),
    ] {
        assert_eq!(SiteUpstream::at(address).expect(address).pins, pins, "{address}");
    }
    let socket = SiteUpstream::at("unix:/run/clinic.sock").expect("a socket").address;
    assert_eq!((socket.scheme, socket.authority.as_str()), (Scheme::Http, "localhost"));
    // Old forms of IPv4 are names: whoever reads them as addresses does it each in its own way.
    for name in ["http://clinic.internal", "http://127.1", "http://0x7f.0.0.1", "http://localhost.internal"] {
        let fault = SiteUpstream::at(name).expect_err(name);
        assert!(fault.contains("is a name") && fault.contains("`airlock-host site pin`"), "{fault}");
    }
}

/// The first pins of a site with these members beside an upstream's address.
fn pins(address: &str, rest: &str) -> Result<Vec<Pin>, String> {
    let site = read(&format!("{{\"upstreams\": {{\"a\": {{\"address\": \"{address}\"{rest}}}}}}}"), b"k", 0o600)?;
    Ok(site.upstreams["a"].pins.clone())
}

#[test]
fn a_name_has_its_pins_in_the_site_file() {
    let named = "http://clinic.internal:81";
    let given = pins(named, r#", "pins": ["10.1.2.3:81", "[fd00::2]:81"]"#).expect("sound");
    let expected = ["10.1.2.3:81", "[fd00::2]:81"].map(|pin| Pin::Tcp(pin.parse().expect("an address")));
    assert_eq!(given, expected);
    let relative = pins("unix:clinic.sock", "").expect("sound");
    assert!(matches!(&relative[..], [Pin::Unix(path)] if path.is_absolute() && path.ends_with("clinic.sock")));
    let many = format!(", \"pins\": [{}]", vec!["\"10.1.2.3:81\""; 17].join(", "));
    for (address, rest, expected) in [
        (named, "", "site.json: upstream `a`: `clinic.internal` is a name, and no name is looked up"),
        (named, r#", "pins": []"#, "`airlock-host site pin` looks it up now"),
        (named, &many, "17 pins are too many"),
        (named, r#", "pins": ["0.0.0.0:81"]"#, "the pin `0.0.0.0:81` is no place"),
        (named, r#", "pins": ["10.1.2.3:0"]"#, "the pin `10.1.2.3:0` is no place"),
        (named, r#", "pins": ["224.0.0.1:81"]"#, "the pin `224.0.0.1:81` is no place"),
        (named, r#", "pins": ["clinic:81"]"#, "site.json:1:"),
        ("http://10.0.0.1", r#", "pins": ["10.1.2.3:80"]"#, "`10.0.0.1` is its own pin"),
        ("http://localhost", r#", "pins": ["10.1.2.3:80"]"#, "`localhost` is its own pin"),
        ("unix:/run/a.sock", r#", "pins": ["10.1.2.3:80"]"#, "a unix socket is its own pin"),
        ("unix:", "", "comes the path of a socket"),
    ] {
        let fault = pins(address, rest).expect_err(rest);
        assert!(fault.contains(expected), "{fault}");
    }
}

#[test]
fn a_secret_is_named_by_one_place() {
    let of = |place: &str| read(&SITE.replace(r#"{"file": "clinic.key"}"#, place), b"canary-771177\n", 0o600);
    for (place, expected) in [
        ("{}", "either \"file\" or \"credential\""),
        (r#"{"file": "clinic.key", "credential": "clinic"}"#, "either \"file\" or \"credential\""),
        (r#"{"credential": "../clinic.key"}"#, "`../clinic.key` is not the name of a credential"),
        (r#"{"credential": ""}"#, "is not the name of a credential"),
        (r#"{"key": "clinic"}"#, "unknown field `key`, expected `file` or `credential`"),
    ] {
        let fault = of(place).expect_err(place);
        assert!(fault.starts_with("site.json:2:") && fault.contains(expected), "{fault}");
    }
    // Tests are not started by systemd.
    let fault = of(r#"{"credential": "clinic"}"#).expect_err("there is none");
    assert!(fault.contains("the credential `clinic` is not there") && fault.contains("`LoadCredential=clinic:FILE`"));
}

#[test]
fn who_is_behind_https_has_to_be_proven() {
    let of = |address: &str, ca: &str, pem: &[u8], mode: u32| {
        let site = format!("{{\"upstreams\": {{\"a\": {{\"address\": \"{address}\"{ca}}}}}}}");
        read(&site, pem, mode).map(|site| site.upstreams["a"].tls.is_some())
    };
    let ca = r#", "ca": {"file": "clinic.key"}"#;
    assert_eq!(of("http://10.0.0.1", "", b"", 0o600), Ok(false));
    let told = of("https://10.0.0.1", "", b"", 0o600).expect_err("no proof");
    assert!(told.contains("site.json: upstream `a`: nothing proves who is behind `https://10.0.0.1`"), "{told}");
    assert!(of("http://10.0.0.1", ca, b"", 0o600).expect_err("no use").contains("this address is `http://`"));
    #[cfg(feature = "tls")]
    for (pem, mode, expected) in [
        (&b""[..], 0o600, "`clinic.key` holds no certificate"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 0o600, "cannot be read, number 1"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n", 0o600, "is broken at or behind certificate 1"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0o600, "something else than certificates"),
        (b"", 0o622, "can be written by other users; run `chmod go-w clinic.key`"),
    ] {
        let told = of("https://10.0.0.1", ca, pem, mode).expect_err(expected);
        assert!(told.contains("upstream `a`: \"ca\": `clinic.key`") && told.contains(expected), "{told}");
    }
    #[cfg(not(feature = "tls"))]
    assert!(of("https://10.0.0.1", ca, b"", 0o600).expect_err("no TLS").contains("`--features tls`"));
}

#[test]
fn plain_http_has_a_reason_that_people_can_read() {
    let of = |address: &str, reason: &str| {
        let site = format!("{{\"upstreams\": {{\"a\": {{\"address\": \"{address}\", \"plain_http\": {reason}}}}}}}");
        read(&site, b"k", 0o600).map(|site| site.upstreams["a"].plain_http.clone().unwrap_or_default())
    };
    let long = format!("\"{}\"", "x".repeat(501));
    assert_eq!(of("http://10.0.0.1", "\"A wire of our own.\""), Ok("A wire of our own.".to_owned()));
    for reason in ["\"\"", "\"  \"", "\"a\\nb\"", &long] {
        let told = of("http://10.0.0.1", reason).expect_err(reason);
        assert!(told.starts_with("site.json:1:") && told.contains("a line of at most 500 bytes"), "{told}");
    }
    let told = of("http://10.0.0.1", "true").expect_err("no text");
    assert!(told.contains("invalid type: boolean"), "{told}");
    let told = of("https://10.0.0.1", "\"A wire of our own.\"").expect_err("there is TLS");
    assert!(told.contains("upstream `a`: \"plain_http\" says why there is no TLS"), "{told}");
}
