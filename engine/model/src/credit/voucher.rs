//! The instance's side: the messages.

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

/// What an instance is asked about a voucher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoucherAsk {
    /// A message comes with it.
    Accept,
    /// The account asks what became of it; a refusal is remembered until this time, in milliseconds since the Unix epoch.
    What(i64),
    /// Its message has ended.
    End(Ended),
    /// The account has heard of the end; that there was one is remembered until this time, in milliseconds since the Unix epoch.
    Heard(i64),
}

/// The answer to whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Done, or done before.
    Done,
    /// The message must not be accepted: its price is spent, or went back.
    Refused,
    /// The message was accepted, and has not ended.
    Known,
    /// The message ended so.
    Ended(Ended),
    /// The message was not accepted and will not be, or the account has heard of its end.
    Absent,
}

/// What an instance does about a voucher of which it knows this: the fate that is to be on disk, in the batch of whatever it belongs
/// to, where there is a new one; and what is then told. An answer counts once the fate is on disk.
///
/// ```text
///            Accept      What         End       Heard
/// nothing    Accepted    Refused      –         –
/// Accepted   – (refused) – (known)    Due       –
/// Due        – (refused) – (its end)  –         Refused
/// Refused    – (refused) – (absent)   –         –
/// ```
pub fn decide(fate: Option<Fate>, ask: VoucherAsk) -> (Option<Fate>, Told) {
    match (fate, ask) {
        (None, VoucherAsk::Accept) => (Some(Fate::Accepted), Told::Done),
        (Some(_), VoucherAsk::Accept) => (None, Told::Refused),
        (None, VoucherAsk::What(until_ms)) => (Some(Fate::Refused { until_ms }), Told::Absent),
        (Some(Fate::Accepted), VoucherAsk::What(_)) => (None, Told::Known),
        (Some(Fate::Due(ended)), VoucherAsk::What(_)) => (None, Told::Ended(ended)),
        (Some(Fate::Refused { .. }), VoucherAsk::What(_)) => (None, Told::Absent),
        (Some(Fate::Accepted), VoucherAsk::End(ended)) => (Some(Fate::Due(ended)), Told::Done),
        // Not forgotten at once: the message may come a second time.
        (Some(Fate::Due(_)), VoucherAsk::Heard(until_ms)) => (Some(Fate::Refused { until_ms }), Told::Done),
        (_, VoucherAsk::End(_) | VoucherAsk::Heard(_)) => (None, Told::Done),
    }
}
