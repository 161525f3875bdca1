//! Groups.

use wacore_binary::builder::NodeBuilder;

use super::super::*;
use super::harness::*;
use crate::stanza::{attr_jid, child, children, empty, wrap};

fn participant(jid: Jid) -> Node {
    NodeBuilder::new("participant").attr("jid", jid).build()
}

/// Ada creates a group with Bob; its JID.
fn group(sim: &mut Sim, ada: ConnId) -> Jid {
    let create = NodeBuilder::new("create")
        .attr("subject", "grp")
        .attr("key", "K")
        .children([participant(Jid::pn(BOB))]);
    let answer = sim.ask_group(ada, Jid::new("", wacore_binary::Server::Group), "set", vec![create.build()]);
    let id = child(&answer, "group").and_then(|group| attr(group, "id")).expect("an id").into_owned();
    assert!(!id.contains('@'), "the id is a bare number");
    Jid::group(id)
}

fn skmsg(id: &str, gid: &Jid, phash: &str) -> Node {
    let enc = NodeBuilder::new("enc").attr("v", 2).attr("type", "skmsg").bytes("shared").build();
    NodeBuilder::new("message")
        .attr("id", id)
        .attr("to", gid)
        .attr("type", "text")
        .attr("phash", phash)
        .children([enc])
        .build()
}

#[test]
fn rows_61_62_members_hear_of_a_new_group_and_may_ask_for_it() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    let (bob, _) = sim.link(BOB, 2);
    let gid = group(&mut sim, ada);
    let told = sim.take(bob);
    let told = find(&told, "notification", Some("w:gp2")).expect("a notification");
    assert_eq!(child(told, "create").and_then(|create| attr(create, "key")).as_deref(), Some("K"));
    let query = NodeBuilder::new("query").attr("request", "interactive").build();
    let answer = sim.ask_group(bob, gid, "get", vec![query]);
    let group = child(&answer, "group").expect("a group");
    let members: Vec<_> = children(group).iter().filter(|node| node.tag == "participant").collect();
    assert_eq!(members.len(), 2);
    assert_eq!(attr_jid(members[0], "phone_number"), Some(Jid::pn(ADA)));
    assert_eq!(attr(members[0], "type").as_deref(), Some("superadmin"));
    let answer = sim.ask_group(bob, service(), "get", vec![empty("participating")]);
    assert_eq!(children(child(&answer, "groups").expect("groups")).len(), 1);
}

#[test]
fn row_63_strangers_are_refused() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    let (eve, _) = sim.link(EVE, 3);
    let gid = group(&mut sim, ada);
    let query = || vec![empty("query")];
    assert_eq!(error_code(&sim.ask_group(eve, gid.clone(), "get", query())).as_deref(), Some("403"));
    assert_eq!(error_code(&sim.ask_group(eve, Jid::group("1"), "get", query())).as_deref(), Some("404"));
    let invite = NodeBuilder::new("invite").attr("code", "wrong").build();
    assert_eq!(error_code(&sim.ask(eve, "w:g2", "set", vec![invite])).as_deref(), Some("406"));
    sim.send(eve, skmsg("M1", &gid, ""));
    assert_eq!(attr(&sim.take(eve)[0], "error").as_deref(), Some("403"));
    let add = wrap("add", [participant(Jid::pn(EVE))]);
    assert_eq!(error_code(&sim.ask_group(eve, gid, "set", vec![add])).as_deref(), Some("403"));
}

#[test]
fn row_39_shared_and_own_ciphertexts_reach_every_member_device() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    let (ada_too, _) = sim.link(ADA, 2);
    let (bob, _) = sim.link(BOB, 3);
    let gid = group(&mut sim, ada);
    sim.confirm_all(bob);
    sim.confirm_all(ada_too);
    let mut first = message("M1", &gid, &[Jid::lid_device(sim.lid(BOB), 1)]);
    let shared = skmsg("M1", &gid, "");
    if let (Some(wacore_binary::NodeContent::Nodes(nodes)), Some(more)) =
        (&mut first.content, shared.children())
    {
        nodes.extend(more.iter().cloned());
    }
    sim.send(ada, first);
    let got = sim.take(bob);
    let own = format!("{}:1@lid", sim.lid(BOB));
    assert_eq!(messages(&got), [(gid.to_string(), format!("{own}+shared"))], "its own first");
    let got = find(&got, "message", None).expect("a message");
    assert_eq!(attr(got, "participant"), Some(format!("{}:1@lid", sim.lid(ADA)).into()));
    assert_eq!(messages(&sim.take(ada_too)), [(gid.to_string(), "shared".to_owned())]);
}

