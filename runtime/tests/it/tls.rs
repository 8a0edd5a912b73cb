//! Upstreams behind TLS: who is trusted, and what is said of whoever is not. No secret goes to anybody who is not.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use airlock_contract::{Catalog, Transport, Upstream};
use airlock_runtime::audit::Audit;
use airlock_runtime::gate::{Approval, Call, Caller, Gate, Outcome};
use airlock_runtime::site::Site;
use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, date_time_ymd};
use rustls::ALL_VERSIONS;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::authority::{Authority, Server, Shown, self_signed};
use crate::catalog::{CANARY, CATALOGS, program};

const NAME: &str = "clinic.internal";

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

/// A place with one upstream at an address.
struct Place {
    directory: TempDir,
    gate: Gate,
}

impl Place {
    fn new(address: &str, port: u16, ca: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::write(&path, text).expect("written");
            fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("changed");
            path
        };
        write("ca.pem", ca);
        write("clinic.key", CANARY);
        let mut upstream = json!({
            "address": format!("{address}:{port}"), "ca": {"file": "ca.pem"}, "credentials": {"key": {"file": "clinic.key"}},
        });
        if address.ends_with(NAME) {
            upstream["pins"] = json!([format!("127.0.0.1:{port}")]);
        }
        let site = write("site.json", &json!({"upstreams": {"clinic": upstream}}).to_string());
        let site = Site::read(&site).expect("the site can be read");
        let audit = Audit::open(Some(&directory.path().join("audit.jsonl"))).expect("a file");
        let gate = Gate::new(program(CATALOGS), &site, audit).expect("the site fits");
        Self { directory, gate }
    }

    async fn call(&self) -> Outcome {
        let arguments = json!({"name": "Li"}).as_object().cloned().unwrap_or_default();
        let outcome = self.gate.call(Call::new("find_patients", arguments, Caller::Command, Approval::None)).await;
        let audit = fs::read_to_string(self.directory.path().join("audit.jsonl")).expect("the audit file");
        for shown in [format!("{outcome:?}"), format!("{:?}", self.gate), audit] {
            assert!(!shown.contains(CANARY), "the credential is in {shown}");
        }
        outcome
    }

    /// What is said of a server that is not trusted.
    async fn refused(&self) -> String {
        self.call().await.answer.expect_err("nobody is there who could be trusted").text
    }
}

/// A call to a server that shows these certificates, and what came of it.
async fn shown(shown: Shown, address: &str, ca: &str) -> Result<String, String> {
    let server = Server::start(shown, ALL_VERSIONS, ANSWER, true).await;
    let outcome = Place::new(address, server.port, ca).call().await;
    let heads = server.heads();
    assert_eq!(heads.len(), usize::from(outcome.answer.is_ok()), "a request went to whom nobody trusts: {heads:?}");
    outcome.answer.map(|answer| answer.json).map_err(|refusal| refusal.text)
}

#[test]
fn a_document_that_says_https_is_content_with_an_authority() {
    static SEALED: &[&Catalog] = &[&Catalog {
        upstreams: &[Upstream { transport: Transport::Tls, ..CATALOGS[0].upstreams[0] }],
        ..*CATALOGS[0]
    }];
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("changed");
        path
    };
    write("ca.pem", &Authority::new("Clinic CA").pem());
    write("clinic.key", CANARY);
    let opened = |address: &str, more: &str| {
        let site = format!(
            "{{\"upstreams\": {{\"clinic\": {{\"address\": \"{address}\", \"credentials\": {{\"key\": {{\"file\": \"clinic.key\"}}}}{more}}}}}}}"
        );
        let site = Site::read(&write("site.json", &site)).expect("the site can be read");
        Gate::new(program(SEALED), &site, Audit::open(None).expect("standard error")).map_err(|fault| fault.to_string())
    };
    opened("https://10.0.0.1", ", \"ca\": {\"file\": \"ca.pem\"}").expect("TLS, as the document says");
    opened("http://10.0.0.1", ", \"plain_http\": \"A wire of our own.\"").expect("somebody says why");
    let told = opened("http://10.0.0.1", "").expect_err("plain HTTP");
    assert!(told.contains("site.json: upstream `clinic`: its document says https"), "{told}");
}

