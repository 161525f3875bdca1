//! What a batch is to write about chats and people, and a look at what is there already.

use bytes::Bytes;
use trunkline_model::InstanceId;
use trunkline_model::chat::{ChatKey, ChatRecord, ContactRecord};
use trunkline_model::inbound::Party;
use trunkline_model::record::{self, Record, RecordError, Serializer, table};
use trunkline_store::{Batch, Key, KeyRange, Ledger, StoreError};

use super::pending::Pending;
use super::place::activity_suffix;
use crate::place::instance_key;

/// Rows of one batch. Reads see the rows of the sheet, then those under way, then the disk.
pub(crate) struct Sheet<'a> {
    ledger: &'a dyn Ledger,
    instance: InstanceId,
    pending: &'a Pending,
    rows: Vec<(Key, Option<Bytes>)>,
    ranges: Vec<KeyRange>,
}

type Result<T> = std::result::Result<T, StoreError>;

impl<'a> Sheet<'a> {
    pub(crate) fn new(ledger: &'a dyn Ledger, instance: InstanceId, pending: &'a Pending) -> Sheet<'a> {
        Sheet { ledger, instance, pending, rows: Vec::new(), ranges: Vec::new() }
    }

    /// Adds the rows to the batch; gives them back to be kept until they are on disk.
    pub(crate) fn fill(self, batch: &mut Batch) -> Vec<(Key, Option<Bytes>)> {
        self.ranges.into_iter().for_each(|range| batch.delete_range(range));
        for (key, value) in &self.rows {
            match value {
                Some(value) => batch.put(key.clone(), value.clone()),
                None => batch.delete(key.clone()),
            }
        }
        // What is never read before it is on disk need not be kept.
        self.rows.into_iter().filter(|(key, _)| key.table() != table::CHAT_MESSAGE).collect()
    }

    fn key(&self, table: u8, suffix: &[u8]) -> Key {
        instance_key(self.instance, table, suffix)
    }

    pub(super) fn get(&self, table: u8, suffix: &[u8]) -> Result<Option<Bytes>> {
        let key = self.key(table, suffix);
        if let Some((_, value)) = self.rows.iter().rev().find(|(written, _)| *written == key) {
            return Ok(value.clone());
        }
        match self.pending.get(&key) {
            Some(value) => Ok(value),
            None => self.ledger.get(&key),
        }
    }

    /// A record; one that cannot be read counts as none, because a damaged note about a chat must not keep its messages out.
    pub(super) fn record<R>(&self, table: u8, suffix: &[u8]) -> Result<Option<R>>
    where
        R: Record,
        R::Archived: for<'b> rkyv::bytecheck::CheckBytes<rkyv::api::high::HighValidator<'b, rkyv::rancor::Error>>
            + rkyv::Deserialize<R, rkyv::rancor::Strategy<rkyv::de::Pool, rkyv::rancor::Error>>,
    {
        let Some(bytes) = self.get(table, suffix)? else { return Ok(None) };
        let read = record::decode(&bytes);
        if let Err(error) = &read {
            tracing::error!(instance = %self.instance, table, %error, "a note about a chat or person cannot be read");
        }
        Ok(read.ok())
    }

    pub(super) fn put(&mut self, table: u8, suffix: &[u8], value: impl Into<Bytes>) {
        self.rows.push((self.key(table, suffix), Some(value.into())));
    }

    pub(super) fn put_record<R>(&mut self, table: u8, suffix: &[u8], value: &R) -> Result<()>
    where
        R: Record + for<'b> rkyv::Serialize<Serializer<'b>>,
    {
        self.put(table, suffix, record::encode(value).map_err(unencodable)?);
        Ok(())
    }

    pub(super) fn delete(&mut self, table: u8, suffix: &[u8]) {
        self.rows.push((self.key(table, suffix), None));
    }

    pub(super) fn delete_all(&mut self, table: u8, suffix_prefix: &[u8]) {
        let range = KeyRange::prefix(self.instance.slot().0, self.instance.0, table, suffix_prefix);
        self.ranges.push(range);
    }

    /// The key that a person or chat is kept under. A LID of which the phone number was learned is the phone number.
    pub(super) fn key_of(&self, party: &Party) -> Result<Option<ChatKey>> {
        if let (None, Some(lid)) = (&party.phone, &party.lid)
            && let Some(phone) = self.phone_of(lid)?
        {
            return Ok(Some(ChatKey::of(&trunkline_model::Address::Phone(phone))));
        }
        Ok(ChatKey::of_party(party))
    }

    fn phone_of(&self, lid: &str) -> Result<Option<String>> {
        let phone = self.get(table::PERSON_ALIAS, lid.as_bytes())?;
        Ok(phone.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()))
    }

    /// Adds the name that a stanza did not tell, where it was learned before.
    pub(crate) fn complete(&self, party: &mut Party) -> Result<()> {
        match (&party.phone, &party.lid) {
            (None, Some(lid)) => party.phone = self.phone_of(lid)?,
            (Some(_), None) => {
                let Some(key) = ChatKey::of_party(party) else { return Ok(()) };
                let known = self.record::<ContactRecord>(table::CONTACT, key.as_bytes())?;
                party.lid = known.and_then(|known| known.lid);
            }
            _ => {}
        }
        Ok(())
    }

    /// Learns of a person: its names, and that a phone number and a LID are the same person. Gives its record.
    pub(super) fn meet(&mut self, person: &Party) -> Result<Option<(ChatKey, ContactRecord)>> {
        if person.phone.is_none() && person.lid.is_none() {
            return Ok(None);
        }
        let Some(key) = self.key_of(person)? else { return Ok(None) };
        let before = self.record::<ContactRecord>(table::CONTACT, key.as_bytes())?;
        let mut contact = before.clone().unwrap_or_default();
        contact.meet(person);
        if let (Some(phone), Some(lid)) = (&person.phone, &person.lid)
            && before.as_ref().is_none_or(|before| before.lid.as_ref() != Some(lid))
        {
            self.link(phone, lid, &key, &mut contact)?;
        }
        if before.as_ref() != Some(&contact) {
            self.put_record(table::CONTACT, key.as_bytes(), &contact)?;
        }
        Ok(Some((key, contact)))
    }

    /// A LID and a phone number turn out to be one person: what was kept under the LID joins what is kept under the number.
    /// Places of messages stay: a chat is read under both of its names.
    fn link(&mut self, phone: &str, lid: &str, key: &ChatKey, contact: &mut ContactRecord) -> Result<()> {
        self.put(table::PERSON_ALIAS, lid.as_bytes(), phone.as_bytes().to_vec());
        let by_lid = ChatKey::of(&trunkline_model::Address::Lid(lid.to_owned()));
        if let Some(other) = self.record::<ContactRecord>(table::CONTACT, by_lid.as_bytes())? {
            contact.join(other);
            self.delete(table::CONTACT, by_lid.as_bytes());
        }
        if let Some(other) = self.record::<ChatRecord>(table::CHAT, by_lid.as_bytes())? {
            self.delete(table::CHAT, by_lid.as_bytes());
            self.delete(table::CHAT_ACTIVITY, &activity_suffix(other.activity(), &by_lid));
            let before = self.chat(key)?;
            let mut chat = before.clone().unwrap_or_default();
            chat.join(other);
            self.put_chat(key, before.as_ref(), &chat)?;
        }
        Ok(())
    }

    pub(super) fn chat(&self, key: &ChatKey) -> Result<Option<ChatRecord>> {
        self.record(table::CHAT, key.as_bytes())
    }

    /// Writes a chat that changed, and its place among the hours where that changed, too.
    pub(super) fn put_chat(
        &mut self,
        key: &ChatKey,
        before: Option<&ChatRecord>,
        chat: &ChatRecord,
    ) -> Result<()> {
        if before == Some(chat) {
            return Ok(());
        }
        let hour = before.map(ChatRecord::activity);
        if hour != Some(chat.activity()) {
            if let Some(hour) = hour {
                self.delete(table::CHAT_ACTIVITY, &activity_suffix(hour, key));
            }
            self.put(table::CHAT_ACTIVITY, &activity_suffix(chat.activity(), key), Bytes::new());
        }
        self.put_record(table::CHAT, key.as_bytes(), chat)
    }

    /// A change that was made to a chat, on a record that is made when there is none.
    pub(super) fn change_chat(
        &mut self,
        key: &ChatKey,
        addressed: &str,
        change: impl FnOnce(&mut ChatRecord),
    ) -> Result<()> {
        let before = self.chat(key)?;
        let mut chat = before.clone().unwrap_or_else(|| ChatRecord::new(addressed));
        change(&mut chat);
        self.put_chat(key, before.as_ref(), &chat)
    }
}

fn unencodable(error: RecordError) -> StoreError {
    StoreError::Corrupt {
        what: "a note about a chat that is to be written".into(),
        detail: error.to_string(),
    }
}
