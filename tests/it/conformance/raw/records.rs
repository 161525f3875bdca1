//! Rows 37 and 52: what the service answers about keys and state, checked byte by byte. Baileys carries the requests.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use trunkline_tests::{Stanza, World};
use wacore_libsignal::protocol::PublicKey;
use waproto::buffa::Message as _;
use waproto::whatsapp::ADVSignedDeviceIdentity;

fn iq(kind: &str, xmlns: &str, children: Value) -> Value {
    json!({"tag": "iq", "attrs": {"to": "@s.whatsapp.net", "type": kind, "xmlns": xmlns}, "content": children})
}

fn bytes(stanza: Option<Stanza>, what: &str) -> Vec<u8> {
    let stanza = stanza.unwrap_or_else(|| panic!("no {what}"));
    STANDARD.decode(stanza.base64()).expect("base64")
}

fn verifies(key: &[u8], parts: &[&[u8]], signature: &[u8]) -> bool {
    PublicKey::from_djb_public_key_bytes(key).expect("a key").verify_signature(&parts.concat(), signature)
}

#[tokio::test]
async fn row_37_bundles_carry_a_valid_device_identity() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let (_desk, laptop) = (alice.link_baileys().await, bob.link_baileys().await);
    let users =
        [alice.pn_jid(), alice.device_jid(1)].map(|jid| json!({"tag": "user", "attrs": {"jid": jid}}));
    let answer = laptop.query(iq("get", "encrypt", json!([{"tag": "key", "content": users}]))).await;
    let bundles = answer.expect("bundles").child("list").expect("a list").children();
    let account_key = bytes(bundles[0].child("identity"), "identity of the phone");
    let companion_key = bytes(bundles[1].child("identity"), "identity of the companion");
    assert!(bundles[0].child("device-identity").is_none(), "a phone vouches for itself");

    let signed = bytes(bundles[1].child("device-identity"), "device identity of the companion");
    let signed = ADVSignedDeviceIdentity::decode_from_slice(&signed).expect("a signed device identity");
    let details = signed.details.expect("details");
    assert_eq!(signed.account_signature_key, None, "the receiver has the account's key by other means");
    let by_account = [&[6, 0][..], &details, &companion_key];
    assert!(verifies(&account_key, &by_account, &signed.account_signature.expect("the phone's signature")));
    let by_device = [&[6, 1][..], &details, &companion_key, &account_key];
    assert!(verifies(
        &companion_key,
        &by_device,
        &signed.device_signature.expect("the companion's signature")
    ));
    world.finish().await;
}

#[tokio::test]
async fn row_52_a_stale_patch_is_refused_with_what_it_missed() {
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let desk = alice.link_baileys().await;
    desk.modify_chat(&bob, json!({"pin": true})).await;
    let stale = json!([{"tag": "sync", "content": [{
        "tag": "collection",
        "attrs": {"name": "regular_low", "version": "0"},
        "content": [{"tag": "patch", "content": {"base64": STANDARD.encode(b"stale")}}],
    }]}]);
    let answer = desk.query(iq("set", "w:sync:app:state", stale)).await.expect("an answer");
    let collection = answer.descend(&["sync", "collection"]).expect("the collection");
    assert_eq!(collection.attr("type"), "error", "{collection:?}");
    assert_eq!(collection.child("error").expect("an error").attr("code"), "409");
    let missed = collection.child("patches").map(|patches| patches.children().len());
    assert_eq!(missed, Some(1), "{collection:?}");
    world.finish().await;
}
