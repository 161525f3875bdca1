//! Messages about messages: reactions, edits, deletions, pins.

use buffa::MessageField;
use trunkline_model::Address;
use trunkline_model::message::{Edit, Keep, MediaKind, MessageRef, Pin, Reaction};
use wacore::proto_helpers::{build_keep_in_chat_message, build_reaction_message};
use waproto::whatsapp as wa;
use waproto::whatsapp::message::protocol_message::Type as ProtocolType;
use waproto::whatsapp::message::{
    DocumentMessage, ImageMessage, PinInChatMessage, ProtocolMessage, VideoMessage, pin_in_chat_message,
};

/// The name of a message in its chat. In a group an author stands beside it, unless it is the sender of both.
fn key(chat: &Address, target: &MessageRef) -> wa::MessageKey {
    let author = target.participant.as_ref().filter(|_| !target.from_me && !chat.is_person());
    wa::MessageKey {
        remote_jid: Some(chat.jid()),
        from_me: Some(target.from_me),
        id: Some(target.wa_id.clone()),
        participant: author.map(Address::jid),
    }
}

pub(super) fn reaction(chat: &Address, reaction: &Reaction, now_ms: i64) -> wa::Message {
    build_reaction_message(key(chat, &reaction.target), reaction.emoji.clone(), now_ms)
}

pub(super) fn edit(chat: &Address, edit: &Edit, now_ms: i64) -> wa::Message {
    let target = MessageRef { wa_id: edit.wa_id.clone(), from_me: true, participant: None };
    let caption = || Some(edit.body.clone());
    let mut edited = wa::Message::default();
    match edit.caption_of {
        Some(MediaKind::Image) => {
            let image = ImageMessage { caption: caption(), ..ImageMessage::default() };
            edited.image_message = MessageField::some(image);
        }
        Some(MediaKind::Video) => {
            let video = VideoMessage { caption: caption(), ..VideoMessage::default() };
            edited.video_message = MessageField::some(video);
        }
        Some(MediaKind::Document) => {
            let document = DocumentMessage { caption: caption(), ..DocumentMessage::default() };
            edited.document_message = MessageField::some(document);
        }
        _ => edited.conversation = Some(edit.body.clone()),
    }
    protocol(ProtocolMessage {
        key: MessageField::some(key(chat, &target)),
        r#type: Some(ProtocolType::MESSAGE_EDIT),
        edited_message: MessageField::some(edited),
        timestamp_ms: Some(now_ms),
        ..ProtocolMessage::default()
    })
}

pub(super) fn revoke(chat: &Address, target: &MessageRef) -> wa::Message {
    protocol(ProtocolMessage {
        key: MessageField::some(key(chat, target)),
        r#type: Some(ProtocolType::REVOKE),
        ..ProtocolMessage::default()
    })
}

fn protocol(protocol: ProtocolMessage) -> wa::Message {
    wa::Message { protocol_message: MessageField::some(protocol), ..wa::Message::default() }
}

pub(super) fn pin(chat: &Address, pin: &Pin, now_ms: i64) -> wa::Message {
    let kind = match pin.duration_seconds {
        0 => pin_in_chat_message::Type::UNPIN_FOR_ALL,
        _ => pin_in_chat_message::Type::PIN_FOR_ALL,
    };
    let pinned = PinInChatMessage {
        key: MessageField::some(key(chat, &pin.target)),
        r#type: Some(kind),
        sender_timestamp_ms: Some(now_ms),
    };
    wa::Message {
        pin_in_chat_message: MessageField::some(pinned),
        message_context_info: MessageField::some(wa::MessageContextInfo {
            message_add_on_duration_in_secs: Some(pin.duration_seconds),
            ..wa::MessageContextInfo::default()
        }),
        ..wa::Message::default()
    }
}

pub(super) fn keep(chat: &Address, keep: &Keep, now_ms: i64) -> wa::Message {
    build_keep_in_chat_message(key(chat, &keep.target), keep.keep, now_ms)
}
