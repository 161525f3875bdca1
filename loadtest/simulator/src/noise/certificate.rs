//! The service's Noise identity: a root, an intermediate and a static (leaf) key, chained by XEdDSA.

use rand::{CryptoRng, Rng};
use wacore_libsignal::protocol::KeyPair;
use waproto::buffa::Message as _;
use waproto::whatsapp::CertChain;
use waproto::whatsapp::cert_chain::NoiseCertificate;
use waproto::whatsapp::cert_chain::noise_certificate::Details;

use super::NoiseError;

const DAY_S: u64 = 86_400;
const INTERMEDIATE_SERIAL: u32 = 1;
const LEAF_SERIAL: u32 = 2;

/// Key material of one simulated service, made when it starts.
pub struct ServiceIdentity {
    root_public: [u8; 32],
    leaf: KeyPair,
    chain: Vec<u8>,
}

impl ServiceIdentity {
    /// Makes fresh keys and a chain valid from a day before `now_s` (Unix seconds) for a year.
    ///
    /// # Errors
    /// [`NoiseError::Key`] never in practice: the keys are generated here.
    pub fn generate<R: Rng + CryptoRng>(now_s: u64, rng: &mut R) -> Result<Self, NoiseError> {
        let root = KeyPair::generate(rng);
        let intermediate = KeyPair::generate(rng);
        let leaf = KeyPair::generate(rng);
        let details = |serial, issuer: u32, key: &KeyPair| Details {
            serial: Some(serial),
            issuer_serial: Some(issuer),
            key: Some(raw(key).to_vec()),
            not_before: Some(now_s.saturating_sub(DAY_S)),
            not_after: Some(now_s + 365 * DAY_S),
        };
        let chain = CertChain {
            intermediate: certificate(&root, &details(INTERMEDIATE_SERIAL, 0, &intermediate), rng)?.into(),
            leaf: certificate(&intermediate, &details(LEAF_SERIAL, INTERMEDIATE_SERIAL, &leaf), rng)?.into(),
        };
        Ok(Self { root_public: raw(&root), leaf, chain: chain.encode_to_vec() })
    }

    /// The key a client must trust, raw X25519.
    pub fn root_public(&self) -> [u8; 32] {
        self.root_public
    }

    /// The static key of every handshake.
    pub fn leaf(&self) -> &KeyPair {
        &self.leaf
    }

    /// Encoded `CertChain`.
    pub fn chain(&self) -> &[u8] {
        &self.chain
    }
}

fn certificate<R: Rng + CryptoRng>(
    issuer: &KeyPair,
    details: &Details,
    rng: &mut R,
) -> Result<NoiseCertificate, NoiseError> {
    let details = details.encode_to_vec();
    let signature = issuer.calculate_signature(&details, rng)?;
    Ok(NoiseCertificate { details: Some(details), signature: Some(signature.to_vec()) })
}

/// The raw public key of `pair`.
pub(super) fn raw(pair: &KeyPair) -> [u8; 32] {
    let mut key = [0; 32];
    key.copy_from_slice(pair.public_key.public_key_bytes());
    key
}
