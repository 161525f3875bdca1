//! Communities that the gateway makes, with Baileys as a member, and the other way round.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::{Account, Gateway, Instance, World};

use super::groups::{create, metadata, names};

async fn create_community(shop: &Instance, wish: Value) -> String {
    let made = shop.post("/communities", wish).await.expect(201);
    assert_eq!(made["is_community"], json!(true), "{made}");
    made["id"].as_str().expect("an id").to_owned()
}

/// The ids of a community's groups by their subjects.
async fn groups_of(shop: &Instance, community: &str) -> Vec<(String, String)> {
    let listed = shop.get(&format!("/communities/{community}/groups")).await.expect(200);
    let text = |group: &Value, field: &str| group[field].as_str().unwrap_or_default().to_owned();
    listed["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|group| (text(group, "subject"), text(group, "id")))
        .collect()
}

fn people(accounts: &[&Account]) -> Value {
    json!({"people": accounts.iter().map(|account| account.pn_jid()).collect::<Vec<_>>()})
}

// proves: communities.list, communities.get, communities.update, communities.list_groups, communities.create_group
#[tokio::test]
async fn capability_communities_create_with_groups_that_baileys_sees() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let wish =
        json!({"subject": "Our street", "description": "All of it", "general_chat": true, "closed": true});
    let community = create_community(&shop, wish).await;
    let groups = groups_of(&shop, &community).await;
    let subjects: Vec<&str> = groups.iter().map(|(subject, _)| subject.as_str()).collect();
    assert_eq!(subjects, ["Our street", "General"], "announcements first");
    let group = shop
        .post(
            &format!("/communities/{community}/groups"),
            json!({"subject": "Gardeners", "participants": [bob.pn_jid()]}),
        )
        .await
        .expect(201);
    assert_eq!(group["community"], json!(community));
    laptop.expect_group("Gardeners").await;
    let id = group["id"].as_str().expect("an id");
    assert_eq!(metadata(&laptop, id).await["community"], json!(community));
    let linked = laptop.must("linked_groups", json!({"group": id})).await;
    assert_eq!(linked["communityJid"], json!(community));
    assert_eq!(linked["linkedGroups"].as_array().map(Vec::len), Some(3), "{linked}");

    let change = json!({"subject": "Our quarter", "settings": {"locked": true}});
    let changed = shop.ask(Method::PATCH, &format!("/communities/{community}"), change).await.expect(200);
    assert_eq!((&changed["subject"], &changed["settings"]["locked"]), (&json!("Our quarter"), &json!(true)));
    assert_eq!(metadata(&laptop, &community).await["subject"], json!("Our quarter"));
    let shown = shop.get(&format!("/communities/{community}")).await.expect(200);
    assert_eq!((&shown["description"], &shown["is_community"]), (&json!("All of it"), &json!(true)));
    let listed = shop.get("/communities").await.expect(200);
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed["data"][0]["id"], json!(community));
    gateway.finish().await;
    world.finish().await;
}

// proves: communities.unlink_group, communities.deactivate
#[tokio::test]
async fn capability_communities_link_groups_and_unlink_them_before_baileys() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let community = create_community(&shop, json!({"subject": "Our street"})).await;
    let ours = create(&shop, "Gardeners", &[&bob], json!({})).await;
    let theirs = laptop.create_group("Not ours", &[&alice]).await;
    laptop.expect_group("Gardeners").await;
    let linked = shop
        .post(&format!("/communities/{community}/groups/link"), json!({"groups": [ours, theirs.id]}))
        .await
        .expect(200);
    assert_eq!(linked["data"][0], json!({"group": ours, "ok": true, "error": null}));
    assert_eq!(linked["data"][1], json!({"group": theirs.id, "ok": false, "error": "403"}));
    assert_eq!(metadata(&laptop, &ours).await["community"], json!(community));
    let unlinked = shop
        .ask(Method::DELETE, &format!("/communities/{community}/groups/{ours}"), Value::Null)
        .await
        .expect(200);
    assert_eq!(unlinked["data"][0]["ok"], json!(true), "{unlinked}");
    assert_eq!(metadata(&laptop, &ours).await["community"], Value::Null);

    shop.post(&format!("/communities/{community}/groups/link"), json!({"groups": [ours]})).await.expect(200);
    shop.ask(Method::DELETE, &format!("/communities/{community}"), Value::Null).await.expect(204);
    shop.get(&format!("/communities/{community}")).await.expect_problem(404, "WHATSAPP_NOT_FOUND");
    assert_eq!(metadata(&laptop, &ours).await["community"], Value::Null, "the group lives on");
    gateway.finish().await;
    world.finish().await;
}

