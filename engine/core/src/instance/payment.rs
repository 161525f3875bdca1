//! What messages cost, on the instance's side: a voucher comes with a message, is in the batch that accepts it, and has its end in
//! the batch of the message's.

use std::sync::Arc;

use trunkline_model::credit::{Ended, Fate, Told, Voucher, VoucherAsk, decide};
use trunkline_model::limits::VOUCHER_REMEMBERED_MS;
use trunkline_model::message::MessageStatus;
use trunkline_model::record::{self, InstanceRecord, MessageRecord, table};
use trunkline_model::{ErrorCode, Failure, InstanceId};
use trunkline_store::{Batch, CommitClass, Direction, KeyRange};

use super::state::Instance;
use crate::account::{Price, fate, insufficient, put_fate};
use crate::clock;
use crate::limits::{BUSY_RETRY_AFTER_MS, SETTLE_ATTEMPTS_MAX, TELL_PAUSE};
use crate::patient;
use crate::place::instance_key;
use crate::shard::{ShardContext, store_failure};
use crate::spawn::TaskKind;

/// Vouchers that are looked at in one step of a deletion.
const PAGE: usize = 256;

impl Instance {
    /// Whether a message may be accepted at this price, and with which voucher. Nothing is written yet.
    ///
    /// # Errors
    /// [`ErrorCode::InsufficientCredits`]; a retryable one for a voucher that took so long that its credit went back.
    pub(super) fn pay(&self, price: &Price) -> Result<Option<Voucher>, Failure> {
        let unspent = match price {
            Price::Free => return Ok(None),
            Price::Short { balance } => {
                metrics::counter!(crate::metrics::CREDITS_REFUSED).increment(1);
                return Err(insufficient(*balance));
            }
            Price::Paid(unspent) => unspent,
        };
        let known = fate(&*self.context.ledger, self.id(), unspent.voucher())?;
        match decide(known, VoucherAsk::Accept) {
            (Some(_), _) => Ok(Some(unspent.voucher())),
            (None, _) => {
                let detail = "The message waited so long that its credit went back. Send it again.";
                Err(Failure::busy(detail, BUSY_RETRY_AFTER_MS))
            }
        }
    }

    /// What became of vouchers. What nothing is known of is refused from now on, which is on disk when this returns.
    pub(super) async fn what_became_of(
        &mut self,
        vouchers: Vec<Voucher>,
    ) -> Result<Vec<(Voucher, Told)>, Failure> {
        if self.removing {
            // Settled by the deletion.
            return Err(Failure::busy("The instance is being deleted.", BUSY_RETRY_AFTER_MS));
        }
        let until_ms = clock::wall_ms().saturating_add(VOUCHER_REMEMBERED_MS);
        let (mut batch, mut told) = (Batch::new(), Vec::with_capacity(vouchers.len()));
        for voucher in vouchers {
            // On its way to the disk: reads do not see it yet.
            if self.being_paid.contains(&voucher) {
                told.push((voucher, Told::Known));
                continue;
            }
            let known = fate(&*self.context.ledger, self.id(), voucher)?;
            let (refused, answer) = decide(known, VoucherAsk::What(until_ms));
            if let Some(refused) = refused {
                put_fate(&mut batch, self.id(), voucher, refused)?;
            }
            told.push((voucher, answer));
        }
        if !batch.is_empty() {
            // In the actor: no message is accepted with one of them meanwhile.
            let written = patient::commit(&*self.context.ledger, batch, CommitClass::First).await;
            written.map_err(|error| store_failure(&error))?;
        }
        Ok(told)
    }

    /// Adds the end of a message's price to the batch of the message's own.
    pub(super) fn end_price(&self, record: &MessageRecord, batch: &mut Batch) -> Option<(Voucher, Ended)> {
        let voucher = record.voucher?;
        let ended = if record.status == MessageStatus::Failed { Ended::Failed } else { Ended::Kept };
        let due = fate(&*self.context.ledger, self.id(), voucher)
            .map(|known| decide(known, VoucherAsk::End(ended)).0)
            .and_then(|due| due.map(|due| put_fate(batch, self.id(), voucher, due)).transpose());
        match due {
            Ok(due) => due.map(|()| (voucher, ended)),
            Err(failure) => {
                tracing::error!(instance = %self.id(), %failure, "the end of a message's price cannot be written");
                None
            }
        }
    }

    /// Tells the account of an end that is on disk.
    pub(super) fn tell_account(&self, end: (Voucher, Ended)) {
        let (accounts, of) = (Arc::clone(&self.context.accounts), (self.record.account, self.id()));
        self.context.spawner.spawn(TaskKind::Disposable, "price", async move {
            if let Err(failure) = accounts.tell_ended(of, end).await {
                tracing::debug!(%failure, "the account asks for the end of a message itself");
            }
        });
    }
}

/// Tells an account of every message of an instance that is about to be erased: what has not ended by now never goes out. Everything
/// is told when this returns; it can be repeated.
///
/// # Errors
/// The account does not take it, or a failure of the store.
pub(super) async fn settle_all(context: &ShardContext, id: InstanceId) -> Result<(), Failure> {
    let stored = context.ledger.get(&instance_key(id, table::INSTANCE, b""));
    let Some(stored) = stored.map_err(|error| store_failure(&error))? else { return Ok(()) };
    let Ok(InstanceRecord { account, .. }) = record::decode(&stored) else { return Ok(()) };
    let mut rest = KeyRange::table(id.slot().0, id.0, table::VOUCHER);
    loop {
        let page = context.ledger.scan(rest.clone(), Direction::Forward, PAGE);
        let page = page.map_err(|error| store_failure(&error))?;
        for (key, row) in &page {
            let voucher = key.suffix().try_into().map(u64::from_be_bytes).map(Voucher);
            let ended = match record::decode::<Fate>(row) {
                Ok(Fate::Accepted) => Ended::Failed,
                Ok(Fate::Due(ended)) => ended,
                Ok(Fate::Refused { .. }) | Err(_) => continue,
            };
            if let Ok(voucher) = voucher {
                settle(context, (account, id), (voucher, ended)).await?;
            }
        }
        match page.last() {
            Some((last, _)) if page.len() == PAGE => rest = rest.after(last),
            _ => return Ok(()),
        }
    }
}

/// Patient: a deletion is finished while the node starts, and the account may live on a shard that is not there yet.
async fn settle(
    context: &ShardContext,
    of: (trunkline_model::AccountId, InstanceId),
    end: (Voucher, Ended),
) -> Result<(), Failure> {
    for _ in 0..SETTLE_ATTEMPTS_MAX {
        match context.accounts.tell_ended(of, end).await {
            Err(failure) if failure.code.is_retryable() => tokio::time::sleep(TELL_PAUSE).await,
            // Whoever would get it is gone.
            Err(failure) if failure.code == ErrorCode::AccountNotFound => return Ok(()),
            told => return told,
        }
    }
    Err(Failure::busy("The account does not take the end of a message.", BUSY_RETRY_AFTER_MS))
}
