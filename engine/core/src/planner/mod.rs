//! What accounts plan: templates, address book, suppression list, one-time passwords, campaigns, schedules.
//!
//! An account's plans are rows in the account's slot, and change on the thread of that slot's shard, in tasks that nobody who
//! goes away can cut short. Whoever changes rows that others change too holds the account's lock meanwhile; instances are asked
//! without it.
//!
//! ```text
//! front end ──letter (a credit)──▶ desk of the shard ──▶ a task per letter ──▶ rows, under the account's lock
//! agenda of the shard ──what is due──▶ a schedule's run, a campaign's start ──▶ outboxes of instances
//! campaign ──▶ Runner (one task while it has people under way) ──▶ outboxes of instances
//! ```

mod agenda;
mod book;
mod campaigns;
mod desk;
mod habits;
mod handing;
mod otps;
mod people;
mod reach;
mod rows;
mod runner;
mod schedules;
mod suppressions;
mod templates;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use trunkline_model::command::{MessageView, PlanCommand, PlanReply, SendRequest};
use trunkline_model::record::{self, MessageRecord, table};
use trunkline_model::slot::{PARTITIONS_DEFAULT, Slot};
use trunkline_model::{AccountId, CampaignId, ErrorCode, Failure, InstanceId, MessageId};
use trunkline_store::{Ledger, Sealer};

use crate::directory::Directory;
use crate::limits::{PLAN_CREDITS, PLAN_LOCKS};
use crate::place::instance_key;
use crate::shard::store_failure;

pub(crate) use habits::Habits;

/// Whether a refusal may be over in a moment: the same instance is then asked again under the same key.
fn is_passing(failure: &Failure) -> bool {
    failure.code.is_retryable() || failure.retry_after_ms.is_some()
}

/// The way to the outboxes of instances, whichever shards they are on.
#[async_trait]
pub(crate) trait Outboxes: Send + Sync {
    /// Has messages accepted, each for itself.
    async fn send(
        &self,
        instance: InstanceId,
        requests: Vec<SendRequest>,
    ) -> Result<Vec<Result<MessageView, Failure>>, Failure>;
}

/// See the module.
pub(crate) struct Planner {
    pub(super) sealer: Arc<Sealer>,
    pub(super) directory: Arc<Directory>,
    /// The shards' stores, in order.
    ledgers: Box<[Arc<dyn Ledger>]>,
    desks: Box<[desk::Desk]>,
    agendas: Box<[agenda::Agenda]>,
    /// Who changes an account's rows; several accounts may share one.
    locks: Box<[tokio::sync::Mutex<()>]>,
    outboxes: OnceLock<Arc<dyn Outboxes>>,
    pub(super) habits: Habits,
    /// Campaigns that a runner sees to, and how to wake it.
    runners: std::sync::Mutex<HashMap<CampaignId, Arc<tokio::sync::Notify>>>,
    /// Told whenever a runner leaves its campaign.
    runner_left: tokio::sync::Notify,
    reaches: reach::Reaches,
}

impl Planner {
    /// A planner over the stores of the node's shards.
    pub(crate) fn new(
        ledgers: Vec<Arc<dyn Ledger>>,
        sealer: Arc<Sealer>,
        directory: Arc<Directory>,
    ) -> Arc<Planner> {
        let shards = ledgers.len();
        Arc::new(Planner {
            sealer,
            directory,
            ledgers: ledgers.into(),
            desks: (0..shards).map(|_| desk::Desk::new(PLAN_CREDITS)).collect(),
            agendas: (0..shards).map(|_| agenda::Agenda::default()).collect(),
            locks: (0..PLAN_LOCKS).map(|_| tokio::sync::Mutex::default()).collect(),
            outboxes: OnceLock::new(),
            habits: Habits::default(),
            runners: std::sync::Mutex::default(),
            runner_left: tokio::sync::Notify::new(),
            reaches: reach::Reaches::default(),
        })
    }

    /// From now on instances can be reached.
    pub(crate) fn begin(&self, outboxes: Arc<dyn Outboxes>) {
        drop(self.outboxes.set(outboxes));
        self.agendas.iter().for_each(agenda::Agenda::look);
    }

    fn shard_of(&self, slot: Slot) -> usize {
        let shards = u16::try_from(self.ledgers.len()).unwrap_or(u16::MAX).max(1);
        usize::from(slot.shard(PARTITIONS_DEFAULT, shards))
    }

    /// The store of an account's rows.
    fn ledger(&self, account: AccountId) -> &dyn Ledger {
        &*self.ledgers[self.shard_of(account.slot())]
    }

    fn agenda(&self, account: AccountId) -> &agenda::Agenda {
        &self.agendas[self.shard_of(account.slot())]
    }

    /// Waits until nobody else changes the account's rows.
    async fn lock(&self, account: AccountId) -> tokio::sync::MutexGuard<'_, ()> {
        let place = usize::try_from(account.0 % self.locks.len() as u64).unwrap_or_default();
        self.locks[place].lock().await
    }

    /// Does what a letter asks for. Runs on the thread of the account's shard.
    async fn obey(self: &Arc<Self>, account: AccountId, command: PlanCommand) -> Result<PlanReply, Failure> {
        match command {
            PlanCommand::Template(command) => self.template(account, *command).await,
            PlanCommand::Book(command) => self.book(account, *command).await,
            PlanCommand::Suppression(command) => self.suppression(account, command).await,
            PlanCommand::Otp(command) => self.otp(account, *command).await,
            PlanCommand::Campaign(command) => self.campaign(account, *command).await,
            PlanCommand::Schedule(command) => self.schedule(account, *command).await,
        }
    }

    /// Refuses instances that are not the account's.
    fn check_instances(&self, account: AccountId, instances: &[InstanceId]) -> Result<(), Failure> {
        match instances.iter().find(|id| !self.directory.belongs_to(**id, account)) {
            Some(unknown) => {
                let detail = format!("There is no instance {unknown} in this account.");
                Err(Failure::new(ErrorCode::InstanceNotFound, detail))
            }
            None => Ok(()),
        }
    }

    /// Has one message accepted.
    async fn send_one(&self, instance: InstanceId, request: SendRequest) -> Result<MessageView, Failure> {
        let accepted = self.send(instance, vec![request]).await?;
        let first = accepted.into_iter().next();
        first.unwrap_or_else(|| {
            Err(Failure::new(ErrorCode::Internal, "The instance said nothing of the message."))
        })
    }

    async fn send(
        &self,
        instance: InstanceId,
        requests: Vec<SendRequest>,
    ) -> Result<Vec<Result<MessageView, Failure>>, Failure> {
        let outboxes = self.outboxes.get().ok_or_else(|| Failure::busy("The node is starting.", 1_000))?;
        outboxes.send(instance, requests).await
    }

    /// A message as it stands on disk; `None` when it is gone with its instance.
    fn message(&self, instance: InstanceId, id: MessageId) -> Result<Option<MessageRecord>, Failure> {
        let key = instance_key(instance, table::MESSAGE, &id.get().to_be_bytes());
        let ledger = &self.ledgers[self.shard_of(instance.slot())];
        let stored = ledger.get(&key).map_err(|error| store_failure(&error))?;
        Ok(stored.and_then(|bytes| record::decode(&bytes).ok()))
    }
}
