//! How long an account's events are kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::Failure;
use trunkline_model::limits::EVENT_RETENTION_BYTES_MIN;
use trunkline_model::record::EventRetention;

use super::fields::{Problems, nullable};
use crate::limits::EVENT_RETENTION_DAYS_MAX;

/// Body of `events.retention_put`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SetEventRetention")]
pub(crate) struct EventRetentionBody {
    /// Null for ever.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<u32>", range(min = 1, max = EVENT_RETENTION_DAYS_MAX))]
    max_age_days: Option<Option<u32>>,
    /// Null for no bound.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<u64>", range(min = EVENT_RETENTION_BYTES_MIN))]
    max_bytes_per_instance: Option<Option<u64>>,
}

impl EventRetentionBody {
    /// How long they are kept.
    ///
    /// # Errors
    /// `VALIDATION` when that is too short or too long.
    pub(crate) fn read(&self) -> Result<EventRetention, Failure> {
        let mut problems = Problems::default();
        let (days, bytes) = (self.max_age_days.flatten(), self.max_bytes_per_instance.flatten());
        if days.is_some_and(|days| !(1..=EVENT_RETENTION_DAYS_MAX).contains(&days)) {
            let wanted = format!("is neither null nor a number from 1 to {EVENT_RETENTION_DAYS_MAX}");
            problems.add("max_age_days", wanted);
        }
        if bytes.is_some_and(|bytes| bytes < EVENT_RETENTION_BYTES_MIN) {
            let wanted = format!("is neither null nor a number from {EVENT_RETENTION_BYTES_MIN}");
            problems.add("max_bytes_per_instance", wanted);
        }
        problems.or(Some(EventRetention { days, bytes }))
    }
}

/// How long an account's events are kept. The newest event of an instance is always there.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "EventRetention")]
pub(crate) struct EventRetentionJson {
    /// Null for ever.
    max_age_days: Option<u32>,
    /// Null for no bound.
    max_bytes_per_instance: Option<u64>,
}

impl EventRetentionJson {
    pub(crate) fn of(retention: EventRetention) -> EventRetentionJson {
        EventRetentionJson { max_age_days: retention.days, max_bytes_per_instance: retention.bytes }
    }
}
