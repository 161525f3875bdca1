//! Known answers of the envelope and its signature.

use super::*;
use ring::hmac;
use serde_json::{Value, json};
use trunkline_model::chat::{ChatChange, ChatChanged, ContactChange, ContactChanged, MessageRef, Mute};
use trunkline_model::command::{CallEvent, CallStep};
use trunkline_model::delivery::DialectFormat;
use trunkline_model::event::StatusChange;
use trunkline_model::event::{CloseReason, EventBody};
use trunkline_model::inbound::{InboundContent, InboundMarks, InboundMessage, Party};
use trunkline_model::instance::InstanceState;
use trunkline_model::message::MessageStatus;
use trunkline_model::{Dialect, MessageId};

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
    DialectFormat { dialect: Dialect::Wsapi, events }
}

/// The number that is linked.
fn own() -> Party {
    party("966500000001@s.whatsapp.net", Some("200000000000001"))
}

fn written(format: &DialectFormat, secret: &str, event: &Event) -> Option<Told> {
    let own = own();
    webhook(&Telling {
        format,
        secret,
        instance: InstanceId(0x11),
        name: Some("shop"),
        own: Some(&own),
        event,
        attempt: 1,
    })
}

fn told(format: &DialectFormat, event: &Event) -> Option<Value> {
    let written = written(format, "s3cret", event);
    assert_eq!(is_told(&format.events, event), written.is_some(), "{event:?}");
    Some(serde_json::from_slice(&written?.body).expect("it is JSON"))
}

/// Checks type and data of an event.
fn check(body: EventBody, kind: &str, data: Value) {
    let told = told(&format(&[]), &event(body)).expect("an event of the service");
    assert_eq!((&told["eventType"], &told["eventData"]), (&json!(kind), &data));
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
    let signed = written(&format(&[]), "s3cret", &event).expect("an event of the service");
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"s3cret");
    let hex: String =
        hmac::sign(&key, &signed.body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = [("X-Instance-Id", "shop".to_owned()), ("X-Webhook-Signature", format!("sha256={hex}"))];
    assert_eq!(signed.headers, expected);
    let unsigned = written(&format(&[]), "", &event).expect("an event of the service");
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
    let stream = Stream { instance: "shop".into(), own: None, events: vec!["message".into()] };
    stream.write(
        &mut out,
        InstanceId(1),
        &event(EventBody::QrIssued { code: "2@a".into(), expires_at_ms: 0 }),
    );
    let from = InstanceState::Connecting;
    let opened = EventBody::StateChanged { from, to: InstanceState::Open, reason: None };
    stream.write(&mut out, InstanceId(1), &event(opened));
    let named = ContactChange::Named("Ana".into());
    let named = ContactChanged { person: own(), change: named };
    stream.write(&mut out, InstanceId(1), &event(EventBody::ContactChanged(Box::new(named))));
    assert!(out.is_empty(), "no event of the service, or not asked for");
    stream.write(&mut out, InstanceId(1), &event(message(InboundContent::Text { body: "a\nb".into() })));
    let text = String::from_utf8(out.to_vec()).expect("text");
    assert!(
        text.starts_with("data: {\"eventId\"") && text.ends_with("}\n\n") && text.matches('\n').count() == 2,
        "{text}"
    );
}

fn changed(change: ChatChange) -> EventBody {
    EventBody::ChatChanged(Box::new(ChatChanged { chat: party("966501234567@s.whatsapp.net", None), change }))
}

fn group(change: &str, text: Option<&str>, author: Option<Party>) -> EventBody {
    EventBody::GroupChanged {
        group: Party::of_jid("120363021033254949@g.us"),
        author,
        change: change.into(),
        text: text.map(str::to_owned),
        participants: vec![party("966501234567@s.whatsapp.net", None)],
    }
}

/// Every reconnect led from syncing to open, and each was told as the end of the first synchronisation.
#[test]
fn the_first_synchronisation_ends_with_the_history_and_not_with_each_connection() {
    let (from, to) = (InstanceState::Syncing, InstanceState::Open);
    assert_eq!(told(&format(&[]), &event(EventBody::StateChanged { from, to, reason: None })), None);
    check(EventBody::HistoryTaken, "initial_sync_finished", json!({}));
}

