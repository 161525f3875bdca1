//! The instance's side: the messages.

use std::collections::BTreeMap;

/// The price of one message. The number is the account's, and is never used twice.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    rkyv::Archive,
    rkyv::Serialize,
    rkyv::Deserialize,
)]
pub struct Voucher(pub u64);

/// How a message ended, as far as its price is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum Ended {
    /// It was sent; the price is kept.
    Kept,
    /// It failed for good; the price goes back.
    Failed,
}

/// What an instance knows of a voucher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum Fate {
    /// Its message was accepted.
    Accepted,
    /// Its message has ended, and the account is told until it has heard.
    Due(Ended),
    /// No message is accepted for it any more: the account was told that there is none, or has heard of its end. Forgotten at this
    /// time in milliseconds since the Unix epoch, when nothing that was sent before can be on its way any more.
    Refused {
        /// That time.
        until_ms: i64,
    },
}

/// What is asked of an instance's vouchers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoucherAsk {
    /// A message comes with its voucher.
    Accept(Voucher),
    /// The account asks what became of it; a refusal is remembered until this time, in milliseconds since the Unix epoch.
    What(Voucher, i64),
    /// Its message has ended.
    End(Voucher, Ended),
    /// The account has heard of the end; that there was one is remembered until this time, in milliseconds since the Unix epoch.
    Heard(Voucher, i64),
    /// What is too old is forgotten; the time now, in milliseconds since the Unix epoch.
    Forget(Voucher, i64),
}

/// What changes: one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoucherEffect {
    /// The voucher has this fate now.
    Put(Voucher, Fate),
    /// Nothing has to be known of it any more.
    Remove(Voucher),
}

/// The answer to whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Done, or done before.
    Done,
    /// The message must not be accepted: its price went back.
    Refused,
    /// The message was accepted.
    Known,
    /// The message was not accepted and will not be.
    Absent,
}

/// An end that the account has not heard of.
pub type Due = (Voucher, Ended);

/// An instance's vouchers as its rows tell them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vouchers {
    fates: BTreeMap<Voucher, Fate>,
}

impl Vouchers {
    /// What is known of a voucher.
    pub fn fate(&self, voucher: Voucher) -> Option<Fate> {
        self.fates.get(&voucher).copied()
    }

    /// The ends that the account has to be told of.
    pub fn due(&self) -> impl Iterator<Item = Due> + '_ {
        self.fates.iter().filter_map(|(voucher, fate)| match fate {
            Fate::Due(ended) => Some((*voucher, *ended)),
            _ => None,
        })
    }

    /// What is to be done, in the batch of whatever it belongs to, and what is then told. An answer counts once the effect is on disk.
    ///
    /// ```text
    ///            Accept      What        End       Heard     Forget (after its time)
    /// nothing    Accepted    Refused     –         –         –
    /// Accepted   –           – (known)   Due       –         –
    /// Due        –           – (known)   –         Refused   –
    /// Refused    – (refused) – (absent)  –         –         removed
    /// ```
    pub fn decide(&self, ask: VoucherAsk) -> (Option<VoucherEffect>, Told) {
        let put = |voucher, fate| Some(VoucherEffect::Put(voucher, fate));
        match ask {
            VoucherAsk::Accept(voucher) => match self.fate(voucher) {
                None => (put(voucher, Fate::Accepted), Told::Done),
                Some(Fate::Refused { .. }) => (None, Told::Refused),
                Some(Fate::Accepted | Fate::Due(_)) => (None, Told::Done),
            },
            VoucherAsk::What(voucher, until_ms) => match self.fate(voucher) {
                None => (put(voucher, Fate::Refused { until_ms }), Told::Absent),
                Some(Fate::Refused { .. }) => (None, Told::Absent),
                Some(Fate::Accepted | Fate::Due(_)) => (None, Told::Known),
            },
            VoucherAsk::End(voucher, ended) => match self.fate(voucher) {
                Some(Fate::Accepted) => (put(voucher, Fate::Due(ended)), Told::Done),
                _ => (None, Told::Done),
            },
            // Not forgotten at once: the message may come a second time.
            VoucherAsk::Heard(voucher, until_ms) => match self.fate(voucher) {
                Some(Fate::Due(_)) => (put(voucher, Fate::Refused { until_ms }), Told::Done),
                _ => (None, Told::Done),
            },
            VoucherAsk::Forget(voucher, now_ms) => match self.fate(voucher) {
                Some(Fate::Refused { until_ms }) if until_ms <= now_ms => {
                    (Some(VoucherEffect::Remove(voucher)), Told::Done)
                }
                _ => (None, Told::Done),
            },
        }
    }

    /// Takes in a row that was just written, or is found at a start.
    pub fn apply(&mut self, effect: VoucherEffect) {
        match effect {
            VoucherEffect::Put(voucher, fate) => drop(self.fates.insert(voucher, fate)),
            VoucherEffect::Remove(voucher) => drop(self.fates.remove(&voucher)),
        }
    }
}
