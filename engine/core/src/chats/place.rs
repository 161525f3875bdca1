//! Suffixes of the keys of chats and of their messages.

use trunkline_model::chat::{ChatKey, activity};
use trunkline_model::command::Place;
use trunkline_model::inbound::InboundMessage;
use trunkline_model::record::table;
use trunkline_model::{Address, InstanceId, MessageId};
use trunkline_store::{Batch, Ledger, StoreError};

use crate::place::instance_key;

/// Where a message stands in its chat: chats read backwards, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MessagePlace {
    /// When it was written, in milliseconds since the Unix epoch.
    pub(super) time_ms: u64,
    /// Which message.
    pub(super) source: Source,
}

/// Where a message is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// In the event with this number.
    Event(u64),
    /// Among the outgoing messages.
    Outgoing(MessageId),
}

/// Bytes of a message's place after the chat's key.
const PLACE_BYTES: usize = 8 + 1 + 8;
const EVENT: u8 = 1;
const OUTGOING: u8 = 2;

impl MessagePlace {
    pub(super) fn new(time_ms: i64, source: Source) -> MessagePlace {
        MessagePlace { time_ms: time_ms.max(0).unsigned_abs(), source }
    }

    pub(super) fn bytes(self) -> [u8; PLACE_BYTES] {
        let (tag, number) = match self.source {
            Source::Event(sequence) => (EVENT, sequence),
            Source::Outgoing(id) => (OUTGOING, id.get()),
        };
        let mut bytes = [tag; PLACE_BYTES];
        bytes[..8].copy_from_slice(&self.time_ms.to_be_bytes());
        bytes[9..].copy_from_slice(&number.to_be_bytes());
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Option<MessagePlace> {
        let bytes: &[u8; PLACE_BYTES] = bytes.try_into().ok()?;
        let (time, rest) = bytes.split_first_chunk::<8>()?;
        let (tag, number) = rest.split_first()?;
        let number = u64::from_be_bytes(number.try_into().ok()?);
        let source = match *tag {
            EVENT => Source::Event(number),
            OUTGOING => Source::Outgoing(MessageId::from_u64(number)?),
            _ => return None,
        };
        Some(MessagePlace { time_ms: u64::from_be_bytes(*time), source })
    }

    /// Suffix of the message's row.
    pub(super) fn suffix(self, chat: &ChatKey) -> Vec<u8> {
        [chat.as_bytes(), &self.bytes()].concat()
    }
}

/// Puts the removal of a received message's place into a batch, under whichever of its chat's names it stands.
///
/// # Errors
/// Those of [`Ledger::get`].
pub(crate) fn forget_place(
    ledger: &dyn Ledger,
    instance: InstanceId,
    sequence: u64,
    (message, batch): (&InboundMessage, &mut Batch),
) -> Result<(), StoreError> {
    let place = MessagePlace::new(message.time_ms, Source::Event(sequence));
    let lid = message.chat.lid.as_ref();
    let alias = match lid.filter(|_| message.chat.phone.is_none()) {
        Some(lid) => ledger.get(&instance_key(instance, table::PERSON_ALIAS, lid.as_bytes()))?,
        None => None,
    };
    let phone = alias.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()).map(Address::Phone);
    let names = [lid.cloned().map(Address::Lid), phone].into_iter().flatten().map(|name| ChatKey::of(&name));
    for chat in names.chain(ChatKey::of_party(&message.chat)) {
        batch.delete(instance_key(instance, table::CHAT_MESSAGE, &place.suffix(&chat)));
    }
    Ok(())
}

/// Suffix of the first row of a chat that is not older than a time.
pub(super) fn since(chat: &ChatKey, time_ms: i64) -> Vec<u8> {
    [chat.as_bytes(), &time_ms.max(0).to_be_bytes()].concat()
}

/// Where a chat stands among chats: the newest message first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ChatPlace {
    pub(super) last_message_ms: i64,
    pub(super) key: Vec<u8>,
}

impl ChatPlace {
    pub(super) fn encode(&self) -> Place {
        Place([&self.last_message_ms.to_be_bytes(), self.key.as_slice()].concat())
    }

    pub(super) fn decode(place: &Place) -> Option<ChatPlace> {
        let (time, key) = place.0.split_first_chunk::<8>()?;
        Some(ChatPlace { last_message_ms: i64::from_be_bytes(*time), key: key.to_vec() })
    }

    /// Before everything of this hour.
    pub(super) fn before_hour(hour: u32) -> ChatPlace {
        let last_message_ms = i64::from(hour) * trunkline_model::chat::ACTIVITY_PERIOD_MS;
        ChatPlace { last_message_ms, key: Vec::new() }
    }
}

/// Suffix of a chat's row among the hours.
pub(super) fn activity_suffix(hour: u32, chat: &ChatKey) -> Vec<u8> {
    [&hour.to_be_bytes(), chat.as_bytes()].concat()
}

/// Hour and chat of such a row.
pub(super) fn read_activity(suffix: &[u8]) -> Option<(u32, ChatKey)> {
    let (hour, rest) = suffix.split_first_chunk::<4>()?;
    match ChatKey::split(rest)? {
        (key, []) => Some((u32::from_be_bytes(*hour), key)),
        _ => None,
    }
}

/// The hour of a place.
pub(super) fn hour_of(place: &ChatPlace) -> u32 {
    activity(place.last_message_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use trunkline_model::Address;

    proptest! {
        #[test]
        fn places_read_back_and_sort_by_time(a in 0i64..i64::MAX, b in 0i64..i64::MAX, number in 0u64..1 << 53) {
            let event = MessagePlace::new(a, Source::Event(number));
            let outgoing = MessagePlace::new(b, Source::Outgoing(MessageId::from_u64(number).expect("it is in range")));
            prop_assert_eq!(MessagePlace::read(&event.bytes()), Some(event));
            prop_assert_eq!(MessagePlace::read(&outgoing.bytes()), Some(outgoing));
            prop_assert_eq!(event.bytes().cmp(&outgoing.bytes()), event.cmp(&outgoing));
        }

        #[test]
        fn chats_read_back(hour: u32, digits in "[0-9]{7,15}", time_ms in 0i64..i64::MAX) {
            let key = ChatKey::of(&Address::Phone(digits));
            prop_assert_eq!(read_activity(&activity_suffix(hour, &key)), Some((hour, key.clone())));
            let place = ChatPlace { last_message_ms: time_ms, key: key.as_bytes().to_vec() };
            prop_assert_eq!(ChatPlace::decode(&place.encode()), Some(place));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            drop((MessagePlace::read(&bytes), read_activity(&bytes), ChatPlace::decode(&Place(bytes))));
        }
    }
}
