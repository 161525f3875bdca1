//! Messages that are neither text nor file: places, people, polls, dates, menus.

use buffa::MessageField;
use serde_json::json;
use trunkline_model::message::{
    Buttons, CalendarEvent, ContactCard, ListMenu, LiveLocation, Location, MenuForm, Poll,
};
use waproto::whatsapp as wa;
use waproto::whatsapp::message::interactive_message::native_flow_message::NativeFlowButton;
use waproto::whatsapp::message::interactive_message::{
    Body, Footer, InteractiveMessage as Payload, NativeFlowMessage,
};
use waproto::whatsapp::message::{
    ContactMessage, ContactsArrayMessage, EventMessage, InteractiveMessage, LiveLocationMessage,
    LocationMessage, PollContentType, PollCreationMessage, poll_creation_message,
};

fn degrees(e7: i64) -> Option<f64> {
    Some(e7 as f64 / 1e7)
}

pub(super) fn location(place: &Location) -> wa::Message {
    let message = wa::Message::default();
    wa::Message { location_message: MessageField::some(location_message(place)), ..message }
}

fn location_message(place: &Location) -> LocationMessage {
    LocationMessage {
        degrees_latitude: degrees(place.latitude_e7),
        degrees_longitude: degrees(place.longitude_e7),
        name: place.name.clone(),
        address: place.address.clone(),
        url: place.url.clone(),
        ..LocationMessage::default()
    }
}

pub(super) fn live_location(place: &LiveLocation) -> wa::Message {
    let live = LiveLocationMessage {
        degrees_latitude: degrees(place.latitude_e7),
        degrees_longitude: degrees(place.longitude_e7),
        accuracy_in_meters: place.accuracy_metres,
        speed_in_mps: place.speed_cm_per_s.map(|speed| speed as f32 / 100.0),
        degrees_clockwise_from_magnetic_north: place.heading_degrees,
        caption: place.caption.clone(),
        sequence_number: Some(place.sequence),
        ..LiveLocationMessage::default()
    };
    wa::Message { live_location_message: MessageField::some(live), ..wa::Message::default() }
}

pub(super) fn contacts(cards: &[ContactCard]) -> wa::Message {
    let mut built: Vec<ContactMessage> = cards
        .iter()
        .map(|card| ContactMessage {
            display_name: Some(card.name.clone()),
            vcard: Some(card.vcard.clone()),
            ..ContactMessage::default()
        })
        .collect();
    if built.len() == 1
        && let Some(only) = built.pop()
    {
        return wa::Message { contact_message: MessageField::some(only), ..wa::Message::default() };
    }
    let several = ContactsArrayMessage {
        display_name: Some(format!("{} contacts", built.len())),
        contacts: built,
        ..ContactsArrayMessage::default()
    };
    wa::Message { contacts_array_message: MessageField::some(several), ..wa::Message::default() }
}

/// Carries the secret that answers are sealed with.
fn with_secret(message: wa::Message, secret: [u8; 32]) -> wa::Message {
    let context =
        wa::MessageContextInfo { message_secret: Some(secret.to_vec()), ..wa::MessageContextInfo::default() };
    wa::Message { message_context_info: MessageField::some(context), ..message }
}

/// A poll with one answer and a poll with several are two versions of the message, as the web client sends them.
pub(super) fn poll(poll: &Poll, secret: [u8; 32]) -> wa::Message {
    let options = poll
        .options
        .iter()
        .map(|option| poll_creation_message::Option { option_name: Some(option.clone()), option_hash: None });
    let creation = MessageField::some(PollCreationMessage {
        name: Some(poll.question.clone()),
        options: options.collect(),
        selectable_options_count: Some(poll.selectable),
        poll_content_type: Some(PollContentType::TEXT),
        ..PollCreationMessage::default()
    });
    let mut message = wa::Message::default();
    if poll.selectable == 1 {
        message.poll_creation_message_v3 = creation;
    } else {
        message.poll_creation_message = creation;
    }
    with_secret(message, secret)
}

pub(super) fn event(event: &CalendarEvent, secret: [u8; 32]) -> wa::Message {
    let built = EventMessage {
        name: Some(event.name.clone()),
        description: event.description.clone(),
        start_time: Some(event.starts_at_s),
        end_time: event.ends_at_s,
        location: event.location.as_ref().map(location_message).map(MessageField::some).unwrap_or_default(),
        join_link: event.join_link.clone(),
        extra_guests_allowed: Some(event.extra_guests),
        is_canceled: Some(false),
        ..EventMessage::default()
    };
    let message = wa::Message { event_message: MessageField::some(built), ..wa::Message::default() };
    with_secret(message, secret)
}

pub(super) fn buttons(menu: &Buttons) -> wa::Message {
    if menu.form == MenuForm::Numbered {
        return wa::Message { conversation: Some(menu.as_text()), ..wa::Message::default() };
    }
    let buttons = menu
        .buttons
        .iter()
        .map(|button| flow_button("quick_reply", &json!({ "display_text": button.title, "id": button.id })));
    interactive(&menu.body, menu.footer.as_deref(), buttons.collect())
}

pub(super) fn list(menu: &ListMenu) -> wa::Message {
    if menu.form == MenuForm::Numbered {
        return wa::Message { conversation: Some(menu.as_text()), ..wa::Message::default() };
    }
    let sections: Vec<_> = menu
        .sections
        .iter()
        .map(|section| {
            let rows: Vec<_> = section
                .rows
                .iter()
                .map(|row| json!({ "id": row.id, "title": row.title, "description": row.description }))
                .collect();
            json!({ "title": section.title, "rows": rows })
        })
        .collect();
    let list = flow_button("single_select", &json!({ "title": menu.button, "sections": sections }));
    interactive(&menu.body, menu.footer.as_deref(), vec![list])
}

fn flow_button(name: &str, parameters: &serde_json::Value) -> NativeFlowButton {
    NativeFlowButton { name: Some(name.to_owned()), button_params_json: Some(parameters.to_string()) }
}

fn interactive(body: &str, footer: Option<&str>, buttons: Vec<NativeFlowButton>) -> wa::Message {
    let flow = NativeFlowMessage { buttons, message_version: Some(1), message_params_json: None };
    let footer = footer.map(|text| Footer { text: Some(text.to_owned()), ..Footer::default() });
    let message = InteractiveMessage {
        body: MessageField::some(Body { text: Some(body.to_owned()) }),
        footer: footer.map(MessageField::some).unwrap_or_default(),
        interactive_message: Some(Payload::NativeFlowMessage(Box::new(flow))),
        ..InteractiveMessage::default()
    };
    wa::Message { interactive_message: MessageField::some(message), ..wa::Message::default() }
}
