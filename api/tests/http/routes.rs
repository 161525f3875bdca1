//! One row for each route of the table, and what every route has in common.

use std::collections::BTreeSet;

use serde_json::json;
use trunkline_api::route::{BodyRule, Route, Target, routes};
use trunkline_model::Address;
use trunkline_model::command::{
    Command, CreateInstance, EndpointCommand, PasskeyAssertion, Replay, SendRequest, UpdateEndpoint,
    UpdateInstance,
};
use trunkline_model::delivery::FollowFrom;
use trunkline_model::instance::InstanceState;
use trunkline_model::message::{
    Content, Edit, Lane, MessageRef, MessageStatus, SendMessage, SendOptions, Text,
};
use trunkline_model::record::EventRetention;

use crate::answers::endpoint::{CONSUMER, WEBHOOK};
use crate::client::{Sent, Server};
use crate::fake::{COOKIE, NO_SCOPE_KEY, OPEN, OTHER_KEY, Seen, message_id};

/// A request that works.
struct Row {
    route: &'static str,
    request: Sent,
    status: u16,
    /// What reaches the engine; for a row made of the table's own example it is one command, whichever.
    seen: Option<Vec<Seen>>,
}

fn row(route: &'static str, request: Sent, status: u16, seen: Vec<Seen>) -> Row {
    Row { route, request, status, seen: Some(seen) }
}

/// The example of the documentation.
fn example(route: &Route) -> Row {
    let path = route.example_path().replace("/support", "/shop");
    let request = Sent::new(route.method.as_str(), &path);
    let request = match route.target {
        Target::Sign(_) => request
            .key(None)
            .header("Cookie", &format!("trunkline_session={COOKIE}"))
            .header("X-Trunkline-Csrf", "1"),
        _ => request,
    };
    let request = match (route.body, route.example) {
        (BodyRule::File, _) => request.body("image/jpeg", b"\xff\xd8\xff"),
        (BodyRule::Rows, _) => request.body("text/csv", b"phone\n+5511912345678\n"),
        (_, Some(body)) => request.json(&body.replace("\"support\"", "\"shop\"")),
        (_, None) => request,
    };
    Row { route: route.name, request, status: route.reply.statuses()[0], seen: None }
}

fn told(command: Command) -> Vec<Seen> {
    vec![Seen::Command(OPEN, command)]
}

fn open_rows() -> Vec<Row> {
    [
        ("node.live", "/healthz"),
        ("node.ready", "/readyz"),
        ("node.metrics", "/metrics"),
        ("docs.errors", "/docs/errors"),
        ("docs.error", "/docs/errors/VALIDATION"),
    ]
    .map(|(route, path)| row(route, Sent::get(path).key(None), 200, Vec::new()))
    .into()
}

