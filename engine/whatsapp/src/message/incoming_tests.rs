use buffa::MessageField;
use wa::message::{
    ContactMessage, ContactsArrayMessage, DeviceSentMessage, DocumentMessage, ExtendedTextMessage,
    FutureProofMessage, ImageMessage, LocationMessage, ReactionMessage, SenderKeyDistributionMessage,
};

use trunkline_model::message::MediaKind;

use super::*;

fn text_message(body: &str) -> wa::Message {
    wa::Message { conversation: Some(body.into()), ..wa::Message::default() }
}

fn text_content(body: &str) -> InboundContent {
    InboundContent::Text { body: body.into() }
}

fn key(id: &str) -> MessageField<wa::MessageKey> {
    MessageField::some(wa::MessageKey { id: Some(id.into()), ..wa::MessageKey::default() })
}

fn wrapper(inner: wa::Message) -> MessageField<FutureProofMessage> {
    MessageField::some(FutureProofMessage { message: MessageField::some(inner) })
}

fn protocol(kind: ProtocolType, edited: Option<wa::Message>) -> wa::Message {
    let protocol = ProtocolMessage {
        key: key("T"),
        r#type: Some(kind),
        edited_message: edited.map(MessageField::some).unwrap_or_default(),
        ..ProtocolMessage::default()
    };
    wa::Message { protocol_message: MessageField::some(protocol), ..wa::Message::default() }
}

fn check(message: wa::Message, expected: InboundContent) {
    assert_eq!(received(&message).map(|received| received.content), Some(expected));
}

#[test]
fn wrappers_are_opened_in_any_nesting() {
    let inner = || text_message("hi");
    check(inner(), text_content("hi"));
    check(wa::Message { ephemeral_message: wrapper(inner()), ..Default::default() }, text_content("hi"));
    check(wa::Message { view_once_message_v2: wrapper(inner()), ..Default::default() }, text_content("hi"));
    let sent = DeviceSentMessage {
        destination_jid: Some("1@s.whatsapp.net".into()),
        message: MessageField::some(wa::Message {
            ephemeral_message: wrapper(inner()),
            ..Default::default()
        }),
        ..Default::default()
    };
    check(
        wa::Message { device_sent_message: MessageField::some(sent), ..Default::default() },
        text_content("hi"),
    );
}

#[test]
fn a_message_wrapped_too_often_is_not_followed_for_ever() {
    let mut message = text_message("deep");
    for _ in 0..WRAPPERS_MAX + 1 {
        message = wa::Message { ephemeral_message: wrapper(message), ..Default::default() };
    }
    check(message, InboundContent::Other { kind: "unknown".into() });
}

#[test]
fn text_with_quote_and_mentions() {
    let context = wa::ContextInfo {
        stanza_id: Some("Q".into()),
        participant: Some("1555:7@s.whatsapp.net".into()),
        mentioned_jid: vec!["99:3@lid".into(), "nonsense".into()],
        ..Default::default()
    };
    let text = ExtendedTextMessage {
        text: Some("see @99".into()),
        context_info: MessageField::some(context),
        ..Default::default()
    };
    let message = wa::Message { extended_text_message: MessageField::some(text), ..Default::default() };
    let received = received(&message).expect("a text");
    assert_eq!(received.content, text_content("see @99"));
    assert_eq!(received.mentions, ["99@lid", "nonsense"].map(Party::of_jid));
    let quote = received.quote.expect("a quote");
    let author = party(&"1555@s.whatsapp.net".parse().expect("an id"), None, None);
    assert_eq!((quote.wa_id.as_str(), quote.participant), ("Q", Some(author)));
}

