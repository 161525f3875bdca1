use super::*;
use trunkline_model::MessageId;
use trunkline_model::chat::{
    ChatChange, ChatChanged, ContactChange, ContactChanged, LabelChanged, MessageRef, Mute,
};
use trunkline_model::command::{CallEvent, CallStep, LimitsView, ReachoutLimit};
use trunkline_model::delivery::PauseReason;
use trunkline_model::event::{CloseReason, EventBody, PollCount, PollVoted, StatusChange, Undecryptable};
use trunkline_model::inbound::{
    InboundContent, InboundMarks, InboundMedia, InboundMessage, InboundPoll, InboundQuote, MediaLook, Party,
};
use trunkline_model::instance::InstanceState;
use trunkline_model::message::{MediaKind, MessageStatus};

fn party(phone: &str) -> Party {
    Party {
        jid: format!("{phone}@s.whatsapp.net"),
        phone: Some(phone.to_owned()),
        lid: None,
        name: Some("Amal".to_owned()),
    }
}

fn json_of(body: EventBody) -> serde_json::Value {
    let event = Event { sequence: 7, time_ms: 1_700_000_000_007, backfilled: false, body };
    let json = event_json(AccountId(1), InstanceId(2), &event);
    serde_json::from_slice(&json).expect("it is JSON")
}

fn received(content: InboundContent) -> EventBody {
    EventBody::MessageReceived(Box::new(InboundMessage {
        wa_id: "3EB0AA".to_owned(),
        chat: party("966500000001"),
        sender: party("966500000001"),
        from_me: false,
        is_group: false,
        time_ms: 1_700_000_000_000,
        from_offline_queue: true,
        content,
        quote: Some(InboundQuote {
            wa_id: "3EB0BB".to_owned(),
            participant: Some(Party::of_jid("100000012345678@lid")),
        }),
        mentions: vec![Party::of_jid("966500000002@s.whatsapp.net")],
        marks: InboundMarks { forwarded: true, expires_in_seconds: Some(60) },
    }))
}

fn status_change(status: MessageStatus) -> EventBody {
    EventBody::MessageStatus(StatusChange {
        message: MessageId::from_u64(1).expect("small"),
        wa_id: "3EB0CC".to_owned(),
        chat: party("966500000001"),
        status,
        error: None,
        participant: None,
        metadata: Some("{ \"order\": 1.10 }".to_owned()),
    })
}

fn chat_changed(change: ChatChange) -> EventBody {
    EventBody::ChatChanged(Box::new(ChatChanged { chat: party("966500000001"), change }))
}

