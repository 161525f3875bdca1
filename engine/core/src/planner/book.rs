//! The address book: contacts, and the indexes that they are found by.

use std::collections::{BTreeSet, HashSet};

use trunkline_model::command::{BookCommand, Imported, Place, PlanReply, UpdateContact};
use trunkline_model::limits::CONTACTS_PER_ACCOUNT_MAX;
use trunkline_model::plan::{ContactRecord, NewContact, fold};
use trunkline_model::record::table;
use trunkline_model::{AccountId, ContactId, ErrorCode, Failure};
use trunkline_store::{Batch, Key};

use super::Planner;
use super::rows::{full, id_at_end, key, put, range, read};
use crate::clock;
use crate::limits::{IMPORT_BATCH_BYTES, IMPORT_BATCH_OPS};

/// Suffix of an index: what is looked for, 0, the contact.
fn entry(word: &str, id: ContactId) -> Vec<u8> {
    [word.as_bytes(), &[0], &id.0.to_be_bytes()].concat()
}

/// The indexed word of such a suffix.
fn word_of(suffix: &[u8]) -> &[u8] {
    suffix.get(..suffix.len().saturating_sub(9)).unwrap_or_default()
}

/// Every index entry of a contact.
fn entries(account: AccountId, record: &ContactRecord) -> BTreeSet<Key> {
    let tags = record.about.tags.iter().map(|tag| key(account, table::BOOK_TAG, &entry(tag, record.id)));
    let words = record.about.search_words();
    let words = words.iter().map(|word| key(account, table::BOOK_WORD, &entry(word, record.id)));
    tags.chain(words).collect()
}

fn no_contact() -> Failure {
    Failure::new(ErrorCode::ContactNotFound, "This account has no contact with that id.")
}

fn taken() -> Failure {
    Failure::new(ErrorCode::NameTaken, "Another contact of this account has this phone number.")
}

impl Planner {
    pub(super) async fn book(&self, account: AccountId, command: BookCommand) -> Result<PlanReply, Failure> {
        match command {
            BookCommand::Create(new) => self.create_contact(account, new).await,
            BookCommand::Import(people) => self.import(account, people).await,
            BookCommand::List { after, search, tag, limit } => {
                self.list_contacts(account, after, (search, tag), limit)
            }
            BookCommand::Get(id) => Ok(PlanReply::Contact(Box::new(self.contact(account, id)?))),
            BookCommand::Update(id, update) => self.update_contact(account, id, update).await,
            BookCommand::Delete(id) => {
                let _changing = self.lock(account).await;
                let record = self.contact(account, id)?;
                let mut batch = Batch::new();
                self.unindex(account, &record, &BTreeSet::new(), &mut batch);
                batch.delete(key(account, table::BOOK_PHONE, record.about.phone.as_bytes()));
                batch.delete(key(account, table::BOOK, &id.0.to_be_bytes()));
                self.shrink(account, table::BOOK, 1, &mut batch)?;
                self.commit(account, batch).await?;
                Ok(PlanReply::Done)
            }
        }
    }

    pub(super) fn contact(&self, account: AccountId, id: ContactId) -> Result<ContactRecord, Failure> {
        self.get(account, table::BOOK, &id.0.to_be_bytes())?.ok_or_else(no_contact)
    }

    fn contact_by_phone(&self, account: AccountId, phone: &str) -> Result<Option<ContactRecord>, Failure> {
        let id = self.bytes(account, table::BOOK_PHONE, phone.as_bytes())?.and_then(|id| id_at_end(&id));
        id.map(|id| self.contact(account, ContactId(id))).transpose()
    }

    async fn create_contact(&self, account: AccountId, new: NewContact) -> Result<PlanReply, Failure> {
        let _changing = self.lock(account).await;
        if self.contact_by_phone(account, &new.phone)?.is_some() {
            return Err(taken());
        }
        let record = fresh(new);
        let mut batch = Batch::new();
        self.grow(account, table::BOOK, ("contacts", CONTACTS_PER_ACCOUNT_MAX), &mut batch)?;
        self.write_contact(account, None, &record, &mut batch)?;
        self.commit(account, batch).await?;
        Ok(PlanReply::Contact(Box::new(record)))
    }

    async fn update_contact(
        &self,
        account: AccountId,
        id: ContactId,
        update: UpdateContact,
    ) -> Result<PlanReply, Failure> {
        let _changing = self.lock(account).await;
        let before = self.contact(account, id)?;
        let mut record = before.clone();
        let about = &mut record.about;
        if let Some(phone) = update.phone.filter(|phone| *phone != about.phone) {
            if self.contact_by_phone(account, &phone)?.is_some() {
                return Err(taken());
            }
            about.phone = phone;
        }
        about.name = update.name.unwrap_or(about.name.take());
        about.email = update.email.unwrap_or(about.email.take());
        about.notes = update.notes.unwrap_or(about.notes.take());
        about.tags = update.tags.unwrap_or(std::mem::take(&mut about.tags));
        about.custom = update.custom.unwrap_or(std::mem::take(&mut about.custom));
        let problems = about.problems();
        if !problems.is_empty() {
            return Err(Failure::invalid(problems));
        }
        record.updated_at_ms = clock::wall_ms();
        let mut batch = Batch::new();
        self.write_contact(account, Some(&before), &record, &mut batch)?;
        self.commit(account, batch).await?;
        Ok(PlanReply::Contact(Box::new(record)))
    }

