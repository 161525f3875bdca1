//! Linking companions.

use serde_json::json;

use super::super::*;
use super::harness::*;
use crate::crypto::adv;
use crate::stanza::child;

#[test]
fn row_11_six_references_are_offered() {
    let mut sim = Sim::new();
    let companion = Companion::new(1);
    let conn = sim.conn();
    let intro = ClientIntro::Registration(Box::new(companion.registration.clone()));
    sim.step(Input::Connected { conn, noise: companion.noise, intro });
    let offered = sim.take(conn).pop().expect("pair-device");
    assert_eq!(child(&offered, "pair-device").and_then(|node| node.children()).map(<[_]>::len), Some(6));
    sim.step(Input::Closed(conn));
    assert!(sim.world.pairing_refs.is_empty(), "references end with their connection");
}

#[test]
fn rows_12_16_a_companion_is_linked_and_restarted() {
    let mut sim = Sim::new();
    let companion = Companion::new(1);
    let paired = sim.scan(&companion, ADA);
    assert_eq!(paired.device.as_ref().map(ToString::to_string), Some(format!("{ADA}:1@s.whatsapp.net")));
    sim.send(paired.conn, companion.signed_answer(&paired, true));
    let error = sim.take(paired.conn).pop().expect("a stream error");
    assert_eq!((&*error.tag, attr(&error, "code").as_deref()), ("stream:error", Some("515")));
    assert!(sim.is_closed(paired.conn));
    let account = sim.world.find_account(ADA).expect("account");
    let report = sim.world.account_report(account);
    assert_eq!((report.devices.len(), report.last_pairing.as_deref()), (2, Some("linked")));
    let conn = sim.log_in(ADA, 1, &companion);
    assert_eq!(sim.take(conn)[0].tag, "success");
}

#[test]
fn row_15_a_forged_device_signature_is_refused() {
    let mut sim = Sim::new();
    let companion = Companion::new(1);
    let paired = sim.scan(&companion, ADA);
    sim.send(paired.conn, companion.signed_answer(&paired, false));
    assert!(sim.is_closed(paired.conn));
    let account = sim.world.find_account(ADA).expect("account");
    let report = sim.world.account_report(account);
    assert_eq!(
        (report.devices.len(), report.last_pairing.as_deref()),
        (1, Some("refused: forged device signature"))
    );
    assert_eq!((sim.world.counters.paired, sim.world.counters.pairings_refused), (0, 1));
}

#[test]
fn rows_13_14_faults_spoil_the_container() {
    for fault in ["bad_hmac", "bad_account_signature"] {
        let mut sim = Sim::new();
        let companion = Companion::new(1);
        let honest = sim.scan(&companion, ADA).container;
        sim.arm(json!({"fault": fault, "pn": BOB, "count": 1}));
        let spoilt = sim.scan(&Companion::new(2), BOB);
        assert_ne!(honest, spoilt.container);
        let refusal = wacore_binary::builder::NodeBuilder::new("iq")
            .attr("type", "error")
            .attr("id", spoilt.answer_id.as_str())
            .children([wacore_binary::builder::NodeBuilder::new("error")
                .attr("code", 401)
                .attr("text", "hmac-mismatch")
                .build()])
            .build();
        sim.send(spoilt.conn, refusal);
        let bob = sim.world.find_account(BOB).expect("account");
        assert_eq!(sim.world.account_report(bob).last_pairing.as_deref(), Some("refused: 401 hmac-mismatch"));
    }
}

#[test]
fn row_19_a_second_companion_is_announced() {
    let mut sim = Sim::new();
    let (first, _) = sim.link(ADA, 1);
    let (bob, _) = sim.link(BOB, 2);
    let to = Jid::pn(BOB);
    sim.send(bob, message("M0", &Jid::pn(ADA), &[Jid::pn_device(ADA, 1)]));
    sim.confirm_all(first);
    sim.take(bob);
    let (_, second) = sim.link(ADA, 3);
    assert!(sim.log_in(ADA, 2, &second).0 > 0);
    let told = sim.take(first);
    assert!(find(&told, "notification", Some("account_sync")).is_some());
    let of_bob: Vec<_> =
        sim.take(bob).into_iter().filter(|node| attr(node, "type").as_deref() == Some("devices")).collect();
    let from: Vec<_> = of_bob.iter().map(|node| attr(node, "from").expect("from").into_owned()).collect();
    assert_eq!(from, [format!("{ADA}@s.whatsapp.net"), format!("{}@lid", sim.lid(ADA))], "under both names");
    assert_eq!(to.user, BOB);
}

#[test]
fn wrong_scans_lead_nowhere() {
    let mut sim = Sim::new();
    let companion = Companion::new(1);
    let account = sim.world.find_account(ADA).expect("account");
    let stale = companion.qr("2@nobody");
    assert_eq!(sim.act(|world| world.scan(account, &stale)), Err(ScanError::NobodyWaiting));
    assert!(matches!(sim.act(|world| world.scan(account, "rubbish")), Err(ScanError::BadQr(_))));
    assert_eq!(sim.act(|world| world.enter_pairing_code(account, "ABCD2345")), Err(ScanError::NobodyWaiting));
    let conn = sim.conn();
    let intro = ClientIntro::Registration(Box::new(companion.registration.clone()));
    sim.step(Input::Connected { conn, noise: companion.noise, intro });
    let reference = sim.world.pairing_refs.keys().next().cloned().expect("a reference");
    let others = Companion::new(2).qr(&reference);
    assert_eq!(sim.act(|world| world.scan(account, &others)), Err(ScanError::KeyMismatch));
}

#[test]
fn an_unanswered_offer_expires() {
    let mut sim = Sim::new();
    let companion = Companion::new(1);
    let paired = sim.scan(&companion, ADA);
    sim.pass(crate::limits::PAIR_ANSWER_MS_MAX + 1);
    sim.send(paired.conn, companion.signed_answer(&paired, true));
    let account = sim.world.find_account(ADA).expect("account");
    assert_eq!(sim.world.account_report(account).devices.len(), 1);
    assert_eq!(sim.world.counters.pairings_refused, 1);
}

#[test]
fn the_stored_identity_lacks_the_accounts_key() {
    let mut sim = Sim::new();
    sim.link(ADA, 1);
    let account = sim.world.find_account(ADA).expect("account");
    let stored = sim.world.accounts[account].devices[&1].signed_identity.clone();
    assert_eq!(adv::without_account_key(&stored).expect("an identity"), stored);
}
