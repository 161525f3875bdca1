//! Cursors of lists: opaque to callers, typed inside.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use trunkline_model::{AccountId, AppId, EndpointId, Failure, FileId, InstanceId, KeyId, MessageId};

use crate::query::{Query, malformed};

/// Where the next page of a list starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cursor {
    /// After this instance.
    Instance(InstanceId),
    /// Before this message.
    Message(MessageId),
    /// After the event with this sequence number.
    Event(u64),
    /// Before the post with this number.
    Post(u64),
    /// After this webhook or consumer.
    Endpoint(EndpointId),
    /// After this instance's event with this sequence number.
    Letter(InstanceId, u64),
    /// After this account.
    Account(AccountId),
    /// After this API key.
    Key(KeyId),
    /// After this app.
    App(AppId),
    /// Before the change with this number.
    Audit(u64),
    /// Before the line of a credit ledger with this number.
    Credit(u64),
    /// After this file.
    File(FileId),
}

impl Cursor {
    /// The written form.
    pub(crate) fn encode(self) -> String {
        let (tag, first, second) = match self {
            Cursor::Instance(id) => (b'i', id.0, None),
            Cursor::Message(id) => (b'm', id.get(), None),
            Cursor::Event(sequence) => (b'e', sequence, None),
            Cursor::Post(number) => (b'p', number, None),
            Cursor::Endpoint(id) => (b'w', id.0, None),
            Cursor::Letter(instance, sequence) => (b'l', instance.0, Some(sequence)),
            Cursor::Account(id) => (b'c', id.0, None),
            Cursor::Key(id) => (b'k', id.0, None),
            Cursor::App(id) => (b'a', id.0, None),
            Cursor::Audit(number) => (b'u', number, None),
            Cursor::Credit(number) => (b'd', number, None),
            Cursor::File(id) => (b'f', id.0, None),
        };
        let mut bytes = vec![tag];
        bytes.extend_from_slice(&first.to_be_bytes());
        bytes.extend(second.into_iter().flat_map(u64::to_be_bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn decode(text: &str) -> Option<Cursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (tag, rest) = bytes.split_first()?;
        let (number, rest) = rest.split_first_chunk::<8>()?;
        let number = u64::from_be_bytes(*number);
        match (tag, rest) {
            (b'i', []) => Some(Cursor::Instance(InstanceId(number))),
            (b'm', []) => MessageId::from_u64(number).map(Cursor::Message),
            (b'e', []) => Some(Cursor::Event(number)),
            (b'p', []) => Some(Cursor::Post(number)),
            (b'w', []) => Some(Cursor::Endpoint(EndpointId(number))),
            (b'c', []) => Some(Cursor::Account(AccountId(number))),
            (b'k', []) => Some(Cursor::Key(KeyId(number))),
            (b'a', []) => Some(Cursor::App(AppId(number))),
            (b'u', []) => Some(Cursor::Audit(number)),
            (b'd', []) => Some(Cursor::Credit(number)),
            (b'f', []) => Some(Cursor::File(FileId(number))),
            (b'l', rest) => {
                let sequence = u64::from_be_bytes(rest.try_into().ok()?);
                Some(Cursor::Letter(InstanceId(number), sequence))
            }
            _ => None,
        }
    }

    /// `?cursor=` of a list whose cursors `pick` takes.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` for anything but a cursor that this list gave out.
    pub(crate) fn of<T>(query: &Query, pick: impl FnOnce(Cursor) -> Option<T>) -> Result<Option<T>, Failure> {
        let Some(text) = query.get("cursor") else {
            return Ok(None);
        };
        Cursor::decode(text).and_then(pick).map(Some).ok_or_else(|| {
            malformed("cursor", "is not a cursor of this list; give the last `next_cursor` or leave it out")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cursors_read_back_and_nothing_else_does(number: u64, text in "[A-Za-z0-9_-]{0,24}") {
            let id = InstanceId(number);
            for cursor in [
                Cursor::Instance(id),
                Cursor::Event(number),
                Cursor::Post(number),
                Cursor::Endpoint(EndpointId(number)),
                Cursor::Letter(id, !number),
                Cursor::Account(AccountId(number)),
                Cursor::Key(KeyId(number)),
                Cursor::App(AppId(number)),
                Cursor::Audit(number),
                Cursor::Credit(number),
                Cursor::File(FileId(number)),
            ] {
                prop_assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
            }
            if let Some(read) = Cursor::decode(&text) {
                prop_assert_eq!(read.encode(), text);
            }
        }
    }
}
