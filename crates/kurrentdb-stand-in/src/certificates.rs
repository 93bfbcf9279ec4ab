//! Certificates of encrypted connections, right and wrong ones.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::{fmt, fs, io};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// An authority that certifies servers. Each one is another, whatever its name.
///
/// ```
/// # async fn example() -> std::io::Result<()> {
/// use minwon_kurrentdb_stand_in::{Authority, StandIn};
///
/// let authority = Authority::new("an office");
/// let builder = StandIn::builder().tls(&authority.certificate());
/// let stand_in = builder.start().await?; // `stand_in.url()` names a file with the authority
/// stand_in.replace_certificate(&authority.certificate_for("db.example")); // but clients go to 127.0.0.1
/// # Ok(())
/// # }
/// ```
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// The certificate of a server, with its key.
#[derive(Clone)]
pub struct Certificate {
    pub(crate) server: Arc<ServerConfig>,
    pub(crate) authority_pem: String,
}

/// The years in which a certificate is valid: from the first one's beginning to the other's.
type Years = (i32, i32);

/// Nobody's clock is elsewhere.
const ALWAYS: Years = (1975, 4000);

impl Authority {
    /// A new authority.
    ///
    /// # Panics
    ///
    /// Where there is no random number for its key.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut params = params(Vec::new(), name, ALWAYS);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::DigitalSignature,
        ];
        let key = KeyPair::generate().expect("a key of the usual kind");
        let certificate = params.self_signed(&key).expect("the key can sign");
        Self {
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// Its own certificate, which clients are to trust, as in a CA file.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Writes its own certificate into a CA file.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn write_to(&self, path: impl AsRef<Path>) -> io::Result<()> {
        fs::write(path, &self.pem)
    }

    /// A sound certificate of this machine: another one at each call.
    #[must_use]
    pub fn certificate(&self) -> Certificate {
        self.certify(here(), ALWAYS)
    }

    /// A certificate of another name alone.
    #[must_use]
    pub fn certificate_for(&self, name: &str) -> Certificate {
        self.certify(vec![name.into()], ALWAYS)
    }

    /// A certificate of this machine that was valid once.
    #[must_use]
    pub fn expired_certificate(&self) -> Certificate {
        self.certify(here(), (1975, 2001))
    }

    /// A certificate of this machine that will be valid one day.
    #[must_use]
    pub fn future_certificate(&self) -> Certificate {
        self.certify(here(), (3999, 4000))
    }

    fn certify(&self, names: Vec<String>, years: Years) -> Certificate {
        let key = KeyPair::generate().expect("a key of the usual kind");
        let certificate = params(names, "a node", years)
            .signed_by(&key, &self.issuer)
            .expect("the authority can sign");
        Certificate {
            server: server(certificate.der(), &key),
            authority_pem: self.pem.clone(),
        }
    }
}

/// The names by which a node of this machine may be called.
fn here() -> Vec<String> {
    vec![Ipv4Addr::LOCALHOST.to_string(), "localhost".into()]
}

fn params(names: Vec<String>, common_name: &str, (from, until): Years) -> CertificateParams {
    let mut params = CertificateParams::new(names).expect("names in ASCII");
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    params
}

/// The cryptography is named, so that nobody chooses for the whole process here.
fn server(certificate: &CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has all of them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("the key is the certificate's");
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

/// Shows no key.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate")
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}
