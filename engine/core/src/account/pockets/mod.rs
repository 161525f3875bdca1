//! Credits in the engine: `trunkline_model::credit` decides, this writes and carries.
//!
//! [`Till`] is the money of one account, a group commit of its own: whoever comes takes care of all who wait. [`Unspent`] is a
//! voucher on its way to a message; dropped unspent, its credit goes back at once. [`sweep`] asks the instances about everything that
//! was held for too long, and so repairs whatever a crash, a full queue or a lost answer left.
//!
//! The two sides live in two slots, which may be two stores and one day two machines: the ledger of the account and what it holds in
//! the account's slot, what became of each voucher beside the message in the instance's. No batch spans both; the protocol does.

mod rows;
mod sweep;
mod till;
mod unspent;

pub(super) use rows::entries;
pub(crate) use sweep::AskInstance;
pub(super) use sweep::sweep;
pub(super) use till::Till;
pub(crate) use unspent::{Price, Unspent};

use std::sync::Arc;

use trunkline_model::credit::{
    Ended, Fate, PocketAsk, PocketEffect, PocketKind, Refusal, Voucher, VoucherAsk,
};
use trunkline_model::limits::VOUCHER_REMEMBERED_MS;
use trunkline_model::record::{self, table};
use trunkline_model::{AccountId, ErrorCode, Failure, InstanceId};
use trunkline_store::{Batch, CommitClass, Ledger};

use super::accounts::{Account, Accounts};
use crate::clock;
use crate::limits::{TELL_ATTEMPTS_MAX, TELL_PAUSE};
use crate::place::{deadline_key, instance_key};
use crate::shard::store_failure;

impl Accounts {
    /// The account, where its messages cost credits.
    pub(crate) fn charged(&self, account: AccountId) -> Option<Arc<Account>> {
        if !self.charges_any() {
            return None;
        }
        self.get(account).ok().filter(|account| account.record().credits)
    }

    /// Prices of so many messages to an instance: a voucher for each that there is a credit for, the first ones first. Those who get
    /// none learn how much there was.
    ///
    /// # Errors
    /// A failure of the store, or overload.
    pub(crate) async fn prices(
        self: &Arc<Accounts>,
        account: &Arc<Account>,
        (instance, wanted): (InstanceId, usize),
    ) -> Result<Vec<Price>, Failure> {
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        let ask = PocketAsk::Reserve { instance, wanted, at_least: 1 };
        let (accounts, owner) = (Arc::clone(self), Arc::clone(account));
        let answer = self
            .on_shard(account.id.slot(), async move {
                Ok(accounts.pocket(&owner, PocketKind::Whatsapp, ask, Batch::new()).await)
            })
            .await?;
        let (effects, balance) = match answer {
            Ok(effects) => (effects, 0),
            Err(Declined::Refused(Refusal::Insufficient { balance })) => (Vec::new(), balance),
            Err(declined) => return Err(declined.failure()),
        };
        let unspent = |effect: &PocketEffect| match effect {
            PocketEffect::Hold(voucher, _) => {
                Some(Price::Paid(Unspent::new(Arc::clone(self), account.id, *voucher)))
            }
            _ => None,
        };
        let mut prices: Vec<Price> = effects.iter().filter_map(unspent).collect();
        prices.resize_with(wanted as usize, || Price::Short { balance });
        Ok(prices)
    }

    /// Asks a pocket; what it decides is on disk when this returns, `beside` in the same batch.
    ///
    /// # Errors
    /// [`Declined`]; nothing is written then.
    pub(super) async fn pocket(
        &self,
        account: &Arc<Account>,
        pocket: PocketKind,
        ask: PocketAsk,
        beside: Batch,
    ) -> Result<Vec<PocketEffect>, Declined> {
        let ledger = self.ledger(account.id.slot()).map_err(Declined::Failed)?;
        account.till.ask((account.id, pocket), &*ledger, (ask, beside)).await
    }

    /// Tells an account that a message ended, then the instance's rows that it has heard. Tried a few times; what is not told is
    /// asked for one day.
    ///
    /// # Errors
    /// The account did not take it.
    pub(crate) async fn tell_ended(
        self: &Arc<Accounts>,
        (account, instance): (AccountId, InstanceId),
        (voucher, ended): (Voucher, Ended),
    ) -> Result<(), Failure> {
        let mut attempt = 0;
        loop {
            match self.take_end((account, instance), (voucher, ended)).await {
                Err(failure) if failure.code.is_retryable() && attempt < TELL_ATTEMPTS_MAX => {
                    attempt += 1;
                    tokio::time::sleep(TELL_PAUSE * attempt).await;
                }
                told => return told,
            }
        }
    }

