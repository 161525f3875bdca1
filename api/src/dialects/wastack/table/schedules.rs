//! Messages that are sent later.

use crate::dialects::envelope::{Paged, Success};
use crate::dialects::table::operations;
use crate::dialects::wastack::body::message::SendBody;
use crate::dialects::wastack::shown::Pagination;
use crate::dialects::wastack::shown::schedule::ScheduleJson;

operations! {
    /// Operations on schedules.
    Wastack ("wastack") Schedule: ScheduleOperation;
    Create: MessagesSend / Send, Key, {media SendBody} => (Success<ScheduleJson>), [],
        "Schedules a message, once or again and again."
        { POST "/api/v1/schedule" 201 Inferred, POST "/api/v1/schedules" 201 Inferred }
    List: MessagesRead / Read, Key, - => (Paged<ScheduleJson, Pagination>),
        ["status", "deviceId", "from", "to", "page", "limit"], "Lists the schedules."
        { GET "/api/v1/schedule" 200 Inferred, GET "/api/v1/schedules" 200 Inferred }
    Get: MessagesRead / Read, Key, - => (Success<ScheduleJson>), [], "Returns a schedule with its newest runs."
        { GET "/api/v1/schedule/{id}" 200 Inferred, GET "/api/v1/schedules/{id}" 200 Inferred }
    Update: MessagesSend / Write, Key, {media SendBody} => (Success<ScheduleJson>), [],
        "Changes a schedule that is not over; what is left out stays."
        { PUT "/api/v1/schedule/{id}" 200 Inferred, PATCH "/api/v1/schedule/{id}" 200 Inferred,
          PUT "/api/v1/schedules/{id}" 200 Inferred, PATCH "/api/v1/schedules/{id}" 200 Inferred }
    Cancel: MessagesSend / Write, Key, - => (Success<ScheduleJson>), [], "Ends a schedule."
        { DELETE "/api/v1/schedule/{id}" 200 Inferred, DELETE "/api/v1/schedules/{id}" 200 Inferred }
    Pause: MessagesSend / Write, Key, - => (Success<ScheduleJson>), [], "Lets a schedule do nothing."
        { POST "/api/v1/schedule/{id}/pause" 200 Inferred, POST "/api/v1/schedules/{id}/pause" 200 Inferred }
    Resume: MessagesSend / Write, Key, - => (Success<ScheduleJson>), [], "Lets a paused schedule go on."
        { POST "/api/v1/schedule/{id}/resume" 200 Inferred, POST "/api/v1/schedules/{id}/resume" 200 Inferred }
    Run: MessagesSend / Send, Key, - => (Success<ScheduleJson>), [], "Lets a schedule run now, beside its times."
        { POST "/api/v1/schedule/{id}/run" 200 Inferred, POST "/api/v1/schedules/{id}/run" 200 Inferred }
}
