//! Baileys' authentication folder.
//!
//! `creds.json` is the device; beside it, one file for each key: `pre-key-N`, `session-ADDRESS`, `sender-key-GROUP--USER--DEVICE`,
//! `identity-key-ADDRESS`, `app-state-sync-key-ID`, `lid-mapping-LID_reverse`. In names, `/` became `__` and `:` became `-`.
//! Sessions are those of the JavaScript Signal library, which the protocol crate converts.

mod sender_key;
mod session;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use buffa::Message as _;
use serde_json::Value;
use wacore::libsignal::protocol::{IdentityKey, KeyPair, PrivateKey, ProtocolAddress, PublicKey};
use wacore::libsignal::store::record_helpers::new_pre_key_record;
use wacore::store::Device;
use wacore::types::jid::JidExt as _;
use wacore_binary::Jid;
use waproto::whatsapp as wa;

use super::PortableError;
use super::encoded::Node;
use super::signal::{SenderKeys, sender_jid, sender_key_records};
use super::store::{PortableDevice, SyncKey};

const CREDS: &str = "creds.json";

/// The local side of every session.
#[derive(Clone, Copy)]
struct Local {
    identity: IdentityKey,
    registration_id: u32,
}

pub(super) fn read(files: &[(String, Vec<u8>)]) -> Result<PortableDevice, PortableError> {
    let mut documents: BTreeMap<&str, Value> = BTreeMap::new();
    for (name, content) in files {
        let Some(key) = name.strip_suffix(".json") else { continue };
        let read = serde_json::from_slice(content);
        documents.insert(key, read.map_err(|_| PortableError::unreadable(name.clone(), "is no JSON"))?);
    }
    let creds = documents.get("creds").ok_or(PortableError::Missing(CREDS))?;
    let creds = Node::new(CREDS, creds);
    let device = device(&creds)?;
    let local = Local {
        identity: IdentityKey::new(device.identity_key.public_key),
        registration_id: device.registration_id,
    };
    let (mut portable, mut sender_keys) = (PortableDevice::default(), SenderKeys::new());
    for (name, value) in &documents {
        let node = Node::new(format!("{name}.json"), value);
        key_file((&mut portable, &mut sender_keys), name, &node, (local, &device))?;
    }
    portable.sender_keys = sender_key_records(sender_keys)?;
    newest_sync_key_last(&mut portable, &creds);
    portable.device_json = serde_json::to_vec(&device)
        .map_err(|error| PortableError::unreadable(CREDS, format!("cannot be converted: {error}")))?;
    Ok(portable)
}

/// One file beside `creds.json`. What is not known here is not needed.
fn key_file(
    (portable, sender_keys): (&mut PortableDevice, &mut SenderKeys),
    name: &str,
    node: &Node<'_>,
    (local, device): (Local, &Device),
) -> Result<(), PortableError> {
    if let Some(id) = name.strip_prefix("pre-key-") {
        let id: u32 = id.parse().map_err(|_| node.wrong("has no number in its name"))?;
        let record = new_pre_key_record(id, &key_pair(node)?).encode_to_vec();
        let uploaded = id < device.first_unupload_pre_key_id;
        let keys = if uploaded { &mut portable.uploaded_pre_keys } else { &mut portable.other_pre_keys };
        keys.push((id, record));
    } else if let Some(id) = name.strip_prefix("session-") {
        let Some(address) = address(id) else { return Ok(()) };
        if let Some((record, identity)) = session::read(node, local)? {
            portable.sessions.push((address.as_str().to_owned(), record));
            portable.identities.push((address.as_str().to_owned(), identity));
        }
    } else if let Some(id) = name.strip_prefix("sender-key-") {
        // `sender-key-memory-GROUP` says who has ours; it is handed out anew.
        if let Some(sender_name) = sender_key::name(id) {
            sender_keys.entry(sender_name).or_default().extend(sender_key::read(node)?);
        }
    } else if let Some(id) = name.strip_prefix("app-state-sync-key-") {
        let id =
            STANDARD.decode(id.replace("__", "/")).map_err(|_| node.wrong("has no key id in its name"))?;
        portable.sync_keys.push(sync_key(id, node)?);
    } else if let Some(lid) = name.strip_prefix("lid-mapping-").and_then(|id| id.strip_suffix("_reverse")) {
        portable.lids.push((lid.to_owned(), node.text()?.to_owned()));
    }
    Ok(())
}

