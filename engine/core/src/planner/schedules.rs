//! Messages that are sent later, once or again and again.
//!
//! A run is asked for under a key made of the schedule and the time that it was due at, and noted afterwards: whoever goes on
//! after a crash asks again under the same key, and the message is there once.

use std::sync::Arc;

use ring::digest;
use trunkline_model::command::{NewSchedule, PlanReply, ScheduleCommand, SendRequest, UpdateSchedule};
use trunkline_model::limits::{SCHEDULE_RUNS_KEPT, SCHEDULES_PER_ACCOUNT_MAX};
use trunkline_model::plan::{RunOutcome, RunRecord, ScheduleRecord, ScheduleState, TimingError};
use trunkline_model::record::table;
use trunkline_model::{AccountId, ErrorCode, Failure, FieldError, ScheduleId};
use trunkline_store::{Batch, Direction};

use super::agenda::Errand;
use super::rows::{key, put, range, read};
use super::{Planner, is_passing};
use crate::clock;
use crate::limits::SCHEDULES_SWEPT_AT_ONCE;
use crate::shard::Breather;

fn run_suffix(id: ScheduleId, due_ms: i64) -> Vec<u8> {
    [id.0.to_be_bytes(), due_ms.to_be_bytes()].concat()
}

/// The id of the schedule that is made under a key, so that it is there once.
fn id_of_key(account: AccountId, key: &str) -> u64 {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(b"schedule");
    hash.update(&account.0.to_be_bytes());
    hash.update(key.as_bytes());
    let digest = hash.finish();
    u64::from_be_bytes(std::array::from_fn(|index| digest.as_ref()[index]))
}

/// Goes on with the first time from now on; what came while it was paused is missed.
fn resumed(record: &mut ScheduleRecord, now_ms: i64) -> Result<(), Failure> {
    let Some(due_ms) = record.next_ms.filter(|due_ms| *due_ms <= now_ms) else { return Ok(()) };
    let due = record.timing.due(due_ms, now_ms, NO_GRACE_MS).map_err(|error| refused(&error))?;
    record.ran(false, due.missed, due.next_ms);
    Ok(())
}

/// With this, nothing that is due happens.
const NO_GRACE_MS: i64 = -1;

fn refused(error: &TimingError) -> Failure {
    Failure::invalid(vec![FieldError::new(error.field(), error.to_string())])
}

impl Planner {
    pub(super) async fn schedule(
        self: &Arc<Self>,
        account: AccountId,
        command: ScheduleCommand,
    ) -> Result<PlanReply, Failure> {
        use ScheduleState as State;
        match command {
            ScheduleCommand::Create(new) => self.create_schedule(account, *new).await,
            ScheduleCommand::List { after, state, limit } => {
                let (records, next) =
                    self.list(account, (table::SCHEDULE, after), limit, |record: &ScheduleRecord| {
                        state.is_none_or(|state| state == record.state)
                    })?;
                Ok(PlanReply::Schedules(records, next))
            }
            ScheduleCommand::Get(id) => Ok(PlanReply::Schedule(Box::new(self.read_schedule(account, id)?))),
            ScheduleCommand::Runs(id, limit) => {
                self.read_schedule(account, id)?;
                let runs = range(account, table::SCHEDULE_RUN, &id.0.to_be_bytes());
                let rows = self.scan(account, runs, Direction::Backward, limit)?;
                rows.iter().map(|(_, bytes)| read(bytes)).collect::<Result<_, _>>().map(PlanReply::Runs)
            }
            ScheduleCommand::Update(id, update) => self.update_schedule(account, id, *update).await,
            ScheduleCommand::Pause(id) => {
                self.change_schedule(account, id, &[State::Active], |record| {
                    record.state = State::Paused;
                    Ok(())
                })
                .await
            }
            ScheduleCommand::Resume(id) => {
                self.change_schedule(account, id, &[State::Paused], |record| {
                    record.state = State::Active;
                    resumed(record, clock::wall_ms())
                })
                .await
            }
            ScheduleCommand::Cancel(id) => {
                self.change_schedule(account, id, &[State::Active, State::Paused], |record| {
                    (record.state, record.next_ms) = (State::Cancelled, None);
                    Ok(())
                })
                .await
            }
            ScheduleCommand::Run(id) => self.run_now(account, id).await,
        }
    }

    fn read_schedule(&self, account: AccountId, id: ScheduleId) -> Result<ScheduleRecord, Failure> {
        let found = self.get(account, table::SCHEDULE, &id.0.to_be_bytes())?;
        found.ok_or_else(|| {
            Failure::new(ErrorCode::ScheduleNotFound, "This account has no schedule with that id.")
        })
    }

