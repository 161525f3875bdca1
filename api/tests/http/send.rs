//! Messages that are accepted: what the engine gets, and what the caller gets back.

use serde_json::json;
use trunkline_model::Address;
use trunkline_model::command::Command;
use trunkline_model::message::{
    Content, Lane, Media, MediaKind, MediaShow, MediaSource, Quote, SendMessage, SendOptions, Text,
};

use crate::client::{Answer, Sent, Server};
use crate::fake::{OPEN, Seen, UNLINKED, blob};

const MESSAGES: &str = "/v1/instances/shop/messages";
const TEXT: &str = r#"{"to":"+966501234567","text":{"body":"hi"}}"#;

/// The message that reached the engine, the blobs before it, and the idempotency key.
fn sent(server: &Server) -> (Vec<Vec<u8>>, SendMessage, Option<String>) {
    let mut blobs = Vec::new();
    for seen in server.fake.take_seen() {
        match seen {
            Seen::Blob(bytes) => blobs.push(bytes),
            Seen::Command(_, Command::CheckSend { .. }) => {}
            Seen::Command(_, Command::Send(request)) => {
                return (blobs, request.message, request.idempotency_key);
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("no message reached the engine")
}

fn media(kind: MediaKind, source: MediaSource) -> Media {
    Media {
        kind,
        source,
        mime_type: None,
        caption: None,
        file_name: None,
        duration_seconds: None,
        show: MediaShow::default(),
    }
}

/// A multipart body of named parts with their headers' ends.
fn multipart(parts: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, rest, content) in parts {
        body.extend_from_slice(
            format!("--B\r\ncontent-disposition: form-data; name=\"{name}\"{rest}\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--B--\r\n");
    body
}

fn upload(server: &Server, parts: &[(&str, &str, &[u8])]) -> Answer {
    server.send(Sent::new("POST", MESSAGES).body("multipart/form-data; boundary=B", multipart(parts)))
}

#[test]
fn a_text_with_everything() {
    let server = Server::start();
    let body = r#"{
        "to": "120363021033254949@g.us", "type": "text", "text": {"body": "hi @966500000002"},
        "reply_to": {"wa_id": "3EB0BB", "participant": "100000012345678@lid", "text": "before"},
        "mentions": ["+966 50 000 0002"], "lane": "otp", "metadata": { "b": 1.10, "a": [] }
    }"#;
    let answer = server.send(Sent::post(MESSAGES, body));
    assert_eq!(answer.status, 202, "{}", answer.text());
    assert_eq!(answer.header("location"), "/v1/messages/msg_0000000000002a");
    let (_, message, key) = sent(&server);
    let expected = SendMessage {
        to: Address::Group("120363021033254949".to_owned()),
        content: Content::Text(Text::plain("hi @966500000002")),
        quote: Some(Quote {
            wa_id: "3EB0BB".to_owned(),
            participant: Some(Address::Lid("100000012345678".to_owned())),
            body: Some("before".to_owned()),
        }),
        mentions: vec![Address::Phone("966500000002".to_owned())],
        options: SendOptions::default(),
        lane: Lane::Otp,
        metadata: Some(r#"{ "b": 1.10, "a": [] }"#.to_owned()),
    };
    assert_eq!((message, key), (expected, None));
}

#[test]
fn the_answer_is_the_message() {
    let server = Server::start();
    let body = r#"{"to":"+966501234567","text":{"body":"hi"},"metadata":{"order":7}}"#;
    let answer = server.send(Sent::post(MESSAGES, body));
    assert_eq!(
        answer.json(),
        json!({
            "id": "msg_0000000000002a",
            "instance": "ins_0000000000000011",
            "wa_id": "3EB0AA",
            "to": {"id": "966501234567@s.whatsapp.net", "phone": "+966501234567", "lid": null, "name": null},
            "type": "text",
            "lane": "interactive",
            "status": "pending",
            "status_times": {"pending": "2023-11-14T22:13:20.000Z"},
            "attempts": 0,
            "error": null,
            "refunded": false,
            "metadata": {"order": 7},
        })
    );
}

#[test]
fn media_by_url_is_left_to_the_engine() {
    let server = Server::start();
    let body = r#"{"to":"966501234567","video":{"url":"https://example.org/a.mp4","caption":"look","duration_seconds":3}}"#;
    assert_eq!(server.send(Sent::post(MESSAGES, body)).status, 202);
    let (blobs, message, _) = sent(&server);
    let url = MediaSource::Url("https://example.org/a.mp4".to_owned());
    let expected =
        Media { caption: Some("look".to_owned()), duration_seconds: Some(3), ..media(MediaKind::Video, url) };
    assert!(blobs.is_empty());
    assert_eq!(message.content, Content::Media(expected));
}

#[test]
fn media_in_base64_is_stored_first() {
    let server = Server::start();
    // Some encoders escape the slashes of base64, some leave the padding out.
    for (data, bytes) in [
        (r#""//79""#, vec![0xff, 0xfe, 0xfd]),
        (r#""\/\/79""#, vec![0xff, 0xfe, 0xfd]),
        (r#""aGk""#, b"hi".to_vec()),
    ] {
        let body = format!(r#"{{"to":"966501234567","document":{{"data":{data},"file_name":"bill.pdf"}}}}"#);
        assert_eq!(server.send(Sent::post(MESSAGES, &body)).status, 202);
        let (blobs, message, _) = sent(&server);
        let expected = Media {
            mime_type: Some("application/pdf".to_owned()),
            file_name: Some("bill.pdf".to_owned()),
            ..media(MediaKind::Document, MediaSource::Blob(blob(&bytes)))
        };
        assert_eq!(message.content, Content::Media(expected));
        assert_eq!(blobs, [bytes]);
    }
}

#[test]
fn media_in_multipart_is_streamed() {
    let server = Server::start();
    let file = vec![0xa5; 3 << 20];
    let message = br#"{"to":"966501234567","image":{"caption":"look"}}"#;
    let answer = upload(
        &server,
        &[
            ("message", "", message),
            ("file", "; filename=\"C:\\\\pictures\\\\a.png\"\r\ncontent-type: image/png", &file),
        ],
    );
    assert_eq!(answer.status, 202, "{}", answer.text());
    let (blobs, message, _) = sent(&server);
    let expected = Media {
        mime_type: Some("image/png".to_owned()),
        caption: Some("look".to_owned()),
        ..media(MediaKind::Image, MediaSource::Blob(blob(&file)))
    };
    assert_eq!(message.content, Content::Media(expected));
    assert_eq!(blobs, [file]);
}

#[test]
fn a_documents_name_and_type_come_from_its_part() {
    let server = Server::start();
    let answer = upload(
        &server,
        &[
            ("message", "", br#"{"to":"966501234567","type":"document","document":{}}"#),
            ("file", "; filename=\"bill.pdf\"\r\ncontent-type: application/octet-stream", b"%PDF"),
        ],
    );
    assert_eq!(answer.status, 202, "{}", answer.text());
    let (_, message, _) = sent(&server);
    let expected = Media {
        mime_type: Some("application/pdf".to_owned()),
        file_name: Some("bill.pdf".to_owned()),
        ..media(MediaKind::Document, MediaSource::Blob(blob(b"%PDF")))
    };
    assert_eq!(message.content, Content::Media(expected));
}

#[test]
fn a_wrong_multipart_body_stores_nothing() {
    let server = Server::start();
    let good: (&str, &str, &[u8]) = ("message", "", br#"{"to":"966501234567","image":{}}"#);
    let file: (&str, &str, &[u8]) = ("file", "; filename=\"a.png\"", b"png");
    let check = |answer: Answer, status: u16, field: Option<&str>| {
        assert_eq!(answer.status, status, "{}", answer.text());
        answer.problem();
        assert_eq!(answer.json()["errors"][0]["field"].as_str(), field);
        assert_eq!(server.fake.take_seen(), []);
    };
    let wrong_message = |json: &'static str| ("message", "", json.as_bytes());
    check(upload(&server, &[]), 422, Some("message"));
    check(upload(&server, &[file]), 422, Some("message"));
    check(upload(&server, &[good]), 422, Some("file"));
    check(upload(&server, &[good, good]), 422, Some("file"));
    check(upload(&server, &[wrong_message("{"), file]), 400, None);
    check(upload(&server, &[wrong_message(r#"{"to":"x","image":{}}"#), file]), 422, Some("to"));
    check(upload(&server, &[wrong_message(TEXT), file]), 422, Some("file"));
    check(
        upload(
            &server,
            &[wrong_message(r#"{"to":"966501234567","image":{"url":"https://example.org/a"}}"#), file],
        ),
        422,
        Some("image.data"),
    );
    let cut =
        Sent::new("POST", MESSAGES).body("multipart/form-data; boundary=B", &multipart(&[good, file])[..120]);
    check(server.send(cut), 400, None);
    let no_boundary = Sent::new("POST", MESSAGES).body("multipart/form-data", multipart(&[good, file]));
    check(server.send(no_boundary), 400, None);
}

#[test]
fn a_multipart_body_with_more_after_the_file_is_not_sent() {
    let server = Server::start();
    let answer = upload(
        &server,
        &[
            ("message", "", br#"{"to":"966501234567","image":{}}"#),
            ("file", "; filename=\"a.png\"", b"png"),
            ("note", "", b"late"),
        ],
    );
    assert_eq!((answer.status, answer.problem().as_str()), (422, "VALIDATION"));
    let checked = Seen::Command(OPEN, Command::CheckSend { idempotency_key: None });
    assert_eq!(server.fake.take_seen(), [checked, Seen::Blob(b"png".to_vec())]);
}

#[test]
fn a_file_is_not_stored_for_an_instance_that_takes_no_messages() {
    let server = Server::start();
    let messages = "/v1/instances/fresh/messages";
    let inline = Sent::post(messages, r#"{"to":"966501234567","image":{"data":"aGk="}}"#);
    let parts = multipart(&[
        ("message", "", br#"{"to":"966501234567","image":{}}"#),
        ("file", "; filename=\"a.png\"", &vec![0xa5; 3 << 20]),
    ]);
    let beside = Sent::new("POST", messages).body("multipart/form-data; boundary=B", parts);
    for request in [inline, beside] {
        let answer = server.send(request);
        assert_eq!((answer.status, answer.problem().as_str()), (409, "INSTANCE_NOT_LINKED"));
        assert_eq!(
            server.fake.take_seen(),
            [Seen::Command(UNLINKED, Command::CheckSend { idempotency_key: None })]
        );
    }
}

#[test]
fn waiting_for_the_acknowledgement() {
    let server = Server::start();
    let check = |query: &str, status: u16, word: &str| {
        let answer = server.send(Sent::post(&format!("{MESSAGES}{query}"), TEXT));
        assert_eq!(answer.status, status, "{query}");
        assert_eq!(answer.json()["status"], word, "{query}");
    };
    check("", 202, "pending");
    check("?wait=accepted", 202, "pending");
    check("?wait=sent", 200, "sent");
    check("?wait=sent&timeout_ms=1", 202, "pending");
}

#[test]
fn a_repeated_request_is_answered_again_and_not_sent_again() {
    let server = Server::start();
    let send = |text: &str| {
        let body = format!(r#"{{"to":"+966501234567","text":{{"body":"{text}"}}}}"#);
        server.send(Sent::post(MESSAGES, &body).header("idempotency-key", "order-7"))
    };
    let first = send("hi");
    assert_eq!(sent(&server).2.as_deref(), Some("order-7"));
    assert_eq!((first.status, first.header("idempotency-replayed")), (202, ""));
    let again = send("hi");
    assert_eq!((again.status, again.header("idempotency-replayed")), (202, "true"));
    assert_eq!(first.body, again.body);
    let other = send("ho");
    assert_eq!((other.status, other.problem().as_str()), (409, "IDEMPOTENCY_CONFLICT"));
}
