//! Events: pulled and followed. Also what else is read: instances, codes, files.

use serde_json::json;

use crate::client::{Answer, Sent, Server, follow};
use crate::fake::{FILE, QR};
use trunkline_api::server::Bounds;

const EVENTS: &str = "/v1/instances/shop/events";

fn stream(path: &str) -> Sent {
    Sent::get(path).header("accept", "text/event-stream")
}

/// Ids and texts of the events in a stream, until there are `count`; `more` is called when nothing is left to read of what
/// was there at first.
fn read(server: &Server, request: Sent, count: usize, mut on_open: impl FnMut()) -> Vec<(String, String)> {
    let mut text = String::new();
    let mut opened = false;
    let (status, headers, _) = server.wait(follow(server.addr(), request, |bytes| {
        text.push_str(bytes);
        if !opened {
            opened = true;
            on_open();
        }
        parse(&text).len() < count
    }));
    assert_eq!(status, 200);
    assert_eq!(headers["content-type"], "text/event-stream");
    parse(&text)
}

fn parse(text: &str) -> Vec<(String, String)> {
    text.split("\n\n")
        .filter(|block| block.contains("data: ") && text.contains(&format!("{block}\n\n")))
        .map(|block| {
            let field = |name: &str| {
                block.lines().filter_map(|line| line.strip_prefix(name)).collect::<Vec<_>>().join("\n")
            };
            assert_eq!(field("event: "), "message.received");
            let json: serde_json::Value = serde_json::from_str(&field("data: ")).expect("it is JSON");
            assert_eq!(json["id"], field("id: "));
            let body = json["data"]["text"]["body"].as_str().expect("a text");
            (field("id: "), body.to_owned())
        })
        .collect()
}

fn texts(events: &[(String, String)]) -> Vec<&str> {
    events.iter().map(|(_, text)| text.as_str()).collect()
}

#[test]
fn pulling_goes_on_where_it_ended() {
    let server = Server::start();
    for text in ["one", "two", "three"] {
        server.fake.receive(text);
    }
    let pull = |query: &str| server.send(Sent::get(&format!("{EVENTS}?{query}"))).json();
    let bodies = |page: &serde_json::Value| {
        page["data"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|event| event["data"]["text"]["body"].as_str().expect("a text").to_owned())
            .collect::<Vec<_>>()
    };
    let first = pull("limit=2");
    assert_eq!(bodies(&first), ["one", "two"]);
    let cursor = |page: &serde_json::Value| page["next_cursor"].as_str().expect("a cursor").to_owned();
    let second = pull(&format!("limit=2&cursor={}", cursor(&first)));
    assert_eq!(bodies(&second), ["three"]);
    let third = pull(&format!("cursor={}", cursor(&second)));
    assert_eq!(bodies(&third), [""; 0]);
    server.fake.receive("four");
    assert_eq!(bodies(&pull(&format!("cursor={}", cursor(&third)))), ["four"]);
    assert_eq!(bodies(&pull("after=3")), ["four"]);
}

