//! Newsletters, GraphQL, calls.

use serde_json::{Value, json};
use wacore_binary::Server;
use wacore_binary::builder::NodeBuilder;

use super::super::*;
use super::harness::*;
use crate::stanza::{bytes, child, children, leaf};

fn graph(sim: &mut Sim, conn: ConnId, id: &'static str, variables: Value) -> Value {
    let body = json!({"variables": variables}).to_string();
    let query = NodeBuilder::new("query").attr("query_id", id).bytes(body.into_bytes()).build();
    let answer = sim.ask(conn, "w:mex", "get", vec![query]);
    serde_json::from_slice(&bytes(child(&answer, "result").expect("a result"))).expect("JSON")
}

fn post(id: &str, to: &Jid) -> Node {
    let message = NodeBuilder::new("message").attr("id", id).attr("to", to.clone()).attr("type", "text");
    message.children([leaf("plaintext", b"protobuf".to_vec())]).build()
}

#[test]
fn posts_reach_followers_and_stay() {
    let mut sim = Sim::new();
    let ((ada, _), (bob, _)) = (sim.link(ADA, 1), sim.link(BOB, 2));
    let made =
        graph(&mut sim, ada, "8823471724422422", json!({"input": {"name": "news", "description": null}}));
    let id = made["data"]["xwa2_newsletter_create"]["id"].as_str().expect("an id").to_owned();
    let jid: Jid = id.parse().expect("a JID");
    let refused = graph(&mut sim, bob, "30062808666639665", json!({"newsletter_id": id}));
    assert_eq!(refused["errors"][0]["extensions"]["error_code"], json!(403));
    graph(&mut sim, bob, "24404358912487870", json!({"newsletter_id": id}));
    sim.take(bob);
    sim.send(ada, post("P1", &jid));
    assert!(find(&sim.take(bob), "message", None).is_some());
    sim.take(ada);
    sim.send(bob, post("P2", &jid));
    assert_eq!(attr(&sim.take(bob)[0], "error").as_deref(), Some("403"), "only its owner posts");
    let ask = NodeBuilder::new("messages").attr("count", 5).build();
    let iq = NodeBuilder::new("iq").attr("id", "I1").attr("xmlns", "newsletter").attr("type", "get");
    sim.send(bob, iq.attr("to", jid).children([ask]).build());
    let answer = sim.take(bob);
    let page = child(find(&answer, "iq", None).expect("an answer"), "messages").expect("a page");
    assert_eq!(children(page).len(), 1);
}

#[test]
fn unknown_questions_are_counted() {
    let mut sim = Sim::new();
    let (ada, _) = sim.link(ADA, 1);
    let query = NodeBuilder::new("query").attr("query_id", "1").bytes(b"{}".to_vec()).build();
    let answer = sim.ask(ada, "w:mex", "get", vec![query]);
    assert_eq!(error_code(&answer).as_deref(), Some("501"));
    assert_eq!(sim.world.counters.unknown_iq, 1);
}

#[test]
fn call_signals_pass_and_links_are_made() {
    let mut sim = Sim::new();
    let ((ada, _), (bob, _)) = (sim.link(ADA, 1), sim.link(BOB, 2));
    sim.take(bob);
    let offer = NodeBuilder::new("offer").attr("call-id", "C").attr("call-creator", Jid::pn(ADA)).build();
    let call = |to: Jid, action: Node| {
        NodeBuilder::new("call").attr("id", "S").attr("to", to).children([action]).build()
    };
    sim.send(ada, call(Jid::pn(BOB), offer));
    let told = sim.take(bob);
    let told = find(&told, "call", None).expect("a call");
    assert_eq!(child(told, "offer").and_then(|offer| attr(offer, "call-id")).as_deref(), Some("C"));
    assert_eq!(attr(&sim.take(ada)[0], "class").as_deref(), Some("call"), "acknowledged");
    let create = NodeBuilder::new("link_create").attr("media", "audio").build();
    sim.send(ada, call(Jid::new("", Server::Call), create));
    let answer = sim.take(ada);
    let link = child(&answer[0], "link_create").expect("a link");
    assert!(attr(link, "token").is_some_and(|token| !token.is_empty()));
}