#[tokio::test]
async fn a_server_that_its_authority_vouches_for_is_called() {
    let authority = Authority::new("Clinic CA");
    let other = Authority::new("Another CA");
    let both = format!("{}{}", other.pem(), authority.pem());
    let named = format!("https://{NAME}");
    for (certificate, address, ca) in [
        (authority.issue(&[NAME], |_| ()), &named[..], authority.pem()),
        (authority.issue(&["*.clinic.internal"], |_| ()), "https://ward.clinic.internal", authority.pem()),
        (authority.issue(&["127.0.0.1"], |_| ()), "https://127.0.0.1", authority.pem()),
        (authority.issue(&["localhost"], |_| ()), "https://localhost", authority.pem()),
        (authority.issue_below(&[NAME]), &named, authority.pem()),
        (authority.issue(&[NAME], |_| ()), &named, both),
    ] {
        assert_eq!(shown(certificate, address, &ca).await, Ok("null".to_owned()));
    }
    let (certificate, pem) = self_signed(&[NAME], IsCa::NoCa);
    assert_eq!(shown(certificate, &named, &pem).await, Ok("null".to_owned()), "it is its own authority");
}

#[tokio::test]
async fn both_versions_are_spoken_and_a_connection_is_kept() {
    let authority = Authority::new("Clinic CA");
    for version in ALL_VERSIONS {
        let certificate = authority.issue(&[NAME], |_| ());
        let server = Server::start(certificate, &[version], ANSWER, true).await;
        let place = Place::new(&format!("https://{NAME}"), server.port, &authority.pem());
        assert!(place.call().await.answer.is_ok(), "{version:?}");
        let head = server.heads().remove(0).to_ascii_lowercase();
        assert!(head.contains(&format!("\r\nhost: {NAME}:{}\r\n", server.port)), "{head}");
        assert!(head.contains(&format!("\r\nx-api-key: {CANARY}\r\n")), "{head}");
        assert!(place.call().await.answer.is_ok(), "a kept connection that was closed is replaced");
    }
}

#[tokio::test]
async fn why_a_certificate_is_not_trusted_is_told_with_the_way_out() {
    let authority = Authority::new("Clinic CA");
    let ca = authority.pem();
    let named = format!("https://{NAME}");
    let year = |year| date_time_ymd(year, 1, 1);
    let (alone, _) = self_signed(&[NAME], IsCa::NoCa);
    let (authority_itself, own) = self_signed(&[NAME], IsCa::Ca(BasicConstraints::Unconstrained));
    let mut without_between = authority.issue_below(&[NAME]);
    without_between.chain.truncate(1);
    for (certificate, address, ca, expected) in [
        (Authority::new("Other").issue(&[NAME], |_| ()), &named[..], &ca[..], "issued by none of those in `ca.pem`"),
        (Authority::new("Clinic CA").issue(&[NAME], |_| ()), &named, &ca, "and another key"),
        (alone, &named, &ca, "issued by none of those in `ca.pem`"),
        (without_between, &named, &ca, "have the server send those between"),
        (authority_itself, &named, &own, "`openssl req -x509 -addext basicConstraints=critical,CA:FALSE …`"),
        (
            authority.issue(&[NAME], |params| params.not_after = year(2020)),
            &named,
            &ca,
            "expired on Wed, 01 Jan 2020 00:00:00 GMT",
        ),
        (
            authority.issue(&[NAME], |params| params.not_before = year(2090)),
            &named,
            &ca,
            "is valid from Sun, 01 Jan 2090 00:00:00 GMT on",
        ),
        (
            authority.issue(&["other.internal", "10.0.0.7"], |_| ()),
            &named,
            &ca,
            "is not one of `clinic.internal`: it is one of other.internal, 10.0.0.7;",
        ),
        (authority.issue(&[NAME], |_| ()), "https://127.0.0.1", &ca, "is not one of `127.0.0.1`"),
        (authority.issue(&[], |_| ()), &named, &ca, "names no host, so it is not one of `clinic.internal`"),
        (
            authority.issue(&[NAME], |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
            &named,
            &ca,
            "is not meant for servers",
        ),
    ] {
        let told = shown(certificate, address, ca).await.expect_err(expected);
        assert!(told.contains(expected) && told.contains("A retry will not help"), "{expected}: {told}");
        assert!(!told.contains('\n') && told.len() < 700, "{told}");
    }
    let mut long = authority.issue(&[NAME], |_| ());
    long.chain.extend(vec![long.chain[0].clone(); 300]);
    let told = shown(long, &named, &ca).await.expect_err("a chain of 300");
    assert!(told.contains("chain of certificates is too long"), "{told}");
}

/// A server that speaks first and alone: what it says to whoever begins a handshake.
async fn saying(bytes: &'static [u8]) -> Place {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 4096];
            let _ = stream.read(&mut hello).await;
            let _ = stream.write_all(bytes).await;
        }
    });
    Place::new("https://127.0.0.1", port, &Authority::new("Clinic CA").pem())
}