fn device(creds: &Node<'_>) -> Result<Device, PortableError> {
    let mut device = Device::new();
    let me = creds.optional("me").ok_or(PortableError::NotLinked)?;
    let account = creds.optional("account").ok_or(PortableError::NotLinked)?;
    device.pn = Some(jid(&me.member("id")?)?);
    device.lid = me.optional("lid").map(|lid| jid(&lid)).transpose()?;
    device.push_name = match me.optional("name") {
        Some(name) => name.text()?.to_owned(),
        None => String::new(),
    };
    device.registration_id = creds.member("registrationId")?.unsigned()?;
    device.noise_key = key_pair(&creds.member("noiseKey")?)?;
    device.identity_key = key_pair(&creds.member("signedIdentityKey")?)?;
    let signed = creds.member("signedPreKey")?;
    device.signed_pre_key = key_pair(&signed.member("keyPair")?)?;
    device.signed_pre_key_id = signed.member("keyId")?.unsigned()?;
    device.signed_pre_key_signature = signed.member("signature")?.array()?;
    device.adv_secret_key = creds.member("advSecretKey")?.array()?;
    device.account = Some(Arc::new(wa::ADVSignedDeviceIdentity {
        details: Some(account.member("details")?.bytes()?),
        account_signature_key: account.optional("accountSignatureKey").map(|key| key.bytes()).transpose()?,
        account_signature: Some(account.member("accountSignature")?.bytes()?),
        device_signature: Some(account.member("deviceSignature")?.bytes()?),
    }));
    device.next_pre_key_id = creds.member("nextPreKeyId")?.unsigned()?;
    device.first_unupload_pre_key_id = creds.member("firstUnuploadedPreKeyId")?.unsigned()?;
    device.server_has_prekeys = device.first_unupload_pre_key_id > 1;
    device.edge_routing_info = creds.optional("routingInfo").map(|info| info.bytes()).transpose()?;
    Ok(device)
}

fn jid(node: &Node<'_>) -> Result<Jid, PortableError> {
    node.text()?.parse().map_err(|_| node.wrong("is no WhatsApp id"))
}

fn key_pair(node: &Node<'_>) -> Result<KeyPair, PortableError> {
    let (public, private) = (node.member("public")?, node.member("private")?);
    let private =
        PrivateKey::deserialize(&private.array::<32>()?).map_err(|_| private.wrong("is no private key"))?;
    let public_key = PublicKey::from_djb_public_key_bytes(&public.public_key()?)
        .map_err(|_| public.wrong("is no public key"))?;
    Ok(KeyPair::new(public_key, private))
}

/// Whose session it is: `USER.DEVICE`, where `USER_1` is a LID. Other families have no use here.
fn address(id: &str) -> Option<ProtocolAddress> {
    let (user, device) = id.rsplit_once('.')?;
    sender_jid(user, device).map(|jid| jid.to_protocol_address())
}

fn sync_key(id: Vec<u8>, node: &Node<'_>) -> Result<SyncKey, PortableError> {
    let fingerprint = match node.optional("fingerprint") {
        Some(print) => {
            let indexes = print.optional("deviceIndexes").and_then(|list| list.value().as_array().cloned());
            let indexes = indexes.unwrap_or_default();
            wa::message::AppStateSyncKeyFingerprint {
                raw_id: print.optional("rawId").map(|raw| raw.unsigned()).transpose()?,
                current_index: print.optional("currentIndex").map(|index| index.unsigned()).transpose()?,
                device_indexes: indexes.iter().filter_map(Value::as_u64).map(|index| index as u32).collect(),
            }
            .encode_to_vec()
        }
        None => Vec::new(),
    };
    let time = node.optional("timestamp").map(|time| time.integer()).transpose()?.unwrap_or(0);
    Ok(SyncKey { id, key: node.member("keyData")?.bytes()?, fingerprint, time })
}

/// The key that own changes are written under is the last one stored.
fn newest_sync_key_last(portable: &mut PortableDevice, creds: &Node<'_>) {
    let newest = creds.optional("myAppStateKeyId").and_then(|id| STANDARD.decode(id.text().ok()?).ok());
    portable.sync_keys.sort_by_key(|key| (Some(&key.id) == newest.as_ref(), key.time));
}
