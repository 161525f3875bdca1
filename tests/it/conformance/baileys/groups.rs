//! Rows 39 and 61–66: groups, and who is there.

use serde_json::json;
use trunkline_tests::{Baileys, Event, Group, Stanza, World};

/// Kinds of ciphertext a group message carried to this device.
async fn ciphertexts_of(device: &Baileys, id: &str) -> Vec<String> {
    let stanza =
        device.expect_stanza("the message", |node| node.tag == "message" && node.attr("id") == id).await;
    let encs: Vec<Stanza> = stanza.children().into_iter().filter(|child| child.tag == "enc").collect();
    encs.iter().map(|enc| enc.attr("type").to_owned()).collect()
}

#[tokio::test]
async fn row_39_sender_key_goes_out_once_and_to_each_newcomer() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    let tablet = carol.link_baileys().await;
    for device in [&laptop, &tablet] {
        device.watch("message").await;
    }
    let group = desk.create_group("Walkers", &[&bob]).await;
    laptop.expect_group("Walkers").await;

    let first = desk.send_text(&group, "first").await;
    laptop.expect_text("first").await;
    assert_eq!(ciphertexts_of(&laptop, &first.key.id).await, ["pkmsg", "skmsg"]);
    let second = desk.send_text(&group, "second").await;
    laptop.expect_text("second").await;
    assert_eq!(ciphertexts_of(&laptop, &second.key.id).await, ["skmsg"]);

    assert_eq!(desk.change_members(&group, "add", &[&carol]).await, ["200"]);
    tablet.expect(&format!("being in {}", group.subject), told_of(&group)).await;
    let third = desk.send_text(&group, "third").await;
    tablet.expect_text("third").await;
    assert_eq!(ciphertexts_of(&tablet, &third.key.id).await, ["pkmsg", "skmsg"]);
    laptop.expect_text("third").await;
    assert_eq!(ciphertexts_of(&laptop, &third.key.id).await, ["skmsg"]);
    bob.phone().expect_text("third").await;
    carol.phone().expect_text("third").await;
    world.finish().await;
}

/// Either form in which Baileys reports that somebody was added.
fn told_of(group: &Group) -> impl FnMut(&Event) -> Option<()> {
    let id = group.id.clone();
    move |event| match event {
        Event::GroupParticipants { group, action, .. } => (*group == id && action == "add").then_some(()),
        Event::Group { group, .. } => (*group == id).then_some(()),
        _ => None,
    }
}

#[tokio::test]
async fn row_39_answers_in_a_group() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    let group = desk.create_group("Walkers", &[&bob]).await;
    laptop.expect_group("Walkers").await;
    laptop.send_text(&group, "from a companion").await;
    let received = desk.expect_text("from a companion").await;
    assert_eq!(received.key.chat.as_deref(), Some(group.id.as_str()));
    assert!(bob.is(&received.key.participant.unwrap_or_default()));
    bob.phone().send_text(&group, "from a phone").await;
    desk.expect_text("from a phone").await;
    laptop.expect_own_text("from a phone").await;
    alice.phone().expect_text("from a companion").await;
    world.finish().await;
}

#[tokio::test]
async fn row_39_a_group_that_speaks_phone_numbers() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    let wish = json!({"creator": alice.pn(), "subject": "Old friends", "participants": [bob.pn()],
        "addressing_mode": "pn"});
    let gid = world.control().post("/groups", wish).await["gid"].as_str().expect("an id").to_owned();
    laptop.expect_group("Old friends").await;
    assert_eq!(laptop.must("group_metadata", json!({"group": gid})).await["addressing"], json!("pn"));
    desk.send_text(&gid, "by number").await;
    let received = laptop.expect_text("by number").await;
    assert_eq!(received.key.participant, Some(alice.pn_jid()));
    laptop.send_text(&gid, "back").await;
    desk.expect_text("back").await;
    bob.phone().expect_text("by number").await;
    alice.phone().expect_text("back").await;
    world.finish().await;
}