#[test]
fn row_40_a_differing_participant_hash_is_told_in_the_ack() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    let gid = group(&mut sim, ada);
    let members = [(ADA, 0), (ADA, 1), (BOB, 0)].map(|(pn, device)| Jid::lid_device(sim.lid(pn), device));
    let right = crate::crypto::phash::phash(&members);
    sim.take(ada);
    sim.send(ada, skmsg("M1", &gid, &right));
    assert_eq!(attr(&sim.take(ada)[0], "phash"), None);
    sim.send(ada, skmsg("M2", &gid, "2:AAAAAAAA"));
    assert_eq!(attr(&sim.take(ada)[0], "phash"), Some(right.into()));
    assert_eq!(sim.world.counters.phash_mismatches, 1);
}

#[test]
fn members_come_and_go() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    let (bob, _) = sim.link(BOB, 2);
    let (eve, _) = sim.link(EVE, 3);
    let gid = group(&mut sim, ada);
    let add =
        wrap("add", [participant(Jid::pn(EVE)), participant(Jid::pn("999")), participant(Jid::pn(BOB))]);
    let answer = sim.ask_group(ada, gid.clone(), "set", vec![add]);
    let errors: Vec<_> = children(child(&answer, "add").expect("add"))
        .iter()
        .map(|node| attr(node, "error").map(|error| error.into_owned()))
        .collect();
    assert_eq!(errors, [None, Some("404".to_owned()), Some("409".to_owned())]);
    assert!(find(&sim.take(eve), "notification", Some("w:gp2")).is_some());
    let remove = wrap("remove", [participant(Jid::pn(EVE))]);
    sim.ask_group(ada, gid.clone(), "set", vec![remove]);
    assert!(find(&sim.take(eve), "notification", Some("w:gp2")).is_some(), "the removed hear of it too");
    let invite = sim.ask_group(ada, gid.clone(), "get", vec![empty("invite")]);
    let code = child(&invite, "invite").and_then(|invite| attr(invite, "code")).expect("a code").into_owned();
    let join = NodeBuilder::new("invite").attr("code", code).build();
    let joined = sim.ask(eve, "w:g2", "set", vec![join]);
    assert_eq!(child(&joined, "group").and_then(|group| attr_jid(group, "jid")), Some(gid.clone()));
    let leave = wrap("leave", [NodeBuilder::new("group").attr("id", gid.clone()).build()]);
    sim.ask(bob, "w:g2", "set", vec![leave]);
    let members = &sim.world.groups.get(&gid.user).expect("the group").members;
    assert_eq!(members.len(), 2, "Ada and Eve");
}

#[test]
fn settings_change_and_are_announced() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    let (bob, _) = sim.link(BOB, 2);
    let gid = group(&mut sim, ada);
    sim.take(bob);
    let body = crate::stanza::leaf("body", "about");
    for change in [
        crate::stanza::leaf("subject", "new"),
        NodeBuilder::new("description").attr("id", "D").children([body]).build(),
        empty("announcement"),
        empty("locked"),
        empty("unlocked"),
        NodeBuilder::new("ephemeral").attr("expiration", 86_400).build(),
        crate::stanza::leaf("member_add_mode", "admin_add"),
    ] {
        let tag = change.tag.clone();
        sim.ask_group(ada, gid.clone(), "set", vec![change]);
        let told = sim.take(bob);
        let told = find(&told, "notification", Some("w:gp2")).expect("a notification");
        assert!(child(told, &tag).is_some(), "{tag}");
    }
    let group = sim.world.groups.get(&gid.user).expect("the group");
    assert_eq!((group.subject.as_str(), group.ephemeral_s), ("new", Some(86_400)));
    assert_eq!(
        (group.settings.as_slice(), group.member_add_mode.as_str()),
        (&["announcement".to_owned()][..], "admin_add")
    );
}