#[test]
fn a_change_names_what_changed_and_nothing_else() {
    let check = |change: ChatChange, expected: serde_json::Value| {
        assert_eq!(json_of(chat_changed(change))["data"]["changes"], expected);
    };
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    check(ChatChange::Archived(true), json(r#"{"archived":true}"#));
    check(ChatChange::Muted(Mute::Always), json(r#"{"muted":true}"#));
    let until = json(r#"{"muted":true,"muted_until":"2023-11-14T22:13:20.000Z"}"#);
    check(ChatChange::Muted(Mute::Until(1_700_000_000_000)), until);
    check(ChatChange::Labelled { label: "3".to_owned(), on: false }, json(r#"{"label_removed":"3"}"#));
    let message = MessageRef { wa_id: "A".to_owned(), from_me: true, participant: None };
    let starred = json(r#"{"message_starred":{"wa_id":"A","from_me":true,"participant":null}}"#);
    check(ChatChange::Starred { message, on: true }, starred);
    check(ChatChange::Deleted, json(r#"{"deleted":true}"#));
    let renamed = EventBody::ContactChanged(Box::new(ContactChanged {
        person: party("966500000001"),
        change: ContactChange::Saved { full_name: Some("Amal A".to_owned()), first_name: None },
    }));
    assert_eq!(json_of(renamed)["data"]["changes"], json(r#"{"full_name":"Amal A","first_name":null}"#));
}

#[test]
fn a_person_has_one_id_whichever_name_a_stanza_used() {
    let by_lid = Party { jid: "77@lid".to_owned(), lid: Some("77".to_owned()), ..party("966500000001") };
    let json = json_of(EventBody::Presence { person: by_lid, online: true, last_seen_ms: None });
    let expected = serde_json::json!({
        "id": "966500000001@s.whatsapp.net", "phone": "+966500000001", "lid": "77", "name": "Amal",
    });
    assert_eq!(json["data"]["person"], expected);
}

#[test]
fn the_envelope_and_a_received_text() {
    let person = serde_json::json!({
        "id": "966500000001@s.whatsapp.net", "phone": "+966500000001", "lid": null, "name": "Amal",
    });
    let json = json_of(received(InboundContent::Text { body: "hi".to_owned() }));
    assert_eq!(
        json,
        serde_json::json!({
            "id": "evt_00000000000000020000000000000007",
            "type": "message.received",
            "account": "acc_0000000000000001",
            "instance": "ins_0000000000000002",
            "sequence": 7,
            "time": "2023-11-14T22:13:20.007Z",
            "backfilled": false,
            "data": {
                "wa_id": "3EB0AA",
                "chat": person,
                "sender": person,
                "from_me": false,
                "is_group": false,
                "time": "2023-11-14T22:13:20.000Z",
                "from_offline_queue": true,
                "type": "text",
                "text": {"body": "hi"},
                "reply_to": {
                    "wa_id": "3EB0BB",
                    "participant": {"id": "100000012345678@lid", "phone": null, "lid": "100000012345678", "name": null},
                },
                "mentions": [
                    {"id": "966500000002@s.whatsapp.net", "phone": "+966500000002", "lid": null, "name": null},
                ],
                "forwarded": true,
                "expires_in_seconds": 60,
            },
        })
    );
}

#[test]
fn a_received_file_can_be_fetched_and_its_keys_stay_inside() {
    let json = json_of(received(InboundContent::Media(InboundMedia {
        kind: MediaKind::Image,
        mime_type: Some("image/png".to_owned()),
        caption: None,
        file_name: None,
        size_bytes: Some(10),
        duration_seconds: None,
        look: MediaLook::default(),
        direct_path: "/secret-path".to_owned(),
        media_key: vec![1; 32],
        file_sha256: vec![2; 32],
        file_enc_sha256: vec![3; 32],
    })));
    assert_eq!(json["data"]["type"], "image");
    let image = &json["data"]["image"];
    assert_eq!(image["url"], "/v1/instances/ins_0000000000000002/media/med_0000000000000007");
    assert_eq!(media_sequence(image["id"].as_str().expect("a string")), Some(7));
    for key in ["media_key", "direct_path", "file_sha256", "file_enc_sha256"] {
        assert!(image.get(key).is_none(), "{key}");
    }
}

#[test]
fn other_content_and_other_events() {
    let check = |body: EventBody, pointer: &str, expected: serde_json::Value| {
        let json = json_of(body);
        assert_eq!(json.pointer(pointer), Some(&expected), "{json}");
    };
    let location = InboundContent::Location {
        latitude_e7: 247_136_000,
        longitude_e7: -466_753_001,
        name: None,
        address: Some("1 Road".to_owned()),
    };
    check(
        received(location),
        "/data/location",
        serde_json::json!({"latitude": 24.7136, "longitude": -46.6753001, "name": null, "address": "1 Road"}),
    );
    let state = EventBody::StateChanged {
        from: InstanceState::Open,
        to: InstanceState::BackingOff,
        reason: Some(CloseReason::ConnectionLost),
    };
    check(
        state,
        "/data",
        serde_json::json!({"from": "open", "to": "backing_off", "reason": "connection_lost"}),
    );
    check(status_change(MessageStatus::Sent), "/data/metadata", serde_json::json!({"order": 1.10}));
    let presence =
        EventBody::Presence { person: party("966500000001"), online: false, last_seen_ms: Some(0) };
    check(presence, "/data/last_seen", serde_json::json!("1970-01-01T00:00:00.000Z"));
}

fn call(step: CallStep) -> EventBody {
    let from = party("966500000001");
    EventBody::Call(Box::new(CallEvent { call: "C1".to_owned(), from, time_ms: 0, step }))
}

#[test]
fn calls_and_limits() {
    let check = |body: EventBody, expected: serde_json::Value| {
        let data = json_of(body)["data"].clone();
        for (field, value) in expected.as_object().expect("an object") {
            assert_eq!(data.get(field), Some(value), "{data}");
        }
    };
    let ended = CallStep::Ended { reason: Some("timeout".to_owned()), duration_seconds: Some(3) };
    check(
        call(ended),
        serde_json::json!({"call": "C1", "reason": "timeout", "duration_seconds": 3, "video": null}),
    );
    let limits = LimitsView {
        reachout: Some(ReachoutLimit { restricted: true, kind: None, until_ms: Some(0) }),
        new_chats: None,
    };
    let reachout = serde_json::json!({"restricted": true, "kind": null, "until": "1970-01-01T00:00:00.000Z"});
    check(
        EventBody::LimitsChanged(Box::new(limits)),
        serde_json::json!({"reachout": reachout, "new_chats": null}),
    );
}

fn voted() -> EventBody {
    EventBody::PollVoted(Box::new(PollVoted {
        poll_wa_id: "3EB0DD".to_owned(),
        message: MessageId::from_u64(1),
        chat: party("966500000001"),
        voter: party("966500000001"),
        from_me: false,
        time_ms: 0,
        selected: vec!["tea".to_owned()],
        tally: vec![PollCount { option: "tea".to_owned(), votes: 2 }],
        voters: 2,
    }))
}

#[test]
fn polls_and_their_votes() {
    let poll = InboundPoll {
        question: "What?".to_owned(),
        options: vec!["tea".to_owned()],
        selectable: 1,
        secret: Some(vec![1; 32]),
    };
    let json = json_of(received(InboundContent::Poll(Box::new(poll))));
    let expected = serde_json::json!({"question": "What?", "options": ["tea"], "selectable": 1});
    assert_eq!(json["data"]["poll"], expected, "the secret stays inside");
    let json = json_of(voted());
    assert_eq!(json["data"]["message"], "msg_00000000000001");
    assert_eq!(json["data"]["tally"], serde_json::json!([{"option": "tea", "votes": 2}]));
}

#[test]
fn metadata_is_given_back_as_it_was_written() {
    let event =
        Event { sequence: 1, time_ms: 0, backfilled: false, body: status_change(MessageStatus::Sent) };
    let json = event_json(AccountId(1), InstanceId(2), &event);
    let text = String::from_utf8(json).expect("it is UTF-8");
    assert!(text.contains("\"metadata\":{ \"order\": 1.10 }"), "{text}");
}

#[test]
fn every_type_that_an_event_can_have_is_listed_once() {
    let states =
        InstanceState::ALL.map(|to| EventBody::StateChanged { from: InstanceState::New, to, reason: None });
    let statuses = MessageStatus::ALL.map(status_change);
    let code = |expires_at_ms| (String::new(), expires_at_ms);
    let (qr, pairing) = (code(0), code(0));
    let others = [
        EventBody::QrIssued { code: qr.0, expires_at_ms: qr.1 },
        EventBody::PairingCodeIssued { code: pairing.0, expires_at_ms: pairing.1 },
        EventBody::PasskeyRequested { request_options_json: String::new() },
        EventBody::PasskeyConfirmation { code: String::new() },
        EventBody::Linked { account: Party::default() },
        received(InboundContent::Text { body: String::new() }),
        EventBody::ChatPresence { chat: Party::default(), sender: Party::default(), state: String::new() },
        EventBody::Presence { person: Party::default(), online: true, last_seen_ms: None },
        EventBody::GroupChanged {
            group: Party::default(),
            author: None,
            change: String::new(),
            text: None,
            participants: Vec::new(),
        },
        EventBody::LimitsChanged(Box::default()),
        call(CallStep::Offered { video: false, group: None, is_group: false }),
        call(CallStep::Accepted { elsewhere: false }),
        call(CallStep::Ended { reason: None, duration_seconds: None }),
        chat_changed(ChatChange::Pinned(true)),
        EventBody::ContactChanged(Box::new(ContactChanged {
            person: Party::default(),
            change: ContactChange::Blocked(true),
        })),
        EventBody::LabelChanged(Box::new(LabelChanged { id: "3".to_owned(), label: None })),
        voted(),
        EventBody::MessageUndecryptable(Box::new(Undecryptable {
            wa_id: String::new(),
            chat: Party::default(),
            sender: Party::default(),
            cause: String::new(),
        })),
        EventBody::Exported { by: String::new() },
        EventBody::Imported { source: String::new(), by: String::new() },
        EventBody::WebhookPaused { endpoint: EndpointId(3), reason: PauseReason::Gone },
        EventBody::HistoryTaken,
    ];
    let mut kinds: Vec<&str> = states.iter().chain(&statuses).chain(&others).map(EventBody::kind).collect();
    let mut listed = EVENT_TYPES.to_vec();
    kinds.sort_unstable();
    listed.sort_unstable();
    assert_eq!(kinds, listed);
}

#[test]
fn event_ids_read_back_for_their_own_instance_only() {
    let id = event_id(InstanceId(2), 7);
    assert_eq!(sequence_of(&id, InstanceId(2)), Some(7));
    for (id, instance) in [
        (id.as_str(), InstanceId(3)),
        ("evt_", InstanceId(2)),
        ("evt_é00000000000000020000000000000007", InstanceId(2)),
        ("7", InstanceId(2)),
    ] {
        assert_eq!(sequence_of(id, instance), None, "{id}");
    }
}

#[test]
fn a_batch_and_a_test_have_the_envelopes_of_events() {
    let event = |sequence| Event { sequence, time_ms: 0, backfilled: false, body: voted() };
    let json = |bytes: Vec<u8>| serde_json::from_slice::<serde_json::Value>(&bytes).expect("it is JSON");
    let events = [event(1), event(2)];
    let batch = json(events_json(AccountId(1), InstanceId(2), &events.each_ref()));
    let one_by_one = events.map(|event| json(event_json(AccountId(1), InstanceId(2), &event)));
    assert_eq!(batch, serde_json::json!({"data": one_by_one}));
    let test = json(test_event_json(AccountId(1), EndpointId(3), 1_700_000_000_007));
    let members = |value: &serde_json::Value| {
        let members = value.as_object().expect("an object").keys();
        members.cloned().collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(members(&test), members(&one_by_one[0]));
    assert_eq!((&test["type"], &test["instance"]), (&"webhook.test".into(), &serde_json::Value::Null));
    assert_eq!(test["data"], serde_json::json!({"webhook": "whk_0000000000000003"}));
}

#[test]
fn a_webhook_that_was_paused_says_why() {
    let json = json_of(EventBody::WebhookPaused { endpoint: EndpointId(3), reason: PauseReason::Failing });
    let expected = serde_json::json!({"webhook": "whk_0000000000000003", "reason": "failing"});
    assert_eq!(json["data"], expected);
}

#[test]
fn only_types_and_families_of_them_are_taken() {
    for (word, expected) in [
        ("message.received", true),
        ("message.*", true),
        ("webhook.*", true),
        ("message", false),
        ("message*", false),
        ("message.re*", false),
        ("*", false),
        (".*", false),
        ("", false),
        ("campaign.*", false),
    ] {
        assert_eq!(is_type_or_family(word), expected, "{word}");
    }
}