#[test]
fn a_pull_waits_for_the_first_event_if_asked_to() {
    let server = Server::start();
    server.fake.receive("one");
    let pull = |query: &str| Sent::get(&format!("{EVENTS}?{query}"));
    let texts = |answer: &Answer| {
        let events = answer.json()["data"].as_array().cloned().expect("a list");
        events.iter().map(|event| event["data"]["text"]["body"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&server.send(pull("after=0&wait_ms=30000"))), ["one"], "nothing to wait for");
    assert_eq!(texts(&server.send(pull("after=1&wait_ms=1"))), [""; 0], "nothing came");
    let fake = server.fake.clone();
    let waiting = server.send_while(pull("after=1&wait_ms=30000"), async {
        fake.tails(1).await;
        fake.receive("two");
    });
    assert_eq!(texts(&waiting), ["two"]);
    let wrong = server.send(pull("wait_ms=30001"));
    assert_eq!((wrong.status, wrong.problem().as_str()), (400, "MALFORMED_REQUEST"));
}

#[test]
fn a_stream_tells_what_happens_after_it_was_opened() {
    let server = Server::start();
    server.fake.receive("before");
    let fake = server.fake.clone();
    let events = read(&server, stream(EVENTS), 2, || {
        fake.receive("one");
        fake.receive("two\r\nlines");
    });
    assert_eq!(texts(&events), ["one", "two\r\nlines"]);
}

#[test]
fn a_stream_resumes_after_the_last_event_without_a_gap() {
    let server = Server::start();
    // More than one page of the log.
    for index in 1..=150 {
        server.fake.receive(&index.to_string());
    }
    let all = read(&server, stream(&format!("{EVENTS}?after=0")), 150, || {});
    let expected: Vec<String> = (1..=150).map(|index| index.to_string()).collect();
    assert_eq!(texts(&all), expected);

    let last = &all[147].0;
    let fake = server.fake.clone();
    // The header is newer than the URL, which a reconnecting client repeats.
    let resumed = stream(&format!("{EVENTS}?after=0")).header("last-event-id", last);
    let events = read(&server, resumed, 3, || fake.receive("live"));
    assert_eq!(texts(&events), ["149", "150", "live"]);
}

#[test]
fn a_quiet_stream_has_a_heartbeat() {
    let server = Server::bounded(Bounds { heartbeat_ms: 10, ..Bounds::default() });
    let mut beats = 0;
    server.wait(follow(server.addr(), stream(EVENTS), |bytes| {
        beats += usize::from(bytes == ": heartbeat\n\n");
        beats < 3
    }));
    assert_eq!(beats, 3);
}

#[test]
fn a_client_that_leaves_gives_its_place_back() {
    let server = Server::bounded(Bounds { streams_max: 1, ..Bounds::default() });
    for _ in 0..3 {
        server.wait(follow(server.addr(), stream(EVENTS), |_| false));
        server.wait(server.fake.tails(0));
    }
}

#[test]
fn whoever_listens_hears_nothing_once_their_key_is_revoked() {
    for path in [EVENTS, "/v1/events"] {
        let server = Server::start();
        server.fake.follow_on();
        let fake = server.fake.clone();
        let mut revoked = false;
        // It ends by itself: nobody stops reading.
        server.wait(follow(server.addr(), stream(path), |_| {
            if !std::mem::replace(&mut revoked, true) {
                fake.revoke_keys();
            }
            true
        }));
        server.wait(server.fake.tails(0));
    }
    let server = Server::start();
    let fake = server.fake.clone();
    let waiting = server.send_while(Sent::get(&format!("{EVENTS}?wait_ms=30000")), async {
        fake.tails(1).await;
        fake.revoke_keys();
    });
    assert_eq!((waiting.status, &waiting.json()["data"]), (200, &json!([])));
}

#[test]
fn an_instance_as_it_is_shown() {
    let server = Server::start();
    let answer = server.send(Sent::get("/v1/instances/shop"));
    assert!(answer.text().contains(r#""metadata":{"tier": 1.50}"#));
    assert_eq!(
        answer.json(),
        json!({
            "id": "ins_0000000000000011",
            "account": "acc_0000000000000001",
        "workspace": "wsp_0000000000000001",
            "name": "shop",
            "state": "open",
            "reason": null,
            "linked": {"id": "966500000009@s.whatsapp.net", "phone": "+966500000009", "lid": null, "name": null},
            "last_frame_age_ms": 12,
            "next_attempt_at": null,
            "outbox_depth": 3,
            "newest_event": 0,
            "metadata": {"tier": 1.50},
            "created_at": "2023-11-14T22:13:20.000Z",
        })
    );
}

#[test]
fn lists_have_cursors() {
    let server = Server::start();
    let letters = "/v1/webhooks/whk_0000000000000021/dead-letters";
    for path in ["/v1/instances", "/v1/instances/shop/messages", "/v1/webhooks", "/v1/consumers", letters] {
        let page = server.send(Sent::get(&format!("{path}?limit=1"))).json();
        let cursor = page["next_cursor"].as_str().expect("there is more");
        let next = server.send(Sent::get(&format!("{path}?cursor={cursor}")));
        assert_eq!(next.status, 200, "{}", next.text());
        assert_eq!(next.json()["next_cursor"], json!(null));
    }
}

#[test]
fn a_qr_code_in_every_format() {
    let server = Server::start();
    let check = |query: &str, accept: &str, content_type: &str, beginning: &[u8]| {
        let request = Sent::get(&format!("/v1/instances/shop/qr{query}")).header("accept", accept);
        let answer = server.send(request);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), content_type, "{query} {accept}");
        assert!(answer.body.starts_with(beginning), "{query} {accept}");
    };
    let text = "text/plain; charset=utf-8";
    check("?format=text", "image/png", text, QR.as_bytes());
    check("?format=terminal", "*/*", text, "█".as_bytes());
    check("?format=png", "*/*", "image/png", b"\x89PNG");
    check("?format=svg", "*/*", "image/svg+xml", b"<?xml");
    check("", "text/plain", text, QR.as_bytes());
    check("", "image/svg+xml,image/png", "image/svg+xml", b"<?xml");
    check("", "*/*", "image/png", b"\x89PNG");
}

#[test]
fn pairing_as_it_is_shown() {
    let server = Server::start();
    let answer = server.send(Sent::get("/v1/instances/shop/pairing"));
    assert_eq!(
        answer.json(),
        json!({
            "state": "awaiting_scan",
            "qr": {"text": QR, "expires_at": "2023-11-14T22:13:40.000Z"},
            "code": null,
            "passkey": null,
        })
    );
}

#[test]
fn a_file_comes_as_a_download() {
    let server = Server::start();
    let answer = server.send(Sent::get("/v1/instances/shop/media/med_0000000000000007"));
    assert_eq!((answer.status, &*answer.body), (200, FILE));
    assert_eq!(answer.header("content-length"), "10");
    assert_eq!(answer.header("accept-ranges"), "bytes");
    assert_eq!(answer.header("content-type"), "image/png");
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename*=UTF-8''%D8%B5%D9%88%D8%B1%D8%A9%201.png"
    );
}

