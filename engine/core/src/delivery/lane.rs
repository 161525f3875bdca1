//! One turn of a lane: reads on in the log, delivers what is wanted, in order, until nothing is left or its turn is over.

use std::sync::Arc;
use std::time::Instant;

use futures_util::future::BoxFuture;
use trunkline_model::delivery::{
    DeadLetterRecord, DeliveryRecord, Endpoint, LaneCounts, LaneRecord, Next, Outcome, PauseReason, Verdict,
};
use trunkline_model::event::Event;
use trunkline_store::StoreError;

use super::courier::{Courier, Parcel};
use super::journal::Journal;
use super::key::LaneKey;
use super::meters;
use super::registry::{Entry, Registry};
use super::station::Station;
use crate::clock;
use crate::limits::{
    BATCH_ATTEMPTS_MAX, LANE_EVENTS_PER_TURN, RETRY_AFTER_MAX_MS, WEBHOOK_PAGE, WEBHOOK_WARN_ATTEMPTS,
};
use crate::log;
use crate::metrics;
use crate::shard::ShardContext;

/// A turn that is about to begin.
pub(super) struct Run {
    pub(super) context: Arc<ShardContext>,
    pub(super) registry: Arc<Registry>,
    /// The endpoint as it was when the turn began.
    pub(super) entry: Arc<Entry>,
    pub(super) station: Arc<Station>,
    pub(super) courier: Arc<Courier>,
    pub(super) journal: Journal,
    pub(super) key: LaneKey,
    pub(super) place: LaneRecord,
    /// Events that the endpoint took in this turn.
    pub(super) taken: usize,
    /// What became of events by the time the place was last written down.
    pub(super) counted: LaneCounts,
}

/// A turn that is over.
pub(super) struct Ended {
    pub(super) key: LaneKey,
    pub(super) place: LaneRecord,
    pub(super) end: End,
    /// Resolves when the place is on disk; `None` when nothing changed.
    pub(super) save: Option<BoxFuture<'static, Result<(), StoreError>>>,
    /// Whether the endpoint was asked anything.
    pub(super) attempted: bool,
}

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The log has nothing more.
    Idle,
    /// There may be more; others first.
    More,
    /// Nothing can be done before this time, in milliseconds since the Unix epoch.
    Later { at_ms: i64 },
    /// A replay has told everything.
    Over,
    /// The endpoint is to be paused.
    Paused(PauseReason),
    /// The log could not be read.
    Unreadable,
}

/// What is delivered together, and how far the lane goes with it.
struct Bundle<'a> {
    events: Vec<&'a Event>,
    /// For each event of the log from the first one on, whether it is in it.
    covers: Vec<bool>,
}

impl Run {
    pub(super) async fn run(mut self) -> Ended {
        let before = self.place.clone();
        let mut attempted = false;
        let end = self.turn(&mut attempted).await;
        let save =
            if self.place == before && self.journal.is_empty() { None } else { Some(self.save().await) };
        Ended { key: self.key, place: self.place, end, save, attempted }
    }

    fn endpoint(&self) -> &Endpoint {
        &self.entry.endpoint
    }

    /// Whether the endpoint is still what it was when the turn began. Asked after events were read and before one is delivered: what happens
    /// after somebody changed the endpoint is judged by the change.
    fn is_up_to_date(&self) -> bool {
        self.registry.get(self.endpoint().id).is_some_and(|entry| Arc::ptr_eq(&entry, &self.entry))
    }

