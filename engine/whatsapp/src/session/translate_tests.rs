use std::time::Duration;

use trunkline_model::event::CloseReason;
use wacore::net::DisconnectReason;
use wacore::types::events::{
    ConnectFailure, Connected, Disconnected, LoggedOut, OfflineSyncCompleted, PairSuccess, PairingQrCode,
    PairingQrCodesExhausted, PresenceUpdate, ServerAck, StreamError, StreamReplaced, TempBanReason,
    TemporaryBan,
};

use super::*;

fn jid(text: &str) -> Jid {
    text.parse().expect("an id")
}

fn source() -> MessageSource {
    MessageSource {
        chat: jid("100000012345678@lid"),
        sender: jid("100000012345678:3@lid"),
        sender_alt: Some(jid("15550000001@s.whatsapp.net")),
        ..MessageSource::default()
    }
}

fn ada() -> Party {
    Party {
        jid: "100000012345678@lid".into(),
        phone: Some("15550000001".into()),
        lid: Some("100000012345678".into()),
        name: None,
    }
}

fn check(event: Event, expected: Meaning) {
    assert_eq!(translate(&event), expected);
}

fn check_end(event: Event, expected: CloseReason) {
    match translate(&event) {
        Meaning::Ends(cause) => assert_eq!(cause.reason(), expected, "{event:?}"),
        other => panic!("{event:?} means {other:?}"),
    }
}

#[test]
fn the_events_that_explain_an_end() {
    let logged_out = |reason| Event::LoggedOut(LoggedOut::builder().on_connect(true).reason(reason).build());
    check_end(logged_out(ConnectFailureReason::LoggedOut), CloseReason::DeviceRemoved);
    check_end(logged_out(ConnectFailureReason::AccountLocked), CloseReason::AccountLocked);
    check_end(logged_out(ConnectFailureReason::UnknownLogout), CloseReason::DeviceRemoved);
    check_end(Event::StreamReplaced(StreamReplaced::builder().build()), CloseReason::Replaced);
    let ban = TemporaryBan::builder()
        .code(TempBanReason::BlockedByUsers)
        .expire(wacore::chrono::Duration::seconds(60))
        .build();
    check(Event::TemporaryBan(ban), Meaning::Ends(Cause::TemporaryBan(60)));
    let failure = |reason| Event::ConnectFailure(ConnectFailure::builder().reason(reason).build());
    check_end(failure(ConnectFailureReason::ServiceUnavailable), CloseReason::ServiceUnavailable);
    check_end(failure(ConnectFailureReason::InternalServerError), CloseReason::ServiceUnavailable);
    check_end(failure(ConnectFailureReason::BadUserAgent), CloseReason::ClientOutdated);
    check_end(failure(ConnectFailureReason::TempBanned), CloseReason::TemporaryBan);
    check_end(failure(ConnectFailureReason::Unknown(-1)), CloseReason::ConnectFailed);
    let outdated = wacore::types::events::ClientOutdated::builder().build();
    check_end(Event::ClientOutdated(outdated), CloseReason::ClientOutdated);
    let stream_error = |code: &str| Event::StreamError(StreamError::builder().code(code.into()).build());
    check(stream_error("507"), Meaning::Ends(Cause::StreamError(507)));
    check(stream_error(""), Meaning::Ignored("stream_error"));
    let gone = Disconnected::builder().reason(DisconnectReason::StreamEnded).build();
    check_end(Event::Disconnected(gone), CloseReason::ConnectionLost);
}

#[test]
fn the_events_of_pairing() {
    let qr = PairingQrCode::builder().code("2@x".into()).timeout(Duration::from_secs(60)).build();
    let told = SessionEvent::Qr { code: "2@x".into(), valid_ms: 60_000 };
    check(Event::PairingQrCode(qr), Meaning::Tell(told));
    let exhausted = |disconnected| {
        Event::PairingQrCodesExhausted(PairingQrCodesExhausted::builder().disconnected(disconnected).build())
    };
    check(exhausted(false), Meaning::Ignored("qr_codes_exhausted"));
    check(exhausted(true), Meaning::TellAndEnds(SessionEvent::CodesExhausted, Cause::CodesExhausted));
    let success = PairSuccess::builder()
        .id(jid("15550000001:7@s.whatsapp.net"))
        .lid(jid("100000012345678:7@lid"))
        .business_name("Ada's".into())
        .platform("android".into())
        .build();
    let account = Party { jid: "15550000001@s.whatsapp.net".into(), name: Some("Ada's".into()), ..ada() };
    check(Event::PairSuccess(success), Meaning::Paired { account, platform: "android".into() });
}

