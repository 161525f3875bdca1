//! Inbound messages that are neither text nor file: places, people, polls, dates, menus, pins.

use serde_json::Value;
use trunkline_model::inbound::{
    InboundContent, InboundEvent, InboundInvite, InboundLiveLocation, InboundMenu, InboundPoll,
};
use trunkline_model::limits::{LIST_ROWS_MAX, POLL_OPTIONS_MAX};
use waproto::whatsapp as wa;
use waproto::whatsapp::message::interactive_message::InteractiveMessage as Payload;
use waproto::whatsapp::message::{
    EventMessage, LiveLocationMessage, LocationMessage, PollCreationMessage, buttons_response_message,
    interactive_response_message, pin_in_chat_message,
};

use super::key_id;

/// What a message of these kinds says; `None` for any other.
pub(super) fn read(message: &wa::Message) -> Option<InboundContent> {
    place(message)
        .or_else(|| cards(message))
        .or_else(|| poll(message))
        .or_else(|| Some(event(message.event_message.as_option()?, secret(message))))
        .or_else(|| menu(message))
        .or_else(|| choice(message))
        .or_else(|| mark(message))
        .or_else(|| invite(message))
}

fn place(message: &wa::Message) -> Option<InboundContent> {
    if let Some(place) = message.location_message.as_option() {
        return Some(location(place));
    }
    message.live_location_message.as_option().map(live_location)
}

fn cards(message: &wa::Message) -> Option<InboundContent> {
    if let Some(contact) = message.contact_message.as_option() {
        return Some(InboundContent::Contacts { vcards: contact.vcard.iter().cloned().collect() });
    }
    let several = message.contacts_array_message.as_option()?;
    let vcards = several.contacts.iter().filter_map(|contact| contact.vcard.clone()).collect();
    Some(InboundContent::Contacts { vcards })
}

/// Degrees times ten million; what is no number becomes 0.
fn e7(degrees: Option<f64>) -> i64 {
    (degrees.unwrap_or_default() * 1e7).round() as i64
}

fn location(place: &LocationMessage) -> InboundContent {
    InboundContent::Location {
        latitude_e7: e7(place.degrees_latitude),
        longitude_e7: e7(place.degrees_longitude),
        name: place.name.clone(),
        address: place.address.clone(),
    }
}

fn live_location(place: &LiveLocationMessage) -> InboundContent {
    InboundContent::LiveLocation(Box::new(InboundLiveLocation {
        latitude_e7: e7(place.degrees_latitude),
        longitude_e7: e7(place.degrees_longitude),
        accuracy_metres: place.accuracy_in_meters,
        heading_degrees: place.degrees_clockwise_from_magnetic_north,
        caption: place.caption.clone(),
        sequence: place.sequence_number,
    }))
}

/// The secret that answers to a message are sealed with.
fn secret(message: &wa::Message) -> Option<Vec<u8>> {
    message.message_context_info.as_option()?.message_secret.clone()
}

fn poll(message: &wa::Message) -> Option<InboundContent> {
    let versions = [
        &message.poll_creation_message,
        &message.poll_creation_message_v2,
        &message.poll_creation_message_v3,
        &message.poll_creation_message_v5,
    ];
    let poll: &PollCreationMessage = versions.into_iter().find_map(|version| version.as_option())?;
    let options = poll.options.iter().take(POLL_OPTIONS_MAX).filter_map(|option| option.option_name.clone());
    Some(InboundContent::Poll(Box::new(InboundPoll {
        question: poll.name.clone().unwrap_or_default(),
        options: options.collect(),
        selectable: poll.selectable_options_count.unwrap_or(0),
        secret: secret(message),
    })))
}

fn event(event: &EventMessage, secret: Option<Vec<u8>>) -> InboundContent {
    let place = event.location.as_option();
    InboundContent::Event(Box::new(InboundEvent {
        name: event.name.clone().unwrap_or_default(),
        description: event.description.clone(),
        starts_at_s: event.start_time,
        ends_at_s: event.end_time,
        place: place.and_then(|place| place.name.clone().or_else(|| place.address.clone())),
        join_link: event.join_link.clone(),
        cancelled: event.is_canceled == Some(true),
        secret,
    }))
}

