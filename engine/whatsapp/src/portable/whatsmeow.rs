//! whatsmeow's SQLite store.
//!
//! A row of `whatsmeow_device` is a device, by its JID; the other tables hold its keys, and name it by that JID. Private keys stand
//! alone: the public ones follow from them. Sessions and sender keys are the protobuf messages of the original Signal library.
//! Versions differ in columns and tables that are not needed here; where they matter, what is not there is taken as not known.

mod database;
mod records;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use buffa::Message as _;
use wacore::libsignal::protocol::{KeyPair, PrivateKey};
use wacore::libsignal::store::record_helpers::new_pre_key_record;
use wacore::store::Device;
use wacore::types::jid::JidExt as _;
use wacore_binary::{Jid, Server};
use waproto::whatsapp as wa;

use self::database::{Database, Fields};
use super::PortableError;
use super::signal::{SenderKeys, sender_jid, sender_key_name, sender_key_records};
use super::store::{ContactToken, PortableDevice, SyncKey};
use crate::limits::CONTACT_TOKEN_BYTES_MAX;

const DEVICES: &str = "whatsmeow_device";
const LIDS: &str = "whatsmeow_lid_map";
const TOKENS: &str = "whatsmeow_privacy_tokens";
const SALTS: &str = "whatsmeow_nct_salt";

/// Reads the device `wanted`, or the only one.
pub(super) fn read(file: Vec<u8>, wanted: Option<&str>) -> Result<PortableDevice, PortableError> {
    let database = Database::open(file)?;
    let (jid, mut device) = choose(&database, wanted)?;
    let of = |column| Some((column, jid.as_str()));
    let mut portable = PortableDevice::default();
    pre_keys(&database, of("jid"), (&mut device, &mut portable))?;
    portable.identities = database.rows("whatsmeow_identity_keys", of("our_jid"), |row| {
        let Some(address) = address(&row.text("their_id")?) else { return Ok(None) };
        Ok(Some((address, row.array("identity")?)))
    })?;
    portable.sessions = database.rows("whatsmeow_sessions", of("our_jid"), |row| {
        let Some(address) = address(&row.text("their_id")?) else { return Ok(None) };
        let record = records::session(&row.bytes("session")?);
        let record = record.map_err(|problem| row.wrong("session", problem))?;
        Ok(record.map(|record| (address, record)))
    })?;
    let mut sender_keys = SenderKeys::new();
    database.rows("whatsmeow_sender_keys", of("our_jid"), |row| {
        if let Some(name) = sender_key_of(row)? {
            let states = records::sender_key(&row.bytes("sender_key")?);
            let states = states.map_err(|problem| row.wrong("sender_key", problem))?;
            sender_keys.entry(name).or_default().extend(states);
        }
        Ok(None::<()>)
    })?;
    portable.sender_keys = sender_key_records(sender_keys)?;
    portable.sync_keys = database.rows("whatsmeow_app_state_sync_keys", of("jid"), sync_key)?;
    // The key that own changes are written under is the last one stored.
    portable.sync_keys.sort_by_key(|key| key.time);
    if database.has(LIDS)? {
        portable.lids = database.rows(LIDS, None, |row| Ok(Some((row.text("lid")?, row.text("pn")?))))?;
    }
    if database.has(TOKENS)? {
        let lids: HashMap<&str, &str> =
            portable.lids.iter().map(|(lid, pn)| (pn.as_str(), lid.as_str())).collect();
        portable.contact_tokens = database.rows(TOKENS, of("our_jid"), |row| contact_token(row, &lids))?;
    }
    if database.has(SALTS)? {
        device.nct_salt = database.rows(SALTS, of("our_jid"), |row| row.bytes("salt").map(Some))?.pop();
    }
    portable.device_json = serde_json::to_vec(&device)
        .map_err(|error| PortableError::unreadable(DEVICES, format!("cannot be converted: {error}")))?;
    Ok(portable)
}

/// The device that is meant, and the name that the other tables know it by.
fn choose(database: &Database, wanted: Option<&str>) -> Result<(String, Device), PortableError> {
    let named = database.rows(DEVICES, None, |row| row.text("jid").map(Some))?;
    let meant: Vec<&String> = match wanted {
        None => named.iter().collect(),
        Some(wanted) => named.iter().filter(|jid| is_meant(jid, wanted)).collect(),
    };
    let jid = match meant.as_slice() {
        [] if named.is_empty() => return Err(PortableError::NotLinked),
        [] => return Err(PortableError::OtherDevices(named.len())),
        [jid] => (*jid).clone(),
        several => return Err(PortableError::ManyDevices(several.len())),
    };
    let mut devices = database.rows(DEVICES, Some(("jid", &jid)), |row| device(row).map(Some))?;
    let device = devices.pop().ok_or(PortableError::NotLinked)?;
    Ok((jid, device))
}

/// Whether a device is the one that was asked for: by its JID, or by its account's without a device.
fn is_meant(jid: &str, wanted: &str) -> bool {
    let (Ok(jid), Ok(wanted)) = (jid.parse::<Jid>(), wanted.parse::<Jid>()) else { return jid == wanted };
    jid == wanted || (wanted.device == 0 && jid.to_non_ad() == wanted.to_non_ad())
}

