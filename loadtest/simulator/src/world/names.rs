//! The directory of accounts: phone numbers and LIDs, two names of one account.

use std::collections::HashMap;
use std::ops::{Index, IndexMut};

use sha2::{Digest, Sha256};
use wacore_binary::{Jid, Server};

use super::account::{Account, PhoneSlot};
use super::{AccountId, DeviceId};
use crate::limits::ACCOUNTS_MAX;
use crate::phone::{Addressing, Behaviour};

/// Fewest and most digits of a phone number (ITU-T E.164 allows 15).
const PN_DIGITS: std::ops::RangeInclusive<usize> = 3..=15;

/// What a new account starts with.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Phone number, digits.
    pub pn: String,
    /// Display name; a default one if `None`.
    pub push_name: Option<String>,
    /// What its phone does by itself.
    pub behaviour: Behaviour,
}

/// Why an account could not be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AccountError {
    /// Not 3 to 15 digits.
    #[error("a phone number is 3 to 15 digits, country code first")]
    BadNumber,
    /// The number is taken.
    #[error("account {0} exists")]
    Exists(String),
    /// The simulator is full.
    #[error("a simulator holds at most {ACCOUNTS_MAX} accounts")]
    Full,
}

/// All accounts. Accounts are never removed.
#[derive(Default)]
pub struct Accounts {
    list: Vec<Account>,
    by_pn: HashMap<Box<str>, AccountId>,
    by_lid: HashMap<Box<str>, AccountId>,
}

impl Accounts {
    /// Makes an account. Its LID is drawn from `seed` and the number, and looks unrelated to it.
    ///
    /// # Errors
    /// [`AccountError`] if the number is malformed or taken, or the simulator full.
    pub fn create(&mut self, new: NewAccount, seed: u64, now_s: u64) -> Result<AccountId, AccountError> {
        if !PN_DIGITS.contains(&new.pn.len()) || !new.pn.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(AccountError::BadNumber);
        }
        if self.by_pn.contains_key(new.pn.as_str()) {
            return Err(AccountError::Exists(new.pn));
        }
        if self.list.len() >= ACCOUNTS_MAX {
            return Err(AccountError::Full);
        }
        let id = AccountId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        let pn: Box<str> = new.pn.into();
        let lid = self.unused_lid(seed, &pn);
        self.by_pn.insert(pn.clone(), id);
        self.by_lid.insert(lid.clone(), id);
        let push_name = new.push_name.unwrap_or_else(|| format!("phone-{pn}")).into();
        self.list.push(Account {
            pn,
            lid,
            push_name,
            created_s: now_s,
            behaviour: new.behaviour,
            phone: PhoneSlot::Unborn,
            phone_keys_given: 0,
            key_index: 0,
            devices: Default::default(),
            extras: None,
        });
        Ok(id)
    }

    /// The account of a phone number.
    pub fn by_pn(&self, pn: &str) -> Option<AccountId> {
        self.by_pn.get(pn).copied()
    }

    /// The account of a LID user.
    pub fn by_lid(&self, lid: &str) -> Option<AccountId> {
        self.by_lid.get(lid).copied()
    }

    /// The account a JID names, whatever its device part.
    pub fn of(&self, jid: &Jid) -> Option<AccountId> {
        match jid.server {
            Server::Pn | Server::Legacy | Server::Hosted => self.by_pn(&jid.user),
            Server::Lid | Server::HostedLid => self.by_lid(&jid.user),
            _ => None,
        }
    }

    /// The device a JID names, if it is linked.
    pub fn device_of(&self, jid: &Jid) -> Option<DeviceId> {
        let account = self.of(jid)?;
        let linked = jid.device == 0 || self[account].devices.contains_key(&jid.device);
        linked.then_some(DeviceId { account, device: jid.device })
    }

    /// Accounts with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (AccountId, &Account)> {
        (0..).map(AccountId).zip(&self.list)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn unused_lid(&self, seed: u64, pn: &str) -> Box<str> {
        (0_u32..)
            .map(|attempt| lid_digits(seed, pn, attempt))
            .find(|lid| !self.by_lid.contains_key(lid.as_str()))
            .unwrap_or_default()
            .into()
    }
}

impl Index<AccountId> for Accounts {
    type Output = Account;

    fn index(&self, id: AccountId) -> &Account {
        &self.list[id.0 as usize]
    }
}

impl IndexMut<AccountId> for Accounts {
    fn index_mut(&mut self, id: AccountId) -> &mut Account {
        &mut self.list[id.0 as usize]
    }
}

/// The family of names `jid` belongs to; phone numbers unless it is a LID.
pub fn family(jid: &Jid) -> Addressing {
    if jid.server.is_lid_family() { Addressing::Lid } else { Addressing::Pn }
}

/// The other family of names.
pub fn other(family: Addressing) -> Addressing {
    match family {
        Addressing::Pn => Addressing::Lid,
        Addressing::Lid => Addressing::Pn,
    }
}

/// The family as `addressing_mode` spells it.
pub fn mode(family: Addressing) -> &'static str {
    match family {
        Addressing::Pn => "pn",
        Addressing::Lid => "lid",
    }
}

/// Fifteen digits that do not begin with 0.
fn lid_digits(seed: u64, pn: &str, attempt: u32) -> String {
    let digest = Sha256::new()
        .chain_update(seed.to_be_bytes())
        .chain_update(b"lid")
        .chain_update(attempt.to_be_bytes())
        .chain_update(pn)
        .finalize();
    let mut head = [0; 8];
    head.copy_from_slice(&digest[..8]);
    const SPAN: u64 = 900_000_000_000_000;
    (100_000_000_000_000 + u64::from_be_bytes(head) % SPAN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(pn: &str) -> NewAccount {
        NewAccount { pn: pn.to_owned(), push_name: None, behaviour: Behaviour::default() }
    }

    #[test]
    fn both_names_lead_to_one_account() {
        let mut accounts = Accounts::default();
        let id = accounts.create(new("5511900000001"), 7, 0).expect("created");
        let lid = accounts[id].lid.clone();
        assert_eq!(lid.len(), 15);
        assert_eq!(accounts.of(&Jid::pn("5511900000001")), Some(id));
        assert_eq!(accounts.of(&Jid::lid_device(&*lid, 4)), Some(id));
        assert_eq!(accounts.of(&Jid::lid("5511900000001")), None);
        assert_eq!(accounts.device_of(&Jid::lid(&*lid)), Some(DeviceId { account: id, device: 0 }));
        assert_eq!(accounts.device_of(&Jid::lid_device(&*lid, 4)), None, "no such companion");
    }

    #[test]
    fn numbers_are_checked_and_unique() {
        let mut accounts = Accounts::default();
        for bad in ["", "12", "+551190000", "1234567890123456", "55119000000a1"] {
            assert_eq!(accounts.create(new(bad), 7, 0), Err(AccountError::BadNumber), "{bad}");
        }
        accounts.create(new("999"), 7, 0).expect("created");
        assert_eq!(accounts.create(new("999"), 7, 0), Err(AccountError::Exists("999".to_owned())));
        assert_eq!(accounts.len(), 1);
    }
}
