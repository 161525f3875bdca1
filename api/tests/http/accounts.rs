//! Accounts, keys and apps: what is read, what is shown, what limited keys may not, and what is remembered.

use serde_json::json;
use trunkline_api::server::Bounds;
use trunkline_model::Dialect;
use trunkline_model::WorkspaceId;
use trunkline_model::account::{AuditAction, Who};
use trunkline_model::command::{AccountCommand, AddCredits, NewKey, UpdateKey};
use trunkline_model::credit::PocketKind;

use crate::answers::account::{KEY, TENANT};
use crate::client::{Sent, Server};
use crate::fake::{ACCOUNT, COOKIE, LIMITED_KEY, OPEN, OTHER_KEY, Seen, UNLINKED, message_id};

fn asked(server: &Server, request: Sent) -> Vec<Seen> {
    let answer = server.send(request);
    assert!(answer.status < 300, "{}", answer.text());
    server.fake.take_seen()
}

#[test]
fn a_key_is_read_as_its_dialect_has_it() {
    let server = Server::start();
    let body = json!({
        "label": "crm", "dialect": "wessaal", "scopes": ["send_message", "send_message"],
        "instances": ["shop", OPEN.to_string()], "allowed_ips": ["192.0.2.7", "2001:db8::/32"],
        "expires_at": "2099-01-01T00:00:00Z",
    });
    let wanted = NewKey {
        label: "crm".to_owned(),
        dialect: Dialect::Wessaal,
        scopes: vec!["send_message".to_owned()],
        instances: Some(vec![OPEN]),
        allowed_ips: vec!["192.0.2.7/32".to_owned(), "2001:db8::/32".to_owned()],
        expires_at_ms: Some(4_070_908_800_000),
        chosen: None,
    };
    let create = AccountCommand::CreateKey(Box::new(wanted));
    assert_eq!(asked(&server, Sent::post("/v1/keys", &body.to_string())), [Seen::Account(ACCOUNT, create)]);
    // The operator makes the first key of a tenant, whose instances are not the operator's.
    let first = json!({ "label": "first", "scopes": ["*"] }).to_string();
    let seen = asked(&server, Sent::post(&format!("/v1/accounts/{TENANT}/keys"), &first));
    assert!(matches!(&seen[..], [Seen::Account(TENANT, AccountCommand::CreateKey(_))]), "{seen:?}");
}

#[test]
fn what_is_wrong_with_a_key_is_named() {
    let server = Server::start();
    let check = |change: serde_json::Value, fields: &[&str]| {
        let mut body = json!({ "label": "crm", "scopes": ["messages:send"] });
        for (name, value) in change.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let answer = server.send(Sent::post("/v1/keys", &body.to_string()));
        assert_eq!((answer.status, answer.problem().as_str()), (422, "VALIDATION"), "{body}");
        let errors = answer.json()["errors"].clone();
        let named: Vec<&str> =
            errors.as_array().expect("a list").iter().filter_map(|e| e["field"].as_str()).collect();
        assert_eq!(named, fields, "{body}");
        assert_eq!(server.fake.take_seen(), [], "{body}");
    };
    check(json!({ "label": " ", "scopes": [] }), &["label", "scopes"]);
    check(json!({ "dialect": "klingon" }), &["dialect"]);
    check(json!({ "dialect": "wastack" }), &["scopes.0"]);
    check(json!({ "scopes": ["messages:send", "read"] }), &["scopes.1"]);
    check(json!({ "instances": ["foreign"], "allowed_ips": ["here"] }), &["instances.0", "allowed_ips.0"]);
    check(json!({ "instances": [] }), &["instances"]);
    check(json!({ "expires_at": "2020-01-01T00:00:00Z" }), &["expires_at"]);
    check(json!({ "expires_at": "soon" }), &["expires_at"]);
}

