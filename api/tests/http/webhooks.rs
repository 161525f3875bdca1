//! Webhooks, consumers, and streams over all instances.

use serde_json::{Value, json};
use trunkline_api::server::Bounds;
use trunkline_model::command::EndpointCommand;
use trunkline_model::delivery::{FollowFrom, Target};

use crate::answers::endpoint::{CONSUMER, WEBHOOK};
use crate::client::{Sent, Server, follow};
use crate::fake::{OTHER_KEY, Seen};

const STREAM: &str = "/v1/events";

#[test]
fn a_webhook_as_it_is_shown() {
    let server = Server::start();
    let answer = server.send(Sent::get(&format!("/v1/webhooks/{WEBHOOK}")));
    assert!(!answer.text().contains("must-not-show"), "{}", answer.text());
    let time = "2023-11-14T22:13:20.000Z";
    let expected = json!({
        "id": "whk_0000000000000021",
        "name": "crm",
        "type": "http",
        "url": "https://example.org/hook",
        "header_names": ["X-Tenant"],
        "dialect": null,
        "old_secret_until": "2023-11-14T22:14:20.000Z",
        "events": ["message.*"],
        "instances": ["ins_0000000000000011"],
        "chat_kinds": ["group"],
        "batch": {"events_max": 100, "wait_ms": 500},
        "concurrency": 8,
        "timeout_ms": 15_000,
        "retry": {"base_ms": 1_000, "cap_ms": 600_000, "give_up_after_seconds": 86_400},
        "status": "paused",
        "pause": {"reason": "failing", "since": time},
        "breaker": "half_open",
        "counts": {"delivered": 7, "passed_over": 2, "dead": 1, "expired": 0},
        "pending": 3,
        "oldest_pending_at": time,
        "last_outcome": {"outcome": "refused", "status": 503, "response": "come back later"},
        "last_success_at": null,
        "created_at": time,
    });
    assert_eq!(answer.json(), expected);
    let listed = server.send(Sent::get("/v1/webhooks")).json();
    assert_eq!(listed, json!({"data": [expected], "next_cursor": null}));
}

