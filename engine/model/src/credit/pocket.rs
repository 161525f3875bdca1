//! The account's side: the money.

use std::collections::BTreeMap;

use super::voucher::{Ended, Voucher};
use crate::id::InstanceId;

/// What credits are for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    rkyv::Archive,
    rkyv::Serialize,
    rkyv::Deserialize,
)]
pub enum PocketKind {
    /// Messages over WhatsApp.
    Whatsapp,
    /// Text messages over a carrier.
    Sms,
}

impl PocketKind {
    /// Every pocket that an account has.
    pub const ALL: [PocketKind; 2] = [PocketKind::Whatsapp, PocketKind::Sms];

    /// The word that records and the API use.
    pub fn as_str(self) -> &'static str {
        match self {
            PocketKind::Whatsapp => "whatsapp",
            PocketKind::Sms => "sms",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<PocketKind> {
        PocketKind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Why the balance changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum Movement {
    /// The operator gave credits.
    Granted,
    /// The operator took credits back.
    Withdrawn,
    /// Messages are on their way to be accepted.
    Reserved,
    /// A message was never accepted.
    Released,
    /// A message failed for good.
    Refunded,
}

impl Movement {
    /// The word that the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Movement::Granted => "granted",
            Movement::Withdrawn => "withdrawn",
            Movement::Reserved => "reserved",
            Movement::Released => "released",
            Movement::Refunded => "refunded",
        }
    }
}

/// A line of the ledger. Nothing of it is ever altered; the balance is the sum of the amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Entry {
    /// One more than the entry before it.
    pub number: u64,
    /// When, in milliseconds since the Unix epoch.
    pub time_ms: i64,
    /// Why.
    pub movement: Movement,
    /// How many credits; negative where they go.
    pub amount: i64,
    /// The newest voucher that was ever handed out, this entry's included: a number is never used twice, whatever is forgotten.
    pub last_voucher: Voucher,
}

/// A message that is paid for and has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Held {
    /// Which instance was to accept it.
    pub instance: InstanceId,
    /// Since when, in milliseconds since the Unix epoch.
    pub since_ms: i64,
    /// The instance said that it accepted it.
    pub is_known: bool,
}

/// What is asked of a pocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PocketAsk {
    /// More credits.
    Grant(u32),
    /// Credits back; refused when there are fewer.
    Withdraw(u32),
    /// Vouchers for messages to an instance: as many as there are credits, or none where that is fewer than `at_least`.
    Reserve {
        /// Who accepts the messages.
        instance: InstanceId,
        /// How many are wanted.
        wanted: u32,
        /// With how many fewer nothing is reserved; at least 1.
        at_least: u32,
    },
    /// A message ended.
    Ended(Voucher, Ended),
    /// The instance accepted the message of a voucher.
    Known(Voucher),
    /// The instance has not accepted the message of a voucher and never will.
    Absent(Voucher),
}

/// What changes in a pocket: one row each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PocketEffect {
    /// A new line of the ledger.
    Write(Entry),
    /// A message is paid for, or is known to be accepted.
    Hold(Voucher, Held),
    /// It has ended.
    Drop(Voucher),
}

/// Why nothing changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Fewer credits than are needed.
    #[error("the pocket holds {balance} credits")]
    Insufficient {
        /// How many there are.
        balance: u64,
    },
    /// The ledger can hold no more.
    #[error("the pocket is full")]
    Overflow,
}

/// A pocket as its rows tell it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pocket {
    balance: u64,
    last_entry: u64,
    last_voucher: Voucher,
    held: BTreeMap<Voucher, Held>,
}

impl Pocket {
    /// Credits that may be spent.
    pub fn balance(&self) -> u64 {
        self.balance
    }

    /// Messages that are paid for and have not ended.
    pub fn held(&self) -> &BTreeMap<Voucher, Held> {
        &self.held
    }

