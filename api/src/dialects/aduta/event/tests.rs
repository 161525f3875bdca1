//! Known answers of both envelopes and both signatures.

use serde_json::json;
use trunkline_model::chat::{ChatChanged, ContactChanged, Mute};
use trunkline_model::delivery::DialectFormat;
use trunkline_model::event::{CloseReason, PollCount, PollVoted, StatusChange};
use trunkline_model::inbound::{InboundMarks, InboundMedia, InboundQuote, MediaLook};
use trunkline_model::message::MediaKind;
use trunkline_model::slot::Bucket;
use trunkline_model::{Dialect, InstanceId, MessageId};

use super::*;

fn party(jid: &str, lid: Option<&str>) -> Party {
    Party { lid: lid.map(str::to_owned), ..Party::of_jid(jid) }
}

fn ana() -> Party {
    Party { name: Some("Ana".into()), ..party("966501234567@s.whatsapp.net", Some("100000012345678")) }
}

fn inbound(content: InboundContent) -> InboundMessage {
    InboundMessage {
        wa_id: "3EB0C127D7BACC83D6A1".into(),
        chat: ana(),
        sender: ana(),
        from_me: false,
        is_group: false,
        time_ms: 1_705_320_000_000,
        from_offline_queue: false,
        content,
        quote: None,
        mentions: Vec::new(),
        marks: InboundMarks::default(),
    }
}

fn message(content: InboundContent) -> EventBody {
    EventBody::MessageReceived(Box::new(inbound(content)))
}

fn text(body: &str) -> InboundContent {
    InboundContent::Text { body: body.into() }
}

fn event(body: EventBody) -> Event {
    Event { sequence: 7, time_ms: 1_705_320_000_123, backfilled: false, body }
}

fn wanted(events: &[&str]) -> Vec<String> {
    events.iter().map(|event| (*event).to_owned()).collect()
}

fn own() -> Party {
    party("966500000001@s.whatsapp.net", Some("200000000000001"))
}

fn written(events: &[&str], secret: &str, event: &Event) -> Option<Told> {
    let format = DialectFormat { dialect: Dialect::Aduta, events: wanted(events) };
    let own = own();
    let written = webhook(&Telling {
        format: &format,
        secret,
        instance: InstanceId(0x11),
        name: Some("shop"),
        own: Some(&own),
        event,
        attempt: 1,
    });
    assert_eq!(is_told(&format.events, event), written.is_some(), "{event:?}");
    written
}

fn told(events: &[&str], body: EventBody) -> Option<Value> {
    let written = written(events, "s3cret", &event(body))?;
    Some(serde_json::from_slice(&written.body).expect("it is JSON"))
}

/// Checks name and data of an event.
fn check(events: &[&str], body: EventBody, name: &str, data: &Value) {
    let told = told(events, body).unwrap_or_else(|| panic!("{name} is not told"));
    assert_eq!((&told["event"], &told["data"]), (&json!(name), data));
}

fn status(status: MessageStatus, participant: Option<Party>) -> EventBody {
    let chat = match participant {
        Some(_) => party("120363021033254949@g.us", None),
        None => ana(),
    };
    EventBody::MessageStatus(StatusChange {
        message: MessageId::new(Bucket(0), 42).expect("a number"),
        wa_id: "3EB0".into(),
        chat,
        status,
        error: None,
        participant,
        metadata: None,
    })
}

fn state(from: InstanceState, to: InstanceState, reason: CloseReason) -> EventBody {
    EventBody::StateChanged { from, to, reason: Some(reason) }
}

/// Collision 20: the name is that of three services, the data is this one's.
#[test]
fn a_message_in_the_envelope_of_the_reference() {
    let expected = json!({
        "event": "message.received",
        "sessionId": "ins_0000000000000011",
        "timestamp": "2024-01-15T12:00:00Z",
        "data": {
            "messageId": "3EB0C127D7BACC83D6A1", "from": "966501234567", "to": "966500000001",
            "chatId": "966501234567@s.whatsapp.net", "fromMe": false, "pushName": "Ana", "type": "text", "text": "hello",
            "timestamp": "2024-01-15T12:00:00Z", "isGroup": false,
        },
    });
    assert_eq!(told(&[], message(text("hello"))), Some(expected));
}

