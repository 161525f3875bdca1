//! Events as 7aduta tells them, and as WasenderAPI does.
//!
//! A session that names no events hears of 7aduta's own, and so does one that names some of them. One that asks for an event by a
//! name that only WasenderAPI has is told in its form: times in seconds, and the secret itself where 7aduta has a signature. One of
//! ours is told once, under the first of its names that is asked for.

mod content;
mod own;
mod wasender;

use serde::Serialize;
use serde_json::Value;
use trunkline_model::chat::{ChatChange, ContactChange};
use trunkline_model::command::CallStep;
use trunkline_model::delivery::{Telling, Told};
use trunkline_model::event::{Event, EventBody};
use trunkline_model::inbound::{InboundContent, InboundMessage, Party};
use trunkline_model::instance::InstanceState;
use trunkline_model::message::MessageStatus;

use crate::dialects::envelope::signature;
use crate::json;
use crate::json::time::rfc3339_seconds;

/// The events that 7aduta has.
pub(crate) const OWN: [&str; 5] =
    ["message.received", SENT, "session.connected", "session.disconnected", "presence.update"];

/// The one name that both services have.
const SENT: &str = "message.sent";

/// The events that WasenderAPI alone has.
const WASENDER: [&str; 22] = [
    "messages.received",
    "messages-personal.received",
    "messages-group.received",
    "messages-newsletter.received",
    "messages.upsert",
    "messages.update",
    "messages.delete",
    "messages.reaction",
    "message-receipt.update",
    "chats.upsert",
    "chats.update",
    "chats.delete",
    "contacts.upsert",
    "contacts.update",
    "groups.upsert",
    "groups.update",
    "group-participants.update",
    "call",
    "call.received",
    "poll.results",
    "session.status",
    "qrcode.updated",
];

/// Other words for events, which clients write, too.
const ALIASES: [(&str, &str); 2] = [("message", "messages.upsert"), ("group_update", "groups.update")];

/// The name of an event, as it is written; `None` for what is none.
pub(crate) fn known_name(word: &str) -> Option<&'static str> {
    let named = OWN.into_iter().chain(WASENDER).find(|name| *name == word);
    named.or_else(|| ALIASES.into_iter().find(|(alias, _)| *alias == word).map(|(_, name)| name))
}

/// Whether a session is told in the form of WasenderAPI.
pub(super) fn is_wasender(wanted: &[String]) -> bool {
    wanted.iter().any(|wanted| WASENDER.contains(&wanted.as_str()))
}

/// The names of an event of ours, the one that is told first before the others.
fn names(event: &Event, wasender: bool) -> Vec<&'static str> {
    match &event.body {
        // What is older than the session is no news.
        EventBody::MessageReceived(_) if event.backfilled => Vec::new(),
        EventBody::MessageReceived(message) => received(message),
        EventBody::MessageStatus(change) => match change.status {
            MessageStatus::Pending | MessageStatus::Processing => Vec::new(),
            MessageStatus::Sent => vec![SENT, "messages.update"],
            MessageStatus::Delivered if !wasender => vec![SENT],
            _ if change.participant.is_some() && change.chat.jid.ends_with("@g.us") => {
                vec!["message-receipt.update", "messages.update"]
            }
            _ => vec!["messages.update"],
        },
        EventBody::StateChanged { from, to, .. } => {
            let mut names = vec!["session.status"];
            names.extend(change_of_connection(*from, *to));
            // What 7aduta calls it goes first.
            names.reverse();
            names
        }
        EventBody::QrIssued { .. } => vec!["qrcode.updated"],
        EventBody::Presence { .. } | EventBody::ChatPresence { .. } => vec!["presence.update"],
        EventBody::Call(call) => match call.step {
            CallStep::Offered { .. } => vec!["call", "call.received"],
            CallStep::Accepted { .. } | CallStep::Ended { .. } => vec!["call"],
        },
        EventBody::PollVoted(_) => vec!["poll.results"],
        EventBody::ChatChanged(changed) => match changed.change {
            ChatChange::Deleted => vec!["chats.delete"],
            ChatChange::MessageDeleted(_) => vec!["messages.delete"],
            ChatChange::Starred { .. } => Vec::new(),
            ChatChange::Read(_) => vec!["chats.update", "chats.upsert"],
            _ => vec!["chats.update"],
        },
        EventBody::ContactChanged(changed) => match changed.change {
            ContactChange::Saved { .. } => vec!["contacts.upsert", "contacts.update"],
            _ => vec!["contacts.update"],
        },
        EventBody::GroupChanged { change, .. } => match change.as_str() {
            "add" | "remove" | "leave" | "promote" | "demote" => vec!["group-participants.update"],
            "create" => vec!["groups.upsert", "groups.update"],
            _ => vec!["groups.update"],
        },
        _ => Vec::new(),
    }
}

