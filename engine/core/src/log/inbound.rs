//! Received messages into the log: exactly once, and before WhatsApp hears an acknowledgement.

use std::sync::Arc;

use async_trait::async_trait;
use ring::digest::{Context, SHA256};
use trunkline_model::InstanceId;
use trunkline_model::event::EventBody;
use trunkline_model::inbound::{InboundContent, InboundMessage};
use trunkline_model::limits::INBOUND_DEDUP_TTL_MS;
use trunkline_model::record::{self, Counter, RecordError, table};
use trunkline_store::{Batch, CommitClass, Key, Ledger, StoreError};
use trunkline_whatsapp::{InboundSink, SinkError};

use super::event_log::{Appended, EventLog};
use super::under_way::{Claims, Seen};
use crate::clock;
use crate::limits::{INBOUND_BATCH_BYTES, INBOUND_MESSAGE_BYTES_MAX};
use crate::place::{deadline_key, instance_key};

/// A delivery, sorted.
struct Claimed<'a> {
    /// To be written.
    fresh: Vec<(Seen, InboundMessage)>,
    /// Being written by another delivery.
    overlapping: Vec<Seen>,
    claims: Claims<'a>,
}

/// Commits what a session received.
pub(crate) struct CommitInbound {
    ledger: Arc<dyn Ledger>,
    log: Arc<EventLog>,
    instance: InstanceId,
    /// Hears of messages that are to be marked as read.
    reader: Option<Reader>,
}

/// Takes messages that were committed.
pub(crate) type Reader = Box<dyn Fn(Vec<Unread>) + Send + Sync>;

/// A message that nobody has read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unread {
    /// WhatsApp id of the chat.
    pub(crate) chat: String,
    /// WhatsApp id of the author, where the chat has several.
    pub(crate) author: Option<String>,
    /// WhatsApp's id of the message.
    pub(crate) wa_id: String,
}

/// What goes into one batch.
#[derive(Default)]
struct Piece {
    batch: Batch,
    bodies: Vec<(EventBody, bool)>,
    bytes: usize,
}

impl CommitInbound {
    pub(crate) fn new(ledger: Arc<dyn Ledger>, log: Arc<EventLog>, instance: InstanceId) -> CommitInbound {
        CommitInbound { ledger, log, instance, reader: None }
    }

    /// Tells `reader` of committed messages while the settings want them read.
    pub(crate) fn read_by(self, reader: Reader) -> CommitInbound {
        CommitInbound { reader: Some(reader), ..self }
    }

    /// What is to be marked as read of a delivery.
    fn unread(&self, fresh: &[(Seen, InboundMessage)]) -> Vec<Unread> {
        let settings = self.log.settings();
        if !settings.auto_read || self.reader.is_none() {
            return Vec::new();
        }
        let wanted = fresh.iter().map(|(_, message)| message);
        wanted
            .filter(|message| !message.from_me && settings.wants_message(message))
            .map(|message| Unread {
                chat: message.chat.jid.clone(),
                author: (message.sender.jid != message.chat.jid).then(|| message.sender.jid.clone()),
                wa_id: message.wa_id.clone(),
            })
            .collect()
    }

    fn key(&self, seen: &Seen) -> Key {
        instance_key(self.instance, table::INBOUND_SEEN, seen)
    }

