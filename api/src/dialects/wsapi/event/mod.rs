//! Events as WSAPI tells them: the envelope, and which of the service's events each of ours is.
//!
//! Some of ours have no counterpart there and are not told; `message_history_sync` is a message from before the instance was
//! online. What the service would tell and Trunkline does not know is left out.

mod data;
mod message;

use bytes::{BufMut, BytesMut};
use serde::Serialize;
use trunkline_model::InstanceId;
use trunkline_model::delivery::{Telling, Told};
use trunkline_model::event::Event;
use trunkline_model::inbound::Party;

use self::data::Data;
use crate::dialects::StreamWriter;
use crate::dialects::envelope::signature;
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

/// Headers that a delivery says something with.
pub(super) const RESERVED_HEADERS: &[&str] = &["X-Instance-Id", "X-Webhook-Signature"];

/// An event in its envelope; `None` for one that the service does not have, or that `wanted` leaves out.
fn envelope<'a>(
    (public, own): (&'a str, Option<&Party>),
    instance: InstanceId,
    event: &Event,
    wanted: &[String],
) -> Option<Envelope<'a>> {
    let (event_type, event_data) = Data::of(event, own).filter(|(kind, _)| is_wanted(wanted, kind))?;
    // Time, then what tells it from every other: the same event has the same id each time that it is told.
    let event_id =
        format!("evt_{}_{:08x}{:08x}", event.time_ms, instance.0 & 0xffff_ffff, event.sequence & 0xffff_ffff);
    Some(Envelope { event_id, instance_id: public, event_type, received_at: Time(event.time_ms), event_data })
}

fn is_wanted(wanted: &[String], kind: &str) -> bool {
    wanted.is_empty() || SYSTEM_EVENTS.contains(&kind) || wanted.iter().any(|wanted| wanted == kind)
}

/// Whether the service has such an event, and `wanted` does not leave it out.
pub(super) fn is_told(wanted: &[String], event: &Event) -> bool {
    Data::of(event, None).is_some_and(|(kind, _)| is_wanted(wanted, kind))
}

/// An event for a webhook: body, instance, signature.
pub(super) fn webhook(telling: &Telling<'_>) -> Option<Told> {
    let public = telling.name.map_or_else(|| telling.instance.to_string(), str::to_owned);
    let told = (public.as_str(), telling.own);
    let envelope = envelope(told, telling.instance, telling.event, &telling.format.events)?;
    let body = json::bytes(&envelope);
    let mut headers = vec![("X-Instance-Id", public.clone())];
    if !telling.secret.is_empty() {
        headers.push(("X-Webhook-Signature", signature(telling.secret, &body)));
    }
    Some(Told { body, headers })
}

/// A stream of events: each is one `data:` line.
pub(super) struct Stream {
    /// What the caller calls the instance.
    pub(super) instance: String,
    /// The number that is linked to it.
    pub(super) own: Option<Party>,
    /// The events that are told; none for all.
    pub(super) events: Vec<String>,
}

impl StreamWriter for Stream {
    fn write(&self, out: &mut BytesMut, instance: InstanceId, event: &Event) {
        let told = (self.instance.as_str(), self.own.as_ref());
        if let Some(envelope) = envelope(told, instance, event, &self.events) {
            out.put_slice(b"data: ");
            out.put_slice(&json::bytes(&envelope));
            out.put_slice(b"\n\n");
        }
    }
}

#[cfg(test)]
mod tests;
