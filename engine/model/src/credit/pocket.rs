//! The account's side: the money.

use std::collections::{BTreeMap, BTreeSet};

use super::voucher::{Ended, Voucher};
use crate::id::InstanceId;
use crate::limits::{POCKET_HELD_MAX, VOUCHER_ASKED_AGAIN_MS, VOUCHER_PATIENCE_MS};

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

    /// Its place in keys on disk, for ever.
    pub fn rank(self) -> u8 {
        match self {
            PocketKind::Whatsapp => 0,
            PocketKind::Sms => 1,
        }
    }

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

/// A line of the ledger. Nothing of it is ever altered.
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
    /// The sum of the amounts up to this entry: what a start reads instead of all of them.
    pub balance: u64,
    /// The newest voucher that was ever handed out, this entry's included: a number is never used twice, whatever is forgotten.
    pub last_voucher: Voucher,
    /// Whose messages it is about.
    pub instance: Option<InstanceId>,
}

/// A message that is paid for and has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct Held {
    /// Which instance was to accept it.
    pub instance: InstanceId,
    /// Since when, in milliseconds since the Unix epoch.
    pub since_ms: i64,
}

/// A top-up or withdrawal that was carried out under a key of the operator's: it is never carried out twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct CreditOrder {
    /// Which pocket.
    pub pocket: PocketKind,
    /// How many credits; negative where they were taken.
    pub amount: i64,
    /// When, in milliseconds since the Unix epoch.
    pub time_ms: i64,
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
    /// The instance has not accepted the message of a voucher and never will.
    Absent(Voucher),
}

/// What changes in a pocket: one row each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PocketEffect {
    /// A new line of the ledger.
    Write(Entry),
    /// A message is paid for.
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
    /// As much is held as may be.
    #[error("too many messages are on their way")]
    Held,
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
    held: BTreeMap<Voucher, Holding>,
    /// When the instances are asked about what is held, in milliseconds since the Unix epoch.
    questions: BTreeSet<(i64, Voucher)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Holding {
    held: Held,
    ask_ms: i64,
}

impl Pocket {
    /// A pocket as it is found: its newest entry, and what is held. Every instance is asked at once.
    pub fn found(newest: Option<Entry>, held: impl IntoIterator<Item = (Voucher, Held)>) -> Pocket {
        let mut pocket = Pocket::default();
        if let Some(entry) = newest {
            (pocket.balance, pocket.last_entry) = (entry.balance, entry.number);
            pocket.last_voucher = entry.last_voucher;
        }
        held.into_iter().for_each(|(voucher, held)| pocket.hold(voucher, held, 0));
        pocket
    }

    fn hold(&mut self, voucher: Voucher, held: Held, ask_ms: i64) {
        self.drop_held(voucher);
        self.held.insert(voucher, Holding { held, ask_ms });
        self.questions.insert((ask_ms, voucher));
    }

    fn drop_held(&mut self, voucher: Voucher) {
        if let Some(holding) = self.held.remove(&voucher) {
            self.questions.remove(&(holding.ask_ms, voucher));
        }
    }

    /// Credits that may be spent.
    pub fn balance(&self) -> u64 {
        self.balance
    }

