//! What sessions did.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::InstanceId;
use trunkline_model::command::MessageView;
use trunkline_model::event::{Event, EventBody};

use super::message::log_word;
use super::session::word;
use crate::json::time::Time;

/// A message that was sent.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MessageLogJson {
    id: String,
    whatsapp_session_id: String,
    /// Null where the session does not log its messages.
    to: Option<String>,
    /// What it is, as JSON; what it says is not kept here.
    content: Option<String>,
    status: &'static str,
    failed_reason: Option<String>,
    created_at: Time,
    updated_at: Time,
    message_id: String,
}

impl MessageLogJson {
    /// `logged`: whether it is told to whom it went.
    pub(crate) fn of(view: &MessageView, logged: bool) -> MessageLogJson {
        let times = view.status_times_ms.values();
        MessageLogJson {
            id: view.id.get().to_string(),
            whatsapp_session_id: view.instance.to_string(),
            to: logged.then(|| view.to.clone()),
            content: logged.then(|| serde_json::json!({ "type": view.kind }).to_string()),
            status: log_word(view.status),
            failed_reason: view.error.clone(),
            created_at: Time(times.clone().min().copied().unwrap_or_default()),
            updated_at: Time(times.max().copied().unwrap_or_default()),
            message_id: view.wa_id.clone(),
        }
    }
}

/// What became of a session's connection.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SessionLogJson {
    id: u64,
    whatsapp_session_id: String,
    /// `status_change`, `qr_updated`, `session_linked`.
    event_type: &'static str,
    status: Option<&'static str>,
    reason: Option<&'static str>,
    occurred_at: Time,
}

impl SessionLogJson {
    /// `None` for what is not about the connection.
    pub(crate) fn of(instance: InstanceId, event: &Event) -> Option<SessionLogJson> {
        let (event_type, status, reason) = match &event.body {
            EventBody::StateChanged { to, reason, .. } => {
                ("status_change", Some(word(*to)), reason.map(|reason| reason.as_str()))
            }
            EventBody::QrIssued { .. } => ("qr_updated", Some("CONNECTING"), None),
            EventBody::Linked { .. } => ("session_linked", None, None),
            _ => return None,
        };
        Some(SessionLogJson {
            id: event.sequence,
            whatsapp_session_id: instance.to_string(),
            event_type,
            status,
            reason,
            occurred_at: Time(event.time_ms),
        })
    }
}
