//! Cursors of lists: opaque to callers, typed inside.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use trunkline_model::{Failure, InstanceId, MessageId};

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
}

impl Cursor {
    fn parts(self) -> (u8, u64) {
        match self {
            Cursor::Instance(id) => (b'i', id.0),
            Cursor::Message(id) => (b'm', id.get()),
            Cursor::Event(sequence) => (b'e', sequence),
            Cursor::Post(number) => (b'p', number),
        }
    }

    /// The written form.
    pub(crate) fn encode(self) -> String {
        let (tag, number) = self.parts();
        let mut bytes = [tag; 9];
        bytes[1..].copy_from_slice(&number.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn decode(text: &str) -> Option<Cursor> {
        let bytes: [u8; 9] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (tag, number) = bytes.split_first_chunk::<1>()?;
        let number = u64::from_be_bytes(number.try_into().ok()?);
        match tag {
            b"i" => Some(Cursor::Instance(InstanceId(number))),
            b"m" => MessageId::from_u64(number).map(Cursor::Message),
            b"e" => Some(Cursor::Event(number)),
            b"p" => Some(Cursor::Post(number)),
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
        fn cursors_read_back_and_nothing_else_does(number: u64, text in "[A-Za-z0-9_-]{0,14}") {
            for cursor in [Cursor::Instance(InstanceId(number)), Cursor::Event(number), Cursor::Post(number)] {
                prop_assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
            }
            if let Some(read) = Cursor::decode(&text) {
                prop_assert_eq!(read.encode(), text);
            }
        }
    }
}
