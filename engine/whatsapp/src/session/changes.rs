//! What another device of the account changed about chats, people and labels, and what people changed about themselves. Pure.

use trunkline_model::chat::{
    ChatChange, ChatChanged, ContactChange, ContactChanged, LabelChanged, LabelRecord, MessageRef, Mute,
};
use trunkline_model::inbound::Party;
use wacore::types::events::Event;
use wacore_binary::{Jid, JidExt as _};
use waproto::whatsapp::message::protocol_message::Type as ProtocolType;
use waproto::whatsapp::sync_action_value::MuteAction;

use super::events::{AppStateChange, SessionEvent};
use super::translate::chat;
use crate::message::{party, unwrap};

/// What an event of the protocol crate says of chats, people and labels.
pub(super) fn changed(event: &Event) -> Option<SessionEvent> {
    if let Some((jid, change, origin)) = chat_change(event) {
        let changed = ChatChanged { chat: party(&jid, None, None), change };
        return Some(told(AppStateChange::Chat(changed), origin));
    }
    if let Some((person, change, origin)) = contact_change(event) {
        return Some(told(AppStateChange::Contact(ContactChanged { person, change }), origin));
    }
    let Event::LabelEditUpdate(edit) = event else { return None };
    let is_deleted = edit.action.deleted.unwrap_or(false);
    let label = LabelRecord {
        name: edit.action.name.clone().unwrap_or_default(),
        color: edit.action.color.unwrap_or(0),
    };
    let label = (!is_deleted).then_some(label);
    let changed = LabelChanged { id: edit.label_id.clone(), label };
    let origin = Origin { is_past: edit.from_full_sync, at_ms: edit.timestamp.timestamp_millis() };
    Some(told(AppStateChange::Label(changed), origin))
}

/// When something changed, and whether it is part of what a new device is told of the past.
struct Origin {
    is_past: bool,
    at_ms: i64,
}

fn told(change: AppStateChange, origin: Origin) -> SessionEvent {
    SessionEvent::Changed { change: Box::new(change), is_past: origin.is_past, at_ms: origin.at_ms }
}

macro_rules! origin {
    ($update:expr) => {
        Origin { is_past: $update.from_full_sync, at_ms: $update.timestamp.timestamp_millis() }
    };
}

fn chat_change(event: &Event) -> Option<(Jid, ChatChange, Origin)> {
    Some(match event {
        Event::ArchiveUpdate(it) => {
            (it.jid.clone(), ChatChange::Archived(it.action.archived.unwrap_or(false)), origin!(it))
        }
        Event::PinUpdate(it) => {
            (it.jid.clone(), ChatChange::Pinned(it.action.pinned.unwrap_or(false)), origin!(it))
        }
        Event::MuteUpdate(it) => (it.jid.clone(), ChatChange::Muted(mute(&it.action)), origin!(it)),
        Event::MarkChatAsReadUpdate(it) => {
            (it.jid.clone(), ChatChange::Read(it.action.read.unwrap_or(false)), origin!(it))
        }
        Event::ClearChatUpdate(it) => (it.jid.clone(), ChatChange::Cleared, origin!(it)),
        Event::DeleteChatUpdate(it) => (it.jid.clone(), ChatChange::Deleted, origin!(it)),
        Event::StarUpdate(it) => {
            let message = message(&it.message_id, it.from_me, it.participant_jid.as_ref());
            let on = it.action.starred.unwrap_or(false);
            (it.chat_jid.clone(), ChatChange::Starred { message, on }, origin!(it))
        }
        Event::DeleteMessageForMeUpdate(it) => {
            let message = message(&it.message_id, it.from_me, it.participant_jid.as_ref());
            (it.chat_jid.clone(), ChatChange::MessageDeleted(message), origin!(it))
        }
        Event::LabelAssociationUpdate(it) => {
            let on = it.action.labeled.unwrap_or(false);
            (it.chat_jid.clone(), ChatChange::Labelled { label: it.label_id.clone(), on }, origin!(it))
        }
        _ => return None,
    })
}

fn message(wa_id: &str, from_me: bool, participant: Option<&Jid>) -> MessageRef {
    MessageRef {
        wa_id: wa_id.to_owned(),
        from_me,
        participant: participant.map(|jid| party(jid, None, None)),
    }
}

/// WhatsApp writes −1 for a chat that is silent until somebody changes it.
fn mute(action: &MuteAction) -> Mute {
    match (action.muted.unwrap_or(false), action.mute_end_timestamp) {
        (false, _) => Mute::Off,
        (true, Some(until_ms)) if until_ms > 0 => Mute::Until(until_ms),
        (true, _) => Mute::Always,
    }
}

