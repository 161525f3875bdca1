//! What becomes of outgoing messages: acknowledgements and receipts, in whatever order they come.

use trunkline_model::credit::{Ended, Voucher};
use trunkline_model::event::{EventBody, StatusChange};
use trunkline_model::inbound::Party;
use trunkline_model::instance::InstanceState;
use trunkline_model::message::{Lane, MessageStatus, StatusStep};
use trunkline_model::record::{self, MessageRecord, table};
use trunkline_model::{Failure, MessageId};
use trunkline_store::{Batch, CommitClass};

use super::message::{InstanceMsg, answer, message_reply};
use super::receipts::ReceiptOf;
use super::state::{Instance, Statuses};
use crate::chats::Note;
use crate::clock;
use crate::limits::RECEIPTS_PER_POLL;
use crate::log::Entries;
use crate::shard::{Breather, store_failure};
use crate::spawn::TaskKind;

impl Statuses {
    /// Marks a message as being handed over. Kept in memory only: after a crash it is pending again anyway.
    pub(super) fn processing(&mut self, mut record: MessageRecord, now_ms: i64) -> MessageRecord {
        record.status = MessageStatus::Processing;
        record.status_times_ms.insert(MessageStatus::Processing, now_ms);
        record.attempts += 1;
        self.by_wa_id.insert(record.wa_id.clone(), record.id);
        self.records.insert(record.id, (record.clone(), None));
        record
    }

    pub(super) fn back_to_pending(&mut self, id: MessageId) {
        if let Some((record, _)) = self.records.get_mut(&id)
            && let StatusStep::Advance(status) = record.status.on(MessageStatus::Pending)
        {
            record.status = status;
        }
    }

    /// Keeps a record until its write is on disk; gives the write's epoch.
    fn writing(&mut self, record: MessageRecord) -> u64 {
        self.epoch += 1;
        self.writes.push_back((self.epoch, record.id));
        self.by_wa_id.insert(record.wa_id.clone(), record.id);
        self.records.insert(record.id, (record, Some(self.epoch)));
        self.epoch
    }

    /// Lets go of settled records whose last write is on disk.
    pub(super) fn written(&mut self, epoch: u64) {
        while let Some(&(write, id)) = self.writes.front()
            && write <= epoch
        {
            self.writes.pop_front();
            let last =
                self.records.get(&id).is_some_and(|(r, last)| *last == Some(write) && r.status.is_settled());
            if last && let Some((record, _)) = self.records.remove(&id) {
                self.by_wa_id.remove(&record.wa_id);
            }
        }
    }
}

/// The service's number for a message to somebody whom the account may not write to first, for now.
const REACHOUT_RESTRICTED: &str = "463";

/// Public words for the service's own error numbers.
fn refusal_word(code: &str) -> String {
    match code {
        REACHOUT_RESTRICTED => "reachout_restricted".to_owned(),
        "479" => "addressing_refused".to_owned(),
        "404" => "recipient_unknown".to_owned(),
        other => format!("whatsapp_{other}"),
    }
}

impl Instance {
    /// A message's record: the newest, in memory or on disk.
    pub(super) fn load(&self, id: MessageId) -> Result<Option<MessageRecord>, Failure> {
        if let Some((record, _)) = self.statuses.records.get(&id) {
            return Ok(Some(record.clone()));
        }
        let key = self.key(table::MESSAGE, &id.get().to_be_bytes());
        let stored = self.context.ledger.get(&key).map_err(|error| store_failure(&error))?;
        Ok(stored.and_then(|bytes| record::decode(&bytes).ok()))
    }

    pub(super) fn id_of(&self, wa_id: &str) -> Option<MessageId> {
        if let Some(id) = self.statuses.by_wa_id.get(wa_id) {
            return Some(*id);
        }
        let stored = self.context.ledger.get(&self.key(table::MESSAGE_BY_WA_ID, wa_id.as_bytes())).ok()??;
        stored.as_ref().try_into().map(u64::from_be_bytes).ok().and_then(MessageId::from_u64)
    }

    pub(super) async fn server_ack(&mut self, wa_id: &str, error: Option<String>) {
        let Some(id) = self.id_of(wa_id) else { return };
        self.outbox.settle(id);
        match error {
            None => self.advance(id, MessageStatus::Sent, None, None).await,
            Some(code) => {
                self.advance(id, MessageStatus::Failed, Some(refusal_word(&code)), None).await;
                // Many messages may be refused for the one reason; its end is asked for once at a time.
                if code == REACHOUT_RESTRICTED && !std::mem::replace(&mut self.learning_limits, true) {
                    self.learn_limits();
                }
            }
        }
        self.pump().await;
    }

    pub(super) async fn receipt(&mut self, wa_ids: &[String], receipt: ReceiptOf<'_>) {
        let mut sender = receipt.sender.clone();
        self.complete(&mut sender).await;
        let receipt = ReceiptOf { sender: &sender, ..receipt };
        let mut breather = Breather::every(RECEIPTS_PER_POLL);
        for wa_id in wa_ids {
            if let Some(id) = self.id_of(wa_id) {
                self.outbox.settle(id);
                self.keep_receipt(id, &receipt);
                self.advance(id, receipt.status, None, Some(receipt.sender)).await;
            }
            breather.step().await;
        }
    }

