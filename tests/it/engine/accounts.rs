//! Accounts beside each other on one node: their keys, what these may do, and what is remembered of changes.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::gateway::Answer;
use trunkline_tests::{Gateway, World};

/// Asks with a key.
async fn ask(gateway: &Gateway, key: &str, (method, path): (Method, &str), body: Value) -> Answer {
    let request = gateway.api().request(method, path).key(Some(key));
    if body.is_null() { request.send().await } else { request.json(&body).send().await }
}

/// Makes an account and its first key: their ids, and the key.
async fn tenant(gateway: &Gateway, name: &str) -> (String, String) {
    let made = gateway.api().post("/v1/accounts", &json!({ "name": name })).send().await.expect(201);
    let id = made["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/accounts/{id}/keys");
    let key =
        gateway.api().post(&path, &json!({ "label": "first", "scopes": ["*"] })).send().await.expect(201);
    let key = key["key"].as_str().expect("a key").to_owned();
    gateway.api().keep_private(&key);
    (id, key)
}

// proves: accounts.create, accounts.create_key, accounts.list, accounts.get, accounts.update, accounts.delete, account.get, account.update
#[tokio::test]
async fn tenants_do_not_see_each_other_and_the_operator_lets_them_in() {
    let world = World::start().await;
    let mut gateway = Gateway::start(&world).await;
    let ((nora, nora_key), (omar, omar_key)) =
        (tenant(&gateway, "Nora").await, tenant(&gateway, "Omar").await);
    let renamed = ask(&gateway, &nora_key, (Method::PATCH, "/v1/account"), json!({ "name": "Nora's" })).await;
    assert_eq!(renamed.expect(200)["id"], nora.as_str());
    let shop = json!({ "name": "shop" });
    ask(&gateway, &nora_key, (Method::POST, "/v1/instances"), shop.clone()).await.expect(201);
    ask(&gateway, &omar_key, (Method::POST, "/v1/instances"), shop).await.expect(201);
    for (account, key) in [(&nora, &nora_key), (&omar, &omar_key)] {
        let own = ask(&gateway, key, (Method::GET, "/v1/instances/shop"), Value::Null).await.expect(200);
        assert_eq!(own["account"], account.as_str());
        for path in ["/v1/accounts", "/v1/node"] {
            let answer = ask(&gateway, key, (Method::GET, path), Value::Null).await;
            answer.expect_problem(403, "FORBIDDEN");
        }
    }
    let one = format!("/v1/accounts/{nora}");
    gateway.api().request(Method::DELETE, &one).send().await.expect_problem(409, "ACCOUNT_STATE");
    let change =
        |state: &str| gateway.api().request(Method::PATCH, &one).json(&json!({ "state": state })).send();
    assert_eq!(change("suspended").await.expect(200)["state"], "suspended");
    let look = (Method::GET, "/v1/account");
    ask(&gateway, &nora_key, look.clone(), Value::Null).await.expect_problem(403, "ACCOUNT_SUSPENDED");
    ask(&gateway, &omar_key, look.clone(), Value::Null).await.expect(200);
    gateway.kill9();
    gateway.restart().await;
    ask(&gateway, &nora_key, look.clone(), Value::Null).await.expect_problem(403, "ACCOUNT_SUSPENDED");
    let change = gateway.api().request(Method::PATCH, &one).json(&json!({ "state": "active" })).send();
    change.await.expect(200);
    ask(&gateway, &nora_key, (Method::DELETE, "/v1/instances/shop"), Value::Null).await.expect(204);
    gateway.api().request(Method::DELETE, &one).send().await.expect(204);
    ask(&gateway, &nora_key, look, Value::Null).await.expect_problem(401, "UNAUTHORIZED");
    gateway.api().get(&one).send().await.expect_problem(404, "ACCOUNT_NOT_FOUND");
    let left = gateway.api().get("/v1/accounts").send().await.expect(200);
    assert_eq!(left["data"].as_array().map(Vec::len), Some(2), "the operator's and Omar's: {left}");
    gateway.finish().await;
    world.finish().await;
}