/// ServerHello of TLS 1.0 (RFC 2246, section 7.4.1.3) in one record: version, random, no session, a cipher.
const HELLO_OF_1999: &[u8] = &{
    let mut hello = [0x5a; 47];
    let head = [22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    let tail = [0, 0xc0, 0x13, 0];
    let mut at = 0;
    while at < head.len() {
        hello[at] = head[at];
        at += 1;
    }
    at = 0;
    while at < tail.len() {
        hello[43 + at] = tail[at];
        at += 1;
    }
    hello
};

#[tokio::test]
async fn what_is_no_tls_or_too_old_is_told() {
    for (bytes, expected) in [
        (&b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n"[..], "(it may speak plain HTTP)"),
        // A fatal alert, `protocol_version` (RFC 8446, section 6).
        (b"\x15\x03\x01\x00\x02\x02\x46", "neither TLS 1.2 nor TLS 1.3"),
        (HELLO_OF_1999, "neither TLS 1.2 nor TLS 1.3"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "no way of encrypting in common"),
        (b"\x15\x03\x03\x00\x02\x02\x74", "wants a client's certificate"),
    ] {
        let told = saying(bytes).await.refused().await;
        assert!(told.contains(expected) && told.contains("A retry will not help"), "{expected}: {told}");
    }
    // What breaks off may be otherwise the next time.
    for bytes in [&b""[..], b"\x16\x03\x03\x00\x50\x02\x00\x00"] {
        let told = saying(bytes).await.refused().await;
        assert!(
            told.contains("in the middle of the TLS handshake") && told.contains("A retry after a while"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_no_body() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{}";
    let authority = Authority::new("Clinic CA");
    for (is_polite, is_whole) in [(true, true), (false, false)] {
        let server = Server::start(authority.issue(&[NAME], |_| ()), ALL_VERSIONS, answer, is_polite).await;
        let place = Place::new(&format!("https://{NAME}"), server.port, &authority.pem());
        let outcome = place.call().await;
        assert_eq!(
            outcome.answer.is_ok(),
            is_whole,
            "without its end nobody knows that nothing is missing: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_handshake_that_stalls_costs_no_more_than_the_connection_may() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let place = Place::new("https://127.0.0.1", port, &Authority::new("Clinic CA").pem());
    let begun = Instant::now();
    let call = tokio::time::timeout(Duration::from_secs(20), place.refused());
    // It accepts and says nothing; from the second connection on nobody is there.
    let stall = async {
        let stalled = listener.accept().await;
        drop(listener);
        tokio::time::sleep(Duration::from_secs(6)).await;
        drop(stalled);
    };
    let (told, ()) = tokio::join!(call, stall);
    let told = told.expect("it ends");
    assert!(told.contains("cannot be reached"), "{told}");
    assert!((Duration::from_secs(5)..Duration::from_secs(15)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

#[cfg(feature = "model")]
#[tokio::test]
async fn a_model_server_is_proven_like_any_other() {
    use airlock_runtime::model::endpoint::{Address, Endpoint, Settings};
    use airlock_runtime::model::{Flow, Model as _};
    let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 26\r\n\r\n{\"data\": [{\"id\": \"demo\"}]}";
    let authority = Authority::new("Clinic CA");
    let server = Server::start(authority.issue(&[NAME], |_| ()), ALL_VERSIONS, answer, true).await;
    let directory = tempfile::tempdir().expect("a directory");
    for (pem, is_trusted) in [(authority.pem(), true), (Authority::new("Other").pem(), false)] {
        let ca = directory.path().join("ca.pem");
        fs::write(&ca, pem).expect("written");
        let address: Address = format!("https://{NAME}/v1").parse().expect("an address");
        let pins = address.pins(&[([127, 0, 0, 1], server.port).into()]).expect("a name is pinned");
        let settings = Settings { pins, tls: address.tls(Some(&ca)).expect("a file"), ..Settings::of(address) };
        let opened = tokio::task::spawn_blocking(move || {
            Endpoint::open(&settings, &mut |_| Flow::Continue).map(|endpoint| endpoint.identity().name.clone())
        });
        match opened.await.expect("no panic") {
            Ok(name) => assert!(is_trusted && name == "demo", "{name}"),
            Err(fault) => assert!(!is_trusted && fault.to_string().contains("cannot be trusted"), "{fault}"),
        }
    }
}
