//! The queue of one local address.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::bucket::Bucket;
use crate::id::InstanceId;

/// A place in the queue: work first, then the latest active, then the first that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    without_work: bool,
    active_at_ms: Reverse<i64>,
    pub(super) arrival: u64,
}

impl Rank {
    pub(super) fn new(queued_work: bool, active_at_ms: i64, arrival: u64) -> Rank {
        Rank { without_work: !queued_work, active_at_ms: Reverse(active_at_ms), arrival }
    }

    pub(super) fn queued_work(&self) -> bool {
        !self.without_work
    }

    /// Whether this place comes first, by order or by patience.
    pub(super) fn before(&self, other: &Rank, patience: bool) -> bool {
        if patience { self.arrival < other.arrival } else { self < other }
    }
}

/// Who waits, and since when, in steady milliseconds.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) instance: InstanceId,
    pub(super) since_ms: u64,
    /// Whether it came before the gate was opened.
    pub(super) resumed: bool,
}

/// The queue, in both its orders, and the bucket of the address.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) bucket: Bucket,
    by_rank: BTreeMap<Rank, Waiting>,
    by_arrival: BTreeMap<u64, Rank>,
}

impl Lane {
    pub(super) fn new(bucket: Bucket) -> Lane {
        Lane { bucket, by_rank: BTreeMap::new(), by_arrival: BTreeMap::new() }
    }

    pub(super) fn insert(&mut self, rank: Rank, waiting: Waiting) {
        self.by_arrival.insert(rank.arrival, rank);
        self.by_rank.insert(rank, waiting);
    }

    pub(super) fn remove(&mut self, rank: &Rank) -> Option<Waiting> {
        self.by_arrival.remove(&rank.arrival);
        self.by_rank.remove(rank)
    }

    /// The first place, by order or by patience.
    pub(super) fn head(&self, patience: bool) -> Option<Rank> {
        if patience {
            self.by_arrival.first_key_value().map(|(_, rank)| *rank)
        } else {
            self.by_rank.first_key_value().map(|(rank, _)| *rank)
        }
    }
}
