//! People as they are on disk.

use trunkline_model::budget::CheckBudget;
use trunkline_model::chat::{ChatKey, CheckRecord, ContactRecord};
use trunkline_model::command::{CheckedPerson, ContactView, Place};
use trunkline_model::inbound::Party;
use trunkline_model::limits::{PAGE_LIMIT_MAX, PEOPLE_CHECK_TTL_MS};
use trunkline_model::record::{self, table};
use trunkline_model::{Address, ErrorCode, Failure};
use trunkline_store::Direction;

use super::reader::ChatReader;
use crate::limits::{LIST_PAGES_PER_POLL, LIST_SCAN_MAX};
use crate::shard::Breather;

type Result<T> = std::result::Result<T, Failure>;

impl ChatReader {
    /// A page of people in order of their ids.
    pub(crate) async fn contacts(
        &self,
        after: Option<&Place>,
        saved: Option<bool>,
        limit: usize,
    ) -> Result<(Vec<ContactView>, Option<Place>)> {
        let limit = limit.clamp(1, PAGE_LIMIT_MAX);
        let mut rest = self.table(table::CONTACT);
        if let Some(Place(place)) = after {
            rest = rest.after(&self.key(table::CONTACT, place));
        }
        let (mut contacts, mut scanned) = (Vec::new(), 0);
        let mut breather = Breather::every(LIST_PAGES_PER_POLL);
        loop {
            let page = self.scan(rest.clone(), Direction::Forward, PAGE_LIMIT_MAX)?;
            let more = page.len() == PAGE_LIMIT_MAX;
            scanned += page.len();
            for (row, bytes) in &page {
                rest = rest.after(row);
                let contact: ContactRecord =
                    record::decode(bytes).map_err(|error| self.unreadable(&error))?;
                let Some((key, _)) = ChatKey::split(row.suffix()) else { continue };
                if saved.is_none_or(|saved| saved == contact.is_saved()) {
                    contacts.push(view(&key, contact));
                }
                if contacts.len() == limit {
                    return Ok((contacts, Some(Place(row.suffix().to_vec()))));
                }
            }
            match page.last() {
                Some((last, _)) if more && scanned >= LIST_SCAN_MAX => {
                    return Ok((contacts, Some(Place(last.suffix().to_vec()))));
                }
                Some(_) if more => breather.step().await,
                _ => return Ok((contacts, None)),
            }
        }
    }

    /// Those whom the account saved and does not block, so many at the most.
    pub(crate) async fn saved_contacts(&self, most: usize) -> Result<Vec<Address>> {
        let (mut people, mut after) = (Vec::new(), None);
        loop {
            let (contacts, next) = self.contacts(after.as_ref(), Some(true), PAGE_LIMIT_MAX).await?;
            let open = contacts.iter().filter(|contact| !contact.blocked);
            people.extend(open.filter_map(|contact| contact.person.jid.parse::<Address>().ok()));
            if people.len() >= most || next.is_none() {
                people.truncate(most);
                return Ok(people);
            }
            after = next;
        }
    }

    /// One person.
    pub(crate) fn contact(&self, person: &Address) -> Result<ContactView> {
        let key = self.key_of(person)?;
        let contact = self.get::<ContactRecord>(table::CONTACT, key.as_bytes())?;
        contact.map(|contact| view(&key, contact)).ok_or_else(|| {
            Failure::new(ErrorCode::ContactNotFound, "This instance has met nobody of that name.")
        })
    }

    /// What WhatsApp said of a person of late.
    pub(crate) fn checked(&self, person: &Address, now_ms: i64) -> Result<Option<CheckedPerson>> {
        let key = ChatKey::of(person);
        let record = self.get::<CheckRecord>(table::PERSON_CHECK, key.as_bytes())?;
        let is_fresh = |record: &CheckRecord| {
            now_ms.saturating_sub(record.checked_at_ms).unsigned_abs() < PEOPLE_CHECK_TTL_MS
        };
        Ok(record.filter(is_fresh).map(|record| CheckedPerson {
            query: person.clone(),
            person: record.person,
            on_whatsapp: record.on_whatsapp,
            is_business: record.is_business,
            checked_at_ms: record.checked_at_ms,
        }))
    }

    /// What is left of the questions.
    pub(crate) fn check_budget(&self) -> Result<CheckBudget> {
        Ok(self.get::<CheckBudget>(table::CHECK_BUDGET, b"")?.unwrap_or_default())
    }
}

fn view(key: &ChatKey, contact: ContactRecord) -> ContactView {
    let jid = key.address().map(|address| address.jid()).unwrap_or_default();
    ContactView {
        person: Party {
            jid,
            phone: contact.phone.clone(),
            lid: contact.lid.clone(),
            name: contact.display_name().map(str::to_owned),
        },
        saved: contact.is_saved(),
        push_name: contact.push_name,
        full_name: contact.full_name,
        first_name: contact.first_name,
        business_name: contact.business_name,
        blocked: contact.blocked,
    }
}
