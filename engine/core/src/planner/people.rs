//! The people of campaigns. Each has a number, in the order of their coming, and is in a campaign once.

use trunkline_model::command::{NewRecipient, PlanReply, Reach, RecipientView};
use trunkline_model::limits::CAMPAIGN_RECIPIENTS_MAX;
use trunkline_model::message::MessageStatus;
use trunkline_model::plan::{CampaignRecord, RecipientRecord, RecipientState, TemplateText};
use trunkline_model::record::table;
use trunkline_model::{AccountId, CampaignId, ContactId, ErrorCode, Failure, FieldError};
use trunkline_store::{Batch, Direction, Key, KeyRange};

use super::Planner;
use super::rows::{id_at_end, key, put, range, read};
use crate::clock;
use crate::limits::{CAMPAIGN_SWEEP, PLAN_PAGE};

pub(super) fn place(account: AccountId, id: CampaignId, number: u32) -> Key {
    key(account, table::RECIPIENT, &[&id.0.to_be_bytes()[..], &number.to_be_bytes()].concat())
}

fn member(account: AccountId, id: CampaignId, phone: &str) -> Key {
    key(account, table::RECIPIENT_PHONE, &[&id.0.to_be_bytes()[..], phone.as_bytes()].concat())
}

pub(super) fn everybody(account: AccountId, id: CampaignId) -> KeyRange {
    range(account, table::RECIPIENT, &id.0.to_be_bytes())
}

/// The number that a key ends with.
pub(super) fn number_of(key: &Key) -> u32 {
    key.suffix().last_chunk::<4>().copied().map_or(0, u32::from_be_bytes)
}

impl Planner {
    /// Adds the people that a campaign is made with.
    pub(super) async fn add_first(
        &self,
        account: AccountId,
        id: CampaignId,
        people: Vec<NewRecipient>,
        tags: &[String],
    ) -> Result<(), Failure> {
        if !people.is_empty() {
            self.add_people(account, id, people).await?;
        }
        if !tags.is_empty() {
            self.add_tagged(account, id, tags).await?;
        }
        Ok(())
    }

    /// Adds people, all or none of them.
    pub(super) async fn add_people(
        &self,
        account: AccountId,
        id: CampaignId,
        people: Vec<NewRecipient>,
    ) -> Result<PlanReply, Failure> {
        let _changing = self.lock(account).await;
        let mut record = self.read_campaign(account, id)?;
        if !record.state.takes_recipients() {
            let detail =
                format!("The campaign is {}; people are added before it starts.", record.state.as_str());
            return Err(Failure::new(ErrorCode::PlanState, detail));
        }
        let mut problems = Vec::new();
        let wanted = TemplateText::parse(&record.content.body);
        let wanted: Vec<String> =
            wanted.map_or(Vec::new(), |text| text.variables().into_iter().map(str::to_owned).collect());
        for (index, new) in people.iter().enumerate() {
            let missing =
                wanted.iter().filter(|name| name.as_str() != "phone" && !new.variables.contains_key(*name));
            problems.extend(missing.map(|name| {
                FieldError::new(
                    format!("recipients.{index}.variables.{name}"),
                    "is missing; the message needs it",
                )
            }));
        }
        if !problems.is_empty() {
            return Err(Failure::invalid(problems));
        }
        let (added, batch) = self.put_people(account, &mut record, people)?;
        self.commit(account, batch).await?;
        Ok(PlanReply::Added(added, record.counts.total()))
    }

    fn put_people(
        &self,
        account: AccountId,
        record: &mut CampaignRecord,
        people: Vec<NewRecipient>,
    ) -> Result<(Vec<bool>, Batch), Failure> {
        let (mut batch, mut added, now_ms) =
            (Batch::new(), Vec::with_capacity(people.len()), clock::wall_ms());
        let mut within = std::collections::HashSet::new();
        for NewRecipient { phone, mut variables } in people {
            let member = member(account, record.id, &phone);
            let known =
                self.ledger(account).get(&member).map_err(|error| crate::shard::store_failure(&error))?;
            let is_new = known.is_none() && within.insert(phone.clone());
            added.push(is_new);
            if !is_new {
                continue;
            }
            let number = record.counts.total();
            if number >= CAMPAIGN_RECIPIENTS_MAX {
                let detail = format!("A campaign has at most {CAMPAIGN_RECIPIENTS_MAX} recipients.");
                return Err(Failure::new(ErrorCode::PlansFull, detail));
            }
            variables.entry("phone".to_owned()).or_insert_with(|| phone.clone());
            batch.put(member, number.to_be_bytes().to_vec());
            let row = RecipientRecord::new(phone, variables, now_ms);
            put(&mut batch, place(account, record.id, number), &row)?;
            record.counts.add(RecipientState::Pending);
        }
        Planner::put_campaign(account, record, &mut batch)?;
        if batch.bytes() > trunkline_store::limits::BATCH_BYTES_MAX {
            let detail = "These recipients are too long to be added together; add fewer at a time.";
            return Err(Failure::new(ErrorCode::BodyTooLarge, detail));
        }
        Ok((added, batch))
    }

