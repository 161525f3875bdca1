//! Certificates: a CA of this simulator, and a server certificate it signed.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Names the server certificate is for: loopback, and the host clients insist on for some downloads.
const NAMES: [&str; 4] = ["127.0.0.1", "::1", "localhost", "mmg.whatsapp.net"];

/// Why certificates could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Key or certificate generation failed.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate does not suit the TLS library.
    #[error("TLS: {0}")]
    Config(#[from] rustls::Error),
}

/// A CA and the server's TLS configuration.
pub struct Certificates {
    /// The CA in PEM, for clients to trust.
    pub ca_pem: String,
    /// What the listeners use.
    pub server: Arc<ServerConfig>,
}

impl Certificates {
    /// Makes both; `extra` names the address listened on, if it is not loopback.
    ///
    /// # Errors
    /// [`TlsError`] if generation fails.
    pub fn generate(extra: Option<String>) -> Result<Self, TlsError> {
        let mut ca = CertificateParams::default();
        ca.distinguished_name.push(DnType::CommonName, "Trunkline simulator CA");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let issuer = CertifiedIssuer::self_signed(ca, KeyPair::generate()?)?;
        let names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).chain(extra).collect();
        let mut leaf = CertificateParams::new(names)?;
        leaf.distinguished_name.push(DnType::CommonName, "Trunkline simulator");
        leaf.insert_extended_key_usage(rcgen::ExtendedKeyUsagePurpose::ServerAuth);
        let key = KeyPair::generate()?;
        let certificate = leaf.signed_by(&key, &issuer)?;
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)?;
        Ok(Self { ca_pem: issuer.pem(), server: Arc::new(server) })
    }
}
