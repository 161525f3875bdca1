//! What WhatsApp publishes of a number's limits, as the simulated service tells it.

use serde_json::{Value, json};
use trunkline_tests::{Gateway, World};

#[tokio::test]
async fn capability_limits_get_as_whatsapp_tells_them() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let free = shop.get("/limits").await.expect(200);
    assert_eq!(free["reachout"], json!({"restricted": false, "kind": null, "until": null}));
    assert_eq!((&free["new_chats"]["status"], &free["new_chats"]["total"]), (&json!("none"), &Value::Null));

    let limits = json!({
        "reachout": {"kind": "BIZ_QUALITY", "until_s": 1_790_000_000},
        "new_chats": {"status": "FIRST_WARNING", "total": 50, "used": 41, "from_s": 1_789_000_000, "until_s": 1_791_000_000},
    });
    world.control().post(&format!("/accounts/{}/limits", alice.pn()), limits).await;
    let (first, second) = (
        shop.expect_event("instance.limits_changed").await,
        shop.expect_event("instance.limits_changed").await,
    );
    let reachout = json!({"restricted": true, "kind": "biz_quality", "until": "2026-09-21T14:13:20.000Z"});
    let new_chats = json!({
        "status": "first_warning", "total": 50, "used": 41,
        "from": "2026-09-10T00:26:40.000Z", "until": "2026-10-03T04:00:00.000Z",
    });
    // One notification each; what it does not tell is null.
    assert_eq!(first, json!({"reachout": reachout, "new_chats": null}));
    assert_eq!(second, json!({"reachout": null, "new_chats": new_chats}));
    assert_eq!(shop.get("/limits").await.expect(200), json!({"reachout": reachout, "new_chats": new_chats}));
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn a_message_refused_with_463_says_what_is_restricted_and_until_when() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let limits = json!({"reachout": {"kind": "DEFAULT", "until_s": 1_790_000_000}});
    world.control().post(&format!("/accounts/{}/limits", alice.pn()), limits).await;
    for _ in 0..2 {
        shop.expect_event("instance.limits_changed").await;
    }
    let fault = json!({"device": alice.device_jid(1), "value": "463", "count": 1});
    world.control().fault("ack_error", fault).await;
    let sent = shop.send_text(&bob, "do you know me?").await;
    assert_eq!(shop.expect_failed(&sent).await, "reachout_restricted");
    let told = shop.expect_event("instance.limits_changed").await;
    assert_eq!(
        told["reachout"],
        json!({"restricted": true, "kind": "default", "until": "2026-09-21T14:13:20.000Z"})
    );
    assert!(told["new_chats"].is_object(), "both were asked for: {told}");
    gateway.finish().await;
    world.finish().await;
}
