//! Groups that the gateway makes and changes, with Baileys as a member.

use reqwest::Method;
use serde_json::{Value, json};
use trunkline_tests::{Account, Baileys, Event, Gateway, GatewayEvent, Group, Instance, World};

/// Makes a group of the gateway's number and these people; its id.
pub(super) async fn create(shop: &Instance, subject: &str, people: &[&Account], settings: Value) -> String {
    let people: Vec<String> = people.iter().map(|person| format!("+{}", person.pn())).collect();
    let wish = json!({"subject": subject, "participants": people, "settings": settings});
    let made = shop.post("/groups", wish).await.expect(201);
    made["id"].as_str().map(str::to_owned).unwrap_or_else(|| panic!("no id: {made}"))
}

/// What a member's client hears of the group.
pub(super) async fn metadata(member: &Baileys, group: &str) -> Value {
    member.must("group_metadata", json!({"group": group})).await
}

/// Whether a list of participants or outcomes names somebody.
pub(super) fn names(list: &Value, account: &Account) -> bool {
    list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .any(|one| account.is(one["person"]["id"].as_str().unwrap_or("")))
}

/// Waits for a change of the group that the gateway's number is told of.
pub(super) async fn expect_change(shop: &Instance, group: &str, change: &str) -> Value {
    let told = |event: &GatewayEvent| {
        let fits = event.kind == "group.changed"
            && event.data["change"] == change
            && event.data["group"]["id"] == group;
        fits.then(|| event.data.clone())
    };
    shop.expect(&format!("{change} of a group"), told).await
}

// proves: groups.list, groups.get, groups.list_participants
#[tokio::test]
async fn capability_groups_create_baileys_is_told() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let settings = json!({"announce": true, "join_approval": true, "disappearing_seconds": 86_400});
    let group = create(&shop, "Orders", &[&bob], settings).await;
    laptop.expect_group("Orders").await;
    let seen = metadata(&laptop, &group).await;
    assert_eq!(
        (&seen["settings"]["announce"], &seen["settings"]["join_approval"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(seen["settings"]["disappearing_seconds"], json!(86_400));

    let shown = shop.get(&format!("/groups/{group}")).await.expect(200);
    assert_eq!((&shown["subject"], &shown["size"]), (&json!("Orders"), &json!(2)));
    assert_eq!(
        (&shown["settings"]["announce"], &shown["settings"]["join_approval"]),
        (&json!(true), &json!(true))
    );
    assert!(alice.is(shown["creator"]["id"].as_str().expect("an id")), "{shown}");
    let listed = shop.get("/groups").await.expect(200);
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed["data"][0]["id"], json!(group));
    let people = shop.get(&format!("/groups/{group}/participants")).await.expect(200);
    assert!(names(&people, &alice) && names(&people, &bob), "{people}");
    let roles: Vec<&str> =
        people["data"].as_array().expect("a list").iter().filter_map(|one| one["role"].as_str()).collect();
    assert!(roles.contains(&"owner") && roles.contains(&"member"), "{people}");
    gateway.finish().await;
    world.finish().await;
}

#[tokio::test]
async fn capability_groups_update_baileys_sees_every_change() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let group = create(&shop, "Orders", &[&bob], json!({})).await;
    laptop.expect_group("Orders").await;
    let change = json!({
        "subject": "Deliveries",
        "description": "What goes out today",
        "settings": {
            "announce": true, "locked": true, "join_approval": true, "members_can_add": false,
            "disappearing_seconds": 604_800,
        },
    });
    let path = format!("/groups/{group}");
    let changed = shop.ask(Method::PATCH, &path, change).await.expect(200);
    let renamed = |event: &Event| match event {
        Event::GroupUpdate { group: id, changes } => {
            (*id == group && changes["subject"] == json!("Deliveries")).then_some(())
        }
        _ => None,
    };
    laptop.expect("a new subject", renamed).await;
    let seen = metadata(&laptop, &group).await;
    assert_eq!(
        (&seen["subject"], &seen["description"]),
        (&json!("Deliveries"), &json!("What goes out today"))
    );
    let expected = json!({
        "announce": true, "locked": true, "join_approval": true, "members_can_add": false,
        "disappearing_seconds": 604_800,
    });
    assert_eq!(seen["settings"], expected);
    assert_eq!(
        (&changed["subject"], &changed["description"]),
        (&json!("Deliveries"), &json!("What goes out today"))
    );
    assert_eq!(changed["settings"]["locked"], json!(true), "{changed}");

    shop.ask(Method::PATCH, &path, json!({"description": null, "settings": {"disappearing_seconds": 0}}))
        .await
        .expect(200);
    let seen = metadata(&laptop, &group).await;
    assert!(seen["description"].as_str().unwrap_or_default().is_empty(), "{seen}");
    assert_eq!(seen["settings"]["disappearing_seconds"], json!(0));
    gateway.finish().await;
    world.finish().await;
}