    async fn create_schedule(&self, account: AccountId, new: NewSchedule) -> Result<PlanReply, Failure> {
        self.check_instances(account, &[new.instance])?;
        let now_ms = clock::wall_ms();
        new.timing.check(now_ms).map_err(|error| refused(&error))?;
        let id = new.idempotency_key.as_deref().map_or_else(clock::random_u64, |key| id_of_key(account, key));
        let _changing = self.lock(account).await;
        if let Some(known) = self.get::<ScheduleRecord>(account, table::SCHEDULE, &id.to_be_bytes())? {
            return match known.instance == new.instance && known.message == new.message {
                true => Ok(PlanReply::Schedule(Box::new(known))),
                false => Err(Failure::new(
                    ErrorCode::IdempotencyConflict,
                    "This key was used for another schedule. Use a new key for a new one.",
                )),
            };
        }
        if self.size(account, table::SCHEDULE)? >= SCHEDULES_PER_ACCOUNT_MAX as u64 {
            self.make_room_for_schedule(account).await?;
        }
        let mut batch = Batch::new();
        self.grow(account, table::SCHEDULE, ("schedules", SCHEDULES_PER_ACCOUNT_MAX), &mut batch)?;
        let next_ms = new.timing.next_after(now_ms).map_err(|error| refused(&error))?;
        let record = ScheduleRecord {
            id: ScheduleId(id),
            name: new.name,
            instance: new.instance,
            message: new.message,
            timing: new.timing,
            grace_seconds: new.grace_seconds,
            state: ScheduleState::Active,
            next_ms,
            runs: 0,
            missed: 0,
            created_at_ms: now_ms,
        };
        Planner::note_account(account, &mut batch);
        self.write_schedule(account, &record, batch).await?;
        Ok(PlanReply::Schedule(Box::new(record)))
    }

    /// Removes some schedules that are over, with their runs, if there are any.
    async fn make_room_for_schedule(&self, account: AccountId) -> Result<(), Failure> {
        let (mut place, mut breather) = (None, Breather::every(1));
        loop {
            let of = (table::SCHEDULE, place);
            let (over, next) =
                self.list(account, of, SCHEDULES_SWEPT_AT_ONCE, |record: &ScheduleRecord| {
                    record.state.is_over()
                })?;
            if !over.is_empty() {
                let mut batch = Batch::new();
                for record in &over {
                    batch.delete(key(account, table::SCHEDULE, &record.id.0.to_be_bytes()));
                    batch.delete_range(range(account, table::SCHEDULE_RUN, &record.id.0.to_be_bytes()));
                }
                self.shrink(account, table::SCHEDULE, over.len(), &mut batch)?;
                return self.commit(account, batch).await;
            }
            match next {
                Some(next) => place = Some(next),
                None => return Ok(()),
            }
            breather.step().await;
        }
    }

    /// Writes a schedule, and puts its next run on the agenda.
    async fn write_schedule(
        &self,
        account: AccountId,
        record: &ScheduleRecord,
        mut batch: Batch,
    ) -> Result<(), Failure> {
        put(&mut batch, key(account, table::SCHEDULE, &record.id.0.to_be_bytes()), record)?;
        self.commit(account, batch).await?;
        self.expect_schedule(account, record);
        Ok(())
    }

    pub(super) fn expect_schedule(&self, account: AccountId, record: &ScheduleRecord) {
        if let (ScheduleState::Active, Some(next_ms)) = (record.state, record.next_ms) {
            self.agenda(account).note(next_ms, account, Errand::Schedule(record.id));
        }
    }

    async fn update_schedule(
        &self,
        account: AccountId,
        id: ScheduleId,
        update: UpdateSchedule,
    ) -> Result<PlanReply, Failure> {
        use ScheduleState as State;
        let now_ms = clock::wall_ms();
        if let Some(instance) = update.instance {
            self.check_instances(account, &[instance])?;
        }
        let next_ms = match &update.timing {
            Some(timing) => {
                let next = timing.next_after(now_ms).and_then(|next| next.ok_or(TimingError::Never));
                Some(next.map_err(|error| refused(&error))?)
            }
            None => None,
        };
        self.change_schedule(account, id, &[State::Active, State::Paused], |record| {
            let UpdateSchedule { name, instance, message, timing, grace_seconds } = update;
            record.name = name.unwrap_or(record.name.take());
            record.instance = instance.unwrap_or(record.instance);
            record.grace_seconds = grace_seconds.unwrap_or(record.grace_seconds);
            if let Some(message) = message {
                record.message = message;
            }
            if let Some(timing) = timing {
                (record.timing, record.next_ms) = (timing, next_ms);
            }
            Ok(())
        })
        .await
    }