/// Buttons and lists of every form that the protocol has for them.
fn menu(message: &wa::Message) -> Option<InboundContent> {
    let menu = if let Some(buttons) = message.buttons_message.as_option() {
        let choices = buttons.buttons.iter().filter_map(|button| {
            let text = button.button_text.as_option()?.display_text.clone()?;
            Some((button.button_id.clone()?, text))
        });
        InboundMenu {
            body: buttons.content_text.clone().unwrap_or_default(),
            footer: buttons.footer_text.clone(),
            choices: choices.take(LIST_ROWS_MAX).collect(),
        }
    } else if let Some(list) = message.list_message.as_option() {
        let rows = list.sections.iter().flat_map(|section| &section.rows);
        let choices = rows.filter_map(|row| Some((row.row_id.clone()?, row.title.clone()?)));
        InboundMenu {
            body: list.description.clone().or_else(|| list.title.clone()).unwrap_or_default(),
            footer: list.footer_text.clone(),
            choices: choices.take(LIST_ROWS_MAX).collect(),
        }
    } else {
        let interactive = message.interactive_message.as_option()?;
        let choices = match &interactive.interactive_message {
            Some(Payload::NativeFlowMessage(flow)) => {
                let parameters = flow.buttons.iter().filter_map(|button| {
                    serde_json::from_str::<Value>(button.button_params_json.as_deref()?).ok()
                });
                parameters.flat_map(|value| flow_choices(&value)).take(LIST_ROWS_MAX).collect()
            }
            _ => Vec::new(),
        };
        InboundMenu {
            body: interactive.body.as_option().and_then(|body| body.text.clone()).unwrap_or_default(),
            footer: interactive.footer.as_option().and_then(|footer| footer.text.clone()),
            choices,
        }
    };
    Some(InboundContent::Menu(Box::new(menu)))
}

/// The choices in the parameters of a native-flow button: itself, or the rows of its list.
fn flow_choices(parameters: &Value) -> Vec<(String, String)> {
    let text = |value: &Value, field: &str| value[field].as_str().map(str::to_owned);
    if let Some(title) = text(parameters, "display_text") {
        return vec![(text(parameters, "id").unwrap_or_default(), title)];
    }
    let sections = parameters["sections"].as_array().map(Vec::as_slice).unwrap_or_default();
    let rows =
        sections.iter().flat_map(|section| section["rows"].as_array().map(Vec::as_slice).unwrap_or_default());
    rows.filter_map(|row| Some((text(row, "id")?, text(row, "title")?))).collect()
}

/// What somebody chose of buttons or a list.
fn choice(message: &wa::Message) -> Option<InboundContent> {
    let (id, title) = if let Some(chosen) = message.buttons_response_message.as_option() {
        let title = chosen.response.as_ref().map(|response| match response {
            buttons_response_message::Response::SelectedDisplayText(text) => text.clone(),
        });
        (chosen.selected_button_id.clone(), title)
    } else if let Some(chosen) = message.list_response_message.as_option() {
        let row = chosen.single_select_reply.as_option();
        (row.and_then(|row| row.selected_row_id.clone()), chosen.title.clone())
    } else if let Some(chosen) = message.template_button_reply_message.as_option() {
        (chosen.selected_id.clone(), chosen.selected_display_text.clone())
    } else {
        let chosen = message.interactive_response_message.as_option()?;
        let title = chosen.body.as_option().and_then(|body| body.text.clone());
        let id = match &chosen.interactive_response_message {
            Some(interactive_response_message::InteractiveResponseMessage::NativeFlowResponseMessage(
                flow,
            )) => {
                let parameters = flow.params_json.as_deref();
                let value = parameters.and_then(|text| serde_json::from_str::<Value>(text).ok());
                value.and_then(|value| value["id"].as_str().map(str::to_owned))
            }
            None => None,
        };
        (id, title)
    };
    Some(InboundContent::MenuChoice { id: id.unwrap_or_default(), title: title.unwrap_or_default() })
}