// proves: keys.create, keys.list, keys.get, keys.update, keys.rotate, keys.revoke
#[tokio::test]
async fn a_key_is_limited_replaced_and_revoked_at_once() {
    let world = World::start().await;
    let mut gateway = Gateway::start(&world).await;
    gateway.create_instance(json!({ "name": "shop" })).await;
    gateway.create_instance(json!({ "name": "office" })).await;
    let new = json!({ "label": "crm", "scopes": ["instances:read"], "instances": ["shop"] });
    let made = gateway.api().post("/v1/keys", &new).send().await.expect(201);
    let (path, old) = (format!("/v1/keys/{}", made["id"].as_str().expect("an id")), made["key"].clone());
    let old = old.as_str().expect("a key").to_owned();
    let look = async |gateway: &Gateway, key: &str, name: &str| {
        let path = format!("/v1/instances/{name}");
        gateway.api().get(&path).key(Some(key)).send().await.status
    };
    assert_eq!((look(&gateway, &old, "shop").await, look(&gateway, &old, "office").await), (200, 404));
    let listed = gateway.api().get("/v1/instances").key(Some(&old)).send().await.expect(200);
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{listed}");

    let rotated = gateway.api().post(&format!("{path}/rotate"), &json!({})).send().await.expect(200);
    let fresh = rotated["key"].as_str().expect("a key").to_owned();
    for key in [&old, &fresh] {
        gateway.api().keep_private(key);
        assert_eq!(look(&gateway, key, "shop").await, 200, "both open for a day");
    }
    let elsewhere = json!({ "instances": null, "allowed_ips": ["203.0.113.0/24"] });
    gateway.api().request(Method::PATCH, &path).json(&elsewhere).send().await.expect(200);
    let shop = gateway.api().get("/v1/instances/shop").key(Some(&fresh)).send().await;
    shop.expect_problem(403, "ADDRESS_NOT_ALLOWED");
    let here = json!({ "allowed_ips": ["127.0.0.1"] });
    let shown = gateway.api().request(Method::PATCH, &path).json(&here).send().await.expect(200);
    assert_eq!(shown["allowed_ips"], json!(["127.0.0.1/32"]));
    assert_eq!(look(&gateway, &fresh, "office").await, 200);
    gateway.kill9();
    gateway.restart().await;
    assert_eq!((look(&gateway, &old, "office").await, look(&gateway, &fresh, "office").await), (200, 200));
    let shown = gateway.api().get(&path).send().await.expect(200);
    assert!(shown["last_used_at"].is_string() && shown.get("key").is_none(), "{shown}");
    assert!(fresh.starts_with(shown["prefix"].as_str().expect("a beginning")), "{shown}");

    gateway.api().request(Method::DELETE, &path).send().await.expect(204);
    assert_eq!((look(&gateway, &old, "shop").await, look(&gateway, &fresh, "shop").await), (401, 401));
    let keys = gateway.api().get("/v1/keys").send().await.expect(200);
    assert_eq!(keys["data"].as_array().map(Vec::len), Some(1), "the root key: {keys}");
    gateway.finish().await;
    world.finish().await;
}

