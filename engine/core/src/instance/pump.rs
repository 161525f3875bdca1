//! The outbox pump: hands messages to WhatsApp while the instance is open. The order is the planner's; this file only does it.

use std::sync::Arc;

use trunkline_model::inbound::Party;
use trunkline_model::instance::InstanceState;
use trunkline_model::limits::AUDIENCE_MAX;
use trunkline_model::message::{
    Audience, BulkTurn, Claim, FailedAttempt, Media, MediaSource, MessageStatus, OutboxItem, SendMessage,
};
use trunkline_model::message::{Content, Lane, LinkPreview};
use trunkline_model::plan::SUPPRESSED;
use trunkline_model::record::{self, MessageRecord, OutboxRow, table};
use trunkline_model::retry::{BackoffError, SEND_BACKOFF};
use trunkline_model::{Address, Failure, MessageId};
use trunkline_store::{Direction, KeyRange};
use trunkline_whatsapp::{AttachedMedia, Beside, SendError};

use super::message::InstanceMsg;
use super::state::Instance;
use super::{preview, votes};
use crate::chats::ChatReader;
use crate::clock;
use crate::limits::{
    ACK_TIMEOUT_MS, HAND_OVER_TIMEOUT, HAND_OVERS_PER_POLL, OUTBOX_PAGES_PER_POLL, SEND_WINDOW,
};
use crate::media::Uploader;
use crate::shard::{Breather, TimerTag};
use crate::spawn::TaskKind;

const PAGE: usize = 512;

impl Instance {
    /// Hands over as many messages as the window has room for. A bulk message waits for the shard's turn.
    pub(super) async fn pump(&mut self) {
        self.pump_in(BulkTurn::Awaited).await;
    }

    /// It is this instance's turn to hand over one bulk message.
    pub(super) async fn bulk_turn(&mut self) {
        self.bulk_turn_asked = false;
        self.pump_in(BulkTurn::Granted).await;
    }

    async fn pump_in(&mut self, mut turn: BulkTurn) {
        if self.stands() != InstanceState::Open {
            return;
        }
        if !self.outbox_loaded && !self.load_outbox().await {
            return;
        }
        let mut breather = Breather::every(HAND_OVERS_PER_POLL);
        loop {
            match self.outbox.claim(clock::steady_ms(), SEND_WINDOW, turn) {
                Claim::Send(item) => {
                    match item.lane {
                        Lane::Bulk => turn = BulkTurn::Awaited,
                        _ => self.context.bulk_turns.yield_to_people(),
                    }
                    self.hand_over(item).await;
                    breather.step().await;
                }
                Claim::AwaitTurn => {
                    if !std::mem::replace(&mut self.bulk_turn_asked, true) {
                        self.context.bulk_turns.ask(self.myself.clone());
                    }
                    return;
                }
                Claim::WaitUntil(due_ms) => {
                    self.arm_outbox_timer(due_ms);
                    return;
                }
                Claim::Nothing => return,
            }
        }
    }