    /// Adds everybody with one of these tags, as the address book is now.
    pub(super) async fn add_tagged(
        &self,
        account: AccountId,
        id: CampaignId,
        tags: &[String],
    ) -> Result<PlanReply, Failure> {
        for tag in tags {
            let whole = range(account, table::BOOK_TAG, &[tag.as_bytes(), &[0]].concat());
            let mut rest = whole.clone();
            loop {
                let page = self.scan(account, rest, Direction::Forward, PLAN_PAGE)?;
                let contacts = page.iter().filter_map(|(key, _)| id_at_end(key.suffix()));
                let contacts = contacts.filter_map(|contact| self.contact(account, ContactId(contact)).ok());
                let people: Vec<NewRecipient> = contacts
                    .map(|contact| NewRecipient {
                        variables: contact.about.variables(),
                        phone: contact.about.phone,
                    })
                    .collect();
                if !people.is_empty() {
                    self.add_people(account, id, people).await?;
                }
                match page.last() {
                    Some((last, _)) if page.len() == PLAN_PAGE => rest = whole.after(last),
                    _ => break,
                }
            }
        }
        let total = self.read_campaign(account, id)?.counts.total();
        Ok(PlanReply::Added(Vec::new(), total))
    }

    /// A page of a campaign's people.
    pub(super) fn people(
        &self,
        account: AccountId,
        id: CampaignId,
        (from, state): (u32, Option<RecipientState>),
        limit: usize,
    ) -> Result<PlanReply, Failure> {
        self.read_campaign(account, id)?;
        let after = from.checked_sub(1).map(|before| place(account, id, before));
        let (people, next) = self.page(account, (everybody(account, id), after), limit, |key, bytes| {
            let record: RecipientRecord = read(bytes)?;
            if state.is_some_and(|state| state != record.state) {
                return Ok(None);
            }
            let message = record.instance.zip(record.message);
            let message =
                message.map(|(instance, message)| self.message(instance, message)).transpose()?.flatten();
            Ok(Some(RecipientView {
                number: number_of(key),
                record,
                status: message.map(|found| found.status),
            }))
        })?;
        Ok(PlanReply::Recipients(people, next.map(|key| number_of(&key) + 1)))
    }

    /// What became of a campaign's messages after they were sent. Reads a row for each of them.
    pub(super) fn reach(&self, account: AccountId, id: CampaignId) -> Result<Reach, Failure> {
        let (mut reach, mut after) = (Reach::default(), None);
        loop {
            let whole = (everybody(account, id), after);
            let (_, next) = self.page(account, whole, usize::MAX, |_, bytes| {
                let record: RecipientRecord = read(bytes)?;
                if let (RecipientState::Sent, Some(instance), Some(message)) =
                    (record.state, record.instance, record.message)
                    && let Some(found) = self.message(instance, message)?
                {
                    let is_read = matches!(found.status, MessageStatus::Read | MessageStatus::Played);
                    reach.read += u32::from(is_read);
                    reach.delivered += u32::from(is_read || found.status == MessageStatus::Delivered);
                }
                Ok(Some(()))
            })?;
            match next {
                Some(next) => after = Some(next),
                None => return Ok(reach),
            }
        }
    }

    /// Removes a campaign that is not under way, with its people.
    pub(super) async fn delete_campaign(
        &self,
        account: AccountId,
        id: CampaignId,
    ) -> Result<PlanReply, Failure> {
        let _changing = self.lock(account).await;
        let record = self.read_campaign(account, id)?;
        let idle = record.state.is_over() || record.state.takes_recipients();
        if !idle || record.counts.under_way() > 0 || self.is_run(id) {
            return Err(Failure::new(
                ErrorCode::PlanState,
                "The campaign is under way; cancel it, and delete it when it has ended.",
            ));
        }
        let members = range(account, table::RECIPIENT_PHONE, &id.0.to_be_bytes());
        for whole in [everybody(account, id), members] {
            loop {
                let rows = self.scan(account, whole.clone(), Direction::Forward, CAMPAIGN_SWEEP)?;
                let mut batch = Batch::new();
                rows.iter().for_each(|(key, _)| batch.delete(key.clone()));
                self.commit(account, batch).await?;
                if rows.len() < CAMPAIGN_SWEEP {
                    break;
                }
            }
        }
        let mut batch = Batch::new();
        batch.delete(key(account, table::CAMPAIGN, &id.0.to_be_bytes()));
        self.commit(account, batch).await?;
        Ok(PlanReply::Done)
    }
}
