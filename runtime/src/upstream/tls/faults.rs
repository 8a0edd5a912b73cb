//! Why a handshake failed, in words that name the way out. Names and dates of a certificate are shown; they are no secret,
//! and whoever sent them may have put anything there, so they are cut and made one line.

use std::io;
use std::time::{Duration, SystemTime};

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

use crate::untrusted::one_line;
use crate::upstream::dial::LinkFault;

/// Characters of everything that a certificate says.
const NAMES_CHARS_MAX: usize = 200;

/// Characters of a whole text.
const TEXT_CHARS_MAX: usize = 500;

/// What an operator reads.
pub(super) fn told(fault: &io::Error, ca_file: &str) -> LinkFault {
    let of_tls = fault.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match of_tls {
        Some(fault) => LinkFault::Untrusted(one_line(&of_handshake(fault, ca_file), TEXT_CHARS_MAX)),
        None if fault.kind() == io::ErrorKind::UnexpectedEof => {
            let text = "the connection was closed in the middle of the TLS handshake; is that a port for TLS?";
            LinkFault::Unreached(text.to_owned())
        }
        None => LinkFault::Unreached(one_line(&format!("the TLS handshake broke: {fault}"), TEXT_CHARS_MAX)),
    }
}

fn of_handshake(fault: &Error, ca_file: &str) -> String {
    match fault {
        Error::InvalidCertificate(fault) => of_certificate(fault, ca_file),
        Error::NoCertificatesPresented => "the server showed no certificate".to_owned(),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "the server does not speak TLS there (it may speak plain HTTP); look at the port".to_owned()
        }
        Error::InvalidMessage(
            InvalidMessage::CertificatePayloadTooLarge | InvalidMessage::HandshakePayloadTooLarge,
        ) => "the server's chain of certificates is too long".to_owned(),
        Error::AlertReceived(AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => "the server speaks neither TLS 1.2 nor TLS 1.3, and older versions are not safe; update it".to_owned(),
        Error::AlertReceived(AlertDescription::HandshakeFailure) | Error::PeerIncompatible(_) => format!(
            "the server and this program have no way of encrypting in common ({fault}); let it offer TLS 1.3, or TLS 1.2 \
             with ECDHE and AES-GCM"
        ),
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the server wants a client's certificate, which this program does not have".to_owned()
        }
        Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            "the server does not know the name in the address".to_owned()
        }
        fault => format!("the TLS handshake failed: {fault}"),
    }
}

fn of_certificate(fault: &CertificateError, ca_file: &str) -> String {
    match fault {
        CertificateError::ExpiredContext { not_after, .. } => format!(
            "the server's certificate, or one above it, expired on {}; have it renewed, and look at this machine's clock",
            date(*not_after)
        ),
        CertificateError::NotValidYetContext { not_before, .. } => format!(
            "the server's certificate, or one above it, is valid from {} on; look at this machine's clock",
            date(*not_before)
        ),
        CertificateError::NotValidForNameContext { expected, presented } if presented.is_empty() => format!(
            "the server's certificate names no host, so it is not one of `{}`; a common name does not count (RFC 9525), have \
             one issued with a subject alternative name",
            expected.to_str()
        ),
        CertificateError::NotValidForNameContext { expected, presented } => format!(
            "the server's certificate is not one of `{}`: it is one of {}; give the address by that name, or have another \
             issued",
            expected.to_str(),
            one_line(&presented.iter().map(|name| plain(name)).collect::<Vec<_>>().join(", "), NAMES_CHARS_MAX)
        ),
        CertificateError::UnknownIssuer => format!(
            "the server's certificate was issued by none of those in `{ca_file}`; put the certificate of its issuer there, or \
             have the server send those between"
        ),
        CertificateError::BadSignature => format!(
            "a signature of the server's certificates is wrong: one in `{ca_file}` has the name of the issuer, and another key"
        ),
        CertificateError::InvalidPurposeContext { .. } | CertificateError::InvalidPurpose => {
            "the server's certificate is not meant for servers; have one issued for `serverAuth`".to_owned()
        }
        // How most certificates are made by hand.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "the server shows a certificate of an authority (`CA:TRUE`) as its own; one that is signed by itself is made with \
             `openssl req -x509 -addext basicConstraints=critical,CA:FALSE …`, and put into the file"
                .to_owned()
        }
        fault => format!("the server's certificate cannot be trusted: {fault}"),
    }
}

/// A name without the word for its kind, `DnsName("…")`.
fn plain(presented: &str) -> &str {
    let inside = presented.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inside.map_or(presented, |inside| inside.trim_matches('"'))
}

/// A time as in HTTP (RFC 9110, section 5.6.7).
fn date(time: UnixTime) -> String {
    // The formatter knows years up to 9999.
    let known = Some(time.as_secs()).filter(|seconds| *seconds < 253_402_300_800);
    let known = known.and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
    known.map_or_else(|| "a day far away".to_owned(), httpdate::fmt_http_date)
}
