//! Campaigns, as callers ask for them. What a running one does is in `runner`, its people in `people`.

use std::sync::Arc;

use trunkline_model::command::{CampaignCommand, NewCampaign, PlanReply, UpdateCampaign};
use trunkline_model::limits::CAMPAIGNS_PER_ACCOUNT_MAX;
use trunkline_model::plan::{
    CampaignRecord, CampaignState, CampaignStep, Counts, ScheduleRecord, SuppressionSettings,
};
use trunkline_model::record::table;
use trunkline_model::{AccountId, CampaignId, ErrorCode, Failure, FieldError};
use trunkline_store::Batch;

use super::Planner;
use super::agenda::Errand;
use super::rows::{key, put, range, read};
use crate::clock;
use crate::engine::EngineError;

impl Planner {
    pub(super) async fn campaign(
        self: &Arc<Self>,
        account: AccountId,
        command: CampaignCommand,
    ) -> Result<PlanReply, Failure> {
        match command {
            CampaignCommand::Create(new) => self.create_campaign(account, new).await,
            CampaignCommand::List { after, state, limit } => {
                let (records, next) =
                    self.list(account, (table::CAMPAIGN, after), limit, |record: &CampaignRecord| {
                        state.is_none_or(|state| state == record.state)
                    })?;
                Ok(PlanReply::Campaigns(records, next))
            }
            CampaignCommand::Get(id) => {
                let record = self.read_campaign(account, id)?;
                let reach = self.reach(account, &record).await?;
                Ok(PlanReply::Campaign(Box::new(record), Some(reach)))
            }
            CampaignCommand::Update(id, update) => self.update_campaign(account, id, update).await,
            CampaignCommand::Delete(id) => self.delete_campaign(account, id).await,
            CampaignCommand::Start(id, None) => self.step_campaign(account, id, CampaignStep::Start).await,
            CampaignCommand::Start(id, Some(at_ms)) => self.schedule_campaign(account, id, at_ms).await,
            CampaignCommand::Pause(id) => self.step_campaign(account, id, CampaignStep::Pause).await,
            CampaignCommand::Resume(id) => self.step_campaign(account, id, CampaignStep::Resume).await,
            CampaignCommand::Cancel(id) => self.step_campaign(account, id, CampaignStep::Cancel).await,
            CampaignCommand::Add(id, people) => self.add_people(account, id, people).await,
            CampaignCommand::AddTagged(id, tags) => self.add_tagged(account, id, &tags).await,
            CampaignCommand::Recipients { id, from, state, limit } => {
                self.people(account, id, (from, state), limit)
            }
        }
    }

    pub(super) fn read_campaign(
        &self,
        account: AccountId,
        id: CampaignId,
    ) -> Result<CampaignRecord, Failure> {
        let found = self.get(account, table::CAMPAIGN, &id.0.to_be_bytes())?;
        found.ok_or_else(|| {
            Failure::new(ErrorCode::CampaignNotFound, "This account has no campaign with that id.")
        })
    }

    pub(super) fn put_campaign(
        account: AccountId,
        record: &CampaignRecord,
        batch: &mut Batch,
    ) -> Result<(), Failure> {
        put(batch, key(account, table::CAMPAIGN, &record.id.0.to_be_bytes()), record)
    }

    async fn create_campaign(&self, account: AccountId, new: NewCampaign) -> Result<PlanReply, Failure> {
        self.check_instances(account, &new.instances)?;
        let template = new.template.map(|name| self.find_template(account, &name)).transpose()?;
        if template.as_ref().is_some_and(|template| !template.active) {
            return Err(Failure::invalid(vec![FieldError::new("template", "is not active")]));
        }
        let id = {
            let _changing = self.lock(account).await;
            let mut batch = Batch::new();
            self.grow(account, table::CAMPAIGN, ("campaigns", CAMPAIGNS_PER_ACCOUNT_MAX), &mut batch)?;
            let (template, of_template) = template.map(|found| (found.id, found.content)).unzip();
            let content = new.content.or(of_template);
            let content =
                content.ok_or_else(|| Failure::invalid(vec![FieldError::new("message", "is missing")]))?;
            let record = CampaignRecord {
                id: CampaignId(clock::random_u64()),
                name: new.name,
                state: CampaignState::Draft,
                content,
                template,
                instances: new.instances,
                per_minute: new.per_minute,
                counts: Counts::default(),
                metadata: new.metadata,
                created_at_ms: clock::wall_ms(),
                scheduled_at_ms: None,
                started_at_ms: None,
                ended_at_ms: None,
            };
            Planner::note_account(account, &mut batch);
            Planner::put_campaign(account, &record, &mut batch)?;
            self.commit(account, batch).await?;
            record.id
        };
        let added = self.add_first(account, id, new.recipients, &new.tags).await;
        if let Err(failure) = added {
            // Nothing is made of what is refused.
            self.delete_campaign(account, id).await?;
            return Err(failure);
        }
        Ok(PlanReply::Campaign(Box::new(self.read_campaign(account, id)?), None))
    }

