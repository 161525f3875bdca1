//! Numbers events without gaps and makes them durable.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use trunkline_model::InstanceId;
use trunkline_model::event::{Event, EventBody};
use trunkline_model::inbound::Party;
use trunkline_model::record::{self, table};
use trunkline_model::settings::InstanceSettings;
use trunkline_store::{Batch, CommitClass, CommitFuture, Direction, Key, KeyRange, Ledger, StoreError};

use super::under_way::UnderWay;
use crate::chats::{Note, Pending, Sheet};
use crate::clock;
use crate::delivery::Inbox;
use crate::directory::Newest;
use crate::engine::EngineError;
use crate::patient;
use crate::place::instance_key;

/// The event log of one instance. Its actor and its inbound sink append to it, both on the shard's thread. It outlives the
/// actor: what a failed one had queued keeps its numbers.
///
/// Invariant: sequence numbers are handed out and batches are queued under one lock without an await between, so numbers are
/// durable in order and a refused batch leaves no gap.
pub(crate) struct EventLog {
    ledger: Arc<dyn Ledger>,
    instance: InstanceId,
    numbering: Mutex<Numbering>,
    newest: Newest,
    inbox: Arc<Inbox>,
    pub(super) under_way: UnderWay,
}

struct Numbering {
    /// The next number to hand out.
    next: u64,
    /// Time of the newest event, in milliseconds since the Unix epoch: the times of a log never go back, whatever the clock does.
    newest_at_ms: i64,
    /// Nothing may be appended any more: the instance is being erased.
    closed: bool,
    /// Decides what is worth an event.
    settings: Arc<InstanceSettings>,
    /// What is known of chats and people and is not on disk yet.
    pending: Pending,
}

/// What is appended: events, and what is to be noted of chats and people beside what follows from them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entries {
    /// Each event, and whether it tells of something from before the instance was online.
    pub(crate) bodies: Vec<(EventBody, bool)>,
    pub(crate) notes: Vec<Note>,
    /// Leaves events out that tell nothing new of something that was changed then, in milliseconds since the Unix epoch.
    pub(crate) news_since_ms: Option<i64>,
}

impl From<Vec<(EventBody, bool)>> for Entries {
    fn from(bodies: Vec<(EventBody, bool)>) -> Entries {
        Entries { bodies, ..Entries::default() }
    }
}

impl From<Vec<Note>> for Entries {
    fn from(notes: Vec<Note>) -> Entries {
        Entries { notes, ..Entries::default() }
    }
}

impl Entries {
    /// One event, unless it tells nothing new of what was changed at `since_ms`.
    pub(crate) fn news(body: EventBody, since_ms: i64) -> Entries {
        Entries { bodies: vec![(body, false)], notes: Vec::new(), news_since_ms: Some(since_ms) }
    }
}

/// Events on their way to the disk.
pub(crate) struct Appended {
    /// `None` when the disk was faster than the look at the answer, which must not be polled again.
    commit: Option<CommitFuture>,
    last: u64,
    /// The batch's number among those that say something of chats and people.
    epoch: u64,
    log: Arc<EventLog>,
}

impl EventLog {
    /// Opens the log that is on disk. Those who follow `newest` already are woken by what comes, not by what is there.
    pub(crate) fn open(
        ledger: Arc<dyn Ledger>,
        instance: InstanceId,
        newest: Newest,
        inbox: Arc<Inbox>,
    ) -> Result<EventLog, EngineError> {
        let found = newest_on_disk(&*ledger, instance)?;
        newest.send_if_modified(|newest| {
            *newest = found;
            false
        });
        let newest_at_ms = event(&*ledger, instance, found)?.map_or(0, |event| event.time_ms);
        Ok(EventLog {
            ledger,
            instance,
            numbering: Mutex::new(Numbering {
                next: found + 1,
                newest_at_ms,
                closed: false,
                settings: Arc::default(),
                pending: Pending::default(),
            }),
            newest,
            inbox,
            under_way: UnderWay::default(),
        })
    }

