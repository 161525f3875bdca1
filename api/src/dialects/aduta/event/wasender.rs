//! The data of WasenderAPI's events.

use serde_json::{Value, json};
use trunkline_model::chat::{ChatChange, ChatChanged, ContactChange, ContactChanged, Mute};
use trunkline_model::command::{CallEvent, CallStep};
use trunkline_model::event::{Event, EventBody, PollVoted, StatusChange};
use trunkline_model::inbound::{InboundContent, InboundMessage, Party};
use trunkline_model::instance::InstanceState;

use super::content::{raw, text_of};
use super::{SENT, is_me};
use crate::dialects::aduta::shown::message::status_number;
use crate::dialects::aduta::shown::session::word;
use crate::dialects::aduta::shown::{id_of, lid_of};

/// The data of an event under a name; `None` for what the service does not have.
pub(super) fn data(name: &str, session_id: &str, event: &Event, own: Option<&Party>) -> Option<Value> {
    Some(match &event.body {
        EventBody::MessageReceived(message) => received(name, event.sequence, message),
        EventBody::MessageStatus(change) => status(name, change, event.time_ms),
        EventBody::StateChanged { to, reason, .. } => {
            let reason = reason.map(|reason| reason.as_str());
            json!({ "status": status_word(*to), "session_id": session_id, "reason": reason })
        }
        EventBody::QrIssued { code, .. } => json!({ "qr": code, "session_id": session_id }),
        EventBody::Call(call) => call_data(call, own),
        EventBody::PollVoted(vote) => poll(vote),
        EventBody::ChatChanged(changed) => chat(changed),
        EventBody::ContactChanged(changed) => json!([contact(changed)]),
        EventBody::GroupChanged { .. } => group(name, event)?,
        _ => return None,
    })
}

/// The word for where a session stands, here in capitals.
fn status_word(state: InstanceState) -> &'static str {
    match state {
        InstanceState::AwaitingScan => "NEED_SCAN",
        other => word(other),
    }
}

fn received(name: &str, sequence: u64, message: &InboundMessage) -> Value {
    let key = key(message);
    match (&message.content, name) {
        (InboundContent::Revoke { target_wa_id }, _) => {
            let mut key = key;
            key["id"] = target_wa_id.as_str().into();
            json!({ "keys": [key] })
        }
        (InboundContent::Reaction { target_wa_id, emoji }, "messages.reaction") => json!([{
            "key": { "id": target_wa_id, "remoteJid": id_of(&message.chat) },
            "reaction": { "text": emoji, "key": key },
        }]),
        (InboundContent::Edit { target_wa_id, body }, _) => {
            let mut key = key;
            key["id"] = target_wa_id.as_str().into();
            json!({ "key": key, "update": { "message": { "conversation": body } } })
        }
        (_, "chats.upsert") => json!([{
            "id": id_of(&message.chat),
            "name": message.chat.name.as_ref().or(message.sender.name.as_ref()),
            "conversationTimestamp": seconds(message.time_ms),
        }]),
        (content, name) => {
            let shown = json!({
                "key": key,
                "pushName": message.sender.name,
                "messageTimestamp": seconds(message.time_ms),
                "messageBody": text_of(content),
                "message": raw(sequence, content),
            });
            // One event of ours is one message; the one name has a list, the others the thing itself.
            if name == "messages.upsert" {
                json!({ "messages": [shown] })
            } else {
                json!({ "messages": shown })
            }
        }
    }
}

/// A message, as WhatsApp names it, with the names of who wrote it.
fn key(message: &InboundMessage) -> Value {
    let mut key = json!({
        "id": message.wa_id,
        "fromMe": message.from_me,
        "remoteJid": id_of(&message.chat),
        "addressingMode": if message.sender.phone.is_some() { "pn" } else { "lid" },
    });
    let (pn, clean, lid) = match message.is_group {
        true => ("participantPn", "cleanedParticipantPn", "participantLid"),
        false => ("senderPn", "cleanedSenderPn", "senderLid"),
    };
    if message.is_group {
        key["participant"] = id_of(&message.sender).into();
    }
    if let Some(digits) = &message.sender.phone {
        key[pn] = id_of(&message.sender).into();
        key[clean] = digits.as_str().into();
    }
    if let Some(id) = lid_of(&message.sender) {
        key[lid] = id.into();
    }
    key
}

fn seconds(time_ms: i64) -> i64 {
    time_ms.div_euclid(1_000)
}

