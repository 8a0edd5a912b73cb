//! TLS to systems inside the perimeter (RFC 8446, RFC 5246), trusted by the certificates of one file and by nothing else.
//!
//! What comes in: a connection. What goes out: one to the system that was meant, or words about why it is not. The roots of
//! the operating system are never read, no session is resumed, so that each connection is proven anew, and no client
//! certificate is sent. Revocation is not looked up: that would be another connection.

mod faults;

use std::path::Path;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::pem::{PemObject as _, SectionKind};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::dial::{LinkFault, Stream};
use crate::private::{self, Access};
use crate::site::Address;

/// A longer file of certificates is refused, in bytes.
const CA_BYTES_MAX: usize = 1 << 20;

/// A connection that is encrypted.
pub(crate) type Secured = TlsStream<Stream>;

/// Who must be at the other end.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    /// Without its directory, for messages: callers read them.
    ca_file: String,
}

impl Tls {
    /// The name of an address, proven by a certificate below one of those in a file (PEM). An IP address is looked for among
    /// the IP addresses of the certificate.
    ///
    /// # Errors
    /// The file cannot be read, others can write it, or it holds anything but certificates. The text goes on from its name.
    pub(crate) fn new(address: &Address, ca_file: &Path) -> Result<Self, String> {
        let name = ServerName::try_from(address.host.clone())
            .map_err(|_| format!("cannot prove `{}`: no certificate can hold this name", address.host))?;
        let roots = roots(&private::read(ca_file, Access::Trusted, CA_BYTES_MAX)?)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let versions = versions.map_err(|fault| format!("cannot be used: {fault}"))?;
        let mut config = versions.with_root_certificates(roots).with_no_client_auth();
        config.resumption = Resumption::disabled();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), name, ca_file: name_of(ca_file) })
    }

    /// Makes sure who is there, and encrypts. The text is one line, without a secret.
    pub(crate) async fn secure(&self, stream: Stream) -> Result<Secured, LinkFault> {
        let connected = TlsConnector::from(Arc::clone(&self.config)).connect(self.name.clone(), stream).await;
        connected.map_err(|fault| faults::told(&fault, &self.ca_file))
    }
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Every certificate of a PEM file. Anything else in it is a slip, above all a key.
fn roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem) {
        let number = roots.len() + 1;
        let (kind, bytes) =
            section.map_err(|_| format!("is broken at or behind certificate {number}: it is no PEM"))?;
        if kind != SectionKind::Certificate {
            return Err("holds something else than certificates; a private key has to stay where it is used".to_owned());
        }
        let added = roots.add(CertificateDer::from(bytes));
        added.map_err(|fault| format!("holds a certificate that cannot be read, number {number}: {fault}"))?;
    }
    if roots.is_empty() {
        return Err("holds no certificate; it begins with `-----BEGIN CERTIFICATE-----`".to_owned());
    }
    Ok(roots)
}
