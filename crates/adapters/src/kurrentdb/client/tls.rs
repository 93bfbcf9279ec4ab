//! Encrypted connections: the files that the settings name, and the causes of a handshake that failed.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore,
    SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};

use tokio::{net::TcpStream, time};
use tokio_rustls::TlsConnector;

use crate::{
    cryptography,
    kurrentdb::{
        small_file,
        url::{Host, Tls},
    },
};

/// Largest file of certificates or of a key. Unit: bytes.
///
/// Source: those of all authorities that systems trust have a quarter of a MiB.
const PEM_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// A file of certificates that is not as it has to be, or none where the system should have some.
#[derive(Debug, Clone, thiserror::Error)]
pub(in crate::kurrentdb) enum TlsFileError {
    #[error("the file {path:?} of {setting} cannot be read: {reason}")]
    Unreadable {
        setting: &'static str,
        path: PathBuf,
        reason: String,
    },
    #[error(
        "the file {path:?} of {setting} holds no certificate; it has to be in PEM, with BEGIN CERTIFICATE"
    )]
    NoCertificate {
        setting: &'static str,
        path: PathBuf,
    },
    #[error("the file {path:?} of tlsCaFile holds a certificate that cannot be used: {reason}")]
    BadCertificate { path: PathBuf, reason: String },
    #[error("userCertFile and userKeyFile do not go together: {0}")]
    BadUser(String),
    #[error("the system has no certificates of authorities; name a file by tlsCaFile")]
    NoSystemCertificates,
    #[error("{0}")]
    NoCryptography(String),
}

/// The settings of connections, from the files as they are now.
pub(super) fn config(tls: &Tls) -> Result<Arc<ClientConfig>, TlsFileError> {
    let no_cryptography = |error: &dyn std::error::Error| {
        TlsFileError::NoCryptography(format!("there is no cryptography: {error}"))
    };
    let provider = cryptography::choose().map_err(|error| no_cryptography(&error))?;
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| no_cryptography(&error))?;
    let builder = if tls.verifies {
        builder.with_root_certificates(roots(tls.ca_file.as_deref())?)
    } else {
        let any = Arc::new(AnyCertificate(provider));
        builder.dangerous().with_custom_certificate_verifier(any)
    };
    let mut config = match &tls.user_files {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = certificates("userCertFile", certificate)?;
            let text = read("userKeyFile", key)?;
            let key = PrivateKeyDer::from_pem_slice(&text)
                .map_err(|error| unreadable("userKeyFile", key, &error))?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| TlsFileError::BadUser(error.to_string()))?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

fn roots(file: Option<&Path>) -> Result<RootCertStore, TlsFileError> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(path) => {
            for certificate in certificates("tlsCaFile", path)? {
                let added = roots.add(certificate);
                added.map_err(|error| TlsFileError::BadCertificate {
                    path: path.to_owned(),
                    reason: error.to_string(),
                })?;
            }
        }
        None => {
            let found = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(found.certs);
            if roots.is_empty() {
                return Err(TlsFileError::NoSystemCertificates);
            }
        }
    }
    Ok(roots)
}

fn certificates(
    setting: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, TlsFileError> {
    let text = read(setting, path)?;
    let certificates = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| unreadable(setting, path, &error))?;
    if certificates.is_empty() {
        let path = path.to_owned();
        return Err(TlsFileError::NoCertificate { setting, path });
    }
    Ok(certificates)
}

fn read(setting: &'static str, path: &Path) -> Result<Vec<u8>, TlsFileError> {
    small_file::read(path, PEM_BYTES_MAX).map_err(|error| unreadable(setting, path, &error))
}

fn unreadable(setting: &'static str, path: &Path, error: &dyn std::error::Error) -> TlsFileError {
    TlsFileError::Unreadable {
        setting,
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

/// Returns whether TLS is spoken at the other end, with whatever certificate.
pub(super) async fn is_spoken(host: &Host, stream: TcpStream, limit: Duration) -> bool {
    let any = Tls {
        verifies: false,
        ca_file: None,
        user_files: None,
    };
    let (Ok(config), Ok(name)) = (config(&any), ServerName::try_from(host.name.clone())) else {
        return false;
    };
    let handshake = TlsConnector::from(config).connect(name, stream);
    match time::timeout(limit, handshake).await {
        Ok(Ok(_)) => true,
        // A certificate of ours may be asked for.
        Ok(Err(error)) => matches!(of_io(&error), Some(rustls::Error::AlertReceived(_))),
        Err(_) => false,
    }
}

/// The error of TLS in one of its connection.
pub(super) fn of_io(error: &io::Error) -> Option<rustls::Error> {
    error.get_ref()?.downcast_ref().cloned()
}

/// Takes any certificate: `tlsVerifyCert=false`.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Why a handshake failed, and the setting to look at.
pub(super) fn cause_of(error: &rustls::Error) -> &'static str {
    use CertificateError as C;
    match error {
        rustls::Error::InvalidCertificate(wrong) => match wrong {
            // The signature is wrong where two authorities have one name, as those made by a tool have.
            C::UnknownIssuer | C::BadSignature => {
                "its certificate is signed by none of the authorities known here: name the file of \
                 its authority's certificate by tlsCaFile"
            }
            C::NotValidForName | C::NotValidForNameContext { .. } => {
                "its certificate is for another name: write the name of the certificate as the host"
            }
            C::Expired | C::ExpiredContext { .. } => {
                "its certificate has expired: renew it on the server, or mend the clock here"
            }
            C::NotValidYet | C::NotValidYetContext { .. } => {
                "its certificate is not valid yet: mend the clock here or there"
            }
            C::Revoked => "its certificate was revoked",
            _ => "its certificate is not sound",
        },
        rustls::Error::InvalidMessage(_) => "it speaks no TLS on this port: try tls=false",
        rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol) => {
            "it speaks no HTTP/2 on this port, as a KurrentDB does: look at the host and the port"
        }
        rustls::Error::AlertReceived(_) => {
            "it broke the handshake off: look at userCertFile and at the server's log"
        }
        _ => "the handshake failed",
    }
}