#[test]
fn a_part_of_a_file_comes_as_one() {
    let server = Server::start();
    let get = || Sent::get("/v1/instances/shop/media/med_0000000000000007");
    let etag = server.send(get()).header("etag").to_owned();
    let other = "\"another\"".to_owned();
    for (range, if_range, status, part, named) in [
        ("bytes=2-4", None, 206, &FILE[2..5], "bytes 2-4/10"),
        ("bytes=7-", None, 206, &FILE[7..], "bytes 7-9/10"),
        ("bytes=-1", None, 206, &FILE[9..], "bytes 9-9/10"),
        ("bytes=-1", Some(&etag), 206, &FILE[9..], "bytes 9-9/10"),
        ("bytes=-1", Some(&other), 200, FILE, ""),
        ("bytes=0-1,4-5", None, 200, FILE, ""),
        ("lines=1-2", None, 200, FILE, ""),
    ] {
        let mut sent = get().header("range", range);
        if let Some(known) = if_range {
            sent = sent.header("if-range", known);
        }
        let answer = server.send(sent);
        assert_eq!((answer.status, &*answer.body), (status, part), "{range} {if_range:?}");
        assert_eq!(answer.header("content-range"), named, "{range} {if_range:?}");
        assert_eq!(answer.header("content-length"), part.len().to_string(), "{range}");
        assert_eq!(answer.header("etag"), etag, "{range}");
    }
    let behind = server.send(get().header("range", "bytes=10-"));
    assert_eq!(behind.status, 416);
    assert!(behind.text().contains("RANGE_NOT_SATISFIABLE"), "{}", behind.text());
}