    /// Vouchers to ask their instances about: held since before a time, and not known to be accepted.
    pub fn overdue(&self, before_ms: i64) -> impl Iterator<Item = (Voucher, InstanceId)> + '_ {
        let is_overdue = move |held: &Held| !held.is_known && held.since_ms < before_ms;
        self.held
            .iter()
            .filter(move |(_, held)| is_overdue(held))
            .map(|(voucher, held)| (*voucher, held.instance))
    }

    /// What is to be done: all of it in one batch, then [`Pocket::apply`]. Nothing where it was done before.
    ///
    /// # Errors
    /// [`Refusal`]; nothing is to be done then.
    pub fn decide(&self, now_ms: i64, ask: PocketAsk) -> Result<Vec<PocketEffect>, Refusal> {
        match ask {
            PocketAsk::Grant(amount) => {
                self.balance.checked_add(u64::from(amount)).ok_or(Refusal::Overflow)?;
                Ok(vec![self.entry(now_ms, Movement::Granted, i64::from(amount))])
            }
            PocketAsk::Withdraw(amount) if u64::from(amount) > self.balance => {
                Err(Refusal::Insufficient { balance: self.balance })
            }
            PocketAsk::Withdraw(amount) => {
                Ok(vec![self.entry(now_ms, Movement::Withdrawn, -i64::from(amount))])
            }
            PocketAsk::Reserve { instance, wanted, at_least } => {
                self.reserve(now_ms, instance, (wanted, at_least.max(1)))
            }
            PocketAsk::Ended(voucher, ended) => Ok(self.end(now_ms, voucher, ended)),
            PocketAsk::Known(voucher) => Ok(self.known(voucher)),
            PocketAsk::Absent(voucher) => Ok(self.give_back(now_ms, voucher, Movement::Released)),
        }
    }

    fn reserve(
        &self,
        now_ms: i64,
        instance: InstanceId,
        (wanted, at_least): (u32, u32),
    ) -> Result<Vec<PocketEffect>, Refusal> {
        let count = u32::try_from(self.balance).unwrap_or(u32::MAX).min(wanted);
        if count < at_least {
            return Err(Refusal::Insufficient { balance: self.balance });
        }
        let before = self.last_voucher.0;
        let last = before.checked_add(u64::from(count)).ok_or(Refusal::Overflow)?;
        let held = Held { instance, since_ms: now_ms, is_known: false };
        let vouchers = (before + 1..=last).map(|number| PocketEffect::Hold(Voucher(number), held));
        let entry = Entry {
            number: self.last_entry + 1,
            time_ms: now_ms,
            movement: Movement::Reserved,
            amount: -i64::from(count),
            last_voucher: Voucher(last),
        };
        Ok(std::iter::once(PocketEffect::Write(entry)).chain(vouchers).collect())
    }

    fn end(&self, now_ms: i64, voucher: Voucher, ended: Ended) -> Vec<PocketEffect> {
        match ended {
            Ended::Kept if self.held.contains_key(&voucher) => vec![PocketEffect::Drop(voucher)],
            Ended::Kept => Vec::new(),
            Ended::Failed => self.give_back(now_ms, voucher, Movement::Refunded),
        }
    }

    /// A voucher that is not held has ended before: it is paid for, or given back, once.
    fn give_back(&self, now_ms: i64, voucher: Voucher, movement: Movement) -> Vec<PocketEffect> {
        if !self.held.contains_key(&voucher) {
            return Vec::new();
        }
        vec![self.entry(now_ms, movement, 1), PocketEffect::Drop(voucher)]
    }

    fn known(&self, voucher: Voucher) -> Vec<PocketEffect> {
        let unknown = self.held.get(&voucher).filter(|held| !held.is_known);
        unknown
            .map(|held| PocketEffect::Hold(voucher, Held { is_known: true, ..*held }))
            .into_iter()
            .collect()
    }

    fn entry(&self, time_ms: i64, movement: Movement, amount: i64) -> PocketEffect {
        let (number, last_voucher) = (self.last_entry + 1, self.last_voucher);
        PocketEffect::Write(Entry { number, time_ms, movement, amount, last_voucher })
    }

    /// Takes in a row: one that was just written, or one that is found at a start, where entries come first.
    ///
    /// # Panics
    /// When the entries take more than they gave: a balance is never negative.
    pub fn apply(&mut self, effect: PocketEffect) {
        match effect {
            PocketEffect::Write(entry) => {
                assert!(entry.number > self.last_entry, "an entry is written twice: {entry:?}");
                let balance = self.balance.checked_add_signed(entry.amount);
                assert!(balance.is_some(), "the balance would be negative: {entry:?} of {}", self.balance);
                (self.balance, self.last_entry) = (balance.unwrap_or(0), entry.number);
                self.last_voucher = entry.last_voucher;
            }
            PocketEffect::Hold(voucher, held) => {
                self.held.insert(voucher, held);
            }
            PocketEffect::Drop(voucher) => {
                self.held.remove(&voucher);
            }
        }
    }
}
