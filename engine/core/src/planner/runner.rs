//! A campaign with people under way: chooses instances for them, hands their messages over, and learns what became of these.
//!
//! What it holds in memory follows from the rows, so it may end anywhere and begin again. The order of its effects is that of
//! `trunkline_model::plan::recipient`: the instance is on disk before it is asked. The asking itself is in `handing`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use trunkline_model::plan::{
    CampaignRecord, CampaignState, CampaignStep, Counts, Feed, RecipientRecord, RecipientState,
};
use trunkline_model::{AccountId, CampaignId, Failure};
use trunkline_store::{Batch, Direction};

use super::Planner;
use super::agenda::Errand;
use super::people::{everybody, number_of, place};
use super::rows::{put, read};
use crate::clock;
use crate::limits::{
    CAMPAIGN_BATCH, CAMPAIGN_BATCH_BYTES, CAMPAIGN_LEFT_WAIT, CAMPAIGN_LOOKS_PER_POLL,
    CAMPAIGN_QUIET_DOUBLINGS, CAMPAIGN_SWEEP, CAMPAIGN_TICK, CAMPAIGN_UNDER_WAY_MAX, CAMPAIGN_WINDOW,
    PLAN_PAGE,
};
use crate::shard::Breather;

/// Whether a campaign has anything that a runner would see to.
pub(super) fn is_needed(record: &CampaignRecord) -> bool {
    let ends = record.state.is_over() && record.counts.pending > 0;
    record.state == CampaignState::Running || record.counts.under_way() > 0 || ends
}

/// A campaign's runner is there until this is dropped.
struct Place<'a> {
    planner: &'a Planner,
    id: CampaignId,
    woken: Arc<Notify>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.planner.runners.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        self.planner.runner_left.notify_waiters();
    }
}

/// See the module.
pub(super) struct Runner<'a> {
    pub(super) planner: &'a Planner,
    account: AccountId,
    id: CampaignId,
    pub(super) feed: Feed,
    /// Those who are claimed or queued, by number.
    pub(super) open: BTreeMap<u32, RecipientRecord>,
    /// The claimed ones whose instances may have been asked, in this life or in an earlier one.
    pub(super) asked: BTreeSet<u32>,
    /// Nobody before this number is pending.
    next: u32,
    /// When it is looked next what became of messages, by the steady clock in milliseconds.
    look_at_ms: u64,
    /// Rounds since anything changed.
    quiet: u32,
    /// The account has no credits for more.
    pub(super) is_broke: bool,
}

/// People who changed, with what they were before.
pub(super) type Changes = Vec<(u32, RecipientState, RecipientRecord)>;

impl Planner {
    /// Sees that somebody sees to a campaign.
    pub(super) fn wake_campaign(&self, account: AccountId, id: CampaignId) {
        let runners = self.runners.lock().unwrap_or_else(PoisonError::into_inner);
        match runners.get(&id) {
            Some(woken) => woken.notify_one(),
            None => self.agenda(account).note(0, account, Errand::Run(id)),
        }
    }

    /// Whether a runner sees to a campaign.
    pub(super) fn is_run(&self, id: CampaignId) -> bool {
        self.runners.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&id)
    }

    /// Waits until no runner sees to a campaign that is over, and not for long.
    pub(super) async fn until_left(&self, id: CampaignId) {
        let left = async {
            loop {
                // Listens before it looks, so that nothing falls between the two.
                let mut told = std::pin::pin!(self.runner_left.notified());
                told.as_mut().enable();
                if !self.is_run(id) {
                    return;
                }
                told.await;
            }
        };
        let _ = tokio::time::timeout(CAMPAIGN_LEFT_WAIT, left).await;
    }

    fn enter(&self, id: CampaignId) -> Option<Place<'_>> {
        let mut runners = self.runners.lock().unwrap_or_else(PoisonError::into_inner);
        if runners.contains_key(&id) {
            return None;
        }
        let woken = Arc::<Notify>::default();
        runners.insert(id, Arc::clone(&woken));
        Some(Place { planner: self, id, woken })
    }

    /// Sees to a campaign for as long as it has anything to do.
    ///
    /// # Errors
    /// A failure of the store or overload: to be called again.
    pub(super) async fn run_campaign(&self, account: AccountId, id: CampaignId) -> Result<(), Failure> {
        let Some(at) = self.enter(id) else { return Ok(()) };
        let record = self.read_campaign(account, id)?;
        let feed = Feed::new(&record.instances, CAMPAIGN_WINDOW, record.per_minute);
        let mut runner = Runner {
            planner: self,
            account,
            id,
            feed,
            open: BTreeMap::new(),
            asked: BTreeSet::new(),
            next: u32::MAX,
            look_at_ms: 0,
            quiet: 0,
            is_broke: false,
        };
        runner.find_open().await?;
        loop {
            let record = self.read_campaign(account, id)?;
            if !is_needed(&record) {
                drop(at);
                // Whoever changed it in the meantime found a runner, and woke it in vain.
                if is_needed(&self.read_campaign(account, id)?) {
                    self.wake_campaign(account, id);
                }
                return Ok(());
            }
            let busy = runner.turn(&record).await?;
            if !busy {
                let wait = runner.wait();
                let _ = tokio::time::timeout(wait, at.woken.notified()).await;
            }
        }
    }
}