#[tokio::test]
async fn row_61_a_group_is_made_looked_up_and_listed() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    let made = desk.create_group("Readers", &[&bob]).await;
    assert!(made.id.ends_with("@g.us"), "{made:?}");
    assert!(made.has_admin(&alice) && made.has(&bob) && !made.has(&carol), "{made:?}");

    let seen = laptop.group(&made).await;
    assert_eq!(seen.subject, "Readers");
    assert_eq!(seen.participants.len(), 2);
    let listed = laptop.groups().await;
    assert_eq!(listed.iter().map(|group| group.id.as_str()).collect::<Vec<_>>(), [made.id.as_str()]);
    world.finish().await;
}

#[tokio::test]
async fn row_61_a_group_changes() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let desk = alice.link_baileys().await;
    let group = desk.create_group("Readers", &[&bob]).await;
    let id = &group.id;
    desk.must("group_subject", json!({"group": id, "subject": "Slow readers"})).await;
    desk.must("group_description", json!({"group": id, "description": "One book a year"})).await;
    desk.must("group_setting", json!({"group": id, "setting": "announcement"})).await;
    assert_eq!(desk.change_members(&group, "promote", &[&bob]).await, ["200"]);
    let changed = desk.must("group_metadata", json!({"group": id})).await;
    assert_eq!(changed["subject"], json!("Slow readers"));
    assert_eq!(changed["description"], json!("One book a year"));
    assert!(desk.group(&group).await.has_admin(&bob));
    assert_eq!(desk.change_members(&group, "demote", &[&bob]).await, ["200"]);
    assert!(!desk.group(&group).await.has_admin(&bob));
    world.finish().await;
}

#[tokio::test]
async fn row_61_an_invitation_lets_people_in() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let (desk, tablet) = (alice.link_baileys().await, carol.link_baileys().await);
    let group = desk.create_group("Readers", &[&bob]).await;
    let invite = desk.must("group_invite", json!({"group": group.id})).await;
    let joined = tablet.must("group_join", json!({"code": invite["code"]})).await;
    assert_eq!(joined["group"], json!(group.id));
    assert!(desk.group(&group).await.has(&carol));
    tablet.must("group_leave", json!({"group": group.id})).await;
    assert!(!desk.group(&group).await.has(&carol));
    world.finish().await;
}

#[tokio::test]
async fn row_62_members_hear_of_every_change() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    let tablet = carol.link_baileys().await;
    let group = desk.create_group("Walkers", &[&bob]).await;
    laptop.expect_group("Walkers").await;

    desk.change_members(&group, "add", &[&carol]).await;
    let added = laptop.expect_members_changed(&group, "add").await;
    assert!(added.iter().any(|jid| carol.is(jid)), "{added:?}");
    desk.must("group_subject", json!({"group": group.id, "subject": "Runners"})).await;
    let renamed = |event: &Event| match event {
        Event::GroupUpdate { group: id, changes } => {
            (*id == group.id && changes["subject"] == json!("Runners")).then_some(())
        }
        _ => None,
    };
    laptop.expect("a new subject", renamed).await;
    desk.change_members(&group, "remove", &[&carol]).await;
    for witness in [&laptop, &tablet] {
        let removed = witness.expect_members_changed(&group, "remove").await;
        assert!(removed.iter().any(|jid| carol.is(jid)), "{removed:?}");
    }
    world.finish().await;
}

#[tokio::test]
async fn row_63_strangers_see_nothing() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let (desk, tablet) = (alice.link_baileys().await, carol.link_baileys().await);
    let group = desk.create_group("Walkers", &[&bob]).await;
    assert_eq!(tablet.group_refused(&group.id).await.status, Some(403));
    assert_eq!(tablet.group_refused("120363000000000000@g.us").await.status, Some(404));
    world.finish().await;
}

#[tokio::test]
async fn row_66_presence_and_typing() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    laptop.announce("available").await;
    desk.subscribe(&bob).await;
    desk.expect_presence(&bob, "available").await;
    laptop.announce("unavailable").await;
    desk.expect_presence(&bob, "unavailable").await;
    laptop.announce("available").await;
    desk.expect_presence(&bob, "available").await;
    for chatstate in ["composing", "recording", "paused"] {
        laptop.show(chatstate, &alice).await;
        let seen = if chatstate == "paused" { "available" } else { chatstate };
        desk.expect_presence(&bob, seen).await;
    }
    world.finish().await;
}
