//! An instance from its creation to its deletion.

use serde_json::{Value, json};
use trunkline_tests::{Gateway, World};

// proves: instances.create, instances.get, instances.update
#[tokio::test]
async fn settings_are_kept_over_a_restart() {
    let world = World::start().await;
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.create_instance(json!({"name": "shop", "metadata": {"tier": 1}})).await;
    let other = gateway.create_instance(json!({})).await;
    other.update(json!({"name": "shop"})).await.expect_problem(409, "NAME_TAKEN");
    let changed = shop.update(json!({"name": "market", "metadata": {"tier": 2, "tags": ["a"]}})).await;
    assert_eq!(changed.expect(200)["metadata"], json!({"tier": 2, "tags": ["a"]}));
    other.update(json!({"name": "shop"})).await.expect(200);
    gateway.kill9();
    gateway.restart().await;
    let view = shop.view().await;
    assert_eq!((&view["name"], &view["metadata"]["tier"]), (&json!("market"), &json!(2)));
    assert_eq!(gateway.api().get("/v1/instances/market").send().await.expect(200)["id"], shop.id());
    assert_eq!(gateway.api().get("/v1/instances/shop").send().await.expect(200)["id"], other.id());
    shop.update(json!({"metadata": null})).await.expect(200);
    let view = shop.view().await;
    assert_eq!((&view["name"], &view["metadata"]), (&json!("market"), &Value::Null));
    gateway.finish().await;
    world.finish().await;
}

// proves: instances.list
#[tokio::test]
async fn instances_are_listed_page_by_page_and_by_state() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(gateway.create_instance(json!({})).await.id().to_owned());
    }
    let shop = gateway.link(&alice).await;
    ids.push(shop.id().to_owned());
    ids.sort_unstable();
    let list = |query: String| {
        let request = gateway.api().get(&format!("/v1/instances?{query}"));
        async move { request.send().await.expect(200) }
    };
    let ids_of = |page: &Value| -> Vec<String> {
        let entries = page["data"].as_array().expect("a page");
        entries.iter().map(|entry| entry["id"].as_str().expect("an id").to_owned()).collect()
    };
    let first = list("limit=3".into()).await;
    let rest = list(format!("limit=3&cursor={}", first["next_cursor"].as_str().expect("a cursor"))).await;
    assert_eq!(rest["next_cursor"], Value::Null);
    let mut listed = [ids_of(&first), ids_of(&rest)].concat();
    assert_eq!(listed.len(), 5);
    listed.sort_unstable();
    assert_eq!(listed, ids);
    assert_eq!(ids_of(&list("state=open".into()).await), [shop.id()]);
    gateway.finish().await;
    world.finish().await;
}

// proves: instances.connect, instances.disconnect, instances.restart
#[tokio::test]
async fn disconnecting_keeps_the_link() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    shop.disconnect().await;
    shop.expect_state_because("stopped", "requested").await;
    assert_eq!(alice.device(1).await["online"], false);
    // A restart of the process respects the wish.
    gateway.sigterm().await;
    gateway.restart().await;
    assert_eq!(shop.view().await["state"], "stopped");
    shop.connect().await;
    shop.expect_state("open").await;
    shop.act("/restart").await.expect(200);
    shop.expect_state("stopped").await;
    shop.expect_state("open").await;
    let sent = shop.send_text(&bob, "still the same device").await;
    shop.expect_status(&sent, "delivered").await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn giving_up_on_pairing_leads_back_to_the_beginning() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.create_instance(json!({})).await;
    shop.connect().await;
    let stale = shop.expect_qr().await;
    shop.disconnect().await;
    shop.expect_state_because("new", "requested").await;
    shop.get("/qr").await.expect_problem(409, "INSTANCE_STATE");
    shop.connect().await;
    let fresh = shop.expect_qr().await;
    assert_ne!(fresh, stale);
    alice.phone().scan(&fresh).await;
    shop.expect_state("open").await;
    gateway.finish().await;
    world.finish().await;
}

// proves: instances.logout
#[tokio::test]
async fn logging_out_unlinks_and_linking_again_works() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let body = shop.text_body(&bob, "too late for this one");
    let shown = shop.act("/logout").await.expect(200);
    assert_eq!((&shown["state"], &shown["linked"]), (&json!("logged_out"), &Value::Null));
    shop.expect_state("logged_out").await;
    assert_eq!(device_numbers(&alice).await, [0], "the service still knows the device");
    shop.sending(&body).send().await.expect_problem(409, "INSTANCE_NOT_LINKED");
    shop.act("/logout").await.expect_problem(409, "INSTANCE_STATE");

    shop.link(&alice).await;
    let sent = shop.send_text(&bob, "as a new device").await;
    shop.expect_status(&sent, "delivered").await;
    gateway.finish().await;
    world.finish().await;
}

// proves: instances.delete
#[tokio::test]
async fn deleting_logs_out_and_leaves_nothing() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link_with(&alice, json!({"name": "shop"})).await;
    let sent = shop.send_text(&bob, "soon forgotten").await;
    shop.expect_status(&sent, "delivered").await;
    shop.delete().await.expect(204);
    assert_eq!(device_numbers(&alice).await, [0], "the service still knows the device");
    for restarted in [false, true] {
        if restarted {
            gateway.kill9();
            gateway.restart().await;
        }
        for path in ["", "/events", "/messages", "/pairing"] {
            shop.get(path).await.expect_problem(404, "INSTANCE_NOT_FOUND");
        }
        shop.delete().await.expect_problem(404, "INSTANCE_NOT_FOUND");
        let message = gateway.api().get(&format!("/v1/messages/{}", sent.id)).send().await;
        message.expect_problem(404, "MESSAGE_NOT_FOUND");
        let left = gateway.api().get("/v1/instances").send().await.expect(200);
        assert_eq!(left["data"], json!([]));
    }
    // The name is free again.
    gateway.link_with(&alice, json!({"name": "shop"})).await;
    gateway.finish().await;
    world.finish().await;
}

/// Device numbers of an account, the phone's 0 included.
async fn device_numbers(account: &trunkline_tests::Account) -> Vec<u64> {
    let seen = account.as_seen_by_service().await;
    let devices = seen["devices"].as_array().cloned().unwrap_or_default();
    devices.iter().filter_map(|device| device["id"].as_u64()).collect()
}
