//! Answers to questions. What can be computed is computed, not remembered.

use std::sync::Arc;

use trunkline_model::command::{InstanceView, MessageView, Reply};
use trunkline_model::event::{Event, EventBody};
use trunkline_model::inbound::{InboundMedia, InboundMessage};
use trunkline_model::instance::InstanceState;
use trunkline_model::limits::PAGE_LIMIT_MAX;
use trunkline_model::message::{BlobRef, Lane, MessageStatus, SendMessage};
use trunkline_model::record::{self, InstanceRecord, MessageRecord, SettingsRecord, table};
use trunkline_model::settings::HistorySync;
use trunkline_model::{ErrorCode, Failure, InstanceId, MessageId};
use trunkline_store::{Direction, Key, KeyRange, Ledger};
use trunkline_whatsapp::Session;

use super::message::{Replier, answer, message_reply};
use super::state::Instance;
use crate::engine::EngineError;
use crate::limits::{LIST_PAGES_PER_POLL, LIST_SCAN_MAX};
use crate::log::newest_on_disk;
use crate::media;
use crate::place::instance_key;
use crate::shard::{Breather, store_failure};
use crate::spawn::TaskKind;

impl Instance {
    pub(super) fn instance_view(&self) -> InstanceView {
        InstanceView {
            id: self.id(),
            account: self.record.account,
            workspace: self.record.workspace,
            name: self.record.name.clone(),
            metadata: self.record.metadata.clone(),
            state: self.stands(),
            reason: self.record.reason,
            linked: self.record.linked.clone(),
            last_frame_age_ms: self.session.as_ref().and_then(Session::last_frame_age_ms),
            next_attempt_at_ms: self.record.scheduled_at_ms,
            outbox_depth: self.outbox_depth(),
            newest_event: self.log.newest(),
            history: self.settings.history_sync,
            created_at_ms: self.record.created_at_ms,
        }
    }

    pub(super) fn view(&self, record: &MessageRecord, replayed: bool) -> MessageView {
        message_view(self.id(), record, replayed)
    }

    pub(super) fn get_message(&self, id: MessageId) -> Result<Reply, Failure> {
        let record = self.load(id)?.ok_or_else(|| no_message(id))?;
        Ok(message_reply(self.view(&record, false)))
    }

    /// The outgoing message that WhatsApp knows by an id.
    pub(super) fn find_message(&self, wa_id: &str) -> Result<Reply, Failure> {
        let unknown = || Failure::new(ErrorCode::MessageNotFound, "This instance has sent no such message.");
        self.get_message(self.id_of(wa_id).ok_or_else(unknown)?)
    }

    /// What messages say. What goes in the lane of one-time passwords is not shown while it waits either.
    pub(super) fn get_bodies(&self, ids: &[MessageId]) -> Result<Reply, Failure> {
        let body = |id: &MessageId| -> Result<Option<SendMessage>, Failure> {
            let stored = self.context.ledger.get(&self.key(table::MESSAGE_BODY, &id.get().to_be_bytes()));
            let Some(stored) = stored.map_err(|error| store_failure(&error))? else { return Ok(None) };
            let message: SendMessage = record::decode(&stored).map_err(|error| {
                tracing::error!(instance = %self.id(), %error, "a stored message cannot be read");
                Failure::new(ErrorCode::Internal, "The message cannot be read.")
            })?;
            Ok(Some(message).filter(|message| message.lane != Lane::Otp))
        };
        let bodies: Result<Vec<_>, Failure> = ids.iter().take(PAGE_LIMIT_MAX).map(body).collect();
        bodies.map(Reply::Bodies)
    }

