//! How instances behave by themselves: what is set is obeyed, and survives.

use serde_json::{Value, json};
use trunkline_tests::gateway::{Answer, PROXY_CREDENTIALS, ProxyServer};
use trunkline_tests::{Gateway, Instance, Media, World};

async fn set(instance: &Instance, change: Value) -> Answer {
    instance.patch("/settings", &change).await
}

// proves: settings.get
#[tokio::test]
async fn capability_settings_update_survives_a_crash_and_changes_only_what_it_names() {
    let world = World::start().await;
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.create_instance(json!({})).await;
    let before = shop.get("/settings").await.expect(200);
    assert_eq!((&before["auto_read"], &before["always_online"]), (&json!(false), &json!(true)), "{before}");
    assert_eq!((&before["history_sync"], &before["proxy"]), (&json!("off"), &Value::Null), "{before}");
    let changed =
        set(&shop, json!({"auto_read": true, "reject_calls_message": "write to us"})).await.expect(200);
    assert_eq!(
        (&changed["auto_read"], &changed["ignore_groups"]),
        (&json!(true), &json!(false)),
        "{changed}"
    );
    set(&shop, json!({"history_sync": "all"})).await.expect_problem(422, "VALIDATION");
    set(&shop, json!({"proxy": {"url": "http://127.0.0.1:1"}})).await.expect_problem(422, "VALIDATION");
    gateway.kill9();
    gateway.restart().await;
    assert_eq!(shop.get("/settings").await.expect(200), changed);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_settings_update_auto_read_tells_baileys_that_its_message_was_read() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    set(&shop, json!({"auto_read": true})).await.expect(200);
    let sent = laptop.send_text(&alice, "do you read this?").await;
    shop.expect_text("do you read this?").await;
    laptop.expect_read(&sent).await;
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_settings_update_ignored_groups_and_events_leave_no_trace() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    set(&shop, json!({"ignore_groups": true, "ignored_events": ["message.processing"]})).await.expect(200);
    let group = laptop.create_group("Walkers", &[&alice]).await;
    laptop.send_text(&group, "for the group alone").await;
    laptop.send_text(&alice, "for Alice").await;
    shop.expect_text("for Alice").await;
    let answer = shop.send_text(&bob, "an answer").await;
    shop.expect_status(&answer, "sent").await;
    alice.expect_settled(1).await;
    let (events, newest) = shop.whole_log().await;
    assert_eq!(events.last().map(|event| event.sequence), Some(newest), "the numbering has a gap");
    let told = |what: &dyn Fn(&str) -> bool| events.iter().any(|event| what(&event.kind));
    assert!(!told(&|kind| kind == "message.processing"), "an ignored event was written");
    assert!(events.iter().all(|event| event.text() != Some("for the group alone")), "the group was heard");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_settings_update_always_online_is_what_baileys_sees() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    laptop.subscribe(&alice).await;
    for (online, shown) in [(false, "unavailable"), (true, "available")] {
        set(&shop, json!({"always_online": online})).await.expect(200);
        laptop.expect_presence(&alice, shown).await;
    }
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_settings_update_proxy_takes_socket_and_media_with_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let (username, password) = PROXY_CREDENTIALS;
    gateway.api().keep_private(password);
    for scheme in ["http", "socks5"] {
        let proxy = ProxyServer::start();
        let url = proxy.url(scheme);
        let wrong = json!({"proxy": {"url": url, "username": username, "password": "guessed"}});
        let refused = set(&shop, wrong).await.expect_problem(422, "VALIDATION");
        assert_eq!(refused["errors"][0]["field"], "proxy.url", "{refused}");
        let right = json!({"proxy": {"url": url, "username": username, "password": password}});
        let shown = set(&shop, right).await.expect(200);
        assert_eq!(shown["proxy"], json!({"url": url, "username": username}), "{shown}");
        shop.expect_state("open").await;
        let image = Media::sample("image", "image/jpeg", 5_003 + scheme.len());
        let sent = shop.send_media(&bob, &image).await;
        let arrived = laptop.expect_media("image").await;
        assert_eq!(arrived.key.id, sent.wa_id);
        let targets = proxy.targets();
        // The check, the socket, and the media host: here one address, in three connections.
        assert!(targets.len() >= 3, "{scheme}: {targets:?}");
        assert!(targets.iter().all(|target| target == world.media_host()), "{targets:?}");
        let before = targets.len();
        set(&shop, json!({"proxy": null})).await.expect(200);
        shop.expect_state("open").await;
        shop.send_text(&bob, &format!("without {scheme}")).await;
        laptop.expect_text(&format!("without {scheme}")).await;
        assert_eq!(proxy.targets().len(), before, "the proxy is still in use");
    }
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_private_proxy_needs_the_operators_leave() {
    let world = World::start().await;
    let gateway = Gateway::start_with(&world, &[("allow-private-fetch", "false")]).await;
    let shop = gateway.create_instance(json!({})).await;
    let proxy = ProxyServer::start();
    let refused =
        set(&shop, json!({"proxy": {"url": proxy.url("socks5")}})).await.expect_problem(422, "VALIDATION");
    let told = refused["errors"][0]["message"].as_str().unwrap_or_default().to_owned();
    assert!(told.contains("private"), "{refused}");
    assert_eq!(proxy.targets(), Vec::<String>::new());
    gateway.finish().await;
    world.finish().await;
}