fn contact_change(event: &Event) -> Option<(Party, ContactChange, Origin)> {
    let now = |at_ms| Origin { is_past: false, at_ms };
    Some(match event {
        Event::ContactUpdate(it) => {
            let other = [&it.action.lid_jid, &it.action.pn_jid].into_iter().flatten();
            let other =
                other.filter_map(|jid| jid.parse::<Jid>().ok()).find(|jid| jid.server != it.jid.server);
            let given = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
            let change = ContactChange::Saved {
                full_name: given(&it.action.full_name),
                first_name: given(&it.action.first_name),
            };
            (party(&it.jid, other.as_ref(), None), change, origin!(it))
        }
        Event::PushNameUpdate(it) => {
            let change = ContactChange::Named(it.new_push_name.clone());
            let at_ms = it.message.timestamp.timestamp_millis();
            (party(&it.jid, it.message.source.sender_alt.as_ref(), None), change, now(at_ms))
        }
        Event::PictureUpdate(it) if !it.jid.is_group() => {
            let change = ContactChange::Picture(it.picture_id.clone().filter(|_| !it.removed));
            (party(&it.jid, None, None), change, now(it.timestamp.timestamp_millis()))
        }
        Event::UserAboutUpdate(it) => {
            let change = ContactChange::About(it.status.clone());
            (party(&it.jid, None, None), change, now(it.timestamp.timestamp_millis()))
        }
        _ => return None,
    })
}

/// The timer for disappearing messages that somebody set in a chat of two: it comes as a message.
pub(super) fn timers(event: &Event) -> Vec<SessionEvent> {
    let Some(batch) = event.as_messages() else { return Vec::new() };
    let timers = batch.messages.iter().filter_map(|decrypted| {
        let protocol = unwrap(&decrypted.message).protocol_message.as_option()?;
        let seconds = match protocol.r#type {
            Some(ProtocolType::EPHEMERAL_SETTING) => protocol.ephemeral_expiration.unwrap_or(0),
            _ => return None,
        };
        let source = &decrypted.info.source;
        let changed = ChatChanged { chat: chat(source), change: ChatChange::Disappearing(seconds) };
        let at_ms = decrypted.info.timestamp.timestamp_millis();
        Some(told(AppStateChange::Chat(changed), Origin { is_past: false, at_ms }))
    });
    timers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wacore::types::events::{ArchiveUpdate, ContactUpdate, LabelEditUpdate};
    use waproto::whatsapp::sync_action_value::{ArchiveChatAction, ContactAction, LabelEditAction};

    fn at(ms: i64) -> wacore::chrono::DateTime<wacore::chrono::Utc> {
        wacore::chrono::DateTime::from_timestamp_millis(ms).expect("a time")
    }

    fn jid(text: &str) -> Jid {
        text.parse().expect("an id")
    }

    #[test]
    fn silence_has_an_end_none_or_is_off() {
        let check = |muted, until_ms, expected| {
            let action =
                MuteAction { muted: Some(muted), mute_end_timestamp: until_ms, ..Default::default() };
            assert_eq!(mute(&action), expected);
        };
        check(true, Some(-1), Mute::Always);
        check(true, None, Mute::Always);
        check(true, Some(1_700_000_000_000), Mute::Until(1_700_000_000_000));
        check(false, Some(0), Mute::Off);
    }

    #[test]
    fn what_other_devices_change_is_told_with_its_origin() {
        let update = ArchiveUpdate::builder()
            .jid(jid("15550000001@s.whatsapp.net"))
            .timestamp(at(5))
            .action(Box::new(ArchiveChatAction { archived: Some(true), ..Default::default() }))
            .from_full_sync(true)
            .build();
        let chat = party(&jid("15550000001@s.whatsapp.net"), None, None);
        let change = AppStateChange::Chat(ChatChanged { chat, change: ChatChange::Archived(true) });
        let expected = SessionEvent::Changed { change: Box::new(change), is_past: true, at_ms: 5 };
        assert_eq!(changed(&Event::ArchiveUpdate(update)), Some(expected));
    }

    #[test]
    fn a_saved_contact_brings_its_other_name() {
        let action = ContactAction {
            full_name: Some("Nora A".into()),
            lid_jid: Some("77@lid".into()),
            ..Default::default()
        };
        let update = ContactUpdate::builder()
            .jid(jid("15550000001@s.whatsapp.net"))
            .timestamp(at(5))
            .action(Box::new(action))
            .from_full_sync(false)
            .build();
        let (person, change, _) = contact_change(&Event::ContactUpdate(update)).expect("a change");
        assert_eq!((person.phone.as_deref(), person.lid.as_deref()), (Some("15550000001"), Some("77")));
        assert_eq!(change, ContactChange::Saved { full_name: Some("Nora A".into()), first_name: None });
    }

    #[test]
    fn a_deleted_label_is_none() {
        let edit = |deleted| {
            let action =
                LabelEditAction { name: Some("New".into()), deleted: Some(deleted), ..Default::default() };
            let update =
                LabelEditUpdate::builder().label_id("3".into()).timestamp(at(1)).action(Box::new(action));
            match changed(&Event::LabelEditUpdate(update.from_full_sync(false).build())) {
                Some(SessionEvent::Changed { change, .. }) => *change,
                other => panic!("{other:?}"),
            }
        };
        let label = Some(LabelRecord { name: "New".into(), color: 0 });
        assert_eq!(edit(false), AppStateChange::Label(LabelChanged { id: "3".into(), label }));
        assert_eq!(edit(true), AppStateChange::Label(LabelChanged { id: "3".into(), label: None }));
    }
}
