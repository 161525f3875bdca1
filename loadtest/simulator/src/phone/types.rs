//! The vocabulary of [`Phone`](super::Phone): what goes in and what comes out.

use wacore_binary::{Jid, Node};

use super::directory::SignedPreKey;
use super::limits::INBOX_MESSAGES_MAX;
use crate::crypto::app_state::Collection;
use crate::crypto::media::MediaKind;

/// What makes one phone different from another. All its keys derive from `seed`.
#[derive(Debug, Clone)]
pub struct PhoneSeed {
    /// Root of every key of the account.
    pub seed: [u8; 32],
    /// Phone number, digits.
    pub pn: String,
    /// LID user part, digits.
    pub lid: String,
    /// Display name at creation.
    pub push_name: String,
}

/// What the person holding the phone does by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behaviour {
    /// Send a delivered receipt for each message decrypted.
    pub auto_deliver: bool,
    /// Send a read receipt as well.
    pub auto_read: bool,
    /// Send history to a new companion.
    pub history: bool,
    /// Share the app-state key with a new companion.
    pub share_keys: bool,
    /// Messages the inbox keeps; read once, when the phone is made.
    pub inbox_messages_max: usize,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            auto_deliver: true,
            auto_read: false,
            history: true,
            share_keys: true,
            inbox_messages_max: INBOX_MESSAGES_MAX,
        }
    }
}

/// What the service publishes for device 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyMaterial {
    /// Signal registration id.
    pub registration_id: u32,
    /// Raw identity public key.
    pub identity: [u8; 32],
    /// The phone's signed pre-key; it never rotates.
    pub signed_pre_key: SignedPreKey,
}

/// A companion asking to be signed in.
#[derive(Debug, Clone)]
pub struct CompanionHello {
    /// Raw identity public key of the companion.
    pub identity: [u8; 32],
    /// Secret shown in the QR, or agreed through the pairing code.
    pub adv_secret: [u8; 32],
    /// Index chosen by the service, unique among the account's companions for ever.
    pub key_index: u32,
}

/// Deliberate defects of a pairing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PairFault {
    /// None: a pairing clients accept.
    #[default]
    None,
    /// The container's HMAC does not match.
    BadHmac,
    /// The account signature does not match, under a right HMAC.
    BadAccountSignature,
}

/// What the phone uploads when it signed a companion in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairSuccess {
    /// Encoded `ADVSignedDeviceIdentityHMAC` for `<device-identity>` of pair-success.
    pub container: Vec<u8>,
    /// Encoded `ADVDeviceIdentity` inside it: the bytes every signature is over.
    pub details: Vec<u8>,
    /// Encoded `ADVSignedKeyIndexList`, valid once the companion has answered.
    pub key_index_list: Vec<u8>,
}

/// Second step of pairing by code, phone to companion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryHello {
    /// salt 32 ‖ iv 16 ‖ encrypted ephemeral key 32.
    pub wrapped_ephemeral: [u8; 80],
    /// Raw identity public key of the phone.
    pub identity: [u8; 32],
    /// The reference given to the companion.
    pub link_ref: Vec<u8>,
}

/// Third step of pairing by code, companion to phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanionFinish {
    /// salt 32 ‖ nonce 12 ‖ sealed key bundle.
    pub wrapped_key_bundle: Vec<u8>,
    /// Raw identity public key of the companion.
    pub companion_identity: [u8; 32],
    /// The reference, as echoed by the companion.
    pub link_ref: Vec<u8>,
}

/// The ADV secret both sides derived from a pairing by code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdvSecret(pub [u8; 32]);

/// What a phone can send. Targets are named by message id and looked up in what the phone sent and received.
#[derive(Debug, Clone, PartialEq)]
pub enum PhoneMessage {
    /// Plain text.
    Text(String),
    /// A file; the phone encrypts and stores it.
    Media(MediaMessage),
    /// A reaction; an empty emoji takes it back.
    Reaction {
        /// Id of the message reacted to.
        target: String,
        /// The emoji.
        emoji: String,
    },
    /// New text for a message of its own.
    Edit {
        /// Id of the message edited.
        target: String,
        /// The new text.
        text: String,
    },
    /// Delete for everyone.
    Revoke {
        /// Id of the message deleted.
        target: String,
    },
    /// What is neither text nor file.
    Thing(Thing),
    /// A vote in a poll; for no option to take it back.
    Vote {
        /// Id of the poll.
        target: String,
        /// The options, as the poll names them.
        options: Vec<String>,
    },
    /// An answer to an invitation.
    Rsvp {
        /// Id of the invitation.
        target: String,
        /// Whether they come.
        going: bool,
    },
    /// Pin in the chat, or unpin.
    Pin {
        /// Id of the message.
        target: String,
        /// New state.
        pinned: bool,
    },
}

