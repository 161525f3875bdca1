//! The event envelope: the same bytes for pull, stream and webhook.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::event::Event;
use trunkline_model::{AccountId, EndpointId, InstanceId};

use super::time::Time;
use super::{List, bytes};
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
    "webhook.paused",
    "instance.history_taken",
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

/// Several events of one instance in the native API's JSON: `{"data":[…]}`, each as [`event_json`] writes it.
pub fn events_json(account: AccountId, instance: InstanceId, events: &[&Event]) -> Vec<u8> {
    let data = events.iter().map(|event| EventJson::of(account, instance, event)).collect();
    bytes(&List { data })
}

/// What a webhook is sent to try it out: an envelope as events have it, of the type `webhook.test`, which is in no log and belongs
/// to no instance. `time_ms` is the time of the test in milliseconds since the Unix epoch.
pub fn test_event_json(account: AccountId, endpoint: EndpointId, time_ms: i64) -> Vec<u8> {
    bytes(&TestJson {
        id: format!("tst_{:016x}{time_ms:016x}", endpoint.0),
        kind: "webhook.test",
        account: account.to_string(),
        instance: None,
        sequence: 0,
        time: Time(time_ms),
        backfilled: false,
        data: TestData { webhook: endpoint.to_string() },
    })
}

/// The envelope of a test.
#[derive(Debug, Serialize)]
struct TestJson {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    account: String,
    instance: Option<String>,
    sequence: u64,
    time: Time,
    backfilled: bool,
    data: TestData,
}

#[derive(Debug, Serialize)]
struct TestData {
    webhook: String,
}

/// Id of an event: `evt_`, the instance's 16 hexadecimal digits, the sequence number's 16.
pub fn event_id(instance: InstanceId, sequence: u64) -> String {
    format!("evt_{:016x}{sequence:016x}", instance.0)
}

/// Sequence number of an event id of this instance.
pub(crate) fn sequence_of(id: &str, instance: InstanceId) -> Option<u64> {
    event_of(id).filter(|(of, _)| *of == instance).map(|(_, sequence)| sequence)
}

/// Instance and sequence number of an event id.
pub(crate) fn event_of(id: &str) -> Option<(InstanceId, u64)> {
    let digits = id.strip_prefix("evt_")?;
    let (instance, sequence) = digits.split_at_checked(16)?;
    Some((InstanceId(hex16(instance)?), hex16(sequence)?))
}

/// Whether a word is an event type, or a family of them: `message.*`.
pub(crate) fn is_type_or_family(word: &str) -> bool {
    match word.strip_suffix('*') {
        Some(family) => family.ends_with('.') && EVENT_TYPES.iter().any(|kind| kind.starts_with(family)),
        None => EVENT_TYPES.contains(&word),
    }
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
