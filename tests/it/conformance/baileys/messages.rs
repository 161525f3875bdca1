//! Rows 31–42 and 49: messages between people.

use serde_json::json;
use trunkline_tests::{Recipient, Stanza, World};

/// Kinds of ciphertext in a message stanza, in order.
fn ciphertexts(message: &Stanza) -> Vec<String> {
    message
        .children()
        .iter()
        .filter(|child| child.tag == "enc")
        .map(|enc| enc.attr("type").to_owned())
        .collect()
}

#[tokio::test]
async fn row_31_text_by_phone_number_between_clients() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    desk.send_text(&bob, "by number").await;
    let received = laptop.expect_text("by number").await;
    let (chat, alt) = (received.key.chat.unwrap_or_default(), received.key.chat_alt.unwrap_or_default());
    assert!(alice.is(&chat) && alice.is(&alt), "from {chat}, also known as {alt}");
    assert_eq!(received.push_name.as_deref(), Some("Alice"));
    laptop.send_text(&alice, "by number, back").await;
    desk.expect_text("by number, back").await;
    bob.phone().expect_text("by number").await;
    alice.phone().expect_text("by number, back").await;
    world.finish().await;
}

#[tokio::test]
async fn row_31_text_by_lid_between_clients() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    desk.send_text(&bob.lid_jid(), "by LID").await;
    let received = laptop.expect_text("by LID").await;
    assert_eq!(received.key.chat, Some(alice.lid_jid()));
    assert_eq!(received.key.chat_alt.map(|alt| alice.is(&alt)), Some(true));
    laptop.send_text(&alice.lid_jid(), "by LID, back").await;
    desk.expect_text("by LID, back").await;
    bob.phone().expect_text("by LID").await;
    world.finish().await;
}

#[tokio::test]
async fn row_31_text_between_client_and_phone() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let desk = alice.link_baileys().await;
    for to_bob in [bob.pn_jid(), bob.lid_jid()] {
        let text = format!("to {to_bob}");
        desk.send_text(&to_bob, &text).await;
        bob.phone().expect_text(&text).await;
    }
    for to_alice in [alice.pn_jid(), alice.lid_jid()] {
        let text = format!("to {to_alice}");
        bob.phone().send_text(&to_alice, &text).await;
        desk.expect_text(&text).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn row_32_sessions_settle_after_an_answer() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    laptop.watch("message").await;
    let arrival = |text: &'static str| {
        let (desk, laptop, bob) = (&desk, &laptop, &bob);
        async move {
            let sent = desk.send_text(bob, text).await;
            laptop.expect_text(text).await;
            laptop.expect_stanza(text, |message| message.attr("id") == sent.key.id).await
        }
    };
    assert_eq!(ciphertexts(&arrival("first").await), ["pkmsg"]);
    assert_eq!(ciphertexts(&arrival("second, unanswered").await), ["pkmsg"]);
    laptop.send_text(&alice, "answer").await;
    desk.expect_text("answer").await;
    assert_eq!(ciphertexts(&arrival("third, answered").await), ["msg"]);
    world.finish().await;
}

#[tokio::test]
async fn row_33_the_service_acknowledges() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let desk = alice.link_baileys().await;
    desk.watch("ack").await;
    let sent = desk.send_text(&bob, "noted?").await;
    let ack = desk.expect_stanza("an ack", |ack| ack.attr("id") == sent.key.id).await;
    assert_eq!((ack.attr("class"), ack.attr("error")), ("message", ""));
    assert_eq!(ack.attr("from"), bob.pn_jid());
    world.finish().await;
}

#[tokio::test]
async fn row_34_own_copies_name_the_other_person() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, kitchen) = (alice.link_baileys().await, alice.link_baileys().await);
    kitchen.watch("message").await;
    for to in [bob.pn_jid(), bob.lid_jid()] {
        let text = format!("to {to}");
        let sent = desk.send_text(&to, &text).await;
        let copy = kitchen.expect_own_text(&text).await;
        assert_eq!(copy.key.chat.as_deref(), Some(to.as_str()));
        assert!(bob.is(&copy.key.chat_alt.unwrap_or_default()), "the other name of Bob, not of Alice");
        let stanza = kitchen.expect_stanza("the copy", |message| message.attr("id") == sent.key.id).await;
        assert_eq!((stanza.attr("sender_lid"), stanza.attr("sender_pn")), ("", ""));
        bob.phone().expect_text(&text).await;
    }
    // A copy that taught the wrong names would break the next message.
    kitchen.send_text(&bob, "from the kitchen").await;
    desk.expect_own_text("from the kitchen").await;
    world.finish().await;
}

#[tokio::test]
async fn row_35_what_the_phone_types_is_mirrored() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    alice.phone().send_text(&bob, "typed on the phone").await;
    let mirrored = desk.expect_own_text("typed on the phone").await;
    assert!(bob.is(&mirrored.key.chat.unwrap_or_default()));
    laptop.expect_text("typed on the phone").await;
    world.finish().await;
}

