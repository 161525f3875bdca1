//! Chats and their messages as they are on disk.

use std::sync::Arc;

use trunkline_model::chat::{ChatKey, ChatRecord, ContactRecord, LabelRecord, Mute, text_of};
use trunkline_model::command::{
    ChatFilter, ChatView, LabelView, MessageQuery, Place, Span, StoredBody, StoredMessage,
};
use trunkline_model::event::{Event, EventBody};
use trunkline_model::inbound::Party;
use trunkline_model::limits::PAGE_LIMIT_MAX;
use trunkline_model::message::{Lane, SendMessage};
use trunkline_model::record::{self, MessageRecord, Record, table};
use trunkline_model::{Address, ErrorCode, Failure, InstanceId, MessageId};
use trunkline_store::{Direction, Key, KeyRange, Ledger};

use super::follow::{DELETED, STARRED};
use super::place::{ChatPlace, MessagePlace, Source, hour_of, read_activity, since};
use crate::instance::message_view;
use crate::limits::{LIST_PAGES_PER_POLL, LIST_SCAN_MAX};
use crate::place::instance_key;
use crate::shard::{Breather, store_failure};

/// Reads what is on disk of an instance's chats and people. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ChatReader {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) instance: InstanceId,
}

type Result<T> = std::result::Result<T, Failure>;

impl ChatReader {
    pub(crate) fn new(ledger: Arc<dyn Ledger>, instance: InstanceId) -> ChatReader {
        ChatReader { ledger, instance }
    }

    pub(super) fn key(&self, table: u8, suffix: &[u8]) -> Key {
        instance_key(self.instance, table, suffix)
    }

    pub(super) fn table(&self, table: u8) -> KeyRange {
        KeyRange::table(self.instance.slot().0, self.instance.0, table)
    }

    pub(super) fn get<R>(&self, table: u8, suffix: &[u8]) -> Result<Option<R>>
    where
        R: Record,
        R::Archived: for<'b> rkyv::bytecheck::CheckBytes<rkyv::api::high::HighValidator<'b, rkyv::rancor::Error>>
            + rkyv::Deserialize<R, rkyv::rancor::Strategy<rkyv::de::Pool, rkyv::rancor::Error>>,
    {
        let stored = self.ledger.get(&self.key(table, suffix)).map_err(|error| store_failure(&error))?;
        stored.map(|bytes| record::decode(&bytes).map_err(|error| self.unreadable(&error))).transpose()
    }

    pub(super) fn scan(
        &self,
        range: KeyRange,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<(Key, bytes::Bytes)>> {
        self.ledger.scan(range, direction, limit).map_err(|error| store_failure(&error))
    }

    pub(super) fn unreadable(&self, error: &dyn std::fmt::Display) -> Failure {
        tracing::error!(instance = %self.instance, %error, "a stored chat or person cannot be read");
        Failure::new(ErrorCode::Internal, "Something that is stored about the chat cannot be read.")
    }

    /// The key that an address is kept under.
    pub(crate) fn key_of(&self, address: &Address) -> Result<ChatKey> {
        if let Address::Lid(lid) = address {
            let phone = self.ledger.get(&self.key(table::PERSON_ALIAS, lid.as_bytes()));
            let phone = phone.map_err(|error| store_failure(&error))?;
            if let Some(phone) = phone.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()) {
                return Ok(ChatKey::of(&Address::Phone(phone)));
            }
        }
        Ok(ChatKey::of(address))
    }

    /// A person or chat under its canonical id, with every name that is known.
    pub(crate) fn party(&self, key: &ChatKey) -> Result<Party> {
        let address = key.address().unwrap_or(Address::Status);
        let mut party = Party::of_jid(&address.jid());
        if address.is_person()
            && let Some(contact) = self.get::<ContactRecord>(table::CONTACT, key.as_bytes())?
        {
            party.name = contact.display_name().map(str::to_owned);
            party.phone = party.phone.or(contact.phone);
            party.lid = party.lid.or(contact.lid);
        }
        Ok(party)
    }

