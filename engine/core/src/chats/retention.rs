//! Messages leave their chats when they are older than the instance keeps them. Places and marks go; the event log has a retention
//! of its own.

use trunkline_model::Failure;
use trunkline_model::chat::{ChatKey, RetentionRecord};
use trunkline_model::record::table;
use trunkline_store::{Batch, Direction, KeyRange};

use super::place::since;
use super::reader::ChatReader;
use crate::clock;
use crate::limits::{RETENTION_CHATS_PER_SWEEP, SWEEP_MAX};

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// Days that an instance keeps messages in their chats; `None` for ever.
pub(crate) fn retention_days(reader: &ChatReader) -> Result<Option<u32>, Failure> {
    Ok(reader.get::<RetentionRecord>(table::RETENTION, b"")?.map(|retention| retention.days))
}

/// Messages from before this time are gone, in milliseconds since the Unix epoch.
pub(super) fn cutoff_ms(reader: &ChatReader) -> Result<Option<i64>, Failure> {
    let days = retention_days(reader)?;
    Ok(days.map(|days| clock::wall_ms().saturating_sub(i64::from(days).saturating_mul(DAY_MS))))
}

/// How far a pass over the chats has come.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RetentionSweep {
    /// The key that the next step begins at; `None` at the beginning.
    next: Option<Vec<u8>>,
}

impl RetentionSweep {
    /// Takes one step: removes a bounded number of old places. Says what to write, and whether the pass is over.
    ///
    /// # Errors
    /// A failure of the store.
    pub(crate) fn step(&mut self, reader: &ChatReader) -> Result<(Batch, bool), Failure> {
        let mut batch = Batch::new();
        let Some(cutoff_ms) = cutoff_ms(reader)? else {
            self.next = None;
            return Ok((batch, true));
        };
        for _ in 0..RETENTION_CHATS_PER_SWEEP {
            let Some(key) = self.next_chat(reader)? else {
                self.next = None;
                return Ok((batch, true));
            };
            let from = reader.key(table::CHAT_MESSAGE, key.as_bytes());
            let to = reader.key(table::CHAT_MESSAGE, &since(&key, cutoff_ms));
            let room = SWEEP_MAX - batch.len();
            let old = reader.scan(KeyRange::between(from, to), Direction::Forward, room)?;
            let full = old.len() == room;
            old.into_iter().for_each(|(place, _)| batch.delete(place));
            if full {
                // The chat may have more of them; the next step finds it again, because what is removed here is gone then.
                self.next = Some(key.as_bytes().to_vec());
                return Ok((batch, false));
            }
            self.next = Some([key.as_bytes(), &[u8::MAX]].concat());
        }
        Ok((batch, false))
    }

    /// The chat that comes next among those that have messages.
    fn next_chat(&self, reader: &ChatReader) -> Result<Option<ChatKey>, Failure> {
        let mut range = reader.table(table::CHAT_MESSAGE);
        if let Some(next) = &self.next {
            range = range.after(&reader.key(table::CHAT_MESSAGE, next));
        }
        let first = reader.scan(range, Direction::Forward, 1)?;
        Ok(first.first().and_then(|(key, _)| ChatKey::split(key.suffix())).map(|(key, _)| key))
    }
}
