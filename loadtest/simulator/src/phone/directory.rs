//! What a phone may ask of the service that hosts it: device lists, key bundles, groups, blobs, ids.
//!
//! The world implements [`Directory`] over its own tables; the tests of this module's siblings implement it
//! over a few maps. Every lookup takes either name of an account (phone number or LID).

use wacore_binary::Jid;

use crate::crypto::media::MediaKind;

/// Services of the hosting world, borrowed for the length of one call into a phone.
pub trait Directory {
    /// All devices of `user` (device part ignored), device 0 included, named in the address family of `user`.
    /// Empty when the account is unknown.
    fn devices(&mut self, user: &Jid) -> Vec<DeviceEntry>;

    /// Takes a pre-key bundle of `device`, popping one of its one-time keys. `None` when the device is unknown.
    fn take_bundle(&mut self, device: &Jid) -> Option<Bundle>;

    /// The LID user part that belongs to a phone number.
    fn lid_of(&self, pn: &str) -> Option<String>;

    /// The phone number that belongs to a LID user part.
    fn pn_of(&self, lid: &str) -> Option<String>;

    /// Members and addressing of a group, `None` when it does not exist.
    fn group(&self, gid: &Jid) -> Option<GroupView>;

    /// Stores an encrypted file and says where clients will find it.
    fn put_blob(&mut self, kind: MediaKind, ciphertext: Vec<u8>) -> BlobRef;

    /// The encrypted file stored under `direct_path`, if it (still) exists.
    fn get_blob(&self, direct_path: &str) -> Option<&[u8]>;

    /// Uploads a file that was stored under `direct_path` once again, under another path, which is the answer.
    fn renew_blob(&mut self, direct_path: &str) -> Option<String>;

    /// A fresh stanza or message id.
    fn next_id(&mut self) -> String;
}

/// One device of an account as the service lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceEntry {
    /// Full device address.
    pub jid: Jid,
    /// Index of the device in the signed key-index list; 0 for the phone.
    pub key_index: u32,
}

/// A signed pre-key as published by a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPreKey {
    /// 24-bit id.
    pub id: u32,
    /// Raw X25519 public key.
    pub public: [u8; 32],
    /// XEdDSA signature over `05 ‖ public` by the identity key.
    pub signature: [u8; 64],
}

/// Everything needed to open a Signal session with a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Signal registration id.
    pub registration_id: u32,
    /// Raw identity public key.
    pub identity: [u8; 32],
    /// The current signed pre-key.
    pub signed_pre_key: SignedPreKey,
    /// A one-time pre-key (id, public), absent when the device has none left.
    pub one_time: Option<(u32, [u8; 32])>,
}

/// Which family of names a group speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressing {
    /// Phone numbers.
    Pn,
    /// LIDs.
    Lid,
}

/// A group as its members see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupView {
    /// Which names participants carry in stanzas of this group.
    pub addressing: Addressing,
    /// Phone number users (digits) of all members.
    pub members: Vec<String>,
}

/// Where an encrypted file was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRef {
    /// Path below the media host, as clients put it in `directPath`.
    pub direct_path: String,
    /// Full address.
    pub url: String,
    /// Opaque upload handle.
    pub handle: String,
}
