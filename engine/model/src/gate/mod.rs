//! The gate of a node: in which order, and how fast, its numbers connect.
//!
//! Everything that connects passes it: the numbers of a restarted process, numbers whose connection was lost, and those that a
//! person connects. A lonely number meets full buckets and passes at once; a thousand that fall together queue up. Nothing
//! here knows a clock: steady milliseconds come in as arguments, and must not go back.
//!
//! Invariants:
//! - in any time `t` at most `rate × t + burst` numbers pass in the queue's order, and as many again in advance as
//!   [`Pace::in_advance_max`] says; the same holds for every local address;
//! - at most [`Pace::under_way_max`] logins of the queue are under way;
//! - every [`PATIENCE_EVERY`]th turn goes to whoever has waited longest, so that nobody waits for ever;
//! - an instance has one place at the most.

mod bucket;
mod lane;
mod progress;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::bucket::Bucket;
use self::lane::{Lane, Rank, Waiting};
pub use self::progress::Progress;
use crate::id::InstanceId;

/// One turn in so many goes to whoever has waited longest, whatever the order says.
pub const PATIENCE_EVERY: u64 = 8;

/// The local address that connections leave from. The default is the one that the operating system chooses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outgoing(pub u16);

/// How fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Numbers that may connect in a second, of the whole node; at least 1.
    pub per_second: u32,
    /// Numbers that may connect in a second from one local address; at least 1.
    pub per_second_of_address: u32,
    /// Numbers that may connect at one moment after a quiet time; at least 1.
    pub burst: u32,
    /// Numbers that may be logging in at a time; at least 1.
    pub under_way_max: usize,
    /// Turns that people may take before the buckets have them.
    pub in_advance_max: u32,
}

/// A number that wants to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asker {
    /// Which.
    pub instance: InstanceId,
    /// From where.
    pub outgoing: Outgoing,
    /// Whether accepted messages wait in its outbox: such numbers come first.
    pub queued_work: bool,
    /// When something last happened to it, in milliseconds since the Unix epoch: the latest come first.
    pub active_at_ms: i64,
}

/// A number whose turn it is. Its end must be told to [`Gate::finish`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Which.
    pub instance: InstanceId,
    /// Milliseconds that it waited.
    pub waited_ms: u64,
    /// Whether accepted messages wait in its outbox.
    pub queued_work: bool,
    /// Whether it belongs to the numbers that asked before the gate was opened.
    pub resumed: bool,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It is this number's turn.
    Turn(Turn),
    /// Ask again at this steady time, in milliseconds.
    At(u64),
    /// Ask again when somebody asked or finished.
    Nothing,
}

/// How a login ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The number is open.
    Open,
    /// It is not, for this reason.
    Failed(&'static str),
}

/// What a place that was given up counts as.
const GIVEN_UP: &str = "given_up";

/// The gate.
#[derive(Debug)]
pub struct Gate {
    pace: Pace,
    node: Bucket,
    lanes: BTreeMap<Outgoing, Lane>,
    places: BTreeMap<InstanceId, (Outgoing, Rank)>,
    under_way: usize,
    arrivals: u64,
    turns: u64,
    opened: bool,
    progress: Progress,
}

impl Gate {
    /// A closed gate: numbers may queue up in front of it.
    pub fn new(pace: Pace) -> Gate {
        Gate {
            pace,
            node: Bucket::full(pace.per_second, pace.burst),
            lanes: BTreeMap::new(),
            places: BTreeMap::new(),
            under_way: 0,
            arrivals: 0,
            turns: 0,
            opened: false,
            progress: Progress::default(),
        }
    }

    /// Lets turns be given. Whoever waits now is what [`Gate::progress`] tells about.
    pub fn open(&mut self) {
        self.opened = true;
        self.progress.begin(self.places.len());
    }

    /// Gives a number its place. One that has a place keeps the time since when it waits.
    pub fn ask(&mut self, asker: Asker, now_ms: u64) {
        let before = self.take_place(asker.instance);
        let arrival = match &before {
            Some((rank, _)) => rank.arrival,
            None => {
                self.arrivals += 1;
                self.arrivals
            }
        };
        let rank = Rank::new(asker.queued_work, asker.active_at_ms, arrival);
        let waiting = before.map_or(
            Waiting { instance: asker.instance, since_ms: now_ms, resumed: !self.opened },
            |(_, waiting)| waiting,
        );
        self.lane(asker.outgoing).insert(rank, waiting);
        self.places.insert(asker.instance, (asker.outgoing, rank));
    }

