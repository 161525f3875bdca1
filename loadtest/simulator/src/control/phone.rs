//! What a person does on the phone.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Refused, accepted, account, address, ok, parse, parse_wait};
use crate::crypto::media::MediaKind;
use crate::net::Hub;
use crate::phone::{AppStateChange, InboxMessage, MediaMessage, MediaSeen, PhoneMessage, Thing};
use crate::world::{PhoneCommandError, World};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Send {
    to: String,
    text: Option<String>,
    media: Option<Media>,
    reaction: Option<Reaction>,
    edit: Option<Edit>,
    revoke: Option<Revoke>,
    thing: Option<Thing>,
    vote: Option<Vote>,
    rsvp: Option<Rsvp>,
    pin: Option<Pin>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Media {
    kind: String,
    base64: String,
    mimetype: String,
    caption: Option<String>,
    file_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reaction {
    id: String,
    emoji: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    id: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoke {
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vote {
    id: String,
    options: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rsvp {
    id: String,
    going: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pin {
    id: String,
    pinned: bool,
}

/// `POST /accounts/{pn}/send`.
pub(super) fn send(hub: &Hub, pn: &str, body: &[u8]) -> Answer {
    let asked: Send = parse(body)?;
    let to = address(&asked.to)?;
    let message = message(asked)?;
    let id = hub.act(|world| {
        let account = account(world, pn)?;
        world.phone_send(account, &to, message).map_err(phone_refused)
    })?;
    Ok((StatusCode::ACCEPTED, json!({"id": id})))
}

fn message(asked: Send) -> Result<PhoneMessage, Refused> {
    let Send { text, media, reaction, edit, revoke, thing, vote, rsvp, pin, .. } = asked;
    let media = media.map(media_message).transpose()?.map(PhoneMessage::Media);
    let reaction = reaction.map(|Reaction { id, emoji }| PhoneMessage::Reaction { target: id, emoji });
    let edit = edit.map(|Edit { id, text }| PhoneMessage::Edit { target: id, text });
    let revoke = revoke.map(|Revoke { id }| PhoneMessage::Revoke { target: id });
    let text = text.map(PhoneMessage::Text);
    let thing = thing.map(PhoneMessage::Thing);
    let vote = vote.map(|Vote { id, options }| PhoneMessage::Vote { target: id, options });
    let rsvp = rsvp.map(|Rsvp { id, going }| PhoneMessage::Rsvp { target: id, going });
    let pin = pin.map(|Pin { id, pinned }| PhoneMessage::Pin { target: id, pinned });
    let all = [text, media, reaction, edit, revoke, thing, vote, rsvp, pin];
    let mut given: Vec<PhoneMessage> = all.into_iter().flatten().collect();
    match (given.pop(), given.is_empty()) {
        (Some(only), true) => Ok(only),
        _ => Err(Refused::bad(
            "give exactly one of text, media, reaction, edit, revoke, thing, vote, rsvp, pin",
        )),
    }
}

fn media_message(media: Media) -> Result<MediaMessage, Refused> {
    let kind = match &*media.kind {
        "sticker" => MediaKind::Sticker,
        other => MediaKind::from_upload_path(other).ok_or_else(|| Refused::bad("unknown kind of media"))?,
    };
    Ok(MediaMessage {
        kind,
        data: STANDARD.decode(&media.base64).map_err(Refused::bad)?,
        mimetype: media.mimetype,
        caption: media.caption,
        file_name: media.file_name,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    chat: String,
    ids: Vec<String>,
}

/// `POST /accounts/{pn}/read`.
pub(super) fn read(hub: &Hub, pn: &str, body: &[u8]) -> Answer {
    let Read { chat, ids } = parse(body)?;
    let chat = address(&chat)?;
    hub.act(|world| {
        let account = account(world, pn)?;
        world.phone_read(account, &chat, &ids);
        accepted()
    })
}

/// `GET /accounts/{pn}/inbox?received=N&wait_ms=M`.
pub(super) async fn inbox(hub: &Hub, pn: &str, query: &str) -> Answer {
    let asked = parse_wait(query)?;
    let account = hub.act(|world| account(world, pn))?;
    let enough = |world: &mut World| {
        let received = world.with_phone(account, |phone, _| phone.inbox().received());
        (received.is_some_and(|received| received >= asked.received), ())
    };
    hub.wait_for(asked.wait, enough).await;
    let inbox = hub.act(|world| {
        world.with_phone(account, |phone, _| {
            let messages: Vec<Value> = phone.inbox().messages().map(shown).collect();
            json!({
                "messages": messages,
                "received": phone.inbox().received(),
                "duplicates": phone.inbox().duplicates(),
            })
        })
    });
    ok(inbox.unwrap_or_default())
}

fn shown(message: &InboxMessage) -> Value {
    let media = message.media.as_ref().map(|media| match media {
        MediaSeen::Opened { sha256, bytes } => json!({"sha256": hex::encode(sha256), "bytes": bytes}),
        MediaSeen::Missing => json!({"missing": true}),
        MediaSeen::Refused(why) => json!({"refused": why}),
    });
    json!({
        "id": message.id,
        "chat": message.chat.to_string(),
        "from": message.from.to_string(),
        "from_me": message.from_me,
        "kind": message.kind.name(),
        "text": message.text,
        "target": message.target,
        "media": media,
        "received_s": message.received_s,
        "deliveries": message.deliveries,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppState {
    push_name: Option<String>,
    locale: Option<String>,
    archive: Option<Flagged>,
    pin: Option<Flagged>,
    /// Full names by phone number.
    #[serde(default)]
    contacts: BTreeMap<String, String>,
    #[serde(default)]
    compact: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flagged {
    chat: String,
    on: bool,
}

/// `POST /accounts/{pn}/app-state`.
pub(super) fn app_state(hub: &Hub, pn: &str, body: &[u8]) -> Answer {
    let asked: AppState = parse(body)?;
    let mut changes = Vec::new();
    changes.extend(asked.push_name.map(AppStateChange::PushName));
    changes.extend(asked.locale.map(AppStateChange::Locale));
    if let Some(Flagged { chat, on }) = asked.archive {
        changes.push(AppStateChange::Archive { chat: address(&chat)?, archived: on });
    }
    if let Some(Flagged { chat, on }) = asked.pin {
        changes.push(AppStateChange::Pin { chat: address(&chat)?, pinned: on });
    }
    if !asked.contacts.is_empty() {
        let saved = asked.contacts.into_iter().map(|(person, name)| Ok((address(&person)?, name)));
        changes.push(AppStateChange::Contacts(saved.collect::<Result<_, Refused>>()?));
    }
    hub.act(|world| {
        let account = account(world, pn)?;
        for change in changes {
            world.phone_app_state(account, change).map_err(phone_refused)?;
        }
        if asked.compact {
            world.phone_compact(account).map_err(phone_refused)?;
        }
        accepted()
    })
}

/// `GET /accounts/{pn}/app-state`: indexes of what companions changed, the newest last.
pub(super) fn companion_changes(hub: &Hub, pn: &str) -> Answer {
    let changes = hub.act(|world| {
        let account = account(world, pn)?;
        let changes =
            world.with_phone(account, |phone, _| phone.companion_changes().cloned().collect::<Vec<_>>());
        Ok(changes.unwrap_or_default())
    })?;
    ok(json!({"changes": changes}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Behave {
    auto_read: Option<bool>,
    auto_deliver: Option<bool>,
    history: Option<bool>,
    share_keys: Option<bool>,
}

/// `POST /accounts/{pn}/behaviour`.
pub(super) fn behaviour(hub: &Hub, pn: &str, body: &[u8]) -> Answer {
    let asked: Behave = parse(body)?;
    hub.act(|world| {
        let account = account(world, pn)?;
        world.change_behaviour(account, |behaviour| {
            behaviour.auto_read = asked.auto_read.unwrap_or(behaviour.auto_read);
            behaviour.auto_deliver = asked.auto_deliver.unwrap_or(behaviour.auto_deliver);
            behaviour.history = asked.history.unwrap_or(behaviour.history);
            behaviour.share_keys = asked.share_keys.unwrap_or(behaviour.share_keys);
        });
        accepted()
    })
}

fn phone_refused(error: PhoneCommandError) -> Refused {
    Refused::bad(error)
}