#[test]
fn a_key_is_shown_without_itself() {
    let server = Server::start();
    let shown = server.send(Sent::get(&format!("/v1/keys/{KEY}")));
    let expected = json!({
        "id": KEY.to_string(), "label": "crm", "dialect": "wastack", "prefix": "wa_live_abcdef",
        "scopes": ["write"], "instances": [OPEN.to_string()], "allowed_ips": ["192.0.2.0/24"],
        "expires_at": "2099-01-01T00:00:00.000Z", "last_used_at": "2023-11-14T22:13:21.000Z",
        "old_key_until": "2023-11-14T22:14:20.000Z", "created_at": "2023-11-14T22:13:20.000Z",
    });
    assert_eq!(shown.json(), expected);
    let rotated = server.send(Sent::post(&format!("/v1/keys/{KEY}/rotate"), "{}"));
    assert_eq!(rotated.json()["key"], "a-key-that-is-shown-once");
}

#[test]
fn the_words_of_a_change_are_those_of_the_key() {
    let server = Server::start();
    let change =
        Sent::new("PATCH", &format!("/v1/keys/{KEY}")).json(r#"{"scopes":["read"],"instances":null}"#);
    let update =
        UpdateKey { scopes: Some(vec!["read".to_owned()]), instances: Some(None), ..UpdateKey::default() };
    let update = AccountCommand::UpdateKey(KEY, Box::new(update));
    let seen = asked(&server, change);
    assert_eq!(seen, [Seen::Account(ACCOUNT, AccountCommand::GetKey(KEY)), Seen::Account(ACCOUNT, update)]);
    let native = Sent::new("PATCH", &format!("/v1/keys/{KEY}")).json(r#"{"scopes":["messages:send"]}"#);
    assert_eq!(server.send(native).status, 422);
}

#[test]
fn what_is_the_operators_is_nobody_elses() {
    let server = Server::start();
    let one = format!("/v1/accounts/{TENANT}");
    for request in [
        Sent::get("/v1/accounts"),
        Sent::get(&one),
        Sent::post("/v1/accounts", r#"{"name":"mine"}"#),
        Sent::new("PATCH", &one).json(r#"{"state":"active"}"#),
        Sent::new("DELETE", &one),
        Sent::post(&format!("{one}/keys"), r#"{"label":"first","scopes":["*"]}"#),
    ] {
        let path = request.path.clone();
        let answer = server.send(request.key(Some(OTHER_KEY)));
        assert_eq!((answer.status, answer.problem().as_str()), (403, "FORBIDDEN"), "{path}");
        assert_eq!(server.fake.take_seen(), [], "{path}");
    }
}

#[test]
fn for_a_limited_key_other_instances_do_not_exist() {
    let server = Server::start();
    let send = |request: Sent| server.send(request.key(Some(LIMITED_KEY)));
    assert_eq!(send(Sent::get("/v1/instances/shop")).status, 200);
    assert_eq!(send(Sent::get(&format!("/v1/messages/{}", message_id()))).status, 200);
    for hidden in ["fresh".to_owned(), UNLINKED.to_string()] {
        let answer = send(Sent::get(&format!("/v1/instances/{hidden}")));
        assert_eq!((answer.status, answer.problem().as_str()), (404, "INSTANCE_NOT_FOUND"), "{hidden}");
    }
    server.fake.take_seen();
    assert_eq!(send(Sent::get("/v1/instances")).status, 200);
    assert_eq!(server.fake.take_seen(), [Seen::ListOnly(vec![OPEN])]);
    // What is the account's is not for a key of some instances.
    for request in [
        Sent::post("/v1/instances", r#"{"name":"another"}"#),
        Sent::post("/v1/keys", r#"{"label":"wider","scopes":["*"]}"#),
        Sent::get("/v1/keys"),
        Sent::get("/v1/webhooks"),
        Sent::get("/v1/audit"),
        Sent::get("/v1/events/retention"),
    ] {
        let path = request.path.clone();
        let answer = send(request);
        assert_eq!((answer.status, answer.problem().as_str()), (403, "FORBIDDEN"), "{path}");
        assert_eq!(server.fake.take_seen(), [], "{path}");
    }
}

#[test]
fn who_changes_an_instance_is_remembered() {
    let server = Server::start();
    let check = |request: Sent, action: Option<AuditAction>| {
        let path = request.path.clone();
        let answer = server.send(request);
        assert!(answer.status < 300, "{path}: {}", answer.text());
        let notes = server.fake.take_notes();
        let wanted: Vec<_> = action.map(|action| (action, OPEN.to_string())).into_iter().collect();
        let told: Vec<_> = notes.iter().map(|(_, action, subject)| (*action, subject.clone())).collect();
        assert_eq!(told, wanted, "{path}");
        for (author, ..) in notes {
            assert!(matches!(author.who, Who::Key(_)), "{author:?}");
            assert_eq!(author.address.as_deref(), Some("127.0.0.1"), "{path}");
        }
    };
    let of = |verb: &str| Sent::new("POST", &format!("/v1/instances/shop/{verb}"));
    let settings = Sent::new("PATCH", "/v1/instances/shop/settings").json(r#"{"auto_read":true}"#);
    let rename = Sent::new("PATCH", "/v1/instances/shop").json(r#"{"name":"shop-3"}"#);
    let export = r#"{"passphrase":"correct horse battery staple"}"#;
    check(Sent::post("/v1/instances", "{}"), Some(AuditAction::InstanceCreated));
    check(rename, Some(AuditAction::InstanceUpdated));
    check(settings, Some(AuditAction::InstanceSettings));
    check(of("connect"), Some(AuditAction::InstanceConnected));
    check(of("disconnect"), Some(AuditAction::InstanceDisconnected));
    check(of("restart"), Some(AuditAction::InstanceRestarted));
    check(of("logout"), Some(AuditAction::InstanceLoggedOut));
    check(of("pairing-code").json(r#"{"phone":"+966501234567"}"#), Some(AuditAction::InstancePairing));
    check(of("export").json(export), Some(AuditAction::InstanceExported));
    check(Sent::new("DELETE", "/v1/instances/shop"), Some(AuditAction::InstanceDeleted));
    check(Sent::get("/v1/instances/shop"), None);
}

#[test]
fn credits_are_read_and_shown() {
    let server = Server::start();
    let path = format!("/v1/accounts/{TENANT}/credits");
    let order = |body: &str| Sent::post(&path, body);
    let shown = server.send(order(r#"{"amount":-3,"pocket":"sms"}"#).header("Idempotency-Key", "a"));
    let pocket = |name: &str| json!({ "pocket": name, "balance": 40, "held": 2 });
    let pockets = json!({ "enabled": true, "pockets": [pocket("whatsapp"), pocket("sms")] });
    assert_eq!((shown.status, shown.json()), (200, pockets.clone()));
    assert_eq!(shown.header("idempotency-replayed"), "true");
    let wanted = AddCredits { pocket: PocketKind::Sms, amount: -3, idempotency_key: Some("a".to_owned()) };
    assert_eq!(server.fake.take_seen(), [Seen::Account(TENANT, AccountCommand::AddCredits(wanted))]);
    for wrong in [r#"{"amount":0}"#, r#"{"amount":1000000001}"#, r#"{"amount":1,"pocket":"fax"}"#, "{}"] {
        let answer = server.send(order(wrong));
        assert_eq!((answer.status, answer.problem().as_str()), (422, "VALIDATION"), "{wrong}");
        assert_eq!(server.fake.take_seen(), [], "{wrong}");
    }
    assert_eq!(server.send(Sent::get("/v1/credits")).json(), pockets);
    let line = json!({
        "number": 7, "time": "2023-11-14T22:13:20.000Z", "movement": "reserved", "amount": -2, "balance": 40,
        "instance": OPEN.to_string(),
    });
    let listed = server.send(Sent::get("/v1/credits/entries?pocket=whatsapp&limit=1")).json();
    assert_eq!(listed["data"], json!([line]));
    let cursor = listed["next_cursor"].as_str().expect("more follow");
    server.fake.take_seen();
    let seen = asked(&server, Sent::get(&format!("/v1/credits/entries?cursor={cursor}&limit=2")));
    let page = AccountCommand::ListCredits { pocket: PocketKind::Whatsapp, before: Some(7), limit: 2 };
    assert_eq!(seen, [Seen::Account(ACCOUNT, page)]);
    let foreign = server.send(order(r#"{"amount":5}"#).key(Some(OTHER_KEY)));
    assert_eq!((foreign.status, foreign.problem().as_str()), (403, "FORBIDDEN"));
}

#[test]
fn the_instances_of_a_workspace_are_listed() {
    let server = Server::start();
    let seen = asked(&server, Sent::get("/v1/instances?workspace=wsp_0000000000000031"));
    assert_eq!(seen, [Seen::ListOf(WorkspaceId(0x31))]);
    assert_eq!(server.send(Sent::get("/v1/instances?workspace=sales")).status, 400);
}

#[test]
fn a_member_does_with_a_cookie_what_their_role_allows() {
    let server = Server::start();
    let signed_in = |request: Sent| {
        let request = request.key(None).header("Cookie", &format!("a=b; trunkline_session={COOKIE}"));
        server.send(request)
    };
    let answer = signed_in(Sent::get("/v1/instances"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let send = || Sent::post("/v1/instances/shop/messages", r#"{"to":"+966501234567","text":{"body":"hi"}}"#);
    let refused = signed_in(send());
    assert_eq!((refused.status, refused.problem().as_str()), (403, "CROSS_SITE"));
    let refused = signed_in(send().header("X-Trunkline-Csrf", "1"));
    assert_eq!((refused.status, refused.problem().as_str()), (403, "FORBIDDEN"), "a viewer looks");
    let refused = signed_in(send().header("Origin", "https://evil.example"));
    assert_eq!((refused.status, refused.problem().as_str()), (403, "CROSS_SITE"));
    let unknown =
        server.send(Sent::get("/v1/instances").key(None).header("Cookie", "trunkline_session=tss_x"));
    assert_eq!((unknown.status, unknown.problem().as_str()), (401, "UNAUTHORIZED"));
}

#[test]
fn signing_in_gives_a_cookie_that_no_script_and_no_other_site_has() {
    let server = Server::start();
    let body = r#"{"email":"Nora@example.org","password":"correct horse battery staple"}"#;
    let answer = server.send(Sent::post("/auth/sign-in", body).key(None));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.starts_with(&format!("trunkline_session={COOKIE}; Path=/; ")), "{cookie}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Max-Age="] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let shown = answer.json();
    assert_eq!(shown["member"]["role"], "viewer");
    assert!(shown["member"].get("password").is_none() && !answer.text().contains(COOKIE), "{shown}");
    let wrong = server.send(Sent::post("/auth/sign-in", r#"{"email":"x","password":"wrong"}"#).key(None));
    assert_eq!((wrong.status, wrong.problem().as_str()), (401, "UNAUTHORIZED"));
    let elsewhere = Sent::post("/auth/sign-in", body).key(None).header("Origin", "https://evil.example");
    assert_eq!(server.send(elsewhere).problem(), "CROSS_SITE");
    let out =
        Sent::post("/auth/sign-out", "").key(None).header("Cookie", &format!("trunkline_session={COOKIE}"));
    let out = server.send(out.header("X-Trunkline-Csrf", "1"));
    assert_eq!((out.status, out.header("set-cookie").contains("Max-Age=0")), (204, true));
    let plain = Server::bounded(Bounds { plain_cookies: true, ..Bounds::default() });
    let answer = plain.send(Sent::post("/auth/sign-in", body).key(None));
    assert!(!answer.header("set-cookie").contains("Secure"));
}

#[test]
fn whoever_asks_in_the_name_of_a_member_is_remembered_as_one() {
    let server = Server::start();
    let wrong = |body: &str| server.send(Sent::post("/v1/members", body)).status;
    assert_eq!(wrong(r#"{"email":"nora","name":"Nora","role":"owner"}"#), 422);
    assert_eq!(wrong(r#"{"email":"nora@example.org","name":" ","role":"owner"}"#), 422);
    assert_eq!(wrong(r#"{"email":"nora@example.org","name":"Nora","role":"king"}"#), 422);
    let invited = server
        .send(Sent::post("/v1/members", r#"{"email":"Nora@Example.org","name":"Nora","role":"owner"}"#));
    let shown = invited.json();
    assert_eq!(
        (invited.status, &shown["token"], &shown["mailed"]),
        (201, &json!("a-key-that-is-shown-once"), &json!(false))
    );
    let seen = server.fake.take_seen();
    let [Seen::Account(ACCOUNT, AccountCommand::InviteMember(new))] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!(new.email, "nora@example.org");
    for short in [r#"{"token":"x","password":"short"}"#, r#"{"token":"x"}"#] {
        assert_eq!(server.send(Sent::post("/auth/password", short).key(None)).status, 422);
    }
}
