//! The first and the last write of an instance.
//!
//! A deletion is a state on disk first, then work that can be repeated: log out, wipe what the protocol keeps, erase the rest,
//! the record itself at the very end. Whatever cuts it short, the next start of the process finishes it ([`finish_all`]), and
//! so does a second request.

use std::sync::Arc;

use tokio::sync::oneshot;
use trunkline_model::command::Reply;
use trunkline_model::event::EventBody;
use trunkline_model::instance::{InstanceState, Trigger};
use trunkline_model::record::{self, InstancePointer, table};
use trunkline_model::{ErrorCode, Failure, InstanceId};
use trunkline_store::{Batch, CommitClass, Direction, Key, KeyRange, Ledger, StoreError};
use trunkline_whatsapp::{Session, SessionError};

use super::message::{InstanceMsg, Replier, answer};
use super::state::Instance;
use crate::limits::{LOGOUT_TIMEOUT, SESSION_STOP_TIMEOUT};
use crate::log::EventLog;
use crate::patient;
use crate::place::{instance_key, slot_key};
use crate::shard::{ShardContext, store_failure};
use crate::spawn::TaskKind;

/// Messages whose pointers go in one batch.
const PAGE: usize = 512;

impl Instance {
    /// Writes a new instance; its maker hears of it once it is on disk. One that could not be written has no actor.
    pub(super) fn write_new(&mut self, reply: oneshot::Sender<Result<(), Failure>>) {
        let mut batch = Batch::new();
        let encoded = record::encode(&self.record)
            .and_then(|bytes| Ok((bytes, record::encode(&InstancePointer { instance: self.id() })?)));
        let (bytes, pointer) = match encoded {
            Ok(encoded) => encoded,
            Err(error) => {
                tracing::error!(%error, "a new instance cannot be encoded");
                let failure = Failure::new(ErrorCode::Internal, "The instance could not be stored.");
                self.myself.stop(None);
                drop(reply.send(Err(failure)));
                return;
            }
        };
        batch.put(self.key(table::INSTANCE, b""), bytes);
        batch.put(directory_key(self.id()), pointer);
        let created =
            EventBody::StateChanged { from: InstanceState::New, to: InstanceState::New, reason: None };
        match self.log.append(batch, vec![(created, false)], CommitClass::First) {
            Ok(appended) => {
                let myself = self.myself.clone();
                self.context.spawner.spawn(TaskKind::Disposable, "create", async move {
                    let durable = appended.durable().await.map_err(|error| store_failure(&error));
                    if durable.is_err() {
                        myself.stop(None);
                    }
                    drop(reply.send(durable));
                });
            }
            Err(error) => {
                self.myself.stop(None);
                drop(reply.send(Err(store_failure(&error))));
            }
        }
    }

    /// Logs out as well as it can, then deletes everything.
    pub(super) async fn delete(&mut self, reply: Replier) {
        let was_open = self.stands() == InstanceState::Open;
        let refused = if self.stands() == InstanceState::Deleted {
            // Only a deletion that failed may be asked for again.
            self.removing
        } else {
            !self.step(Trigger::Delete, None).await
        };
        if refused {
            let detail = "The instance is being deleted already.";
            return answer(reply, Err(Failure::in_state(ErrorCode::InstanceState, self.stands(), detail)));
        }
        let session = self.session.take();
        self.remove(Farewell { session, logs_out: was_open }, Some(reply));
    }

    /// Ends everything of the instance in memory and starts to delete the rest.
    pub(super) fn remove(&mut self, farewell: Farewell, reply: Option<Replier>) {
        self.removing = true;
        self.drop_session();
        // What the outbox still holds goes with the instance.
        self.outbox = Default::default();
        self.statuses = Default::default();
        for waiter in std::mem::take(&mut self.waiters).into_values().flatten() {
            let detail = "The instance is being deleted.";
            answer(waiter, Err(Failure::in_state(ErrorCode::InstanceState, self.stands(), detail)));
        }
        let (context, id, myself) = (self.context.clone(), self.id(), self.myself.clone());
        let log = Arc::clone(&self.log);
        self.context.spawner.spawn(TaskKind::Disposable, "delete", async move {
            let result = dismantle(&context, id, &log, farewell).await;
            drop(myself.cast(InstanceMsg::Removed { result, reply }));
        });
    }

