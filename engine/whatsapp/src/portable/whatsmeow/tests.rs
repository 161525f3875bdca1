//! Databases written here after whatsmeow's published schema.

use bytes::Bytes;
use rusqlite::Connection;
use wacore::libsignal::protocol::SessionRecord;
use waproto::whatsapp::session_structure::Chain;
use waproto::whatsapp::session_structure::chain::{ChainKey, MessageKey};

use super::*;

/// The tables that are read, with the columns that are read and one that is not.
const SCHEMA: &str = "
    CREATE TABLE whatsmeow_device (jid TEXT PRIMARY KEY, lid TEXT, registration_id BIGINT, noise_key bytea,
        identity_key bytea, signed_pre_key bytea, signed_pre_key_id INTEGER, signed_pre_key_sig bytea, adv_key bytea,
        adv_details bytea, adv_account_sig bytea, adv_account_sig_key bytea, adv_device_sig bytea, platform TEXT, push_name TEXT);
    CREATE TABLE whatsmeow_pre_keys (jid TEXT, key_id INTEGER, key bytea, uploaded BOOLEAN);
    CREATE TABLE whatsmeow_identity_keys (our_jid TEXT, their_id TEXT, identity bytea);
    CREATE TABLE whatsmeow_sessions (our_jid TEXT, their_id TEXT, session bytea);
    CREATE TABLE whatsmeow_sender_keys (our_jid TEXT, chat_id TEXT, sender_id TEXT, sender_key bytea);
    CREATE TABLE whatsmeow_app_state_sync_keys (jid TEXT, key_id bytea, key_data bytea, timestamp BIGINT, fingerprint bytea);
    CREATE TABLE whatsmeow_privacy_tokens (our_jid TEXT, their_jid TEXT, token bytea, timestamp BIGINT, sender_timestamp BIGINT);
    CREATE TABLE whatsmeow_lid_map (lid TEXT PRIMARY KEY, pn TEXT);";

const SHOP: &str = "966500000001:7@s.whatsapp.net";
const DESK: &str = "966500000002:3@s.whatsapp.net";
/// Any 32 bytes are a private key.
const KEY: &[u8] = &[7; 32];

fn empty() -> Connection {
    let connection = Connection::open_in_memory().expect("a database");
    connection.execute_batch(SCHEMA).expect("the schema");
    connection
}

fn add_device(connection: &Connection, jid: &str) {
    let row = "INSERT INTO whatsmeow_device VALUES (?1, '1234:7@lid', 4294967295, ?2, ?2, ?2, 1, ?3, ?2, ?2, ?3, ?2, ?3, '', 'Shop')";
    connection.execute(row, (jid, KEY, &[9u8; 64][..])).expect("a device");
    for (id, uploaded) in [(5, true), (6, true), (7, false)] {
        let row = "INSERT INTO whatsmeow_pre_keys VALUES (?1, ?2, ?3, ?4)";
        connection.execute(row, (jid, id, KEY, uploaded)).expect("a pre-key");
    }
}

fn file(mut connection: Connection) -> Vec<u8> {
    connection.serialize("main").expect("bytes").to_vec()
}

fn linked() -> Connection {
    let connection = empty();
    add_device(&connection, SHOP);
    connection
}

/// What is wrong with a file, in the words of the error.
fn problem(file: Vec<u8>, jid: Option<&str>) -> String {
    read(file, jid).expect_err("it cannot be read").to_string()
}

