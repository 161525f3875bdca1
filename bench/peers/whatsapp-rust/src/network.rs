//! The library's own transport and HTTP client, with one more certificate authority and another address.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use whatsapp_rust::async_channel::Receiver;
use whatsapp_rust::http::UreqHttpClient;
use whatsapp_rust::transport::{
    Connector, TokioWebSocketTransportFactory, Transport, TransportEvent, TransportFactory,
};
use whatsapp_rust::{anyhow, async_trait};

use crate::error::PeerError;

/// The buffers and idle connections that the library gives its own agent.
const HTTP_BUFFER_BYTES: usize = 16 * 1024;
const HTTP_IDLE_MAX: usize = 3;
const HTTP_IDLE_PER_HOST_MAX: usize = 2;

/// Where all numbers connect to, and whom they trust.
pub(crate) struct Network {
    url: String,
    authorities: Arc<[CertificateDer<'static>]>,
    shared: Option<Arc<ClientConfig>>,
}

impl Network {
    /// `ca` is a file of PEM certificates; `shared` makes one TLS configuration for all connections.
    ///
    /// # Errors
    /// [`PeerError::Client`] when `ca` cannot be read or holds no usable certificate.
    pub(crate) fn new(url: String, ca: Option<&Path>, shared: bool) -> Result<Network, PeerError> {
        // The transport would install it with its first own configuration.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let authorities: Vec<_> = match ca {
            Some(path) => CertificateDer::pem_file_iter(path)
                .and_then(Iterator::collect)
                .map_err(|error| PeerError::Client(format!("{}: {error}", path.display())))?,
            None => Vec::new(),
        };
        let shared = shared.then(|| config(&authorities)).transpose()?;
        Ok(Network { url, authorities: authorities.into(), shared })
    }

    /// The transport of one number.
    pub(crate) fn transport(&self) -> Dialler {
        Dialler { url: self.url.clone(), authorities: self.authorities.clone(), shared: self.shared.clone() }
    }

    /// The HTTP client of one number.
    pub(crate) fn http(&self) -> UreqHttpClient {
        let mut settings = ureq::Agent::config_builder()
            .input_buffer_size(HTTP_BUFFER_BYTES)
            .output_buffer_size(HTTP_BUFFER_BYTES)
            .max_idle_connections(HTTP_IDLE_MAX)
            .max_idle_connections_per_host(HTTP_IDLE_PER_HOST_MAX);
        if !self.authorities.is_empty() {
            let trusted: Vec<_> =
                self.authorities.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
            let roots = RootCerts::new_with_certs(&trusted);
            settings = settings.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        UreqHttpClient::with_agent(settings.build().into())
    }
}

/// The web's roots and `authorities`, otherwise as the library's transport sets it up.
fn config(authorities: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, PeerError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for authority in authorities {
        roots.add(authority.clone()).map_err(PeerError::client)?;
    }
    Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}

/// Dials with the library's transport. Without a shared configuration each connection has one of its own, as it would
/// have if the library made them.
pub(crate) struct Dialler {
    url: String,
    authorities: Arc<[CertificateDer<'static>]>,
    shared: Option<Arc<ClientConfig>>,
}

#[async_trait]
impl TransportFactory for Dialler {
    async fn create_transport(&self) -> anyhow::Result<(Arc<dyn Transport>, Receiver<TransportEvent>)> {
        let config = match &self.shared {
            Some(config) => config.clone(),
            None => config(&self.authorities)?,
        };
        let connector = Connector::Rustls(TlsConnector::from(config));
        let factory = TokioWebSocketTransportFactory::new().with_url(&self.url).with_connector(connector);
        factory.create_transport().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_authorities_are_refused() {
        let missing = Network::new(String::new(), Some(Path::new("/nonexistent/ca.pem")), false);
        assert!(missing.is_err_and(|error| error.to_string().starts_with("/nonexistent/ca.pem: ")));
        assert!(config(&[CertificateDer::from(vec![0_u8; 16])]).is_err());
        assert!(config(&[]).is_ok());
    }

    #[test]
    fn one_configuration_is_made_ahead_when_it_is_shared() {
        for shared in [false, true] {
            let network = Network::new(String::new(), None, shared);
            assert!(network.is_ok_and(|network| network.shared.is_some() == shared), "{shared}");
        }
    }
}
