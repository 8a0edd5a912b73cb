//! Certificates that are made in the test, and a server that shows them.

use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Certificates as a server shows them, and their key.
pub(crate) struct Shown {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

/// Whoever issues certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

/// What a server's certificate says unless a test says otherwise.
fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    CertificateParams::new(names).expect("names")
}

fn params_of_authority(name: &str) -> CertificateParams {
    let mut params = params(&[]);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        Self(CertifiedIssuer::self_signed(params_of_authority(name), key()).expect("it signs itself"))
    }

    /// As a file of certificates holds it.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for these names, after a test has had its way with it.
    pub(crate) fn issue(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Shown {
        let (mut params, key) = (params(names), key());
        change(&mut params);
        let certificate = params.signed_by(&key, &self.0).expect("signed");
        Shown { chain: vec![certificate.der().clone()], key: key.serialize_der() }
    }

    /// A certificate that another authority issued, which this one stands for.
    pub(crate) fn issue_below(&self, names: &[&str]) -> Shown {
        let between = CertifiedIssuer::signed_by(params_of_authority("between"), key(), &self.0).expect("signed");
        let key = key();
        let certificate = params(names).signed_by(&key, &between).expect("signed");
        Shown { chain: vec![certificate.der().clone(), between.der().clone()], key: key.serialize_der() }
    }
}

/// A certificate that signs itself, and its PEM.
pub(crate) fn self_signed(names: &[&str], is_ca: IsCa) -> (Shown, String) {
    let (mut params, key) = (params(names), key());
    params.is_ca = is_ca;
    let certificate = params.self_signed(&key).expect("signed");
    (Shown { chain: vec![certificate.der().clone()], key: key.serialize_der() }, certificate.pem())
}

/// A server behind TLS.
pub(crate) struct Server {
    pub(crate) port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers every request with these bytes, and closes the connection as `polite` says.
    pub(crate) async fn start(
        shown: Shown,
        versions: &[&'static rustls::SupportedProtocolVersion],
        answer: &'static [u8],
        is_polite: bool,
    ) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions).expect("versions");
        let key = PrivateKeyDer::try_from(shown.key).expect("a key");
        let config = config.with_no_client_auth().with_single_cert(shown.chain, key).expect("a certificate");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that does not trust this server leaves in the middle.
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => head.push(byte),
                        Err(_) => break,
                    }
                }
                seen.lock().expect("no panic").push(String::from_utf8_lossy(&head).into_owned());
                let _ = stream.write_all(answer).await;
                let _ = stream.flush().await;
                if is_polite {
                    let _ = stream.shutdown().await;
                }
            }
        });
        Self { port, heads }
    }

    /// The requests that got through.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("no panic").clone()
    }
}
