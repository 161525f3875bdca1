//! Accepting a message: on disk, under its WhatsApp id, before anybody hears of it.

use std::collections::BTreeMap;

use trunkline_model::command::{MessageView, Reply};
use trunkline_model::credit::Fate;
use trunkline_model::instance::InstanceState;
use trunkline_model::limits::IDEMPOTENCY_TTL_MS;
use trunkline_model::message::{Lane, MessageStatus, OutboxItem};
use trunkline_model::record::{
    self, IdempotencyRecord, InstancePointer, MessageRecord, OutboxRow, PollRecord, RecordError, table,
};
use trunkline_model::{ErrorCode, Failure, MessageId};
use trunkline_store::{Batch, CommitClass};

use super::archive::{AcceptedArchive, chat_hash, key_hash};
use super::message::{InstanceMsg, Replier, answer, message_reply};
use super::state::{Accepting, Instance};
use crate::account::{Price, put_fate};
use crate::clock;
use crate::limits::{OUTBOX_DEPTH_MAX, OUTBOX_FULL_RETRY_AFTER_MS};
use crate::log::polls;
use crate::place::{deadline_key, slot_key};
use crate::shard::{SequenceError, store_failure};
use crate::spawn::TaskKind;

/// What was done under an idempotency key.
pub(super) enum Before {
    /// Nothing that counts; an earlier use may be over, and then has a deadline to be removed.
    Never { expired_ms: Option<i64> },
    /// The same message was accepted.
    Same(Box<MessageView>),
}

impl Instance {
    pub(super) fn accept(&mut self, message: AcceptedArchive, reply: Replier) {
        // A repeated request has its answer, whatever became of the instance since.
        let Some((reply, expired_ms)) = self.replay(&message, reply) else { return };
        if let Err(failure) = self.may_accept().and_then(|()| message.is_wanted()) {
            return answer(reply, Err(failure));
        }
        let mut batch = Batch::new();
        let record = match self.write_acceptance(&message, expired_ms, &mut batch) {
            Ok(record) => record,
            Err(failure) => return answer(reply, Err(failure)),
        };
        // The order on disk is fixed by this call, not by the task that waits for it.
        let commit = self.context.ledger.commit(batch, CommitClass::First);
        let key_hash = message.key_hash;
        let chat = chat_hash(&message.to);
        self.being_accepted.insert(record.id);
        self.being_paid.extend(record.voucher);
        let (myself, view) = (self.myself.clone(), self.view(&record, false));
        match key_hash {
            // Repeats of the same key wait for the same commit, and are answered with it.
            Some(hash) => {
                let waiting = Accepting { body_sha256: message.body_sha256, repliers: vec![reply] };
                self.accepting.insert(hash, waiting);
                self.context.spawner.spawn(TaskKind::Disposable, "accept", async move {
                    let result = commit.await.map(|_| ()).map_err(|error| store_failure(&error));
                    let record = Box::new(record);
                    drop(myself.cast(InstanceMsg::Accepted { record, chat, key_hash, result }));
                });
            }
            None => {
                self.context.spawner.spawn(TaskKind::Disposable, "accept", async move {
                    let result = commit.await.map(|_| ()).map_err(|error| store_failure(&error));
                    answer(reply, result.clone().map(|()| message_reply(view)));
                    let record = Box::new(record);
                    drop(myself.cast(InstanceMsg::Accepted { record, chat, key_hash, result }));
                });
            }
        }
    }

    /// Whether the instance takes messages at all.
    pub(super) fn may_accept(&self) -> Result<(), Failure> {
        let state = self.stands();
        if self.record.linked.is_none() {
            let detail =
                "Link the instance to a WhatsApp account first: POST …/connect, then scan the QR code.";
            return Err(Failure::in_state(ErrorCode::InstanceNotLinked, state, detail));
        }
        if matches!(state, InstanceState::Deleted | InstanceState::LoggedOut) {
            let detail = "The instance is no longer linked; link it again to send.";
            return Err(Failure::in_state(ErrorCode::InstanceState, state, detail));
        }
        if self.outbox.len() + self.being_accepted.len() >= OUTBOX_DEPTH_MAX {
            metrics::counter!(crate::metrics::TURNED_AWAY, "queue" => "outbox").increment(1);
            let detail = format!("{OUTBOX_DEPTH_MAX} messages wait in this instance's outbox already.");
            let failure = Failure::new(ErrorCode::TooManyRequests, detail);
            return Err(Failure { retry_after_ms: Some(OUTBOX_FULL_RETRY_AFTER_MS), ..failure });
        }
        Ok(())
    }

