//! A number that moves from whatsmeow's SQLite store without being linked again.
//!
//! whatsmeow itself does not run here. A device that Baileys really linked is written into a database after whatsmeow's
//! published schema, its sessions and sender keys as the protobuf messages that the Go Signal library keeps.

use super::portable::Moving;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use buffa::Message as _;
use bytes::Bytes;
use rusqlite::Connection;
use serde_json::{Value, json};
use trunkline_tests::{DeviceState, Gateway, World};
use waproto::whatsapp as wa;
use waproto::whatsapp::session_structure::chain::ChainKey;
use waproto::whatsapp::session_structure::{Chain, PendingPreKey};

/// The tables that hold a device and its keys, as whatsmeow names them and their columns.
const SCHEMA: &str = "
    CREATE TABLE whatsmeow_version (version INTEGER);
    CREATE TABLE whatsmeow_device (jid TEXT PRIMARY KEY, lid TEXT, facebook_uuid uuid, registration_id BIGINT NOT NULL,
        noise_key bytea NOT NULL, identity_key bytea NOT NULL, signed_pre_key bytea NOT NULL,
        signed_pre_key_id INTEGER NOT NULL, signed_pre_key_sig bytea NOT NULL, adv_key bytea NOT NULL,
        adv_details bytea NOT NULL, adv_account_sig bytea NOT NULL, adv_account_sig_key bytea NOT NULL,
        adv_device_sig bytea NOT NULL, platform TEXT NOT NULL DEFAULT '', business_name TEXT NOT NULL DEFAULT '',
        push_name TEXT NOT NULL DEFAULT '', lid_migration_ts BIGINT NOT NULL DEFAULT 0);
    CREATE TABLE whatsmeow_identity_keys (our_jid TEXT, their_id TEXT, identity bytea NOT NULL, PRIMARY KEY (our_jid, their_id));
    CREATE TABLE whatsmeow_pre_keys (jid TEXT, key_id INTEGER, key bytea NOT NULL, uploaded BOOLEAN NOT NULL,
        PRIMARY KEY (jid, key_id));
    CREATE TABLE whatsmeow_sessions (our_jid TEXT, their_id TEXT, session bytea, PRIMARY KEY (our_jid, their_id));
    CREATE TABLE whatsmeow_sender_keys (our_jid TEXT, chat_id TEXT, sender_id TEXT, sender_key bytea NOT NULL,
        PRIMARY KEY (our_jid, chat_id, sender_id));
    CREATE TABLE whatsmeow_app_state_sync_keys (jid TEXT, key_id bytea, key_data bytea NOT NULL, timestamp BIGINT NOT NULL,
        fingerprint bytea NOT NULL, PRIMARY KEY (jid, key_id));
    CREATE TABLE whatsmeow_contacts (our_jid TEXT, their_jid TEXT, first_name TEXT, full_name TEXT, push_name TEXT);
    CREATE TABLE whatsmeow_lid_map (lid TEXT PRIMARY KEY, pn TEXT UNIQUE NOT NULL);";

/// Bytes as Baileys writes them into JSON.
fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => STANDARD.decode(text).expect("base64"),
        Value::Array(bytes) => bytes.iter().map(byte).collect(),
        Value::Object(fields) if fields.contains_key("data") => bytes(&fields["data"]),
        Value::Object(fields) => (0..fields.len()).map(|index| byte(&fields[&index.to_string()])).collect(),
        other => unreachable!("no bytes: {other}"),
    }
}

fn byte(value: &Value) -> u8 {
    value.as_u64().and_then(|byte| u8::try_from(byte).ok()).expect("a byte")
}

fn number(value: &Value) -> u32 {
    value.as_i64().and_then(|number| u32::try_from(number).ok()).expect("a number")
}

/// A public key with the byte of its type, as the Go library serializes it.
fn public(value: &Value) -> Vec<u8> {
    let key = bytes(value);
    if key.len() == 32 { [&[5][..], &key].concat() } else { key }
}

/// A number that is 0 is not written.
fn written(number: u32) -> Option<u32> {
    Some(number).filter(|number| *number != 0)
}

/// The chain's next message key; the JavaScript library counts the last one.
fn chain_key(chain: &Value) -> ChainKey {
    let key = &chain["chainKey"];
    let next = key["counter"].as_i64().map(|counter| counter + 1).expect("a counter");
    ChainKey {
        index: written(u32::try_from(next).expect("an index")),
        key: key.get("key").filter(|key| !key.is_null()).map(|key| bytes(key).into()),
    }
}