/// Pins and what is kept.
fn mark(message: &wa::Message) -> Option<InboundContent> {
    if let Some(pin) = message.pin_in_chat_message.as_option() {
        let pinned = pin.r#type == Some(pin_in_chat_message::Type::PIN_FOR_ALL);
        return Some(InboundContent::Pin { target_wa_id: key_id(&pin.key)?, pinned });
    }
    let keep = message.keep_in_chat_message.as_option()?;
    let kept = keep.keep_type == Some(wa::KeepType::KEEP_FOR_ALL);
    Some(InboundContent::Keep { target_wa_id: key_id(&keep.key)?, kept })
}

fn invite(message: &wa::Message) -> Option<InboundContent> {
    let invite = message.group_invite_message.as_option()?;
    Some(InboundContent::GroupInvite(Box::new(InboundInvite {
        group: invite.group_jid.clone()?,
        name: invite.group_name.clone(),
        code: invite.invite_code.clone()?,
        expires_at_s: invite.invite_expiration,
        caption: invite.caption.clone(),
    })))
}

#[cfg(test)]
mod tests {
    use buffa::MessageField;
    use trunkline_model::Address;
    use trunkline_model::message::{
        Buttons, CalendarEvent, Choice, ContactCard, Content, Keep, Lane, ListMenu, ListSection,
        LiveLocation, Location, MenuForm, MessageRef, Pin, Poll, SendMessage, SendOptions,
    };
    use wa::message::{
        ButtonsResponseMessage, GroupInviteMessage, ListResponseMessage, list_response_message,
    };

    use super::*;
    use crate::message::{Parts, build, received};

    fn there_and_back(content: Content) -> InboundContent {
        let message = SendMessage {
            to: Address::Phone("15550000001".into()),
            content,
            quote: None,
            mentions: Vec::new(),
            options: SendOptions { forwarded: true, expires_in_seconds: Some(60), ..SendOptions::default() },
            lane: Lane::Interactive,
            metadata: None,
        };
        let built = build(&message, Parts { secret: [7; 32], ..Parts::default() }).expect("built");
        received(&built).expect("is for people").content
    }

    fn choices() -> Vec<Choice> {
        ["tea", "coffee"]
            .map(|id| Choice { id: id.into(), title: id.to_uppercase(), description: None })
            .into()
    }

    fn offered() -> Vec<(String, String)> {
        vec![("tea".into(), "TEA".into()), ("coffee".into(), "COFFEE".into())]
    }

    #[test]
    fn places_read_back() {
        let place = Location {
            latitude_e7: 247_136_000,
            longitude_e7: -466_753_001,
            name: Some("Here".into()),
            address: Some("1 Road".into()),
            url: None,
        };
        let expected = InboundContent::Location {
            latitude_e7: 247_136_000,
            longitude_e7: -466_753_001,
            name: Some("Here".into()),
            address: Some("1 Road".into()),
        };
        assert_eq!(there_and_back(Content::Location(place)), expected);
        let live = LiveLocation {
            latitude_e7: 1,
            longitude_e7: 2,
            accuracy_metres: Some(5),
            speed_cm_per_s: Some(250),
            heading_degrees: Some(90),
            caption: Some("on my way".into()),
            sequence: 3,
        };
        let InboundContent::LiveLocation(read) = there_and_back(Content::LiveLocation(live)) else {
            panic!()
        };
        assert_eq!((read.latitude_e7, read.accuracy_metres, read.sequence), (1, Some(5), Some(3)));
        assert_eq!((read.heading_degrees, read.caption.as_deref()), (Some(90), Some("on my way")));
    }