    /// The WhatsApp id that a chat is addressed by: the one of its newest message, or else the one that was given.
    pub(crate) fn addressed(&self, address: &Address) -> Result<String> {
        let chat = self.get::<ChatRecord>(table::CHAT, self.key_of(address)?.as_bytes())?;
        let known = chat.map(|chat| chat.addressed).filter(|addressed| !addressed.is_empty());
        Ok(known.unwrap_or_else(|| address.jid()))
    }

    /// One chat.
    pub(crate) fn chat(&self, address: &Address) -> Result<Option<ChatView>> {
        let key = self.key_of(address)?;
        let record = self.get::<ChatRecord>(table::CHAT, key.as_bytes())?;
        record.map(|record| self.view(&key, record)).transpose()
    }

    fn view(&self, key: &ChatKey, record: ChatRecord) -> Result<ChatView> {
        let mut chat = self.party(key)?;
        chat.name = chat.name.or(record.name);
        let now_ms = crate::clock::wall_ms();
        Ok(ChatView {
            is_group: matches!(key.address(), Some(Address::Group(_))),
            chat,
            last_message_ms: (record.last_message_ms > 0).then_some(record.last_message_ms),
            unread: record.unread,
            marked_unread: record.marked_unread,
            archived: record.archived,
            pinned: record.pinned,
            mute: match record.mute {
                Mute::Until(until_ms) if until_ms <= now_ms => Mute::Off,
                mute => mute,
            },
            disappearing_seconds: record.disappearing_seconds,
            labels: record.labels,
        })
    }

