//! Trusted-contact tokens: two writers, each with its own fields of a row.

use trunkline_model::record::{decode, encode};
use trunkline_store::{Batch, CommitClass, StoreError};
use wacore::store::traits::TcTokenEntry;

use super::records::TcToken;
use super::space::{damaged, tagged, untag};
use super::suffix::{single, sortable, split_time, timed};
use super::tables::{self, tag};
use super::{LedgerBackend, unreadable};
use crate::limits::{CONTACT_TOKENS_PER_BATCH, EXPIRED_BATCHES_PER_CALL, EXPIRED_ROWS_PER_BATCH};

impl TcToken {
    /// The later of its two times. A row may go when both are past, so none goes before this one is.
    fn last_activity_s(&self) -> i64 {
        let received = if self.token.is_empty() { i64::MIN } else { self.received_at_s };
        received.max(self.issued_at_s.unwrap_or(i64::MIN))
    }

    fn is_dead(&self, token_cutoff_s: i64, sender_cutoff_s: i64) -> bool {
        let token_live = !self.token.is_empty() && self.received_at_s >= token_cutoff_s;
        let sender_live = self.issued_at_s.is_some_and(|issued| issued >= sender_cutoff_s);
        !token_live && !sender_live
    }
}

impl From<&TcTokenEntry> for TcToken {
    fn from(entry: &TcTokenEntry) -> TcToken {
        TcToken {
            token: entry.token.clone(),
            received_at_s: entry.token_timestamp,
            issued_at_s: entry.sender_timestamp,
        }
    }
}

impl From<TcToken> for TcTokenEntry {
    fn from(record: TcToken) -> TcTokenEntry {
        TcTokenEntry {
            token: record.token,
            token_timestamp: record.received_at_s,
            sender_timestamp: record.issued_at_s,
        }
    }
}

impl LedgerBackend {
    pub(super) fn tc_token(&self, jid: &str) -> Result<Option<TcToken>, StoreError> {
        let key = self.space.key(tables::TC_TOKEN, &single(jid.as_bytes()));
        self.space.get(&key)?.map(|bytes| decode(&bytes).map_err(unreadable)).transpose()
    }

    /// Replaces the row by what `change` makes of it; `None` leaves it as it is.
    pub(super) async fn change_tc_token(
        &self,
        jid: &str,
        change: impl FnOnce(Option<TcToken>) -> Option<TcToken>,
    ) -> Result<(), StoreError> {
        let _lock = self.locks.tc_tokens.lock().await;
        let old = self.tc_token(jid)?;
        let old_activity = old.as_ref().map(TcToken::last_activity_s);
        let Some(new) = change(old) else { return Ok(()) };
        let mut batch = Batch::new();
        if let Some(old) = old_activity.filter(|old| *old != new.last_activity_s()) {
            batch.delete(self.space.key(tables::TC_TOKEN_BY_TIME, &timed(old, jid.as_bytes())));
        }
        let index = timed(new.last_activity_s(), jid.as_bytes());
        batch.put(self.space.key(tables::TC_TOKEN_BY_TIME, &index), tagged(tag::INDEX, &[]));
        let key = self.space.key(tables::TC_TOKEN, &single(jid.as_bytes()));
        batch.put(key, encode(&new).map_err(unreadable)?);
        self.space.commit(batch, CommitClass::Soon).await
    }

    /// Adds tokens to an instance that has none.
    pub(super) async fn add_tc_tokens(&self, tokens: &[(&str, TcToken)]) -> Result<(), StoreError> {
        for rows in tokens.chunks(CONTACT_TOKENS_PER_BATCH) {
            let mut batch = Batch::new();
            for (jid, token) in rows {
                let index = timed(token.last_activity_s(), jid.as_bytes());
                batch.put(self.space.key(tables::TC_TOKEN_BY_TIME, &index), tagged(tag::INDEX, &[]));
                let key = self.space.key(tables::TC_TOKEN, &single(jid.as_bytes()));
                batch.put(key, encode(token).map_err(unreadable)?);
            }
            self.space.commit(batch, CommitClass::First).await?;
        }
        Ok(())
    }

    pub(super) async fn drop_tc_token(&self, jid: &str) -> Result<(), StoreError> {
        let _lock = self.locks.tc_tokens.lock().await;
        let Some(old) = self.tc_token(jid)? else { return Ok(()) };
        let mut batch = Batch::new();
        let index = timed(old.last_activity_s(), jid.as_bytes());
        batch.delete(self.space.key(tables::TC_TOKEN_BY_TIME, &index));
        batch.delete(self.space.key(tables::TC_TOKEN, &single(jid.as_bytes())));
        self.space.commit(batch, CommitClass::Soon).await
    }

    pub(super) fn tc_token_jids(&self) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        self.space.for_each(self.space.table(tables::TC_TOKEN_BY_TIME), |key, value| {
            untag(value, tag::INDEX)?;
            let (_, jid) = split_time(key.suffix()).ok_or_else(|| damaged("a cut index".to_owned()))?;
            found.push(String::from_utf8(jid.to_vec()).map_err(|error| damaged(error.to_string()))?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Removes tokens that are past both cutoffs, oldest first, at most a few batches of them.
    pub(super) async fn drop_dead_tc_tokens(
        &self,
        token_cutoff_s: i64,
        sender_cutoff_s: i64,
    ) -> Result<u32, StoreError> {
        let cutoff = token_cutoff_s.max(sender_cutoff_s);
        let start = self.space.key(tables::TC_TOKEN_BY_TIME, &[]);
        let end = self.space.key(tables::TC_TOKEN_BY_TIME, &sortable(cutoff));
        let mut range = trunkline_store::KeyRange::between(start, end);
        let mut dropped = 0;
        for _ in 0..EXPIRED_BATCHES_PER_CALL {
            let page = self.space.page(range.clone(), EXPIRED_ROWS_PER_BATCH)?;
            let Some((last, _)) = page.last() else { break };
            range = range.after(last);
            let _lock = self.locks.tc_tokens.lock().await;
            let mut batch = Batch::new();
            for (key, _) in &page {
                let Some((_, jid)) = split_time(key.suffix()) else { continue };
                let jid = std::str::from_utf8(jid).map_err(|error| damaged(error.to_string()))?;
                match self.tc_token(jid)? {
                    Some(token) if !token.is_dead(token_cutoff_s, sender_cutoff_s) => {}
                    Some(_) => {
                        batch.delete(self.space.key(tables::TC_TOKEN, &single(jid.as_bytes())));
                        batch.delete(key.clone());
                        dropped += 1;
                    }
                    None => batch.delete(key.clone()),
                }
            }
            if !batch.is_empty() {
                self.space.commit(batch, CommitClass::Soon).await?;
            }
        }
        Ok(dropped)
    }
}
