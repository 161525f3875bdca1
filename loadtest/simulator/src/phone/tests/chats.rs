//! One to one: texts, files, reactions, receipts, retries.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, NodeContent};

use super::town::{NOW_S, Town, lid_of};
use crate::crypto::derive::sha256;
use crate::phone::{Behaviour, MediaKind, MediaMessage, MediaSeen, MessageKind, PhoneError, PhoneMessage};
use crate::stanza::attr;

fn ann() -> Jid {
    Jid::pn("111")
}

fn ben() -> Jid {
    Jid::pn("222")
}

#[test]
fn texts_go_both_ways_and_sessions_ripen() {
    let mut town = Town::of(&["111", "222"]);
    let first = town.write("111", &ben(), PhoneMessage::Text("one".to_owned()));
    assert_eq!(Town::enc_types(&first), ["pkmsg"]);
    town.run("111", vec![first]);
    let second = town.write("111", &ben(), PhoneMessage::Text("two".to_owned()));
    assert_eq!(Town::enc_types(&second), ["pkmsg"], "no answer yet: still opening the session");
    town.run("111", vec![second]);
    let answer = town.write("222", &ann(), PhoneMessage::Text("three".to_owned()));
    assert_eq!(Town::enc_types(&answer), ["msg"]);
    town.run("222", vec![answer]);
    let fourth = town.write("111", &ben(), PhoneMessage::Text("four".to_owned()));
    assert_eq!(Town::enc_types(&fourth), ["msg"]);
    town.run("111", vec![fourth]);
    let texts =
        |pn| -> Vec<_> { town.phone(pn).inbox().messages().map(|m| m.text.clone().unwrap()).collect() };
    assert_eq!(texts("222"), ["one", "two", "four"]);
    assert_eq!(texts("111"), ["three"]);
    assert_eq!(town.records.bundles_taken, 1);
    assert_eq!(town.receipts("111", None).len(), 3);
}

#[test]
fn both_names_of_a_person_share_one_session() {
    let mut town = Town::of(&["111", "222"]);
    town.say("111", &ben(), "by number");
    let id = town.say("111", &Jid::lid(lid_of("222")), "by LID");
    town.say("222", &Jid::lid(lid_of("111")), "back by LID");
    assert_eq!(town.records.bundles_taken, 1);
    let got = town.got("222", &id);
    assert_eq!((got.chat.clone(), got.text.as_deref()), (Jid::lid(lid_of("111")), Some("by LID")));
    assert_eq!(town.phone("111").inbox().received(), 1);
}

#[test]
fn a_message_delivered_twice_is_counted_and_confirmed_again() {
    let mut town = Town::of(&["111", "222"]);
    let stanza = town.write("111", &ben(), PhoneMessage::Text("hi".to_owned()));
    let id = attr(&stanza, "id").unwrap().into_owned();
    town.run("111", vec![stanza.clone(), stanza]);
    assert_eq!(town.got("222", &id).deliveries, 2);
    assert_eq!(town.phone("222").inbox().duplicates(), 1);
    assert_eq!(town.receipts("111", None), [id.clone(), id]);
    assert!(town.receipts("111", Some("retry")).is_empty());
}

#[test]
fn a_phone_that_lost_its_sessions_asks_again_and_gets_the_message() {
    let mut town = Town::of(&["111", "222"]);
    town.say("111", &ben(), "opening");
    town.say("222", &ann(), "answer");
    town.forget_everything("222");
    let id = town.say("111", &ben(), "lost at first");
    assert_eq!(town.receipts("111", Some("retry")), std::slice::from_ref(&id));
    assert_eq!(town.got("222", &id).text.as_deref(), Some("lost at first"));
    assert_eq!((town.phone("111").stats().resent, town.phone("222").stats().retries_sent), (1, 1));
    let next = town.say("222", &ann(), "the new session works");
    assert_eq!(town.got("111", &next).deliveries, 1);
}

