//! Accounts and their companions.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wacore_binary::{Jid, Server};

use super::app_state::AppState;
use super::offline::OfflineQueue;
use super::quotas::Quotas;
use super::{AccountId, ConnId};
use crate::phone::{Addressing, Behaviour, Bundle, Phone, SignedPreKey};

/// One account: a phone (device 0) and its companions.
pub struct Account {
    /// Phone number, digits.
    pub pn: Box<str>,
    /// LID user, digits.
    pub lid: Box<str>,
    /// Display name others see.
    pub push_name: Box<str>,
    /// When it was made, Unix seconds.
    pub created_s: u64,
    /// What its phone does by itself.
    pub behaviour: Behaviour,
    /// The phone, made when first needed.
    pub phone: PhoneSlot,
    /// The phone's one-time keys handed out so far; they are made on demand.
    pub phone_keys_given: u32,
    /// Highest key index ever given to a companion.
    pub key_index: u32,
    /// Companions, by device number.
    pub devices: BTreeMap<u16, Device>,
    /// Everything an idle account does not have.
    pub extras: Option<Box<Extras>>,
}

/// Where an account's phone is.
#[derive(Default)]
pub enum PhoneSlot {
    /// Not needed so far: all of it derives from the account's seed.
    #[default]
    Unborn,
    /// At rest.
    Here(Box<Phone>),
    /// Working; the borrow checker's way of saying that a phone cannot call itself.
    Busy,
}

/// State of an account that is in use.
#[derive(Default)]
pub struct Extras {
    /// Privacy settings that differ from the default.
    pub privacy: BTreeMap<String, String>,
    /// Blocked accounts.
    pub blocked: BTreeSet<AccountId>,
    /// "About" text and when it was set, Unix seconds.
    pub status: Option<(String, u64)>,
    /// Profile picture: id and bytes.
    pub picture: Option<(String, Vec<u8>)>,
    /// What a business says about itself, for an account that is one.
    pub business: Option<Business>,
    /// Default disappearing mode: seconds, and when it was set.
    pub disappearing: Option<(u32, u64)>,
    /// Accounts it talked to; they hear of its device changes.
    pub contacts: BTreeSet<AccountId>,
    /// App-state collections.
    pub app_state: AppState,
    /// The key-index list as signed at a time, Unix seconds, until the companions change.
    pub key_index_list: Option<(u64, Vec<u8>)>,
    /// How the last pairing ended.
    pub last_pairing: Option<String>,
    /// Whether companions are linked only with the owner's passkey.
    pub passkey_required: bool,
    /// The code that the phone showed last in a ceremony with a passkey.
    pub passkey_code: Option<String>,
    /// What it may do towards strangers, where that was set.
    pub quotas: Option<Quotas>,
    /// Who sees its status by default: `contacts`, `blacklist` or `whitelist`, and the people on that list.
    pub status_audience: Option<(String, BTreeSet<AccountId>)>,
}

/// What a business says about itself.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Business {
    /// What it does.
    pub description: String,
    /// Its e-mail address.
    pub email: String,
    /// Where it is.
    pub address: String,
    /// Its websites.
    pub websites: Vec<String>,
    /// Names of its categories.
    pub categories: Vec<String>,
    /// Days on which it is open from nine to six, as `mon`.
    pub days: Vec<String>,
}

/// A linked companion.
pub struct Device {
    /// Noise static key bound at pairing.
    pub noise: [u8; 32],
    /// Signal identity.
    pub identity: [u8; 32],
    /// Signal registration id.
    pub registration_id: u32,
    /// Current signed pre-key.
    pub signed_pre_key: SignedPreKey,
    /// One-time pre-keys left, in upload order.
    pub one_time: VecDeque<(u32, [u8; 32])>,
    /// Index in the account's signed key-index list.
    pub key_index: u32,
    /// Encoded `ADVSignedDeviceIdentity` without the account's key, as bundles carry it.
    pub signed_identity: Vec<u8>,
    /// Stanzas not confirmed yet.
    pub queue: OfflineQueue,
    /// Its live connection.
    pub conn: Option<ConnId>,
    /// What passes to the live connection.
    pub gate: Gate,
    /// Presence: shown as available.
    pub available: bool,
    /// When its phone is to welcome it even without keys, milliseconds; `None` once welcomed.
    pub welcome_at_ms: Option<u64>,
    /// Told to upload keys since the last upload.
    pub told_keys_low: bool,
}

