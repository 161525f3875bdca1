//! What new instances of an account begin with.

use reqwest::Method;
use serde_json::json;
use trunkline_tests::{Gateway, World};

const DEFAULTS: &str = "/v1/account/instance-defaults";

// proves: account.instance_defaults, account.set_instance_defaults
#[tokio::test]
async fn new_instances_begin_as_their_account_says_and_others_stay_as_they_are() {
    let world = World::start().await;
    let mut gateway = Gateway::start(&world).await;
    let before = gateway.create_instance(json!({"name": "before"})).await;
    let wanted = json!({
        "settings": {"reject_calls": true, "history_sync": "recent"},
        "hooks": [{"dialect": "wsapi", "url": "http://127.0.0.1:9/hook", "secret": "a-secret-of-theirs", "events": ["message"]}],
    });
    gateway.api().keep_private("a-secret-of-theirs");
    let set = async |gateway: &Gateway, body: &serde_json::Value| {
        gateway.api().request(Method::PUT, DEFAULTS).json(body).send().await
    };
    let shown = set(&gateway, &wanted).await.expect(200);
    let hook =
        json!({"dialect": "wsapi", "url": "http://127.0.0.1:9/hook", "signed": true, "events": ["message"]});
    assert_eq!((&shown["settings"]["reject_calls"], &shown["hooks"][0]), (&json!(true), &hook), "{shown}");
    let wrong = json!({"hooks": [{"dialect": "wsapi", "url": "ftp://a"}]});
    set(&gateway, &wrong).await.expect_problem(422, "VALIDATION");
    gateway.kill9();
    gateway.restart().await;
    assert_eq!(gateway.api().get(DEFAULTS).send().await.expect(200), shown);
    let after = gateway.create_instance(json!({"name": "after"})).await;
    let settings = after.get("/settings").await.expect(200);
    assert_eq!((&settings["reject_calls"], &settings["history_sync"]), (&json!(true), &json!("recent")));
    assert_eq!(before.get("/settings").await.expect(200)["reject_calls"], false);
    let api = gateway.api();
    let config = async |name: &str| {
        let request = api.get(&format!("/admin/instances/{name}")).key(None).header("x-api-key", &api.key());
        request.send().await.expect(200)["config"].clone()
    };
    let expected = json!({
        "webhookUrl": "http://127.0.0.1:9/hook", "signingSecret": "a-secret-of-theirs", "eventFilters": ["message"], "historySync": true,
    });
    assert_eq!(config("after").await, expected);
    assert_eq!(config("before").await, json!({"eventFilters": [], "historySync": false}));
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_keys_create_takes_a_key_that_its_holder_chose() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let (chosen, other) = ("a-key-of-my-own-0123456789", "another-key-of-mine-0123456789");
    for key in [chosen, other] {
        gateway.api().keep_private(key);
    }
    let body = |key: &str| json!({"label": "moved", "scopes": ["instances:read"], "key": key});
    gateway.api().post("/v1/keys", &body("short")).send().await.expect_problem(422, "VALIDATION");
    let made = gateway.api().post("/v1/keys", &body(chosen)).send().await.expect(201);
    assert_eq!((&made["key"], &made["prefix"]), (&json!(chosen), &json!("a-ke")));
    let opens = async |key: &str| gateway.api().get("/v1/instances").key(Some(key)).send().await.status;
    assert_eq!(opens(chosen).await, 200);
    gateway.api().post("/v1/keys", &body(chosen)).send().await.expect_problem(422, "VALIDATION");
    let rotate = format!("/v1/keys/{}/rotate", made["id"].as_str().expect("an id"));
    let rotated = gateway.api().post(&rotate, &json!({"overlap_seconds": 0, "key": other})).send().await;
    rotated.expect(200);
    assert_eq!((opens(chosen).await, opens(other).await), (401, 200));
    gateway.finish().await;
    world.finish().await;
}
