//! Rows 21–28: logging in, staying, and being thrown out.

use serde_json::json;
use trunkline_tests::World;

#[tokio::test]
async fn row_21_success_names_the_lid_and_the_time() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let baileys = world.baileys("Alice's desk").await;
    baileys.watch("success").await;
    baileys.link(&alice).await;
    let success = baileys.expect_stanza("success", |_| true).await;
    let lid = alice.lid_jid().replace('@', ":1@");
    assert_eq!(success.attr("lid"), lid);
    assert!(success.attr("t").parse::<u64>().is_ok_and(|t| t > 1_600_000_000), "t={:?}", success.attr("t"));
    assert_eq!(baileys.me().await["lid"], json!(lid));
    world.finish().await;
}

#[tokio::test]
async fn row_22_an_empty_backlog_ends_too() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let baileys = world.baileys("Alice's desk").await;
    baileys.watch("ib").await;
    baileys.link(&alice).await;
    baileys.expect_stanza("a preview of the backlog", |ib| ib.child("offline_preview").is_some()).await;
    let end = baileys.expect_stanza("the end of the backlog", |ib| ib.child("offline").is_some()).await;
    assert_eq!(end.child("offline").map(|offline| offline.attr("count").to_owned()).as_deref(), Some("0"));
    world.finish().await;
}

#[tokio::test]
async fn row_22_the_backlog_comes_between_preview_and_end() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let baileys = alice.link_baileys().await;
    alice.expect_settled(1).await;
    baileys.close().await;
    baileys.expect_closed(0).await;
    for text in ["one", "two"] {
        bob.phone().send_text(&alice, text).await;
    }
    baileys.watch("ib").await;
    baileys.watch("message").await;
    baileys.reconnect().await;
    let preview = baileys.expect_stanza("preview", |ib| ib.child("offline_preview").is_some()).await;
    assert_eq!(preview.child("offline_preview").map(|p| p.attr("message").to_owned()).as_deref(), Some("2"));
    for _ in 0..2 {
        let message = baileys.expect_stanza("an offline message", |node| node.tag == "message").await;
        assert_ne!(message.attr("offline"), "", "not marked as offline: {message:?}");
    }
    baileys.expect_stanza("the end", |ib| ib.child("offline").is_some()).await;
    baileys.expect_text("one").await;
    baileys.expect_text("two").await;
    world.finish().await;
}

#[tokio::test]
async fn row_25_keepalive_is_answered_in_both_forms() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let baileys = alice.link_baileys().await;
    let ping = json!([{"tag": "ping"}]);
    for content in [ping, json!(null)] {
        let attrs = json!({"xmlns": "w:p", "type": "get", "to": "@s.whatsapp.net"});
        let answer = baileys.query(json!({"tag": "iq", "attrs": attrs, "content": content})).await;
        assert_eq!(answer.expect("an answer").attr("type"), "result", "to {content}");
    }
    world.finish().await;
}

#[tokio::test]
async fn row_25_silence_makes_the_client_leave() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let linked = alice.link_baileys().await;
    let state = linked.export_state().await;
    linked.close().await;
    let baileys = world.baileys("impatient").await;
    baileys.resume(&state, json!({"keep_alive_ms": 300, "query_timeout_ms": 1000})).await;
    baileys.expect_open().await;
    baileys.expect_caught_up().await;
    alice.fault("withhold_iq", json!({"value": "w:p"})).await;
    let reason = baileys.expect_closed(408).await;
    assert!(reason.contains("lost"), "closed for another reason: {reason}");
    world.finish().await;
}

#[tokio::test]
async fn row_26_a_second_login_replaces_the_first() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let first = alice.link_baileys().await;
    let state = first.export_state().await;
    let second = world.baileys("second").await;
    second.resume(&state, json!({})).await;
    second.expect_open().await;
    first.expect_closed(440).await;
    world.finish().await;
}

#[tokio::test]
async fn row_27_after_logout_the_device_is_gone() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let baileys = alice.link_baileys().await;
    let state = baileys.export_state().await;
    baileys.logout().await;
    baileys.expect_closed(401).await;
    let ghost = world.baileys("ghost").await;
    ghost.resume(&state, json!({})).await;
    ghost.expect_closed(401).await;
    world.finish().await;
}

#[tokio::test]
async fn row_27_the_phone_can_unlink_a_device() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let baileys = alice.link_baileys().await;
    alice.phone().unlink(1).await;
    baileys.expect_closed(401).await;
    world.finish().await;
}

#[tokio::test]
async fn row_28_refused_logins_carry_their_reason() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let linked = alice.link_baileys().await;
    let state = linked.export_state().await;
    linked.close().await;
    let baileys = world.baileys("refused").await;
    for reason in [401, 402, 403, 405, 503] {
        alice.fault("failure", json!({"value": reason.to_string(), "count": 1})).await;
        baileys.resume(&state, json!({})).await;
        baileys.expect_closed(reason).await;
    }
    baileys.resume(&state, json!({})).await;
    baileys.expect_open().await;
    world.finish().await;
}