fn session(own: &Value, entry: &Value) -> wa::SessionStructure {
    let ratchet = &entry["currentRatchet"];
    let pair = &ratchet["ephemeralKeyPair"];
    let mut session = wa::SessionStructure {
        session_version: Some(3),
        local_identity_public: Some(public(&own["signedIdentityKey"]["public"])),
        remote_identity_public: Some(public(&entry["indexInfo"]["remoteIdentityKey"])),
        root_key: Some(bytes(&ratchet["rootKey"])),
        previous_counter: ratchet["previousCounter"].as_i64().and_then(|count| written(count.max(0) as u32)),
        remote_registration_id: written(number(&entry["registrationId"])),
        local_registration_id: written(number(&own["registrationId"])),
        alice_base_key: Some(public(&entry["indexInfo"]["baseKey"])),
        ..wa::SessionStructure::default()
    };
    for (key, chain) in entry["_chains"].as_object().expect("chains") {
        let skipped = chain["messageKeys"].as_object().expect("message keys");
        assert!(skipped.is_empty(), "nothing was skipped: {skipped:?}");
        let (key, is_ours) = (public(&json!(key)), chain["chainType"] == 1);
        let written = Chain {
            sender_ratchet_key: Some(key),
            sender_ratchet_key_private: Some(if is_ours { bytes(&pair["privKey"]) } else { Vec::new() }),
            chain_key: Some(chain_key(chain)).into(),
            message_keys: Vec::new(),
        };
        if !is_ours {
            session.receiver_chains.push(written);
        } else if written.sender_ratchet_key == Some(public(&pair["pubKey"])) {
            session.sender_chain = Some(written).into();
        }
    }
    if let Some(pending) = entry.get("pendingPreKey") {
        session.pending_pre_key = Some(PendingPreKey {
            pre_key_id: pending.get("preKeyId").map(number),
            signed_pre_key_id: pending["signedKeyId"].as_i64().map(|id| id as i32),
            base_key: Some(public(&pending["baseKey"])),
            ..PendingPreKey::default()
        })
        .into();
    }
    session
}

/// A record of the JavaScript library; and the identity key of the other side.
fn session_record(own: &Value, record: &Value) -> (Vec<u8>, Vec<u8>) {
    let sessions = record["_sessions"].as_object().expect("sessions");
    let (open, closed): (Vec<_>, Vec<_>) =
        sessions.values().partition(|entry| entry["indexInfo"]["closed"] == json!(-1));
    let identity = public(&sessions.values().next().expect("a session")["indexInfo"]["remoteIdentityKey"]);
    let record = wa::RecordStructure {
        current_session: open.first().map(|entry| session(own, entry)).into(),
        previous_sessions: closed.into_iter().map(|entry| session(own, entry)).collect(),
    };
    (record.encode_to_vec(), identity[1..].to_vec())
}

fn sender_key_record(file: &Value) -> Vec<u8> {
    use wa::sender_key_state_structure::{SenderChainKey, SenderSigningKey};
    let states: Value = serde_json::from_slice(&bytes(file)).expect("states");
    let state = |state: &Value| wa::SenderKeyStateStructure {
        sender_key_id: written(number(&state["senderKeyId"])),
        sender_chain_key: Some(SenderChainKey {
            iteration: written(number(&state["senderChainKey"]["iteration"])),
            seed: Some(bytes(&state["senderChainKey"]["seed"]).into()),
        })
        .into(),
        sender_signing_key: Some(SenderSigningKey {
            public: Some(public(&state["senderSigningKey"]["public"]).into()),
            private: Some(
                state["senderSigningKey"].get("private").map_or_else(Bytes::new, |key| bytes(key).into()),
            ),
        })
        .into(),
        sender_message_keys: Vec::new(),
    };
    let states = states.as_array().expect("a list").iter().map(state).collect();
    wa::SenderKeyRecordStructure { sender_key_states: states }.encode_to_vec()
}

/// What the driver exports is JSON in texts.
fn parsed(text: &Value) -> Value {
    serde_json::from_str(text.as_str().expect("a text")).expect("JSON")
}

/// Baileys' keys of a kind, by id.
fn keys<'a>(state: &'a DeviceState, kind: &str) -> impl Iterator<Item = (&'a String, Value)> {
    state.0["keys"][kind].as_object().into_iter().flatten().map(|(id, key)| (id, parsed(key)))
}

fn insert(database: &Connection, table: &str, values: impl rusqlite::Params, columns: &str) {
    let places = vec!["?"; columns.split(", ").count()].join(", ");
    let statement = format!("INSERT OR REPLACE INTO {table} ({columns}) VALUES ({places})");
    database.execute(&statement, values).expect("a row");
}

