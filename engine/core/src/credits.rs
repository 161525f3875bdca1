//! Credits: the bound on what waits in front of an instance and of its shard. A credit travels with the message that it lets
//! in, and comes back when that is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How urgent a message of a front end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallLane {
    /// Somebody waits for it: questions, control, and messages that are not bulk.
    Front,
    /// Messages of the bulk lane.
    Bulk,
}

/// How many may wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    /// In all.
    pub(crate) all: usize,
    /// Bulk among them; the other places are kept for what somebody waits for.
    pub(crate) bulk: usize,
}

/// The places of one queue. Shared by the threads of the front end and the shard.
#[derive(Debug)]
pub(crate) struct Pool {
    places: Places,
    all: AtomicUsize,
    bulk: AtomicUsize,
}

/// One taken place; it is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    pool: Arc<Pool>,
    lane: CallLane,
}

impl Pool {
    pub(crate) fn new(places: Places) -> Arc<Pool> {
        Arc::new(Pool { places, all: AtomicUsize::new(0), bulk: AtomicUsize::new(0) })
    }

    /// Takes a place, or none when those of this lane are taken.
    pub(crate) fn take(self: &Arc<Pool>, lane: CallLane) -> Option<Place> {
        // Taken first and checked after, so that two threads cannot both take the last one.
        let all = self.all.fetch_add(1, Ordering::Relaxed) + 1;
        let bulk = match lane {
            CallLane::Bulk => self.bulk.fetch_add(1, Ordering::Relaxed) + 1,
            CallLane::Front => 0,
        };
        // From here on a refusal gives both back by itself.
        let place = Place { pool: Arc::clone(self), lane };
        (all <= self.places.all && bulk <= self.places.bulk).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.pool.all.fetch_sub(1, Ordering::Relaxed);
        if self.lane == CallLane::Bulk {
            self.pool.bulk.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(pool: &Arc<Pool>, lane: CallLane) -> Vec<Place> {
        std::iter::from_fn(|| pool.take(lane)).collect()
    }

    #[test]
    fn bulk_leaves_the_kept_places_to_the_others() {
        let pool = Pool::new(Places { all: 8, bulk: 5 });
        let bulk = fill(&pool, CallLane::Bulk);
        let front = fill(&pool, CallLane::Front);
        assert_eq!((bulk.len(), front.len()), (5, 3));
        drop(bulk);
        assert_eq!(fill(&pool, CallLane::Front).len(), 5, "the others may use every place");
    }

    #[test]
    fn a_refusal_takes_nothing() {
        let pool = Pool::new(Places { all: 2, bulk: 1 });
        let first = pool.take(CallLane::Bulk);
        assert!(pool.take(CallLane::Bulk).is_none() && pool.take(CallLane::Bulk).is_none());
        assert_eq!(fill(&pool, CallLane::Front).len(), 1);
        drop(first);
        assert_eq!(fill(&pool, CallLane::Bulk).len(), 1);
    }
}