#[tokio::test]
async fn row_36_sessions_open_without_one_time_keys() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    world.control().fault("no_one_time_keys", json!({})).await;
    desk.send_text(&bob, "no key to spare").await;
    laptop.expect_text("no key to spare").await;
    bob.phone().expect_text("no key to spare").await;
    let stats = world.control().get("/stats").await;
    assert!(stats["bundles_without_one_time_key"].as_u64() >= Some(2), "{stats:#}");
    world.finish().await;
}

#[tokio::test]
async fn row_41_a_status_reaches_those_listed_only() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let carol = world.account("Carol").await;
    let desk = alice.link_baileys().await;
    let (laptop, tablet) = (bob.link_baileys().await, carol.link_baileys().await);
    desk.post_status("for Bob", &[alice.pn_jid(), bob.pn_jid()]).await;
    let status = laptop.expect_text("for Bob").await;
    assert_eq!(status.key.chat.as_deref(), Some("status@broadcast"));
    // Carol's stream is ordered: had the status been sent to her, it would come before this.
    desk.send_text(&carol, "for Carol").await;
    tablet.expect_text("for Carol").await;
    assert_eq!(tablet.further_texts(), Vec::<String>::new());
    world.finish().await;
}

#[tokio::test]
async fn row_42_reaction() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    let sent = desk.send_text(&bob, "nice weather").await;
    let received = laptop.expect_text("nice weather").await;
    laptop.react(&received.key, "👍").await;
    let reaction = desk.expect_message("a reaction", |message| message.kind == "reaction").await;
    assert_eq!(
        (reaction.text.as_deref(), reaction.target.as_deref()),
        (Some("👍"), Some(sent.key.id.as_str()))
    );
    alice.phone().expect("the reaction", |message| message["kind"] == "reaction").await;
    bob.phone().send(&alice, json!({"reaction": {"id": sent.key.id, "emoji": "🌧"}})).await;
    desk.expect_message("the phone's reaction", |m| m.kind == "reaction" && m.text.as_deref() == Some("🌧"))
        .await;
    world.finish().await;
}

#[tokio::test]
async fn row_42_edit() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    let sent = desk.send_text(&bob, "tpyo").await;
    laptop.expect_text("tpyo").await;
    desk.edit(&sent.key, "typo").await;
    laptop.expect_update(&sent.key.id, "an edit", |update| update.edited.as_deref() == Some("typo")).await;
    let edit = bob.phone().expect("the edit", |message| message["kind"] == "edit").await;
    assert_eq!((&edit["text"], &edit["target"]), (&json!("typo"), &json!(sent.key.id)));

    let typed = bob.phone().send_text(&alice, "phnoe").await;
    desk.expect_text("phnoe").await;
    bob.phone().send(&alice, json!({"edit": {"id": typed, "text": "phone"}})).await;
    desk.expect_update(&typed, "an edit", |update| update.edited.as_deref() == Some("phone")).await;
    world.finish().await;
}

#[tokio::test]
async fn row_42_revoke() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    let sent = desk.send_text(&bob, "never mind").await;
    laptop.expect_text("never mind").await;
    desk.revoke(&sent.key).await;
    laptop.expect_update(&sent.key.id, "a deletion", |update| update.revoked).await;
    bob.phone().expect("the deletion", |message| message["kind"] == "revoke").await;

    let typed = bob.phone().send_text(&alice, "forget it").await;
    desk.expect_text("forget it").await;
    bob.phone().send(&alice, json!({"revoke": {"id": typed}})).await;
    desk.expect_update(&typed, "a deletion", |update| update.revoked).await;
    world.finish().await;
}

#[tokio::test]
async fn row_49_a_new_sister_gets_the_next_copy() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let desk = alice.link_baileys().await;
    desk.send_text(&bob, "device list learnt").await;
    bob.phone().expect_text("device list learnt").await;
    desk.watch("notification").await;
    let kitchen = alice.link_baileys().await;
    desk.expect_device_notification(&alice).await;
    desk.send_text(&bob, "to Bob, and for the kitchen").await;
    kitchen.expect_own_text("to Bob, and for the kitchen").await;
    world.finish().await;
}

#[tokio::test]
async fn row_49_a_new_device_gets_the_next_message() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    for to in [bob.jid(), bob.lid_jid()] {
        desk.send_text(&to, "device list learnt").await;
        laptop.expect_text("device list learnt").await;
    }
    desk.watch("notification").await;
    let tablet = bob.link_baileys().await;
    for (name, jid) in [("number", bob.pn_jid()), ("LID", bob.lid_jid())] {
        let told = |node: &Stanza| node.attr("type") == "devices" && node.attr("from") == jid;
        let told = desk.expect_stanza(&format!("devices by {name}"), told).await;
        assert!(told.child("add").is_some(), "{told:?}");
    }
    for to in [bob.pn_jid(), bob.lid_jid()] {
        let text = format!("to all of {to}");
        desk.send_text(&to, &text).await;
        tablet.expect_text(&text).await;
        laptop.expect_text(&text).await;
    }
    world.finish().await;
}