    async fn take_end(
        self: &Arc<Accounts>,
        (account, instance): (AccountId, InstanceId),
        (voucher, ended): (Voucher, Ended),
    ) -> Result<(), Failure> {
        let owner = self.get(account)?;
        let accounts = Arc::clone(self);
        self.on_shard(account.slot(), async move {
            let ask = PocketAsk::Ended(voucher, ended);
            let took = accounts.pocket(&owner, PocketKind::Whatsapp, ask, Batch::new()).await;
            took.map_err(Declined::failure)?;
            accounts.note_heard(instance, voucher)
        })
        .await
    }

    /// The account has heard of an end: nothing has to be told any more.
    fn note_heard(&self, instance: InstanceId, voucher: Voucher) -> Result<(), Failure> {
        let ledger = self.ledger(instance.slot())?;
        let until_ms = clock::wall_ms().saturating_add(VOUCHER_REMEMBERED_MS);
        let fate = fate(&*ledger, instance, voucher)?;
        let mut batch = Batch::new();
        if let (Some(heard), _) = trunkline_model::credit::decide(fate, VoucherAsk::Heard(until_ms)) {
            put_fate(&mut batch, instance, voucher, heard)?;
            // Lost in a crash, it is asked for and told once more.
            ledger.commit(batch, CommitClass::Soon).detach();
        }
        Ok(())
    }
}

/// Why a pocket did nothing.
#[derive(Debug, Clone)]
pub(crate) enum Declined {
    /// It does not want to.
    Refused(Refusal),
    /// It could not.
    Failed(Failure),
}

impl Declined {
    pub(super) fn failure(self) -> Failure {
        match self {
            Declined::Failed(failure) => failure,
            Declined::Refused(Refusal::Insufficient { balance }) => insufficient(balance),
            Declined::Refused(Refusal::Held) => Failure::busy(
                "Too many messages of this account are on their way.",
                TELL_PAUSE.as_millis() as u64,
            ),
            Declined::Refused(refusal @ Refusal::Overflow) => {
                Failure::new(ErrorCode::AccountFull, format!("The credits cannot be added: {refusal}."))
            }
        }
    }
}

/// Too few credits.
pub(crate) fn insufficient(balance: u64) -> Failure {
    let detail =
        format!("The account has {balance} credits left, which is too few. Have the operator add some.");
    Failure::new(ErrorCode::InsufficientCredits, detail)
}

/// What became of a voucher, as the instance's rows say.
///
/// # Errors
/// A failure of the store, or a row that cannot be read.
pub(crate) fn fate(
    ledger: &dyn Ledger,
    instance: InstanceId,
    voucher: Voucher,
) -> Result<Option<Fate>, Failure> {
    let key = instance_key(instance, table::VOUCHER, &voucher.0.to_be_bytes());
    let stored = ledger.get(&key).map_err(|error| store_failure(&error))?;
    stored.map(|bytes| record::decode(&bytes).map_err(|error| unreadable(&error))).transpose()
}

/// Writes what became of a voucher; what need not be known for ever has a deadline.
///
/// # Errors
/// [`ErrorCode::Internal`] when it cannot be encoded.
pub(crate) fn put_fate(
    batch: &mut Batch,
    instance: InstanceId,
    voucher: Voucher,
    fate: Fate,
) -> Result<(), Failure> {
    let suffix = voucher.0.to_be_bytes();
    let bytes = record::encode(&fate).map_err(|error| unreadable(&error))?;
    batch.put(instance_key(instance, table::VOUCHER, &suffix), bytes);
    if let Fate::Refused { until_ms } = fate {
        batch.put(deadline_key(instance, until_ms, table::VOUCHER, &suffix), &b""[..]);
    }
    Ok(())
}

fn unreadable(error: &record::RecordError) -> Failure {
    tracing::error!(%error, "a row about credits cannot be read or written");
    Failure::new(ErrorCode::Internal, "The price of a message cannot be read or written.")
}
