//! The rest of the protocol's tables, most of them in files of their own.

use async_trait::async_trait;
use trunkline_model::record::{decode, encode};
use trunkline_store::{Batch, CommitClass, StoreError};
use wacore::store::error::Result;
use wacore::store::traits::{
    DeviceListRecord, LidPnMappingEntry, PendingInboundKey, PendingInboundRow, ProtocolStore, TcTokenEntry,
};

use super::records::{PendingInbound, SentMessage, TcToken};
use super::space::{Rows, tagged};
use super::suffix::{joined, single};
use super::tables::{self, tag};
use super::timed::TimedTable;
use super::{LedgerBackend, failed, unreadable};

const SENT: TimedTable = TimedTable { rows: tables::SENT_MESSAGE, by_time: tables::SENT_MESSAGE_BY_TIME };
const PENDING: TimedTable =
    TimedTable { rows: tables::PENDING_INBOUND, by_time: tables::PENDING_INBOUND_BY_TIME };

fn two(a: &str, b: &str) -> Vec<u8> {
    joined(&[a.as_bytes()], b.as_bytes())
}

fn three(a: &str, b: &str, c: &str) -> Vec<u8> {
    joined(&[a.as_bytes(), b.as_bytes()], c.as_bytes())
}

impl LedgerBackend {
    async fn put_one(&self, table: u8, suffix: &[u8], value: Vec<u8>) -> Result<()> {
        let mut batch = Batch::new();
        batch.put(self.space.key(table, suffix), value);
        self.space.commit(batch, CommitClass::Soon).await.map_err(failed)
    }

    async fn delete_one(&self, table: u8, suffix: &[u8]) -> Result<()> {
        let mut batch = Batch::new();
        batch.delete(self.space.key(table, suffix));
        self.space.commit(batch, CommitClass::Soon).await.map_err(failed)
    }

