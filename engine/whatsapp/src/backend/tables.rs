//! Where the protocol's rows live: key = `slot ‖ instance ‖ table ‖ suffix`. Numbers and tags are never reused.
//!
//! A value starts with a two-byte tag. Records of our own continue as in [`trunkline_model::record`]; what the protocol crate
//! hands over as bytes continues with those, sealed where they are secret.

use trunkline_model::record::table::{PROTOCOL_FIRST, PROTOCOL_LAST};

/// The device: identity, keys, account. No suffix. Sealed JSON.
pub(crate) const DEVICE: u8 = 64;
/// Identity keys of others (suffix: protocol address). Sealed.
pub(crate) const IDENTITY: u8 = 65;
/// Signal sessions (suffix: protocol address). Sealed.
pub(crate) const SESSION: u8 = 66;
/// One-time pre-keys (suffix: id). Sealed, but for a byte that says whether the server has it.
pub(crate) const PRE_KEY: u8 = 67;
/// Signed pre-keys (suffix: id). Sealed.
pub(crate) const SIGNED_PRE_KEY: u8 = 68;
/// Sender keys of groups (suffix: group and address). Sealed.
pub(crate) const SENDER_KEY: u8 = 69;
/// App-state sync keys (suffix: key id). Sealed.
pub(crate) const SYNC_KEY: u8 = 70;
/// Id of the newest app-state sync key. No suffix.
pub(crate) const SYNC_KEY_LATEST: u8 = 71;
/// Version and hash of a collection (suffix: its name).
pub(crate) const SYNC_VERSION: u8 = 72;
/// MACs of mutations (suffix: collection, index MAC).
pub(crate) const MUTATION_MAC: u8 = 73;
/// Whether a device has our sender key (suffix: group, device).
pub(crate) const SENDER_KEY_DEVICE: u8 = 74;
/// The same by device (suffix: device, group).
pub(crate) const SENDER_KEY_BY_DEVICE: u8 = 75;
/// LID → phone number (suffix: LID user).
pub(crate) const LID_MAPPING: u8 = 76;
/// Phone number → newest LID (suffix: phone number).
pub(crate) const PHONE_MAPPING: u8 = 77;
/// Base keys seen on retries (suffix: address, message id).
pub(crate) const BASE_KEY: u8 = 78;
/// Device lists (suffix: user).
pub(crate) const DEVICE_LIST: u8 = 79;
/// Group metadata, as the protocol crate encodes it (suffix: group).
pub(crate) const GROUP_METADATA: u8 = 80;
/// Trusted-contact tokens (suffix: JID).
pub(crate) const TC_TOKEN: u8 = 81;
/// The same by last activity (suffix: activity, JID).
pub(crate) const TC_TOKEN_BY_TIME: u8 = 82;
/// Messages kept for recipients that ask again (suffix: chat, message id).
pub(crate) const SENT_MESSAGE: u8 = 83;
/// The same by time (suffix: time stored, then the row's own suffix).
pub(crate) const SENT_MESSAGE_BY_TIME: u8 = 84;
/// Decrypted messages whose commit is under way (suffix: chat, sender, message id).
pub(crate) const PENDING_INBOUND: u8 = 85;
/// The same by time (suffix: time stored, then the row's own suffix).
pub(crate) const PENDING_INBOUND_BY_TIME: u8 = 86;
/// Secrets that reactions, votes and edits refer to (suffix: chat, sender, message id).
pub(crate) const MESSAGE_SECRET: u8 = 87;
/// The same by deadline (suffix: deadline, then the row's own suffix).
pub(crate) const MESSAGE_SECRET_BY_DEADLINE: u8 = 88;

/// Every table of this crate: what a wipe clears.
pub(crate) const ALL: std::ops::RangeInclusive<u8> = DEVICE..=MESSAGE_SECRET_BY_DEADLINE;

const _: () = assert!(*ALL.start() >= PROTOCOL_FIRST && *ALL.end() <= PROTOCOL_LAST);

/// Tags of values that are not records: 0x4080 and up. Records have 0x4000 and up, see `records.rs`.
pub(crate) mod tag {
    pub(crate) const DEVICE: u16 = 0x4080;
    pub(crate) const IDENTITY: u16 = 0x4081;
    pub(crate) const SESSION: u16 = 0x4082;
    pub(crate) const PRE_KEY: u16 = 0x4083;
    pub(crate) const SIGNED_PRE_KEY: u16 = 0x4084;
    pub(crate) const SENDER_KEY: u16 = 0x4085;
    pub(crate) const SYNC_KEY_LATEST: u16 = 0x4086;
    pub(crate) const MUTATION_MAC: u16 = 0x4087;
    pub(crate) const SENDER_KEY_DEVICE: u16 = 0x4088;
    pub(crate) const PHONE_MAPPING: u16 = 0x4089;
    pub(crate) const BASE_KEY: u16 = 0x408a;
    pub(crate) const GROUP_METADATA: u16 = 0x408b;
    /// A row that only its key matters of.
    pub(crate) const INDEX: u16 = 0x408c;
    pub(crate) const SYNC_KEY: u16 = 0x408d;
}