    /// What is sent is fixed once somebody may have got it.
    async fn update_campaign(
        &self,
        account: AccountId,
        id: CampaignId,
        update: UpdateCampaign,
    ) -> Result<PlanReply, Failure> {
        let _changing = self.lock(account).await;
        let mut record = self.read_campaign(account, id)?;
        if !record.state.takes_recipients() {
            let detail = format!(
                "The campaign is {}; only one that has not started is changed.",
                record.state.as_str()
            );
            return Err(Failure::new(ErrorCode::PlanState, detail));
        }
        record.name = update.name.unwrap_or(record.name);
        if let Some(content) = update.content {
            (record.content, record.template) = (content, None);
        }
        record.per_minute = update.per_minute.unwrap_or(record.per_minute);
        record.metadata = update.metadata.unwrap_or(record.metadata);
        let mut batch = Batch::new();
        Planner::put_campaign(account, &record, &mut batch)?;
        self.commit(account, batch).await?;
        Ok(PlanReply::Campaign(Box::new(record), None))
    }

    async fn step_campaign(
        &self,
        account: AccountId,
        id: CampaignId,
        step: CampaignStep,
    ) -> Result<PlanReply, Failure> {
        let _changing = self.lock(account).await;
        let mut record = self.read_campaign(account, id)?;
        let is_empty = record.counts.total() == 0;
        if step == CampaignStep::Start && is_empty {
            let detail = "The campaign has no recipients; add some first.";
            return Err(Failure::new(ErrorCode::PlanState, detail));
        }
        if step == CampaignStep::Finish && !is_empty {
            return Err(Failure::new(ErrorCode::PlanState, "The campaign has recipients by now."));
        }
        self.take_step(&mut record, step)?;
        let mut batch = Batch::new();
        Planner::put_campaign(account, &record, &mut batch)?;
        self.commit(account, batch).await?;
        self.wake_campaign(account, id);
        Ok(PlanReply::Campaign(Box::new(record), None))
    }

    fn take_step(&self, record: &mut CampaignRecord, step: CampaignStep) -> Result<(), Failure> {
        if record.step(step, clock::wall_ms()) {
            return Ok(());
        }
        let detail = format!("The campaign is {}, which does not allow this.", record.state.as_str());
        Err(Failure::new(ErrorCode::PlanState, detail))
    }

    async fn schedule_campaign(
        &self,
        account: AccountId,
        id: CampaignId,
        at_ms: i64,
    ) -> Result<PlanReply, Failure> {
        let _changing = self.lock(account).await;
        let mut record = self.read_campaign(account, id)?;
        self.take_step(&mut record, CampaignStep::Schedule)?;
        record.scheduled_at_ms = Some(at_ms);
        let mut batch = Batch::new();
        Planner::put_campaign(account, &record, &mut batch)?;
        self.commit(account, batch).await?;
        self.agenda(account).note(at_ms, account, Errand::Start(id));
        Ok(PlanReply::Campaign(Box::new(record), None))
    }

    /// The time of a campaign has come, however late.
    pub(super) async fn start_due(
        &self,
        account: AccountId,
        id: CampaignId,
        due_ms: i64,
    ) -> Result<(), Failure> {
        let record = self.read_campaign(account, id)?;
        if record.state != CampaignState::Scheduled || record.scheduled_at_ms != Some(due_ms) {
            return Ok(());
        }
        let step = if record.counts.total() == 0 { CampaignStep::Finish } else { CampaignStep::Start };
        match self.step_campaign(account, id, step).await {
            // It was changed in between: there is nothing to start.
            Err(failure) if failure.code == ErrorCode::PlanState => Ok(()),
            other => other.map(drop),
        }
    }

    /// Takes in what an account had planned before this start.
    ///
    /// # Errors
    /// [`EngineError`] when its rows cannot be read.
    pub(crate) fn found(&self, account: AccountId) -> Result<(), EngineError> {
        let unreadable =
            |failure: Failure| EngineError::Thread(format!("plans of {account}: {}", failure.detail));
        let settings: Option<SuppressionSettings> =
            self.get(account, table::SUPPRESSION_SETTINGS, b"").map_err(unreadable)?;
        settings.into_iter().for_each(|settings| self.habits.keep(account, settings));
        self.each(account, table::CAMPAIGN, |record: CampaignRecord| {
            match (record.state, record.scheduled_at_ms) {
                (CampaignState::Scheduled, Some(at_ms)) => {
                    self.agenda(account).note(at_ms, account, Errand::Start(record.id));
                }
                _ if super::runner::is_needed(&record) => self.wake_campaign(account, record.id),
                _ => {}
            }
        })
        .map_err(unreadable)?;
        self.each(account, table::SCHEDULE, |record: ScheduleRecord| self.expect_schedule(account, &record))
            .map_err(unreadable)
    }

    fn each<R>(&self, account: AccountId, of: u8, mut told: impl FnMut(R)) -> Result<(), Failure>
    where
        R: trunkline_model::record::Record,
        R::Archived: for<'a> rkyv::bytecheck::CheckBytes<rkyv::api::high::HighValidator<'a, rkyv::rancor::Error>>
            + rkyv::Deserialize<R, rkyv::rancor::Strategy<rkyv::de::Pool, rkyv::rancor::Error>>,
    {
        let whole = range(account, of, b"");
        let mut after = None;
        loop {
            let (_, next) = self.page(account, (whole.clone(), after), usize::MAX, |_, bytes| {
                told(read(bytes)?);
                Ok(Some(()))
            })?;
            match next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }
}
