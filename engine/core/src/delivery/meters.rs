//! What became of events, as counters. They move when a place is written down, so that they agree with what is on disk: of an
//! endpoint that hears of every instance, as many events were committed as were taken, passed over, given up, expired, or wait.

use metrics::counter;
use trunkline_model::delivery::{LaneCounts, TargetKind};

use super::key::LaneKey;
use crate::metrics::{EVENTS_DEAD, EVENTS_DELIVERED, EVENTS_EXPIRED, EVENTS_PASSED_OVER};

/// Every [`lane_label`].
pub(super) const LANE_LABELS: [&str; 2] = ["live", "replay"];

/// The sort of a lane, as a label: it follows the log, or tells a part of it again.
pub(super) fn lane_label(key: LaneKey) -> &'static str {
    if key.is_live() { LANE_LABELS[0] } else { LANE_LABELS[1] }
}

/// A lane's place moved.
pub(super) fn count(kind: TargetKind, key: LaneKey, before: LaneCounts, after: LaneCounts) {
    let moved = [
        (EVENTS_DELIVERED, before.delivered, after.delivered),
        (EVENTS_PASSED_OVER, before.passed_over, after.passed_over),
        (EVENTS_DEAD, before.dead, after.dead),
        (EVENTS_EXPIRED, before.expired, after.expired),
    ];
    for (name, before, after) in moved {
        if after > before {
            counter!(name, "target" => kind.as_str(), "lane" => lane_label(key)).increment(after - before);
        }
    }
}
