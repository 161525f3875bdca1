//! What a client says of itself at the end of the handshake.

use waproto::buffa::Message as _;
use waproto::whatsapp::ClientPayload;
use waproto::whatsapp::client_payload::DevicePairingRegistrationData;

use crate::crypto::prekeys::verify_signed_pre_key;
use crate::phone::SignedPreKey;
use crate::stanza::be_u32;

/// Key type of every identity: Curve25519.
const KEY_TYPE: [u8; 1] = [5];

/// The parsed client payload.
#[derive(Debug, PartialEq, Eq)]
pub enum ClientIntro {
    /// A client that is not linked yet.
    Registration(Box<Registration>),
    /// A linked device.
    Login {
        /// Phone number, digits.
        pn: String,
        /// Device number.
        device: u16,
    },
}

/// Keys a new client brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Signal registration id.
    pub registration_id: u32,
    /// Raw identity key.
    pub identity: [u8; 32],
    /// First signed pre-key, its signature checked.
    pub signed_pre_key: SignedPreKey,
}

/// Why a payload was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Not a `ClientPayload`.
    #[error("not a client payload")]
    Malformed,
    /// A field missing or of the wrong size.
    #[error("client payload: bad {0}")]
    Field(&'static str),
    /// The signed pre-key is not signed by the identity.
    #[error("the signed pre-key is not signed by the identity key")]
    Signature,
}

impl ClientIntro {
    /// Parses an encoded `ClientPayload`.
    ///
    /// # Errors
    /// [`PayloadError`] if it is malformed or its signed pre-key is forged.
    pub fn parse(payload: &[u8]) -> Result<Self, PayloadError> {
        let payload = ClientPayload::decode_from_slice(payload).map_err(|_| PayloadError::Malformed)?;
        if let Some(username) = payload.username {
            let device =
                u16::try_from(payload.device.unwrap_or(0)).map_err(|_| PayloadError::Field("device"))?;
            return Ok(Self::Login { pn: username.to_string(), device });
        }
        let data =
            payload.device_pairing_data.into_option().ok_or(PayloadError::Field("device_pairing_data"))?;
        registration(&data).map(|registration| Self::Registration(Box::new(registration)))
    }
}

fn registration(data: &DevicePairingRegistrationData) -> Result<Registration, PayloadError> {
    if data.e_keytype.as_deref() != Some(&KEY_TYPE) {
        return Err(PayloadError::Field("eKeytype"));
    }
    let registration = Registration {
        registration_id: number(&data.e_regid, "eRegid")?,
        identity: array(&data.e_ident, "eIdent")?,
        signed_pre_key: SignedPreKey {
            id: number(&data.e_skey_id, "eSkeyId")?,
            public: array(&data.e_skey_val, "eSkeyVal")?,
            signature: array(&data.e_skey_sig, "eSkeySig")?,
        },
    };
    let SignedPreKey { public, signature, .. } = &registration.signed_pre_key;
    if !verify_signed_pre_key(&registration.identity, public, signature) {
        return Err(PayloadError::Signature);
    }
    Ok(registration)
}

fn array<const N: usize>(field: &Option<Vec<u8>>, name: &'static str) -> Result<[u8; N], PayloadError> {
    field.as_deref().and_then(|bytes| bytes.try_into().ok()).ok_or(PayloadError::Field(name))
}

fn number(field: &Option<Vec<u8>>, name: &'static str) -> Result<u32, PayloadError> {
    field.as_deref().and_then(be_u32).ok_or(PayloadError::Field(name))
}