    /// Adds people, or completes those who are there, as many in one batch as it has room for. Who comes twice is read back before
    /// the second time.
    async fn import(&self, account: AccountId, people: Vec<NewContact>) -> Result<PlanReply, Failure> {
        let _changing = self.lock(account).await;
        let mut size = self.size(account, table::BOOK)?;
        let mut results = Vec::with_capacity(people.len());
        let (mut batch, mut within) = (Batch::new(), HashSet::new());
        for new in people {
            if within.contains(&new.phone)
                || batch.len() >= IMPORT_BATCH_OPS
                || batch.bytes() >= IMPORT_BATCH_BYTES
            {
                self.commit_book(account, std::mem::take(&mut batch), size).await?;
                within.clear();
            }
            within.insert(new.phone.clone());
            results.push(self.import_one(account, new, &mut size, &mut batch));
        }
        self.commit_book(account, batch, size).await?;
        Ok(PlanReply::Imported(results))
    }

    async fn commit_book(&self, account: AccountId, mut batch: Batch, size: u64) -> Result<(), Failure> {
        if batch.is_empty() {
            return Ok(());
        }
        Planner::put_size(account, table::BOOK, size, &mut batch)?;
        self.commit(account, batch).await
    }

    fn import_one(
        &self,
        account: AccountId,
        new: NewContact,
        size: &mut u64,
        batch: &mut Batch,
    ) -> Result<Imported, Failure> {
        if let Some(before) = self.contact_by_phone(account, &new.phone)? {
            let mut record = before.clone();
            record.about.name = new.name.or(record.about.name);
            record.about.email = new.email.or(record.about.email);
            record.about.notes = new.notes.or(record.about.notes);
            record.about.tags.extend(new.tags);
            record.about.custom.extend(new.custom);
            let problems = record.about.problems();
            if !problems.is_empty() {
                return Err(Failure::invalid(problems));
            }
            record.updated_at_ms = clock::wall_ms();
            self.write_contact(account, Some(&before), &record, batch)?;
            return Ok(Imported::Updated);
        }
        if *size >= CONTACTS_PER_ACCOUNT_MAX as u64 {
            return Err(full("contacts", CONTACTS_PER_ACCOUNT_MAX));
        }
        self.write_contact(account, None, &fresh(new), batch)?;
        *size += 1;
        Ok(Imported::Created)
    }

    fn write_contact(
        &self,
        account: AccountId,
        before: Option<&ContactRecord>,
        record: &ContactRecord,
        batch: &mut Batch,
    ) -> Result<(), Failure> {
        let id = record.id.0.to_be_bytes();
        let wanted = entries(account, record);
        if let Some(before) = before {
            self.unindex(account, before, &wanted, batch);
            if before.about.phone != record.about.phone {
                batch.delete(key(account, table::BOOK_PHONE, before.about.phone.as_bytes()));
            }
        }
        wanted.into_iter().for_each(|entry| batch.put(entry, &b""[..]));
        batch.put(key(account, table::BOOK_PHONE, record.about.phone.as_bytes()), id.to_vec());
        put(batch, key(account, table::BOOK, &id), record)
    }

    /// Removes the index entries of a contact but those that stay.
    fn unindex(&self, account: AccountId, record: &ContactRecord, stay: &BTreeSet<Key>, batch: &mut Batch) {
        entries(account, record).difference(stay).for_each(|entry| batch.delete(entry.clone()));
    }

    fn list_contacts(
        &self,
        account: AccountId,
        after: Option<Place>,
        (search, tag): (Option<String>, Option<String>),
        limit: usize,
    ) -> Result<PlanReply, Failure> {
        let search = search.map(|text| fold(&text).trim_start_matches('+').to_owned());
        let (index, prefix) = match (&search, &tag) {
            (Some(text), _) => (table::BOOK_WORD, text.as_bytes().to_vec()),
            (None, Some(tag)) => (table::BOOK_TAG, [tag.as_bytes(), &[0]].concat()),
            (None, None) => (table::BOOK, Vec::new()),
        };
        let after = after.map(|place| key(account, index, &place.0));
        let whole = range(account, index, &prefix);
        let (records, next) = self.page(account, (whole, after), limit, |key, bytes| {
            let record: ContactRecord = match index {
                table::BOOK => read(bytes)?,
                _ => {
                    let Some(id) = id_at_end(key.suffix()) else { return Ok(None) };
                    // Gone since its entry was read.
                    let Ok(record) = self.contact(account, ContactId(id)) else { return Ok(None) };
                    record
                }
            };
            let tagged = tag.as_ref().is_none_or(|tag| record.about.tags.contains(tag));
            let first = search.as_ref().is_none_or(|text| is_first(&record, text, word_of(key.suffix())));
            Ok((tagged && first).then_some(record))
        })?;
        Ok(PlanReply::Contacts(records, next.map(|key| Place(key.suffix().to_vec()))))
    }
}

/// Whether a word is the first one of a contact that begins so: a contact that several words find is listed once.
fn is_first(record: &ContactRecord, text: &str, word: &[u8]) -> bool {
    let words = record.about.search_words();
    words.iter().find(|word| word.starts_with(text)).is_some_and(|first| first.as_bytes() == word)
}

fn fresh(about: NewContact) -> ContactRecord {
    let now_ms = clock::wall_ms();
    ContactRecord { id: ContactId(clock::random_u64()), about, created_at_ms: now_ms, updated_at_ms: now_ms }
}