/// Whether queued stanzas flow to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gate {
    /// Logged in, not active.
    #[default]
    Shut,
    /// Backlog is pulled in batches; everything waits its turn in the queue.
    Pulling {
        /// Queue number of the next stanza to send.
        next: u64,
        /// Sent so far.
        sent: usize,
    },
    /// Stanzas are sent as they come.
    Open,
}

impl Account {
    /// Its JID in one family of names; device 0 has no device part.
    pub fn jid(&self, family: Addressing, device: u16) -> Jid {
        let (user, server) = match family {
            Addressing::Pn => (&self.pn, Server::Pn),
            Addressing::Lid => (&self.lid, Server::Lid),
        };
        Jid::new(&**user, server).with_device(device)
    }

    /// Device numbers, the phone's first.
    pub fn device_numbers(&self) -> impl Iterator<Item = u16> + '_ {
        std::iter::once(0).chain(self.devices.keys().copied())
    }

    /// Key index of a device; 0 for the phone.
    pub fn key_index_of(&self, device: u16) -> u32 {
        self.devices.get(&device).map_or(0, |device| device.key_index)
    }

    /// Lowest device number not in use.
    pub fn free_device_number(&self) -> u16 {
        (1..=u16::MAX).find(|number| !self.devices.contains_key(number)).unwrap_or(u16::MAX)
    }

    /// State beyond that of an idle account, made if there is none.
    pub fn extras_mut(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }

    /// Whether nothing ever happened to it.
    pub fn is_idle(&self) -> bool {
        matches!(self.phone, PhoneSlot::Unborn) && self.devices.is_empty() && self.extras.is_none()
    }

    /// Estimated bytes it owns, its entries in the name tables included.
    pub fn owned_bytes(&self) -> usize {
        let names = 2 * (self.pn.len() + self.lid.len()) + self.push_name.len();
        // Key, value and control byte of both name tables, at seven eighths full.
        let tables = 2 * (size_of::<(Box<str>, AccountId)>() + 1) * 8 / 7;
        let phone = match &self.phone {
            PhoneSlot::Here(phone) => phone.owned_bytes(),
            PhoneSlot::Unborn | PhoneSlot::Busy => 0,
        };
        let devices: usize = self.devices.values().map(Device::owned_bytes).sum();
        let extras = self.extras.as_ref().map_or(0, |extras| extras.owned_bytes());
        size_of::<Self>() + names + tables + phone + devices + extras
    }
}

impl Extras {
    fn owned_bytes(&self) -> usize {
        let picture = self.picture.as_ref().map_or(0, |(_, bytes)| bytes.len());
        let sets = (self.blocked.len() + self.contacts.len()) * 2 * size_of::<AccountId>();
        size_of::<Self>() + picture + sets + self.app_state.owned_bytes()
    }
}

impl Device {
    /// Takes its oldest one-time key along with everything else needed to open a session.
    pub fn take_bundle(&mut self) -> Bundle {
        Bundle {
            registration_id: self.registration_id,
            identity: self.identity,
            signed_pre_key: self.signed_pre_key.clone(),
            one_time: self.one_time.pop_front(),
        }
    }

    fn owned_bytes(&self) -> usize {
        let keys = self.one_time.capacity() * size_of::<(u32, [u8; 32])>();
        size_of::<Self>() + keys + self.signed_identity.len() + self.queue.owned_bytes()
    }
}