    /// A page of messages. A filter may have to look through all of them, so it does so in pieces, and in one call not further
    /// than [`LIST_SCAN_MAX`].
    pub(super) async fn list_messages(
        &self,
        before: Option<MessageId>,
        status: Option<MessageStatus>,
        limit: usize,
    ) -> Result<Reply, Failure> {
        let limit = limit.clamp(1, PAGE_LIMIT_MAX);
        let mut rest = KeyRange::table(self.id().slot().0, self.id().0, table::MESSAGE);
        if let Some(before) = before {
            rest = rest.before(&self.key(table::MESSAGE, &before.get().to_be_bytes()));
        }
        let mut messages = Vec::with_capacity(limit + 1);
        let mut breather = Breather::every(LIST_PAGES_PER_POLL);
        let (mut scanned, mut next) = (0, None);
        while messages.len() <= limit {
            let page = self.context.ledger.scan(rest.clone(), Direction::Backward, PAGE_LIMIT_MAX);
            let page = page.map_err(|error| store_failure(&error))?;
            let Some((last, _)) = page.last() else {
                next = None;
                break;
            };
            rest = rest.before(last);
            let full = page.len() == PAGE_LIMIT_MAX;
            scanned += page.len();
            next = message_of(last).filter(|_| full);
            messages.extend(page.iter().filter_map(|(_, bytes)| self.newest_view(bytes, status)));
            if !full || scanned >= LIST_SCAN_MAX {
                break;
            }
            breather.step().await;
        }
        if messages.len() > limit {
            messages.truncate(limit);
            next = messages.last().map(|last| last.id);
        }
        Ok(Reply::Messages { messages, next })
    }

    fn newest_view(&self, stored: &[u8], status: Option<MessageStatus>) -> Option<MessageView> {
        let record = record::decode::<MessageRecord>(stored).ok()?;
        let record = self.statuses.records.get(&record.id).map_or(record, |(newer, _)| newer.clone());
        status.is_none_or(|wanted| wanted == record.status).then(|| self.view(&record, false))
    }

    pub(super) fn pull_events(&self, after: u64, limit: usize) -> Result<Reply, Failure> {
        let events = self.log.read(after, limit.clamp(1, PAGE_LIMIT_MAX)).map_err(|error| {
            tracing::error!(instance = %self.id(), %error, "the event log cannot be read");
            Failure::new(ErrorCode::Internal, "The event log cannot be read.")
        })?;
        Ok(Reply::Events { events, newest: self.log.newest() })
    }

    /// Answers at once when the message is settled, or when it settles.
    pub(super) fn when_settled(&mut self, id: MessageId, reply: Replier) {
        match self.load(id) {
            Ok(Some(record)) if record.status.is_settled() => {
                let settled = Ok(message_reply(self.view(&record, false)));
                // What is kept in memory may be on its way to the disk.
                if self.statuses.records.contains_key(&id) {
                    self.answer_durably(reply, settled);
                } else {
                    answer(reply, settled);
                }
            }
            Ok(Some(_)) => {
                let waiting = self.waiters.entry(id).or_default();
                waiting.retain(|reply| !reply.is_closed());
                waiting.push(reply);
            }
            Ok(None) => answer(reply, Err(no_message(id))),
            Err(failure) => answer(reply, Err(failure)),
        }
    }

    /// Has a received file on this node's disk, in a task of its own.
    pub(super) fn fetch_media(&self, sequence: u64, reply: Replier) {
        let message = match self.log.get(sequence) {
            Ok(Some(Event { body: EventBody::MessageReceived(message), .. })) => Some(message),
            _ => None,
        };
        let Some(message) = message.filter(|message| media::media_of(message).is_some()) else {
            let detail = "No received message has this media.";
            return answer(reply, Err(Failure::new(ErrorCode::MediaNotFound, detail)));
        };
        let (context, session, stands) = (Arc::clone(&self.context), self.session.clone(), self.stands());
        let of = (self.id(), sequence);
        self.context.spawner.spawn(TaskKind::Disposable, "fetch-media", async move {
            let file = async {
                if let Some(media) = media::media_of(&message)
                    && let Some(file) = media::at_hand(&context, media).await?
                {
                    return Ok(file);
                }
                let detail = "The instance has to be connected to fetch media from WhatsApp.";
                let session =
                    session.ok_or_else(|| Failure::in_state(ErrorCode::InstanceState, stands, detail))?;
                media::download(&context, &session, of, &message).await
            };
            let file = Box::pin(file).await;
            answer(reply, file.map(|file| described(&message, file)));
        });
    }