    async fn change_schedule(
        &self,
        account: AccountId,
        id: ScheduleId,
        from: &[ScheduleState],
        change: impl FnOnce(&mut ScheduleRecord) -> Result<(), Failure>,
    ) -> Result<PlanReply, Failure> {
        let _changing = self.lock(account).await;
        let mut record = self.read_schedule(account, id)?;
        if !from.contains(&record.state) {
            let detail = format!("The schedule is {}.", record.state.as_str());
            return Err(Failure::new(ErrorCode::PlanState, detail));
        }
        change(&mut record)?;
        self.write_schedule(account, &record, Batch::new()).await?;
        Ok(PlanReply::Schedule(Box::new(record)))
    }

    /// A time that a schedule noted has come.
    pub(super) async fn run_due(
        self: &Arc<Self>,
        account: AccountId,
        id: ScheduleId,
        due_ms: i64,
    ) -> Result<(), Failure> {
        let record = self.read_schedule(account, id)?;
        if record.state != ScheduleState::Active || record.next_ms != Some(due_ms) {
            // It was changed since; what holds now is on the agenda as well.
            return Ok(());
        }
        let (now_ms, grace_ms) = (clock::wall_ms(), i64::from(record.grace_seconds) * 1_000);
        let due = record.timing.due(due_ms, now_ms, grace_ms).map_err(|error| refused(&error))?;
        let mut runs = Vec::new();
        if due.missed > 0 {
            runs.push(RunRecord { due_ms, ran_at_ms: now_ms, outcome: RunOutcome::Missed(due.missed) });
        }
        if let Some(run_ms) = due.run_ms {
            runs.push(self.run_once(&record, run_ms).await?);
        }
        let _changing = self.lock(account).await;
        let mut record = self.read_schedule(account, id)?;
        let mut batch = Batch::new();
        for run in &runs {
            if self.bytes(account, table::SCHEDULE_RUN, &run_suffix(id, run.due_ms))?.is_some() {
                // Somebody else saw to the same time meanwhile: the message is there once, and counted.
                return Ok(());
            }
            self.note_run(account, id, run, &mut batch)?;
        }
        if record.next_ms == Some(due_ms) && record.state == ScheduleState::Active {
            record.ran(due.run_ms.is_some(), due.missed, due.next_ms);
        } else {
            // Paused or ended while its message was accepted: that much happened.
            record.runs = record.runs.saturating_add(u32::from(due.run_ms.is_some()));
        }
        self.write_schedule(account, &record, batch).await
    }

    async fn run_now(&self, account: AccountId, id: ScheduleId) -> Result<PlanReply, Failure> {
        let record = self.read_schedule(account, id)?;
        if record.state.is_over() {
            return Err(Failure::new(
                ErrorCode::PlanState,
                format!("The schedule is {}.", record.state.as_str()),
            ));
        }
        let run = self.run_once(&record, clock::wall_ms()).await?;
        let _changing = self.lock(account).await;
        let mut record = self.read_schedule(account, id)?;
        record.runs = record.runs.saturating_add(1);
        let mut batch = Batch::new();
        self.note_run(account, id, &run, &mut batch)?;
        self.write_schedule(account, &record, batch).await?;
        Ok(PlanReply::Schedule(Box::new(record)))
    }

    /// Has a run's message accepted.
    ///
    /// # Errors
    /// What may be over in a moment; a refusal for good is what the run came to.
    async fn run_once(&self, record: &ScheduleRecord, due_ms: i64) -> Result<RunRecord, Failure> {
        let request = SendRequest {
            message: record.message.clone(),
            idempotency_key: Some(format!("{}/{due_ms}", record.id)),
        };
        let outcome = match self.send_one(record.instance, request).await {
            Ok(view) => RunOutcome::Accepted(view.id),
            Err(failure) if is_passing(&failure) => return Err(failure),
            Err(failure) => RunOutcome::Refused(failure.code.as_str().to_owned()),
        };
        metrics::counter!(crate::metrics::SCHEDULE_RUNS).increment(1);
        Ok(RunRecord { due_ms, ran_at_ms: clock::wall_ms(), outcome })
    }

    /// Notes a run; the oldest one gives it its place.
    fn note_run(
        &self,
        account: AccountId,
        id: ScheduleId,
        run: &RunRecord,
        batch: &mut Batch,
    ) -> Result<(), Failure> {
        let runs = range(account, table::SCHEDULE_RUN, &id.0.to_be_bytes());
        let kept = self.scan(account, runs, Direction::Forward, SCHEDULE_RUNS_KEPT)?;
        if let Some((oldest, _)) = kept.first().filter(|_| kept.len() >= SCHEDULE_RUNS_KEPT) {
            batch.delete(oldest.clone());
        }
        put(batch, key(account, table::SCHEDULE_RUN, &run_suffix(id, run.due_ms)), run)
    }
}
