use serde_json::{Value, json};
use trunkline_model::message::ValidateSend;
use trunkline_model::message::{Lane, SendMessage, SendOptions};

use super::super::things::{ButtonsBody, ContactsBody, LocationBody, PollBody, StatusBody};
use super::*;

fn read<B: MessageBody>(body: &Value) -> Result<Unsent, Failure> {
    serde_json::from_value::<B>(body.clone()).unwrap_or_else(|error| panic!("{error}: {body}")).read()
}

/// Checks that a message of the reference is one, and that WhatsApp would take it.
fn check<B: MessageBody>(body: Value) -> Unsent {
    let unsent = read::<B>(&body).unwrap_or_else(|failure| panic!("{failure}: {:?}", failure.fields));
    assert_eq!(unsent.instance, "my-instance", "{body}");
    if let Said::This(content) = &unsent.said {
        let (to, audience) = match unsent.to.clone() {
            To::Anybody(to) => (to, Audience::default()),
            To::Status(audience) => (Address::Status, audience),
            To::Contact(number) => panic!("{number}"),
        };
        let message = SendMessage {
            to,
            content: content.clone(),
            quote: None,
            mentions: Vec::new(),
            options: SendOptions { audience, ..SendOptions::default() },
            lane: Lane::Interactive,
            metadata: None,
        };
        assert_eq!(message.problems(), [], "{body}");
    }
    unsent
}

fn is_to(unsent: &Unsent, digits: &str) -> bool {
    unsent.to == To::Anybody(Address::Phone(digits.to_owned()))
}

#[test]
fn the_messages_of_the_reference_are_read() {
    let text = check::<SendBody>(json!({
        "instance": "my-instance", "recipient": "+966501234567", "message_type": "text", "content": "Hello from our API!",
    }));
    assert!(is_to(&text, "966501234567"));
    assert_eq!(text.said, Said::This(Content::Text(Text::plain("Hello from our API!"))));
    let image = check::<SendBody>(json!({
        "instance": "my-instance", "recipient": "+966501234567", "message_type": "image",
        "content": "Here is your invoice", "media_url": "https://example.com/invoice.png", "filename": "invoice.png",
    }));
    let Said::This(Content::Media(media)) = image.said else { panic!("{image:?}") };
    assert_eq!((media.kind, media.mime_type.as_deref()), (MediaKind::Image, Some("image/png")));
    assert_eq!((media.caption.as_deref(), media.file_name), (Some("Here is your invoice"), None));
    let templated = check::<SendBody>(json!({
        "instance": "my-instance", "recipient": "+966501234567", "template_id": 7,
        "template_variables": {"name": "Ahmed", "order_id": "ORD-9988"},
    }));
    let Said::Template(templated) = templated.said else { panic!("{templated:?}") };
    assert_eq!((templated.number, templated.kind), (7, None));
    assert_eq!(templated.variables["order_id"], "ORD-9988");
}

#[test]
fn the_things_of_the_reference_are_read() {
    let place = check::<LocationBody>(json!({
        "instance": "my-instance", "recipient": "+966501234567", "latitude": 24.7136, "longitude": 46.6753,
        "name": "Our Head Office", "address": "King Fahd Road, Riyadh",
    }));
    let Said::This(Content::Location(place)) = place.said else { panic!("{place:?}") };
    assert_eq!((place.latitude_e7, place.longitude_e7), (247_136_000, 466_753_000));
    let cards = check::<ContactsBody>(json!({
        "instance": "my-instance", "recipient": "+966501234567",
        "contacts": [{
            "fullName": "Support Team", "wuid": "966200001234", "phoneNumber": "+966200001234",
            "organization": "Acme Corp", "email": "support@acme.com",
        }],
    }));
    let Said::This(Content::Contacts(cards)) = cards.said else { panic!("{cards:?}") };
    assert_eq!(cards[0].vcard.matches("waid=966200001234").count(), 1, "{}", cards[0].vcard);
    let poll = check::<PollBody>(json!({
        "instance": "my-instance", "recipient": "+966501234567", "name": "What is your preferred contact time?",
        "values": ["Morning", "Afternoon", "Evening"], "selectable_count": 1,
    }));
    let Said::This(Content::Poll(poll)) = poll.said else { panic!("{poll:?}") };
    assert_eq!((poll.options.len(), poll.selectable), (3, 1));
    let status = check::<StatusBody>(json!({
        "instance": "my-instance", "type": "text", "content": "New products just dropped!",
        "background_color": "#25D366", "font": 2, "all_contacts": true,
    }));
    assert_eq!(status.to, To::Status(Audience::Contacts));
    let Said::This(Content::Text(text)) = status.said else { panic!("{status:?}") };
    assert_eq!(text.style.map(|style| style.background_argb), Some(0xff25_d366));
}

