//! App state, usync, settings.

use wacore_binary::builder::NodeBuilder;
use waproto::buffa::Message as _;
use waproto::whatsapp::SyncdPatch;

use super::super::*;
use super::harness::*;
use crate::stanza::{attr_u64, bytes, child, children, empty, leaf, wrap};

fn collection(version: u64, patch: Option<Vec<u8>>) -> Node {
    let node = NodeBuilder::new("collection")
        .attr("name", "regular_low")
        .attr("version", version)
        .attr("return_snapshot", if patch.is_some() { "false" } else { "true" });
    let node = node.children(patch.map(|patch| leaf("patch", patch))).build();
    wrap("sync", [node])
}

fn sync(sim: &mut Sim, conn: ConnId, version: u64, patch: Option<Vec<u8>>) -> Node {
    let answer = sim.ask(conn, "w:sync:app:state", "set", vec![collection(version, patch)]);
    children(child(&answer, "sync").expect("sync"))[0].clone()
}

fn patch(device: u32) -> Vec<u8> {
    SyncdPatch { device_index: Some(device), ..Default::default() }.encode_to_vec()
}

fn patches(collection: &Node) -> Vec<u64> {
    let patches = child(collection, "patches").map(children).unwrap_or_default();
    let version = |node: &Node| SyncdPatch::decode_from_slice(&bytes(node)).expect("a patch").version.version;
    patches.iter().map(|node| version(node).expect("a version")).collect()
}

#[test]
fn row_50_a_patch_of_one_device_is_seen_by_the_other() {
    let mut sim = Sim::new();
    let (one, _) = sim.link(ADA, 1);
    let (two, _) = sim.link(ADA, 2);
    sim.confirm_all(one);
    assert_eq!(attr_u64(&sync(&mut sim, one, 0, Some(patch(1))), "version"), Some(1));
    let told = sim.take(two);
    let told = find(&told, "notification", Some("server_sync")).expect("a notification");
    let named = child(told, "collection").expect("a collection");
    assert_eq!((attr(named, "name").as_deref(), attr_u64(named, "version")), (Some("regular_low"), Some(1)));
    assert!(find(&sim.take(one), "notification", None).is_none(), "not to the one that wrote it");
    assert_eq!(patches(&sync(&mut sim, two, 0, None)), [1]);
    assert_eq!(patches(&sync(&mut sim, two, 1, None)), [0; 0]);
}

#[test]
fn row_52_a_stale_write_conflicts_and_brings_what_was_missed() {
    let mut sim = Sim::new();
    let (one, _) = sim.link(ADA, 1);
    sync(&mut sim, one, 0, Some(patch(1)));
    sync(&mut sim, one, 1, Some(patch(1)));
    let refused = sync(&mut sim, one, 0, Some(patch(2)));
    assert_eq!(attr(&refused, "type").as_deref(), Some("error"));
    assert_eq!(error_code(&refused).as_deref(), Some("409"));
    assert_eq!(patches(&refused), [1, 2]);
    assert_eq!(attr_u64(&sync(&mut sim, one, 2, Some(patch(2))), "version"), Some(3));
}

#[test]
fn row_51_a_compacted_collection_comes_as_a_snapshot() {
    let mut sim = Sim::new();
    let (one, _) = sim.link(ADA, 1);
    let account = sim.device(ADA, 0).account;
    sim.act(|world| world.phone_compact(account)).expect("compacted");
    let request =
        NodeBuilder::new("collection").attr("name", "critical_block").attr("return_snapshot", "true").build();
    let answer = sim.ask(one, "w:sync:app:state", "set", vec![wrap("sync", [request])]);
    let read = &children(child(&answer, "sync").expect("sync"))[0];
    assert!(child(read, "snapshot").is_some() && child(read, "patches").is_none());
    assert!(sim.world.blobs.stored_bytes() > 0);
}

#[test]
fn usync_answers_by_either_name() {
    let mut sim = Sim::new();
    let (bob, _) = sim.link(BOB, 2);
    sim.link(ADA, 1);
    let lid = Jid::lid(sim.lid(ADA));
    let user = |jid: &Jid| NodeBuilder::new("user").attr("jid", jid).build();
    let contact = wrap("user", [leaf("contact", format!("+{ADA}"))]);
    let protocols = [NodeBuilder::new("devices").attr("version", 2).build(), empty("lid"), empty("contact")];
    let users = [user(&Jid::pn(ADA)), user(&lid), contact, user(&Jid::pn("999"))];
    let usync = NodeBuilder::new("usync")
        .attr("sid", "s")
        .attr("mode", "query")
        .attr("context", "message")
        .children([wrap("query", protocols), wrap("list", users)])
        .build();
    let answer = sim.ask(bob, "usync", "get", vec![usync]);
    let users = children(child(child(&answer, "usync").expect("usync"), "list").expect("list"));
    let lids: Vec<_> =
        users.iter().map(|user| child(user, "lid").and_then(|lid| attr(lid, "val")).is_some()).collect();
    assert_eq!(lids, [true, true, true, false]);
    let contacts: Vec<_> = users
        .iter()
        .map(|user| child(user, "contact").and_then(|c| attr(c, "type")).expect("a contact").into_owned())
        .collect();
    assert_eq!(contacts, ["in", "in", "in", "out"]);
    assert_eq!(attr(&users[1], "pn_jid"), Some(format!("{ADA}@s.whatsapp.net").into()));
    let devices = child(&users[0], "devices").expect("devices");
    let list = child(devices, "device-list").expect("a list");
    let indexes: Vec<_> = children(list).iter().map(|device| attr_u64(device, "key-index")).collect();
    assert_eq!(indexes, [None, Some(1)]);
    assert!(!bytes(child(devices, "key-index-list").expect("a signed list")).is_empty());
    assert_eq!(child(&users[3], "devices").and_then(error_code).as_deref(), Some("404"));
}

#[test]
fn row_68_settings_are_kept() {
    let mut sim = Sim::new();
    let (bob, _) = sim.link(BOB, 2);
    let change = NodeBuilder::new("category").attr("name", "last").attr("value", "none").build();
    sim.ask(bob, "privacy", "set", vec![wrap("privacy", [change])]);
    let answer = sim.ask(bob, "privacy", "get", vec![empty("privacy")]);
    let settings = children(child(&answer, "privacy").expect("privacy"));
    let last = settings.iter().find(|node| attr(node, "name").as_deref() == Some("last")).expect("last");
    assert_eq!((settings.len(), attr(last, "value").as_deref()), (9, Some("none")));
    let block = NodeBuilder::new("item").attr("action", "block").attr("jid", Jid::pn(ADA)).build();
    let answer = sim.ask(bob, "blocklist", "set", vec![block]);
    let items = children(child(&answer, "list").expect("list"));
    assert_eq!(attr(&items[0], "jid"), Some(format!("{}@lid", sim.lid(ADA)).into()));
}
