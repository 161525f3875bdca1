//! Each event of the service, and its envelope.

use ring::hmac;
use trunkline_model::Dialect;
use trunkline_model::delivery::DialectFormat;
use trunkline_model::message::MediaKind;

use super::*;

fn told(event: &Event, events: &[&str]) -> Option<(Value, Vec<(&'static str, String)>)> {
    let format = DialectFormat {
        dialect: Dialect::Wastack,
        events: events.iter().map(|event| (*event).to_owned()).collect(),
    };
    let own = Party::of_jid("919876543210@s.whatsapp.net");
    let telling = Telling {
        format: &format,
        secret: "k1",
        instance: InstanceId(1),
        name: Some("shop"),
        own: Some(&own),
        event,
        attempt: 2,
    };
    let written = webhook(&telling)?;
    Some((serde_json::from_slice(&written.body).expect("JSON"), written.headers))
}

fn event(body: EventBody) -> Event {
    Event { sequence: 7, time_ms: 1_769_851_800_000, backfilled: false, body }
}

#[test]
fn every_event_that_is_told_has_its_envelope_and_a_signature() {
    for word in EVENTS.iter().filter(|word| !["media.uploaded", "automation.triggered"].contains(word)) {
        let sample = sample(word, 1_769_851_800_000).unwrap_or_else(|| panic!("no {word}"));
        let (body, headers) =
            told(&Event { sequence: 7, ..sample }, &[]).unwrap_or_else(|| panic!("no {word}"));
        assert_eq!((&body["event"], &body["type"]), (&json!(word), &json!(word)), "{body}");
        assert_eq!((&body["sessionId"], &body["deviceId"]), (&json!("device_1"), &json!("device_1")));
        assert_eq!(body["timestamp"], "2026-01-31T09:30:00.000Z");
        assert!(body["id"].as_str().is_some_and(|id| id.starts_with("evt_")), "{body}");
        let header = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        assert_eq!(header("X-WAStack-Event").map(String::as_str), Some(*word));
        assert_eq!(header("X-WAStack-Delivery").map(String::as_str), Some("dlv_0000000000000001_7_2"));
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"k1");
        let digest = hmac::sign(&key, &json::bytes(&body));
        let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        // Members of a JSON value are in another order than those of the envelope.
        let signature = header("X-WAStack-Signature").expect("a signature");
        assert_eq!((signature.len(), signature.starts_with("sha256=")), (hex.len() + 7, true));
    }
    assert!(sample("media.uploaded", 0).is_none() && sample("nothing", 0).is_none());
}

#[test]
fn what_is_left_out_and_what_the_service_does_not_have_is_not_told() {
    let sent = sample("message.sent", 0).expect("a sample");
    assert!(told(&sent, &["message.read"]).is_none());
    assert!(told(&sent, &["message.read", "message.sent"]).is_some());
    let received = sample(RECEIVED, 0).expect("a sample");
    assert!(told(&Event { backfilled: true, ..received.clone() }, &[]).is_none());
    let EventBody::MessageReceived(mut message) = received.body else { panic!("a message") };
    message.from_me = true;
    assert!(told(&event(EventBody::MessageReceived(message)), &[]).is_none());
    let step = |from, to| event(EventBody::StateChanged { from, to, reason: None });
    assert!(told(&step(InstanceState::BackingOff, InstanceState::Connecting), &[]).is_none());
    let out = step(InstanceState::Open, InstanceState::LoggedOut);
    assert_eq!(told(&out, &[]).map(|(body, _)| body["data"]["status"].clone()), Some(json!("logged_out")));
}

#[test]
fn a_received_message_says_what_it_is() {
    let EventBody::MessageReceived(text) = sample(RECEIVED, 5).expect("a sample").body else {
        panic!("a message");
    };
    let (body, _) = told(&event(EventBody::MessageReceived(text.clone())), &[]).expect("it is told");
    let data = &body["data"];
    assert_eq!((&data["from"], &data["to"]), (&json!("15550100200"), &json!("919876543210")));
    assert_eq!((&data["type"], &data["text"]), (&json!("plain-text"), &json!("This is a test.")));
    assert_eq!(
        (&data["media"], &data["fromMe"], &data["quoted"]),
        (&Value::Null, &json!(false), &Value::Null)
    );
    let media = InboundMedia {
        kind: MediaKind::Image,
        mime_type: Some("image/png".to_owned()),
        caption: Some("look".to_owned()),
        file_name: None,
        size_bytes: Some(9),
        duration_seconds: None,
        look: trunkline_model::inbound::MediaLook::default(),
        direct_path: String::new(),
        media_key: Vec::new(),
        file_sha256: Vec::new(),
        file_enc_sha256: Vec::new(),
    };
    let picture = InboundMessage { content: InboundContent::Media(media), ..*text };
    let (body, _) = told(&event(EventBody::MessageReceived(Box::new(picture))), &[]).expect("it is told");
    let data = &body["data"];
    assert_eq!((&data["type"], &data["text"]), (&json!("image"), &json!("look")));
    let url = format!("/api/v1/devices/device_1/media/{}", media_id(7));
    assert_eq!((&data["media"]["url"], &data["media"]["size"]), (&json!(url), &json!(9)));
}

#[test]
fn a_status_has_the_callers_name_of_the_message() {
    let EventBody::MessageStatus(change) = sample("message.failed", 0).expect("a sample").body else {
        panic!("a status");
    };
    let metadata = ids::metadata(Some("order-7"), None);
    let change = StatusChange { metadata, ..change };
    let (body, _) = told(&event(EventBody::MessageStatus(change)), &[]).expect("it is told");
    let data = &body["data"];
    assert_eq!((&data["correlationId"], &data["transactionId"]), (&json!("order-7"), &json!("txn_0")));
    assert_eq!((&data["status"], &data["error"]), (&json!("failed"), &json!("test")));
}
