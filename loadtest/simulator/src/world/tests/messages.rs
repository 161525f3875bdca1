//! Who gets which ciphertext, and who hears of receipts.

use serde_json::json;
use wacore_binary::builder::NodeBuilder;

use super::super::*;
use super::harness::*;

fn receipt(id: &str, to: &Jid, kind: Option<&str>) -> Node {
    let receipt = NodeBuilder::new("receipt").attr("id", id).attr("to", to);
    match kind {
        Some(kind) => receipt.attr("type", kind).build(),
        None => receipt.build(),
    }
}

#[test]
fn row_31_each_device_gets_its_own_ciphertext_only() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    let (ada_too, _) = sim.link(ADA, 2);
    let (bob, _) = sim.link(BOB, 3);
    sim.confirm_all(ada);
    let targets = [Jid::pn_device(BOB, 1), Jid::pn_device(ADA, 2), Jid::pn_device(EVE, 1), Jid::pn("999")];
    sim.send(ada, message("M1", &Jid::pn(BOB), &targets));
    let acks = sim.take(ada);
    let ack = find(&acks, "ack", None).expect("an ack");
    assert_eq!(attr(ack, "from").as_deref(), Some(&*format!("{BOB}@s.whatsapp.net")));
    let to_bob = sim.take(bob);
    let got = find(&to_bob, "message", None).expect("a message");
    assert_eq!(messages(&to_bob), [(format!("{ADA}:1@s.whatsapp.net"), format!("{BOB}:1@s.whatsapp.net"))]);
    assert_eq!(attr(got, "sender_lid"), Some(format!("{}@lid", sim.lid(ADA)).into()));
    let copy = sim.take(ada_too);
    let copy = find(&copy, "message", None).expect("a copy");
    assert_eq!(attr(copy, "recipient").as_deref(), Some(&*format!("{BOB}@s.whatsapp.net")));
    assert_eq!(attr(copy, "sender_lid"), None);
    assert_eq!(sim.world.counters.stray_targets, 2, "neither Eve nor a stranger is in this chat");
}

#[test]
fn row_48_a_message_stays_queued_until_receipted() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    let (bob, companion) = sim.link(BOB, 2);
    sim.send(ada, message("M1", &Jid::pn(BOB), &[Jid::pn_device(BOB, 1)]));
    assert_eq!(messages(&sim.take(bob)).len(), 1);
    sim.step(Input::Closed(bob));
    let bob = sim.log_in(BOB, 1, &companion);
    let again = sim.activate(bob);
    assert_eq!(messages(&again).len(), 1, "delivered again: it was never confirmed");
    sim.send(bob, receipt("M1", &Jid::pn_device(ADA, 1), None));
    assert_eq!(sim.queued(BOB, 1), 0);
    sim.step(Input::Closed(bob));
    let bob = sim.log_in(BOB, 1, &companion);
    assert!(messages(&sim.activate(bob)).is_empty());
}

#[test]
fn row_43_receipts_reach_the_author_and_private_ones_do_not() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    let (bob, _) = sim.link(BOB, 2);
    sim.send(ada, message("M1", &Jid::pn(BOB), &[Jid::pn_device(BOB, 1)]));
    sim.take(ada);
    let author = Jid::pn_device(ADA, 1);
    for (kind, forwarded) in [
        (None, true),
        (Some("read"), true),
        (Some("played"), true),
        (Some("peer_msg"), false),
        (Some("hist_sync"), false),
    ] {
        sim.send(bob, receipt("M1", &author, kind));
        let ack = sim.take(bob).pop().expect("an ack");
        assert_eq!((&*ack.tag, attr(&ack, "class").as_deref()), ("ack", Some("receipt")));
        let seen = sim.take(ada);
        assert_eq!(find(&seen, "receipt", kind).is_some(), forwarded, "{kind:?}");
        if let Some(receipt) = find(&seen, "receipt", kind) {
            assert_eq!(attr(receipt, "from").as_deref(), Some(&*format!("{BOB}:1@s.whatsapp.net")));
        }
    }
    assert_eq!((sim.world.counters.delivered, sim.world.counters.read), (1, 2));
}

#[test]
fn row_44_a_retry_receipt_goes_to_the_sending_device_with_its_children() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    let (ada_too, _) = sim.link(ADA, 2);
    let (bob, _) = sim.link(BOB, 3);
    sim.confirm_all(ada);
    let mut retry = receipt("M1", &Jid::pn_device(ADA, 1), Some("retry"));
    retry.content = Some(wacore_binary::NodeContent::Nodes(vec![crate::stanza::empty("retry")]));
    sim.send(bob, retry);
    let seen = sim.take(ada);
    let seen = find(&seen, "receipt", Some("retry")).expect("a retry receipt");
    assert!(crate::stanza::child(seen, "retry").is_some());
    assert!(find(&sim.take(ada_too), "receipt", None).is_none(), "nobody else can resend it");
    let enc = NodeBuilder::new("enc").attr("type", "pkmsg").bytes("again").build();
    let resend = NodeBuilder::new("message")
        .attr("id", "M1")
        .attr("to", Jid::pn_device(BOB, 1))
        .attr("type", "text")
        .children([
            enc,
            message("M1", &Jid::pn(BOB), &[Jid::pn_device(BOB, 1)]).children().expect("a list")[0].clone(),
        ])
        .build();
    sim.send(ada, resend);
    assert_eq!(messages(&sim.take(bob)), [(format!("{ADA}:1@s.whatsapp.net"), "again".to_owned())]);
}

