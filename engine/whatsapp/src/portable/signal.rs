//! Names of devices and sender keys in the Signal libraries that other gateways use, and what they are here.
//!
//! There, a LID's user ends in `_1`, and other families of ids in other numbers; here the server is part of the name.

use std::collections::BTreeMap;

use wacore::libsignal::protocol::{SenderKeyRecord, SenderKeyRecordComponents, SenderKeyStateComponents};
use wacore::types::jid::{JidExt as _, make_sender_key_name};
use wacore_binary::{Jid, Server};

use super::PortableError;

/// The states of every sender key, by the name that the protocol crate knows it under.
pub(super) type SenderKeys = BTreeMap<String, Vec<SenderKeyStateComponents>>;

/// A device by the Signal library's name of it. `None` for families that have no use here.
pub(super) fn sender_jid(user: &str, device: &str) -> Option<Jid> {
    let device: u16 = device.parse().ok()?;
    let (user, server) = match user.split_once('_') {
        None => (user, Server::Pn),
        Some((user, "1")) => (user, Server::Lid),
        Some(_) => return None,
    };
    let mut jid = if server == Server::Lid { Jid::lid(user) } else { Jid::pn(user) };
    jid.device = device;
    Some(jid)
}

/// Whose key it is. The protocol crate keeps the keys of all devices of a person under the person's name; each has an id of its
/// own.
pub(super) fn sender_key_name(group: &str, user: &str, device: &str) -> Option<String> {
    let group: Jid = group.parse().ok()?;
    let sender = sender_jid(user, device)?.to_non_ad().to_protocol_address();
    Some(make_sender_key_name(&group, &sender).cache_key().to_owned())
}

/// The records in the protocol crate's form.
pub(super) fn sender_key_records(keys: SenderKeys) -> Result<Vec<(String, Vec<u8>)>, PortableError> {
    let record = |(name, states)| {
        let record = SenderKeyRecord::from_components(SenderKeyRecordComponents { states });
        match record.and_then(|record| record.serialize()) {
            Ok(bytes) => Ok((name, bytes)),
            Err(error) => {
                Err(PortableError::unreadable("sender-key", format!("cannot be converted: {error}")))
            }
        }
    };
    keys.into_iter().map(record).collect()
}