fn instance_rows() -> Vec<Row> {
    let create = CreateInstance {
        name: Some("shop-2".to_owned()),
        metadata: Some("{ \"a\": 1 }".to_owned()),
        workspace: None,
    };
    let update = UpdateInstance { name: Some("shop-3".to_owned()), metadata: Some(None), workspace: None };
    let create_body = r#"{"name":"shop-2","metadata":{ "a": 1 }}"#;
    let mut rows = vec![
        row("instances.create", Sent::post("/v1/instances", create_body), 201, vec![Seen::Create(create)]),
        row(
            "instances.import",
            Sent::post("/v1/instances/import", include_str!("../../examples/instances.import.json")),
            201,
            vec![Seen::Create(CreateInstance {
                name: Some("moved".to_owned()),
                ..CreateInstance::default()
            })],
        ),
        row(
            "instances.list",
            Sent::get("/v1/instances?limit=1&state=open"),
            200,
            vec![Seen::List(None, 1, Some(InstanceState::Open))],
        ),
        row("instances.get", Sent::get("/v1/instances/shop"), 200, told(Command::GetInstance)),
        row(
            "instances.update",
            Sent::new("PATCH", "/v1/instances/shop").json(r#"{"name":"shop-3","metadata":null}"#),
            200,
            told(Command::UpdateInstance(Box::new(update))),
        ),
        row(
            "instances.delete",
            Sent::new("DELETE", &format!("/v1/instances/{OPEN}")),
            204,
            told(Command::DeleteInstance),
        ),
        row("node.status", Sent::get("/v1/node"), 200, vec![Seen::Node]),
    ];
    let actions = [
        ("instances.connect", "connect", Command::Connect),
        ("instances.disconnect", "disconnect", Command::Disconnect),
        ("instances.restart", "restart", Command::Restart),
        ("instances.logout", "logout", Command::Logout),
    ];
    for (route, verb, command) in actions {
        let request = Sent::new("POST", &format!("/v1/instances/shop/{verb}"));
        rows.push(row(route, request, 200, told(command)));
    }
    rows
}

fn pairing_rows() -> Vec<Row> {
    let assertion = PasskeyAssertion {
        credential_id: vec![1],
        client_data_json: b"{}".to_vec(),
        authenticator_data: vec![0xfb, 0xff],
        signature: vec![4],
        user_handle: None,
    };
    let passkey =
        r#"{"credential_id":"AQ","client_data_json":"e30","authenticator_data":"-_8","signature":"BA=="}"#;
    vec![
        row("pairing.get", Sent::get("/v1/instances/shop/pairing"), 200, told(Command::GetPairing)),
        row("pairing.qr", Sent::get("/v1/instances/shop/qr?format=svg"), 200, told(Command::GetPairing)),
        row(
            "pairing.code",
            Sent::post("/v1/instances/shop/pairing-code", r#"{"phone":"+966 50 123-4567"}"#),
            200,
            told(Command::RequestPairingCode { phone: "966501234567".to_owned() }),
        ),
        row(
            "pairing.passkey",
            Sent::post("/v1/instances/shop/passkey", passkey),
            200,
            told(Command::AnswerPasskey(assertion)),
        ),
        row(
            "pairing.passkey_confirm",
            Sent::post("/v1/instances/shop/passkey/confirm", "{}"),
            200,
            told(Command::ConfirmPasskey),
        ),
    ]
}

/// What reaches the engine when somebody changes the message that it knows.
fn about(content: Content) -> Vec<Seen> {
    let message = SendMessage { content, ..text_to_somebody() };
    let send = Command::Send(Box::new(SendRequest { message, idempotency_key: None }));
    [told(Command::GetMessage { id: message_id() }), told(send)].concat()
}

fn text_to_somebody() -> SendMessage {
    SendMessage {
        to: Address::Phone("966501234567".to_owned()),
        content: Content::Text(Text::plain("hi")),
        quote: None,
        mentions: Vec::new(),
        options: SendOptions::default(),
        lane: Lane::Interactive,
        metadata: None,
    }
}

fn message_rows() -> Vec<Row> {
    let text = text_to_somebody();
    let send = Command::Send(Box::new(SendRequest { message: text, idempotency_key: None }));
    let read = Command::MarkRead {
        chat: "120363021033254949@g.us".to_owned(),
        participant: Some("966501234567@s.whatsapp.net".to_owned()),
        wa_ids: vec!["3EB0AA".to_owned()],
    };
    let read_body = r#"{"chat":"120363021033254949@g.us","participant":"966501234567","wa_ids":["3EB0AA"]}"#;
    vec![
        row(
            "messages.send",
            Sent::post("/v1/instances/shop/messages", r#"{"to":"+966501234567","text":{"body":"hi"}}"#),
            202,
            told(send),
        ),
        row(
            "messages.list",
            Sent::get("/v1/instances/shop/messages?limit=1&status=failed"),
            200,
            told(Command::ListMessages { before: None, status: Some(MessageStatus::Failed), limit: 1 }),
        ),
        row(
            "messages.list",
            Sent::get("/v1/instances/shop/messages?wa_id=3EB0AA"),
            200,
            told(Command::FindMessage { wa_id: "3EB0AA".to_owned() }),
        ),
        row("messages.read", Sent::post("/v1/instances/shop/messages/read", read_body), 204, told(read)),
        row(
            "events.list",
            Sent::get("/v1/instances/shop/events?after=3&limit=5"),
            200,
            told(Command::PullEvents { after: 3, limit: 5 }),
        ),
        row(
            "media.get",
            Sent::get("/v1/instances/shop/media/med_0000000000000007"),
            200,
            told(Command::FetchMedia { sequence: 7 }),
        ),
    ]
}

fn one_message_rows() -> Vec<Row> {
    let id = message_id();
    vec![
        row(
            "messages.get_of_instance",
            Sent::get(&format!("/v1/instances/shop/messages/{id}")),
            200,
            told(Command::GetMessage { id }),
        ),
        row("messages.get", Sent::get(&format!("/v1/messages/{id}")), 200, told(Command::GetMessage { id })),
        row(
            "messages.edit",
            Sent::new("PATCH", &format!("/v1/messages/{id}")).json(r#"{"body":"hi!"}"#),
            202,
            about(Content::Edit(Edit {
                wa_id: "3EB0AA".to_owned(),
                body: "hi!".to_owned(),
                caption_of: None,
            })),
        ),
        row(
            "messages.delete",
            Sent::new("DELETE", &format!("/v1/messages/{id}")),
            202,
            about(Content::Revoke(MessageRef {
                wa_id: "3EB0AA".to_owned(),
                from_me: true,
                participant: None,
            })),
        ),
        row(
            "messages.resend",
            Sent::new("POST", &format!("/v1/messages/{id}/resend")),
            202,
            told(Command::ResendMessage { id }),
        ),
        row(
            "messages.list_receipts",
            Sent::get(&format!("/v1/messages/{id}/receipts")),
            200,
            told(Command::GetReceipts { id }),
        ),
        row(
            "messages.get_content",
            Sent::get(&format!("/v1/messages/{id}/content")),
            200,
            told(Command::GetBodies { ids: vec![id] }),
        ),
    ]
}

fn webhook_rows() -> Vec<Row> {
    let asked = |command| vec![Seen::Endpoint(command)];
    let webhook = |rest: &str| format!("/v1/webhooks/{WEBHOOK}{rest}");
    let times = Replay::Times { instance: Some(OPEN), from_ms: 1_000, to_ms: 2_000 };
    let times_body = r#"{"instance":"shop","from":"1970-01-01T00:00:01Z","to":"1970-01-01T00:00:02Z"}"#;
    vec![
        row(
            "webhooks.list",
            Sent::get("/v1/webhooks?limit=5"),
            200,
            asked(EndpointCommand::List { pulling: false, after: None, limit: 5 }),
        ),
        row("webhooks.get", Sent::get(&webhook("")), 200, asked(EndpointCommand::Get(WEBHOOK))),
        row(
            "webhooks.update",
            Sent::new("PATCH", &webhook("")).json(r#"{"name":null,"batch":null}"#),
            200,
            vec![
                Seen::Endpoint(EndpointCommand::Get(WEBHOOK)),
                Seen::Endpoint(EndpointCommand::Update(
                    WEBHOOK,
                    Box::new(UpdateEndpoint {
                        name: Some(None),
                        batching: Some(None),
                        ..UpdateEndpoint::default()
                    }),
                )),
            ],
        ),
        row(
            "webhooks.rotate_secret",
            Sent::post(&webhook("/rotate-secret"), r#"{"overlap_seconds":60}"#),
            200,
            asked(EndpointCommand::RotateSecret(WEBHOOK, 60_000)),
        ),
        row(
            "webhooks.deliveries",
            Sent::get(&webhook("/deliveries?instance=shop&failed=true&limit=3")),
            200,
            asked(EndpointCommand::Deliveries { id: WEBHOOK, instance: Some(OPEN), failed: true, limit: 3 }),
        ),
        row(
            "webhooks.replay",
            Sent::post(&webhook("/replay"), times_body),
            202,
            asked(EndpointCommand::Replay(WEBHOOK, times)),
        ),
    ]
}

fn account_rows() -> Vec<Row> {
    let asked = |command| vec![Seen::Endpoint(command)];
    let kept = EventRetention { days: None, bytes: Some(1 << 20) };
    let kept_body = r#"{"max_age_days":null,"max_bytes_per_instance":1048576}"#;
    let from = FollowFrom::Time { ms: 1_000 };
    vec![
        row(
            "consumers.events",
            Sent::get(&format!("/v1/consumers/{CONSUMER}/events?limit=9&wait_ms=7")),
            200,
            asked(EndpointCommand::Pull { id: CONSUMER, limit: 9, wait_ms: 7 }),
        ),
        row(
            "consumers.ack",
            Sent::post(
                &format!("/v1/consumers/{CONSUMER}/ack"),
                include_str!("../../examples/consumers.ack.json"),
            ),
            204,
            asked(EndpointCommand::Ack(CONSUMER, vec![(OPEN, 42)])),
        ),
        row(
            "events.stream",
            Sent::get("/v1/events?from=1970-01-01T00:00:01Z"),
            200,
            vec![Seen::Follow(from)],
        ),
        row("events.retention_get", Sent::get("/v1/events/retention"), 200, vec![Seen::GetRetention]),
        row(
            "events.retention_put",
            Sent::new("PUT", "/v1/events/retention").json(kept_body),
            200,
            vec![Seen::SetRetention(kept)],
        ),
    ]
}

fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = [
        open_rows(),
        instance_rows(),
        pairing_rows(),
        message_rows(),
        one_message_rows(),
        webhook_rows(),
        account_rows(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let written: BTreeSet<&str> = rows.iter().map(|row| row.route).collect();
    rows.extend(routes().filter(|route| !written.contains(route.name)).map(example));
    rows
}

/// The rows that need a key.
fn native_rows() -> Vec<Row> {
    let native =
        |name: &str| routes().any(|route| route.name == name && matches!(route.target, Target::Native(..)));
    rows().into_iter().filter(|row| native(row.route)).collect()
}

/// The rows whose route takes a body of this kind.
fn rows_with_body(is_wanted: impl Fn(BodyRule) -> bool) -> Vec<Row> {
    let takes = |name: &str| routes().any(|route| route.name == name && is_wanted(route.body));
    rows().into_iter().filter(|row| takes(row.route)).collect()
}

/// Sends every request changed by `change`, and expects the same refusal of each, before the engine hears of it.
fn refused(rows: Vec<Row>, change: impl Fn(Sent) -> Sent, status: u16, code: &str) {
    let server = Server::start();
    for row in rows {
        let answer = server.send(change(row.request));
        assert_eq!(answer.status, status, "{}: {}", row.route, answer.text());
        assert_eq!(answer.problem(), code, "{}", row.route);
        assert_eq!(server.fake.take_seen(), [], "{}", row.route);
    }
}

#[test]
fn every_example_of_the_documentation_works() {
    let server = Server::start();
    for route in routes() {
        let answer = server.send(example(route).request);
        assert!(route.reply.statuses().contains(&answer.status), "{}: {}", route.name, answer.text());
    }
}

#[test]
fn every_route_reaches_the_engine_as_it_should() {
    let server = Server::start();
    for row in rows() {
        let answer = server.send(row.request.clone());
        assert_eq!(answer.status, row.status, "{}: {}", row.route, answer.text());
        let seen = server.fake.take_seen();
        match row.seen {
            Some(wanted) => assert_eq!(seen, wanted, "{}", row.route),
            None => assert!(
                !row.request.path.starts_with("/v1/")
                    || matches!(seen[..], [Seen::Command(..) | Seen::Endpoint(..) | Seen::Account(..)])
                    || matches!(seen[..], [Seen::Plan(..)])
                    // A template is made a message of before it is sent.
                    || matches!(seen[..], [Seen::Plan(..), Seen::Command(..)])
                    // What is there already is looked at before it is changed.
                    || matches!(seen[..], [Seen::Account(..), Seen::Account(..)])
                    || matches!(seen[..], [Seen::Account(..), Seen::Blob(_), Seen::Account(..)])
                    || matches!(seen[..], [Seen::CreateAccount(_) | Seen::ListAccounts(..)]),
                "{}: {seen:?}",
                row.route
            ),
        }
        assert!(!answer.header("x-request-id").is_empty(), "{}", row.route);
        assert_eq!(answer.header("cache-control"), "no-store", "{}", row.route);
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{}", row.route);
    }
}

#[test]
fn the_node_is_shown_to_its_operator_alone() {
    let server = Server::start();
    let shown = server.send(Sent::get("/v1/node"));
    let expected = serde_json::json!({
        "version": "0.0.0",
        "started_at": "2023-11-14T22:13:20.000Z",
        "uptime_ms": 61_000,
        "shards": [{"shard": 0, "instances": 2, "lag_ms": 3}, {"shard": 1, "instances": 1, "lag_ms": 40}],
        "instances": {"open": 2, "backing_off": 1},
        "resume": {
            "total": 5, "waiting": 1, "connecting": 1, "open": 1, "failed": 2,
            "failed_by_reason": {"silent": 1, "temporary_ban": 1}, "done": false,
        },
        "open_files": {"limit": 1_024, "used": null},
    });
    assert_eq!(shown.json(), expected);
    let tenant = server.send(Sent::get("/v1/node").key(Some(OTHER_KEY)));
    assert_eq!((tenant.status, tenant.problem().as_str()), (403, "FORBIDDEN"));
}

#[test]
fn without_a_key_nothing_of_a_tenant_is_told() {
    refused(native_rows(), |request| request.key(None), 401, "UNAUTHORIZED");
}

#[test]
fn an_unknown_key_opens_nothing() {
    refused(native_rows(), |request| request.key(Some("tk_wrong")), 401, "UNAUTHORIZED");
}

#[test]
fn a_key_in_the_query_string_opens_nothing() {
    let with_token = |request: Sent| Sent {
        path: format!("{}?token=tk_root&access_token=tk_root&key=tk_root", request.path),
        ..request.key(None)
    };
    refused(native_rows(), with_token, 401, "UNAUTHORIZED");
}

#[test]
fn a_key_without_the_scope_opens_nothing() {
    refused(native_rows(), |request| request.key(Some(NO_SCOPE_KEY)), 403, "FORBIDDEN");
}

#[test]
fn another_accounts_instance_does_not_exist() {
    let rows = native_rows().into_iter().filter(|row| row.request.path.contains("/shop")).collect();
    refused(rows, |request| request.key(Some(OTHER_KEY)), 404, "INSTANCE_NOT_FOUND");
}

#[test]
fn an_unknown_query_parameter_is_refused() {
    let with_parameter = |request: Sent| {
        let separator = if request.path.contains('?') { '&' } else { '?' };
        Sent { path: format!("{}{separator}surprise=1", request.path), ..request }
    };
    refused(native_rows(), with_parameter, 400, "MALFORMED_REQUEST");
}

fn is_json(body: BodyRule) -> bool {
    matches!(body, BodyRule::Json(_) | BodyRule::LongJson(_) | BodyRule::Large(_) | BodyRule::Message(_))
}

fn is_json_or_nothing(body: BodyRule) -> bool {
    is_json(body) || matches!(body, BodyRule::Empty)
}

#[test]
fn an_unknown_field_is_named() {
    let server = Server::start();
    for row in rows_with_body(is_json_or_nothing) {
        let mut body = match row.request.body.as_slice() {
            [] => json!({}),
            bytes => serde_json::from_slice(bytes).expect("the row has JSON"),
        };
        body["surprise"] = json!(1);
        let answer = server.send(row.request.json(&body.to_string()));
        assert_eq!(answer.status, 422, "{}: {}", row.route, answer.text());
        assert_eq!(answer.problem(), "VALIDATION");
        assert_eq!(answer.json()["errors"][0]["field"], "surprise", "{}", row.route);
        assert_eq!(server.fake.take_seen(), [], "{}", row.route);
    }
}

#[test]
fn what_is_not_json_is_refused() {
    refused(rows_with_body(is_json_or_nothing), |request| request.json("{\"a\":"), 400, "MALFORMED_BODY");
    refused(rows_with_body(is_json), |request| request.json("\u{1}\u{0}"), 400, "MALFORMED_BODY");
}

#[test]
fn a_form_is_refused() {
    let as_form = |request: Sent| request.body("application/x-www-form-urlencoded", "a=b");
    refused(rows_with_body(is_json_or_nothing), as_form, 415, "UNSUPPORTED_MEDIA_TYPE");
}

#[test]
fn a_compressed_body_is_refused() {
    let compressed = |request: Sent| request.header("content-encoding", "gzip");
    refused(rows_with_body(is_json), compressed, 415, "UNSUPPORTED_MEDIA_TYPE");
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let long = "x".repeat(70 << 10);
    refused(
        rows_with_body(|body| matches!(body, BodyRule::Json(_) | BodyRule::Empty)),
        |request| request.json(&format!("{{\"name\":\"{long}\"}}")),
        413,
        "BODY_TOO_LARGE",
    );
}