/// Collision 19: 7aduta's is a signature, WasenderAPI's the secret itself.
#[test]
fn each_service_says_in_its_own_way_that_it_is_the_one() {
    let event = event(message(text("hello")));
    let signed = written(&[], "s3cret", &event).expect("an event");
    let expected = vec![("X-Webhook-Signature", signature("s3cret", &signed.body))];
    assert!(expected[0].1.starts_with("sha256=") && expected[0].1.len() == 7 + 64);
    assert_eq!(signed.headers, expected);
    let plain = written(&["messages.received"], "s3cret", &event).expect("an event");
    assert_eq!(plain.headers, [("X-Webhook-Signature", "s3cret".to_owned())]);
    assert!(written(&[], "", &event).expect("an event").headers.is_empty());
}

#[test]
fn who_names_no_events_hears_of_those_of_the_reference_alone() {
    let jid = "966501234567@s.whatsapp.net";
    let out =
        json!({ "status": "DISCONNECTED", "phoneNumber": "+966500000001", "reason": "connection_lost" });
    let lost = state(InstanceState::Open, InstanceState::BackingOff, CloseReason::ConnectionLost);
    check(&[], lost, "session.disconnected", &out);
    let back = state(InstanceState::Syncing, InstanceState::Open, CloseReason::Requested);
    let connected = json!({ "status": "CONNECTED", "phoneNumber": "+966500000001", "reason": "requested" });
    check(&[], back, "session.connected", &connected);
    let logged_out = state(InstanceState::BackingOff, InstanceState::LoggedOut, CloseReason::DeviceRemoved);
    let gone = json!({ "status": "LOGGED_OUT", "phoneNumber": "+966500000001", "reason": "device_removed" });
    check(&[], logged_out, "session.disconnected", &gone);
    // It was not connected before, either.
    let again = state(InstanceState::Connecting, InstanceState::BackingOff, CloseReason::ConnectFailed);
    assert_eq!(told(&[], again), None);
    let presence = EventBody::Presence { person: ana(), online: false, last_seen_ms: Some(0) };
    let seen = json!({ "jid": jid, "presence": "unavailable", "lastSeen": "1970-01-01T00:00:00Z" });
    check(&[], presence, "presence.update", &seen);
    let typing = EventBody::ChatPresence { chat: ana(), sender: ana(), state: "composing".into() };
    check(&[], typing, "presence.update", &json!({ "jid": jid, "chatId": jid, "presence": "composing" }));
    let sent = |word: &str| {
        json!({
            "messageId": "3EB0", "msgId": 42, "to": "966501234567", "chatId": jid, "status": word,
            "timestamp": "2024-01-15T12:00:00Z",
        })
    };
    check(&[], status(MessageStatus::Sent, None), "message.sent", &sent("sent"));
    check(&[], status(MessageStatus::Delivered, None), "message.sent", &sent("delivered"));
    for silent in [
        status(MessageStatus::Read, None),
        status(MessageStatus::Pending, None),
        EventBody::QrIssued { code: "2@a".into(), expires_at_ms: 0 },
        message(InboundContent::Revoke { target_wa_id: "3EB0".into() }),
    ] {
        assert_eq!(told(&[], silent.clone()), None, "{silent:?}");
    }
}

#[test]
fn what_was_sent_from_the_phone_and_what_is_old_is_not_received() {
    let mine =
        EventBody::MessageReceived(Box::new(InboundMessage { from_me: true, ..inbound(text("mine")) }));
    assert_eq!(told(&[], mine.clone()), None);
    assert_eq!(told(&["messages.received"], mine.clone()), None);
    let upserted = told(&["messages.upsert"], mine).expect("told");
    assert_eq!(upserted["data"]["messages"][0]["key"]["fromMe"], true);
    let old = Event { backfilled: true, ..event(message(text("long ago"))) };
    for events in [&[][..], &["messages.upsert"]] {
        assert!(!is_told(&wanted(events), &old));
    }
}

