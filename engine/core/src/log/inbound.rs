//! Received messages into the log: exactly once, and before WhatsApp hears an acknowledgement.

use std::sync::Arc;

use async_trait::async_trait;
use ring::digest::{Context, SHA256};
use trunkline_model::event::EventBody;
use trunkline_model::inbound::{InboundContent, InboundMessage, Party};
use trunkline_model::limits::INBOUND_DEDUP_TTL_MS;
use trunkline_model::record::{self, Counter, RecordError, table};
use trunkline_model::{Address, InstanceId};
use trunkline_store::{Batch, CommitClass, Key, Ledger, StoreError};
use trunkline_whatsapp::{InboundSink, SinkError};

use super::event_log::{Appended, EventLog};
use super::polls::{self, Polls};
use super::under_way::{Claims, Seen};
use crate::clock;
use crate::limits::{INBOUND_BATCH_BYTES, INBOUND_MESSAGE_BYTES_MAX};
use crate::place::{deadline_key, instance_key};
use crate::planner::Planner;

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
    /// Hears of messages before they are committed: some ask for nothing more to be sent.
    planner: Option<Arc<Planner>>,
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
    /// Whether the messages come from the phone's past.
    is_history: bool,
}

impl CommitInbound {
    pub(crate) fn new(ledger: Arc<dyn Ledger>, log: Arc<EventLog>, instance: InstanceId) -> CommitInbound {
        CommitInbound { ledger, log, instance, reader: None, planner: None }
    }

    /// Tells `reader` of committed messages while the settings want them read.
    pub(crate) fn read_by(self, reader: Reader) -> CommitInbound {
        CommitInbound { reader: Some(reader), ..self }
    }

    /// Lets the account's plans hear the words of people who opt out.
    pub(crate) fn heard_by(self, planner: Arc<Planner>) -> CommitInbound {
        CommitInbound { planner: Some(planner), ..self }
    }

    /// Has wishes of people who opt out on disk, before their messages are.
    async fn hear(&self, fresh: &[(Seen, InboundMessage)]) -> Result<(), SinkError> {
        let Some(planner) = &self.planner else { return Ok(()) };
        let messages = fresh.iter().map(|(_, message)| message);
        let heard = planner.hear(self.instance, messages, |party| self.log.complete(party)).await;
        heard.map_err(|failure| SinkError(failure.detail))
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
    async fn write(&self, fresh: Vec<(Seen, InboundMessage)>, is_history: bool) -> Result<(), StoreError> {
        let mut queued = Vec::new();
        let mut outcome = self.queue(fresh, is_history, &mut queued).await;
        for appended in queued {
            outcome = appended.durable().await.and(outcome);
        }
        outcome
    }

    async fn queue(
        &self,
        fresh: Vec<(Seen, InboundMessage)>,
        is_history: bool,
        queued: &mut Vec<Appended>,
    ) -> Result<(), StoreError> {
        let begin = || Piece { is_history, ..Piece::default() };
        let mut piece = begin();
        let mut polls = Polls::new(&*self.ledger, self.instance);
        for (seen, message) in fresh {
            let message = fitting(message);
            let bytes = weight(&message);
            if piece.bytes + bytes > INBOUND_BATCH_BYTES && !piece.bodies.is_empty() {
                queued.push(self.append(std::mem::replace(&mut piece, begin())).await?);
            }
            self.add(&mut piece, &mut polls, &seen, message)?;
            piece.bytes += bytes;
        }
        queued.push(self.append(piece).await?);
        Ok(())
    }

    fn add(
        &self,
        piece: &mut Piece,
        polls: &mut Polls<'_>,
        seen: &Seen,
        message: InboundMessage,
    ) -> Result<(), StoreError> {
        let marker = record::encode(&Counter { next: 0 }).map_err(unencodable)?;
        let expires_ms = clock::wall_ms().saturating_add_unsigned(INBOUND_DEDUP_TTL_MS);
        piece.batch.put(self.key(seen), marker);
        piece.batch.put(deadline_key(self.instance, expires_ms, table::INBOUND_SEEN, seen), &b""[..]);
        let backfilled = message.from_offline_queue || piece.is_history;
        let body = polls.event(&mut piece.batch, message)?;
        piece.bodies.push((body, backfilled));
        Ok(())
    }

    async fn append(&self, piece: Piece) -> Result<Appended, StoreError> {
        self.log.append_patiently(piece.batch, piece.bodies, CommitClass::First).await
    }
}

#[async_trait]
impl InboundSink for CommitInbound {
    async fn commit(&self, messages: Vec<InboundMessage>) -> Result<(), SinkError> {
        self.take(messages, false).await
    }

