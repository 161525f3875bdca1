//! Events as WSAPI tells them: the envelope, and which of the service's events each of ours is.
//!
//! Some of ours have no counterpart there and are not told; `message_history_sync` is a message from before the instance was
//! online. What the service would tell and Trunkline does not know is left out.

mod data;
mod message;

use bytes::{BufMut, BytesMut};
use ring::hmac;
use serde::Serialize;
use trunkline_model::InstanceId;
use trunkline_model::delivery::DialectFormat;
use trunkline_model::event::Event;

use self::data::Data;
use crate::dialects::Written;
use crate::json::{self, time::Time};

/// The events that can be left out.
pub(super) const EVENTS: &[&str] = &[
    "message",
    "message_read",
    "message_delete",
    "message_star",
    "message_history_sync",
    "chat_setting",
    "chat_presence",
    "chat_push_name",
    "chat_status",
    "chat_picture",
    "contact",
    "group",
    "newsletter",
    "user_presence",
    "call_offer",
    "call_accept",
    "call_terminate",
];

/// The events that are always told.
pub(super) const SYSTEM_EVENTS: &[&str] =
    &["logged_in", "logged_out", "login_error", "initial_sync_finished"];

/// An event in its envelope.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    event_id: String,
    instance_id: &'a str,
    event_type: &'static str,
    received_at: Time,
    event_data: Data,
}

/// An event in its envelope; `None` for one that the service does not have.
fn envelope<'a>(public: &'a str, instance: InstanceId, event: &Event) -> Option<Envelope<'a>> {
    let (event_type, event_data) = Data::of(event)?;
    // Time, then what tells it from every other: the same event has the same id each time that it is told.
    let event_id =
        format!("evt_{}_{:08x}{:08x}", event.time_ms, instance.0 & 0xffff_ffff, event.sequence & 0xffff_ffff);
    Some(Envelope { event_id, instance_id: public, event_type, received_at: Time(event.time_ms), event_data })
}

/// An event for a webhook: body, instance, signature.
pub(crate) fn webhook(
    format: &DialectFormat,
    secret: &str,
    instance: InstanceId,
    event: &Event,
) -> Option<Written> {
    let public = format.instance.clone().unwrap_or_else(|| instance.to_string());
    let envelope = envelope(&public, instance, event)?;
    let told = format.events.is_empty()
        || SYSTEM_EVENTS.contains(&envelope.event_type)
        || format.events.iter().any(|wanted| wanted == envelope.event_type);
    if !told {
        return None;
    }
    let body = json::bytes(&envelope);
    let mut headers = vec![("X-Instance-Id", public.clone())];
    if !secret.is_empty() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let digest: String =
            hmac::sign(&key, &body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        headers.push(("X-Webhook-Signature", format!("sha256={digest}")));
    }
    Some(Written { body, headers })
}

/// A stream of events: each is one `data:` line.
pub(crate) struct Stream {
    /// What the caller calls the instance.
    pub(crate) instance: String,
}

impl Stream {
    /// Writes an event, if the service has it.
    pub(crate) fn write(&self, out: &mut BytesMut, instance: InstanceId, event: &Event) {
        if let Some(envelope) = envelope(&self.instance, instance, event) {
            out.put_slice(b"data: ");
            out.put_slice(&json::bytes(&envelope));
            out.put_slice(b"\n\n");
        }
    }
}

#[cfg(test)]
mod tests;
