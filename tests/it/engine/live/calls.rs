//! Calls that Baileys makes, heard of and declined through the gateway.

use serde_json::{Value, json};
use trunkline_tests::{Account, Baileys, Event, Gateway, World};

/// Sends a signal of a call.
async fn signal(from: &Baileys, to: &Account, action: &str, mut attributes: Value, content: Value) {
    attributes["call-creator"] = from.me().await["id"].clone();
    let node = json!({
        "tag": "call",
        "attrs": {"to": to.pn_jid(), "id": format!("SIGNAL-{action}")},
        "content": [{"tag": action, "attrs": attributes, "content": content}],
    });
    from.must("send_node", json!({"node": node})).await;
}

#[tokio::test]
async fn capability_calls_reject_a_call_of_baileys() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let sound =
        json!([{"tag": "audio", "attrs": {"enc": "opus", "rate": "16000"}}, {"tag": "video", "attrs": {}}]);
    signal(&laptop, &alice, "offer", json!({"call-id": "CALL1"}), sound).await;
    let offered = shop.expect_event("call.offered").await;
    assert_eq!(
        (&offered["call"], &offered["video"], &offered["is_group"]),
        (&json!("CALL1"), &json!(true), &json!(false))
    );
    assert!(bob.is(offered["from"]["id"].as_str().expect("an id")), "{offered}");
    assert_eq!(offered["from"]["name"], json!("Bob"));

    shop.post("/calls/CALL1/reject", json!({})).await.expect(204);
    let rejected = |event: &Event| match event {
        Event::Call { call, status, chat, .. } => {
            (call == "CALL1" && status == "reject").then(|| chat.clone())
        }
        _ => None,
    };
    assert!(alice.is(&laptop.expect("the call to be declined", rejected).await));
    // It rings no longer; with the caller named it is declined all the same.
    shop.post("/calls/CALL1/reject", json!({})).await.expect_problem(404, "WHATSAPP_NOT_FOUND");
    shop.post("/calls/CALL2/reject", json!({"from": bob.pn_jid()})).await.expect(204);
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_settings_update_declines_calls_and_tells_baileys_why() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let rejected = |call: &'static str| {
        move |event: &Event| match event {
            Event::Call { call: told, status, chat, .. } => {
                (told == call && status == "reject").then(|| chat.clone())
            }
            _ => None,
        }
    };
    shop.patch("/settings", &json!({"reject_calls": true})).await.expect(200);
    signal(&laptop, &alice, "offer", json!({"call-id": "CALL1"}), json!([])).await;
    assert!(alice.is(&laptop.expect("the call to be declined", rejected("CALL1")).await));
    assert_eq!(shop.expect_event("call.offered").await["call"], json!("CALL1"), "it is told of all the same");

    shop.patch("/settings", &json!({"reject_calls_message": "Please write to us."})).await.expect(200);
    for call in ["CALL2", "CALL2"] {
        signal(&laptop, &alice, "offer", json!({"call-id": call}), json!([])).await;
        assert!(alice.is(&laptop.expect("the call to be declined", rejected("CALL2")).await));
    }
    laptop.expect_text("Please write to us.").await;
    shop.patch("/settings", &json!({"reject_calls": false})).await.expect(200);
    signal(&laptop, &alice, "offer", json!({"call-id": "CALL3"}), json!([])).await;
    assert_eq!(shop.expect_event("call.offered").await["call"], json!("CALL2"));
    assert_eq!(shop.expect_event("call.offered").await["call"], json!("CALL2"));
    assert_eq!(shop.expect_event("call.offered").await["call"], json!("CALL3"));
    shop.post("/calls/CALL3/reject", json!({})).await.expect(204);
    let sent = shop.get("/messages").await.expect(200);
    assert_eq!(sent["data"].as_array().map(Vec::len), Some(1), "one text for one call: {sent}");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn calls_are_followed_to_their_end() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    for (call, reason, expected) in [
        ("C1", Some("timeout"), json!("timeout")),
        ("C2", None, Value::Null),
        ("C3", Some("rejected_elsewhere"), json!("rejected")),
    ] {
        signal(&laptop, &alice, "offer", json!({"call-id": call}), json!([])).await;
        assert_eq!(shop.expect_event("call.offered").await["call"], json!(call));
        let mut attributes = json!({"call-id": call});
        if let Some(reason) = reason {
            attributes["reason"] = json!(reason);
        }
        signal(&laptop, &alice, "terminate", attributes, json!([])).await;
        let ended = shop.expect_event("call.ended").await;
        assert_eq!((&ended["call"], &ended["reason"]), (&json!(call), &expected), "{ended}");
    }
    signal(&laptop, &alice, "terminate", json!({"call-id": "C4", "reason": "accepted_elsewhere"}), json!([]))
        .await;
    let taken = shop.expect_event("call.accepted").await;
    assert_eq!((&taken["call"], &taken["elsewhere"]), (&json!("C4"), &json!(true)));
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_calls_create_link_from_the_service() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    for (video, path) in [(true, "/video/"), (false, "/audio/")] {
        let made = shop.post("/calls/links", json!({"video": video})).await.expect(201);
        let link = made["link"].as_str().expect("a link");
        assert!(link.starts_with("https://call.whatsapp.com/") && link.contains(path), "{link}");
    }
    gateway.finish().await;
    world.finish().await;
}