#[test]
fn the_events_of_a_connection() {
    check(Event::Connected(Connected::builder().build()), Meaning::Tell(SessionEvent::Ready));
    let ack = |class: &str, error: Option<&str>| {
        let ack = ServerAck::builder().id("A".into()).class(class.into());
        Event::ServerAck(ack.maybe_error(error.map(str::to_owned)).build())
    };
    let told = |error: Option<&str>| {
        Meaning::Tell(SessionEvent::ServerAck { wa_id: "A".into(), error: error.map(str::to_owned) })
    };
    check(ack("message", None), told(None));
    check(ack("message", Some("463")), told(Some("463")));
    check(ack("receipt", None), Meaning::Ignored("server_ack_other"));
    let offline = Event::OfflineSyncCompleted(OfflineSyncCompleted::builder().count(1).build());
    check(offline, Meaning::Ignored("offline_sync"));
    let presence =
        PresenceUpdate::builder().from(jid("15550000001:2@s.whatsapp.net")).unavailable(true).build();
    let Meaning::Tell(SessionEvent::Presence { person, online, last_seen_ms }) =
        translate(&Event::Presence(presence))
    else {
        panic!("no presence")
    };
    assert_eq!((person.jid.as_str(), online, last_seen_ms), ("15550000001@s.whatsapp.net", false, None));
}

#[test]
fn receipts_name_both_ids_of_a_person() {
    let time = wacore::chrono::DateTime::from_timestamp(7, 0).expect("a time");
    let receipt = |kind| {
        let receipt = Receipt::builder().source(source()).message_ids(vec!["A".into()]);
        Event::Receipt(receipt.timestamp(time).r#type(kind).offline(false).build())
    };
    let told = |kind| {
        let event = SessionEvent::Receipt {
            wa_ids: vec!["A".into()],
            chat: ada(),
            sender: ada(),
            device: source().sender.device,
            kind,
            time_ms: 7_000,
        };
        Meaning::Tell(event)
    };
    check(receipt(ReceiptType::Delivered), told(ReceiptKind::Delivered));
    check(receipt(ReceiptType::Read), told(ReceiptKind::Read));
    check(receipt(ReceiptType::Played), told(ReceiptKind::Played));
    check(receipt(ReceiptType::ReadSelf), told(ReceiptKind::ReadSelf));
    check(receipt(ReceiptType::Retry), Meaning::Ignored("receipt_other"));
}

#[test]
fn the_other_name_of_a_chat_depends_on_who_wrote() {
    assert_eq!(chat(&source()), ada());
    let own = MessageSource {
        is_from_me: true,
        recipient_alt: Some(jid("15550000001@s.whatsapp.net")),
        sender_alt: None,
        ..source()
    };
    assert_eq!(chat(&own), ada());
    let group = MessageSource { chat: jid("120363021033254949@g.us"), is_group: true, ..source() };
    assert_eq!(chat(&group).phone, None);
    assert_eq!(sender(&group, Some("Ada")), Party { name: Some("Ada".into()), ..ada() });
}

#[test]
fn a_groups_picture_is_a_change_of_the_group() {
    let time = wacore::chrono::DateTime::from_timestamp(7, 0).expect("a time");
    let update =
        PictureUpdate::builder().jid(jid("120363021033254949@g.us")).timestamp(time).removed(false).build();
    let Meaning::Tell(SessionEvent::GroupChanged { group, change, author, .. }) =
        translate(&Event::PictureUpdate(update))
    else {
        panic!("no change")
    };
    assert_eq!((group.jid.as_str(), change.as_str(), author), ("120363021033254949@g.us", "picture", None));
}

#[test]
fn a_group_says_what_its_texts_are_now() {
    let time = wacore::chrono::DateTime::from_timestamp(7, 0).expect("a time");
    let check = |action: GroupNotificationAction, expected: (&str, Option<&str>)| {
        let update = GroupUpdate::builder()
            .group_jid(jid("120363021033254949@g.us"))
            .timestamp(time)
            .is_lid_addressing_mode(false)
            .action(action)
            .build();
        let Meaning::Tell(SessionEvent::GroupChanged { change, text, .. }) =
            translate(&Event::GroupUpdate(update))
        else {
            panic!("no change")
        };
        assert_eq!((change.as_str(), text.as_deref()), expected);
    };
    let subject = |subject: &str| GroupNotificationAction::Subject {
        subject: subject.to_owned(),
        subject_owner: None,
        subject_time: None,
    };
    check(subject("Orders"), ("subject", Some("Orders")));
    let description = |description| GroupNotificationAction::Description { id: "1".to_owned(), description };
    check(description(Some("What is ordered".to_owned())), ("description", Some("What is ordered")));
    check(description(None), ("description", None));
    let approval = GroupNotificationAction::MembershipApprovalMode { enabled: false };
    check(approval, ("membership_approval_mode", Some("off")));
    check(GroupNotificationAction::Announce, ("announcement", None));
}