#[test]
fn what_is_the_numbers_own_says_so() {
    let me = json!({ "id": "966500000001@s.whatsapp.net", "lid": "200000000000001@lid", "phone": "966500000001", "isMe": true });
    let them = json!({ "id": "966501234567@s.whatsapp.net", "phone": "966501234567", "isMe": false });
    let starred = |from_me, sender: &Value| {
        let message = MessageRef { wa_id: "3EB0".into(), from_me, participant: None };
        let data = json!({
            "id": "3EB0", "chatId": "966501234567@s.whatsapp.net", "sender": sender,
            "time": "2023-11-14T22:13:20.123Z", "isStarred": true,
        });
        check(changed(ChatChange::Starred { message, on: true }), "message_star", data);
    };
    starred(true, &me);
    starred(false, &them);
    // By its other name.
    let by_lid = party("200000000000001@lid", Some("200000000000001"));
    let subject = told(&format(&[]), &event(group("subject", Some("Orders"), Some(by_lid))));
    let subject = &subject.expect("an event")["eventData"];
    assert_eq!((&subject["name"], &subject["sender"]["isMe"]), (&json!({ "name": "Orders" }), &json!(true)));
}

#[test]
fn groups_say_what_changed() {
    let base = json!({
        "id": "120363021033254949@g.us", "timestamp": "2023-11-14T22:13:20.123Z", "isCommunity": false,
    });
    let with = |member: &str, value: Value| {
        let mut data = base.clone();
        data[member] = value;
        data
    };
    let person = json!([{ "id": "966501234567@s.whatsapp.net", "phone": "966501234567" }]);
    for (change, member) in
        [("add", "join"), ("remove", "leave"), ("promote", "promote"), ("demote", "demote")]
    {
        check(group(change, None, None), "group", with(member, person.clone()));
    }
    check(group("subject", Some("A"), None), "group", with("name", json!({ "name": "A" })));
    check(group("description", None, None), "group", with("description", json!({ "topic": "" })));
    let asked = json!({ "isRequired": true });
    check(group("membership_approval_mode", Some("on"), None), "group", with("membershipApproval", asked));
    check(group("unlocked", None, None), "group", with("locked", json!({ "isLocked": false })));
    check(group("announcement", None, None), "group", with("announce", json!({ "isAnnounce": true })));
    let picture = json!({ "id": "120363021033254949@g.us", "pictureId": "" });
    check(group("picture", None, None), "chat_picture", picture);
}

#[test]
fn chats_say_what_changed_and_nothing_is_null() {
    let setting = |kind: &str, value: Value| {
        let mut data = json!({ "id": "966501234567@s.whatsapp.net", "settingType": kind });
        data[kind] = value;
        data
    };
    let is = |change, kind: &str, value| check(changed(change), "chat_setting", setting(kind, value));
    is(ChatChange::Muted(Mute::Always), "mute", json!({ "isMuted": true }));
    let until = Mute::Until(1_700_000_000_000);
    is(
        ChatChange::Muted(until),
        "mute",
        json!({ "isMuted": true, "muteEndTime": "2023-11-14T22:13:20.000Z" }),
    );
    is(ChatChange::Pinned(true), "pin", json!({ "isPinned": true }));
    is(ChatChange::Read(false), "read", json!({ "isRead": false }));
    is(ChatChange::Archived(true), "archive", json!({ "isArchived": true }));
    for (seconds, word) in [(0, "off"), (3_600, "24h"), (604_800, "7d"), (2_592_000, "90d")] {
        is(ChatChange::Disappearing(seconds), "ephemeral", json!({ "expiration": word }));
    }
    let person = json!({ "id": "966501234567@s.whatsapp.net", "phone": "966501234567" });
    let contact = |change| {
        let person = party("966501234567@s.whatsapp.net", None);
        EventBody::ContactChanged(Box::new(ContactChanged { person, change }))
    };
    let named = json!({ "user": person, "pushName": "Ana" });
    check(contact(ContactChange::Named("Ana".into())), "chat_push_name", named);
    let mut sender = person.clone();
    sender["isMe"] = json!(false);
    let gone = json!({ "id": "966501234567@s.whatsapp.net", "sender": sender, "pictureId": "" });
    check(contact(ContactChange::Picture(None)), "chat_picture", gone);
    let presence = EventBody::Presence {
        person: party("966501234567@s.whatsapp.net", None),
        online: false,
        last_seen_ms: None,
    };
    check(presence, "user_presence", json!({ "user": person, "status": "unavailable" }));
}