fn write_device(database: &Connection, creds: &Value) -> String {
    let jid = creds["me"]["id"].as_str().expect("an id").to_owned();
    let (account, signed) = (&creds["account"], &creds["signedPreKey"]);
    let columns = "jid, lid, registration_id, noise_key, identity_key, signed_pre_key, signed_pre_key_id, \
                   signed_pre_key_sig, adv_key, adv_details, adv_account_sig, adv_account_sig_key, adv_device_sig, push_name";
    let values = rusqlite::params![
        jid,
        creds["me"]["lid"].as_str(),
        number(&creds["registrationId"]),
        bytes(&creds["noiseKey"]["private"]),
        bytes(&creds["signedIdentityKey"]["private"]),
        bytes(&signed["keyPair"]["private"]),
        number(&signed["keyId"]),
        bytes(&signed["signature"]),
        bytes(&creds["advSecretKey"]),
        bytes(&account["details"]),
        bytes(&account["accountSignature"]),
        bytes(&account["accountSignatureKey"]),
        bytes(&account["deviceSignature"]),
        creds["me"]["name"].as_str().unwrap_or_default(),
    ];
    insert(database, "whatsmeow_device", values, columns);
    jid
}

/// The file that whatsmeow would keep of this device.
fn database(state: &DeviceState) -> Vec<u8> {
    let mut database = Connection::open_in_memory().expect("a database");
    database.execute_batch(SCHEMA).expect("the schema");
    let creds = &parsed(&state.0["creds"]);
    let jid = write_device(&database, creds);
    let unuploaded = number(&creds["firstUnuploadedPreKeyId"]);
    for (id, pair) in keys(state, "pre-key") {
        let id: u32 = id.parse().expect("a number");
        let values = (&jid, id, bytes(&pair["private"]), id < unuploaded);
        insert(&database, "whatsmeow_pre_keys", values, "jid, key_id, key, uploaded");
    }
    for (id, record) in keys(state, "session") {
        let their_id = id.replace('.', ":");
        let (session, identity) = session_record(creds, &record);
        insert(&database, "whatsmeow_sessions", (&jid, &their_id, session), "our_jid, their_id, session");
        insert(
            &database,
            "whatsmeow_identity_keys",
            (&jid, &their_id, identity),
            "our_jid, their_id, identity",
        );
    }
    for (id, file) in keys(state, "sender-key") {
        let [group, user, device] = id.splitn(3, "::").collect::<Vec<_>>()[..] else { unreachable!("{id}") };
        let values = (&jid, group, format!("{user}:{device}"), sender_key_record(&file));
        insert(&database, "whatsmeow_sender_keys", values, "our_jid, chat_id, sender_id, sender_key");
    }
    for (id, key) in keys(state, "app-state-sync-key") {
        let id = STANDARD.decode(id).expect("a key id");
        let values = (&jid, id, bytes(&key["keyData"]), 1, Vec::new());
        let columns = "jid, key_id, key_data, timestamp, fingerprint";
        insert(&database, "whatsmeow_app_state_sync_keys", values, columns);
    }
    for (id, phone) in keys(state, "lid-mapping") {
        if let Some(lid) = id.strip_suffix("_reverse") {
            insert(&database, "whatsmeow_lid_map", (lid, phone.as_str()), "lid, pn");
        }
    }
    database.serialize("main").expect("a file").to_vec()
}

fn body(file: &[u8]) -> Value {
    json!({"name": "moved", "whatsmeow": {"database": STANDARD.encode(file)}})
}

#[tokio::test]
async fn capability_instances_import_whatsmeow_goes_on_without_linking() {
    let world = World::start().await;
    let moving = Moving::begin(&world).await;
    let gateway = Gateway::start(&world).await;
    gateway.api().keep_private(moving.alice.pn());
    let file = database(&moving.state);
    let refused = gateway.api().post("/v1/instances/import", &body(&file[..file.len() / 2])).send().await;
    refused.expect_problem(422, "VALIDATION");
    let mut other = body(&file);
    other["whatsmeow"]["jid"] = json!("966599999999@s.whatsapp.net");
    gateway.api().post("/v1/instances/import", &other).send().await.expect_problem(422, "VALIDATION");
    // Neither left anything behind: the name is free.
    let shop = gateway.import_instance(&body(&file)).await;
    assert_eq!(shop.view().await["linked"]["phone"], format!("+{}", moving.alice.pn()));
    moving.goes_on(&world, &shop).await;
    gateway.finish().await;
    world.finish().await;
}
