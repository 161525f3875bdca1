//! Where letters of front ends arrive on a shard.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use trunkline_model::command::{PlanCommand, PlanReply};
use trunkline_model::{AccountId, ErrorCode, Failure};

use super::Planner;
use crate::limits::{BUSY_RETRY_AFTER_MS, CALL_TIMEOUT, PLAN_CREDITS_PER_ACCOUNT};
use crate::spawn::{Spawner, TaskKind};

struct Letter {
    account: AccountId,
    command: PlanCommand,
    reply: oneshot::Sender<Result<PlanReply, Failure>>,
    /// Held until it is answered.
    credit: Credit,
}

/// Leave to ask: of the shard, and of the account, so that nobody takes the room of all.
struct Credit {
    _shard: OwnedSemaphorePermit,
    account: AccountId,
    counts: Arc<Counts>,
}

/// Letters under way, by account.
type Counts = Mutex<HashMap<AccountId, usize>>;

impl Drop for Credit {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.account) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.account);
            }
        }
    }
}

/// See the module. As many letters as there are credits.
pub(super) struct Desk {
    credits: Arc<Semaphore>,
    counts: Arc<Counts>,
    put: mpsc::Sender<Letter>,
    taken: Mutex<Option<mpsc::Receiver<Letter>>>,
}

impl Desk {
    pub(super) fn new(credits: usize) -> Desk {
        let (put, taken) = mpsc::channel(credits);
        let credits = Arc::new(Semaphore::new(credits));
        Desk { credits, counts: Arc::default(), put, taken: Mutex::new(Some(taken)) }
    }

    fn credit(&self, account: AccountId) -> Option<Credit> {
        let shard = Arc::clone(&self.credits).try_acquire_owned().ok()?;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(account).or_default();
        if *count >= PLAN_CREDITS_PER_ACCOUNT {
            return None;
        }
        *count += 1;
        Some(Credit { _shard: shard, account, counts: Arc::clone(&self.counts) })
    }
}

impl Planner {
    /// Asks an account's plans. Whoever stops waiting does not stop what was asked for.
    ///
    /// # Errors
    /// What the plans refuse it for; [`ErrorCode::Unavailable`] when too many ask, [`ErrorCode::Timeout`] without an answer in
    /// time.
    pub(crate) async fn ask(&self, account: AccountId, command: PlanCommand) -> Result<PlanReply, Failure> {
        let desk = &self.desks[self.shard_of(account.slot())];
        let full = || Failure::busy("Too many requests wait for plans already.", BUSY_RETRY_AFTER_MS);
        let credit = desk.credit(account).ok_or_else(full)?;
        let (reply, answered) = oneshot::channel();
        desk.put.try_send(Letter { account, command, reply, credit }).map_err(|_| full())?;
        match tokio::time::timeout(CALL_TIMEOUT, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Failure::busy(
                "The request was given up; look before you repeat it.",
                BUSY_RETRY_AFTER_MS,
            )),
            Err(_) => Err(Failure::new(ErrorCode::Timeout, "The account's plans did not answer in time.")),
        }
    }

    /// Takes the letters of a shard, for ever, each in a task of its own.
    pub(crate) async fn run_desk(self: Arc<Self>, shard: u16, spawner: Spawner) {
        let desk = &self.desks[usize::from(shard)];
        let taken = desk.taken.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut taken) = taken else { return };
        while let Some(Letter { account, command, reply, credit }) = taken.recv().await {
            let planner = Arc::clone(&self);
            spawner.spawn(TaskKind::Disposable, "plan", async move {
                let answer = Box::pin(planner.obey(account, command)).await;
                // Whoever does not wait any more misses nothing but the answer.
                drop(reply.send(answer));
                drop(credit);
            });
        }
    }
}
