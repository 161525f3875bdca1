//! The `data` member of what happens to calls.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::command::{CallEvent, CallStep};

use crate::json::party::Person;
use crate::json::time::Time;

/// Something that happened to a call; what does not belong to the step is null.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CallStep")]
pub(super) struct CallData<'a> {
    call: &'a str,
    from: Person<'a>,
    time: Time,
    video: Option<bool>,
    is_group: Option<bool>,
    group: Option<&'a str>,
    elsewhere: Option<bool>,
    reason: Option<&'a str>,
    duration_seconds: Option<u32>,
}

impl<'a> CallData<'a> {
    pub(super) fn of(event: &'a CallEvent) -> CallData<'a> {
        let data = CallData {
            call: &event.call,
            from: Person::of(&event.from),
            time: Time(event.time_ms),
            video: None,
            is_group: None,
            group: None,
            elsewhere: None,
            reason: None,
            duration_seconds: None,
        };
        match &event.step {
            CallStep::Offered { video, group, is_group } => {
                CallData { video: Some(*video), is_group: Some(*is_group), group: group.as_deref(), ..data }
            }
            CallStep::Accepted { elsewhere } => CallData { elsewhere: Some(*elsewhere), ..data },
            CallStep::Ended { reason, duration_seconds } => {
                CallData { reason: reason.as_deref(), duration_seconds: *duration_seconds, ..data }
            }
        }
    }
}
