//! Where letters of front ends arrive on a shard.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use trunkline_model::command::{PlanCommand, PlanReply};
use trunkline_model::{AccountId, ErrorCode, Failure};

use super::Planner;
use crate::limits::{BUSY_RETRY_AFTER_MS, CALL_TIMEOUT};
use crate::spawn::{Spawner, TaskKind};

struct Letter {
    account: AccountId,
    command: PlanCommand,
    reply: oneshot::Sender<Result<PlanReply, Failure>>,
    /// Held until it is answered.
    credit: OwnedSemaphorePermit,
}

/// See the module. As many letters as there are credits.
pub(super) struct Desk {
    credits: Arc<Semaphore>,
    put: mpsc::Sender<Letter>,
    taken: Mutex<Option<mpsc::Receiver<Letter>>>,
}

impl Desk {
    pub(super) fn new(credits: usize) -> Desk {
        let (put, taken) = mpsc::channel(credits);
        Desk { credits: Arc::new(Semaphore::new(credits)), put, taken: Mutex::new(Some(taken)) }
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
        let credit = Arc::clone(&desk.credits).try_acquire_owned().map_err(|_| full())?;
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
