//! Asks the instances about what was held for too long.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use futures_util::future::BoxFuture;
use trunkline_model::credit::{PocketAsk, PocketKind, Told, Voucher, VoucherAsk, decide};
use trunkline_model::record::table;
use trunkline_model::slot::PARTITIONS_DEFAULT;
use trunkline_model::{Failure, InstanceId};
use trunkline_store::Batch;

use super::Declined;
use crate::account::accounts::{Account, Accounts};
use crate::limits::{CREDIT_SWEEP_EVERY, CREDIT_SWEEP_FIRST, CREDIT_SWEEP_MAX};
use crate::place::instance_key;
use crate::shard::store_failure;

/// Asks an instance what became of vouchers that its rows know nothing of.
pub(crate) type AskInstance = Box<
    dyn Fn(InstanceId, Vec<Voucher>) -> BoxFuture<'static, Result<Vec<(Voucher, Told)>, Failure>>
        + Send
        + Sync,
>;

/// Looks after the accounts of one shard for as long as they are there.
pub(in crate::account) async fn sweep(accounts: Weak<Accounts>, shard: u16, shards: u16) {
    let mut pause = CREDIT_SWEEP_FIRST;
    loop {
        tokio::time::sleep(pause).await;
        pause = CREDIT_SWEEP_EVERY;
        let Some(accounts) = accounts.upgrade() else { return };
        for account in accounts.all() {
            if account.till.is_used() && account.id.slot().shard(PARTITIONS_DEFAULT, shards) == shard {
                accounts.ask_about(&account).await;
            }
        }
    }
}

impl Accounts {
    /// One round of questions about what an account holds.
    pub(in crate::account) async fn ask_about(self: &Arc<Accounts>, account: &Arc<Account>) {
        let Ok(ledger) = self.ledger(account.id.slot()) else { return };
        let overdue = match account.till.overdue(account.id, &*ledger, CREDIT_SWEEP_MAX).await {
            Ok(overdue) => overdue,
            Err(failure) => {
                return tracing::error!(account = %account.id, %failure, "credits cannot be read");
            }
        };
        let mut unknown: BTreeMap<InstanceId, Vec<Voucher>> = BTreeMap::new();
        for (voucher, instance) in overdue {
            match self.seen_on_disk(instance, voucher) {
                Ok(Some(told)) => self.hear(account, instance, (voucher, told)).await,
                Ok(None) => unknown.entry(instance).or_default().push(voucher),
                Err(failure) => tracing::warn!(%failure, "what became of a message cannot be read"),
            }
        }
        for (instance, vouchers) in unknown {
            match self.ask_instance(instance, vouchers).await {
                Ok(answers) => {
                    for answer in answers {
                        self.hear(account, instance, answer).await;
                    }
                }
                // Asked again with the next round.
                Err(failure) => tracing::debug!(%instance, %failure, "an instance does not answer"),
            }
        }
    }

    /// What the rows of an instance say; `None` where only the instance itself can.
    fn seen_on_disk(&self, instance: InstanceId, voucher: Voucher) -> Result<Option<Told>, Failure> {
        let ledger = self.ledger(instance.slot())?;
        if let Some(fate) = super::fate(&*ledger, instance, voucher)? {
            // Nothing is to be refused any more, so until when does not matter.
            return Ok(Some(decide(Some(fate), VoucherAsk::What(0)).1));
        }
        // An instance is erased after every message of it was settled.
        let record = ledger.get(&instance_key(instance, table::INSTANCE, b""));
        let is_gone = record.map_err(|error| store_failure(&error))?.is_none();
        Ok(is_gone.then_some(Told::Absent))
    }

    async fn hear(
        self: &Arc<Accounts>,
        account: &Arc<Account>,
        instance: InstanceId,
        (voucher, told): (Voucher, Told),
    ) {
        let heard = match told {
            Told::Known => {
                account.till.known(voucher).await;
                Ok(())
            }
            Told::Ended(ended) => self.tell_ended((account.id, instance), (voucher, ended)).await,
            Told::Absent => {
                let ask = PocketAsk::Absent(voucher);
                let released = self.pocket(account, PocketKind::Whatsapp, ask, Batch::new()).await;
                released.map(drop).map_err(Declined::failure)
            }
            Told::Done | Told::Refused => Ok(()),
        };
        if let Err(failure) = heard {
            tracing::debug!(%failure, "a price is settled with the next round");
        }
    }
}
