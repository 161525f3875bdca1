//! Rows 1, 3, 6, 7 and 15 with the harness's own client.

use serde_json::json;
use trunkline_tests::raw::noise::Went;
use trunkline_tests::raw::{Login, Opening, RawDevice, RawSocket, Signing};
use trunkline_tests::{Account, World};
use wacore_binary::Node;

/// Links a raw device and waits until the service ends the pairing connection.
async fn linked(world: &World, account: &Account) -> RawDevice {
    let device = RawDevice::new();
    let mut session = device.link(world, account, Signing::Honest).await;
    session.expect("a restart", |node| is_stream_error(node, "515")).await;
    device
}

fn is_stream_error(node: &Node, code: &str) -> bool {
    node.tag == "stream:error" && node.attrs.get("code").is_some_and(|value| value.as_str() == code)
}

#[tokio::test]
async fn row_01_without_the_prologue_the_service_hangs_up() {
    let world = World::start().await;
    for opening in [&[0, 0, 36, 18][..], &[0x57, 0x41, 5, 3], b"GET / HTTP/1.1\r\n\r\n"] {
        let mut socket = RawSocket::open(world.ws_url(), Opening::Instead(opening)).await;
        socket.expect_silent_close().await;
    }
    world.finish().await;
}

#[tokio::test]
async fn row_02_a_pre_introduction_is_read_but_not_hashed() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let device = linked(&world, &alice).await;
    let login = Login::of(&alice, 1);
    for routing in [&b""[..], &[8, 13, 8, 5], &[7; 300]] {
        let mut session = device.log_in(&world, &login, Opening::PreIntroduction(routing)).await;
        session.expect("success", |node| node.tag == "success").await;
    }
    world.finish().await;
}

#[tokio::test]
async fn row_03_the_service_reads_frames_however_they_are_cut() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let device = linked(&world, &alice).await;
    let (initiator, hello) = trunkline_tests::raw::noise::Initiator::full(device.noise());
    let mut socket = RawSocket::open(world.ws_url(), Opening::Instead(&[])).await;
    let length = &(hello.len() as u32).to_be_bytes()[1..];
    for byte in [&trunkline_tests::raw::noise::PROLOGUE[..], length, &hello].concat() {
        socket.send_bytes(&[byte]).await;
    }
    let answer = socket.frame().await.expect("a server hello");
    initiator.complete(&answer, b"").map(|_| ()).expect("a valid server hello");
    world.finish().await;
}

#[tokio::test]
async fn row_03_split_frames_really_are_split() {
    let world = World::start().await;
    let device = RawDevice::new();
    let mut reads = Vec::new();
    for fault in [None, Some("split_frames")] {
        if let Some(fault) = fault {
            world.control().fault(fault, json!({})).await;
        }
        let mut session = device.register(&world).await;
        session.expect("pair-device", |node| node.get_optional_child("pair-device").is_some()).await;
        reads.push(session.messages_read());
    }
    assert!(reads[1] > 4 * reads[0], "messages read without and with the fault: {reads:?}");
    world.finish().await;
}

#[tokio::test]
async fn row_06_resumption_takes_one_round_trip() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let device = linked(&world, &alice).await;
    let login = Login::of(&alice, 1);
    let full = device.log_in(&world, &login, Opening::Prologue).await;
    let mut resumed = device.resume(&world, &login, full.service_static()).await;
    assert_eq!(resumed.went(), Went::Resumed);
    resumed.expect("success", |node| node.tag == "success").await;
    world.finish().await;
}

#[tokio::test]
async fn row_07_resumption_falls_back() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let device = linked(&world, &alice).await;
    let login = Login::of(&alice, 1);
    let full = device.log_in(&world, &login, Opening::Prologue).await;
    let outdated_key = [9; 32];
    let mut with_outdated_key = device.resume(&world, &login, outdated_key).await;
    assert_eq!(with_outdated_key.went(), Went::FellBack);
    with_outdated_key.expect("success", |node| node.tag == "success").await;

    world.control().fault("reject_ik", json!({})).await;
    let mut rejected = device.resume(&world, &login, full.service_static()).await;
    assert_eq!(rejected.went(), Went::FellBack);
    rejected.expect("success", |node| node.tag == "success").await;
    world.finish().await;
}

#[tokio::test]
async fn row_15_a_forged_device_signature_links_nothing() {
    let world = World::start().await;
    let alice = world.account("Alice").await;
    let forger = RawDevice::new();
    let mut session = forger.link(&world, &alice, Signing::Forged).await;
    while let Some(node) = session.next().await {
        assert!(!is_stream_error(&node, "515"), "a forged signature was accepted");
    }
    let seen = alice.as_seen_by_service().await;
    assert_eq!(seen["devices"].as_array().map(Vec::len), Some(1), "{seen:#}");
    linked(&world, &alice).await;
    world.finish().await;
}
