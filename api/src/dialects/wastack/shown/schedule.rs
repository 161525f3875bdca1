//! Messages that are sent later.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::plan::{RunOutcome, RunRecord, ScheduleRecord, ScheduleState, Timing};

use super::super::ids;
use super::name_of_jid;
use crate::json::time::Time;

/// The service's word for a state.
pub(crate) fn status_word(state: ScheduleState) -> &'static str {
    match state {
        ScheduleState::Active => "scheduled",
        ScheduleState::Paused => "paused",
        ScheduleState::Completed => "completed",
        ScheduleState::Cancelled => "cancelled",
    }
}

/// A schedule.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScheduleJson {
    id: String,
    device_id: String,
    /// `scheduled`, `paused`, `completed`, `cancelled`; `failed` for one that ran once, in vain.
    pub(crate) status: &'static str,
    scheduled_at: Option<Time>,
    next_run_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recurrence: Option<RecurrenceJson>,
    message: ScheduledJson,
    correlation_id: String,
    created_at: Time,
    /// Its newest runs, where one schedule is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    runs: Option<Vec<RunJson>>,
}

/// How it is sent again and again.
#[derive(Debug, Serialize, JsonSchema)]
struct RecurrenceJson {
    /// Five fields: minute, hour, day of the month, month, day of the week.
    cron: String,
    timezone: String,
    until: Option<Time>,
    count: Option<u32>,
}

/// What is sent.
#[derive(Debug, Serialize, JsonSchema)]
struct ScheduledJson {
    to: String,
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
}

/// A run.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RunJson {
    transaction_id: Option<String>,
    ran_at: Time,
    /// `queued`, `failed` or `missed`.
    status: &'static str,
    error: Option<String>,
}

impl RunJson {
    fn of(run: &RunRecord) -> RunJson {
        let (transaction_id, status, error) = match &run.outcome {
            RunOutcome::Accepted(message) => (Some(ids::transaction(*message)), "queued", None),
            RunOutcome::Refused(code) => (None, "failed", Some(code.clone())),
            RunOutcome::Missed(_) => (None, "missed", None),
        };
        RunJson { transaction_id, ran_at: Time(run.ran_at_ms), status, error }
    }
}

impl ScheduleJson {
    pub(crate) fn of(record: &ScheduleRecord) -> ScheduleJson {
        let (scheduled_ms, recurrence) = match &record.timing {
            Timing::Once(at_ms) => (Some(*at_ms), None),
            Timing::Cron { expression, zone, until_ms, runs_max } => {
                let recurrence = RecurrenceJson {
                    cron: expression.clone(),
                    timezone: zone.clone(),
                    until: until_ms.map(Time),
                    count: *runs_max,
                };
                (record.next_ms, Some(recurrence))
            }
        };
        ScheduleJson {
            id: record.id.to_string(),
            device_id: ids::device(record.instance),
            status: status_word(record.state),
            scheduled_at: scheduled_ms.map(Time),
            next_run_at: record.next_ms.map(Time),
            recurrence,
            message: ScheduledJson {
                to: name_of_jid(&record.message.to.jid()),
                kind: ids::word(record.message.content.kind()).to_owned(),
                text: record.message.text().map(str::to_owned),
            },
            correlation_id: ids::correlation_of_schedule(record.id, record.message.metadata.as_deref()),
            created_at: Time(record.created_at_ms),
            runs: None,
        }
    }

    /// The same with its runs, newest first.
    pub(crate) fn with_runs(self, record: &ScheduleRecord, runs: &[RunRecord]) -> ScheduleJson {
        let in_vain = runs.first().is_some_and(|run| !matches!(run.outcome, RunOutcome::Accepted(_)));
        let once = matches!(record.timing, Timing::Once(_)) && record.state == ScheduleState::Completed;
        let status = if once && in_vain { "failed" } else { self.status };
        ScheduleJson { status, runs: Some(runs.iter().map(RunJson::of).collect()), ..self }
    }
}