#[test]
fn buttons_are_lines_that_say_where_they_lead() {
    let menu = check::<ButtonsBody>(json!({
        "instance": "my-instance", "recipient": "+966501234567", "title": "Your Order is Ready",
        "description": "Order #5678 is packed and ready for pickup.", "footer": "Thank you for shopping with us",
        "buttons": [
            {"type": "reply", "displayText": "Confirm Pickup", "id": "confirm_5678"},
            {"type": "url", "displayText": "View on Map", "url": "https://maps.google.com/?q=24.7,46.7"},
            {"type": "call", "displayText": "Call Us", "phoneNumber": "+966200001234"},
        ],
    }));
    let Said::This(Content::Buttons(menu)) = menu.said else { panic!("{menu:?}") };
    let lines: Vec<&str> = menu.buttons.iter().map(|button| button.title.as_str()).collect();
    let expected =
        ["Confirm Pickup", "View on Map: https://maps.google.com/?q=24.7,46.7", "Call Us: +966200001234"];
    assert_eq!((lines.as_slice(), menu.buttons[0].id.as_str()), (expected.as_slice(), "confirm_5678"));
    assert!(menu.body.starts_with("*Your Order is Ready*"), "{}", menu.body);
}

/// The fields that a body is refused for.
fn wrong<B: MessageBody>(body: Value) -> Vec<String> {
    let failure = read::<B>(&body).expect_err("it is refused");
    failure.fields.into_iter().map(|field| field.field).collect()
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    // The example of the reference.
    let body =
        json!({"recipient": "+966501234567", "message_type": "image", "content": "x", "filename": "a.png"});
    assert_eq!(wrong::<SendBody>(body), ["instance", "media_url"]);
    assert_eq!(wrong::<SendBody>(json!({})), ["instance", "recipient", "content"]);
    assert_eq!(
        wrong::<LocationBody>(json!({"instance": 1, "contact_id": 2, "latitude": 91})),
        ["latitude", "longitude"]
    );
    let poll = json!({"instance": 1, "recipient": "x", "name": ""});
    assert_eq!(wrong::<PollBody>(poll), ["recipient", "name", "values"]);
    let button = json!({"type": "shake", "displayText": "x"});
    let menu = json!({"instance": 1, "contact_id": 2, "title": "t", "description": "d", "buttons": [button]});
    assert_eq!(wrong::<ButtonsBody>(menu), ["buttons.0.type"]);
    let status = json!({"instance": 1, "type": "text", "content": "x", "font": 9, "all_contacts": false});
    assert_eq!(wrong::<StatusBody>(status), ["font", "status_jid_list"]);
    let status = json!({"instance": 1, "type": "image", "content": "no address"});
    assert_eq!(wrong::<StatusBody>(status), ["content"]);
}

#[test]
fn loose_types_and_unknown_members_are_passed_over() {
    let body = json!({
        "instance": "my-instance", "recipient": 966501234567_u64, "content": 42, "message_type": null, "filename": "",
        "quoted": {"key": {"id": "3EB0", "remoteJid": "x"}, "message": {}}, "delay": "1500", "link_preview": "0",
        "mentions_everyone": 0, "priority": "high",
    });
    let unsent = check::<SendBody>(body);
    assert!(is_to(&unsent, "966501234567"));
    assert_eq!(unsent.said, Said::This(Content::Text(Text::plain("42"))));
    assert_eq!(unsent.around.typing_ms, 1_500);
    assert_eq!(unsent.around.quote.map(|quote| quote.wa_id).as_deref(), Some("3EB0"));
}

#[test]
fn a_bulk_shares_its_template_with_those_that_have_no_text() {
    let body: BulkBody = serde_json::from_value(json!({
        "instance": "my-instance", "template_id": 7, "template_variables": {"name": "friend", "shop": "Acme"},
        "messages": [
            {"recipient": "+966501234567", "content": "Hello Customer 1!"},
            {"recipient": "+966509876543", "template_variables": {"name": "Nora"}},
        ],
    }))
    .expect("it is a bulk");
    let (instance, bodies) = body.read().expect("it is in order");
    assert_eq!((instance.as_str(), bodies.len()), ("my-instance", 2));
    let mut said = bodies.into_iter().map(|body| body.read().expect("it is in order").said);
    assert_eq!(said.next(), Some(Said::This(Content::Text(Text::plain("Hello Customer 1!")))));
    let Some(Said::Template(templated)) = said.next() else { panic!("the second is of the template") };
    let values: Vec<&str> = templated.variables.values().map(String::as_str).collect();
    assert_eq!((templated.number, values), (7, vec!["Nora", "Acme"]));
    for (messages, field) in [(json!([]), "messages"), (json!(vec![json!({}); 101]), "messages")] {
        let body: BulkBody =
            serde_json::from_value(json!({"instance": 1, "messages": messages})).expect("it is a bulk");
        let failure = body.read().expect_err("it is refused");
        assert_eq!(failure.fields[0].field, field);
    }
}