#[test]
fn row_45_armed_errors_are_in_the_ack_and_nothing_is_delivered() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    let (bob, _) = sim.link(BOB, 2);
    sim.arm(json!({"fault": "ack_error", "device": format!("{ADA}:1"), "count": 1, "value": "463"}));
    sim.send(ada, message("M1", &Jid::pn(BOB), &[Jid::pn_device(BOB, 1)]));
    assert_eq!(attr(&sim.take(ada)[0], "error").as_deref(), Some("463"));
    assert!(messages(&sim.take(bob)).is_empty());
    sim.send(ada, message("M2", &Jid::pn("999"), &[]));
    assert_eq!(attr(&sim.take(ada)[0], "error").as_deref(), Some("404"));
}

#[test]
fn a_connection_can_drop_before_the_ack() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    let (bob, _) = sim.link(BOB, 2);
    sim.arm(json!({"fault": "drop_before_ack", "pn": ADA, "count": 1}));
    sim.send(ada, message("M1", &Jid::pn(BOB), &[Jid::pn_device(BOB, 1)]));
    assert!(sim.is_closed(ada));
    assert!(find(&sim.take(ada), "ack", None).is_none());
    assert_eq!(messages(&sim.take(bob)).len(), 1);
}

#[test]
fn row_41_a_status_reaches_the_listed_only() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    let (bob, _) = sim.link(BOB, 2);
    let (eve, _) = sim.link(EVE, 3);
    sim.send(ada, message("S1", &Jid::status_broadcast(), &[Jid::pn_device(BOB, 1)]));
    assert_eq!(messages(&sim.take(bob)).len(), 1);
    assert!(messages(&sim.take(eve)).is_empty());
    let enc = NodeBuilder::new("enc").attr("type", "skmsg").bytes("shared").build();
    let person = NodeBuilder::new("to").attr("jid", Jid::pn(EVE)).build();
    let known = NodeBuilder::new("message")
        .attr("id", "S2")
        .attr("to", Jid::status_broadcast())
        .children([enc, crate::stanza::wrap("participants", [person])]);
    sim.send(ada, known.build());
    assert_eq!(messages(&sim.take(eve)), [("status@broadcast".to_owned(), "shared".to_owned())]);
    assert!(messages(&sim.take(bob)).is_empty());
}

#[test]
fn row_66_presence_and_typing_reach_who_is_there() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    let (bob, companion) = sim.link(BOB, 2);
    let subscribe = NodeBuilder::new("presence").attr("type", "subscribe").attr("to", Jid::pn(ADA)).build();
    sim.send(bob, subscribe);
    assert_eq!(attr(&sim.take(bob)[0], "type").as_deref(), Some("unavailable"));
    sim.send(ada, NodeBuilder::new("presence").attr("type", "available").attr("name", "Ada").build());
    let seen = sim.take(bob);
    assert_eq!((&*seen[0].tag, attr(&seen[0], "type")), ("presence", None));
    let typing =
        NodeBuilder::new("chatstate").attr("to", Jid::pn(BOB)).children([crate::stanza::empty("composing")]);
    sim.send(ada, typing.build());
    assert_eq!(attr(&sim.take(bob)[0], "from").as_deref(), Some(&*format!("{ADA}@s.whatsapp.net")));
    sim.step(Input::Closed(bob));
    sim.step(Input::Closed(ada));
    let bob = sim.log_in(BOB, 1, &companion);
    assert!(find(&sim.activate(bob), "presence", None).is_none(), "never queued");
    assert!(sim.world.watchers.is_empty());
}

#[test]
fn the_judge_sees_what_passes() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    sim.link(BOB, 2);
    let before = sim.world.judge.verdict();
    assert!(before.clean && before.ciphertexts > 0, "the phones' welcomes");
    sim.send(ada, message("M1", &Jid::pn(BOB), &[Jid::pn_device(BOB, 1)]));
    assert_eq!(sim.world.judge.verdict().malformed, 1, "the test's ciphertext is none");
}

#[test]
fn phones_get_messages_and_answer_rubbish_with_a_retry() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    sim.send(ada, message("M1", &Jid::pn(BOB), &[Jid::pn(BOB)]));
    sim.take(ada);
    sim.phones();
    assert!(find(&sim.take(ada), "receipt", Some("retry")).is_some());
}
