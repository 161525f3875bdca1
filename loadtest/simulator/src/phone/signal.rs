//! The phone's Signal state and the five things it does with it: open a session, encrypt, decrypt, and the same in
//! groups. The library's futures are polled once: over in-memory stores none of them ever waits.

use futures_util::FutureExt;
use rand::RngExt;
use rand::rngs::StdRng;
use wacore_libsignal::protocol::{
    CiphertextMessage, CiphertextMessageType, DeviceId, IdentityKey, PreKeyBundle, PreKeySignalMessage,
    ProtocolAddress, PublicKey, SenderKeyDistributionMessage, SenderKeyName, SignalMessage,
    SignalProtocolError, UsePQRatchet, create_sender_key_distribution_message, group_decrypt, group_encrypt,
    message_decrypt, message_encrypt, process_prekey_bundle, process_sender_key_distribution_message,
};

use super::directory::Bundle;
use super::keys::KeyRing;
use super::stores::{DerivedPreKeys, Identities, SenderKeys, Sessions};

type Result<T> = std::result::Result<T, SignalProtocolError>;

/// Most bytes of padding in front of encryption.
const PADDING_BYTES_MAX: u8 = 16;

/// Sorts of ciphertext, as the `type` of `<enc>` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EncType {
    /// Opens a session.
    PreKey,
    /// Within a session.
    Message,
    /// Under a sender key.
    SenderKey,
}

impl EncType {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::PreKey => "pkmsg",
            Self::Message => "msg",
            Self::SenderKey => "skmsg",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::PreKey, Self::Message, Self::SenderKey].into_iter().find(|kind| kind.name() == name)
    }
}

/// Sessions, identities and sender keys of one phone.
pub(super) struct SignalState {
    sessions: Sessions,
    identities: Identities,
    sender_keys: SenderKeys,
    rng: StdRng,
}

impl SignalState {
    pub(super) fn new(ring: &KeyRing) -> Self {
        Self {
            sessions: Sessions::new(),
            identities: Identities::new(ring),
            sender_keys: SenderKeys::new(),
            rng: ring.rng(),
        }
    }

    pub(super) fn has_session(&self, address: &ProtocolAddress) -> bool {
        self.sessions.contains(address)
    }

    pub(super) fn forget_session(&mut self, address: &ProtocolAddress) {
        self.sessions.forget(address);
    }

