//! The protocol crate's storage over a [`trunkline_store::Ledger`].
//!
//! Every call is atomic. What the ratchet's leases depend on (sessions, identities, keys, the device) is on disk when the
//! call returns. Three tables are only *ordered* when their call returns ([`space::Space::post`]): sent messages, the
//! buffer of decrypted messages and its removal. Nothing that is committed later can survive a crash without them, which
//! is all that is asked of them, and the sync that they would cost is saved on every message. Their readers wait for the
//! order first.
//!
//! Secrets are sealed, bound to their keys. Rows with a deadline have a twin ordered by it, so that a sweep reads what is
//! due and nothing else.

mod app_sync;
mod device;
mod mappings;
mod message_secret;
mod portable;
mod protocol;
mod records;
mod sender_key_devices;
mod signal;
mod space;
mod suffix;
mod tables;
mod tc_token;
mod timed;

#[cfg(test)]
mod tests;

use tokio::sync::Mutex;
use trunkline_model::record::RecordError;
use trunkline_store::{Batch, CommitClass, StoreError};
use wacore::store::error::StoreError as ProtocolStoreError;

pub(crate) use device::is_linked;
pub(crate) use portable::portable;
pub(crate) use space::{Retired, Space};

/// The storage of one session.
pub(crate) struct LedgerBackend {
    space: Space,
    locks: Locks,
    device_on_disk: device::OnDisk,
}

/// One lock for each family of rows that calls read before they write. Held from the read to the end of the commit,
/// never across anything else.
#[derive(Default)]
struct Locks {
    device: Mutex<()>,
    pre_keys: Mutex<()>,
    sender_key_devices: Mutex<()>,
    mappings: Mutex<()>,
    tc_tokens: Mutex<()>,
    sent_messages: Mutex<()>,
    message_secrets: Mutex<()>,
}

impl LedgerBackend {
    pub(crate) fn over(space: Space) -> LedgerBackend {
        LedgerBackend { space, locks: Locks::default(), device_on_disk: device::OnDisk::default() }
    }
}

/// Removes everything that the protocol keeps for an instance. Durable on return.
pub(crate) async fn wipe(space: &Space) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    // The device goes last: as long as it is there, a wipe that was cut short can be seen and repeated.
    for table in tables::ALL.rev() {
        batch.delete_range(space.table(table));
    }
    space.commit(batch, CommitClass::First).await
}

/// Whether a user's devices are known, by phone number or LID.
pub(crate) fn has_device_list(space: &Space, user: &str) -> Result<bool, StoreError> {
    let key = space.key(tables::DEVICE_LIST, &suffix::single(user.as_bytes()));
    Ok(space.get(&key)?.is_some())
}

/// Our error in the protocol crate's clothes; its source stays.
fn failed(error: StoreError) -> ProtocolStoreError {
    ProtocolStoreError::Database(Box::new(error))
}

/// A record that cannot be read.
fn unreadable(error: RecordError) -> StoreError {
    space::damaged(error.to_string())
}