    /// Writes a message's new status and its event, unless it is no news.
    pub(super) async fn advance(
        &mut self,
        id: MessageId,
        status: MessageStatus,
        error: Option<String>,
        participant: Option<&Party>,
    ) {
        // Nothing is written of an instance that is being erased.
        if self.stands() == InstanceState::Deleted {
            return;
        }
        let Ok(Some(mut record)) = self.load(id) else { return };
        let StatusStep::Advance(status) = record.status.on(status) else { return };
        let now_ms = clock::wall_ms();
        let was_settled = record.status.is_settled();
        record.status = status;
        record.status_times_ms.insert(status, now_ms);
        record.error.clone_from(&error);
        count(&record, was_settled, now_ms);
        let mut chat = Party::of_jid(&record.to);
        self.complete(&mut chat).await;
        let event = EventBody::MessageStatus(StatusChange {
            message: id,
            wa_id: record.wa_id.clone(),
            chat,
            status,
            error,
            participant: participant.cloned(),
            metadata: record.metadata.clone(),
        });
        // From now on the message stands in its chat: one that never goes is in none.
        let enters = !was_settled && status != MessageStatus::Failed;
        let notes = Vec::from_iter(enters.then(|| Note::Sent {
            id,
            to: record.to.clone(),
            time_ms: record.status_times_ms.get(&MessageStatus::Pending).copied().unwrap_or(now_ms),
        }));
        let (mut batch, mut bodies) = (Batch::new(), vec![(event, false)]);
        if enters && record.kind == "poll_vote" {
            bodies.extend(self.own_vote(&record, now_ms, &mut batch).map(|voted| (voted, false)));
        }
        let end = if was_settled || !record.status.is_settled() {
            None
        } else {
            self.end_price(&record, &mut batch)
        };
        self.write_status(record, (batch, end), Entries { bodies, notes, news_since_ms: None }).await;
    }

    /// Adds the other name of a person: from what was received, or else from what the session learned when it sent.
    pub(super) async fn complete(&self, person: &mut Party) {
        self.log.complete(person);
        if let Some(session) = self.session.as_ref().filter(|_| person.lacks_a_name()) {
            session.complete_names(person).await;
        }
    }

    /// Writes a status, and answers whoever waits for it once it is on disk.
    async fn write_status(
        &mut self,
        record: MessageRecord,
        (mut batch, end): (Batch, Option<(Voucher, Ended)>),
        entries: Entries,
    ) {
        match record::encode(&record) {
            Ok(bytes) => batch.put(self.key(table::MESSAGE, &record.id.get().to_be_bytes()), bytes),
            Err(error) => tracing::error!(instance = %self.id(), %error, "a status cannot be encoded"),
        }
        if record.status.is_settled() {
            batch.delete(self.outbox_key(record.lane, record.id));
            if record.lane == Lane::Otp && record.kind == "text" {
                // What it says was for one pair of eyes.
                batch.delete(self.key(table::MESSAGE_BODY, &record.id.get().to_be_bytes()));
            }
        }
        let waiters = if record.status.is_settled() { self.waiters.remove(&record.id) } else { None };
        let waiting = waiters.map(|waiters| (waiters, self.view(&record, false)));
        let class = if waiting.is_some() { CommitClass::First } else { CommitClass::Soon };
        let epoch = self.statuses.writing(record);
        let appended = self.log.append_patiently(batch, entries, class).await;
        if let Err(error) = &appended {
            tracing::error!(instance = %self.id(), %error, "a status could not be written");
        }
        let myself = self.myself.clone();
        self.context.spawner.spawn(TaskKind::Disposable, "status", async move {
            let durable = match appended {
                Ok(appended) => appended.durable().await,
                Err(error) => Err(error),
            };
            if durable.is_ok() {
                drop(myself.cast(InstanceMsg::Written { epoch, end }));
            }
            if let Some((waiters, view)) = waiting {
                let answered = durable.map(|()| message_reply(view)).map_err(|error| store_failure(&error));
                waiters.into_iter().for_each(|waiter| answer(waiter, answered.clone()));
            }
        });
    }

    /// Number of messages accepted and not settled.
    pub(super) fn outbox_depth(&self) -> u64 {
        let in_memory = self.outbox.len() + self.being_accepted.len();
        if self.outbox_loaded || self.stands() == InstanceState::Open {
            return in_memory as u64;
        }
        self.stored_outbox_depth().max(in_memory as u64)
    }
}

fn count(record: &MessageRecord, was_settled: bool, now_ms: i64) {
    metrics::counter!(crate::metrics::STATUS_CHANGES, "status" => record.status.as_str()).increment(1);
    if let Some(error) = &record.error {
        metrics::counter!(crate::metrics::SEND_FAILURES, "reason" => failure_label(error)).increment(1);
    }
    let accepted_ms = record.status_times_ms.get(&MessageStatus::Pending);
    if let (false, Some(accepted_ms)) = (was_settled, accepted_ms) {
        let seconds = (now_ms - accepted_ms).max(0) as f64 / 1_000.0;
        metrics::histogram!(crate::metrics::ACCEPT_TO_SENT).record(seconds);
    }
}

/// The service's own numbers are not a closed set; as labels they are one.
fn failure_label(word: &str) -> String {
    if word.starts_with("whatsapp_") { "whatsapp_other".to_owned() } else { word.to_owned() }
}