impl Runner<'_> {
    /// Finds who is under way, and the first who is pending.
    async fn find_open(&mut self) -> Result<(), Failure> {
        let whole = everybody(self.account, self.id);
        let (mut rest, mut breather) = (whole.clone(), Breather::every(1));
        loop {
            let page = self.planner.scan(self.account, rest, Direction::Forward, PLAN_PAGE)?;
            for (key, bytes) in &page {
                let (number, row): (u32, RecipientRecord) = (number_of(key), read(bytes)?);
                match (row.state, row.instance) {
                    (RecipientState::Pending, _) => self.next = self.next.min(number),
                    (RecipientState::Claimed | RecipientState::Queued, Some(instance)) => {
                        self.feed.given(instance, 0);
                        if row.state == RecipientState::Claimed {
                            self.asked.insert(number);
                        }
                        self.open.insert(number, row);
                    }
                    _ => {}
                }
            }
            match page.last() {
                Some((last, _)) if page.len() == PLAN_PAGE => rest = whole.after(last),
                _ => return Ok(()),
            }
            breather.step().await;
        }
    }

    /// How long there is nothing to do: longer each time while nothing changes.
    fn wait(&mut self) -> Duration {
        let now_ms = clock::wall_ms();
        let tick = CAMPAIGN_TICK * (1u32 << self.quiet.min(CAMPAIGN_QUIET_DOUBLINGS));
        self.quiet = self.quiet.saturating_add(1);
        let pace = self.feed.next_ms(now_ms).map(|next_ms| Duration::from_millis(next_ms.abs_diff(now_ms)));
        pace.map_or(tick, |pace| pace.min(tick))
    }

    /// One round. Gives whether another one is worth while at once.
    async fn turn(&mut self, record: &CampaignRecord) -> Result<bool, Failure> {
        self.settle().await?;
        if record.state != CampaignState::Running {
            self.take_back().await?;
        }
        let changes = self.hand_over(record).await;
        self.write(changes).await?;
        if record.state.is_over() {
            return self.cancel_rest().await;
        }
        if std::mem::take(&mut self.is_broke) {
            self.step(CampaignStep::Pause, |_| true).await?;
            return Ok(true);
        }
        if record.state != CampaignState::Running {
            return Ok(false);
        }
        // They are handed over in the next round, if the campaign still runs then.
        Ok(self.claim().await? || self.end_if_done().await?)
    }

    /// Learns what became of messages, now and then.
    async fn settle(&mut self) -> Result<(), Failure> {
        let steady_ms = clock::steady_ms();
        if steady_ms < self.look_at_ms {
            return Ok(());
        }
        self.look_at_ms = steady_ms.saturating_add(CAMPAIGN_TICK.as_millis() as u64);
        let (mut changes, mut breather) = (Changes::new(), Breather::every(CAMPAIGN_LOOKS_PER_POLL));
        let now_ms = clock::wall_ms();
        for (number, row) in &self.open {
            let (Some(instance), Some(message)) = (row.instance, row.message) else { continue };
            let found = self.planner.message(instance, message)?;
            breather.step().await;
            if found.as_ref().is_some_and(|found| !found.status.is_settled()) {
                continue;
            }
            let mut after = row.clone();
            match found {
                Some(found) => drop(after.heard(found.status, found.error.as_deref(), now_ms)),
                None => after.refused("instance_gone", now_ms),
            }
            changes.push((*number, row.state, after));
        }
        self.write(changes).await
    }

    /// The campaign does not run any more: those whose instances were not asked yet have no instance again.
    async fn take_back(&mut self) -> Result<(), Failure> {
        let now_ms = clock::wall_ms();
        let mut changes = Changes::new();
        for (number, row) in &self.open {
            if row.state == RecipientState::Claimed && !self.asked.contains(number) {
                let mut after = row.clone();
                after.released(now_ms);
                changes.push((*number, row.state, after));
            }
        }
        self.write(changes).await
    }

    /// Chooses instances for the next who are pending. Gives whether there were any.
    async fn claim(&mut self) -> Result<bool, Failure> {
        let free = CAMPAIGN_UNDER_WAY_MAX.saturating_sub(self.open.len()).min(CAMPAIGN_BATCH);
        for room in self.feed.room(clock::wall_ms()) {
            if !self.planner.directory.belongs_to(room.instance, self.account) {
                self.feed.gone(room.instance);
            }
        }
        let rooms = self.feed.room(clock::wall_ms());
        let dealt = Feed::deal(&rooms, free);
        if dealt.is_empty() || self.next == u32::MAX {
            return Ok(false);
        }
        let pending = self.pending(dealt.len())?;
        let now_ms = clock::wall_ms();
        let mut changes = Changes::new();
        for ((number, row), instance) in pending.into_iter().zip(dealt) {
            let mut after = row.clone();
            after.claim(instance, now_ms);
            changes.push((number, row.state, after));
        }
        let claimed = !changes.is_empty();
        // A campaign that was paused in the meantime claims nobody.
        self.write_while(changes, |record| record.state == CampaignState::Running).await?;
        Ok(claimed)
    }

    /// The next who are pending, at most so many.
    fn pending(&mut self, most: usize) -> Result<Vec<(u32, RecipientRecord)>, Failure> {
        let whole = everybody(self.account, self.id);
        let from = self.next.checked_sub(1).map(|before| place(self.account, self.id, before));
        let (found, next) = self.planner.page(self.account, (whole, from), most, |key, bytes| {
            let row: RecipientRecord = read(bytes)?;
            Ok((row.state == RecipientState::Pending).then(|| (number_of(key), row)))
        })?;
        // Those who are found are pending until that is written; who comes later is looked for from here on.
        self.next = found
            .first()
            .map(|(number, _)| *number)
            .or(next.map(|key| number_of(&key) + 1))
            .unwrap_or(u32::MAX);
        Ok(found)
    }

    /// The campaign is over: nobody who is pending has a turn any more.
    async fn cancel_rest(&mut self) -> Result<bool, Failure> {
        if self.next == u32::MAX {
            return Ok(false);
        }
        let now_ms = clock::wall_ms();
        let pending = self.pending(CAMPAIGN_SWEEP)?;
        let mut changes = Changes::new();
        for (number, row) in pending {
            let mut after = row.clone();
            after.cancel(now_ms);
            changes.push((number, row.state, after));
        }
        self.write(changes).await?;
        Ok(self.next != u32::MAX)
    }

    /// Ends a campaign that has nobody left, or nobody who could send. Gives whether it did.
    async fn end_if_done(&mut self) -> Result<bool, Failure> {
        let is_done = |counts: &Counts| counts.pending == 0 && counts.under_way() == 0;
        if self.step(CampaignStep::Finish, is_done).await? {
            return Ok(true);
        }
        let is_deserted = self.feed.is_deserted();
        self.step(CampaignStep::Fail, |counts| is_deserted && counts.under_way() == 0).await
    }

    /// Takes a step if the counts are as they should be. Gives whether it did.
    async fn step(&self, step: CampaignStep, wanted: impl Fn(&Counts) -> bool) -> Result<bool, Failure> {
        let _changing = self.planner.lock(self.account).await;
        let mut record = self.planner.read_campaign(self.account, self.id)?;
        if !wanted(&record.counts) || !record.step(step, clock::wall_ms()) {
            return Ok(false);
        }
        let mut batch = Batch::new();
        Planner::put_campaign(self.account, &record, &mut batch)?;
        self.planner.commit(self.account, batch).await?;
        if record.state.is_over() {
            metrics::counter!(crate::metrics::CAMPAIGNS_ENDED, "state" => record.state.as_str()).increment(1);
        }
        Ok(true)
    }

    async fn write(&mut self, changes: Changes) -> Result<(), Failure> {
        self.write_while(changes, |_| true).await
    }

    /// Writes people and the counts of their states together, and follows in memory what is on disk then.
    async fn write_while(
        &mut self,
        changes: Changes,
        wanted: impl Fn(&CampaignRecord) -> bool,
    ) -> Result<(), Failure> {
        let mut rest = changes.as_slice();
        while !rest.is_empty() {
            let _changing = self.planner.lock(self.account).await;
            let mut record = self.planner.read_campaign(self.account, self.id)?;
            if !wanted(&record) {
                return Ok(());
            }
            let mut batch = Batch::new();
            let (mut some, mut left) = (0, rest.iter());
            while batch.len() < CAMPAIGN_SWEEP
                && batch.bytes() < CAMPAIGN_BATCH_BYTES
                && let Some((number, before, after)) = left.next()
            {
                record.counts.moved(*before, after.state);
                put(&mut batch, place(self.account, self.id, *number), after)?;
                some += 1;
            }
            Planner::put_campaign(self.account, &record, &mut batch)?;
            self.planner.commit(self.account, batch).await?;
            let (written, unwritten) = rest.split_at(some);
            written.iter().for_each(|change| self.follow(change));
            rest = unwritten;
        }
        Ok(())
    }

    fn follow(&mut self, (number, before, after): &(u32, RecipientState, RecipientRecord)) {
        let state = after.state.as_str();
        metrics::counter!(crate::metrics::CAMPAIGN_RECIPIENTS, "state" => state).increment(1);
        self.quiet = 0;
        let was = self.open.remove(number).and_then(|row| row.instance);
        if after.state != RecipientState::Claimed {
            self.asked.remove(number);
        }
        match (after.state, after.instance) {
            (RecipientState::Claimed | RecipientState::Queued, Some(instance)) => {
                if *before == RecipientState::Pending {
                    self.feed.given(instance, clock::wall_ms());
                }
                self.open.insert(*number, after.clone());
            }
            (state, _) => {
                was.into_iter().for_each(|instance| self.feed.settled(instance));
                if state == RecipientState::Pending {
                    self.next = self.next.min(*number);
                }
            }
        }
    }
}