#[test]
fn a_device_is_read_with_its_keys() {
    let connection = linked();
    let rows = "
        INSERT INTO whatsmeow_identity_keys VALUES ('966500000001:7@s.whatsapp.net', '966500000009:0', zeroblob(32)),
            ('966500000001:7@s.whatsapp.net', '99_1:2', zeroblob(32)), ('966500000001:7@s.whatsapp.net', '99_128:2', zeroblob(32)),
            ('another', '1:0', zeroblob(32));
        INSERT INTO whatsmeow_app_state_sync_keys VALUES ('966500000001:7@s.whatsapp.net', x'02', x'0a', 20, x''),
            ('966500000001:7@s.whatsapp.net', x'01', x'0b', 10, x'');
        INSERT INTO whatsmeow_privacy_tokens VALUES ('966500000001:7@s.whatsapp.net', '966500000009@s.whatsapp.net', x'0c', 5, NULL),
            ('966500000001:7@s.whatsapp.net', '98@lid', x'0d', 6, 7), ('966500000001:7@s.whatsapp.net', '1@bot', x'0e', 8, 9);
        INSERT INTO whatsmeow_lid_map VALUES ('99', '966500000009');";
    connection.execute_batch(rows).expect("rows");
    let portable = read(file(connection), None).expect("it is read");
    let device = portable.device().expect("a device");
    assert_eq!(device.pn.map(|jid| jid.to_string()).as_deref(), Some(SHOP));
    assert_eq!(device.lid.map(|jid| jid.to_string()).as_deref(), Some("1234:7@lid"));
    assert_eq!((device.registration_id, device.push_name.as_str()), (u32::MAX, "Shop"));
    assert_eq!((device.next_pre_key_id, device.first_unupload_pre_key_id), (8, 7));
    assert!(device.server_has_prekeys);
    let ids = |keys: &[(u32, Vec<u8>)]| keys.iter().map(|(id, _)| *id).collect::<Vec<_>>();
    assert_eq!((ids(&portable.uploaded_pre_keys), ids(&portable.other_pre_keys)), (vec![5, 6], vec![7]));
    let whose: Vec<&str> = portable.identities.iter().map(|(address, _)| address.as_str()).collect();
    assert_eq!(whose, ["966500000009@c.us.0", "99:2@lid.0"]);
    assert_eq!(portable.sync_keys.iter().map(|key| key.time).collect::<Vec<_>>(), [10, 20]);
    let tokens: Vec<_> = portable
        .contact_tokens
        .iter()
        .map(|token| (token.whose.as_str(), token.token[0], token.issued_at_s))
        .collect();
    assert_eq!(tokens, [("99", 0x0c, None), ("98", 0x0d, Some(7))]);
    assert_eq!(portable.lids, [("99".to_owned(), "966500000009".to_owned())]);
}

#[test]
fn one_of_several_devices_is_named() {
    let connection = linked();
    add_device(&connection, DESK);
    let file = file(connection);
    assert!(problem(file.clone(), None).contains("2 devices"));
    assert!(problem(file.clone(), Some("966500000003@s.whatsapp.net")).contains("none of the devices"));
    assert!(problem(file.clone(), Some("966500000001:8@s.whatsapp.net")).contains("none of the devices"));
    for (wanted, found) in [(SHOP, SHOP), (DESK, DESK), ("966500000002@s.whatsapp.net", DESK)] {
        let device = read(file.clone(), Some(wanted)).and_then(|portable| portable.device()).expect("read");
        assert_eq!(device.pn.map(|jid| jid.to_string()).as_deref(), Some(found), "{wanted}");
    }
}

#[test]
fn a_database_with_a_log_beside_it_is_read() {
    let mut file = file(linked());
    file[18..20].fill(2);
    assert!(read(file, None).is_ok());
}

#[test]
fn every_damage_is_named_without_what_is_damaged() {
    for (damage, expected) in [
        ("DELETE FROM whatsmeow_device", "not linked"),
        ("DROP TABLE whatsmeow_device", "`whatsmeow_device` is missing"),
        ("DROP TABLE whatsmeow_sessions", "`whatsmeow_sessions` is missing"),
        ("ALTER TABLE whatsmeow_device DROP COLUMN noise_key", "`whatsmeow_device.noise_key` is missing"),
        ("UPDATE whatsmeow_device SET noise_key = x'00'", "`whatsmeow_device.noise_key` has not 32 bytes"),
        (
            "UPDATE whatsmeow_device SET identity_key = 'secret'",
            "`whatsmeow_device.identity_key` has no bytes",
        ),
        (
            "UPDATE whatsmeow_device SET signed_pre_key_sig = zeroblob(63)",
            "signed_pre_key_sig` has not 64 bytes",
        ),
        ("UPDATE whatsmeow_device SET adv_key = NULL", "`whatsmeow_device.adv_key` has no bytes"),
        ("UPDATE whatsmeow_device SET registration_id = -1", "registration_id` is not a number from 0"),
        ("UPDATE whatsmeow_device SET jid = 'a@b@c:d'", "jid` is no WhatsApp id"),
        (
            "UPDATE whatsmeow_pre_keys SET key = zeroblob(31) WHERE key_id = 6",
            "pre_keys.key` has not 32 bytes",
        ),
        (
            "INSERT INTO whatsmeow_sessions VALUES ('966500000001:7@s.whatsapp.net', '1:0', x'ffffff')",
            "`whatsmeow_sessions.session` is no session",
        ),
        (
            "INSERT INTO whatsmeow_sender_keys VALUES ('966500000001:7@s.whatsapp.net', '1-2@g.us', '1:0', x'0a00')",
            "`whatsmeow_sender_keys.sender_key` has a state without a chain",
        ),
        (
            "INSERT INTO whatsmeow_privacy_tokens VALUES ('966500000001:7@s.whatsapp.net', '1@lid', zeroblob(1025), 1, 1)",
            "`whatsmeow_privacy_tokens.token` has more than 1024 bytes",
        ),
        (
            "DROP TABLE whatsmeow_lid_map; CREATE TABLE whatsmeow_lid_map (lid TEXT, pn TEXT AS (upper('work for whoever reads it')));
             INSERT INTO whatsmeow_lid_map (lid) VALUES ('1')",
            "`whatsmeow_lid_map` has columns that are computed",
        ),
        (
            "ALTER TABLE whatsmeow_device RENAME TO d; CREATE VIEW whatsmeow_device AS SELECT * FROM d",
            "`whatsmeow_device` is missing",
        ),
    ] {
        let connection = linked();
        connection.execute_batch(damage).expect("damaged");
        let problem = problem(file(connection), None);
        assert!(problem.contains(expected), "{damage}: {problem}");
    }
}