#[test]
fn the_secret_is_shown_when_the_webhook_is_made_and_when_it_is_new() {
    let server = Server::start();
    let made = server.send(Sent::post("/v1/webhooks", r#"{"url":"https://example.org/hook"}"#));
    assert_eq!((made.status, made.header("location")), (201, "/v1/webhooks/whk_0000000000000021"));
    assert_eq!(made.json()["secret"], "a-webhook-secret-that-must-not-show");
    assert!(!made.text().contains("an-old-secret") && !made.text().contains("a-value"), "{}", made.text());
    let rotated = |body: &str| {
        let answer = server.send(Sent::post(&format!("/v1/webhooks/{WEBHOOK}/rotate-secret"), body));
        (answer.json()["secret"].clone(), answer.json()["old_secret_until"].is_string())
    };
    assert_eq!(rotated("{}"), (json!("a-new-secret"), true));
    assert_eq!(rotated(r#"{"overlap_seconds":0}"#), (json!("a-new-secret"), false));
    let wrong = server
        .send(Sent::post(&format!("/v1/webhooks/{WEBHOOK}/rotate-secret"), r#"{"overlap_seconds":604801}"#));
    assert_eq!((wrong.status, &wrong.json()["errors"][0]["field"]), (422, &json!("overlap_seconds")));
}

#[test]
fn how_deliveries_went() {
    let server = Server::start();
    let get = |rest: &str| server.send(Sent::get(&format!("/v1/webhooks/{WEBHOOK}/{rest}"))).json();
    let event = "evt_00000000000000110000000000000004";
    let time = "2023-11-14T22:13:20.000Z";
    let attempt = json!({
        "instance": "ins_0000000000000011", "event": event, "events": 2, "attempt": 1, "replayed": false,
        "time": time, "latency_ms": 31, "outcome": "refused", "status": 503, "response": "come back later",
    });
    assert_eq!(get("deliveries"), json!({"data": [attempt]}));
    let letter = json!({
        "id": event, "instance": "ins_0000000000000011", "sequence": 4, "time": time, "attempts": 9,
        "outcome": "refused", "status": 503, "response": "come back later", "event": null,
    });
    assert_eq!(get("dead-letters"), json!({"data": [letter], "next_cursor": null}));
    let test = server.send(Sent::new("POST", &format!("/v1/webhooks/{WEBHOOK}/test"))).json();
    let expected =
        json!({"outcome": "refused", "status": 503, "latency_ms": 31, "response": "come back later"});
    assert_eq!(test, expected);
    let replay =
        server.send(Sent::post(&format!("/v1/webhooks/{WEBHOOK}/replay"), r#"{"dead_letters":true}"#));
    assert_eq!((replay.status, replay.json()), (202, json!({"events": 5})));
}

#[test]
fn a_change_keeps_the_address_that_it_does_not_name() {
    let server = Server::start();
    let patch = Sent::new("PATCH", &format!("/v1/webhooks/{WEBHOOK}")).json(r#"{"headers":{"X-Other":"1"}}"#);
    assert_eq!(server.send(patch).status, 200);
    let seen = server.fake.take_seen();
    let [Seen::Endpoint(EndpointCommand::Get(_)), Seen::Endpoint(EndpointCommand::Update(_, change))] =
        &seen[..]
    else {
        panic!("{seen:?}")
    };
    let Some(Target::Http(http)) = &change.target else { panic!("{change:?}") };
    assert_eq!(http.url, "https://example.org/hook");
    assert_eq!((http.secret.as_str(), http.old_secret.is_some()), ("", true), "the engine keeps them");
    assert_eq!(http.headers, [("X-Other".to_owned(), "1".to_owned())]);
}

#[test]
fn what_is_not_there_is_not_found() {
    let server = Server::start();
    let check = |request: Sent, status: u16, code: &str| {
        let path = format!("{} {}", request.method, request.path);
        let answer = server.send(request);
        assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{path}");
    };
    for path in
        ["/v1/webhooks/crm", "/v1/webhooks/whk_0000000000000099", "/v1/consumers/ins_0000000000000011"]
    {
        check(Sent::get(path), 404, "WEBHOOK_NOT_FOUND");
    }
    check(Sent::get(&format!("/v1/webhooks/{CONSUMER}")), 404, "WEBHOOK_NOT_FOUND");
    check(Sent::get(&format!("/v1/consumers/{WEBHOOK}")), 404, "WEBHOOK_NOT_FOUND");
    check(
        Sent::new("PATCH", &format!("/v1/webhooks/{CONSUMER}")).json(r#"{"name":"x"}"#),
        404,
        "WEBHOOK_NOT_FOUND",
    );
    check(Sent::get(&format!("/v1/webhooks/{WEBHOOK}")).key(Some(OTHER_KEY)), 404, "WEBHOOK_NOT_FOUND");
    check(
        Sent::get(&format!("/v1/webhooks/{WEBHOOK}/deliveries?instance=foreign")),
        404,
        "INSTANCE_NOT_FOUND",
    );
    check(Sent::get("/v1/webhooks?cursor=aQAAAAAAAAAB"), 400, "MALFORMED_REQUEST");
    check(Sent::get(&format!("/v1/consumers/{CONSUMER}/events?wait_ms=-1")), 400, "MALFORMED_REQUEST");
    check(Sent::get(&format!("{STREAM}?from=yesterday")), 400, "MALFORMED_REQUEST");
}

#[test]
fn a_consumer_acknowledges_what_it_was_given() {
    let server = Server::start();
    let events = format!("/v1/consumers/{CONSUMER}/events");
    assert_eq!(server.send(Sent::get(&events)).json(), json!({"data": [], "ack": null}));
    for text in ["one", "two", "three"] {
        server.fake.receive(text);
    }
    let pulled = server.send(Sent::get(&format!("{events}?limit=2"))).json();
    let texts: Vec<&Value> = pulled["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|event| &event["data"]["text"]["body"])
        .collect();
    assert_eq!(texts, ["one", "two"]);
    server.fake.take_seen();
    let body = json!({"ack": pulled["ack"]}).to_string();
    assert_eq!(server.send(Sent::post(&format!("/v1/consumers/{CONSUMER}/ack"), &body)).status, 204);
    let reached = vec![(crate::fake::OPEN, 2)];
    assert_eq!(server.fake.take_seen(), [Seen::Endpoint(EndpointCommand::Ack(CONSUMER, reached))]);
    let other = server.send(Sent::post("/v1/consumers/whk_0000000000000023/ack", &body));
    assert_eq!((other.status, &other.json()["errors"][0]["field"]), (422, &json!("ack")));
    assert_eq!(server.fake.take_seen(), []);
}

#[test]
fn long_polls_are_bounded_as_streams_are() {
    let server = Server::bounded(Bounds { streams_max: 0, ..Bounds::default() });
    for path in [format!("/v1/consumers/{CONSUMER}/events"), "/v1/instances/shop/events".to_owned()] {
        assert_eq!(server.send(Sent::get(&path)).status, 200);
        let waiting = server.send(Sent::get(&format!("{path}?wait_ms=5")));
        assert_eq!((waiting.status, waiting.problem().as_str()), (503, "UNAVAILABLE"), "{path}");
    }
}

/// The events in a stream, until there are `count` or it ends: their ids, and whether a client may resume by them. `more` is
/// called when `sign` was read.
fn events(
    server: &Server,
    request: Sent,
    (count, sign): (usize, &str),
    more: impl FnOnce(),
) -> Vec<(String, bool)> {
    let mut text = String::new();
    let mut more = Some(more);
    let mut found = Vec::new();
    let (status, headers, _) = server.wait(follow(server.addr(), request, |bytes| {
        text.push_str(bytes);
        let blocks = text.split_terminator("\n\n").filter(|block| block.contains("data: "));
        found = blocks.map(event).collect();
        if let Some(more) = more.take_if(|_| text.contains(sign)) {
            more();
        }
        found.len() < count
    }));
    assert_eq!((status, &headers["content-type"]), (200, &"text/event-stream".parse().expect("a value")));
    found
}

fn event(block: &str) -> (String, bool) {
    let data = block.lines().find_map(|line| line.strip_prefix("data: ")).expect("data");
    let json: Value = serde_json::from_str(data).expect("JSON");
    let id = json["id"].as_str().expect("an id").to_owned();
    let resumes = block.lines().find_map(|line| line.strip_prefix("id: "));
    assert!(resumes.is_none_or(|resumes| resumes == id), "{block}");
    (id, resumes.is_some())
}

fn id(sequence: u64) -> String {
    format!("evt_0000000000000011{sequence:016x}")
}

#[test]
fn a_stream_over_all_instances_tells_what_happens_after_it_was_opened() {
    let server = Server::start();
    server.fake.follow_on();
    server.fake.receive("before");
    let fake = server.fake.clone();
    let told = events(&server, Sent::get(STREAM), (2, "retry: "), || {
        fake.receive("one");
        fake.receive("two");
    });
    assert_eq!(told, [(id(2), true), (id(3), true)]);
    assert_eq!(server.fake.take_seen(), [Seen::Follow(FollowFrom::Now)]);
}

/// Other logs may not have been read by then, and would be skipped.
#[test]
fn nobody_resumes_by_an_event_of_a_stream_that_catches_up() {
    let server = Server::bounded(Bounds { heartbeat_ms: 10, ..Bounds::default() });
    server.fake.follow_on();
    server.fake.receive("one");
    server.fake.receive("two");
    let fake = server.fake.clone();
    let from_the_start = Sent::get(&format!("{STREAM}?from=1970-01-01T00:00:01Z"));
    // The heartbeat says that everything was told.
    let told = events(&server, from_the_start, (3, ": heartbeat"), || fake.receive("three"));
    assert_eq!(told, [(id(1), false), (id(2), false), (id(3), true)]);
}

#[test]
fn it_resumes_a_while_before_the_last_event() {
    let server = Server::start();
    server.fake.receive("one");
    let resumed = |last: &str, query: &str| {
        server.fake.take_seen();
        let answer = server.send(Sent::get(&format!("{STREAM}{query}")).header("last-event-id", last));
        let from = server.fake.take_seen().into_iter().find_map(|seen| match seen {
            Seen::Follow(from) => Some(from),
            _ => None,
        });
        (answer.status, from)
    };
    let overlap = FollowFrom::Time { ms: 1_700_000_000_000 - 60_000 };
    assert_eq!(resumed(&id(1), ""), (200, Some(overlap)));
    assert_eq!(resumed(&id(1), "?from=1970-01-01T00:00:01Z"), (200, Some(overlap)), "the header is newer");
    let foreign = "evt_00000000000000130000000000000001";
    for unknown in [&id(2), "7", foreign, ""] {
        assert_eq!(resumed(unknown, ""), (400, None), "{unknown}");
        let from = FollowFrom::Time { ms: 1_000 };
        assert_eq!(resumed(unknown, "?from=1970-01-01T00:00:01Z"), (200, Some(from)), "{unknown}");
    }
}

#[test]
fn a_quiet_stream_over_all_instances_has_a_heartbeat() {
    let server = Server::bounded(Bounds { heartbeat_ms: 10, ..Bounds::default() });
    server.fake.follow_on();
    let mut beats = 0;
    server.wait(follow(server.addr(), Sent::get(STREAM), |bytes| {
        beats += usize::from(bytes == ": heartbeat\n\n");
        beats < 3
    }));
    assert_eq!(beats, 3);
}
