//! Groups: sender keys are distributed once, renewed when somebody leaves, and asked for when they are lacking.

use wacore_binary::Jid;

use super::town::{NOW_S, Town, lid_of};
use crate::crypto::phash::phash;
use crate::phone::{Addressing, MessageKind, PhoneMessage};
use crate::stanza::{attr, attr_jid};

const GID: &str = "120363000000000001";

fn group() -> Jid {
    Jid::group(GID)
}

fn text(text: &str) -> PhoneMessage {
    PhoneMessage::Text(text.to_owned())
}

#[test]
fn keys_go_out_once_then_only_the_message() {
    for addressing in [Addressing::Pn, Addressing::Lid] {
        let mut town = Town::of(&["111", "222", "333"]);
        town.found(GID, addressing, &["111", "222", "333"]);
        let first = town.write("111", &group(), text("one"));
        assert_eq!(Town::enc_types(&first), ["pkmsg", "pkmsg", "skmsg"]);
        let jid = |pn: &str| if addressing == Addressing::Lid { Jid::lid(lid_of(pn)) } else { Jid::pn(pn) };
        let everybody = ["111", "222", "333"].map(jid);
        assert_eq!(attr(&first, "phash").unwrap(), phash(&everybody));
        town.run("111", vec![first]);
        let second = town.write("111", &group(), text("two"));
        assert_eq!(Town::enc_types(&second), ["skmsg"]);
        town.run("111", vec![second]);
        let id = town.say("222", &group(), "three");
        assert_eq!(town.phone("333").inbox().received(), 3);
        let got = town.got("333", &id);
        assert_eq!((got.chat.clone(), got.from.clone(), got.kind), (group(), jid("222"), MessageKind::Text));
    }
}

#[test]
fn a_newcomer_gets_the_key_and_a_departure_changes_it() {
    let mut town = Town::of(&["111", "222", "333", "444"]);
    town.found(GID, Addressing::Pn, &["111", "222", "333"]);
    town.say("111", &group(), "one");
    town.found(GID, Addressing::Pn, &["111", "222", "333", "444"]);
    let to_newcomer = town.write("111", &group(), text("two"));
    assert_eq!(Town::enc_types(&to_newcomer), ["pkmsg", "skmsg"]);
    town.run("111", vec![to_newcomer]);
    assert_eq!(town.phone("444").inbox().received(), 1);
    town.found(GID, Addressing::Pn, &["111", "333", "444"]);
    let renewed = town.write("111", &group(), text("three"));
    assert_eq!(Town::enc_types(&renewed).len(), 3, "a new key for both who stay");
    let overheard = town.route("111", &renewed).remove(0).1;
    town.run("111", vec![renewed]);
    assert_eq!(town.phone("444").inbox().received(), 2);
    town.with("222", |phone, directory| phone.on_stanza(NOW_S, &overheard, directory));
    assert_eq!(town.phone("222").inbox().received(), 2, "who left cannot read the third");
    assert_eq!(town.phone("222").stats().undecryptable, 1);
}

#[test]
fn a_member_without_the_key_asks_and_then_reads_on() {
    let mut town = Town::of(&["111", "222"]);
    town.found(GID, Addressing::Lid, &["111", "222"]);
    town.say("111", &group(), "one");
    town.forget_everything("222");
    let id = town.say("111", &group(), "two");
    assert_eq!(town.receipts("111", Some("retry")), std::slice::from_ref(&id));
    assert_eq!(town.got("222", &id).text.as_deref(), Some("two"));
    let next = town.write("111", &group(), text("three"));
    assert_eq!(Town::enc_types(&next), ["skmsg"]);
    town.run("111", vec![next]);
    assert_eq!(town.phone("222").inbox().received(), 2);
    assert_eq!(town.phone("222").stats().retries_sent, 1, "the resend carried the key");
}

#[test]
fn reactions_in_groups_name_the_author() {
    let mut town = Town::of(&["111", "222", "333"]);
    town.found(GID, Addressing::Pn, &["111", "222", "333"]);
    let target = town.say("111", &group(), "one");
    let reaction = PhoneMessage::Reaction { target: target.clone(), emoji: "🎉".to_owned() };
    let id = town.send("222", &group(), reaction);
    assert_eq!(town.got("333", &id).target, Some(target.clone()));
    let receipts = town.with("222", |phone, directory| phone.read(0, &group(), &[target], directory));
    assert_eq!(attr_jid(&receipts[0], "participant"), Some(Jid::pn("111")));
    let unknown = town.with("222", |phone, directory| phone.send(0, &Jid::group("1"), text("x"), directory));
    assert!(unknown.is_err());
}