    /// Queues the place with what came with it, waiting while the store is busy; what it gives resolves when that is on disk.
    async fn save(&mut self) -> BoxFuture<'static, Result<(), StoreError>> {
        loop {
            match self.try_save() {
                Ok(saving) => return saving,
                Err(retry_after_ms) => {
                    tokio::time::sleep(std::time::Duration::from_millis(retry_after_ms)).await;
                }
            }
        }
    }

    /// As [`Run::save`], but a busy store is asked again some other time.
    fn try_save(&mut self) -> Result<BoxFuture<'static, Result<(), StoreError>>, u64> {
        let saving = self.journal.save(&self.context, &self.station, &self.place)?;
        meters::count(self.endpoint().target.kind(), self.key, self.counted, self.place.counts);
        self.counted = self.place.counts;
        Ok(saving)
    }

    async fn turn(&mut self, attempted: &mut bool) -> End {
        let mut left = LANE_EVENTS_PER_TURN;
        self.place.forgive_absence(self.registry.started_at_ms);
        self.place.forgive_past(self.endpoint().changed_at_ms);
        loop {
            if self.place.is_over() {
                return End::Over;
            }
            if left == 0 {
                return End::More;
            }
            if let Some(at_ms) = self.left_alone_until() {
                return End::Later { at_ms };
            }
            let page = match log::read(
                &*self.context.ledger,
                self.key.instance,
                self.place.after,
                self.page(),
            ) {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(instance = %self.key.instance, %error, "the event log cannot be read");
                    return End::Unreadable;
                }
            };
            let Some(first) = page.first() else { return End::Idle };
            if !self.is_up_to_date() {
                return End::More;
            }
            self.place.skip_to(first.sequence);
            left = left.saturating_sub(page.len());
            if let Some(end) = self.deliver_page(&page, attempted).await {
                return end;
            }
            // A log full of events that nobody wants is passed over page by page, not in one go.
            tokio::task::yield_now().await;
        }
    }

    /// Until when the endpoint is left alone, in milliseconds since the Unix epoch. A clock that was set back does not prolong it beyond
    /// what any wait may be.
    fn left_alone_until(&self) -> Option<i64> {
        let wait_ms = self.place.trouble?.next_at_ms.saturating_sub(clock::wall_ms());
        let longest_ms = self.endpoint().schedule.longest_delay_ms().max(RETRY_AFTER_MAX_MS);
        let is_due = wait_ms <= 0 || wait_ms.unsigned_abs() > longest_ms;
        self.place.trouble.filter(|_| !is_due).map(|trouble| trouble.next_at_ms)
    }

    async fn deliver_page(&mut self, page: &[Event], attempted: &mut bool) -> Option<End> {
        let mut rest = page;
        while let Some(first) = rest.first() {
            if self.place.is_over() {
                return Some(End::Over);
            }
            // Where a replay leaves events out.
            if first.sequence <= self.place.after {
                rest = &rest[1..];
                continue;
            }
            if !self.wants(first) {
                self.place.pass_over();
                rest = &rest[1..];
                continue;
            }
            let bundle = self.bundle(rest);
            if let Some(at_ms) = self.waits_for_company(&bundle, page.len() == self.page()) {
                return Some(End::Later { at_ms });
            }
            rest = &rest[bundle.covers.len()..];
            if !self.is_up_to_date() {
                return Some(End::More);
            }
            *attempted = true;
            if let Some(end) = self.deliver(&bundle).await {
                return Some(end);
            }
            if self.journal.is_due() {
                // In order with the writes that follow, so nobody need wait for it.
                drop(self.try_save());
            }
        }
        None
    }

    /// Events that are read at a time: a batch has to find room.
    fn page(&self) -> usize {
        WEBHOOK_PAGE.max(self.endpoint().batching.map_or(0, |batching| usize::from(batching.events_max)))
    }

    /// The filter holds for replays as well.
    fn wants(&self, event: &Event) -> bool {
        self.endpoint().filter.wants(event)
    }

    fn bundle<'a>(&self, events: &'a [Event]) -> Bundle<'a> {
        let attempts = self.place.trouble.map_or(0, |trouble| trouble.attempts);
        // One event that the endpoint cannot stand does not take those along that come with it.
        let most = match self.courier.events_per_delivery(self.endpoint(), self.taken) {
            _ if attempts >= BATCH_ATTEMPTS_MAX => 1,
            most => most,
        };
        let mut bundle = Bundle { events: Vec::new(), covers: Vec::new() };
        for event in events {
            let is_beyond = self.place.until.is_some_and(|until| event.sequence > until);
            if bundle.events.len() == most || is_beyond {
                break;
            }
            let wanted = self.wants(event);
            if wanted {
                bundle.events.push(event);
            }
            bundle.covers.push(wanted);
        }
        // What follows the last one that is wanted is passed over when its turn comes.
        let behind = bundle.covers.iter().rev().take_while(|wanted| !**wanted).count();
        bundle.covers.truncate(bundle.covers.len() - behind);
        bundle
    }

    /// Until when a batch that is not full waits, in milliseconds since the Unix epoch.
    fn waits_for_company(&self, bundle: &Bundle<'_>, more_is_there: bool) -> Option<i64> {
        let batching = self.endpoint().batching?;
        let is_full = bundle.events.len() >= usize::from(batching.events_max);
        if is_full || more_is_there || !self.key.is_live() || self.place.trouble.is_some() {
            return None;
        }
        let (since_ms, now_ms) = (bundle.events.first()?.time_ms, clock::wall_ms());
        let at_ms = since_ms.saturating_add(i64::from(batching.wait_ms));
        // An event from later than now was recorded before the clock was set back: it has waited enough.
        (since_ms <= now_ms && at_ms > now_ms).then_some(at_ms)
    }

    async fn deliver(&mut self, bundle: &Bundle<'_>) -> Option<End> {
        let first = bundle.events.first()?;
        let attempt = self.place.trouble.map_or(0, |trouble| trouble.attempts).saturating_add(1);
        let (begun, time_ms) = (Instant::now(), clock::wall_ms());
        let parcel = Parcel {
            endpoint: self.endpoint(),
            instance: self.key.instance,
            events: &bundle.events,
            attempt,
            replay: (!self.key.is_live()).then_some(self.key.lane),
        };
        let (verdict, outcome) = self.courier.deliver(&self.context, &parcel).await;
        let latency_ms = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
        self.journal.attempted(DeliveryRecord {
            number: 0,
            instance: self.key.instance,
            sequence: first.sequence,
            events: u16::try_from(bundle.events.len()).unwrap_or(u16::MAX),
            attempt,
            time_ms,
            latency_ms,
            replayed: !self.key.is_live(),
            outcome: outcome.clone(),
        });
        let kind = self.endpoint().target.kind().as_str();
        ::metrics::counter!(metrics::DELIVERIES, "target" => kind, "outcome" => outcome.word.clone())
            .increment(1);
        match verdict {
            Verdict::Delivered => {
                self.station.succeeded(outcome);
                self.took(bundle);
                None
            }
            Verdict::Gone => {
                self.station.failed(outcome);
                Some(End::Paused(PauseReason::Gone))
            }
            Verdict::Retry { after_ms } => {
                self.station.failed(outcome.clone());
                self.failed(bundle, after_ms, outcome)
            }
        }
    }

    fn took(&mut self, bundle: &Bundle<'_>) {
        self.taken += bundle.events.len();
        let kind = self.endpoint().target.kind().as_str();
        let now_ms = clock::wall_ms();
        for wanted in &bundle.covers {
            if *wanted { self.place.deliver() } else { self.place.pass_over() }
        }
        for event in &bundle.events {
            self.journal.took(event.sequence);
            if self.key.is_live() {
                let lag_ms = now_ms.saturating_sub(event.time_ms).max(0);
                ::metrics::histogram!(metrics::DELIVERY_LAG, "target" => kind)
                    .record(lag_ms as f64 / 1_000.0);
            }
        }
    }

    fn failed(&mut self, bundle: &Bundle<'_>, asked_ms: Option<u64>, outcome: Outcome) -> Option<End> {
        let now_ms = clock::wall_ms();
        let jitter = clock::random_u64() as u32;
        match self.place.fail(&self.entry.endpoint.schedule, now_ms, asked_ms, jitter) {
            Next::Again => {
                let trouble = self.place.trouble?;
                if trouble.attempts.is_multiple_of(WEBHOOK_WARN_ATTEMPTS) {
                    let (endpoint, attempts) = (self.endpoint().id, trouble.attempts);
                    tracing::warn!(%endpoint, instance = %self.key.instance, attempts, outcome = %outcome.word, "an endpoint does not take an event");
                }
                Some(End::Later { at_ms: trouble.next_at_ms })
            }
            Next::Dead { attempts, since_ms } => {
                // Only the first one was in every attempt; the others may have come later.
                let letter = DeadLetterRecord { time_ms: now_ms, attempts, outcome };
                if let Some(event) = bundle.events.first()
                    && let Err(error) = self.journal.gave_up(event.sequence, &letter)
                {
                    tracing::error!(endpoint = %self.endpoint().id, %error, "a dead letter cannot be written");
                }
                let works =
                    self.station.took_since(since_ms) && !self.endpoint().schedule.pauses_when_exhausted();
                Some(if works { End::More } else { End::Paused(PauseReason::Failing) })
            }
        }
    }
}