#[test]
fn a_place_and_a_poll_are_texts_for_those_who_know_no_more() {
    let place = InboundContent::Location {
        latitude_e7: 387_000_000,
        longitude_e7: -91_000_000,
        name: Some("Lisbon".into()),
        address: None,
    };
    let told = told(&format(&[]), &event(message(place))).expect("an event");
    let data = &told["eventData"];
    assert_eq!((&data["type"], &data["text"]), (&json!("text"), &json!("Lisbon\ngeo:38.7,-9.1")));
    assert_eq!(data["location"]["name"], "Lisbon");
}

#[test]
fn calls_receipts_and_people() {
    let them = || party("966501234567@s.whatsapp.net", None);
    let person = json!({ "id": "966501234567@s.whatsapp.net", "phone": "966501234567" });
    let sender = json!({ "id": "966501234567@s.whatsapp.net", "phone": "966501234567", "isMe": false });
    let time = "2023-11-14T22:13:20.123Z";
    let call = |step| {
        EventBody::Call(Box::new(CallEvent {
            call: "C1".into(),
            from: them(),
            time_ms: 1_700_000_000_123,
            step,
        }))
    };
    let offered = CallStep::Offered { video: true, group: None, is_group: false };
    let data = json!({
        "id": "C1", "caller": person, "chatId": "966501234567@s.whatsapp.net", "isGroup": false, "time": time,
        "isVideo": true,
    });
    check(call(offered), "call_offer", data);
    let accepted = CallStep::Accepted { elsewhere: false };
    check(call(accepted), "call_accept", json!({ "id": "C1", "caller": person, "time": time }));
    for (reason, word) in [(None, "ended"), (Some("rejected"), "rejected"), (Some("timeout"), "unknown")] {
        let ended = CallStep::Ended { reason: reason.map(str::to_owned), duration_seconds: None };
        let data = json!({ "id": "C1", "caller": person, "time": time, "reason": word });
        check(call(ended), "call_terminate", data);
    }
    let receipt = |status| {
        EventBody::MessageStatus(StatusChange {
            message: MessageId::from_u64(7).expect("it is small"),
            wa_id: "3EB0".into(),
            chat: them(),
            status,
            error: None,
            participant: None,
            metadata: None,
        })
    };
    let told = told(&format(&[]), &event(receipt(MessageStatus::Read))).expect("an event");
    let data = &told["eventData"];
    assert_eq!((&data["receiptType"], &data["sender"]), (&json!("read"), &sender));
    assert_eq!((&data["messageSender"]["isMe"], &data["messageIds"]), (&json!(true), &json!(["3EB0"])));
    assert!(!is_told(&[], &event(receipt(MessageStatus::Sent))));
    let typing = EventBody::ChatPresence { chat: them(), sender: them(), state: "composing".into() };
    let data = json!({ "id": "966501234567@s.whatsapp.net", "sender": sender, "state": "typing" });
    check(typing, "chat_presence", data);
    let contact = |change| EventBody::ContactChanged(Box::new(ContactChanged { person: them(), change }));
    let about = ContactChange::About("busy".into());
    check(contact(about), "chat_status", json!({ "user": person, "status": "busy" }));
    let gone = ContactChange::Saved { full_name: None, first_name: None };
    let data = json!({ "contact": person, "fullName": "", "inPhoneAddressBook": false });
    check(contact(gone), "contact", data);
    let linked = EventBody::Linked { account: them() };
    check(linked, "logged_in", json!({ "deviceId": "966501234567@s.whatsapp.net" }));
    let (from, to) = (InstanceState::Pairing, InstanceState::AwaitingScan);
    let refused = EventBody::StateChanged { from, to, reason: Some(CloseReason::PairingRefused) };
    check(refused, "login_error", json!({ "id": "", "deviceId": "", "error": "pairing_refused" }));
}