fn received(message: &InboundMessage) -> Vec<&'static str> {
    let theirs = !message.from_me;
    let mut names = Vec::new();
    match &message.content {
        InboundContent::Revoke { .. } => names.push("messages.delete"),
        InboundContent::Reaction { .. } => {
            names.extend(theirs.then_some("message.received"));
            names.push("messages.reaction");
        }
        InboundContent::Edit { .. } => {
            names.extend(theirs.then_some("message.received"));
            names.push("messages.update");
        }
        // They are told with the poll or the invitation, or not at all.
        InboundContent::PollVote(_)
        | InboundContent::EventAnswer { .. }
        | InboundContent::Keep { .. }
        | InboundContent::Pin { .. } => {}
        _ => {
            if theirs {
                names.extend(["message.received", "messages.received", kind_of_chat(message)]);
            }
            names.extend(["messages.upsert", "chats.upsert"]);
        }
    }
    names
}

fn kind_of_chat(message: &InboundMessage) -> &'static str {
    match message.chat.jid.rsplit('@').next() {
        Some("g.us") => "messages-group.received",
        Some("newsletter") => "messages-newsletter.received",
        _ => "messages-personal.received",
    }
}

/// Whether a session came to be connected, or is not any more. That it cannot connect again is not told each time.
fn change_of_connection(from: InstanceState, to: InstanceState) -> Option<&'static str> {
    let was_there = from == InstanceState::Open;
    match to {
        InstanceState::Open => Some("session.connected"),
        InstanceState::LoggedOut | InstanceState::Deleted => Some("session.disconnected"),
        _ => was_there.then_some("session.disconnected"),
    }
}

/// The name under which an event is told; `None` when it is not.
fn name(wanted: &[String], event: &Event) -> Option<&'static str> {
    let is_wanted = |name: &&str| match wanted {
        [] => OWN.contains(name),
        wanted => wanted.iter().any(|wanted| wanted == name),
    };
    names(event, is_wasender(wanted)).into_iter().find(is_wanted)
}

/// Whether an event is told, as far as `wanted` goes.
pub(super) fn is_told(wanted: &[String], event: &Event) -> bool {
    name(wanted, event).is_some()
}

/// An event in the envelope of 7aduta.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OwnEnvelope<'a> {
    event: &'a str,
    session_id: &'a str,
    timestamp: String,
    data: Value,
}

/// An event in the envelope of WasenderAPI.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WasenderEnvelope<'a> {
    event: &'a str,
    /// In seconds since the Unix epoch.
    timestamp: i64,
    session_id: &'a str,
    data: Value,
}

/// An event for a webhook: its body, and what says that it is ours.
pub(super) fn webhook(telling: &Telling<'_>) -> Option<Told> {
    let Telling { format, secret, instance, own, event, .. } = *telling;
    let name = name(&format.events, event)?;
    let wasender = is_wasender(&format.events);
    let session_id = instance.to_string();
    let is_own = OWN.contains(&name) && !(wasender && name == SENT);
    let body = if is_own {
        let data = own::data(event, own)?;
        let timestamp = rfc3339_seconds(event.time_ms);
        json::bytes(&OwnEnvelope { event: name, session_id: &session_id, timestamp, data })
    } else {
        let data = wasender::data(name, &session_id, event, own)?;
        let timestamp = event.time_ms.div_euclid(1_000);
        json::bytes(&WasenderEnvelope { event: name, timestamp, session_id: &session_id, data })
    };
    let mut headers = Vec::new();
    if !secret.is_empty() {
        let signature = if wasender { secret.to_owned() } else { signature(secret, &body) };
        headers.push(("X-Webhook-Signature", signature));
    }
    Some(Told { body, headers })
}

/// Whether somebody is the number that is linked.
fn is_me(party: &Party, own: Option<&Party>) -> bool {
    own.is_some_and(|own| own.is(party))
}

#[cfg(test)]
mod tests;
