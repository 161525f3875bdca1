//! `eventType` and `eventData` of each event.

use serde::Serialize;
use serde_json::{Value, json};
use trunkline_model::chat::{ChatChange, ChatChanged, ContactChange, ContactChanged, MessageRef, Mute};
use trunkline_model::command::{CallEvent, CallStep};
use trunkline_model::event::{CloseReason, Event, EventBody, StatusChange};
use trunkline_model::inbound::{InboundContent, InboundMessage, Party};
use trunkline_model::instance::InstanceState;
use trunkline_model::message::MessageStatus;

use super::message::{MessageData, Sender};
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
    /// The service's event; `None` when it has no such thing. `own` is the number that is linked.
    pub(super) fn of(event: &Event, own: Option<&Party>) -> Option<Told> {
        let time = rfc3339(event.time_ms);
        match &event.body {
            EventBody::Linked { account } => told("logged_in", json!({ "deviceId": id_of(account) })),
            EventBody::StateChanged { to, reason, .. } => state(*to, *reason),
            EventBody::HistoryTaken => told("initial_sync_finished", json!({})),
            EventBody::MessageReceived(message) => received(event, message, own),
            EventBody::MessageStatus(change) => receipt(change, &time, own),
            EventBody::ChatPresence { chat, sender, state } => {
                let state = if state == "composing" { "typing" } else { state };
                let sender = Sender::of(sender, own);
                told("chat_presence", json!({ "id": id_of(chat), "sender": sender, "state": state }))
            }
            EventBody::Presence { person, online, last_seen_ms } => {
                let status = if *online { "available" } else { "unavailable" };
                let mut data = json!({ "user": Identity::of(person), "status": status });
                if let Some(seen_ms) = last_seen_ms {
                    data["lastSeen"] = rfc3339(*seen_ms).into();
                }
                told("user_presence", data)
            }
            EventBody::GroupChanged { group, author, change, .. } if change == "picture" => {
                let sender = author.as_ref().map(|author| Sender::of(author, own));
                picture(group, sender, None)
            }
            EventBody::GroupChanged { .. } => group(event, own, &time),
            EventBody::Call(call) => call_data(call),
            EventBody::ChatChanged(changed) => chat(changed, &time, own),
            EventBody::ContactChanged(changed) => contact(changed, own),
            _ => None,
        }
    }
}

fn state(to: InstanceState, reason: Option<CloseReason>) -> Option<Told> {
    match (to, reason) {
        (InstanceState::LoggedOut, Some(CloseReason::Requested)) => {
            told("logged_out", json!({ "reason": "api_logout" }))
        }
        (InstanceState::LoggedOut, _) => told("logged_out", json!({ "reason": "server_logout" })),
        (InstanceState::Deleted, _) => told("logged_out", json!({ "reason": "instance_deleted" })),
        (_, Some(CloseReason::PairingRefused)) => {
            let error = CloseReason::PairingRefused.as_str();
            // The library of the service wants `deviceId`; its description of events has `id`.
            told("login_error", json!({ "id": "", "deviceId": "", "error": error }))
        }
        _ => None,
    }
}

fn received(event: &Event, message: &InboundMessage, own: Option<&Party>) -> Option<Told> {
    if let InboundContent::Revoke { target_wa_id } = &message.content {
        let data = json!({
            "id": target_wa_id,
            "sender": Sender { is_me: message.from_me, ..Sender::of(&message.sender, own) },
            "chatId": id_of(&message.chat),
            "time": rfc3339(message.time_ms),
            "isDeletedForAll": true,
            "isDeletedForMe": false,
            "isStatus": is_status(&message.chat),
        });
        return told("message_delete", data);
    }
    let data = MessageData::of(event.sequence, message, own)?;
    if event.backfilled {
        let history = Data::History { chat_id: id_of(&message.chat), messages: vec![data] };
        return Some(("message_history_sync", history));
    }
    Some(("message", Data::Message(Box::new(data))))
}

pub(super) fn is_status(chat: &Party) -> bool {
    chat.jid == "status@broadcast"
}

/// What became of a message of the number's own.
fn receipt(change: &StatusChange, time: &str, own: Option<&Party>) -> Option<Told> {
    let word = match change.status {
        MessageStatus::Delivered => "delivered",
        MessageStatus::Read => "read",
        MessageStatus::Played => "played",
        _ => return None,
    };
    let sender = change.participant.as_ref().unwrap_or(&change.chat);
    let mut data = json!({
        "chatId": id_of(&change.chat),
        "sender": Sender::of(sender, own),
        "isGroup": change.chat.jid.ends_with("@g.us"),
        "messageIds": [change.wa_id],
        "time": time,
        "receiptType": word,
    });
    if let Some(own) = own {
        data["messageSender"] = json!(Sender::of(own, Some(own)));
    }
    told("message_read", data)
}