#[test]
fn a_message_of_a_group_says_who_wrote_it() {
    let group = InboundMessage {
        chat: party("120363021033254949@g.us", None),
        is_group: true,
        quote: Some(InboundQuote { wa_id: "3EB0".into(), participant: Some(own()) }),
        mentions: vec![own()],
        ..inbound(text("look"))
    };
    let body = EventBody::MessageReceived(Box::new(group));
    let data = told(&[], body.clone()).expect("told")["data"].clone();
    assert_eq!(data["participant"], "966501234567@s.whatsapp.net");
    let quoted = json!({ "messageId": "3EB0", "participant": "966500000001@s.whatsapp.net" });
    assert_eq!((&data["quoted"], &data["isGroup"]), (&quoted, &json!(true)));
    assert_eq!(data["mentions"], json!(["966500000001@s.whatsapp.net"]));
    let key = json!({
        "id": "3EB0C127D7BACC83D6A1", "fromMe": false, "remoteJid": "120363021033254949@g.us", "addressingMode": "pn",
        "participant": "966501234567@s.whatsapp.net", "participantPn": "966501234567@s.whatsapp.net",
        "cleanedParticipantPn": "966501234567", "participantLid": "100000012345678@lid",
    });
    let told = told(&["messages-group.received"], body).expect("told");
    assert_eq!((&told["event"], &told["data"]["messages"]["key"]), (&json!("messages-group.received"), &key));
}

/// The public page of `messages.received`, with our ids.
#[test]
fn a_message_in_the_form_of_wasender() {
    let expected = json!({
        "event": "messages.received",
        "timestamp": 1_705_320_000,
        "sessionId": "ins_0000000000000011",
        "data": { "messages": {
            "key": {
                "id": "3EB0C127D7BACC83D6A1", "fromMe": false, "remoteJid": "966501234567@s.whatsapp.net",
                "addressingMode": "pn", "senderPn": "966501234567@s.whatsapp.net", "cleanedSenderPn": "966501234567",
                "senderLid": "100000012345678@lid",
            },
            "pushName": "Ana",
            "messageTimestamp": 1_705_320_000,
            "messageBody": "Hello, I have a question",
            "message": { "conversation": "Hello, I have a question" },
        } },
    });
    assert_eq!(told(&["messages.received"], message(text("Hello, I have a question"))), Some(expected));
}

#[test]
fn a_picture_says_what_it_is() {
    let picture = InboundContent::Media(InboundMedia {
        kind: MediaKind::Image,
        mime_type: Some("image/jpeg".into()),
        caption: Some("menu".into()),
        file_name: None,
        size_bytes: Some(9),
        duration_seconds: None,
        look: MediaLook { width: Some(4), height: Some(3), ..MediaLook::default() },
        direct_path: "/v/a.enc".into(),
        media_key: vec![1, 2, 3],
        file_sha256: vec![4],
        file_enc_sha256: vec![5],
    });
    let data = told(&[], message(picture.clone())).expect("told")["data"].clone();
    assert_eq!((&data["type"], &data["text"]), (&json!("image"), &json!("menu")));
    let media = json!({
        "id": "med_0000000000000007", "mimetype": "image/jpeg", "caption": "menu", "fileName": null, "fileLength": 9,
        "seconds": null, "width": 4, "height": 3, "viewOnce": false,
    });
    assert_eq!(data["media"], media);
    let told = told(&["messages.upsert"], message(picture)).expect("told");
    let raw = &told["data"]["messages"][0]["message"]["imageMessage"];
    assert_eq!((&raw["mediaKey"], &raw["directPath"]), (&json!("AQID"), &json!("/v/a.enc")));
}

#[test]
fn the_first_name_that_is_asked_for_counts() {
    let named = |events: &[&str], body: EventBody| told(events, body).map(|told| told["event"].clone());
    let hello = || message(text("hello"));
    let check = |events: &[&str], expected: &str| {
        assert_eq!(named(events, hello()), Some(json!(expected)), "{events:?}");
    };
    check(&["messages.upsert", "messages.received"], "messages.received");
    check(&["messages.upsert", "messages-personal.received"], "messages-personal.received");
    check(&["chats.upsert"], "chats.upsert");
    check(&["message.received", "messages.upsert"], "message.received");
    assert_eq!(named(&["messages-group.received"], hello()), None);
    assert_eq!(named(&["session.connected"], hello()), None);
    for (word, name) in [("message", Some("messages.upsert")), ("call", Some("call")), ("other", None)] {
        assert_eq!(known_name(word), name);
    }
    assert_eq!(known_name("*"), None);
}