    async fn backfill(&self, messages: Vec<InboundMessage>) -> Result<(), SinkError> {
        let mut unknown = Vec::with_capacity(messages.len());
        for message in messages {
            if !self.is_known(&message)? {
                unknown.push(message);
            }
        }
        self.take(unknown, true).await
    }

    fn secret_of(&self, wa_id: &str) -> Option<Vec<u8>> {
        match polls::load(&*self.ledger, self.instance, wa_id) {
            Ok(poll) => poll?.secret,
            Err(error) => {
                tracing::error!(instance = %self.instance, %error, "a poll cannot be read");
                None
            }
        }
    }
}

impl CommitInbound {
    async fn take(&self, messages: Vec<InboundMessage>, is_history: bool) -> Result<(), SinkError> {
        let Claimed { fresh, overlapping, claims } = self.claim(messages)?;
        if !fresh.is_empty() {
            let count = fresh.len() as u64;
            // What comes from the phone's past was read there, or left unread there.
            let unread = if is_history { Vec::new() } else { self.unread(&fresh) };
            if !is_history && let Err(error) = self.hear(&fresh).await {
                claims.release();
                return Err(error);
            }
            let written = self.write(fresh, is_history).await;
            claims.release();
            written.map_err(|error| SinkError(error.to_string()))?;
            metrics::counter!(crate::metrics::RECEIVED).increment(count);
            if let Some(reader) = self.reader.as_ref().filter(|_| !unread.is_empty()) {
                reader(unread);
            }
        }
        if overlapping.is_empty() { Ok(()) } else { self.await_others(&overlapping).await }
    }

    /// Whether a message of the phone's past is here already, sent or received, by whichever names.
    fn is_known(&self, message: &InboundMessage) -> Result<bool, SinkError> {
        if message.from_me {
            let key = instance_key(self.instance, table::MESSAGE_BY_WA_ID, message.wa_id.as_bytes());
            if self.ledger.get(&key).map_err(|error| SinkError(error.to_string()))?.is_some() {
                return Ok(true);
            }
        }
        for chat in names(&message.chat) {
            for sender in names(&message.sender) {
                if self.is_stored(&identity_of(&chat, &sender, &message.wa_id))? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// The WhatsApp ids that a person or chat may have been named by.
fn names(party: &Party) -> Vec<String> {
    let phone = party.phone.clone().map(|phone| Address::Phone(phone).jid());
    let lid = party.lid.clone().map(|lid| Address::Lid(lid).jid());
    let mut names: Vec<String> = [Some(party.jid.clone()), phone, lid].into_iter().flatten().collect();
    names.sort_unstable();
    names.dedup();
    names
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
        InboundContent::Location { name, address, .. } => optional(name) + optional(address),
        other => weight_of_thing(other),
    };
    let of_party =
        |party: &Party| party.jid.len() + optional(&party.phone) + optional(&party.lid) + ENTRY_BYTES;
    FIXED_BYTES + content + message.mentions.iter().map(of_party).sum::<usize>()
}

/// About how many bytes the rest of the kinds take, besides the fixed ones.
fn weight_of_thing(content: &InboundContent) -> usize {
    let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    match content {
        InboundContent::LiveLocation(place) => optional(&place.caption),
        InboundContent::Poll(poll) => {
            poll.question.len() + poll.options.iter().map(|option| option.len() + 16).sum::<usize>()
        }
        InboundContent::PollVote(vote) => vote.selected.iter().map(|hash| hash.len() + 16).sum(),
        InboundContent::Event(event) => {
            event.name.len()
                + optional(&event.description)
                + optional(&event.place)
                + optional(&event.join_link)
        }
        InboundContent::Menu(menu) => {
            let choices = menu.choices.iter().map(|(id, title)| id.len() + title.len() + 32);
            menu.body.len() + optional(&menu.footer) + choices.sum::<usize>()
        }
        InboundContent::MenuChoice { id, title } => id.len() + title.len(),
        InboundContent::GroupInvite(invite) => {
            invite.group.len() + invite.code.len() + optional(&invite.name) + optional(&invite.caption)
        }
        _ => 0,
    }
}

fn identity(message: &InboundMessage) -> Seen {
    identity_of(&message.chat.jid, &message.sender.jid, &message.wa_id)
}

fn identity_of(chat: &str, sender: &str, wa_id: &str) -> Seen {
    let mut hash = Context::new(&SHA256);
    for part in [chat, sender, wa_id] {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut seen = [0; 16];
    seen.copy_from_slice(&hash.finish().as_ref()[..16]);
    seen
}
