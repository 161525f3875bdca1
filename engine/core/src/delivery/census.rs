//! What waits for endpoints, by their kinds: for the gauges.

use std::collections::HashMap;

use trunkline_model::delivery::{Endpoint, TargetKind};
use trunkline_store::Ledger;

use super::key::LaneKey;
use super::rows;
use crate::clock;
use crate::engine::EngineError;
use crate::log::{self, newest_on_disk};
use crate::metrics::{EVENTS_PENDING, OLDEST_PENDING};

/// A count that is under way.
#[derive(Default)]
pub(super) struct Census {
    by_kind: HashMap<TargetKind, Backlog>,
}

#[derive(Default)]
struct Backlog {
    events: u64,
    /// When the oldest of them happened, in milliseconds since the Unix epoch.
    oldest_ms: Option<i64>,
}

impl Census {
    /// Adds what waits in a lane.
    pub(super) fn add(
        &mut self,
        ledger: &dyn Ledger,
        endpoint: &Endpoint,
        key: LaneKey,
    ) -> Result<(), EngineError> {
        let Some(lane) = rows::lane(ledger, endpoint, key)? else { return Ok(()) };
        let pending = lane.pending(newest_on_disk(ledger, key.instance)?);
        if pending == 0 {
            return Ok(());
        }
        let oldest_ms = log::read(ledger, key.instance, lane.after, 1)?.first().map(|event| event.time_ms);
        let backlog = self.by_kind.entry(endpoint.target.kind()).or_default();
        backlog.events += pending;
        backlog.oldest_ms = match (backlog.oldest_ms, oldest_ms) {
            (Some(known), Some(other)) => Some(known.min(other)),
            (known, other) => known.or(other),
        };
        Ok(())
    }

    /// Shows it, also where nothing waits.
    pub(super) fn show(mut self, shard: u16) {
        for kind in TargetKind::ALL {
            let Backlog { events, oldest_ms } = self.by_kind.remove(&kind).unwrap_or_default();
            let age_ms = oldest_ms.map_or(0, |oldest_ms| clock::wall_ms().saturating_sub(oldest_ms).max(0));
            let (shard, target) = (shard.to_string(), kind.as_str());
            metrics::gauge!(EVENTS_PENDING, "shard" => shard.clone(), "target" => target).set(events as f64);
            metrics::gauge!(OLDEST_PENDING, "shard" => shard, "target" => target)
                .set(age_ms as f64 / 1_000.0);
        }
    }
}
