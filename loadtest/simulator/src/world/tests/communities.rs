//! Coming into groups, and communities.

use wacore_binary::Server;
use wacore_binary::builder::NodeBuilder;

use super::super::groups::{Kind, Part};
use super::super::*;
use super::harness::*;
use crate::stanza::{attr_jid, child, children, empty, wrap};

fn participant(pn: &str) -> Node {
    NodeBuilder::new("participant").attr("jid", Jid::pn(pn)).build()
}

fn create(sim: &mut Sim, conn: ConnId, subject: &str, parts: Vec<Node>) -> Jid {
    let create = NodeBuilder::new("create").attr("subject", subject).children(parts).build();
    let answer = sim.ask_group(conn, Jid::new("", Server::Group), "set", vec![create]);
    Jid::group(child(&answer, "group").and_then(|group| attr(group, "id")).expect("an id").into_owned())
}

fn join(sim: &mut Sim, conn: ConnId, gid: &Jid) -> Node {
    let code = sim.world.groups.get(&gid.user).expect("the group").invite.clone();
    let invite = NodeBuilder::new("invite").attr("code", code).build();
    sim.ask(conn, "w:g2", "set", vec![invite])
}

#[test]
fn who_comes_by_the_link_waits_for_an_admin_where_that_is_asked_for() {
    let mut sim = Sim::new();
    let ((ada, _), (bob, _)) = (sim.link(ADA, 1), sim.link(BOB, 2));
    let state = NodeBuilder::new("group_join").attr("state", "on").build();
    let gid = create(&mut sim, ada, "grp", vec![wrap("membership_approval_mode", [state])]);
    sim.take(ada);
    let answer = join(&mut sim, bob, &gid);
    assert_eq!(
        child(&answer, "membership_approval_request").and_then(|it| attr_jid(it, "jid")),
        Some(gid.clone())
    );
    assert!(find(&sim.take(ada), "notification", Some("w:gp2")).is_some(), "the admin hears of it");
    let requests = |sim: &mut Sim, conn| {
        let answer = sim.ask_group(conn, gid.clone(), "get", vec![empty("membership_approval_requests")]);
        child(&answer, "membership_approval_requests").map(|list| children(list).len())
    };
    assert_eq!(
        (requests(&mut sim, ada), requests(&mut sim, bob)),
        (Some(1), None),
        "nobody else sees who waits"
    );
    let decide = |sim: &mut Sim, verdict: &'static str| {
        let action = wrap("membership_requests_action", [wrap(verdict, [participant(BOB)])]);
        let answer = sim.ask_group(ada, gid.clone(), "set", vec![action]);
        let outcome = child(&answer, "membership_requests_action").and_then(|it| child(it, verdict)).cloned();
        children(&outcome.expect("an outcome"))
            .iter()
            .map(|it| attr(it, "error").map(|e| e.into_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(decide(&mut sim, "reject"), [None]);
    assert_eq!(decide(&mut sim, "approve"), [Some("404".to_owned())], "he waits no longer");
    join(&mut sim, bob, &gid);
    assert_eq!(decide(&mut sim, "approve"), [None]);
    assert_eq!(sim.world.groups.get(&gid.user).map(|group| group.members.len()), Some(2));
}

#[test]
fn a_community_has_announcements_that_everybody_is_in() {
    let mut sim = Sim::new();
    let ((ada, _), (bob, _)) = (sim.link(ADA, 1), sim.link(BOB, 2));
    let community = create(&mut sim, ada, "street", vec![empty("parent"), empty("create_general_chat")]);
    let parent = NodeBuilder::new("linked_parent").attr("jid", community.clone()).build();
    let group = create(&mut sim, ada, "choir", vec![participant(BOB), parent]);
    let parts: Vec<Kind> =
        sim.world.groups.linked_to(&community.user).into_iter().map(|group| group.kind.clone()).collect();
    for part in [Part::Announcements, Part::General, Part::Group] {
        assert!(parts.contains(&Kind::Linked { community: community.user.to_string(), part }), "{part:?}");
    }
    let bob_id = sim.device(BOB, 1).account;
    let in_it = |sim: &Sim| sim.world.groups.of(bob_id).len();
    assert_eq!(in_it(&sim), 3, "the choir, the community, its announcements");
    let leave = wrap("leave", [NodeBuilder::new("group").attr("id", community.clone()).build()]);
    sim.ask(bob, "w:g2", "set", vec![leave]);
    assert_eq!(in_it(&sim), 0);
    let refused = sim.ask_group(bob, community.clone(), "set", vec![empty("delete_parent")]);
    assert_eq!(error_code(&refused).as_deref(), Some("403"));
    sim.ask_group(ada, community.clone(), "set", vec![empty("delete_parent")]);
    assert!(sim.world.groups.get(&community.user).is_none());
    assert_eq!(sim.world.groups.get(&group.user).map(|group| group.kind.clone()), Some(Kind::Plain));
}