#[test]
fn garbage_is_asked_for_only_so_often() {
    let mut town = Town::of(&["111", "222"]);
    let mut stanza = town.write("111", &ben(), PhoneMessage::Text("hi".to_owned()));
    stanza.attrs.insert("id", "UNKNOWN");
    let (_, mut delivered) = town.route("111", &stanza).remove(0);
    let Some(NodeContent::Nodes(encs)) = &mut delivered.content else { panic!("no ciphertext") };
    encs[0].content = Some(NodeContent::Bytes(vec![0x33; 90]));
    let asked: Vec<_> = (0..8)
        .map(|_| town.with("222", |phone, directory| phone.on_stanza(NOW_S, &delivered, directory)).len())
        .collect();
    assert_eq!(asked, [1, 1, 1, 1, 1, 0, 0, 0]);
    assert_eq!(town.phone("222").stats().undecryptable, 8);
}

#[test]
fn a_message_is_resent_to_a_device_only_so_often() {
    let mut town = Town::of(&["111", "222"]);
    let id = town.say("111", &ben(), "hi");
    let receipt = NodeBuilder::new("receipt")
        .attr("id", id.as_str())
        .attr("from", ben())
        .attr("type", "retry")
        .children([NodeBuilder::new("retry").attr("id", id.as_str()).build()])
        .build();
    let answers: Vec<_> = (0..7)
        .map(|_| town.with("111", |phone, directory| phone.on_stanza(NOW_S, &receipt, directory)).len())
        .collect();
    assert_eq!(answers, [2, 2, 2, 2, 2, 1, 1], "an ack each time, and five resends");
}

#[test]
fn files_arrive_whole_and_defects_are_seen() {
    let mut town = Town::of(&["111", "222"]);
    let data = vec![42; 5000];
    let send = |town: &mut Town, kind, spoil: fn(&mut Vec<u8>)| {
        let file = MediaMessage {
            kind,
            data: data.clone(),
            mimetype: "application/octet-stream".to_owned(),
            caption: Some("look".to_owned()),
            file_name: Some("f.bin".to_owned()),
        };
        let stanza = town.write("111", &ben(), PhoneMessage::Media(file));
        for blob in town.records.blobs.values_mut() {
            spoil(blob);
        }
        let id = attr(&stanza, "id").unwrap().into_owned();
        town.run("111", vec![stanza]);
        id
    };
    let opened = Some(MediaSeen::Opened { sha256: sha256(&data), bytes: 5000 });
    for (kind, seen_as, caption) in [
        (MediaKind::Image, MessageKind::Image, true),
        (MediaKind::Video, MessageKind::Video, true),
        (MediaKind::Audio, MessageKind::Audio, false),
        (MediaKind::Document, MessageKind::Document, true),
        (MediaKind::Sticker, MessageKind::Sticker, false),
    ] {
        let id = send(&mut town, kind, |_| ());
        let got = town.got("222", &id);
        assert_eq!((got.kind, &got.media, got.text.is_some()), (seen_as, &opened, caption));
    }
    let id = send(&mut town, MediaKind::Image, |blob| blob[7] ^= 1);
    assert_eq!(town.got("222", &id).media, Some(MediaSeen::Refused("encrypted hash")));
    let id = {
        let file = MediaMessage {
            kind: MediaKind::Image,
            data: vec![1],
            mimetype: "image/png".to_owned(),
            caption: None,
            file_name: None,
        };
        let stanza = town.write("111", &ben(), PhoneMessage::Media(file));
        town.records.blobs.clear();
        let id = attr(&stanza, "id").unwrap().into_owned();
        town.run("111", vec![stanza]);
        id
    };
    assert_eq!(town.got("222", &id).media, Some(MediaSeen::Missing));
}