fn device(row: &Fields<'_>) -> Result<Device, PortableError> {
    let mut device = Device::new();
    device.pn = Some(jid(row, "jid", &row.text("jid")?)?);
    device.lid = row.optional_text("lid")?.map(|lid| jid(row, "lid", &lid)).transpose()?;
    device.push_name = row.optional_text("push_name")?.unwrap_or_default();
    device.registration_id = row.unsigned("registration_id")?;
    device.noise_key = key_pair(row, "noise_key")?;
    device.identity_key = key_pair(row, "identity_key")?;
    device.signed_pre_key = key_pair(row, "signed_pre_key")?;
    device.signed_pre_key_id = row.unsigned("signed_pre_key_id")?;
    device.signed_pre_key_signature = row.array("signed_pre_key_sig")?;
    device.adv_secret_key = row.array("adv_key")?;
    device.account = Some(Arc::new(wa::ADVSignedDeviceIdentity {
        details: Some(row.bytes("adv_details")?),
        account_signature_key: Some(row.array::<32>("adv_account_sig_key")?.to_vec()),
        account_signature: Some(row.array::<64>("adv_account_sig")?.to_vec()),
        device_signature: Some(row.array::<64>("adv_device_sig")?.to_vec()),
    }));
    Ok(device)
}

/// One-time pre-keys, and what the device knows about them.
fn pre_keys(
    database: &Database,
    whose: Option<(&'static str, &str)>,
    (device, portable): (&mut Device, &mut PortableDevice),
) -> Result<(), PortableError> {
    let keys = database.rows("whatsmeow_pre_keys", whose, |row| {
        let id = row.unsigned("key_id")?;
        let record = new_pre_key_record(id, &key_pair(row, "key")?).encode_to_vec();
        Ok(Some((id, record, row.integer("uploaded")? != 0)))
    })?;
    let next = keys.iter().map(|(id, ..)| id.saturating_add(1)).max().unwrap_or(1);
    let waiting = keys.iter().filter(|(.., uploaded)| !uploaded).map(|(id, ..)| *id).min();
    device.next_pre_key_id = next;
    device.first_unupload_pre_key_id = waiting.unwrap_or(next);
    device.server_has_prekeys = keys.iter().any(|(.., uploaded)| *uploaded);
    for (id, record, uploaded) in keys {
        let list = if uploaded { &mut portable.uploaded_pre_keys } else { &mut portable.other_pre_keys };
        list.push((id, record));
    }
    Ok(())
}

fn sync_key(row: &Fields<'_>) -> Result<Option<SyncKey>, PortableError> {
    Ok(Some(SyncKey {
        id: row.bytes("key_id")?,
        key: row.bytes("key_data")?,
        fingerprint: row.bytes("fingerprint")?,
        time: row.integer("timestamp")?,
    }))
}

/// `lids` by phone number: the protocol crate looks a token up by the LID, where there is one.
fn contact_token(
    row: &Fields<'_>,
    lids: &HashMap<&str, &str>,
) -> Result<Option<ContactToken>, PortableError> {
    let contact = jid(row, "their_jid", &row.text("their_jid")?)?;
    let whose = match contact.server {
        Server::Lid => contact.user.as_str(),
        Server::Pn => lids.get(contact.user.as_str()).copied().unwrap_or(contact.user.as_str()),
        // Other families have no use here.
        _ => return Ok(None),
    };
    let token = row.bytes("token")?;
    if token.len() > CONTACT_TOKEN_BYTES_MAX {
        return Err(row.wrong("token", format!("has more than {CONTACT_TOKEN_BYTES_MAX} bytes")));
    }
    Ok(Some(ContactToken {
        whose: whose.to_owned(),
        token,
        received_at_s: row.integer("timestamp")?,
        issued_at_s: row.optional_integer("sender_timestamp")?,
    }))
}

fn sender_key_of(row: &Fields<'_>) -> Result<Option<String>, PortableError> {
    let (group, sender) = (row.text("chat_id")?, row.text("sender_id")?);
    Ok(sender.rsplit_once(':').and_then(|(user, device)| sender_key_name(&group, user, device)))
}

/// Whose session it is: `USER:DEVICE`, where `USER_1` is a LID. Other families have no use here.
fn address(id: &str) -> Option<String> {
    let (user, device) = id.rsplit_once(':')?;
    sender_jid(user, device).map(|jid| jid.to_protocol_address().as_str().to_owned())
}

fn jid(row: &Fields<'_>, column: &str, text: &str) -> Result<Jid, PortableError> {
    text.parse().map_err(|_| row.wrong(column, "is no WhatsApp id"))
}

fn key_pair(row: &Fields<'_>, column: &str) -> Result<KeyPair, PortableError> {
    let wrong = |_| row.wrong(column, "is no private key");
    let private = PrivateKey::deserialize(&row.array::<32>(column)?).map_err(wrong)?;
    let public = private.public_key().map_err(wrong)?;
    Ok(KeyPair::new(public, private))
}
