//! The protocol's rows whose shape is ours. Each version keeps its tag and its bytes for ever.

use std::collections::BTreeMap;

use rkyv::{Archive, Deserialize, Serialize};
use trunkline_model::record::Record;

macro_rules! records {
    ($($name:ty = $tag:literal;)*) => { $(impl Record for $name { const TAG: u16 = $tag; })* };
}

records! {
    LidMapping = 0x4001;
    DeviceList = 0x4002;
    TcToken = 0x4003;
    MessageSecretRow = 0x4004;
    SentMessage = 0x4005;
    PendingInbound = 0x4006;
    SyncKey = 0x4007;
    CollectionState = 0x4008;
}

/// A LID and the phone number behind it; the key names the LID.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub(super) struct LidMapping {
    pub(super) phone: String,
    /// When it was first learned, in seconds since the Unix epoch.
    pub(super) created_at_s: i64,
    /// When it was last confirmed, in seconds since the Unix epoch.
    pub(super) updated_at_s: i64,
    /// The protocol crate's word for where it was learned.
    pub(super) source: String,
}

/// The devices of a user; the key names the user.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub(super) struct DeviceList {
    pub(super) devices: Vec<ListedDevice>,
    /// When the list was made, in seconds since the Unix epoch.
    pub(super) time_s: i64,
    pub(super) participant_hash: Option<String>,
    /// Changes when the account's identity does.
    pub(super) raw_id: Option<u32>,
}

/// One device of a user.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub(super) struct ListedDevice {
    pub(super) device_id: u32,
    pub(super) key_index: Option<u32>,
    pub(super) is_hosted: bool,
}

/// A trusted-contact token; the key names the contact.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub(super) struct TcToken {
    /// Empty while only our own side of the exchange is known.
    pub(super) token: Vec<u8>,
    /// When it was received, in seconds since the Unix epoch.
    pub(super) received_at_s: i64,
    /// When ours was last issued, in seconds since the Unix epoch.
    pub(super) issued_at_s: Option<i64>,
}

/// The secret of a message, which votes, reactions and edits are opened with.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub(super) struct MessageSecretRow {
    pub(super) secret: [u8; 32],
    /// When it may go, in seconds since the Unix epoch; 0 never.
    pub(super) expires_at_s: i64,
    /// When the message was written, in seconds since the Unix epoch; 0 unknown.
    pub(super) message_at_s: i64,
}

/// A sent message, kept for recipients that ask for it again.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub(super) struct SentMessage {
    /// When it was stored, in seconds since the Unix epoch.
    pub(super) stored_at_s: i64,
    pub(super) payload: Vec<u8>,
}

/// A decrypted message that is not committed yet.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub(super) struct PendingInbound {
    /// When it was stored, in seconds since the Unix epoch.
    pub(super) stored_at_s: i64,
    pub(super) payload: Vec<u8>,
}

/// An app-state sync key.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub(super) struct SyncKey {
    pub(super) key_data: Vec<u8>,
    pub(super) fingerprint: Vec<u8>,
    pub(super) time: i64,
}

/// Where a collection of the app state stands.
#[derive(Debug, Clone, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub(super) struct CollectionState {
    pub(super) version: u64,
    pub(super) hash: [u8; 128],
    /// Carried along as the protocol crate hands it over; it keeps its index elsewhere.
    pub(super) index_values: BTreeMap<String, Vec<u8>>,
    /// The collection's hash disagrees with its peers' for good; only the authors' MACs are checked.
    pub(super) mac_mismatch_fatal: bool,
}

#[cfg(test)]
mod tests {
    use trunkline_model::record::{decode, encode};

    use super::*;

    /// The bytes that version wrote, and that every later build must read.
    macro_rules! golden {
        ($name:ident, $record:expr) => {
            #[test]
            fn $name() {
                let record = $record;
                let bytes = encode(&record).expect("encodes");
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                insta::assert_snapshot!(stringify!($name), hex);
                assert_eq!(decode(&bytes), Ok(record));
            }
        };
    }

    golden!(
        lid_mapping,
        LidMapping { phone: "15550000001".into(), created_at_s: 1, updated_at_s: 2, source: "usync".into() }
    );
    golden!(
        device_list,
        DeviceList {
            devices: vec![
                ListedDevice { device_id: 0, key_index: None, is_hosted: false },
                ListedDevice { device_id: 7, key_index: Some(3), is_hosted: true },
            ],
            time_s: 5,
            participant_hash: Some("2:hash".into()),
            raw_id: Some(9),
        }
    );
    golden!(tc_token, TcToken { token: vec![1, 2, 3], received_at_s: 4, issued_at_s: Some(5) });
    golden!(message_secret, MessageSecretRow { secret: [7; 32], expires_at_s: 8, message_at_s: 9 });
    golden!(sent_message, SentMessage { stored_at_s: 10, payload: vec![1, 2] });
    golden!(pending_inbound, PendingInbound { stored_at_s: 11, payload: vec![3, 4] });
    golden!(sync_key, SyncKey { key_data: vec![1; 32], fingerprint: vec![2, 3], time: 12 });
    golden!(
        collection_state,
        CollectionState {
            version: 13,
            hash: [5; 128],
            index_values: BTreeMap::from([("i".to_owned(), vec![6])]),
            mac_mismatch_fatal: true,
        }
    );
}