#[test]
fn messages_about_messages() {
    check(protocol(ProtocolType::REVOKE, None), InboundContent::Revoke { target_wa_id: "T".into() });
    let edit = |body: &str| InboundContent::Edit { target_wa_id: "T".into(), body: body.into() };
    check(protocol(ProtocolType::MESSAGE_EDIT, Some(text_message("new"))), edit("new"));
    let image = ImageMessage {
        caption: Some("new caption".into()),
        direct_path: Some("/d".into()),
        ..Default::default()
    };
    let image = wa::Message { image_message: MessageField::some(image), ..Default::default() };
    check(protocol(ProtocolType::MESSAGE_EDIT, Some(image)), edit("new caption"));
    // The edit of a peer may come in one more wrapper.
    let inside = protocol(ProtocolType::MESSAGE_EDIT, Some(text_message("new")));
    check(wa::Message { edited_message: wrapper(inside), ..Default::default() }, edit("new"));
    for emoji in ["👍", ""] {
        let reaction = ReactionMessage { key: key("T"), text: Some(emoji.into()), ..Default::default() };
        let message = wa::Message { reaction_message: MessageField::some(reaction), ..Default::default() };
        check(message, InboundContent::Reaction { target_wa_id: "T".into(), emoji: emoji.into() });
    }
}

#[test]
fn a_file_is_complete_or_only_named() {
    let document = |direct_path: Option<&str>| DocumentMessage {
        file_name: Some("a.pdf".into()),
        mimetype: Some("application/pdf".into()),
        file_length: Some(12),
        direct_path: direct_path.map(str::to_owned),
        media_key: Some(vec![1; 32]),
        ..Default::default()
    };
    let message =
        |document| wa::Message { document_message: MessageField::some(document), ..Default::default() };
    let wrapped = wa::Message {
        document_with_caption_message: wrapper(message(document(Some("/d")))),
        ..Default::default()
    };
    let InboundContent::Media(media) = received(&wrapped).expect("a file").content else { panic!("no file") };
    assert_eq!((media.kind, media.file_name.as_deref()), (MediaKind::Document, Some("a.pdf")));
    assert_eq!((media.size_bytes, media.media_key), (Some(12), vec![1; 32]));
    for nowhere in [None, Some("")] {
        check(message(document(nowhere)), InboundContent::Other { kind: "documentMessage".into() });
    }
}

#[test]
fn places_and_contacts() {
    let place = |latitude: f64| LocationMessage {
        degrees_latitude: Some(latitude),
        degrees_longitude: Some(-0.123_456_7),
        name: Some("here".into()),
        ..Default::default()
    };
    let message = |place| wa::Message { location_message: MessageField::some(place), ..Default::default() };
    let expected = |latitude_e7| InboundContent::Location {
        latitude_e7,
        longitude_e7: -1_234_567,
        name: Some("here".into()),
        address: None,
    };
    check(message(place(51.5)), expected(515_000_000));
    check(message(place(f64::NAN)), expected(0));

    let card = |vcard: &str| ContactMessage { vcard: Some(vcard.into()), ..Default::default() };
    let one = wa::Message { contact_message: MessageField::some(card("A")), ..Default::default() };
    check(one, InboundContent::Contacts { vcards: vec!["A".into()] });
    let several = ContactsArrayMessage { contacts: vec![card("A"), card("B")], ..Default::default() };
    let several = wa::Message { contacts_array_message: MessageField::some(several), ..Default::default() };
    check(several, InboundContent::Contacts { vcards: vec!["A".into(), "B".into()] });
}

#[test]
fn what_has_no_content_of_ours_keeps_its_name() {
    let album = wa::Message { album_message: MessageField::some(Default::default()), ..Default::default() };
    check(album, InboundContent::Other { kind: "albumMessage".into() });
    let strange = wa::Message { bcall_message: MessageField::some(Default::default()), ..Default::default() };
    check(strange, InboundContent::Other { kind: "unknown".into() });
}

#[test]
fn what_is_between_devices_is_no_message() {
    let keys = SenderKeyDistributionMessage { group_id: Some("g".into()), ..Default::default() };
    let only_keys = wa::Message {
        sender_key_distribution_message: MessageField::some(keys),
        message_context_info: MessageField::some(Default::default()),
        ..Default::default()
    };
    for nothing in [
        wa::Message::default(),
        only_keys,
        protocol(ProtocolType::APP_STATE_SYNC_KEY_SHARE, None),
        protocol(ProtocolType::HISTORY_SYNC_NOTIFICATION, None),
        protocol(ProtocolType::PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE, None),
    ] {
        assert_eq!(received(&nothing), None);
    }
}
