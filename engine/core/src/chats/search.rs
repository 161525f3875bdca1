//! Searching stored messages by text and time.
//!
//! An index of words would add rows to every message, on the path that everything waits for, for a question that is asked
//! now and then. So a search walks backwards through what is there, a bounded piece for each call, and says where to go on: through
//! a chat's places when a chat is named, else through the event log, in which both what arrived and what was sent stand.

use trunkline_model::chat::ChatKey;
use trunkline_model::command::{MessageSearch, Place, Span, StoredBody, StoredMessage};
use trunkline_model::event::{Event, EventBody};
use trunkline_model::inbound::Party;
use trunkline_model::limits::PAGE_LIMIT_MAX;
use trunkline_model::message::MessageStatus;
use trunkline_model::record::{self, table};
use trunkline_model::{Address, Failure};
use trunkline_store::Direction;

use super::reader::{ChatReader, bad_place, received_in};
use crate::limits::{LIST_PAGES_PER_POLL, SEARCH_CLOCK_SKEW_MS, SEARCH_SCAN_MAX};
use crate::shard::Breather;

type Result<T> = std::result::Result<T, Failure>;

impl ChatReader {
    /// A page of messages that hold a text, newest first.
    pub(crate) async fn search(&self, search: &MessageSearch) -> Result<(Vec<StoredMessage>, Option<Place>)> {
        let wanted = search.text.as_ref().map(|text| text.to_lowercase());
        let holds = |message: &StoredMessage| {
            let holds = |wanted: &String| {
                message.text.as_ref().is_some_and(|text| text.to_lowercase().contains(wanted))
            };
            wanted.as_ref().is_none_or(holds)
        };
        match &search.chat {
            Some(chat) => self.messages(chat, &search.query, holds).await,
            None => self.search_log(search, holds).await,
        }
    }

    async fn search_log(
        &self,
        search: &MessageSearch,
        holds: impl Fn(&StoredMessage) -> bool,
    ) -> Result<(Vec<StoredMessage>, Option<Place>)> {
        let limit = search.query.limit.clamp(1, PAGE_LIMIT_MAX);
        let mut rest = self.table(table::EVENT);
        if let Some(Place(place)) = &search.query.after {
            let sequence = <[u8; 8]>::try_from(place.as_slice()).map_err(|_| bad_place())?;
            rest = rest.before(&self.key(table::EVENT, &sequence));
        }
        let span = self.kept(search.query.span)?;
        let (mut messages, mut scanned) = (Vec::new(), 0);
        let mut breather = Breather::every(LIST_PAGES_PER_POLL);
        loop {
            let page = self.scan(rest.clone(), Direction::Backward, PAGE_LIMIT_MAX)?;
            for (key, bytes) in &page {
                rest = rest.before(key);
                let event: Event = record::decode(bytes).map_err(|error| self.unreadable(&error))?;
                // Nothing is recorded before it is written, whatever the clocks say.
                let recorded_ms = event.time_ms.saturating_add(SEARCH_CLOCK_SKEW_MS);
                if span.since_ms.is_some_and(|since_ms| recorded_ms < since_ms) {
                    return Ok((messages, None));
                }
                if let Some(message) = self.message_of(event)?
                    && span.holds(message.time_ms)
                    && holds(&message)
                {
                    messages.push(message);
                }
                if messages.len() == limit {
                    return Ok((messages, Some(Place(key.suffix().to_vec()))));
                }
            }
            scanned += page.len();
            match page.last() {
                Some((last, _)) if page.len() == PAGE_LIMIT_MAX && scanned >= SEARCH_SCAN_MAX => {
                    return Ok((messages, Some(Place(last.suffix().to_vec()))));
                }
                Some(_) if page.len() == PAGE_LIMIT_MAX => breather.step().await,
                _ => return Ok((messages, None)),
            }
        }
    }

    /// A span cut to what the retention leaves.
    fn kept(&self, span: Span) -> Result<Span> {
        let cutoff_ms = super::retention::cutoff_ms(self)?;
        Ok(Span { since_ms: span.since_ms.max(cutoff_ms), ..span })
    }

    /// The message that an event tells of: one that arrived, or one that was sent.
    fn message_of(&self, event: Event) -> Result<Option<StoredMessage>> {
        let message = match &event.body {
            EventBody::MessageReceived(_) => received_in(event),
            EventBody::MessageStatus(change) => {
                self.sent(change.message)?.filter(|message| is_first_to_say_sent(change.status, message))
            }
            _ => None,
        };
        let Some(message) = message else { return Ok(None) };
        let party = match &message.message {
            StoredBody::Received { message, .. } => message.chat.clone(),
            StoredBody::Sent(view) => Party::of_jid(&view.to),
        };
        match ChatKey::of_party(&party).filter(|key| key.address() != Some(Address::Status)) {
            Some(key) => self.marked(&key, message),
            None => Ok(None),
        }
    }
}

/// Whether a status is the one by which a message was sent: a receipt may overtake the acknowledgement.
fn is_first_to_say_sent(status: MessageStatus, message: &StoredMessage) -> bool {
    let StoredBody::Sent(view) = &message.message else { return false };
    let is_sent = |status: &MessageStatus| status.is_settled() && *status != MessageStatus::Failed;
    let first = view
        .status_times_ms
        .iter()
        .filter(|(status, _)| is_sent(status))
        .min_by_key(|(_, time_ms)| **time_ms);
    first.is_some_and(|(first, _)| *first == status)
}