    /// Finds what an earlier life of this instance accepted and did not settle.
    async fn load_outbox(&mut self) -> bool {
        let mut breather = Breather::every(OUTBOX_PAGES_PER_POLL);
        let mut rest = KeyRange::table(self.id().slot().0, self.id().0, table::OUTBOX);
        loop {
            let page = match self.context.ledger.scan(rest.clone(), Direction::Forward, PAGE) {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(instance = %self.id(), %error, "the outbox cannot be read");
                    return false;
                }
            };
            for (key, row) in &page {
                self.load_outbox_row(key.suffix(), row);
            }
            match page.last() {
                Some((last, _)) if page.len() == PAGE => rest = rest.after(last),
                _ => break,
            }
            breather.step().await;
        }
        self.outbox_loaded = true;
        true
    }

    fn load_outbox_row(&mut self, suffix: &[u8], row: &[u8]) {
        let Some((&rank, id)) = suffix.split_first() else { return };
        let id = id.try_into().map(u64::from_be_bytes).ok().and_then(MessageId::from_u64);
        match (Lane::from_rank(rank), id, record::decode::<OutboxRow>(row)) {
            // On disk by now, and about to be announced: it is queued then, once.
            (Some(_), Some(id), Ok(_)) if self.being_accepted.contains(&id) => {}
            (Some(lane), Some(id), Ok(row)) => {
                self.outbox.push(OutboxItem { id, lane, chat: row.chat, attempts: 0 });
            }
            _ => tracing::error!(instance = %self.id(), "a row of the outbox is unreadable"),
        }
    }

    async fn hand_over(&mut self, item: OutboxItem) {
        let Some(session) = self.session.clone() else { return };
        let record = match self.load(item.id) {
            Ok(Some(record)) if !record.status.is_settled() => {
                self.statuses.processing(record, clock::wall_ms())
            }
            // Settled, gone with its instance, or unreadable, which the store has reported: nothing is to be sent.
            _ => {
                self.outbox.settle(item.id);
                return;
            }
        };
        let message = match self.body_of(item.id) {
            Ok(message) => message,
            Err(failure) => {
                tracing::error!(instance = %self.id(), message = %item.id, %failure, "a stored message is unreadable");
                self.outbox.settle(item.id);
                self.advance(item.id, MessageStatus::Failed, Some("unreadable".to_owned()), None).await;
                return;
            }
        };
        // Again at the last moment: the message may have waited while its recipient opted out.
        match self.forbids(&message.to, item.lane).await {
            Ok(false) => {}
            Ok(true) => {
                self.outbox.settle(item.id);
                self.advance(item.id, MessageStatus::Failed, Some(SUPPRESSED.to_owned()), None).await;
                return;
            }
            Err(_) => return self.retry(item.id, "store", 0).await,
        }
        let (context, myself, generation) = (self.context.clone(), self.myself.clone(), self.generation);
        let (instance, log) = (self.id(), Arc::clone(&self.log));
        self.context.spawner.spawn(TaskKind::Disposable, "hand-over", async move {
            let uploader = Uploader { context: &context, session: &session, instance, log: &log };
            let sending = send(&uploader, &record, &message);
            let result = match tokio::time::timeout(HAND_OVER_TIMEOUT, sending).await {
                Ok(result) => result,
                Err(_) => Err(SendError::retryable("hand_over_timeout", "the hand-over took too long")),
            };
            drop(myself.cast(InstanceMsg::HandedOver { generation, id: item.id, result }));
        });
    }

    /// Whether somebody opted out of what goes in a lane, under either of his names.
    async fn forbids(&self, to: &Address, lane: Lane) -> Result<bool, Failure> {
        let (planner, account) = (&self.context.planner, self.record.account);
        if !planner.respects(account, lane) || !to.is_person() {
            return Ok(false);
        }
        let mut person = Party::of_jid(&to.jid());
        self.complete(&mut person).await;
        let names = [person.phone.map(Address::Phone), person.lid.map(Address::Lid)];
        for name in names.iter().flatten() {
            if planner.forbids(account, name, lane)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn body_of(&self, id: MessageId) -> Result<SendMessage, String> {
        let key = self.key(table::MESSAGE_BODY, &id.get().to_be_bytes());
        let bytes = self.context.ledger.get(&key).map_err(|error| error.to_string())?;
        let bytes = bytes.ok_or_else(|| "its body is missing".to_owned())?;
        record::decode(&bytes).map_err(|error| error.to_string())
    }

    /// A hand-over ended: in the socket, to be tried again, or hopeless.
    pub(super) async fn handed_over(&mut self, id: MessageId, result: Result<(), SendError>) {
        match result {
            Ok(()) => {
                self.outbox.handed_over(id);
                // The acknowledgement may have been faster.
                if self.outbox.under_way(id).is_some() {
                    let due_ms = clock::steady_ms() + ACK_TIMEOUT_MS;
                    self.statuses.ack_due.insert((due_ms, id));
                    self.arm_outbox_timer(due_ms);
                }
            }
            Err(error) if error.is_retryable() => {
                self.retry(id, error.reason(), error.retry_after_ms.unwrap_or(0)).await;
            }
            Err(error) => {
                tracing::info!(instance = %self.id(), message = %id, %error, "a message cannot be sent");
                self.outbox.settle(id);
                self.advance(id, MessageStatus::Failed, Some(error.reason().to_owned()), None).await;
            }
        }
        self.pump().await;
    }

    async fn retry(&mut self, id: MessageId, reason: &'static str, at_least_ms: u64) {
        metrics::counter!(crate::metrics::SEND_RETRIES, "reason" => reason).increment(1);
        let jitter = clock::random_u64() as u32;
        let failed = FailedAttempt { now_ms: clock::steady_ms(), at_least_ms, jitter };
        match self.outbox.retry(id, failed, &SEND_BACKOFF) {
            Ok(due_ms) => {
                self.statuses.back_to_pending(id);
                self.arm_outbox_timer(due_ms);
            }
            Err(BackoffError::Exhausted) => {
                self.advance(id, MessageStatus::Failed, Some(reason.to_owned()), None).await;
            }
        }
    }

    /// A delayed message is due, or an acknowledgement overdue.
    pub(super) async fn outbox_timer(&mut self) {
        self.outbox_due_ms = None;
        let now_ms = clock::steady_ms();
        while let Some(&(due_ms, id)) = self.statuses.ack_due.first() {
            if due_ms > now_ms {
                self.arm_outbox_timer(due_ms);
                break;
            }
            self.statuses.ack_due.pop_first();
            if self.outbox.under_way(id).is_some() {
                self.retry(id, "no_ack", 0).await;
            }
        }
        self.pump().await;
    }

    fn arm_outbox_timer(&mut self, due_ms: u64) {
        if self.outbox_due_ms.is_none_or(|armed_ms| due_ms < armed_ms) {
            self.outbox_due_ms = Some(due_ms);
            self.context.timers.arm(due_ms, &self.myself, TimerTag::Outbox, 0);
        }
    }
}

/// Finds out what the message needs besides itself, and hands it to the session.
async fn send(
    uploader: &Uploader<'_>,
    record: &MessageRecord,
    message: &SendMessage,
) -> Result<(), SendError> {
    let mut beside = Beside::default();
    match &message.content {
        Content::Media(media) => {
            let sealed = !matches!(message.to, Address::Newsletter(_));
            beside.media = Some(attach(uploader, media, sealed).await?);
        }
        Content::PollVote(vote) => beside.poll = Some(votes::answered(uploader, vote)?),
        Content::Text(text) if text.preview == LinkPreview::Fetch => {
            let shown = preview::shown(&uploader.context.fetcher, message, text).await;
            return uploader.session.send(&record.wa_id, &shown, beside).await;
        }
        _ => {}
    }
    if message.options.audience == Audience::Contacts {
        let reader = ChatReader::new(Arc::clone(&uploader.context.ledger), uploader.instance);
        let contacts = reader.saved_contacts(AUDIENCE_MAX + 1).await;
        beside.contacts = contacts.map_err(|failure| SendError::retryable("store", failure.detail))?;
    }
    uploader.session.send(&record.wa_id, message, beside).await
}

async fn attach(uploader: &Uploader<'_>, media: &Media, sealed: bool) -> Result<AttachedMedia, SendError> {
    let (file, mime_type) = match &media.source {
        MediaSource::Blob(blob) => (*blob, None),
        MediaSource::Url(url) => {
            let fetched = uploader.context.fetcher.fetch(url, &uploader.context.blobs).await;
            let fetched = fetched.map_err(|error| match error.is_retryable() {
                true => SendError::retryable("media_unreachable", error.to_string()),
                false => SendError::permanent("media_unusable", error.to_string()),
            })?;
            (fetched.file, fetched.mime_type)
        }
    };
    let file = match sealed {
        true => uploader.upload(media.kind, &file).await?,
        false => uploader.upload_plain(media.kind, &file).await?,
    };
    Ok(AttachedMedia { file, mime_type, sealed })
}
