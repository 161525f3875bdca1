//! The first and the last write of an instance.

use tokio::sync::oneshot;
use trunkline_model::command::Reply;
use trunkline_model::event::EventBody;
use trunkline_model::instance::{InstanceState, Trigger};
use trunkline_model::record::{self, InstancePointer, table};
use trunkline_model::{ErrorCode, Failure, InstanceId};
use trunkline_store::{Batch, CommitClass, Direction, Key, KeyRange, Ledger, StoreError};
use trunkline_whatsapp::Session;

use super::message::{InstanceMsg, Replier, answer};
use super::sealed;
use super::state::Instance;
use crate::limits::LOGOUT_TIMEOUT;
use crate::place::slot_key;
use crate::shard::store_failure;
use crate::spawn::TaskKind;

/// Messages whose pointers go in one batch.
const PAGE: usize = 512;

impl Instance {
    fn directory_key(&self) -> trunkline_store::Key {
        let id = self.id();
        slot_key(id.slot(), table::INSTANCE_DIRECTORY, &id.0.to_be_bytes())
    }

    /// Writes a new instance; its maker hears of it once it is on disk.
    pub(super) fn write_new(&mut self, reply: oneshot::Sender<Result<(), Failure>>) {
        let mut batch = Batch::new();
        let encoded = sealed::to_disk(&self.record, &self.context.sealer)
            .and_then(|bytes| Ok((bytes, record::encode(&InstancePointer { instance: self.id() })?)));
        let (bytes, pointer) = match encoded {
            Ok(encoded) => encoded,
            Err(error) => {
                tracing::error!(%error, "a new instance cannot be encoded");
                let failure = Failure::new(ErrorCode::Internal, "The instance could not be stored.");
                drop(reply.send(Err(failure)));
                return;
            }
        };
        batch.put(self.key(table::INSTANCE, b""), bytes);
        batch.put(self.directory_key(), pointer);
        let created =
            EventBody::StateChanged { from: InstanceState::New, to: InstanceState::New, reason: None };
        match self.log.append(batch, vec![(created, false)], CommitClass::First) {
            Ok(appended) => {
                self.context.spawner.spawn(TaskKind::Disposable, "create", async move {
                    drop(reply.send(appended.durable().await.map_err(|error| store_failure(&error))));
                });
            }
            Err(error) => drop(reply.send(Err(store_failure(&error)))),
        }
    }

    /// Logs out as well as it can, then deletes everything.
    pub(super) async fn delete(&mut self, reply: Replier) {
        let session = self.session.clone().filter(|_| self.stands() == InstanceState::Open);
        self.webhook = None;
        if !self.step(Trigger::Delete, None).await {
            let detail = "The instance is being deleted already.";
            return answer(reply, Err(Failure::in_state(ErrorCode::InstanceState, self.stands(), detail)));
        }
        // What the outbox still holds goes with the instance.
        self.outbox = Default::default();
        let (context, id, myself) = (self.context.clone(), self.id(), self.myself.clone());
        let directory_key = self.directory_key();
        self.context.spawner.spawn(TaskKind::Disposable, "delete", async move {
            if let Some(session) = &session
                && !matches!(tokio::time::timeout(LOGOUT_TIMEOUT, session.logout()).await, Ok(Ok(())))
            {
                tracing::warn!(instance = %id, "deleted without WhatsApp's confirmation of the logout");
            }
            if let Some(session) = session {
                session.stop().await;
            }
            let mut result =
                Session::wipe(&context.kit, id).await.map_err(|e| super::call::session_failure(&e));
            if result.is_ok() {
                let erased = erase(&*context.ledger, id, directory_key).await;
                result = erased.map_err(|error| store_failure(&error));
            }
            drop(myself.cast(InstanceMsg::Removed { result, reply }));
        });
    }

    pub(super) fn removed(&mut self, result: Result<(), Failure>, reply: Replier) {
        self.generation += 1;
        self.session = None;
        if result.is_ok() {
            self.context.directory.withdraw(self.id());
            self.myself.stop(None);
        }
        answer(reply, result.map(|()| Reply::Done));
    }
}

/// Deletes all that the store holds of an instance: first what points to it, at last the instance itself.
async fn erase(ledger: &dyn Ledger, id: InstanceId, directory_key: Key) -> Result<(), StoreError> {
    let mut rest = KeyRange::table(id.slot().0, id.0, table::MESSAGE);
    loop {
        let page = ledger.scan(rest.clone(), Direction::Forward, PAGE)?;
        let Some((last, _)) = page.last() else { break };
        rest = rest.after(last);
        let mut batch = Batch::new();
        let bucket = id.slot().bucket().first_slot();
        page.iter()
            .for_each(|(key, _)| batch.delete(slot_key(bucket, table::MESSAGE_DIRECTORY, key.suffix())));
        ledger.commit(batch, CommitClass::Soon).await?;
    }
    let mut batch = Batch::new();
    batch.delete_range(KeyRange::owner(id.slot().0, id.0));
    batch.delete(directory_key);
    ledger.commit(batch, CommitClass::First).await.map(|_| ())
}
