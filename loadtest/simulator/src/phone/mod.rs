//! The primary device (device 0) of an account: the phone in somebody's pocket.
//!
//! A [`Phone`] signs companions in, decrypts what reaches the account, answers as a phone does (receipts, retry
//! receipts, resends, key shares, history), sends messages of its own, and keeps a bounded inbox that tests and
//! load generators read. It is sans-I/O: stanzas and the time go in, stanzas come out, and whatever it needs of
//! the service it asks of a [`Directory`].
//!
//! Invariants: every key derives from the account's seed, so an idle phone owns no key material but the seed and
//! no session; each collection it keeps has a bound in [`limits`]; nothing that arrives makes it panic; a message
//! delivered twice is in the inbox once.

mod app_state;
mod bounded;
mod compose;
mod content;
pub mod directory;
mod envelope;
mod fanout;
mod history;
pub mod inbox;
mod keys;
pub mod limits;
mod pairing;
mod peer;
mod receipt;
mod receive;
mod renewal;
mod resend;
mod send;
mod sent;
mod signal;
mod stores;
#[cfg(test)]
mod tests;
mod things;
mod types;

use wacore_binary::{Jid, Server};

use self::app_state::AppStateKeeper;
use self::bounded::BoundedMap;
pub use self::directory::{Addressing, BlobRef, Bundle, DeviceEntry, Directory, GroupView, SignedPreKey};
use self::fanout::GroupKeys;
pub use self::inbox::{Inbox, InboxMessage, MediaSeen, MessageKind};
use self::keys::{KeyRing, OWN_ONE_TIME_ID_FIRST};
use self::limits::{RECEIVED_KEPT_MAX, RETRIES_REMEMBERED_MAX, SENT_MESSAGES_MAX};
use self::pairing::Companions;
pub use self::renewal::Renewal;
use self::sent::{ReceivedMessage, SentMessage};
use self::signal::SignalState;
pub use self::types::{
    AdvSecret, AppStateChange, AppStatePatch, Behaviour, CompanionFinish, CompanionHello, KeyMaterial,
    MediaMessage, PairFault, PairSuccess, PhoneError, PhoneMessage, PhoneSeed, PhoneStats, PrimaryHello,
    Sent, Thing,
};
pub use crate::crypto::app_state::Collection;
use crate::crypto::derive::raw;
pub use crate::crypto::media::MediaKind;

/// The primary device (device 0) of an account.
pub struct Phone {
    seed: PhoneSeed,
    behaviour: Behaviour,
    ring: KeyRing,
    companions: Companions,
    app_state: AppStateKeeper,
    /// Made with the first session.
    signal: Option<Box<SignalState>>,
    group_keys: GroupKeys,
    inbox: Inbox,
    received: BoundedMap<String, ReceivedMessage>,
    sent: BoundedMap<String, SentMessage>,
    /// Retry receipts sent so far, by message id.
    retries: BoundedMap<String, u32>,
    next_own_one_time_id: u32,
    stats: PhoneStats,
}

impl Phone {
    /// A phone that has never seen a companion or a message.
    pub fn new(seed: PhoneSeed, behaviour: Behaviour) -> Self {
        Self {
            ring: KeyRing::new(seed.seed),
            companions: Companions::default(),
            app_state: AppStateKeeper::default(),
            signal: None,
            group_keys: GroupKeys::default(),
            inbox: Inbox::new(behaviour.inbox_messages_max),
            received: BoundedMap::new(RECEIVED_KEPT_MAX),
            sent: BoundedMap::new(SENT_MESSAGES_MAX),
            retries: BoundedMap::new(RETRIES_REMEMBERED_MAX),
            next_own_one_time_id: OWN_ONE_TIME_ID_FIRST,
            stats: PhoneStats::default(),
            seed,
            behaviour,
        }
    }

    /// Names and seed; the push name follows app state.
    pub fn seed(&self) -> &PhoneSeed {
        &self.seed
    }

    /// Current display name.
    pub fn push_name(&self) -> &str {
        &self.seed.push_name
    }

    /// What the person does by themselves; writable.
    pub fn behaviour_mut(&mut self) -> &mut Behaviour {
        &mut self.behaviour
    }

    /// Raw identity public key.
    pub fn identity_public(&self) -> [u8; 32] {
        self.ring.identity_public()
    }

    /// What the service publishes for device 0; the same bytes at every call.
    pub fn key_material(&self) -> KeyMaterial {
        self.ring.material()
    }

    /// One-time pre-key `id` (1 … 0x7F_FFFF, handed out by the service in order, without end): id and raw public key.
    pub fn one_time_key(&self, id: u32) -> (u32, [u8; 32]) {
        (id, raw(&self.ring.one_time_key(id).public_key))
    }

    /// What arrived.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Counters.
    pub fn stats(&self) -> PhoneStats {
        self.stats
    }

    /// Estimated bytes owned by this phone.
    pub fn owned_bytes(&self) -> usize {
        let (sessions, sender_keys) = self.signal.as_ref().map_or((0, 0), |signal| signal.sizes());
        size_of::<Self>()
            + self.seed.pn.len()
            + self.seed.lid.len()
            + self.seed.push_name.len()
            + sessions * SESSION_BYTES
            + sender_keys * SENDER_KEY_BYTES
            + self.inbox.owned_bytes()
            + self.sent.iter().map(|(_, sent)| sent.owned_bytes()).sum::<usize>()
            + self.received.iter().map(|(_, received)| received.owned_bytes()).sum::<usize>()
            + self.app_state.owned_bytes()
    }

    /// The account a device belongs to, by its phone number; a LID without one stands for itself.
    fn account_of(&self, jid: &Jid, directory: &dyn Directory) -> String {
        match jid.server {
            Server::Lid | Server::HostedLid if *jid.user == *self.seed.lid => self.seed.pn.clone(),
            Server::Lid | Server::HostedLid => {
                directory.pn_of(&jid.user).unwrap_or_else(|| format!("{}@lid", jid.user))
            }
            _ => jid.user.to_string(),
        }
    }

    /// The account's own address in the family of `like`.
    fn own_jid(&self, like: &Jid) -> Jid {
        if like.is_lid() { Jid::lid(self.seed.lid.as_str()) } else { Jid::pn(self.seed.pn.as_str()) }
    }
}

/// The Signal state, made at first use.
fn live<'a>(signal: &'a mut Option<Box<SignalState>>, ring: &KeyRing) -> &'a mut SignalState {
    signal.get_or_insert_with(|| Box::new(SignalState::new(ring)))
}

/// Estimated bytes of one session: record, identity, addresses in the tables.
const SESSION_BYTES: usize = 2_300;
/// Estimated bytes of one sender key record.
const SENDER_KEY_BYTES: usize = 900;
