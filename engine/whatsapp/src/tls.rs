//! One TLS configuration for all connections of a shard: one set of roots, one store of sessions to resume.

mod tickets;

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::ConfigError;
use crate::limits::EXTRA_ROOTS_BYTES_MAX;
use tickets::Tickets;

/// TLS with the public web's roots, and those of `extra_roots_pem`.
///
/// # Errors
/// [`ConfigError::ExtraRoots`] when the text holds no certificate or a damaged one, [`ConfigError::Tls`] when the provider
/// lacks a protocol version.
pub(crate) fn client_config(extra_roots_pem: Option<&str>) -> Result<Arc<ClientConfig>, ConfigError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(pem) = extra_roots_pem {
        add_roots(&mut roots, pem)?;
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| ConfigError::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = Resumption::store(Arc::new(Tickets::new()));
    Ok(Arc::new(config))
}

fn add_roots(roots: &mut RootCertStore, pem: &str) -> Result<(), ConfigError> {
    if pem.len() > EXTRA_ROOTS_BYTES_MAX {
        return Err(ConfigError::ExtraRoots(format!("more than {EXTRA_ROOTS_BYTES_MAX} bytes")));
    }
    let mut added = 0;
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| ConfigError::ExtraRoots(error.to_string()))?;
        roots.add(certificate).map_err(|error| ConfigError::ExtraRoots(error.to_string()))?;
        added += 1;
    }
    if added == 0 {
        return Err(ConfigError::ExtraRoots("no certificate in it".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_roots_are_refused() {
        for pem in ["", "no PEM at all", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(matches!(client_config(Some(pem)), Err(ConfigError::ExtraRoots(_))), "{pem}");
        }
        let long = "x".repeat(EXTRA_ROOTS_BYTES_MAX + 1);
        assert!(matches!(client_config(Some(&long)), Err(ConfigError::ExtraRoots(_))));
        assert!(client_config(None).is_ok());
    }
}