// proves: communities.list_participants, communities.remove_participants, communities.promote_participants, communities.demote_participants
#[tokio::test]
async fn capability_communities_add_participants_and_remove_baileys_everywhere() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let community = create_community(&shop, json!({"subject": "Our street"})).await;
    let path = format!("/communities/{community}/participants");
    let added = shop.post(&path, people(&[&bob])).await.expect(200);
    assert_eq!(added["data"][0]["ok"], json!(true), "{added}");
    let announcements = groups_of(&shop, &community).await[0].1.clone();
    assert_eq!(metadata(&laptop, &announcements).await["settings"]["announce"], json!(true));
    let everybody = shop.get(&path).await.expect(200);
    let has = |list: &Value, account: &Account| {
        list["data"]
            .as_array()
            .expect("a list")
            .iter()
            .any(|one| account.is(one["id"].as_str().unwrap_or_default()))
    };
    assert!(has(&everybody, &alice) && has(&everybody, &bob), "{everybody}");
    for (action, is_admin) in [("promote", true), ("demote", false)] {
        let done = shop.post(&format!("{path}/{action}"), people(&[&bob])).await.expect(200);
        assert!(names(&done, &bob) && done["data"][0]["ok"] == json!(true), "{done}");
        let seen = metadata(&laptop, &community).await;
        let me = seen["participants"]
            .as_array()
            .expect("people")
            .iter()
            .find(|it| bob.is(it["id"].as_str().unwrap_or("")));
        assert_eq!(me.map(|me| me["admin"].is_string()), Some(is_admin), "{seen}");
    }
    shop.post(&format!("{path}/remove"), people(&[&bob])).await.expect(200);
    for group in [&community, &announcements] {
        assert_eq!(laptop.group_refused(group).await.status, Some(403));
    }
    gateway.finish().await;
    world.finish().await;
}

// proves: communities.reset_invite_link, communities.join_group, communities.leave
#[tokio::test]
async fn capability_communities_get_invite_link_for_baileys_and_the_way_in_and_out() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let community = create_community(&shop, json!({"subject": "Our street"})).await;
    let code = |answer: Value| {
        answer["link"].as_str().and_then(|link| link.rsplit('/').next()).expect("a link").to_owned()
    };
    let old = code(shop.get(&format!("/communities/{community}/invite-link")).await.expect(200));
    let new = code(shop.act(&format!("/communities/{community}/invite-link/reset")).await.expect(200));
    assert_eq!(laptop.must_fail("group_join", json!({"code": old})).await.status, Some(406));
    laptop.must("group_join", json!({"code": new})).await;
    let announcements = groups_of(&shop, &community).await[0].1.clone();
    assert_eq!(metadata(&laptop, &announcements).await["subject"], json!("Our street"));

    // Now a community of Baileys', which the gateway's number comes into, and leaves.
    let theirs =
        laptop.must("community_create", json!({"subject": "Their street", "description": "x"})).await;
    let theirs = theirs["group"].as_str().expect("an id").to_owned();
    let invite = laptop.must("group_invite", json!({"group": theirs})).await;
    shop.post("/groups/join", json!({"invite": invite["code"]})).await.expect(200);
    let group = laptop.create_group("Choir", &[]).await;
    laptop.must("community_link", json!({"community": theirs, "group": group.id})).await;
    let joined = shop.act(&format!("/communities/{theirs}/groups/{}/join", group.id)).await.expect(200);
    assert_eq!(joined["subject"], json!("Choir"));
    assert!(laptop.group(&group).await.has(&alice));
    shop.act(&format!("/communities/{theirs}/leave")).await.expect(204);
    assert!(!laptop.group(&group).await.has(&alice));
    gateway.finish().await;
    world.finish().await;
}

// proves: communities.remove_picture
#[tokio::test]
async fn capability_communities_set_picture_baileys_sees_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let community = create_community(&shop, json!({"subject": "Our street"})).await;
    let path = format!("/communities/{community}/picture");
    shop.put_file(&path, "image/jpeg", super::PICTURE).await.expect(204);
    assert!(laptop.must("picture_url", json!({"who": community})).await["url"].is_string());
    shop.ask(Method::DELETE, &path, Value::Null).await.expect(204);
    assert_eq!(laptop.must_fail("picture_url", json!({"who": community})).await.status, Some(404));
    gateway.finish().await;
    world.finish().await;
}