    /// Whether everything that was appended is durable and announced: the log that is opened next goes on after it.
    pub(crate) fn is_settled(&self) -> bool {
        self.numbering().next == self.newest() + 1
    }

    /// Refuses every later append with [`StoreError::Closed`]: what follows the erasure of an instance must not bring parts of
    /// it back.
    pub(crate) fn close(&self) {
        self.numbering().closed = true;
    }

    /// From now on leaves out what these settings do not want.
    pub(crate) fn obey(&self, settings: Arc<InstanceSettings>) {
        self.numbering().settings = settings;
    }

    /// The settings that it obeys.
    pub(crate) fn settings(&self) -> Arc<InstanceSettings> {
        Arc::clone(&self.numbering().settings)
    }

    fn numbering(&self) -> MutexGuard<'_, Numbering> {
        self.numbering.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn newest(&self) -> u64 {
        *self.newest.borrow()
    }

    /// Where it announces its newest event: for whoever follows, also when this log is gone and the next one is open.
    pub(crate) fn shared_newest(&self) -> Newest {
        Arc::clone(&self.newest)
    }

    /// Queues those events that are wanted, what they mean for chats and people, and whatever else is in `batch`, atomically. The
    /// effect must wait for [`Appended::durable`].
    ///
    /// # Errors
    /// Those of [`Ledger::commit`] that are known at once: nothing was queued then, and no number is used up.
    pub(crate) fn append(
        self: &Arc<EventLog>,
        mut batch: Batch,
        entries: impl Into<Entries>,
        class: CommitClass,
    ) -> Result<Appended, StoreError> {
        let Entries { bodies, notes, news_since_ms } = entries.into();
        let mut numbering = self.numbering();
        if numbering.closed {
            return Err(StoreError::Closed);
        }
        let time_ms = clock::wall_ms().max(numbering.newest_at_ms);
        let mut sequence = numbering.next;
        let mut sheet = Sheet::new(&*self.ledger, self.instance, &numbering.pending);
        for (body, backfilled) in bodies {
            if let Some(since_ms) = news_since_ms
                && !sheet.is_news(&body, since_ms)?
            {
                continue;
            }
            if !numbering.settings.wants(&body) {
                sheet.follow_untold(&body, time_ms)?;
                continue;
            }
            let event = Event { sequence, time_ms, backfilled, body };
            sheet.follow(&event)?;
            let bytes = record::encode(&event).map_err(|error| StoreError::Corrupt {
                what: "an event that is to be written".into(),
                detail: error.to_string(),
            })?;
            batch.put(self.key(sequence), bytes);
            sequence += 1;
        }
        for note in &notes {
            sheet.note(note, time_ms)?;
        }
        let rows = sheet.fill(&mut batch);
        let mut commit = self.ledger.commit(batch, class);
        let commit = match (&mut commit).now_or_never() {
            Some(Err(error)) => return Err(error),
            Some(Ok(_)) => None,
            None => Some(commit),
        };
        if sequence > numbering.next {
            (numbering.next, numbering.newest_at_ms) = (sequence, time_ms);
        }
        let epoch = match commit {
            Some(_) => numbering.pending.keep(rows),
            // On disk already, and with it everything that was queued before: batches become durable in order.
            None => numbering.pending.settle_all(),
        };
        Ok(Appended { commit, last: sequence - 1, epoch, log: Arc::clone(self) })
    }

    /// As [`EventLog::append`], waiting while the store is busy.
    pub(crate) async fn append_patiently(
        self: &Arc<EventLog>,
        batch: Batch,
        entries: impl Into<Entries>,
        class: CommitClass,
    ) -> Result<Appended, StoreError> {
        let entries = entries.into();
        loop {
            match self.append(batch.clone(), entries.clone(), class) {
                Err(StoreError::Busy { retry_after_ms }) => {
                    tokio::time::sleep(std::time::Duration::from_millis(retry_after_ms)).await;
                }
                other => return other,
            }
        }
    }