    /// A page of chats, the one with the newest message first. On disk they are ordered by the hour of that message: an hour is
    /// read as a whole, and of it only the best are kept.
    pub(crate) async fn chats(
        &self,
        after: Option<&Place>,
        filter: &ChatFilter,
        limit: usize,
    ) -> Result<(Vec<ChatView>, Option<Place>)> {
        let limit = limit.clamp(1, PAGE_LIMIT_MAX);
        let after = after.map(|place| ChatPlace::decode(place).ok_or_else(bad_place)).transpose()?;
        let mut rest = self.table(table::CHAT_ACTIVITY);
        if let Some(next_hour) = after.as_ref().and_then(|after| hour_of(after).checked_add(1)) {
            rest = rest.before(&self.key(table::CHAT_ACTIVITY, &next_hour.to_be_bytes()));
        }
        let mut found: Vec<(ChatPlace, ChatRecord)> = Vec::new();
        let (mut hour_begins, mut hour, mut scanned) = (0, None, 0);
        let mut breather = Breather::every(LIST_PAGES_PER_POLL);
        let mut next = None;
        'scan: loop {
            let page = self.scan(rest.clone(), Direction::Backward, PAGE_LIMIT_MAX)?;
            let Some((last, _)) = page.last() else { break };
            rest = rest.before(last);
            let full = page.len() == PAGE_LIMIT_MAX;
            for (row, _) in &page {
                let Some((row_hour, key)) = read_activity(row.suffix()) else { continue };
                if hour != Some(row_hour) {
                    keep_best(&mut found, hour_begins, limit);
                    if found.len() > limit {
                        break 'scan;
                    }
                    if scanned >= LIST_SCAN_MAX {
                        next = Some(ChatPlace::before_hour(row_hour.saturating_add(1)).encode());
                        break 'scan;
                    }
                    (hour, hour_begins) = (Some(row_hour), found.len());
                }
                scanned += 1;
                let record = self.get::<ChatRecord>(table::CHAT, key.as_bytes())?;
                let Some(record) = record.filter(|record| shows(filter, record)) else { continue };
                let place =
                    ChatPlace { last_message_ms: record.last_message_ms, key: key.as_bytes().to_vec() };
                if after.as_ref().is_none_or(|after| place < *after) {
                    found.push((place, record));
                }
            }
            if found.len() > hour_begins + 2 * limit {
                keep_best(&mut found, hour_begins, limit);
            }
            if !full {
                break;
            }
            breather.step().await;
        }
        keep_best(&mut found, hour_begins, limit);
        if found.len() > limit {
            found.truncate(limit);
            next = found.last().map(|(place, _)| place.encode());
        }
        let views = found.into_iter().filter_map(|(place, record)| {
            let (key, _) = ChatKey::split(&place.key)?;
            Some(self.view(&key, record))
        });
        Ok((views.collect::<Result<Vec<_>>>()?, next))
    }

    /// A page of a chat's messages, newest first. A person's chat is read under both of its names.
    pub(crate) async fn messages(
        &self,
        chat: &Address,
        query: &MessageQuery,
        accept: impl Fn(&StoredMessage) -> bool,
    ) -> Result<(Vec<StoredMessage>, Option<Place>)> {
        let limit = query.limit.clamp(1, PAGE_LIMIT_MAX);
        let keys = self.names_of(chat)?;
        let mut before = match &query.after {
            Some(place) => Some(MessagePlace::read(&place.0).ok_or_else(bad_place)?),
            None => None,
        };
        let (mut messages, mut scanned) = (Vec::new(), 0);
        let mut breather = Breather::every(LIST_PAGES_PER_POLL);
        loop {
            let places = self.places(&keys, before, query.span)?;
            let more = places.len() == PAGE_LIMIT_MAX;
            for (key, place) in &places {
                before = Some(*place);
                scanned += 1;
                let Some(message) = self.load(key, *place)? else { continue };
                if accept(&message) {
                    messages.push(message);
                }
                if messages.len() == limit {
                    return Ok((messages, before.map(|place| Place(place.bytes().to_vec()))));
                }
            }
            if !more {
                return Ok((messages, None));
            }
            if scanned >= LIST_SCAN_MAX {
                return Ok((messages, before.map(|place| Place(place.bytes().to_vec()))));
            }
            breather.step().await;
        }
    }

    /// The keys of a chat: one, or a person's two.
    fn names_of(&self, chat: &Address) -> Result<Vec<ChatKey>> {
        let key = self.key_of(chat)?;
        let contact = self.get::<ContactRecord>(table::CONTACT, key.as_bytes())?;
        let lid = contact.and_then(|contact| contact.lid).map(|lid| ChatKey::of(&Address::Lid(lid)));
        let other = lid.filter(|lid| *lid != key);
        Ok(std::iter::once(key).chain(other).collect())
    }

    /// The newest places of a chat before one of them.
    fn places(
        &self,
        keys: &[ChatKey],
        before: Option<MessagePlace>,
        span: Span,
    ) -> Result<Vec<(ChatKey, MessagePlace)>> {
        let mut found = Vec::new();
        for key in keys {
            let from = self.key(table::CHAT_MESSAGE, &since(key, span.since_ms.unwrap_or(0)));
            let to = self.key(table::CHAT_MESSAGE, &since(key, span.until_ms.unwrap_or(i64::MAX)));
            let mut range = KeyRange::between(from, to);
            if let Some(before) = before {
                range = range.before(&self.key(table::CHAT_MESSAGE, &before.suffix(key)));
            }
            for (row, _) in self.scan(range, Direction::Backward, PAGE_LIMIT_MAX)? {
                if let Some((_, rest)) = ChatKey::split(row.suffix())
                    && let Some(place) = MessagePlace::read(rest)
                {
                    found.push((key.clone(), place));
                }
            }
        }
        found.sort_unstable_by(|(_, a), (_, b)| b.cmp(a));
        found.truncate(PAGE_LIMIT_MAX);
        Ok(found)
    }

    /// The newest or oldest message of a chat that has one.
    pub(crate) fn oldest(&self, chat: &Address) -> Result<Option<StoredMessage>> {
        for key in self.names_of(chat)? {
            let range = KeyRange::prefix(
                self.instance.slot().0,
                self.instance.0,
                table::CHAT_MESSAGE,
                key.as_bytes(),
            );
            for (row, _) in self.scan(range, Direction::Forward, 8)? {
                if let Some((_, rest)) = ChatKey::split(row.suffix())
                    && let Some(place) = MessagePlace::read(rest)
                    && let Some(message) = self.load(&key, place)?
                {
                    return Ok(Some(message));
                }
            }
        }
        Ok(None)
    }

    /// The message at a place; `None` when it is gone, or deleted for this account.
    fn load(&self, key: &ChatKey, place: MessagePlace) -> Result<Option<StoredMessage>> {
        let stored = match place.source {
            Source::Event(sequence) => self.received(sequence)?,
            Source::Outgoing(id) => self.sent(id)?,
        };
        let Some(message) = stored else { return Ok(None) };
        self.marked(key, message)
    }

    /// A message with what somebody did to it; `None` when it was deleted for this account.
    pub(super) fn marked(&self, key: &ChatKey, message: StoredMessage) -> Result<Option<StoredMessage>> {
        let wa_id = match &message.message {
            StoredBody::Received { message, .. } => &message.wa_id,
            StoredBody::Sent(view) => &view.wa_id,
        };
        // What was marked under the number counts for what came under the LID.
        let key = match key.address() {
            Some(address) => self.key_of(&address)?,
            None => key.clone(),
        };
        let suffix = [key.as_bytes(), wa_id.as_bytes()].concat();
        let marks = self.ledger.get(&self.key(table::MESSAGE_MARK, &suffix));
        let marks = marks.map_err(|error| store_failure(&error))?;
        let bits = marks.and_then(|bytes| bytes.first().copied()).unwrap_or(0);
        Ok((bits & DELETED == 0).then_some(StoredMessage { starred: bits & STARRED != 0, ..message }))
    }

    fn received(&self, sequence: u64) -> Result<Option<StoredMessage>> {
        let event = self.get::<Event>(table::EVENT, &sequence.to_be_bytes())?;
        Ok(event.and_then(received_in))
    }

    /// An outgoing message with its text.
    pub(super) fn sent(&self, id: MessageId) -> Result<Option<StoredMessage>> {
        let suffix = id.get().to_be_bytes();
        let Some(record) = self.get::<MessageRecord>(table::MESSAGE, &suffix)? else { return Ok(None) };
        let body = self.get::<SendMessage>(table::MESSAGE_BODY, &suffix)?;
        // What goes in this lane is not kept, and is not shown while it waits either.
        let is_secret = record.lane == Lane::Otp;
        // A reaction or an edit is about a message, and none itself.
        if body.as_ref().is_some_and(|body| !body.content.is_message()) {
            return Ok(None);
        }
        let accepted_ms = record.status_times_ms.values().min().copied();
        Ok(Some(StoredMessage {
            time_ms: accepted_ms.unwrap_or(0),
            starred: false,
            text: body.filter(|_| !is_secret).and_then(|body| body.text().map(str::to_owned)),
            message: StoredBody::Sent(Box::new(message_view(self.instance, &record, false))),
        }))
    }

    /// Every label.
    pub(crate) fn labels(&self) -> Result<Vec<LabelView>> {
        let rows = self.scan(self.table(table::LABEL), Direction::Forward, PAGE_LIMIT_MAX)?;
        let views = rows.iter().filter_map(|(key, bytes)| {
            let label = record::decode::<LabelRecord>(bytes).ok()?;
            Some(LabelView { id: std::str::from_utf8(key.suffix()).ok()?.to_owned(), label })
        });
        Ok(views.collect())
    }

    /// One label.
    pub(crate) fn label(&self, id: &str) -> Result<LabelRecord> {
        let label = self.get::<LabelRecord>(table::LABEL, id.as_bytes())?;
        label.ok_or_else(|| {
            Failure::new(ErrorCode::LabelNotFound, "This instance knows no label with that id.")
        })
    }
}

/// The message in an event, if it is one.
pub(super) fn received_in(event: Event) -> Option<StoredMessage> {
    let EventBody::MessageReceived(message) = event.body else { return None };
    Some(StoredMessage {
        time_ms: message.time_ms,
        starred: false,
        text: text_of(&message.content).map(str::to_owned),
        message: StoredBody::Received { sequence: event.sequence, message },
    })
}

/// Keeps the best of an hour's chats: one more than a page, to know whether there is another.
fn keep_best(found: &mut Vec<(ChatPlace, ChatRecord)>, hour_begins: usize, limit: usize) {
    found[hour_begins..].sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
    found.truncate(limit + 1);
}

fn shows(filter: &ChatFilter, record: &ChatRecord) -> bool {
    let is_unread = record.unread > 0 || record.marked_unread;
    filter.archived.is_none_or(|archived| archived == record.archived)
        && filter.unread.is_none_or(|unread| unread == is_unread)
        && filter.label.as_ref().is_none_or(|label| record.labels.contains(label))
}

pub(super) fn bad_place() -> Failure {
    Failure::new(ErrorCode::MalformedRequest, "The cursor is not one that this list gave out.")
}