/// What is neither text nor file.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Thing {
    /// A point on the map.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// Name of the place.
        name: String,
    },
    /// One position of a point that moves.
    LiveLocation {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// Number of the position.
        sequence: i64,
    },
    /// A contact card.
    Contact {
        /// Name shown.
        name: String,
        /// The card.
        vcard: String,
    },
    /// A poll.
    Poll {
        /// What is asked.
        question: String,
        /// What can be answered.
        options: Vec<String>,
        /// How many answers one may give; 0 for any number.
        selectable: u32,
    },
    /// An invitation with a date.
    Event {
        /// What it is.
        name: String,
        /// When it begins, unix seconds.
        starts_at_s: i64,
    },
    /// A row chosen of a list.
    RowChosen {
        /// Its id.
        id: String,
        /// Its text.
        title: String,
    },
}

/// A file to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaMessage {
    /// Image, video, audio, document or sticker.
    pub kind: MediaKind,
    /// Plain bytes.
    pub data: Vec<u8>,
    /// MIME type.
    pub mimetype: String,
    /// Caption, where the kind has one.
    pub caption: Option<String>,
    /// File name, for documents.
    pub file_name: Option<String>,
}

/// A message on its way.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Message id.
    pub id: String,
    /// The stanza to handle as if device 0 had sent it over a connection.
    pub stanza: Node,
}

/// An app-state patch ready to be stored as the collection's next version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppStatePatch {
    /// Which collection.
    pub collection: Collection,
    /// The version this patch makes.
    pub version: u64,
    /// Encoded `SyncdPatch`, its version field set.
    pub bytes: Vec<u8>,
}

/// A change the person makes on the phone that lives in app state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppStateChange {
    /// A new display name.
    PushName(String),
    /// A new language tag, e.g. `en_GB`.
    Locale(String),
    /// Chat archived or brought back.
    Archive {
        /// The chat.
        chat: Jid,
        /// New state.
        archived: bool,
    },
    /// Chat pinned or unpinned.
    Pin {
        /// The chat.
        chat: Jid,
        /// New state.
        pinned: bool,
    },
    /// People entered into the address book, with their names.
    Contacts(Vec<(Jid, String)>),
}

/// Why a phone could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// A pairing code that is not eight characters of the code alphabet.
    #[error("pairing code must be eight characters of 1-9, A-Z without I, O, 0 and U")]
    BadPairingCode,
    /// A finish without a hello, or for another reference.
    #[error("no pairing by code is under way for this reference")]
    NoPairingUnderWay,
    /// The companion's bundle did not open: the person typed a wrong code.
    #[error("the companion's key bundle does not open with this code")]
    WrongPairingCode,
    /// Key agreement, signature or cipher refused its input.
    #[error("cryptography: {0}")]
    Crypto(#[from] crate::crypto::CryptoError),
    /// The Signal library refused.
    #[error("signal: {0}")]
    Signal(#[from] wacore_libsignal::protocol::SignalProtocolError),
    /// Nobody by this name.
    #[error("no such recipient: {0}")]
    UnknownRecipient(Jid),
    /// The message has no secret that an answer could be sealed with.
    #[error("message {0} takes no sealed answers")]
    NoSecret(String),
    /// The message to react to, edit or delete is not known (any more).
    #[error("message {0} is unknown to this phone")]
    UnknownMessage(String),
    /// A kind of file or chat that cannot be sent this way.
    #[error("unsupported: {0}")]
    Unsupported(&'static str),
    /// An app-state patch whose MACs or encoding are wrong.
    #[error("app state: {0}")]
    AppState(#[from] crate::crypto::app_state::AppStateError),
}

/// What a phone has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PhoneStats {
    /// Ciphertexts opened.
    pub decrypted: u64,
    /// Ciphertexts that did not open (duplicates of opened ones excluded).
    pub undecryptable: u64,
    /// Messages sent.
    pub sent: u64,
    /// Retry receipts sent.
    pub retries_sent: u64,
    /// Retry receipts answered with a resend.
    pub resent: u64,
}
