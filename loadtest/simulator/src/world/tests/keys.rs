//! Pre-keys.

use serde_json::json;
use wacore_binary::builder::NodeBuilder;

use super::super::*;
use super::harness::*;
use crate::crypto::prekeys;
use crate::stanza::{attr_u64, bytes, child, child_array, children, empty, leaf, wrap};

fn fetch(sim: &mut Sim, conn: ConnId, jid: Jid) -> Node {
    let user = NodeBuilder::new("user").attr("jid", jid).build();
    let answer = sim.ask(conn, "encrypt", "get", vec![wrap("key", [user])]);
    children(child(&answer, "list").expect("list"))[0].clone()
}

fn one_time_id(user: &Node) -> Option<u32> {
    child(user, "key").and_then(|key| child(key, "id")).and_then(|id| crate::stanza::be_u32(&bytes(id)))
}

fn count(sim: &mut Sim, conn: ConnId) -> Option<u64> {
    let answer = sim.ask(conn, "encrypt", "get", vec![empty("count")]);
    child(&answer, "count").and_then(|count| attr_u64(count, "value"))
}

#[test]
fn row_38_a_one_time_key_is_handed_out_once_under_either_name() {
    let mut sim = Sim::new();
    let (ada, companion) = sim.link(ADA, 1);
    let (bob, _) = sim.link(BOB, 2);
    // The phone's welcome took the first.
    assert_eq!(count(&mut sim, ada), Some(19));
    let by_pn = fetch(&mut sim, bob, Jid::pn_device(ADA, 1));
    let lid = sim.lid(ADA);
    let by_lid = fetch(&mut sim, bob, Jid::lid_device(lid, 1));
    assert_eq!((one_time_id(&by_pn), one_time_id(&by_lid)), (Some(2), Some(3)));
    assert_eq!(child_array(&by_pn, "identity"), Some(companion.registration.identity));
    assert!(child(&by_pn, "device-identity").is_some());
    assert_eq!(count(&mut sim, ada), Some(17));
    sim.ask(ada, "encrypt", "set", companion.upload(15..=30));
    assert_eq!(count(&mut sim, ada), Some(27), "keys are appended, known ids are not doubled");
}

#[test]
fn phones_have_bundles_without_end() {
    let mut sim = Sim::new();
    let (bob, _) = sim.link(BOB, 2);
    let first = fetch(&mut sim, bob, Jid::pn(ADA));
    let lid = sim.lid(ADA);
    let second = fetch(&mut sim, bob, Jid::lid(lid));
    assert_eq!((one_time_id(&first), one_time_id(&second)), (Some(1), Some(2)));
    assert!(child(&first, "device-identity").is_none(), "a phone vouches for itself");
    let skey = child(&first, "skey").expect("skey");
    let identity = child_array(&first, "identity").expect("identity");
    let (public, signature) =
        (child_array(skey, "value").expect("key"), child_array::<64>(skey, "signature"));
    assert!(prekeys::verify_signed_pre_key(&identity, &public, &signature.expect("signature")));
}

#[test]
fn row_23_the_digest_matches_what_was_uploaded() {
    let mut sim = Sim::new();
    let (ada, companion) = sim.link(ADA, 1);
    let answer = sim.ask(ada, "encrypt", "get", vec![empty("digest")]);
    let digest = child(&answer, "digest").expect("digest");
    let left: Vec<[u8; 32]> = (2..=20).map(|id| [id; 32]).collect();
    let skey = &companion.registration.signed_pre_key;
    let expected = prekeys::digest(&companion.registration.identity, &skey.public, &skey.signature, &left);
    assert_eq!(child_array(digest, "hash"), Some(expected));
    assert_eq!(children(child(digest, "list").expect("list")).len(), 19);
}

#[test]
fn row_30_a_rotated_key_is_in_the_next_bundle() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    let (bob, _) = sim.link(BOB, 2);
    let skey = wrap("skey", [leaf("id", [0, 0, 9]), leaf("value", [4; 32]), leaf("signature", [5; 64])]);
    sim.ask(ada, "encrypt", "set", vec![wrap("rotate", [skey])]);
    let bundle = fetch(&mut sim, bob, Jid::pn_device(ADA, 1));
    assert_eq!(child(&bundle, "skey").and_then(|skey| child_array(skey, "value")), Some([4; 32]));
}

#[test]
fn row_29_a_device_low_on_keys_is_told_once() {
    let mut sim = Sim::new();
    let (ada, companion) = sim.link(ADA, 1);
    let (bob, _) = sim.link(BOB, 2);
    for _ in 0..18 {
        fetch(&mut sim, bob, Jid::pn_device(ADA, 1));
    }
    let told: Vec<_> = sim.take(ada);
    assert_eq!(told.iter().filter(|node| attr(node, "type").as_deref() == Some("encrypt")).count(), 1);
    let low = find(&told, "notification", Some("encrypt")).expect("a notification");
    assert_eq!(child(low, "count").and_then(|count| attr_u64(count, "value")), Some(4));
    sim.ask(ada, "encrypt", "set", companion.upload(50..=60));
    for _ in 0..10 {
        fetch(&mut sim, bob, Jid::pn_device(ADA, 1));
    }
    assert!(find(&sim.take(ada), "notification", Some("encrypt")).is_some(), "told again after an upload");
}

#[test]
fn row_36_bundles_come_without_a_one_time_key_when_there_is_none() {
    let mut sim = Sim::new();
    let (bob, _) = sim.link(BOB, 2);
    sim.arm(json!({"fault": "no_one_time_keys", "pn": ADA, "count": 1}));
    let bundle = fetch(&mut sim, bob, Jid::pn(ADA));
    assert!(child(&bundle, "key").is_none() && child(&bundle, "skey").is_some());
    assert_eq!(sim.world.counters.bundles_without_one_time_key, 1);
}

#[test]
fn row_46_unknown_devices_are_an_error_of_their_own() {
    let mut sim = Sim::new();
    let (bob, _) = sim.link(BOB, 2);
    for unknown in [Jid::pn_device(ADA, 5), Jid::pn("4400000000")] {
        let user = fetch(&mut sim, bob, unknown);
        assert_eq!(error_code(&user).as_deref(), Some("404"));
    }
}
