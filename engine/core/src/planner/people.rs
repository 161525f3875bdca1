//! The people of campaigns. Each has a number, in the order of their coming, and is in a campaign once.

use bytes::Bytes;
use trunkline_model::command::{NewRecipient, PlanReply, RecipientView};
use trunkline_model::limits::CAMPAIGN_RECIPIENTS_MAX;
use trunkline_model::plan::{CampaignRecord, CampaignStep, RecipientRecord, RecipientState};
use trunkline_model::record::table;
use trunkline_model::{AccountId, CampaignId, ContactId, ErrorCode, Failure, FieldError};
use trunkline_store::{Batch, Direction, Key, KeyRange};

use super::Planner;
use super::rows::{id_at_end, key, put, range, read};
use crate::clock;
use crate::limits::{CAMPAIGN_SWEEP, PLAN_PAGE};
use crate::shard::Breather;

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

/// The variables that somebody has no value for; everybody has a number.
fn missing<'a>(wanted: &'a [String], person: &'a NewRecipient) -> impl Iterator<Item = &'a String> {
    wanted.iter().filter(move |name| name.as_str() != "phone" && !person.variables.contains_key(*name))
}

/// Refuses a tag whose people lack values.
fn check_tagged(tag: &str, wanted: &[String], people: &[NewRecipient]) -> Result<(), Failure> {
    match people.iter().find_map(|person| missing(wanted, person).next()) {
        Some(name) => {
            let problem =
                format!("has somebody under `{tag}` without a value for `{name}`, which the message needs");
            Err(Failure::invalid(vec![FieldError::new("tags", problem)]))
        }
        None => Ok(()),
    }
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
        let wanted = record.content.variables();
        for (index, new) in people.iter().enumerate() {
            problems.extend(missing(&wanted, new).map(|name| {
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

    /// Adds everybody with one of these tags, as the address book is now, or nobody: who lacks a value is found before anybody is
    /// added.
    pub(super) async fn add_tagged(
        &self,
        account: AccountId,
        id: CampaignId,
        tags: &[String],
    ) -> Result<PlanReply, Failure> {
        let wanted = self.read_campaign(account, id)?.content.variables();
        let mut total = 0;
        for adds in [false, true] {
            for tag in tags {
                let whole = range(account, table::BOOK_TAG, &[tag.as_bytes(), &[0]].concat());
                let (mut rest, mut breather) = (whole.clone(), Breather::every(1));
                loop {
                    let page = self.scan(account, rest, Direction::Forward, PLAN_PAGE)?;
                    let people = self.tagged(account, &page)?;
                    if adds && !people.is_empty() {
                        self.add_people(account, id, people).await?;
                    } else {
                        check_tagged(tag, &wanted, &people)?;
                    }
                    match page.last() {
                        Some((last, _)) if page.len() == PLAN_PAGE => rest = whole.after(last),
                        _ => break,
                    }
                    breather.step().await;
                }
            }
            total = self.read_campaign(account, id)?.counts.total();
        }
        Ok(PlanReply::Added(Vec::new(), total))
    }

    /// The people of some entries of the index of tags; who is gone since is left out.
    fn tagged(&self, account: AccountId, entries: &[(Key, Bytes)]) -> Result<Vec<NewRecipient>, Failure> {
        let mut people = Vec::with_capacity(entries.len());
        for (entry, _) in entries {
            let Some(contact) = id_at_end(entry.suffix()) else { continue };
            match self.contact(account, ContactId(contact)) {
                Ok(contact) => people
                    .push(NewRecipient { variables: contact.about.variables(), phone: contact.about.phone }),
                Err(failure) if failure.code == ErrorCode::ContactNotFound => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(people)
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

    /// Removes a campaign that is not under way, with its people. First it is over: whoever goes on after a crash finds a
    /// campaign without some of its people, which nobody can start, and which can be deleted again.
    pub(super) async fn delete_campaign(
        &self,
        account: AccountId,
        id: CampaignId,
    ) -> Result<PlanReply, Failure> {
        let record = self.read_campaign(account, id)?;
        if record.state.is_over() && record.counts.under_way() == 0 {
            // Its runner has no more to do than to write down that the rest of its people are cancelled.
            self.until_left(id).await;
        }
        self.end_for_good(account, id).await?;
        let members = range(account, table::RECIPIENT_PHONE, &id.0.to_be_bytes());
        for whole in [everybody(account, id), members] {
            loop {
                // Some at a time, without the lock: others commit in between, and nobody writes people of what is over.
                let rows = self.scan(account, whole.clone(), Direction::Forward, CAMPAIGN_SWEEP)?;
                let mut batch = Batch::new();
                rows.iter().for_each(|(key, _)| batch.delete(key.clone()));
                self.commit(account, batch).await?;
                if rows.len() < CAMPAIGN_SWEEP {
                    break;
                }
            }
        }
        let _changing = self.lock(account).await;
        let mut batch = Batch::new();
        // Whoever deleted it at the same time was counted once.
        if self.read_campaign(account, id).is_ok() {
            batch.delete(key(account, table::CAMPAIGN, &id.0.to_be_bytes()));
            self.shrink(account, table::CAMPAIGN, 1, &mut batch)?;
        }
        self.commit(account, batch).await?;
        Ok(PlanReply::Done)
    }

    /// Ends a campaign of which nothing is under way, so that nothing ever will be.
    async fn end_for_good(&self, account: AccountId, id: CampaignId) -> Result<(), Failure> {
        let _changing = self.lock(account).await;
        let mut record = self.read_campaign(account, id)?;
        let idle = record.state.is_over() || record.state.takes_recipients();
        // A runner has something to write for as long as somebody is pending.
        let is_written = self.is_run(id) && record.counts.pending > 0;
        if !idle || record.counts.under_way() > 0 || is_written {
            return Err(Failure::new(
                ErrorCode::PlanState,
                "The campaign is under way; cancel it, and delete it when it has ended.",
            ));
        }
        if !record.state.is_over() {
            record.step(CampaignStep::Cancel, clock::wall_ms());
        }
        record.counts.cancel_pending();
        let mut batch = Batch::new();
        Planner::put_campaign(account, &record, &mut batch)?;
        self.commit(account, batch).await
    }
}
