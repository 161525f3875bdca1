//! The event envelope: the same bytes for pull, stream and webhook.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::event::Event;
use trunkline_model::{AccountId, InstanceId};

use super::bytes;
use super::time::Time;
use data::Data;
pub(crate) use data::Received;

mod call;
mod change;
mod data;

/// Every event type of this version. Clients are told that the list grows.
pub const EVENT_TYPES: &[&str] = &[
    "instance.created",
    "instance.awaiting_scan",
    "instance.awaiting_passkey",
    "instance.pairing",
    "instance.connecting",
    "instance.syncing",
    "instance.open",
    "instance.closed",
    "instance.conflicted",
    "instance.restricted",
    "instance.stopped",
    "instance.parked",
    "instance.logged_out",
    "instance.deleted",
    "instance.qr",
    "instance.pairing_code",
    "instance.passkey_requested",
    "instance.passkey_confirmation",
    "instance.linked",
    "message.received",
    "message.pending",
    "message.processing",
    "message.sent",
    "message.delivered",
    "message.read",
    "message.played",
    "message.failed",
    "chat.presence_changed",
    "contact.presence_changed",
    "group.changed",
    "instance.limits_changed",
    "call.offered",
    "call.accepted",
    "call.ended",
    "chat.changed",
    "contact.changed",
    "label.changed",
    "poll.voted",
    "message.undecryptable",
    "instance.exported",
    "instance.imported",
];

/// An event in its envelope.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub(crate) struct EventJson<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    account: String,
    instance: String,
    sequence: u64,
    time: Time,
    backfilled: bool,
    data: Data<'a>,
}

impl<'a> EventJson<'a> {
    pub(crate) fn of(account: AccountId, instance: InstanceId, event: &'a Event) -> EventJson<'a> {
        EventJson {
            id: event_id(instance, event.sequence),
            kind: event.body.kind(),
            account: account.to_string(),
            instance: instance.to_string(),
            sequence: event.sequence,
            time: Time(event.time_ms),
            backfilled: event.backfilled,
            data: Data::of(instance, event),
        }
    }
}

/// An event in the native API's JSON: `{"id","type","account","instance","sequence","time","backfilled","data"}`. The same
/// event always gives the same bytes, so a webhook's signature can be made again.
pub fn event_json(account: AccountId, instance: InstanceId, event: &Event) -> Vec<u8> {
    bytes(&EventJson::of(account, instance, event))
}

/// Id of an event: `evt_`, the instance's 16 hexadecimal digits, the sequence number's 16.
pub(crate) fn event_id(instance: InstanceId, sequence: u64) -> String {
    format!("evt_{:016x}{sequence:016x}", instance.0)
}

/// Sequence number of an event id of this instance.
pub(crate) fn sequence_of(id: &str, instance: InstanceId) -> Option<u64> {
    let sequence = hex16(id.strip_prefix("evt_")?.get(16..)?)?;
    (event_id(instance, sequence) == id).then_some(sequence)
}

/// Id of a received message's file: `med_` and the event's sequence number.
pub(crate) fn media_id(sequence: u64) -> String {
    format!("med_{sequence:016x}")
}

/// Sequence number of a media id.
pub(crate) fn media_sequence(id: &str) -> Option<u64> {
    hex16(id.strip_prefix("med_")?)
}

fn hex16(digits: &str) -> Option<u64> {
    let well_formed = digits.len() == 16 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    well_formed.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests;
