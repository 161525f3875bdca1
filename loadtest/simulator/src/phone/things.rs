//! Writing what is neither text nor file: places, cards, polls, dates, pins, and answers to them.

use buffa::MessageField;
use wacore_binary::Jid;
use waproto::whatsapp::message::event_response_message::EventResponseType;
use waproto::whatsapp::message::{
    ContactMessage, EncEventResponseMessage, EventMessage, EventResponseMessage, ListResponseMessage,
    LiveLocationMessage, LocationMessage, PinInChatMessage, PollContentType, PollCreationMessage,
    PollEncValue, PollUpdateMessage, list_response_message, pin_in_chat_message, poll_creation_message,
};
use waproto::whatsapp::{Message, MessageContextInfo};

use super::compose::{Composed, Target};
use super::sent::StanzaForm;
use super::types::{PhoneError, Thing};
use crate::crypto::addon::{Addon, seal};
use crate::crypto::derive::sha256;

/// An answer's place: the conversation, the answered message and its author, and who answers.
pub(super) struct Answering<'a> {
    pub(super) chat: &'a Jid,
    pub(super) target: &'a Target,
    pub(super) author: String,
    pub(super) answerer: String,
    pub(super) secret: Vec<u8>,
    pub(super) iv: [u8; 12],
    pub(super) now_ms: i64,
}

/// A message that stands for itself.
pub(super) fn thing(thing: Thing, secret: [u8; 32]) -> Composed {
    let mut message = Message::default();
    let mut form = StanzaForm::of_type("media");
    match thing {
        Thing::Location { latitude, longitude, name } => {
            form.media_type = Some("location");
            message.location_message = MessageField::some(LocationMessage {
                degrees_latitude: Some(latitude),
                degrees_longitude: Some(longitude),
                name: Some(name),
                ..Default::default()
            });
        }
        Thing::LiveLocation { latitude, longitude, sequence } => {
            form.media_type = Some("livelocation");
            message.live_location_message = MessageField::some(LiveLocationMessage {
                degrees_latitude: Some(latitude),
                degrees_longitude: Some(longitude),
                sequence_number: Some(sequence),
                ..Default::default()
            });
        }
        Thing::Contact { name, vcard } => {
            form.media_type = Some("vcard");
            message.contact_message = MessageField::some(ContactMessage {
                display_name: Some(name),
                vcard: Some(vcard),
                ..Default::default()
            });
        }
        Thing::Poll { question, options, selectable } => {
            form = StanzaForm::of_type("poll");
            let options = options.into_iter().map(|option| poll_creation_message::Option {
                option_name: Some(option),
                ..Default::default()
            });
            message.poll_creation_message_v3 = MessageField::some(PollCreationMessage {
                name: Some(question),
                options: options.collect(),
                selectable_options_count: Some(selectable),
                poll_content_type: Some(PollContentType::TEXT),
                ..Default::default()
            });
            message.message_context_info = with_secret(secret);
        }
        Thing::Event { name, starts_at_s } => {
            form = StanzaForm::of_type("event");
            message.event_message = MessageField::some(EventMessage {
                name: Some(name),
                start_time: Some(starts_at_s),
                ..Default::default()
            });
            message.message_context_info = with_secret(secret);
        }
        Thing::RowChosen { id, title } => {
            form = StanzaForm::of_type("text");
            let row = list_response_message::SingleSelectReply { selected_row_id: Some(id) };
            message.list_response_message = MessageField::some(ListResponseMessage {
                title: Some(title),
                single_select_reply: MessageField::some(row),
                ..Default::default()
            });
        }
    }
    Composed { message, form }
}

fn with_secret(secret: [u8; 32]) -> MessageField<MessageContextInfo, Box<MessageContextInfo>> {
    MessageField::some(MessageContextInfo { message_secret: Some(secret.to_vec()), ..Default::default() })
}

pub(super) fn pin(chat: &Jid, target: &Target, pinned: bool, now_ms: i64) -> Composed {
    let kind = if pinned {
        pin_in_chat_message::Type::PIN_FOR_ALL
    } else {
        pin_in_chat_message::Type::UNPIN_FOR_ALL
    };
    let pin =
        PinInChatMessage { key: target.key(chat), r#type: Some(kind), sender_timestamp_ms: Some(now_ms) };
    let message = Message { pin_in_chat_message: MessageField::some(pin), ..Default::default() };
    Composed { message, form: StanzaForm { edit: Some("2"), ..StanzaForm::of_type("text") } }
}

/// A vote for these options; for none to take the vote back.
pub(super) fn vote(answering: &Answering<'_>, options: &[String]) -> Result<Composed, PhoneError> {
    let hashes = options.iter().map(|option| sha256(option.as_bytes()).to_vec());
    let chosen = waproto::whatsapp::message::PollVoteMessage { selected_options: hashes.collect() };
    let sealed = answering.seal("Poll Vote", &buffa::Message::encode_to_vec(&chosen))?;
    let update = PollUpdateMessage {
        poll_creation_message_key: answering.target.key(answering.chat),
        vote: MessageField::some(PollEncValue {
            enc_payload: Some(sealed),
            enc_iv: Some(answering.iv.to_vec()),
        }),
        sender_timestamp_ms: Some(answering.now_ms),
        ..Default::default()
    };
    let message = Message { poll_update_message: MessageField::some(update), ..Default::default() };
    Ok(Composed { message, form: StanzaForm::of_type("poll") })
}

/// An answer to an invitation.
pub(super) fn rsvp(answering: &Answering<'_>, going: bool) -> Result<Composed, PhoneError> {
    let response = if going { EventResponseType::GOING } else { EventResponseType::NOT_GOING };
    let answer = EventResponseMessage {
        response: Some(response),
        timestamp_ms: Some(answering.now_ms),
        ..Default::default()
    };
    let sealed = answering.seal("Event Response", &buffa::Message::encode_to_vec(&answer))?;
    let response = EncEventResponseMessage {
        event_creation_message_key: answering.target.key(answering.chat),
        enc_payload: Some(sealed),
        enc_iv: Some(answering.iv.to_vec()),
    };
    let message = Message { enc_event_response_message: MessageField::some(response), ..Default::default() };
    Ok(Composed { message, form: StanzaForm::of_type("event") })
}

impl Answering<'_> {
    fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, PhoneError> {
        let Answering { target, author, answerer, secret, iv, .. } = self;
        let addon = Addon { id: &target.id, author, answerer, purpose };
        Ok(seal(&addon, secret, *iv, plain)?)
    }
}
