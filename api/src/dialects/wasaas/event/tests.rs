//! Known answers of the envelope and its signature.

use super::*;
use ring::hmac;
use trunkline_model::delivery::DialectFormat;
use trunkline_model::event::CloseReason;
use trunkline_model::inbound::{InboundMarks, Party};
use trunkline_model::{Dialect, MessageId};

fn event(body: EventBody) -> Event {
    Event { sequence: 7, time_ms: 1_700_000_000_123, backfilled: false, body }
}

fn message(from_me: bool) -> EventBody {
    let person = Party {
        lid: Some("100000012345678".into()),
        name: Some("Ana".into()),
        ..Party::of_jid("5511999999999@s.whatsapp.net")
    };
    EventBody::MessageReceived(Box::new(InboundMessage {
        wa_id: "3EB0".into(),
        chat: person.clone(),
        sender: person,
        from_me,
        is_group: false,
        time_ms: 1_700_000_000_000,
        from_offline_queue: false,
        content: InboundContent::Text { body: "hello".into() },
        quote: None,
        mentions: Vec::new(),
        marks: InboundMarks::default(),
    }))
}

fn status_change(status: MessageStatus) -> EventBody {
    EventBody::MessageStatus(StatusChange {
        message: MessageId::from_u64(5).expect("a small number"),
        wa_id: "3EB0".into(),
        chat: Party::of_jid("5511999999999@s.whatsapp.net"),
        status,
        error: None,
        participant: None,
        metadata: None,
    })
}

fn told(events: &[&str], secret: &str, event: &Event) -> Option<Told> {
    let events = events.iter().map(|event| (*event).to_owned()).collect();
    let format = DialectFormat { dialect: Dialect::Wasaas, events };
    let told = webhook(&Telling {
        format: &format,
        secret,
        instance: InstanceId(0x11),
        name: Some("shop"),
        own: None,
        event,
        attempt: 1,
    });
    assert_eq!(is_told(&format.events, event), told.is_some(), "{event:?}");
    told
}

/// Collision 20: `message.received` has the same name elsewhere, and other data.
#[test]
fn a_message_in_its_envelope_signed() {
    let told = told(&[], "s3cret", &event(message(false))).expect("it is told");
    let written: Value = serde_json::from_slice(&told.body).expect("it is JSON");
    let expected = json!({
        "event": "message.received",
        "sessionId": "ins_0000000000000011",
        "timestamp": "2023-11-14T22:13:20.123Z",
        "data": {
            "id": "3EB0", "chatId": "5511999999999@s.whatsapp.net", "from": "5511999999999@s.whatsapp.net",
            "fromMe": false, "name": "Ana", "isGroup": false, "type": "text", "text": "hello", "mediaUrl": null,
            "quotedMessageId": null, "timestamp": "2023-11-14T22:13:20.000Z",
        },
    });
    assert_eq!(written, expected);
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"s3cret");
    let [(name, value)] = told.headers.as_slice() else { panic!("{:?}", told.headers) };
    let signature = value.strip_prefix("sha256=").expect("the method");
    let bytes: Vec<u8> = (0..signature.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&signature[at..at + 2], 16).expect("hexadecimal"))
        .collect();
    assert_eq!(*name, "X-Webhook-Signature");
    hmac::verify(&key, &told.body, &bytes).expect("it is signed");
}

#[test]
fn each_event_has_the_services_name_or_is_not_told() {
    let check = |body: EventBody, expected: Option<&str>| {
        let event = event(body);
        let name = told(&[], "", &event).map(|told| {
            let written: Value = serde_json::from_slice(&told.body).expect("it is JSON");
            assert!(told.headers.is_empty(), "nothing is signed without a secret");
            written["event"].as_str().expect("a name").to_owned()
        });
        assert_eq!(name.as_deref(), expected, "{event:?}");
        assert!(name.is_none_or(|name| EVENTS.contains(&name.as_str())));
    };
    use InstanceState as State;
    check(message(true), None);
    check(status_change(MessageStatus::Pending), None);
    check(status_change(MessageStatus::Sent), Some("message.sent"));
    check(status_change(MessageStatus::Delivered), Some("message.delivered"));
    check(status_change(MessageStatus::Read), Some("message.read"));
    check(status_change(MessageStatus::Failed), Some("message.failed"));
    check(EventBody::QrIssued { code: "2@abc".into(), expires_at_ms: 0 }, Some("session.qr"));
    let reason = Some(CloseReason::ConnectionLost);
    for (from, to, expected) in [
        (State::Syncing, State::Open, Some("session.connected")),
        (State::Open, State::BackingOff, Some("session.disconnected")),
        (State::Connecting, State::BackingOff, None),
        (State::Open, State::LoggedOut, Some("session.disconnected")),
        (State::LoggedOut, State::Deleted, None),
        (State::New, State::Connecting, None),
        (State::Connecting, State::Syncing, None),
    ] {
        check(EventBody::StateChanged { from, to, reason }, expected);
    }
}

#[test]
fn what_is_not_asked_for_and_what_is_old_is_not_told() {
    let now = event(message(false));
    assert!(told(&["message.sent"], "", &now).is_none());
    assert!(told(&["message.received"], "", &now).is_some());
    assert!(told(&[], "", &Event { backfilled: true, ..now }).is_none());
}
