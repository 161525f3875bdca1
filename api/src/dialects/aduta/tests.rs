//! The readers' tolerance: payloads of the reference, and the words of WasenderAPI.

use trunkline_model::command::SaveContact;
use trunkline_model::message::{Content, Media, MediaKind, MediaSource, Quote, SendMessage};
use trunkline_model::settings::ProxyConfig;

use super::body::group::{AcceptBody, ActionBody, CreateBody, SettingsBody};
use super::body::message::{Quoted, ReadBody, SendBody};
use super::body::people::ContactBody;
use super::body::session::{PhoneBody, SessionBody, SessionWish};
use super::*;
use crate::json::parse::parse;

fn read(json: &str) -> Result<SendMessage, String> {
    let mut body: SendBody = parse(json.as_bytes()).map_err(|failure| failure.detail)?;
    let quote = body.quoted().map(|quoted| Quote { wa_id: quoted.id, participant: None, body: None });
    body.read(quote).map_err(|failure| failure.detail)
}

fn content(json: &str) -> Content {
    read(json).unwrap_or_else(|detail| panic!("{json}: {detail}")).content
}

fn media(json: &str) -> Media {
    match content(json) {
        Content::Media(media) => media,
        other => panic!("{other:?}"),
    }
}

/// The examples of the reference, character by character but for the address behind `https://...`.
#[test]
fn the_payloads_of_the_reference_are_read() {
    let text = read(r#"{"to":"1234567890","text":"Hello from the API!"}"#).expect("a message");
    assert_eq!(text.to.jid(), "1234567890@s.whatsapp.net");
    assert!(matches!(text.content, Content::Text(text) if text.body == "Hello from the API!"));
    let image =
        r#"{ "to": "1234567890", "image": { "url": "https://example.com/a.png", "caption": "Optional" } }"#;
    let image = media(image);
    assert_eq!(image.source, MediaSource::Url("https://example.com/a.png".to_owned()));
    assert_eq!((image.kind, image.caption.as_deref()), (MediaKind::Image, Some("Optional")));
    let place = r#"{ "to": "1234567890", "location": { "latitude": 37.7749, "longitude": -122.4194, "name": "San Francisco" } }"#;
    match content(place) {
        Content::Location(place) => {
            assert_eq!((place.latitude_e7, place.longitude_e7), (377_749_000, -1_224_194_000));
            assert_eq!(place.name.as_deref(), Some("San Francisco"));
        }
        other => panic!("{other:?}"),
    }
    let card =
        r#"{ "to": "1234567890", "contact": { "fullName": "John Doe", "phoneNumber": "+1234567890" } }"#;
    match content(card) {
        Content::Contacts(cards) => {
            assert_eq!(cards[0].name, "John Doe");
            assert!(cards[0].vcard.contains("waid=1234567890:+1234567890"), "{}", cards[0].vcard);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_go_by_the_names_of_both_services() {
    let kind = |member: &str| media(&format!(r#"{{"to":"1234567890",{member}}}"#));
    for (member, expected) in [
        (r#""image":{"url":"https://a.b/c"}"#, MediaKind::Image),
        (r#""image":"https://a.b/c""#, MediaKind::Image),
        (r#""imageUrl":"https://a.b/c""#, MediaKind::Image),
        (r#""video":{"url":"https://a.b/c"}"#, MediaKind::Video),
        (r#""videoUrl":"https://a.b/c""#, MediaKind::Video),
        (r#""audio":{"url":"https://a.b/c"}"#, MediaKind::Audio),
        (r#""audio":{"url":"https://a.b/c","ptt":true}"#, MediaKind::Voice),
        (r#""audioUrl":"https://a.b/c""#, MediaKind::Voice),
        (r#""document":{"url":"https://a.b/c","fileName":"a.pdf"}"#, MediaKind::Document),
        (r#""documentUrl":"https://a.b/c""#, MediaKind::Document),
        (r#""sticker":{"url":"https://a.b/c"}"#, MediaKind::Sticker),
        (r#""stickerUrl":"https://a.b/c","imageUrl":null,"text":"""#, MediaKind::Sticker),
        // The order in which one of several is taken.
        (r#""imageUrl":"https://a.b/c","videoUrl":"https://a.b/c""#, MediaKind::Video),
    ] {
        assert_eq!(kind(member).kind, expected, "{member}");
    }
    assert_eq!(kind(r#""imageUrl":"https://a.b/c","text":"under it""#).caption.as_deref(), Some("under it"));
    assert_eq!(kind(r#""documentUrl":"https://a.b/bill.pdf""#).file_name.as_deref(), Some("bill.pdf"));
    let bill = kind(r#""documentUrl":"https://a.b/c","fileName":"bill.pdf""#);
    assert_eq!(
        (bill.file_name.as_deref(), bill.mime_type.as_deref()),
        (Some("bill.pdf"), Some("application/pdf"))
    );
    assert!(kind(r#""imageUrl":"https://a.b/c","viewOnce":true"#).show.view_once);
    assert!(kind(r#""video":{"url":"https://a.b/c","viewOnce":true}"#).show.view_once);
    // What cannot be shown once is not refused for it; what is heard once is a voice note.
    assert!(!kind(r#""stickerUrl":"https://a.b/c","viewOnce":true"#).show.view_once);
    assert_eq!(kind(r#""audio":{"url":"https://a.b/c"},"viewOnce":true"#).kind, MediaKind::Voice);
}

#[test]
fn polls_and_cards_go_by_the_names_of_both_services() {
    let poll = |member: &str| match content(&format!(r#"{{"to":1234567890,"poll":{member}}}"#)) {
        Content::Poll(poll) => (poll.question, poll.options.len(), poll.selectable),
        other => panic!("{other:?}"),
    };
    let what = || "What?".to_owned();
    assert_eq!(poll(r#"{"name":"What?","options":["tea","coffee"]}"#), (what(), 2, 1));
    assert_eq!(poll(r#"{"name":"What?","options":["a","b"],"selectableCount":2}"#), (what(), 2, 2));
    assert_eq!(poll(r#"{"question":"What?","options":["a","b"],"multiSelect":true}"#), (what(), 2, 0));
    let card = r#"{"to":"1234567890","contact":{"name":"John","phone":1234567890}}"#;
    assert!(matches!(content(card), Content::Contacts(cards) if cards[0].name == "John"));
}

#[test]
fn what_is_answered_is_named_in_many_ways() {
    let quoted = |member: &str| -> Option<Quoted> {
        let json = format!(r#"{{"to":"1234567890","text":"yes",{member}}}"#);
        parse::<SendBody>(json.as_bytes()).expect("it reads").quoted()
    };
    let is = |id: &str, participant: Option<&str>| {
        Some(Quoted { id: id.to_owned(), participant: participant.map(str::to_owned) })
    };
    assert_eq!(quoted(r#""quoted":{"messageId":"3EB0"}"#), is("3EB0", None));
    assert_eq!(quoted(r#""quoted":"3EB0""#), is("3EB0", None));
    assert_eq!(quoted(r#""quotedMessageId":"3EB0""#), is("3EB0", None));
    assert_eq!(quoted(r#""replyTo":100000"#), is("100000", None));
    let key = r#""quoted":{"key":{"id":"3EB0","fromMe":false,"participant":"1@s.whatsapp.net"}}"#;
    assert_eq!(quoted(key), is("3EB0", Some("1@s.whatsapp.net")));
    assert_eq!(quoted(r#""quoted":null,"replyTo":null"#), None);
}

#[test]
fn what_is_wrong_goes_by_the_names_of_the_request() {
    let check = |json: &str, expected: &str| {
        let detail = read(json).expect_err(json);
        assert!(detail.starts_with(expected), "{json}: {detail}");
    };
    check(r#"{"text":"x"}"#, "`to` is missing");
    check(r#"{"to":"1234567890"}"#, "`text` is missing, and so are `image`");
    check(r#"{"to":"nobody","text":"x"}"#, "`to` ");
    check(r#"{"to":"status@broadcast","text":"x"}"#, "`to` is the status");
    check(r#"{"to":"1234567890","image":{"url":"file:///etc/passwd"}}"#, "`image.url` is not");
    check(r#"{"to":"1234567890","location":{"latitude":91,"longitude":0}}"#, "`location.latitude` is not");
    check(r#"{"to":"1234567890","location":{"latitude":1}}"#, "`location.longitude` is missing");
    check(r#"{"to":"1234567890","contact":{"fullName":"J"}}"#, "`contact.phoneNumber` is missing");
    check(r#"{"to":"1234567890","poll":{"name":"What?","options":["one"]}}"#, "`poll.options` ");
    let long = "x".repeat(70_000);
    check(&format!(r#"{{"to":"1234567890","text":"{long}"}}"#), "`text` ");
    check(
        &format!(r#"{{"to":"1234567890","image":{{"url":"https://a.b/c","caption":"{long}"}}}}"#),
        "`image.caption` ",
    );
}

#[test]
fn a_session_goes_by_the_names_of_both_services() {
    let wish = |json: &str, is_new| -> Result<SessionWish, String> {
        let body: SessionBody = parse(json.as_bytes()).map_err(|failure| failure.detail)?;
        body.read(is_new).map_err(|failure| failure.detail)
    };
    let snake = r#"{"name":"Business WhatsApp","phone_number":"+1234567890","account_protection":true,"log_messages":true,
        "webhook_url":"https://example.com/webhook","webhook_enabled":true,"webhook_events":["message","group_update"],
        "read_incoming_messages":true,"auto_reject_calls":false,"ignore_channels":true,"unknown":{"a":1}}"#;
    let snake = wish(snake, true).expect("a session");
    assert_eq!(snake.marks.name.as_deref(), Some("Business WhatsApp"));
    assert_eq!(snake.hook.events, Some(vec!["messages.upsert".to_owned(), "groups.update".to_owned()]));
    assert_eq!((snake.settings.auto_read, snake.settings.ignore_newsletters), (Some(true), Some(true)));
    let camel = r#"{"name":"A","phoneNumber":1234567890,"webhookUrl":"https://example.com/webhook","webhookEvents":["message.received"]}"#;
    let camel = wish(camel, true).expect("a session");
    assert_eq!(camel.marks.phone_number.as_deref(), Some("1234567890"));
    assert_eq!(camel.hook.url.as_deref(), Some("https://example.com/webhook"));
    assert_eq!(wish("{}", false), Ok(SessionWish::default()));
    let refused = |json: &str| wish(json, true).expect_err(json);
    assert_eq!(refused("{}"), "`name` is missing.");
    assert!(refused(r#"{"name":"a","webhook_url":"ftp://a.b"}"#).starts_with("`webhook_url` is not"));
    assert!(
        refused(r#"{"name":"a","webhook_events":["nothing"]}"#).starts_with("`webhook_events` has `nothing`")
    );
    let proxy = |url: &str| {
        wish(&format!(r#"{{"name":"a","proxy_url":"{url}"}}"#), true).map(|wish| wish.settings.proxy)
    };
    let config = |url: &str, username: Option<&str>, password: Option<&str>| {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let config =
            ProxyConfig { url: url.to_owned(), username: owned(username), password: owned(password) };
        Ok(Some(Some(config)))
    };
    assert_eq!(
        proxy("http://ann:s%3Acret@p.example:3128"),
        config("http://p.example:3128", Some("ann"), Some("s:cret"))
    );
    assert_eq!(proxy("socks5://p.example:1080"), config("socks5://p.example:1080", None, None));
    assert_eq!(proxy(""), Ok(Some(None)));
    assert!(proxy("mailto:a").is_err());
}

#[test]
fn people_and_groups_are_read() {
    let contact: ContactBody = parse(
        br#"{"jid":"1234567890@s.whatsapp.net","fullName":"John Doe","saveOnPrimaryAddressbook":true}"#,
    )
    .expect("it reads");
    let expected = SaveContact {
        person: "1234567890".parse().expect("a number"),
        full_name: "John Doe".to_owned(),
        first_name: None,
        to_address_book: true,
    };
    assert_eq!(contact.read(), Ok(expected.clone()));
    let contact: ContactBody = parse(br#"{"phone":1234567890,"name":"John Doe"}"#).expect("it reads");
    assert_eq!(contact.read(), Ok(SaveContact { to_address_book: false, ..expected }));
    let phone: PhoneBody = parse(br#"{"phoneNumber":"+1 234 567-890"}"#).expect("it reads");
    assert_eq!(phone.read(), Ok("1234567890".to_owned()));
    let group: CreateBody =
        parse(br#"{"subject":"New","participants":["1234567890",1234567891]}"#).expect("it reads");
    let group = group.read().expect("a group");
    assert_eq!((group.subject.as_str(), group.participants.len()), ("New", 2));
    let refused: ActionBody = parse(br#"{"action":"promote","participants":[]}"#).expect("it reads");
    assert_eq!(refused.read().expect_err("nobody").detail, "`participants` is empty.");
    let nothing: SettingsBody = parse(b"{}").expect("it reads");
    assert!(nothing.read().is_err());
    let link: AcceptBody = parse(br#"{"code":"https://chat.whatsapp.com/AbC123"}"#).expect("it reads");
    assert_eq!(link.read().expect("a code").0, "AbC123");
    let read: ReadBody =
        parse(br#"{"key":{"id":"3EB0","remoteJid":"1@g.us","fromMe":false}}"#).expect("it reads");
    assert!(read.read().expect_err("nobody wrote it").detail.starts_with("`key.participant` is missing"));
}

#[test]
fn rows_are_counted_as_the_reference_says() {
    for row in MOUNT.rows() {
        let of = |subject| {
            let found = quotas(row).iter().find(|allowance| allowance.subject == subject);
            found.map(|allowance| (allowance.requests, allowance.period_s))
        };
        let sends = [table::messages::SEND, table::messages::RESEND].contains(&row.path).then_some((10, 60));
        assert_eq!((of(Subject::Account), of(Subject::Instance)), (Some((100, 60)), sends), "{}", row.name);
        assert!(row.access != Access::Open && row.path.starts_with("/api/v1/"), "{}", row.name);
    }
}