fn picture(of: &Party, sender: Option<Sender>, id: Option<&str>) -> Option<Told> {
    let mut data = json!({ "id": id_of(of), "pictureId": id.unwrap_or_default() });
    if let Some(sender) = sender {
        data["sender"] = json!(sender);
    }
    told("chat_picture", data)
}

fn group(event: &Event, own: Option<&Party>, time: &str) -> Option<Told> {
    let EventBody::GroupChanged { group, author, change, text, participants } = &event.body else {
        return None;
    };
    let mut data = json!({ "id": group.jid, "timestamp": time, "isCommunity": false });
    if let Some(author) = author {
        data["sender"] = json!(Sender::of(author, own));
    }
    let people = || json!(participants.iter().map(Identity::of).collect::<Vec<_>>());
    let text = text.as_deref();
    match change.as_str() {
        "add" => data["join"] = people(),
        "remove" | "leave" => data["leave"] = people(),
        "promote" => data["promote"] = people(),
        "demote" => data["demote"] = people(),
        "subject" => data["name"] = json!({ "name": text.unwrap_or_default() }),
        "description" => data["description"] = json!({ "topic": text.unwrap_or_default() }),
        "membership_approval_mode" => {
            data["membershipApproval"] = json!({ "isRequired": text == Some("on") })
        }
        "locked" | "unlocked" => data["locked"] = json!({ "isLocked": change == "locked" }),
        "announcement" | "not_announcement" => {
            data["announce"] = json!({ "isAnnounce": change == "announcement" });
        }
        "delete" => data["delete"] = json!({ "reason": text.unwrap_or_default() }),
        "suspended" => data["suspended"] = true.into(),
        _ => {}
    }
    told("group", data)
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

/// Who wrote a message of a chat: in a chat of two it is the other person, unless it is the number's own.
fn author(message: &MessageRef, chat: &Party, own: Option<&Party>) -> Sender {
    let of = match own {
        Some(own) if message.from_me => own,
        _ => message.participant.as_ref().unwrap_or(chat),
    };
    Sender { is_me: message.from_me, ..Sender::of(of, own) }
}

fn chat(changed: &ChatChanged, time: &str, own: Option<&Party>) -> Option<Told> {
    let id = id_of(&changed.chat);
    let setting = |kind: &str, value: Value| {
        let mut data = json!({ "id": id, "settingType": kind });
        data[kind] = value;
        told("chat_setting", data)
    };
    match &changed.change {
        ChatChange::Muted(mute) => {
            let mut value = json!({ "isMuted": *mute != Mute::Off });
            if let Mute::Until(until_ms) = mute {
                value["muteEndTime"] = rfc3339(*until_ms).into();
            }
            setting("mute", value)
        }
        ChatChange::Pinned(on) => setting("pin", json!({ "isPinned": on })),
        ChatChange::Read(on) => setting("read", json!({ "isRead": on })),
        ChatChange::Archived(on) => setting("archive", json!({ "isArchived": on })),
        ChatChange::Disappearing(seconds) => setting("ephemeral", json!({ "expiration": lasting(*seconds) })),
        ChatChange::Starred { message, on } => {
            let sender = author(message, &changed.chat, own);
            let data = json!({
                "id": message.wa_id, "chatId": id, "sender": sender, "time": time, "isStarred": on,
            });
            told("message_star", data)
        }
        ChatChange::MessageDeleted(message) => {
            let data = json!({
                "id": message.wa_id, "sender": author(message, &changed.chat, own), "chatId": id, "time": time,
                "isDeletedForAll": false, "isDeletedForMe": true, "isStatus": is_status(&changed.chat),
            });
            told("message_delete", data)
        }
        ChatChange::Labelled { .. } | ChatChange::Cleared | ChatChange::Deleted => None,
    }
}

fn contact(changed: &ContactChanged, own: Option<&Party>) -> Option<Told> {
    let user = Identity::of(&changed.person);
    match &changed.change {
        ContactChange::Saved { full_name, .. } => {
            let data = json!({
                "contact": user, "fullName": full_name.as_deref().unwrap_or_default(),
                "inPhoneAddressBook": full_name.is_some(),
            });
            told("contact", data)
        }
        ContactChange::Named(name) => told("chat_push_name", json!({ "user": user, "pushName": name })),
        ContactChange::About(about) => told("chat_status", json!({ "user": user, "status": about })),
        ContactChange::Picture(id) => {
            picture(&changed.person, Some(Sender::of(&changed.person, own)), id.as_deref())
        }
        ContactChange::Blocked(_) => None,
    }
}

/// The word for how long messages last. The service has four, and what lasts otherwise goes by the next longer one.
pub(super) fn lasting(seconds: u32) -> &'static str {
    match seconds {
        0 => "off",
        1..=86_400 => "24h",
        86_401..=604_800 => "7d",
        _ => "90d",
    }
}