// proves: groups.promote_participants, groups.demote_participants, groups.remove_participants
#[tokio::test]
async fn capability_groups_add_participants_that_baileys_sees_come_and_go() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (carol, dave) = (world.account("Carol").await, world.account("Dave").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let shy = dave.link_baileys().await;
    shy.must("set_group_add_privacy", json!({"value": "contacts"})).await;
    let id = create(&shop, "Orders", &[&bob], json!({})).await;
    laptop.expect_group("Orders").await;
    let group = Group {
        id: id.clone(),
        subject: "Orders".into(),
        addressing: "lid".into(),
        participants: Vec::new(),
    };
    let people = |accounts: &[&Account]| json!({"people": accounts.iter().map(|account| account.pn_jid()).collect::<Vec<_>>()});

    let added =
        shop.post(&format!("/groups/{id}/participants"), people(&[&carol, &dave, &bob])).await.expect(200);
    let outcomes = added["data"].as_array().expect("a list");
    let ok: Vec<&Value> = outcomes.iter().map(|outcome| &outcome["ok"]).collect();
    assert_eq!(ok, [&json!(true), &json!(false), &json!(false)], "{added}");
    assert_eq!((&outcomes[1]["error"], &outcomes[2]["error"]), (&json!("403"), &json!("409")));
    assert!(laptop.expect_members_changed(&group, "add").await.iter().any(|jid| carol.is(jid)));
    // Whoever does not let himself be added gets an invitation, and takes it.
    let code = outcomes[1]["invitation"]["code"].as_str().expect("a code");
    let until: jiff::Timestamp =
        outcomes[1]["invitation"]["expires_at"].as_str().and_then(|time| time.parse().ok()).expect("a time");
    let invitation =
        json!({"group": id, "code": code, "expiration": until.as_second(), "from": alice.pn_jid()});
    shy.must("group_accept_invitation", invitation).await;
    assert!(laptop.expect_members_changed(&group, "add").await.iter().any(|jid| dave.is(jid)));

    for (path, action) in [("promote", "promote"), ("demote", "demote"), ("remove", "remove")] {
        let path = format!("/groups/{id}/participants/{path}");
        let done = shop.post(&path, people(&[&carol])).await.expect(200);
        assert_eq!(done["data"][0]["ok"], json!(true), "{done}");
        assert!(laptop.expect_members_changed(&group, action).await.iter().any(|jid| carol.is(jid)));
        let seen = laptop.group(&group).await;
        assert_eq!((seen.has(&carol), seen.has_admin(&carol)), (action != "remove", action == "promote"));
    }
    gateway.finish().await;
    world.finish().await;
}

// proves: groups.remove_picture
#[tokio::test]
async fn capability_groups_set_picture_baileys_sees_it() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let group = create(&shop, "Orders", &[&bob], json!({})).await;
    laptop.expect_group("Orders").await;
    let path = format!("/groups/{group}/picture");
    shop.put_file(&path, "image/jpeg", super::PICTURE).await.expect(204);
    let seen = laptop.must("picture_url", json!({"who": group})).await;
    assert!(seen["url"].is_string(), "{seen}");
    expect_change(&shop, &group, "picture").await;
    shop.ask(Method::DELETE, &path, Value::Null).await.expect(204);
    let gone = laptop.must_fail("picture_url", json!({"who": group})).await;
    assert_eq!(gone.status, Some(404), "{gone:?}");
    // A member who is no admin may not; neither may anybody where there is no group.
    let theirs = laptop.create_group("Not ours", &[&alice]).await;
    let refused =
        shop.put_file(&format!("/groups/{}/picture", theirs.id), "image/jpeg", super::PICTURE).await;
    refused.expect_problem(403, "WHATSAPP_FORBIDDEN");
    shop.get("/groups/120363000000000000@g.us").await.expect_problem(404, "WHATSAPP_NOT_FOUND");
    gateway.finish().await;
    world.finish().await;
}