    /// Splits off what the log has already, and marks the rest as under way.
    fn claim(&self, messages: Vec<InboundMessage>) -> Result<Claimed<'_>, SinkError> {
        let claims = self.log.under_way.claims();
        let mut claimed = Claimed { fresh: Vec::new(), overlapping: Vec::new(), claims };
        for message in messages {
            let seen = identity(&message);
            let known = match self.is_stored(&seen) {
                Ok(known) => known,
                Err(error) => {
                    claimed.claims.release();
                    return Err(error);
                }
            };
            if known {
                self.log.under_way.forget_gone(&seen);
                metrics::counter!(crate::metrics::RECEIVED_AGAIN).increment(1);
            } else if claimed.claims.take(seen) {
                claimed.fresh.push((seen, message));
            } else {
                claimed.overlapping.push(seen);
            }
        }
        Ok(claimed)
    }

    fn is_stored(&self, seen: &Seen) -> Result<bool, SinkError> {
        let stored = self.ledger.get(&self.key(seen)).map_err(|error| SinkError(error.to_string()))?;
        Ok(stored.is_some())
    }

    /// Waits for what another delivery is writing: acknowledged it may be only when that is on disk.
    async fn await_others(&self, overlapping: &[Seen]) -> Result<(), SinkError> {
        self.log.barrier().await.map_err(|error| SinkError(error.to_string()))?;
        // What a delivery that was cut off had queued is on disk now; the rest is for the next delivery to write.
        overlapping.iter().for_each(|seen| self.log.under_way.forget_gone(seen));
        for seen in overlapping {
            if !self.is_stored(seen)? {
                return Err(SinkError("the delivery that was writing it failed".to_owned()));
            }
            metrics::counter!(crate::metrics::RECEIVED_AGAIN).increment(1);
        }
        Ok(())
    }

    /// Writes the messages in order, in as many batches as their size asks for. When a later one fails the earlier ones stay:
    /// their marks answer the next delivery.
    async fn write(&self, fresh: Vec<(Seen, InboundMessage)>) -> Result<(), StoreError> {
        let mut queued = Vec::new();
        let mut outcome = self.queue(fresh, &mut queued).await;
        for appended in queued {
            outcome = appended.durable().await.and(outcome);
        }
        outcome
    }

    async fn queue(
        &self,
        fresh: Vec<(Seen, InboundMessage)>,
        queued: &mut Vec<Appended>,
    ) -> Result<(), StoreError> {
        let mut piece = Piece::default();
        for (seen, message) in fresh {
            let message = fitting(message);
            let bytes = weight(&message);
            if piece.bytes + bytes > INBOUND_BATCH_BYTES && !piece.bodies.is_empty() {
                queued.push(self.append(std::mem::take(&mut piece)).await?);
            }
            self.add(&mut piece, &seen, message)?;
            piece.bytes += bytes;
        }
        queued.push(self.append(piece).await?);
        Ok(())
    }

    fn add(&self, piece: &mut Piece, seen: &Seen, message: InboundMessage) -> Result<(), StoreError> {
        let marker = record::encode(&Counter { next: 0 }).map_err(unencodable)?;
        let expires_ms = clock::wall_ms().saturating_add_unsigned(INBOUND_DEDUP_TTL_MS);
        piece.batch.put(self.key(seen), marker);
        piece.batch.put(deadline_key(self.instance, expires_ms, table::INBOUND_SEEN, seen), &b""[..]);
        let backfilled = message.from_offline_queue;
        piece.bodies.push((EventBody::MessageReceived(Box::new(message)), backfilled));
        Ok(())
    }

    async fn append(&self, piece: Piece) -> Result<Appended, StoreError> {
        self.log.append_patiently(piece.batch, piece.bodies, CommitClass::First).await
    }
}

#[async_trait]
impl InboundSink for CommitInbound {
    async fn commit(&self, messages: Vec<InboundMessage>) -> Result<(), SinkError> {
        let Claimed { fresh, overlapping, claims } = self.claim(messages)?;
        if !fresh.is_empty() {
            let count = fresh.len() as u64;
            let unread = self.unread(&fresh);
            let written = self.write(fresh).await;
            claims.release();
            written.map_err(|error| SinkError(error.to_string()))?;
            metrics::counter!(crate::metrics::RECEIVED).increment(count);
            if let Some(reader) = self.reader.as_ref().filter(|_| !unread.is_empty()) {
                reader(unread);
            }
        }
        if overlapping.is_empty() { Ok(()) } else { self.await_others(&overlapping).await }
    }
}

fn unencodable(error: RecordError) -> StoreError {
    StoreError::Corrupt { what: "a mark that is to be written".into(), detail: error.to_string() }
}

/// A message that would fit no batch arrives without its content: refused, it would come again for ever, and nothing after it
/// would ever be acknowledged.
fn fitting(message: InboundMessage) -> InboundMessage {
    let bytes = weight(&message);
    if bytes <= INBOUND_MESSAGE_BYTES_MAX {
        return message;
    }
    tracing::warn!(bytes, "a received message is too large to be stored; its content is left out");
    let content = InboundContent::Other { kind: "too_large".to_owned() };
    InboundMessage { content, mentions: Vec::new(), ..message }
}

/// About how many bytes a message takes on disk.
fn weight(message: &InboundMessage) -> usize {
    /// Of an archive and its marks, ids and names included.
    const FIXED_BYTES: usize = 1_024;
    /// Of a text in a list, besides its own.
    const ENTRY_BYTES: usize = 16;
    let list = |texts: &[String]| texts.iter().map(|text| text.len() + ENTRY_BYTES).sum::<usize>();
    let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let content = match &message.content {
        InboundContent::Text { body } | InboundContent::Edit { body, .. } => body.len(),
        InboundContent::Media(media) => {
            optional(&media.caption) + optional(&media.file_name) + media.direct_path.len()
        }
        InboundContent::Contacts { vcards } => list(vcards),
        InboundContent::Reaction { emoji, .. } => emoji.len(),
        InboundContent::Location { name, .. } => optional(name),
        InboundContent::Revoke { .. } | InboundContent::Other { .. } => 0,
    };
    FIXED_BYTES + content + list(&message.mentions)
}

fn identity(message: &InboundMessage) -> Seen {
    let mut hash = Context::new(&SHA256);
    for part in [&message.chat.jid, &message.sender.jid, &message.wa_id] {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut seen = [0; 16];
    seen.copy_from_slice(&hash.finish().as_ref()[..16]);
    seen
}