    /// Adds the name of a person that a stanza did not tell, where it was learned before. A look-up that fails adds nothing.
    pub(crate) fn complete(&self, party: &mut Party) {
        let numbering = self.numbering();
        let sheet = Sheet::new(&*self.ledger, self.instance, &numbering.pending);
        if let Err(error) = sheet.complete(party) {
            tracing::debug!(instance = %self.instance, %error, "the other name of a person cannot be read");
        }
    }

    /// Waits until everything that was appended before is durable, and announces it.
    ///
    /// # Errors
    /// Those of [`patient::barrier`].
    pub(crate) async fn barrier(&self) -> Result<(), StoreError> {
        let (last, epoch) = {
            let numbering = self.numbering();
            (numbering.next - 1, numbering.pending.epoch())
        };
        patient::barrier(&*self.ledger).await?;
        self.numbering().pending.settle(epoch);
        self.announce(last);
        Ok(())
    }

    /// Wakes whoever follows the log. Commits resolve in order but their waiters may run in any: the mark only moves forward.
    fn announce(&self, last: u64) {
        let mut before = last;
        let moved = self.newest.send_if_modified(|newest| {
            let moves = last > *newest;
            before = *newest;
            *newest = (*newest).max(last);
            moves
        });
        if moved {
            metrics::counter!(crate::metrics::EVENTS_COMMITTED).increment(last - before);
            self.inbox.news(self.instance);
        }
    }

    /// Durable events after a position, oldest first.
    pub(crate) fn read(&self, after: u64, limit: usize) -> Result<Vec<Event>, EngineError> {
        read(&*self.ledger, self.instance, after, limit)
    }

    /// One durable event.
    pub(crate) fn get(&self, sequence: u64) -> Result<Option<Event>, EngineError> {
        event(&*self.ledger, self.instance, sequence)
    }

    fn key(&self, sequence: u64) -> Key {
        key(self.instance, sequence)
    }
}

pub(super) fn key(instance: InstanceId, sequence: u64) -> Key {
    instance_key(instance, table::EVENT, &sequence.to_be_bytes())
}

/// Durable events of an instance after a position, oldest first.
///
/// # Errors
/// Those of [`Ledger::scan`], and of a record that cannot be read.
pub(crate) fn read(
    ledger: &dyn Ledger,
    instance: InstanceId,
    after: u64,
    limit: usize,
) -> Result<Vec<Event>, EngineError> {
    let range = KeyRange::table(instance.slot().0, instance.0, table::EVENT);
    let rows = ledger.scan(range.after(&key(instance, after)), Direction::Forward, limit)?;
    rows.iter().map(|(_, bytes)| Ok(record::decode(bytes)?)).collect()
}

/// One durable event of an instance.
///
/// # Errors
/// As [`read`].
pub(crate) fn event(
    ledger: &dyn Ledger,
    instance: InstanceId,
    sequence: u64,
) -> Result<Option<Event>, EngineError> {
    ledger.get(&key(instance, sequence))?.map(|bytes| Ok(record::decode(&bytes)?)).transpose()
}

/// Sequence number of an instance's newest durable event; 0 when it has none.
///
/// # Errors
/// Those of [`Ledger::scan`].
pub(crate) fn newest_on_disk(ledger: &dyn Ledger, instance: InstanceId) -> Result<u64, StoreError> {
    let range = KeyRange::table(instance.slot().0, instance.0, table::EVENT);
    let newest = ledger.scan(range, Direction::Backward, 1)?;
    Ok(newest.first().map_or(0, |(key, _)| sequence_of(key)))
}

/// Sequence number of the event with this key.
pub(crate) fn sequence_of(key: &Key) -> u64 {
    key.suffix().try_into().map_or(0, u64::from_be_bytes)
}

impl Appended {
    /// Waits until the events are on disk, then wakes whoever follows the log.
    pub(crate) async fn durable(self) -> Result<(), StoreError> {
        if let Some(commit) = self.commit {
            commit.await?;
        }
        self.log.numbering().pending.settle(self.epoch);
        self.log.announce(self.last);
        Ok(())
    }
}
