//! The number's own profile, devices and privacy, seen by Baileys.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::{Gateway, World};

// proves: profile.get
#[tokio::test]
async fn capability_profile_update_baileys_sees_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let before = shop.get("/profile").await.expect(200);
    assert_eq!((&before["account"]["name"], &before["about"]), (&json!("Alice"), &Value::Null));
    assert_eq!(
        (&before["account"]["phone"], &before["picture"]),
        (&json!(format!("+{}", alice.pn())), &Value::Null)
    );
    let change = json!({"name": "Corner Shop", "about": "Open from nine to six"});
    let changed = shop.ask(Method::PATCH, "/profile", change).await.expect(200);
    assert_eq!(
        (&changed["account"]["name"], &changed["about"]),
        (&json!("Corner Shop"), &json!("Open from nine to six"))
    );
    let seen = laptop.must("status", json!({"who": alice.pn_jid()})).await;
    assert!(seen.to_string().contains("Open from nine to six"), "{seen}");
    shop.send_text(&bob, "who am I?").await;
    let arrived = laptop.expect_text("who am I?").await;
    assert_eq!(arrived.push_name.as_deref(), Some("Corner Shop"));
    gateway.finish().await;
    world.finish().await;
}

// proves: profile.get_picture, profile.remove_picture
#[tokio::test]
async fn capability_profile_set_picture_baileys_sees_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    shop.get("/profile/picture").await.expect_problem(404, "WHATSAPP_NOT_FOUND");
    shop.put_file("/profile/picture", "image/png", super::PICTURE)
        .await
        .expect_problem(415, "UNSUPPORTED_MEDIA_TYPE");
    shop.put_file("/profile/picture", "image/jpeg", super::PICTURE).await.expect(204);
    let seen = laptop.must("picture_url", json!({"who": alice.pn_jid()})).await;
    let shown = shop.get("/profile/picture").await.expect(200);
    assert!(seen["url"].is_string() && shown["url"].is_string() && shown["id"].is_string(), "{seen} {shown}");
    shop.ask(Method::DELETE, "/profile/picture", Value::Null).await.expect(204);
    shop.get("/profile/picture").await.expect_problem(404, "WHATSAPP_NOT_FOUND");
    assert_eq!(laptop.must_fail("picture_url", json!({"who": alice.pn_jid()})).await.status, Some(404));
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_devices_list_names_the_phone_this_instance_and_baileys() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let desk = alice.link_baileys().await;
    let listed = shop.get("/devices").await.expect(200);
    let devices = listed["data"].as_array().expect("a list");
    let facts: Vec<_> = devices.iter().map(|it| (&it["number"], &it["is_phone"], &it["is_this"])).collect();
    let (yes, no) = (&json!(true), &json!(false));
    assert_eq!(facts, [(&json!(0), yes, no), (&json!(1), no, yes), (&json!(2), no, no)], "{listed}");
    assert_eq!(devices[1]["id"], json!(alice.device_jid(1)));
    desk.logout().await;
    let gone = |seen: &Value| (seen["devices"].as_array()?.len() == 2).then_some(());
    alice.wait_until("a device to be gone", gone).await;
    let listed = shop.get("/devices").await.expect(200);
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(2), "{listed}");
    gateway.finish().await;
    world.finish().await;
}

// proves: privacy.update
#[tokio::test]
async fn capability_privacy_get_and_update_as_baileys_sees_it() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let gateway = Gateway::start(&world).await;
    let shop = gateway.link(&alice).await;
    let desk = alice.link_baileys().await;
    let before = shop.get("/privacy").await.expect(200);
    assert_eq!((&before["last_seen"], &before["defense"]), (&json!("all"), &json!("off")), "{before}");
    let change = json!({"last_seen": "nobody", "read_receipts": "nobody", "calls": "known"});
    let changed = shop.ask(Method::PATCH, "/privacy", change).await.expect(200);
    for (setting, value) in
        [("last_seen", "nobody"), ("read_receipts", "nobody"), ("calls", "known"), ("about", "all")]
    {
        assert_eq!(changed[setting], json!(value), "{setting}: {changed}");
    }
    let seen = desk.must("privacy", json!({})).await;
    assert_eq!(
        (&seen["last"], &seen["readreceipts"], &seen["calladd"]),
        (&json!("none"), &json!("none"), &json!("known"))
    );
    let wrong = shop.ask(Method::PATCH, "/privacy", json!({"online": "nobody", "calls": "x"})).await;
    let problem = wrong.expect_problem(422, "VALIDATION");
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(2), "{problem}");
    desk.must("set_last_seen_privacy", json!({"value": "contacts"})).await;
    assert_eq!(shop.get("/privacy").await.expect(200)["last_seen"], json!("contacts"));
    gateway.finish().await;
    world.finish().await;
}