    #[test]
    fn cards_polls_and_dates_read_back() {
        let card = |name: &str| ContactCard { name: name.into(), vcard: format!("card of {name}") };
        for cards in [vec![card("A")], vec![card("A"), card("B")]] {
            let vcards = cards.iter().map(|card| card.vcard.clone()).collect();
            assert_eq!(there_and_back(Content::Contacts(cards)), InboundContent::Contacts { vcards });
        }
        for selectable in [0, 1, 2] {
            let options = vec!["yes".to_owned(), "no".to_owned()];
            let poll = Poll { question: "well?".into(), options: options.clone(), selectable };
            let secret = Some(vec![7; 32]);
            let expected = InboundPoll { question: "well?".into(), options, selectable, secret };
            assert_eq!(there_and_back(Content::Poll(poll)), InboundContent::Poll(Box::new(expected)));
        }
        let date = CalendarEvent {
            name: "Dinner".into(),
            description: None,
            starts_at_s: 100,
            ends_at_s: Some(200),
            location: None,
            join_link: None,
            extra_guests: true,
        };
        let InboundContent::Event(read) = there_and_back(Content::Event(date)) else { panic!() };
        assert_eq!((read.name.as_str(), read.starts_at_s, read.ends_at_s), ("Dinner", Some(100), Some(200)));
        assert_eq!((read.cancelled, read.secret), (false, Some(vec![7; 32])));
    }

    #[test]
    fn menus_read_back_in_either_form() {
        let buttons = |form| {
            let body = "What?".into();
            Content::Buttons(Buttons { body, footer: Some("Now".into()), buttons: choices(), form })
        };
        let list = |form| {
            let sections = vec![ListSection { title: None, rows: choices() }];
            let body = "What?".into();
            Content::List(ListMenu {
                body,
                footer: Some("Now".into()),
                button: "Menu".into(),
                sections,
                form,
            })
        };
        for native in [buttons(MenuForm::Native), list(MenuForm::Native)] {
            let menu = InboundMenu { body: "What?".into(), footer: Some("Now".into()), choices: offered() };
            assert_eq!(there_and_back(native), InboundContent::Menu(Box::new(menu)));
        }
        for numbered in [buttons(MenuForm::Numbered), list(MenuForm::Numbered)] {
            let body = "What?\n\n1. TEA\n2. COFFEE\n\n_Now_".to_owned();
            assert_eq!(there_and_back(numbered), InboundContent::Text { body });
        }
    }

    #[test]
    fn pins_and_what_is_kept_read_back() {
        let target = || MessageRef { wa_id: "T".into(), from_me: true, participant: None };
        for (duration_seconds, pinned) in [(86_400, true), (0, false)] {
            let read = there_and_back(Content::Pin(Pin { target: target(), duration_seconds }));
            assert_eq!(read, InboundContent::Pin { target_wa_id: "T".into(), pinned });
        }
        for kept in [true, false] {
            let read = there_and_back(Content::Keep(Keep { target: target(), keep: kept }));
            assert_eq!(read, InboundContent::Keep { target_wa_id: "T".into(), kept });
        }
    }

    #[test]
    fn choices_and_invitations() {
        let row = list_response_message::SingleSelectReply { selected_row_id: Some("tea".into()) };
        let list = ListResponseMessage {
            title: Some("TEA".into()),
            single_select_reply: MessageField::some(row),
            ..Default::default()
        };
        let button = ButtonsResponseMessage { selected_button_id: Some("tea".into()), ..Default::default() };
        let chosen = |title: &str| InboundContent::MenuChoice { id: "tea".into(), title: title.into() };
        let list = wa::Message { list_response_message: MessageField::some(list), ..Default::default() };
        assert_eq!(read(&list), Some(chosen("TEA")));
        let button =
            wa::Message { buttons_response_message: MessageField::some(button), ..Default::default() };
        assert_eq!(read(&button), Some(chosen("")));
        let invite = GroupInviteMessage {
            group_jid: Some("1@g.us".into()),
            invite_code: Some("code".into()),
            ..Default::default()
        };
        let invite = wa::Message { group_invite_message: MessageField::some(invite), ..Default::default() };
        let Some(InboundContent::GroupInvite(read)) = read(&invite) else { panic!("no invitation") };
        assert_eq!((read.group.as_str(), read.code.as_str()), ("1@g.us", "code"));
    }
}
