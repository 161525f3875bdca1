//! TLS to a server that is dialled by its address and known by its name.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Checks certificates for one name, whatever name the connection goes by.
#[derive(Debug)]
struct Named {
    name: ServerName<'static>,
    by: Arc<WebPkiServerVerifier>,
}

/// A configuration that takes a server for `host` only, even where its address is dialled.
///
/// # Errors
/// A sentence, for a host that no certificate can be for.
pub(super) fn config_for(host: &str) -> Result<ClientConfig, String> {
    config_with(host, RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })
}

fn config_with(host: &str, roots: RootCertStore) -> Result<ClientConfig, String> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let by = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|error| error.to_string())?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Named { name, by }))
        .with_no_client_auth();
    Ok(config)
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _dialled: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.by.verify_server_cert(end_entity, intermediates, &self.name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.by.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.by.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.by.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use rustls::{ClientConnection, ServerConfig, ServerConnection};

    use super::*;

    /// A server whose certificate is for this name, and what trusts it.
    fn server_of(name: &str) -> (Arc<ServerConfig>, RootCertStore) {
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(ca, KeyPair::generate().expect("a key")).expect("a CA");
        let key = KeyPair::generate().expect("a key");
        let leaf = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = leaf.signed_by(&key, &issuer).expect("a certificate");
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .expect("a pair");
        let mut roots = RootCertStore::empty();
        roots.add(issuer.der().clone()).expect("a CA");
        (Arc::new(config), roots)
    }

    /// Shakes hands in memory; the server is dialled by its address.
    fn shake_hands(config: ClientConfig, server: Arc<ServerConfig>) -> Result<(), Error> {
        let dialled = ServerName::try_from("192.0.2.7").expect("an address");
        let mut client = ClientConnection::new(Arc::new(config), dialled)?;
        let mut server = ServerConnection::new(server)?;
        while client.is_handshaking() {
            let mut wire = Vec::new();
            client.write_tls(&mut wire).expect("memory");
            server.read_tls(&mut wire.as_slice()).expect("memory");
            server.process_new_packets()?;
            wire.clear();
            server.write_tls(&mut wire).expect("memory");
            client.read_tls(&mut wire.as_slice()).expect("memory");
            client.process_new_packets()?;
        }
        Ok(())
    }

    #[test]
    fn a_server_is_known_by_its_name_where_its_address_is_dialled() {
        let check = |expected: &str, certified: &str| {
            let (server, roots) = server_of(certified);
            shake_hands(config_with(expected, roots).expect("a name"), server).is_ok()
        };
        assert!(check("broker.example", "broker.example"));
        assert!(!check("broker.example", "other.example"));
        assert!(!check("broker.example", "192.0.2.7"), "the address is not what was asked for");
        let (server, _) = server_of("broker.example");
        let public = config_for("broker.example").expect("a name");
        assert!(shake_hands(public, server).is_err(), "nobody knows this CA");
    }
}
