//! Logins, refusals, replacement, logout, and IQs nobody knows.

use serde_json::json;

use super::super::*;
use super::harness::*;
use crate::stanza::{child, empty};

#[test]
fn row_20_logins_of_unknown_devices_and_with_other_keys_fail() {
    let mut sim = Sim::new();
    let (_, companion) = sim.link(ADA, 1);
    let stranger = Companion::new(9);
    for (pn, device, client) in [(ADA, 1, &stranger), (ADA, 7, &companion), ("999", 1, &companion)] {
        let conn = sim.log_in(pn, device, client);
        let failure = sim.take(conn).pop().expect("a failure");
        assert_eq!((&*failure.tag, attr(&failure, "reason").as_deref()), ("failure", Some("401")));
        assert!(sim.is_closed(conn));
    }
}

#[test]
fn row_26_a_second_login_replaces_the_first() {
    let mut sim = Sim::new();
    let (first, companion) = sim.link(ADA, 1);
    let second = sim.log_in(ADA, 1, &companion);
    let error = sim.take(first).pop().expect("a stream error");
    let conflict = child(&error, "conflict").and_then(|conflict| attr(conflict, "type"));
    assert_eq!(conflict.as_deref(), Some("replaced"));
    assert!(sim.is_closed(first) && !sim.is_closed(second));
    sim.step(Input::Closed(first));
    assert_eq!(
        sim.world.conn_of(sim.device(ADA, 1)),
        Some(second),
        "the old end does not log the new one out"
    );
}

#[test]
fn row_28_armed_failures_answer_the_login() {
    for reason in ["401", "402", "403", "405", "503"] {
        let mut sim = Sim::new();
        let (conn, companion) = sim.link(ADA, 1);
        sim.step(Input::Closed(conn));
        sim.arm(json!({"fault": "failure", "pn": ADA, "count": 1, "value": reason}));
        let refused = sim.log_in(ADA, 1, &companion);
        let failure = sim.take(refused).pop().expect("a failure");
        assert_eq!(attr(&failure, "reason").as_deref(), Some(reason));
        assert_eq!(attr(&failure, "expire").is_some(), reason == "402");
        let again = sim.log_in(ADA, 1, &companion);
        assert_eq!(sim.take(again)[0].tag, "success", "a counted fault is over");
    }
}

#[test]
fn row_27_after_a_logout_the_device_is_gone() {
    let mut sim = Sim::new();
    let (conn, companion) = sim.link(ADA, 1);
    let request = wacore_binary::builder::NodeBuilder::new("remove-companion-device")
        .attr("jid", Jid::pn_device(ADA, 1))
        .build();
    let answer = sim.ask(conn, "md", "set", vec![request]);
    assert_eq!(attr(&answer, "type").as_deref(), Some("result"));
    let error = sim.take(conn).pop().expect("a stream error");
    assert_eq!(attr(&error, "code").as_deref(), Some("401"));
    let again = sim.log_in(ADA, 1, &companion);
    assert_eq!(attr(&sim.take(again)[0], "reason").as_deref(), Some("401"));
}

#[test]
fn nobody_logs_somebody_else_out() {
    let mut sim = Sim::new();
    sim.link(ADA, 1);
    let (bob, _) = sim.link(BOB, 2);
    let request = wacore_binary::builder::NodeBuilder::new("remove-companion-device")
        .attr("jid", Jid::pn_device(ADA, 1))
        .build();
    assert_eq!(error_code(&sim.ask(bob, "md", "set", vec![request])).as_deref(), Some("403"));
}

#[test]
fn row_24_unknown_requests_are_answered_and_counted() {
    let mut sim = Sim::new();
    let (conn, _) = sim.link(ADA, 1);
    let answer = sim.ask(conn, "w:nonsense", "get", vec![empty("what")]);
    assert_eq!(error_code(&answer).as_deref(), Some("501"));
    sim.ask(conn, "encrypt", "get", vec![empty("what")]);
    let counters = &sim.world.counters;
    assert_eq!((counters.unknown_iq, counters.unknown_iqs.len()), (2, 2));
    assert_eq!(counters.unknown_iqs[0], "w:nonsense get what");
}

#[test]
fn row_25_keepalives_of_both_forms_are_answered() {
    let mut sim = Sim::new();
    let (conn, _) = sim.link(ADA, 1);
    for children in [vec![], vec![empty("ping")]] {
        assert_eq!(attr(&sim.ask(conn, "w:p", "get", children), "type").as_deref(), Some("result"));
    }
}

#[test]
fn a_withheld_request_gets_no_answer() {
    let mut sim = Sim::new();
    let (conn, _) = sim.link(ADA, 1);
    sim.arm(json!({"fault": "withhold_iq", "count": 1, "value": "encrypt/count"}));
    let iq = |id: &'static str| {
        wacore_binary::builder::NodeBuilder::new("iq")
            .attr("xmlns", "encrypt")
            .attr("type", "get")
            .attr("id", id)
            .children([empty("count")])
            .build()
    };
    sim.ask(conn, "w:p", "get", vec![]);
    sim.send(conn, iq("1"));
    assert!(sim.take(conn).is_empty());
    sim.send(conn, iq("2"));
    assert_eq!(sim.take(conn).len(), 1);
}

#[test]
fn an_open_connection_can_be_ended() {
    let mut sim = Sim::new();
    let (conn, companion) = sim.link(ADA, 1);
    sim.act(|world| world.end_connection(conn, "503"));
    assert_eq!(attr(&sim.take(conn)[0], "code").as_deref(), Some("503"));
    assert!(sim.is_closed(conn));
    assert_eq!(sim.world.conn_of(sim.device(ADA, 1)), None);
    let again = sim.log_in(ADA, 1, &companion);
    assert_eq!(sim.take(again)[0].tag, "success");
}

#[test]
fn stream_errors_follow_the_login() {
    let mut sim = Sim::new();
    let (conn, companion) = sim.link(ADA, 1);
    sim.step(Input::Closed(conn));
    for (value, code) in [("503", Some("503")), ("replaced", None), ("device_removed", Some("401"))] {
        sim.arm(json!({"fault": "stream_error", "device": format!("{ADA}:1"), "count": 1, "value": value}));
        let conn = sim.log_in(ADA, 1, &companion);
        let error = sim.take(conn).pop().expect("a stream error");
        assert_eq!((&*error.tag, attr(&error, "code").as_deref()), ("stream:error", code));
        assert!(sim.is_closed(conn));
    }
}