    /// Whether a message with this idempotency key would be answered with an acceptance, and whether it was already.
    pub(super) fn check_send(&self, idempotency_key: Option<&str>) -> Result<Reply, Failure> {
        if let Some(hash) = idempotency_key.map(key_hash) {
            let earlier = self.earlier_use(&hash)?;
            let is_live = |earlier: IdempotencyRecord| earlier.expires_at_ms > clock::wall_ms();
            if self.accepting.contains_key(&hash) || earlier.is_some_and(is_live) {
                return Ok(Reply::Repeated);
            }
        }
        self.may_accept().map(|()| Reply::Done)
    }

    /// What an idempotency key stood for, whether or not that is over.
    fn earlier_use(&self, hash: &[u8; 32]) -> Result<Option<IdempotencyRecord>, Failure> {
        let stored = self.context.ledger.get(&self.key(table::IDEMPOTENCY, hash));
        let stored = stored.map_err(|error| store_failure(&error))?;
        // One that cannot be read may have sent a message: a repeat is refused rather than sent again.
        let unreadable =
            |_| Failure::new(ErrorCode::Internal, "The record of this idempotency key cannot be read.");
        stored.map(|bytes| record::decode(&bytes)).transpose().map_err(unreadable)
    }

    /// What was done under a message's idempotency key.
    ///
    /// # Errors
    /// The key was used for another message, or its record or message cannot be read.
    pub(super) fn used_before(&self, message: &AcceptedArchive, hash: &[u8; 32]) -> Result<Before, Failure> {
        let Some(earlier) = self.earlier_use(hash)? else { return Ok(Before::Never { expired_ms: None }) };
        if earlier.expires_at_ms <= clock::wall_ms() {
            return Ok(Before::Never { expired_ms: Some(earlier.expires_at_ms) });
        }
        if earlier.body_sha256 != message.body_sha256 {
            return Err(other_body());
        }
        let record = self.load(earlier.message)?.ok_or_else(|| {
            Failure::new(ErrorCode::MessageNotFound, "The message of this idempotency key is gone.")
        })?;
        Ok(Before::Same(Box::new(self.view(&record, true))))
    }

    /// Answers a repeated idempotency key. Gives the replier back when the request is new, with the deadline of an earlier use
    /// of its key that is over.
    fn replay(&mut self, message: &AcceptedArchive, reply: Replier) -> Option<(Replier, Option<i64>)> {
        let Some(hash) = message.key_hash else { return Some((reply, None)) };
        if let Some(under_way) = self.accepting.get_mut(&hash) {
            if under_way.body_sha256 == message.body_sha256 {
                under_way.repliers.push(reply);
            } else {
                answer(reply, Err(other_body()));
            }
            return None;
        }
        let result = match self.used_before(message, &hash) {
            Ok(Before::Never { expired_ms }) => return Some((reply, expired_ms)),
            Ok(Before::Same(view)) => Ok(message_reply(*view)),
            Err(failure) => Err(failure),
        };
        answer(reply, result);
        None
    }

