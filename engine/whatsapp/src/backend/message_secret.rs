//! Secrets of messages, which later votes, reactions and edits are opened with.

use std::collections::HashMap;

use async_trait::async_trait;
use trunkline_model::record::{decode, encode};
use trunkline_store::{Batch, CommitClass, StoreError};
use wacore::store::error::Result;
use wacore::store::traits::{
    MsgSecretEntry, MsgSecretStore, merge_msg_secret_expiry, merge_msg_secret_message_ts,
};

use super::records::MessageSecretRow;
use super::space::{Rows, tagged};
use super::suffix::{joined, timed};
use super::tables::{self, tag};
use super::timed::TimedTable;
use super::{LedgerBackend, failed, unreadable};

const TABLE: TimedTable =
    TimedTable { rows: tables::MESSAGE_SECRET, by_time: tables::MESSAGE_SECRET_BY_DEADLINE };

fn suffix(chat: &str, sender: &str, id: &str) -> Vec<u8> {
    joined(&[chat.as_bytes(), sender.as_bytes()], id.as_bytes())
}

impl LedgerBackend {
    fn message_secret(&self, suffix: &[u8]) -> std::result::Result<Option<MessageSecretRow>, StoreError> {
        let key = self.space.key(TABLE.rows, suffix);
        self.space.get(&key)?.map(|bytes| decode(&bytes).map_err(unreadable)).transpose()
    }

    async fn merge_secrets(&self, entries: Vec<MsgSecretEntry>) -> std::result::Result<(), StoreError> {
        let _lock = self.locks.message_secrets.lock().await;
        // Rows of this call, so that a second entry for one message merges with the first.
        let mut merged: HashMap<Vec<u8>, MessageSecretRow> = HashMap::with_capacity(entries.len());
        for entry in entries {
            let suffix = suffix(&entry.chat, &entry.sender, &entry.msg_id);
            let old = match merged.get(&suffix) {
                Some(row) => Some(row.clone()),
                None => self.message_secret(&suffix)?,
            };
            let (expires_at_s, message_at_s) = match &old {
                Some(old) => (
                    merge_msg_secret_expiry(old.expires_at_s, entry.expires_at),
                    merge_msg_secret_message_ts(old.message_at_s, entry.message_ts),
                ),
                None => (entry.expires_at, entry.message_ts),
            };
            merged.insert(suffix, MessageSecretRow { secret: entry.secret, expires_at_s, message_at_s });
        }
        let mut batches = Rows::default();
        for (suffix, row) in merged {
            let batch: &mut Batch = batches.next();
            if row.expires_at_s != 0 {
                // A deadline that was extended leaves its old twin behind; the sweep finds the row alive and drops it.
                let twin = self.space.key(TABLE.by_time, &timed(row.expires_at_s, &suffix));
                batch.put(twin, tagged(tag::INDEX, &[]));
            }
            batch.put(self.space.key(TABLE.rows, &suffix), encode(&row).map_err(unreadable)?);
        }
        batches.commit(&self.space, CommitClass::Soon).await
    }
}

#[async_trait]
impl MsgSecretStore for LedgerBackend {
    async fn put_msg_secrets(&self, entries: Vec<MsgSecretEntry>) -> Result<usize> {
        let count = entries.len();
        self.merge_secrets(entries).await.map_err(failed)?;
        Ok(count)
    }

    async fn get_msg_secret(&self, chat: &str, sender: &str, msg_id: &str) -> Result<Option<Vec<u8>>> {
        let found = self.get_msg_secret_with_ts(chat, sender, msg_id).await?;
        Ok(found.map(|(secret, _)| secret))
    }

    async fn get_msg_secret_with_ts(
        &self,
        chat: &str,
        sender: &str,
        msg_id: &str,
    ) -> Result<Option<(Vec<u8>, i64)>> {
        let row = self.message_secret(&suffix(chat, sender, msg_id)).map_err(failed)?;
        Ok(row.map(|row| (row.secret.to_vec(), row.message_at_s)))
    }

    async fn delete_expired_msg_secrets(&self, cutoff_timestamp: i64) -> Result<u32> {
        let _lock = self.locks.message_secrets.lock().await;
        // A deadline is past when it is at the cutoff, too.
        TABLE
            .expire(&self.space, cutoff_timestamp.saturating_add(1), |bytes| {
                let row: MessageSecretRow = decode(bytes).map_err(unreadable)?;
                Ok(Some(row.expires_at_s).filter(|deadline| *deadline != 0))
            })
            .await
            .map_err(failed)
    }
}