    /// Number of messages that are paid for and have not ended.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Vouchers to ask their instances about at this time, those first that have waited longest.
    pub fn overdue(&self, now_ms: i64) -> impl Iterator<Item = (Voucher, InstanceId)> + '_ {
        let due = self.questions.range(..=(now_ms, Voucher(u64::MAX)));
        due.filter_map(|(_, voucher)| Some((*voucher, self.held.get(voucher)?.held.instance)))
    }

    /// The instance said that it accepted the message of a voucher: it is asked again much later. Nothing of this is on disk.
    pub fn known(&mut self, voucher: Voucher, now_ms: i64) {
        if let Some(holding) = self.held.get(&voucher).copied() {
            self.hold(voucher, holding.held, now_ms.saturating_add(VOUCHER_ASKED_AGAIN_MS));
        }
    }

    /// What is to be done: all of it in one batch, then [`Pocket::apply`]. Nothing where it was done before.
    ///
    /// # Errors
    /// [`Refusal`]; nothing is to be done then.
    pub fn decide(&self, now_ms: i64, ask: PocketAsk) -> Result<Vec<PocketEffect>, Refusal> {
        match ask {
            PocketAsk::Grant(amount) => {
                Ok(vec![self.entry(now_ms, Movement::Granted, i64::from(amount), None)?])
            }
            PocketAsk::Withdraw(amount) => {
                Ok(vec![self.entry(now_ms, Movement::Withdrawn, -i64::from(amount), None)?])
            }
            PocketAsk::Reserve { instance, wanted, at_least } => {
                self.reserve(now_ms, instance, (wanted, at_least.max(1)))
            }
            PocketAsk::Ended(voucher, Ended::Kept) if self.held.contains_key(&voucher) => {
                Ok(vec![PocketEffect::Drop(voucher)])
            }
            PocketAsk::Ended(_, Ended::Kept) => Ok(Vec::new()),
            PocketAsk::Ended(voucher, Ended::Failed) => self.give_back(now_ms, voucher, Movement::Refunded),
            PocketAsk::Absent(voucher) => self.give_back(now_ms, voucher, Movement::Released),
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
        if self.held.len() + count as usize > POCKET_HELD_MAX {
            return Err(Refusal::Held);
        }
        let before = self.last_voucher.0;
        let last = before.checked_add(u64::from(count)).ok_or(Refusal::Overflow)?;
        let held = Held { instance, since_ms: now_ms };
        let vouchers = (before + 1..=last).map(|number| PocketEffect::Hold(Voucher(number), held));
        let entry = self.entry(now_ms, Movement::Reserved, -i64::from(count), Some(instance))?;
        let entry = match entry {
            PocketEffect::Write(entry) => PocketEffect::Write(Entry { last_voucher: Voucher(last), ..entry }),
            other => other,
        };
        Ok(std::iter::once(entry).chain(vouchers).collect())
    }

    /// A voucher that is not held has ended before: it is paid for, or given back, once.
    fn give_back(
        &self,
        now_ms: i64,
        voucher: Voucher,
        movement: Movement,
    ) -> Result<Vec<PocketEffect>, Refusal> {
        let Some(holding) = self.held.get(&voucher) else { return Ok(Vec::new()) };
        let entry = self.entry(now_ms, movement, 1, Some(holding.held.instance))?;
        Ok(vec![entry, PocketEffect::Drop(voucher)])
    }

    fn entry(
        &self,
        time_ms: i64,
        movement: Movement,
        amount: i64,
        instance: Option<InstanceId>,
    ) -> Result<PocketEffect, Refusal> {
        let sum = self.balance.checked_add_signed(amount);
        let balance = sum.filter(|sum| i64::try_from(*sum).is_ok()).ok_or(match amount {
            ..0 => Refusal::Insufficient { balance: self.balance },
            _ => Refusal::Overflow,
        })?;
        let (number, last_voucher) = (self.last_entry + 1, self.last_voucher);
        Ok(PocketEffect::Write(Entry { number, time_ms, movement, amount, balance, last_voucher, instance }))
    }

    /// Takes in what was decided.
    ///
    /// # Panics
    /// When an entry does not follow from the one before it: somebody else wrote to this pocket.
    pub fn apply(&mut self, effect: PocketEffect) {
        match effect {
            PocketEffect::Write(entry) => {
                assert!(entry.number == self.last_entry + 1, "an entry is written twice: {entry:?}");
                let sum = self.balance.checked_add_signed(entry.amount);
                assert!(sum == Some(entry.balance), "{entry:?} does not follow from {}", self.balance);
                (self.balance, self.last_entry) = (entry.balance, entry.number);
                self.last_voucher = entry.last_voucher;
            }
            PocketEffect::Hold(voucher, held) => {
                self.hold(voucher, held, held.since_ms.saturating_add(VOUCHER_PATIENCE_MS));
            }
            PocketEffect::Drop(voucher) => self.drop_held(voucher),
        }
    }
}