    /// Gives a place up.
    pub fn leave(&mut self, instance: InstanceId) {
        if let Some((_, waiting)) = self.take_place(instance)
            && waiting.resumed
            && self.opened
        {
            self.progress.turn_given();
            self.progress.finish(Outcome::Failed(GIVEN_UP));
        }
    }

    /// Takes a turn that a person asked for: before the queue, and if need be before the buckets have it.
    ///
    /// # Errors
    /// Milliseconds after which to ask again, when [`Pace::in_advance_max`] turns are owed already.
    pub fn take_now(&mut self, outgoing: Outgoing, now_ms: u64) -> Result<(), u64> {
        let in_advance = self.pace.in_advance_max;
        let lane = self.lane(outgoing);
        let lane_wait_ms = lane.bucket.wait_in_advance_ms(now_ms, in_advance);
        let wait_ms = self.node.wait_in_advance_ms(now_ms, in_advance).max(lane_wait_ms);
        if wait_ms > 0 {
            return Err(wait_ms);
        }
        self.node.take(now_ms);
        self.lane(outgoing).bucket.take(now_ms);
        self.under_way += 1;
        Ok(())
    }

    /// Whose turn it is.
    pub fn next(&mut self, now_ms: u64) -> Next {
        if !self.opened || self.places.is_empty() || self.under_way >= self.pace.under_way_max {
            return Next::Nothing;
        }
        if let Err(at_ms) = self.node.ready(now_ms) {
            return Next::At(at_ms);
        }
        let patience = (self.turns + 1).is_multiple_of(PATIENCE_EVERY);
        let mut soonest_ms = u64::MAX;
        let mut best: Option<(Outgoing, Rank)> = None;
        for (outgoing, lane) in &mut self.lanes {
            let Some(rank) = lane.head(patience) else { continue };
            match lane.bucket.ready(now_ms) {
                Err(at_ms) => soonest_ms = soonest_ms.min(at_ms),
                Ok(()) if best.is_none_or(|(_, other)| rank.before(&other, patience)) => {
                    best = Some((*outgoing, rank));
                }
                Ok(()) => {}
            }
        }
        match best.and_then(|(outgoing, rank)| self.give(outgoing, rank, now_ms)) {
            Some(turn) => Next::Turn(turn),
            None => Next::At(soonest_ms),
        }
    }

    fn give(&mut self, outgoing: Outgoing, rank: Rank, now_ms: u64) -> Option<Turn> {
        let lane = self.lanes.get_mut(&outgoing)?;
        let waiting = lane.remove(&rank)?;
        lane.bucket.take(now_ms);
        self.node.take(now_ms);
        self.places.remove(&waiting.instance);
        self.under_way += 1;
        self.turns += 1;
        if waiting.resumed {
            self.progress.turn_given();
        }
        Some(Turn {
            instance: waiting.instance,
            waited_ms: now_ms.saturating_sub(waiting.since_ms),
            queued_work: rank.queued_work(),
            resumed: waiting.resumed,
        })
    }

    /// A login ended, well or not. `resumed` is what its [`Turn`] said; `false` for a turn that a person took.
    pub fn finish(&mut self, resumed: bool, outcome: Outcome) {
        self.under_way = self.under_way.saturating_sub(1);
        if resumed {
            self.progress.finish(outcome);
        }
    }

    /// Numbers that wait for their turn.
    pub fn waiting(&self) -> usize {
        self.places.len()
    }

    /// Numbers that are logging in.
    pub fn under_way(&self) -> usize {
        self.under_way
    }

    /// What became of the numbers that waited when the gate was opened.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    fn take_place(&mut self, instance: InstanceId) -> Option<(Rank, Waiting)> {
        let (outgoing, rank) = self.places.remove(&instance)?;
        let waiting = self.lanes.get_mut(&outgoing)?.remove(&rank)?;
        Some((rank, waiting))
    }

    fn lane(&mut self, outgoing: Outgoing) -> &mut Lane {
        let pace = self.pace;
        self.lanes
            .entry(outgoing)
            .or_insert_with(|| Lane::new(Bucket::full(pace.per_second_of_address, pace.burst)))
    }
}