// proves: apps.create, apps.list, apps.get, apps.update, apps.rotate, apps.delete
// proves: workspaces.create, workspaces.list, workspaces.get, workspaces.update, workspaces.delete, audit.list
#[tokio::test]
async fn what_an_account_has_is_kept_and_its_changes_are_remembered() {
    let world = World::start().await;
    let mut gateway = Gateway::start(&world).await;
    let api = gateway.api();
    let sales = api.post("/v1/workspaces", &json!({ "name": "sales" })).send().await.expect(201);
    let workspace = format!("/v1/workspaces/{}", sales["id"].as_str().expect("an id"));
    api.request(Method::PATCH, &workspace).json(&json!({ "name": "support" })).send().await.expect(200);
    let shop = json!({ "name": "shop", "workspace": sales["id"] });
    assert_eq!(api.post("/v1/instances", &shop).send().await.expect(201)["workspace"], sales["id"]);
    api.request(Method::DELETE, &workspace).send().await.expect_problem(409, "ACCOUNT_STATE");
    let app = api.post("/v1/apps", &json!({ "name": "crm", "instances": ["shop"] })).send().await.expect(201);
    let app_path = format!("/v1/apps/{}", app["id"].as_str().expect("an id"));
    let rotated = api.post(&format!("{app_path}/rotate"), &json!({})).send().await.expect(200);
    assert_ne!(rotated["key"], app["key"]);
    api.request(Method::PATCH, &app_path).json(&json!({ "name": "crm-2" })).send().await.expect(200);
    gateway.kill9();
    gateway.restart().await;
    let api = gateway.api();
    assert_eq!(api.get(&app_path).send().await.expect(200)["name"], "crm-2");
    assert_eq!(api.get("/v1/apps").send().await.expect(200)["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(api.get(&workspace).send().await.expect(200)["name"], "support");
    let all = api.get("/v1/workspaces").send().await.expect(200);
    assert_eq!(all["data"].as_array().map(Vec::len), Some(2), "{all}");
    let default = all["data"][0]["id"].clone();
    let home = json!({ "workspace": default });
    let moved = api.request(Method::PATCH, "/v1/instances/shop").json(&home).send().await.expect(200);
    assert_eq!(moved["workspace"], default);
    let nowhere = json!({ "workspace": "wsp_00000000000000ff" });
    let lost = api.request(Method::PATCH, "/v1/instances/shop").json(&nowhere).send().await;
    lost.expect_problem(404, "WORKSPACE_NOT_FOUND");
    api.request(Method::DELETE, &workspace).send().await.expect(204);
    api.request(Method::DELETE, &app_path).send().await.expect(204);

    let first = api.get("/v1/audit?limit=3").send().await.expect(200);
    let rest = format!("/v1/audit?cursor={}", first["next_cursor"].as_str().expect("there is more"));
    let rest = api.get(&rest).send().await.expect(200);
    let entries: Vec<&Value> =
        first["data"].as_array().into_iter().chain(rest["data"].as_array()).flatten().collect();
    let actions: Vec<&str> = entries.iter().rev().filter_map(|entry| entry["action"].as_str()).collect();
    let expected = [
        "key.created",
        "workspace.created",
        "workspace.updated",
        "instance.created",
        "app.created",
        "app.rotated",
        "app.updated",
        "instance.updated",
        "workspace.deleted",
        "app.deleted",
    ];
    assert_eq!(actions, expected);
    assert_eq!(entries[0]["actor"]["type"], "key");
    assert_eq!(entries[0]["ip"], "127.0.0.1");
    assert_eq!(entries.last().map(|entry| &entry["actor"]["type"]), Some(&json!("operator")));
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn the_command_line_does_it_with_and_without_a_server() {
    let world = World::start().await;
    let mut gateway = Gateway::start(&world).await;
    let said = |output: &std::process::Output| {
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let (url, root) = (gateway.api().url(), gateway.api().key());
    let online = ["--url", url.as_str(), "--key", root.as_str()];
    let nora = said(&gateway.run(&[&["account", "create", "Nora"], &online[..]].concat()).await);
    let create = ["key", "create", "--account", &nora, "--dialect", "wastack", "--scope", "read"];
    let key = said(&gateway.run(&[&create, &online[..]].concat()).await);
    gateway.api().keep_private(&key);
    assert!(key.starts_with("wa_live_"), "the key of a dialect");
    let look = async |gateway: &Gateway| gateway.api().get("/v1/account").key(Some(&key)).send().await;
    assert_eq!(look(&gateway).await.expect(200)["id"], nora.as_str());
    gateway.sigterm().await;

    let listed = said(&gateway.run(&["account", "list"]).await);
    assert!(listed.contains("Nora") && listed.contains("root"), "{listed}");
    said(&gateway.run(&["account", "suspend", &nora]).await);
    let keys = said(&gateway.run(&["key", "list", "--account", &nora]).await);
    let id = keys.split_whitespace().find(|word| word.starts_with("key_")).expect("an id").to_owned();
    assert!(keys.contains("wastack") && !keys.contains(&key), "{keys}");
    gateway.restart().await;
    look(&gateway).await.expect_problem(403, "ACCOUNT_SUSPENDED");
    gateway.sigterm().await;
    said(&gateway.run(&["account", "activate", &nora]).await);
    let rotate = ["key", "rotate", &id, "--account", &nora, "--overlap-seconds", "0"];
    let fresh = said(&gateway.run(&rotate).await);
    gateway.api().keep_private(&fresh);
    gateway.restart().await;
    look(&gateway).await.expect_problem(401, "UNAUTHORIZED");
    gateway.api().get("/v1/account").key(Some(&fresh)).send().await.expect(200);
    gateway.sigterm().await;
    said(&gateway.run(&["key", "revoke", &id, "--account", &nora]).await);
    said(&gateway.run(&["account", "delete", &nora]).await);
    let unknown = gateway.run(&["account", "delete", &nora]).await;
    assert_eq!(unknown.status.code(), Some(1), "{unknown:?}");
    gateway.restart().await;
    gateway.finish().await;
    world.finish().await;
}