#[test]
fn wasender_numbers_where_a_message_stands() {
    let key = json!({ "id": "3EB0", "fromMe": true, "remoteJid": "966501234567@s.whatsapp.net" });
    for (word, number) in [
        (MessageStatus::Sent, 2),
        (MessageStatus::Delivered, 3),
        (MessageStatus::Read, 4),
        (MessageStatus::Failed, 0),
    ] {
        let data = json!({ "key": key, "msgId": 42, "update": { "status": number } });
        check(&["messages.update"], status(word, None), "messages.update", &data);
    }
    let sent = json!({ "key": key, "msgId": 42, "status": 2, "messageTimestamp": 1_705_320_000 });
    check(&["message.sent", "messages.update"], status(MessageStatus::Sent, None), "message.sent", &sent);
    let receipt = json!({ "message": {
        "key": {
            "id": "3EB0", "fromMe": true, "remoteJid": "120363021033254949@g.us",
            "participant": "966501234567@s.whatsapp.net",
        },
        "receipt": {
            "userJid": "966501234567@s.whatsapp.net", "receiptTimestamp": 1_705_320_000, "status": "read",
        },
    } });
    let read = status(MessageStatus::Read, Some(ana()));
    check(&["message-receipt.update", "messages.update"], read, "message-receipt.update", &receipt);
}

#[test]
fn wasender_hears_of_sessions_chats_people_and_groups() {
    let session = "ins_0000000000000011";
    let scan = EventBody::StateChanged {
        from: InstanceState::Connecting,
        to: InstanceState::AwaitingScan,
        reason: None,
    };
    let status = json!({ "status": "NEED_SCAN", "session_id": session, "reason": null });
    check(&["session.status"], scan, "session.status", &status);
    let qr = EventBody::QrIssued { code: "2@a".into(), expires_at_ms: 0 };
    check(&["qrcode.updated"], qr, "qrcode.updated", &json!({ "qr": "2@a", "session_id": session }));
    let changed = |change| EventBody::ChatChanged(Box::new(ChatChanged { chat: ana(), change }));
    let jid = "966501234567@s.whatsapp.net";
    let archived = json!([{ "id": jid, "archived": true }]);
    check(&["chats.update"], changed(ChatChange::Archived(true)), "chats.update", &archived);
    let muted = json!([{ "id": jid, "muteEndTime": 5 }]);
    check(&["chats.update"], changed(ChatChange::Muted(Mute::Until(5))), "chats.update", &muted);
    check(&["chats.delete"], changed(ChatChange::Deleted), "chats.delete", &json!([jid]));
    let known = |change| EventBody::ContactChanged(Box::new(ContactChanged { person: ana(), change }));
    let named = json!([{ "id": jid, "lid": "100000012345678@lid", "notify": "Ana" }]);
    check(&["contacts.update"], known(ContactChange::Named("Ana".into())), "contacts.update", &named);
    let group = |change: &str, text: Option<&str>| EventBody::GroupChanged {
        group: party("120363021033254949@g.us", None),
        author: None,
        change: change.into(),
        text: text.map(str::to_owned),
        participants: vec![ana()],
    };
    let added =
        json!({ "jid": "120363021033254949@g.us", "participants": [jid], "action": "add", "author": null });
    check(&["group-participants.update"], group("add", None), "group-participants.update", &added);
    let renamed = json!([{ "id": "120363021033254949@g.us", "author": null, "subject": "Orders" }]);
    check(&["groups.update"], group("subject", Some("Orders")), "groups.update", &renamed);
}

#[test]
fn a_poll_says_how_it_stands() {
    let vote = EventBody::PollVoted(Box::new(PollVoted {
        poll_wa_id: "3EB0".into(),
        message: None,
        chat: ana(),
        voter: ana(),
        from_me: false,
        time_ms: 0,
        selected: vec!["tea".into()],
        tally: vec![
            PollCount { option: "tea".into(), votes: 1 },
            PollCount { option: "coffee".into(), votes: 0 },
        ],
        voters: 1,
    }));
    let jid = "966501234567@s.whatsapp.net";
    let expected = json!({
        "key": { "id": "3EB0", "remoteJid": jid }, "voter": jid, "selected": ["tea"],
        "pollResult": [{ "name": "tea", "votes": 1 }, { "name": "coffee", "votes": 0 }],
    });
    check(&["poll.results"], vote, "poll.results", &expected);
}