    /// Has a file of WhatsApp's media hosts on this node's disk, and answers then.
    pub(super) fn download_media(&self, media: InboundMedia, reply: Replier) {
        let (context, session, stands) = (Arc::clone(&self.context), self.session.clone(), self.stands());
        self.context.spawner.spawn(TaskKind::Disposable, "fetch-media", async move {
            // What is at hand under that digest may be somebody else's: only whoever has the keys has the file.
            let detail = "The instance has to be connected to fetch media from WhatsApp.";
            let file = match session {
                Some(session) => Box::pin(media::download_described(&context, &session, &media)).await,
                None => Err(Failure::in_state(ErrorCode::InstanceState, stands, detail)),
            };
            let InboundMedia { mime_type, file_name, .. } = media;
            answer(reply, file.map(|file| Reply::Media { mime_type, file_name, file }));
        });
    }

    /// Messages in the stored outbox, up to a page.
    pub(super) fn stored_outbox_depth(&self) -> u64 {
        stored_outbox_depth(&*self.context.ledger, self.id())
    }
}

/// An outgoing message as it shows itself.
pub(crate) fn message_view(instance: InstanceId, record: &MessageRecord, replayed: bool) -> MessageView {
    MessageView {
        id: record.id,
        instance,
        wa_id: record.wa_id.clone(),
        to: record.to.clone(),
        kind: record.kind.clone(),
        lane: record.lane,
        status: record.status,
        status_times_ms: record.status_times_ms.clone(),
        attempts: record.attempts,
        error: record.error.clone(),
        metadata: record.metadata.clone(),
        replayed,
        refunded: record.voucher.is_some() && record.status == MessageStatus::Failed,
    }
}

/// A file with what its sender says about it.
fn described(message: &InboundMessage, file: BlobRef) -> Reply {
    let media = media::media_of(message);
    Reply::Media {
        mime_type: media.and_then(|media| media.mime_type.clone()),
        file_name: media.and_then(|media| media.file_name.clone()),
        file,
    }
}

fn stored_outbox_depth(ledger: &dyn Ledger, instance: InstanceId) -> u64 {
    let range = KeyRange::table(instance.slot().0, instance.0, table::OUTBOX);
    let counted = ledger.scan(range, Direction::Forward, PAGE_LIMIT_MAX);
    counted.map_or(0, |rows| rows.len() as u64)
}

fn stored_history(ledger: &dyn Ledger, instance: InstanceId) -> Result<HistorySync, EngineError> {
    match ledger.get(&instance_key(instance, table::SETTINGS, b""))? {
        Some(stored) => Ok(record::decode::<SettingsRecord>(&stored)?.settings.history_sync),
        None => Ok(HistorySync::Off),
    }
}

/// An instance without an actor as it shows itself: everything of it is on disk. `None` when the record is gone.
///
/// # Errors
/// A failure of the store, or a record that cannot be read.
pub(crate) fn dormant_view(
    ledger: &dyn Ledger,
    (id, state): (InstanceId, InstanceState),
) -> Result<Option<InstanceView>, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        tracing::error!(instance = %id, %error, "the record of a dormant instance cannot be read");
        Failure::new(ErrorCode::Internal, "The record of the instance cannot be read.")
    };
    let stored =
        ledger.get(&instance_key(id, table::INSTANCE, b"")).map_err(|error| store_failure(&error))?;
    let Some(stored) = stored else { return Ok(None) };
    let record: InstanceRecord = record::decode(&stored).map_err(|error| unreadable(&error))?;
    Ok(Some(InstanceView {
        id,
        account: record.account,
        workspace: record.workspace,
        name: record.name,
        metadata: record.metadata,
        state,
        reason: record.reason,
        linked: record.linked,
        last_frame_age_ms: None,
        next_attempt_at_ms: None,
        outbox_depth: stored_outbox_depth(ledger, id),
        newest_event: newest_on_disk(ledger, id).map_err(|error| store_failure(&error))?,
        history: stored_history(ledger, id).map_err(|error| unreadable(&error))?,
        created_at_ms: record.created_at_ms,
    }))
}

fn message_of(key: &Key) -> Option<MessageId> {
    key.suffix().try_into().map(u64::from_be_bytes).ok().and_then(MessageId::from_u64)
}

pub(super) fn no_message(id: MessageId) -> Failure {
    Failure::new(ErrorCode::MessageNotFound, format!("There is no message {id} in this instance."))
}