#[test]
fn what_is_no_database_is_refused() {
    let whole = file(linked());
    let half = whole[..whole.len() / 2].to_vec();
    let mut garbled = whole.clone();
    garbled[100..].fill(0xaa);
    for (file, expected) in [
        (Vec::new(), "is no SQLite database"),
        (b"{\"creds\": 1}".repeat(100), "is no SQLite database"),
        (whole[..50].to_vec(), "is no SQLite database"),
        (half, "cannot be read"),
        (garbled, "cannot be read"),
        (file(Connection::open_in_memory().expect("empty")), "is"),
    ] {
        let problem = problem(file, None);
        assert!(problem.contains(expected), "{problem}");
    }
}

/// A session as the Go library leaves it: numbers that are 0 are not there, keys that are not there are empty.
fn go_session() -> wa::RecordStructure {
    let public = [&[5][..], KEY].concat();
    let chain = Chain {
        sender_ratchet_key: Some(public.clone()),
        sender_ratchet_key_private: Some(KEY.to_vec()),
        chain_key: Some(ChainKey { index: None, key: Some(Bytes::from_static(KEY)) }).into(),
        message_keys: Vec::new(),
    };
    let skipped = MessageKey {
        cipher_key: Some(Bytes::from_static(KEY)),
        mac_key: Some(Bytes::from_static(KEY)),
        iv: Some(Bytes::from_static(&KEY[..16])),
        ..MessageKey::default()
    };
    let theirs =
        Chain { sender_ratchet_key_private: Some(Vec::new()), message_keys: vec![skipped], ..chain.clone() };
    let session = wa::SessionStructure {
        session_version: Some(3),
        local_identity_public: Some(public.clone()),
        remote_identity_public: Some(public.clone()),
        root_key: Some(KEY.to_vec()),
        sender_chain: Some(chain).into(),
        receiver_chains: vec![theirs],
        alice_base_key: Some(public),
        ..wa::SessionStructure::default()
    };
    wa::RecordStructure {
        current_session: Some(session).into(),
        previous_sessions: vec![wa::SessionStructure::default()],
    }
}

#[test]
fn what_the_go_library_leaves_out_is_filled_in() {
    let converted = records::session(&go_session().encode_to_vec()).expect("it fits").expect("a session");
    let record = SessionRecord::deserialize(&converted).expect("the protocol crate reads it");
    let components = record.into_components().expect("whole");
    let current = components.current_session.expect("a session");
    assert_eq!(current.previous_counter, Some(0));
    assert_eq!(current.sender_chain.and_then(|chain| chain.chain_key).and_then(|key| key.index), Some(0));
    assert_eq!(current.receiver_chains[0].message_keys[0].index, 0);
    assert!(components.previous_sessions.is_empty(), "a state in which nothing was agreed on");
}

#[test]
fn a_session_with_a_truncated_key_is_refused() {
    let mut record = go_session();
    if let Some(current) = record.current_session.as_option_mut() {
        current.root_key = Some(vec![1, 2, 3]);
    }
    let problem = records::session(&record.encode_to_vec()).expect_err("a key of three bytes");
    assert!(problem.contains("32 bytes"), "{problem}");
    assert_eq!(records::session(&[]), Ok(None));
}