/// What became of a message of the session's own.
fn status(name: &str, change: &StatusChange, time_ms: i64) -> Value {
    let mut key = json!({ "id": change.wa_id, "fromMe": true, "remoteJid": id_of(&change.chat) });
    match (name, &change.participant) {
        (SENT, _) => json!({
            "key": key, "msgId": change.message.get(), "status": status_number(change.status),
            "messageTimestamp": seconds(time_ms),
        }),
        ("message-receipt.update", Some(reader)) => {
            key["participant"] = id_of(reader).into();
            let receipt = json!({
                "userJid": id_of(reader), "receiptTimestamp": seconds(time_ms), "status": change.status.as_str(),
            });
            json!({ "message": { "key": key, "receipt": receipt } })
        }
        _ => {
            let update = json!({ "status": status_number(change.status) });
            json!({ "key": key, "msgId": change.message.get(), "update": update })
        }
    }
}

fn call_data(call: &CallEvent, own: Option<&Party>) -> Value {
    let mut data = json!({
        "id": call.call, "from": id_of(&call.from), "fromMe": is_me(&call.from, own), "date": seconds(call.time_ms),
    });
    match &call.step {
        CallStep::Offered { video, group, is_group } => {
            data["status"] = "offer".into();
            data["isVideo"] = (*video).into();
            data["isGroup"] = (*is_group).into();
            data["groupJid"] = json!(group);
        }
        CallStep::Accepted { .. } => data["status"] = "accept".into(),
        CallStep::Ended { reason, .. } => {
            data["status"] =
                if reason.as_deref() == Some("rejected") { "reject" } else { "terminate" }.into();
        }
    }
    data
}

/// How a poll stands.
fn poll(vote: &PollVoted) -> Value {
    let results: Vec<Value> =
        vote.tally.iter().map(|count| json!({ "name": count.option, "votes": count.votes })).collect();
    json!({
        "key": { "id": vote.poll_wa_id, "remoteJid": id_of(&vote.chat) },
        "voter": id_of(&vote.voter),
        "selected": vote.selected,
        "pollResult": results,
    })
}

fn chat(changed: &ChatChanged) -> Value {
    let id = id_of(&changed.chat);
    let update = match &changed.change {
        ChatChange::Deleted => return json!([id]),
        ChatChange::MessageDeleted(message) => {
            let participant = message.participant.as_ref().map(id_of);
            return json!({ "keys": [{
                "id": message.wa_id, "fromMe": message.from_me, "remoteJid": id, "participant": participant,
            }] });
        }
        ChatChange::Archived(on) => json!({ "archived": on }),
        ChatChange::Pinned(on) => json!({ "pinned": on }),
        ChatChange::Muted(Mute::Off) => json!({ "muteEndTime": null }),
        ChatChange::Muted(Mute::Until(until_ms)) => json!({ "muteEndTime": until_ms }),
        // WhatsApp's own word for without an end.
        ChatChange::Muted(Mute::Always) => json!({ "muteEndTime": -1 }),
        ChatChange::Read(read) => json!({ "unreadCount": if *read { 0 } else { -1 } }),
        ChatChange::Disappearing(seconds) => json!({ "ephemeralExpiration": seconds }),
        ChatChange::Labelled { label, on } => json!({ "label": label, "labelled": on }),
        ChatChange::Cleared => json!({ "cleared": true }),
        ChatChange::Starred { .. } => json!({}),
    };
    let mut shown = update;
    shown["id"] = id.into();
    json!([shown])
}

fn contact(changed: &ContactChanged) -> Value {
    let mut shown = json!({ "id": id_of(&changed.person), "lid": lid_of(&changed.person) });
    match &changed.change {
        ContactChange::Saved { full_name, .. } => shown["name"] = json!(full_name),
        ContactChange::Named(name) => shown["notify"] = json!(name),
        ContactChange::About(about) => shown["status"] = json!(about),
        ContactChange::Picture(_) => shown["imgUrl"] = "changed".into(),
        ContactChange::Blocked(blocked) => shown["blocked"] = json!(blocked),
    }
    shown
}

fn group(name: &str, event: &Event) -> Option<Value> {
    let EventBody::GroupChanged { group, author, change, text, participants } = &event.body else {
        return None;
    };
    let author = author.as_ref().map(id_of);
    if name == "group-participants.update" {
        let people: Vec<String> = participants.iter().map(id_of).collect();
        let action = if change == "leave" { "remove" } else { change };
        return Some(json!({ "jid": group.jid, "participants": people, "action": action, "author": author }));
    }
    let mut shown = json!({ "id": group.jid, "author": author });
    let is_on = || text.as_deref() == Some("on");
    match change.as_str() {
        "subject" => shown["subject"] = json!(text),
        "description" => shown["desc"] = json!(text),
        "announcement" | "not_announcement" => shown["announce"] = (change == "announcement").into(),
        "locked" | "unlocked" => shown["restrict"] = (change == "locked").into(),
        "membership_approval_mode" => shown["joinApprovalMode"] = is_on().into(),
        other => shown["change"] = other.into(),
    }
    Some(json!([shown]))
}