    /// Sessions and sender keys kept.
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.sessions.len(), self.sender_keys.len())
    }

    /// `N` fresh random bytes.
    pub(super) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill(&mut bytes);
        bytes
    }

    /// Opens a session with a device; its next message will be a `pkmsg`.
    pub(super) fn open_session(&mut self, address: &ProtocolAddress, bundle: &Bundle) -> Result<()> {
        let key = |raw: &[u8; 32]| PublicKey::from_djb_public_key_bytes(raw);
        let one_time = match &bundle.one_time {
            Some((id, public)) => Some(((*id).into(), key(public)?)),
            None => None,
        };
        let bundle = PreKeyBundle::new(
            bundle.registration_id,
            address.device_id(),
            one_time,
            bundle.signed_pre_key.id.into(),
            key(&bundle.signed_pre_key.public)?,
            bundle.signed_pre_key.signature.to_vec(),
            IdentityKey::new(key(&bundle.identity)?),
        )?;
        ready(process_prekey_bundle(
            address,
            &mut self.sessions,
            &mut self.identities,
            &bundle,
            &mut self.rng,
            UsePQRatchet::No,
        ))?;
        Ok(())
    }

    /// Pads and encrypts within the session with a device, which must exist.
    pub(super) fn encrypt(&mut self, address: &ProtocolAddress, plain: &[u8]) -> Result<(EncType, Vec<u8>)> {
        let padded = self.pad(plain);
        let sealed = ready(message_encrypt(&padded, address, &mut self.sessions, &mut self.identities))?;
        let kind = match sealed.message_type() {
            CiphertextMessageType::PreKey => EncType::PreKey,
            _ => EncType::Message,
        };
        Ok((kind, sealed.serialize().to_vec()))
    }

    /// Decrypts a `pkmsg` or `msg` and takes the padding off.
    pub(super) fn decrypt(
        &mut self,
        ring: &KeyRing,
        address: &ProtocolAddress,
        kind: EncType,
        sealed: &[u8],
    ) -> Result<Vec<u8>> {
        let message = match kind {
            EncType::PreKey => CiphertextMessage::PreKeySignalMessage(PreKeySignalMessage::try_from(sealed)?),
            _ => CiphertextMessage::SignalMessage(SignalMessage::try_from(sealed)?),
        };
        let mut one_time = DerivedPreKeys(ring);
        let signed = DerivedPreKeys(ring);
        let opened = ready(message_decrypt(
            &message,
            address,
            &mut self.sessions,
            &mut self.identities,
            &mut one_time,
            &signed,
            &mut self.rng,
            UsePQRatchet::No,
        ))?;
        unpad(opened.plaintext)
    }

    /// The distribution message of the phone's sender key in a group; makes the key when there is none.
    pub(super) fn distribution(&mut self, name: &SenderKeyName) -> Result<Vec<u8>> {
        let made = ready(create_sender_key_distribution_message(name, &mut self.sender_keys, &mut self.rng))?;
        Ok(made.serialized().to_vec())
    }

    pub(super) fn has_sender_key(&self, name: &SenderKeyName) -> bool {
        self.sender_keys.contains(name)
    }

    /// Forgets a sender key; the next [`Self::distribution`] makes a new one.
    pub(super) fn forget_sender_key(&mut self, name: &SenderKeyName) {
        self.sender_keys.forget(name);
    }

    /// Takes in somebody's sender key.
    pub(super) fn accept_distribution(&mut self, name: &SenderKeyName, distribution: &[u8]) -> Result<()> {
        let distribution = SenderKeyDistributionMessage::try_from(distribution)?;
        ready(process_sender_key_distribution_message(name, &distribution, &mut self.sender_keys))
    }

    /// Pads and encrypts under the phone's sender key, which must have been distributed.
    pub(super) fn group_encrypt(&mut self, name: &SenderKeyName, plain: &[u8]) -> Result<Vec<u8>> {
        let padded = self.pad(plain);
        let sealed = ready(group_encrypt(&mut self.sender_keys, name, &padded, &mut self.rng))?;
        Ok(sealed.serialized().to_vec())
    }

    /// Decrypts a `skmsg` and takes the padding off.
    pub(super) fn group_decrypt(&mut self, name: &SenderKeyName, sealed: &[u8]) -> Result<Vec<u8>> {
        unpad(ready(group_decrypt(sealed, &mut self.sender_keys, name))?)
    }

    fn pad(&mut self, plain: &[u8]) -> Vec<u8> {
        let length = self.rng.random_range(1..=PADDING_BYTES_MAX);
        let mut padded = Vec::with_capacity(plain.len() + usize::from(length));
        padded.extend_from_slice(plain);
        padded.resize(plain.len() + usize::from(length), length);
        padded
    }
}

/// The Signal address of an account's device, by the account's phone number.
pub(super) fn address(account: &str, device: u16) -> ProtocolAddress {
    ProtocolAddress::new(account, DeviceId::from(u32::from(device)))
}

fn unpad(mut padded: Vec<u8>) -> Result<Vec<u8>> {
    let length = padded.last().copied().map_or(0, usize::from);
    if length == 0 || length > padded.len() {
        return Err(SignalProtocolError::InvalidArgument("padding".to_owned()));
    }
    padded.truncate(padded.len() - length);
    Ok(padded)
}

/// The output of a future that has nothing to wait for.
fn ready<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    future.now_or_never().unwrap_or_else(|| {
        Err(SignalProtocolError::InvalidState("in-memory store", "a future had to wait".to_owned()))
    })
}
