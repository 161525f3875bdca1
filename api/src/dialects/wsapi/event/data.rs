//! `eventType` and `eventData` of each event.

use serde::Serialize;
use serde_json::{Value, json};
use trunkline_model::chat::{ChatChange, ChatChanged, ContactChange, ContactChanged, Mute};
use trunkline_model::command::{CallEvent, CallStep};
use trunkline_model::event::{CloseReason, Event, EventBody, StatusChange};
use trunkline_model::inbound::{InboundContent, InboundMessage, Party};
use trunkline_model::instance::InstanceState;
use trunkline_model::message::MessageStatus;

use super::message::MessageData;
use crate::dialects::wsapi::shown::{Identity, id_of};
use crate::json::time::rfc3339;

/// The data of an event.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Data {
    Message(Box<MessageData>),
    /// Messages of a chat from before the instance was online.
    #[serde(rename_all = "camelCase")]
    History {
        chat_id: String,
        messages: Vec<MessageData>,
    },
    Other(Value),
}

/// An event's type and its data.
type Told = (&'static str, Data);

fn told(kind: &'static str, data: Value) -> Option<Told> {
    Some((kind, Data::Other(data)))
}

impl Data {
    /// The service's event; `None` when it has no such thing.
    pub(super) fn of(event: &Event) -> Option<Told> {
        let time = rfc3339(event.time_ms);
        match &event.body {
            EventBody::Linked { account } => told("logged_in", json!({ "deviceId": id_of(account) })),
            EventBody::StateChanged { from, to, reason } => state(*from, *to, *reason),
            EventBody::MessageReceived(message) => received(event, message),
            EventBody::MessageStatus(change) => receipt(change, &time),
            EventBody::ChatPresence { chat, sender, state } => {
                let state = if state == "composing" { "typing" } else { state };
                told(
                    "chat_presence",
                    json!({ "id": id_of(chat), "sender": sender_of(sender, false), "state": state }),
                )
            }
            EventBody::Presence { person, online, last_seen_ms } => told(
                "user_presence",
                json!({
                    "user": Identity::of(person),
                    "status": if *online { "available" } else { "unavailable" },
                    "lastSeen": last_seen_ms.map(rfc3339),
                }),
            ),
            EventBody::GroupChanged { group, author, change, participants } => Some((
                "group",
                Data::Other(group_data(group, author.as_ref(), (change, participants), &time)),
            )),
            EventBody::Call(call) => call_data(call),
            EventBody::ChatChanged(changed) => chat(changed, &time),
            EventBody::ContactChanged(changed) => contact(changed),
            _ => None,
        }
    }
}

/// Somebody who did something, and whether it was the linked number itself.
fn sender_of(party: &Party, is_me: bool) -> Value {
    let mut sender = json!(Identity::of(party));
    sender["isMe"] = json!(is_me);
    sender
}

fn state(from: InstanceState, to: InstanceState, reason: Option<CloseReason>) -> Option<Told> {
    match (from, to, reason) {
        (_, InstanceState::LoggedOut, Some(CloseReason::Requested)) => {
            told("logged_out", json!({ "reason": "api_logout" }))
        }
        (_, InstanceState::LoggedOut, _) => told("logged_out", json!({ "reason": "server_logout" })),
        (_, InstanceState::Deleted, _) => told("logged_out", json!({ "reason": "instance_deleted" })),
        (_, _, Some(CloseReason::PairingRefused)) => {
            told("login_error", json!({ "id": "", "error": CloseReason::PairingRefused.as_str() }))
        }
        // The offline queue and the state that devices share are in.
        (InstanceState::Syncing, InstanceState::Open, _) => told("initial_sync_finished", json!({})),
        _ => None,
    }
}

fn received(event: &Event, message: &InboundMessage) -> Option<Told> {
    if let InboundContent::Revoke { target_wa_id } = &message.content {
        let data = json!({
            "id": target_wa_id,
            "sender": sender_of(&message.sender, message.from_me),
            "chatId": id_of(&message.chat),
            "time": rfc3339(message.time_ms),
            "isDeletedForAll": true,
            "isDeletedForMe": false,
            "isStatus": message.chat.jid == "status@broadcast",
        });
        return told("message_delete", data);
    }
    let data = MessageData::of(event.sequence, message)?;
    if event.backfilled {
        let history = Data::History { chat_id: id_of(&message.chat), messages: vec![data] };
        return Some(("message_history_sync", history));
    }
    Some(("message", Data::Message(Box::new(data))))
}

fn receipt(change: &StatusChange, time: &str) -> Option<Told> {
    let word = match change.status {
        MessageStatus::Delivered => "delivered",
        MessageStatus::Read => "read",
        MessageStatus::Played => "played",
        _ => return None,
    };
    let sender = change.participant.as_ref().unwrap_or(&change.chat);
    told(
        "message_read",
        json!({
            "chatId": id_of(&change.chat),
            "sender": sender_of(sender, false),
            "isGroup": change.chat.jid.ends_with("@g.us"),
            "messageIds": [change.wa_id],
            "time": time,
            "receiptType": word,
        }),
    )
}

fn group_data(
    group: &Party,
    author: Option<&Party>,
    (change, people): (&str, &[Party]),
    time: &str,
) -> Value {
    let mut data = json!({ "id": group.jid, "timestamp": time, "isCommunity": false });
    if let Some(author) = author {
        data["sender"] = sender_of(author, false);
    }
    let people = || json!(people.iter().map(Identity::of).collect::<Vec<_>>());
    match change {
        "add" => data["join"] = people(),
        "remove" | "leave" => data["leave"] = people(),
        "promote" => data["promote"] = people(),
        "demote" => data["demote"] = people(),
        "subject" => data["name"] = json!({ "name": group.name }),
        "locked" | "unlocked" => data["locked"] = json!({ "isLocked": change == "locked" }),
        "announcement" | "not_announcement" => {
            data["announce"] = json!({ "isAnnounce": change == "announcement" });
        }
        _ => {}
    }
    data
}

fn call_data(call: &CallEvent) -> Option<Told> {
    let (id, caller, time) = (&call.call, Identity::of(&call.from), rfc3339(call.time_ms));
    match &call.step {
        CallStep::Offered { video, group, is_group } => {
            let chat = group.clone().unwrap_or_else(|| id_of(&call.from));
            let data = json!({
                "id": id, "caller": caller, "chatId": chat, "isGroup": is_group, "time": time, "isVideo": video,
            });
            told("call_offer", data)
        }
        CallStep::Accepted { .. } => told("call_accept", json!({ "id": id, "caller": caller, "time": time })),
        CallStep::Ended { reason, .. } => {
            let reason = match reason.as_deref() {
                None => "ended",
                Some("rejected") => "rejected",
                Some(_) => "unknown",
            };
            told("call_terminate", json!({ "id": id, "caller": caller, "time": time, "reason": reason }))
        }
    }
}

fn chat(changed: &ChatChanged, time: &str) -> Option<Told> {
    let id = id_of(&changed.chat);
    let setting = |kind: &str, value: Value| {
        let mut data = json!({ "id": id, "settingType": kind });
        data[kind] = value;
        told("chat_setting", data)
    };
    match &changed.change {
        ChatChange::Muted(mute) => {
            let until = match mute {
                Mute::Until(until_ms) => Some(rfc3339(*until_ms)),
                Mute::Off | Mute::Always => None,
            };
            setting("mute", json!({ "isMuted": *mute != Mute::Off, "muteEndTime": until }))
        }
        ChatChange::Pinned(on) => setting("pin", json!({ "isPinned": on })),
        ChatChange::Read(on) => setting("read", json!({ "isRead": on })),
        ChatChange::Archived(on) => setting("archive", json!({ "isArchived": on })),
        ChatChange::Disappearing(seconds) => setting("ephemeral", json!({ "expiration": lasting(*seconds) })),
        ChatChange::Starred { message, on } => {
            let author = message.participant.as_ref().unwrap_or(&changed.chat);
            let data = json!({
                "id": message.wa_id, "chatId": id, "sender": sender_of(author, message.from_me), "time": time,
                "isStarred": on,
            });
            told("message_star", data)
        }
        ChatChange::MessageDeleted(message) => {
            let author = message.participant.as_ref().unwrap_or(&changed.chat);
            let data = json!({
                "id": message.wa_id, "sender": sender_of(author, message.from_me), "chatId": id, "time": time,
                "isDeletedForAll": false, "isDeletedForMe": true, "isStatus": id == "status@broadcast",
            });
            told("message_delete", data)
        }
        ChatChange::Labelled { .. } | ChatChange::Cleared | ChatChange::Deleted => None,
    }
}

fn contact(changed: &ContactChanged) -> Option<Told> {
    let user = Identity::of(&changed.person);
    match &changed.change {
        ContactChange::Saved { full_name, .. } => {
            let data = json!({
                "contact": user, "fullName": full_name, "inPhoneAddressBook": full_name.is_some(),
            });
            told("contact", data)
        }
        ContactChange::Named(name) => told("chat_push_name", json!({ "user": user, "pushName": name })),
        ContactChange::About(about) => told("chat_status", json!({ "user": user, "status": about })),
        ContactChange::Picture(picture) => {
            let sender = sender_of(&changed.person, false);
            let data = json!({ "id": id_of(&changed.person), "sender": sender, "pictureId": picture });
            told("chat_picture", data)
        }
        ContactChange::Blocked(_) => None,
    }
}

/// The word for how long messages last; what has none is the number of seconds.
pub(super) fn lasting(seconds: u32) -> String {
    match seconds {
        0 => "off".to_owned(),
        86_400 => "24h".to_owned(),
        604_800 => "7d".to_owned(),
        2_592_000 => "30d".to_owned(),
        7_776_000 => "90d".to_owned(),
        seconds => format!("{seconds}s"),
    }
}