    fn read(&self, table: u8, tag: u16, suffix: &[u8]) -> Result<Option<Vec<u8>>> {
        let key = self.space.key(table, suffix);
        let value = self.space.get_tagged(&key, tag).map_err(failed)?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn post_pending(&self, rows: &[PendingInboundRow<'_>]) -> std::result::Result<(), StoreError> {
        let stored_at_s = LedgerBackend::now_s();
        let mut batches = Rows::default();
        for row in rows {
            let record = PendingInbound { stored_at_s, payload: row.message.to_vec() };
            let value = encode(&record).map_err(unreadable)?;
            let suffix = three(row.chat, row.sender, row.id);
            let (key, twin, mark) = PENDING.keys(&self.space, &suffix, stored_at_s);
            let batch = batches.next();
            batch.put(key, value);
            batch.put(twin, mark);
        }
        batches.post(&self.space, CommitClass::Soon)
    }

    fn post_pending_removal(&self, keys: &[PendingInboundKey<'_>]) -> std::result::Result<(), StoreError> {
        let mut batches = Rows::default();
        for key in keys {
            let suffix = three(key.chat, key.sender, key.id);
            batches.next().delete(self.space.key(PENDING.rows, &suffix));
        }
        batches.post(&self.space, CommitClass::Soon)
    }

    async fn take_sent(&self, chat: &str, id: &str) -> std::result::Result<Option<Vec<u8>>, StoreError> {
        let _lock = self.locks.sent_messages.lock().await;
        // The message may have been posted a moment ago.
        self.space.barrier().await?;
        let key = self.space.key(SENT.rows, &two(chat, id));
        let Some(bytes) = self.space.get(&key)? else { return Ok(None) };
        let record: SentMessage = decode(&bytes).map_err(unreadable)?;
        let mut batch = Batch::new();
        batch.delete(key);
        self.space.commit(batch, CommitClass::First).await?;
        Ok(Some(record.payload))
    }
}

#[async_trait]
impl ProtocolStore for LedgerBackend {
    async fn get_sender_key_devices(&self, group_jid: &str) -> Result<Vec<(String, bool)>> {
        self.sender_key_devices(group_jid).map_err(failed)
    }

    async fn set_sender_key_status(&self, group_jid: &str, entries: &[(&str, bool)]) -> Result<()> {
        self.mark_sender_key_devices(group_jid, entries).await.map_err(failed)
    }

    async fn clear_sender_key_devices(&self, group_jid: &str) -> Result<()> {
        self.forget_sender_key_group(group_jid).await.map_err(failed)
    }

    async fn delete_sender_key_device_rows(&self, device_jids: &[&str]) -> Result<()> {
        self.forget_sender_key_devices(device_jids).await.map_err(failed)
    }

    async fn clear_all_sender_key_devices(&self) -> Result<()> {
        self.forget_all_sender_key_devices().await.map_err(failed)
    }

    async fn get_lid_mapping(&self, lid: &str) -> Result<Option<LidPnMappingEntry>> {
        self.lid_mapping(lid).map_err(failed)
    }

    async fn get_pn_mapping(&self, phone: &str) -> Result<Option<LidPnMappingEntry>> {
        self.phone_mapping(phone).map_err(failed)
    }

    async fn put_lid_mapping(&self, entry: &LidPnMappingEntry) -> Result<()> {
        self.store_lid_mappings(std::slice::from_ref(entry)).await.map_err(failed)
    }

    async fn put_lid_mappings(&self, entries: &[LidPnMappingEntry]) -> Result<()> {
        self.store_lid_mappings(entries).await.map_err(failed)
    }

    async fn get_all_lid_mappings(&self) -> Result<Vec<LidPnMappingEntry>> {
        self.all_lid_mappings().map_err(failed)
    }

    async fn save_base_key(&self, address: &str, message_id: &str, base_key: &[u8]) -> Result<()> {
        self.put_one(tables::BASE_KEY, &two(address, message_id), tagged(tag::BASE_KEY, base_key)).await
    }

    async fn has_same_base_key(
        &self,
        address: &str,
        message_id: &str,
        current_base_key: &[u8],
    ) -> Result<bool> {
        let stored = self.read(tables::BASE_KEY, tag::BASE_KEY, &two(address, message_id))?;
        Ok(stored.is_some_and(|stored| stored == current_base_key))
    }

    async fn delete_base_key(&self, address: &str, message_id: &str) -> Result<()> {
        self.delete_one(tables::BASE_KEY, &two(address, message_id)).await
    }

    async fn update_device_list(&self, record: DeviceListRecord) -> Result<()> {
        self.store_device_lists(vec![record]).await.map_err(failed)
    }

    async fn update_device_lists(&self, records: Vec<DeviceListRecord>) -> Result<()> {
        self.store_device_lists(records).await.map_err(failed)
    }

    async fn get_devices(&self, user: &str) -> Result<Option<DeviceListRecord>> {
        self.device_list(user).map_err(failed)
    }

    async fn delete_devices(&self, user: &str) -> Result<()> {
        self.delete_one(tables::DEVICE_LIST, &single(user.as_bytes())).await
    }

    async fn get_group_metadata(&self, group_jid: &str) -> Result<Option<Vec<u8>>> {
        self.read(tables::GROUP_METADATA, tag::GROUP_METADATA, &single(group_jid.as_bytes()))
    }

    async fn put_group_metadata(&self, group_jid: &str, blob: &[u8]) -> Result<()> {
        let suffix = single(group_jid.as_bytes());
        self.put_one(tables::GROUP_METADATA, &suffix, tagged(tag::GROUP_METADATA, blob)).await
    }

    async fn delete_group_metadata(&self, group_jid: &str) -> Result<()> {
        self.delete_one(tables::GROUP_METADATA, &single(group_jid.as_bytes())).await
    }

    async fn get_tc_token(&self, jid: &str) -> Result<Option<TcTokenEntry>> {
        Ok(self.tc_token(jid).map_err(failed)?.map(TcTokenEntry::from))
    }

    async fn put_tc_token(&self, jid: &str, entry: &TcTokenEntry) -> Result<()> {
        self.change_tc_token(jid, |_| Some(TcToken::from(entry))).await.map_err(failed)
    }

    async fn delete_tc_token(&self, jid: &str) -> Result<()> {
        self.drop_tc_token(jid).await.map_err(failed)
    }

    async fn get_all_tc_token_jids(&self) -> Result<Vec<String>> {
        self.tc_token_jids().map_err(failed)
    }

    async fn delete_expired_tc_tokens(&self, token_cutoff: i64, sender_cutoff: i64) -> Result<u32> {
        self.drop_dead_tc_tokens(token_cutoff, sender_cutoff).await.map_err(failed)
    }

    async fn touch_tc_token_sender_timestamp(&self, jid: &str, sender_timestamp: i64) -> Result<()> {
        self.change_tc_token(jid, |old| {
            let old = old.unwrap_or(TcToken {
                token: Vec::new(),
                received_at_s: sender_timestamp,
                issued_at_s: None,
            });
            // Only ever forward, whichever of two writers comes last.
            let issued_at_s = Some(old.issued_at_s.map_or(sender_timestamp, |at| at.max(sender_timestamp)));
            Some(TcToken { issued_at_s, ..old })
        })
        .await
        .map_err(failed)
    }

    async fn store_received_tc_token(&self, jid: &str, token: &[u8], token_timestamp: i64) -> Result<()> {
        self.change_tc_token(jid, |old| {
            let fresher =
                old.as_ref().filter(|old| !old.token.is_empty() && token_timestamp < old.received_at_s);
            if fresher.is_some() {
                return None;
            }
            let issued_at_s = old.and_then(|old| old.issued_at_s);
            Some(TcToken { token: token.to_vec(), received_at_s: token_timestamp, issued_at_s })
        })
        .await
        .map_err(failed)
    }

    async fn store_sent_message(&self, chat_jid: &str, message_id: &str, payload: &[u8]) -> Result<()> {
        let stored_at_s = LedgerBackend::now_s();
        let record = SentMessage { stored_at_s, payload: payload.to_vec() };
        let value = encode(&record).map_err(unreadable).map_err(failed)?;
        let mut batch = Batch::new();
        let (key, twin, mark) = SENT.keys(&self.space, &two(chat_jid, message_id), stored_at_s);
        batch.put(key, value);
        batch.put(twin, mark);
        self.space.post(batch, CommitClass::Soon).map_err(failed)
    }

    async fn take_sent_message(&self, chat_jid: &str, message_id: &str) -> Result<Option<Vec<u8>>> {
        self.take_sent(chat_jid, message_id).await.map_err(failed)
    }

    async fn delete_expired_sent_messages(&self, cutoff_timestamp: i64) -> Result<u32> {
        let _lock = self.locks.sent_messages.lock().await;
        SENT.expire(&self.space, cutoff_timestamp, |bytes| {
            let record: SentMessage = decode(bytes).map_err(unreadable)?;
            Ok(Some(record.stored_at_s))
        })
        .await
        .map_err(failed)
    }

    async fn store_pending_inbound(&self, chat: &str, sender: &str, id: &str, message: &[u8]) -> Result<()> {
        self.post_pending(&[PendingInboundRow { chat, sender, id, message }]).map_err(failed)
    }

    async fn get_pending_inbound(&self, chat: &str, sender: &str, id: &str) -> Result<Option<Vec<u8>>> {
        // Asked for on a second delivery only. "Nothing" means that the message is acknowledged, so it must be true.
        self.space.barrier().await.map_err(failed)?;
        let key = self.space.key(PENDING.rows, &three(chat, sender, id));
        let Some(bytes) = self.space.get(&key).map_err(failed)? else { return Ok(None) };
        let record: PendingInbound = decode(&bytes).map_err(unreadable).map_err(failed)?;
        Ok(Some(record.payload))
    }

    async fn delete_pending_inbound(&self, chat: &str, sender: &str, id: &str) -> Result<()> {
        self.post_pending_removal(&[PendingInboundKey { chat, sender, id }]).map_err(failed)
    }

    async fn delete_expired_pending_inbound(&self, cutoff_timestamp: i64) -> Result<u32> {
        PENDING
            .expire(&self.space, cutoff_timestamp, |bytes| {
                let record: PendingInbound = decode(bytes).map_err(unreadable)?;
                Ok(Some(record.stored_at_s))
            })
            .await
            .map_err(failed)
    }

    async fn store_pending_inbound_batch(&self, rows: &[PendingInboundRow<'_>]) -> Result<()> {
        self.post_pending(rows).map_err(failed)
    }

    async fn delete_pending_inbound_batch(&self, keys: &[PendingInboundKey<'_>]) -> Result<()> {
        self.post_pending_removal(keys).map_err(failed)
    }
}
