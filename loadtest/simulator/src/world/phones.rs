//! Virtual phones at work: turns, welcomes, and what a person does on the phone.

use std::sync::Arc;

use wacore_binary::{Jid, Node};

use super::account::PhoneSlot;
use super::{AccountId, DeviceId, World};
use crate::crypto::derive::hkdf;
use crate::faults::FaultKind;
use crate::limits::{PHONE_QUEUE_STANZAS_MAX, PHONE_STANZAS_PER_TURN};
use crate::phone::{
    Addressing, AppStateChange, AppStatePatch, Behaviour, Collection, Phone, PhoneError, PhoneMessage,
    PhoneSeed,
};

/// Something for a phone to do.
pub(crate) enum PhoneWork {
    /// Handle a stanza.
    Stanza(AccountId, Arc<Node>),
    /// Send a new companion what it needs.
    Welcome(DeviceId),
}

/// Why a phone did not do what a person asked of it.
#[derive(Debug, thiserror::Error)]
pub enum PhoneCommandError {
    /// The phone is in the middle of something; never seen from outside a turn.
    #[error("the phone is busy")]
    Busy,
    /// The phone refused.
    #[error(transparent)]
    Phone(#[from] PhoneError),
}

impl World {
    /// Lets `call` use an account's phone, with the world as its directory. `None` while the phone is
    /// already at work.
    pub(crate) fn with_phone<T>(
        &mut self,
        account: AccountId,
        call: impl FnOnce(&mut Phone, &mut Self) -> T,
    ) -> Option<T> {
        let slot = std::mem::replace(&mut self.accounts[account].phone, PhoneSlot::Busy);
        let mut phone = match slot {
            PhoneSlot::Here(phone) => phone,
            PhoneSlot::Unborn => Box::new(self.make_phone(account)),
            PhoneSlot::Busy => return None,
        };
        let result = call(&mut phone, self);
        self.accounts[account].phone = PhoneSlot::Here(phone);
        Some(result)
    }

    fn make_phone(&self, account: AccountId) -> Phone {
        let Self { config, accounts, .. } = self;
        let account = &accounts[account];
        let seed = hkdf::<32>(&config.seed.to_be_bytes(), Some(account.pn.as_bytes()), b"account");
        let seed = PhoneSeed {
            seed,
            pn: account.pn.to_string(),
            lid: account.lid.to_string(),
            push_name: account.push_name.to_string(),
        };
        Phone::new(seed, account.behaviour)
    }

    /// The phone's identity key.
    pub(crate) fn phone_identity(&mut self, account: AccountId) -> Option<[u8; 32]> {
        self.with_phone(account, |phone, _| phone.identity_public())
    }

    /// The account's signed key-index list, and when its phone signed it, Unix seconds. Signed anew only
    /// after the companions changed.
    pub(crate) fn key_index_list(&mut self, account: AccountId) -> Option<(u64, Vec<u8>)> {
        if let Some(signed) =
            self.accounts[account].extras.as_ref().and_then(|extras| extras.key_index_list.clone())
        {
            return Some(signed);
        }
        let now_s = self.now_s();
        let list = self.with_phone(account, |phone, _| phone.key_index_list(now_s))?;
        self.accounts[account].extras_mut().key_index_list = Some((now_s, list.clone()));
        Some((now_s, list))
    }

    pub(super) fn queue_phone_work(&mut self, work: PhoneWork) {
        if self.phone_work.len() >= PHONE_QUEUE_STANZAS_MAX {
            self.phone_work.pop_front();
            self.counters.phone_overflow += 1;
        }
        self.phone_work.push_back(work);
    }

    /// One turn: a bounded number of stanzas, each handled by the phone it was for.
    pub(super) fn run_phones(&mut self) {
        for _ in 0..PHONE_STANZAS_PER_TURN {
            let Some(work) = self.phone_work.pop_front() else { return };
            let now_s = self.now_s();
            let (account, sent) = match work {
                PhoneWork::Stanza(account, stanza) => {
                    (account, self.with_phone(account, |phone, world| phone.on_stanza(now_s, &stanza, world)))
                }
                PhoneWork::Welcome(device) => (device.account, self.welcome(device)),
            };
            self.inject(account, sent.unwrap_or_default());
        }
    }

    /// Handles what a phone sends as if it came over a connection of device 0.
    fn inject(&mut self, account: AccountId, stanzas: Vec<Node>) {
        for stanza in stanzas {
            self.on_device_stanza(DeviceId { account, device: 0 }, &stanza);
        }
    }

