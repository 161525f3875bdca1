//! Coming into groups: by links, invitations and requests, on either side.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::{Gateway, World};

use super::groups::{create, expect_change, metadata, names};

/// The code at the end of a link.
fn code_of(link: &Value) -> String {
    let link = link["link"].as_str().unwrap_or_else(|| panic!("no link: {link}"));
    link.rsplit('/').next().unwrap_or_default().to_owned()
}

// proves: groups.preview, groups.leave
#[tokio::test]
async fn capability_groups_join_a_group_that_baileys_made() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let group = laptop.create_group("Readers", &[]).await;
    let invite = laptop.must("group_invite", json!({"group": group.id})).await;
    let link = format!("https://chat.whatsapp.com/{}", invite["code"].as_str().expect("a code"));
    let shown = shop.post("/groups/preview", json!({"invite": link})).await.expect(200);
    assert_eq!((&shown["id"], &shown["subject"]), (&json!(group.id), &json!("Readers")));
    let joined = shop.post("/groups/join", json!({"invite": link})).await.expect(200);
    assert_eq!(joined, json!({"group": group.id, "awaits_approval": false}));
    assert!(laptop.expect_members_changed(&group, "add").await.iter().any(|jid| alice.is(jid)));
    shop.act(&format!("/groups/{}/leave", group.id)).await.expect(204);
    assert!(laptop.expect_members_changed(&group, "remove").await.iter().any(|jid| alice.is(jid)));
    shop.post("/groups/join", json!({"invite": "nothing-behind-it"}))
        .await
        .expect_problem(422, "WHATSAPP_REFUSED");
    gateway.finish().await;
    world.finish().await;
}

// proves: groups.get_invite_link
#[tokio::test]
async fn capability_groups_reset_invite_link_and_baileys_finds_the_old_one_dead() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let group = create(&shop, "Orders", &[], json!({})).await;
    let old = code_of(&shop.get(&format!("/groups/{group}/invite-link")).await.expect(200));
    assert_eq!(laptop.must("group_preview", json!({"code": old})).await["subject"], json!("Orders"));
    let new = code_of(&shop.act(&format!("/groups/{group}/invite-link/reset")).await.expect(200));
    assert_ne!(old, new);
    assert_eq!(laptop.must_fail("group_join", json!({"code": old})).await.status, Some(406));
    assert_eq!(laptop.must("group_join", json!({"code": new})).await["group"], json!(group));
    gateway.finish().await;
    world.finish().await;
}

// proves: groups.approve_requests, groups.reject_requests
#[tokio::test]
async fn capability_groups_list_requests_of_baileys_and_decide_about_them() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let tablet = carol.link_baileys().await;
    let group = create(&shop, "Orders", &[], json!({"join_approval": true})).await;
    let code = code_of(&shop.get(&format!("/groups/{group}/invite-link")).await.expect(200));
    for (client, account) in [(&laptop, &bob), (&tablet, &carol)] {
        client.must("group_join", json!({"code": code})).await;
        let told = expect_change(&shop, &group, "created_membership_requests").await;
        let asker = told["participants"][0]["id"].as_str().expect("an id");
        assert!(account.is(asker), "{told}");
    }
    let waiting = shop.get(&format!("/groups/{group}/requests")).await.expect(200);
    assert!(names(&waiting, &bob) && names(&waiting, &carol), "{waiting}");
    assert!(waiting["data"][0]["requested_at"].is_string(), "{waiting}");

    let approved = shop
        .post(&format!("/groups/{group}/requests/approve"), json!({"people": [bob.pn_jid()]}))
        .await
        .expect(200);
    assert_eq!(approved["data"][0]["ok"], json!(true), "{approved}");
    assert_eq!(metadata(&laptop, &group).await["subject"], json!("Orders"));
    let rejected = shop
        .post(&format!("/groups/{group}/requests/reject"), json!({"people": [carol.pn_jid()]}))
        .await
        .expect(200);
    assert_eq!(rejected["data"][0]["ok"], json!(true), "{rejected}");
    assert_eq!(tablet.group_refused(&group).await.status, Some(403));
    let waiting = shop.get(&format!("/groups/{group}/requests")).await.expect(200);
    assert_eq!(waiting["data"], json!([]));
    gateway.finish().await;
    world.finish().await;
}

// proves: privacy.update
#[tokio::test]
async fn capability_groups_accept_invitation_that_baileys_sent() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    shop.ask(Method::PATCH, "/privacy", json!({"groups": "nobody"})).await.expect(200);
    let group = laptop.create_group("Readers", &[]).await;
    let add = json!({"group": group.id, "action": "add", "participants": [alice.pn_jid()]});
    let outcome = laptop.must("group_participants", add).await;
    assert_eq!(outcome[0]["status"], json!("403"), "{outcome}");
    let invitation = &outcome[0]["invitation"];
    let until: i64 = invitation["expiration"].as_str().and_then(|text| text.parse().ok()).expect("a time");
    let body = |code: &str| json!({"group": group.id, "code": code, "expires_at_seconds": until, "from": bob.pn_jid()});
    shop.post("/groups/accept-invitation", body("another")).await.expect_problem(422, "WHATSAPP_REFUSED");
    let code = invitation["code"].as_str().expect("a code");
    let joined = shop.post("/groups/accept-invitation", body(code)).await.expect(200);
    assert_eq!(joined, json!({"group": group.id, "awaits_approval": false}));
    assert!(laptop.group(&group).await.has(&alice));
    gateway.finish().await;
    world.finish().await;
}