    /// Everything that an accepted message leaves on disk, in one batch, or nothing: the batch may be shared with messages that
    /// are accepted although this one is refused, so everything is encoded before the first row is put. An idempotency key that
    /// is used anew gives up the deadline that it had, or the sweep would remove the new use with the old.
    pub(super) fn write_acceptance(
        &self,
        message: &AcceptedArchive,
        expired_ms: Option<i64>,
        batch: &mut Batch,
    ) -> Result<MessageRecord, Failure> {
        if let Some(vote) = &message.vote {
            self.check_vote(&message.to, vote)?;
        }
        let voucher = self.pay(&message.price)?;
        let internal = |error: &dyn std::fmt::Display| {
            tracing::error!(instance = %self.id(), %error, "a message could not be numbered or encoded");
            Failure::new(ErrorCode::Internal, "The message could not be stored.")
        };
        let bucket = self.id().slot().bucket();
        let id = self.context.sequences.take(bucket).map_err(|error| match error {
            SequenceError::Store(error) => store_failure(&error),
            error => internal(&error),
        })?;
        let now_ms = clock::wall_ms();
        let wa_id = match &message.wa_id {
            Some(wa_id) => wa_id.clone(),
            None => trunkline_whatsapp::new_message_id(clock::random_16().map_err(|error| internal(&error))?),
        };
        let record = MessageRecord {
            id,
            wa_id,
            to: message.to.clone(),
            kind: message.kind.to_owned(),
            lane: message.lane,
            status: MessageStatus::Pending,
            status_times_ms: BTreeMap::from([(MessageStatus::Pending, now_ms)]),
            attempts: 0,
            error: None,
            metadata: message.metadata.clone(),
            voucher,
        };
        let suffix = id.get().to_be_bytes();
        let encoded = record::encode(&record).map_err(|error| internal(&error))?;
        let pointer =
            record::encode(&InstancePointer { instance: self.id() }).map_err(|error| internal(&error))?;
        let outbox = record::encode(&OutboxRow { chat: chat_hash(&record.to) });
        let outbox = outbox.map_err(|error| internal(&error))?;
        let expires_at_ms = now_ms.saturating_add_unsigned(IDEMPOTENCY_TTL_MS);
        let used = message.key_hash.map(|hash| {
            let used = IdempotencyRecord { body_sha256: message.body_sha256, message: id, expires_at_ms };
            record::encode(&used).map(|used| (hash, used))
        });
        let used = used.transpose().map_err(|error| internal(&error))?;
        self.keep_poll(message, &record, batch).map_err(|error| internal(&error))?;
        if let (Some(voucher), Price::Paid(unspent)) = (voucher, &message.price) {
            put_fate(batch, self.id(), voucher, Fate::Accepted)?;
            unspent.spend();
        }
        batch.put(self.key(table::MESSAGE, &suffix), encoded);
        batch.put(self.key(table::MESSAGE_BODY, &suffix), message.archive.clone());
        batch.put(self.outbox_key(record.lane, id), outbox);
        batch.put(self.key(table::MESSAGE_BY_WA_ID, record.wa_id.as_bytes()), suffix.to_vec());
        batch.put(slot_key(bucket.first_slot(), table::MESSAGE_DIRECTORY, &suffix), pointer);
        if let Some((hash, used)) = used {
            if let Some(expired_ms) = expired_ms {
                batch.delete(deadline_key(self.id(), expired_ms, table::IDEMPOTENCY, &hash));
            }
            batch.put(self.key(table::IDEMPOTENCY, &hash), used);
            batch.put(deadline_key(self.id(), expires_at_ms, table::IDEMPOTENCY, &hash), &b""[..]);
        }
        Ok(record)
    }

    /// What is needed to count the votes of a poll, where the message is one.
    fn keep_poll(
        &self,
        message: &AcceptedArchive,
        record: &MessageRecord,
        batch: &mut Batch,
    ) -> Result<(), RecordError> {
        let Some(poll) = &message.poll else { return Ok(()) };
        let poll = PollRecord {
            message: Some(record.id),
            creator: None,
            chat: message.to.clone(),
            options: poll.options.clone(),
            selectable: poll.selectable,
            secret: None,
        };
        polls::keep(batch, self.id(), &record.wa_id, &poll)
    }

    /// Key of a message in the stored outbox: lanes in order, then age.
    pub(super) fn outbox_key(&self, lane: Lane, id: MessageId) -> trunkline_store::Key {
        let mut suffix = [0; 9];
        suffix[0] = lane.rank();
        suffix[1..].copy_from_slice(&id.get().to_be_bytes());
        self.key(table::OUTBOX, &suffix)
    }

    /// The acceptance is on disk, or failed: answer whoever still waits, and let the message go.
    pub(super) async fn accepted(
        &mut self,
        record: MessageRecord,
        chat: u64,
        key_hash: Option<[u8; 32]>,
        result: Result<(), Failure>,
    ) {
        self.being_accepted.remove(&record.id);
        if let Some(voucher) = &record.voucher {
            self.being_paid.remove(voucher);
        }
        let repliers =
            key_hash.and_then(|hash| self.accepting.remove(&hash)).map_or(Vec::new(), |a| a.repliers);
        for (index, reply) in repliers.into_iter().enumerate() {
            let view = self.view(&record, index > 0);
            answer(reply, result.clone().map(|()| message_reply(view)));
        }
        if result.is_err() {
            return;
        }
        metrics::counter!(crate::metrics::ACCEPTED, "lane" => record.lane.as_str()).increment(1);
        self.outbox.push(OutboxItem { id: record.id, lane: record.lane, chat, attempts: 0 });
        self.pump().await;
    }
}

fn other_body() -> Failure {
    let detail = "This Idempotency-Key was used within the last 24 hours for a request with another body.";
    Failure::new(ErrorCode::IdempotencyConflict, detail)
}
