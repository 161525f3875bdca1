//! Names of lanes.

use trunkline_model::InstanceId;

/// A lane of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LaneKey {
    /// Through whose log.
    pub(super) instance: InstanceId,
    /// [`LaneKey::LIVE`], or the number of a replay.
    pub(super) lane: u64,
}

impl LaneKey {
    /// The lane that follows the log.
    pub(super) const LIVE: u64 = 0;

    pub(super) fn live(instance: InstanceId) -> LaneKey {
        LaneKey { instance, lane: LaneKey::LIVE }
    }

    pub(super) fn is_live(self) -> bool {
        self.lane == LaneKey::LIVE
    }
}