#[test]
fn reactions_edits_and_deletions_name_their_target() {
    let mut town = Town::of(&["111", "222"]);
    let target = town.say("111", &ben(), "draft");
    let reaction = PhoneMessage::Reaction { target: target.clone(), emoji: "👍".to_owned() };
    let edit = PhoneMessage::Edit { target: target.clone(), text: "final".to_owned() };
    let revoke = PhoneMessage::Revoke { target: target.clone() };
    for (from, to, message, kind, text, stanza_edit) in [
        ("222", ann(), reaction, MessageKind::Reaction, Some("👍"), None),
        ("111", ben(), edit.clone(), MessageKind::Edit, Some("final"), Some("1")),
        ("111", ben(), revoke, MessageKind::Revoke, None, Some("7")),
    ] {
        let stanza = town.write(from, &to, message);
        assert_eq!(attr(&stanza, "edit").as_deref(), stanza_edit);
        let id = attr(&stanza, "id").unwrap().into_owned();
        town.run(from, vec![stanza]);
        let got = town.got(&to.user, &id);
        assert_eq!((got.kind, got.text.as_deref(), &got.target), (kind, text, &Some(target.clone())));
    }
    let strange = town.with("222", |phone, directory| phone.send(NOW_S, &ann(), edit, directory));
    assert!(matches!(strange, Err(PhoneError::Unsupported(_))), "somebody else's message cannot be edited");
    let unknown = PhoneMessage::Revoke { target: "NEVER".to_owned() };
    let unknown = town.with("222", |phone, directory| phone.send(NOW_S, &ann(), unknown, directory));
    assert!(matches!(unknown, Err(PhoneError::UnknownMessage(id)) if id == "NEVER"));
}

#[test]
fn receipts_follow_behaviour_and_reading() {
    let mut town = Town::of(&["111"]);
    town.join("222", Behaviour { auto_read: true, ..Behaviour::default() });
    town.join("333", Behaviour { auto_deliver: false, ..Behaviour::default() });
    let (to_reader, to_silent) = (town.say("111", &ben(), "a"), town.say("111", &Jid::pn("333"), "b"));
    assert_eq!(town.receipts("111", None), std::slice::from_ref(&to_reader));
    assert_eq!(town.receipts("111", Some("read")), [to_reader]);
    let ids = [to_silent.clone(), "NEVER".to_owned()];
    let receipts = town.with("333", |phone, directory| phone.read(NOW_S, &ann(), &ids, directory));
    assert_eq!(receipts.len(), 1);
    town.run("333", receipts);
    assert_eq!(town.receipts("111", Some("read"))[1], to_silent);
}

#[test]
fn nobody_by_that_name_and_nobody_with_keys() {
    let mut town = Town::of(&["111", "222"]);
    let text = || PhoneMessage::Text("hi".to_owned());
    let to_nobody =
        town.with("111", |phone, directory| phone.send(NOW_S, &Jid::pn("999"), text(), directory));
    assert!(matches!(to_nobody, Err(PhoneError::UnknownRecipient(_))));
    let status = Jid::status_broadcast();
    let to_status = town.with("111", |phone, directory| phone.send(NOW_S, &status, text(), directory));
    assert!(matches!(to_status, Err(PhoneError::Unsupported(_))));
    town.records.keys_refused = true;
    let stanza = town.write("111", &ben(), text());
    assert!(Town::enc_types(&stanza).is_empty(), "a device without keys is left out");
}

#[test]
fn hostile_stanzas_do_nothing() {
    let mut town = Town::of(&["111", "222"]);
    let build = NodeBuilder::new;
    let enc = |kind, bytes: &[u8]| build("enc").attr("type", kind).bytes(bytes).build();
    for stanza in [
        build("message").build(),
        build("message").attr("from", "@@").attr("id", "1").build(),
        build("message").attr("from", "1@g.us").attr("id", "1").build(),
        build("receipt").attr("type", "retry").build(),
        build("receipt").attr("type", "retry").attr("from", ann()).attr("id", "X").build(),
        build("notification").attr("type", "encrypt").build(),
        build("iq").build(),
    ] {
        town.with("222", |phone, directory| phone.on_stanza(NOW_S, &stanza, directory));
    }
    for kind in ["msg", "pkmsg", "skmsg", "other"] {
        for bytes in [&[][..], &[0x33], &[0x33; 70], &[0xff; 70]] {
            let stanza =
                build("message").attr("from", ann()).attr("id", "1").children([enc(kind, bytes)]).build();
            town.with("222", |phone, directory| phone.on_stanza(NOW_S, &stanza, directory));
        }
    }
    assert_eq!(town.phone("222").inbox().received(), 0);
    town.say("111", &ben(), "and still it works");
    assert_eq!(town.phone("222").inbox().received(), 1);
}
