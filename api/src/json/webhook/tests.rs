use serde_json::{Value, json};
use trunkline_model::delivery::{Format, HttpTarget, NatsTarget, RabbitMqTarget, Target};

use super::*;
use trunkline_model::command::Replay;

fn resolve(name: &str) -> Option<InstanceId> {
    matches!(name, "shop" | "ins_0000000000000007").then_some(InstanceId(7))
}

fn body(json: &Value) -> WebhookBody {
    serde_json::from_value(json.clone()).expect("JSON of this form")
}

fn wrong(failure: Failure) -> Vec<String> {
    failure.fields.into_iter().map(|field| field.field).collect()
}

/// A body that has a URL, and these fields instead of or beside it.
fn with(fields: &Value) -> Value {
    let mut body = json!({"url": "https://example.org/hook"});
    for (name, value) in fields.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

#[test]
fn what_is_wrong_with_a_new_webhook_is_named() {
    let check = |fields: Value, expected: &[&str]| {
        let read = body(&with(&fields)).create(&resolve);
        assert_eq!(read.err().map(wrong).unwrap_or_default(), expected, "{fields}");
    };
    check(json!({}), &[]);
    check(json!({"type": "smtp"}), &["type"]);
    check(json!({"type": "pull"}), &["type"]);
    check(json!({"name": " "}), &["name"]);
    check(json!({"name": null}), &[]);
    for url in
        ["ftp://example.org", "https://", "https://u:p@example.org", "example.org", "nats://example.org"]
    {
        check(json!({"url": url}), &["url"]);
    }
    check(json!({"secret": "short"}), &["secret"]);
    check(json!({"subject": "a", "token": "b"}), &["subject", "token"]);
    check(json!({"headers": {"X-Tenant": "a", "x-tenant": "b"}}), &["headers.x-tenant"]);
    for name in
        ["Host", "content-type", "Trunkline-Signature", "Transfer-Encoding", "Connection", "with space", ""]
    {
        check(json!({"headers": {name: "a"}}), &[&format!("headers.{name}")]);
    }
    check(json!({"headers": {"X-A": "line\nbreak"}}), &["headers.X-A"]);
    check(json!({"events": ["message.*", "message.recieved", "*"]}), &["events.1", "events.2"]);
    check(json!({"instances": ["shop", "other"]}), &["instances.1"]);
    check(json!({"instances": []}), &["instances"]);
    check(json!({"instances": null}), &[]);
    check(json!({"chat_kinds": ["group", "channel"]}), &["chat_kinds.1"]);
    check(json!({"batch": {"events_max": 0, "wait_ms": 60_001}}), &["batch.events_max", "batch.wait_ms"]);
    check(json!({"concurrency": 0, "timeout_ms": 499}), &["concurrency", "timeout_ms"]);
    check(json!({"retry": {"base_ms": 2_000, "cap_ms": 1_000}}), &["retry.cap_ms"]);
    check(
        json!({"retry": {"base_ms": 1, "give_up_after_seconds": 0}}),
        &["retry.base_ms", "retry.give_up_after_seconds"],
    );
    check(json!({"retry": {"delays_seconds": []}}), &["retry.delays_seconds"]);
    check(
        json!({"retry": {"delays_seconds": [0], "cap_ms": 1_000}}),
        &["retry.delays_seconds", "retry.delays_seconds.0"],
    );
    check(json!({"type": "nats"}), &["subject"]);
    let nats = |fields: Value| {
        let mut all = json!({"type": "nats", "url": "nats://broker:4222", "subject": "t.{account}.{type}"});
        for (name, value) in fields.as_object().expect("an object") {
            all[name] = value.clone();
        }
        all
    };
    check(nats(json!({})), &[]);
    check(nats(json!({"secret": "0123456789abcdef", "exchange": ""})), &["secret", "exchange"]);
    check(nats(json!({"username": "u"})), &["password"]);
    check(nats(json!({"username": "u", "password": "p", "token": "t"})), &["token"]);
    for subject in ["a..b", "a.>", "a.*", "{phone}", "a b", ""] {
        let found =
            body(&nats(json!({"subject": subject}))).create(&resolve).err().map(wrong).unwrap_or_default();
        assert!(!found.is_empty() && found.iter().all(|field| field == "subject"), "{subject}: {found:?}");
    }
    let rabbit = json!({"type": "rabbitmq", "url": "amqp://broker/v", "exchange": ""});
    check(rabbit, &["routing_key", "username", "password"]);
}

#[test]
fn a_new_webhook_has_the_defaults() {
    let new = body(&with(&json!({"instances": ["shop", "ins_0000000000000007"]})))
        .create(&resolve)
        .expect("it is whole");
    assert_eq!(new.filter.instances, Some(vec![InstanceId(7)]), "each once");
    assert_eq!((new.concurrency, new.timeout_ms), (8, 15_000));
    assert_eq!((new.schedule, new.batching), (RetrySchedule::STANDARD, None));
    let Target::Http(http) = new.target else { panic!("it is a webhook") };
    assert_eq!((http.secret.as_str(), http.headers.len()), ("", 0), "the engine makes one up");
    let given = body(&with(&json!({"retry": {}}))).create(&resolve).expect("it is whole");
    assert_eq!(given.schedule, RetrySchedule::STANDARD, "the defaults of a schedule are the standard one");
}

fn http() -> Target {
    Target::Http(HttpTarget {
        url: "https://example.org/old".to_owned(),
        secret: "an old secret of a test".to_owned(),
        old_secret: None,
        headers: vec![("X-A".to_owned(), "1".to_owned())],
        format: Format::Native,
    })
}

#[test]
fn a_change_keeps_what_it_does_not_name() {
    let change = |fields: Value, old: &Target| body(&fields).update(old, &resolve);
    let untouched = change(json!({"name": "crm", "instances": null}), &http()).expect("it is whole");
    assert_eq!((untouched.target, untouched.name), (None, Some(Some("crm".to_owned()))));
    assert_eq!((untouched.instances, untouched.events), (Some(None), None));

    let moved =
        change(json!({"url": "https://example.org/new", "type": "http"}), &http()).expect("it is whole");
    let Some(Target::Http(moved)) = moved.target else { panic!("it moved") };
    assert_eq!(moved.url, "https://example.org/new");
    assert_eq!(moved.headers, [("X-A".to_owned(), "1".to_owned())]);
    assert_eq!(moved.secret, "", "the engine keeps the one that there is");

    let nats = Target::Nats(NatsTarget {
        url: "nats://broker".to_owned(),
        subject: "a".to_owned(),
        username: Some("u".to_owned()),
        password: Some("p".to_owned()),
        token: None,
    });
    let other_login = change(json!({"token": "t"}), &nats).expect("a login is replaced as a whole");
    let Some(Target::Nats(other_login)) = other_login.target else { panic!("it changed") };
    assert_eq!((other_login.username, other_login.token), (None, Some("t".to_owned())));
    let no_login = change(json!({"username": null}), &nats).expect("it is whole");
    let Some(Target::Nats(no_login)) = no_login.target else { panic!("it changed") };
    assert_eq!((no_login.username, no_login.password), (None, None));

    let rabbit = Target::RabbitMq(RabbitMqTarget {
        url: "amqp://broker".to_owned(),
        username: "u".to_owned(),
        password: "p".to_owned(),
        exchange: "e".to_owned(),
        routing_key: "k".to_owned(),
    });
    let wrong = |fields: Value, old: &Target| change(fields, old).err().map(wrong).unwrap_or_default();
    assert_eq!(wrong(json!({"username": null}), &rabbit), ["username"]);
    assert_eq!(wrong(json!({"type": "nats"}), &http()), ["type"]);
    assert_eq!(wrong(json!({"subject": "b"}), &http()), ["subject"]);
    assert_eq!(wrong(json!({"url": "https://example.org"}), &nats), ["url"]);
}

#[test]
fn a_replay_names_its_events_in_one_way() {
    let read = |json: Value| {
        let body: ReplayBody = serde_json::from_value(json).expect("JSON of this form");
        body.read(&resolve)
    };
    let id = |instance: u64, sequence: u64| format!("evt_{instance:016x}{sequence:016x}");
    let ids = json!({"events": [id(7, 9), id(7, 3), id(7, 9)]});
    assert_eq!(read(ids).expect("whole"), Replay::Events(vec![(InstanceId(7), 3), (InstanceId(7), 9)]));
    let times = json!({"from": "1970-01-01T00:00:01Z", "to": "1970-01-01T00:00:02Z", "instance": "shop"});
    let expected = Replay::Times { instance: Some(InstanceId(7)), from_ms: 1_000, to_ms: 2_000 };
    assert_eq!(read(times).expect("whole"), expected);
    let after = json!({"instance": "shop", "after": 0});
    assert_eq!(read(after).expect("whole"), Replay::After(InstanceId(7), 0));
    assert_eq!(read(json!({"dead_letters": true})).expect("whole"), Replay::DeadLetters);
    let time = "2026-01-01T00:00:00Z";
    for (json, expected) in [
        (json!({}), "body"),
        (json!({"instance": "shop"}), "body"),
        (json!({"after": 1, "dead_letters": true}), "body"),
        (json!({"after": 1}), "instance"),
        (json!({"after": 1, "instance": "other"}), "instance"),
        (json!({"events": []}), "events"),
        (json!({"events": [id(8, 1)]}), "events.0"),
        (json!({"events": ["evt_1"]}), "events.0"),
        (json!({"events": [id(7, 1)], "instance": "shop"}), "instance"),
        (json!({"from": time}), "to"),
        (json!({"to": time}), "from"),
        (json!({"from": time, "to": time}), "to"),
        (json!({"from": "yesterday", "to": time}), "from"),
        (json!({"dead_letters": false}), "dead_letters"),
    ] {
        assert_eq!(read(json.clone()).map_err(wrong), Err(vec![expected.to_owned()]), "{json}");
    }
}
