//! Offline delivery, pushed and pulled.

use wacore_binary::builder::NodeBuilder;

use super::super::*;
use super::harness::*;
use crate::stanza::{attr_u64, child};

/// Bob is away while Ada sends `count` messages; his new connection.
fn away(sim: &mut Sim, count: usize) -> (ConnId, ConnId) {
    let (ada, _) = sim.link(ADA, 1);
    let (bob, companion) = sim.link(BOB, 2);
    sim.step(Input::Closed(bob));
    for number in 0..count {
        sim.send(ada, message(&format!("M{number}"), &Jid::pn(BOB), &[Jid::pn_device(BOB, 1)]));
    }
    (ada, sim.log_in(BOB, 1, &companion))
}

fn ids(stanzas: &[Node]) -> Vec<String> {
    let messages = stanzas.iter().filter(|node| node.tag == "message");
    messages.map(|node| attr(node, "id").expect("id").into_owned()).collect()
}

fn marker(stanzas: &[Node]) -> Option<u64> {
    stanzas.iter().find_map(|node| child(node, "offline")).and_then(|node| attr_u64(node, "count"))
}

#[test]
fn row_22_the_marker_comes_even_when_nothing_waits() {
    for mode in [OfflineMode::Push, OfflineMode::Pull] {
        let mut sim = Sim::with(mode);
        let (_, bob) = away(&mut sim, 0);
        let stanzas = sim.activate(bob);
        assert_eq!((ids(&stanzas).len(), marker(&stanzas)), (0, Some(0)), "{mode:?}");
        assert_eq!(marker(&sim.activate(bob)), None, "only once per connection");
    }
}

#[test]
fn nothing_passes_before_active() {
    let mut sim = Sim::new();
    let (_, bob) = away(&mut sim, 2);
    let greeting = sim.take(bob);
    let tags: Vec<_> = greeting.iter().map(|node| &*node.tag).collect();
    assert_eq!(tags, ["success", "ib"]);
}

#[test]
fn a_companions_first_login_has_no_backlog() {
    let mut sim = Sim::new();
    let companion = Companion::new(1);
    let paired = sim.scan(&companion, ADA);
    sim.send(paired.conn, companion.signed_answer(&paired, true));
    let conn = sim.log_in(ADA, 1, &companion);
    assert_eq!(marker(&sim.activate(conn)), Some(0));
}

#[test]
fn row_47_push_sends_everything_in_order() {
    let mut sim = Sim::new();
    let (ada, bob) = away(&mut sim, 40);
    let stanzas = sim.activate(bob);
    let expected: Vec<_> = (0..40).map(|number| format!("M{number}")).collect();
    assert_eq!(ids(&stanzas), expected);
    assert_eq!(marker(&stanzas), Some(40));
    let preview = stanzas.iter().find_map(|node| child(node, "offline_preview")).expect("a preview");
    assert_eq!((attr_u64(preview, "count"), attr_u64(preview, "message")), (Some(40), Some(40)));
    let numbers: Vec<_> = stanzas.iter().filter_map(|node| attr_u64(node, "offline")).collect();
    assert_eq!(numbers, (0..40).collect::<Vec<_>>());
    sim.send(ada, message("live", &Jid::pn(BOB), &[Jid::pn_device(BOB, 1)]));
    let live = sim.take(bob);
    assert_eq!(ids(&live), ["live"]);
    assert_eq!(attr(&live[0], "offline"), None);
}

#[test]
fn row_47_pull_sends_a_primer_and_then_what_is_asked_for() {
    let mut sim = Sim::with(OfflineMode::Pull);
    let (ada, bob) = away(&mut sim, 40);
    let mut all = ids(&sim.activate(bob));
    assert_eq!(all.len(), crate::limits::OFFLINE_PRIMER_STANZAS);
    // What is confirmed leaves the queue, what comes new joins its end.
    for id in all.clone() {
        let receipt = NodeBuilder::new("receipt").attr("id", id).attr("to", Jid::pn_device(ADA, 1)).build();
        sim.send(bob, receipt);
    }
    sim.send(ada, message("late", &Jid::pn(BOB), &[Jid::pn_device(BOB, 1)]));
    assert!(ids(&sim.take(bob)).is_empty(), "nothing overtakes the backlog");
    let mut marked = None;
    while marked.is_none() {
        let ask = NodeBuilder::new("offline_batch").attr("count", 15).build();
        sim.send(bob, crate::stanza::wrap("ib", [ask]));
        let batch = sim.take(bob);
        assert!(ids(&batch).len() <= 15);
        all.extend(ids(&batch));
        marked = marker(&batch);
    }
    let expected: Vec<_> = (0..40).map(|number| format!("M{number}")).chain(["late".to_owned()]).collect();
    assert_eq!((all, marked), (expected, Some(41)));
}

#[test]
fn a_passive_device_gets_nothing_until_it_is_active_again() {
    let mut sim = Sim::new();
    let (ada, bob) = away(&mut sim, 0);
    sim.activate(bob);
    sim.ask(bob, "passive", "set", vec![crate::stanza::empty("passive")]);
    sim.send(ada, message("M1", &Jid::pn(BOB), &[Jid::pn_device(BOB, 1)]));
    assert!(ids(&sim.take(bob)).is_empty());
    assert_eq!(ids(&sim.activate(bob)), ["M1"]);
}
