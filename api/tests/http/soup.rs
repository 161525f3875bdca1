//! No byte soup makes the server fail: whatever comes, the answer is below 500, and every error is a problem document.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Map, Value};
use trunkline_api::route::{Route, routes};
use trunkline_model::ErrorCode;

use crate::client::{Sent, Server};

/// Member names of the API's bodies, and some that are none.
const NAMES: &[&str] = &[
    "to",
    "type",
    "text",
    "body",
    "image",
    "video",
    "voice",
    "document",
    "sticker",
    "url",
    "data",
    "caption",
    "file_name",
    "mime_type",
    "duration_seconds",
    "reply_to",
    "wa_id",
    "participant",
    "mentions",
    "lane",
    "metadata",
    "name",
    "secret",
    "events",
    "headers",
    "instances",
    "chat_kinds",
    "batch",
    "retry",
    "delays_seconds",
    "subject",
    "token",
    "from",
    "after",
    "ack",
    "phone",
    "chat",
    "wa_ids",
    "credential_id",
    "signature",
    "$serde_json::private::RawValue",
    "",
];

/// Texts that mean something somewhere.
const WORDS: &[&str] = &[
    "+966501234567",
    "shop",
    "text",
    "image",
    "aGk=",
    "https://example.org/a.png",
    "https://[::1",
    "1@lid",
    "bulk",
    "message.received",
    "message.*",
    "ins_0000000000000011",
    "whk_0000000000000021",
    "evt_00000000000000110000000000000001",
    "nats",
    "msg_0000000000002a",
    "med_0000000000000007",
    "%00%ff",
    "..",
    "0123456789abcdef",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![prop::sample::select(WORDS).prop_map(str::to_owned), "\\PC{0,12}", "[\\x00-\\x7f]{0,12}",]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        let member = (prop::sample::select(NAMES).prop_map(str::to_owned), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            prop::collection::vec(member, 0..6)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn body() -> impl Strategy<Value = (String, Vec<u8>)> {
    let types = [
        "application/json",
        "application/json; charset=utf-8",
        "multipart/form-data; boundary=B",
        "multipart/form-data",
        "text/plain",
        "",
    ];
    let bytes = prop_oneof![
        4 => json().prop_map(|value| value.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => (json(), prop::collection::vec(any::<u8>(), 0..50)).prop_map(|(value, file)| {
            let mut bytes = format!("--B\r\ncontent-disposition: form-data; name=\"message\"\r\n\r\n{value}\r\n").into_bytes();
            bytes.extend_from_slice(b"--B\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\n");
            bytes.extend_from_slice(&file);
            bytes.extend_from_slice(b"\r\n--B--\r\n");
            bytes
        }),
    ];
    (prop::sample::select(types.to_vec()).prop_map(str::to_owned), bytes)
}

/// Fills the `{…}` of a path pattern.
fn fill(pattern: &str, words: &[String]) -> String {
    let mut words = words.iter();
    pattern
        .split('/')
        .map(|segment| match segment {
            "{instance}" if words.len().is_multiple_of(2) => "shop".to_owned(),
            segment if segment.starts_with('{') => encode(words.next().map_or("x", String::as_str)),
            segment => segment.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("/")
}

fn encode(word: &str) -> String {
    percent_encoding::utf8_percent_encode(word, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A server for all cases of one property.
fn shared() -> Server {
    Server::start()
}

fn is_code(code: &str) -> bool {
    ErrorCode::ALL.iter().any(|known| known.as_str() == code)
}

#[test]
fn requests_of_nonsense_are_answered_with_sense() {
    let server = shared();
    let case = (
        prop::sample::select(routes().collect::<Vec<&'static Route>>()),
        prop::collection::vec(word(), 0..4),
        body(),
        proptest::option::of((word(), word())),
        proptest::option::of("[ -~]{0,20}"),
    );
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 600,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&case, |(route, words, (content_type, bytes), query, header)| {
            let mut path = fill(route.path, &words);
            if let Some((name, value)) = query {
                path = format!("{path}?{}={}", encode(&name), encode(&value));
            }
            let mut request = Sent::new(route.method.as_str(), &path).body(&content_type, bytes);
            if let Some(value) = header {
                for name in ["idempotency-key", "last-event-id", "x-request-id"] {
                    request = request.header(name, &value);
                }
            }
            let answer = server.send(request);
            prop_assert!(answer.status < 500, "{}", answer.text());
            if answer.status >= 400 {
                prop_assert!(is_code(&answer.problem()));
            }
            Ok(())
        })
        .expect("no case fails");
}

#[test]
fn bytes_of_nonsense_end_a_connection_and_nothing_else() {
    let server = shared();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let start = prop_oneof![
        Just(String::new()),
        Just("GET /v1/instances HTTP/1.1\r\n".to_owned()),
        Just("POST /v1/instances HTTP/1.1\r\nauthorization: Bearer tk_root\r\ntransfer-encoding: chunked\r\n\r\n".to_owned()),
    ];
    runner
        .run(&(start, prop::collection::vec(any::<u8>(), 0..300)), |(start, soup)| {
            let mut stream = TcpStream::connect(server.addr()).expect("the server listens");
            stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
            // The server may close as soon as it has seen enough.
            let _ = stream.write_all(start.as_bytes());
            let _ = stream.write_all(&soup);
            let _ = stream.shutdown(Shutdown::Write);
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            let answer = String::from_utf8_lossy(&answer);
            prop_assert!(!answer.contains("HTTP/1.1 5"), "{}", answer);
            Ok(())
        })
        .expect("no case fails");
    assert_eq!(server.send(Sent::get("/healthz")).status, 200);
}