    pub(super) fn removed(&mut self, result: Result<(), Failure>, reply: Option<Replier>) {
        self.removing = false;
        match &result {
            Ok(()) => {
                self.context.directory.withdraw(self.id());
                self.myself.stop(None);
            }
            Err(failure) => tracing::error!(instance = %self.id(), %failure, "a deletion was not finished"),
        }
        if let Some(reply) = reply {
            answer(reply, result.map(|()| Reply::Done));
        }
    }
}

/// What has to be said to WhatsApp before an instance goes.
#[derive(Default)]
pub(super) struct Farewell {
    pub(super) session: Option<Session>,
    pub(super) logs_out: bool,
}

async fn dismantle(
    context: &ShardContext,
    id: InstanceId,
    log: &EventLog,
    farewell: Farewell,
) -> Result<(), Failure> {
    // On disk before WhatsApp hears of it: from here on a crash ends in the rest of the deletion.
    log.barrier().await.map_err(|error| store_failure(&error))?;
    let Farewell { session, logs_out } = farewell;
    if let Some(session) = session {
        if logs_out && !matches!(tokio::time::timeout(LOGOUT_TIMEOUT, session.logout()).await, Ok(Ok(()))) {
            tracing::warn!(instance = %id, "deleted without WhatsApp's confirmation of the logout");
        }
        if tokio::time::timeout(SESSION_STOP_TIMEOUT, session.stop()).await.is_err() {
            session.abort();
        }
    }
    log.close();
    context.registry.say_farewell(id).await;
    finish(context, id).await
}

/// Finishes the deletions that an earlier life of the process began.
pub(crate) async fn finish_all(context: Arc<ShardContext>, instances: Vec<InstanceId>) {
    if instances.is_empty() {
        return;
    }
    // What hears of them may live on another shard.
    context.registry.ready().await;
    for id in instances {
        match finish(&context, id).await {
            Ok(()) => tracing::info!(instance = %id, "finished a deletion that was cut short"),
            Err(failure) => tracing::error!(instance = %id, %failure, "a deletion was not finished"),
        }
    }
}

/// Deletes everything that is on disk. Can be repeated.
async fn finish(context: &ShardContext, id: InstanceId) -> Result<(), Failure> {
    wipe(context, id).await.map_err(|error| super::call::session_failure(&error))?;
    context.registry.forget_hooks(id).await?;
    erase(&*context.ledger, id).await.map_err(|error| store_failure(&error))
}

async fn wipe(context: &ShardContext, id: InstanceId) -> Result<(), SessionError> {
    loop {
        match Session::wipe(&context.kit, id).await {
            Err(SessionError::Store(StoreError::Busy { retry_after_ms })) => {
                tokio::time::sleep(std::time::Duration::from_millis(retry_after_ms)).await;
            }
            other => return other,
        }
    }
}

/// Deletes all that the store holds of an instance: first what points to it, then what it owns, at last, in one batch, the
/// record and the row by which a start finds it. A large range is not deleted in one piece, so the record must not be in it.
async fn erase(ledger: &dyn Ledger, id: InstanceId) -> Result<(), StoreError> {
    let mut rest = KeyRange::table(id.slot().0, id.0, table::MESSAGE);
    loop {
        let page = ledger.scan(rest.clone(), Direction::Forward, PAGE)?;
        let Some((last, _)) = page.last() else { break };
        rest = rest.after(last);
        let mut batch = Batch::new();
        let bucket = id.slot().bucket().first_slot();
        page.iter()
            .for_each(|(key, _)| batch.delete(slot_key(bucket, table::MESSAGE_DIRECTORY, key.suffix())));
        patient::commit(ledger, batch, CommitClass::Soon).await?;
    }
    let (everything, record) = (KeyRange::owner(id.slot().0, id.0), instance_key(id, table::INSTANCE, b""));
    for part in [everything.before(&record), everything.after(&record)] {
        let mut batch = Batch::new();
        batch.delete_range(part);
        patient::commit(ledger, batch, CommitClass::Soon).await?;
    }
    let mut batch = Batch::new();
    batch.delete(record);
    batch.delete(directory_key(id));
    patient::commit(ledger, batch, CommitClass::First).await.map(|_| ())
}

fn directory_key(id: InstanceId) -> Key {
    slot_key(id.slot(), table::INSTANCE_DIRECTORY, &id.0.to_be_bytes())
}
