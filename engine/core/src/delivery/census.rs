//! What waits for endpoints, by their kinds: for the gauges.

use std::collections::HashMap;

use trunkline_model::delivery::{Endpoint, TargetKind};
use trunkline_store::Ledger;

use super::key::LaneKey;
use super::meters::{LANE_LABELS, lane_label};
use super::rows;
use crate::clock;
use crate::engine::EngineError;
use crate::log::{self, newest_on_disk};
use crate::metrics::{EVENTS_PENDING, OLDEST_PENDING};

/// A count that is under way.
#[derive(Default)]
pub(super) struct Census {
    backlogs: HashMap<(TargetKind, &'static str), Backlog>,
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
        let Some(lane) = rows::lane(ledger, endpoint.id, key)? else { return Ok(()) };
        let pending = lane.pending(newest_on_disk(ledger, key.instance)?);
        if pending == 0 {
            return Ok(());
        }
        let oldest_ms = log::read(ledger, key.instance, lane.after, 1)?.first().map(|event| event.time_ms);
        let backlog = self.backlogs.entry((endpoint.target.kind(), lane_label(key))).or_default();
        backlog.events += pending;
        backlog.oldest_ms = match (backlog.oldest_ms, oldest_ms) {
            (Some(known), Some(other)) => Some(known.min(other)),
            (known, other) => known.or(other),
        };
        Ok(())
    }

    /// Shows it, also where nothing waits.
    pub(super) fn show(mut self, shard: u16) {
        for (kind, lane) in TargetKind::ALL.into_iter().flat_map(|kind| LANE_LABELS.map(|lane| (kind, lane)))
        {
            let Backlog { events, oldest_ms } = self.backlogs.remove(&(kind, lane)).unwrap_or_default();
            let age_ms = oldest_ms.map_or(0, |oldest_ms| clock::wall_ms().saturating_sub(oldest_ms).max(0));
            let labels = [
                ("shard", shard.to_string()),
                ("target", kind.as_str().to_owned()),
                ("lane", lane.to_owned()),
            ];
            metrics::gauge!(EVENTS_PENDING, &labels).set(events as f64);
            metrics::gauge!(OLDEST_PENDING, &labels).set(age_ms as f64 / 1_000.0);
        }
    }
}
