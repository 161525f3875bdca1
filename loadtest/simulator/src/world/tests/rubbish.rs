//! Stanzas that make no sense: answered, counted or dropped, but never the end of the service.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use wacore_binary::builder::NodeBuilder;

use super::super::*;
use super::harness::*;

/// Random stanzas per run; one run takes well under a second.
const STANZAS: usize = 20_000;

const TAGS: [&str; 48] = [
    "iq",
    "message",
    "receipt",
    "ack",
    "presence",
    "chatstate",
    "call",
    "ib",
    "notification",
    "participants",
    "to",
    "enc",
    "list",
    "item",
    "key",
    "user",
    "skey",
    "id",
    "value",
    "signature",
    "identity",
    "registration",
    "rotate",
    "digest",
    "count",
    "usync",
    "query",
    "devices",
    "contact",
    "lid",
    "sync",
    "collection",
    "patch",
    "tokens",
    "token",
    "privacy",
    "category",
    "create",
    "participant",
    "add",
    "leave",
    "group",
    "invite",
    "offline_batch",
    "active",
    "remove-companion-device",
    "media_conn",
    "picture",
];

const KEYS: [&str; 16] = [
    "id",
    "to",
    "type",
    "xmlns",
    "jid",
    "participant",
    "recipient",
    "count",
    "version",
    "name",
    "code",
    "action",
    "category",
    "target",
    "value",
    "phash",
];

fn value(rng: &mut StdRng, lid: &str) -> wacore_binary::NodeValue {
    let texts = [
        "",
        "get",
        "set",
        "result",
        "encrypt",
        "passive",
        "usync",
        "w:g2",
        "privacy",
        "w:sync:app:state",
        "blocklist",
        "md",
        "retry",
        "read",
        "peer",
        "subscribe",
        "18446744073709551616",
        "-1",
        "regular_low",
        "block",
        "@",
        "s.whatsapp.net",
    ];
    let jids = [
        Jid::pn(ADA),
        Jid::pn_device(ADA, 1),
        Jid::lid_device(lid, 1),
        Jid::pn_device(BOB, 200),
        Jid::group("1"),
        Jid::status_broadcast(),
        service(),
        Jid::new("", wacore_binary::Server::Group),
    ];
    match rng.random_range(0..3) {
        0 => jids[rng.random_range(0..jids.len())].clone().into(),
        _ => texts[rng.random_range(0..texts.len())].into(),
    }
}

fn stanza(rng: &mut StdRng, lid: &str, depth: usize) -> Node {
    let mut node = NodeBuilder::new(TAGS[rng.random_range(0..TAGS.len())]);
    for _ in 0..rng.random_range(0..6) {
        node = node.attr(KEYS[rng.random_range(0..KEYS.len())], value(rng, lid));
    }
    match rng.random_range(0..4) {
        0 => node.bytes(vec![rng.random(); rng.random_range(0..70)]).build(),
        1 => node.build(),
        _ if depth == 0 => node.build(),
        _ => {
            let children: Vec<Node> =
                (0..rng.random_range(0..4)).map(|_| stanza(rng, lid, depth - 1)).collect();
            node.children(children).build()
        }
    }
}

/// Turns a stanza into a request some route takes, whatever it holds.
fn request(mut node: Node, (xmlns, kind): (&'static str, &'static str), child: &'static str) -> Node {
    node.tag = "iq".into();
    node.attrs.insert("xmlns", xmlns);
    node.attrs.insert("type", kind);
    if let Some(wacore_binary::NodeContent::Nodes(nodes)) = &mut node.content
        && let (Some(first), true) = (nodes.first_mut(), child != "*")
    {
        first.tag = child.into();
    }
    node
}

#[test]
fn no_stanza_ends_the_service() {
    let mut sim = Sim::new();
    let (mut ada, mut companion) = sim.link(ADA, 1);
    sim.link(BOB, 2);
    let lid = sim.lid(ADA);
    let mut rng = StdRng::seed_from_u64(7);
    let routes: Vec<_> = crate::iq::routes().collect();
    let (mut iqs, mut answers) = (0, 0);
    for _ in 0..STANZAS {
        let mut node = stanza(&mut rng, &lid, 3);
        if rng.random_bool(0.5) {
            let (xmlns, kind, child) = routes[rng.random_range(0..routes.len())];
            node = request(node, (xmlns, kind), child);
        }
        if sim.world.find_device(&format!("{ADA}:1")).is_none() {
            // It asked to be unlinked, and was.
            (ada, companion) = sim.link(ADA, 1);
        } else if sim.is_closed(ada) {
            ada = sim.log_in(ADA, 1, &companion);
        }
        let kind = attr(&node, "type").map(|kind| kind.into_owned());
        let is_request = node.tag == "iq" && !matches!(kind.as_deref(), Some("result" | "error"));
        iqs += usize::from(is_request);
        sim.send(ada, node);
        let answered = sim.take(ada).iter().filter(|node| node.tag == "iq").count();
        answers += answered.min(usize::from(is_request));
        sim.phones();
    }
    assert_eq!(iqs, answers, "every request is answered");
    assert!(iqs > STANZAS / 4 && sim.world.counters.unknown_iq > 0 && sim.world.counters.iq_errors > 0);
}
