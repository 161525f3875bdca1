//! The node around the numbers: health, metrics, keys with fewer rights, and stopping in good order.

use serde_json::json;
use trunkline_tests::{Gateway, World};

// proves: node.live, node.ready, node.metrics
#[tokio::test]
async fn health_and_metrics_need_no_key_and_name_nobody() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let sent = shop.send_text(&bob, "tulips, not to be quoted").await;
    shop.expect_status(&sent, "delivered").await;
    let open = |path: &str| gateway.api().get(path).key(None).send();
    assert_eq!(open("/healthz").await.expect(200)["status"], "live");
    assert_eq!(open("/readyz").await.expect(200)["status"], "ready");
    let metrics = open("/metrics").await;
    assert_eq!(metrics.status, 200);
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    assert!(metrics.contains("# TYPE trunkline_"), "{metrics}");
    for private in [alice.pn(), bob.pn(), shop.id(), &sent.wa_id, &sent.id, "tulips"] {
        assert!(!metrics.contains(private), "{private} is in the metrics");
    }
    let page = open("/docs/errors/INSTANCE_NOT_LINKED").await;
    assert_eq!(page.status, 200, "every problem has its page");
    gateway.finish().await;
    world.finish().await;
}

// proves: keys.create
#[tokio::test]
async fn a_key_does_what_its_scopes_say() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let create = ["key", "create", "--label", "reader", "--scope", "messages:read"];
    let refused = gateway.run(&create).await;
    assert_eq!(refused.status.code(), Some(66), "two processes on one data directory: {refused:?}");
    gateway.sigterm().await;
    let made = gateway.run(&create).await;
    assert!(made.status.success(), "{made:?}");
    let key = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    assert!(key.starts_with("tk_"), "{made:?}");
    gateway.api().keep_private(&key);
    gateway.restart().await;
    shop.expect_state("open").await;

    let body = shop.text_body(&bob, "not with this key");
    shop.sending(&body).key(Some(&key)).send().await.expect_problem(403, "FORBIDDEN");
    let read = |path: String| gateway.api().get(&path).key(Some(&key)).send();
    assert_eq!(read(shop.path("/messages")).await.expect(200)["data"], json!([]));
    for path in ["", "/events", "/qr"] {
        read(shop.path(path)).await.expect_problem(403, "FORBIDDEN");
    }
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_second_server_on_the_same_data_does_not_start() {
    let world = World::start().await;
    let gateway = Gateway::start(&world).await;
    let second = gateway.run(&["serve"]).await;
    assert_eq!(second.status.code(), Some(66), "{second:?}");
    assert_eq!(gateway.api().get("/readyz").send().await.expect(200)["status"], "ready");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn too_few_open_files_for_its_numbers_keep_it_from_starting() {
    let world = World::start().await;
    let mut gateway = Gateway::start(&world).await;
    gateway.create_instance(json!({})).await;
    let status = gateway.api().get("/v1/node").send().await.expect(200);
    assert_eq!(status["instances"], json!({"new": 1}));
    gateway.sigterm().await;
    // One shard with its deliveries, the API and the headroom need 2880.
    let refused = gateway.run_with_open_files(2_880, &["serve"]).await;
    assert_eq!(refused.status.code(), Some(69), "{refused:?}");
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("raise the limit to 2881 or more (`LimitNOFILE="), "{told}");
    gateway.restart().await;
    gateway.finish().await;
    world.finish().await;
}