    fn welcome(&mut self, device: DeviceId) -> Option<Vec<Node>> {
        let now_s = self.now_s();
        let share_keys = self.strike(FaultKind::NoKeyShare, device).is_none();
        let jid = self.jid(device, Addressing::Pn);
        self.with_phone(device.account, |phone, world| {
            let usual = std::mem::replace(&mut phone.behaviour_mut().share_keys, share_keys);
            let stanzas = phone.welcome_companion(now_s, &jid, world);
            phone.behaviour_mut().share_keys = usual;
            stanzas
        })
    }

    /// The companion went active: its phone welcomes it as soon as it has keys.
    pub(crate) fn await_welcome(&mut self, id: DeviceId) {
        let Some(device) = self.accounts[id.account].devices.get(&id.device) else { return };
        if device.welcome_at_ms.is_some() {
            self.to_welcome.insert(id);
            self.welcome_the_waiting();
        }
    }

    /// Welcomes active companions that have keys by now, or waited long enough.
    pub(crate) fn welcome_the_waiting(&mut self) {
        let now_ms = self.now_ms;
        let mut ready = Vec::new();
        self.to_welcome.retain(|id| {
            let Some(device) = self.accounts[id.account].devices.get_mut(&id.device) else { return false };
            let due = device.welcome_at_ms.is_none_or(|at_ms| at_ms <= now_ms) || !device.one_time.is_empty();
            if due {
                device.welcome_at_ms = None;
                ready.push(*id);
            }
            !due
        });
        for id in ready {
            self.queue_phone_work(PhoneWork::Welcome(id));
        }
    }

    /// The person sends a message; its id.
    ///
    /// # Errors
    /// [`PhoneCommandError`] if the phone refuses, e.g. an unknown recipient.
    pub fn phone_send(
        &mut self,
        account: AccountId,
        to: &Jid,
        message: PhoneMessage,
    ) -> Result<String, PhoneCommandError> {
        let now_s = self.now_s();
        let sent = self
            .with_phone(account, |phone, world| phone.send(now_s, to, message, world))
            .ok_or(PhoneCommandError::Busy)??;
        self.inject(account, vec![sent.stanza]);
        Ok(sent.id)
    }

    /// The person reads messages of a chat.
    pub fn phone_read(&mut self, account: AccountId, chat: &Jid, ids: &[String]) {
        let now_s = self.now_s();
        let receipts = self.with_phone(account, |phone, world| phone.read(now_s, chat, ids, world));
        self.inject(account, receipts.unwrap_or_default());
    }

    /// The person changes something that lives in app state.
    ///
    /// # Errors
    /// [`PhoneCommandError`] if the phone refuses.
    pub fn phone_app_state(
        &mut self,
        account: AccountId,
        change: AppStateChange,
    ) -> Result<(), PhoneCommandError> {
        let now_s = self.now_s();
        let patch = self
            .with_phone(account, |phone, _| phone.change_app_state(now_s, change))
            .ok_or(PhoneCommandError::Busy)??;
        self.store_phone_patch(account, patch);
        let name = self.with_phone(account, |phone, _| phone.push_name().to_owned());
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            self.accounts[account].push_name = name.into();
        }
        Ok(())
    }

    /// Stores a patch the phone made and tells the companions.
    pub(super) fn store_phone_patch(&mut self, account: AccountId, patch: AppStatePatch) {
        let AppStatePatch { collection, version, bytes } = patch;
        self.accounts[account].extras_mut().app_state.store(collection, version, bytes);
        self.notify_server_sync(DeviceId { account, device: 0 }, collection, version);
    }

    /// The phone replaces the patches of every collection it wrote by a snapshot.
    ///
    /// # Errors
    /// [`PhoneCommandError`] if the phone refuses.
    pub fn phone_compact(&mut self, account: AccountId) -> Result<(), PhoneCommandError> {
        for collection in Collection::ALL {
            let snapshot = self
                .with_phone(account, |phone, world| phone.app_state_snapshot(collection, world))
                .ok_or(PhoneCommandError::Busy)??;
            if let Some((version, reference)) = snapshot {
                self.accounts[account].extras_mut().app_state.store_snapshot(collection, version, reference);
            }
        }
        Ok(())
    }

    /// Changes what a phone does by itself.
    pub fn change_behaviour(&mut self, account: AccountId, change: impl FnOnce(&mut Behaviour)) {
        let account = &mut self.accounts[account];
        change(&mut account.behaviour);
        if let PhoneSlot::Here(phone) = &mut account.phone {
            *phone.behaviour_mut() = account.behaviour;
        }
    }
}
