//! Known answers of the envelope and its signature.

use super::*;
use serde_json::{Value, json};
use trunkline_model::Dialect;
use trunkline_model::event::{CloseReason, EventBody};
use trunkline_model::inbound::{InboundContent, InboundMarks, InboundMessage, Party};
use trunkline_model::instance::InstanceState;

fn party(jid: &str, lid: Option<&str>) -> Party {
    Party { lid: lid.map(str::to_owned), ..Party::of_jid(jid) }
}

fn message(content: InboundContent) -> EventBody {
    let person = party("966501234567@s.whatsapp.net", Some("100000012345678"));
    EventBody::MessageReceived(Box::new(InboundMessage {
        wa_id: "3EB0C127D7BACC83D6A1".into(),
        chat: person.clone(),
        sender: person,
        from_me: false,
        is_group: false,
        time_ms: 1_700_000_000_000,
        from_offline_queue: false,
        content,
        quote: None,
        mentions: Vec::new(),
        marks: InboundMarks::default(),
    }))
}

fn event(body: EventBody) -> Event {
    Event { sequence: 7, time_ms: 1_700_000_000_123, backfilled: false, body }
}

fn format(events: &[&str]) -> DialectFormat {
    let events = events.iter().map(|event| (*event).to_owned()).collect();
    DialectFormat { dialect: Dialect::Wsapi, instance: Some("shop".into()), events }
}

fn told(format: &DialectFormat, event: &Event) -> Option<Value> {
    let written = webhook(format, "s3cret", InstanceId(0x11), event)?;
    Some(serde_json::from_slice(&written.body).expect("it is JSON"))
}

/// Collision 20: a received message is `message` here, and `message.received` elsewhere.
#[test]
fn a_message_in_its_envelope() {
    let event = event(message(InboundContent::Text { body: "hello".into() }));
    let person = json!({ "id": "966501234567@s.whatsapp.net", "lid": "100000012345678@lid", "phone": "966501234567", "isMe": false });
    let expected = json!({
        "eventId": "evt_1700000000123_0000001100000007",
        "instanceId": "shop",
        "eventType": "message",
        "receivedAt": "2023-11-14T22:13:20.123Z",
        "eventData": {
            "id": "3EB0C127D7BACC83D6A1", "time": "2023-11-14T22:13:20.000Z",
            "chatId": "966501234567@s.whatsapp.net", "sender": person, "isGroup": false, "isStatus": false,
            "isForwarded": false, "viewOnce": false, "type": "text", "text": "hello", "isEdit": false,
        },
    });
    assert_eq!(told(&format(&[]), &event), Some(expected));
}

/// Collision 19: of the two services with a header of this name this is the one that signs.
#[test]
fn the_signature_is_over_the_bytes_that_are_sent() {
    let event = event(message(InboundContent::Text { body: "hello".into() }));
    let written = webhook(&format(&[]), "s3cret", InstanceId(0x11), &event).expect("an event of the service");
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"s3cret");
    let hex: String =
        hmac::sign(&key, &written.body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = [("X-Instance-Id", "shop".to_owned()), ("X-Webhook-Signature", format!("sha256={hex}"))];
    assert_eq!(written.headers, expected);
    let unsigned = webhook(&format(&[]), "", InstanceId(0x11), &event).expect("an event of the service");
    assert_eq!(unsigned.headers.len(), 1);
}

#[test]
fn filters_let_through_what_they_name_and_what_the_system_says() {
    let text = event(message(InboundContent::Text { body: "hello".into() }));
    let out = event(EventBody::StateChanged {
        from: InstanceState::Open,
        to: InstanceState::LoggedOut,
        reason: Some(CloseReason::Requested),
    });
    let only_calls = format(&["call_offer"]);
    assert_eq!(told(&only_calls, &text), None);
    let out = told(&only_calls, &out).expect("always told");
    assert_eq!(
        (&out["eventType"], &out["eventData"]),
        (&json!("logged_out"), &json!({ "reason": "api_logout" }))
    );
    assert!(told(&format(&["message"]), &text).is_some());
}

#[test]
fn what_was_deleted_and_what_is_old_have_events_of_their_own() {
    let revoked = event(message(InboundContent::Revoke { target_wa_id: "3EB0".into() }));
    let revoked = told(&format(&[]), &revoked).expect("an event");
    assert_eq!(
        (&revoked["eventType"], &revoked["eventData"]["isDeletedForAll"]),
        (&json!("message_delete"), &json!(true))
    );
    let mut old = event(message(InboundContent::Text { body: "long ago".into() }));
    old.backfilled = true;
    let old = told(&format(&[]), &old).expect("an event");
    assert_eq!(old["eventType"], "message_history_sync");
    assert_eq!(old["eventData"]["messages"][0]["text"], "long ago");
}

#[test]
fn what_the_service_does_not_have_is_not_told() {
    let code = EventBody::QrIssued { code: "2@a".into(), expires_at_ms: 0 };
    assert_eq!(told(&format(&[]), &event(code)), None);
    let mut out = BytesMut::new();
    let stream = Stream { instance: "shop".into() };
    stream.write(
        &mut out,
        InstanceId(1),
        &event(EventBody::QrIssued { code: "2@a".into(), expires_at_ms: 0 }),
    );
    assert!(out.is_empty());
    stream.write(&mut out, InstanceId(1), &event(message(InboundContent::Text { body: "a\nb".into() })));
    let text = String::from_utf8(out.to_vec()).expect("text");
    assert!(
        text.starts_with("data: {\"eventId\"") && text.ends_with("}\n\n") && text.matches('\n').count() == 2,
        "{text}"
    );
}
